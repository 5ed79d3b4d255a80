/*
 * courier_round: a round of one sink: fetch due rows (store thread), render
 * them (loop, courier_render.c), carry (a file's own thread, else the loop),
 * judge (loop), settle (store thread). Files get one fsync a round.
 */
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/courier_private.h"
#include "monitor/datagram.h"
#include "monitor/diag.h"
#include "monitor/tail.h"

/* Rows of a round: lines of a file, and what takes a request each, which are
 * made at the same time. */
#define ROUND 256
#define ROUND_APART 8
/* The event that says that others did not arrive. */
#define FAILED "delivery.failed"

void
round_free(struct round *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->num; i++) {
		parcel_fini(&r->carried[i].parcel);
		free(r->carried[i].why);
	}
	free(r->carried);
	outbox_fini(&r->rows);
	free(r);
}

/* --- settle: the last step ------------------------------------------------- */

static const char *
why_of(const struct carried *p)
{
	return p->why != NULL ? p->why : status_name(p->outcome.status);
}

/* The rows of a digest go as one, but those that were not in it. */
static struct store_settle
settle_row(const struct carried *c, size_t k)
{
	const struct outbox_row *row = &c->row[k];
	struct store_settle s = {row->id, c->how, now_ms(), c->due_ms, NULL};

	if (row->damaged) {
		s.how = SETTLE_DEAD;
		s.error = ROUND_DAMAGED;
	} else if (c->how != SETTLE_DELIVERED) {
		s.error = why_of(c);
	}
	return s;
}

/* The whole round at once: a crash repeats it as a whole, or not at all. */
static enum status
settle_all(struct store *s, const struct round *r, struct err *e)
{
	const struct store_api *api = ((struct store_base *)s)->api;
	struct store_settle *how = mem_new(r->rows.num, sizeof(*how));
	enum status st;
	size_t n = 0;

	for (size_t i = 0; i < r->num; i++)
		for (size_t k = 0; k < r->carried[i].num_rows; k++)
			if (!r->carried[i].left)
				how[n++] = settle_row(&r->carried[i], k);
	st = n > 0 ? api->outbox_settle(s, how, n, e) : ST_OK;
	free(how);
	return st;
}

static enum status
next_due(struct store *s, struct round *r, struct err *e)
{
	const struct store_api *api = ((struct store_base *)s)->api;

	/* Nobody writes rows for a sink that is gone. */
	if (r->query.strays)
		return ST_OK;
	return api->outbox_next(s, r->query.sink, &r->next_due_ms, NULL, e);
}

static void
settle_run(struct task *task, struct store *s)
{
	struct round *r = (struct round *)task;

	task->status = settle_all(s, r, &task->err);
	if (task->status == ST_OK)
		task->status = round_mark_store(r, s, &task->err);
	if (task->status == ST_OK)
		task->status = next_due(s, r, &task->err);
}

static void
round_done(struct task *task)
{
	struct round *r = (struct round *)task;

	lane_next(r->lane, r);
}

void
round_settle(struct round *r)
{
	r->task.run = settle_run;
	r->task.done = round_done;
	writer_submit(r->lane->courier->conf.writer, &r->task);
}

/* --- judge ----------------------------------------------------------------- */

/* Once a day for each sink and reason; not about such an event itself. */
static void
tell(struct lane *l, const struct outbox_row *row, const char *what)
{
	struct courier *c = l->courier;
	struct notice *n;

	if (!row->is_exposure &&
	    span_eq_str(buf_span(&row->event_type), FAILED))
		return;
	n = notice_new(FAILED, row->sink);
	notice_text(n, "sink", row->sink);
	notice_text(n, "what", what);
	notices_add(&c->notices, n);
	notices_submit(&c->notices, c->conf.writer);
}

/* The row stays as it is, and so do all others of the lane. */
static void
judge_closed(struct lane *l, struct carried *p, const struct outbox_row *row)
{
	p->left = true;
	if (l->closed)
		return;
	diag_error("sink %s: %s; nothing more is sent there", l->conf->name,
	    why_of(p));
	if (l->api->kind != PARCEL_APPEND)
		tell(l, row, "closed");
	l->closed = true;
	l->courier->counts.refused = true;
}

/* A tenth more at most, so that what failed together comes apart. */
static int64_t
with_jitter(int64_t ms, int64_t row)
{
	uint64_t some = (uint64_t)row * UINT64_C(0x9e3779b97f4a7c15) >> 54;

	return ms + ms / 10 * (int64_t)some / 1024;
}

