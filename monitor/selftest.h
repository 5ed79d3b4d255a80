/*
 * selftest: what this build on this system really does: a parser process that
 * tries what it must not, and algorithms whose answers are known.
 */
#ifndef MONITOR_SELFTEST_H
#define MONITOR_SELFTEST_H

#include <stdbool.h>
#include <stddef.h>

#include "monitor/sandbox.h"

/* --- selftest.c: the sandbox ----------------------------------------------- */

/* What became of an attempt. */
enum outcome {
	OUTCOME_DIED,    /* of a signal */
	OUTCOME_REFUSED, /* the call failed */
	OUTCOME_LIVED,   /* it could do it */
	OUTCOME_UNKNOWN, /* it could not be tried */
};

struct attempt {
	const char *name, *who; /* for programs; "worker" or "zygote" */
	const char *what;       /* for people: "open a file" */
	enum outcome outcome;
	int signal; /* DIED: of which */
};

#define SELFTEST_ATTEMPTS 24

/* Fork a zygote and workers with all their confinement, one worker for each
 * attempt. Returns how many attempts there were, and in *s how they were locked
 * in. Ends the program, with 74, without memory or processes for that. */
size_t selftest_sandbox(
    struct attempt list[SELFTEST_ATTEMPTS], struct sandbox *s);

/* --- selftest_known.c: known answers --------------------------------------- */

struct known {
	const char *name;
	bool right;
};

#define SELFTEST_KNOWN 8

size_t selftest_known(struct known list[SELFTEST_KNOWN]);

#endif
