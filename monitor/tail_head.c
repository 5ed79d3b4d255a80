/*
 * tail_head: signed heads: fetched by timer, verified, compared with the ones
 * that were seen before. An older or an equal head is what a stale cache or a
 * busy log serves and means nothing; the same size with another root is a
 * fork.
 */
#include <inttypes.h>

#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/diag.h"
#include "monitor/tail_private.h"

static void
head_on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	tail_head_ask(w->data);
}

void
tail_head_after(struct tail *t, double seconds)
{
	double rest = (double)t->rest_ms / 1000.0;

	tail_timer(
	    t, &t->head_timer, seconds > rest ? seconds : rest, head_on_timer);
}

double
tail_poll_s(const struct tail *t)
{
	bool is_static = t->log.api == &log_api_static;

	return (double)(is_static ? t->env->poll_static_ms
				  : t->env->poll_rfc6962_ms) /
	       1000.0;
}

void
tail_head_later(struct tail *t)
{
	if (t->phase == PHASE_READ && !t->range.follow && !t->want_newer)
		return; /* a scan's head is not chased */
	tail_head_after(t, tail_poll_s(t));
}

void
tail_head_newer(struct tail *t)
{
	if (t->want_newer)
		return;
	t->want_newer = true;
	if (t->head_call == NULL && !ev_is_active(&t->head_timer))
		tail_head_after(t, 0.1);
}

/* A failure that may pass. */
static void
head_failed(struct tail *t, enum status st, const struct err *why)
{
	struct err e = *why;

	t->head_failures++;
	if (tail_is_local(t) ||
	    (!t->range.follow && t->head_failures >= TAIL_PATIENCE)) {
		tail_end(t, tail_lost(t, st), &e);
		return;
	}
	if (t->head_failures == 1 || t->head_failures % 32 == 0)
		diag_warn("%s: no head: %s", t->log.name, e.text);
	tail_head_after(t, tail_backoff(t->head_failures));
}

/* A head that the log must not serve; nothing of it is used. */
static void
head_refused(struct tail *t, enum misdeed kind, const struct err *why)
{
	static const struct {
		enum status st;
		const char *ask;
	} of[] = {
	    [MISDEED_BAD_SIGNATURE] = {ST_SIGNATURE,
		"is the key that was given this log's?"},
	    [MISDEED_WRONG_ORIGIN] = {ST_MISMATCH,
		"is the origin that was given right?"},
	    [MISDEED_SIZE_JUMP] = {ST_RANGE, "the log's operator should know"},
	};

	/* It will not be better on a disk the next time. */
	t->signature_failures += tail_is_local(t) ? TAIL_SIGNATURES + 1 : 1;
	if (t->signature_failures == TAIL_SIGNATURES + 1)
		tail_event(t, kind, why->text);
	if (!t->range.follow && t->signature_failures > TAIL_SIGNATURES) {
		struct err e;

		err_set(&e, of[kind].st, "%s; %s", why->text, of[kind].ask);
		tail_end(t, of[kind].st, &e);
		return;
	}
	if (t->signature_failures <= TAIL_SIGNATURES)
		diag_warn("%s: %s", t->log.name, why->text);
	if (t->range.follow && t->signature_failures > TAIL_SIGNATURES)
		tail_head_later(t);
	else
		tail_head_after(t, 0.2);
}

void
tail_received(struct tail *t, const struct head *h, struct span raw)
{
	t->received.head = h != NULL ? *h : (struct head){0};
	buf_clear(&t->received.raw);
	buf_span_add(&t->received.raw, raw);
}

static bool
head_is_fork(const struct head *a, const struct head *b)
{
	return a->size == b->size && a->size > 0 &&
	       !hash_eq(&a->root, &b->root);
}

bool
tail_contradicts(const struct tail *t, const struct head *h)
{
	struct head newest = {
	    .size = t->stored.newest.size, .root = t->stored.newest.root};
	struct head proven = {
	    .size = t->stored.proven.size, .root = t->stored.proven.root};

	return head_is_fork(h, &t->newest.head) || head_is_fork(h, &newest) ||
	       head_is_fork(h, &proven) || head_is_fork(h, &t->target.head);
}

/* A target has been dealt with: read as far as it is to be read, and proven. */
static bool
target_is_done(const struct tail *t)
{
	if (t->accepted < tail_limit(t) || t->have_proof || t->proving)
		return false;
	return t->broken ||
	       (t->stretch.proven == t->accepted &&
		   t->proven_head.head.size == t->target.head.size);
}

/* The target cannot be read to its end any more: its partial tiles are gone.
 * Begin again from what is accepted, under the newer head. */
static void
head_replace(struct tail *t)
{
	tail_proof_drop(t);
	tail_flights_drop(t);
	tail_border_forget(t);
	tail_units_head(t, &t->newest.head);
	signed_head_copy(&t->target, &t->newest);
	t->want_newer = false;
	t->proof_failures = 0;
}

