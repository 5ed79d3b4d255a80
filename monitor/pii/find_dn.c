/*
 * find_dn: distinguished names: each attribute by its carrier, and the name
 * of the person when the parts are all read (reference pii.md 4.2). A
 * commonName alone is judged later: find_person.c.
 */
#include "ctlog/base/text.h"
#include "ctlog/x509/oid.h"
#include "monitor/pii/finder.h"
#include "monitor/pii/normal.h"

#define PARTS 8

/* One part of a name, or an attribute that waits for the others. */
struct part {
	struct name_attr attr;
	const struct carrier *carrier;
	struct chars text;
	struct place place;
};

struct parts {
	struct part part[PARTS];
	unsigned num;
};

struct dn {
	struct parts given, surname, common, personal;
	struct der org;
	uint32_t first; /* finding of this name */
	bool person;    /* has a personal number */
	bool pseudonym;
};

static void
keep(struct finder *f, struct parts *to, const struct place *p,
    const struct carrier *c, const struct name_attr *attr)
{
	struct part *part = &to->part[to->num];

	if (to->num == PARTS) {
		find_drop(f, p);
		return;
	}
	part->attr = *attr;
	part->carrier = c;
	part->place = *p;
	to->num++;
}

/* A value that somebody put into a SEQUENCE: the first thing in it. */
static void
unwrap(struct der *value)
{
	struct span s;

	for (int i = 0; i < LIMIT_DEPTH; i++) {
		s = value->value;
		if ((value->id != DER_SEQUENCE && value->id != DER_SET) ||
		    !der_next(value, &s))
			return;
	}
}

/* The same, decoded. */
static void
keep_text(struct finder *f, struct parts *to, const struct place *p,
    const struct carrier *c, const struct name_attr *attr)
{
	unsigned n = to->num;
	struct part *part = &to->part[n];

	keep(f, to, p, c, attr);
	if (to->num == n)
		return;
	unwrap(&part->attr.value);
	if (!find_decode(f, &part->place, &part->text, &part->attr.value)) {
		to->num--;
		return;
	}
	find_addresses_in(f, &part->place, &part->text, HOW_TEXT, PII_EMAIL);
}

/* Addresses in a value that is nothing personal itself. */
static void
read_plain(struct finder *f, struct place *p, const struct der *value)
{
	struct chars text;

	if (find_nothing(value))
		return;
	if (value->id == DER_SEQUENCE || value->id == DER_SET ||
	    (value->id == DER_OCTET_STRING && der_is_well_formed(value->value)))
		find_strings(f, p, value->value);
	else if (find_decode(f, p, &text, value))
		find_addresses_in(f, p, &text, HOW_TEXT, PII_EMAIL);
}

static void
read_attr(struct finder *f, struct dn *dn, struct place *p,
    const struct name_attr *attr)
{
	const struct carrier *c = carrier_attr(f->carriers, attr->oid);
	uint32_t before = f->out->num;

	p->oid = attr->oid;
	p->flags = c == NULL ? FLAG_UNKNOWN_ATTR : 0;
	p->carrier = c ? c->label[p->where] : carrier_unknown(p->where);
	switch (c ? c->how : HOW_TEXT) {
	case HOW_SKIP:
		return;
	case HOW_COMMON:
		keep(f, &dn->common, p, c, attr);
		read_plain(f, p, &attr->value);
		return;
	case HOW_TEXT:
		if (oid_is(attr->oid, OID_ORGANIZATION))
			dn->org = attr->value;
		read_plain(f, p, &attr->value);
		return;
	case HOW_GIVEN:
		keep_text(f, &dn->given, p, c, attr);
		return;
	case HOW_SURNAME:
		keep_text(f, &dn->surname, p, c, attr);
		return;
	case HOW_PERSONAL:
		keep(f, &dn->personal, p, c, attr);
		return;
	default:
		find_value(f, p, c, &attr->value);
		dn->person |= f->out->num > before && c->how == HOW_SERIAL;
		dn->pseudonym |= c->kind == PII_PSEUDONYM;
	}
}

/* At most `max` bytes, without half a character at the end. */
static struct span
cut_text(struct span s, size_t max)
{
	s = span_cut(s, 0, max);
	return span_cut(s, 0, text_utf8_len(s));
}

/* The readings number `i` of some parts, with blanks between. */
static struct span
join(struct finder *f, const struct parts *a, const struct parts *b,
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

static uint32_t
flags_of(const struct parts *a)
{
	uint32_t flags = 0;

	for (unsigned i = 0; i < a->num; i++)
		flags |= a->part[i].place.flags;
	return flags;
}

static bool
has_second_reading(const struct parts *a)
{
	for (unsigned i = 0; i < a->num; i++)
		if (a->part[i].text.behind > 1)
			return true;
	return false;
}

/* givenName and surname: a name, without any guessing. */
static void
put_structured(struct finder *f, const struct dn *dn)
{
	const struct parts *g = &dn->given, *s = &dn->surname;
	struct place p = g->num ? g->part[0].place : s->part[0].place;
	struct span value = join(f, g, s, 0);
	struct finding *out;

	p.flags = flags_of(g) | flags_of(s);
	p.reason = g->num == 0   ? "surname without givenName"
		   : s->num == 0 ? "givenName without surname"
				 : "givenName and surname";
	out = find_add(f, &p, PII_NAME, value, normal_name(f->arena, value));
	if (out == NULL)
		return;
	out->score = g->num == 0 ? 80 : s->num == 0 ? 60 : 100;
	if (p.flags & FLAG_OVERSIZE) {
		/* Cut to what is kept of a value: no longer a fact. */
		out->confidence = CONF_POSSIBLE;
		out->score = 25;
	}
	if (has_second_reading(g) || has_second_reading(s))
		out->alt = normal_name(f->arena, join(f, g, s, 1));
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
	struct span token[NAME_TOKENS], text = join(f, parts, &none, 0);
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
	    f, normal_name(f->arena, join(f, &dn->given, &dn->surname, 0)));
	if (span_eq(common, both))
		return true;
	both = squeeze(
	    f, normal_name(f->arena, join(f, &dn->surname, &dn->given, 0)));
	return span_eq(common, both);
}

