/* cmd_alerts: the exposures that the store has, by the admin interface, and
 * letters about them. */
#include <stdio.h>
#include <string.h>

#include "alerts/request.h"
#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/ask.h"
#include "monitor/cmd.h"
#include "monitor/cmd_evidence.h"
#include "monitor/opts.h"
#include "monitor/records_view.h"

#define ALERTS "/api/v1/alerts"
/* Alerts that are asked for at a time. */
#define PAGE "1000"

enum { O_CONFIG, O_TENANT, O_RECORD, O_JSON, O_TO, O_LANG, O_HTML, O_OUTPUT };
static const struct opt table[] = {
    [O_CONFIG] = {"config", 'c', "FILE", "the configuration"},
    [O_TENANT] = {"tenant", 0, "NAME", "only this tenant's"},
    [O_RECORD] = {"record", 0, "ID", "list: only this record's"},
    [O_JSON] = {"json", 0, NULL, "list, show: JSON Lines instead of text"},
    [O_TO] = {"to", 0, "WHAT", "letter: ca (default) or problem-report"},
    [O_LANG] = {"lang", 0, "LANGUAGE", "letter: en (default) or de"},
    [O_HTML] = {"html", 0, NULL, "letter: a page to be printed"},
    [O_OUTPUT] = {"output", 'o', "DIR", "evidence: the folder to be made"},
    {0},
};

#define BIT(n) (1u << (n))
#define ALL_TAKE (BIT(O_CONFIG) | BIT(O_TENANT))

struct args {
	const char *config, *tenant, *record, *id, *output;
	bool json;
	struct request letter;
	unsigned given; /* options, as bits */
	const struct verb *verb;
	const struct config *c;
	size_t num;
};

struct verb {
	const char *name;
	bool one; /* an id is to follow */
	unsigned options;
	int (*run)(struct args *a);
};

/* --- in words ------------------------------------------------------------- */

static void
list_row(struct args *a, json_t *alert)
{
	const json_t *data = json_object_get(alert, "data");
	const json_t *record = json_object_get(data, "record");

	if (a->num++ == 0)
		printf("%-24s %-8s %-32s TENANT RECORD\n", "TIME", "SEVERITY",
		    "ID");
	printf("%-24s %-8s %-32s ", view_text(alert, "time"),
	    view_text(data, "severity"), view_text(alert, "id"));
	view_line(stdout, view_text(record, "tenant"));
	putchar(' ');
	view_line(stdout, view_text(record, "id"));
	putchar('\n');
}

static void
show_field(const char *name, const char *text)
{
	if (text[0] == '\0')
		return;
	printf("  %-12s ", name);
	view_line(stdout, text);
	putchar('\n');
}

static void
show_sightings(const json_t *list)
{
	const json_t *s;
	size_t i;

	json_array_foreach(list, i, s)
	{
		printf("  %-12s entry %lld of ", i == 0 ? "seen" : "",
		    view_number(s, "index"));
		view_line(stdout, view_text(s, "log_name"));
		printf(", %s%s\n", view_text(s, "timestamp"),
		    json_is_true(json_object_get(s, "verified"))
			? ", verified"
			: ", not verified");
	}
}

static void
show(const json_t *alert)
{
	const json_t *data = json_object_get(alert, "data");
	const json_t *record = json_object_get(data, "record");
	const json_t *match = json_object_get(data, "match");
	const json_t *cert = json_object_get(data, "certificate");

	printf("%s\n", view_text(alert, "id"));
	show_field("found", view_text(alert, "time"));
	show_field("tenant", view_text(record, "tenant"));
	show_field("record", view_text(record, "id"));
	show_field("severity", view_text(data, "severity"));
	show_field("value", view_text(match, "value"));
	show_field("in", view_text(match, "carrier"));
	show_field("certificate", view_text(cert, "sha256"));
	show_field("issuer", view_text(cert, "issuer"));
	show_field("valid from", view_text(cert, "not_before"));
	show_field("valid until", view_text(cert, "not_after"));
	show_sightings(json_object_get(data, "sightings"));
}

