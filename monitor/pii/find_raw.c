/*
 * find_raw: addresses in bytes that cannot be read as what they should be: a
 * broken certificate, an extension that is no DER (reference pii.md 3.2). One
 * pass; strings whose header is still there are taken whole.
 */
#include "ctlog/base/text.h"
#include "monitor/pii/finder.h"
#include "monitor/pii/normal.h"

static bool
is_text_byte(uint8_t c)
{
	return c >= 0x20 && c != 0x7f;
}

static bool
is_string_tag(uint8_t c)
{
	switch (c) {
	case DER_UTF8_STRING:
	case DER_PRINTABLE_STRING:
	case DER_TELETEX_STRING:
	case DER_IA5_STRING:
	case DER_VISIBLE_STRING:
	case DER_CONTEXT | 1:
	case DER_CONTEXT | 2:
	case DER_CONTEXT | 6:
		return true;
	}
	return false;
}

/* The string whose header stands at i, when it is text and reaches to `pos`. */
static bool
string_at(struct span *out, struct span s, size_t i, size_t pos)
{
	struct der t;
	struct span rest = span_from(s, i);

	if (i >= s.len || !is_string_tag(s.p[i]) || !der_next(&t, &rest) ||
	    t.marks || !chars_is_text(t.value) ||
	    t.value.p + t.value.len <= s.p + pos || t.value.p > s.p + pos)
		return false;
	*out = t.value;
	return true;
}

/*
 * The string around the at sign at `pos`. Its header is the last that is no
 * text before it, or ends there: a length below 32 is no text byte itself, and
 * one of two octets begins with 0x81.
 */
static bool
string_around(struct span *out, struct span s, size_t run, size_t pos)
{
	for (size_t back = 0; back < 3 && back <= run; back++)
		if (string_at(out, s, run - back, pos))
			return true;
	return false;
}

/* An address that is hardly chance: a domain with a dot and a top level of
 * letters, and a local part of some length. */
static bool
is_credible(const struct address *a, size_t local)
{
	size_t dot = a->domain.len;

	while (dot > 0 && a->domain.p[dot - 1] != '.')
		dot--;
	if (dot < 3 || a->domain.len - dot < 2 || a->local.len < local)
		return false;
	for (size_t i = dot; i < a->domain.len; i++)
		if (a->domain.p[i] < 0x80 &&
		    (a->domain.p[i] | 0x20u) - 'a' >= 26)
			return false;
	return true;
}

/* Somebody's finding already, from wherever. */
static bool
is_found(const struct findings *out, struct span canonical)
{
	for (uint32_t i = 0; i < out->num && i < LIMIT_VALUES; i++)
		if (span_eq(out->list[i].canonical, canonical))
			return true;
	return false;
}

/* A piece of text and where its bytes stand. */
struct piece {
	struct span text;
	size_t at, width; /* offset, bytes to a character */
	size_t local;     /* what is_credible asks for */
};

static void
put(struct finder *f, const struct place *at, const struct piece *piece,
    const struct address *a)
{
	struct place p = *at;
	struct span value = address_text(f->arena, a), canonical;
	struct finding *g;

	f->values++;
	canonical = normal_email(f->arena, value);
	if (canonical.len == 0) {
		find_drop(f, at);
		return;
	}
	if (is_found(f->out, canonical))
		return;
	if (p.root != NULL)
		p.index =
		    (long)(piece->at +
			   (size_t)(a->whole.p - piece->text.p) * piece->width);
	g = find_add(f, &p, PII_EMAIL, value, canonical);
	if (g == NULL)
		return;
	g->confidence = CONF_FREE_TEXT;
	g->score = 50;
	find_reason(g, "found in bytes that could not be read");
}

static void
put_all(struct finder *f, const struct place *p, const struct piece *piece)
{
	struct address_scan scan = address_scan_of(piece->text, false);
	struct address a;

	while (address_next(&scan, &a)) {
		if (a.userinfo || !is_credible(&a, piece->local))
			continue;
		if (f->values >= LIMIT_VALUES) {
			find_drop(f, p);
			return;
		}
		put(f, p, piece, &a);
	}
}

/* UTF-16 big-endian of ASCII around the at sign at pos, back to `floor`, as
 * ASCII; returns where it ends. */
static size_t
put_wide(struct finder *f, const struct place *p, struct span s, size_t floor,
    size_t pos)
{
	uint8_t text[LIMIT_VALUE];
	struct piece piece = {.width = 2, .local = 3};
	size_t i = pos, n = 0;

	while (i >= floor + 3 && s.p[i - 3] == 0 && is_text_byte(s.p[i - 2]) &&
	       pos - i < sizeof(text))
		i -= 2;
	piece.at = i;
	for (; i < s.len && n < sizeof(text) && s.p[i - 1] == 0 &&
	       is_text_byte(s.p[i]) && s.p[i] < 0x80;
	     i += 2)
		text[n++] = s.p[i];
	piece.text = arena_copy(f->arena, span_of(text, n));
	put_all(f, p, &piece);
	return i > pos ? i : pos + 1;
}

/* A byte at which a string may begin: no text, or a tag of the context class
 * that does not belong to a character. */
static bool
is_break(struct span s, size_t i)
{
	if (!is_text_byte(s.p[i]))
		return true;
	return s.p[i] >= 0x80 && is_string_tag(s.p[i]) &&
	       (i == 0 || s.p[i - 1] < 0x80);
}

/* The whole run of text around pos; returns where it ends. */
static size_t
put_run(struct finder *f, const struct place *p, struct span s, size_t from,
    size_t pos)
{
	struct piece piece = {.at = from, .width = 1, .local = 3};

	while (pos < s.len && !is_break(s, pos))
		pos++;
	piece.text = span_cut(s, from, pos - from);
	put_all(f, p, &piece);
	return pos;
}

void
find_raw(
    struct finder *f, const struct place *p, struct span bytes, bool strict)
{
	struct piece piece = {.width = 1, .local = 1};
	size_t run = 0, done = 0;

	for (size_t i = 0; i < bytes.len; i++) {
		if (is_break(bytes, i))
			run = i;
		if (bytes.p[i] != '@' || i < done)
			continue;
		if (string_around(&piece.text, bytes, run, i)) {
			piece.at = (size_t)(piece.text.p - bytes.p);
			put_all(f, p, &piece);
			done = piece.at + piece.text.len;
		} else if (!strict && i > 0 && bytes.p[i - 1] == 0) {
			done = put_wide(f, p, bytes, done, i);
		} else if (!strict) {
			done = put_run(f, p, bytes, run > done ? run : done, i);
		}
	}
}
