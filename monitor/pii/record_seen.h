/*
 * record_seen: which tenant and id stood on which line of the file being
 * read. Keyed hashes under a random key are kept, no names but the first, so a
 * file made to collide gains nothing.
 */
#ifndef MONITOR_PII_RECORD_SEEN_H
#define MONITOR_PII_RECORD_SEEN_H

#include <stddef.h>

struct seen;
struct seen *seen_new(void);
void seen_free(struct seen *s);

/* The line on which the pair stood already, or 0; then it is remembered. */
size_t seen_before(
    struct seen *s, const char *tenant, const char *id, size_t line);

#endif
