/* cmd_records: import and list opt-in records. */
#include <stdio.h>
#include <string.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/text.h"
#include "monitor/cmd.h"
#include "monitor/import.h"
#include "monitor/opts.h"
#include "monitor/wants.h"

enum { O_CONFIG, O_JSON, O_TENANT, O_REVEAL };
static const struct opt table[] = {
    [O_CONFIG] = {"config", 'c', "FILE", "the configuration"},
    [O_JSON] = {"json", 0, NULL, "JSON Lines instead of text"},
    [O_TENANT] = {"tenant", 0, "NAME", "list: only this tenant's records"},
    [O_REVEAL] = {"reveal", 0, NULL, "list: with their values"},
    {0},
};

struct args {
	const char *config, *verb, *operand;
	bool json;
	struct store_query query;
	size_t listed;
};

static void
import_say(const struct import *im, bool json)
{
	size_t num;

	if (json) {
		printf("{\"added\":%zu,\"updated\":%zu,\"active\":%zu,"
		       "\"pending\":%zu}\n",
		    im->added, im->updated, im->active, im->pending);
		return;
	}
	num = im->added + im->updated;
	if (num == 0) {
		printf("imported nothing: there is no record in it; what the "
		       "store has is as before\n");
		return;
	}
	printf("imported %zu record%s: %zu new, %zu updated; %zu active, "
	       "%zu pending\n",
	    num, num == 1 ? "" : "s", im->added, im->updated, im->active,
	    im->pending);
	if (im->active == 0)
		printf("no record of these is active: nothing will be matched "
		       "for them\n");
	else
		printf("active ones are watched from now on, while `indelible "
		       "monitor` runs; `indelible\nbackfill -c FILE` covers "
		       "what was logged before\n");
}

static void
import_bad(void *arg, size_t line, const char *what)
{
	fprintf(stderr, "%s:%zu: %s\n", (const char *)arg, line, what);
}

static void
import_warn(void *arg, size_t line, const char *what)
{
	fprintf(stderr, "%s:%zu: warning: %s\n", (const char *)arg, line, what);
}

static int
records_import(const struct args *a, const struct config *c)
{
	struct store_conf sc = {0};
	const struct store_api *api;
	struct store *s;
	struct buf file = {0};
	struct err e;
	char owner[64];
	enum status st = file_read(&file, a->operand, LIMIT_RECORD_FILE, &e);
	const char *name =
	    !strcmp(a->operand, "-") ? "standard input" : a->operand;
	struct import im = {.who = owner,
	    .bad = import_bad,
	    .warn = import_warn,
	    .arg = (void *)(uintptr_t)name};
	int rc;

	if (st != ST_OK)
		return cmd_fail(st, &e);
	rc = cmd_store_conf(&sc, &api, c);
	if (rc != EX_OK)
		return rc;
	sc.owner = cmd_owner(owner);
	st = api->open(&s, &sc, &e);
	if (st != ST_OK)
		return cmd_store_fail(st, &e);
	im.file = buf_span(&file);
	im.index_key = sc.keys.index;
	st = import_records(&im, s, &e);
	api->close(s);
	buf_fini(&file);
	if (im.warnings > IMPORT_WARNINGS)
		fprintf(stderr, "%s: warning: %zu more warnings\n", name,
		    im.warnings - IMPORT_WARNINGS);
	if (st != ST_OK)
		return cmd_fail(st, &e);
	import_say(&im, a->json);
	return EX_OK;
}

static void
list_json(const struct record_row *row, bool reveal)
{
	struct buf b = {0};
	char when[TEXT_TIME];

	if (reveal) {
		record_json(&row->r, &b);
		b.len--; /* reopen the object */
	} else {
		buf_str(&b, "{\"id\":");
		text_json(&b, span_str(row->r.id));
		buf_str(&b, ",\"tenant\":");
		text_json(&b, span_str(row->r.tenant));
		buf_fmt(&b, ",\"kind\":\"%s\"", record_kind_name(row->r.kind));
	}
	buf_fmt(&b, ",\"state\":\"%s\",\"created\":\"%s\"",
	    record_state_name(row->r.state), text_time(when, row->created_ms));
	if (row->active_ms > 0)
		buf_fmt(&b, ",\"watched_since\":\"%s\"",
		    text_time(when, row->active_ms));
	buf_str(&b, "}\n");
	fwrite(b.p, 1, b.len, stdout);
	buf_fini(&b);
}

