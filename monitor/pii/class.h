/*
 * class: what sort of certificate this is (reference pii.md 2.1): by its
 * policies, key purposes and qualified statements, by its format; and what is
 * guessed where no policy says it.
 */
#ifndef MONITOR_PII_CLASS_H
#define MONITOR_PII_CLASS_H

#include "monitor/pii/carrier.h"

/* What the certificate says of itself: a bit set over enum cert_class. */
uint32_t class_stated(const struct carriers *carriers, const struct cert *c);

/*
 * With what is guessed: a certificate for S/MIME under no policy that says so
 * (`smime`) is that of a sponsored person, an organisation, an individual or a
 * mailbox by what stands in its subject.
 */
uint32_t class_guessed(
    uint32_t stated, const struct cert *c, struct arena *arena);

#endif
