/* find_ext: extensions by their row in the table; see finder.h. */
#include "monitor/pii/dn.h"
#include "monitor/pii/normal.h"

/* A string somewhere in a structure. Bytes under a context tag, in OCTET STRINGs
 * and BIT STRINGs may be anything: they must look like text, or what is text in
 * them is taken. */
static void
read_string(struct finder *f, const struct place *at, const struct der *t)
{
	struct span bytes = span_from(t->value, t->id == DER_BIT_STRING);
	struct place p = *at;
	struct chars text;
	bool named = der_is_universal(t) && t->tag >= DER_UTF8_STRING;

	if (find_nothing(t) || (!named && address_impossible(bytes)))
		return;
	if (named || chars_is_text(bytes)) {
		if (find_decode(f, &p, &text, t))
			find_addresses_in(f, &p, &text, HOW_TEXT, PII_EMAIL);
	} else if (t->id != DER_OID && span_chr(bytes, '@') < bytes.len) {
		find_raw(f, at, bytes, false);
	}
}

/* The contents are TLVs, and not text that looks so ("A ...", with a length of
 * 32 in its blank). */
static bool
is_der(struct span s)
{
	return s.len > 2 && der_is_well_formed(s) &&
	       !(s.p[0] >= 0x40 && chars_is_text(s));
}

bool
find_inside(struct span *in, const struct der *t)
{
	*in = t->value;
	if (der_is_constructed(t))
		return der_is_structure(t);
	if (t->id == DER_BIT_STRING)
		*in = span_from(*in, 1);
	else if (t->id != DER_OCTET_STRING)
		return false;
	return is_der(*in);
}

void
find_strings(struct finder *f, const struct place *p, struct span ders)
{
	struct der_walk w;
	struct span in;
	struct der t;

	der_walk_start(&w, ders);
	while (der_walk_leaf(&w, &t)) {
		if (find_inside(&in, &t) ||
		    ((t.id & 0xe0) == DER_CONTEXT && is_der(in)))
			der_walk_into(&w, in);
		else
			read_string(f, p, &t);
	}
	if (!w.cut)
		return;
	find_cut(f, p, "nested too deep, too long or cut short");
	find_raw(f, p, ders, false);
}

/* AuthorityKeyIdentifier ::= SEQUENCE { [0] keyIdentifier,
 * [1] authorityCertIssuer GeneralNames, [2] serial } */
static void
read_aki(struct finder *f, const struct place *p, struct span value)
{
	struct der t;
	struct span s;

	if (!der_first(&t, value, DER_SEQUENCE)) {
		find_foreign(f, p, value);
		return;
	}
	for (s = t.value; der_next(&t, &s);)
		if ((t.id | DER_CONSTRUCTED) == (DER_CONTEXT_CONSTRUCTED | 1))
			find_general_names(f, p, t.value);
	if (s.len > 0)
		find_cut(f, p, "an element that cannot be read");
}

/* The one value of an extension: a string or a structure, or bare bytes. */
static struct der
only_value(struct span value)
{
	struct span s = value;
	struct der t;

	if (der_next(&t, &s) && s.len == 0 && !t.marks &&
	    der_is_universal(&t) &&
	    (der_is_constructed(&t) ? der_is_well_formed(value)
				    : t.tag >= DER_UTF8_STRING))
		return t;
	return (struct der){.id = DER_UTF8_STRING,
	    .tag = DER_UTF8_STRING,
	    .whole = value,
	    .value = value};
}

/* Bytes that are no TLVs from end to end: text, a structure that is nested too
 * deep or damaged and perhaps more behind it, a string cut short, or anything. */
static void
scan_bytes(struct finder *f, const struct place *at, struct span value)
{
	struct der t = only_value(value), first = {0};
	struct span rest = value;
	struct place p = *at;
	struct chars text;

	if (!chars_is_text(value)) {
		if (!der_next(&first, &rest)) {
			find_raw(f, at, value, false);
			return;
		}
		if (first.id == DER_SEQUENCE || first.id == DER_SET) {
			find_strings(f, at, first.whole);
			find_raw(f, at, rest, false);
			return;
		}
		t = first;
		if (!(t.marks & DER_TRUNCATED) || !der_is_universal(&t) ||
		    der_is_constructed(&t) || t.tag < DER_UTF8_STRING) {
			find_raw(f, at, value, false);
			return;
		}
	}
	if (find_decode(f, &p, &text, &t))
		find_addresses_in(f, &p, &text, HOW_TEXT, PII_EMAIL);
}

/* An extension of which nothing is known. */
static void
scan(struct finder *f, const struct place *at, struct span value)
{
	if (der_is_well_formed(value))
		find_strings(f, at, value);
	else
		scan_bytes(f, at, value);
}

void
find_foreign(struct finder *f, const struct place *p, struct span value)
{
	find_cut(f, p, "not what this extension should be");
	scan(f, p, value);
}

static void
read_only(struct finder *f, struct place *p, const struct ext_carrier *c,
    struct span value)
{
	struct der t = only_value(value);
	struct carrier row = {.how = HOW_VALUE, .kind = c->kind};
	struct chars text;

	if (c->how == EXT_VALUE)
		find_value(f, p, &row, &t);
	else if (find_decode(f, p, &text, &t))
		find_repo(f, p, text.cand[0]);
}

