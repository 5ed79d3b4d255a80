/* memory_join: the parts of a backfill that meet; see sqlite_join.c. */
#include "ctlog/base/mem.h"
#include "monitor/store/memory.h"
#include "monitor/store/rules.h"

static void
stretch_drop(struct mem_stretch *t)
{
	free(t->unproven);
	t->unproven = NULL;
	t->num_unproven = 0;
	t->gone = true;
}

/* Another part of what t is a part of. */
static bool
is_other(const struct mem_stretch *t, const struct mem_stretch *other)
{
	return other != t && !other->gone && other->log == t->log &&
	       other->x.scan != 0 && other->x.scan == rule_scan(&t->x);
}

static void
drop_started(
    struct store *s, const struct mem_stretch *t, const struct store_commit *c)
{
	struct store_rewound io = {.now_ms = c->now_ms};

	for (size_t i = 0; i < s->num_stretches; i++) {
		struct mem_stretch *p = &s->stretches[i];

		if (!is_other(t, p) || p->x.proven != p->x.begin ||
		    p->x.begin < t->x.begin || p->x.begin >= c->proof->proven)
			continue;
		memory_undo(s, p, &io);
		stretch_drop(p);
	}
}

static struct mem_stretch *
next_part(struct store *s, const struct mem_stretch *t)
{
	for (size_t i = 0; i < s->num_stretches; i++) {
		struct mem_stretch *p = &s->stretches[i];

		if (is_other(t, p) && p->x.begin == t->x.proven &&
		    t->x.read == t->x.proven && p->x.proven > p->x.begin)
			return p;
	}
	return NULL;
}

/* All that was found in stretch `from` was found in `to`. */
static void
move_findings(struct store *s, size_t to, size_t from)
{
	for (size_t i = 0; i < s->num_exposures; i++) {
		struct mem_exposure *x = s->exposures[i];

		for (size_t k = 0; k < x->num_sightings; k++)
			if (x->sightings[k].stretch == from)
				x->sightings[k].stretch = to;
	}
	for (size_t i = 0; i < s->num_quarantined; i++)
		if (s->quarantined[i].stretch == from)
			s->quarantined[i].stretch = to;
	memory_tallies_join(s, to, from);
}

void
memory_join(struct store *s, struct mem_stretch *t,
    const struct store_commit *c, struct store_committed *out)
{
	struct mem_stretch *next;

	drop_started(s, t, c);
	next = next_part(s, t);
	if (next == NULL)
		return;
	move_findings(
	    s, (size_t)(next - s->stretches), (size_t)(t - s->stretches));
	stretch_drop(t);
	next->x.job = t->x.job;
	next->x.scan = t->x.scan;
	next->x.begin = t->x.begin;
	if (next->x.limit < t->x.limit)
		next->x.limit = t->x.limit;
	next->x.epoch++;
	out->joined = true;
	out->whole = next->x;
}
