/* person: see person.h. The points are those of reference pii.md 4.5. */
#include "monitor/pii/person.h"

#include <arpa/inet.h>
#include <utf8proc.h>

#include "ctlog/base/limits.h"
#include "monitor/pii/normal.h"
#include "monitor/pii/script.h"
#include "monitor/pii/shape.h"

#define NAME_POINTS 50
#define POSSIBLE_POINTS 25
#define TOKENS 16

const char *
verdict_name(enum verdict v)
{
	static const char *const names[] = {"name", "possible", "number",
	    "pseudonym", "group", "organization", "host", "email", "ip", "uri",
	    "opaque", "other"};

	return (unsigned)v < sizeof(names) / sizeof(names[0]) ? names[v] : "?";
}

/* One classification under way. */
struct judge {
	struct person *out;
	const struct words *words;
	struct arena *arena;
	const struct person_in *in;
	unsigned num_reasons;
	struct span token[TOKENS], folded[TOKENS];
	unsigned num; /* may exceed TOKENS: those are not kept */
};

static void
points(struct judge *j, int n, const char *reason)
{
	j->out->score += n;
	if (j->num_reasons < FINDING_REASONS - 1)
		j->out->reason[j->num_reasons++] = reason;
}

static void
decide(struct judge *j, enum verdict v, const char *reason)
{
	j->out->verdict = v;
	points(j, 0, reason);
}

/* --- surely something else ------------------------------------------------------ */

static bool
is_hex(uint8_t c)
{
	return c - (unsigned)'0' < 10 || (c | 0x20u) - 'a' < 6;
}

static bool
is_ip(struct span s)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t b[16];

	if (s.len == 0 || s.len >= sizeof(text))
		return false;
	memcpy(text, s.p, s.len);
	text[s.len] = '\0';
	return inet_pton(AF_INET, text, b) == 1 ||
	       inet_pton(AF_INET6, text, b) == 1;
}

static bool
is_uri(struct span s)
{
	return memmem(s.p, s.len, "://", 3) != NULL ||
	       (s.len > 4 && strncasecmp((const char *)s.p, "urn:", 4) == 0);
}

/* One long word of letters and digits: an identifier, a hash, a key. */
static bool
is_opaque(struct span s)
{
	size_t digits = 0, hex = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == ' ' || s.p[i] >= 0x80)
			return false;
		digits += s.p[i] - (unsigned)'0' < 10;
		hex += is_hex(s.p[i]) || s.p[i] == '-' || s.p[i] == ':';
	}
	return s.len >= 12 && (digits >= 3 || (hex == s.len && digits > 0));
}

static bool
is_email(struct span s)
{
	size_t at = span_chr(s, '@');

	return at > 0 && at + 1 < s.len && span_chr(s, ' ') == s.len;
}

static bool
judge_reject(struct judge *j)
{
	struct span s = j->in->text;

	if (is_email(s))
		decide(j, PERSON_EMAIL, "an address");
	else if (is_ip(s))
		decide(j, PERSON_IP, "an IP address");
	else if (is_uri(s))
		decide(j, PERSON_URI, "a URI");
	else if (j->in->ca)
		decide(j, PERSON_OTHER, "the certificate is a CA's");
	else if (is_opaque(s))
		decide(j, PERSON_OPAQUE, "an identifier");
	else if (person_is_host(j->in->tlds, s))
		decide(j, PERSON_HOST, "a host name");
	else
		return false;
	return true;
}

/* --- words ------------------------------------------------------------------------ */

static bool
is_separator(uint8_t c)
{
	return c == ' ' || c == ',' || c == '\t' || c == '\n';
}

static void
tokens_make(struct judge *j, struct span s)
{
	size_t at = 0, end;

	j->num = 0;
	for (; at < s.len; at = end) {
		while (at < s.len && is_separator(s.p[at]))
			at++;
		for (end = at; end < s.len && !is_separator(s.p[end]);)
			end++;
		if (end == at)
			break;
		if (j->num < TOKENS) {
			j->token[j->num] = span_cut(s, at, end - at);
			j->folded[j->num] =
			    normal_fold(j->arena, j->token[j->num]);
		}
		j->num++;
	}
	if (j->num > TOKENS)
		j->num = TOKENS;
}

static void
tokens_drop(struct judge *j, unsigned at)
{
	for (unsigned i = at; i + 1 < j->num; i++) {
		j->token[i] = j->token[i + 1];
		j->folded[i] = j->folded[i + 1];
	}
	j->num--;
}

