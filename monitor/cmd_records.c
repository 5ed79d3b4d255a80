/*
 * cmd_records: opt-in records, by the admin interface: in the store itself, or
 * through the service that has it. Requests are made here; answers are put
 * into words by records_view.c.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/ask.h"
#include "monitor/cmd.h"
#include "monitor/opts.h"
#include "monitor/records_view.h"
#include "monitor/wants.h"

#define RECORDS "/api/v1/records"
#define JSON "application/json"
/* Records that are asked for at a time. */
#define PAGE "5000"

enum { O_CONFIG, O_TENANT, O_JSON, O_REVEAL, O_ID, O_KIND };
static const struct opt table[] = {
    [O_CONFIG] = {"config", 'c', "FILE", "the configuration"},
    [O_TENANT] = {"tenant", 0, "NAME",
	"whose; without: \"default\", in lists "
	"all"},
    [O_JSON] = {"json", 0, NULL, "JSON instead of text"},
    [O_REVEAL] = {"reveal", 0, NULL, "list, show: with values, which is noted"},
    [O_ID] = {"id", 0, "ID", "add: the record's id"},
    [O_KIND] = {"kind", 0, "KIND", "add: email or domain; stdin is the value"},
    {0},
};

struct args {
	const char *config, *tenant, *id, *kind;
	const char *operand;
	bool json, reveal;
	const struct verb *verb;
	const struct config *c;
};

struct verb {
	const char *name;
	const char *operand; /* what it is called; NULL: there is none */
	bool optional;       /* it may be left out */
	int (*run)(const struct args *a);
};

static void
about(struct asking *k, const struct args *a, const char *method,
    const char *more)
{
	asking_init(k, a->c, method, RECORDS);
	asking_param(k, "tenant", a->tenant);
	if (more != NULL)
		asking_id(k, a->operand, more);
}

/* --- import, add ------------------------------------------------------------ */

static int
import_body(
    const struct args *a, const char *type, struct span body, const char *file)
{
	struct asking k;
	json_t *answer;
	int rc;

	about(&k, a, "POST", NULL);
	asking_body(&k, type, body);
	k.q.file = file;
	rc = ask(&answer, &k);
	if (rc != EX_OK)
		return rc;
	view_warnings(answer, file);
	if (a->json)
		answer_say(answer);
	else
		view_import(answer);
	json_decref(answer);
	return rc;
}

/* What stands in the file tells its format. */
static const char *
type_of(struct span file)
{
	struct span bom = span_str("\xef\xbb\xbf");

	if (span_starts(file, bom))
		file = span_from(file, bom.len);
	return file.len > 0 && file.p[0] == '{' ? "application/jsonl"
						: "text/csv";
}

static int
run_import(const struct args *a)
{
	const char *name =
	    !strcmp(a->operand, "-") ? "standard input" : a->operand;
	struct buf file = {0};
	struct err e;
	enum status st = file_read(&file, a->operand, LIMIT_RECORD_FILE, &e);
	int rc = st == ST_OK ? EX_OK : cmd_fail(st, &e);

	if (rc == EX_OK)
		rc = import_body(
		    a, type_of(buf_span(&file)), buf_span(&file), name);
	mem_wipe(file.p, file.cap);
	buf_fini(&file);
	return rc;
}

/* The text without the line's end. */
static struct span
trimmed(struct span s)
{
	while (s.len > 0 && (s.p[s.len - 1] == '\n' || s.p[s.len - 1] == '\r'))
		s.len--;
	return s;
}

/* A record of what stands on the command line and the value from stdin. */
static void
add_record(struct buf *out, const struct args *a, struct span value)
{
	buf_str(out, "{\"id\":");
	text_json(out, span_str(a->id));
	buf_str(out, ",\"kind\":");
	text_json(out, span_str(a->kind));
	buf_str(out, ",\"value\":");
	text_json(out, trimmed(value));
	buf_char(out, '}');
}

static int
run_add(const struct args *a)
{
	struct buf text = {0}, record = {0};
	struct err e;
	enum status st = ask_person(&text, LIMIT_RECORD_LINE,
	    a->kind != NULL ? "the value" : "a record as JSON", &e);
	int rc = st == ST_OK ? EX_OK : cmd_fail(st, &e);

	if (a->kind != NULL)
		add_record(&record, a, buf_span(&text));
	else
		buf_span_add(&record, buf_span(&text));
	if (rc == EX_OK)
		rc = import_body(a, JSON, buf_span(&record), "standard input");
	mem_wipe(text.p, text.cap);
	mem_wipe(record.p, record.cap);
	buf_fini(&text);
	buf_fini(&record);
	return rc;
}

