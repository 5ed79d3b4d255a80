/*
 * ring: a queue of slot numbers from one process to another, in shared memory
 * that the reader need not be able to write; a pipe beside it wakes the
 * reader. Each end keeps its own place in memory of its own, so what the other
 * one writes can't move it. One of the three places that use atomics.
 */
#ifndef MONITOR_RING_H
#define MONITOR_RING_H

#include <stdatomic.h>
#include <stdint.h>

#define RING_LEN 128u /* a power of two, more than there are slots */

struct ring {
	_Atomic uint32_t tail; /* next to write */
	_Atomic uint32_t item[RING_LEN];
};

/* Only when the other side is known to be dead; both places are 0 then. */
static inline void
ring_clear(struct ring *r)
{
	atomic_store(&r->tail, 0);
}

/* `tail` is the writer's place. There is always room: whoever owns the slots
 * has fewer of them under way than the ring has places. */
static inline void
ring_put(struct ring *r, uint32_t *tail, uint32_t item)
{
	atomic_store_explicit(
	    &r->item[*tail % RING_LEN], item, memory_order_relaxed);
	atomic_store_explicit(&r->tail, ++*tail, memory_order_release);
}

/* How many the writer says there are; as trustworthy as the writer. */
static inline uint32_t
ring_ready(const struct ring *r, uint32_t head)
{
	return atomic_load_explicit(&r->tail, memory_order_acquire) - head;
}

/* `head` is the reader's place; call it when one is ready. What comes out is
 * any number, if the writer wants so. */
static inline uint32_t
ring_get(const struct ring *r, uint32_t *head)
{
	return atomic_load_explicit(
	    &r->item[(*head)++ % RING_LEN], memory_order_relaxed);
}

#endif