/* The tip is still in the tile where the target's was. (Else that tile is full
 * now, and serves the target, too.) */
static bool
head_is_same_tile(const struct tail *t)
{
	const struct log_api *api = t->log.api;

	return api->plan_limit(&t->log, t->newest.head.size, false) ==
	       api->plan_limit(&t->log, t->target.head.size, false);
}

static void
head_adopt(struct tail *t)
{
	bool newer = t->newest.head.size > t->target.head.size;

	if (t->phase == PHASE_HEAD) {
		signed_head_copy(&t->target, &t->newest);
		tail_open(t);
		return;
	}
	if (t->phase != PHASE_READ)
		return;
	if (newer && t->want_newer && !t->gap.on && head_is_same_tile(t))
		head_replace(t);
	else if (newer && t->range.follow && target_is_done(t))
		signed_head_copy(&t->target, &t->newest);
	tail_step(t);
	tail_head_later(t);
}

/* --- what the store is told ---------------------------------------------- */

struct seen_task {
	struct task task;
	struct tail *t;
	struct hash log_id;
	struct store_head head;
	struct buf raw;
};

static void
seen_run(struct task *task, struct store *s)
{
	struct seen_task *k = (struct seen_task *)task;
	const struct store_api *api = ((struct store_base *)s)->api;

	task->status = api->head_seen(s, &k->log_id, &k->head, &task->err);
}

static void
seen_done(struct task *task)
{
	struct seen_task *k = (struct seen_task *)task;
	struct tail *t = k->t;

	if (task->status != ST_OK)
		diag_warn("%s: its head could not be stored: %s", t->log.name,
		    task->err.text);
	t->num_tasks--;
	buf_fini(&k->raw);
	free(k);
	tail_step(t);
}

/* Proofs store their heads. This is for those who look how far behind a
 * followed log we are, and whether it is still heard from. */
static void
head_seen(struct tail *t, const struct head *h, struct span raw)
{
	int64_t now = now_ms();
	struct seen_task *k;

	if (!t->range.follow || t->phase != PHASE_READ ||
	    h->size < t->newest.head.size || h->size == 0 ||
	    (t->seen_ms != 0 && llabs(now - t->seen_ms) < TAIL_SEEN_MS))
		return;
	t->seen_ms = now;
	k = NEW(struct seen_task);
	k->t = t;
	k->log_id = *logkey_id(t->log.key);
	buf_span_add(&k->raw, raw);
	k->head = (struct store_head){
	    h->size, (int64_t)h->timestamp, h->root, buf_span(&k->raw)};
	k->task.run = seen_run;
	k->task.done = seen_done;
	t->num_tasks++;
	writer_submit(t->env->writer, &k->task);
}

/* --- heads that cannot be ------------------------------------------------- */

/* How much larger than the newest one before may a head be now? */
static bool
head_jumps(const struct tail *t, const struct head *h, struct err *e)
{
	uint64_t size = t->newest.head.size;
	int64_t since = t->newest.received_ms, passed;

	if (t->stored.newest.size > size) {
		size = t->stored.newest.size;
		since = t->stored.newest.timestamp_ms;
	}
	passed = now_ms() - since;
	if (size == 0 || h->size <= size ||
	    h->size - size < TAIL_JUMP + (uint64_t)(passed > 0 ? passed : 0) *
					     TAIL_JUMP_RATE / 1000)
		return false;
	err_set(e, ST_RANGE,
	    "the log signed a tree of %" PRIu64 " entries, and its tree had "
	    "%" PRIu64 " a short time ago",
	    h->size, size);
	return true;
}

bool
tail_head_jumped(struct tail *t)
{
	struct head h = t->target.head;
	struct err e;

	t->newest.head = (struct head){0};
	if (!head_jumps(t, &h, &e)) {
		signed_head_copy(&t->newest, &t->target);
		return false;
	}
	tail_received(t, &h, buf_span(&t->target.raw));
	t->target.head = (struct head){0};
	t->phase = PHASE_HEAD;
	head_refused(t, MISDEED_SIZE_JUMP, &e);
	return true;
}

/* Told, but used: the tree is what counts, and the wrong clock may be ours. */
static bool
head_is_future(struct tail *t, const struct head *h, int64_t date_ms)
{
	int64_t now = now_ms(), ahead = (int64_t)h->timestamp - now;

	if (date_ms > now + TAIL_FUTURE_MS / 2) {
		diag_debug("%s: its clock is far ahead of ours", t->log.name);
		return false;
	}
	return ahead > TAIL_FUTURE_MS;
}

/* When the log was heard last: when it signed, or when that came, for it may
 * have signed for a time to come. */
