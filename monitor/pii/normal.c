/*
 * normal: canonical text, addresses and domains; see normal.h. Names are in
 * normal_name.c.
 */
#include "monitor/pii/normal.h"

#include <idn2.h>
#include <utf8proc.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/text.h"

#define FOLD                                                                   \
	(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT |                \
	    UTF8PROC_CASEFOLD | UTF8PROC_IGNORE)
/* Characters of a value after decomposition: canonical text of LIMIT_VALUE
 * bytes never has more (three to a character of two bytes). */
#define FOLD_CHARS (2 * LIMIT_VALUE)
/* The longest decomposition of one character is 18 (U+FDFA). */
#define FOLD_ONE 32
/* Combining marks in a row, as in the Stream-Safe Text Format (UAX #15): more
 * are no text, and sorting them would cost quadratic time. */
#define FOLD_MARKS 30
/* A domain name of 253 octets has no longer spelling worth asking IDNA for. */
#define IDN_INPUT 1024

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

/* At most `max` bytes of s, without half a character at the cut. */
static struct span
cut_chars(struct span s, size_t max)
{
	if (s.len <= max)
		return s;
	while (max > 0 && (s.p[max] & 0xc0) == 0x80)
		max--;
	return span_of(s.p, max);
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Without blanks around it, and without `c` at its end. */
static struct span
trim(struct span s, uint8_t c)
{
	while (s.len > 0 && (is_blank(s.p[s.len - 1]) || s.p[s.len - 1] == c))
		s.len--;
	while (s.len > 0 && is_blank(s.p[0]))
		s = span_from(s, 1);
	return s;
}

static struct span
lower_copy(struct arena *a, struct span s)
{
	uint8_t *q = s.len ? arena_get(a, s.len) : NULL;

	if (q == NULL)
		return span_of(NULL, 0);
	for (size_t i = 0; i < s.len; i++)
		q[i] = lower(s.p[i]);
	return span_of(q, s.len);
}

static utf8proc_propval_t
mark_class(int32_t ch)
{
	return utf8proc_get_property(ch)->combining_class;
}

/* Characters of `in`, folded and decomposed, in any order of marks. */
static size_t
fold_decompose(int32_t *out, struct span in)
{
	size_t n = 0, at = 0;
	int last = 0;

	while (at < in.len && n + FOLD_ONE <= FOLD_CHARS) {
		int32_t ch;
		ssize_t used;

		if (in.p[at] < 0x80) {
			out[n++] = lower(in.p[at++]);
			continue;
		}
		used = utf8proc_iterate(
		    in.p + at, (utf8proc_ssize_t)(in.len - at), &ch);
		if (used <= 0) {
			used = 1;
			ch = 0xfffd;
		}
		at += (size_t)used;
		used = utf8proc_decompose_char(
		    ch, out + n, FOLD_ONE, (utf8proc_option_t)FOLD, &last);
		ASSERT(used >= 0 && used <= FOLD_ONE);
		n += (size_t)used;
	}
	return n;
}

/* Marks into canonical order (UAX #15 D109); returns how many stay. */
static size_t
fold_order(int32_t *ch, size_t num)
{
	size_t n = 0, start = 0;

	for (size_t i = 0; i < num; i++) {
		utf8proc_propval_t class = mark_class(ch[i]);
		int32_t c = ch[i];
		size_t k = n;

		if (class == 0) {
			ch[n++] = c;
			start = n;
			continue;
		}
		if (n - start >= FOLD_MARKS)
			continue;
		for (; k > start && mark_class(ch[k - 1]) > class; k--)
			ch[k] = ch[k - 1];
		ch[k] = c;
		n++;
	}
	return n;
}

static struct span
fold_wide(struct arena *a, struct span in)
{
	int32_t ch[FOLD_CHARS + 1];
	size_t n = fold_order(ch, fold_decompose(ch, in));
	ssize_t len =
	    utf8proc_reencode(ch, (utf8proc_ssize_t)n, (utf8proc_option_t)FOLD);

	ASSERT(len >= 0);
	return arena_copy(a, cut_chars(span_of(ch, (size_t)len), LIMIT_VALUE));
}

struct span
normal_fold(struct arena *a, struct span utf8)
{
	utf8 = cut_chars(utf8, LIMIT_VALUE);
	return text_is_ascii(utf8) ? lower_copy(a, utf8) : fold_wide(a, utf8);
}

/* Letters, digits, hyphen (and the underscore of real life) in labels of 1 to
 * 63 octets, 253 in all (RFC 1035 2.3.4). */
static bool
is_host(struct span s)
{
	size_t label = 0;

	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.p[i];

		if (c == '.'
			? label == 0
			: !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
			      c == '-' || c == '_'))
			return false;
		label = c == '.' ? 0 : label + 1;
		if (label > 63)
			return false;
	}
	return label > 0 && s.len <= 253;
}

