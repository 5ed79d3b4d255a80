/*
 * test_pool: batches through real worker processes; workers that are killed;
 * workers that are taken over and answer what they like; and, in builds for
 * tests, an entry that kills every worker.
 */
#include "monitor/pool_main.h" /* a forger knows the inside */

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "monitor/diag.h"
#include "tests/unit/support.h"
#include "tests/unit/tilebuild.h"

struct world {
	struct pool_share share;
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
	struct slot *s = pool_slot(w->pool, &w->share, 1 << 20, true);

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

/* Name and parent of a process; 0 when there is no such process. */
static int
parent_of(int pid, char name[32])
{
	char path[64];
	int parent = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "r");
	if (f == NULL)
		return 0;
	if (fscanf(f, "%*d %31s %*c %d", name, &parent) != 2)
		parent = 0;
	fclose(f);
	return parent;
}

/* The workers: grandchildren of ours, through the zygote. */
static unsigned
workers(int found[8])
{
	unsigned num = 0;
	DIR *proc = opendir("/proc");
	struct dirent *d;

	while ((d = readdir(proc)) != NULL && num < 8) {
		char name[32], zygote[32];
		int pid = (int)strtol(d->d_name, NULL, 10);
		int up = pid > 0 ? parent_of(pid, name) : 0;

		if (up > 0 && !strcmp(name, "(indelible-work)") &&
		    parent_of(up, zygote) == getpid())
			found[num++] = pid;
	}
	closedir(proc);
	return num;
}

