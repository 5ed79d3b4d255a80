/*
 * find_profile: extensions that have a structure of their own: accesses, name
 * constraints, qualified statements, biometric data, logotypes, and those of
 * the German signature law (ISIS-MTT); see finder.h.
 */
#include "ctlog/x509/oid.h"
#include "monitor/pii/finder.h"
#include "monitor/pii/normal.h"

/* The first TLV of `s` as a GeneralName. */
static bool
first_name(struct general_name *out, struct span s)
{
	struct general_names it = {.left = s};

	return general_name_next(&it, out);
}

/* SEQUENCE OF AccessDescription { method OID, location GeneralName } */
static void
read_access(struct finder *f, const struct place *at, struct span list)
{
	struct place p = *at;
	struct general_name name;
	struct der t, method;

	for (p.index = 0; der_next(&t, &list); p.index++) {
		struct span s = t.value;

		if (der_next(&method, &s) && first_name(&name, s))
			find_general_name(f, &p, &name);
		else
			find_cut(f, &p, "no location in it");
	}
}

/*
 * A CA may certify the addresses of this domain: "example.com", of those below
 * it ".example.com". Whoever watches the domain should know: so it stands as
 * an address without a local part.
 */
static void
put_mail_domain(
    struct finder *f, const struct place *at, const struct der *value)
{
	struct place p = *at;
	struct chars text;
	struct span s, domain;
	uint8_t *q;

	if (!find_decode(f, &p, &text, value))
		return;
	s = text.cand[0];
	while (s.len > 0 && (s.p[0] == '.' || s.p[0] == '@'))
		s = span_from(s, 1);
	q = s.len > 0 ? arena_get(f->arena, s.len + 2) : NULL;
	if (q == NULL)
		return;
	memcpy(q, "x@", 2);
	memcpy(q + 2, s.p, s.len);
	domain = normal_email(f->arena, span_of(q, s.len + 2));
	p.reason = "a CA is constrained to this mail domain";
	find_add(f, &p, PII_EMAIL, text.cand[0], span_from(domain, 1));
}

static void
read_subtree(
    struct finder *f, const struct place *p, struct span base, bool permitted)
{
	struct general_name name;
	size_t sign;

	if (!first_name(&name, base)) {
		find_cut(f, p, "a name that cannot be read");
		return;
	}
	sign = span_chr(name.tlv.value, '@');
	if (name.form != GENERAL_RFC822 ||
	    (sign > 0 && sign < name.tlv.value.len))
		find_general_name(f, p, &name);
	else if (permitted)
		put_mail_domain(f, p, &name.tlv);
}

/* NameConstraints ::= SEQUENCE { [0] permitted, [1] excluded }, each a SEQUENCE
 * OF GeneralSubtree { base GeneralName, [0] minimum, [1] maximum } */
static void
read_constraints(struct finder *f, const struct place *at, struct span value)
{
	struct place p = *at;
	struct der trees, tree;

	p.index = 0;
	while (der_next(&trees, &value))
		for (struct span s = trees.value; der_next(&tree, &s);
		     p.index++)
			read_subtree(f, &p, tree.value, trees.tag == 0);
}

/* UserNotice ::= SEQUENCE { noticeRef { organization, numbers }, explicitText }:
 * the text may speak of the subject. */
static void
read_notice(struct finder *f, const struct place *at, struct span notice)
{
	struct place issuer = *at;
	struct der t;

	issuer.side = SIDE_ISSUER;
	while (der_next(&t, &notice))
		find_strings(f, t.id == DER_SEQUENCE ? &issuer : at, t.whole);
}

/* PolicyQualifierInfo ::= SEQUENCE { OID, ANY }: where the issuer's statement is,
 * or a notice. False when it is none of these. */
static bool
read_qualifier(struct finder *f, const struct place *at, struct span s)
{
	struct place issuer = *at;
	struct der t, id;

	if (!der_first(&id, s, DER_OID))
		return false;
	issuer.side = SIDE_ISSUER;
	s = span_from(s, id.whole.len);
	if (oid_is(id.value, OID_CPS))
		find_strings(f, &issuer, s);
	else if (oid_is(id.value, OID_USER_NOTICE))
		read_notice(
		    f, at, der_first(&t, s, DER_SEQUENCE) ? t.value : s);
	else
		return false;
	return true;
}

