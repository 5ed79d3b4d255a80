/*
 * pool_index: the memory for match indexes: which of it is current, which is
 * in use by batches under way, and which may be written. See pool.h.
 */
#include <sys/mman.h>

#include "ctlog/base/mem.h"
#include "monitor/pool_main.h"

void
pool_index_take(struct pool *p, struct slot *s)
{
	ASSERT(!s->in_index);
	s->in_index = true;
	s->order.region = p->current;
	s->order.delta = p->current_delta;
	p->region[p->current].users++;
	if (p->current_delta != DELTA_NONE)
		p->delta[p->current_delta].users++;
}

void
pool_index_leave(struct pool *p, struct slot *s)
{
	if (!s->in_index)
		return;
	s->in_index = false;
	p->region[s->order.region].users--;
	if (s->order.delta != DELTA_NONE)
		p->delta[s->order.delta].users--;
}

void
pool_index_free(struct pool *p)
{
	for (unsigned i = 0; i < 2; i++)
		rows_fini(&p->region[i].rows);
	for (unsigned i = 0; i < POOL_DELTAS; i++)
		rows_fini(&p->delta[i].rows);
}

static void
home_take(struct index_home *h, struct rows *rows, uint64_t generation)
{
	h->generation = generation;
	rows_fini(&h->rows);
	h->rows = *rows;
	*rows = (struct rows){0};
}

void *
pool_spare(struct pool *p, size_t *cap)
{
	unsigned spare = !p->current;

	if (p->region[spare].users > 0)
		return NULL;
	madvise(p->map.region[spare], POOL_REGION, MADV_REMOVE);
	*cap = POOL_REGION;
	return p->map.region[spare];
}

void
pool_swap(struct pool *p, struct rows *rows, uint64_t generation)
{
	p->current = !p->current;
	p->current_delta = DELTA_NONE;
	home_take(&p->region[p->current], rows, generation);
}

const struct rows *
pool_rows(const struct pool *p)
{
	return &p->region[p->current].rows;
}

/* DELTA_NONE when all are in use. */
static unsigned
delta_spare(const struct pool *p)
{
	unsigned i = 0;

	while (
	    i < POOL_DELTAS && (i == p->current_delta || p->delta[i].users > 0))
		i++;
	return i;
}

void *
pool_spare_delta(struct pool *p, size_t *cap)
{
	unsigned spare = delta_spare(p);

	p->spare_delta = spare;
	if (spare == DELTA_NONE)
		return NULL;
	madvise(p->map.delta[spare], POOL_DELTA, MADV_REMOVE);
	*cap = POOL_DELTA;
	return p->map.delta[spare];
}

void
pool_swap_delta(struct pool *p, struct rows *rows, uint64_t generation)
{
	ASSERT(p->spare_delta != DELTA_NONE);
	p->current_delta = p->spare_delta;
	p->spare_delta = DELTA_NONE;
	home_take(&p->delta[p->current_delta], rows, generation);
}

int64_t
pool_row(const struct pool *p, const struct slot *s, uint32_t no)
{
	const struct rows *rows = &p->region[s->order.region].rows;

	if (no < rows->num || s->order.delta == DELTA_NONE)
		return rows_get(rows, no);
	return rows_get(&p->delta[s->order.delta].rows, no - rows->num);
}

uint64_t
pool_generation(const struct pool *p, const struct slot *s)
{
	ASSERT(s->in_index);
	return s->order.delta == DELTA_NONE
		   ? p->region[s->order.region].generation
		   : p->delta[s->order.delta].generation;
}
