/*
 * api_change: what brings records in and changes what they say: one or a few
 * as JSON, many as JSON Lines or CSV, and a merge patch (RFC 7396) of one.
 * All of them end as an import, all or nothing.
 */
#include <jansson.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "monitor/api_private.h"
#include "monitor/enrol.h"
#include "monitor/import.h"

struct incoming {
	struct api_job *c;
	struct buf errors, warnings; /* of JSON objects, with commas */
	size_t num_errors;
	struct import im;
};

static void
line_json(struct buf *out, size_t line, const char *what)
{
	buf_str(out, out->len > 0 ? ",{" : "{");
	json_uint(out, "line", line);
	json_text(out, "what", what);
	buf_char(out, '}');
}

static void
on_bad(void *arg, size_t line, const char *what)
{
	struct incoming *in = arg;

	if (in->num_errors++ < API_ERRORS)
		line_json(&in->errors, line, what);
}

static void
on_warning(void *arg, size_t line, const char *what)
{
	struct incoming *in = arg;

	line_json(&in->warnings, line, what);
}

static void
incoming_init(struct incoming *in, struct api_job *c, struct span file)
{
	*in = (struct incoming){.c = c};
	in->im = (struct import){.file = file,
	    .index_key = c->env->index_key,
	    .config = c->env->config,
	    .unasked = enrol_missing(c->env->config),
	    .who = c->who.who,
	    .now_ms = c->who.now_ms,
	    .tenant = c->tenant,
	    .only = c->r->caller.tenant,
	    .bad = on_bad,
	    .warn = on_warning,
	    .arg = in};
}

static void
incoming_fini(struct incoming *in)
{
	buf_fini(&in->errors);
	buf_fini(&in->warnings);
}

/* The problem, with the bad lines in it. */
static void
incoming_fail(struct incoming *in, enum status st)
{
	struct buf *out = &in->c->out->body;

	api_fail(in->c, st);
	if (in->num_errors == 0)
		return;
	out->len--; /* reopen the object */
	json_open(out, "errors", '[');
	buf_span_add(out, buf_span(&in->errors));
	buf_char(out, ']');
	json_uint(out, "errors_total", in->num_errors);
	buf_char(out, '}');
}

static enum status
incoming_run(struct incoming *in)
{
	struct api_job *c = in->c;
	enum status st = import_records(&in->im, c->s, &c->e);

	c->out->changed = st == ST_OK && in->im.added + in->im.updated > 0;
	c->out->letters = st == ST_OK && in->im.pending > 0;
	return st;
}

static void
incoming_say(struct incoming *in)
{
	struct buf *out = api_json(in->c, 200);
	bool any = in->im.active > 0;

	buf_char(out, '{');
	json_uint(out, "added", in->im.added);
	json_uint(out, "updated", in->im.updated);
	json_uint(out, "active", in->im.active);
	json_uint(out, "pending", in->im.pending);
	json_time(out, "watched_from", any ? in->c->who.now_ms : INT64_MIN);
	json_text(out, "backfill", any ? API_BACKFILL : NULL);
	json_open(out, "warnings", '[');
	buf_span_add(out, buf_span(&in->warnings));
	buf_char(out, ']');
	json_uint(out, "warnings_total", in->im.warnings);
	buf_char(out, '}');
}

static void
import_file(struct api_job *c, struct span file)
{
	struct incoming in;
	enum status st;

	incoming_init(&in, c, file);
	st = incoming_run(&in);
	if (st == ST_OK)
		incoming_say(&in);
	else
		incoming_fail(&in, st);
	incoming_fini(&in);
}

/* --- what the body is ----------------------------------------------------- */

static bool
is_type(const struct api_job *c, const char *type)
{
	const char *given = c->r->content_type;
	size_t n = strlen(type);

	return given != NULL && strncasecmp(given, type, n) == 0 &&
	       (given[n] == '\0' || given[n] == ';' || given[n] == ' ');
}

/* JSON as a tree; NULL after a problem. */
static json_t *
body_json(struct api_job *c)
{
	struct span body = c->r->body;
	json_error_t where;
	json_t *j;

	if (body.len > LIMIT_JSON) {
		api_problem(c->out, 413, "That is too much",
		    "application/json is taken up to 2 MiB; send more as "
		    "application/jsonl");
		return NULL;
	}
	j = json_loadb(
	    (const char *)body.p, body.len, JSON_REJECT_DUPLICATES, &where);
	if (j != NULL)
		return j;
	err_set(&c->e, ST_BAD, "line %d, column %d: this is not JSON",
	    where.line, where.column);
	api_problem(c->out, 400, "The request is not understood", c->e.text);
	return NULL;
}

static int
dump_to(const char *p, size_t len, void *arg)
{
	buf_add(arg, p, len);
	return 0;
}

static void
line_of(struct buf *out, const json_t *record)
{
	json_dump_callback(
	    record, dump_to, out, JSON_COMPACT | JSON_ENCODE_ANY);
	buf_char(out, '\n');
}