/* --- asking ---------------------------------------------------------------- */

/* One page; *after is where the next one begins, NULL behind the last. */
static int
page(struct args *a, char **after)
{
	struct asking k;
	json_t *answer, *alert;
	size_t i;
	int rc;

	asking_init(&k, a->c, "GET", ALERTS);
	asking_param(&k, "tenant", a->tenant);
	asking_param(&k, "record", a->record);
	asking_param(&k, "limit", PAGE);
	asking_param(&k, "after", *after);
	rc = ask(&answer, &k);
	free(*after);
	*after = NULL;
	json_array_foreach(json_object_get(answer, "alerts"), i, alert)
	{
		if (a->json)
			answer_say(alert);
		else
			list_row(a, alert);
	}
	if (view_text(answer, "next")[0] != '\0')
		*after = mem_str(view_text(answer, "next"));
	json_decref(answer);
	return rc;
}

static int
alerts_list(struct args *a)
{
	char *after = NULL;
	int rc;

	do
		rc = page(a, &after);
	while (rc == EX_OK && after != NULL);
	if (rc == EX_OK && a->num == 0 && !a->json)
		printf("no alerts\n");
	return rc;
}

/* The alert with the id that was given. */
static int
ask_one(json_t **out, const struct args *a)
{
	struct asking k;

	asking_init(&k, a->c, "GET", ALERTS);
	asking_id(&k, a->id, "");
	asking_param(&k, "tenant", a->tenant);
	return ask(out, &k);
}

static int
alerts_show(struct args *a)
{
	json_t *alert;
	int rc = ask_one(&alert, a);

	if (rc == EX_OK && a->json)
		answer_say(alert);
	else if (rc == EX_OK)
		show(alert);
	json_decref(alert);
	return rc;
}

/* Nothing is sent, and no value of the record is needed. */
static int
alerts_letter(struct args *a)
{
	struct buf text = {0};
	json_t *alert;
	int rc = ask_one(&alert, a);

	if (rc == EX_OK) {
		request_write(&text, &a->letter, alert);
		fwrite(text.p, 1, text.len, stdout);
	}
	json_decref(alert);
	buf_fini(&text);
	return rc;
}

/* What is kept, and else what a log still has. */
static int
alerts_evidence(struct args *a)
{
	json_t *alert;
	int rc = ask_one(&alert, a);

	if (rc == EX_OK)
		rc = evidence_save(
		    &(struct evidence_job){a->c, a->tenant, alert, a->output});
	json_decref(alert);
	return rc;
}

/* --- the command line ------------------------------------------------------ */

static const struct verb verbs[] = {
    {"list", false, ALL_TAKE | BIT(O_RECORD) | BIT(O_JSON), alerts_list},
    {"show", true, ALL_TAKE | BIT(O_JSON), alerts_show},
    {"letter", true, ALL_TAKE | BIT(O_TO) | BIT(O_LANG) | BIT(O_HTML),
	alerts_letter},
    {"evidence", true, ALL_TAKE | BIT(O_OUTPUT), alerts_evidence},
};

static bool
verb_read(struct args *a, const struct opts *o)
{
	const char *name = o->at < o->argc ? o->argv[o->at] : "";

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].name, name) == 0)
			a->verb = &verbs[i];
	if (a->verb == NULL)
		opts_wrong(o, "say `alerts list`, `alerts show ID`, `alerts "
			      "letter ID` or `alerts evidence ID`");
	return a->verb != NULL;
}

/* No option but those of the verb. */
static bool
options_fit(const struct args *a, const struct opts *o)
{
	for (int n = 0; table[n].name != NULL; n++)
		if ((a->given & ~a->verb->options & BIT(n)) != 0) {
			opts_wrong(o, "--%s does not go with `alerts %s`",
			    table[n].name, a->verb->name);
			return false;
		}
	return true;
}

