/* indexer: see indexer.h. */
#include "monitor/indexer.h"

#include "ctlog/base/mem.h"
#include "monitor/diag.h"
#include "monitor/tail.h"

struct indexer {
	struct ev_loop *loop;
	struct pool *pool;
	struct writer *writer;
	indexer_fn *built;
	void *arg;
	ev_timer timer;
	double every;
	bool busy, stopped, have;
	uint64_t generation; /* of the index in use */
};

struct index_task {
	struct task task;
	struct indexer *x;
	void *region; /* NULL: only look */
	size_t cap;
	uint64_t generation;
	/* building */
	struct match_build *build;
	int64_t *rows;
	size_t num_rows, cap_rows;
};

static void
index_add(void *arg, int64_t row, enum record_kind kind, struct span keys,
    struct span blob)
{
	struct index_task *t = arg;

	if (t->task.status != ST_OK)
		return;
	if (t->num_rows == t->cap_rows) { /* more came than were counted */
		t->task.status = ST_AGAIN;
		return;
	}
	t->rows[t->num_rows] = row;
	t->task.status =
	    match_build_add(t->build, (uint32_t)t->num_rows, kind, keys, blob);
	t->num_rows++;
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
	t->cap_rows = size.records;
	t->rows = mem_new(size.records, sizeof(*t->rows));
	t->build = match_build_start(t->region, t->cap, t->generation, &size);
	st = api->index_load(s, now_ms(), index_add, t, e);
	match_build_finish(t->build);
	return st;
}

static void
index_run(struct task *task, struct store *s)
{
	struct index_task *t = (struct index_task *)task;
	const struct store_api *api = ((struct store_base *)s)->api;
	enum status st = api->index_generation(s, &t->generation, &task->err);

	if (st == ST_OK && t->region != NULL)
		st = index_build(t, s);
	if (task->status == ST_OK)
		task->status = st;
}

static void index_done(struct task *task);

static void
index_submit(struct indexer *x, void *region, size_t cap)
{
	struct index_task *t = NEW(struct index_task);

	t->x = x;
	t->region = region;
	t->cap = cap;
	t->task.run = index_run;
	t->task.done = index_done;
	x->busy = true;
	writer_submit(x->writer, &t->task);
}

static void
index_took(struct indexer *x, struct index_task *t)
{
	x->generation = t->generation;
	x->have = true;
	pool_swap(x->pool, t->rows, t->num_rows);
	x->built(x->arg, t->num_rows, ST_OK, NULL);
}

static void
index_done(struct task *task)
{
	struct index_task *t = (struct index_task *)task;
	struct indexer *x = t->x;
	size_t cap;
	void *region;

	x->busy = false;
	if (task->status == ST_OK && t->region != NULL) {
		index_took(x, t);
	} else if (task->status != ST_OK) {
		free(t->rows);
		diag_error("match index: %s", task->err.text);
		if (!x->have)
			x->built(x->arg, 0, task->status, &task->err);
	} else if (!x->stopped &&
		   (!x->have || t->generation != x->generation)) {
		region = pool_spare(x->pool, &cap);
		if (region != NULL)
			index_submit(x, region, cap);
	}
	free(t);
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
	if (!x->busy && !x->stopped)
		index_submit(x, NULL, 0);
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
