/*
 * tail_tally: what was counted in accepted batches, for one commit. Entries
 * are proven up to some batch's end, so there is a tally for each end that is
 * proven or may be next, and what is taken back is whole tallies.
 */
#ifndef MONITOR_TAIL_TALLY_H
#define MONITOR_TAIL_TALLY_H

#include "monitor/tail_private.h"

#define TALLIES 3
struct tally;

struct tallies {
	size_t num;
	struct store_tally list[TALLIES];
};

/* `at`: where one is to end, besides the last; ascending or not. sum is empty
 * before and after; the labels stay its own. */
void tallies_make(struct tallies *out, struct tally *sum,
    const struct haul *hauls, const uint64_t at[2]);
void tallies_fini(struct tallies *t);

#endif
