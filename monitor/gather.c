/*
 * gather: see gather.h. A round is a few entries of one log: looked up in the
 * store, proven under one head, each kept as soon as it is had. What is said of
 * it names logs and never an entry, which would be to say who was found.
 */
#include "monitor/gather.h"

#include "ctlog/base/mem.h"
#include "monitor/diag.h"
#include "monitor/kept.h"
#include "monitor/proven.h"
#include "monitor/store/ledger.h"

/* Entries of a round; and how long it may take all in all, and one of them. */
#define ROUND 32u
#define ROUND_MS 120000ll
#define ITEM_S 60.0
/* How often the store is asked when there was nothing to do. */
#define EVERY_MS 2000ll

struct item {
	uint8_t id[16]; /* of the exposure */
	struct proven_at at;
	bool has_entry; /* it is kept, and has the hash that it must have */
};

struct gather {
	struct task look; /* first */
	struct gather_conf conf;
	int64_t next_ms, until_ms;
	bool busy, stopped, failed;
	const struct hash *only; /* this log; NULL: any */
	size_t num, at;          /* of this round; the one in hand */
	struct item items[ROUND];
	struct hasher *hasher; /* the store thread's, while it looks */
	struct want_log want;
	bool has_want;
	struct log log;
	struct proof_share share;
	struct proof *proof;
	ev_timer limit;
	/* What became of the one in hand, on its way into the store. */
	struct fate {
		struct task task; /* first */
		struct gather *g;
		struct buf proof, entry;
		bool whole_log; /* none of them can be had */
		enum status why;
		uint64_t given_up;
	} out;
};

static void item_next(struct gather *g);

/* --- looking: on the store thread ------------------------------------------ */

static const struct ledger_api *
ledger_of(struct store *s)
{
	return ((struct store_base *)s)->api->ledger;
}

static bool
entry_holds(struct gather *g, const struct ledger_evidence *v)
{
	struct kept k;
	struct hash hash;

	if (!kept_read(&k, v->entry))
		return false;
	hasher_leaf(g->hasher, &hash, k.leaf);
	return hash_eq(&hash, &v->leaf_hash);
}

static void
item_take(void *arg, const struct ledger_evidence *v)
{
	struct gather *g = arg;
	struct item *i = &g->items[g->num++];

	*i = (struct item){.at = {v->log_id, v->index, v->leaf_hash},
	    .has_entry = entry_holds(g, v)};
	memcpy(i->id, v->id, sizeof(i->id));
}

static void
look_run(struct task *task, struct store *s)
{
	struct gather *g = (struct gather *)task;
	const struct ledger_evidence_due q = {now_ms(), ROUND, g->only};

	g->num = 0;
	task->status = ST_OK;
	if (ledger_of(s) != NULL)
		task->status =
		    ledger_of(s)->evidence_due(s, &q, item_take, g, &task->err);
}

/* --- keeping ---------------------------------------------------------------- */

static void
keep_run(struct task *task, struct store *s)
{
	struct fate *o = (struct fate *)task;
	const struct item *i = &o->g->items[o->g->at];
	struct ledger_proven p = {.log_id = i->at.log_id,
	    .index = i->at.index,
	    .entry = buf_span(&o->entry),
	    .proof = buf_span(&o->proof)};

	memcpy(p.id, i->id, sizeof(p.id));
	task->status = ledger_of(s)->evidence_put(s, &p, &task->err);
}

static void
fail_run(struct task *task, struct store *s)
{
	struct fate *o = (struct fate *)task;
	const struct item *i = &o->g->items[o->g->at];
	struct ledger_unproven u = {.log_id = i->at.log_id,
	    .id = o->whole_log ? NULL : i->id,
	    .now_ms = now_ms()};

	task->status = ledger_of(s)->evidence_fail(s, &u, &task->err);
	o->given_up = u.given_up;
}

static const char *
reason(enum status st)
{
	switch (st) {
	case ST_USAGE:
		return "the log is not among those that are known";
	case ST_MISSING:
		return "the log does not serve it";
	case ST_UNREACHABLE:
		return "the log does not answer";
	default:
		return "what the log answers does not hold";
	}
}

static void
tell(const struct gather *g, const struct fate *o)
{
	const char *name = g->has_want ? g->want.name : "a log";

	if (o->given_up > 0)
		diag_warn("%s: the proof of %llu alert%s is given up after two "
			  "weeks: %s",
		    name, (unsigned long long)o->given_up,
		    o->given_up == 1 ? "" : "s", reason(o->why));
	else if (o->whole_log)
		diag_info("%s: evidence cannot be had now: %s; it is tried "
			  "again later",
		    name, reason(o->why));
}

static void
round_end(struct gather *g)
{
	share_fini(&g->share);
	if (g->has_want)
		want_log_fini(&g->want);
	g->has_want = false;
	g->num = 0;
	g->busy = false;
}

static void
fate_done(struct task *task)
{
	struct fate *o = (struct fate *)task;
	struct gather *g = o->g;

	buf_fini(&o->proof);
	mem_wipe(o->entry.p, o->entry.cap);
	buf_fini(&o->entry);
	if (task->status != ST_OK) {
		diag_error("evidence could not be stored: %s", task->err.text);
		g->next_ms = now_ms() + 60000;
		round_end(g);
		return;
	}
	tell(g, o);
	g->at++;
	if (!o->whole_log && !g->stopped && g->at < g->num &&
	    now_ms() < g->until_ms) {
		item_next(g);
		return;
	}
	round_end(g);
	gather_tick(g); /* there may be more */
}

