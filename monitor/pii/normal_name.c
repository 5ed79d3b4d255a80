/*
 * normal_name: canonical names and their tokens (reference pii.md 5.1); see
 * normal.h.
 */
#include <stdlib.h>
#include <utf8proc.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/text.h"
#include "monitor/pii/normal.h"
#include "monitor/pii/script.h"

/* A letter and what stands for it without its accents: as the base letter,
 * and as the digraph that passports and airlines write. */
struct letter {
	uint32_t ch;
	const char *base, *digraph;
};

static const struct letter letters[] = {
    {0xdf, "ss", "ss"},  /* ß */
    {0xe4, "a", "ae"},   /* ä */
    {0xe5, "a", "aa"},   /* å */
    {0xe6, "ae", "ae"},  /* æ */
    {0xf0, "d", "dh"},   /* ð */
    {0xf6, "o", "oe"},   /* ö */
    {0xf8, "o", "oe"},   /* ø */
    {0xfc, "u", "ue"},   /* ü */
    {0xfe, "th", "th"},  /* þ */
    {0x111, "d", "dj"},  /* đ */
    {0x127, "h", "h"},   /* ħ */
    {0x131, "i", "i"},   /* ı */
    {0x138, "k", "k"},   /* ĸ */
    {0x142, "l", "l"},   /* ł */
    {0x14b, "n", "n"},   /* ŋ */
    {0x153, "oe", "oe"}, /* œ */
    {0x167, "t", "t"},   /* ŧ */
    {0x1ff, "o", "oe"},  /* ǿ */
    {0x253, "b", "b"},   /* ɓ */
    {0x257, "d", "d"},   /* ɗ */
    {0x199, "k", "k"},   /* ƙ */
    {0x1b4, "y", "y"},   /* ƴ */
    {0x259, "e", "e"},   /* ə */
};

static const char *const particles[] = {"abu", "af", "al", "ap", "av", "ben",
    "bin", "bint", "d", "da", "das", "de", "del", "della", "den", "der", "di",
    "do", "dos", "du", "e", "el", "ibn", "la", "las", "le", "lo", "los", "mac",
    "mc", "san", "santa", "st", "ten", "ter", "van", "vom", "von", "y", "zu",
    "zum", "zur", "des", "i", NULL};

/* In front of an apostrophe: d'Angelo, O'Brien, dell'Acqua. */
static const char *const elisions[] = {
    "d", "l", "o", "m", "dell", "dall", "nell", "sant", NULL};

static bool
word_in(const char *const *list, struct span word)
{
	for (; word.len > 0 && *list != NULL; list++)
		if ((*list)[0] == word.p[0] && span_eq_str(word, *list))
			return true;
	return false;
}

/*
 * The characters that are written for an apostrophe, a hyphen or a blank
 * (pii.md 5.1 N3), as that; any other character as it is. NFKC would turn the
 * acute accent into a blank and a mark, so this runs before it, and again
 * after it for what it brings forth.
 */
static uint32_t
plain(uint32_t c)
{
	switch (c) {
	case '`':
	case 0xb4:
	case 0x2b9:
	case 0x2ca:
	case 0x2cb:
	case 0x5f3:
	case 0x2032:
	case 0x2035:
	case 0x1ffd:
	case 0x1fef:
	case 0xa78c:
	case 0xff07:
	case 0xff40:
		return '\'';
	case 0x58a:
	case 0x2212:
	case 0xfe31:
	case 0xfe32:
	case 0xfe58:
	case 0xfe63:
	case 0xff0d:
		return '-';
	case 0x85:
	case 0x387:
	case 0x1680:
	case 0x2022:
	case 0x2027:
	case 0x30fb:
	case 0xff65:
	case 0x60c: /* Arabic comma, semicolon; ideographic comma */
	case 0x61b:
	case 0x3001:
		return ' ';
	}
	if ((c >= 0x2bb && c <= 0x2bd) || c == 0x2c8 ||
	    (c >= 0x2018 && c <= 0x201b))
		return '\'';
	if (c >= 0x2010 && c <= 0x2015)
		return '-';
	if (c == 0x2028 || c == 0x2029 || (c >= 0x201c && c <= 0x201f))
		return ' ';
	return c;
}