static int64_t
head_since(const struct tail *t)
{
	int64_t since = (int64_t)t->newest.head.timestamp;
	int64_t before = t->stored.newest.timestamp_ms;

	if (since > t->newest.received_ms)
		since = t->newest.received_ms;
	if (before > t->start_ms)
		before = t->start_ms;
	if (since < before)
		since = before;
	return since > 0 ? since : t->start_ms;
}

/* A log has to sign its tree at least once in its MMD. */
void
tail_head_silence(struct tail *t)
{
	int64_t since = head_since(t);
	int64_t limit = (int64_t)t->mmd_s * 1000;

	if (limit < TAIL_STALE_MS)
		limit = TAIL_STALE_MS;
	if (now_ms() - since < limit + TAIL_GRACE_MS) {
		t->is_stale = false;
	} else if (t->range.follow && !t->over && !t->is_stale) {
		t->is_stale = true;
		tail_stale(t, since);
	}
}

/* --- replies --------------------------------------------------------------- */

static void
head_forked(struct tail *t, const struct head *h, struct span raw)
{
	struct err e;

	tail_received(t, h, raw);
	err_set(&e, ST_MISMATCH,
	    "the log signed two different trees of %" PRIu64 " entries",
	    h->size);
	tail_mismatch(t, MISDEED_FORK, &e);
	if (t->phase < PHASE_STOP)
		tail_head_later(t);
}

static void
newest_set(struct tail *t, const struct head *h, struct span raw)
{
	t->newest.head = *h;
	t->newest.received_ms = now_ms();
	buf_clear(&t->newest.raw);
	buf_span_add(&t->newest.raw, raw);
}

/* Not larger than the newest: the same tree, perhaps signed later, or an older
 * one. */
static void
head_same(struct tail *t, const struct head *h, struct span raw)
{
	if (h->size < t->newest.head.size)
		tail_older(t, h, raw);
	else if (h->timestamp > t->newest.head.timestamp ||
		 (int64_t)t->newest.head.timestamp > t->newest.received_ms)
		newest_set(t, h, raw);
}

static void
head_verified(struct tail *t, const struct head *h, const struct http_reply *r)
{
	struct err e;

	t->head_failures = 0;
	if (tail_contradicts(t, h)) {
		head_forked(t, h, r->body);
		return;
	}
	if (head_jumps(t, h, &e)) {
		tail_received(t, h, r->body);
		head_refused(t, MISDEED_SIZE_JUMP, &e);
		return;
	}
	t->signature_failures = 0;
	t->heard_ms = now_ms();
	if (head_is_future(t, h, r->date_ms)) {
		tail_received(t, h, r->body);
		tail_event(t, MISDEED_FUTURE_HEAD,
		    "the log signed a head of a time to come");
	} else {
		tail_good_head(t);
	}
	tail_received(t, NULL, span_of(NULL, 0));
	head_seen(t, h, r->body);
	if (h->size > t->newest.head.size || t->newest.head.size == 0)
		newest_set(t, h, r->body);
	else
		head_same(t, h, r->body);
	head_adopt(t);
}

static void
head_bad(struct tail *t, enum status st, const struct head *h,
    const struct http_reply *r, const struct err *why)
{
	struct err e = *why;

	if (st == ST_SIGNATURE || st == ST_MISMATCH || st == ST_RANGE) {
		tail_received(t, st == ST_RANGE ? h : NULL, r->body);
		head_refused(t,
		    st == ST_SIGNATURE  ? MISDEED_BAD_SIGNATURE
		    : st == ST_MISMATCH ? MISDEED_WRONG_ORIGIN
					: MISDEED_SIZE_JUMP,
		    &e);
	} else {
		head_failed(t, st, &e);
	}
}

static void
head_on_reply(void *arg, const struct http_reply *r)
{
	struct tail *t = arg;
	struct head h;
	struct err e = r->err;
	enum status st = r->status;

	t->head_call = NULL;
	if (st == ST_OK && r->code != 200 && tail_is_local(t))
		st = ST_MISSING;
	else if (st == ST_OK && r->code != 200)
		st = err_set(&e, ST_AGAIN, "%s answers with HTTP status %d",
		    t->log.url, r->code);
	if (st == ST_OK) {
		t->num_bytes += r->body.len;
		st = t->log.api->head_parse(&t->log, &h, r->body, &e);
	}
	if (st == ST_OK)
		head_verified(t, &h, r);
	else
		head_bad(t, st, &h, r, &e);
}

void
tail_head_ask(struct tail *t)
{
	struct request req;
	struct http_get g;

	if (t->head_call != NULL || t->phase >= PHASE_STOP)
		return;
	t->log.api->head_request(&t->log, &req);
	g = (struct http_get){.url = req.url,
	    .operator_name = t->operator_name,
	    .limit = req.limit,
	    .http1 = t->http1,
	    .no_keepalive = t->no_keepalive,
	    .done = head_on_reply,
	    .arg = t};
	t->head_call = http_get(t->env->http, &g);
}
