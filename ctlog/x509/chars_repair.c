/* chars_repair: see chars_repair.h. */
#include "ctlog/x509/chars_repair.h"

#include "ctlog/base/text.h"
#include "ctlog/x509/chars_tables.h"

/* UTF-8 read as Latin-1 or Windows-1252 once too often, undone once. */
static bool
undo_mojibake(struct chars_text *out, struct span s)
{
	out->len = 0;
	out->full = false;
	for (size_t at = 0; at < s.len;) {
		uint32_t ch = text_utf8_next(s, &at);
		unsigned i = 0;

		while (ch > 0xff && i < 32 && cp1252[i] != ch)
			i++;
		if (i == 32)
			return false;
		out->b[out->len++] = (uint8_t)(ch > 0xff ? 0x80 + i : ch);
	}
	s = span_of(out->b, out->len);
	return text_is_utf8(s) && !text_is_ascii(s);
}

/* "#233;" or "#xE9;" behind the ampersand; 0 when it is none. */
static uint32_t
entity_number(struct span name)
{
	bool hex = name.len > 1 && (name.p[1] | 0x20) == 'x';
	uint32_t v = 0;
	size_t i = hex ? 2 : 1;

	if (i == name.len)
		return 0;
	for (; i < name.len; i++) {
		uint8_t c = name.p[i];
		uint32_t d = c >= '0' && c <= '9' ? c - (uint32_t)'0'
			     : hex && (c | 0x20) >= 'a' && (c | 0x20) <= 'f'
				 ? (c | 0x20) - 'a' + 10u
				 : 16;

		if (d > (hex ? 15u : 9u))
			return 0;
		v = v * (hex ? 16 : 10) + d;
		if (v > 0x10ffff)
			return 0;
	}
	return v >= 0xd800 && v < 0xe000 ? 0 : v;
}

static uint32_t
entity_char(struct span name)
{
	if (name.len > 0 && name.p[0] == '#')
		return entity_number(name);
	for (unsigned i = 0; i < 96; i++)
		if (span_eq_str(name, html_latin1[i]))
			return 0xa0 + i;
	for (size_t i = 0; i < sizeof(html_other) / sizeof(html_other[0]); i++)
		if (span_eq_str(name, html_other[i].name))
			return html_other[i].ch;
	return 0;
}

/* Bytes between the ampersand and the semicolon: numbers may have zeros in
 * front. */
#define ENTITY_MAX 16

/* HTML entities decoded, once. True when there were any. */
static bool
undo_entities(struct chars_text *out, struct span s)
{
	bool any = false;

	out->len = 0;
	out->full = false;
	for (size_t at = 0; at < s.len;) {
		struct span rest = span_from(s, at + 1);
		size_t end = span_chr(span_cut(rest, 0, ENTITY_MAX), ';');
		uint32_t ch = 0;

		if (s.p[at] == '&' && end < rest.len && end < ENTITY_MAX)
			ch = entity_char(span_cut(rest, 0, end));
		if (ch != 0) {
			any = true;
			at += end + 2;
		} else {
			ch = text_utf8_next(s, &at);
		}
		chars_text_put(out, ch);
	}
	return any;
}

/* A terminal's control sequence (ECMA-48 5.4) behind its introducer: its
 * length, or 0 when it does not end. */
static size_t
sequence_len(struct span s)
{
	size_t n = 0;

	while (n < s.len && s.p[n] >= 0x20 && s.p[n] < 0x40)
		n++;
	return n < s.len && s.p[n] < 0x7f ? n + 1 : 0;
}

/* Characters that take no place (Default_Ignorable_Code_Point). */
static bool
is_ignorable(uint32_t c)
{
	return c == 0xad || c == 0x34f || c == 0x61c || c == 0x115f ||
	       c == 0x1160 || c == 0x17b4 || c == 0x17b5 ||
	       (c >= 0x180b && c <= 0x180f) || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x202a && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
	       c == 0x3164 || (c >= 0xfe00 && c <= 0xfe0f) || c == 0xfeff ||
	       c == 0xffa0 || (c >= 0xfff0 && c <= 0xfff8) ||
	       (c >= 0x1bca0 && c <= 0x1bca3) ||
	       (c >= 0x1d173 && c <= 0x1d17a) || (c >= 0xe0000 && c <= 0xe0fff);
}