static void
judge_retry(struct round *r, struct carried *p, const struct outbox_row *row,
    int64_t retry_ms)
{
	struct lane *l = r->lane;

	bool *told = l->smtp != NULL && p->outcome.status == ST_OK
			 ? &l->putting_off
			 : &l->failing;

	if (!*told)
		diag_warn("sink %s: %s; what is for it is kept, the next try "
			  "is in %lld s",
		    l->conf->name, why_of(p),
		    (long long)(retry_ms + 999) / 1000);
	*told = true;
	p->how = SETTLE_RETRY;
	p->due_ms = now_ms() + with_jitter(retry_ms, row->id);
	l->courier->counts.retried++;
	if (r->asked_ms < p->outcome.retry_after_ms)
		r->asked_ms = p->outcome.retry_after_ms;
}

static void
judge_delivered(struct round *r, struct carried *p)
{
	struct lane *l = r->lane;

	if (l->failing)
		diag_info("sink %s: works again", l->conf->name);
	l->failing = false;
	p->how = SETTLE_DELIVERED;
	l->courier->counts.delivered++;
	r->num_delivered++;
	r->num_done++;
}

static void
judge_dead(struct lane *l, struct carried *p, const struct outbox_row *row)
{
	p->how = SETTLE_DEAD;
	l->courier->counts.dead++;
	diag_error(
	    "an alert for sink %s is given up: %s", row->sink, why_of(p));
	if (l->conf != NULL)
		tell(l, row, "given-up");
}

static void
judge_one(struct round *r, struct carried *p, const struct outbox_row *row)
{
	struct lane *l = r->lane;
	int64_t retry_ms = 0;
	enum verdict v = SINK_DEAD;

	if (p->outcome.cut) {
		p->left = true;
		return;
	}
	if (l->conf != NULL && !p->damaged) {
		v = l->api->judge(
		    l->sink, &retry_ms, &p->outcome, row->attempts);
		if (sink_is_down(l->api->kind, &p->outcome))
			r->num_down++;
		else
			r->num_taken++;
	}
	if (v == SINK_CLOSED) {
		judge_closed(l, p, row);
	} else if (v == SINK_RETRY) {
		judge_retry(r, p, row, retry_ms);
	} else if (v == SINK_DEAD) {
		judge_dead(l, p, row);
		r->num_done++;
	} else {
		judge_delivered(r, p);
	}
}

static void
round_judge(struct round *r)
{
	for (size_t i = 0; i < r->num; i++)
		judge_one(r, &r->carried[i], r->carried[i].row);
	round_mark(r);
	round_settle(r);
}

/* --- carry a file's lines: on a thread of its own -------------------------- */

static void
append_done(void *arg, enum status st, bool cut, const struct err *why)
{
	struct round *r = arg;

	for (size_t i = 0; i < r->num; i++) {
		struct carried *p = &r->carried[i];

		p->outcome.status = st;
		p->outcome.cut = cut;
		if (st != ST_OK && p->why == NULL)
			p->why = mem_str(why->text);
	}
	round_judge(r);
}

/* All parcels of the round at once: one fsync. */
static void
carry_append(struct round *r)
{
	struct append_request q = {.done = append_done, .arg = r};
	struct buf text = {0};

	for (size_t i = 0; i < r->num; i++) {
		if (r->carried[i].damaged)
			continue;
		q.path = r->carried[i].parcel.path;
		buf_span_add(&text, buf_span(&r->carried[i].parcel.body));
	}
	q.text = buf_span(&text);
	appender_run(r->lane->appender, &q);
	buf_fini(&text);
}

/* --- carry one by one: on the loop ----------------------------------------- */

void
carried_done(void *arg, const struct outcome *o, const struct err *why)
{
	struct carried *p = arg;
	struct round *r = p->round;

	p->outcome = *o;
	if (why->text[0] != '\0')
		p->why = mem_str(why->text);
	if (--r->on_way == 0)
		round_judge(r);
}

static void
carry_post(struct courier *c, struct carried *p)
{
	const struct post_request post = {.url = p->parcel.url,
	    .headers = buf_span(&p->parcel.headers),
	    .body = buf_span(&p->parcel.body),
	    .public_only = p->parcel.public_only,
	    .done = carried_done,
	    .arg = p};

	post_send(c->post, &post);
}

static void
carry_spawn(struct courier *c, struct carried *p)
{
	const struct spawn_request run = {.sink = p->round->lane->conf->name,
	    .input = buf_span(&p->parcel.body),
	    .done = carried_done,
	    .arg = p};

	spawn_run(c->conf.spawn, &run);
}