static unsigned
signal_workers(int sig)
{
	int pid[8];
	unsigned num = workers(pid), sent = 0;

	for (unsigned i = 0; i < num; i++)
		sent += kill(pid[i], sig) == 0;
	return sent;
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
			killed += signal_workers(SIGKILL);
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

/* As many as there are, and the first and the last: each of them, no other;
 * and workers are not born faster than they may. */
static void
test_many_poisons(void **state)
{
	struct world *w = *state;
	struct buf tile = {0};
	struct pool_counts before, after;
	double begin = ev_time();

#ifndef INDELIBLE_POISON
	skip();
#endif
	pool_counts(w->pool, &before);
	for (uint64_t i = 0; i < 256; i++)
		leaf_build(&tile, i,
		    i < 20 || i % 50 == 0 || i > 250
			? "indelible-test-poison@x.test"
			: NULL);
	w->done = w->failed = 0;
	submit(w, buf_span(&tile), 0);
	wait_for(w, 1);
	pool_counts(w->pool, &after);
	assert_int_equal(w->failed, 0);
	assert_int_equal(w->range.end, 256);
	assert_int_equal(w->num_quarantined, 20 + 5 + 5);
	assert_in_range(after.deaths - before.deaths, 30, 100);
	assert_true(ev_time() - begin >
		    (double)(after.deaths - before.deaths - 1) * POOL_BIRTH_S);
	buf_fini(&tile);
}

/* One entry is read for ever: its worker is killed, and the rest is read. */
static void
test_stupor(void **state)
{
	struct world *w = *state;
	struct buf tile = {0};

#ifndef INDELIBLE_POISON
	skip();
#endif
	for (uint64_t i = 0; i < 256; i++)
		leaf_build(
		    &tile, i, i == 99 ? "indelible-test-stupor@x.test" : NULL);
	w->done = w->failed = 0;
	submit(w, buf_span(&tile), 0);
	wait_for(w, 1);
	assert_int_equal(w->failed, 0);
	assert_int_equal(w->num_quarantined, 1);
	assert_int_equal(w->quarantined, 99);
	buf_fini(&tile);
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

/* --- workers that lie -------------------------------------------------------- */

/* What a taken-over worker writes in place of an answer; it is the worker of
 * the lane where `s` is at the head of the queue. */
typedef void forge_fn(struct pool *p, struct slot *s);

static struct answers *
answers_of(struct pool *p, const struct slot *s)
{
	return p->map.answers[s->lane];
}

static struct ring *
done_of(struct pool *p, const struct slot *s)
{
	return &answers_of(p, s)->done;
}

/* Where the result of the order at the head of the queue belongs. */
static unsigned
place_of(struct pool *p, const struct slot *s)
{
	return p->lane[s->lane].done_head % POOL_AHEAD;
}

/* It says that it did the order. */
static void
forge_done(struct pool *p, uint32_t no, const struct slot *s)
{
	uint32_t tail = p->lane[s->lane].done_head;

	ring_put(done_of(p, s), &tail, no);
}

static void
forge_tail(struct pool *p, struct slot *s)
{
	done_of(p, s)->tail = 1000000;
}

static void
forge_tail_behind(struct pool *p, struct slot *s)
{
	done_of(p, s)->tail = p->lane[s->lane].done_head - 1;
}

static void
forge_number(struct pool *p, struct slot *s)
{
	forge_done(p, UINT32_MAX, s);
}

static void
forge_other_slot(struct pool *p, struct slot *s)
{
	forge_done(p, (s->no + 1) % p->conf.slots, s);
}

static void
forge_no_result(struct pool *p, struct slot *s)
{
	forge_done(p, s->no, s);
}

static void
forge_length(struct pool *p, struct slot *s)
{
	answers_of(p, s)->result_len[place_of(p, s)] = UINT64_MAX;
	forge_done(p, s->no, s);
}

static void
forge_length_past_result(struct pool *p, struct slot *s)
{
	answers_of(p, s)->result_len[place_of(p, s)] = POOL_RESULT + 1;
	forge_done(p, s->no, s);
}

static void
forge_result(struct pool *p, struct slot *s)
{
	memset(answers_of(p, s)->result[place_of(p, s)], 0x55, 1000);
	answers_of(p, s)->result_len[place_of(p, s)] = 1000;
	forge_done(p, s->no, s);
}

/* All that fits is nonsense. */
static void
forge_full_result(struct pool *p, struct slot *s)
{
	unsigned at = place_of(p, s);

	memset(answers_of(p, s)->result[at], 0xff, POOL_RESULT);
	answers_of(p, s)->result_len[at] = POOL_RESULT;
	forge_done(p, s->no, s);
}

/* The head of the result is right, and says that there is a hit: what stands
 * there is none, or none of this batch. */
static void
forge_records_of(struct pool *p, struct slot *s, uint8_t junk)
{
	static const uint8_t key[INDEX_KEY_LEN] = {1};
	struct bench *b = bench_new(key);
	struct match_set index = {
	    match_index_of(p->map.region[0], POOL_REGION), NULL};
	unsigned at = place_of(p, s);
	struct batch_out out = {
	    answers_of(p, s)->result[at], POOL_RESULT, 0, NULL};

	batch_work(
	    b, &out, &s->order, span_of(s->body, s->order.body_len), &index);
	bench_free(b);
	out.p[out.len - 1] = 1;
	memset(out.p + out.len, junk, 200);
	answers_of(p, s)->result_len[at] = out.len + 200;
	forge_done(p, s->no, s);
}

static void
forge_records(struct pool *p, struct slot *s)
{
	forge_records_of(p, s, 0xff);
}

static void
forge_records_elsewhere(struct pool *p, struct slot *s)
{
	forge_records_of(p, s, 0);
}

/* It wakes main for nothing, as often as it can. */
static void
forge_pokes(struct pool *p, struct slot *s)
{
	char junk[4096];

	memset(junk, 0xff, sizeof(junk));
	while (write(p->map.done[s->lane][1], junk, sizeof(junk)) > 0)
		;
}

/* It fills its pipes, and touches everything it can. */
static void
forge_everything(struct pool *p, struct slot *s)
{
	memset(answers_of(p, s), 0xff, offsetof(struct answers, result));
	memset(answers_of(p, s)->result[place_of(p, s)], 0xff, 1 << 20);
	while (write(p->map.words[s->lane][1], "\33]0;x\7\n", 7) > 0)
		;
	forge_pokes(p, s);
}

static forge_fn *const forgeries[] = {forge_tail, forge_tail_behind,
    forge_number, forge_other_slot, forge_no_result, forge_length,
    forge_length_past_result, forge_result, forge_full_result, forge_records,
    forge_records_elsewhere, forge_pokes, forge_everything};

static void
stop_workers(void)
{
	double end = ev_time() + 10;

	while (signal_workers(SIGSTOP) < 2 && ev_time() < end)
		usleep(1000);
}

static void
wake_main(struct pool *p, unsigned lane)
{
	assert_true(write(p->map.done[lane][1], "", 1) == 1 || errno == EAGAIN);
}

/* Main lives, the liar is replaced, and the batch is done by another one. */
static void
test_forged(void **state)
{
	struct world *w = *state;
	struct buf tile = {0};
	struct pool_counts before, after;

	tile_build(&tile, 0, UINT64_MAX);
	for (size_t i = 0; i < sizeof(forgeries) / sizeof(*forgeries); i++) {
		struct slot *s;

		pool_counts(w->pool, &before);
		w->done = w->failed = 0;
		stop_workers();
		s = submit(w, buf_span(&tile), 0);
		forgeries[i](w->pool, s);
		wake_main(w->pool, s->lane);
		wait_for(w, 1);
		signal_workers(SIGCONT);
		pool_counts(w->pool, &after);
		assert_int_equal(w->failed, 0);
		assert_int_equal(w->range.end, 256);
		assert_int_equal(w->num_quarantined, 0);
		assert_true(after.deaths > before.deaths);
		assert_int_equal(after.busy_slots, 0);
	}
	buf_fini(&tile);
}

/* As if the worker of the slot's lane had died so, and soon. */
static void
die(struct pool *p, const struct slot *s, int how)
{
	while (ev_is_active(&p->birth[s->lane].timer))
		ev_run(p->loop, EVRUN_ONCE);
	pool_died(p, s->lane, how);
}

/* Killed from outside again and again: no entry is suspected of that, and none
 * of those that a search is about. Deaths of their own are no chance. */
static void
test_strays(void **state)
{
	struct world *w = *state;
	struct buf tile = {0};
	struct slot *s;

	stop_workers();
	w->done = w->failed = 0;
	tile_build(&tile, 0, UINT64_MAX);
	s = submit(w, buf_span(&tile), 0);
	for (unsigned i = 0; i < 8; i++)
		die(w->pool, s, SIGKILL);
	assert_int_equal(s->search, SEARCH_NONE);
	die(w->pool, s, SIGSEGV);
	assert_int_equal(s->search, SEARCH_NONE);
	die(w->pool, s, SIGABRT);
	assert_int_not_equal(s->search, SEARCH_NONE);
	for (unsigned i = 0; i < 8; i++)
		die(w->pool, s, SIGKILL);
	assert_int_not_equal(s->search, SEARCH_NONE);
	assert_false(s->result.len > 0 || w->done > 0);
	signal_workers(SIGKILL);
	wait_for(w, 1);
	assert_int_equal(w->failed, 0);
	assert_int_equal(w->num_quarantined, 0);
	assert_int_equal(w->range.end, 256);
	buf_fini(&tile);
}

/* Nobody gave it anything, and yet it has done it. */
static void
test_forged_idle(void **state)
{
	struct world *w = *state;
	struct buf tile = {0};
	struct pool_counts before, after;

	pool_counts(w->pool, &before);
	stop_workers();
	for (unsigned i = 0; i < 2; i++) {
		w->pool->map.answers[i]->done.tail = UINT32_MAX;
		wake_main(w->pool, i);
	}
	w->done = w->failed = 0;
	tile_build(&tile, 0, UINT64_MAX);
	for (unsigned i = 0; i < 6; i++)
		assert_non_null(submit(w, buf_span(&tile), 0));
	wait_for(w, 6);
	pool_counts(w->pool, &after);
	assert_int_equal(w->failed, 0);
	assert_int_equal(after.deaths, before.deaths + 2);
	buf_fini(&tile);
}

/* There is a worker of the first lane, at a batch that was not lied about. */
static bool
may_lie(struct pool *p)
{
	const struct lane_main *l = &p->lane[0];

	return l->num > 0 && l->queue[0]->deaths == 0 && !l->sick &&
	       !ev_is_active(&p->birth[0].timer);
}

/* One of two lies again and again while the other works: what the other was
 * given is right, and what the liar was given is done by its successors. */
static void
test_forged_beside(void **state)
{
	struct world *w = *state;
	struct buf tile = {0};
	struct pool_counts before, after;
	unsigned sent = 0;

	pool_counts(w->pool, &before);
	w->done = w->failed = 0;
	while (sent < 120) {
		struct answers *liar = w->pool->map.answers[0];

		tile_build(&tile, 256 * sent, UINT64_MAX);
		if (submit(w, buf_span(&tile), 256 * sent) == NULL) {
			wait_for(w, w->done + 1);
			continue;
		}
		if (++sent % 4 != 0 || !may_lie(w->pool))
			continue;
		memset(liar, 0xff, offsetof(struct answers, result));
		memset(liar->result[sent % POOL_AHEAD], 0xff, 4096);
		wake_main(w->pool, 0);
	}
	wait_for(w, 120);
	pool_counts(w->pool, &after);
	assert_true(after.deaths > before.deaths);
	assert_int_equal(w->failed, 0);
	assert_int_equal(w->num_quarantined, 0);
	buf_fini(&tile);
}

/* Every worker lies about the same batch, always: it fails in the end, and
 * the next one is done. */
static void
test_forged_always(void **state)
{
	struct world *w = *state;
	struct buf tile = {0};
	struct slot *s;
	double end = ev_time() + 30;

	w->done = w->failed = 0;
	tile_build(&tile, 0, UINT64_MAX);
	s = submit(w, buf_span(&tile), 0);
	while (w->done == 0 && ev_time() < end) {
		struct lane_main *l = &w->pool->lane[s->lane];

		signal_workers(SIGKILL);
		w->pool->map.answers[s->lane]->done.tail = l->done_head + 2;
		wake_main(w->pool, s->lane);
		ev_run(w->loop, EVRUN_ONCE);
	}
	assert_int_equal(w->done, 1);
	submit(w, buf_span(&tile), 0);
	wait_for(w, 2);
	assert_int_equal(w->range.end, 256);
	buf_fini(&tile);
}

/* What main and other workers write, a worker can only read: one that tries
 * more dies of it. */
static void
test_read_only(void **state)
{
	struct world *w = *state;
	struct pool_map *m = &w->pool->map;
	void *area[] = {m->orders, m->body[0], m->region[0], m->region[1],
	    m->delta[0], m->delta[POOL_DELTAS - 1], m->answers[0],
	    m->answers[0]->result[POOL_AHEAD - 1]};

	for (size_t i = 0; i < sizeof(area) / sizeof(area[0]); i++) {
		int how;
		pid_t pid = fork();

		if (pid == 0) {
			signal(SIGSEGV, SIG_DFL);
			map_protect(m);
			map_own(m, 1);
			*(volatile char *)area[i] = 1;
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &how, 0), pid);
		assert_true(WIFSIGNALED(how));
		assert_int_equal(WTERMSIG(how), SIGSEGV);
	}
}

/* The descriptors of a process; 0 when they can't be seen. */
static unsigned
descriptors_of(int pid)
{
	char path[64];
	unsigned num = 0;
	struct dirent *d;
	DIR *fds;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	fds = opendir(path);
	if (fds == NULL)
		return 0;
	while ((d = readdir(fds)) != NULL)
		num += d->d_name[0] != '.';
	closedir(fds);
	return num;
}

/* The number behind a word of /proc/PID/status; -1 when it is not there. */
static int
status_of(int pid, const char *word)
{
	char path[64], line[256];
	size_t len = strlen(word);
	int value = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "r");
	if (f == NULL)
		return -1;
	while (fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, word, len) == 0 && line[len] == ':')
			value = (int)strtol(line + len + 1, NULL, 10);
	fclose(f);
	return value;
}

