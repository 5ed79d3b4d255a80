/* cmd_alerts: the exposures that the store has, by the admin interface. */
#include <stdio.h>
#include <string.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/ask.h"
#include "monitor/cmd.h"
#include "monitor/opts.h"
#include "monitor/records_view.h"

#define ALERTS "/api/v1/alerts"
/* Alerts that are asked for at a time. */
#define PAGE "1000"

enum { O_CONFIG, O_TENANT, O_RECORD, O_JSON };
static const struct opt table[] = {
    [O_CONFIG] = {"config", 'c', "FILE", "the configuration"},
    [O_TENANT] = {"tenant", 0, "NAME", "only this tenant's"},
    [O_RECORD] = {"record", 0, "ID", "list: only this record's"},
    [O_JSON] = {"json", 0, NULL, "JSON Lines instead of text"},
    {0},
};

struct args {
	const char *config, *tenant, *record, *id;
	bool json;
	const struct config *c;
	size_t num;
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
			? ""
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

static int
alerts_show(struct args *a)
{
	struct asking k;
	json_t *alert;
	int rc;

	asking_init(&k, a->c, "GET", ALERTS);
	asking_id(&k, a->id, "");
	asking_param(&k, "tenant", a->tenant);
	rc = ask(&alert, &k);
	if (rc == EX_OK && a->json)
		answer_say(alert);
	else if (rc == EX_OK)
		show(alert);
	json_decref(alert);
	return rc;
}

/* --- the command line ------------------------------------------------------ */

static bool
operands_read(struct args *a, const struct opts *o)
{
	const char *verb = o->at < o->argc ? o->argv[o->at] : "";
	bool one = strcmp(verb, "show") == 0;

	a->id = one && o->at + 1 < o->argc ? o->argv[o->at + 1] : NULL;
	if (!one && strcmp(verb, "list") != 0)
		opts_wrong(o, "say `alerts list` or `alerts show ID`");
	else if (one && a->id == NULL)
		opts_wrong(o, "which alert? give its id");
	else if (one && !record_id_ok(span_str(a->id)))
		opts_wrong(o, "%s is no id of an alert: 32 hex digits",
		    QUOTE(span_str(a->id)));
	else if (one && a->record != NULL)
		opts_wrong(o, "--record goes with `alerts list`");
	else
		return opts_at_most(o, one ? 2 : 1);
	return false;
}

static int
args_read(struct args *a, struct opts *o)
{
	const char **texts[] = {[O_CONFIG] = &a->config,
	    [O_TENANT] = &a->tenant,
	    [O_RECORD] = &a->record};
	int n;

	while ((n = opts_next(o)) >= 0) {
		if (n == O_JSON)
			a->json = true;
		else
			*texts[n] = o->value;
	}
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
		"NAME] ID",
	    .about = "The exposures that were found and are kept, oldest "
		     "first, with masked values;\nalso beside a running "
		     "service.",
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
	a.c = &c;
	rc = a.id != NULL ? alerts_show(&a) : alerts_list(&a);
	config_fini(&c);
	return rc;
}
