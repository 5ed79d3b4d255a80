/*
 * mask: enough of a value for its owner to recognise it, and no more
 * (interface.md section 5). Works on characters, not on bytes.
 */
#include "alerts/alert.h"
#include "ctlog/base/text.h"

#define ELLIPSIS "…"

/* Blanks of any kind, and the punctuation that stands around names. */
static bool
between_words(uint32_t c)
{
	if (c < 0x80)
		return c <= ' ' || c == 0x7f ||
		       strchr(",;:/\\()<>[]{}\"|=@", (int)c) != NULL;
	return c == 0xa0 || (c >= 0x2000 && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202f) || c == 0x3000;
}

/* The first letter of s, past blanks and punctuation, for the rest of it. */
static void
mask_part(struct buf *out, struct span s)
{
	size_t from = 0, at = 0;

	while (at < s.len) {
		from = at;
		if (!between_words(text_utf8_next(s, &at)))
			break;
	}
	buf_span_add(out, span_cut(s, from, at - from));
	buf_str(out, ELLIPSIS);
}

/* "j…@e….com"; of an address literal nothing but its first character. */
static void
mask_address(struct buf *out, struct span local, struct span domain)
{
	size_t dot;

	while (domain.len > 0 && (domain.p[domain.len - 1] == '.' ||
				     domain.p[domain.len - 1] == ' '))
		domain.len--;
	dot = domain.len;
	while (dot > 0 && domain.p[dot - 1] != '.')
		dot--;
	mask_part(out, local);
	buf_char(out, '@');
	mask_part(out, domain);
	if (dot == 0 || domain.p[0] == '[')
		return;
	buf_char(out, '.');
	buf_span_add(out, span_from(domain, dot));
}

/* "J… R…" */
static void
mask_name(struct buf *out, struct span s)
{
	size_t at = 0, start = out->len;
	bool inside = false;

	while (at < s.len) {
		size_t from = at;
		bool gap = between_words(text_utf8_next(s, &at));

		if (!gap && !inside) {
			if (out->len > start)
				buf_char(out, ' ');
			buf_span_add(out, span_cut(s, from, at - from));
			buf_str(out, ELLIPSIS);
		}
		inside = !gap;
	}
	if (out->len == start)
		buf_str(out, ELLIPSIS);
}

/* "…7Z", of more than two characters. */
static void
mask_other(struct buf *out, struct span s)
{
	size_t at = s.len, num = 0;

	while (at > 0 && num < 3)
		num += (s.p[--at] & 0xc0) != 0x80;
	buf_str(out, ELLIPSIS);
	if (num < 3)
		return;
	text_utf8_next(s, &at);
	buf_span_add(out, span_from(s, at));
}

static bool
is(const char *a, const char *b)
{
	return a != NULL && strcmp(a, b) == 0;
}

static bool
is_address(const char *kind)
{
	return is(kind, "email") || is(kind, "upn") || is(kind, "jid");
}

void
alert_mask(const char *kind, struct span value, struct buf *out)
{
	size_t at;

	value.len = text_utf8_len(value);
	for (at = value.len; at > 0 && value.p[at - 1] != '@'; at--)
		continue;
	if (is(kind, "name") || is(kind, "pseudonym"))
		mask_name(out, value);
	else if (at > 0 && is_address(kind))
		mask_address(
		    out, span_cut(value, 0, at - 1), span_from(value, at));
	else
		mask_other(out, value);
}
