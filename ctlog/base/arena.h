/*
 * arena: memory of one size that is handed out in pieces and taken back as a
 * whole; the memory itself belongs to the caller. Nothing aborts here: when
 * the arena is full the caller gets NULL, because what fills it is the data of
 * a hostile certificate.
 */
#ifndef CTLOG_BASE_ARENA_H
#define CTLOG_BASE_ARENA_H

#include "ctlog/base/span.h"

struct arena {
	uint8_t *base;
	size_t cap, used;
};

static inline struct arena
arena_of(void *base, size_t cap)
{
	return (struct arena){base, cap, 0};
}

/* len bytes, aligned to 8, not zeroed; NULL when the arena is full. */
static inline void *
arena_get(struct arena *a, size_t len)
{
	size_t at = (a->used + 7) & ~(size_t)7;

	if (at > a->cap || len > a->cap - at)
		return NULL;
	a->used = at + len;
	return a->base + at;
}

/* A copy of s in the arena; an empty span when the arena is full. */
static inline struct span
arena_copy(struct arena *a, struct span s)
{
	void *q = arena_get(a, s.len);

	if (q == NULL || s.len == 0)
		return span_of(NULL, 0);
	memcpy(q, s.p, s.len);
	return span_of(q, s.len);
}

static inline void
arena_clear(struct arena *a)
{
	a->used = 0;
}

#endif
