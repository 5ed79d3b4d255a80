/* reparse: see reparse.h. A few entries at a time: read from the store, given
 * to a worker, settled in one transaction. */
#include "monitor/reparse.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>

#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/cmd.h"
#include "monitor/diag.h"
#include "monitor/engine.h"
#include "monitor/exposure.h"
#include "monitor/kept.h"

/* Whatever was kept of so many fits into a body. */
#define EACH STORE_QUARANTINE_PAGE

struct item {
	struct store_quarantine q; /* without bytes and reason */
	struct hash log_id;
	char *reason; /* why it stays; NULL: it leaves */
	size_t num_hits;
	struct store_hit *hits;
};

struct reparse {
	struct config config;
	struct engine engine;
	struct engine_conf conf;
	struct store_sink *sinks;
	bool json, stopped, done;
	ev_signal on_int, on_term;
	int64_t after; /* row */
	size_t num;    /* items */
	struct item items[EACH];
	struct buf body;
	struct slot *slot;
	struct pool_share share;
	struct store_committed committed;
	size_t read, unreadable, exposures;
};

/* --- on the store thread ---------------------------------------------------- */

static void
item_take(
    void *arg, const struct hash *log_id, const struct store_quarantine *q)
{
	struct reparse *r = arg;
	struct item *i = &r->items[r->num++];

	*i = (struct item){
	    .q = *q, .log_id = *log_id, .reason = mem_str(q->reason)};
	i->q.reason = NULL;
	kept_order(&r->body, q->bytes, q->time_ms);
	i->q.bytes = span_of(NULL, 0);
	r->after = q->row;
}

static enum status
items_load(void *arg, struct store *s, struct err *e)
{
	const struct store_api *api = ((struct store_base *)s)->api;
	struct reparse *r = arg;

	return api->quarantine_read(s, r->after, item_take, r, e);
}

static void
items_clear(struct reparse *r)
{
	for (size_t i = 0; i < r->num; i++) {
		for (size_t k = 0; k < r->items[i].num_hits; k++)
			exposure_fini(&r->items[i].hits[k].x);
		free(r->items[i].hits);
		free(r->items[i].reason);
	}
	r->num = 0;
	mem_wipe(r->body.p, r->body.cap);
	buf_clear(&r->body);
}

static enum status
hit_take(struct reparse *r, struct store *s, const struct batch_hit *h,
    struct err *e)
{
	const struct store_api *api = ((struct store_base *)s)->api;
	struct item *i = &r->items[h->entry];
	int64_t row = pool_row(r->engine.pool, r->slot, h->no);
	struct record_ref ref = {0};
	struct store_hit *hit;
	enum status st =
	    row < 0 ? ST_MISSING : api->record_name(s, row, &ref, e);

	if (st != ST_OK)
		return st == ST_MISSING ? ST_OK : st;
	i->hits = mem_grow(i->hits, i->num_hits + 1, sizeof(*i->hits));
	hit = &i->hits[i->num_hits++];
	*hit = (struct store_hit){
	    .record = row, .timestamp_ms = h->timestamp_ms, .entry = h->kept};
	exposure_make(&hit->x, h, &ref,
	    (unsigned)r->config.match.name_threshold, now_ms());
	free(ref.tenant);
	free(ref.id);
	return ST_OK;
}

/* What the worker says; items beyond what it got to stay as they are. */
static enum status
result_take(struct reparse *r, struct store *s, struct err *e)
{
	struct slot *slot = r->slot;
	struct batch_result res;
	struct batch_quarantine q;
	struct batch_hit h;
	enum status st;

	if (slot->result.len == 0 ||
	    batch_open(&res, buf_span(&slot->result), &slot->order, e) !=
		ST_OK ||
	    res.status != ST_OK)
		return ST_OK;
	for (uint64_t i = 0; i < res.range.end; i++) {
		free(r->items[i].reason);
		r->items[i].reason = NULL;
	}
	while (batch_next_quarantine(&res, &q)) {
		free(r->items[q.entry].reason);
		r->items[q.entry].reason = mem_strn(q.reason.p, q.reason.len);
	}
	if (!rd_ok(&res.records))
		return err_set(e, ST_BAD, "a worker's result is damaged");
	while (batch_next_hit(&res, &h)) {
		st = hit_take(r, s, &h, e);
		if (st != ST_OK)
			return st;
	}
	return rd_done(&res.records)
		   ? ST_OK
		   : err_set(e, ST_BAD, "a worker's result is damaged");
}