/* SEQUENCE OF PolicyInformation { OID, SEQUENCE OF PolicyQualifierInfo } */
static void
read_policies(struct finder *f, const struct place *at, struct span list)
{
	struct der_walk w;
	struct der t;

	der_walk_start(&w, list);
	while (der_walk_next(&w, &t)) {
		if (!der_is_constructed(&t))
			find_strings(f, at, t.whole);
		else if (t.id == DER_SEQUENCE &&
			 w.level[w.depth - 1].p == t.value.p &&
			 read_qualifier(f, at, t.value))
			w.depth--;
	}
	if (w.cut) {
		find_cut(f, at, "nested too deep, too long or cut short");
		find_raw(f, at, list, false);
	}
}

/* SemanticsInformation ::= SEQUENCE { semanticsIdentifier OID OPTIONAL,
 * nameRegistrationAuthorities GeneralNames OPTIONAL } (RFC 3739 3.2.6.1) */
static void
read_semantics(struct finder *f, const struct place *at, struct span info)
{
	struct place p = *at;
	struct der t, names;

	if (!der_first(&t, info, DER_SEQUENCE))
		return;
	p.side = SIDE_ISSUER;
	for (struct span s = t.value; der_next(&names, &s);)
		if (names.id == DER_SEQUENCE)
			find_general_names(f, &p, names.whole);
}

/* SEQUENCE OF QCStatement { statementId OID, statementInfo ANY OPTIONAL } */
static void
read_qc(struct finder *f, const struct place *at, struct span list)
{
	struct place p = *at;
	struct der t, id = {0};

	for (p.index = 0; der_next(&t, &list); p.index++) {
		struct span s = t.value;

		if (!der_next(&id, &s) || id.id != DER_OID)
			find_strings(f, &p, t.whole);
		else if (span_starts(id.value, OID_QC_SYNTAX))
			read_semantics(f, &p, s);
		else {
			p.side = oid_is(id.value, OID_QC_PDS) ? SIDE_ISSUER
							      : at->side;
			find_strings(f, &p, s);
		}
		if (oid_is(id.value, OID_QC_LIMIT_VALUE))
			find_problem(
			    f, &p, "says up to what sum the person may sign");
	}
}

/* BiometricData ::= SEQUENCE { type INTEGER or OID, hashAlgorithm, hash OCTET
 * STRING, sourceDataUri IA5String OPTIONAL } (RFC 3739 3.2.5) */
static void
read_biometric(struct finder *f, const struct place *at, struct span data)
{
	static const struct carrier hash = {
	    .how = HOW_OPAQUE, .kind = PII_ACCOUNT_ID};
	struct place p = *at;
	struct chars text;
	struct der t;

	p.reason = "hash of a person's biometric data";
	while (der_next(&t, &data)) {
		if (t.id == DER_INTEGER && t.value.len == 1)
			p.reason = t.value.p[0] == 0
				       ? "hash of a photo of the person"
				       : "hash of a handwritten signature";
		p.flags = FLAG_BIOMETRIC;
		if (t.id == DER_OCTET_STRING)
			find_value(f, &p, &hash, &t);
		else if (t.id == DER_IA5_STRING &&
			 find_decode(f, &p, &text, &t))
			find_uri(f, &p, text.cand[0]);
	}
}

static void
read_biometrics(struct finder *f, const struct place *at, struct span list)
{
	struct place p = *at;
	struct der t;

	for (p.index = 0; der_next(&t, &list); p.index++)
		read_biometric(f, &p, t.value);
}

static bool
is_string(const struct der *t)
{
	return der_is_universal(t) && !der_is_constructed(t) &&
	       t->tag >= DER_UTF8_STRING && t->tag != DER_UTC_TIME &&
	       t->tag != DER_GENERALIZED_TIME;
}

/* A SEQUENCE of strings and nothing else: professionItems. */
static bool
is_strings(const struct der *t)
{
	struct span s = t->value;
	struct der in;

	if (t->id != DER_SEQUENCE || s.len == 0)
		return false;
	while (der_next(&in, &s))
		if (!is_string(&in))
			return false;
	return true;
}

