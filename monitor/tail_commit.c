/*
 * tail_commit: what was accepted becomes durable: position, tree, hits,
 * sightings, quarantine, outbox rows and proof in one transaction on the store
 * thread. One commit at a time; what is accepted meanwhile goes into the next.
 */
#include <inttypes.h>

#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/diag.h"
#include "monitor/exposure.h"
#include "monitor/tail_private.h"
#include "monitor/tail_tally.h"

/* So many quarantined entries are named in an event. */
#define TOLD_ENTRIES 20u

struct commit_task {
	struct task task;
	struct tail *t;
	bool rewind;
	struct stretch at; /* before */
	uint64_t read;
	struct range tree;
	struct haul *hauls;
	bool have_proof;
	uint64_t proven;
	uint64_t proving; /* the proof under way leads here */
	struct range tree_proven;
	struct signed_head head;
	struct store_committed result;
	struct store_rewound back;
	ev_timer again;
};

void
haul_free(struct haul *h)
{
	buf_fini(&h->bytes);
	free(h->hits);
	free(h->quarantined);
	free(h);
}

static void
hauls_free(struct haul *h)
{
	struct haul *next;

	for (; h != NULL; h = next) {
		next = h->next;
		haul_free(h);
	}
}

/* --- on the store thread ------------------------------------------------------ */

struct lists {
	struct store_hit *hits;
	struct store_quarantine *quarantined;
	char **reasons;
	size_t num_hits, num_quarantined;
};

static void
lists_fini(struct lists *l)
{
	for (size_t i = 0; i < l->num_hits; i++)
		exposure_fini(&l->hits[i].x);
	for (size_t i = 0; i < l->num_quarantined; i++)
		free(l->reasons[i]);
	free(l->hits);
	free(l->quarantined);
	free(l->reasons);
}

static enum status
lists_hit(struct lists *l, struct store *s, const struct found *f,
    unsigned name_threshold, struct err *e)
{
	const struct store_api *api = ((struct store_base *)s)->api;
	struct store_hit *hit = &l->hits[l->num_hits];
	struct record_ref ref = {0};
	enum status st = api->record_name(s, f->row, &ref, e);

	if (st == ST_MISSING)
		return ST_OK; /* erased since the index was built */
	if (st != ST_OK)
		return st;
	*hit = (struct store_hit){.record = f->row,
	    .index = f->hit.entry,
	    .timestamp_ms = f->hit.timestamp_ms,
	    .leaf_hash = f->hit.leaf_hash,
	    .entry = f->hit.kept};
	exposure_make(&hit->x, &f->hit, &ref, name_threshold, now_ms());
	l->num_hits++;
	free(ref.tenant);
	free(ref.id);
	return ST_OK;
}

static void
lists_quarantine(struct lists *l, const struct batch_quarantine *q)
{
	size_t i = l->num_quarantined++;

	l->reasons[i] = mem_strn(q->reason.p, q->reason.len);
	l->quarantined[i] = (struct store_quarantine){
	    q->entry, q->leaf_hash, l->reasons[i], q->bytes};
}

static enum status
lists_make(struct lists *l, struct store *s, const struct commit_task *c,
    struct err *e)
{
	unsigned threshold = c->t->env->name_threshold;
	const struct haul *h = c->hauls;
	size_t hits = 0, quarantined = 0;
	enum status st = ST_OK;

	for (const struct haul *i = h; i != NULL; i = i->next) {
		hits += i->num_hits;
		quarantined += i->num_quarantined;
	}
	l->hits = mem_new(hits, sizeof(*l->hits));
	l->quarantined = mem_new(quarantined, sizeof(*l->quarantined));
	l->reasons = mem_new(quarantined, sizeof(*l->reasons));
	for (; h != NULL; h = h->next) {
		size_t first = l->num_hits;

		for (size_t i = 0; i < h->num_hits && st == ST_OK; i++)
			st = lists_hit(l, s, &h->hits[i], threshold, e);
		for (size_t i = first; i < l->num_hits; i++)
			l->hits[i].generation = h->generation;
		for (size_t i = 0; i < h->num_quarantined; i++)
			lists_quarantine(l, &h->quarantined[i]);
	}
	return st;
}

/* Of the records that all of these batches were matched with. */
static uint64_t
hauls_generation(const struct haul *h)
{
	uint64_t oldest = h == NULL ? 0 : h->generation;

	for (; h != NULL; h = h->next)
		if (h->generation < oldest)
			oldest = h->generation;
	return oldest;
}

