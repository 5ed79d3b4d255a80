/*
 * pool: the loop's side: lanes and the results that come back. What happens
 * when a worker dies stands in pool_death.c, who gets a slot in pool_slot.c,
 * which match index a batch uses in pool_index.c.
 */
#include "monitor/pool.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctlog/base/mem.h"
#include "monitor/cmd.h"
#include "monitor/diag.h"
#include "monitor/pool_main.h"

/* Without the zygote there are no workers, its own died with it. Nothing that
 * is stored needs them: say so and end. */
__attribute__((noreturn)) static void
zygote_lost(const struct pool *p)
{
	int how = 0;

	if (waitpid(p->zygote, &how, 0) == p->zygote && WIFSIGNALED(how))
		diag_error("the process that starts the workers died of signal "
			   "%d; stopping at once, start again",
		    WTERMSIG(how));
	else
		diag_error("the process that starts the workers is gone; "
			   "stopping at once, start again");
	_exit(EX_SOFTWARE);
}

/* Wait until the zygote has locked itself in, and say how well that went. */
static void
pool_lock(struct pool *p)
{
	const struct pool_map *m = &p->map;
	const char *why = sandbox_missing(p->conf.sandbox);
	struct zygote_word w;
	ssize_t n;

	do
		n = recv(p->sock, &w, sizeof(w), 0);
	while (n < 0 && errno == EINTR);
	if (n != sizeof(w) || w.what != ZYGOTE_READY)
		zygote_lost(p);
	p->map.sandbox.filter = (w.how & READY_FILTER) != 0;
	p->map.sandbox.landlock = w.how & READY_LANDLOCK;
	if (m->sandbox.filter)
		return;
	if (why == NULL)
		why = "the kernel refused the filter of system calls";
	if (p->conf.sandbox == SANDBOX_REQUIRE) {
		fprintf(stderr,
		    "indelible: cannot start: parsers cannot be locked in, and "
		    "the configuration has `sandbox: require`: %s\n",
		    why);
		_exit(EX_CONFIG);
	}
	diag_warn("parsers are not locked in: %s", why);
}

struct pool *
pool_new(const struct pool_conf *conf)
{
	struct pool *p = NEW(struct pool);
	int sock[2];

	ASSERT(conf->workers > 0 && conf->workers <= POOL_WORKERS);
	ASSERT(conf->slots > 0 && conf->slots <= POOL_SLOTS);
	p->conf = *conf;
	p->current_delta = p->spare_delta = DELTA_NONE;
	p->map.workers = conf->workers;
	p->map.slots = conf->slots;
	p->map.body_limit = conf->body_limit;
	p->map.lock = conf->sandbox != SANDBOX_OFF;
	map_make(&p->map);
	for (unsigned i = 0; i < conf->slots; i++) {
		p->slot[i].no = i;
		p->slot[i].body = p->map.body[i];
		p->free[p->num_free++] = i;
	}
	pool_need(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sock) == 0,
	    "a pair of sockets");
	p->zygote = fork();
	pool_need(p->zygote >= 0, "a process");
	if (p->zygote == 0) {
		close(sock[0]);
		if (conf->own_fd > 0)
			close(conf->own_fd);
		zygote_run(&p->map, sock[1]);
	}
	close(sock[1]);
	p->sock = sock[0];
	pool_lock(p);
	return p;
}

/* --- lanes ----------------------------------------------------------------- */