/* A worker has its three pipes, nothing else, and a filter when it can. */
static void
test_descriptors(void **state)
{
	struct world *w = *state;
	struct buf tile = {0};
	int pid[8];

	/* When both have worked, both are confined. */
	w->done = 0;
	tile_build(&tile, 0, UINT64_MAX);
	for (unsigned i = 0; i < 6; i++)
		assert_non_null(submit(w, buf_span(&tile), 0));
	wait_for(w, 6);
	assert_int_equal(workers(pid), 2);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(descriptors_of(pid[i]), FD_END);
		assert_int_equal(status_of(pid[i], "NoNewPrivs"), 1);
		assert_int_equal(status_of(pid[i], "Seccomp"),
		    sandbox_missing(SANDBOX_AUTO) == NULL ? 2 : 0);
	}
	buf_fini(&tile);
}

/* --- regions ------------------------------------------------------------------ */

/* A list of one row, good until the next. */
static struct rows *
one_row(int64_t row)
{
	static struct rows rows;

	rows = (struct rows){0};
	rows_add(&rows, row);
	return &rows;
}

static void
keep(void *arg, struct slot *s)
{
	struct world *w = arg;

	(void)s;
	w->done++;
}

/* The numbers of a batch mean the same until its slot is released. */
static void
test_region_held(void **state)
{
	struct world *w = *state;
	struct pool *p = w->pool;
	struct buf tile = {0};
	struct slot *s;
	size_t cap;

	assert_non_null(pool_spare(p, &cap));
	pool_swap(p, one_row(41), 7);
	tile_build(&tile, 0, UINT64_MAX);
	w->done = 0;
	s = submit(w, buf_span(&tile), 0);
	s->done = keep;
	wait_for(w, 1);
	assert_non_null(pool_spare(p, &cap));
	pool_swap(p, one_row(42), 7);
	assert_null(pool_spare(p, &cap));
	assert_null(pool_spare(p, &cap));
	assert_int_equal(pool_row(p, s, 0), 41);
	assert_int_equal(pool_row(p, s, 1), -1);
	pool_release(p, s);
	assert_non_null(pool_spare(p, &cap));
	pool_swap(p, one_row(43), 7);
	buf_fini(&tile);
}

