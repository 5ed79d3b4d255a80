/*
 * tail_read: batches under way. What was planned (tail_plan.c) is asked for as
 * far as slots and memory go; replies go to the workers; what comes back is
 * accepted in order, however it came in (tail_accept.c).
 */
#include <inttypes.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/diag.h"
#include "monitor/tail_private.h"

/* When no slot is free and nothing of ours will wake us. */
#define SLOT_RETRY_S 0.02
/* The same when there is no memory for its result. */
#define RESULT_RETRY_S 1.0

/* The flight lets go of what it holds. */
void
flight_clear(struct flight *f)
{
	ev_timer_stop(f->t->env->loop, &f->again);
	if (f->call != NULL)
		http_cancel(f->t->env->http, f->call);
	if (f->slot != NULL)
		pool_release(f->t->env->pool, f->slot);
	f->call = NULL;
	f->slot = NULL;
}

void
tail_flights_drop(struct tail *t)
{
	struct flight *f, *next;

	for (f = t->first; f != NULL; f = next) {
		next = f->next;
		flight_clear(f);
		free(f);
	}
	t->first = NULL;
	t->num_flights = 0;
	t->planned = t->accepted;
	t->units.ahead = t->units.at;
}

static void
flight_on_again(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	flight_ask(w->data);
}

static void
flight_again(struct flight *f, double after)
{
	flight_clear(f);
	f->state = FLIGHT_WAIT;
	ev_timer_init(&f->again, flight_on_again, after, 0.0);
	f->again.data = f;
	ev_timer_start(f->t->env->loop, &f->again);
}

/* A fault that may pass: ask again, later each time; a scan gives up at some
 * point. The host's backoff is http's affair. */
void
flight_failed(struct flight *f, enum status st, const struct err *why)
{
	struct tail *t = f->t;
	struct err e = *why;

	f->failures++;
	if (!t->range.follow && f->failures >= TAIL_PATIENCE) {
		tail_end(t, st, &e);
		return;
	}
	if (f->failures <= 2 || f->failures % 16 == 0)
		diag_warn("%s: entries %" PRIu64 " to %" PRIu64 ": %s",
		    t->log.name, f->want.begin, f->want.end - 1, e.text);
	flight_again(f, tail_backoff(f->failures));
}

/* What can be told of a reply without telling what it says. */
void
flight_odd(struct flight *f, size_t body_len)
{
	struct odd_reply *o = &f->t->odd_reply;

	snprintf(
	    o->path, sizeof(o->path), "%s", f->req.url + strlen(f->t->log.url));
	o->bytes = body_len;
	hasher_sha256(f->t->hasher, &o->sha256,
	    span_of(f->slot->body, body_len), span_of(NULL, 0));
}

/* A service gives whoever stands in front of the log some minutes. */
static double
unreadable_wait(const struct flight *f)
{
	double s = tail_poll_s(f->t) / 4, least = tail_backoff(f->unreadable);

	if (!f->t->range.follow)
		return least;
	for (unsigned i = 1; i < f->unreadable && s < TAIL_BACKOFF_MAX_S; i++)
		s *= 2;
	s = s < TAIL_BACKOFF_MAX_S ? s : TAIL_BACKOFF_MAX_S;
	return s > least ? s : least;
}

/* A file that is damaged in one place may be whole in another one. */
static void
flight_damaged(struct flight *f, const struct err *why)
{
	if (f->nth == 0) {
		f->damage = *why;
		if (f->place.text[0] != '\0')
			err_prefix(&f->damage, "%s", f->place.text);
	}
	f->nth++;
	flight_again(f, 0);
}

/* A reply that is no reply to what was asked. It may be a broken proxy, so a
 * service is more patient than a scan. */
static void
flight_unreadable(
    struct flight *f, enum misdeed kind, size_t body_len, const struct err *why)
{
	struct tail *t = f->t;
	struct err e;

	if (tail_is_local(t)) {
		flight_damaged(f, why);
		return;
	}
	f->unreadable++;
	t->wary = true;
	if (f->unreadable > (t->range.follow ? TAIL_PATIENCE : TAIL_RETRIES)) {
		err_set(&e, ST_BAD, "entries %" PRIu64 " to %" PRIu64 ": %s",
		    f->want.begin, f->want.end - 1, why->text);
		flight_odd(f, body_len);
		tail_mismatch(t, kind, &e);
		return;
	}
	diag_warn("%s: entries %" PRIu64 " to %" PRIu64 ": %s; asking again",
	    t->log.name, f->want.begin, f->want.end - 1, why->text);
	flight_again(f, unreadable_wait(f));
}