void
pool_zygote(struct pool *p, uint32_t what, unsigned lane)
{
	struct zygote_word w = {what, lane, 0};

	while (send(p->sock, &w, sizeof(w), MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			zygote_lost(p);
}

static void
birth_on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct pool *p = w->data;
	struct lane_birth *b =
	    (struct lane_birth *)((char *)w -
				  offsetof(struct lane_birth, timer));

	(void)revents;
	b->last = ev_now(loop);
	pool_zygote(p, ZYGOTE_FORK, b->lane);
}

void
pool_fork(struct pool *p, unsigned lane)
{
	struct lane_birth *b = &p->birth[lane];
	double wait = b->last + POOL_BIRTH_S - ev_now(p->loop);

	if (wait > 0 && wait <= POOL_BIRTH_S) {
		ev_timer_set(&b->timer, wait, 0.0);
		ev_timer_start(p->loop, &b->timer);
		return;
	}
	b->last = ev_now(p->loop);
	pool_zygote(p, ZYGOTE_FORK, lane);
}

/* Its death is our doing. */
static void
lane_kill(struct pool *p, unsigned lane)
{
	p->lane[lane].condemned = true;
	pool_zygote(p, ZYGOTE_KILL, lane);
}

static unsigned
lane_shortest(const struct pool *p)
{
	unsigned best = 0;

	for (unsigned i = 1; i < p->conf.workers; i++)
		if (p->lane[i].num < p->lane[best].num)
			best = i;
	return best;
}

/* It said what no worker of ours says. What it left is not looked at again;
 * when it is dead, the batch at the head of its queue is the guilty one. */
static void
lane_sick(struct pool *p, unsigned lane)
{
	p->lane[lane].sick = true;
	pool_listen(p, lane, false);
	diag_warn("worker %u answers nonsense; it is replaced", lane);
	lane_kill(p, lane);
}

static void
lane_give(struct pool *p, unsigned lane, const struct slot *s)
{
	struct lane_main *l = &p->lane[lane];
	struct pool_map *m = &p->map;

	m->orders->order[s->no] = s->order;
	atomic_store(
	    &m->answers[lane]->result_len[l->todo_tail % POOL_AHEAD], 0);
	ring_put(&m->orders->todo[lane], &l->todo_tail, s->no);
	l->given++;
	ASSERT(pool_poke(m->wake[lane][1]));
}

/* As many as its answers have places for. */
static void
lane_feed(struct pool *p, unsigned lane)
{
	struct lane_main *l = &p->lane[lane];

	while (l->given < l->num && l->given < POOL_AHEAD)
		lane_give(p, lane, l->queue[l->given]);
}

void
pool_put(struct pool *p, struct slot *s, unsigned lane)
{
	struct lane_main *l = &p->lane[lane];

	ASSERT(l->num < POOL_SLOTS);
	s->lane = lane;
	s->since = ev_now(p->loop);
	l->queue[l->num++] = s;
	lane_feed(p, lane);
}

void
pool_submit(struct pool *p, struct slot *s)
{
	ASSERT(!s->working);
	ASSERT(s->order.body_len <= s->room);
	s->order.from = s->order.want.begin;
	s->order.to = s->order.want.end;
	pool_index_take(p, s);
	s->working = true;
	pool_put(p, s, lane_shortest(p));
}

void
pool_finish(struct pool *p, struct slot *s)
{
	s->working = false;
	if (s->abandoned) {
		s->abandoned = false;
		pool_release(p, s);
		return;
	}
	pool_hold(p, s);
	s->done(s->arg, s);
}

/* Copy the result at this place out, so that the worker can't change what is
 * being read. false: it is no answer to the order. */
static bool
slot_collect(struct slot *s, struct answers *a, unsigned place)
{
	uint8_t *from = a->result[place];
	uint64_t len =
	    atomic_load_explicit(&a->result_len[place], memory_order_acquire);
	struct batch_result r;

	buf_clear(&s->result);
	if (len == 0 || len > POOL_RESULT)
		return false;
	buf_add(&s->result, from, len);
	if (len > (64u << 10))
		madvise(from, POOL_RESULT, MADV_REMOVE);
	return batch_open(&r, buf_span(&s->result), &s->order, NULL) == ST_OK &&
	       batch_is_whole(&r);
}

/* --- results --------------------------------------------------------------- */

static void
lane_pop(struct pool *p, unsigned lane)
{
	struct lane_main *l = &p->lane[lane];
	struct slot *s = l->queue[0];
	struct answers *a = p->map.answers[lane];
	unsigned place = l->done_head % POOL_AHEAD;

	if (s->no != ring_get(&a->done, &l->done_head) ||
	    (!s->abandoned && !slot_collect(s, a, place))) {
		lane_sick(p, lane);
		return;
	}
	l->num--;
	l->given--;
	memmove(l->queue, l->queue + 1, l->num * sizeof(l->queue[0]));
	if (l->num > 0)
		l->queue[0]->since = ev_now(p->loop);
	lane_feed(p, lane);
	p->num_batches++;
	if (s->search != SEARCH_NONE)
		pool_survived(p, s);
	else
		pool_finish(p, s);
}

void
pool_drain(struct pool *p, unsigned lane)
{
	struct lane_main *l = &p->lane[lane];
	const struct ring *done = &p->map.answers[lane]->done;
	uint32_t n = l->sick ? 0 : ring_ready(done, l->done_head);

	if (n > l->given) { /* more than it was given */
		lane_sick(p, lane);
		return;
	}
	while (n-- > 0 && !l->sick)
		lane_pop(p, lane);
}

/* It wakes main once for each order; one that does so more often would keep
 * main busy for nothing. */
static void
pool_on_done(struct ev_loop *loop, ev_io *w, int revents)
{
	struct pool *p = w->data;
	unsigned lane = (unsigned)(w - p->on_done);
	struct lane_main *l = &p->lane[lane];
	char buf[256];
	ssize_t n = read(p->map.done[lane][0], buf, sizeof(buf));

	(void)loop;
	(void)revents;
	ASSERT(n > 0 || errno == EAGAIN || errno == EINTR);
	if (n > 0)
		l->pokes += (uint64_t)n;
	pool_drain(p, lane);
	if (l->pokes > l->todo_tail && !l->sick)
		lane_sick(p, lane);
}

void
pool_listen(struct pool *p, unsigned lane, bool listen)
{
	ev_io *w = &p->on_done[lane];

	if (listen == (bool)ev_is_active(w))
		return;
	if (listen) {
		ev_io_start(p->loop, w);
		ev_unref(p->loop); /* alone it keeps nothing alive */
	} else {
		ev_ref(p->loop);
		ev_io_stop(p->loop, w);
	}
}

static void
pool_on_zygote(struct ev_loop *loop, ev_io *w, int revents)
{
	struct pool *p = w->data;
	struct zygote_word word;
	ssize_t n = recv(p->sock, &word, sizeof(word), MSG_DONTWAIT);

	(void)loop;
	(void)revents;
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0)
		zygote_lost(p);
	ASSERT(n == sizeof(word) && word.lane < p->conf.workers);
	if (word.what == ZYGOTE_LATE) {
		diag_warn("worker %u cannot be started: %s; that is tried "
			  "again and again",
		    word.lane, strerror(word.how));
		return;
	}
	ASSERT(word.what == ZYGOTE_DEAD);
	pool_died(p, word.lane, word.how);
}

