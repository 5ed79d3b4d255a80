/* proof: see proof.h. First the head, then the audit path, then the entry,
 * which is a small part of what a static log sends. */
#include "monitor/proof.h"

#include <inttypes.h>

#include "ctlog/base/mem.h"

/* Failures in a row; http waits in between as the host wants it. */
#define TRIES 5u
/* Heads: a static log may have dropped the tiles of the one before. */
#define HEADS 3u
#define LEAF_VERSION 0
#define LEAF_TYPE 0

enum step { STEP_HEAD, STEP_PATH, STEP_ENTRY };

struct proof {
	struct proof_want want;
	proof_fn *fn;
	void *arg;
	struct hasher *hasher;
	struct http_call *call;
	enum step step;
	unsigned failures, heads;
	struct buf head_raw, leaf;
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
	job_end(p);
	p->step = STEP_HEAD;
	proof_ask(p);
}

/* What may come right is asked for again. */
static void
fail(struct proof *p, enum status st, const struct err *e)
{
	struct err why;

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
	buf_clear(&p->head_raw);
	buf_span_add(&p->head_raw, r->body);
	proof_job_inclusion(
	    &p->job, &p->head, p->want.index, &p->want.leaf_hash);
	p->has_job = true;
	p->step = STEP_PATH;
	proof_ask(p);
}

/* --- the audit path -------------------------------------------------------------- */

static void
on_path(struct proof *p, const struct http_reply *r)
{
	struct err e;
	enum status st = p->want.log->api->proof_reply(
	    &p->job, p->hasher, r->code, r->body, &e);

	if (st == ST_AGAIN && r->code == 404 && ++p->heads < HEADS)
		start_again(p);
	else if (st != ST_OK)
		fail(p, st, &e);
	else
		proof_ask(p);
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
	p->step = STEP_ENTRY;
	p->entry =
	    (struct want){p->want.index, p->want.index + 1, p->head.size, 0};
	proof_ask(p);
}

/* --- the entry ------------------------------------------------------------------- */

static void
take_entry(struct proof *p, struct entry *found)
{
	struct proof_got got = {.timestamp = found->timestamp,
	    .precert = found->type == ENTRY_PRECERT};
	struct hash hash;
	struct err e;

	entry_leaf_hash(found, p->hasher, &hash);
	if (!hash_eq(&hash, &p->want.leaf_hash)) {
		err_set(&e, ST_MISMATCH, "entry %" PRIu64 " is another one now",
		    p->want.index);
		refuse(p, ST_MISMATCH, &e);
		return;
	}
	buf_clear(&p->leaf);
	if (found->bare) {
		buf_char(&p->leaf, LEAF_VERSION);
		buf_char(&p->leaf, LEAF_TYPE);
	}
	buf_span_add(&p->leaf, found->leaf);
	got.leaf = buf_span(&p->leaf);
	got.cert = got.precert ? found->precert : found->cert;
	got.head = p->head;
	got.head_raw = buf_span(&p->head_raw);
	got.path = p->job.path;
	p->fn(p->arg, ST_OK, &got, NULL);
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
		on_path(p, r);
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

static void
proof_ask(struct proof *p)
{
	struct request req = {0};
	struct err e;

	if (describe(p, &req)) {
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

struct proof *
proof_new(const struct proof_want *w, proof_fn *fn, void *arg)
{
	struct proof *p = NEW(struct proof);

	p->want = *w;
	p->fn = fn;
	p->arg = arg;
	p->hasher = hasher_new();
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
	job_end(p);
	buf_fini(&p->head_raw);
	buf_fini(&p->leaf);
	hasher_free(p->hasher);
	free(p);
}