static void
list_text(const struct record_row *row, bool reveal)
{
	struct buf b = {0};

	buf_fmt(&b, "%-10s %-7s ", record_state_name(row->r.state),
	    record_kind_name(row->r.kind));
	text_line(&b, span_str(row->r.tenant), 128);
	buf_char(&b, ' ');
	text_line(&b, span_str(row->r.id), 128);
	if (reveal && row->r.value != NULL) {
		buf_char(&b, ' ');
		text_line(&b, span_str(row->r.value), 320);
	}
	buf_char(&b, '\n');
	fwrite(b.p, 1, b.len, stdout);
	buf_fini(&b);
}

static void
list_one(void *arg, const struct record_row *row)
{
	struct args *a = arg;

	if (a->listed++ == 0 && !a->json)
		printf("%-10s %-7s TENANT ID%s\n", "STATE", "KIND",
		    a->query.reveal ? " VALUE" : "");
	(a->json ? list_json : list_text)(row, a->query.reveal);
}

static int
records_list(struct args *a, const struct config *c)
{
	struct store_conf sc = {.read_only = true};
	const struct store_api *api;
	struct store *s;
	struct err e;
	enum status st;
	int rc = cmd_store_conf(&sc, &api, c);

	if (rc != EX_OK)
		return rc;
	st = api->open(&s, &sc, &e);
	if (st != ST_OK)
		return cmd_store_fail(st, &e);
	st = api->records_list(s, &a->query, list_one, a, &e);
	api->close(s);
	if (st == ST_OK && a->listed == 0 && !a->json)
		printf("no records\n");
	return st == ST_OK ? EX_OK : cmd_store_fail(st, &e);
}

/* What to do, and with what; false after a message. */
static bool
operands_read(struct args *a, const struct opts *o)
{
	bool import, list;

	a->verb = o->at < o->argc ? o->argv[o->at] : "";
	a->operand = o->at + 1 < o->argc ? o->argv[o->at + 1] : NULL;
	import = strcmp(a->verb, "import") == 0;
	list = strcmp(a->verb, "list") == 0;
	if (!import && !list)
		opts_wrong(o, "say `records import FILE` or `records list`");
	else if (import && a->operand == NULL)
		opts_wrong(o, "import what? name a file, or - for standard "
			      "input");
	else
		return opts_at_most(o, import ? 2 : 1);
	return false;
}

static int
args_read(struct args *a, struct opts *o)
{
	int c;

	while ((c = opts_next(o)) >= 0) {
		if (c == O_CONFIG)
			a->config = o->value;
		else if (c == O_TENANT)
			a->query.tenant = o->value;
		a->json |= c == O_JSON;
		a->query.reveal |= c == O_REVEAL;
	}
	if (c != OPTS_END)
		return c;
	return operands_read(a, o) ? OPTS_END : OPTS_BAD;
}

int
cmd_records(int argc, char **argv)
{
	struct opts o = {.usage =
			     "indelible records import [-c FILE] RECORDS|-\n"
			     "       indelible records list [-c FILE] [--json] "
			     "[--tenant NAME] [--reveal]",
	    .about = "import takes JSON Lines or CSV, all or nothing, and "
		     "names every bad line; an id\nthat is there already is "
		     "updated. list shows what the store has.",
	    .table = table,
	    .argc = argc,
	    .argv = argv};
	struct args a = {0};
	struct config c;
	int rc = args_read(&a, &o);

	if (rc != OPTS_END)
		return rc == OPTS_HELP ? EX_OK : EX_USAGE;
	rc = cmd_config_read(&c, a.config);
	if (rc != EX_OK)
		return rc;
	rc = !strcmp(a.verb, "import") ? records_import(&a, &c)
				       : records_list(&a, &c);
	config_fini(&c);
	return rc;
}
