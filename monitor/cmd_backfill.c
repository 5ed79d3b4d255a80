/* cmd_backfill: a one-off verified scan: command line, then backfill.c. */
#include <stdio.h>
#include <string.h>

#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/backfill.h"
#include "monitor/cmd.h"
#include "monitor/opts.h"

enum {
	O_CONFIG,
	O_LIST,
	O_LIST_KEY,
	O_LOG,
	O_URL,
	O_DIR,
	O_KEY,
	O_API,
	O_ORIGIN,
	O_FROM,
	O_TO,
	O_LAST,
	O_NEWEST,
	O_RECORDS,
	O_STATE,
	O_CONTACT,
	O_REPORT,
	O_HTTP,
	O_JSON,
	O_QUIET
};
static const struct opt table[] = {
    [O_CONFIG] = {"config", 'c', "FILE",
	"use this configuration's store (and logs)"},
    [O_LIST] = {"log-list", 0, "NAME|FILE|URL",
	"CT log list (chrome, apple or own); repeatable"},
    [O_LIST_KEY] = {"log-list-key", 0, "PEM", "the key that signed its .sig"},
    [O_LOG] = {"log", 0, "PATTERN",
	"of these: glob, log_id, URL; fulcio; repeatable"},
    [O_URL] = {"log-url", 0, "URL", "one log, without a list"},
    [O_DIR] = {"log-dir", 0, "DIR|ZIP...",
	"one log on disk: its tiles, or zips of them"},
    [O_KEY] = {"log-key", 0, "FILE", "its public key, PEM or DER"},
    [O_API] = {"log-api", 0, "API",
	"static or rfc6962; found out when missing"},
    [O_ORIGIN] = {"origin", 0, "NAME",
	"static: the checkpoint's name, when not the URL"},
    [O_FROM] = {"from", 0, "N|DATE", "first entry; 0 when missing"},
    [O_TO] = {"to", 0, "N|DATE", "end, exclusive; the log's size when missing"},
    [O_LAST] = {"last", 0, "N", "the last N entries"},
    [O_NEWEST] = {"newest-first", 0, NULL,
	"unit by unit from the end of the range back"},
    [O_RECORDS] = {"records", 0, "FILE",
	"opt-in records, JSON Lines or CSV; - is stdin"},
    [O_STATE] = {"state", 0, "DIR",
	"keep progress here; the same again goes on"},
    [O_CONTACT] = {"contact", 0, "ADDR", "whom a log's operator can write to"},
    [O_REPORT] = {"report", 0, "FILE.html",
	"a page for people on what was scanned and found"},
    [O_HTTP] = {"allow-http", 0, NULL, "plain http to other machines too"},
    [O_JSON] = {"json", 0, NULL, "alerts and summaries as JSON Lines"},
    [O_QUIET] = {"quiet", 'q', NULL, "no progress"},
    {0},
};

static bool
number(uint64_t *out, const char *name, const char *value)
{
	if (text_u64(out, span_str(value)) && *out < UINT64_MAX)
		return true;
	fprintf(stderr,
	    "indelible: --%s %s: not a number of entries, such as 1000\n", name,
	    QUOTE(span_str(value)));
	return false;
}

/* 20260101 is an entry number, and perhaps meant to be a date. */
static void
place_doubt(const char *name, const char *value)
{
	char date[sizeof("2026-01-01")];
	int64_t ms;

	if (strlen(value) != 8)
		return;
	snprintf(
	    date, sizeof(date), "%.4s-%.2s-%.2s", value, value + 4, value + 6);
	if (text_untime(&ms, span_str(date)))
		fprintf(stderr,
		    "indelible: --%s %s: taken as an entry number; write %s "
		    "for a date\n",
		    name, value, date);
}

/* --from and --to. Nothing was logged before 1970. */
static bool
place(uint64_t *out, bool *is_date, const char *name, const char *value)
{
	int64_t ms;

	*is_date = false;
	if (text_u64(out, span_str(value)) && *out < UINT64_MAX) {
		place_doubt(name, value);
		return true;
	}
	*is_date = text_untime(&ms, span_str(value));
	if (*is_date)
		*out = ms > 0 ? (uint64_t)ms : 0;
	else
		fprintf(stderr,
		    "indelible: --%s %s: neither an entry number nor a date "
		    "such as 2026-01-31 (midnight UTC), 2026-01-31T12:00:00Z "
		    "or 2026-01-31T12:00:00+01:00\n",
		    name, QUOTE(span_str(value)));
	return *is_date;
}

static void
append(const char ***list, size_t *num, const char *value)
{
	*list = mem_grow(*list, *num + 1, sizeof(**list));
	(*list)[(*num)++] = value;
}

/* Where the options that are just text go. */
static const size_t places[] = {
    [O_CONFIG] = offsetof(struct backfill, config_file),
    [O_LIST_KEY] = offsetof(struct backfill, logs.list_key),
    [O_URL] = offsetof(struct backfill, logs.url),
    [O_KEY] = offsetof(struct backfill, logs.key),
    [O_API] = offsetof(struct backfill, logs.api),
    [O_ORIGIN] = offsetof(struct backfill, logs.origin),
    [O_RECORDS] = offsetof(struct backfill, records_file),
    [O_STATE] = offsetof(struct backfill, state_dir),
    [O_CONTACT] = offsetof(struct backfill, contact),
    [O_REPORT] = offsetof(struct backfill, report_file),
};

