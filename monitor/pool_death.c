/*
 * pool_death: what becomes of a batch whose worker died. Once may be chance,
 * so the batch is simply run again; a worker that was killed for its time is
 * no chance. Then the guilty entry is searched for with probes, which look at
 * a part of the entries each: the one that the worker was reading, alone; if
 * that does not kill, halves, until one is left that kills alone. That one is
 * skipped from then on, and quarantined. A worker that was killed from outside,
 * as the kernel does when memory is short, says nothing about the entries.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/text.h"
#include "monitor/diag.h"
#include "monitor/pool_main.h"

static void
run_whole(struct pool *p, struct slot *s)
{
	s->search = SEARCH_NONE;
	s->order.from = s->order.want.begin;
	s->order.to = s->order.want.end;
	pool_put(p, s, s->lane);
}

static void
run_probe(struct pool *p, struct slot *s, uint64_t from, uint64_t to)
{
	s->order.from = from;
	s->order.to = to;
	pool_put(p, s, s->lane);
}

/* Probe the first half of the suspects, or the last one. */
static void
run_half(struct pool *p, struct slot *s)
{
	uint64_t half = (s->probe_to - s->probe_from + 1) / 2;

	run_probe(p, s, s->probe_from, s->probe_from + half);
}

/* None of the entries is guilty alone, yet no worker survives the batch. */
#define ROUNDS_MAX 3

static void
give_up(struct pool *p, struct slot *s)
{
	err_set(&s->err, ST_BAD,
	    "entries %" PRIu64 " to %" PRIu64
	    " kill every worker that reads them",
	    s->order.want.begin, s->order.want.end - 1);
	buf_fini(&s->result);
	pool_finish(p, s);
}

static void
skip_entry(struct pool *p, struct slot *s, uint64_t entry)
{
	struct batch_order *o = &s->order;

	if (batch_skips(o, entry)) { /* skipping it does not help */
		give_up(p, s);
		return;
	}
	diag_warn("entry %" PRIu64
		  " kills the process that reads it; it is put into "
		  "quarantine unread",
	    entry);
	batch_skip(o, entry);
	s->deaths = 1;
	run_whole(p, s);
}

/* Where the worker was when it died is only its word: the entry must kill
 * alone. Without a word: does the batch kill when no entry is looked at? */
static void
search(struct pool *p, struct slot *s)
{
	uint64_t at = p->map.answers[s->lane]->reading;
	const struct want *w = &s->order.want;

	if (at >= w->begin && at < w->end && !batch_skips(&s->order, at)) {
		s->search = SEARCH_HINT;
		run_probe(p, s, at, at + 1);
	} else {
		s->search = SEARCH_EMPTY;
		run_probe(p, s, w->begin, w->begin);
	}
}

static void
search_halves(struct pool *p, struct slot *s)
{
	s->search = SEARCH_HALVES;
	s->probe_from = s->order.want.begin;
	s->probe_to = s->order.want.end;
	run_half(p, s);
}

static void
probe_died(struct pool *p, struct slot *s)
{
	const struct batch_order *o = &s->order;

	if (o->from == o->to) {
		give_up(p, s);
	} else if (o->to - o->from == 1) {
		skip_entry(p, s, o->from);
	} else {
		s->probe_from = o->from;
		s->probe_to = o->to;
		run_half(p, s);
	}
}

static bool
died_of(int how, int sig)
{
	return WIFSIGNALED(how) && WTERMSIG(how) == sig;
}

/* So many deaths of one batch from outside are chance: more than a second of
 * nothing else. After that its entries are suspected too, so that it ends. */
#define STRAYS_MAX 64

/* No entry can raise SIGKILL: the filter of system calls is in the way. */
static bool
is_stray(const struct slot *s, bool condemned, int how)
{
	return !condemned && died_of(how, SIGKILL) && s->strays < STRAYS_MAX;
}

static void
guilty(struct pool *p, struct slot *s, int how)
{
	s->deaths += died_of(how, SIGPROF) ? 2 : 1;
	if (s->search != SEARCH_NONE)
		probe_died(p, s);
	else if (s->deaths < 2)
		run_whole(p, s);
	else
		search(p, s);
}

/* Its worker died while it was at it. */
static void
bereaved(struct pool *p, struct slot *s, bool condemned, int how)
{
	if (s->abandoned) {
		pool_finish(p, s);
	} else if (is_stray(s, condemned, how)) {
		s->strays++;
		pool_put(p, s, s->lane); /* the same again */
	} else {
		guilty(p, s, how);
	}
}

void
pool_survived(struct pool *p, struct slot *s)
{
	if (s->abandoned) {
		pool_finish(p, s);
		return;
	}
	if (s->search != SEARCH_HALVES) {
		search_halves(p, s);
		return;
	}
	s->probe_from = s->order.to;
	if (s->probe_from < s->probe_to) {
		run_half(p, s);
		return;
	}
	s->deaths = 0; /* none kills: the deaths had another cause */
	if (++s->rounds < ROUNDS_MAX)
		run_whole(p, s);
	else
		give_up(p, s);
}

/* Nobody writes into it any more. */
static void
pipe_empty(int fd)
{
	char buf[4096];
	ssize_t n;

	do
		n = read(fd, buf, sizeof(buf));
	while (n > 0 || (n < 0 && errno == EINTR));
}

/* What it said before it died, whoever was speaking: ": words", or nothing. */
static const char *
last_words(const struct pool *p, unsigned lane, char *out, size_t cap)
{
	uint8_t buf[LIMIT_QUOTE];
	ssize_t n = read(p->map.words[lane][0], buf, sizeof(buf));

	while (n > 0 && buf[n - 1] == '\n')
		n--;
	out[0] = '\0';
	if (n > 0)
		snprintf(out, cap, ": %s", QUOTE(span_of(buf, (size_t)n)));
	return out;
}

static void
tell(const struct pool *p, unsigned lane, int how)
{
	const struct lane_main *l = &p->lane[lane];
	char words[LIMIT_QUOTE + 16];

	if (l->sick || (l->num > 0 && (l->queue[0]->deaths > 0 ||
					  l->queue[0]->strays > 0)))
		return; /* said already, or being looked into */
	if (died_of(how, SIGPROF))
		diag_warn("worker %u was at one batch for too long; it is "
			  "replaced",
		    lane);
	else if (WIFSIGNALED(how))
		diag_warn("worker %u died of signal %d (%s); it is replaced%s",
		    lane, WTERMSIG(how), strsignal(WTERMSIG(how)),
		    last_words(p, lane, words, sizeof(words)));
	else
		diag_warn("worker %u ended with %d; it is replaced%s", lane,
		    WEXITSTATUS(how),
		    last_words(p, lane, words, sizeof(words)));
}

void
pool_died(struct pool *p, unsigned lane, int how)
{
	struct lane_main *l = &p->lane[lane], left;

	p->num_deaths++;
	pool_drain(p, lane);
	tell(p, lane, how);
	pipe_empty(p->map.words[lane][0]);
	left = *l;
	*l = (struct lane_main){0};
	ring_clear(&p->map.orders->todo[lane]);
	ring_clear(&p->map.answers[lane]->done);
	madvise(p->map.answers[lane]->result, POOL_AHEAD * POOL_RESULT,
	    MADV_REMOVE); /* however much it wrote */
	pipe_empty(p->map.done[lane][0]);
	pool_listen(p, lane, true);
	pool_fork(p, lane);
	if (left.num > 0)
		bereaved(p, left.queue[0], left.condemned, how);
	for (unsigned i = 1; i < left.num; i++)
		pool_put(p, left.queue[i], lane);
}
