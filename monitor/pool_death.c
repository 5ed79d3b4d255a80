/*
 * pool_death: what becomes of a batch whose worker died. Once may be chance,
 * so the batch is simply run again. The second time it is bisected: probes
 * look at half of its entries each, until one entry is left that kills alone;
 * that one is skipped from then on, and quarantined.
 */
#include <string.h>
#include <sys/wait.h>

#include "monitor/diag.h"
#include "monitor/pool_main.h"

static void
run_whole(struct pool *p, struct slot *s, unsigned lane)
{
	s->probing = false;
	s->order.from = s->order.want.begin;
	s->order.to = s->order.want.end;
	pool_put(p, s, lane);
}

/* Probe the first half of the suspects, or the last one. */
static void
run_probe(struct pool *p, struct slot *s, unsigned lane)
{
	uint64_t half = (s->probe_to - s->probe_from + 1) / 2;

	s->probing = true;
	s->order.from = s->probe_from;
	s->order.to = s->probe_from + half;
	pool_put(p, s, lane);
}

/* None of the entries is guilty alone, yet no worker survives the batch. */
#define ROUNDS_MAX 3

static void
give_up(struct pool *p, struct slot *s)
{
	err_set(&s->err, ST_BAD,
	    "entries %llu to %llu kill every worker that reads them",
	    (unsigned long long)s->order.want.begin,
	    (unsigned long long)s->order.want.end - 1);
	buf_fini(&s->result);
	pool_finish(p, s);
}

static void
skip_entry(struct pool *p, struct slot *s, unsigned lane)
{
	struct batch_order *o = &s->order;

	if (o->num_skips == BATCH_SKIPS) {
		give_up(p, s);
		return;
	}
	diag_warn("entry %llu kills the process that reads it; it is put into "
		  "quarantine unread",
	    (unsigned long long)s->probe_from);
	o->skip[o->num_skips++] = s->probe_from;
	s->deaths = 1;
	run_whole(p, s, lane);
}

static void
guilty(struct pool *p, struct slot *s, unsigned lane)
{
	s->deaths++;
	if (s->abandoned) {
		pool_finish(p, s);
	} else if (s->probing && s->order.to - s->order.from == 1) {
		s->probe_from = s->order.from;
		skip_entry(p, s, lane);
	} else if (s->probing) {
		s->probe_from = s->order.from;
		s->probe_to = s->order.to;
		run_probe(p, s, lane);
	} else if (s->deaths < 2) {
		run_whole(p, s, lane);
	} else {
		s->probe_from = s->order.want.begin;
		s->probe_to = s->order.want.end;
		run_probe(p, s, lane);
	}
}

void
pool_survived(struct pool *p, struct slot *s)
{
	unsigned lane = s->lane;

	if (s->abandoned) {
		pool_finish(p, s);
		return;
	}
	s->probe_from = s->order.to;
	if (s->probe_from < s->probe_to) {
		run_probe(p, s, lane);
		return;
	}
	s->deaths = 0; /* none kills: the deaths had another cause */
	if (++s->rounds < ROUNDS_MAX)
		run_whole(p, s, lane);
	else
		give_up(p, s);
}

static void
tell(const struct pool *p, unsigned lane, int how)
{
	const struct lane_main *l = &p->lane[lane];

	if (l->sick || (l->num > 0 && l->queue[0]->deaths > 0))
		return; /* said already, or being looked into */
	if (WIFSIGNALED(how))
		diag_warn("worker %u died of signal %d; it is replaced", lane,
		    WTERMSIG(how));
	else
		diag_warn("worker %u ended with %d; it is replaced", lane,
		    WEXITSTATUS(how));
}

void
pool_died(struct pool *p, unsigned lane, int how)
{
	struct lane_main *l = &p->lane[lane], left;

	p->num_deaths++;
	pool_drain(p, lane);
	tell(p, lane, how);
	left = *l;
	*l = (struct lane_main){0};
	ring_clear(&p->map.orders->todo[lane]);
	ring_clear(&p->map.answers->done[lane]);
	pool_zygote(p, ZYGOTE_FORK, lane);
	if (left.num > 0)
		guilty(p, left.queue[0], lane);
	for (unsigned i = 1; i < left.num; i++)
		pool_put(p, left.queue[i], lane);
}
