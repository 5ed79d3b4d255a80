/*
 * extract: a certificate from end to end; see extract.h. The parts are in
 * find*.c, the table of carriers in carrier.c; here also what is known of the
 * certificate itself: classes and the names that alerts mention.
 */
#include "monitor/pii/extract.h"

#include <stdlib.h>

#include "ctlog/base/mem.h"
#include "ctlog/x509/oid.h"
#include "monitor/pii/finder.h"
#include "monitor/pii/normal.h"

/* Very many certificates say in the same bytes what they are for. */
#define MEMO_BYTES 120u
#define MEMOS 16u /* a power of two */
struct memo {
	uint32_t set, len;
	uint8_t bytes[MEMO_BYTES];
};

struct extractor {
	struct carriers *carriers;
	struct words *words;
	struct tlds *tlds;
	struct memo memo[MEMOS];
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

/* Every object identifier in a list of policies, purposes or statements. */
static uint32_t
classes_in(const struct extractor *x, struct span value)
{
	struct der_walk w;
	struct der t;
	uint32_t set = 0;

	der_walk_start(&w, value);
	while (der_walk_next(&w, &t))
		if (t.id == DER_OID)
			set |= 1u << carrier_class(x->carriers, t.value);
	return set & ~(1u << CLASSES);
}

/* TLS and S/MIME without a policy that says more: only then their purpose is
 * a class (pii.md 2.1). */
static uint32_t
most_specific(uint32_t set)
{
	const uint32_t smime =
	    1u << CLASS_SMIME_MAILBOX | 1u << CLASS_SMIME_ORGANIZATION |
	    1u << CLASS_SMIME_SPONSOR | 1u << CLASS_SMIME_INDIVIDUAL;
	const uint32_t tls = 1u << CLASS_TLS_DV | 1u << CLASS_TLS_OV |
			     1u << CLASS_TLS_IV | 1u << CLASS_TLS_EV;

	if (set & smime)
		set &= ~(1u << CLASS_SMIME);
	if (set & tls)
		set &= ~(1u << CLASS_TLS);
	return set;
}

/* Does the extension tell a class by what it holds? */
static bool
tells_class(struct span oid)
{
	return oid_is(oid, OID_CERTIFICATE_POLICIES) ||
	       oid_is(oid, OID_EXT_KEY_USAGE) || oid_is(oid, OID_QC_STATEMENTS);
}

/* The same again for bytes that were read before. */
static uint32_t
classes_known(struct extractor *x, struct span value)
{
	uint32_t at = (uint32_t)value.len;
	struct memo *m;

	if (value.len == 0 || value.len > MEMO_BYTES)
		return classes_in(x, value);
	at += value.p[value.len - 1] + 3u * value.p[value.len / 2];
	m = &x->memo[at % MEMOS];
	if (m->len == value.len && memcmp(m->bytes, value.p, m->len) == 0)
		return m->set;
	m->set = classes_in(x, value);
	m->len = (uint32_t)value.len;
	memcpy(m->bytes, value.p, value.len);
	return m->set;
}

/* What an extension says of the certificate's class. */
static uint32_t
classes_of(struct extractor *x, const struct cert_ext *e)
{
	if (tells_class(e->oid))
		return classes_known(x, e->value);
	return span_starts(e->oid, OID_FULCIO) ? 1u << CLASS_FULCIO : 0;
}

static uint32_t
classes_whole(const struct cert *c, uint32_t set)
{
	if (c->ca)
		set |= 1u << CLASS_CA;
	if (c->poison || c->format == CERT_TBS)
		set |= 1u << CLASS_PRECERT;
	return most_specific(set);
}

static uint32_t
read_classes(struct extractor *x, const struct cert *c)
{
	struct cert_exts it = cert_exts_of(c);
	struct cert_ext e;
	uint32_t set = 0;

	while (cert_ext_next(&it, &e))
		set |= classes_of(x, &e);
	return classes_whole(c, set);
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
	struct place issuer = place_of(IN_ISSUER, SIDE_ISSUER, "issuer");
	struct place request = place_of(IN_REQUEST, SIDE_SUBJECT, "request");

	find_name(f, &subject, c->subject);
	find_name(f, &issuer, c->issuer);
	while (cert_ext_next(&it, &e)) {
		find_ext(f, &e);
		set |= classes_of(x, &e);
	}
	if (c->attributes.len > 0)
		find_attributes(f, &request, c->attributes);
	return classes_whole(c, set);
}

/* The first reading of the last attribute of this type. */
static void
take(struct span *out, struct arena *a, const struct name_attr *attr)
{
	struct chars text;

	chars_decode(&text, a, &attr->value);
	if (text.num > 0)
		*out = span_cut(text.cand[0], 0, LIMIT_VALUE);
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
	struct finder f = {.carriers = x->carriers,
	    .words = x->words,
	    .tlds = x->tlds,
	    .common = common,
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
		find_persons(&f, out->facts.classes);
	if (out->num > 0 && c->status != CERT_UNPARSED)
		extract_facts(x, &out->facts, c, arena);
}

void
extract_facts(struct extractor *x, struct facts *out, const struct cert *c,
    struct arena *arena)
{
	*out = (struct facts){.ca = c->ca, .classes = read_classes(x, c)};
	read_issuer(out, arena, c->issuer);
	read_subject(out, arena, c->subject);
}
