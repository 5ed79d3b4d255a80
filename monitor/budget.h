/*
 * budget: how much an operator is asked for: requests a second and calls at a
 * time, over all of its hosts. Pure logic, the time is the caller's
 * (milliseconds of any monotonic clock). host.c is the only user.
 *
 * There is no limit until a server complains: 429, or 503 with Retry-After.
 * Then both are halved, starting from what was really asked for, and creep up
 * again in small steps while there is no complaint:
 *   search   a rate that was refused before it was good for one step is halved
 *            again, so that any limit is found in a few complaints
 *   return   in larger steps to nine tenths of what was refused, or to a lower
 *            rate that was good; to three quarters while none is known
 *   ceiling  what was refused last is not asked for again until there were
 *            BUDGET_HOLD_MS and BUDGET_HOLD_GOOD answers without complaint
 *   end      ten minutes without a complaint: no limit
 * A single call that tries the ground after a complaint and is refused too
 * says nothing about the rate, and does not lower it.
 */
#ifndef MONITOR_BUDGET_H
#define MONITOR_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#define BUDGET_STEP_MS 1000
#define BUDGET_STEP_GOOD 4
#define BUDGET_HOLD_MS 60000
#define BUDGET_HOLD_GOOD 100
#define BUDGET_KEEP_MS 600000
#define BUDGET_RECENT 16

/* Zeroed at first: no limit. Rates are in requests a second. */
struct budget {
	double rate;    /* 0: no limit */
	double refused; /* the last one that was refused */
	double known;   /* up to this in larger steps */
	double next;    /* when the next request may leave */
	int running;    /* calls under way */
	int width;      /* as many as may be, while there is a rate */
	int64_t complaint;
	int64_t step;                  /* begun then */
	unsigned step_good;            /* answers since then */
	unsigned good;                 /* answers since the complaint */
	bool proven;                   /* a step was good since the complaint */
	unsigned num_starts;           /* since the complaint */
	int64_t starts[BUDGET_RECENT]; /* the last of them, by turns */
};

/* Milliseconds until a request may leave; 0 = now, -1 = when a call ends. */
int64_t budget_wait_ms(const struct budget *b, int64_t now);
/* How long a request would wait behind `ahead` others, for its pace alone. */
int64_t budget_queue_ms(const struct budget *b, int ahead, int64_t now);
/* Whether there is no limit. */
bool budget_is_free(const struct budget *b, int64_t now);

/* A request leaves; its call is over, however that came. */
void budget_start(struct budget *b, int64_t now);
void budget_end(struct budget *b);
/* An answer without, or with, a complaint, to a request of that time. Before
 * budget_end of its call. */
void budget_good(struct budget *b, int64_t started, int64_t now);
void budget_halve(struct budget *b, int64_t started, int64_t now);

/* Two turn out to be one: the calls of both, the tighter limit. */
void budget_join(struct budget *b, const struct budget *other);

#endif
