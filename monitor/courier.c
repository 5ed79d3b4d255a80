/*
 * courier: the lanes and their time; see courier.h. What happens in a round is
 * courier_round.c.
 */
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/courier_private.h"
#include "monitor/diag.h"
#include "monitor/secret.h"
#include "monitor/tail.h"

/* When the store could not be asked. */
#define RETRY_S 5.0
/* Between tries of a sink that takes nothing: at first, and at most. */
#define PAUSE_MS 5000ll
#define PAUSE_MAX_MS 300000ll
/* What is under way at the end may still arrive. */
#define HURRY_S 2.0
#define EMPTY_MS 200ll
/* The clock may be set, and the machine sleep: what is due is looked at so
 * often. */
#define LOOK_MS 600000ll

/* --- the sinks ------------------------------------------------------------- */

static enum status
sink_make(struct sink **out, const struct lane *l, struct err *e)
{
	const struct conf_sink *conf = l->conf;
	const char *file =
	    conf->secret_file ? conf->secret_file : conf->url_file;
	struct buf secret = {0};
	enum status st = ST_OK;

	if (file != NULL)
		st = secret_text(&secret, "secret file", file, e);
	if (st == ST_OK)
		st = l->api->open(out, conf, buf_span(&secret), e);
	else
		err_prefix(e, "sink %s", conf->name);
	secret_fini(&secret);
	return st == ST_OK ? ST_OK : ST_USAGE;
}

/* With its secret as it is now; when that does not work, as it was. */
static void
lane_renew(struct lane *l)
{
	struct sink *s = NULL;
	struct err e;

	l->stale = false;
	if (sink_make(&s, l, &e) != ST_OK) {
		diag_error("%s; it goes on with the old one", e.text);
		return;
	}
	l->api->close(l->sink);
	l->sink = s;
	l->closed = l->paused = l->opened = l->noted = false;
	l->failures = 0;
}

static struct lane *
lane_add(struct courier *c)
{
	struct lane *l = &c->lanes[c->num_lanes];

	l->courier = c;
	ev_init(&l->due, NULL);
	return l;
}

static enum status
lanes_open(struct courier *c, struct err *e)
{
	bool posts = false;

	c->lanes = mem_new(c->conf.num_sinks + 1, sizeof(*c->lanes));
	lane_add(c);
	c->num_lanes++;
	for (size_t i = 0; i < c->conf.num_sinks; i++) {
		struct lane *l = lane_add(c);

		l->conf = &c->conf.sinks[i];
		l->api = c->conf.find(l->conf, e);
		if (l->api == NULL || sink_make(&l->sink, l, e) != ST_OK)
			return ST_USAGE;
		posts |= l->api->kind == PARCEL_HTTP;
		if (l->api->kind == PARCEL_APPEND)
			l->appender = appender_new(c->conf.loop);
		if (l->api->kind == PARCEL_MAIL)
			l->smtp = smtp_new(c->conf.loop, c->conf.ca_file);
		c->num_lanes++;
	}
	if (posts)
		c->post = post_new(c->conf.loop, c->conf.ca_file);
	if (c->conf.spawn != NULL)
		spawn_start(c->conf.spawn, c->conf.loop);
	return ST_OK;
}

static void
on_told(void *arg)
{
	courier_kick(arg);
}

enum status
courier_new(
    struct courier **out, const struct courier_conf *conf, struct err *e)
{
	struct courier *c = NEW(struct courier);
	enum status st;

	c->conf = *conf;
	ev_init(&c->cut, NULL);
	notices_init(&c->notices, on_told, c);
	st = lanes_open(c, e);
	if (st != ST_OK) {
		courier_free(c);
		return st;
	}
	*out = c;
	return ST_OK;
}

void
courier_free(struct courier *c)
{
	if (c == NULL)
		return;
	post_free(c->post);
	if (c->conf.spawn != NULL)
		spawn_stop(c->conf.spawn);
	ev_timer_stop(c->conf.loop, &c->cut);
	for (size_t i = 0; i < c->num_lanes; i++) {
		struct lane *l = &c->lanes[i];

		ev_timer_stop(c->conf.loop, &l->due);
		appender_free(l->appender);
		smtp_free(l->smtp);
		round_free(l->round);
		if (l->api != NULL)
			l->api->close(l->sink);
	}
	notices_fini(&c->notices);
	free(c->lanes);
	free(c);
}

/* --- when ------------------------------------------------------------------ */

static void lane_kick(struct lane *l);

static void
lane_on_due(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct lane *l = w->data;

	(void)loop;
	(void)revents;
	l->paused = false;
	if (!l->courier->stopped)
		lane_kick(l);
}

static void
lane_wake(struct lane *l, double after)
{
	struct ev_loop *loop = l->courier->conf.loop;

	ev_timer_stop(loop, &l->due);
	ev_now_update(loop);
	ev_timer_init(&l->due, lane_on_due, after, 0.0);
	l->due.data = l;
	ev_timer_start(loop, &l->due);
}

bool
lane_is_open(const struct lane *l)
{
	bool leaves = l->api != NULL && l->api->kind != PARCEL_APPEND;

	return !l->closed && !l->paused && !(leaves && l->courier->hurrying);
}

