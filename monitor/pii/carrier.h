/*
 * carrier: the table of everything in a certificate that can hold personal
 * data: object identifier, what to call it, what kind of data it is, how its
 * value becomes canonical (reference pii.md section 1). A new attribute,
 * otherName or extension is a row here and no code.
 */
#ifndef MONITOR_PII_CARRIER_H
#define MONITOR_PII_CARRIER_H

#include "monitor/pii/extract.h"

/* Where a value stands; it is the front of a finding's carrier. */
enum where {
	IN_SUBJECT,
	IN_ISSUER,
	IN_SAN,     /* subjectAltName */
	IN_IAN,     /* issuerAltName */
	IN_AKI,     /* authorityKeyIdentifier */
	IN_SDA,     /* subjectDirectoryAttributes */
	IN_REQUEST, /* attributes of a CSR */
	IN_EXT,     /* any other extension */
	WHERES
};

/* How a value is read. */
enum how {
	HOW_TEXT,     /* no personal data but the addresses in it */
	HOW_EMAIL,    /* one address or several */
	HOW_UPN,      /* user principal name */
	HOW_VALUE,    /* the whole text is the finding */
	HOW_PERSONAL, /* the same, when the name is that of a person */
	HOW_DATE,     /* GeneralizedTime, UTCTime or text */
	HOW_NAME,     /* a whole name */
	HOW_GIVEN,    /* parts of a name, put together at its end */
	HOW_SURNAME,
	HOW_COMMON, /* commonName: a host, an address, a name */
	HOW_SERIAL, /* serialNumber: a national number or none */
	HOW_KRB5,   /* KRB5PrincipalName */
	HOW_OPAQUE, /* an identifier without text: in hexadecimal */
	HOW_SKIP
};

struct carrier {
	const char *oid; /* dotted; "1.2.*.4": any arcs in between */
	enum how how;
	enum pii_kind kind; /* HOW_TEXT: of no meaning */
	const char *label[WHERES];
};

/* How an extension is read. */
enum ext_how {
	EXT_SCAN,  /* addresses in whatever strings it holds */
	EXT_SKIP,  /* holds none, but bytes that look like text */
	EXT_NAMES, /* GeneralNames */
	EXT_AKI,   /* AuthorityKeyIdentifier */
	EXT_SDA,   /* SubjectDirectoryAttributes */
	EXT_SID,   /* Microsoft's szOID_NTDS_CA_SECURITY_EXT */
	EXT_VALUE, /* the one string is the finding */
	EXT_REPO   /* URI or "owner/name" of a source repository */
};

struct ext_carrier {
	const char *oid;
	enum ext_how how;
	enum pii_side side;
	enum where where;
	enum pii_kind kind; /* EXT_VALUE, EXT_REPO */
	const char *label;
};

/* The tables, indexed by the octets of their object identifiers. */
struct carriers;
struct carriers *carriers_new(void);
void carriers_free(struct carriers *c);

/* By contents octets; NULL when the table does not know it. */
const struct carrier *carrier_attr(const struct carriers *c, struct span oid);
const struct carrier *carrier_other_name(
    const struct carriers *c, struct span oid);
const struct ext_carrier *carrier_ext(
    const struct carriers *c, struct span oid);

/* What a GeneralName of this form is called, by its number in name.h. */
const char *carrier_general_name(enum where where, unsigned form);

/* All labels that a finding's carrier can be, by number below carrier_labels();
 * some stand there twice, and some are empty. */
size_t carrier_labels(void);
const char *carrier_label(size_t number);

/* What an attribute that the table does not know is called. */
const char *carrier_unknown(enum where where);

/* The class that a policy, key purpose or qualified statement makes a
 * certificate one of; CLASSES when none. */
enum cert_class carrier_class(const struct carriers *c, struct span oid);

#endif
