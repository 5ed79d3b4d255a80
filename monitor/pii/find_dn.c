/*
 * find_dn: distinguished names: each attribute by its carrier, and the name
 * of the person when the parts are all read (reference pii.md 4.2). A
 * commonName alone is no proof and stays unread here.
 */
#include "ctlog/base/text.h"
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
	bool person; /* has parts of a name, or a personal number */
};

static void
keep(struct finder *f, struct parts *to, const struct place *p,
    const struct carrier *c, const struct name_attr *attr)
{
	struct part *part = &to->part[to->num];

	if (to->num == PARTS) {
		f->out->dropped++;
		f->out->partial = true;
		return;
	}
	part->attr = *attr;
	part->carrier = c;
	part->place = *p;
	to->num++;
}

/* The same, decoded; a part too long for a name is reported and left out. */
static void
keep_text(struct finder *f, struct parts *to, const struct place *p,
    const struct carrier *c, const struct name_attr *attr)
{
	unsigned n = to->num;
	struct part *part = &to->part[n];

	keep(f, to, p, c, attr);
	if (to->num == n)
		return;
	if (!find_decode(f, &part->place, &part->text, &attr->value)) {
		to->num--;
		return;
	}
	find_addresses_in(f, &part->place, &part->text, HOW_TEXT, PII_EMAIL);
	if (part->text.flags & CHARS_OVERSIZE) {
		f->out->partial = true;
		to->num--;
	}
}

/* Addresses in a value that is nothing personal itself. */
static void
read_plain(struct finder *f, struct place *p, const struct der *value)
{
	struct chars text;

	if (find_nothing(value))
		return;
	if (der_is_constructed(value) && value->id & 0x10)
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
	p->carrier = c ? c->label[p->where] : carrier_general_name(p->where, 9);
	switch (c ? c->how : HOW_TEXT) {
	case HOW_SKIP:
		return;
	case HOW_COMMON:
		keep(f, &dn->common, p, c, attr);
		read_plain(f, p, &attr->value);
		return;
	case HOW_TEXT:
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
	}
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

		if (n + 1 + s.len > sizeof(text))
			break;
		if (n > 0)
			text[n++] = ' ';
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

/* A purpose in brackets at the end, "(FIRMA)", and what follows " - ": no
 * part of a name. */
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

/* A canonical name without tokens that have digits: numbers of identity
 * documents and of certificates. */
static struct span
drop_numbers(struct finder *f, struct span canonical)
{
	uint8_t *q = arena_get(f->arena, canonical.len);
	size_t n = 0, at = 0, len;

	while (q != NULL && at < canonical.len) {
		struct span token = span_from(canonical, at);
		bool number = false;

		len = span_chr(token, ' ');
		token = span_cut(token, 0, len);
		for (size_t i = 0; i < len; i++)
			number |= token.p[i] - (unsigned)'0' < 10;
		at += len + 1;
		if (number || span_eq_str(token, "-"))
			continue;
		if (n > 0)
			q[n++] = ' ';
		memcpy(q + n, token.p, len);
		n += len;
	}
	return span_of(q, n);
}

/*
 * A commonName beside givenName or surname that shares words with them is
 * the name as the person writes it: fewer given names (BE), both surnames
 * where `surname` has one (ES), or all but the patronymic, which stands in
 * givenName (KZ): then the two together are the name.
 */
static void
put_common(struct finder *f, const struct dn *dn, struct part *part)
{
	struct span token[NAME_TOKENS], canonical, value;
	unsigned num, given, given_all, surname, surname_all;
	struct finding *out;

	/* What is odd about it was reported when addresses were sought. */
	chars_decode(&part->text, f->arena, &part->attr.value);
	if (part->text.num == 0 || part->text.flags & CHARS_OVERSIZE ||
	    span_chr(part->text.cand[0], '@') < part->text.cand[0].len)
		return;
	part->place.tag = (uint8_t)part->attr.value.tag;
	part->place.flags = part->text.flags;
	value = strip_purpose(part->text.cand[0]);
	canonical = drop_numbers(f, normal_name(f->arena, value));
	num = normal_name_tokens(f->arena, token, NAME_TOKENS, canonical, 0);
	given = shared(f, &dn->given, token, num, &given_all);
	surname = shared(f, &dn->surname, token, num, &surname_all);
	if (given + surname == 0)
		return;
	part->place.reason = "commonName beside givenName and surname";
	if (given == 0 && surname == surname_all && dn->given.num > 0) {
		struct parts with = {.num = 1};

		with.part[0] = *part;
		with.part[0].text.cand[0] = canonical;
		value = join(f, &with, &dn->given, 0);
		canonical = normal_name(f->arena, value);
		part->place.reason =
		    "commonName and, beside it, a second given name";
	}
	out = find_add(f, &part->place, PII_NAME, value, canonical);
	if (out == NULL)
		return;
	if (given == 0 || surname == 0 || surname < surname_all) {
		out->confidence = CONF_NAME;
		out->score = 80;
	}
}

/* What the attributes say when they are all read. */
static void
finish(struct finder *f, struct dn *dn)
{
	bool named = dn->given.num + dn->surname.num > 0;

	if (named)
		put_structured(f, dn);
	for (unsigned i = 0; named && i < dn->common.num; i++)
		put_common(f, dn, &dn->common.part[i]);
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
dn_start(struct dn *dn)
{
	dn->given.num = dn->surname.num = 0;
	dn->common.num = dn->personal.num = 0;
	dn->person = false;
}

void
find_name(struct finder *f, const struct place *at, struct span name)
{
	struct name_attrs it = name_attrs_of(name);
	struct place p = *at;
	struct name_attr attr;
	struct dn dn;

	dn_start(&dn);
	while (name_attr_next(&it, &attr)) {
		if (p.root != NULL || at->index < 0)
			p.index = attr.index;
		else
			p.sub = attr.index;
		read_attr(f, &dn, &p, &attr);
	}
	if (it.cut) {
		f->out->partial = true;
		find_problem(f, at, "an attribute that cannot be read");
	}
	finish(f, &dn);
}

void
find_attributes(struct finder *f, const struct place *at, struct span list)
{
	struct place p = *at;
	struct name_attr attr;
	struct der t, oid;
	struct dn dn;

	dn_start(&dn);
	for (attr.index = 0; der_next(&t, &list); attr.index++) {
		struct span s = t.value, values;

		if (!der_next(&oid, &s) || oid.id != DER_OID ||
		    !der_next(&t, &s)) {
			f->out->partial = true;
			continue;
		}
		attr.oid = oid.value;
		p.index = attr.index;
		values = t.id == DER_SET ? t.value : t.whole;
		while (der_next(&attr.value, &values))
			read_attr(f, &dn, &p, &attr);
	}
	f->out->partial |= list.len > 0;
	finish(f, &dn);
}
