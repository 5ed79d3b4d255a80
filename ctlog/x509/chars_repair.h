/*
 * chars_repair: private to chars.c: what is undone in a text once its
 * characters are known (reference pii.md 3.1, second list).
 */
#ifndef CTLOG_X509_CHARS_REPAIR_H
#define CTLOG_X509_CHARS_REPAIR_H

#include "ctlog/x509/chars.h"

/* UTF-8 of a value while it is worked on. */
struct chars_text {
	size_t len;
	bool full; /* there was more */
	uint8_t b[LIMIT_VALUE];
};

void chars_text_put(struct chars_text *t, uint32_t ch);

/* Add the readings of `t` to out->cand, and what was found to out->flags. */
void chars_repair(
    struct chars *out, struct arena *a, const struct chars_text *t);

#endif
