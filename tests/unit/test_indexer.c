/*
 * test_indexer: records change while workers read: what they look up changes
 * with them, and the large index is built anew only when much has changed.
 */
#include "monitor/indexer.h"

#include "ctlog/base/mem.h"
#include "monitor/diag.h"
#include "monitor/pool_main.h" /* which region is current */
#include "tests/unit/support.h"
#include "tests/unit/tilebuild.h"

static const uint8_t index_key[INDEX_KEY_LEN] = {1, 2};

struct world {
	struct pool_share share;
	struct ev_loop *loop;
	struct pool *pool;
	struct store *store;
	struct writer *writer;
	struct indexer *indexer;
	struct keyer *keyer;
	unsigned built, done;
	size_t watched;
	uint32_t num_hits;
	int64_t row;
};

static void
on_built(void *arg, size_t num, enum status st, const struct err *e)
{
	struct world *w = arg;

	assert_status(st, ST_OK, e);
	w->built++;
	w->watched = num;
}

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct pool_conf c = {
	    .workers = 1, .slots = 4, .body_limit = 1 << 20, .memory = 4 << 20};
	struct store_conf sc = {.url = "memory:"};
	struct err e;

	diag_level(DIAG_ERROR);
	w->pool = pool_new(&c);
	w->loop = ev_loop_new(EVFLAG_AUTO);
	pool_start(w->pool, w->loop, index_key);
	assert_status(store_memory.open(&w->store, &sc, &e), ST_OK, &e);
	w->writer = writer_new(w->loop, w->store);
	w->indexer = indexer_new(w->loop, w->pool, w->writer, on_built, w);
	w->keyer = keyer_new(index_key);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	indexer_stop(w->indexer);
	indexer_free(w->indexer);
	writer_free(w->writer);
	pool_free(w->pool);
	ev_loop_destroy(w->loop);
	keyer_free(w->keyer);
	free(w);
	return 0;
}

static void
nothing(struct ev_loop *loop, ev_timer *t, int revents)
{
	(void)loop;
	(void)t;
	(void)revents;
}

/* Turn the loop until *what is `n`; false after so many seconds. */
static bool
turn(struct world *w, const unsigned *what, unsigned n, double seconds)
{
	ev_timer tick;
	double end = ev_time() + seconds;

	ev_timer_init(&tick, nothing, 0.005, 0.005);
	ev_timer_start(w->loop, &tick);
	while (*what < n && ev_time() < end)
		ev_run(w->loop, EVRUN_ONCE);
	ev_timer_stop(w->loop, &tick);
	return *what >= n;
}

/* The store has one user at a time: between tasks that is us. */
static void
idle(struct world *w)
{
	unsigned never = 0;

	while (writer_pending(w->writer) > 0)
		turn(w, &never, 1, 0.005);
}

static void
import(struct world *w, unsigned from, unsigned to)
{
	size_t num = to - from;
	struct record *list = mem_new(num, sizeof(*list));
	struct compiled *c = mem_new(num, sizeof(*c));
	struct store_import io = {
	    .num = num, .records = list, .compiled = c, .now_ms = 1};
	struct err e;
	char text[32];

	for (size_t i = 0; i < num; i++) {
		snprintf(text, sizeof(text), "r%zu", from + i);
		list[i] = (struct record){.id = mem_str(text),
		    .tenant = mem_str("t"),
		    .purpose = mem_str("p"),
		    .method = mem_str("import"),
		    .evidence = mem_str("e"),
		    .consent_ms = 1};
		snprintf(text, sizeof(text), "u%zu@example.com", from + i);
		list[i].value = mem_str(text);
		assert_status(
		    match_compile(&c[i], &list[i], w->keyer, &e), ST_OK, &e);
	}
	idle(w);
	assert_status(
	    store_memory.records_import(w->store, &io, &e), ST_OK, &e);
	for (size_t i = 0; i < num; i++) {
		compiled_fini(&c[i]);
		record_fini(&list[i]);
	}
	free(list);
	free(c);
}

static void
set_state(struct world *w, const char *id, enum record_state state)
{
	struct record_change c = {"t", id, state, 2};
	struct err e;

	idle(w);
	assert_status(store_memory.record_state(w->store, &c, &e), ST_OK, &e);
}

/* The indexer sees what changed. */
static void
follow(struct world *w)
{
	unsigned n = w->built + 1;

	idle(w);
	indexer_check(w->indexer);
	assert_true(turn(w, &w->built, n, 5));
	idle(w);
}