/* --- list, export ----------------------------------------------------------- */

typedef void page_fn(const struct args *a, json_t *record, size_t no);

static void
list_row(const struct args *a, json_t *record, size_t no)
{
	json_t *open = json_object_get(record, "record");

	if (!a->json) {
		if (no == 0)
			view_list_head(a->reveal);
		view_list_row(record, a->reveal);
		return;
	}
	if (open != NULL) { /* one object: a line that can be imported */
		json_object_update_missing(record, open);
		json_object_del(record, "record");
	}
	answer_say(record);
}

static void
export_row(const struct args *a, json_t *record, size_t no)
{
	json_t *open = json_object_get(record, "record");

	(void)a;
	(void)no;
	if (open != NULL)
		answer_say(open);
}

/* One page; *after is where the next one begins, NULL behind the last. */
static int
page(const struct args *a, char **after, page_fn *fn, size_t *num)
{
	struct asking k;
	json_t *answer, *record;
	size_t i;
	int rc;

	about(&k, a, "GET", NULL);
	asking_param(&k, "limit", PAGE);
	asking_param(&k, "after", *after);
	asking_param(&k, "reveal", a->reveal ? "1" : NULL);
	k.q.write = a->reveal;
	rc = ask(&answer, &k);
	free(*after);
	*after = NULL;
	if (rc != EX_OK)
		return rc;
	json_array_foreach(json_object_get(answer, "records"), i, record)
	    fn(a, record, (*num)++);
	if (view_text(answer, "next")[0] != '\0')
		*after = mem_str(view_text(answer, "next"));
	json_decref(answer);
	return rc;
}

static int
pages(const struct args *a, page_fn *fn, size_t *num)
{
	char *after = NULL;
	int rc;

	do
		rc = page(a, &after, fn, num);
	while (rc == EX_OK && after != NULL);
	return rc;
}

static int
run_list(const struct args *a)
{
	size_t num = 0;
	int rc = pages(a, list_row, &num);

	if (rc == EX_OK && num == 0 && !a->json)
		printf("no records\n");
	return rc;
}

/* --- one record -------------------------------------------------------------- */

static void
show(const struct args *a, struct asking *k)
{
	about(k, a, "GET", "");
	asking_param(k, "reveal", a->reveal ? "1" : NULL);
	k->q.write = a->reveal;
}

/* Ask, and say the answer in words or as it is. */
static int
tell(const struct args *a, struct asking *k, void (*view)(const json_t *answer))
{
	json_t *answer;
	int rc = ask(&answer, k);

	if (rc == EX_OK && (a->json || view == NULL))
		answer_say(answer);
	else if (rc == EX_OK)
		view(answer);
	json_decref(answer);
	return rc;
}

static int
run_show(const struct args *a)
{
	struct asking k;

	show(a, &k);
	return tell(a, &k, view_record);
}

/* Everything about one, or all records as they can be imported again. */
static int
run_export(const struct args *a)
{
	struct args open = *a;
	struct asking k;
	size_t num = 0;

	open.reveal = true;
	if (a->operand == NULL)
		return pages(&open, export_row, &num);
	about(&k, a, "GET", ":export");
	k.q.write = true; /* it is noted */
	return tell(a, &k, NULL);
}

static int
run_verb(const struct args *a)
{
	struct asking k;
	char colon[16];

	snprintf(colon, sizeof(colon), ":%s", a->verb->name);
	about(&k, a, "POST", colon);
	asking_body(&k, JSON, span_str("{}"));
	return tell(a, &k, view_change);
}

static int
run_erase(const struct args *a)
{
	struct asking k;

	about(&k, a, "DELETE", "");
	return tell(a, &k, view_change);
}

/* The token of a mail, from stdin. */
static int
confirm_by_token(const struct args *a)
{
	struct asking k;
	struct buf text = {0}, body = {0};
	struct err e;
	enum status st;
	int rc;

	st = ask_person(&text, 4096, "the token of the mail", &e);
	if (st != ST_OK)
		return cmd_fail(st, &e);
	buf_str(&body, "{\"token\":");
	text_json(&body, trimmed(buf_span(&text)));
	buf_char(&body, '}');
	about(&k, a, "POST", ":confirm");
	asking_body(&k, JSON, buf_span(&body));
	rc = tell(a, &k, view_change);
	mem_wipe(text.p, text.cap);
	mem_wipe(body.p, body.cap);
	buf_fini(&text);
	buf_fini(&body);
	return rc;
}

static int
run_confirm(const struct args *a)
{
	struct asking k;
	json_t *record;
	bool mail;
	int rc;

	show(a, &k);
	rc = ask(&record, &k);
	mail = strcmp(view_text(record, "kind"), "email") == 0 &&
	       strcmp(view_text(record, "state"), "pending") == 0;

	json_decref(record);
	if (rc != EX_OK)
		return rc;
	return mail ? confirm_by_token(a) : run_verb(a);
}

