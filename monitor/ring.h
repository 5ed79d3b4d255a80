/*
 * ring: a bounded queue of slot numbers between two processes, one writing,
 * one reading, in shared memory; an eventfd beside it wakes the reader. One of
 * the three places that use atomics.
 */
#ifndef MONITOR_RING_H
#define MONITOR_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define RING_LEN 128u /* a power of two, more than there are slots */

struct ring {
	_Atomic uint32_t head; /* next to read */
	_Atomic uint32_t tail; /* next to write */
	_Atomic uint32_t item[RING_LEN];
};

/* Also for emptying it, when the other side is known to be dead. */
static inline void
ring_clear(struct ring *r)
{
	atomic_store(&r->head, 0);
	atomic_store(&r->tail, 0);
}

/* false: full. */
static inline bool
ring_put(struct ring *r, uint32_t item)
{
	uint32_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
	uint32_t head = atomic_load_explicit(&r->head, memory_order_acquire);

	if (tail - head >= RING_LEN)
		return false;
	atomic_store_explicit(
	    &r->item[tail % RING_LEN], item, memory_order_relaxed);
	atomic_store_explicit(&r->tail, tail + 1, memory_order_release);
	return true;
}

/* false: empty. What comes out is as trustworthy as the other side. */
static inline bool
ring_get(struct ring *r, uint32_t *item)
{
	uint32_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
	uint32_t tail = atomic_load_explicit(&r->tail, memory_order_acquire);

	if (head == tail)
		return false;
	*item = atomic_load_explicit(
	    &r->item[head % RING_LEN], memory_order_relaxed);
	atomic_store_explicit(&r->head, head + 1, memory_order_release);
	return true;
}

#endif
