/*
 * extract: a certificate from end to end; see extract.h. The parts are in
 * find*.c, the table of carriers in carrier.c, classes in class.c; here also
 * the names that alerts mention.
 */
#include "monitor/pii/extract.h"

#include <stdlib.h>

#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "ctlog/x509/oid.h"
#include "monitor/pii/class.h"
#include "monitor/pii/dn.h"
#include "monitor/pii/normal.h"

struct extractor {
	struct carriers *carriers;
	struct words *words;
	struct tlds *tlds;
	struct class_memo memo;
	struct quiet issuers, keys;
};

struct extractor *
extractor_new(void)
{
	struct extractor *x = NEW(struct extractor);

	x->carriers = carriers_new();
	x->words = words_new();
	x->tlds = tlds_new();
	return x;
}

void
extractor_free(struct extractor *x)
{
	if (x == NULL)
		return;
	carriers_free(x->carriers);
	words_free(x->words);
	tlds_free(x->tlds);
	free(x);
}

static struct place
place_of(enum where where, enum pii_side side, const char *root)
{
	return (struct place){.where = where,
	    .side = side,
	    .root = root,
	    .index = -1,
	    .sub = -1,
	    .carrier = root};
}

/* A unique identifier (RFC 5280 4.1.2.8): bits, which may be text. */
static void
read_unique_id(struct finder *f, enum pii_side side, struct span bits)
{
	struct place p = place_of(IN_EXT, side,
	    side == SIDE_ISSUER ? "issuerUniqueID" : "subjectUniqueID");
	struct der t = {.id = DER_OCTET_STRING,
	    .tag = DER_OCTET_STRING,
	    .whole = bits,
	    .value = bits};
	struct chars text;

	if (span_chr(bits, '@') == bits.len)
		return;
	if (!chars_is_text(bits))
		find_raw(f, &p, bits, false);
	else if (find_decode(f, &p, &text, &t))
		find_addresses_in(f, &p, &text, HOW_TEXT, PII_EMAIL);
}

/* Extensions that a request asks for in further attributes. */
static uint32_t
read_requested(struct finder *f, struct extractor *x)
{
	struct cert c = *f->cert;
	struct cert_requested it = cert_requested_of(&c);
	struct cert_exts exts;
	struct cert_ext e;
	uint32_t set = 0;

	while (cert_requested_next(&it, &c, NULL)) {
		if (c.extensions.p == f->cert->extensions.p)
			continue;
		exts = cert_exts_of(&c);
		while (cert_ext_next(&exts, &e)) {
			find_ext(f, &e);
			set |= class_of_ext(&x->memo, x->carriers, &e);
		}
	}
	return set;
}

/* Only what is nothing personal in an issuer, whatever the certificate: then no
 * more than addresses is looked for. */
static bool
is_plain(struct span name)
{
	struct name_attrs it = name_attrs_of(name);
	struct name_attr attr;

	while (name_attr_next(&it, &attr))
		if (!oid_is(attr.oid, OID_COMMON_NAME) &&
		    !oid_is(attr.oid, OID_ORGANIZATION) &&
		    !oid_is(attr.oid, OID_COUNTRY))
			return false;
	return !it.cut && !it.unmarked;
}

static void
read_issuer_name(struct finder *f, struct extractor *x)
{
	struct place issuer = place_of(IN_ISSUER, SIDE_ISSUER, "issuer");
	struct span name = f->cert->issuer;
	uint32_t before = f->out->num;

	if (name.len == 0 || quiet_has(&x->issuers, name))
		return;
	find_name(f, &issuer, name);
	if (f->out->num == before && find_is_calm(f) && is_plain(name))
		quiet_keep(&x->issuers, name);
}

