/* record_json: records as JSON Lines, written and read; see record.h. */
#include <jansson.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/text.h"
#include "monitor/pii/extract.h"
#include "monitor/pii/normal.h"
#include "monitor/pii/record_draft.h"

/* --- writing ----------------------------------------------------------------
 */

/* `,"key":` or without the comma right behind a brace. */
static void
put_key(struct buf *out, const char *key)
{
	if (out->p[out->len - 1] != '{')
		buf_char(out, ',');
	buf_fmt(out, "\"%s\":", key);
}

static void
put_text(struct buf *out, const char *key, const char *s)
{
	if (s == NULL)
		return;
	put_key(out, key);
	text_json(out, span_str(s));
}

static void
put_bool(struct buf *out, const char *key, bool b)
{
	put_key(out, key);
	buf_str(out, b ? "true" : "false");
}

static void
put_time(struct buf *out, const char *key, int64_t ms)
{
	char text[TEXT_TIME];

	if (ms != 0)
		put_text(out, key, text_time(text, ms));
}

static void
put_list(struct buf *out, const char *key, const struct strings *s)
{
	put_key(out, key);
	buf_char(out, '[');
	for (size_t i = 0; i < s->num; i++) {
		buf_str(out, i ? "," : "");
		text_json(out, span_str(s->list[i]));
	}
	buf_char(out, ']');
}

static void
open_object(struct buf *out, const char *key)
{
	put_key(out, key);
	buf_char(out, '{');
}

static void
put_kinds(struct buf *out, uint32_t kinds)
{
	bool first = true;

	if (kinds == 0)
		return;
	put_key(out, "kinds");
	for (unsigned k = 0; k < PII_KINDS; k++) {
		if ((kinds >> k & 1) == 0)
			continue;
		buf_fmt(out, "%s\"%s\"", first ? "[" : ",",
		    kind_name((enum pii_kind)k));
		first = false;
	}
	buf_char(out, ']');
}

static void
put_name(struct buf *out, const struct record *r)
{
	open_object(out, "value");
	put_list(out, "given", &r->given);
	put_list(out, "surname", &r->surname);
	put_list(out, "aliases", &r->aliases);
	buf_char(out, '}');
	open_object(out, "qualifiers");
	put_list(out, "domains", &r->domains);
	put_list(out, "organizations", &r->organizations);
	put_list(out, "countries", &r->countries);
	put_list(out, "localities", &r->localities);
	put_list(out, "emails", &r->emails);
	buf_char(out, '}');
	put_bool(out, "require_qualifier", r->require_qualifier);
	put_text(out, "identity", r->identity);
}

static void
put_match(struct buf *out, const struct record *r)
{
	open_object(out, "match");
	if (r->kind == RECORD_EMAIL) {
		put_bool(out, "plus", r->email_policy & EMAIL_PLUS);
		put_bool(out, "gmail_dots", r->email_policy & EMAIL_GMAIL_DOTS);
	} else {
		put_bool(out, "subdomains", r->subdomains);
		put_kinds(out, r->kinds);
	}
	buf_char(out, '}');
}

void
record_json(const struct record *r, struct buf *out)
{
	buf_char(out, '{');
	put_text(out, "id", r->id);
	put_text(out, "tenant", r->tenant);
	put_text(out, "kind", record_kind_name(r->kind));
	if (r->kind == RECORD_NAME) {
		put_name(out, r);
	} else {
		put_text(out, "value", r->value);
		put_match(out, r);
	}
	open_object(out, "consent");
	put_text(out, "purpose", r->purpose);
	put_text(out, "method", r->method);
	put_time(out, "at", r->consent_ms);
	put_text(out, "evidence", r->evidence);
	buf_char(out, '}');
	put_list(out, "notify", &r->notify);
	put_time(out, "expires", r->expires_ms);
	buf_char(out, '}');
}

/* --- reading ----------------------------------------------------------------
 */

static struct span
json_span(json_t *v)
{
	return span_of(json_string_value(v), json_string_length(v));
}

static void
read_list(struct draft *d, const struct field *f, json_t *list)
{
	json_t *v;
	size_t i;

	draft_list(d, f);
	json_array_foreach(list, i, v)
	{
		if (json_is_string(v))
			draft_item(d, f, json_span(v));
		else
			draft_bad(
			    d, "%s: item %zu is not text", f->path, i + 1);
	}
}

static void
read_value(struct draft *d, const struct field *f, json_t *v)
{
	if (json_is_string(v))
		draft_text(d, f, json_span(v));
	else if (json_is_boolean(v))
		draft_bool(d, f, json_is_true(v));
	else if (json_is_array(v))
		read_list(d, f, v);
	else
		draft_bad(d, "%s: %s is wanted, not %s", f->path,
		    field_wanted(f),
		    json_is_null(v)     ? "null; leave the key out"
		    : json_is_object(v) ? "an object"
					: "a number");
}