static bool
take(struct backfill *b, int c, const char *value)
{
	switch (c) {
	case O_LIST:
		append(&b->logs.lists, &b->logs.num_lists, value);
		return true;
	case O_DIR:
		append(&b->logs.dirs, &b->logs.num_dirs, value);
		return true;
	case O_LOG:
		append(&b->logs.patterns, &b->logs.num_patterns, value);
		return true;
	case O_FROM:
		b->from_given = true;
		return place(
		    &b->range.from, &b->range.from_date, "from", value);
	case O_TO:
		b->to_given = true;
		return place(&b->range.to, &b->range.to_date, "to", value);
	case O_LAST:
		b->last_given = true;
		b->range.how = TAIL_LAST;
		return number(&b->range.from, "last", value);
	case O_NEWEST:
		return b->range.newest_first = true;
	case O_HTTP:
		return b->logs.allow_http = true;
	case O_JSON:
		return b->json = true;
	case O_QUIET:
		return b->range.quiet = b->quiet = true;
	default:
		*(const char **)(void *)((char *)b + places[c]) = value;
		return true;
	}
}

static int
refuse(const char *what)
{
	fprintf(stderr, "indelible: %s\n", what);
	return EX_USAGE;
}

static int
check(const struct backfill *b)
{
	if (b->config_file == NULL && b->records_file == NULL)
		return refuse("a scan needs --records FILE, or -c FILE whose "
			      "store has records");
	if (b->config_file == NULL && b->logs.url == NULL &&
	    b->logs.num_lists == 0 && b->logs.num_patterns == 0 &&
	    b->logs.num_dirs == 0)
		return refuse("which log? give --log-url URL --log-key FILE, "
			      "--log-list chrome|apple|FILE|URL, or --log-dir "
			      "DIR|ZIP...");
	if (b->logs.url == NULL && b->logs.num_dirs == 0 &&
	    (b->logs.key != NULL || b->logs.api != NULL ||
		b->logs.origin != NULL))
		return refuse("--log-key, --log-api and --origin go with "
			      "--log-url URL or --log-dir DIR|ZIP...");
	if (b->logs.num_lists == 0 && b->logs.list_key != NULL)
		return refuse("--log-list-key goes with --log-list");
	if (b->state_dir != NULL && b->state_dir[0] == '\0')
		return refuse("--state needs the name of a folder");
	if (b->state_dir != NULL && b->records_file == NULL)
		return refuse("--state goes with --records; with -c the "
			      "store keeps the progress");
	if (b->report_file != NULL &&
	    (b->report_file[0] == '\0' || !strcmp(b->report_file, "-")))
		return refuse("--report needs the name of a file");
	if (b->last_given && (b->from_given || b->to_given))
		return refuse("--last does not go with --from and --to");
	if (b->range.how == TAIL_FROM &&
	    b->range.from_date == b->range.to_date &&
	    b->range.from > b->range.to)
		return refuse("--from is behind --to");
	if (b->range.from_date && b->range.from > (uint64_t)now_ms())
		return refuse("--from is ahead of the clock: no log has "
			      "entries of that time yet");
	return EX_OK;
}

int
cmd_backfill(int argc, char **argv)
{
	struct opts o = {
	    .usage = "indelible backfill [-c FILE] [LOGS] [RANGE] "
		     "[--newest-first]\n"
		     "                          [--records FILE] [--state DIR] "
		     "[--contact ADDR]\n"
		     "                          [--report FILE.html] [--json]",
	    .about =
		"Reads a range of one or more logs once, proves that it "
		"is what the logs signed,\nand prints an alert for each "
		"record that a certificate exposes.\n\n"
		"LOGS: --log-url with --log-key; or --log-dir; or --log-list "
		"with --log.\nRANGE: --from and --to, or --last; else all "
		"of the log. For example:\n\n"
		"  indelible backfill --log-url http://127.0.0.1:8080/ "
		"--log-key log.pem \\\n      --records people.jsonl "
		"--report report.html --state scan/",
	    .table = table,
	    .argc = argc,
	    .argv = argv};
	struct backfill b = {.range = {.to = UINT64_MAX}};
	int c, rc = EX_OK;

	while (rc == EX_OK && (c = opts_next(&o)) != OPTS_END) {
		if (c == OPTS_HELP)
			return EX_OK;
		if (c == OPTS_BAD || !take(&b, c, o.value))
			rc = EX_USAGE;
	}
	/* --log-dir *.zip: the shell makes operands of all but the first. */
	for (; rc == EX_OK && b.logs.num_dirs > 0 && o.at < argc; o.at++)
		append(&b.logs.dirs, &b.logs.num_dirs, argv[o.at]);
	if (rc == EX_OK && o.at != argc)
		rc = refuse("backfill takes options only; see --help");
	if (rc == EX_OK)
		rc = check(&b);
	if (rc == EX_OK)
		rc = backfill_run(&b);
	free(b.logs.lists);
	free(b.logs.patterns);
	free(b.logs.dirs);
	return rc;
}
