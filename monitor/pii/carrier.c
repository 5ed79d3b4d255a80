/*
 * carrier: the tables and the index over them; see carrier.h.
 */
#include "monitor/pii/carrier.h"

#include <stdlib.h>

#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"

/* clang-format off */
#define LABELS(l, general)                                                 \
	{"subject." l, "issuer." l, "san." general l, "ian." general l,    \
	    "aki." l, "sda." l, "request." l, "ext." l}
#define ATTR(oid, how, kind, label) \
	{oid, HOW_##how, PII_##kind, LABELS(label, "directoryName.")}
#define TEXT(oid, label) \
	{oid, HOW_TEXT, PII_EMAIL, LABELS(label, "directoryName.")}
#define OTHER(oid, how, kind, label) \
	{oid, HOW_##how, PII_##kind, LABELS(label, "")}

/* Attributes of names, of subjectDirectoryAttributes and of requests. */
static const struct carrier attrs[] = {
	ATTR("2.5.4.3", COMMON, NAME, "commonName"),
	ATTR("2.5.4.4", SURNAME, NAME, "surname"),
	ATTR("2.5.4.5", SERIAL, NATIONAL_ID, "serialNumber"),
	TEXT("2.5.4.6", "countryName"),
	TEXT("2.5.4.7", "localityName"),
	TEXT("2.5.4.8", "stateOrProvinceName"),
	ATTR("2.5.4.9", PERSONAL, ADDRESS, "streetAddress"),
	TEXT("2.5.4.10", "organizationName"),
	TEXT("2.5.4.11", "organizationalUnitName"),
	ATTR("2.5.4.12", VALUE, TITLE, "title"),
	TEXT("2.5.4.13", "description"),
	TEXT("2.5.4.15", "businessCategory"),
	ATTR("2.5.4.16", PERSONAL, ADDRESS, "postalAddress"),
	TEXT("2.5.4.17", "postalCode"),
	ATTR("2.5.4.18", PERSONAL, ADDRESS, "postOfficeBox"),
	ATTR("2.5.4.20", VALUE, PHONE, "telephoneNumber"),
	ATTR("2.5.4.23", VALUE, PHONE, "facsimileTelephoneNumber"),
	ATTR("2.5.4.24", VALUE, PHONE, "x121Address"),
	ATTR("2.5.4.41", NAME, NAME, "name"),
	ATTR("2.5.4.42", GIVEN, NAME, "givenName"),
	ATTR("2.5.4.45", SERIAL, NATIONAL_ID, "x500UniqueIdentifier"),
	ATTR("2.5.4.46", SERIAL, NATIONAL_ID, "dnQualifier"),
	ATTR("2.5.4.51", PERSONAL, ADDRESS, "houseIdentifier"),
	ATTR("2.5.4.65", VALUE, PSEUDONYM, "pseudonym"),
	ATTR("2.5.4.72", VALUE, TITLE, "role"),
	TEXT("2.5.4.97", "organizationIdentifier"),

	ATTR("1.2.840.113549.1.9.1", EMAIL, EMAIL, "emailAddress"),
	TEXT("1.2.840.113549.1.9.2", "unstructuredName"),
	TEXT("1.2.840.113549.1.9.7", "challengePassword"),
	TEXT("1.2.840.113549.1.9.8", "unstructuredAddress"),
	ATTR("1.2.840.113549.1.9.14", SKIP, EMAIL, "extensionRequest"),
	ATTR("1.3.6.1.4.1.311.2.1.14", SKIP, EMAIL, "certExtensions"),
	TEXT("1.2.840.113549.1.9.20", "friendlyName"),

	ATTR("0.9.2342.19200300.100.1.1", VALUE, USERNAME, "userId"),
	ATTR("0.9.2342.19200300.100.1.3", EMAIL, EMAIL, "mail"),
	ATTR("0.9.2342.19200300.100.1.20", VALUE, PHONE, "homePhone"),
	ATTR("0.9.2342.19200300.100.1.22", EMAIL, EMAIL, "otherMailbox"),
	TEXT("0.9.2342.19200300.100.1.25", "domainComponent"),
	ATTR("0.9.2342.19200300.100.1.39", VALUE, ADDRESS, "homePostalAddress"),
	ATTR("0.9.2342.19200300.100.1.40", VALUE, TITLE, "personalTitle"),
	ATTR("0.9.2342.19200300.100.1.41", VALUE, PHONE, "mobile"),
	ATTR("0.9.2342.19200300.100.1.42", VALUE, PHONE, "pager"),
	ATTR("0.9.2342.19200300.100.1.44", VALUE, ACCOUNT_ID, "uniqueIdentifier"),
	ATTR("2.16.840.1.113730.3.1.3", VALUE, ACCOUNT_ID, "employeeNumber"),
	ATTR("2.16.840.1.113730.3.1.241", NAME, NAME, "displayName"),

	ATTR("1.3.6.1.5.5.7.9.1", DATE, BIRTH_DATE, "dateOfBirth"),
	ATTR("1.3.6.1.5.5.7.9.2", VALUE, BIRTH_PLACE, "placeOfBirth"),
	ATTR("1.3.6.1.5.5.7.9.3", VALUE, GENDER, "gender"),
	ATTR("1.3.6.1.5.5.7.9.4", VALUE, CITIZENSHIP, "countryOfCitizenship"),
	ATTR("1.3.6.1.5.5.7.9.5", VALUE, CITIZENSHIP, "countryOfResidence"),
	ATTR("1.3.36.8.3.14", NAME, NAME, "nameAtBirth"),

	ATTR("1.2.643.3.131.1.1", VALUE, NATIONAL_ID, "INN"),
	ATTR("1.2.643.100.3", VALUE, NATIONAL_ID, "SNILS"),
	ATTR("1.2.643.100.5", VALUE, NATIONAL_ID, "OGRNIP"),
	ATTR("1.2.804.2.1.1.1.11.1.4.1.1", VALUE, NATIONAL_ID, "RNOKPP"),
	ATTR("1.2.804.2.1.1.1.11.1.4.11.1", VALUE, NATIONAL_ID, "UNZR"),
	ATTR("1.3.6.1.4.1.5734.1.1", GIVEN, NAME, "fnmtGivenName"),
	ATTR("1.3.6.1.4.1.5734.1.2", SURNAME, NAME, "fnmtSurname1"),
	ATTR("1.3.6.1.4.1.5734.1.3", SURNAME, NAME, "fnmtSurname2"),
	ATTR("1.3.6.1.4.1.5734.1.4", VALUE, NATIONAL_ID, "fnmtNif"),

	/* Spanish identity documents: profile and version differ. */
	ATTR("2.16.724.1.3.5.*.4", VALUE, NATIONAL_ID, "esNif"),
	ATTR("2.16.724.1.3.5.*.5", VALUE, ACCOUNT_ID, "esEmployeeNumber"),
	ATTR("2.16.724.1.3.5.*.6", GIVEN, NAME, "esGivenName"),
	ATTR("2.16.724.1.3.5.*.7", SURNAME, NAME, "esSurname1"),
	ATTR("2.16.724.1.3.5.*.8", SURNAME, NAME, "esSurname2"),
	ATTR("2.16.724.1.3.5.*.9", EMAIL, EMAIL, "esEmail"),
	ATTR("2.16.724.1.3.5.*.11", VALUE, TITLE, "esPost"),
};

/* Types of otherName. */
static const struct carrier others[] = {
	OTHER("1.3.6.1.5.5.7.8.9", EMAIL, EMAIL, "smtpUTF8Mailbox"),
	OTHER("1.3.6.1.4.1.311.20.2.3", UPN, UPN, "userPrincipalName"),
	OTHER("1.3.6.1.5.5.7.8.5", EMAIL, JID, "xmppAddr"),
	OTHER("1.3.6.1.5.5.7.8.7", TEXT, EMAIL, "srvName"),
	OTHER("1.3.6.1.5.5.7.8.8", TEXT, EMAIL, "naiRealm"),
	OTHER("1.3.6.1.5.2.2", KRB5, ACCOUNT_ID, "krb5PrincipalName"),
	OTHER("1.3.6.1.4.1.311.25.1", OPAQUE, ACCOUNT_ID, "ntdsReplication"),
	OTHER("2.16.840.1.101.3.6.6", OPAQUE, NATIONAL_ID, "fascN"),
	OTHER("1.3.6.1.4.1.57264.1.7", VALUE, USERNAME, "fulcioUsername"),

	OTHER("1.3.6.1.4.1.8321.1", VALUE, NATIONAL_ID, "clRut"),
	OTHER("2.16.862.2.2", VALUE, NATIONAL_ID, "veRif"),
	OTHER("1.2.410.200004.10.1.1", OPAQUE, ACCOUNT_ID, "krVid"),
	OTHER("1.3.6.1.4.1.11801.2.1", VALUE, NATIONAL_ID, "czIkMpsv"),
	OTHER("2.16.76.1.3.2", NAME, NAME, "brResponsibleName"),
	OTHER("2.16.76.1.3.5", VALUE, NATIONAL_ID, "brVoterId"),
	OTHER("2.16.76.1.3.6", VALUE, NATIONAL_ID, "brCei"),
	OTHER("1.2.392.200149.8.5.5.1", NAME, NAME, "jpkiName"),
	OTHER("1.2.392.200149.8.5.5.3", VALUE, GENDER, "jpkiGender"),
	OTHER("1.2.392.200149.8.5.5.4", DATE, BIRTH_DATE, "jpkiBirthDate"),
	OTHER("1.2.392.200149.8.5.5.5", VALUE, ADDRESS, "jpkiAddress"),
};

#define SCAN(oid, side, label) \
	{oid, EXT_SCAN, SIDE_##side, IN_EXT, PII_EMAIL, "ext." label}
#define SKIP(oid, label) \
	{oid, EXT_SKIP, SIDE_SUBJECT, IN_EXT, PII_EMAIL, "ext." label}
#define NAMES(oid, how, side, where) \
	{oid, EXT_##how, SIDE_##side, IN_##where, PII_EMAIL, ""}
#define DATA(oid, how, kind, label) \
	{oid, EXT_##how, SIDE_SUBJECT, IN_EXT, PII_##kind, "ext." label}

/* Extensions. What is not here is scanned for addresses; only what holds
 * random bytes is not. */
static const struct ext_carrier exts[] = {
	NAMES("2.5.29.9", SDA, SUBJECT, SDA),
	SKIP("2.5.29.14", "subjectKeyIdentifier"),
	SCAN("2.5.29.15", SUBJECT, "keyUsage"),
	NAMES("2.5.29.17", NAMES, SUBJECT, SAN),
	NAMES("2.5.29.18", NAMES, ISSUER, IAN),
	SCAN("2.5.29.19", SUBJECT, "basicConstraints"),
	SCAN("2.5.29.30", ISSUER, "nameConstraints"),
	SCAN("2.5.29.31", ISSUER, "cRLDistributionPoints"),
	SCAN("2.5.29.32", SUBJECT, "certificatePolicies"),
	NAMES("2.5.29.35", AKI, ISSUER, AKI),
	SCAN("2.5.29.37", SUBJECT, "extKeyUsage"),
	SCAN("2.5.29.46", ISSUER, "freshestCRL"),
	SCAN("1.3.6.1.5.5.7.1.1", ISSUER, "authorityInfoAccess"),
	SCAN("1.3.6.1.5.5.7.1.3", SUBJECT, "qcStatements"),
	SCAN("1.3.6.1.5.5.7.1.11", SUBJECT, "subjectInfoAccess"),
	SCAN("1.3.6.1.5.5.7.1.12", SUBJECT, "logotype"),
	SCAN("2.16.840.1.113730.1.13", SUBJECT, "nsComment"),
	SKIP("1.3.6.1.4.1.11129.2.4.2", "signedCertificateTimestampList"),
	SKIP("1.3.6.1.4.1.11129.2.4.3", "ctPoison"),
	DATA("1.3.6.1.4.1.311.25.2", SID, ACCOUNT_ID, "msSecurityIdentifier"),
	SCAN("1.3.6.1.4.1.311.20.2", SUBJECT, "msCertificateTemplateName"),
	SCAN("1.3.6.1.4.1.311.21.7", SUBJECT, "msCertificateTemplate"),
	DATA("1.3.6.1.4.1.52266.2", VALUE, TITLE, "leiRole"),
	DATA("1.3.6.1.4.1.57264.1.5", REPO, USERNAME, "fulcioRepository"),
	DATA("1.3.6.1.4.1.57264.1.12", REPO, USERNAME, "fulcioSourceRepositoryUri"),
	DATA("1.3.6.1.4.1.57264.1.15", VALUE, ACCOUNT_ID, "fulcioSourceRepositoryId"),
	DATA("1.3.6.1.4.1.57264.1.16", REPO, USERNAME, "fulcioSourceOwnerUri"),
	DATA("1.3.6.1.4.1.57264.1.17", VALUE, ACCOUNT_ID, "fulcioSourceOwnerId"),
	DATA("1.3.6.1.4.1.57264.1.18", REPO, USERNAME, "fulcioBuildConfigUri"),
	DATA("1.3.6.1.4.1.57264.1.21", REPO, USERNAME, "fulcioRunInvocationUri"),
	DATA("1.3.6.1.4.1.57264.1.24", VALUE, ACCOUNT_ID, "fulcioTokenSubject"),
};

/* Certificate policies, extended key usages, qualified certificate statements
 * (reference pii.md 2.1). */
struct class_row {
	const char *oid;
	enum cert_class class;
};
#define CLASS(oid, name) {oid, CLASS_##name}
static const struct class_row class_rows[] = {
	CLASS("2.23.140.1.5.1.1", SMIME_MAILBOX),
	CLASS("2.23.140.1.5.1.2", SMIME_MAILBOX),
	CLASS("2.23.140.1.5.1.3", SMIME_MAILBOX),
	CLASS("2.23.140.1.5.2.1", SMIME_ORGANIZATION),
	CLASS("2.23.140.1.5.2.2", SMIME_ORGANIZATION),
	CLASS("2.23.140.1.5.2.3", SMIME_ORGANIZATION),
	CLASS("2.23.140.1.5.3.1", SMIME_SPONSOR),
	CLASS("2.23.140.1.5.3.2", SMIME_SPONSOR),
	CLASS("2.23.140.1.5.3.3", SMIME_SPONSOR),
	CLASS("2.23.140.1.5.4.1", SMIME_INDIVIDUAL),
	CLASS("2.23.140.1.5.4.2", SMIME_INDIVIDUAL),
	CLASS("2.23.140.1.5.4.3", SMIME_INDIVIDUAL),
	CLASS("2.23.140.1.1", TLS_EV),
	CLASS("2.23.140.1.2.1", TLS_DV),
	CLASS("2.23.140.1.2.2", TLS_OV),
	CLASS("2.23.140.1.2.3", TLS_IV),
	CLASS("2.23.140.1.3", CODE_SIGNING),
	CLASS("2.23.140.1.4.1", CODE_SIGNING),
	CLASS("0.4.0.194112.1.0", QUALIFIED_PERSON),
	CLASS("0.4.0.194112.1.1", QUALIFIED_SEAL),
	CLASS("0.4.0.194112.1.2", QUALIFIED_PERSON),
	CLASS("0.4.0.194112.1.3", QUALIFIED_SEAL),
	CLASS("0.4.0.194112.1.4", QUALIFIED_WEB),
	CLASS("0.4.0.194112.1.5", QUALIFIED_WEB),
	CLASS("0.4.0.194112.1.6", QUALIFIED_WEB),
	CLASS("0.4.0.2042.1.8", ETSI_PERSON),
	CLASS("0.4.0.1862.1.1", QUALIFIED),
	CLASS("0.4.0.1862.1.6.1", QUALIFIED_PERSON),
	CLASS("0.4.0.1862.1.6.2", QUALIFIED_SEAL),
	CLASS("0.4.0.1862.1.6.3", QUALIFIED_WEB),
	CLASS("1.3.6.1.5.5.7.3.1", TLS),
	CLASS("1.3.6.1.5.5.7.3.2", CLIENT),
	CLASS("1.3.6.1.5.5.7.3.3", CODE_SIGNING),
	CLASS("1.3.6.1.5.5.7.3.4", SMIME),
	CLASS("1.3.6.1.5.5.7.3.8", TIME_STAMPING),
	CLASS("1.3.6.1.5.5.7.3.9", OCSP),
	CLASS("1.3.6.1.5.5.7.3.31", MARK),
	CLASS("1.3.6.1.5.5.7.3.36", DOCUMENT_SIGNING),
	CLASS("1.3.6.1.4.1.311.10.3.12", DOCUMENT_SIGNING),
	CLASS("1.2.840.113583.1.1.5", DOCUMENT_SIGNING),
	CLASS("1.3.6.1.4.1.311.20.2.2", SMARTCARD),
	CLASS("1.3.6.1.5.2.3.4", SMARTCARD),
};
/* clang-format on */

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define SLOTS 512
#define OID_MAX 15

enum table { ATTRS, OTHERS, EXTS, CLASS_ROWS };

/* One row, to be found by its octets. A pattern "2.5.*.4" is found by the
 * octets before the star and the last one. */
struct slot {
	uint8_t len; /* of oid; 0 = free */
	uint8_t oid[OID_MAX];
	uint8_t table;
	bool pattern;
	const void *row;
};

struct carriers {
	struct slot slot[SLOTS];
	struct slot pattern[16];
	unsigned num_patterns;
};

static unsigned
slot_hash(enum table table, struct span oid)
{
	uint32_t h = 2166136261u + table;

	for (size_t i = 0; i < oid.len; i++)
		h = (h ^ oid.p[i]) * 16777619u;
	return h % SLOTS;
}

/* An arc in base 128 (X.690 8.19.2). */
static void
oid_arc(struct slot *s, uint64_t arc)
{
	unsigned n = 1;

	while (arc >> 7 * n)
		n++;
	ASSERT(s->len + n <= OID_MAX);
	while (n-- > 0)
		s->oid[s->len++] =
		    (uint8_t)((arc >> 7 * n & 0x7f) | (n ? 0x80 : 0));
}

/* Dotted decimal, perhaps with a star, to octets. */
static void
oid_read(struct slot *s, const char *text)
{
	unsigned long first = 0, arc;
	char *end;

	for (unsigned n = 0; *text != '\0'; n++) {
		if (*text == '*') {
			s->pattern = true;
			text += 2;
			continue;
		}
		arc = strtoul(text, &end, 10);
		ASSERT(end != text);
		if (n == 0)
			first = arc;
		else
			oid_arc(s, n == 1 ? first * 40 + arc : arc);
		text = *end == '.' ? end + 1 : end;
	}
}

static void
add(struct carriers *c, enum table table, const char *oid, const void *row)
{
	struct slot s = {.table = (uint8_t)table, .row = row};
	unsigned at;

	oid_read(&s, oid);
	if (s.pattern) {
		ASSERT(c->num_patterns < COUNT(c->pattern));
		c->pattern[c->num_patterns++] = s;
		return;
	}
	at = slot_hash(table, span_of(s.oid, s.len));
	while (c->slot[at].len > 0)
		at = (at + 1) % SLOTS;
	c->slot[at] = s;
}

struct carriers *
carriers_new(void)
{
	struct carriers *c = NEW(struct carriers);

	_Static_assert(2 * (COUNT(attrs) + COUNT(others) + COUNT(exts) +
			       COUNT(class_rows)) <
			   SLOTS,
	    "the index stays half empty");
	for (size_t i = 0; i < COUNT(attrs); i++)
		add(c, ATTRS, attrs[i].oid, &attrs[i]);
	for (size_t i = 0; i < COUNT(others); i++)
		add(c, OTHERS, others[i].oid, &others[i]);
	for (size_t i = 0; i < COUNT(exts); i++)
		add(c, EXTS, exts[i].oid, &exts[i]);
	for (size_t i = 0; i < COUNT(class_rows); i++)
		add(c, CLASS_ROWS, class_rows[i].oid, &class_rows[i]);
	return c;
}

void
carriers_free(struct carriers *c)
{
	free(c);
}

static const void *
find_pattern(const struct carriers *c, enum table table, struct span oid)
{
	for (unsigned i = 0; i < c->num_patterns; i++) {
		const struct slot *s = &c->pattern[i];

		if (s->table == table && oid.len > s->len &&
		    memcmp(oid.p, s->oid, s->len - 1u) == 0 &&
		    oid.p[oid.len - 1] == s->oid[s->len - 1])
			return s->row;
	}
	return NULL;
}

static const void *
find(const struct carriers *c, enum table table, struct span oid)
{
	unsigned at = slot_hash(table, oid);

	for (; c->slot[at].len > 0; at = (at + 1) % SLOTS) {
		const struct slot *s = &c->slot[at];

		if (s->len == oid.len && s->table == table &&
		    memcmp(s->oid, oid.p, oid.len) == 0)
			return s->row;
	}
	return find_pattern(c, table, oid);
}

const struct carrier *
carrier_attr(const struct carriers *c, struct span oid)
{
	return find(c, ATTRS, oid);
}

const struct carrier *
carrier_other_name(const struct carriers *c, struct span oid)
{
	return find(c, OTHERS, oid);
}

const struct ext_carrier *
carrier_ext(const struct carriers *c, struct span oid)
{
	return find(c, EXTS, oid);
}

enum cert_class
carrier_class(const struct carriers *c, struct span oid)
{
	const struct class_row *row = find(c, CLASS_ROWS, oid);

	return row ? row->class : CLASSES;
}

const char *
carrier_unknown(enum where where)
{
	static const char *const unknown[WHERES] =
	    LABELS("unknown", "directoryName.");

	return unknown[where];
}

#define FORMS(w)                                                               \
	{                                                                      \
		w ".otherName", w ".rfc822Name", w ".dNSName",                 \
		    w ".x400Address", w ".directoryName", w ".ediPartyName",   \
		    w ".uniformResourceIdentifier", w ".iPAddress",            \
		    w ".registeredID", w ".unknown"                            \
	}

const char *
carrier_general_name(enum where where, unsigned form)
{
	static const char *const forms[][10] = {
	    FORMS("san"), FORMS("ian"), FORMS("aki"), FORMS("ext")};
	unsigned i = where == IN_SAN   ? 0
		     : where == IN_IAN ? 1
		     : where == IN_AKI ? 2
				       : 3;

	ASSERT(form < 10);
	return forms[i][form];
}

#define FORMS_NUM 10
static const enum where form_wheres[] = {IN_SAN, IN_IAN, IN_AKI, IN_EXT};

size_t
carrier_labels(void)
{
	return (COUNT(attrs) + COUNT(others)) * WHERES + COUNT(exts) +
	       COUNT(form_wheres) * FORMS_NUM + WHERES + 1;
}

const char *
carrier_label(size_t n)
{
	const size_t num_attrs = COUNT(attrs) * WHERES;
	const size_t num_others = COUNT(others) * WHERES;
	const size_t num_forms = COUNT(form_wheres) * FORMS_NUM;

	ASSERT(n < carrier_labels());
	if (n < num_attrs)
		return attrs[n / WHERES].label[n % WHERES];
	n -= num_attrs;
	if (n < num_others)
		return others[n / WHERES].label[n % WHERES];
	n -= num_others;
	if (n < COUNT(exts))
		return exts[n].label;
	n -= COUNT(exts);
	if (n < num_forms)
		return carrier_general_name(
		    form_wheres[n / FORMS_NUM], (unsigned)(n % FORMS_NUM));
	n -= num_forms;
	return n < WHERES ? carrier_unknown((enum where)n) : "bytes";
}
