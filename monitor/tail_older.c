/*
 * tail_older: a head that is smaller than one seen before. A stale cache
 * serves those, and they were true once; then the log can prove that the
 * smaller tree is a prefix of the larger one. When its own proof shows that it
 * is not, the log took something back: a rollback.
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
	if (o->busy)
		proof_job_fini(&o->job);
	o->call = NULL;
	o->busy = false;
}

/* The log's proof led to the prefix of that size: is it what was signed? */
static void
older_finish(struct tail *t)
{
	struct older *o = &t->older;
	struct hash root;
	struct err e = {""};
	enum status st = t->log.api->proof_result(&o->job, t->hasher, &e);
	bool same = true;

	if (st == ST_OK) {
		range_root(&o->job.range, t->hasher, &root);
		same = hash_eq(&root, &o->head.head.root);
	}
	tail_older_drop(t);
	if (st == ST_OK)
		o->checked = o->head.head;
	if (same) {
		tail_step(t); /* or no verdict; the next poll asks again */
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
		st = ST_AGAIN;
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
	/* No proof, no verdict; the next poll asks again. */
	diag_debug(
	    "%s: an older head could not be checked: %s", t->log.name, e.text);
	tail_older_drop(t);
	tail_step(t);
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
	o->head.head = *h;
	buf_clear(&o->head.raw);
	buf_span_add(&o->head.raw, raw);
	proof_job_init(&o->job, PROOF_ANCHOR, &larger, h->size, NULL);
	buf_clear(&o->replies);
	o->busy = true;
	older_ask(t);
}