/* SEQUENCE { [0] { OID 1.3.6.1.4.1.311.25.2.1, [0] OCTET STRING "S-1-..." } }
 * (MS-WCCE 2.2.2.7.7.4) */
static void
read_sid(struct finder *f, struct place *p, struct span value)
{
	struct der_walk w;
	struct der t;

	if (!address_absent(value))
		scan(f, p, value);
	der_walk_start(&w, value);
	while (der_walk_next(&w, &t))
		if (!der_is_constructed(&t) && chars_is_text(t.value) &&
		    span_starts(t.value, span_str("S-"))) {
			p->tag = (uint8_t)t.tag;
			find_add(f, p, PII_ACCOUNT_ID, t.value,
			    normal_fold(f->arena, t.value));
		}
}

/* An attribute in the form of an extension: names are put together when all of
 * them are read. */
static void
read_attr_ext(struct finder *f, struct place *p, struct span value)
{
	struct name_attr attr = {.oid = p->ext, .value = only_value(value)};

	if (!f->has_ext_dn)
		dn_start(f->ext_dn, f);
	f->has_ext_dn = true;
	dn_read(f, f->ext_dn, p, &attr);
}

void
find_ext_attrs(struct finder *f)
{
	if (f->has_ext_dn)
		dn_finish(f, f->ext_dn);
}

static void
read_known(struct finder *f, struct place *p, const struct ext_carrier *c,
    struct span value)
{
	const struct carrier opaque = {.how = HOW_OPAQUE, .kind = c->kind};
	struct der t;

	switch (c->how) {
	case EXT_SKIP:
		return;
	case EXT_NAMES:
		find_general_names(f, p, value);
		return;
	case EXT_AKI:
		read_aki(f, p, value);
		return;
	case EXT_SDA:
		if (der_first(&t, value, DER_SEQUENCE))
			find_attributes(f, p, t.value);
		else
			find_foreign(f, p, value);
		return;
	case EXT_SID:
		read_sid(f, p, value);
		return;
	case EXT_VALUE:
	case EXT_REPO:
		read_only(f, p, c, value);
		return;
	case EXT_ATTR:
		read_attr_ext(f, p, value);
		return;
	case EXT_OPAQUE:
		if (der_next(&t, &value))
			find_value(f, p, &opaque, &t);
		return;
	case EXT_NOTICE:
		find_problem(f, p, c->note);
		scan(f, p, value);
		return;
	case EXT_SCAN:
	case EXT_TEMPLATE:
		scan(f, p, value);
		return;
	default:
		find_profile(f, p, c, value);
	}
}

/* AuthorityKeyIdentifier with the keyIdentifier alone. */
static bool
is_key_alone(struct span s)
{
	return s.len >= 4 && s.len < 0x80 && s.p[0] == DER_SEQUENCE &&
	       s.p[1] == s.len - 2 && s.p[2] == DER_CONTEXT &&
	       s.p[3] == s.len - 4;
}

/* The usual extension, with nothing in it. */
static bool
is_idle(const struct ext_carrier *c, struct span value)
{
	if (c == NULL || c->how == EXT_SCAN || c->how == EXT_TEMPLATE ||
	    c->how == EXT_POLICIES ||
	    (c->how == EXT_ACCESS && c->side == SIDE_ISSUER))
		return address_absent(value);
	if (c->how == EXT_AKI)
		return is_key_alone(value) && span_chr(value, '@') == value.len;
	return c->how == EXT_SKIP;
}

static void
read_ext(
    struct finder *f, const struct cert_ext *e, const struct ext_carrier *c)
{
	struct place p = {.where = IN_EXT, .index = -1, .sub = -1};
	struct place at;
	struct span value = e->value;
	uint32_t before = f->out->num;
	struct der octets;

	if (e->segmented && der_first(&octets, e->octets, e->octets.p[0]))
		value = der_join(f->arena, &octets);
	p.ext = p.oid = e->oid;
	if (c == NULL) {
		p.flags = FLAG_UNKNOWN_EXT;
		p.carrier = carrier_unknown(IN_EXT);
		scan(f, &p, value);
		return;
	}
	p.where = c->where;
	p.side = c->side;
	p.carrier = c->label;
	at = p;
	read_known(f, &p, c, value);
	/* Nothing there of what should be: whatever it is, in no silence. */
	if (f->out->num == before && c->how != EXT_SKIP &&
	    c->how != EXT_NAMES && span_chr(value, '@') < value.len)
		scan(f, &at, value);
}

/* The key of an issuer, which many certificates have; by chance there is an at
 * sign in it. */
static void
read_key(
    struct finder *f, const struct cert_ext *e, const struct ext_carrier *c)
{
	uint32_t before = f->out->num;

	if (quiet_has(f->keys, e->value))
		return;
	read_ext(f, e, c);
	if (f->out->num == before && find_is_calm(f))
		quiet_keep(f->keys, e->value);
}

void
find_ext(struct finder *f, const struct cert_ext *e)
{
	const struct ext_carrier *c = carrier_ext(f->carriers, e->oid);

	if (!e->segmented && is_idle(c, e->value))
		return;
	if (!e->segmented && c != NULL && c->how == EXT_AKI &&
	    is_key_alone(e->value))
		read_key(f, e, c);
	else
		read_ext(f, e, c);
}
