/*
 * pool: the parser processes and the memory they share with the loop.
 *
 * A slot holds one batch: its order, the body (the log's reply is received
 * straight into it) and the result. Slots, queues and two regions for match
 * indexes are mapped before the zygote is forked, so every process sees them
 * at the same address and no descriptor is passed. Address space is reserved;
 * memory is committed on touch and given back.
 *
 * A worker may be taken over by what it reads. Addresses, descriptors, orders
 * and places in queues are main's own; orders, bodies and indexes a worker
 * can only read, answers of others not even that; a worker that answers
 * nonsense, or more often than it was asked, is killed and replaced, and its
 * batch is treated as if the worker had died of it.
 *
 * The zygote is forked before threads, keys and sockets exist. It forks
 * workers, and forks them again when they die, not more often than
 * POOL_BIRTH_S. A batch whose worker dies twice, or of its time, is searched
 * for the entry that kills; that entry is skipped and quarantined. A worker
 * that somebody else killed is no reason to suspect an entry.
 */
#ifndef MONITOR_POOL_H
#define MONITOR_POOL_H

#include <ev.h>

#include "config/config.h"
#include "monitor/batch.h"
#include "monitor/rows.h"

struct pool;

/* A lane's worker is born no sooner than this after the one before, so that a
 * log full of entries that kill can't make the machine fork and do no more. */
#define POOL_BIRTH_S 0.02

struct pool_conf {
	unsigned workers, slots;
	size_t body_limit;
	size_t memory; /* all bodies in flight together */
	enum conf_sandbox sandbox;
	int own_fd; /* the zygote is not to have it; 0: none */
};

/* Make the mapping and fork the zygote. Call first of all: before threads,
 * before keys are read, before sockets. Ends the program, with 78, when
 * SANDBOX_REQUIRE is not to be had; warns when there is no sandbox. */
struct pool *pool_new(const struct pool_conf *conf);
/* Attach to the loop and fork the workers; they learn the index key here. */
void pool_start(struct pool *p, struct ev_loop *loop,
    const uint8_t index_key[INDEX_KEY_LEN]);
/* Ends zygote and workers, waits for them, unmaps. */
void pool_free(struct pool *p);

/* --- slots: one owner at a time ------------------------------------------ */

struct slot {
	struct batch_order order;
	uint8_t *body;
	size_t room; /* of the body */
	/* The pool's answer, after done was called: the result's bytes (the
	 * caller's copy, to be freed) or, when result is NULL, an error. */
	struct buf result;
	struct err err;
	void (*done)(void *arg, struct slot *s);
	void *arg;
	/* private */
	struct pool_share *share;
	size_t held; /* bytes of the result */
	unsigned no, lane, deaths, strays, rounds;
	enum search {
		SEARCH_NONE,
		SEARCH_EMPTY,
		SEARCH_HINT,
		SEARCH_HALVES
	} search;
	bool working, in_index;
	uint64_t probe_from, probe_to; /* the guilty entry is in there */
	bool abandoned;
	double since;
};

/* What one log has of the slots and their memory; zeroed at first, and there
 * as long as a slot was not released. */
struct pool_share {
	size_t memory, results;
	unsigned slots;
};

/* A free slot with room for a body of `room` bytes (at most body_limit), or
 * NULL when all slots or the memory for bodies are in use, or when the log
 * would have more than is left for others. `first`: the log can't go on
 * without it; then only what there is counts. When such a request is refused,
 * others get nothing that it needs, until a first one is granted or none was
 * made for a second. */
struct slot *pool_slot(
    struct pool *p, struct pool_share *who, size_t room, bool first);
/* Give the slot to a worker: order and the first order.body_len bytes of the
 * body are filled in. done is called once, from the loop. */
void pool_submit(struct pool *p, struct slot *s);
/* The slot is free again. When a worker has it, that comes to pass when the
 * worker is done; done is not called. */
void pool_release(struct pool *p, struct slot *s);

/* Results are larger than their bodies when these were compressed, or when a
 * worker that was taken over wants so. false: this log's take more than those
 * of all logs leave of the memory for bodies; a result that the log can do
 * without for now should be released, and its batch asked for again. */
bool pool_may_hold(const struct pool *p, const struct slot *s);

/* --- match index: one of two regions is current, and one delta or none ----- */

/* The region that is not current, empty, and its size; NULL while there are
 * slots, submitted and not released, that use it. The caller writes an index
 * there, then calls pool_swap. */
void *pool_spare(struct pool *p, size_t *cap);
/* Make the spare region current, without a delta; `rows` says which store row
 * each record of the index is; what it holds is the pool's from now on.
 * `generation`: of the records in it, as the store numbers them; 0: unknown. */
void pool_swap(struct pool *p, struct rows *rows, uint64_t generation);
/* The rows of the current region. */
const struct rows *pool_rows(const struct pool *p);
/* The same for what changed since the current region was built: the delta's
 * records have the numbers from the region's number of rows on. */
void *pool_spare_delta(struct pool *p, size_t *cap);
void pool_swap_delta(struct pool *p, struct rows *rows, uint64_t generation);
/* The store row of a hit of this batch: -1 when there is no such record. Good
 * until the slot is released, however often the index changed since. */
int64_t pool_row(const struct pool *p, const struct slot *s, uint32_t no);
/* Of which generation the records were that this batch was matched with, for
 * as long. */
uint64_t pool_generation(const struct pool *p, const struct slot *s);

/* For status and progress. */
struct pool_counts {
	uint64_t deaths, batches;
	unsigned workers, busy_slots;
};
void pool_counts(const struct pool *p, struct pool_counts *out);

#endif