/* The words from token `at` on, up to three together ("sp. z o.o."). */
static unsigned
kinds_at(const struct judge *j, unsigned at)
{
	unsigned kinds = words_kind(j->words, j->folded[at]);

	for (unsigned n = 2; n <= 3 && at + n <= j->num; n++) {
		uint8_t both[64];
		size_t len = 0;

		for (unsigned i = at; i < at + n; i++) {
			if (len + j->folded[i].len > sizeof(both))
				return kinds;
			memcpy(both + len, j->folded[i].p, j->folded[i].len);
			len += j->folded[i].len;
		}
		kinds |= words_kind(j->words, span_of(both, len)) &
			 (WORD_ORG | WORD_SOLE);
	}
	return kinds;
}

/* Short legal forms are surnames elsewhere ("Sá", "Co"): they count where such
 * forms stand. */
static bool
org_counts(const struct judge *j, unsigned at)
{
	size_t len = j->folded[at].len;

	return len > 3 || at + 1 == j->num || (at == 0 && len == 3) ||
	       (at == 0 && j->folded[at].p[0] >= 0x80) ||
	       span_chr(j->token[at], '.') < j->token[at].len;
}

/* Words in front of a name or behind it that are no part of it. */
static void
strip_titles(struct judge *j)
{
	bool found = false;

	for (unsigned i = 0; i < j->num && j->num > 2; i++) {
		unsigned k = words_kind(j->words, j->folded[i]);
		bool edge = i == 0 || i + 1 == j->num ||
			    span_chr(j->token[i], '.') < j->token[i].len;

		if (!edge || (k & (WORD_TITLE | WORD_GENERATION)) == 0)
			continue;
		tokens_drop(j, i--);
		found = true;
	}
	if (found)
		points(j, 10, "a title");
}

static void
strip_sole(struct judge *j)
{
	unsigned last = j->num - 1;

	if (j->num < 2)
		return;
	if (words_kind(j->words, j->folded[last]) & WORD_SOLE &&
	    j->folded[last].len > 2)
		tokens_drop(j, last);
	else if (words_kind(j->words, j->folded[0]) & WORD_SOLE &&
		 (j->folded[0].p[0] >= 0x80 || j->folded[0].len > 2))
		tokens_drop(j, 0);
	else
		return;
	j->out->sole_trader = true;
	points(j, 0, "the mark of a sole trader");
}

/* --- points ----------------------------------------------------------------------- */

static bool
is_cjk(struct span s)
{
	unsigned east =
	    1u << SCRIPT_HAN | 1u << SCRIPT_KANA | 1u << SCRIPT_HANGUL;
	unsigned set = script_set(s) & ~(1u << SCRIPT_COMMON);

	return set != 0 && (set & ~east) == 0;
}

static size_t
num_chars(struct span s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += (s.p[i] & 0xc0) != 0x80;
	return n;
}

/* A letter that has a capital, and is none. */
static bool
is_small(struct span s)
{
	int32_t ch;

	if (utf8proc_iterate(s.p, (utf8proc_ssize_t)s.len, &ch) <= 0)
		return false;
	return utf8proc_category(ch) == UTF8PROC_CATEGORY_LL;
}

static bool
is_particle(struct span folded)
{
	static const char *const list[] = {"van", "von", "der", "den", "de",
	    "del", "della", "di", "da", "dos", "das", "do", "du", "des", "la",
	    "le", "lo", "el", "al", "bin", "ben", "ibn", "bint", "ter", "ten",
	    "zu", "zum", "zur", "vom", "af", "av", "y", "e", "i", "abu", "ap"};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (span_eq_str(folded, list[i]))
			return true;
	return false;
}

static void
points_letters(struct judge *j)
{
	bool capital = j->num > 0, letters = true;
	size_t chars = 0;

	for (unsigned i = 0; i < j->num; i++) {
		letters &= shape_is_words(j->token[i], 1);
		capital &= !is_small(j->token[i]) || is_particle(j->folded[i]);
		chars += num_chars(j->token[i]);
	}
	if (letters && is_cjk(j->in->text) && chars >= 2 && chars <= 8)
		points(j, 25, "two to eight characters of Han, kana or Hangul");
	else if (letters && j->num >= 2 && j->num <= 6)
		points(j, 20, "two to six words of letters");
	if (letters && capital)
		points(j, 5, "written like a name");
	if (j->num < 2 && !is_cjk(j->in->text))
		points(j, -20, "one word only");
	if (j->num > 6)
		points(j, -20, "more than six words");
}

