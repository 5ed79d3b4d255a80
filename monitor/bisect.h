/*
 * bisect: where a period begins or ends in a log, by its leaf timestamps. A
 * pure search: it says which timestamp it has to know, somebody else fetches.
 *
 * Timestamps are not in order. A log that keeps its maximum merge delay (MMD)
 * takes an entry in within [timestamp, timestamp + MMD], in order of the index,
 * so that an entry is at most one MMD older than any entry before it. Hence,
 * of an entry with the timestamp t,
 *   t <  from - MMD  proves that it and all before it are older than `from`,
 *   t >= to + MMD    proves that it and all behind it are not older than `to`,
 * and only such proofs take entries away from the range. It holds every entry
 * with from <= timestamp < to, and none that is more than two MMD outside. An
 * entry without a timestamp proves nothing.
 */
#ifndef MONITOR_BISECT_H
#define MONITOR_BISECT_H

#include "ctlog/base/limits.h"
#include "ctlog/base/span.h"

#define STAMP_UNKNOWN UINT64_MAX

struct bisect {
	bool end;        /* of the period, else its beginning */
	uint64_t lo, hi; /* what is looked for is in there, both inclusive */
	uint64_t bound;  /* ms since 1970 */
	/* The timestamps of [begin, begin + num) are known. */
	uint64_t begin;
	uint32_t num;
	uint64_t stamp[LIMIT_TILE];
};

/* Among the entries [lo, hi); times in ms. What is known stays known. */
void bisect_from(struct bisect *b, uint64_t lo, uint64_t hi, uint64_t from_ms,
    uint64_t mmd_ms);
void bisect_to(struct bisect *b, uint64_t lo, uint64_t hi, uint64_t to_ms,
    uint64_t mmd_ms);

/* true: it is b->lo, an index or the end of the entries. false: the timestamp
 * of entry *at has to be known first. */
bool bisect_run(struct bisect *b, uint64_t *at);

/* Learn the timestamps of num entries from `begin` on, at most LIMIT_TILE, and
 * forget all others. */
void bisect_know(
    struct bisect *b, uint64_t begin, const uint64_t *stamp, uint32_t num);

#endif
