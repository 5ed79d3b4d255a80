/*
 * chars: from the bytes of an ASN.1 string to readings of it; see chars.h.
 * Here the character sets; what is undone in the text afterwards is in
 * chars_repair.c.
 */
#include "ctlog/x509/chars.h"

#include <utf8proc.h>

#include "ctlog/base/text.h"
#include "ctlog/x509/chars_repair.h"
#include "ctlog/x509/chars_tables.h"

void
chars_text_put(struct chars_text *t, uint32_t ch)
{
	if (t->len > LIMIT_VALUE - 4)
		t->full = true;
	else
		t->len += text_utf8_put(t->b + t->len, ch);
}

/* The well-formed UTF-8 character at *at, stepped over; false when there is
 * something else. */
static bool
utf8_at(uint32_t *ch, struct span s, size_t *at)
{
	if (text_utf8_len(span_cut(s, *at, 4)) == 0)
		return false;
	*ch = text_utf8_next(s, at);
	return true;
}

static uint32_t
latin1_char(uint8_t c)
{
	return c >= 0x80 && c < 0xa0 ? cp1252[c - 0x80] : c;
}

/* A multibyte sequence that begins at `at` and is cut off by the end. */
static bool
utf8_cut(struct span s, size_t at)
{
	size_t n = s.p[at] >= 0xf0 ? 4 : s.p[at] >= 0xe0 ? 3 : 2;

	if (s.p[at] < 0xc2 || s.p[at] > 0xf4 || s.len - at >= n)
		return false;
	for (size_t i = at + 1; i < s.len; i++)
		if ((s.p[i] & 0xc0) != 0x80)
			return false;
	return true;
}

/* UTF-8, and Windows-1252 for every byte that is none. True when all of it
 * was UTF-8. A last character cut off by a length limit is dropped. */
static bool
read_utf8(struct chars_text *t, struct span s)
{
	bool good = true, wide = false;
	uint32_t ch;

	for (size_t at = 0; at < s.len && !t->full;) {
		if (utf8_at(&ch, s, &at)) {
			wide |= ch >= 0x80;
			chars_text_put(t, ch);
			continue;
		}
		good = false;
		if (wide && utf8_cut(s, at))
			break;
		chars_text_put(t, latin1_char(s.p[at++]));
	}
	return good;
}

static void
read_latin1(struct chars_text *t, struct span s)
{
	for (size_t i = 0; i < s.len && !t->full; i++)
		chars_text_put(t, latin1_char(s.p[i]));
}