/* A record is a line of the file that is imported then. */
static void
import_json(struct api_job *c)
{
	json_t *j = body_json(c), *record;
	struct buf file = {0};
	size_t i;

	if (j == NULL)
		return;
	if (json_is_array(j))
		json_array_foreach(j, i, record) line_of(&file, record);
	else
		line_of(&file, j);
	if (file.len == 0 || file.p[0] == '{')
		import_file(c, buf_span(&file));
	else
		api_problem(c->out, 422, "The data are not what they must be",
		    "a record, {...}, or a list of records is wanted");
	json_decref(j);
	mem_wipe(file.p, file.cap);
	buf_fini(&file);
}

void
api_records_import(struct api_job *c)
{
	struct span body = c->r->body, bom = span_str("\xef\xbb\xbf");
	bool lines;

	if (span_starts(body, bom))
		body = span_from(body, bom.len);
	lines = body.len > 0 && body.p[0] == '{';
	if (is_type(c, "application/json"))
		import_json(c);
	else if (!is_type(c, "application/jsonl") && !is_type(c, "text/csv"))
		api_problem(c->out, 415, "Not of this type",
		    "application/json, application/jsonl or text/csv is "
		    "wanted");
	else if (body.len > 0 && lines != is_type(c, "application/jsonl"))
		api_problem(c->out, 422, "The data are not what they must be",
		    "JSON Lines begin with {, and CSV does not");
	else
		import_file(c, body);
}

/* --- merge patch ---------------------------------------------------------- */

static const char *const patched[] = {"value", "notify", "match", "qualifiers",
    "require_qualifier", "expires", "consent", "identity"};

/* The first key that a patch may not have; NULL: none. */
static const char *
patch_refused(json_t *patch)
{
	const char *key;
	json_t *v;

	json_object_foreach(patch, key, v)
	{
		bool ok = false;

		for (size_t i = 0; i < sizeof(patched) / sizeof(*patched); i++)
			ok |= strcmp(key, patched[i]) == 0;
		if (!ok)
			return key;
	}
	return NULL;
}

/* RFC 7396 section 2; no deeper than one object in another, as records are. */
static void
merge(json_t *into, json_t *patch, bool inner)
{
	const char *key;
	json_t *v, *old;

	json_object_foreach(patch, key, v)
	{
		old = json_object_get(into, key);
		if (json_is_null(v))
			json_object_del(into, key);
		else if (!inner && json_is_object(v) && json_is_object(old))
			merge(old, v, true);
		else
			json_object_set(into, key, v);
	}
}

/* The record as it is to be, one line. Another value needs another consent. */
static void
patch_line(struct buf *out, const struct record *r, json_t *patch)
{
	struct buf old = {0};
	json_t *was, *is;

	record_json(r, &old);
	was = json_loadb((const char *)old.p, old.len, 0, NULL);
	ASSERT(was != NULL);
	is = json_deep_copy(was);
	ASSERT(is != NULL);
	merge(is, patch, false);
	if (!json_equal(
		json_object_get(was, "value"), json_object_get(is, "value")) &&
	    json_object_get(patch, "consent") == NULL)
		json_object_del(is, "consent");
	line_of(out, is);
	json_decref(was);
	json_decref(is);
	mem_wipe(old.p, old.cap);
	buf_fini(&old);
}

static void
patch_import(struct api_job *c, struct span line)
{
	struct incoming in;
	enum status st;

	incoming_init(&in, c, line);
	st = incoming_run(&in);
	if (st == ST_OK)
		api_record_say(c);
	else
		incoming_fail(&in, st);
	incoming_fini(&in);
}

static void
patch_run(struct api_job *c, json_t *patch)
{
	struct record_row row;
	struct buf line = {0};
	enum status st = api_record(c, &row, true);

	if (st == ST_OK && row.r.state == RECORD_ERASED)
		st = err_set(&c->e, ST_USAGE,
		    "record %s of tenant %s was erased and stays so", c->at.id,
		    c->at.tenant);
	if (st != ST_OK) {
		api_fail(c, st);
	} else {
		patch_line(&line, &row.r, patch);
		patch_import(c, buf_span(&line));
	}
	mem_wipe(line.p, line.cap);
	buf_fini(&line);
	record_fini(&row.r);
}

void
api_record_patch(struct api_job *c)
{
	json_t *patch;
	const char *no;

	if (!is_type(c, "application/json") &&
	    !is_type(c, "application/merge-patch+json")) {
		api_problem(c->out, 415, "Not of this type",
		    "application/merge-patch+json or application/json is "
		    "wanted");
		return;
	}
	patch = body_json(c);
	if (patch == NULL)
		return;
	no = json_is_object(patch) ? patch_refused(patch) : "";
	if (no == NULL) {
		patch_run(c, patch);
	} else {
		err_set(&c->e, ST_BAD,
		    "%s: an object with some of value, notify, match, "
		    "qualifiers, require_qualifier, expires, identity and "
		    "consent "
		    "is "
		    "wanted",
		    QUOTE(span_str(no)));
		api_fail(c, ST_BAD);
	}
	json_decref(patch);
}
