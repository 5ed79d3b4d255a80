/*
 * test_pool: batches through real worker processes; workers that are killed;
 * and, in builds for tests, an entry that kills every worker.
 */
#include "monitor/pool.h"

#include <dirent.h>
#include <signal.h>
#include <unistd.h>

#include "monitor/diag.h"
#include "tests/unit/support.h"
#include "tests/unit/tilebuild.h"

struct world {
	struct ev_loop *loop;
	struct pool *pool;
	unsigned done, failed;
	uint64_t quarantined;
	uint32_t num_quarantined;
	struct range range;
};

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct pool_conf c = {
	    .workers = 2, .slots = 8, .body_limit = 1 << 20, .memory = 8 << 20};
	uint8_t key[INDEX_KEY_LEN] = {1};

	diag_level(DIAG_ERROR);
	w->pool = pool_new(&c);
	w->loop = ev_loop_new(EVFLAG_AUTO);
	pool_start(w->pool, w->loop, key);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	pool_free(w->pool);
	ev_loop_destroy(w->loop);
	free(w);
	return 0;
}

static void
on_done(void *arg, struct slot *s)
{
	struct world *w = arg;
	struct batch_result r;
	struct batch_quarantine q;
	struct err e;

	w->done++;
	if (s->result.len == 0) {
		w->failed++;
	} else {
		assert_status(
		    batch_open(&r, buf_span(&s->result), &s->order, &e), ST_OK,
		    &e);
		assert_int_equal(r.status, ST_OK);
		w->range = r.range;
		w->num_quarantined = r.num_quarantined;
		if (batch_next_quarantine(&r, &q))
			w->quarantined = q.entry;
	}
	pool_release(w->pool, s);
}

static struct slot *
submit(struct world *w, struct span body, uint64_t begin)
{
	struct slot *s = pool_slot(w->pool, 1 << 20);

	if (s == NULL)
		return NULL;
	memcpy(s->body, body.p, body.len);
	s->order.api = &log_api_static;
	s->order.want = (struct want){begin, begin + 256, begin + 256, 0};
	s->order.body_len = body.len;
	s->done = on_done;
	s->arg = w;
	pool_submit(w->pool, s);
	return s;
}

static void
nothing(struct ev_loop *loop, ev_timer *t, int revents)
{
	(void)loop;
	(void)t;
	(void)revents;
}

/* Turn the loop until `n` batches are done, or 30 s have gone. */
static void
wait_for(struct world *w, unsigned n)
{
	ev_timer tick;
	double end = ev_time() + 30;

	ev_timer_init(&tick, nothing, 0.01, 0.01);
	ev_timer_start(w->loop, &tick);
	while (w->done < n && ev_time() < end)
		ev_run(w->loop, EVRUN_ONCE);
	ev_timer_stop(w->loop, &tick);
	assert_true(w->done >= n);
}

static void
tile_build(struct buf *out, uint64_t begin, uint64_t pill)
{
	buf_clear(out);
	for (uint64_t i = begin; i < begin + 256; i++)
		leaf_build(
		    out, i, i == pill ? "indelible-test-poison@x.test" : NULL);
}

static void
test_many(void **state)
{
	struct world *w = *state;
	struct buf tile = {0};
	struct pool_counts counts;
	unsigned sent = 0;

	w->done = 0;
	while (sent < 200) {
		tile_build(&tile, 256 * sent, UINT64_MAX);
		if (submit(w, buf_span(&tile), 256 * sent) != NULL)
			sent++;
		else
			wait_for(w, w->done + 1);
	}
	wait_for(w, 200);
	pool_counts(w->pool, &counts);
	assert_int_equal(counts.busy_slots, 0);
	assert_int_equal(counts.deaths, 0);
	buf_fini(&tile);
}

