/*
 * tail: one log being read, in order, hashed, matched, proven and stored: as
 * a service that follows it for ever, or as a scan of one range.
 *
 *   head      fetched, signature verified; it is the target
 *   flights   batches under way: asked for, received, at a worker, done
 *   accept    finished batches join the tree in order
 *   prove     the tree is compared with the signed head, or with proofs
 *   commit    position, hits, quarantine, outbox rows in one transaction
 *
 * A scan reads by pieces: unit by unit from the newest back, or as far as it
 * can go from the oldest on.
 *
 * Only position and tree that the store has count; the rest is redone after a
 * restart. Lives on the loop.
 */
#ifndef MONITOR_TAIL_H
#define MONITOR_TAIL_H

#include "monitor/http.h"
#include "monitor/pool.h"
#include "monitor/writer.h"

struct tail;

/* What a tail uses; one for all tails. Borrowed. */
struct tail_env {
	struct ev_loop *loop;
	struct http *http;
	struct pool *pool;
	struct writer *writer;
	struct tally *tally;     /* the store thread's: what a commit counts */
	unsigned threshold;      /* name hits below are dropped */
	unsigned name_threshold; /* ... and below this are for a digest */
	unsigned in_flight;      /* batches per log at a time */
	size_t body_limit;
	int64_t hold_ms; /* unverified alerts are due after this */
	int64_t poll_static_ms, poll_rfc6962_ms, partial_after_ms;
	/* Hits or events were committed: the courier has work. */
	void (*on_committed)(void *arg);
	/* The tail has ended: tail_status() tells how. */
	void (*on_ended)(void *arg, struct tail *t);
	void *arg;
};

/* One log, and what is wanted of it. The strings are copied. */
struct tail_log {
	const char *name, *operator_name, *url, *origin;
	const struct log_api *api;
	struct logkey *key; /* the tail's from then on */
	uint32_t mmd_s;     /* maximum merge delay; 0: not told */
	bool http1, no_keepalive;
	bool unindexed; /* static: entries need no leaf_index, for the log is
			   an RFC 6962 log as well, or an archive */
};
enum tail_from { TAIL_FROM, TAIL_LAST, TAIL_HEAD };
struct tail_range {
	bool follow; /* for ever; `to` is unused */
	enum tail_from how;
	/* These two are ms since 1970 instead: the log is searched for them,
	 * and what is found is widened by its maximum merge delay. */
	bool from_date, to_date;
	uint64_t from; /* TAIL_FROM: first index; TAIL_LAST: how many */
	uint64_t to;   /* exclusive; UINT64_MAX: size of the first head */
	uint64_t salt; /* another scan of the same range */
	bool quiet;    /* say nothing of the indices found */
	bool newest_first;
};

struct tail *tail_new(const struct tail_env *env, const struct tail_log *log,
    const struct tail_range *range);
void tail_start(struct tail *t);
/* The same log elsewhere, or by its other protocol (which has the same tree):
 * go on there from what the store has. The strings are copied. */
void tail_move(struct tail *t, const struct log_api *api, const char *url,
    const char *origin);
/* Ask for heads no more often than this from now on; 0: as usual. For a log
 * that does not grow any more. */
void tail_rest(struct tail *t, int64_t poll_ms);
/* The log takes no entries any more: that it signs nothing new is no news. */
void tail_over(struct tail *t, bool over);
/* Stop asking, commit what was accepted, then end with ST_AGAIN. */
void tail_stop(struct tail *t);
void tail_free(struct tail *t);

/* How far it is. */
struct tail_state {
	const char *name, *operator_name, *api;
	const struct hash *log_id;
	enum status status; /* ended: ST_OK done and proven, ST_AGAIN stopped,
			       ST_MISMATCH or ST_SIGNATURE misbehaved, ST_USAGE
			       range beyond the head, ... */
	bool ended;
	const struct err *err; /* why, when not ST_OK */
	uint64_t from, to;     /* to: UINT64_MAX while following */
	/* Of a scan: `from` and how many are; they need not be the first. */
	uint64_t accepted, committed, proven;
	uint64_t resumed;          /* how many of these runs before committed */
	struct head head;          /* the target; size 0 before the first */
	uint64_t newest;           /* size of the newest verified head */
	uint64_t newest_signed_ms; /* its timestamp: the log's clock */
	int64_t heard_ms;          /* when a head was last verified; 0: never */
	bool broken;               /* read on without proofs */
	uint64_t num_hits, num_quarantined, num_dropped, num_partial;
	uint64_t num_bytes;
};
void tail_state(const struct tail *t, struct tail_state *out);

/* A log's MMD in seconds: what its list tells, or (told_s 0) what such logs
 * promise at most: RFC 6962 ones a day in all policies, static ones a minute. */
uint32_t tail_mmd_s(const struct log_api *api, uint32_t told_s);

/* ms since 1970. */
int64_t now_ms(void);

#endif
