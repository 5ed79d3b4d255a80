/*
 * pool: the inputs that a storm starts from: the seeds, which stay, and the
 * mutants that reached what none had reached, the newest of them. What was
 * reached is told by the counters that clang puts into every branch
 * (-fsanitize-coverage=inline-8bit-counters); in other builds some mutants are
 * kept by chance. Bounded.
 */
#ifndef TESTS_FUZZ_POOL_H
#define TESTS_FUZZ_POOL_H

#include <stdlib.h>

#include "tests/fuzz/bytes.h"

#define POOL_MOST 4096       /* inputs */
#define POOL_LEN 2048        /* the longest mutant that is kept */
#define POOL_SEED (1u << 18) /* the longest seed */
#define POOL_BLINDLY 5000    /* one in so many, when nothing tells */
#define COUNTERS (1u << 18)
#define BLOCK 512 /* of counters */

struct input {
	uint8_t *p;
	size_t len;
};

struct pool {
	struct input list[POOL_MOST];
	uint8_t room[POOL_MOST][POOL_LEN]; /* of the mutants */
	uint32_t num, seeds, newest;
	uint32_t next; /* which is given up when full */
	uint64_t kept;
	uint8_t *counter, *counters_end;
	uint8_t top[COUNTERS]; /* the highest each was, 2^n - 1 */
	uint32_t reached;      /* counters that were ever more than 0 */
};

static inline void
pool_seed(struct pool *pool, const uint8_t *data, size_t len)
{
	struct input *in = &pool->list[pool->num];

	if (pool->num >= POOL_MOST / 2)
		return;
	in->p = malloc(len > 0 ? len : 1);
	if (in->p == NULL)
		abort();
	memcpy(in->p, data, len);
	in->len = len;
	pool->seeds = ++pool->num;
}

/* A mutant of POOL_LEN at most; the oldest makes room for it. */
static inline void
pool_keep(struct pool *pool, const uint8_t *data, size_t len)
{
	uint32_t at = pool->num;

	if (pool->num < POOL_MOST) {
		pool->num++;
	} else {
		at = pool->seeds + pool->next;
		pool->next = (pool->next + 1) % (POOL_MOST - pool->seeds);
	}
	memcpy(pool->room[at], data, len);
	pool->list[at] = (struct input){pool->room[at], len};
	pool->newest = at;
	pool->kept++;
}

/* A seed, one of the newest, or any. */
static inline const struct input *
pool_any(const struct pool *pool, uint64_t *d)
{
	uint32_t how = dice(d, 4), back = dice(d, 64);

	if (how == 0 || pool->num == pool->seeds)
		return &pool->list[dice(d, pool->seeds)];
	if (how == 1 && pool->newest >= pool->seeds + back)
		return &pool->list[pool->newest - back];
	return &pool->list[dice(d, pool->num)];
}

/* Of two, mostly the shorter, for it is done sooner. */
static inline const struct input *
pool_pick(const struct pool *pool, uint64_t *d)
{
	const struct input *a = pool_any(pool, d), *b = pool_any(pool, d);

	return (a->len < b->len) == (dice(d, 4) > 0) ? a : b;
}

static inline void
pool_forget(struct pool *pool)
{
	if (pool->counter != NULL)
		memset(pool->counter, 0,
		    (size_t)(pool->counters_end - pool->counter));
}

/* Counters of one block that are higher than ever; the next magnitude (a
 * power of two) is what is news then. */
static inline int
pool_raise(struct pool *pool, size_t at, size_t end)
{
	int found = 0;

	for (; at < end; at++) {
		uint8_t n = pool->counter[at];

		if (n <= pool->top[at])
			continue;
		pool->reached += pool->top[at] == 0;
		while (pool->top[at] < n)
			pool->top[at] = (uint8_t)(pool->top[at] * 2 + 1);
		found = 1;
	}
	return found;
}

/* Whether a counter got to where it had never been since pool_forget. */
static inline int
pool_is_new(struct pool *pool, uint64_t *d)
{
	size_t num = (size_t)(pool->counters_end - pool->counter);
	int found = 0;

	if (num == 0)
		return dice(d, POOL_BLINDLY) == 0;
	for (size_t at = 0; at < num; at += BLOCK) {
		size_t end = num - at < BLOCK ? num : at + BLOCK;
		uint8_t over = 0;

		for (size_t i = at; i < end; i++)
			over |= pool->counter[i] > pool->top[i];
		if (over)
			found |= pool_raise(pool, at, end);
	}
	return found;
}

#endif
