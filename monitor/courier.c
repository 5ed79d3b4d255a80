/*
 * courier: one round after the other: fetch due rows (store thread), render
 * them (loop), append and fsync (store thread), judge (loop), settle (store
 * thread). A round carries a handful of rows, so a file gets one fsync a round.
 */
#include "monitor/courier.h"

#include "ctlog/base/mem.h"
#include "monitor/append.h"
#include "monitor/diag.h"
#include "monitor/tail.h"

#define ROUND 256
/* When the store could not be asked. */
#define RETRY_S 5.0

struct opened {
	const struct conf_sink *conf;
	const struct sink_api *api;
	struct sink *sink;
	struct err why; /* of the last failure */
	bool failing;
};

struct carried {
	struct parcel parcel;
	struct outcome outcome;
	struct opened *to; /* NULL: the sink is no longer configured */
	enum settle how;
	int64_t due_ms;
	bool left; /* not to be settled: it stays as it is */
};

struct round {
	struct task task;
	struct courier *c;
	struct outbox rows;
	struct carried *carried; /* one for each row */
	size_t num_done;         /* delivered or given up */
	bool flushing;
	int64_t next_due_ms;
	size_t depth;
};

struct courier {
	struct courier_conf conf;
	struct opened *sinks;
	size_t num_sinks;
	bool busy, again, stopped, flushing;
	struct round *unsettled; /* carried, but the store did not take it */
	ev_timer due;
	void (*idle)(void *arg);
	void *idle_arg;
	struct courier_counts counts;
};

static struct opened *
courier_sink(struct courier *c, const char *name)
{
	for (size_t i = 0; i < c->num_sinks; i++)
		if (!strcmp(c->sinks[i].conf->name, name))
			return &c->sinks[i];
	return NULL;
}

static void
round_free(struct round *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->rows.num; i++)
		parcel_fini(&r->carried[i].parcel);
	free(r->carried);
	outbox_fini(&r->rows);
	free(r);
}

enum status
courier_new(
    struct courier **out, const struct courier_conf *conf, struct err *e)
{
	struct courier *c = NEW(struct courier);
	enum status st = ST_OK;

	c->conf = *conf;
	c->sinks = mem_new(conf->num_sinks, sizeof(*c->sinks));
	ev_init(&c->due, NULL);
	for (size_t i = 0; i < conf->num_sinks && st == ST_OK; i++) {
		struct opened *o = &c->sinks[c->num_sinks];

		if (!sink_takes_alerts(&conf->sinks[i]))
			continue;
		o->conf = &conf->sinks[i];
		o->api = conf->find(o->conf, e);
		st = o->api == NULL ? ST_USAGE
				    : o->api->open(&o->sink, o->conf, e);
		if (st == ST_OK)
			c->num_sinks++;
	}
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
	ev_timer_stop(c->conf.loop, &c->due);
	round_free(c->unsettled);
	for (size_t i = 0; i < c->num_sinks; i++)
		c->sinks[i].api->close(c->sinks[i].sink);
	free(c->sinks);
	free(c);
}

/* --- settle: the last step ------------------------------------------------------ */

static void
courier_on_due(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	courier_kick(w->data);
}

static void
courier_wake(struct courier *c, double after)
{
	ev_timer_stop(c->conf.loop, &c->due);
	ev_timer_init(&c->due, courier_on_due, after, 0.0);
	c->due.data = c;
	ev_timer_start(c->conf.loop, &c->due);
}

/* The round shows that there may be more to do at once. Rows that are sent
 * before their time count only while that gets them away. */
static bool
courier_has_more(const struct courier *c, const struct round *r)
{
	return c->again || (r->flushing && r->num_done > 0) ||
	       r->next_due_ms <= now_ms();
}

/* The round is over: another one, or sleep until something is due. */
static void
courier_next(struct courier *c, const struct round *r)
{
	int64_t wait = r->next_due_ms - now_ms();

	c->busy = false;
	c->counts.depth = r->depth;
	if (c->stopped)
		return;
	if (r->task.status != ST_OK) {
		diag_error("outbox: %s", r->task.err.text);
		courier_wake(c, RETRY_S);
	} else if (!c->counts.refused && courier_has_more(c, r)) {
		courier_kick(c);
	} else if (!c->counts.refused && r->next_due_ms != INT64_MAX) {
		courier_wake(c, (double)wait / 1000.0 + 0.001);
	}
	if (!c->busy && c->idle != NULL)
		c->idle(c->idle_arg);
}