/* --- the command line -------------------------------------------------------- */

static const struct verb verbs[] = {
    {"import", "RECORDS|-", false, run_import},
    {"export", "ID", true, run_export},
    {"list", NULL, false, run_list},
    {"show", "ID", false, run_show},
    {"add", NULL, false, run_add},
    {"confirm", "ID", false, run_confirm},
    {"pause", "ID", false, run_verb},
    {"resume", "ID", false, run_verb},
    {"withdraw", "ID", false, run_verb},
    {"erase", "ID", false, run_erase},
};

static const struct verb *
verb_find(const char *name)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

static bool
options_fit(const struct args *a, const struct opts *o)
{
	bool add = strcmp(a->verb->name, "add") == 0;
	bool reveals = strcmp(a->verb->name, "list") == 0 ||
		       strcmp(a->verb->name, "show") == 0;

	if (a->reveal && !reveals)
		opts_wrong(o, "--reveal goes with `records list` and `records "
			      "show`");
	else if ((a->id != NULL || a->kind != NULL) && !add)
		opts_wrong(o, "--id and --kind go with `records add`");
	else if ((a->id == NULL) != (a->kind == NULL))
		opts_wrong(o, "--id and --kind go together; without both, a "
			      "JSON record is read from standard input");
	else
		return true;
	return false;
}

/* What to do, and with what; false after a message. */
static bool
operands_read(struct args *a, const struct opts *o)
{
	const char *name = o->at < o->argc ? o->argv[o->at] : "";
	const char *id;

	a->verb = verb_find(name);
	a->operand = o->at + 1 < o->argc ? o->argv[o->at + 1] : NULL;
	id = a->operand;
	if (a->verb == NULL)
		opts_wrong(o,
		    "say `records import FILE`, `records list`, or export, "
		    "show, add, confirm, pause, resume, withdraw or erase");
	else if (a->verb->run == run_import && a->operand == NULL)
		opts_wrong(o, "import what? name a file, or - for standard "
			      "input");
	else if (a->verb->operand != NULL && !a->verb->optional && id == NULL)
		opts_wrong(o, "which record? give its id");
	else if (a->verb->run != run_import && a->verb->operand != NULL &&
		 id != NULL && !record_id_ok(span_str(id)))
		opts_wrong(o,
		    "%s is no id: 1 to 128 of A-Z, a-z, 0-9, '.', "
		    "'_', '/', '-'",
		    QUOTE(span_str(id)));
	else
		return options_fit(a, o) &&
		       opts_at_most(o, a->verb->operand != NULL ? 2 : 1);
	return false;
}

static int
args_read(struct args *a, struct opts *o)
{
	const char **texts[] = {[O_CONFIG] = &a->config,
	    [O_TENANT] = &a->tenant,
	    [O_ID] = &a->id,
	    [O_KIND] = &a->kind};
	int n;

	while ((n = opts_next(o)) >= 0) {
		if (n == O_JSON)
			a->json = true;
		else if (n == O_REVEAL)
			a->reveal = true;
		else
			*texts[n] = o->value;
	}
	if (n != OPTS_END)
		return n;
	return operands_read(a, o) ? OPTS_END : OPTS_BAD;
}

int
cmd_records(int argc, char **argv)
{
	struct opts o = {
	    .usage = "indelible records import [-c FILE] RECORDS|-\n"
		     "       indelible records add [-c FILE] [--id ID --kind "
		     "KIND]\n"
		     "       indelible records list [-c FILE] [--tenant NAME] "
		     "[--reveal]\n"
		     "       indelible records show [-c FILE] [--tenant NAME] "
		     "[--reveal] ID\n"
		     "       indelible records confirm|pause|resume|withdraw|"
		     "erase [-c FILE]\n"
		     "               [--tenant NAME] ID\n"
		     "       indelible records export [-c FILE] [--tenant "
		     "NAME] [ID]",
	    .about = "import takes JSON Lines or CSV, all or nothing, and "
		     "names every bad line; an id\nthat is there already is "
		     "updated. add takes one record, or its value, "
		     "from\nstandard input, and so does confirm the token of "
		     "a mail. export gives all that\nis held of a record, or "
		     "all records as import takes them. withdraw ends its "
		     "use\nfor good and keeps what is held; erase leaves id, "
		     "tenant, kind and when. Beside\na running service "
		     "changes are made through its admin socket.",
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
	rc = a.verb->run(&a);
	config_fini(&c);
	return rc;
}