/* --- a reply ---------------------------------------------------------------- */

static void
flight_on_work(void *arg, struct slot *s)
{
	struct flight *f = arg;
	size_t len = s->order.body_len;
	struct err e;

	if (s->result.len == 0) {
		flight_failed(f, ST_FAULT, &s->err); /* not the log's fault */
		return;
	}
	if (batch_open(&f->result, buf_span(&s->result), &s->order, &e) !=
	    ST_OK) {
		flight_failed(f, ST_BAD, &e);
		return;
	}
	if (f->result.status != ST_OK) {
		err_set(&e, f->result.status, "%s", QUOTE(f->result.error));
		flight_unreadable(f,
		    f->result.status == ST_MISSING ? MISDEED_ZERO_ENTRIES
						   : MISDEED_UNREADABLE,
		    len, &e);
		return;
	}
	if (f != f->t->first && !pool_may_hold(f->t->env->pool, s)) {
		flight_again(f, RESULT_RETRY_S);
		return;
	}
	if (f->nth > 0)
		diag_warn(
		    "%s; %s is read instead", f->damage.text, f->place.text);
	f->state = FLIGHT_DONE;
	f->t->wary = false;
	if (f->t->largest < s->order.body_len)
		f->t->largest = s->order.body_len;
	tail_step(f->t);
}

static void
flight_work(struct flight *f, size_t body_len)
{
	struct slot *s = f->slot;

	f->state = FLIGHT_WORK;
	s->order.api = f->t->log.api;
	s->order.want = f->want;
	s->order.threshold = f->t->env->threshold;
	s->order.unindexed = f->t->unindexed;
	s->order.stamps = f->t->phase == PHASE_DATE;
	s->order.body_len = body_len;
	s->done = flight_on_work;
	s->arg = f;
	pool_submit(f->t->env->pool, s);
}

/* The partial tile at the tip is not to be had: be content with the full ones
 * for now, so that they are proven. */
static void
flight_no_partial(struct tail *t)
{
	diag_debug("%s: the partial tile at the tip is not there", t->log.name);
	t->partial = false;
	tail_flights_drop(t);
	tail_step(t);
}

/* It is not to be had now; from a disk, never. */
static void
flight_lost(struct flight *f, enum status st, const struct err *why)
{
	if (tail_is_local(f->t))
		tail_end(f->t, tail_lost(f->t, st), why);
	else
		flight_failed(f, ST_UNREACHABLE, why);
}

/* There is no such resource: try the next place, or wait for a newer head. */
static void
flight_missing(struct flight *f, const struct err *why)
{
	struct tail *t = f->t;
	struct request next;

	f->want.attempt++;
	if (f->req.may_miss &&
	    t->log.api->batch_request(&t->log, &next, &f->want)) {
		flight_ask(f);
		return;
	}
	f->want.attempt = 0;
	if (tail_is_local(t)) {
		flight_lost(f, ST_MISSING, why);
		return;
	}
	tail_head_newer(t);
	if (t->partial && f->want.end == t->target.head.size &&
	    f->failures + 1 >= TAIL_PATIENCE) {
		flight_no_partial(t);
		return;
	}
	flight_failed(f, ST_UNREACHABLE, why);
}

/* What is fetched is thrown away when it does not fit: so much room as was
 * announced, else some more, and the next time all there may be. */
static uint64_t
larger_room(const struct flight *f, uint64_t announced)
{
	uint64_t limit = f->t->env->body_limit;
	uint64_t more = f->room > 0 ? limit : TAIL_ROOM_MORE * f->slot->room;

	if (announced > 0)
		return announced;
	return more < limit ? more : limit;
}

/* The body is larger than there was room for, or than there ever is. */
static void
flight_larger(struct flight *f, const struct http_reply *r)
{
	struct tail *t = f->t;
	uint64_t room = larger_room(f, r->announced);
	struct err e = r->err;

	if (f->slot->room < t->env->body_limit && room <= t->env->body_limit) {
		t->wary = true;
		f->room = room;
		flight_again(f, 0);
	} else if (tail_is_local(t)) {
		tail_end(t, ST_BAD, &e);
	} else {
		flight_unreadable(f, MISDEED_UNREADABLE,
		    r->announced > 0 ? 0 : f->slot->room, &e);
	}
}

