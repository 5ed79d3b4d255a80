/*
 * page: see page.h. A reply is mostly base64, so the work is memchr's, which
 * finds the closing quotation marks. Nothing recurses: what encloses an unknown
 * value is remembered in bits.
 */
#include "ctlog/wire/page.h"

#include "ctlog/base/limits.h"
#include "ctlog/base/text.h"

enum { PAGE_FIRST, PAGE_MORE, PAGE_END, PAGE_BAD };

static enum status
fail(struct page *p, struct err *e, const char *what)
{
	p->state = PAGE_BAD;
	return err_set(e, ST_BAD,
	    "RFC 6962 4.6: get-entries reply, byte %zu: %s", p->at, what);
}

/* --- JSON (RFC 8259), token by token ------------------------------------- */

/* Step over white space: the byte there, or -1 at the end of the text. */
static inline int
peek(struct page *p)
{
	for (; p->at < p->text.len; p->at++) {
		uint8_t c = p->text.p[p->at];

		if (c != ' ' && c != '\n' && c != '\r' && c != '\t')
			return c;
	}
	return -1;
}

static inline bool
take(struct page *p, int c)
{
	if (peek(p) != c)
		return false;
	p->at++;
	return true;
}

/* Whether an odd number of backslashes stands in [from, at) before `at`. */
static bool
is_escaped(struct span text, size_t from, size_t at)
{
	size_t i = at;

	while (i > from && text.p[i - 1] == '\\')
		i--;
	return (at - i) & 1;
}

/* A string; *out is what stands between its quotation marks. */
static bool
take_string(struct page *p, struct span *out)
{
	size_t start, from, end;

	if (!take(p, '"'))
		return false;
	start = from = p->at;
	for (;; from = end + 1) {
		end = from + span_chr(span_from(p->text, from), '"');
		if (end == p->text.len)
			return false;
		if (!is_escaped(p->text, from, end))
			break;
	}
	*out = span_cut(p->text, start, end - start);
	p->at = end + 1;
	return true;
}

static bool
take_name(struct page *p, struct span *name)
{
	return take_string(p, name) && take(p, ':');
}

static size_t
take_digits(struct page *p)
{
	size_t start = p->at;

	while (p->at < p->text.len && p->text.p[p->at] >= '0' &&
	       p->text.p[p->at] <= '9')
		p->at++;
	return p->at - start;
}

/* One of these characters, with no white space before it. */
static bool
take_any(struct page *p, const char *any)
{
	int c = p->at < p->text.len ? p->text.p[p->at] : 0;

	if (c == 0 || strchr(any, c) == NULL)
		return false;
	p->at++;
	return true;
}

static bool
take_number(struct page *p)
{
	take_any(p, "-");
	if (!take_any(p, "0") && take_digits(p) == 0)
		return false;
	if (take_any(p, ".") && take_digits(p) == 0)
		return false;
	if (!take_any(p, "eE"))
		return true;
	take_any(p, "+-");
	return take_digits(p) != 0;
}

static bool
take_word(struct page *p, const char *word)
{
	if (!span_starts(span_from(p->text, p->at), span_str(word)))
		return false;
	p->at += strlen(word);
	return true;
}

static bool
take_scalar(struct page *p)
{
	struct span s;

	switch (peek(p)) {
	case '"':
		return take_string(p, &s);
	case 't':
		return take_word(p, "true");
	case 'f':
		return take_word(p, "false");
	case 'n':
		return take_word(p, "null");
	default:
		return take_number(p);
	}
}

/* What encloses the place that was reached: a bit a level, 1 = object. */
struct nest {
	uint64_t objects;
	unsigned depth;
};

static bool
take_open(struct page *p, struct nest *n)
{
	int c = peek(p);

	if ((c != '[' && c != '{') || n->depth == LIMIT_DEPTH)
		return false;
	p->at++;
	n->objects = n->objects << 1 | (c == '{');
	n->depth++;
	return true;
}

static bool
take_close(struct page *p, struct nest *n)
{
	if (n->depth == 0 || !take(p, n->objects & 1 ? '}' : ']'))
		return false;
	n->objects >>= 1;
	n->depth--;
	return true;
}

/* Any value. False when it is no JSON, or nested deeper than LIMIT_DEPTH. */
static bool
skip_value(struct page *p)
{
	struct nest n = {0, 0};
	struct span name;
	bool first;

	do {
		first = take_open(p, &n);
		if (!first && !take_scalar(p))
			return false;
		while (take_close(p, &n))
			first = false;
		if (n.depth != 0 && !first && !take(p, ','))
			return false;
		if (n.depth != 0 && (n.objects & 1) && !take_name(p, &name))
			return false;
	} while (n.depth != 0);
	return true;
}

/* The value of a member that nobody asked for: NULL, or what is wrong. */
static const char *
skip_unknown(struct page *p)
{
	size_t start = p->at, len = p->text.len;
	size_t most = LIMIT_UNKNOWN - p->unknown;
	bool good, cut = len - start > most;

	if (cut)
		p->text.len = start + most;
	good = skip_value(p);
	p->text.len = len;
	p->unknown += p->at - start;
	if (good)
		return NULL;
	return cut ? "no JSON value, nested too deep, or too much that is "
		     "unknown"
		   : "no JSON value, or nested too deep";
}

/* --- escapes -------------------------------------------------------------- */

/* The four hex digits of \uXXXX when they mean ASCII; -1 when not. */
static int
unescape_hex(struct span in, size_t *at)
{
	uint8_t v[2];

	if (!text_unhex(v, 2, span_cut(in, *at, 4)) || v[0] != 0 || v[1] > 0x7f)
		return -1;
	*at += 4;
	return v[1];
}

