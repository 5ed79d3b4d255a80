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

/* text: out of normal_text(). Spans point into it or the arena. */
struct shape shape_find(struct arena *a, struct span text);

/* DOE.JOHN.Q.1234567890 in capitals, even where ".EMAIL" behind it makes a host
 * name of it. */
bool shape_is_defense(struct span s);

#endif