static bool
is_line_end(uint32_t c)
{
	return (c >= '\t' && c <= '\r') || c == 0x85 || c == 0x2028 ||
	       c == 0x2029;
}

/* Without controls and terminal escapes; white space of all kinds is a blank,
 * so that it still separates. */
static uint32_t
undo_controls(struct chars_text *out, struct span s)
{
	uint32_t flags = 0;

	out->len = 0;
	out->full = false;
	for (size_t at = 0; at < s.len;) {
		uint32_t ch = text_utf8_next(s, &at);

		if (is_line_end(ch)) {
			flags |= CHARS_CONTROL;
			ch = ' ';
		}
		if (ch >= 0x20 && (ch < 0x7f || ch >= 0xa0)) {
			flags |= is_ignorable(ch) ? CHARS_IGNORABLE : 0;
			chars_text_put(out, ch);
			continue;
		}
		flags |= CHARS_CONTROL;
		if (ch == 0x1b && at < s.len && s.p[at] == '[')
			at += 1 + sequence_len(span_from(s, at + 1));
		else if (ch == 0x9b)
			at += sequence_len(span_from(s, at));
	}
	return flags;
}

static struct span
text_span(const struct chars_text *t)
{
	return span_of(t->b, t->len);
}

/* Without blanks around it. */
static struct span
trim(struct span s)
{
	while (s.len > 0 && s.p[s.len - 1] == ' ')
		s.len--;
	while (s.len > 0 && s.p[0] == ' ')
		s = span_from(s, 1);
	return s;
}

/* One more reading, cleaned, unless it is there already or is nothing. */
static void
add(struct chars *out, struct arena *a, struct span s)
{
	struct chars_text one, two;

	if (undo_entities(&one, s)) {
		out->flags |= CHARS_HTML_ENTITY;
		s = text_span(&one);
	}
	out->flags |= undo_controls(&two, s);
	s = trim(text_span(&two));
	for (unsigned i = 0; i < out->num; i++)
		if (span_eq(out->cand[i], s))
			return;
	if (s.len == 0 || out->num == CHARS_CANDIDATES)
		return;
	out->cand[out->num] = arena_copy(a, s);
	out->num += out->cand[out->num].len > 0;
}

/* A reading, preceded by what it was before somebody encoded it twice. */
static void
add_repaired(struct chars *out, struct arena *a, struct span s)
{
	struct chars_text text[2];
	struct span best = s;

	for (int i = 0; i < 3 && undo_mojibake(&text[i & 1], best); i++) {
		best = text_span(&text[i & 1]);
		out->flags |= CHARS_MOJIBAKE;
	}
	add(out, a, best);
	if (best.p != s.p)
		add(out, a, s);
}

void
chars_repair(struct chars *out, struct arena *a, const struct chars_text *t)
{
	struct span s = text_span(t);
	struct chars_text rest;
	size_t cut;

	if (t->full)
		out->flags |= CHARS_OVERSIZE;
	while (s.len > 0 && s.p[0] == 0) {
		out->flags |= CHARS_NUL;
		s = span_from(s, 1);
	}
	cut = span_chr(s, 0);
	if (cut == s.len) {
		add_repaired(out, a, s);
		out->behind = out->num;
		return;
	}
	/* What stands before the NUL is the value that C programs see; the
	 * rest must not hide behind it. */
	out->flags |= CHARS_NUL;
	add_repaired(out, a, span_cut(s, 0, cut));
	out->behind = out->num;
	rest.len = s.len - cut;
	for (size_t i = 0; i < rest.len; i++)
		rest.b[i] = s.p[cut + i] == 0 ? ' ' : s.p[cut + i];
	add_repaired(out, a, span_of(rest.b, rest.len));
}
