/* cmd_alerts: the command line of `alerts`, and what is written about one:
 * letters and evidence. Other verbs are in cmd_alerts_show.c and
 * cmd_alerts_act.c. */
#include <stdio.h>
#include <string.h>

#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/cmd.h"
#include "monitor/cmd_alerts.h"
#include "monitor/cmd_evidence.h"
#include "monitor/opts.h"

enum {
	O_CONFIG,
	O_TENANT,
	O_RECORD,
	O_JSON,
	O_OPEN,
	O_DEAD,
	O_MUTED,
	O_SINK,
	O_NOT_ME,
	O_TO,
	O_LANG,
	O_HTML,
	O_OUTPUT
};
static const struct opt table[] = {
    [O_CONFIG] = {"config", 'c', "FILE", "the configuration"},
    [O_TENANT] = {"tenant", 0, "NAME", "only this tenant's"},
    [O_RECORD] = {"record", 0, "ID", "list: only this record's"},
    [O_JSON] = {"json", 0, NULL, "list, show: JSON Lines instead of text"},
    [O_OPEN] = {"open", 0, NULL, "list: only those not acked and not muted"},
    [O_DEAD] = {"dead", 0, NULL, "list, resend: deliveries given up"},
    [O_MUTED] = {"muted", 0, NULL, "list: what was muted"},
    [O_SINK] = {"sink", 0, "NAME", "resend, list --dead: for this sink"},
    [O_NOT_ME] = {"not-me", 0, NULL, "mute: it is somebody else; erase it"},
    [O_TO] = {"to", 0, "WHAT", "letter: ca (default) or problem-report"},
    [O_LANG] = {"lang", 0, "LANGUAGE", "letter: en (default) or de"},
    [O_HTML] = {"html", 0, NULL, "letter: a page to be printed"},
    [O_OUTPUT] = {"output", 'o', "DIR", "evidence: the folder to be made"},
    {0},
};

#define BIT(n) (1u << (n))
#define ALL_TAKE (BIT(O_CONFIG) | BIT(O_TENANT))

/* How many ids follow. */
enum ids { NONE, ONE, SOME };
struct alerts_verb {
	const char *name;
	enum ids ids;
	unsigned options;
	alerts_fn *run;
};

/* Nothing is sent, and no value of the record is needed. */
static int
alerts_letter(struct alerts_args *a)
{
	struct buf text = {0};
	json_t *alert;
	int rc = alerts_ask_one(&alert, a);

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
alerts_evidence(struct alerts_args *a)
{
	json_t *alert;
	int rc = alerts_ask_one(&alert, a);

	if (rc == EX_OK)
		rc = evidence_save(
		    &(struct evidence_job){a->c, a->tenant, alert, a->output});
	json_decref(alert);
	return rc;
}

/* --- the command line ------------------------------------------------------ */

static const struct alerts_verb verbs[] = {
    {"list", NONE,
	ALL_TAKE | BIT(O_RECORD) | BIT(O_JSON) | BIT(O_OPEN) | BIT(O_DEAD) |
	    BIT(O_MUTED) | BIT(O_SINK),
	alerts_list},
    {"show", ONE, ALL_TAKE | BIT(O_JSON), alerts_show},
    {"ack", SOME, ALL_TAKE, alerts_ack},
    {"mute", SOME, ALL_TAKE | BIT(O_NOT_ME), alerts_mute},
    {"unmute", SOME, ALL_TAKE, alerts_unmute},
    {"resend", SOME, ALL_TAKE | BIT(O_DEAD) | BIT(O_SINK), alerts_resend},
    {"letter", ONE, ALL_TAKE | BIT(O_TO) | BIT(O_LANG) | BIT(O_HTML),
	alerts_letter},
    {"evidence", ONE, ALL_TAKE | BIT(O_OUTPUT), alerts_evidence},
};

static bool
verb_read(struct alerts_args *a, const struct opts *o)
{
	const char *name = o->at < o->argc ? o->argv[o->at] : "";

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].name, name) == 0)
			a->verb = &verbs[i];
	if (a->verb == NULL)
		opts_wrong(o,
		    "%s%s%ssay `alerts list`, or one of show, ack, mute, "
		    "unmute, resend, letter, evidence and an id",
		    name[0] != '\0' ? "there is no `alerts " : "",
		    QUOTE(span_str(name)), name[0] != '\0' ? "`; " : "");
	return a->verb != NULL;
}

/* No option but those of the verb. */
static bool
options_fit(const struct alerts_args *a, const struct opts *o)
{
	for (int n = 0; table[n].name != NULL; n++)
		if ((a->given & ~a->verb->options & BIT(n)) != 0) {
			opts_wrong(o, "--%s does not go with `alerts %s`",
			    table[n].name, a->verb->name);
			return false;
		}
	return true;
}

