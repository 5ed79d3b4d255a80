/*
 * json: writing JSON members one by one into a buf, for the fixed forms of
 * this room. The comma is put where one is due; all text goes through
 * text_json. Reading JSON is jansson's.
 */
#ifndef ALERTS_JSON_H
#define ALERTS_JSON_H

#include "ctlog/base/text.h"

/* A comma unless this is the first thing of an object or array. */
static inline void
json_sep(struct buf *out)
{
	uint8_t last = out->len > 0 ? out->p[out->len - 1] : '{';

	if (last != '{' && last != '[')
		buf_char(out, ',');
}

/* `"name":`, what a value, object or array follows. */
static inline void
json_name(struct buf *out, const char *name)
{
	json_sep(out);
	text_json(out, span_str(name));
	buf_char(out, ':');
}

static inline void
json_open(struct buf *out, const char *name, char bracket)
{
	json_name(out, name);
	buf_char(out, bracket);
}

/* A string, or null for NULL. */
static inline void
json_text(struct buf *out, const char *name, const char *text)
{
	json_name(out, name);
	if (text == NULL)
		buf_str(out, "null");
	else
		text_json(out, span_str(text));
}

static inline void
json_uint(struct buf *out, const char *name, uint64_t v)
{
	json_name(out, name);
	buf_fmt(out, "%llu", (unsigned long long)v);
}

static inline void
json_bool(struct buf *out, const char *name, bool v)
{
	json_name(out, name);
	buf_str(out, v ? "true" : "false");
}

static inline void
json_hex(struct buf *out, const char *name, struct span bytes)
{
	json_name(out, name);
	buf_char(out, '"');
	text_hex(out, bytes);
	buf_char(out, '"');
}

static inline void
json_base64(struct buf *out, const char *name, struct span bytes)
{
	json_name(out, name);
	buf_char(out, '"');
	text_base64(out, bytes);
	buf_char(out, '"');
}

/* RFC 3339 UTC with milliseconds; null for INT64_MIN, which is "unknown". */
static inline void
json_time(struct buf *out, const char *name, int64_t ms)
{
	char text[TEXT_TIME];

	json_text(out, name, ms == INT64_MIN ? NULL : text_time(text, ms));
}

static inline void
json_texts(struct buf *out, const char *name, size_t num, char *const *list)
{
	json_open(out, name, '[');
	for (size_t i = 0; i < num; i++) {
		json_sep(out);
		text_json(out, span_str(list[i]));
	}
	buf_char(out, ']');
}

#endif
