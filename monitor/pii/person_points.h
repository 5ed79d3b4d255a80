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
	struct span text; /* normal_text() of in->text */
	unsigned num_reasons;
	unsigned num;
	struct span token[JUDGE_TOKENS], folded[JUDGE_TOKENS];
};

void points(struct judge *j, int n, const char *reason);

/* person_strip.c: "(Signature)" and the like off the text; titles, marks of sole
 * traders off the words. */
struct span strip_purpose(struct judge *j, struct span text);
void strip_titles(struct judge *j);
void strip_sole(struct judge *j);

/* The words are titles, all of them. */
bool all_titles(const struct judge *j);

/* What num words from there on are together ("sp. z o.o."). */
unsigned kinds_of(const struct judge *j, unsigned at, unsigned num);

/* All of it, for the words that are left; name: they, joined. */
void points_all(struct judge *j, struct span name);

#endif