/* Keys whose values are objects. */
static bool
is_front(const char *key)
{
	return strcmp(key, "value") == 0 || strcmp(key, "match") == 0 ||
	       strcmp(key, "qualifiers") == 0 || strcmp(key, "consent") == 0;
}

static void
read_key(struct draft *d, const char *key, json_t *v)
{
	const struct field *f = field_find(span_str(key));

	/* Dotted paths are for CSV; here objects are nested. */
	if (f != NULL && strchr(key, '.') == NULL)
		read_value(d, f, v);
	else if (is_front(key))
		draft_bad(d, "%s: an object ({...}) is wanted", key);
	else
		draft_bad(
		    d, "unknown key '%s'; remove it", QUOTE(span_str(key)));
}

/* The keys of an object that stands under the key `front`. */
static void
read_nested(struct draft *d, const char *front, json_t *object)
{
	struct buf path = {0};
	const struct field *f;
	const char *key;
	json_t *v;

	json_object_foreach(object, key, v)
	{
		buf_clear(&path);
		buf_str(&path, front);
		buf_char(&path, '.');
		buf_str(&path, key);
		f = field_find(buf_span(&path));
		if (f != NULL)
			read_value(d, f, v);
		else
			draft_bad(d, "unknown key '%s'; remove it",
			    QUOTE(buf_span(&path)));
	}
	buf_fini(&path);
}

static void
read_record(struct draft *d, json_t *record)
{
	const char *key;
	json_t *v;

	json_object_foreach(record, key, v)
	{
		if (json_is_object(v) && is_front(key))
			read_nested(d, key, v);
		else
			read_key(d, key, v);
	}
}

/* In our words: jansson's repeat the text, which is somebody's data. */
static void
json_complain(struct draft *d, const json_error_t *e)
{
	switch (json_error_code(e)) {
	case json_error_duplicate_key:
		draft_bad(d, "column %d: a key stands here twice; remove one",
		    e->column);
		break;
	case json_error_invalid_utf8:
		draft_bad(d, "this is not UTF-8; save the file as UTF-8");
		break;
	case json_error_null_character:
	case json_error_null_byte_in_key:
		draft_bad(
		    d, "column %d: a NUL character; remove it", e->column);
		break;
	case json_error_premature_end_of_input:
		draft_bad(d,
		    "column %d: the line ends within a record; a "
		    "record is one whole line",
		    e->column);
		break;
	default:
		draft_bad(d,
		    "column %d: this is not JSON; write a record as "
		    "{\"id\":...} on one line",
		    e->column);
	}
}

static void
read_line(struct reading *in, struct span line, size_t at)
{
	struct draft d = draft_of(in, at);
	json_error_t error;
	json_t *record = NULL;

	if (line.len > in->line_max) {
		draft_bad(
		    &d, "the line is longer than %zu bytes", in->line_max);
	} else {
		record = json_loadb((const char *)line.p, line.len,
		    JSON_REJECT_DUPLICATES, &error);
		if (record == NULL)
			json_complain(&d, &error);
		else if (!json_is_object(record))
			draft_bad(&d, "a record is an object ({...})");
		else
			read_record(&d, record);
	}
	json_decref(record);
	draft_end(&d);
}

static bool
is_blank(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] != ' ' && s.p[i] != '\t' && s.p[i] != '\r')
			return false;
	return true;
}

void
record_json_read(struct reading *in, struct span file)
{
	size_t n;

	for (size_t at = 1; file.len > 0; at++) {
		struct span line;

		n = span_chr(file, '\n');
		line = span_cut(file, 0, n);
		if (!is_blank(line))
			read_line(in, line, at);
		file = span_from(file, n < file.len ? n + 1 : n);
	}
}

/* --- one that was written here ---------------------------------------------- */

static void
take(void *arg, struct record *r, size_t at)
{
	struct record *out = arg;

	(void)at;
	record_fini(out);
	*out = *r;
	*r = (struct record){0};
}

/* That it is bad is all that anybody wants to know. */
static void
ignore(void *arg, size_t at, const char *what)
{
	(void)arg;
	(void)at;
	(void)what;
}

bool
record_unjson(struct record *out, struct span line)
{
	struct reading in = {.tenant = RECORD_TENANT,
	    .line_max = SIZE_MAX,
	    .fn = take,
	    .bad = ignore,
	    .arg = out,
	    .seen = seen_new()};

	*out = (struct record){0};
	read_line(&in, line, 1);
	seen_free(in.seen);
	return out->id != NULL;
}
