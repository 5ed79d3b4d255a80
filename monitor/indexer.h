/*
 * indexer: keeps the workers' match index up to date with the store's active
 * records: built on the store thread into the region that no batch uses, then
 * swapped.
 */
#ifndef MONITOR_INDEXER_H
#define MONITOR_INDEXER_H

#include "monitor/pool.h"
#include "monitor/writer.h"

struct indexer;

/* `built` is called after each build, with how many records it holds; or, when
 * the first build fails, with the error. */
typedef void indexer_fn(
    void *arg, size_t num_records, enum status st, const struct err *e);

struct indexer *indexer_new(struct ev_loop *loop, struct pool *p,
    struct writer *w, indexer_fn *built, void *arg);
/* Build when the records changed since the last build. */
void indexer_check(struct indexer *x);
/* Check again and again, every `seconds`. */
void indexer_watch(struct indexer *x, double seconds);
void indexer_stop(struct indexer *x);
void indexer_free(struct indexer *x);

#endif