/* The whole round at once: a crash repeats it as a whole, or not at all. */
static enum status
settle_all(struct store *s, const struct round *r, struct err *e)
{
	const struct store_api *api = ((struct store_base *)s)->api;
	struct store_settle *how = mem_new(r->rows.num, sizeof(*how));
	enum status st;
	size_t n = 0;

	for (size_t i = 0; i < r->rows.num; i++) {
		const struct carried *c = &r->carried[i];

		if (c->left)
			continue;
		how[n++] = (struct store_settle){r->rows.rows[i].id, c->how,
		    now_ms(), c->due_ms,
		    c->how == SETTLE_DELIVERED
			? NULL
			: status_name(c->outcome.status)};
	}
	st = n > 0 ? api->outbox_settle(s, how, n, e) : ST_OK;
	free(how);
	return st;
}

static void
settle_run(struct task *task, struct store *s)
{
	struct round *r = (struct round *)task;
	const struct store_api *api = ((struct store_base *)s)->api;

	task->status = settle_all(s, r, &task->err);
	if (task->status == ST_OK)
		task->status =
		    api->outbox_next(s, &r->next_due_ms, &r->depth, &task->err);
}

/* What the store does not take (full, for one) is kept and only its settling is
 * tried again: what was delivered is not delivered anew. */
static void
settle_done(struct task *task)
{
	struct round *r = (struct round *)task;
	struct courier *c = r->c;

	if (task->status != ST_OK)
		c->unsettled = r;
	courier_next(c, r);
	if (task->status == ST_OK)
		round_free(r);
}

static void
settle_start(struct round *r)
{
	r->task.run = settle_run;
	r->task.done = settle_done;
	writer_submit(r->c->conf.writer, &r->task);
}

/* --- judge ------------------------------------------------------------------- */

/* COURIER_NEVER: the row stays as it is, and so do all others. */
static void
judge_refused(struct courier *c, struct carried *p)
{
	p->left = true;
	if (!c->counts.refused)
		diag_error("sink %s: %s; nothing more is sent there",
		    p->to->conf->name, p->to->why.text);
	c->counts.refused = true;
}

/* Say once when a sink begins to fail, and when it works again. */
static void
judge_tell(struct opened *to, enum verdict v, int64_t retry_ms)
{
	if (v == SINK_RETRY && !to->failing)
		diag_warn("sink %s: %s; what is for it is kept, the next try "
			  "is in %lld s",
		    to->conf->name, to->why.text,
		    (long long)(retry_ms + 999) / 1000);
	else if (v == SINK_DELIVERED && to->failing)
		diag_info("sink %s: works again", to->conf->name);
	to->failing = v == SINK_RETRY;
}

/* Is the row settled for good? */
static bool
judge_one(struct courier *c, struct carried *p, unsigned attempts)
{
	int64_t retry_ms = 0;
	enum verdict v = SINK_DEAD;

	if (p->to != NULL)
		v = p->to->api->judge(
		    p->to->sink, &retry_ms, &p->outcome, attempts);
	if (v == SINK_RETRY && retry_ms == COURIER_NEVER) {
		judge_refused(c, p);
		return false;
	}
	p->how = v == SINK_DELIVERED ? SETTLE_DELIVERED
		 : v == SINK_RETRY   ? SETTLE_RETRY
				     : SETTLE_DEAD;
	p->due_ms = now_ms() + (v == SINK_RETRY ? retry_ms : 0);
	c->counts.delivered += v == SINK_DELIVERED;
	c->counts.retried += v == SINK_RETRY;
	c->counts.dead += v == SINK_DEAD;
	if (p->to != NULL)
		judge_tell(p->to, v, retry_ms);
	if (v == SINK_DEAD)
		diag_error("an alert for sink %s is given up: %s",
		    p->to ? p->to->conf->name : "(no longer configured)",
		    status_name(p->outcome.status));
	return v != SINK_RETRY;
}

static void
carry_done(struct task *task)
{
	struct round *r = (struct round *)task;

	for (size_t i = 0; i < r->rows.num; i++)
		r->num_done +=
		    judge_one(r->c, &r->carried[i], r->rows.rows[i].attempts);
	settle_start(r);
}

/* --- carry: on the store thread ------------------------------------------------- */

