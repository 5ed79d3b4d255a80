/*
 * indexer: keeps the workers' match index up to date with the store's active
 * records: built on the store thread into the region that no batch uses, then
 * swapped. A few changes are put beside it (delta.h); when they are many, or
 * the store does not remember them, all is built anew, as at every start.
 */
#ifndef MONITOR_INDEXER_H
#define MONITOR_INDEXER_H

#include "monitor/pool.h"
#include "monitor/writer.h"

struct indexer;

/* `built` is called after each change, with how many records are watched; or, when
 * the first build fails, with the error. */
typedef void indexer_fn(
    void *arg, size_t num_records, enum status st, const struct err *e);

struct indexer *indexer_new(struct ev_loop *loop, struct pool *p,
    struct writer *w, indexer_fn *built, void *arg);
/* See to it when the records changed since the last time. */
void indexer_check(struct indexer *x);
/* Check again and again, every `seconds`. */
void indexer_watch(struct indexer *x, double seconds);
void indexer_stop(struct indexer *x);
void indexer_free(struct indexer *x);

#endif
