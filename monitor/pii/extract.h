/*
 * extract: all personal data that a certificate carries, as findings. One
 * extractor serves the scan and `inspect`. Findings point into the certificate,
 * into the arena and into the extractor, whose table of carriers has their names
 * and some reasons; nothing is allocated. Knows nothing of records.
 */
#ifndef MONITOR_PII_EXTRACT_H
#define MONITOR_PII_EXTRACT_H

#include "ctlog/base/arena.h"
#include "ctlog/x509/cert.h"

/* interface.md section 4; the order is that of kind_name() and is stored. */
enum pii_kind {
	PII_EMAIL,
	PII_UPN,
	PII_JID,
	PII_USERNAME,
	PII_NAME,
	PII_PSEUDONYM,
	PII_NATIONAL_ID,
	PII_BIRTH_DATE,
	PII_BIRTH_PLACE,
	PII_GENDER,
	PII_CITIZENSHIP,
	PII_PHONE,
	PII_ADDRESS,
	PII_TITLE,
	PII_ACCOUNT_ID,
	PII_URI_USERINFO,
	PII_KINDS
};
enum pii_side { SIDE_SUBJECT, SIDE_ISSUER };
enum pii_confidence {
	CONF_STRUCTURED,
	CONF_NAME,
	CONF_POSSIBLE,
	CONF_FREE_TEXT
};

/* Flags of a value, reference pii.md section 3; printed by flag_names(). */
enum pii_flag {
	FLAG_BAD_UTF8 = 1 << 0,
	FLAG_BAD_ENCODING = 1 << 1,
	FLAG_T61_UTF8 = 1 << 2,
	FLAG_T61_ISO6937 = 1 << 3,
	FLAG_T61_LATIN1 = 1 << 4,
	FLAG_ODD_LENGTH = 1 << 5,
	FLAG_SWAPPED = 1 << 6,
	FLAG_MIS_TAGGED = 1 << 7,
	FLAG_BER = 1 << 8,
	FLAG_NUL = 1 << 9,
	FLAG_MOJIBAKE = 1 << 10,
	FLAG_HTML_ENTITY = 1 << 11,
	FLAG_CONTROL = 1 << 12,
	FLAG_IGNORABLE = 1 << 13,
	FLAG_TRUNCATED = 1 << 14,
	FLAG_OVERSIZE = 1 << 15,
	FLAG_CONFUSABLE = 1 << 16,
	FLAG_UNKNOWN_ATTR = 1 << 17,
	FLAG_UNKNOWN_EXT = 1 << 18,
	FLAG_PERCENT = 1 << 19,
	FLAG_MULTIPLE = 1 << 20,
	FLAG_BIOMETRIC = 1 << 21 /* a hash of a photo or signature */
};

#define FINDING_REASONS 12

struct finding {
	enum pii_kind kind;
	enum pii_side side;
	enum pii_confidence confidence;
	uint8_t score;         /* 0..100 */
	uint8_t string_tag;    /* ASN.1 tag number of the string */
	uint32_t flags;        /* enum pii_flag */
	const char *carrier;   /* "san.rfc822Name", ... */
	struct span oid;       /* contents octets; empty when none applies */
	struct span value;     /* UTF-8 as it is to be shown */
	struct span canonical; /* UTF-8 as it is matched; never empty */
	struct span alt;       /* a second reading, canonical; may be empty */
	const char *reason[FINDING_REASONS]; /* NULL-ended */
	char path[64]; /* "subject[3]", "ext[2.5.29.17][0]" */
};

/* Labels of a certificate (pii.md 2.1), a bit each; names by class_name(). */
#define CERT_CLASSES 32
enum cert_class {
	CLASS_CA,
	CLASS_PRECERT,
	CLASS_SMIME_MAILBOX,
	CLASS_SMIME_ORGANIZATION,
	CLASS_SMIME_SPONSOR,
	CLASS_SMIME_INDIVIDUAL,
	CLASS_SMIME, /* e-mail protection, under no policy we know */
	CLASS_TLS_DV,
	CLASS_TLS_OV,
	CLASS_TLS_IV,
	CLASS_TLS_EV,
	CLASS_TLS, /* server authentication, under no policy we know */
	CLASS_CODE_SIGNING,
	CLASS_DOCUMENT_SIGNING,
	CLASS_CLIENT,
	CLASS_SMARTCARD,
	CLASS_QUALIFIED, /* eIDAS */
	CLASS_QUALIFIED_PERSON,
	CLASS_QUALIFIED_SEAL,
	CLASS_QUALIFIED_WEB,
	CLASS_ETSI_PERSON,
	CLASS_FULCIO,
	CLASS_MARK,
	CLASS_TIME_STAMPING,
	CLASS_OCSP,
	CLASS_ETSI, /* not qualified, no natural person by its policy */
	CLASS_WALLET_ACCESS, /* EUDI */
	CLASSES
};

/* What the matcher and the alert need besides findings; spans are UTF-8 in
 * the arena, empty when not there. */
struct facts {
	struct span issuer_cn, issuer_org;          /* for people */
	struct span subject_org, country, locality; /* canonical tokens */
	struct span subject_org_id; /* organizationIdentifier, as it is */
	uint32_t classes;           /* bit set over class_name() */
	bool ca;
};

struct findings {
	uint32_t num, cap;
	struct finding *list; /* the caller's, `cap` of them */
	uint32_t dropped;     /* found but out of room: the cert is partial */
	bool partial;         /* something in the values could not be read */
	struct facts facts;
};

/*
 * Everything of `c` into out (num and facts are reset). Facts are left
 * empty, but for the classes, unless there is a finding: the hot path. When c->status is
 * CERT_UNPARSED only the raw string scan runs, for emails; when something in
 * the certificate is lost it runs too, for what the damage hides. The arena
 * should have 64 KiB or more: values are no longer decoded, but counted as
 * dropped, when less than half of that is left.
 */
struct extractor;
struct extractor *extractor_new(void);
void extractor_free(struct extractor *x);
void extract_run(struct extractor *x, struct findings *out,
    const struct cert *c, struct arena *arena, struct problems *problems);

/* The facts of a certificate without findings, for those who ask. */
void extract_facts(struct extractor *x, struct facts *out, const struct cert *c,
    struct arena *arena);

const char *kind_name(enum pii_kind k); /* "email", ... */
bool kind_of(enum pii_kind *out, struct span name);
const char *side_name(enum pii_side s);
const char *confidence_name(enum pii_confidence c);
const char *class_name(unsigned bit);      /* NULL past the last */
const char *flag_name(unsigned bit);       /* NULL past the last */
const char *string_type_name(uint8_t tag); /* "IA5String", ... */

#endif