/* What the operator is told of entries that went into quarantine. */
struct notice {
	struct event ev;
	struct buf data;
};

static void
told_data(
    struct notice *told, const struct commit_task *c, const struct lists *l)
{
	struct buf *b = &told->data;

	buf_str(b, "{\"log_id\":\"");
	text_base64(b, hash_span(&c->at.log_id));
	buf_str(b, "\",\"log_name\":");
	text_json(b, span_str(c->t->log.name));
	buf_fmt(b, ",\"quarantined\":%zu,\"entries\":[", l->num_quarantined);
	for (size_t i = 0; i < l->num_quarantined && i < TOLD_ENTRIES; i++) {
		buf_fmt(b, "%s{\"index\":%" PRIu64 ",\"reason\":", i ? "," : "",
		    l->quarantined[i].index);
		text_json(b, span_str(l->quarantined[i].reason));
		buf_char(b, '}');
	}
	buf_str(b, "]}");
}

/* The id follows from the entries, so that a retry tells the same. */
static const struct event *
told_make(
    struct notice *told, const struct commit_task *c, const struct lists *l)
{
	struct hasher *h = hasher_new();
	struct hash id;

	told_data(told, c, l);
	hasher_sha256(h, &id, span_str("quarantined"), buf_span(&told->data));
	hasher_free(h);
	memcpy(told->ev.id, id.b, sizeof(told->ev.id));
	told->ev.type = "entry.quarantined";
	told->ev.subject = c->t->log.name;
	told->ev.time_ms = now_ms();
	told->ev.data = buf_span(&told->data);
	return &told->ev;
}

static void
commit_run(struct task *task, struct store *s)
{
	struct commit_task *c = (struct commit_task *)task;
	const struct store_api *api = ((struct store_base *)s)->api;
	struct lists l = {0};
	struct store_proof proof = {.proven = c->proven,
	    .tree = &c->tree_proven,
	    .head = {c->head.head.size, (int64_t)c->head.head.timestamp,
		c->head.head.root, buf_span(&c->head.raw)}};
	struct store_commit sc = {.at = &c->at,
	    .read = c->read,
	    .tree = &c->tree,
	    .generation = hauls_generation(c->hauls),
	    .proof = c->have_proof ? &proof : NULL,
	    .now_ms = now_ms(),
	    .hold_ms = c->t->env->hold_ms};

	struct notice told = {.data = {0}};
	struct tallies tallies;

	task->status = lists_make(&l, s, c, &task->err);
	if (c->t->range.follow && l.num_quarantined > 0)
		sc.event = told_make(&told, c, &l);
	tallies_make(&tallies, c->t->env->tally, c->hauls,
	    (const uint64_t[2]){c->proven, c->proving});
	sc.num_tallies = tallies.num;
	sc.tallies = tallies.list;
	sc.hits = l.hits;
	sc.num_hits = l.num_hits;
	sc.quarantined = l.quarantined;
	sc.num_quarantined = l.num_quarantined;
	if (task->status == ST_OK)
		task->status = api->commit(s, &sc, &c->result, &task->err);
	lists_fini(&l);
	tallies_fini(&tallies);
	buf_fini(&told.data);
}

static void
rewind_run(struct task *task, struct store *s)
{
	struct commit_task *c = (struct commit_task *)task;
	const struct store_api *api = ((struct store_base *)s)->api;

	c->back.now_ms = now_ms();
	c->back.hold_ms = c->t->env->hold_ms;
	task->status = api->rewind(s, &c->at, &c->back, &task->err);
}

/* --- on the loop --------------------------------------------------------------- */

static void
commit_free(struct commit_task *c)
{
	hauls_free(c->hauls);
	buf_fini(&c->head.raw);
	free(c);
}

static void
commit_on_again(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct commit_task *c = w->data;

	(void)loop;
	(void)revents;
	writer_submit(c->t->env->writer, &c->task);
}

/* No space left: reading waits with what it has, and goes on by itself. */
static void
commit_full(struct commit_task *c)
{
	struct tail *t = c->t;

	if (t->phase >= PHASE_STOP) { /* what is not stored is read again */
		t->committing = t->rewinding = false;
		tail_commit_drop(t);
		commit_free(c);
		tail_step(t);
		return;
	}
	diag_error("%s: the store is full: %s; reading is paused, it goes on "
		   "by itself when there is space",
	    c->t->log.name, c->task.err.text);
	ev_timer_init(&c->again, commit_on_again, TAIL_FULL_S, 0.0);
	c->again.data = c;
	ev_timer_start(c->t->env->loop, &c->again);
}

