/*
 * class: what sort of certificate this is (reference pii.md 2.1): by its
 * policies, key purposes and qualified statements, by its format; and what is
 * guessed where no policy says it.
 */
#ifndef MONITOR_PII_CLASS_H
#define MONITOR_PII_CLASS_H

#include "monitor/pii/carrier.h"

/* Very many certificates say in the same bytes what they are for: what those
 * were. {0} is empty. */
struct class_memo {
	struct {
		uint32_t set, len;
		uint8_t bytes[120];
	} known[16]; /* a power of two */
};

/* What one extension says of the certificate's class; memo may be NULL. With
 * that of all of them together, class_whole is class_stated. */
uint32_t class_of_ext(struct class_memo *memo, const struct carriers *carriers,
    const struct cert_ext *e);
uint32_t class_whole(const struct cert *c, uint32_t set);

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
