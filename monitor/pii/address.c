/* address: see address.h. */
#include "monitor/pii/address.h"

#include "ctlog/base/limits.h"
#include "ctlog/base/text.h"

/* How far from its at sign a domain, a quoted local part or a comment reaches:
 * RFC 5321 allows 255 and 64 octets, what certificates hold is longer. */
#define DOMAIN_MAX 1024
#define LOCAL_MAX 256
#define PAIRS_MAX 4096

/* Bytes of an at sign at the front of s (also the full-width and the small
 * one, which NFKC makes "@"), or 0. */
static size_t
at_sign(struct span s)
{
	if (s.len == 0)
		return 0;
	if (s.p[0] == '@')
		return 1;
	return span_starts(s, span_str("\uff20")) ||
		       span_starts(s, span_str("\ufe6b"))
		   ? 3
		   : 0;
}

/* Characters beyond ASCII that no address holds: blanks, quotation marks and
 * the wide forms of separators. */
static bool
wide_separator(uint32_t c)
{
	return c == 0xa0 || (c >= 0x2000 && c <= 0x200a) || c == 0x3000 ||
	       c == 0x201c || c == 0x201d || c == 0x201e || c == 0xab ||
	       c == 0xbb || c == 0x2039 || c == 0x203a || c == 0x3001 ||
	       (c >= 0x3008 && c <= 0x3011) || c == 0xff08 || c == 0xff09 ||
	       c == 0xff0c || c == 0xff1a || c == 0xff1b || c == 0xff1c ||
	       c == 0xff1e || c == 0xff20 || c == 0xfe6b || c == 0xfffd;
}

static bool
separator(uint32_t c, bool typed)
{
	if (c >= 0x80)
		return wide_separator(c);
	if (c <= ' ' || c == 0x7f)
		return true;
	return strchr(typed ? "<>()[],;:\"\\@" : "<>()[],;:\"\\@/=|", (int)c) !=
	       NULL;
}

/* The character that ends before `at`, and where it begins. */
static uint32_t
char_before(struct span s, size_t at, size_t *begin)
{
	size_t i = at - 1;

	while (i > 0 && at - i < 4 && (s.p[i] & 0xc0) == 0x80)
		i--;
	*begin = i;
	if (text_utf8_len(span_cut(s, i, at - i)) != at - i) {
		*begin = at - 1;
		return 0xfffd;
	}
	return text_utf8_next(s, &i);
}

/* Where a run of characters that do not separate begins before `end`. */
static size_t
run_back(struct span s, size_t floor, size_t end, bool typed)
{
	size_t begin, at = end;

	while (at > floor && end - at < LIMIT_VALUE &&
	       !separator(char_before(s, at, &begin), typed))
		at = begin;
	return at;
}

/* Letters, digits and what stands between them in domain names. */
static bool
domain_char(uint32_t c)
{
	if (c >= 0x80)
		return !wide_separator(c);
	return (c | 0x20) - 'a' < 26 || c - '0' < 10 || c == '-' || c == '.' ||
	       c == '_';
}

/* The domain or domain literal at the front of s, as far as it goes. */
static struct span
domain_run(struct span s)
{
	size_t at = 0, next = 0, end;

	s = span_cut(s, 0, DOMAIN_MAX);
	if (s.len > 0 && s.p[0] == '[') {
		end = span_chr(s, ']');
		return end < s.len ? span_cut(s, 0, end + 1)
				   : span_cut(s, 0, 0);
	}
	while (next < s.len) {
		if (text_utf8_len(span_cut(s, next, 4)) == 0 ||
		    !domain_char(text_utf8_next(s, &next)))
			break;
		at = next;
	}
	s = span_cut(s, 0, at);
	while (s.len > 0 && strchr(".-_", s.p[s.len - 1]) != NULL)
		s.len--;
	return s;
}

/* The same where nothing but an address is expected: somebody may have typed
 * a comma for the last full stop, "jane@example,com". */
static struct span
comma_run(struct span s)
{
	struct span run = domain_run(s), last = span_from(s, run.len + 1);

	if (run.len == s.len || s.p[run.len] != ',' || last.len < 2 ||
	    last.len > 6 || span_chr(run, '.') < run.len)
		return run;
	for (size_t i = 0; i < last.len; i++)
		if ((last.p[i] | 0x20u) - 'a' >= 26)
			return run;
	return s;
}

/* Has a letter or digit, or anything beyond ASCII. */
static bool
has_substance(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] >= 0x80 || (s.p[i] | 0x20u) - 'a' < 26 ||
		    s.p[i] - (unsigned)'0' < 10)
			return true;
	return false;
}

/* The quotation mark is not itself quoted by a backslash. */
static bool
is_quote(struct span s, size_t at, size_t floor)
{
	size_t n = 0;

	if (s.p[at] != '"')
		return false;
	while (at > floor + n && n < LOCAL_MAX && s.p[at - n - 1] == '\\')
		n++;
	return n % 2 == 0;
}