static void
commit_took(struct commit_task *c)
{
	struct tail *t = c->t;

	t->stretch.read = c->read;
	t->stretch.tree = c->tree;
	if (c->have_proof) {
		t->stretch.proven = c->proven;
		t->stretch.tree_proven = c->tree_proven;
	}
	tail_units_took(t, &c->result);
	t->num_hits += c->result.new_exposures;
	t->env->on_committed(t->env->arg);
}

static void
rewind_took(struct commit_task *c)
{
	struct tail *t = c->t;

	t->rewinding = false;
	t->stretch.read = t->stretch.proven;
	t->stretch.tree = t->stretch.tree_proven;
	t->tree = t->stretch.tree;
	t->accepted = t->planned = t->stretch.read;
	t->proven = t->stretch.proven;
	t->units.ahead = t->units.at;
	tail_units_took(t, NULL);
	t->next_proof = t->accepted + TAIL_PROVE_EVERY;
	if (c->back.retracted > 0 || c->back.delivered > 0)
		diag_warn("%s: %zu unproven alerts retracted, %zu had been "
			  "sent already",
		    t->log.name, c->back.retracted, c->back.delivered);
	if (c->back.delivered > 0) /* and that is to be told */
		t->env->on_committed(t->env->arg);
}

static void
commit_done(struct task *task)
{
	struct commit_task *c = (struct commit_task *)task;
	struct tail *t = c->t;

	if (task->status == ST_FULL) {
		commit_full(c);
		return;
	}
	t->committing = false;
	if (task->status != ST_OK) {
		t->rewinding = false;
		tail_commit_drop(t);
		tail_end(t, task->status, &task->err);
	} else if (c->rewind) {
		rewind_took(c);
	} else {
		commit_took(c);
	}
	commit_free(c);
	if (t->rewinding)
		tail_rewind(t);
	tail_step(t);
}

static struct commit_task *
commit_new(struct tail *t)
{
	struct commit_task *c = NEW(struct commit_task);

	c->t = t;
	c->at = t->stretch;
	c->task.done = commit_done;
	t->committing = true;
	return c;
}

void
tail_commit_drop(struct tail *t)
{
	hauls_free(t->hauls);
	t->hauls = NULL;
	t->hauls_end = &t->hauls;
	t->haul_bytes = 0;
	t->have_proof = false;
}

void
tail_commit_now(struct tail *t)
{
	struct commit_task *c;

	if (t->committing || t->rewinding)
		return; /* the present one looks again when it is done */
	ev_timer_stop(t->env->loop, &t->commit_timer);
	c = commit_new(t);
	c->read = t->accepted;
	c->tree = t->tree;
	c->hauls = t->hauls;
	t->hauls = NULL;
	t->hauls_end = &t->hauls;
	t->haul_bytes = 0;
	c->have_proof = t->have_proof;
	c->proven = t->proven;
	c->proving = t->proving ? t->job.at : t->proven;
	c->tree_proven = t->tree_proven;
	signed_head_copy(&c->head, &t->proven_head);
	t->have_proof = false;
	c->task.run = commit_run;
	writer_submit(t->env->writer, &c->task);
}

static void
commit_on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct tail *t = w->data;

	(void)loop;
	(void)revents;
	if (t->hauls != NULL)
		tail_commit_now(t);
}

void
tail_commit_soon(struct tail *t)
{
	if (t->committing || t->rewinding)
		return;
	if (t->have_proof || t->haul_bytes >= TAIL_COMMIT_BYTES)
		tail_commit_now(t);
	else if (t->hauls != NULL && !ev_is_active(&t->commit_timer))
		tail_timer(t, &t->commit_timer, TAIL_COMMIT_S, commit_on_timer);
}

void
tail_rewind(struct tail *t)
{
	struct commit_task *c;

	if (t->phase != PHASE_READ) {
		t->rewinding = false;
		return;
	}
	tail_commit_drop(t);
	t->rewinding = true;
	if (t->committing)
		return; /* when the present commit is done */
	c = commit_new(t);
	c->rewind = true;
	c->task.run = rewind_run;
	writer_submit(t->env->writer, &c->task);
}
