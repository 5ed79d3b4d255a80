/* indexer: see indexer.h. */
#include "monitor/indexer.h"

#include "ctlog/base/mem.h"
#include "monitor/delta.h"
#include "monitor/diag.h"
#include "monitor/tail.h"

/* A delta is looked up besides, so it is kept small against the index: of so
 * many changes, or of this part of all records, a new index is made. */
#define FOLD_MIN 256u
#define FOLD_PART 16u

/* What is asked of the store thread. */
enum index_ask { ASK_LOOK, ASK_CHANGES, ASK_ALL };

struct indexer {
	struct ev_loop *loop;
	struct pool *pool;
	struct writer *writer;
	indexer_fn *built;
	void *arg;
	ev_timer timer;
	double every;
	bool busy, stopped, have;
	bool again;          /* records changed while it was busy */
	uint64_t generation; /* of what is looked up */
	uint64_t built_at;   /* generation of the large index */
};

struct index_task {
	struct task task;
	struct indexer *x;
	enum index_ask ask;
	void *region;
	size_t cap;
	uint64_t generation;
	/* all */
	struct match_build *build;
	struct rows rows;
	size_t num_wanted;
	/* changes */
	uint64_t since;
	struct delta delta;
};

/* --- on the store thread ------------------------------------------------------ */

static void
index_add(void *arg, int64_t row, enum record_kind kind, struct span keys,
    struct span blob)
{
	struct index_task *t = arg;

	if (t->task.status != ST_OK)
		return;
	if (t->rows.num == t->num_wanted) { /* more came than were counted */
		t->task.status = ST_AGAIN;
		return;
	}
	t->task.status =
	    match_build_add(t->build, t->rows.num, kind, keys, blob);
	rows_add(&t->rows, row);
}

static enum status
index_build(struct index_task *t, struct store *s)
{
	const struct store_api *api = ((struct store_base *)s)->api;
	struct err *e = &t->task.err;
	struct match_size size;
	enum status st = api->index_size(s, now_ms(), &size, e);

	if (st != ST_OK)
		return st;
	if (size.records >= UINT32_MAX || match_region_len(&size) > t->cap)
		return err_set(e, ST_LIMIT,
		    "%llu records do not fit into the match index",
		    (unsigned long long)size.records);
	t->num_wanted = size.records;
	t->build = match_build_start(t->region, t->cap, t->generation, &size);
	st = api->index_load(s, now_ms(), index_add, t, e);
	match_build_finish(t->build);
	return st;
}

/* ST_STALE: there are too many changes for a delta. */
static enum status
index_changes(struct index_task *t, struct store *s)
{
	const struct store_api *api = ((struct store_base *)s)->api;
	struct store_changes q = {t->since, now_ms(), delta_change, &t->delta};
	struct delta *d = &t->delta;
	enum status st = api->index_changes(s, &q, &t->task.err);

	if (st != ST_OK)
		return st;
	if (d->num_items > FOLD_MIN + d->main->num / FOLD_PART ||
	    delta_build(d, t->region, t->cap, t->generation, &t->task.err) !=
		ST_OK)
		return ST_STALE;
	return ST_OK;
}

static void
index_run(struct task *task, struct store *s)
{
	struct index_task *t = (struct index_task *)task;
	const struct store_api *api = ((struct store_base *)s)->api;
	enum status st = api->index_generation(s, &t->generation, &task->err);

	if (st == ST_OK && t->ask == ASK_ALL)
		st = index_build(t, s);
	else if (st == ST_OK && t->ask == ASK_CHANGES)
		st = index_changes(t, s);
	if (task->status == ST_OK)
		task->status = st;
}

/* --- on the loop --------------------------------------------------------------- */

static void index_done(struct task *task);

static void
index_submit(struct indexer *x, enum index_ask ask, void *region, size_t cap)
{
	struct index_task *t = NEW(struct index_task);

	t->x = x;
	t->ask = ask;
	t->region = region;
	t->cap = cap;
	t->since = x->built_at;
	if (ask == ASK_CHANGES)
		delta_init(&t->delta, pool_rows(x->pool));
	t->task.run = index_run;
	t->task.done = index_done;
	x->busy = true;
	writer_submit(x->writer, &t->task);
}

/* When no memory is free the next look does it. */
static void
index_all(struct indexer *x)
{
	size_t cap;
	void *region = pool_spare(x->pool, &cap);

	if (region != NULL)
		index_submit(x, ASK_ALL, region, cap);
}

static void
index_looked(struct indexer *x, const struct index_task *t)
{
	size_t cap;
	void *region;

	if (x->stopped || (x->have && t->generation == x->generation))
		return;
	if (!x->have) {
		index_all(x);
		return;
	}
	region = pool_spare_delta(x->pool, &cap);
	if (region != NULL)
		index_submit(x, ASK_CHANGES, region, cap);
}

static void
index_took(struct indexer *x, struct index_task *t)
{
	struct delta *d = &t->delta;
	size_t num = t->rows.num;

	x->generation = t->generation;
	x->have = true;
	if (t->ask == ASK_ALL) {
		x->built_at = t->generation;
		pool_swap(x->pool, &t->rows, t->generation);
	} else {
		num = d->main->num - d->num_dropped + d->rows.num;
		pool_swap_delta(x->pool, &d->rows, t->generation);
	}
	x->built(x->arg, num, ST_OK, NULL);
}

static void
index_done(struct task *task)
{
	struct index_task *t = (struct index_task *)task;
	struct indexer *x = t->x;

	x->busy = false;
	if (task->status == ST_STALE && t->ask == ASK_CHANGES) {
		if (!x->stopped)
			index_all(x);
	} else if (task->status != ST_OK) {
		diag_error("match index: %s", task->err.text);
		if (!x->have)
			x->built(x->arg, 0, task->status, &task->err);
	} else if (t->ask == ASK_LOOK) {
		index_looked(x, t);
	} else {
		index_took(x, t);
	}
	rows_fini(&t->rows);
	delta_fini(&t->delta);
	free(t);
	if (x->again && !x->busy)
		indexer_check(x);
}

struct indexer *
indexer_new(struct ev_loop *loop, struct pool *p, struct writer *w,
    indexer_fn *built, void *arg)
{
	struct indexer *x = NEW(struct indexer);

	x->loop = loop;
	x->pool = p;
	x->writer = w;
	x->built = built;
	x->arg = arg;
	ev_init(&x->timer, NULL);
	return x;
}

void
indexer_check(struct indexer *x)
{
	x->again = x->busy;
	if (!x->busy && !x->stopped)
		index_submit(x, ASK_LOOK, NULL, 0);
}

static void
index_on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	indexer_check(w->data);
}

void
indexer_watch(struct indexer *x, double seconds)
{
	ev_timer_init(&x->timer, index_on_timer, seconds, seconds);
	x->timer.data = x;
	ev_timer_start(x->loop, &x->timer);
}

void
indexer_stop(struct indexer *x)
{
	x->stopped = true;
	ev_timer_stop(x->loop, &x->timer);
}

void
indexer_free(struct indexer *x)
{
	if (x == NULL)
		return;
	ev_timer_stop(x->loop, &x->timer);
	free(x);
}