static bool
is_letter(uint8_t c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool
is_upper(uint8_t c)
{
	return c >= 'A' && c <= 'Z';
}

static bool
is_lower(uint8_t c)
{
	return c >= 'a' && c <= 'z';
}

/* The letter with the accent in front of it, as one character; 0 when there
 * is none. */
static uint32_t
iso6937_pair(uint8_t accent, uint8_t letter)
{
	int32_t ch[3] = {letter, iso6937_accent[accent & 15], 0};

	if (ch[1] == 0 || !is_letter(letter))
		return 0;
	return utf8proc_normalize_utf32(
		   ch, 2, UTF8PROC_COMPOSE | UTF8PROC_STABLE) == 1
		   ? (uint32_t)ch[0]
		   : 0;
}

/*
 * Does the accent at i look like one? Read as Latin-1 it would be a capital
 * with an accent inside a word beside a small letter (JÈurgen), or in front
 * of another capital of a word in small letters (ÈOsterreich).
 */
static bool
iso6937_likely(struct span s, size_t i)
{
	bool inside = i > 0 && (is_letter(s.p[i - 1]) || s.p[i - 1] >= 0xc0);
	bool before = i > 0 && is_lower(s.p[i - 1]);
	bool after = i + 1 < s.len && is_lower(s.p[i + 1]);

	if (inside)
		return before || after;
	return i + 2 < s.len && is_upper(s.p[i + 1]) && is_lower(s.p[i + 2]);
}

/* T.61 text as ISO 6937; false when it is more likely Latin-1. */
static bool
read_iso6937(struct chars_text *t, struct span s)
{
	bool likely = false;
	uint32_t ch;

	for (size_t i = 0; i < s.len && !t->full; i++) {
		uint8_t c = s.p[i];

		if (c < 0xa0) {
			if (c >= 0x80)
				return false;
			chars_text_put(t, c);
			continue;
		}
		ch = iso6937[c - 0xa0];
		if (c >= 0xc0 && c < 0xd0) {
			ch = i + 1 < s.len ? iso6937_pair(c, s.p[i + 1]) : 0;
			likely |= ch != 0 && iso6937_likely(s, i);
			i++;
		}
		if (ch == 0)
			return false;
		chars_text_put(t, ch);
	}
	return likely;
}

/* TeletexString and its kin: what issuers put there is mostly not T.61. */
static uint32_t
read_t61(struct chars_text *t, struct chars_text *other, struct span s)
{
	if (text_is_utf8(s)) {
		read_utf8(t, s);
		return CHARS_T61_UTF8;
	}
	if (read_iso6937(t, s)) {
		read_latin1(other, s);
		return CHARS_T61_ISO6937;
	}
	t->len = 0;
	t->full = false;
	read_latin1(t, s);
	return CHARS_T61_LATIN1;
}

/* The unit of `width` bytes at i, big- or little-endian. */
static uint32_t
unit(struct span s, size_t i, size_t width, bool little)
{
	uint32_t v = 0;

	for (size_t k = 0; k < width; k++)
		v = v << 8 | s.p[i + (little ? width - 1 - k : k)];
	return v;
}

/* UTF-16 (with the surrogate pairs that BMPString forbids) or UTF-32. */
static void
read_wide(struct chars_text *t, struct span s, size_t width, bool little)
{
	for (size_t i = 0; i + width <= s.len && !t->full; i += width) {
		uint32_t ch = unit(s, i, width, little);
		uint32_t low;

		if (width == 2 && ch >= 0xd800 && ch < 0xdc00 &&
		    i + 4 <= s.len) {
			low = unit(s, i + 2, width, little);
			if (low >= 0xdc00 && low < 0xe000) {
				ch = 0x10000 + ((ch & 0x3ff) << 10) +
				     (low & 0x3ff);
				i += 2;
			}
		}
		chars_text_put(t, ch);
	}
}

/* Every unit, read little-endian, is a character of plain text, Latin, Greek or
 * Cyrillic; or the first is a byte order mark. */
static bool
is_swapped(struct span s, size_t width)
{
	size_t least = 2;

	if (s.len >= width && unit(s, 0, width, true) == 0xfeff)
		return true;
	for (size_t i = 0; i + width <= s.len; i += width) {
		uint32_t ch = unit(s, i, width, true);

		if (ch >= 0x370 && ch < 0x530)
			least = 4;
		else if (ch < 0x20 || ch > 0x17f || (ch >= 0x7f && ch < 0xa0))
			return false;
	}
	/* One character alone may well be U+4E00. */
	return s.len >= least * width;
}

/* A byte of a name, an address or a host. */
static bool
is_common(uint8_t c)
{
	return is_letter(c) || (c >= '0' && c <= '9') || c == ' ' || c == '.' ||
	       c == ',' || c == '-' || c == '\'' || c == '@' || c == '_';
}

/*
 * Bytes of plain text in a type of wide characters. Chinese is made of such
 * bytes too, so short text must show a blank, an odd length or the like.
 */
static bool
is_narrow(struct span s, size_t width)
{
	size_t common = 0;
	bool sign = s.len % width != 0 || s.len >= 8;

	if (s.len == 0 || span_chr(s, 0) != s.len || !text_is_utf8(s))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] < 0x80 && !is_common(s.p[i]))
			return false;
		common += s.p[i] < 0x80;
		sign |= s.p[i] == ' ' || s.p[i] == '@' || s.p[i] == '.';
	}
	return sign && common * 2 >= s.len;
}