static void
lane_kick(struct lane *l)
{
	if (l->busy) {
		l->again = true;
		return;
	}
	if (!l->unsettled && l->stale)
		lane_renew(l);
	if (!l->unsettled && !lane_is_open(l))
		return;
	if (!l->paused)
		ev_timer_stop(l->courier->conf.loop, &l->due);
	l->busy = true;
	l->again = false;
	if (l->unsettled) {
		l->unsettled = false;
		round_settle(l->round);
	} else {
		round_start(l);
	}
}

/* Nobody is there: other rows would not arrive either. */
static void
lane_pause(struct lane *l, const struct round *r)
{
	int64_t ms = PAUSE_MS;

	for (unsigned i = 0; i < l->failures && ms < PAUSE_MAX_MS; i++)
		ms *= 2;
	if (ms > PAUSE_MAX_MS)
		ms = PAUSE_MAX_MS;
	if (ms < r->asked_ms)
		ms = r->asked_ms;
	l->failures++;
	l->paused = true;
	lane_wake(l, (double)ms / 1000.0);
}

/* In seconds. What is said to be due and is not had gets no round after the
 * other. */
static double
lane_wait(int64_t ms)
{
	ms = ms > 0 ? ms + 1 : EMPTY_MS;
	return (double)(ms < LOOK_MS ? ms : LOOK_MS) / 1000.0;
}

/* Another round, or sleep until something is due. Rows that are sent before
 * their time count only while that gets them away. */
static void
lane_plan(struct lane *l, const struct round *r)
{
	int64_t wait = r->next_due_ms - now_ms();

	if (r->num_down > 0 && r->num_taken == 0) {
		lane_pause(l, r);
		return;
	}
	if (r->num_taken > 0)
		l->failures = 0;
	if (l->again || (r->query.all && r->num_done > 0) ||
	    (wait <= 0 && r->rows.num > 0))
		lane_kick(l);
	else if (r->next_due_ms != INT64_MAX)
		lane_wake(l, lane_wait(wait));
}

/* What the store does not take (full, for one) is kept and only its settling is
 * tried again: what was delivered is not delivered anew. */
void
lane_next(struct lane *l, struct round *r)
{
	struct courier *c = l->courier;

	l->busy = false;
	l->unsettled = r->task.status != ST_OK && r->carried != NULL;
	if (!c->stopped && r->task.status != ST_OK) {
		diag_error("outbox: %s", r->task.err.text);
		lane_wake(l, RETRY_S);
	} else if (!c->stopped && l->stale) {
		lane_kick(l); /* what this round met is an older sink's */
	} else if (!c->stopped && !l->closed) {
		lane_plan(l, r);
	}
	if (!l->unsettled) {
		if (l->round == r)
			l->round = NULL;
		round_free(r);
	}
	if (!c->stopped && courier_is_idle(c) && c->idle != NULL)
		c->idle(c->idle_arg);
}

void
courier_kick(struct courier *c)
{
	if (c == NULL || c->stopped)
		return;
	for (size_t i = 0; i < c->num_lanes; i++)
		lane_kick(&c->lanes[i]);
	if (courier_is_idle(c) && c->idle != NULL)
		c->idle(c->idle_arg);
}

void
courier_again(struct courier *c)
{
	for (size_t i = 0; c != NULL && i < c->num_lanes; i++) {
		struct lane *l = &c->lanes[i];

		l->stale |= l->closed && l->conf != NULL;
		l->paused = false;
		l->failures = 0;
	}
	courier_kick(c);
}

void
courier_reload(struct courier *c)
{
	for (size_t i = 0; c != NULL && i < c->num_lanes; i++)
		c->lanes[i].stale = c->lanes[i].conf != NULL;
	courier_kick(c);
}

void
courier_flush(struct courier *c)
{
	c->flushing = true;
	courier_kick(c);
}

static void
courier_on_cut(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct courier *c = w->data;

	(void)loop;
	(void)revents;
	if (c->post != NULL)
		post_cut(c->post);
	for (size_t i = 0; i < c->num_lanes; i++)
		if (c->lanes[i].smtp != NULL)
			smtp_cut(c->lanes[i].smtp);
	if (c->conf.spawn != NULL)
		spawn_cut(c->conf.spawn);
	for (size_t i = 0; i < c->num_lanes; i++) {
		struct lane *l = &c->lanes[i];

		if (l->appender == NULL || !appender_cut(l->appender))
			continue;
		diag_warn("sink %s: its file hangs; what was not seen to "
			  "arrive there comes again",
		    l->conf->name);
		l->closed = true;
	}
}

void
courier_hurry(struct courier *c)
{
	if (c == NULL || c->hurrying)
		return;
	c->hurrying = true;
	ev_now_update(c->conf.loop);
	ev_timer_init(&c->cut, courier_on_cut, HURRY_S, 0.0);
	c->cut.data = c;
	ev_timer_start(c->conf.loop, &c->cut);
}

bool
courier_is_idle(const struct courier *c)
{
	for (size_t i = 0; c != NULL && i < c->num_lanes; i++)
		if (c->lanes[i].busy)
			return false;
	return true;
}

void
courier_on_idle(struct courier *c, void (*fn)(void *arg), void *arg)
{
	c->idle = fn;
	c->idle_arg = arg;
}

void
courier_stop(struct courier *c)
{
	if (c != NULL)
		c->stopped = true;
}

void
courier_counts(const struct courier *c, struct courier_counts *out)
{
	*out = c->counts;
}