/*
 * The quoted local part around or before the at sign at `at`: its end (the
 * real at sign) is returned and *begin set, or 0 when there is none.
 */
static size_t
quoted_local(struct span s, size_t floor, size_t at, size_t *begin)
{
	size_t open = at, close = at,
	       back = at > LOCAL_MAX ? at - LOCAL_MAX : 0;

	if (back < floor)
		back = floor;
	if (at > floor && is_quote(s, at - 1, floor))
		close = --open;
	while (open > back && !is_quote(s, open - 1, floor))
		open--;
	if (open == back)
		return 0;
	*begin = open - 1;
	while (close < s.len && close - at < LOCAL_MAX &&
	       !is_quote(s, close, *begin + 1))
		close++;
	if (close >= s.len || close <= open ||
	    at_sign(span_from(s, close + 1)) == 0)
		return 0;
	return close + 1;
}

/* The end of the local part when a comment "(...)" stands before the at sign
 * (RFC 5322 3.2.2). */
static size_t
skip_comment(struct span s, size_t floor, size_t at)
{
	size_t i = at;
	unsigned depth = 0;

	if (i == floor || s.p[i - 1] != ')')
		return at;
	while (i > floor && at - i < LOCAL_MAX) {
		i--;
		depth += s.p[i] == ')';
		depth -= s.p[i] == '(';
		if (depth == 0)
			return i;
	}
	return at;
}

/* A comment may stand behind the at sign too. */
static struct span
behind_comment(struct span s)
{
	size_t i = 0;
	unsigned depth = 0;

	if (s.len == 0 || s.p[0] != '(')
		return s;
	while (i < s.len && i < LOCAL_MAX) {
		depth += s.p[i] == '(';
		depth -= s.p[i++] == ')';
		if (depth == 0)
			return span_from(s, i);
	}
	return s;
}

/* What people paste in front: "emailAddress=jane" in a typed field. */
static struct span
drop_label(struct span local)
{
	static const char *const labels[] = {"e", "email", "emailaddress",
	    "mail", "mailto", "rfc822name", "smtp", NULL};
	size_t eq = local.len, word;

	while (eq > 0 && local.p[eq - 1] != '=')
		eq--;
	if (eq == 0)
		return local;
	for (word = eq - 1;
	     word > 0 && local.p[word - 1] != '/' && local.p[word - 1] != '=';)
		word--;
	for (int i = 0; labels[i] != NULL; i++)
		if (eq - 1 - word == strlen(labels[i]) &&
		    strncasecmp((const char *)local.p + word, labels[i],
			eq - 1 - word) == 0)
			return span_from(local, eq);
	return local;
}

/* Within "scheme://userinfo@": what stands before the at sign, back to the
 * last blank, has "://" with no further "/", "?" or "#". */
static bool
is_userinfo(struct span s, size_t at)
{
	size_t i = at, back = at > LOCAL_MAX ? at - LOCAL_MAX : 0;

	while (i > back && s.p[i - 1] > ' ' && s.p[i - 1] != '/' &&
	       s.p[i - 1] != '?' && s.p[i - 1] != '#')
		i--;
	return i >= 2 && s.p[i - 1] == '/' && s.p[i - 2] == '/';
}

static struct span
trim_local(struct span local)
{
	while (local.len > 0 && (local.p[0] == '\'' || local.p[0] == '/'))
		local = span_from(local, 1);
	return local;
}

/* The local part before the at sign at `*at`, which moves to the real one
 * when it is inside quotation marks. */
static struct span
local_before(struct address_scan *s, size_t *at)
{
	size_t begin = 0, end = *at, sign = 0;
	struct span local;

	if (s->pairs > 0) {
		s->pairs--;
		sign = quoted_local(s->text, s->floor, *at, &begin);
		end = skip_comment(s->text, s->floor, *at);
	}
	if (sign > 0) {
		*at = sign;
		return span_cut(s->text, begin, sign - begin);
	}
	begin = run_back(s->text, s->floor, end, s->typed);
	local = span_cut(s->text, begin, end - begin);
	return trim_local(s->typed ? drop_label(local) : local);
}

/* The address around the at sign at `at`. */
static bool
address_at(struct address_scan *s, struct address *out, size_t at)
{
	size_t begin, end;

	out->local = local_before(s, &at);
	out->domain = span_from(s->text, at);
	out->domain = span_from(out->domain, at_sign(out->domain));
	out->domain = behind_comment(out->domain);
	out->domain =
	    s->typed ? comma_run(out->domain) : domain_run(out->domain);
	if (!has_substance(out->domain) || out->local.len == 0 ||
	    !text_is_utf8(out->local) ||
	    (!s->typed && !has_substance(out->local)))
		return false;
	begin = (size_t)(out->local.p - s->text.p);
	end = (size_t)(out->domain.p + out->domain.len - s->text.p);
	out->whole = span_cut(s->text, begin, end - begin);
	out->userinfo = is_userinfo(s->text, begin);
	s->floor = s->at = end;
	return true;
}

