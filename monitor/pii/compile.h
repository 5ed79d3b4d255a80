/*
 * compile: a record made into keys and blob (match_compile in match.h). Here
 * what its source files share; nothing else includes this.
 */
#ifndef MONITOR_PII_COMPILE_H
#define MONITOR_PII_COMPILE_H

#include "monitor/pii/blob.h"
#include "monitor/pii/match.h"

/* A name record; *out is empty before. */
enum status compile_name(struct compiled *out, const struct record *r,
    struct keyer *k, struct err *e);

/* Letters, digits, hyphens (and the underscore of real life) in labels of 1
 * to 63 octets, 253 in all. */
bool domain_is_host(struct span alabel);

/* Why nobody may opt in for this domain (an A-label): a public suffix, a mail
 * provider's, a single label. NULL = somebody may. */
const char *domain_refusal(struct span alabel);

#endif
