/* person_strip: what stands around a name and is no part of it: the purpose of
 * the key, titles, the mark of a sole trader; see person_points.h. */
#include "monitor/pii/normal.h"
#include "monitor/pii/person_points.h"
#include "monitor/pii/shape_text.h"

/* --- what the key is for ------------------------------------------------------- */

/* Words that join those of a purpose: "Firma y autenticación". */
static bool
is_joint(struct span folded)
{
	static const char *const list[] = {"&", "+", "a", "and", "de", "des",
	    "e", "en", "et", "for", "i", "ja", "och", "og", "und", "y", "и"};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (span_eq_str(folded, list[i]))
			return true;
	return false;
}

/* "Signature", "S/MIME", "Firma y autenticación": nothing but purposes. */
static bool
is_purpose(struct judge *j, struct span s)
{
	struct span rest = normal_fold(j->arena, shape_trim(s)), word;
	unsigned num = 0;

	if (words_kind(j->words, rest) & WORD_PURPOSE)
		return true;
	while (rest.len > 0) {
		word = span_cut(rest, 0, span_chr(rest, ' '));
		rest = span_from(rest, word.len + 1);
		if (words_kind(j->words, word) & WORD_PURPOSE)
			num++;
		else if (!is_joint(word))
			return false;
	}
	return num > 0;
}

/* "Jane Roe (Signature)", "Jane Roe [Signature]". */
static bool
cut_behind(struct judge *j, struct span *s)
{
	uint8_t close = s->len > 2 ? s->p[s->len - 1] : '\0';
	uint8_t open = close == ')' ? '(' : close == ']' ? '[' : '\0';
	size_t at = s->len;

	if (open == '\0')
		return false;
	while (at > 0 && s->p[at - 1] != open)
		at--;
	if (at < 2 || !is_purpose(j, span_cut(*s, at, s->len - 1 - at)))
		return false;
	*s = shape_trim(span_cut(*s, 0, at - 1));
	return true;
}

/* "[Assinatura Qualificada] Jane Roe" of Portugal. */
static bool
cut_before(struct judge *j, struct span *s)
{
	uint8_t open = s->len > 2 ? s->p[0] : '\0';
	uint8_t close = open == '(' ? ')' : open == '[' ? ']' : '\0';
	size_t at = close == '\0' ? s->len : span_chr(*s, close);

	if (at + 1 >= s->len || !is_purpose(j, span_cut(*s, 1, at - 1)))
		return false;
	*s = shape_trim(span_from(*s, at + 1));
	return true;
}

/* "Jane Roe - Signature", "Jane Roe 123456789 Sign"; and "Jane RoeTEST-ONLY"
 * of German health cards. */
static bool
cut_end(struct judge *j, struct span *s)
{
	const struct span test = span_str("TEST-ONLY");
	size_t at = s->len;

	if (s->len > test.len &&
	    span_eq(span_from(*s, s->len - test.len), test)) {
		*s = shape_trim(span_cut(*s, 0, s->len - test.len));
		return true;
	}
	while (at > 2 && (s->p[at - 1] != ' ' || s->p[at - 2] != '-'))
		at--;
	if (at > 3 && s->p[at - 3] == ' ' && is_purpose(j, span_from(*s, at))) {
		*s = shape_trim(span_cut(*s, 0, at - 3));
		return true;
	}
	for (at = s->len; at > 0 && s->p[at - 1] != ' ';)
		at--;
	if (at < 2 || !shape_is_digit(s->p[at - 2]) ||
	    !is_purpose(j, span_from(*s, at)))
		return false;
	*s = span_cut(*s, 0, at - 1);
	return true;
}

struct span
strip_purpose(struct judge *j, struct span s)
{
	bool found = false;

	while (cut_behind(j, &s) || cut_before(j, &s) || cut_end(j, &s))
		found = true;
	if (found)
		points(j, 25, "what the key is for, beside it");
	return s;
}

/* --- titles ---------------------------------------------------------------------- */

static bool
has_small(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] - (unsigned)'a' < 26)
			return true;
	return false;
}

/* "Ma", "Di", "Me" are names as well: so short, and with a vowel, it must be
 * abbreviated, or in capitals among words that are not. */