/* What changed is numbered on from the records of the region, and a new region
 * begins without changes. */
static void
test_delta_held(void **state)
{
	struct world *w = *state;
	struct pool *p = w->pool;
	struct buf tile = {0};
	struct slot *s;
	size_t cap;
	void *first, *other;

	assert_non_null(pool_spare(p, &cap));
	pool_swap(p, one_row(41), 7);
	assert_int_equal(rows_get(pool_rows(p), 0), 41);
	assert_int_equal(pool_rows(p)->num, 1);
	first = pool_spare_delta(p, &cap);
	assert_non_null(first);
	pool_swap_delta(p, one_row(51), 8);
	tile_build(&tile, 0, UINT64_MAX);
	w->done = 0;
	s = submit(w, buf_span(&tile), 0);
	s->done = keep;
	wait_for(w, 1);
	for (unsigned i = 0; i < 20; i++) { /* never the one in use */
		other = pool_spare_delta(p, &cap);
		assert_non_null(other);
		assert_ptr_not_equal(other, first);
		pool_swap_delta(p, one_row(60 + i), 9 + i);
	}
	assert_non_null(pool_spare(p, &cap));
	pool_swap(p, one_row(42), 30);
	assert_int_equal(pool_row(p, s, 0), 41);
	assert_int_equal(pool_row(p, s, 1), 51);
	assert_int_equal(pool_row(p, s, 2), -1);
	assert_int_equal(pool_generation(p, s), 8);
	pool_release(p, s);
	s = submit(w, buf_span(&tile), 0);
	s->done = keep;
	wait_for(w, 2);
	assert_int_equal(pool_row(p, s, 0), 42);
	assert_int_equal(pool_row(p, s, 1), -1);
	assert_int_equal(pool_generation(p, s), 30);
	pool_release(p, s);
	buf_fini(&tile);
}

