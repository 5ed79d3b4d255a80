/*
 * err: what went wrong, for a program (enum status) and for a person
 * (struct err). The caller owns the struct err and may pass NULL; it is filled
 * once, where the knowledge is. Foreign text in it goes through text_quote().
 * Own mistakes are asserted (ASSERT stays in release builds), never returned.
 */
#ifndef CTLOG_BASE_ERR_H
#define CTLOG_BASE_ERR_H

#include <stdio.h>
#include <stdlib.h>

enum status {
	ST_OK = 0,
	ST_BAD,         /* input breaks its format; retrying alone won't help */
	ST_SIGNATURE,   /* a signature does not verify */
	ST_MISMATCH,    /* hashes that must agree do not: tampering or a fork */
	ST_LIMIT,       /* an honest format beyond our limits */
	ST_AGAIN,       /* a passing fault; retry later */
	ST_IO,          /* the operating system refused */
	ST_FULL,        /* no space left; pause and retry */
	ST_MISSING,     /* the thing named is not there */
	ST_STALE,       /* somebody else moved the position first */
	ST_BUSY,        /* another process holds it */
	ST_NEWER,       /* made by a newer version of this program */
	ST_USAGE,       /* the caller's request makes no sense */
	ST_DENIED,      /* no permission */
	ST_UNREACHABLE, /* a peer does not answer, or not with what it must */
	ST_RANGE,       /* signed, but beyond what can be */
	ST_FAULT,       /* this program cannot do it: a bug of ours */
};

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF(a, b) __attribute__((format(printf, a, b)))

struct err {
	char text[1024];
};

/* Fill `e` (when not NULL) and return `st`, so that a failure is one line. */
enum status err_set(struct err *e, enum status st, const char *fmt, ...)
    PRINTF(3, 4);

/* Put "fmt: " before what stands in `e` already. */
void err_prefix(struct err *e, const char *fmt, ...) PRINTF(2, 3);

/* One English word or two for a status, for logs. */
const char *status_name(enum status st);

__attribute__((noreturn)) void err_assert(
    const char *what, const char *file, int line);

/* An own mistake ends the program, also in release builds. */
#define ASSERT(x) ((x) ? (void)0 : err_assert(#x, __FILE__, __LINE__))

#endif