/* ProfessionInfo ::= SEQUENCE { [0] NamingAuthority, professionItems,
 * professionOIDs, registrationNumber PrintableString, addProfessionInfo } */
static void
read_profession(struct finder *f, const struct place *at, struct span info)
{
	static const struct carrier item = {
	    .how = HOW_VALUE, .kind = PII_TITLE};
	static const struct carrier number = {
	    .how = HOW_VALUE, .kind = PII_ACCOUNT_ID};
	struct place p = *at;
	bool items = false;
	struct der t, in;

	while (der_next(&t, &info)) {
		if (is_strings(&t)) {
			items = true;
			for (struct span s = t.value; der_next(&in, &s);)
				find_value(f, &p, &item, &in);
		} else if (items && is_string(&t)) {
			p.reason = "number in a register of the profession";
			find_value(f, &p, &number, &t);
		}
	}
}

/* AdmissionSyntax: a ProfessionInfo is a SEQUENCE wherever it stands; whoever
 * admits the person stands under tags of their own. */
static void
read_admission(struct finder *f, const struct place *p, struct span value)
{
	struct der_walk w;
	struct der t;

	der_walk_start(&w, value);
	while (der_walk_next(&w, &t))
		if (t.id == DER_SEQUENCE)
			read_profession(f, p, t.value);
	find_strings(f, p, value);
}

/* ProcurationSyntax ::= SEQUENCE { [1] country, [2] typeOfSubstitution, [3]
 * SigningFor }: the person who is represented, or that one's certificate. */
static void
read_procuration(struct finder *f, const struct place *at, struct span value)
{
	struct place p = *at;
	struct general_name name;
	struct der t, in;

	while (der_next(&t, &value)) {
		struct span s = t.value;

		if (t.id != (DER_CONTEXT_CONSTRUCTED | 3)) {
			find_strings(f, &p, t.whole);
		} else if (der_first(&in, s, DER_SEQUENCE)) {
			p.side = SIDE_ISSUER;
			find_strings(f, &p, in.value);
		} else if (first_name(&name, s)) {
			find_general_name(f, &p, &name);
		}
	}
}

/* DeclarationOfMajority ::= CHOICE { [0] notYoungerThan, [1] fullAgeAtCountry,
 * [2] dateOfBirth GeneralizedTime } */
static void
read_majority(struct finder *f, const struct place *at, struct span value)
{
	static const struct carrier date = {
	    .how = HOW_DATE, .kind = PII_BIRTH_DATE};
	struct place p = *at;
	struct der t, in;

	if (!der_next(&t, &value) || (t.id & 0xc0) != DER_CONTEXT || t.tag != 2)
		return;
	if (der_is_constructed(&t) && der_next(&in, &t.value))
		t = in;
	t.id = DER_GENERALIZED_TIME;
	t.tag = DER_GENERALIZED_TIME;
	find_value(f, &p, &date, &t);
}

static void
read_logotype(struct finder *f, const struct place *p,
    const struct ext_carrier *c, struct span value)
{
	if (value.len >= 5 && memmem(value.p, value.len, "data:", 5) != NULL)
		find_problem(f, p, c->note);
	find_strings(f, p, value);
}

void
find_profile(struct finder *f, struct place *p, const struct ext_carrier *c,
    struct span value)
{
	struct der t;

	if (c->how == EXT_MAJORITY) {
		read_majority(f, p, value);
		return;
	}
	if (c->how == EXT_LOGOTYPE) {
		read_logotype(f, p, c, value);
		return;
	}
	if (!der_first(&t, value, DER_SEQUENCE)) {
		find_foreign(f, p, value);
		return;
	}
	if (c->how == EXT_POLICIES)
		read_policies(f, p, t.value);
	else if (c->how == EXT_ACCESS)
		read_access(f, p, t.value);
	else if (c->how == EXT_CONSTRAINTS)
		read_constraints(f, p, t.value);
	else if (c->how == EXT_QC)
		read_qc(f, p, t.value);
	else if (c->how == EXT_BIOMETRIC)
		read_biometrics(f, p, t.value);
	else if (c->how == EXT_ADMISSION)
		read_admission(f, p, t.value);
	else
		read_procuration(f, p, t.value);
}