static enum status
items_settle(void *arg, struct store *s, struct err *e)
{
	const struct store_api *api = ((struct store_base *)s)->api;
	struct reparse *r = arg;
	struct store_reread list[EACH];
	struct store_rereads all = {r->num, list, now_ms(),
	    r->config.alerts.hold_unverified_ms,
	    pool_generation(r->engine.pool, r->slot)};
	enum status st = result_take(r, s, e);

	for (size_t i = 0; i < r->num; i++)
		list[i] = (struct store_reread){r->items[i].q.row,
		    r->items[i].reason, r->items[i].num_hits, r->items[i].hits};
	if (st != ST_OK)
		return st;
	return api->quarantine_settle(s, &all, &r->committed, e);
}

/* --- on the loop ------------------------------------------------------------- */

static void
batch_done(void *arg, struct slot *s)
{
	struct reparse *r = arg;

	(void)s;
	r->done = true;
}

/* Through a worker and back; false: stopped meanwhile. */
static bool
items_work(struct reparse *r)
{
	struct engine *g = &r->engine;

	r->slot = pool_slot(g->pool, &r->share, r->body.len, true);
	ASSERT(r->slot != NULL && r->body.len <= r->slot->room);
	memcpy(r->slot->body, r->body.p, r->body.len);
	r->slot->order = (struct batch_order){.api = &kept_api,
	    .want = {0, r->num, r->num, 0},
	    .threshold = r->conf.threshold,
	    .body_len = r->body.len};
	r->slot->done = batch_done;
	r->slot->arg = r;
	r->done = false;
	pool_submit(g->pool, r->slot);
	ev_ref(g->loop); /* sleep in the loop, do not spin */
	while (!r->done && !r->stopped)
		ev_run(g->loop, EVRUN_ONCE);
	ev_unref(g->loop);
	return r->done;
}

static void
item_say(const struct item *i, bool json)
{
	struct buf b = {0};

	if (!json)
		return;
	buf_str(&b, "{\"type\":\"entry\",\"log_id\":\"");
	text_base64(&b, hash_span(&i->log_id));
	buf_fmt(&b, "\",\"index\":%" PRIu64 ",\"readable\":%s,\"hits\":%zu",
	    i->q.index, i->reason == NULL ? "true" : "false", i->num_hits);
	if (i->reason != NULL) {
		buf_str(&b, ",\"reason\":");
		text_json(&b, span_str(i->reason));
	}
	buf_str(&b, "}\n");
	fwrite(b.p, 1, b.len, stdout);
	buf_fini(&b);
}

static void
items_count(struct reparse *r)
{
	for (size_t i = 0; i < r->num; i++) {
		if (r->items[i].reason == NULL)
			r->read++;
		else
			r->unreadable++;
		item_say(&r->items[i], r->json);
	}
	r->exposures += r->committed.new_exposures;
}

/* The next few; *more: there were some. */
static enum status
items_next(struct reparse *r, bool *more, struct err *e)
{
	struct engine *g = &r->engine;
	enum status st = engine_task(g, items_load, r, e);

	*more = st == ST_OK && r->num > 0;
	if (*more) {
		bool back = items_work(r);

		if (back)
			st = engine_task(g, items_settle, r, e);
		pool_release(g->pool, r->slot);
		if (back && st == ST_OK)
			items_count(r);
	}
	items_clear(r);
	return st;
}