/* --- memory --------------------------------------------------------------------- */

static void
take_all(struct world *w, struct slot *s[8])
{
	for (int i = 0; i < 8; i++)
		assert_non_null(
		    s[i] = pool_slot(w->pool, &w->share, 1 << 20, true));
	assert_int_equal(w->share.slots, 8);
	assert_int_equal(w->share.memory, 8 << 20);
}

static void
release_all(struct world *w, struct slot *s[8])
{
	for (int i = 0; i < 8; i++)
		pool_release(w->pool, s[i]);
	assert_int_equal(w->share.slots, 0);
	assert_int_equal(w->share.memory, 0);
}

/* Memory for bodies is shared out: no more than conf.memory at a time. */
static void
test_budget(void **state)
{
	struct world *w = *state;
	struct slot *s[8];

	take_all(w, s);
	assert_null(pool_slot(w->pool, &w->share, 1, true));
	release_all(w, s);
	s[0] = pool_slot(w->pool, &w->share, SIZE_MAX, true);
	assert_non_null(s[0]);
	assert_int_equal(s[0]->room, 1 << 20);
	pool_release(w->pool, s[0]);
}

/* Whoever can't go on goes first. */
static void
test_first(void **state)
{
	struct world *w = *state;
	struct pool_share *me = &w->share, other = {0};
	struct slot *s[8];
	double begin;

	take_all(w, s);
	assert_null(pool_slot(w->pool, me, 1 << 20, true));
	pool_release(w->pool, s[0]);
	assert_null(pool_slot(w->pool, &other, 1, false));
	assert_non_null(s[0] = pool_slot(w->pool, me, 1 << 20, true));
	pool_release(w->pool, s[1]);
	assert_non_null(s[1] = pool_slot(w->pool, &other, 1, false));

	assert_null(
	    pool_slot(w->pool, me, 1 << 20, true)); /* and never again */
	pool_release(w->pool, s[1]);
	assert_null(pool_slot(w->pool, &other, 1, false));
	begin = ev_now(w->loop);
	while (ev_now(w->loop) < begin + 1.1) {
		usleep(100000);
		ev_now_update(w->loop);
	}
	assert_non_null(s[1] = pool_slot(w->pool, &other, 1, false));
	release_all(w, s);
	assert_int_equal(other.slots, 0);
}