/* The character at *at of a string's contents, which is stepped over; -1 when
 * it is not ASCII. */
static int
unescape(struct span in, size_t *at)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *q;
	uint8_t c = in.p[(*at)++];

	if (c != '\\')
		return c < 0x80 ? c : -1;
	if (*at == in.len)
		return -1;
	c = in.p[(*at)++];
	if (c == 'u')
		return unescape_hex(in, at);
	q = memchr(from, c, sizeof(from) - 1);
	return q != NULL ? to[q - from] : -1;
}

static bool
name_is(struct span name, const char *want)
{
	size_t at = 0, i = 0, len = strlen(want);

	if (span_eq(name, span_of(want, len)))
		return true;
	if (span_chr(name, '\\') == name.len)
		return false;
	while (at < name.len && i < len)
		if (unescape(name, &at) != want[i++])
			return false;
	return at == name.len && i == len;
}

/* Digit by digit: only for strings with a backslash in them. */
static ssize_t
unbase64_escaped(uint8_t *out, struct span in)
{
	uint8_t group[4];
	size_t at = 0, num = 0, len = 0;
	ssize_t got = 3;
	int c;

	while (at < in.len) {
		c = unescape(in, &at);
		/* A shorter group was the padded one, the last. */
		if (c < 0 || got != 3)
			return -1;
		group[num++] = (uint8_t)c;
		if (num < sizeof(group))
			continue;
		got = text_unbase64(out + len, span_of(group, sizeof(group)));
		if (got < 0)
			return -1;
		len += (size_t)got;
		num = 0;
	}
	return num == 0 ? (ssize_t)len : -1;
}

ssize_t
page_unbase64(uint8_t *out, struct span in)
{
	ssize_t len = text_unbase64(out, in);

	if (len >= 0 || span_chr(in, '\\') == in.len)
		return len;
	return unbase64_escaped(out, in);
}

/* --- the reply ------------------------------------------------------------ */

enum status
page_open(struct page *p, struct span json, struct err *e)
{
	struct span name;
	const char *wrong;

	*p = (struct page){.text = json, .state = PAGE_FIRST};
	if (!take(p, '{')) {
		p->state = PAGE_BAD;
		return err_set(e, ST_BAD,
		    "RFC 6962 4.6: get-entries reply is no JSON object: %zu "
		    "bytes, %s",
		    json.len, text_class(json));
	}
	do {
		if (!take_name(p, &name))
			return fail(p, e, "expected a member's name");
		if (name_is(name, "entries"))
			return take(p, '[')
				   ? ST_OK
				   : fail(p, e, "\"entries\" is no array");
		wrong = skip_unknown(p);
		if (wrong != NULL)
			return fail(p, e, wrong);
	} while (take(p, ','));
	return fail(p, e, "no \"entries\" in the object");
}

/* Behind the array: the rest of the object, and nothing behind that. */
static enum status
page_end(struct page *p, struct err *e)
{
	struct span name;
	const char *wrong;

	while (take(p, ',')) {
		if (!take_name(p, &name))
			return fail(p, e, "expected a member's name");
		if (name_is(name, "entries"))
			return fail(p, e, "\"entries\" is there twice");
		wrong = skip_unknown(p);
		if (wrong != NULL)
			return fail(p, e, wrong);
	}
	if (!take(p, '}'))
		return fail(p, e, "expected ',' or '}'");
	if (peek(p) != -1)
		return fail(p, e, "something stands behind the object");
	p->state = PAGE_END;
	return ST_MISSING;
}

/* extra_data: a string, or null as some servers write an empty one. */
static bool
take_extra(struct page *p, struct span *out)
{
	if (peek(p) != 'n')
		return take_string(p, out);
	*out = span_cut(p->text, p->at, 0);
	return take_word(p, "null");
}

/* The member that was named: NULL, or what is wrong with it. */
static const char *
take_member(struct page *p, struct span name, struct span *leaf_input,
    struct span *extra_data)
{
	if (name_is(name, "leaf_input")) {
		if (leaf_input->p != NULL)
			return "a second leaf_input";
		if (!take_string(p, leaf_input))
			return "leaf_input is no string";
	} else if (name_is(name, "extra_data")) {
		if (extra_data->p != NULL)
			return "a second extra_data";
		if (!take_extra(p, extra_data))
			return "extra_data is no string";
	} else {
		return skip_unknown(p);
	}
	return NULL;
}

enum status
page_next(struct page *p, struct span *leaf_input, struct span *extra_data,
    struct err *e)
{
	struct span name;
	const char *wrong;

	*leaf_input = *extra_data = span_of(NULL, 0);
	if (p->state == PAGE_END)
		return ST_MISSING;
	if (p->state == PAGE_BAD)
		return fail(p, e, "this is no get-entries reply");
	if (take(p, ']'))
		return page_end(p, e);
	if (p->state == PAGE_MORE && !take(p, ','))
		return fail(p, e, "expected ',' or ']'");
	p->state = PAGE_MORE;
	if (!take(p, '{'))
		return fail(p, e, "expected an entry's '{'");
	do {
		if (!take_name(p, &name))
			return fail(p, e, "expected a member's name");
		wrong = take_member(p, name, leaf_input, extra_data);
		if (wrong != NULL)
			return fail(p, e, wrong);
	} while (take(p, ','));
	if (!take(p, '}'))
		return fail(p, e, "expected ',' or '}'");
	if (leaf_input->p == NULL)
		return fail(p, e, "an entry without leaf_input");
	return ST_OK;
}
