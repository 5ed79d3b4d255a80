/*
 * shape: commonNames in the forms that national certificates give them
 * (reference pii.md 4.4): a name with a number, in an order of their own.
 */
#ifndef MONITOR_PII_SHAPE_H
#define MONITOR_PII_SHAPE_H

#include "ctlog/base/arena.h"

enum shape_kind {
	SHAPE_NONE,
	SHAPE_NAME, /* name, and a number or none */
	SHAPE_NUMBER,
	SHAPE_ORG,
	SHAPE_PSEUDONYM,
	SHAPE_GROUP
};

struct shape {
	enum shape_kind kind;
	int points;
	const char *reason; /* a constant */
	struct span name, also, number;
	struct span account; /* a number of an account, not of a person */
	const char *number_reason;
};

/* Spans point into text or the arena. */
struct shape shape_find(struct arena *a, struct span text);

/* "Surname, Given" as "Given Surname"; *found says whether it was that. */
struct span shape_reorder(struct arena *a, struct span text, bool *found);

/* Letters, blanks and what stands in names (' - .), in at least `words`
 * words. */
bool shape_is_words(struct span s, unsigned words);

struct span shape_trim(struct span s);

#endif
