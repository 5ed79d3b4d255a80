/*
 * worker: a parser process. It owns the batch in hand and nothing else: the
 * memory it shares with main and two pipes are the only way in and out.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include "monitor/pool_shared.h"

/* The only descriptors of a worker, besides stderr for its last words. */
enum { FD_WAKE = 0, FD_DONE = 1, FD_END = 3 };

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1 /* their reports need files and processes */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

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

static void
worker_batch(const struct worker *w, uint32_t no)
{
	const struct pool_map *m = w->m;
	const struct batch_order *o = &m->orders->order[no];
	struct batch_out out = {
	    m->result[no], POOL_RESULT, 0, &m->answers->reading[no]};
	struct match_set index = {
	    match_index_of(m->region[o->region & 1], POOL_REGION), NULL};

	if (o->delta < POOL_DELTAS)
		index.delta = match_index_of(m->delta[o->delta], POOL_DELTA);
	worker_alarm(BATCH_CPU_S);
	batch_work(w->b, &out, o, span_of(m->body[no], o->body_len), &index);
	worker_alarm(0);
	atomic_store_explicit(
	    &m->answers->result_len[no], out.len, memory_order_release);
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
		ring_put(&w->m->answers->done[w->lane], &w->done_tail, no);
		if (!pool_poke(FD_DONE))
			_exit(70);
	}
}

/* Everything that fork brought along is closed. */
static void
worker_descriptors(const struct worker *w)
{
	int wake = fcntl(w->m->wake[w->lane][0], F_DUPFD, FD_END);
	int done = fcntl(w->m->done[1], F_DUPFD, FD_END);

	if (wake < 0 || done < 0 || dup2(wake, FD_WAKE) < 0 ||
	    dup2(done, FD_DONE) < 0 || close_range(FD_END, ~0u, 0) < 0)
		_exit(70);
}

static void
worker_limit(int what, rlim_t most)
{
	struct rlimit r = {most, most};

	if (setrlimit(what, &r) < 0)
		_exit(70);
}

/* Give up all rights that parsing does not need. */
static void
worker_confine(const struct worker *w)
{
	worker_descriptors(w);
	worker_limit(RLIMIT_CORE, 0);
	if (!SANITIZED) {
		signal(SIGXFSZ, SIG_IGN); /* stderr may be a file */
		worker_limit(RLIMIT_FSIZE, 0);
		worker_limit(RLIMIT_NOFILE, FD_END);
		worker_limit(RLIMIT_NPROC, 0);
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		_exit(70);
}

void
worker_run(const struct pool_map *m, unsigned lane)
{
	struct worker w = {.m = m, .lane = lane};
	char buf[64];
	ssize_t n;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "indelible-work");
	worker_confine(&w);
	w.b = bench_new(m->orders->index_key);
	/* From here on only memory, read and write: this is the place for a
	 * filter of system calls. It must leave out mprotect and mremap, so
	 * that what map_protect() did is final. */
	for (;;) {
		worker_drain(&w);
		n = read(FD_WAKE, buf, sizeof(buf));
		if (n == 0 || (n < 0 && errno != EINTR))
			_exit(70);
	}
}
