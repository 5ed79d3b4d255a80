/*
 * digest: several exposures of one record in one message: their order, what
 * counts as one line of it, and its JSON. Words for people are in the sinks.
 */
#ifndef ALERTS_DIGEST_H
#define ALERTS_DIGEST_H

#include "alerts/sink.h"

/* Gravest first; what says the same side by side, oldest first. */
void digest_sort(const struct exposure **list, size_t num);

/* What a group of them has in common, out of a sorted list. */
struct digest_group {
	size_t num;
	const struct exposure *const *list; /* by time */
};
/* The group that begins at list[0]; num > 0. */
struct digest_group digest_group(
    const struct exposure *const *list, size_t num);
size_t digest_num_groups(const struct message *m);

/* The event "digest" of a MESSAGE_DIGEST; no line end. */
void digest_json(const struct message *m, bool reveal, struct buf *out);

#endif