static bool
is_distinct(const struct judge *j, unsigned at)
{
	struct span s = j->folded[at];
	bool vowel = false;

	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '.')
			return true;
		vowel |= memchr("aeiou", s.p[i], 5) != NULL;
	}
	if (s.len > 2 || !vowel)
		return true;
	for (unsigned i = 0; i < j->num; i++)
		if (i != at && has_small(j->token[i]))
			return !has_small(j->token[at]);
	return false;
}

/* "nat.", "lek.": no name is abbreviated in lower case. */
static bool
is_small_abbreviation(struct span s)
{
	return s.len >= 4 && s.len <= 8 && s.p[0] - (unsigned)'a' < 26 &&
	       span_chr(s, '.') == s.len - 1;
}

/* "Dr.", and "dipl.oec.", "Univ.-Prof." whose parts are titles. */
static bool
is_title(const struct judge *j, unsigned at)
{
	struct span rest = j->folded[at], part;
	unsigned kinds = words_kind(j->words, rest);
	bool found = kinds & WORD_TITLE;

	/* "Junior Pereira dos Santos" is no junior. */
	if ((kinds & WORD_GENERATION && at > 0) ||
	    is_small_abbreviation(j->token[at]))
		return true;

	if (!found && span_chr(rest, '.') < rest.len) {
		found = true;
		while (rest.len > 0) {
			size_t n = 0;

			while (n < rest.len && rest.p[n] != '.' &&
			       rest.p[n] != '-')
				n++;
			part = span_cut(rest, 0, n);
			rest = span_from(rest, n + 1);
			found &=
			    n == 0 || words_kind(j->words, part) & WORD_TITLE;
		}
	}
	return found && is_distinct(j, at);
}

static void
tokens_drop(struct judge *j, unsigned at, unsigned num)
{
	for (unsigned i = at; i + num < j->num; i++) {
		j->token[i] = j->token[i + num];
		j->folded[i] = j->folded[i + num];
	}
	j->num -= num;
}

/* Son, daughter, wife of, in India and Malaysia: "Raju A/L Muthu". */
static bool
is_kin(struct span folded)
{
	static const char *const list[] = {"a/l", "a/p", "d/o", "s/o", "w/o"};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (span_eq_str(folded, list[i]))
			return true;
	return false;
}

/* And the words between names. */
void
strip_titles(struct judge *j)
{
	bool found = false;

	for (unsigned i = 0; i < j->num && j->num > 2;) {
		unsigned last = j->num - 1;
		bool inside = span_chr(j->token[i], '.') < j->token[i].len;

		if (is_title(j, last))
			tokens_drop(j, last, 1);
		else if ((i == 0 || inside) && is_title(j, i))
			tokens_drop(j, i, 1);
		else {
			if (is_kin(j->folded[i]))
				tokens_drop(j, i, 1);
			else
				i++;
			continue;
		}
		found = true;
	}
	if (found)
		points(j, 10, "a title");
}

bool
all_titles(const struct judge *j)
{
	unsigned n = 0;

	while (n < j->num &&
	       (is_title(j, n) || kinds_of(j, n, 1) & WORD_GENERATION))
		n++;
	return n == j->num;
}

/* --- sole traders ----------------------------------------------------------------- */

unsigned
kinds_of(const struct judge *j, unsigned at, unsigned num)
{
	uint8_t both[96];
	size_t len = 0;

	for (unsigned i = at; i < at + num; i++) {
		if (len + j->folded[i].len > sizeof(both))
			return 0;
		memcpy(both + len, j->folded[i].p, j->folded[i].len);
		len += j->folded[i].len;
	}
	return words_kind(j->words, span_of(both, len));
}

/* A mark of num words from there on; two letters of ASCII are no mark. */
static bool
is_mark(const struct judge *j, unsigned at, unsigned num)
{
	return kinds_of(j, at, num) & WORD_SOLE &&
	       (j->folded[at].p[0] >= 0x80 || j->folded[at].len > 2);
}

void
strip_sole(struct judge *j)
{
	for (unsigned n = 3; n > 0; n--) {
		if (j->num <= n)
			continue;
		if (is_mark(j, j->num - n, n))
			tokens_drop(j, j->num - n, n);
		else if (is_mark(j, 0, n))
			tokens_drop(j, 0, n);
		else
			continue;
		j->out->sole_trader = true;
		points(j, 0, "the mark of a sole trader");
		return;
	}
}