/* ASCII that stands between the words of a name. */
static bool
separates(uint8_t c)
{
	switch (c) {
	case ',':
	case '.':
	case '/':
	case ';':
	case ':':
	case '(':
	case ')':
	case '<':
	case '>':
	case '[':
	case ']':
	case '{':
	case '}':
	case '|':
	case '"':
	case '!':
	case '?':
	case '*':
	case '=':
	case '\\':
	case 0x7f:
		return true;
	default:
		return c <= ' ';
	}
}

/* utf8 with plain punctuation; Catalan "l·l" is a long l (N4). */
static size_t
plain_copy(uint8_t *out, struct span utf8)
{
	size_t n = 0, at = 0;

	while (at < utf8.len) {
		uint32_t c = utf8.p[at];

		if (c < 0x80) {
			out[n++] = c == '`' ? '\'' : (uint8_t)c;
			at++;
			continue;
		}
		if (text_utf8_len(span_cut(utf8, at, 4)) == 0) {
			at++;
			out[n++] = ' ';
			continue;
		}
		c = plain(text_utf8_next(utf8, &at));
		if (c == 0x13f || c == 0x140) {
			out[n++] = 'l';
			continue;
		}
		if (c == 0xb7 && n > 0 && (out[n - 1] | 0x20) == 'l' &&
		    at < utf8.len && (utf8.p[at] | 0x20) == 'l')
			continue;
		n += text_utf8_put(out + n, c == 0xb7 ? ' ' : c);
	}
	return n;
}

/* Words joined by one blank, in place; returns the length. */
static size_t
join_words(uint8_t *text, size_t len)
{
	size_t n = 0;
	bool gap = false;

	for (size_t i = 0; i < len; i++) {
		if (separates(text[i])) {
			gap = n > 0;
			continue;
		}
		if (gap)
			text[n++] = ' ';
		gap = false;
		text[n++] = text[i];
	}
	return n;
}

struct span
normal_name(struct arena *a, struct span utf8)
{
	uint8_t text[LIMIT_VALUE + 4];
	struct span s = span_cut(utf8, 0, LIMIT_VALUE);

	while (s.len < utf8.len && s.len > 0 && (utf8.p[s.len] & 0xc0) == 0x80)
		s.len--;
	s = normal_fold(a, span_of(text, plain_copy(text, s)));
	if (s.len == 0)
		return s;
	if (!text_is_ascii(s))
		s.len = plain_copy(text, s);
	else
		memcpy(text, s.p, s.len);
	return arena_copy(a, span_of(text, join_words(text, s.len)));
}

/* One blank for what stands between words, in place; returns the length. */
static size_t
join_blanks(uint8_t *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		bool blank = text[i] <= ' ' || text[i] == 0x7f;

		if (!blank)
			text[n++] = text[i];
		else if (n > 0 && text[n - 1] != ' ')
			text[n++] = ' ';
	}
	return n > 0 && text[n - 1] == ' ' ? n - 1 : n;
}

struct span
normal_text(struct arena *a, struct span utf8)
{
	uint8_t text[LIMIT_VALUE + 4], *wide = NULL;
	struct span s = span_cut(utf8, 0, LIMIT_VALUE);
	ssize_t len;

	s = span_cut(s, 0, text_utf8_len(s));
	s = span_of(text, plain_copy(text, s));
	if (!text_is_ascii(s)) {
		len = utf8proc_map(s.p, (utf8proc_ssize_t)s.len, &wide,
		    UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT |
			UTF8PROC_IGNORE);
		if (len >= 0)
			s = span_cut(
			    span_of(wide, (size_t)len), 0, LIMIT_VALUE);
		s = span_cut(s, 0, text_utf8_len(s));
		if (len >= 0)
			s = span_of(text, plain_copy(text, s));
	}
	free(wide);
	return arena_copy(a, span_of(text, join_blanks(text, s.len)));
}

static const struct letter *
letter_find(uint32_t c)
{
	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
		if (letters[i].ch == c)
			return &letters[i];
	return NULL;
}

/* Marks that Arabic and Hebrew may leave out, and the stretching tatweel. */
static bool
is_vowel_point(uint32_t c)
{
	return (c >= 0x64b && c <= 0x652) || c == 0x670 || c == 0x640 ||
	       (c >= 0x5b0 && c <= 0x5c7 && c != 0x5be && c != 0x5c0 &&
		   c != 0x5c3 && c != 0x5c6);
}