/* As many slots as this log gets without being first. */
static unsigned
take_some(struct world *w, struct pool_share *who, struct slot **s, size_t room)
{
	unsigned n = 0;

	while ((s[n] = pool_slot(w->pool, who, room, false)) != NULL)
		n++;
	return n;
}

/* What the one that waits does not need anyhow is not kept from others. */
static void
test_first_is_large(void **state)
{
	struct world *w = *state;
	struct pool_share other = {0};
	size_t memory = w->pool->conf.memory;
	struct slot *s[2];

	w->pool->conf.memory = 3 << 19; /* 1.5 MiB */
	s[0] = pool_slot(w->pool, &w->share, 3 << 18, true);
	assert_non_null(s[0]);
	assert_null(pool_slot(w->pool, &w->share, 1 << 20, true));
	assert_null(pool_slot(w->pool, &other, 4096, false));
	pool_release(w->pool, s[0]);
	assert_null(pool_slot(w->pool, &other, (1 << 19) + 1, false));
	s[0] = pool_slot(w->pool, &other, 1 << 19, false);
	assert_non_null(s[0]);
	s[1] = pool_slot(w->pool, &w->share, 1 << 20, true);
	assert_non_null(s[1]);
	pool_release(w->pool, s[0]);
	pool_release(w->pool, s[1]);
	w->pool->conf.memory = memory;
}

