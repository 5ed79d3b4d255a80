/*
 * find_dn: distinguished names: each attribute by its carrier, and the name
 * of the person when the parts are all read (reference pii.md 4.2). A
 * commonName beside them is judged in find_common.c, one alone later in
 * find_person.c; numbers in find_serial.c.
 */
#include "ctlog/x509/oid.h"
#include "monitor/pii/dn.h"
#include "monitor/pii/normal.h"

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

/* Bits that are no text tell persons of one name apart. */
static bool
is_bits(const struct carrier *c, const struct der *value)
{
	return c->how == HOW_SERIAL && !der_is_constructed(value) &&
	       (value->id == DER_BIT_STRING || value->id == DER_OCTET_STRING);
}

/* The same, decoded. An address is no part of a name. */
static void
keep_text(struct finder *f, struct parts *to, const struct place *p,
    const struct carrier *c, const struct name_attr *attr)
{
	unsigned n = to->num;
	struct part *part = &to->part[n];

	keep(f, to, p, c, attr);
	if (to->num == n)
		return;
	if (!find_decode(f, &part->place, &part->text, &part->attr.value)) {
		to->num -= !is_bits(c, &part->attr.value);
		return;
	}
	if (find_nothing(&part->attr.value))
		return;
	find_addresses_in(f, &part->place, &part->text, HOW_TEXT, PII_EMAIL);
	if ((c->how == HOW_GIVEN || c->how == HOW_SURNAME) &&
	    !dn_drop_addresses(f, &part->text))
		to->num--;
}

/* All strings of a value that somebody made a structure. */
static void
keep_each(struct finder *f, struct parts *to, const struct place *p,
    const struct carrier *c, const struct name_attr *attr)
{
	bool text = c != NULL && c->how != HOW_COMMON && c->how != HOW_PERSONAL;
	struct name_attr leaf = *attr;
	struct der_walk w;
	struct span in;

	if (!find_inside(&in, &attr->value)) {
		(text ? keep_text : keep)(f, to, p, c, attr);
		return;
	}
	der_walk_start(&w, in);
	while (der_walk_leaf(&w, &leaf.value))
		(text ? keep_text : keep)(f, to, p, c, &leaf);
	if (w.cut)
		find_cut(f, p, "nested too deep, too long or cut short");
}

/* Addresses in a value that is nothing personal itself. */
static void
read_plain(struct finder *f, struct place *p, const struct der *value)
{
	struct chars text;
	struct span in;

	if (find_nothing(value))
		return;
	if (find_inside(&in, value))
		find_strings(f, p, in);
	else if (find_decode(f, p, &text, value))
		find_addresses_in(f, p, &text, HOW_TEXT, PII_EMAIL);
}

/* Text that may be a name: a type that nobody knows is read like a commonName,
 * which a number or a single word of a code is not. */
static bool
may_be_name(const struct der *value)
{
	struct span s = value->value;
	bool letter = false, gap = value->tag == DER_BMP_STRING;

	if (!der_is_universal(value) || der_is_constructed(value) ||
	    value->tag < DER_UTF8_STRING || value->tag == DER_UTC_TIME ||
	    value->tag == DER_GENERALIZED_TIME || s.len > LIMIT_QUOTE)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		letter |= (s.p[i] | 0x20u) - 'a' < 26 || s.p[i] >= 0x80;
		gap |= s.p[i] == ' ' || s.p[i] >= 0x80;
	}
	return letter && gap;
}

static void
read_unknown(struct finder *f, struct dn *dn, struct place *p,
    const struct name_attr *attr)
{
	if (may_be_name(&attr->value))
		keep(f, &dn->unknown, p, NULL, attr);
	read_plain(f, p, &attr->value);
}

static void
read_text(struct finder *f, struct dn *dn, struct place *p,
    const struct name_attr *attr)
{
	if (oid_is(attr->oid, OID_ORGANIZATION))
		dn->org = attr->value;
	else if (oid_is(attr->oid, OID_COUNTRY))
		dn->country = attr->value.value;
	read_plain(f, p, &attr->value);
}

/* A number as those of persons are: seven digits at least. */
static bool
may_be_number(struct span s)
{
	unsigned n = 0;

	for (size_t i = 0; i < s.len && n < 7; i++)
		n += s.p[i] - (unsigned)'0' < 10;
	return n == 7;
}

/* A department, or what some nations put there: a personal number. */
static void
read_unit(struct finder *f, struct dn *dn, struct place *p,
    const struct carrier *c, const struct name_attr *attr)
{
	if (may_be_number(attr->value.value))
		keep_each(f, &dn->serial, p, c, attr);
	else
		read_plain(f, p, &attr->value);
}

/* The name of somebody else: of the manager, say. As text "CN=Jane Roe,O=...",
 * which is taken for no more than possible. */
static void
read_dn(struct finder *f, struct place *p, const struct carrier *c,
    const struct der *value)
{
	struct carrier text = {.how = HOW_LDAP_DN, .kind = c->kind};

	if (value->id != DER_SEQUENCE) {
		find_value(f, p, &text, value);
	} else if (f->nested < 2) {
		f->nested++;
		find_name(f, p, value->value);
		f->nested--;
	} else {
		find_strings(f, p, value->value);
	}
}