/* All values; returns the classes. */
static uint32_t
read_all(struct finder *f, struct extractor *x)
{
	const struct cert *c = f->cert;
	struct cert_exts it = cert_exts_of(c);
	struct cert_ext e;
	uint32_t set = 0;
	struct place subject = place_of(IN_SUBJECT, SIDE_SUBJECT, "subject");
	struct place request = place_of(IN_REQUEST, SIDE_SUBJECT, "request");

	find_name(f, &subject, c->subject);
	read_issuer_name(f, x);
	while (cert_ext_next(&it, &e)) {
		find_ext(f, &e);
		set |= class_of_ext(&x->memo, x->carriers, &e);
	}
	find_ext_attrs(f);
	if (c->attributes.len > 0) {
		set |= read_requested(f, x);
		find_attributes(f, &request, c->attributes);
	}
	read_unique_id(f, SIDE_ISSUER, c->issuer_uid);
	read_unique_id(f, SIDE_SUBJECT, c->subject_uid);
	return class_whole(c, set);
}

/* The first reading of the last attribute of this type. */
static void
take(struct span *out, struct arena *a, const struct name_attr *attr)
{
	struct chars text;

	chars_decode(&text, a, &attr->value);
	if (text.num == 0)
		return;
	*out = span_cut(text.cand[0], 0, LIMIT_VALUE);
	out->len = text_utf8_len(*out);
}

static void
read_issuer(struct facts *out, struct arena *a, struct span name)
{
	struct name_attrs it = name_attrs_of(name);
	struct name_attr attr;

	while (name_attr_next(&it, &attr)) {
		if (oid_is(attr.oid, OID_COMMON_NAME))
			take(&out->issuer_cn, a, &attr);
		else if (oid_is(attr.oid, OID_ORGANIZATION))
			take(&out->issuer_org, a, &attr);
	}
}

static void
read_subject(struct facts *out, struct arena *a, struct span name)
{
	struct name_attrs it = name_attrs_of(name);
	struct name_attr attr;

	while (name_attr_next(&it, &attr)) {
		struct span *to =
		    oid_is(attr.oid, OID_ORGANIZATION) ? &out->subject_org
		    : oid_is(attr.oid, OID_COUNTRY)    ? &out->country
		    : oid_is(attr.oid, OID_LOCALITY)   ? &out->locality
						       : NULL;

		if (oid_is(attr.oid, OID_ORGANIZATION_ID))
			take(&out->subject_org_id, a, &attr);
		if (to == NULL)
			continue;
		take(to, a, &attr);
		*to = normal_name(a, *to);
	}
}

void
extract_run(struct extractor *x, struct findings *out, const struct cert *c,
    struct arena *arena, struct problems *problems)
{
	struct place raw = place_of(IN_EXT, SIDE_SUBJECT, "bytes");
	struct common common[COMMONS];
	struct dn ext_dn;
	struct finder f = {.carriers = x->carriers,
	    .words = x->words,
	    .tlds = x->tlds,
	    .common = common,
	    .ext_dn = &ext_dn,
	    .keys = &x->keys,
	    .cert = c,
	    .out = out,
	    .arena = arena,
	    .problems = problems};

	out->num = out->dropped = 0;
	out->partial = false;
	out->facts = (struct facts){.ca = c->ca};
	if (c->status != CERT_UNPARSED)
		out->facts.classes = read_all(&f, x);
	/* Where room ran out there is none for what damage hides either. */
	if ((c->status != CERT_PARSED || out->partial) && out->dropped == 0) {
		find_raw(&f, &raw, c->der, c->status != CERT_UNPARSED);
		find_raw(&f, &raw, c->rest, false);
	}
	if (f.num_commons > 0)
		find_persons(&f);
	if (out->num > 0 && c->status != CERT_UNPARSED)
		extract_facts(x, &out->facts, c, arena);
}

void
extract_facts(struct extractor *x, struct facts *out, const struct cert *c,
    struct arena *arena)
{
	*out = (struct facts){.ca = c->ca};
	out->classes = class_guessed(class_stated(x->carriers, c), c, arena);
	read_issuer(out, arena, c->issuer);
	read_subject(out, arena, c->subject);
}