static void
on_done(void *arg, struct slot *s)
{
	struct world *w = arg;
	struct batch_result r;
	struct batch_hit hit;
	struct err e;

	assert_status(
	    batch_open(&r, buf_span(&s->result), &s->order, &e), ST_OK, &e);
	w->num_hits = r.num_hits;
	w->row = -1;
	if (batch_next_hit(&r, &hit))
		w->row = pool_row(w->pool, s, hit.no);
	w->done++;
	pool_release(w->pool, s);
}

static struct slot *
order(struct world *w, const char *email)
{
	struct buf tile = {0};
	struct slot *s = pool_slot(w->pool, &w->share, 1 << 20, true);

	assert_non_null(s);
	leaf_build(&tile, 0, email);
	memcpy(s->body, tile.p, tile.len);
	s->order.api = &log_api_static;
	s->order.want = (struct want){0, 1, 1, 0};
	s->order.threshold = 50;
	s->order.body_len = tile.len;
	s->done = on_done;
	s->arg = w;
	pool_submit(w->pool, s);
	buf_fini(&tile);
	return s;
}

/* The row of the record that a certificate with this address hits, or -1. */
static int64_t
row_of(struct world *w, const char *email)
{
	unsigned n = w->done + 1;

	order(w, email);
	assert_true(turn(w, &w->done, n, 10));
	assert_true(w->num_hits <= 1);
	return w->row;
}

static void
test_changes(void **state)
{
	struct world *w = *state;
	unsigned region;

	import(w, 1, 4);
	follow(w);
	assert_int_equal(w->watched, 3);
	region = w->pool->current;
	assert_int_equal(row_of(w, "u2@example.com"), 2);
	assert_int_equal(row_of(w, "u4@example.com"), -1);
	/* Added, and away: the index stays. */
	import(w, 4, 5);
	set_state(w, "r2", RECORD_PAUSED);
	follow(w);
	assert_int_equal(w->watched, 3);
	assert_int_equal(w->pool->current, region);
	assert_int_equal(row_of(w, "u2@example.com"), -1);
	assert_int_equal(row_of(w, "u3@example.com"), 3);
	assert_int_equal(row_of(w, "u4@example.com"), 4);
	set_state(w, "r2", RECORD_ACTIVE);
	set_state(w, "r4", RECORD_WITHDRAWN);
	follow(w);
	assert_int_equal(w->pool->current, region);
	assert_int_equal(row_of(w, "u2@example.com"), 2);
	assert_int_equal(row_of(w, "u4@example.com"), -1);
	/* Nothing new: nothing is done. */
	indexer_check(w->indexer);
	idle(w);
	assert_int_equal(w->built, 3);
}

/* Much at once is built anew, with what the delta had. */
static void
test_fold(void **state)
{
	struct world *w = *state;
	unsigned region;

	import(w, 1, 3);
	follow(w);
	region = w->pool->current;
	set_state(w, "r1", RECORD_PAUSED);
	follow(w);
	assert_int_equal(w->pool->current, region);
	assert_int_not_equal(w->pool->current_delta, DELTA_NONE);
	import(w, 3, 1000);
	follow(w);
	assert_int_not_equal(w->pool->current, region);
	assert_int_equal(w->pool->current_delta, DELTA_NONE);
	assert_int_equal(w->watched, 998);
	assert_int_equal(row_of(w, "u1@example.com"), -1);
	assert_int_equal(row_of(w, "u999@example.com"), 999);
}

/* Batches that are kept by their reader hold back nothing. */
static void
keep(void *arg, struct slot *s)
{
	struct world *w = arg;

	(void)s;
	w->done++;
}

static void
test_held(void **state)
{
	struct world *w = *state;
	struct slot *s;
	unsigned n;

	import(w, 1, 3);
	follow(w);
	set_state(w, "r1", RECORD_PAUSED);
	follow(w);
	n = w->done + 1;
	s = order(w, "u2@example.com");
	s->done = keep;
	assert_true(turn(w, &w->done, n, 10));
	for (unsigned i = 0; i < 12; i++) {
		set_state(w, "r1", i % 2 ? RECORD_PAUSED : RECORD_ACTIVE);
		follow(w);
		assert_int_equal(row_of(w, "u1@example.com"), i % 2 ? -1 : 1);
	}
	pool_release(w->pool, s);
}

#define TEST(x) cmocka_unit_test_setup_teardown(x, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_changes),
	    TEST(test_fold),
	    TEST(test_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
