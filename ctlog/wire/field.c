/* field: see field.h. */
#include "ctlog/wire/field.h"

#include "ctlog/base/limits.h"
#include "ctlog/base/text.h"

/* How much of a reply that is no JSON is shown. */
#define SHOWN 64u

/* Values and names of a JSON text, or a few more; wrong where it is no JSON. */
static size_t
count_values(struct span text)
{
	bool quoted = false;
	size_t n = 1;

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.p[i];

		if (c == '"')
			quoted = !quoted;
		else if (c == '\\')
			i++;
		else if (!quoted)
			n += c == ',' || c == ':' || c == '[' || c == '{';
	}
	return n;
}

/* A tree costs up to 77 times its text, so it is not built of everything. */
static bool
has_too_many_values(struct span text, size_t limit)
{
	size_t most = 256 + limit / LIMIT_JSON_SPARSE;

	return text.len > most && count_values(text) > most;
}

enum status
field_load(json_t **out, struct span text, size_t limit, struct err *e)
{
	json_error_t why;

	*out = NULL;
	if (text.len > limit)
		return err_set(e, ST_LIMIT,
		    "JSON document of %zu bytes, %zu at most", text.len, limit);
	if (has_too_many_values(text, limit))
		return err_set(e, ST_LIMIT,
		    "JSON document of too many values; it begins \"%s\"",
		    QUOTE(span_cut(text, 0, SHOWN)));
	*out = json_loadb(
	    (const char *)text.p, text.len, JSON_REJECT_DUPLICATES, &why);
	if (*out == NULL)
		return err_set(e, ST_BAD,
		    "not JSON: line %d column %d: %s; it begins \"%s\"",
		    why.line, why.column, QUOTE(span_str(why.text)),
		    QUOTE(span_cut(text, 0, SHOWN)));
	if (json_is_object(*out))
		return ST_OK;
	json_decref(*out);
	*out = NULL;
	return err_set(e, ST_BAD, "the JSON document is not an object");
}

enum status
field_load_entries(json_t **out, struct span text, size_t limit, struct err *e)
{
	struct err quoting;
	enum status st = field_load(out, text, limit, &quoting);

	if (st == ST_OK)
		return ST_OK;
	return err_set(e, st, "no JSON object that can be used: %zu bytes, %s",
	    text.len, text_class(text));
}

bool
field_has(const json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);

	return v != NULL && !json_is_null(v);
}

static const char *
type_name(json_type t)
{
	static const char *const names[] = {
	    [JSON_OBJECT] = "an object",
	    [JSON_ARRAY] = "an array",
	    [JSON_STRING] = "a string",
	    [JSON_INTEGER] = "a whole number",
	    [JSON_REAL] = "a fraction",
	    [JSON_TRUE] = "true",
	    [JSON_FALSE] = "false",
	    [JSON_NULL] = "null",
	};

	return names[t];
}

/* The member, which must be of that type. */
static enum status
member(json_t **out, const json_t *o, const char *name, json_type type,
    struct err *e)
{
	*out = json_object_get(o, name);
	if (*out == NULL)
		return err_set(e, ST_BAD, "%s is missing", name);
	if (json_typeof(*out) != type)
		return err_set(e, ST_BAD, "%s is %s where %s is due", name,
		    type_name(json_typeof(*out)), type_name(type));
	return ST_OK;
}

static struct span
string_span(const json_t *v)
{
	return span_of(json_string_value(v), json_string_length(v));
}

enum status
field_u64(uint64_t *out, const json_t *o, const char *name, struct err *e)
{
	json_t *v;
	enum status st = member(&v, o, name, JSON_INTEGER, e);

	if (st != ST_OK)
		return st;
	if (json_integer_value(v) < 0)
		return err_set(e, ST_BAD, "%s is negative", name);
	*out = (uint64_t)json_integer_value(v);
	return ST_OK;
}

enum status
field_str(struct span *out, const json_t *o, const char *name, struct err *e)
{
	json_t *v;
	enum status st = member(&v, o, name, JSON_STRING, e);

	if (st == ST_OK)
		*out = string_span(v);
	return st;
}

enum status
field_bool(bool *out, const json_t *o, const char *name, struct err *e)
{
	const json_t *v = json_object_get(o, name);

	if (!json_is_boolean(v))
		return err_set(e, ST_BAD, "%s is neither true nor false", name);
	*out = json_is_true(v);
	return ST_OK;
}

enum status
field_array(json_t **out, const json_t *o, const char *name, struct err *e)
{
	return member(out, o, name, JSON_ARRAY, e);
}

enum status
field_object(json_t **out, const json_t *o, const char *name, struct err *e)
{
	return member(out, o, name, JSON_OBJECT, e);
}

enum status
field_hash(struct hash *out, const json_t *o, const char *name, struct err *e)
{
	struct span s;
	enum status st = field_str(&s, o, name, e);

	if (st != ST_OK)
		return st;
	if (!text_unbase64_exact(out->b, HASH_LEN, s))
		return err_set(e, ST_BAD, "%s is not base64 of 32 bytes", name);
	return ST_OK;
}

enum status
field_bytes(struct buf *out, const json_t *o, const char *name, struct err *e)
{
	struct span s;
	enum status st = field_str(&s, o, name, e);
	ssize_t n;

	if (st != ST_OK)
		return st;
	buf_clear(out);
	n = text_unbase64(buf_room(out, s.len / 4 * 3), s);
	if (n < 0)
		return err_set(e, ST_BAD, "%s is not base64", name);
	out->len = (size_t)n;
	return ST_OK;
}

enum status
field_time(int64_t *out, const json_t *o, const char *name, struct err *e)
{
	struct span s;
	enum status st = field_str(&s, o, name, e);

	if (st != ST_OK)
		return st;
	if (!text_untime(out, s))
		return err_set(e, ST_BAD, "%s is no time of RFC 3339: \"%s\"",
		    name, QUOTE(s));
	return ST_OK;
}

enum status
field_path(struct path *out, const json_t *o, const char *name, struct err *e)
{
	json_t *v, *node;
	enum status st = field_array(&v, o, name, e);
	size_t i;

	if (st != ST_OK)
		return st;
	if (json_array_size(v) > LIMIT_PROOF)
		return err_set(e, ST_BAD, "%s has %zu nodes, %d at most", name,
		    json_array_size(v), LIMIT_PROOF);
	json_array_foreach(
	    v, i, node) if (!json_is_string(node) ||
			    !text_unbase64_exact(out->node[i].b, HASH_LEN,
				string_span(node))) return err_set(e, ST_BAD,
	    "%s[%zu] is not base64 of 32 bytes", name, i);
	out->num = (uint32_t)json_array_size(v);
	return ST_OK;
}
