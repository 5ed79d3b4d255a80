/*
 * memory_quarantine: entries that could not be read; in order of their rows.
 */
#include "ctlog/base/mem.h"
#include "monitor/store/memory.h"
#include "monitor/store/rules.h"

static void
forget(struct mem_quarantine *q)
{
	free(q->reason);
	mem_wipe(q->bytes.p, q->bytes.cap);
	buf_fini(&q->bytes);
}

/* Commits come in order, so one that is there already is near the end. */
static bool
is_quarantined(const struct store *s, size_t stretch, uint64_t index)
{
	for (size_t i = s->num_quarantined; i-- > 0;)
		if (s->quarantined[i].stretch == stretch &&
		    s->quarantined[i].index <= index)
			return s->quarantined[i].index == index;
	return false;
}

void
memory_quarantine_put(struct store *s, size_t stretch,
    const struct store_quarantine *x, int64_t now_ms)
{
	struct mem_quarantine *q;

	if (is_quarantined(s, stretch, x->index))
		return;
	s->quarantined = memory_room(
	    s->quarantined, s->num_quarantined, sizeof(*s->quarantined));
	q = &s->quarantined[s->num_quarantined++];
	*q = (struct mem_quarantine){.stretch = stretch,
	    .index = x->index,
	    .leaf_hash = x->leaf_hash,
	    .reason = mem_str(x->reason),
	    .row = ++s->last_quarantined,
	    .time_ms = now_ms};
	buf_span_add(&q->bytes, x->bytes);
}

/* Keep those that `stays` says. */
static void
sift(struct store *s,
    bool (*stays)(const struct mem_quarantine *, const void *), const void *arg)
{
	size_t kept = 0, num = s->num_quarantined;

	for (size_t i = 0; i < num; i++) {
		struct mem_quarantine *q = &s->quarantined[i];

		if (stays(q, arg))
			s->quarantined[kept++] = *q;
		else
			forget(q);
	}
	s->num_quarantined = kept;
}

/* --- looking --------------------------------------------------------------- */

/* By log and reason. */
static int
by_reason(const void *a, const void *b, void *arg)
{
	const struct mem_quarantine *const *x = a, *const *y = b;
	const struct store *s = arg;
	size_t lx = s->stretches[(*x)->stretch].log;
	size_t ly = s->stretches[(*y)->stretch].log;

	if (lx != ly)
		return lx < ly ? -1 : 1;
	if (strcmp((*x)->reason, (*y)->reason) != 0)
		return strcmp((*x)->reason, (*y)->reason);
	return ((*x)->index > (*y)->index) - ((*x)->index < (*y)->index);
}

static struct mem_quarantine **
sorted(struct store *s)
{
	struct mem_quarantine **list =
	    mem_new(s->num_quarantined, sizeof(*list));

	for (size_t i = 0; i < s->num_quarantined; i++)
		list[i] = &s->quarantined[i];
	qsort_r(list, s->num_quarantined, sizeof(struct mem_quarantine *),
	    by_reason, s);
	return list;
}

static void
give(struct store *s, const struct mem_quarantine *q, store_quarantine_fn *fn,
    void *arg)
{
	struct store_quarantine x = {.index = q->index,
	    .leaf_hash = q->leaf_hash,
	    .reason = q->reason,
	    .bytes = buf_span(&q->bytes),
	    .row = q->row,
	    .time_ms = q->time_ms};

	fn(arg, &s->stretches[q->stretch].x.log_id, &x);
}

enum status
memory_quarantine_read(struct store *s, int64_t after, store_quarantine_fn *fn,
    void *arg, struct err *e)
{
	size_t limit = STORE_QUARANTINE_PAGE;

	(void)e;
	for (size_t i = 0; i < s->num_quarantined && limit > 0; i++) {
		if (s->quarantined[i].row <= after)
			continue;
		give(s, &s->quarantined[i], fn, arg);
		limit--;
	}
	return ST_OK;
}

enum status
memory_quarantine_places(
    struct store *s, store_quarantine_place_fn *fn, void *arg, struct err *e)
{
	struct mem_quarantine **list = sorted(s);

	(void)e;
	for (size_t i = 0; i < s->num_quarantined; i++)
		fn(arg, &s->stretches[list[i]->stretch].x.log_id,
		    list[i]->reason, list[i]->index);
	free(list);
	return ST_OK;
}

/* --- going out ------------------------------------------------------------- */

struct undo {
	size_t stretch;
	uint64_t proven;
};

static bool
not_undone(const struct mem_quarantine *q, const void *arg)
{
	const struct undo *u = arg;

	return q->stretch != u->stretch || q->index < u->proven;
}

void
memory_quarantine_undo(struct store *s, const struct mem_stretch *t)
{
	struct undo u = {(size_t)(t - s->stretches), t->x.proven};

	sift(s, not_undone, &u);
}

static bool
is_other(const struct mem_quarantine *q, const void *row)
{
	return q->row != *(const int64_t *)row;
}

static bool
is_younger(const struct mem_quarantine *q, const void *before_ms)
{
	return q->time_ms >= *(const int64_t *)before_ms;
}

static struct mem_quarantine *
quarantine_find(struct store *s, int64_t row)
{
	for (size_t i = 0; i < s->num_quarantined; i++)
		if (s->quarantined[i].row == row)
			return &s->quarantined[i];
	return NULL;
}

static void
settle_one(struct store *s, const struct store_rereads *r,
    const struct store_reread *x, struct store_committed *out)
{
	struct mem_quarantine *q = quarantine_find(s, x->row);
	struct mem_stretch *t;

	if (q == NULL)
		return;
	t = &s->stretches[q->stretch];
	for (size_t i = 0; i < x->num_hits; i++) {
		struct store_hit hit = x->hits[i];

		hit.index = q->index;
		hit.leaf_hash = q->leaf_hash;
		if (!memory_is_sighted(s, t, &hit))
			memory_hit_put(
			    s, t, &hit, rule_later(r->now_ms, r->hold_ms), out);
	}
	memory_hits_prove(s, t, r->now_ms);
	if (x->reason == NULL) {
		sift(s, is_other, &x->row);
		return;
	}
	free(q->reason);
	q->reason = mem_str(x->reason);
}

enum status
memory_quarantine_settle(struct store *s, const struct store_rereads *r,
    struct store_committed *out, struct err *e)
{
	(void)e;
	*out = (struct store_committed){0};
	memory_expire(s, r->now_ms);
	for (size_t i = 0; i < r->num; i++)
		settle_one(s, r, &r->list[i], out);
	return ST_OK;
}

enum status
memory_quarantine_expire(
    struct store *s, int64_t before_ms, bool *more, struct err *e)
{
	(void)e;
	sift(s, is_younger, &before_ms);
	*more = false;
	return ST_OK;
}