/* What IDNA makes of s; empty when it refuses. */
static struct span
idna(struct arena *a, struct span s)
{
	char text[IDN_INPUT + 1];
	char *out = NULL;
	struct span got = span_of(NULL, 0);

	if (s.len > IDN_INPUT || span_chr(s, 0) != s.len)
		return got;
	for (size_t i = 0; i < s.len; i++)
		text[i] = (char)lower(s.p[i]);
	text[s.len] = '\0';
	if (idn2_to_ascii_8z(
		text, &out, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT) == IDN2_OK)
		got = trim(span_str(out), '.');
	got = is_host(got) ? arena_copy(a, got) : span_of(NULL, 0);
	idn2_free(out);
	return got;
}

/* An A-label somewhere: "xn--" in either case. */
static bool
has_alabel(struct span s)
{
	for (size_t i = 0; i + 4 <= s.len; i++)
		if (lower(s.p[i]) == 'x' && lower(s.p[i + 1]) == 'n' &&
		    s.p[i + 2] == '-' && s.p[i + 3] == '-')
			return true;
	return false;
}

struct span
normal_domain(struct arena *a, struct span utf8)
{
	struct span got, folded;

	utf8 = trim(cut_chars(utf8, LIMIT_VALUE), '.');
	if (text_is_ascii(utf8) && !has_alabel(utf8))
		return lower_copy(a, utf8);
	got = idna(a, utf8);
	if (got.len > 0)
		return got;
	/* Invisible characters may be all that IDNA was unhappy about. */
	folded = trim(normal_fold(a, utf8), '.');
	if (!span_eq(folded, utf8))
		got = idna(a, folded);
	return got.len > 0 ? got : folded;
}

/* Bytes of the at sign at the front of s: "@" or one that NFKC makes "@". */
static size_t
at_sign(struct span s)
{
	if (s.p[0] == '@')
		return 1;
	return span_starts(s, span_str("\uff20")) ||
		       span_starts(s, span_str("\ufe6b"))
		   ? 3
		   : 0;
}

struct span
normal_email(struct arena *a, struct span utf8)
{
	struct span local, domain, none = span_of(NULL, 0);
	size_t at;
	uint8_t *q;

	utf8 = cut_chars(utf8, LIMIT_VALUE);
	for (at = utf8.len; at > 0; at--)
		if (at_sign(span_from(utf8, at - 1)) > 0)
			break;
	if (at-- == 0)
		return none;
	local = normal_fold(a, trim(span_cut(utf8, 0, at), ' '));
	local = trim(local, ' ');
	domain = span_from(utf8, at + at_sign(span_from(utf8, at)));
	domain = normal_domain(a, domain);
	if (local.len == 0 || domain.len == 0 ||
	    local.len + 1 + domain.len > LIMIT_VALUE)
		return none;
	q = arena_get(a, local.len + 1 + domain.len);
	if (q == NULL)
		return none;
	memcpy(q, local.p, local.len);
	q[local.len] = '@';
	memcpy(q + local.len + 1, domain.p, domain.len);
	return span_of(q, local.len + 1 + domain.len);
}

struct span
normal_email_domain(struct span canonical)
{
	size_t at = canonical.len;

	while (at > 0 && canonical.p[at - 1] != '@')
		at--;
	return at > 0 ? span_from(canonical, at) : span_of(NULL, 0);
}

static bool
is_gmail(struct span domain)
{
	return span_eq_str(domain, "gmail.com") ||
	       span_eq_str(domain, "googlemail.com");
}

/* yahoo.com, yahoo.de, yahoo.co.uk, and its other names. */
static bool
is_yahoo(struct span domain)
{
	const struct span brand = span_str("yahoo.");
	struct span rest = span_from(domain, brand.len);

	if (span_eq_str(domain, "ymail.com") ||
	    span_eq_str(domain, "rocketmail.com"))
		return true;
	if (!span_starts(domain, brand))
		return false;
	if (span_starts(rest, span_str("co.")) ||
	    span_starts(rest, span_str("com.")))
		rest = span_from(rest, span_chr(rest, '.') + 1);
	return span_chr(rest, '.') == rest.len;
}

/* No user's name has a hyphen at Yahoo: there it begins the tag. */
static bool
is_tag(uint8_t c, struct span domain)
{
	return c == '+' || (c == '-' && is_yahoo(domain));
}

struct span
normal_email_relaxed(struct arena *a, struct span canonical, unsigned policy)
{
	struct span domain = normal_email_domain(canonical);
	bool dots = policy & EMAIL_GMAIL_DOTS && is_gmail(domain);
	size_t len = canonical.len - domain.len, n = 0;
	uint8_t *q = arena_get(a, canonical.len);

	if (q == NULL || domain.len == 0 || canonical.p[0] == '"')
		return canonical;
	for (size_t i = 0; i + 1 < len; i++) {
		if (i > 0 && policy & EMAIL_PLUS &&
		    is_tag(canonical.p[i], domain))
			break;
		if (canonical.p[i] != '.' || !dots)
			q[n++] = canonical.p[i];
	}
	if (n == 0)
		return canonical;
	q[n++] = '@';
	if (dots)
		domain = span_str("gmail.com");
	memcpy(q + n, domain.p, domain.len);
	return span_of(q, n + domain.len);
}