/* One Latin or Greek character without its accents into out[32]. */
static size_t
bare(uint8_t *out, uint32_t c, bool digraph)
{
	const struct letter *l = letter_find(c);
	const char *text = l == NULL ? NULL : digraph ? l->digraph : l->base;
	int32_t part[8];
	int last = 0;
	size_t n = 0;
	ssize_t num;

	if (text != NULL) {
		memcpy(out, text, strlen(text));
		return strlen(text);
	}
	num = utf8proc_decompose_char(
	    (int32_t)c, part, 8, UTF8PROC_STABLE | UTF8PROC_DECOMPOSE, &last);
	for (ssize_t i = 0; i < num && i < 8; i++) {
		uint32_t ch = (uint32_t)part[i];

		if (utf8proc_category(part[i]) == UTF8PROC_CATEGORY_MN)
			continue;
		/* What lies below the accents has a plain form too: ǿ. */
		l = ch == c ? NULL : letter_find(ch);
		if (l != NULL)
			n += bare(out + n, ch, digraph);
		else
			n += text_utf8_put(out + n, ch);
	}
	return n;
}

/* A token with its script's own folding; the result has room for 4 * len. */
static size_t
token_fold(uint8_t *out, struct span token, int form)
{
	const unsigned european =
	    1u << SCRIPT_COMMON | 1u << SCRIPT_LATIN | 1u << SCRIPT_GREEK;
	bool strip = (script_set(token) & ~european) == 0;
	size_t n = 0;

	for (size_t at = 0; at < token.len;) {
		uint32_t c = text_utf8_next(token, &at);

		if (c == '\'' || is_vowel_point(c))
			continue;
		if (c < 0x80)
			out[n++] = (uint8_t)c;
		else if (strip)
			n += bare(out + n, c, form & 1);
		else
			n += text_utf8_put(out + n, c == 0x451 ? 0x435 : c);
	}
	return n;
}

/* The next piece of a canonical name between blanks and hyphens. */
static struct span
token_next(struct span *left, int form)
{
	struct span s = *left;
	size_t n = 0, cut;

	while (s.len > 0 && (s.p[0] == ' ' || s.p[0] == '-'))
		s = span_from(s, 1);
	while (n < s.len && s.p[n] != ' ' && s.p[n] != '-')
		n++;
	*left = span_from(s, n);
	s = span_cut(s, 0, n);
	cut = span_chr(s, '\'');
	if (form & NAME_ELISION && cut + 1 < s.len &&
	    word_in(elisions, span_cut(s, 0, cut)))
		s = span_from(s, cut + 1);
	return s;
}

bool
normal_is_particle(struct span folded)
{
	return word_in(particles, folded);
}

/* Drop the particles that are particles; see normal.h. */
static unsigned
drop_particles(struct span *list, unsigned num, bool initials)
{
	unsigned words = 0, n = 0;
	bool seen = false;

	for (unsigned i = 0; i < num; i++)
		words += !normal_is_particle(list[i]);
	if (words == 0)
		return num;
	for (unsigned i = 0; i < num; i++) {
		bool particle = normal_is_particle(list[i]) &&
				!(initials && list[i].len == 1);

		seen |= !particle;
		if (!particle || (words == 1 && (seen || list[i].len == 1)))
			list[n++] = list[i];
	}
	return n;
}

static int
token_cmp(struct span a, struct span b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int c = memcmp(a.p, b.p, len);

	return c != 0 ? c : (a.len > b.len) - (a.len < b.len);
}

unsigned
normal_sort(struct span *list, unsigned num)
{
	unsigned n = 0;

	for (unsigned i = 0; i < num; i++) {
		struct span s = list[i];
		unsigned k = n;

		while (k > 0 && token_cmp(list[k - 1], s) > 0)
			k--;
		if (k > 0 && token_cmp(list[k - 1], s) == 0)
			continue;
		memmove(list + k + 1, list + k, (n - k) * sizeof(*list));
		list[k] = s;
		n++;
	}
	return n;
}

unsigned
normal_name_tokens(struct arena *a, struct span *out, unsigned cap,
    struct span canonical, int form)
{
	unsigned n = 0;

	while (n < cap && canonical.len > 0) {
		struct span token = token_next(&canonical, form);
		uint8_t *q = token.len ? arena_get(a, 4 * token.len) : NULL;

		if (q == NULL)
			continue;
		out[n] = span_of(q, token_fold(q, token, form));
		n += out[n].len > 0;
	}
	return normal_sort(out, drop_particles(out, n, form & NAME_INITIALS));
}