static void
carry_datagram(struct carried *p)
{
	struct outcome o = {0};
	struct err why = {""};

	o.status =
	    datagram_send(p->parcel.path, buf_span(&p->parcel.body), &why);
	carried_done(p, &o, &why);
}

static void
carry_one(struct courier *c, enum parcel_kind kind, struct carried *p)
{
	if (kind == PARCEL_HTTP)
		carry_post(c, p);
	else if (kind == PARCEL_ARGV)
		carry_spawn(c, p);
	else if (kind == PARCEL_MAIL)
		carry_mail(p);
	else
		carry_datagram(p);
}

static void
carry(struct round *r)
{
	struct courier *c = r->lane->courier;
	enum parcel_kind kind = r->lane->api->kind;

	for (size_t i = 0; i < r->num; i++)
		r->on_way += !r->carried[i].damaged;
	if (r->on_way == 0) {
		round_judge(r);
		return;
	}
	if (kind == PARCEL_APPEND) {
		carry_append(r);
		return;
	}
	for (size_t i = 0; i < r->num; i++)
		if (!r->carried[i].damaged)
			carry_one(c, kind, &r->carried[i]);
}

/* --- fetch ----------------------------------------------------------------- */

/* What is not proven is noted before it leaves: whoever may have got it is
 * told, should it turn out not to be the log's. */
static enum status
begin(struct store *s, const struct outbox *o, struct err *e)
{
	const struct store_api *api = ((struct store_base *)s)->api;
	int64_t *ids = mem_new(o->num, sizeof(*ids));
	enum status st = ST_OK;
	size_t num = 0;

	for (size_t i = 0; i < o->num; i++)
		if (o->rows[i].is_exposure && !o->rows[i].damaged &&
		    !o->rows[i].unnamed && !o->rows[i].astray &&
		    !exposure_is_proven(&o->rows[i].x))
			ids[num++] = o->rows[i].id;
	if (num > 0)
		st = api->outbox_begin(s, ids, num, now_ms(), e);
	free(ids);
	return st;
}

static void
fetch_run(struct task *task, struct store *s)
{
	struct round *r = (struct round *)task;
	const struct store_api *api = ((struct store_base *)s)->api;

	task->status = round_mark_store(r, s, &task->err);
	if (task->status == ST_OK)
		task->status =
		    api->outbox_due(s, &r->query, &r->rows, &task->err);
	if (task->status == ST_OK && !r->query.strays)
		task->status = begin(s, &r->rows, &task->err);
	if (task->status == ST_OK && r->rows.num == 0)
		task->status = next_due(s, r, &task->err);
}

/* Rows of a sink that is gone: there is nobody to judge. */
static void
give_up(struct round *r)
{
	for (size_t i = 0; i < r->num; i++) {
		struct carried *p = &r->carried[i];

		p->outcome.status = ST_MISSING;
		if (p->why == NULL)
			p->why = mem_str("the configuration has no such sink "
					 "any more");
	}
	round_judge(r);
}

static void
fetch_done(struct task *task)
{
	struct round *r = (struct round *)task;
	struct lane *l = r->lane;

	if (task->status == ST_OK && r->rows.num == 0 && r->query.strays)
		l->closed = true; /* there never will be one */
	if (task->status != ST_OK || r->rows.num == 0 || l->courier->stopped ||
	    !lane_is_open(l)) {
		lane_next(l, r);
		return;
	}
	round_render(r);
	if (l->conf != NULL)
		carry(r);
	else
		give_up(r);
}

/* While nothing arrives, one is enough to find out. */
static size_t
round_size(const struct lane *l)
{
	if (l->failures > 0)
		return 1;
	return l->api == NULL || l->api->kind == PARCEL_APPEND ? ROUND
							       : ROUND_APART;
}

void
round_start(struct lane *l)
{
	struct round *r = NEW(struct round);
	bool all = l->courier->flushing || l->conf == NULL;

	r->lane = l;
	l->round = r;
	r->query = (struct outbox_query){
	    .sink = l->conf != NULL ? l->conf->name : NULL,
	    .strays = l->conf == NULL,
	    .all = all,
	    .now_ms = now_ms(),
	    .limit = round_size(l)};
	r->next_due_ms = INT64_MAX;
	r->mark = (struct store_sink_mark){r->query.sink, MARK_OPENED, 0, ""};
	r->marks = l->conf != NULL && !l->opened;
	l->opened = true;
	r->task.run = fetch_run;
	r->task.done = fetch_done;
	writer_submit(l->courier->conf.writer, &r->task);
}