/* However much one asks for, as much is left for others. */
static void
test_shares(void **state)
{
	struct world *w = *state;
	struct pool_share a = {0}, b = {0}, c = {0};
	struct slot *s[24];
	unsigned n;

	n = take_some(w, &a, s, 1 << 20);
	assert_int_equal(n, 4);
	n += take_some(w, &b, s + n, 1 << 20);
	assert_int_equal(n, 4 + 2);
	n += take_some(w, &c, s + n, 1 << 20);
	assert_int_equal(n, 4 + 2 + 1);
	assert_non_null(s[n] = pool_slot(w->pool, &c, 1 << 20, true));
	for (unsigned i = 0; i <= n; i++)
		pool_release(w->pool, s[i]);
	/* Of slots, too, when there is memory for all. */
	n = take_some(w, &a, s, 4096);
	assert_int_equal(n, 4);
	for (unsigned i = 0; i < n; i++)
		pool_release(w->pool, s[i]);
}

/* Pages of all bodies that are in memory. */
static size_t
bodies_resident(struct world *w)
{
	const struct pool_map *m = &w->pool->map;
	unsigned char page[256];
	size_t n = 0;

	for (unsigned i = 0; i < m->slots; i++) {
		assert_int_equal(mincore(m->body[i], m->body_limit, page), 0);
		for (size_t k = 0; k < m->body_limit / 4096; k++)
			n += page[k] & 1;
	}
	return n * 4096;
}

static void
fill_all(struct world *w, struct slot *s[8])
{
	take_all(w, s);
	for (int i = 0; i < 8; i++)
		memset(s[i]->body, 1, s[i]->room);
	release_all(w, s);
}

/* What replies filled that never came to be a batch is given back: free slots
 * keep a quarter of the memory, or what is left of it. */
static void
test_memory(void **state)
{
	struct world *w = *state;
	struct pool_conf *conf = &w->pool->conf;
	size_t memory = conf->memory;
	struct slot *s[8];

	conf->memory = 32 << 20;
	fill_all(w, s);
	assert_int_equal(bodies_resident(w), 8 << 20);
	conf->memory = 16 << 20;
	fill_all(w, s);
	assert_int_equal(bodies_resident(w), 4 << 20);
	conf->memory = 5 << 20; /* all taken and kept together */
	s[0] = pool_slot(w->pool, &w->share, 1 << 20, true);
	assert_true(bodies_resident(w) <= 5 << 20);
	pool_release(w->pool, s[0]);
	assert_int_equal(bodies_resident(w), 1 << 20);
	conf->memory = memory;
	fill_all(w, s);
	conf->memory = 5 << 20;
	for (int i = 0; i < 4; i++)
		s[i] = pool_slot(w->pool, &w->share, 1 << 20, true);
	for (int i = 0; i < 4; i++)
		pool_release(w->pool, s[i]);
	assert_true(bodies_resident(w) <= 5 << 20);
	conf->memory = memory;
}

/* Replies are of any length, and so is the room that is asked for: what is no
 * whole page is given back all the same. */
