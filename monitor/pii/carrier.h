/*
 * carrier: the table of everything in a certificate that can hold personal
 * data: object identifier, what to call it, what kind of data it is, how its
 * value becomes canonical (reference pii.md section 1). The table is the file
 * carriers.tsv: a new attribute, otherName or extension is a line there and no
 * code. How it is read is for find*.c.
 */
#ifndef MONITOR_PII_CARRIER_H
#define MONITOR_PII_CARRIER_H

#include "ctlog/base/err.h"
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

/* How a value is read; the words of carriers.tsv are in carrier_row.c. */
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
	HOW_INITIALS,
	HOW_COMMON,  /* commonName: a host, an address, a name */
	HOW_SERIAL,  /* serialNumber: a national number or none */
	HOW_LOGIN,   /* userId: a login, an address or a national number */
	HOW_UNIT,    /* of no kind but a national number's */
	HOW_RIF,     /* Venezuelan tax number: of a person or of a company */
	HOW_ORG_ID,  /* of a company; of a person who is one alone */
	HOW_INN,     /* Russian tax number: of a person or of a company */
	HOW_KRB5,    /* KRB5PrincipalName */
	HOW_DN,      /* another's distinguished name: the manager's */
	HOW_LDAP_DN, /* the same, as text */
	HOW_ATTRS,   /* a structure with attributes somewhere in it */
	HOW_BR,      /* ICP-Brasil: dates and numbers of fixed width */
	HOW_CLIENT,  /* Microsoft: machine, user, program of a request */
	HOW_OPAQUE,  /* an identifier without text: in hexadecimal */
	HOW_NOTICE,  /* told of; the addresses in it */
	HOW_SKIP
};

struct carrier {
	enum how how;
	enum pii_kind kind; /* HOW_TEXT: of no meaning */
	bool issuer;        /* the issuer's, wherever it stands */
	const char *note;   /* HOW_NOTICE; or a reason; or NULL */
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
	EXT_REPO,  /* URI or "owner/name" of a source repository */
	EXT_ATTR,  /* the attribute of the same type */
	EXT_OPAQUE,
	EXT_NOTICE,
	EXT_ACCESS,      /* AuthorityInfoAccess, SubjectInfoAccess */
	EXT_CONSTRAINTS, /* NameConstraints */
	EXT_QC,          /* QCStatements */
	EXT_POLICIES,    /* CertificatePolicies */
	EXT_BIOMETRIC,
	EXT_LOGOTYPE,
	EXT_TEMPLATE, /* Microsoft's name of a template */
	EXT_ADMISSION,
	EXT_PROCURATION,
	EXT_MAJORITY
};

struct ext_carrier {
	enum ext_how how;
	enum pii_side side;
	enum where where;
	enum pii_kind kind; /* of what is read as a value */
	const char *label;
	const char *note; /* EXT_NOTICE, EXT_LOGOTYPE */
};

/* The tables, indexed by the octets of their object identifiers. */
struct carriers;
struct carriers *carriers_new(void);
/* Of another text of that form; NULL when it has a mistake, which `e` tells
 * with its line. What is found stays good until carriers_free. */
struct carriers *carriers_read(struct span text, struct err *e);
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
size_t carrier_labels(const struct carriers *c);
const char *carrier_label(const struct carriers *c, size_t number);

/* What an attribute that the table does not know is called. */
const char *carrier_unknown(enum where where);

/* The class that a policy, key purpose or qualified statement makes a
 * certificate one of; CLASSES when none. */
enum cert_class carrier_class(const struct carriers *c, struct span oid);
/* The same of the name of a Microsoft template, in ASCII. */
enum cert_class carrier_template(const struct carriers *c, struct span name);

#endif
