/*
 * delta: what changed since the match index was built, made into a small index
 * that is looked up beside it. A pure thing of memory: no store, no loop.
 */
#ifndef MONITOR_DELTA_H
#define MONITOR_DELTA_H

#include "monitor/pii/match.h"
#include "monitor/rows.h"

struct delta_item;
struct delta {
	const struct rows *main; /* of the large index, ascending */
	size_t num_items, num_dropped;
	struct delta_item *items;
	struct buf keys, blobs;
	struct rows rows; /* of its own records, by delta_build() */
};

/* The rows of the large index are borrowed. */
void delta_init(struct delta *d, const struct rows *main);
/* A store_index_fn, with the delta as `arg`: the record in this row is so now,
 * without keys when it is not active. */
void delta_change(void *arg, int64_t row, enum record_kind kind,
    struct span keys, struct span blob);
/* Make the index; ST_LIMIT when the region is too small. */
enum status delta_build(struct delta *d, void *region, size_t cap,
    uint64_t generation, struct err *e);
void delta_fini(struct delta *d);

#endif
