/*
 * find_common: a commonName beside givenName or surname: the name as the person
 * writes it (reference pii.md 4.2); see dn.h. One that stands alone is judged
 * in find_person.c.
 */
#include "ctlog/base/text.h"
#include "monitor/pii/dn.h"
#include "monitor/pii/normal.h"

/* At most `max` bytes, without half a character at the end. */
static struct span
cut_text(struct span s, size_t max)
{
	s = span_cut(s, 0, max);
	return span_cut(s, 0, text_utf8_len(s));
}

struct span
dn_join(struct finder *f, const struct parts *a, const struct parts *b,
    unsigned reading)
{
	uint8_t text[LIMIT_VALUE];
	size_t n = 0;

	for (unsigned i = 0; i < a->num + b->num; i++) {
		const struct chars *c =
		    i < a->num ? &a->part[i].text : &b->part[i - a->num].text;
		struct span s = c->cand[reading < c->behind ? reading : 0];

		if (n > 0 && n < sizeof(text))
			text[n++] = ' ';
		s = cut_text(s, sizeof(text) - n);
		memcpy(text + n, s.p, s.len);
		n += s.len;
	}
	return arena_copy(f->arena, span_of(text, n));
}

static bool
holds(const struct span *list, unsigned num, struct span token)
{
	for (unsigned i = 0; i < num; i++)
		if (span_eq(list[i], token))
			return true;
	return false;
}

/* How many of the tokens of the parts are among `list`; *all their number. */
static unsigned
shared(struct finder *f, const struct parts *parts, const struct span *list,
    unsigned num, unsigned *all)
{
	struct parts none = {.num = 0};
	struct span token[NAME_TOKENS], text = dn_join(f, parts, &none, 0);
	unsigned n = 0;

	*all = normal_name_tokens(
	    f->arena, token, NAME_TOKENS, normal_name(f->arena, text), 0);
	for (unsigned i = 0; i < *all; i++)
		n += holds(list, num, token[i]);
	return n;
}

/* A purpose in brackets at the end, "(FIRMA)", is no part of a name. */
static struct span
strip_purpose(struct span s)
{
	size_t end = s.len;

	while (end > 0 && s.p[end - 1] == ' ')
		end--;
	if (end == 0 || s.p[end - 1] != ')')
		return span_cut(s, 0, end);
	while (end > 0 && s.p[end - 1] != '(')
		end--;
	return end > 1 ? span_cut(s, 0, end - 1) : s;
}

static bool
has_digit(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] - (unsigned)'0' < 10)
			return true;
	return false;
}

/* Text without the words that have digits: numbers of identity documents and
 * of certificates do not belong to a name. */
static struct span
drop_numbers(struct finder *f, struct span s)
{
	uint8_t *q = has_digit(s) ? arena_get(f->arena, s.len) : NULL;
	size_t n = 0, at = 0, end;

	if (q == NULL)
		return s;
	for (; at < s.len; at = end) {
		for (end = at; end < s.len && s.p[end] != ' ' &&
			       s.p[end] != ',' && s.p[end] != '/';)
			end++;
		end += end < s.len;
		if (has_digit(span_cut(s, at, end - at)))
			continue;
		memcpy(q + n, s.p + at, end - at);
		n += end - at;
	}
	while (n > 0 && strchr(" ,/-", q[n - 1]) != NULL)
		n--;
	return span_of(q, n);
}

/* Is among the `n` bytes at q an at sign, of any width? */
static bool
has_sign(const uint8_t *q, size_t n)
{
	return memchr(q, '@', n) != NULL || memmem(q, n, "\uff20", 3) != NULL ||
	       memmem(q, n, "\ufe6b", 3) != NULL;
}

static struct span
without_addresses(struct finder *f, struct span s)
{
	uint8_t *q = arena_get(f->arena, s.len);
	size_t n = 0, end;

	for (size_t at = 0; q != NULL && at < s.len; at = end + 1) {
		end = at + span_chr(span_from(s, at), ' ');
		if (end == at || has_sign(s.p + at, end - at))
			continue;
		if (n > 0)
			q[n++] = ' ';
		memcpy(q + n, s.p + at, end - at);
		n += end - at;
	}
	return span_of(q, n);
}

bool
dn_drop_addresses(struct finder *f, struct chars *text)
{
	for (unsigned i = 0; i < text->num; i++)
		if (has_sign(text->cand[i].p, text->cand[i].len))
			text->cand[i] = without_addresses(f, text->cand[i]);
	return text->cand[0].len > 0;
}

