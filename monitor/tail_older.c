/*
 * tail_older: a head that is smaller than one seen before. A stale cache
 * serves those, and they were true once; then the log can prove that the
 * smaller tree is a prefix of the larger one. When its own proof shows that it
 * is not, the log took something back: a rollback.
 *
 * In the same way a scan of which parts were proven under one head looks into
 * that one before it goes on under a larger one. There no answer is not enough.
 */
#include <inttypes.h>

#include "monitor/diag.h"
#include "monitor/tail_private.h"

static void older_ask(struct tail *t);

void
tail_older_drop(struct tail *t)
{
	struct older *o = &t->older;

	if (o->call != NULL)
		http_cancel(t->env->http, o->call);
	ev_timer_stop(t->env->loop, &o->again);
	if (o->busy)
		proof_job_fini(&o->job);
	o->call = NULL;
	o->busy = o->must = false;
}

/* From its first question on. */
static void
older_begin(struct tail *t, const struct head *larger)
{
	struct older *o = &t->older;

	proof_job_init(&o->job, PROOF_ANCHOR, larger, o->head.head.size, NULL);
	buf_clear(&o->replies);
	o->busy = true;
	older_ask(t);
}

static void
older_on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct tail *t = w->data;
	struct head larger = t->older.job.head;

	(void)loop;
	(void)revents;
	proof_job_fini(&t->older.job);
	older_begin(t, &larger);
}

/* No proof, no verdict: the next poll asks again. A scan that needs one asks
 * now, some times. */
static void
older_unknown(struct tail *t, enum status st, const struct err *why)
{
	struct older *o = &t->older;
	struct err e = {""};

	diag_debug("%s: an older head could not be checked: %s", t->log.name,
	    why->text);
	if (!o->must) {
		tail_older_drop(t);
		tail_step(t);
		return;
	}
	if (++o->failures < TAIL_PATIENCE && !tail_is_local(t)) {
		tail_timer(
		    t, &o->again, tail_backoff(o->failures), older_on_timer);
		return;
	}
	err_set(&e, st,
	    "the log does not prove that its tree of %" PRIu64
	    " entries continues the one of %" PRIu64
	    " under which parts of the range were proven: %s",
	    o->job.head.size, o->head.head.size, why->text);
	tail_older_drop(t);
	tail_end(t, tail_lost(t, st), &e);
}

/* The log's proof led to the prefix of that size: is it what was signed? */
static void
older_finish(struct tail *t)
{
	struct older *o = &t->older;
	struct hash root;
	struct err e = {"its proof does not lead to its signed head"};
	enum status st = t->log.api->proof_result(&o->job, t->hasher, &e);

	if (st != ST_OK) {
		older_unknown(t, st, &e);
		return;
	}
	range_root(&o->job.range, t->hasher, &root);
	o->checked = o->head.head;
	tail_older_drop(t);
	if (hash_eq(&root, &o->head.head.root)) {
		tail_step(t);
		return;
	}
	err_set(&e, ST_MISMATCH,
	    "the log signed a tree of %" PRIu64 " entries that its larger tree "
	    "of %" PRIu64 " does not continue",
	    o->head.head.size, o->job.head.size);
	signed_head_copy(&t->received, &o->head);
	tail_mismatch(t, MISDEED_ROLLBACK, &e);
}

static void
older_on_reply(void *arg, const struct http_reply *r)
{
	struct tail *t = arg;
	struct older *o = &t->older;
	struct err e = r->err;
	enum status st = r->status;

	o->call = NULL;
	if (st == ST_OK && r->code != 200 && r->code != 404 && r->code != 400)
		st = err_set(&e, ST_AGAIN, "HTTP status %d", r->code);
	if (st == ST_OK)
		st = t->log.api->proof_reply(
		    &o->job, t->hasher, r->code, r->body, &e);
	if (st == ST_OK) {
		if (r->code == 200)
			evidence_reply(
			    &o->replies, t, &o->req, &o->job, r->body);
		older_ask(t);
		return;
	}
	if (r->code == 404 && tail_is_local(t))
		e = r->err; /* it names the file */
	older_unknown(t, st, &e);
}

static void
older_ask(struct tail *t)
{
	struct older *o = &t->older;
	struct http_get g;

	if (!t->log.api->proof_request(&t->log, &o->job, &o->req)) {
		older_finish(t);
		return;
	}
	g = (struct http_get){.url = o->req.url,
	    .operator_name = t->operator_name,
	    .limit = o->req.limit,
	    .http1 = t->http1,
	    .no_keepalive = t->no_keepalive,
	    .done = older_on_reply,
	    .arg = t};
	o->call = http_get(t->env->http, &g);
}

static void
older_head(struct older *o, const struct head *h, struct span raw)
{
	o->head.head = *h;
	buf_clear(&o->head.raw);
	buf_span_add(&o->head.raw, raw);
}

void
tail_older(struct tail *t, const struct head *h, struct span raw)
{
	struct older *o = &t->older;
	struct head larger = t->newest.head;

	if (t->stored.newest.size > larger.size)
		larger = (struct head){t->stored.newest.size,
		    (uint64_t)t->stored.newest.timestamp_ms,
		    t->stored.newest.root};
	if (o->busy || h->size == 0 || h->size >= larger.size)
		return;
	if (o->checked.size == h->size && hash_eq(&o->checked.root, &h->root))
		return;
	older_head(o, h, raw);
	older_begin(t, &larger);
}

void
tail_older_must(struct tail *t, const struct head *h, struct span raw,
    const struct head *larger)
{
	struct older *o = &t->older;
	bool waits = o->busy && o->must; /* nothing was proven since then */

	if (o->busy)
		tail_older_drop(t);
	if (!waits)
		older_head(o, h, raw);
	if (o->head.head.size == 0 || o->head.head.size >= larger->size)
		return;
	o->must = true;
	o->failures = 0;
	older_begin(t, larger);
}
