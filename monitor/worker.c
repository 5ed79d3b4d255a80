/*
 * worker: a parser process. It owns the batch in hand and nothing else: the
 * memory it shares with main and three pipes are the only way in and out.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include "ctlog/base/limits.h"
#include "monitor/pool_shared.h"

/* One worker and its places in its two queues. */
struct worker {
	const struct pool_map *m;
	struct bench *b;
	unsigned lane;
	uint32_t todo_head, done_tail;
};

/* In test builds there are certificates that are read for ever. */
#ifdef INDELIBLE_POISON
#define BATCH_CPU_S 3
#else
#define BATCH_CPU_S LIMIT_BATCH_CPU_S
#endif

/* SIGPROF ends the worker when it has used so much of a processor; 0: no more
 * waiting for that. */
static void
worker_alarm(time_t seconds)
{
	struct itimerval most = {.it_value.tv_sec = seconds};

	if (setitimer(ITIMER_PROF, &most, NULL) < 0)
		_exit(70);
}

/* Its place among the answers is that of main's order. */
static void
worker_batch(const struct worker *w, uint32_t no)
{
	const struct pool_map *m = w->m;
	const struct batch_order *o = &m->orders->order[no];
	struct answers *a = m->answers[w->lane];
	unsigned place = w->done_tail % POOL_AHEAD;
	struct batch_out out = {a->result[place], POOL_RESULT, 0, &a->reading};
	struct match_set index = {
	    match_index_of(m->region[o->region & 1], POOL_REGION), NULL};

	if (o->delta < POOL_DELTAS)
		index.delta = match_index_of(m->delta[o->delta], POOL_DELTA);
	a->reading = UINT64_MAX;
	worker_alarm(BATCH_CPU_S);
	batch_work(w->b, &out, o, span_of(m->body[no], o->body_len), &index);
	worker_alarm(0);
	atomic_store_explicit(
	    &a->result_len[place], out.len, memory_order_release);
}

static void
worker_drain(struct worker *w)
{
	const struct ring *todo = &w->m->orders->todo[w->lane];
	uint32_t no;

	while (ring_ready(todo, w->todo_head) > 0) {
		no = ring_get(todo, &w->todo_head);
		ASSERT(no < w->m->slots);
		worker_batch(w, no);
		ring_put(&w->m->answers[w->lane]->done, &w->done_tail, no);
		if (!pool_poke(FD_DONE))
			_exit(70);
	}
}

/* Everything that fork brought along is closed. */
static void
worker_descriptors(const struct pool_map *m, unsigned lane)
{
	int wake = fcntl(m->wake[lane][0], F_DUPFD, FD_END);
	int done = fcntl(m->done[lane][1], F_DUPFD, FD_END);
	int words = fcntl(m->words[lane][1], F_DUPFD, FD_END);

	if (wake < 0 || done < 0 || words < 0 || dup2(wake, FD_WAKE) < 0 ||
	    dup2(done, FD_DONE) < 0 ||
	    (!SANITIZED && dup2(words, FD_WORDS) < 0) ||
	    close_range(FD_END, ~0u, 0) < 0)
		_exit(70);
}

static void
worker_limit(int what, rlim_t most)
{
	struct rlimit r = {most, most};

	if (setrlimit(what, &r) < 0)
		_exit(70);
}

struct bench *
worker_confine(const struct pool_map *m, unsigned lane)
{
	struct bench *b;

	map_own(m, lane);
	worker_descriptors(m, lane);
	worker_limit(RLIMIT_CORE, 0);
	if (!SANITIZED) {
		worker_limit(RLIMIT_FSIZE, 0);
		worker_limit(RLIMIT_NOFILE, FD_END);
		worker_limit(RLIMIT_NPROC, 0);
		worker_limit(RLIMIT_DATA, LIMIT_WORKER_DATA);
		worker_limit(RLIMIT_AS,
		    map_size(m) + LIMIT_WORKER_DATA + LIMIT_WORKER_SPACE);
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		_exit(70);
	b = bench_new(m->orders->index_key);
	if (m->sandbox.filter && !sandbox_worker())
		_exit(70);
	return b;
}

void
worker_run(const struct pool_map *m, unsigned lane)
{
	struct worker w = {.m = m, .lane = lane};
	char buf[64];
	ssize_t n;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "indelible-work");
	w.b = worker_confine(m, lane);
	for (;;) {
		worker_drain(&w);
		n = read(FD_WAKE, buf, sizeof(buf));
		if (n == 0 || (n < 0 && errno != EINTR))
			_exit(70);
	}
}
