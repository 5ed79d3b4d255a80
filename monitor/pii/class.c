/* class: see class.h. */
#include "monitor/pii/class.h"

#include "ctlog/x509/chars.h"
#include "ctlog/x509/name.h"
#include "ctlog/x509/oid.h"

#define BIT(class) (1u << CLASS_##class)

/* Every object identifier in a list of policies, purposes or statements. */
static uint32_t
classes_in(const struct carriers *carriers, struct span value)
{
	struct der_walk w;
	struct der t;
	uint32_t set = 0;

	der_walk_start(&w, value);
	while (der_walk_next(&w, &t))
		if (t.id == DER_OID)
			set |= 1u << carrier_class(carriers, t.value);
	return set & ~(1u << CLASSES);
}

/* The name of a Microsoft template: ASCII in a BMPString. */
static uint32_t
class_of_template(const struct carriers *carriers, struct span value)
{
	uint8_t name[32];
	struct der t;
	size_t n = 0;

	if (!der_next(&t, &value) || t.value.len > 2 * sizeof(name))
		return 0;
	for (size_t i = 0; i < t.value.len; i++)
		if (t.value.p[i] != 0 && n < sizeof(name))
			name[n++] = t.value.p[i];
	return 1u << carrier_template(carriers, span_of(name, n)) &
	       ~(1u << CLASSES);
}

/* TLS and S/MIME without a policy that says more: only then their purpose is
 * a class. */
static uint32_t
most_specific(uint32_t set)
{
	const uint32_t smime = BIT(SMIME_MAILBOX) | BIT(SMIME_ORGANIZATION) |
			       BIT(SMIME_SPONSOR) | BIT(SMIME_INDIVIDUAL);
	const uint32_t tls =
	    BIT(TLS_DV) | BIT(TLS_OV) | BIT(TLS_IV) | BIT(TLS_EV);

	if (set & smime)
		set &= ~BIT(SMIME);
	if (set & tls)
		set &= ~BIT(TLS);
	return set;
}

/* The same again for bytes that were read before. */
static uint32_t
classes_known(
    struct class_memo *memo, const struct carriers *carriers, struct span value)
{
	const size_t num = sizeof(memo->known) / sizeof(memo->known[0]);
	size_t at = value.len;

	if (value.len == 0 || value.len > sizeof(memo->known[0].bytes))
		return classes_in(carriers, value);
	at += value.p[value.len - 1] + 3u * value.p[value.len / 2];
	at %= num;
	if (memo->known[at].len == value.len &&
	    memcmp(memo->known[at].bytes, value.p, value.len) == 0)
		return memo->known[at].set;
	memo->known[at].set = classes_in(carriers, value);
	memo->known[at].len = (uint32_t)value.len;
	memcpy(memo->known[at].bytes, value.p, value.len);
	return memo->known[at].set;
}

uint32_t
class_of_ext(struct class_memo *memo, const struct carriers *carriers,
    const struct cert_ext *e)
{
	if (oid_is(e->oid, OID_CERTIFICATE_POLICIES) ||
	    oid_is(e->oid, OID_EXT_KEY_USAGE) ||
	    oid_is(e->oid, OID_QC_STATEMENTS))
		return memo != NULL ? classes_known(memo, carriers, e->value)
				    : classes_in(carriers, e->value);
	if (oid_is(e->oid, OID_MS_TEMPLATE_NAME))
		return class_of_template(carriers, e->value);
	return span_starts(e->oid, OID_FULCIO) ? BIT(FULCIO) : 0;
}

uint32_t
class_whole(const struct cert *c, uint32_t set)
{
	if (c->ca)
		set |= BIT(CA);
	if (c->poison || c->format == CERT_TBS)
		set |= BIT(PRECERT);
	return most_specific(set);
}

uint32_t
class_stated(const struct carriers *carriers, const struct cert *c)
{
	struct cert_exts it = cert_exts_of(c);
	struct cert_ext e;
	uint32_t set = 0;

	while (cert_ext_next(&it, &e))
		set |= class_of_ext(NULL, carriers, &e);
	return class_whole(c, set);
}

/* --- guesses --------------------------------------------------------------- */

/* rfc822Name or SmtpUTF8Mailbox in the subjectAltName. */
static bool
has_mailbox(struct span san)
{
	struct general_names it = general_names_of(san);
	struct general_name name;

	while (general_name_next(&it, &name))
		if (name.form == GENERAL_RFC822 ||
		    (name.form == GENERAL_OTHER &&
			oid_is(name.oid, OID_SMTP_UTF8_MAILBOX)))
			return true;
	return false;
}

/* No purpose is excluded: no extendedKeyUsage, or one that has them all. */
static bool
is_for_all(struct span purposes)
{
	struct der_walk w;
	struct der t;

	if (purposes.len == 0)
		return true;
	der_walk_start(&w, purposes);
	while (der_walk_next(&w, &t))
		if (t.id == DER_OID && oid_is(t.value, OID_ANY_PURPOSE))
			return true;
	return false;
}

static bool
is_mail(const struct cert *c)
{
	struct cert_exts it = cert_exts_of(c);
	struct span san = span_of(NULL, 0), purposes = span_of(NULL, 0);
	struct cert_ext e;

	while (cert_ext_next(&it, &e)) {
		if (oid_is(e.oid, OID_SUBJECT_ALT_NAME))
			san = e.value;
		else if (oid_is(e.oid, OID_EXT_KEY_USAGE))
			purposes = e.value;
	}
	return has_mailbox(san) && is_for_all(purposes);
}

/* What the subject of a certificate for e-mail says of whose it is. */
static enum cert_class
whose(const struct cert *c, struct arena *a)
{
	struct name_attrs it = name_attrs_of(c->subject);
	struct span org = span_of(NULL, 0), common = org;
	struct name_attr attr;
	struct chars text;
	bool person = false;

	while (name_attr_next(&it, &attr)) {
		person |= oid_is(attr.oid, OID_SURNAME) ||
			  oid_is(attr.oid, OID_GIVEN_NAME);
		if (!oid_is(attr.oid, OID_ORGANIZATION) &&
		    !oid_is(attr.oid, OID_COMMON_NAME))
			continue;
		chars_decode(&text, a, &attr.value);
		if (text.num > 0)
			*(oid_is(attr.oid, OID_ORGANIZATION) ? &org : &common) =
			    text.cand[0];
	}
	if (org.len == 0)
		return person ? CLASS_SMIME_INDIVIDUAL : CLASS_SMIME_MAILBOX;
	person |= common.len > 0 && !span_eq(common, org) &&
		  span_chr(common, '@') == common.len;
	return person ? CLASS_SMIME_SPONSOR : CLASS_SMIME_ORGANIZATION;
}

uint32_t
class_guessed(uint32_t stated, const struct cert *c, struct arena *arena)
{
	const uint32_t known = BIT(SMIME_MAILBOX) | BIT(SMIME_ORGANIZATION) |
			       BIT(SMIME_SPONSOR) | BIT(SMIME_INDIVIDUAL) |
			       BIT(CA) | BIT(FULCIO);

	if (stated & known || c->status == CERT_UNPARSED ||
	    c->format == CERT_CSR)
		return stated;
	if (!(stated & BIT(SMIME)) && !is_mail(c))
		return stated;
	return stated | BIT(SMIME) | 1u << whose(c, arena);
}