/* The width that the characters really have: UTF-16 called UTF-32 has no
 * character that Unicode knows; of UTF-32 called UTF-16, one half is zero. */
static size_t
true_width(struct span s, size_t width)
{
	bool big = s.len % 4 == 0 && s.len >= 8, little = big;
	bool none = width == 4 && s.len >= 4 && s.len % 2 == 0;

	for (size_t i = 0; i + 4 <= s.len; i += 4) {
		uint32_t first = unit(s, i, 2, false);
		uint32_t last = unit(s, i + 2, 2, false);

		big &= first == 0 && last != 0;
		little &= first != 0 && last == 0;
		none &= first > 0x10 && last != 0;
	}
	return none ? 2 : width == 2 && (big || little) ? 4 : width;
}

static uint32_t
read_bmp(struct chars_text *t, struct span s, size_t declared)
{
	size_t width = true_width(s, declared);
	uint32_t flags = s.len % width ? CHARS_ODD_LENGTH : 0;

	flags |= width != declared ? CHARS_MIS_TAGGED : 0;
	if (is_narrow(s, width)) {
		read_utf8(t, s);
		return CHARS_MIS_TAGGED;
	}
	if (is_swapped(s, width)) {
		read_wide(t, s, width, true);
		return flags | CHARS_SWAPPED;
	}
	read_wide(t, s, width, false);
	return flags;
}

/*
 * UTF-16 of an alphabet under the name of a string of bytes: most upper halves
 * are zero, and no lower one. Returns 1 for big-endian, 2 for little-endian, 0
 * for neither.
 */
static int
is_disguised(struct span s)
{
	size_t zeros[2] = {0, 0};
	bool little;

	if (s.len < 4 || s.len % 2 != 0 || span_chr(s, 0) == s.len)
		return 0;
	for (size_t i = 0; i < s.len; i++)
		zeros[i & 1] += s.p[i] == 0;
	little = zeros[1] > 0;
	if (zeros[!little] > 0 || zeros[little] * 4 <= s.len)
		return 0;
	for (size_t i = 0; i < s.len; i += 2)
		if (unit(s, i, 2, little) < 0x20 ||
		    unit(s, i, 2, little) >= 0x2000)
			return 0;
	return 1 + little;
}

static uint32_t
read_bytes(struct chars_text *t, struct span s, uint32_t bad)
{
	int disguised = is_disguised(s);

	if (disguised) {
		read_wide(t, s, 2, disguised == 2);
		return CHARS_MIS_TAGGED | (disguised == 2 ? CHARS_SWAPPED : 0);
	}
	if (!read_utf8(t, s))
		return bad;
	return bad == CHARS_BAD_ENCODING && !text_is_ascii(s) ? bad : 0;
}

/* Text in Latin-1: no controls, and letters for the most part. */
static bool
is_latin1(struct span s)
{
	size_t letters = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] < 0x20 || (s.p[i] >= 0x7f && s.p[i] < 0xa0))
			return false;
		letters += is_letter(s.p[i]);
	}
	return s.len >= 4 && letters * 2 >= s.len;
}

/* Bytes whose type is no string: in OCTET STRINGs and BIT STRINGs may well be
 * one, elsewhere only where somebody took the wrong tag. */
static bool
is_string(struct span s, uint32_t tag)
{
	if (tag != DER_OCTET_STRING && tag != DER_BIT_STRING)
		return s.len >= 6 && chars_is_text(s);
	return chars_is_text(s) || is_disguised(s) || is_latin1(s);
}

/* A type that holds no text but bits and bytes that may be text. */
static bool
is_foreign(uint32_t tag)
{
	return tag < DER_UTF8_STRING || tag == DER_RELATIVE_OID;
}