/* The workers: grandchildren of ours, through the zygote. */
static unsigned
kill_workers(void)
{
	char path[64], name[32];
	unsigned killed = 0;
	struct dirent *d;
	DIR *proc = opendir("/proc");

	while ((d = readdir(proc)) != NULL) {
		FILE *f;
		int pid = (int)strtol(d->d_name, NULL, 10), parent, up;

		if (pid <= 0)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/stat", pid);
		f = fopen(path, "r");
		if (f == NULL)
			continue;
		if (fscanf(f, "%*d %31s %*c %d", name, &parent) == 2 &&
		    !strcmp(name, "(indelible-work)"))
			up = parent;
		else
			up = 0;
		fclose(f);
		if (up == 0)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/stat", up);
		f = fopen(path, "r");
		if (f != NULL &&
		    fscanf(f, "%*d %31s %*c %d", name, &parent) == 2 &&
		    parent == getpid() && kill(pid, SIGKILL) == 0)
			killed++;
		if (f != NULL)
			fclose(f);
	}
	closedir(proc);
	return killed;
}

static void
test_killed(void **state)
{
	struct world *w = *state;
	struct buf tile = {0};
	struct pool_counts counts;
	unsigned killed = 0, sent = 0;

	w->done = w->failed = 0;
	while (sent < 300) {
		tile_build(&tile, 256 * sent, UINT64_MAX);
		if (submit(w, buf_span(&tile), 256 * sent) == NULL) {
			wait_for(w, w->done + 1);
			continue;
		}
		if (++sent % 60 == 0)
			killed += kill_workers();
	}
	wait_for(w, 300);
	assert_int_equal(w->failed, 0);
	pool_counts(w->pool, &counts);
	assert_true(killed >= 5);
	assert_true(counts.deaths > 0);
	assert_int_equal(w->num_quarantined, 0);
	buf_fini(&tile);
}

/* One entry kills: found by halves, skipped, quarantined; the rest is read. */
static void
test_poison(void **state)
{
	struct world *w = *state;
	struct buf tile = {0}, clean = {0};

#ifndef INDELIBLE_POISON
	skip();
#endif
	const uint64_t at[] = {0, 77, 255};

	for (size_t i = 0; i < 3; i++) {
		w->done = w->failed = 0;
		tile_build(&tile, 0, at[i]);
		tile_build(&clean, 256, UINT64_MAX);
		submit(w, buf_span(&tile), 0);
		wait_for(w, 1);
		assert_int_equal(w->failed, 0);
		assert_int_equal(w->range.end, 256);
		assert_int_equal(w->num_quarantined, 1);
		assert_int_equal(w->quarantined, at[i]);
		submit(w, buf_span(&clean), 256);
		wait_for(w, 2);
		assert_int_equal(w->num_quarantined, 0);
	}
	buf_fini(&tile);
	buf_fini(&clean);
}

/* A slot that is given up while a worker has it comes back by itself. */
static void
test_release(void **state)
{
	struct world *w = *state;
	struct buf tile = {0};
	struct pool_counts counts;
	struct slot *s;

	w->done = 0;
	tile_build(&tile, 0, UINT64_MAX);
	s = submit(w, buf_span(&tile), 0);
	pool_release(w->pool, s);
	submit(w, buf_span(&tile), 0);
	submit(w, buf_span(&tile), 0);
	wait_for(w, 2);
	for (int i = 0; i < 100; i++)
		ev_run(w->loop, EVRUN_NOWAIT);
	pool_counts(w->pool, &counts);
	assert_int_equal(counts.busy_slots, 0);
	buf_fini(&tile);
}

/* Memory for bodies is shared out: no more than conf.memory at a time. */
static void
test_budget(void **state)
{
	struct world *w = *state;
	struct slot *s[8];

	for (int i = 0; i < 8; i++)
		assert_non_null(s[i] = pool_slot(w->pool, 1 << 20));
	assert_null(pool_slot(w->pool, 1));
	for (int i = 0; i < 8; i++)
		pool_release(w->pool, s[i]);
	assert_non_null(s[0] = pool_slot(w->pool, SIZE_MAX));
	assert_int_equal(s[0]->room, 1 << 20);
	pool_release(w->pool, s[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_killed),
	    cmocka_unit_test(test_poison),
	    cmocka_unit_test(test_release),
	    cmocka_unit_test(test_budget),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
