/* person_points: see person_points.h. */
#include "monitor/pii/person_points.h"

#include <utf8proc.h>

#include "ctlog/base/office.h"
#include "monitor/pii/normal.h"
#include "monitor/pii/script.h"
#include "monitor/pii/shape_text.h"

/* --- letters and words ------------------------------------------------------------ */

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

/* A letter that is written as a capital in front of a name, and is none; those
 * of Georgia have capitals that are for whole lines only. */
static bool
is_small(struct span s)
{
	int32_t ch;

	if (utf8proc_iterate(s.p, (utf8proc_ssize_t)s.len, &ch) <= 0)
		return false;
	return utf8proc_category(ch) == UTF8PROC_CATEGORY_LL &&
	       utf8proc_totitle(ch) != ch;
}

/* As names are written: "Rashid", "al-Rashid", "d'Arc"; "van", and other short
 * words inside: "von und zu", "dalle". */
static bool
is_name_like(const struct judge *j, unsigned at)
{
	struct span s = j->token[at];

	if (!is_small(s) || normal_is_particle(j->folded[at]) ||
	    (at > 0 && at + 1 < j->num && s.len <= 5))
		return true;
	for (size_t i = 1; i < 5 && i + 1 < s.len; i++)
		if (s.p[i] == '-' || s.p[i] == '\'')
			return !is_small(span_from(s, i + 1));
	return false;
}

static void
points_letters(struct judge *j, bool cjk)
{
	bool capital = j->num > 0, letters = true;
	size_t chars = 0;
	unsigned words = 0;

	for (unsigned i = 0; i < j->num; i++) {
		words += !normal_is_particle(j->folded[i]);
		letters &= shape_is_words(j->token[i], 1);
		capital &= is_name_like(j, i);
		chars += num_chars(j->token[i]);
	}
	if (letters && cjk && chars >= 2 && chars <= 8)
		points(j, 25, "two to eight characters of Han, kana or Hangul");
	else if (letters && j->num >= 2 && words <= 6)
		points(j, 20, "two to six words of letters");
	if (letters && capital)
		points(j, 5, "written like a name");
	/* With a person's number, it is all the name she has. */
	if (j->num < 2 && !cjk && !(letters && j->in->numbered))
		points(j, -20, "one word only");
	if (words > 6)
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

/* What the word there is, or up to three together ("sp. z o.o."). */
static unsigned
kinds_at(const struct judge *j, unsigned at)
{
	unsigned kinds = kinds_of(j, at, 1);

	for (unsigned n = 2; n <= 3 && at + n <= j->num; n++)
		kinds |= kinds_of(j, at, n) & (WORD_ORG | WORD_SOLE);
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

/* "Ek" and "Me" are names, "e.K." and "ME" are none. */
static bool
is_word(struct span s)
{
	return s.len == 2 && s.p[0] - (unsigned)'A' < 26 &&
	       s.p[1] - (unsigned)'a' < 26;
}

static void
points_words(struct judge *j, struct span name)
{
	unsigned kinds = words_within(j->words, name);

	for (unsigned i = 0; i < j->num; i++) {
		unsigned k = kinds_at(j, i);

		if (k & WORD_SOLE && is_word(j->token[i]))
			k &= ~(unsigned)WORD_SOLE;
		if (k & (WORD_ORG | WORD_SOLE) && !org_counts(j, i))
			k &= ~(unsigned)(WORD_ORG | WORD_SOLE);
		kinds |= k;
	}
	if (kinds & (WORD_ORG | WORD_INSTITUTION | WORD_SOLE)) {
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

		if (office_is(local))
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

void
points_all(struct judge *j, struct span name)
{
	struct span word[NAME_TOKENS];
	unsigned num = normal_name_tokens(
	    j->arena, word, NAME_TOKENS, normal_name(j->arena, name), 0);

	points_letters(j, is_cjk(name));
	points_signs(j);
	points_words(j, name);
	points_class(j);
	points_address(j, word, num);
	points_org(j, word, num);
}