bool
chars_is_text(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((s.p[i] < 0x20 && (s.p[i] < '\t' || s.p[i] > '\r')) ||
		    s.p[i] == 0x7f)
			return false;
	return s.len > 0 && text_is_utf8(s);
}

/* All bytes printable ASCII and none the start of an entity, eight at once:
 * the usual case, which needs no copy. */
static bool
is_plain(struct span s)
{
	const uint64_t ones = 0x0101010101010101, tops = ones << 7;
	uint64_t x, odd, amp;
	size_t i = 0;

	for (; i + 8 <= s.len; i += 8) {
		memcpy(&x, s.p + i, 8);
		amp = x ^ (ones * '&');
		odd =
		    x | (x + ones) | (x - ones * 0x20) | ((amp - ones) & ~amp);
		if (odd & tops)
			return false;
	}
	for (; i < s.len; i++)
		if (s.p[i] < 0x20 || s.p[i] >= 0x7f || s.p[i] == '&')
			return false;
	return true;
}

void
chars_decode_bytes(
    struct chars *out, struct arena *a, struct span s, uint32_t tag)
{
	struct chars_text text, other;

	*out = (struct chars){0};
	text.len = other.len = 0;
	text.full = other.full = false;
	if (tag == DER_BIT_STRING)
		s = span_from(s, 1);
	if (tag == DER_BMP_STRING)
		out->flags |= read_bmp(&text, s, 2);
	else if (tag == DER_UNIVERSAL_STRING)
		out->flags |= read_bmp(&text, s, 4);
	else if (is_foreign(tag) && !is_string(s, tag))
		return;
	else if (is_plain(s)) {
		out->num = out->behind = s.len > 0;
		out->cand[0] = s;
		out->flags |= s.len > LIMIT_VALUE ? CHARS_OVERSIZE : 0;
		return;
	} else if ((tag == DER_TELETEX_STRING || tag == DER_VIDEOTEX_STRING ||
		       tag == DER_GRAPHIC_STRING ||
		       tag == DER_GENERAL_STRING) &&
		   !text_is_ascii(s))
		out->flags |= read_t61(&text, &other, s);
	else
		out->flags |= read_bytes(&text, s,
		    tag == DER_UTF8_STRING ? CHARS_BAD_UTF8
					   : CHARS_BAD_ENCODING);
	chars_repair(out, a, &text);
	if (other.len > 0)
		chars_repair(out, a, &other);
}

/* The segments of a BIT STRING: each begins with its number of unused bits. */
static struct span
join_bits(struct arena *a, const struct der *value)
{
	struct span s = value->value, part;
	uint8_t *q = arena_get(a, s.len);
	struct der t;
	size_t n = 0;

	while (q != NULL && der_next(&t, &s)) {
		part = span_from(t.value, 1);
		if (part.len > 0)
			memcpy(q + n, part.p, part.len);
		n += part.len;
	}
	return span_of(q, n);
}

void
chars_decode(struct chars *out, struct arena *a, const struct der *value)
{
	struct span s = value->value;
	uint32_t tag = der_is_universal(value) ? value->tag : DER_IA5_STRING;

	*out = (struct chars){0};
	if (value->id == DER_SEQUENCE || value->id == DER_SET)
		return;
	if (der_is_constructed(value) && tag == DER_BIT_STRING) {
		s = join_bits(a, value);
		tag = DER_OCTET_STRING;
	} else if (der_is_constructed(value)) {
		s = der_join(a, value);
	}
	chars_decode_bytes(out, a, s, tag);
	if (out->num > 0 && is_foreign(tag) && tag != DER_OCTET_STRING &&
	    tag != DER_BIT_STRING)
		out->flags |= CHARS_MIS_TAGGED;
	if (der_is_constructed(value))
		out->flags |= CHARS_BER;
	if (value->marks & DER_TRUNCATED)
		out->flags |= CHARS_TRUNCATED;
}