void
dn_read(struct finder *f, struct dn *dn, struct place *p,
    const struct name_attr *attr)
{
	const struct carrier *c = carrier_attr(f->carriers, attr->oid);
	uint32_t before = f->out->num;

	p->oid = attr->oid;
	p->flags = c == NULL ? FLAG_UNKNOWN_ATTR : 0;
	p->carrier = c ? c->label[p->where] : carrier_unknown(p->where);
	if (c == NULL) {
		read_unknown(f, dn, p, attr);
		return;
	}
	switch (c->how) {
	case HOW_SKIP:
		return;
	case HOW_COMMON:
		keep_each(f, &dn->common, p, c, attr);
		read_plain(f, p, &attr->value);
		return;
	case HOW_TEXT:
		read_text(f, dn, p, attr);
		return;
	case HOW_GIVEN:
		keep_each(f, &dn->given, p, c, attr);
		return;
	case HOW_SURNAME:
		keep_each(f, &dn->surname, p, c, attr);
		return;
	case HOW_PERSONAL:
		keep(f, &dn->personal, p, c, attr);
		return;
	case HOW_UNIT:
		read_unit(f, dn, p, c, attr);
		return;
	case HOW_SERIAL:
	case HOW_LOGIN:
		keep_each(f, &dn->serial, p, c, attr);
		return;
	case HOW_DN:
		read_dn(f, p, c, &attr->value);
		return;
	default:
		find_value(f, p, c, &attr->value);
		dn->person |=
		    f->out->num > before && c->kind == PII_NATIONAL_ID;
		dn->pseudonym |= c->kind == PII_PSEUDONYM;
	}
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
	struct span value = dn_join(f, g, s, 0);
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
		out->alt = normal_name(f->arena, dn_join(f, g, s, 1));
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
		dn_put_common(f, dn, part);
}

/* A name under a type that nobody knows. */
static void
finish_unknown(struct finder *f, struct dn *dn)
{
	for (unsigned i = 0; i < dn->unknown.num; i++) {
		struct part *part = &dn->unknown.part[i];

		if (part->place.side == SIDE_SUBJECT && !f->cert->ca)
			find_common_later(
			    f, &part->place, &part->attr.value, &dn->org);
	}
}

void
dn_finish(struct finder *f, struct dn *dn)
{
	bool named = dn->given.num + dn->surname.num > 0;

	if (named)
		put_structured(f, dn);
	dn_put_serials(f, dn, named);
	for (unsigned i = 0; i < dn->common.num; i++)
		finish_common(f, dn, &dn->common.part[i], named);
	for (unsigned i = 0; i < dn->personal.num; i++) {
		struct part *part = &dn->personal.part[i];

		if (named || dn->person ||
		    (dn->org.value.len == 0 && dn_is_personal(f))) {
			find_value(
			    f, &part->place, part->carrier, &part->attr.value);
			continue;
		}
		read_plain(f, &part->place, &part->attr.value);
		if (dn->common.num > 0)
			find_personal_later(
			    f, &part->place, &part->attr.value, part->carrier);
	}
	finish_unknown(f, dn);
}

void
dn_start(struct dn *dn, const struct finder *f)
{
	dn->given.num = dn->surname.num = 0;
	dn->common.num = dn->personal.num = 0;
	dn->serial.num = dn->unknown.num = 0;
	dn->country = span_of(NULL, 0);
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
		dn_read(f, &dn, &p, &attr);
	}
	if (it.cut)
		find_cut(f, at, "an attribute that cannot be read");
	if (it.unmarked)
		find_problem(
		    f, at, "SEQUENCE or SET without its constructed bit");
	dn_finish(f, &dn);
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
			dn_read(f, &dn, &p, &attr);
	}
	if (list.len > 0)
		find_cut(f, at, "an attribute that cannot be read");
	dn_finish(f, &dn);
}

void
find_attribute(
    struct finder *f, const struct place *at, const struct name_attr *attr)
{
	struct place p = *at;
	struct dn dn;

	dn_start(&dn, f);
	dn_read(f, &dn, &p, attr);
	dn_finish(f, &dn);
}

/* SEQUENCE { type of an attribute, value or SET OF value }, at any depth. */
void
find_loose_attributes(
    struct finder *f, const struct place *at, struct span ders)
{
	struct place p = *at;
	struct name_attr attr = {.index = 0};
	struct der_walk w;
	struct der t, oid;
	bool any = false;
	struct dn dn;

	dn_start(&dn, f);
	der_walk_start(&w, ders);
	while (der_walk_next(&w, &t)) {
		struct span s = t.value, values;

		if (t.id != DER_SEQUENCE || !der_first(&oid, s, DER_OID) ||
		    carrier_attr(f->carriers, oid.value) == NULL)
			continue;
		attr.oid = oid.value;
		values = span_from(s, oid.whole.len);
		if (der_first(&t, values, DER_SET))
			values = t.value;
		for (any = true; der_next(&attr.value, &values);)
			dn_read(f, &dn, &p, &attr);
	}
	if (w.cut)
		find_cut(f, at, "nested too deep, too long or cut short");
	dn_finish(f, &dn);
	if (!any)
		find_strings(f, at, ders);
}
