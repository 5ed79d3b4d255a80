/*
 * cert: where things stand in a Certificate, a precertificate, a bare
 * TBSCertificate (RFC 5280 section 4.1) or a CertificationRequest (RFC 2986),
 * read as far as it goes. Nothing is decoded, checked or copied: every field
 * is a span, empty when it is not there. BER and damaged DER are read too.
 */
#ifndef CTLOG_X509_CERT_H
#define CTLOG_X509_CERT_H

#include "ctlog/base/err.h"
#include "ctlog/base/limits.h"
#include "ctlog/base/span.h"
#include "ctlog/x509/der.h"

enum cert_format {
	CERT_NONE, /* nothing that looks like one of these */
	CERT_CERTIFICATE,
	CERT_PRECERTIFICATE, /* a Certificate with the poison extension */
	CERT_TBS,
	CERT_CSR,
};

enum cert_status { CERT_PARSED, CERT_PARTIAL, CERT_UNPARSED };

/* What was wrong and where; `what` is a constant sentence, `path` as in
 * `inspect --json` ("subject[3]", "ext[2.5.29.17][0]"). */
struct problem {
	char path[96];
	const char *what;
};
struct problems {
	uint32_t num; /* may exceed LIMIT_PROBLEMS; only those are kept */
	struct problem *list; /* room for LIMIT_PROBLEMS, or NULL: count only */
};
void problem_add(struct problems *p, const char *what, const char *fmt, ...)
    PRINTF(3, 4);

struct cert {
	enum cert_format format;
	enum cert_status status;
	struct span der;        /* the whole, header included */
	struct span rest;       /* bytes given that stand behind it */
	struct span tbs;        /* TBSCertificate or -Info, header included */
	struct span serial;     /* contents octets */
	struct span issuer;     /* Name, header included */
	struct span subject;    /* Name, header included */
	struct span spki;       /* header included */
	struct span extensions; /* contents of the SEQUENCE OF Extension */
	struct span attributes; /* CSR: contents of the [0] */
	struct span issuer_uid, subject_uid; /* UniqueIdentifiers, their bits */
	int64_t not_before_ms, not_after_ms; /* INT64_MIN = unreadable */
	bool ca; /* basicConstraints cA, or self-issued v1 */
	bool poison, sct_list;
};

/* Never fails; see out->status and out->problems. `problems` may be NULL. */
void cert_parse(struct cert *out, struct span der, struct problems *problems);

/* One Extension. */
struct cert_ext {
	struct span oid;    /* contents octets of the OBJECT IDENTIFIER */
	struct span value;  /* contents of the OCTET STRING */
	struct span octets; /* the OCTET STRING, header included: when BER has
			     * it `segmented`, der_join makes the value */
	bool critical, segmented;
	uint8_t marks; /* enum der_mark, of the parts together */
};
struct cert_exts {
	struct span left;
	bool cut; /* something in the list is no Extension */
};
static inline struct cert_exts
cert_exts_of(const struct cert *c)
{
	return (struct cert_exts){c->extensions, false};
}
bool cert_ext_next(struct cert_exts *it, struct cert_ext *out);

/*
 * The extensions that a CSR asks for (RFC 2985 5.4.2), one list after the
 * other: what cert_parse has in `extensions` is the first, and others may hide
 * behind it. Each becomes c->extensions. `problems` may be NULL.
 */
struct cert_requested {
	struct span left, values;
};
static inline struct cert_requested
cert_requested_of(const struct cert *c)
{
	return (struct cert_requested){.left = c->attributes};
}
bool cert_requested_next(
    struct cert_requested *it, struct cert *c, struct problems *problems);

/*
 * The family of a certificate: SHA-256 of its TBSCertificate without the
 * poison and SCT-list extensions, re-encoded (RFC 6962 section 3.2), so that a
 * precertificate and its certificate are one. Of the raw bytes of `der` when
 * that cannot be made. No allocation.
 */
struct hash;
struct hasher;
void cert_family(struct hash *out, const struct cert *c, struct hasher *h);

#endif
