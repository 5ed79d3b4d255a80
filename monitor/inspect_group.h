/*
 * inspect_group: the findings of a certificate by kind, with how grave that
 * is.
 */
#ifndef MONITOR_INSPECT_GROUP_H
#define MONITOR_INSPECT_GROUP_H

#include "alerts/severity.h"
#include "monitor/inspect.h"

/* All findings of a kind and side. */
struct group {
	enum pii_kind kind;
	enum pii_side side;
	uint32_t values;                /* that differ */
	enum pii_confidence confidence; /* of the surest */
	enum severity severity;         /* of the worst */
};

/* The groups of a side that have something, the gravest first; how many. */
unsigned group_all(struct group out[PII_KINDS], const struct findings *all,
    enum pii_side side);

/* The first finding of this value; the others say where else it stands. */
bool group_is_first(const struct findings *all, uint32_t at);
bool group_is_same(const struct finding *a, const struct finding *b);

#endif
