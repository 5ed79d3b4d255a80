/* proof: see proof.h. First the head, then the audit path, then the entry,
 * which is a small part of what a static log sends. */
#include "monitor/proof.h"

#include <inttypes.h>

#include "ctlog/base/mem.h"

/* Failures in a row, of one request; http waits in between as the host wants
 * it. */
#define TRIES 5u
/* Heads: a static log may have dropped the tiles of the one before. */
#define HEADS 3u

enum step { STEP_HEAD, STEP_PATH, STEP_ENTRY };

struct proof {
	struct proof_want want;
	proof_fn *fn;
	void *arg;
	struct hasher *hasher;
	struct http_call *call;
	ev_timer soon; /* with a share: it may have all that is needed */
	char asked[LIMIT_URL];
	enum step step;
	unsigned failures, heads;
	struct buf head_raw;
	struct head head;
	struct proof_job job;
	bool has_job;
	struct want entry;
};

static void proof_ask(struct proof *p);

static void
refuse(struct proof *p, enum status st, const struct err *e)
{
	p->fn(p->arg, st, NULL, e);
}

static void
job_end(struct proof *p)
{
	if (p->has_job)
		proof_job_fini(&p->job);
	p->has_job = false;
}

static void
start_again(struct proof *p)
{
	if (p->want.share != NULL)
		share_forget(p->want.share);
	job_end(p);
	p->step = STEP_HEAD;
	proof_ask(p);
}

/* What may come right is asked for again. */
static void
fail(struct proof *p, enum status st, const struct err *e)
{
	struct err why;

	if (p->want.share != NULL)
		share_forget(p->want.share);
	if (st != ST_AGAIN) {
		refuse(p, st, e);
		return;
	}
	if (++p->failures < TRIES) {
		proof_ask(p);
		return;
	}
	err_set(&why, ST_UNREACHABLE, "%s", e->text);
	refuse(p, ST_UNREACHABLE, &why);
}

/* --- the head ------------------------------------------------------------------- */

/* Under p->head, which was verified. */
static void
path_begin(struct proof *p, struct span head_raw)
{
	buf_clear(&p->head_raw);
	buf_span_add(&p->head_raw, head_raw);
	proof_job_inclusion(
	    &p->job, &p->head, p->want.index, &p->want.leaf_hash);
	p->has_job = true;
	p->step = STEP_PATH;
	p->failures = 0;
	proof_ask(p);
}

/* The head that another proof was made under will do. */
static bool
head_shared(struct proof *p)
{
	const struct proof_share *s = p->want.share;

	if (s == NULL || s->head.size <= p->want.index)
		return false;
	p->head = s->head;
	path_begin(p, buf_span(&s->head_raw));
	return true;
}

static void
on_head(struct proof *p, const struct http_reply *r)
{
	const struct log *log = p->want.log;
	struct err e;
	enum status st = log->api->head_parse(log, &p->head, r->body, &e);

	if (st == ST_OK && p->head.size <= p->want.index)
		st = err_set(&e, ST_MISSING,
		    "the log has %" PRIu64 " entries, and none with number "
		    "%" PRIu64,
		    p->head.size, p->want.index);
	if (st != ST_OK) {
		fail(p, st, &e);
		return;
	}
	if (p->want.share != NULL)
		share_head_put(p->want.share, &p->head, r->body);
	path_begin(p, r->body);
}

/* --- the audit path -------------------------------------------------------------- */

static void
on_path(struct proof *p, int code, struct span body)
{
	struct proof_share *share = p->want.share;
	struct err e;
	enum status st =
	    p->want.log->api->proof_reply(&p->job, p->hasher, code, body, &e);

	if (st == ST_AGAIN && code == 404 && ++p->heads < HEADS) {
		start_again(p);
	} else if (st != ST_OK) {
		fail(p, st, &e);
	} else {
		if (share != NULL && code == 200)
			share_tile_put(share, p->asked, body);
		/* A tile that is not there as it was asked for is asked for
		 * otherwise: that is no progress yet. */
		if (code == 200)
			p->failures = 0;
		proof_ask(p);
	}
}

static void
succeed(struct proof *p, const struct entry *entry)
{
	const struct proof_got got = {.head = p->head,
	    .head_raw = buf_span(&p->head_raw),
	    .path = p->job.path,
	    .entry = entry};

	p->fn(p->arg, ST_OK, &got, NULL);
}

static void
path_done(struct proof *p)
{
	struct err e;
	enum status st = p->want.log->api->proof_result(&p->job, p->hasher, &e);

	if (st != ST_OK) {
		fail(p, st, &e);
		return;
	}
	if (p->want.has_entry) {
		succeed(p, NULL);
		return;
	}
	p->step = STEP_ENTRY;
	p->failures = 0;
	p->entry =
	    (struct want){p->want.index, p->want.index + 1, p->head.size, 0};
	proof_ask(p);
}