/* A host or a URL: one word with a full stop or a slash in it. */
static bool
is_host(struct span s)
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
	return join(f, &both, &dn->given, 0);
}

/*
 * A commonName beside givenName or surname is the name as the person writes
 * it: fewer given names (BE), both surnames where `surname` has one (ES), all
 * but the patronymic (KZ). It says so by the words that it shares with them;
 * without any it is only possible.
 */
static void
put_common(struct finder *f, const struct dn *dn, struct part *part)
{
	struct span value, name;
	struct finding *out;
	enum likeness common;

	/* What is odd about it was reported when addresses were sought. */
	chars_decode(&part->text, f->arena, &part->attr.value);
	if (part->text.num == 0 || part->text.flags & CHARS_OVERSIZE ||
	    span_chr(part->text.cand[0], '@') < part->text.cand[0].len ||
	    is_host(part->text.cand[0]))
		return;
	part->place.tag = (uint8_t)part->attr.value.tag;
	part->place.flags = part->text.flags;
	part->place.reason = "commonName beside a structured name";
	value = part->text.cand[0];
	name = drop_numbers(f, strip_purpose(part->text.cand[0]));
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

/* The commonName is the pseudonym over again. */
static bool
is_pseudonym(struct finder *f, uint32_t from, const struct part *part)
{
	struct chars text;
	struct span folded;

	chars_decode(&text, f->arena, &part->attr.value);
	folded =
	    text.num ? normal_fold(f->arena, text.cand[0]) : span_of(NULL, 0);
	for (uint32_t i = from; i < f->out->num; i++)
		if (f->out->list[i].kind == PII_PSEUDONYM &&
		    span_eq(f->out->list[i].canonical, folded))
			return true;
	return false;
}

static void
finish_common(struct finder *f, struct dn *dn, struct part *part, bool named)
{
	if (!named && !dn->pseudonym)
		find_common_later(f, &part->place, &part->attr.value, &dn->org);
	else if (!is_pseudonym(f, dn->first, part))
		put_common(f, dn, part);
}

/* What the attributes say when they are all read. */
static void
finish(struct finder *f, struct dn *dn)
{
	bool named = dn->given.num + dn->surname.num > 0;

	if (named)
		put_structured(f, dn);
	for (unsigned i = 0; i < dn->common.num; i++)
		finish_common(f, dn, &dn->common.part[i], named);
	for (unsigned i = 0; i < dn->personal.num; i++) {
		struct part *part = &dn->personal.part[i];

		if (named || dn->person)
			find_value(
			    f, &part->place, part->carrier, &part->attr.value);
		else
			read_plain(f, &part->place, &part->attr.value);
	}
}

static void
dn_start(struct dn *dn, const struct finder *f)
{
	dn->given.num = dn->surname.num = 0;
	dn->common.num = dn->personal.num = 0;
	dn->first = f->out->num;
	dn->person = dn->pseudonym = false;
	dn->org = (struct der){0};
}

void
find_name(struct finder *f, const struct place *at, struct span name)
{
	struct name_attrs it = name_attrs_of(name);
	struct place p = *at;
	struct name_attr attr;
	struct dn dn;

	dn_start(&dn, f);
	while (name_attr_next(&it, &attr)) {
		if (p.root != NULL || at->index < 0)
			p.index = attr.index;
		else
			p.sub = attr.index;
		read_attr(f, &dn, &p, &attr);
	}
	if (it.cut)
		find_cut(f, at, "an attribute that cannot be read");
	finish(f, &dn);
}

void
find_attributes(struct finder *f, const struct place *at, struct span list)
{
	struct place p = *at;
	struct name_attr attr;
	struct der t, oid;
	struct dn dn;

	dn_start(&dn, f);
	for (attr.index = 0; der_next(&t, &list); attr.index++) {
		struct span s = t.value, values;

		if (!der_next(&oid, &s) || oid.id != DER_OID ||
		    !der_next(&t, &s)) {
			find_cut(f, at, "an attribute that cannot be read");
			continue;
		}
		attr.oid = oid.value;
		p.index = attr.index;
		values = t.id == DER_SET ? t.value : t.whole;
		while (der_next(&attr.value, &values))
			read_attr(f, &dn, &p, &attr);
	}
	if (list.len > 0)
		find_cut(f, at, "an attribute that cannot be read");
	finish(f, &dn);
}