static void
points_signs(struct judge *j)
{
	bool digit = false, sign = false;

	for (unsigned i = 0; i < j->num; i++)
		for (size_t k = 0; k < j->token[i].len; k++) {
			uint8_t c = j->token[i].p[k];

			digit |= c - (unsigned)'0' < 10;
			sign |= c != '\0' &&
				strchr("_&*#=<>|/\\{}+@:;!?[]()", c) != NULL;
		}
	if (digit)
		points(j, -30, "digits");
	if (sign)
		points(j, -30, "signs that names have not");
}

static void
points_words(struct judge *j)
{
	unsigned kinds = 0;

	for (unsigned i = 0; i < j->num; i++) {
		unsigned k = kinds_at(j, i);

		if (k & (WORD_ORG | WORD_SOLE) && !org_counts(j, i))
			k &= ~(unsigned)(WORD_ORG | WORD_SOLE);
		kinds |= k;
	}
	if (kinds & (WORD_ORG | WORD_INSTITUTION | WORD_SOLE) ||
	    words_cjk_org(j->in->text)) {
		points(j, -60, "a word of organisations");
		j->out->verdict = PERSON_ORG;
	}
	if (kinds & WORD_ROLE)
		points(j, -50, "a word of machines or offices");
}

static bool
has_class(const struct judge *j, uint32_t classes)
{
	return (j->in->classes & classes) != 0;
}

static void
points_class(struct judge *j)
{
	const uint32_t smime = 1u << CLASS_SMIME | 1u << CLASS_SMIME_MAILBOX |
			       1u << CLASS_SMIME_ORGANIZATION |
			       1u << CLASS_SMIME_SPONSOR |
			       1u << CLASS_SMIME_INDIVIDUAL;
	const uint32_t tls = 1u << CLASS_TLS | 1u << CLASS_TLS_DV |
			     1u << CLASS_TLS_OV | 1u << CLASS_TLS_IV |
			     1u << CLASS_TLS_EV;

	if (has_class(j, 1u << CLASS_TLS_IV | 1u << CLASS_SMIME_SPONSOR |
			     1u << CLASS_SMIME_INDIVIDUAL |
			     1u << CLASS_QUALIFIED_PERSON |
			     1u << CLASS_ETSI_PERSON))
		points(j, 30, "a class of certificates for persons");
	if (has_class(j,
		smime | 1u << CLASS_DOCUMENT_SIGNING | 1u << CLASS_SMARTCARD))
		points(j, 15, "a key for mail, documents or a smart card");
	if (has_class(j, tls) && !has_class(j, smime))
		points(j, -15, "a key for servers");
	if (has_class(j, 1u << CLASS_TLS_DV | 1u << CLASS_TLS_OV |
			     1u << CLASS_TLS_EV | 1u << CLASS_SMIME_MAILBOX |
			     1u << CLASS_SMIME_ORGANIZATION |
			     1u << CLASS_QUALIFIED_SEAL))
		points(j, -30, "a class of certificates for others");
	if (j->in->numbered)
		points(j, 30, "a personal number in the certificate");
}

/* --- beside other data ------------------------------------------------------------ */

static bool
local_has(struct span local, struct span word)
{
	return word.len >= 3 &&
	       memmem(local.p, local.len, word.p, word.len) != NULL;
}

/* "j", "jr": the first letters of the words, in order. */
static bool
local_initials(struct span local, const struct span *word, unsigned num)
{
	size_t n = 0;

	for (unsigned i = 0; i < num && n < local.len; i++)
		n += word[i].len > 0 && word[i].p[0] == local.p[n];
	return local.len > 0 && local.len <= 3 && n == local.len;
}

static void
points_address(struct judge *j, const struct span *word, unsigned num)
{
	bool shared = false, initials = false;

	for (unsigned k = 0; k < j->in->num_local; k++) {
		struct span local = j->in->local[k];

		if (words_kind(j->words, local) & WORD_MAILBOX)
			continue;
		for (unsigned i = 0; i < num; i++)
			shared |= local_has(local, word[i]);
		initials |= local_initials(local, word, num);
	}
	if (shared)
		points(j, 20, "an address in the certificate has a word of it");
	else if (initials)
		points(j, 10, "an address in the certificate has its initials");
}

static bool
same_words(const struct span *a, unsigned na, const struct span *b, unsigned nb)
{
	if (na != nb || na == 0)
		return false;
	for (unsigned i = 0; i < na; i++)
		if (!span_eq(a[i], b[i]))
			return false;
	return true;
}

