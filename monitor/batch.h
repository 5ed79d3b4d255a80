/*
 * batch: the baton that travels loop -> worker -> loop -> store. A batch is a
 * range of entries of one log: the loop orders it, the body of the log's reply
 * is written into a slot of memory that loop and workers share, a worker
 * digests it there and leaves its findings behind as bytes, which the loop
 * copies out and reads like network input.
 *
 * batch_work is a pure function of order, body and index: no globals, no I/O.
 */
#ifndef MONITOR_BATCH_H
#define MONITOR_BATCH_H

#include "ctlog/api/api.h"
#include "monitor/pii/match.h"

/* What a worker is to do; the loop writes it, the worker only reads it. */
struct batch_order {
	const struct log_api *api; /* the same address in all processes */
	struct want want;
	/* Content (extraction, matching) is examined in [from, to) only;
	 * everything is parsed and hashed. For finding a guilty entry. */
	uint64_t from, to;
	/* A bit for each entry whose content is not looked at, because it
	 * killed a worker. */
	uint8_t skip[LIMIT_BATCH / 8];
	/* A probe: the leaves' timestamps are wanted, content is not looked
	 * at. */
	bool stamps;
	/* static-ct-api: an entry without leaf_index is as it should be. */
	bool unindexed;
	uint32_t region; /* match index to use, */
	uint32_t delta;  /* and what changed since */
	uint32_t threshold;
	size_t body_len;
};

static inline void
batch_skip(struct batch_order *o, uint64_t entry)
{
	uint64_t i = entry - o->want.begin;

	if (i < LIMIT_BATCH)
		o->skip[i / 8] |= (uint8_t)(1u << i % 8);
}

static inline bool
batch_skips(const struct batch_order *o, uint64_t entry)
{
	uint64_t i = entry - o->want.begin;

	return i < LIMIT_BATCH && o->skip[i / 8] >> i % 8 & 1;
}

/* What a worker needs besides; one per process. */
struct bench;
struct bench *bench_new(const uint8_t index_key[INDEX_KEY_LEN]);
void bench_free(struct bench *b);

/* Where a result goes. */
struct batch_out {
	uint8_t *p;
	size_t cap, len;
	/* The entry in hand, for whoever outlives the worker; or NULL. */
	volatile uint64_t *reading;
};

/*
 * Do the work: the result is written into `out`, whose cap says how much fits;
 * out->len is its length. When
 * the hits of all entries do not fit, the result ends before the first entry
 * that does not, as if the log had answered less.
 */
void batch_work(struct bench *b, struct batch_out *out,
    const struct batch_order *order, struct span body,
    const struct match_set *index);

/* --- reading a result (all spans into the bytes given) -------------------- */

struct batch_hit {
	uint64_t entry; /* index in the log */
	int64_t timestamp_ms;
	struct hash leaf_hash;
	uint32_t no; /* record, in the index's numbering */
	uint32_t count;
	uint8_t score, kind, side;
	struct span rule, carrier, value;
	uint32_t num_reasons;
	struct span reason[MATCH_REASONS];
	uint32_t also;    /* kinds found besides, bit set */
	uint32_t classes; /* bit set over class_name() */
	bool has_sha256, precert;
	struct hash sha256, family;
	struct span serial, issuer, issuer_org;
	int64_t not_before_ms, not_after_ms;
	/* The entry, as kept.h has it; empty: it is more than may be kept. */
	struct span kept;
};

struct batch_quarantine {
	uint64_t entry;
	struct hash leaf_hash;
	struct span reason;
	struct span bytes; /* as kept.h has them; none from kept_api */
};

/* An entry whose own leaf_index is not its place (static-ct-api), or that has
 * none: BATCH_NO_INDEX. */
#define BATCH_NO_INDEX UINT64_MAX
struct batch_odd_index {
	uint64_t entry, says;
	struct hash leaf_hash;
};

struct batch_result {
	enum status status; /* not ST_OK: the body is unusable; see error */
	struct span error;
	struct range range; /* [want.begin, end of what was read) */
	uint32_t dropped;   /* entries beyond those asked for */
	uint32_t partial;   /* certificates read in part */
	uint32_t num_odd_index;
	struct batch_odd_index odd_index; /* the first of them */
	uint32_t num_quarantined, num_hits;
	struct span stamps; /* a probe's: see batch_stamp */
	struct span tally;  /* see tally_add() */
	/* private: */
	struct rd records;           /* what follows */
	struct span kept;            /* of the entry whose hits are read, */
	uint64_t kept_entry;         /* which is this one */
	size_t kept_left, kept_room; /* of LIMIT_KEPT_ENTRY, _BATCH */
};

/* Check and open a result for this order; ST_BAD when it is no such thing:
 * the worker is then not to be believed. num_quarantined and num_hits are
 * bounded by the bytes that are there, so memory may be taken by them. */
enum status batch_open(struct batch_result *out, struct span bytes,
    const struct batch_order *order, struct err *e);
/* First all quarantined entries, then all hits. false: nothing more, or the
 * bytes are damaged (then records.bad is set). The hits of an entry share its
 * bytes, each of them once as often as LIMIT_KEPT_ENTRY lets it be kept. */
bool batch_next_quarantine(struct batch_result *r, struct batch_quarantine *q);
bool batch_next_hit(struct batch_result *r, struct batch_hit *h);
/* Both lists can be read to their ends, and nothing is behind them. */
bool batch_is_whole(const struct batch_result *r);
/* A probe's: the timestamp of entry r->range.begin + i, in ms since 1970;
 * UINT64_MAX: the leaf has none that could be read. */
uint64_t batch_stamp(const struct batch_result *r, uint64_t i);

#endif
