/*
 * inspect_other: what people give to `inspect` that is no certificate: told by
 * its first bytes or its PEM label, so that they learn what to do. PKCS #7 is
 * opened. Private to inspect_read.c.
 */
#ifndef MONITOR_INSPECT_OTHER_H
#define MONITOR_INSPECT_OTHER_H

#include "ctlog/x509/der.h"

/* Offset of `what` in s, or s.len. */
size_t inspect_find(struct span s, const char *what);

/* Without a byte order mark and blanks in front. */
struct span inspect_trimmed(struct span s);

/* The certificates, one behind the other, of signed data (PKCS #7, RFC 2315
 * section 9.1; CMS, RFC 5652 section 5.1); empty when it is none, or has
 * none. */
struct span inspect_opened(struct span der);

/* A private key in DER: PKCS #8, also encrypted, PKCS #1 or SEC 1. */
bool inspect_is_key(struct span der);

/* The label of PEM under which a private key of any program stands. */
bool inspect_is_key_label(struct span label);
/* What stands under another label, in words. */
const char *inspect_label_words(struct span label);

/* What an input is that has neither certificates nor PEM, in words. */
const char *inspect_other_words(struct span input);

#endif