static void
points_org(struct judge *j, const struct span *word, unsigned num)
{
	struct span org[NAME_TOKENS];
	unsigned n;

	if (j->in->org.len == 0)
		return;
	n = normal_name_tokens(j->arena, org, NAME_TOKENS, j->in->org, 0);
	if (!same_words(word, num, org, n))
		return;
	j->out->is_org = true;
	if (has_class(j, 1u << CLASS_CODE_SIGNING | 1u << CLASS_TLS_IV) &&
	    j->out->verdict != PERSON_ORG)
		points(j, 0, "the organisation has the same name");
	else
		points(j, -40, "the organisation has the same name");
}

/* --- all together ----------------------------------------------------------------- */

/* (FIRMA), (Signature): what the key is for, not a part of the name. */
static struct span
strip_purpose(struct judge *j, struct span s)
{
	struct span inner;
	size_t at;

	s = shape_trim(s);
	if (s.len < 3 || s.p[s.len - 1] != ')')
		return s;
	for (at = s.len; at > 0 && s.p[at - 1] != '(';)
		at--;
	if (at < 2)
		return s;
	inner = normal_fold(j->arena, span_cut(s, at, s.len - 1 - at));
	if ((words_kind(j->words, inner) & WORD_PURPOSE) == 0)
		return s;
	points(j, 25, "what the key is for, in brackets behind it");
	return shape_trim(span_cut(s, 0, at - 1));
}

static struct span
tokens_join(struct judge *j)
{
	size_t len = 0, n = 0;
	uint8_t *q;

	for (unsigned i = 0; i < j->num; i++)
		len += j->token[i].len + 1;
	q = len > 0 ? arena_get(j->arena, len) : NULL;
	for (unsigned i = 0; q != NULL && i < j->num; i++) {
		memcpy(q + n, j->token[i].p, j->token[i].len);
		n += j->token[i].len;
		q[n++] = ' ';
	}
	return n > 0 ? span_of(q, n - 1) : span_of(NULL, 0);
}

static void
judge_name(struct judge *j, struct span text)
{
	struct span name, word[NAME_TOKENS];
	bool swapped;
	unsigned num;

	name = shape_reorder(j->arena, text, &swapped);
	tokens_make(j, name);
	if (swapped && j->num > 0 &&
	    (words_kind(j->words, j->folded[0]) &
		(WORD_ORG | WORD_TITLE | WORD_GENERATION)) == 0)
		points(j, 30, "surname, given name");
	else if (swapped)
		tokens_make(j, text);
	strip_titles(j);
	strip_sole(j);
	name = tokens_join(j);
	num = normal_name_tokens(
	    j->arena, word, NAME_TOKENS, normal_name(j->arena, name), 0);
	points_letters(j);
	points_signs(j);
	points_words(j);
	points_class(j);
	points_address(j, word, num);
	points_org(j, word, num);
	j->out->name = name;
	if (j->out->score >= NAME_POINTS)
		j->out->verdict = PERSON_NAME;
	else if (j->out->score >= POSSIBLE_POINTS)
		j->out->verdict = PERSON_POSSIBLE;
}

/* False when the shape says all there is to say. */
static bool
judge_shape(struct judge *j, const struct shape *s, struct span *text)
{
	static const enum verdict verdicts[] = {[SHAPE_NUMBER] = PERSON_NUMBER,
	    [SHAPE_ORG] = PERSON_ORG,
	    [SHAPE_PSEUDONYM] = PERSON_PSEUDONYM,
	    [SHAPE_GROUP] = PERSON_GROUP};

	if (s->kind == SHAPE_NONE)
		return true;
	j->out->number = s->number;
	j->out->number_reason = s->number_reason;
	j->out->also = s->also;
	if (s->kind != SHAPE_NAME) {
		j->out->name = s->name;
		decide(j, verdicts[s->kind], s->reason);
		return false;
	}
	points(j, s->points, s->reason);
	*text = s->name;
	return true;
}

void
person_judge(struct person *out, const struct words *w, struct arena *a,
    const struct person_in *in)
{
	struct judge j = {.out = out, .words = w, .arena = a, .in = in};
	struct span text;
	struct shape s;

	*out = (struct person){.verdict = PERSON_OTHER};
	text = strip_purpose(&j, in->text);
	s = shape_find(a, text);
	if (!judge_shape(&j, &s, &text))
		return;
	if (s.kind == SHAPE_NONE && judge_reject(&j))
		return;
	if (in->ca)
		decide(&j, PERSON_OTHER, "the certificate is a CA's");
	else
		judge_name(&j, text);
}