static void
test_memory_odd(void **state)
{
	struct world *w = *state;
	struct slot *s[8];

	fill_all(w, s);
	assert_int_equal(w->pool->kept, bodies_resident(w));
	for (int i = 0; i < 8; i++)
		s[i] = pool_slot(w->pool, &w->share, (128 << 10) + 1 + i, true);
	assert_int_equal(w->pool->kept, 0);
	assert_true(bodies_resident(w) <= 8 * (192 << 10));
	for (int i = 0; i < 8; i++) {
		memset(s[i]->body, 1, s[i]->room);
		s[i]->order.body_len = s[i]->room;
		pool_release(w->pool, s[i]);
	}
	assert_true(bodies_resident(w) <= w->pool->kept);
}

static void
on_held(void *arg, struct slot *s)
{
	struct world *w = arg;

	assert_true(s->result.len > 0);
	w->done++;
}

/* A batch of that share whose result is about as large as its body, for no
 * certificate can be read. */
static struct slot *
submit_junk(struct world *w, struct pool_share *share)
{
	static const uint8_t junk[3000] = {0xff};
	struct buf tile = {0};
	struct slot *s = pool_slot(w->pool, share, 1 << 20, true);

	assert_non_null(s);
	for (uint64_t i = 0; i < 256; i++) {
		entry_build(&tile, i, span_of(junk, sizeof(junk)));
		buf_uint(&tile, 0, 2);
	}
	assert_true(tile.len <= s->room);
	memcpy(s->body, tile.p, tile.len);
	s->order.api = &log_api_static;
	s->order.want = (struct want){0, 256, 256, 0};
	s->order.body_len = tile.len;
	s->done = on_held;
	s->arg = w;
	pool_submit(w->pool, s);
	buf_fini(&tile);
	return s;
}

/* Results that wait are counted: a log with large ones keeps some of the
 * memory, and one with small ones is let alone. */
static void
test_results(void **state)
{
	struct world *w = *state;
	struct pool_share a = {0}, b = {0};
	struct slot *s[6];
	size_t each;

	w->done = 0;
	for (unsigned i = 0; i < 5; i++) {
		s[i] = submit_junk(w, &a);
		wait_for(w, i + 1);
		each = s[i]->result.len;
		assert_true(each > 256 * 3000);
		assert_int_equal(a.results, (i + 1) * each);
		assert_int_equal(w->pool->results, a.results);
		/* Of 8 MiB: five of 0.8 MiB leave as much, six do not. */
		assert_true(pool_may_hold(w->pool, s[i]));
	}
	s[5] = submit_junk(w, &a);
	wait_for(w, 6);
	assert_false(pool_may_hold(w->pool, s[5]));
	pool_release(w->pool, s[0]);
	s[0] = submit_junk(w, &b);
	wait_for(w, 7);
	assert_true(pool_may_hold(w->pool, s[0]));
	assert_false(pool_may_hold(w->pool, s[5]));
	for (unsigned i = 0; i < 6; i++)
		pool_release(w->pool, s[i]);
	assert_int_equal(a.results + b.results + w->pool->results, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_killed),
	    cmocka_unit_test(test_poison),
	    cmocka_unit_test(test_many_poisons),
	    cmocka_unit_test(test_stupor),
	    cmocka_unit_test(test_release),
	    cmocka_unit_test(test_forged),
	    cmocka_unit_test(test_forged_idle),
	    cmocka_unit_test(test_strays),
	    cmocka_unit_test(test_forged_beside),
	    cmocka_unit_test(test_forged_always),
	    cmocka_unit_test(test_read_only),
	    cmocka_unit_test(test_descriptors),
	    cmocka_unit_test(test_region_held),
	    cmocka_unit_test(test_delta_held),
	    cmocka_unit_test(test_budget),
	    cmocka_unit_test(test_first),
	    cmocka_unit_test(test_first_is_large),
	    cmocka_unit_test(test_shares),
	    cmocka_unit_test(test_memory),
	    cmocka_unit_test(test_memory_odd),
	    cmocka_unit_test(test_results),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