/* Which list; a record has no dead events, and only what is dead a sink. */
static bool
list_fits(const struct alerts_args *a, const struct opts *o)
{
	if (a->open + a->dead + a->muted > 1)
		opts_wrong(o, "one of --open, --dead and --muted");
	else if (a->dead && a->record != NULL)
		opts_wrong(o, "--record does not go with --dead");
	else if (a->sink != NULL && !a->dead)
		opts_wrong(o, "--sink goes with --dead");
	else
		return opts_at_most(o, 1);
	return false;
}

static bool
ids_read(struct alerts_args *a, const struct opts *o)
{
	a->ids = o->argv + o->at + 1;
	a->num_ids = (size_t)(o->argc - o->at - 1);
	for (size_t i = 0; i < a->num_ids; i++) {
		uint8_t id[16];

		if (text_unhex(id, sizeof(id), span_str(a->ids[i])))
			continue;
		opts_wrong(o, "%s is no id of an alert: 32 hex digits",
		    QUOTE(span_str(a->ids[i])));
		return false;
	}
	if (a->num_ids == 0)
		opts_wrong(o, "which alert? give its id");
	else if (a->verb->run == alerts_evidence && a->output == NULL)
		opts_wrong(o, "-o DIR: where is the evidence to go?");
	else
		return a->verb->ids == SOME || opts_at_most(o, 2);
	return false;
}

static bool
operands_read(struct alerts_args *a, const struct opts *o)
{
	if (!verb_read(a, o) || !options_fit(a, o))
		return false;
	if (a->verb->ids == NONE)
		return list_fits(a, o);
	return a->dead ? opts_at_most(o, 1) : ids_read(a, o);
}

static bool
to_read(struct alerts_args *a, const struct opts *o)
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
lang_read(struct alerts_args *a, const struct opts *o)
{
	a->letter.lang = o->value;
	if (request_speaks(o->value))
		return true;
	opts_wrong(o, "--lang %s: one of %s is wanted",
	    QUOTE(span_str(o->value)), request_langs);
	return false;
}

static bool
option_read(struct alerts_args *a, const struct opts *o, int n)
{
	const char **texts[] = {[O_CONFIG] = &a->config,
	    [O_TENANT] = &a->tenant,
	    [O_RECORD] = &a->record,
	    [O_SINK] = &a->sink,
	    [O_OUTPUT] = &a->output};

	bool *flags[] = {[O_JSON] = &a->json,
	    [O_OPEN] = &a->open,
	    [O_DEAD] = &a->dead,
	    [O_MUTED] = &a->muted,
	    [O_NOT_ME] = &a->not_me,
	    [O_HTML] = &a->letter.html};

	a->given |= BIT(n);
	if (n == O_TO)
		return to_read(a, o);
	if (n == O_LANG)
		return lang_read(a, o);
	if (table[n].arg == NULL)
		*flags[n] = true;
	else
		*texts[n] = o->value;
	return true;
}

static int
args_read(struct alerts_args *a, struct opts *o)
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
		"                             [--open | --muted | --dead "
		"[--sink NAME]]\n"
		"       indelible alerts show [-c FILE] [--json] [--tenant "
		"NAME] ID\n"
		"       indelible alerts ack [-c FILE] [--tenant NAME] ID...\n"
		"       indelible alerts mute [-c FILE] [--tenant NAME] "
		"[--not-me] ID...\n"
		"       indelible alerts unmute [-c FILE] [--tenant NAME] "
		"ID...\n"
		"       indelible alerts resend [-c FILE] [--tenant NAME] "
		"[--sink NAME]\n"
		"                               --dead | ID...\n"
		"       indelible alerts letter [-c FILE] [--tenant NAME] "
		"[--to WHAT]\n"
		"                               [--lang LANGUAGE] [--html] "
		"ID\n"
		"       indelible alerts evidence [-c FILE] [--tenant NAME] "
		"-o DIR ID",
	    .about =
		"The exposures that were found and are kept, oldest first, "
		"with masked values;\n"
		"also beside a running service. ack: somebody has taken "
		"note of it, nobody else\n"
		"is told. mute: what says the same of the record is not "
		"told any more, or not\n"
		"even kept. resend: it is sent again. letter: a ready "
		"letter to the CA, and what\n"
		"to know before it is sent; what only you know stands in "
		"[brackets]. evidence:\n"
		"what is kept, or a log that has it gives, as files that "
		"anybody can check; a\n"
		"README says how.",
	    .table = table,
	    .argc = argc,
	    .argv = argv};
	struct alerts_args a = {.letter.lang = "en"};
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
