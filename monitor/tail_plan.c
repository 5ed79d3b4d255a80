/*
 * tail_plan: which entries are asked for next, ahead of what is accepted. How
 * they are asked for is in tail_read.c, which units come next in tail_units.c.
 */
#include "ctlog/base/mem.h"
#include "monitor/tail_private.h"

uint64_t
tail_limit(const struct tail *t)
{
	uint64_t size = t->target.head.size;
	uint64_t limit = t->log.api->plan_limit(
	    &t->log, size, t->partial || !t->range.follow);

	if (limit > t->units.at.end)
		limit = t->units.at.end;
	return limit > t->accepted ? limit : t->accepted;
}

struct flight *
flight_new(struct tail *t, uint64_t begin, uint64_t end)
{
	struct flight *f = NEW(struct flight);

	f->t = t;
	f->want = (struct want){begin, end, t->target.head.size, 0};
	ev_init(&f->again, NULL);
	t->num_flights++;
	return f;
}

void
tail_probe(struct tail *t, uint64_t begin, uint64_t end)
{
	ASSERT(t->first == NULL);
	t->first = flight_new(t, begin, end);
	flight_ask(t->first);
}

/* The place behind the last flight. */
static struct flight **
flights_end(struct tail *t)
{
	struct flight **at = &t->first;

	while (*at != NULL)
		at = &(*at)->next;
	return at;
}

/* A log that has not given anything of use yet is asked for one thing at a
 * time, so that no more than that is in the way of others; and to learn the
 * size of its pages. */
static unsigned
plan_width(const struct tail *t)
{
	bool learning = t->log.api == &log_api_rfc6962 && t->log.page == 0;

	return learning || t->largest == 0 ? 1 : t->env->in_flight;
}

/* Up to where the piece ahead can be planned; the one behind it, when that is
 * planned to its end. false: there is nothing to plan now. */
static bool
plan_piece(struct tail *t, uint64_t *limit)
{
	struct units *u = &t->units;
	uint64_t size = t->log.api->plan_limit(
	    &t->log, t->target.head.size, t->partial || !t->range.follow);

	while (
	    t->planned == u->ahead.end && tail_units_after(t, &u->ahead, false))
		t->planned = tail_units_start(t, &u->ahead);
	*limit = u->ahead.end < size ? u->ahead.end : size;
	return t->planned < *limit;
}

void
tail_plan(struct tail *t)
{
	uint64_t limit, end;
	struct flight *f, **at = flights_end(t);

	if (t->haul_bytes > 4 * TAIL_COMMIT_BYTES)
		return; /* the store is slow: it goes first */
	while (t->num_flights < plan_width(t) && plan_piece(t, &limit)) {
		end = t->log.api->batch_end(&t->log, t->planned, limit);
		ASSERT(end > t->planned && end <= limit);
		f = flight_new(t, t->planned, end);
		*at = f;
		at = &f->next;
		t->planned = end;
		flight_ask(f);
	}
}