static bool
operands_read(struct args *a, const struct opts *o)
{
	if (!verb_read(a, o) || !options_fit(a, o))
		return false;
	if (!a->verb->one)
		return opts_at_most(o, 1);
	a->id = o->at + 1 < o->argc ? o->argv[o->at + 1] : NULL;
	if (a->id == NULL)
		opts_wrong(o, "which alert? give its id");
	else if (!record_id_ok(span_str(a->id)))
		opts_wrong(o, "%s is no id of an alert: 32 hex digits",
		    QUOTE(span_str(a->id)));
	else if (a->verb->run == alerts_evidence && a->output == NULL)
		opts_wrong(o, "-o DIR: where is the evidence to go?");
	else
		return opts_at_most(o, 2);
	return false;
}

static bool
to_read(struct args *a, const struct opts *o)
{
	bool report = strcmp(o->value, "problem-report") == 0;

	a->letter.to = report ? REQUEST_PROBLEM_REPORT : REQUEST_CA;
	if (report || strcmp(o->value, "ca") == 0)
		return true;
	opts_wrong(o, "--to %s: ca or problem-report is wanted",
	    QUOTE(span_str(o->value)));
	return false;
}

static bool
lang_read(struct args *a, const struct opts *o)
{
	a->letter.lang = o->value;
	if (request_speaks(o->value))
		return true;
	opts_wrong(o, "--lang %s: one of %s is wanted",
	    QUOTE(span_str(o->value)), request_langs);
	return false;
}

static bool
option_read(struct args *a, const struct opts *o, int n)
{
	const char **texts[] = {[O_CONFIG] = &a->config,
	    [O_TENANT] = &a->tenant,
	    [O_RECORD] = &a->record,
	    [O_OUTPUT] = &a->output};

	a->given |= BIT(n);
	if (n == O_TO)
		return to_read(a, o);
	if (n == O_LANG)
		return lang_read(a, o);
	if (n == O_JSON)
		a->json = true;
	else if (n == O_HTML)
		a->letter.html = true;
	else
		*texts[n] = o->value;
	return true;
}

static int
args_read(struct args *a, struct opts *o)
{
	int n;

	while ((n = opts_next(o)) >= 0)
		if (!option_read(a, o, n))
			return OPTS_BAD;
	if (n != OPTS_END)
		return n;
	return operands_read(a, o) ? OPTS_END : OPTS_BAD;
}

int
cmd_alerts(int argc, char **argv)
{
	struct opts o = {
	    .usage =
		"indelible alerts list [-c FILE] [--json] [--tenant "
		"NAME] [--record ID]\n"
		"       indelible alerts show [-c FILE] [--json] [--tenant "
		"NAME] ID\n"
		"       indelible alerts letter [-c FILE] [--tenant NAME] "
		"[--to WHAT]\n"
		"                               [--lang LANGUAGE] [--html] "
		"ID\n"
		"       indelible alerts evidence [-c FILE] [--tenant NAME] "
		"-o DIR ID",
	    .about = "The exposures that were found and are kept, oldest "
		     "first, with masked values;\nalso beside a running "
		     "service. letter: a ready letter to the CA, and what to"
		     "\nknow before it is sent; what only you know stands in "
		     "[brackets].\nevidence: what is kept, or a log that "
		     "has it gives, as files that anybody\ncan check; a "
		     "README says how.",
	    .table = table,
	    .argc = argc,
	    .argv = argv};
	struct args a = {.letter.lang = "en"};
	struct config c;
	int rc = args_read(&a, &o);

	if (rc != OPTS_END)
		return rc == OPTS_HELP ? EX_OK : EX_USAGE;
	rc = cmd_config_read(&c, a.config);
	if (rc != EX_OK)
		return rc;
	a.c = &c;
	rc = a.verb->run(&a);
	config_fini(&c);
	return rc;
}