struct address_scan
address_scan_of(struct span text, bool typed)
{
	bool pairs =
	    span_chr(text, '"') < text.len || span_chr(text, ')') < text.len;

	return (struct address_scan){
	    .text = text, .typed = typed, .pairs = pairs ? PAIRS_MAX : 0};
}

bool
address_next(struct address_scan *s, struct address *out)
{
	for (; s->at < s->text.len; s->at++) {
		uint8_t c = s->text.p[s->at];

		/* The first byte of one of the three at signs. */
		if ((c == '@' || c == 0xef) && s->at > s->floor &&
		    at_sign(span_from(s->text, s->at)) > 0 &&
		    address_at(s, out, s->at))
			return true;
	}
	return false;
}

/* --- bytes without addresses: sixteen at once --------------------------------- */

#define BLOCK 16
typedef uint8_t block __attribute__((vector_size(BLOCK)));

static inline block
each(uint8_t c)
{
	return (block){c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c};
}

static inline block
equal(block x, uint8_t c)
{
	return (block)(x == each(c));
}

static inline bool
any(block x)
{
	uint64_t half[2];

	memcpy(half, &x, sizeof(half));
	return (half[0] | half[1]) != 0;
}

/* Text of one byte a character: an at sign, plain or escaped, or a byte that is
 * not printed. */
static inline bool
is_odd_text(block x)
{
	return any(equal(x, '@') | equal(x, '%') | equal(x, '&') |
		   (block)(x - each(' ') >= each(0x80 - ' ')));
}

/* What is_sign looks at. "%" and "&" are two of the four that begin alike; EF,
 * FE and FF three that differ in two bits. */
static inline bool
is_odd_bytes(block x)
{
	return any(equal(x, '@') | equal(x & each(0xfc), '$') |
		   equal(x & each(0xee), 0xee));
}

/* The block at `at`, which begins before that at the end of s; what is shorter
 * than a block has blanks behind it. */
static inline block
block_at(struct span s, size_t at)
{
	block x = each(' ');

	if (s.len < BLOCK)
		memcpy(&x, s.p, s.len);
	else
		memcpy(
		    &x, s.p + (at < s.len - BLOCK ? at : s.len - BLOCK), BLOCK);
	return x;
}

/* An at sign, the beginning of an escaped one ("%40", "&#64;", behind whose
 * first character a zero stands in wide strings), or of one as wide as Chinese:
 * U+FF20 and U+FE6B in UTF-8 and in wide strings. */
static bool
is_sign(struct span s, size_t i)
{
	uint8_t next = i + 1 < s.len ? s.p[i + 1] : 0;

	switch (s.p[i]) {
	case '@':
	case 0xef:
		return true;
	case '%':
		return next == '4' || next == 0;
	case '&':
		return next == '#' || next == 'c' || next == 0;
	case 0xfe:
		return next == 0x6b;
	case 0xff:
		return next == 0x20;
	}
	return false;
}

bool
address_impossible(struct span s)
{
	for (size_t i = 0; i < s.len; i += BLOCK)
		if (is_odd_text(block_at(s, i)))
			return false;
	return true;
}

bool
address_absent(struct span s)
{
	for (size_t i = 0; i < s.len; i += BLOCK) {
		if (!is_odd_bytes(block_at(s, i)))
			continue;
		for (size_t k = i; k < s.len && k < i + BLOCK; k++)
			if (is_sign(s, k))
				return false;
	}
	return true;
}

struct span
address_text(struct arena *a, const struct address *address)
{
	size_t local = address->local.len, domain = address->domain.len;
	uint8_t *q;

	if (span_starts(span_from(address->whole, local), span_str("@")) &&
	    address->whole.len == local + 1 + domain)
		return address->whole;
	q = arena_get(a, local + 1 + domain);
	if (q == NULL)
		return span_of(NULL, 0);
	memcpy(q, address->local.p, local);
	q[local] = '@';
	memcpy(q + local + 1, address->domain.p, domain);
	return span_of(q, local + 1 + domain);
}

struct span
address_unescape(struct arena *a, struct span text)
{
	uint8_t *q;
	size_t n = 0;

	if (span_chr(text, '%') == text.len)
		return text;
	q = arena_get(a, text.len);
	if (q == NULL)
		return text;
	for (size_t i = 0; i < text.len; i++) {
		if (text.p[i] == '%' &&
		    text_unhex(q + n, 1, span_cut(text, i + 1, 2)) && q[n] != 0)
			i += 2;
		else
			q[n] = text.p[i];
		n++;
	}
	return span_of(q, n);
}
