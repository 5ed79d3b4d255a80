/*
 * person_points: what speaks for a name and against it (reference pii.md 4.5).
 * Private to person*.c.
 */
#ifndef MONITOR_PII_PERSON_POINTS_H
#define MONITOR_PII_PERSON_POINTS_H

#include "monitor/pii/person.h"

#define JUDGE_TOKENS 16

/* One classification under way. */
struct judge {
	struct person *out;
	const struct words *words;
	struct arena *arena;
	const struct person_in *in;
	unsigned num_reasons;
	unsigned num;
	struct span token[JUDGE_TOKENS], folded[JUDGE_TOKENS];
};

void points(struct judge *j, int n, const char *reason);

/* All of it, for the words that are left; name: they, joined. */
void points_all(struct judge *j, struct span name);

#endif