static void
pool_on_watch(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct pool *p = w->data;

	(void)revents;
	for (unsigned i = 0; i < p->conf.workers; i++) {
		struct lane_main *l = &p->lane[i];

		if (l->num == 0 ||
		    ev_now(loop) - l->queue[0]->since < LIMIT_BATCH_WALL_S)
			continue;
		l->queue[0]->since = ev_now(loop);
		lane_kill(p, i);
	}
}

void
pool_start(struct pool *p, struct ev_loop *loop,
    const uint8_t index_key[INDEX_KEY_LEN])
{
	p->loop = loop;
	memcpy(p->map.orders->index_key, index_key, INDEX_KEY_LEN);
	for (unsigned i = 0; i < p->conf.workers; i++) {
		p->birth[i].lane = i;
		ev_init(&p->birth[i].timer, birth_on_timer);
		p->birth[i].timer.data = p;
		ev_io_init(
		    &p->on_done[i], pool_on_done, p->map.done[i][0], EV_READ);
		p->on_done[i].data = p;
		pool_listen(p, i, true);
		pool_fork(p, i);
	}
	ev_io_init(&p->on_zygote, pool_on_zygote, p->sock, EV_READ);
	ev_timer_init(&p->on_watch, pool_on_watch, 1.0, 1.0);
	p->on_zygote.data = p->on_watch.data = p;
	ev_io_start(loop, &p->on_zygote);
	ev_timer_start(loop, &p->on_watch);
	ev_unref(loop); /* the watchdog alone keeps nothing alive */
	ev_unref(loop);
}

void
pool_free(struct pool *p)
{
	if (p == NULL)
		return;
	if (p->loop != NULL) {
		ev_ref(p->loop);
		ev_ref(p->loop);
		ev_io_stop(p->loop, &p->on_zygote);
		ev_timer_stop(p->loop, &p->on_watch);
		for (unsigned i = 0; i < p->conf.workers; i++) {
			pool_listen(p, i, false);
			ev_timer_stop(p->loop, &p->birth[i].timer);
		}
	}
	close(p->sock); /* the zygote sees that, kills the workers and ends */
	while (waitpid(p->zygote, NULL, 0) < 0 && errno == EINTR)
		;
	for (unsigned i = 0; i < p->conf.slots; i++)
		buf_fini(&p->slot[i].result);
	pool_index_free(p);
	map_free(&p->map);
	free(p);
}

void
pool_counts(const struct pool *p, struct pool_counts *out)
{
	*out = (struct pool_counts){p->num_deaths, p->num_batches,
	    p->conf.workers, p->conf.slots - p->num_free};
}