/* --- the entry ------------------------------------------------------------------- */

static void
take_entry(struct proof *p, const struct entry *found)
{
	struct hash hash;
	struct err e;

	entry_leaf_hash(found, p->hasher, &hash);
	if (hash_eq(&hash, &p->want.leaf_hash)) {
		succeed(p, found);
		return;
	}
	err_set(&e, ST_MISMATCH, "entry %" PRIu64 " is another one now",
	    p->want.index);
	refuse(p, ST_MISMATCH, &e);
}

/* With the precertificate, which is not in the leaf. */
static enum status
entry_whole(struct entry *found, struct arena *scratch, struct err *e)
{
	struct span cert;

	if (entry_load_extra(found, scratch) == ST_OK) {
		cert =
		    found->type == ENTRY_PRECERT ? found->precert : found->cert;
		if (cert.len > 0)
			return ST_OK;
	}
	return err_set(e, ST_BAD, "there is no certificate in the entry");
}

static void
on_entry(struct proof *p, const struct http_reply *r)
{
	struct entry *room = mem_new(LIMIT_BATCH, sizeof(*room));
	uint8_t *memory = mem_new(r->body.len + 64, 1);
	struct arena scratch = arena_of(memory, r->body.len + 64);
	struct entries out = {.entry = room};
	struct err e;
	enum status st = p->want.log->api->batch_parse(
	    &out, r->body, &scratch, &p->entry, &e);

	if (st == ST_OK)
		st = entry_whole(&room[0], &scratch, &e);
	if (st == ST_OK)
		take_entry(p, &room[0]);
	else
		fail(p, st, &e);
	free(memory);
	free(room);
}

/* --- asking ----------------------------------------------------------------------- */

static void
on_reply(void *arg, const struct http_reply *r)
{
	struct proof *p = arg;
	struct err e;

	p->call = NULL;
	if (r->status != ST_OK) {
		fail(p, r->status, &r->err);
	} else if (p->step == STEP_PATH) {
		on_path(p, r->code, r->body);
	} else if (r->code == 404 && p->step == STEP_ENTRY) {
		p->entry.attempt++;
		proof_ask(p);
	} else if (r->code != 200) {
		err_set(&e, ST_AGAIN, "HTTP status %d", r->code);
		fail(p, ST_AGAIN, &e);
	} else if (p->step == STEP_HEAD) {
		on_head(p, r);
	} else {
		on_entry(p, r);
	}
}

/* False: there is nothing (more) to be asked for in this step. */
static bool
describe(struct proof *p, struct request *req)
{
	const struct log *log = p->want.log;

	switch (p->step) {
	case STEP_HEAD:
		log->api->head_request(log, req);
		return true;
	case STEP_PATH:
		return log->api->proof_request(log, &p->job, req);
	case STEP_ENTRY:
		return log->api->batch_request(log, req, &p->entry);
	}
	return false;
}

/* Another proof has got this already; false: none has. */
static bool
tile_shared(struct proof *p, const struct request *req)
{
	const struct buf *body;

	if (p->want.share == NULL || p->step != STEP_PATH)
		return false;
	memcpy(p->asked, req->url, sizeof(p->asked));
	body = share_tile_get(p->want.share, req->url);
	if (body != NULL)
		on_path(p, 200, buf_span(body));
	return body != NULL;
}

static void
proof_ask(struct proof *p)
{
	struct request req = {0};
	struct err e;

	if (p->step == STEP_HEAD && head_shared(p))
		return;
	if (describe(p, &req)) {
		if (tile_shared(p, &req))
			return;
		p->call = http_get(
		    p->want.http, &(struct http_get){.url = req.url,
				      .limit = req.limit,
				      .operator_name = p->want.operator_name,
				      .done = on_reply,
				      .arg = p});
	} else if (p->step == STEP_PATH) {
		path_done(p);
	} else {
		err_set(&e, ST_MISSING, "entry %" PRIu64 " is not served",
		    p->want.index);
		refuse(p, ST_MISSING, &e);
	}
}

static void
on_soon(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	proof_ask(w->data);
}

struct proof *
proof_new(const struct proof_want *w, proof_fn *fn, void *arg)
{
	struct proof *p = NEW(struct proof);

	p->want = *w;
	p->fn = fn;
	p->arg = arg;
	p->hasher = hasher_new();
	ev_timer_init(&p->soon, on_soon, 0.0, 0.0);
	p->soon.data = p;
	if (w->share != NULL)
		ev_timer_start(w->share->loop, &p->soon);
	else
		proof_ask(p);
	return p;
}

void
proof_end(struct proof *p)
{
	if (p == NULL)
		return;
	if (p->call != NULL)
		http_cancel(p->want.http, p->call);
	if (p->want.share != NULL)
		ev_timer_stop(p->want.share->loop, &p->soon);
	job_end(p);
	buf_fini(&p->head_raw);
	hasher_free(p->hasher);
	free(p);
}