/* All parcels of the round for one file at once: one fsync. */
static void
carry_file(struct round *r, size_t first)
{
	struct opened *to = r->carried[first].to;
	struct span *lines = mem_new(r->rows.num, sizeof(*lines));
	enum status st;
	size_t n = 0;

	for (size_t i = first; i < r->rows.num; i++)
		if (r->carried[i].to == to)
			lines[n++] = buf_span(&r->carried[i].parcel.body);
	st = append_lines(r->carried[first].parcel.path, lines, n, &to->why);
	for (size_t i = first; i < r->rows.num; i++)
		if (r->carried[i].to == to)
			r->carried[i].outcome.status = st;
	free(lines);
}

/* The first row of the round for this sink. */
static bool
is_first(const struct round *r, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (r->carried[i].to == r->carried[at].to)
			return false;
	return true;
}

static void
carry_run(struct task *task, struct store *s)
{
	struct round *r = (struct round *)task;

	(void)s;
	for (size_t i = 0; i < r->rows.num; i++)
		if (r->carried[i].to != NULL && is_first(r, i))
			carry_file(r, i);
}

/* --- fetch and render -------------------------------------------------------------- */

static void
render_one(struct courier *c, const struct outbox_row *row, struct carried *p)
{
	struct buf line = {0};
	struct message m = {
	    .instance = c->conf.instance, .attempt = row->attempts};
	struct event ev = {.time_ms = row->event_time_ms};

	p->to = courier_sink(c, row->sink);
	p->outcome.status = ST_MISSING;
	if (p->to == NULL)
		return;
	memcpy(m.id, row->event_id, sizeof(m.id));
	if (row->is_exposure) {
		m.x = &row->x;
	} else {
		struct buf type = {0}, subject = {0};

		buf_span_add(&type, buf_span(&row->event_type));
		buf_span_add(&subject, buf_span(&row->event_subject));
		memcpy(ev.id, row->event_id, sizeof(ev.id));
		ev.type = buf_cstr(&type);
		ev.subject = buf_cstr(&subject);
		ev.data = buf_span(&row->event_data);
		event_json(&ev, c->conf.instance, &line);
		m.event = buf_span(&line);
		buf_fini(&type);
		buf_fini(&subject);
	}
	p->to->api->render(p->to->sink, &p->parcel, &m);
	buf_fini(&line);
}

static void
fetch_run(struct task *task, struct store *s)
{
	struct round *r = (struct round *)task;
	const struct store_api *api = ((struct store_base *)s)->api;

	task->status = api->outbox_due(
	    s, r->flushing ? INT64_MAX : now_ms(), ROUND, &r->rows, &task->err);
	if (task->status == ST_OK && r->rows.num == 0)
		task->status =
		    api->outbox_next(s, &r->next_due_ms, &r->depth, &task->err);
}

static void
fetch_done(struct task *task)
{
	struct round *r = (struct round *)task;

	if (task->status != ST_OK || r->rows.num == 0 || r->c->stopped) {
		outbox_fini(&r->rows);
		courier_next(r->c, r);
		round_free(r);
		return;
	}
	r->carried = mem_new(r->rows.num, sizeof(*r->carried));
	for (size_t i = 0; i < r->rows.num; i++)
		render_one(r->c, &r->rows.rows[i], &r->carried[i]);
	r->task.run = carry_run;
	r->task.done = carry_done;
	writer_submit(r->c->conf.writer, &r->task);
}

static void
fetch_start(struct courier *c)
{
	struct round *r = NEW(struct round);

	r->c = c;
	r->flushing = c->flushing;
	r->next_due_ms = INT64_MAX;
	r->task.run = fetch_run;
	r->task.done = fetch_done;
	writer_submit(c->conf.writer, &r->task);
}

/* Settle what is still to be settled; else see what is due. */
static void
courier_start(struct courier *c)
{
	struct round *r = c->unsettled;

	ev_timer_stop(c->conf.loop, &c->due);
	c->busy = true;
	c->again = false;
	c->unsettled = NULL;
	if (r != NULL)
		settle_start(r);
	else
		fetch_start(c);
}

void
courier_kick(struct courier *c)
{
	if (c == NULL || c->stopped)
		return;
	if (c->busy)
		c->again = true;
	else if (!c->counts.refused || c->unsettled != NULL)
		courier_start(c);
	else if (c->idle != NULL)
		c->idle(c->idle_arg);
}

void
courier_flush(struct courier *c)
{
	c->flushing = true;
	courier_kick(c);
}

bool
courier_is_idle(const struct courier *c)
{
	return c == NULL || !c->busy;
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