/* Without blanks: how names are written where none are needed. */
static struct span
squeeze(struct finder *f, struct span s)
{
	uint8_t *q = arena_get(f->arena, s.len);
	size_t n = 0;

	for (size_t i = 0; q != NULL && i < s.len; i++)
		if (s.p[i] != ' ')
			q[n++] = s.p[i];
	return span_of(q, n);
}

/* "山田花子" beside the surname 山田 and the given name 花子, in any order. */
static bool
is_squeezed(struct finder *f, const struct dn *dn, struct span canonical)
{
	struct span common = squeeze(f, canonical), both;

	both = squeeze(
	    f, normal_name(f->arena, dn_join(f, &dn->given, &dn->surname, 0)));
	if (span_eq(common, both))
		return true;
	both = squeeze(
	    f, normal_name(f->arena, dn_join(f, &dn->surname, &dn->given, 0)));
	return span_eq(common, both);
}

bool
dn_is_host(struct span s)
{
	return span_chr(s, ' ') == s.len &&
	       (span_chr(s, '.') < s.len || span_chr(s, '/') < s.len);
}

/* What a commonName is to the structured name beside it. */
enum likeness { COMMON_SAME, COMMON_PART, COMMON_PATRONYMIC, COMMON_OTHER };

static enum likeness
compare(struct finder *f, const struct dn *dn, struct span canonical)
{
	struct span token[NAME_TOKENS];
	unsigned given, given_all, surname, surname_all;
	unsigned num =
	    normal_name_tokens(f->arena, token, NAME_TOKENS, canonical, 0);

	given = shared(f, &dn->given, token, num, &given_all);
	surname = shared(f, &dn->surname, token, num, &surname_all);
	if (is_squeezed(f, dn, canonical))
		return COMMON_SAME;
	if (given > 0 && surname > 0 && surname == surname_all)
		return COMMON_SAME;
	if (given == 0 && surname > 0 && surname == surname_all &&
	    given_all > 0)
		return COMMON_PATRONYMIC;
	return given + surname > 0 ? COMMON_PART : COMMON_OTHER;
}

/* All of the two together: "Surname Name" and the patronymic that stands in
 * givenName (UA, KZ). */
static struct span
with_given(struct finder *f, const struct dn *dn, const struct part *part,
    struct span text)
{
	struct parts both = {.num = 1};

	both.part[0] = *part;
	both.part[0].text.cand[0] = text;
	return dn_join(f, &both, &dn->given, 0);
}

/* It stands in another attribute too, with its type before it or without. */
static bool
is_known(const struct finder *f, const struct dn *dn, struct span number)
{
	struct span n = normal_fold(f->arena, number);

	for (uint32_t i = dn->first; i < f->out->num; i++) {
		const struct finding *g = &f->out->list[i];
		struct span s = g->canonical;

		if (g->kind == PII_NATIONAL_ID && s.len >= n.len &&
		    span_eq(span_from(s, s.len - n.len), n))
			return true;
	}
	return false;
}

/*
 * A commonName beside givenName or surname is the name as the person writes
 * it: fewer given names (BE), both surnames where `surname` has one (ES), all
 * but the patronymic (KZ). It says so by the words that it shares with them;
 * without any it is only possible.
 */
void
dn_put_common(struct finder *f, const struct dn *dn, struct part *part)
{
	struct span value, name;
	struct finding *out;
	struct person bare;
	enum likeness common;

	/* What is odd about it was reported when addresses were sought. */
	chars_decode(&part->text, f->arena, &part->attr.value);
	if (part->text.num == 0 || part->text.flags & CHARS_OVERSIZE ||
	    span_chr(part->text.cand[0], '@') < part->text.cand[0].len)
		return;
	person_bare(&bare, f->words, f->arena, part->text.cand[0]);
	if (dn_is_host(part->text.cand[0]) && bare.number.len == 0)
		return;
	part->place.tag = (uint8_t)part->attr.value.tag;
	part->place.flags = part->text.flags;
	part->place.reason = "commonName beside a structured name";
	value = part->text.cand[0];
	if (!f->cert->ca && !is_known(f, dn, bare.number))
		find_numbers(f, &part->place, &bare);
	name = drop_numbers(f, strip_purpose(bare.name));
	common = compare(f, dn, normal_name(f->arena, name));
	if (common == COMMON_OTHER && f->cert->ca)
		return;
	if (common == COMMON_PATRONYMIC)
		value = name = with_given(f, dn, part, name);
	out = find_add(
	    f, &part->place, PII_NAME, value, normal_name(f->arena, name));
	if (out == NULL || common == COMMON_SAME)
		return;
	out->confidence = common == COMMON_OTHER ? CONF_POSSIBLE : CONF_NAME;
	out->score = common == COMMON_OTHER ? 25 : 80;
}
