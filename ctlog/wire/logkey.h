/*
 * logkey: a log's public key. RFC 6962 section 2.1.4 knows two kinds, ECDSA on
 * P-256 and RSA of 2048 bits or more, both with SHA-256. The key that signs a
 * log list is one as well.
 */
#ifndef CTLOG_WIRE_LOGKEY_H
#define CTLOG_WIRE_LOGKEY_H

#include "ctlog/base/err.h"
#include "ctlog/merkle/hash.h"

struct logkey;

/* From a SubjectPublicKeyInfo in DER or PEM. */
enum status logkey_parse(
    struct logkey **out, struct span spki_or_pem, struct err *e);
void logkey_free(struct logkey *k);
/* log_id: SHA-256 of the SubjectPublicKeyInfo (RFC 6962 section 3.2). */
const struct hash *logkey_id(const struct logkey *k);
/* The SubjectPublicKeyInfo in DER. */
struct span logkey_spki(const struct logkey *k);

/* Whether sig is this key's over msg: ECDSA in DER, RSA PKCS#1 v1.5. */
bool logkey_verify(const struct logkey *k, struct span msg, struct span sig);

/*
 * The same with the signature in a DigitallySigned (RFC 5246 section 4.7),
 * which must be of SHA-256 and this key's kind: ST_BAD when it is not,
 * ST_SIGNATURE when it does not verify.
 */
enum status logkey_verify_signed(const struct logkey *k, struct span msg,
    struct span digitally_signed, struct err *e);

#endif