/* To be asked to wait is no failure, however often. */
static bool
asks_patience(const struct http_reply *r)
{
	return r->code == 429 || (r->code == 503 && r->retry_after_ms > 0);
}

/* The host is left alone as long as it asked for. */
static void
flight_patient(struct flight *f, const struct http_reply *r)
{
	struct tail *t = f->t;
	double now = ev_now(t->env->loop);

	if (r->retry_after_ms >= TAIL_TELL_MS && now >= t->patient_until) {
		t->patient_until = now + (double)r->retry_after_ms / 1000.0;
		diag_warn("%s: HTTP status %d; the log asks to be left alone "
			  "for %" PRId64 " s",
		    t->log.name, r->code, r->retry_after_ms / 1000);
	}
	flight_again(f, 0);
}

static void
flight_on_reply(void *arg, const struct http_reply *r)
{
	struct flight *f = arg;
	struct err e = r->err;

	f->call = NULL;
	if (r->status == ST_LIMIT) {
		flight_larger(f, r);
		return;
	}
	if (r->status != ST_OK) {
		flight_lost(f, r->status, &e);
		return;
	}
	if (r->code == 200) {
		err_set(&f->place, ST_OK, "%s", e.text);
		f->t->num_bytes += r->body.len;
		flight_work(f, r->body.len);
		return;
	}
	if (!tail_is_local(f->t))
		err_set(&e, ST_AGAIN, "the log answers with HTTP status %d",
		    r->code);
	if (r->code == 404 && f->nth > 0)
		tail_end(f->t, ST_BAD, &f->damage);
	else if (r->code == 404)
		flight_missing(f, &e);
	else if (asks_patience(r))
		flight_patient(f, r);
	else
		flight_failed(f, ST_UNREACHABLE, &e);
}

/* The first batch has no slot, and nothing is accepted without it: the last
 * one gives its slot back. */
static void
flight_evict(struct tail *t)
{
	struct flight *last = NULL;

	for (struct flight *f = t->first->next; f != NULL; f = f->next)
		if (f->slot != NULL)
			last = f;
	if (last != NULL)
		flight_again(last, 5 * SLOT_RETRY_S);
}

/* How long to stay away from the pool: a log whose host is left alone, gets
 * one call at a time after a fault or a useless reply, or one in a while for
 * its operator's pace, holds no slots that others could use. */
static double
flight_patience(const struct flight *f)
{
	const struct tail *t = f->t;
	struct http_host_state h;

	http_host(t->env->http, t->log.url, &h);
	if (h.wait_ms > 0)
		return (double)h.wait_ms / 1000.0;
	if (f == t->first)
		return 0.0;
	return h.in_fault || t->wary || h.queue_ms > TAIL_QUEUE_MS ? TAIL_LOOK_S
								   : 0.0;
}

/* Memory for a body is shared with all other logs: no more than may be needed,
 * by what this log's were like. */
static size_t
flight_room(const struct flight *f)
{
	size_t room = 2 * f->t->largest;

	if (room == 0)
		room = TAIL_ROOM;
	else if (room < TAIL_ROOM_MIN)
		room = TAIL_ROOM_MIN;
	return room > f->room ? room : f->room;
}

void
flight_ask(struct flight *f)
{
	struct tail *t = f->t;
	double patience = flight_patience(f);
	struct http_get g;

	flight_clear(f);
	if (patience > 0.0) {
		flight_again(f, patience);
		return;
	}
	f->slot =
	    pool_slot(t->env->pool, &t->share, flight_room(f), f == t->first);
	if (f->slot == NULL) {
		if (f == t->first)
			flight_evict(t);
		flight_again(f, SLOT_RETRY_S);
		return;
	}
	if (!t->log.api->batch_request(&t->log, &f->req, &f->want)) {
		f->want.attempt = 0;
		t->log.api->batch_request(&t->log, &f->req, &f->want);
	}
	f->state = FLIGHT_FETCH;
	f->place.text[0] = '\0';
	g = (struct http_get){.url = f->req.url,
	    .operator_name = t->operator_name,
	    .limit = f->slot->room,
	    .into = f->slot->body,
	    .nth = f->nth,
	    .http1 = t->http1,
	    .no_keepalive = t->no_keepalive,
	    .done = flight_on_reply,
	    .arg = f};
	f->call = http_get(t->env->http, &g);
}