static void
fate_submit(struct gather *g, void (*run)(struct task *, struct store *))
{
	struct fate *o = &g->out;

	o->g = g;
	o->given_up = 0;
	o->task.run = run;
	o->task.done = fate_done;
	writer_submit(g->conf.writer, &o->task);
}

/* --- asking ----------------------------------------------------------------- */

static void
item_end(struct gather *g)
{
	ev_timer_stop(g->conf.loop, &g->limit);
	proof_end(g->proof);
	g->proof = NULL;
}

static void
item_fail(struct gather *g, enum status st)
{
	struct fate *o = &g->out;

	g->failed = true;
	o->whole_log = st == ST_UNREACHABLE || g->share.num_heads == 0;
	o->why = st;
	item_end(g);
	fate_submit(g, fail_run);
}

/* It was verified on its way here. */
static void
item_had(struct gather *g, const struct proof_got *got)
{
	const struct proven_log l = {g->want.name,
	    g->want.operator_name != NULL ? g->want.operator_name : "",
	    http_is_local(g->want.url) ? "a copy on disk" : g->want.url,
	    g->log.api->name, g->want.key};
	struct fate *o = &g->out;

	o->whole_log = false;
	proven_put(&o->proof, &l, &got->head, got->head_raw, &got->path);
	if (got->entry != NULL)
		kept_put_hit(&o->entry, got->entry);
	item_end(g);
	fate_submit(g, keep_run);
}

static void
on_proof(
    void *arg, enum status st, const struct proof_got *got, const struct err *e)
{
	struct gather *g = arg;

	(void)e; /* it may name the entry */
	if (st == ST_OK)
		item_had(g, got);
	else
		item_fail(g, st);
}

static void
on_limit(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	item_fail(w->data, ST_UNREACHABLE);
}

static void
item_next(struct gather *g)
{
	const struct item *i = &g->items[g->at];
	const struct proof_want w = {.http = g->conf.http,
	    .log = &g->log,
	    .operator_name = g->want.operator_name,
	    .index = i->at.index,
	    .leaf_hash = i->at.leaf_hash,
	    .has_entry = i->has_entry,
	    .share = &g->share};

	g->proof = proof_new(&w, on_proof, g);
	ev_timer_set(&g->limit, ITEM_S, 0.0);
	ev_timer_start(g->conf.loop, &g->limit);
}

static void
log_begin(struct gather *g)
{
	const struct want_log *w =
	    g->conf.find(g->conf.arg, &g->items[0].at.log_id);

	if (w != NULL) {
		want_log_copy(&g->want, w);
		g->has_want = true;
	}
	if (w == NULL || w->api == NULL) {
		item_fail(g, w == NULL ? ST_USAGE : ST_UNREACHABLE);
		return;
	}
	g->log = (struct log){.api = g->want.api,
	    .name = g->want.name,
	    .url = g->want.url,
	    .origin = g->want.origin,
	    .key = g->want.key};
	item_next(g);
}

static void
look_done(struct task *task)
{
	struct gather *g = (struct gather *)task;
	int64_t now = now_ms();

	if (task->status != ST_OK)
		diag_warn("evidence that is to be had cannot be read from the "
			  "store: %s",
		    task->err.text);
	g->at = 0;
	if (task->status != ST_OK || g->num == 0 || g->stopped) {
		g->next_ms = now + EVERY_MS;
		round_end(g);
		return;
	}
	g->next_ms = 0;
	g->until_ms = now + ROUND_MS;
	log_begin(g);
}

/* --- the object ------------------------------------------------------------- */

struct gather *
gather_new(const struct gather_conf *c)
{
	struct gather *g = NEW(struct gather);

	g->conf = *c;
	g->look.run = look_run;
	g->look.done = look_done;
	g->hasher = hasher_new();
	g->share.loop = c->loop;
	ev_timer_init(&g->limit, on_limit, 0.0, 0.0);
	g->limit.data = g;
	return g;
}

void
gather_tick(struct gather *g)
{
	int64_t now = now_ms();

	if (g->stopped || g->busy)
		return;
	/* A clock that was set back by far does not put it off. */
	if (now < g->next_ms && g->next_ms - now <= 60000)
		return;
	g->busy = true;
	writer_submit(g->conf.writer, &g->look);
}

void
gather_log(struct gather *g, const struct hash *log_id, int64_t until_ms)
{
	g->only = log_id;
	g->failed = false;
	g->next_ms = 0;
	/* Until a round has found nothing, and puts the next one off. */
	while (!g->failed && g->next_ms == 0 && now_ms() < until_ms) {
		gather_tick(g);
		ev_ref(g->conf.loop); /* sleep in the loop, do not spin */
		while (g->busy && now_ms() < until_ms)
			ev_run(g->conf.loop, EVRUN_ONCE);
		ev_unref(g->conf.loop);
	}
}

void
gather_stop(struct gather *g)
{
	if (g == NULL || g->stopped)
		return;
	g->stopped = true;
	if (g->proof != NULL) {
		item_end(g);
		round_end(g);
	}
}

void
gather_free(struct gather *g)
{
	if (g == NULL)
		return;
	if (g->has_want)
		want_log_fini(&g->want);
	share_fini(&g->share);
	buf_fini(&g->out.proof);
	mem_wipe(g->out.entry.p, g->out.entry.cap);
	buf_fini(&g->out.entry);
	hasher_free(g->hasher);
	free(g);
}