static void
on_signal(struct ev_loop *loop, ev_signal *w, int revents)
{
	struct reparse *r = w->data;

	(void)loop;
	(void)revents;
	r->stopped = true;
}

/* Besides the engine's own watchers, which end with engine_run(). */
static void
signals_start(struct reparse *r)
{
	ev_signal_init(&r->on_int, on_signal, SIGINT);
	ev_signal_init(&r->on_term, on_signal, SIGTERM);
	r->on_int.data = r->on_term.data = r;
	ev_signal_start(r->engine.loop, &r->on_int);
	ev_signal_start(r->engine.loop, &r->on_term);
	ev_unref(r->engine.loop);
	ev_unref(r->engine.loop);
}

static void
signals_stop(struct reparse *r)
{
	ev_ref(r->engine.loop);
	ev_ref(r->engine.loop);
	ev_signal_stop(r->engine.loop, &r->on_int);
	ev_signal_stop(r->engine.loop, &r->on_term);
}

static void
say(const struct reparse *r)
{
	if (r->json)
		printf("{\"type\":\"reparse\",\"read\":%zu,\"unreadable\":%zu,"
		       "\"exposures\":%zu,\"complete\":%s}\n",
		    r->read, r->unreadable, r->exposures,
		    r->stopped ? "false" : "true");
	else
		printf("%zu read, %zu still unreadable; %zu new exposure%s\n",
		    r->read, r->unreadable, r->exposures,
		    r->exposures == 1 ? "" : "s");
}

static int
all_items(struct reparse *r)
{
	struct err e = {""};
	bool more = true;
	enum status st = ST_OK;

	while (st == ST_OK && more && !r->stopped)
		st = items_next(r, &more, &e);
	say(r);
	if (st != ST_OK)
		return cmd_store_fail(st, &e);
	return r->stopped ? EX_TEMPFAIL : EX_OK;
}

/* An engine without logs: store, workers and the match index. What is found
 * waits in the outbox for the service. */
static void
engine_describe(struct reparse *r)
{
	struct config *c = &r->config;

	c->workers = 1;
	c->fetch.body_limit = LIMIT_BODY;
	if (c->fetch.memory < LIMIT_BODY)
		c->fetch.memory = LIMIT_BODY;
	r->sinks = mem_new(c->alerts.num_sinks, sizeof(*r->sinks));
	r->conf.config = c;
	r->conf.store_conf.sinks = r->sinks;
	r->conf.store_conf.num_sinks = cmd_sinks(r->sinks, c);
	r->conf.threshold =
	    (unsigned)(c->match.digest_threshold < c->match.name_threshold
			   ? c->match.digest_threshold
			   : c->match.name_threshold);
}

static int
engine_work(struct reparse *r)
{
	struct engine *g = &r->engine;
	struct err e = {""};
	char owner[64];
	enum status st;
	int rc;

	engine_init(g, &r->conf);
	rc = cmd_store_conf(&g->conf.store_conf, &g->conf.store, &r->config);
	if (rc != EX_OK) {
		engine_abort(g);
		return rc;
	}
	g->conf.store_conf.owner = cmd_owner(owner);
	st = engine_open(g, &e);
	if (st != ST_OK)
		return cmd_store_fail(st, &e);
	signals_start(r);
	engine_run(g); /* until the match index is there */
	if (g->failed)
		rc = cmd_fail(g->status, &g->err);
	else if (engine_was_stopped(g))
		rc = EX_TEMPFAIL;
	else
		rc = all_items(r);
	signals_stop(r);
	engine_close(g);
	return rc;
}

int
reparse_run(const struct config *c, bool json)
{
	struct reparse *r = NEW(struct reparse);
	int rc;

	r->config = *c; /* borrows its strings */
	r->json = json;
	engine_hold_signals();
	diag_level(DIAG_ERROR); /* the pool knows entries by their place here */
	engine_describe(r);
	rc = engine_work(r);
	items_clear(r);
	buf_fini(&r->body);
	free(r->sinks);
	free(r);
	return rc;
}
