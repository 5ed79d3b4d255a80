/*
 * tally: how many certificates of which class there are, and in what places
 * they hold which kind of personal data: numbers, and nothing of what was
 * found. A place is one of the carrier table's labels, so there are no more
 * counters than the program has words for.
 */
#ifndef MONITOR_TALLY_H
#define MONITOR_TALLY_H

#include "ctlog/base/buf.h"
#include "ctlog/base/rd.h"
#include "monitor/pii/extract.h"
#include "monitor/store/store.h"

struct tally;
struct tally *tally_new(void);
void tally_free(struct tally *t);
void tally_clear(struct tally *t);

/* A certificate was read: its classes (bits over class_name()), its findings. */
void tally_cert(struct tally *t, uint32_t classes, const struct findings *f);

/* The bytes that tally_put() makes at most, when f (unless NULL) is to be added
 * besides. */
size_t tally_room(const struct tally *t, const struct findings *f);
/* As bytes, for main to read like network input. */
void tally_put(const struct tally *t, struct buf *out);
/* These are such bytes, of no more than so many certificates. */
bool tally_ok(struct span bytes, uint64_t entries);
/* What stands in bytes that are ok is added. */
void tally_add(struct tally *t, struct span bytes);

/* As the store keeps it; *num says how many, to be freed. */
struct store_count *tally_counts(const struct tally *t, size_t *num);

#endif
