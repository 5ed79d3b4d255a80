/* memory_commit: commits and their undoing. */
#include "monitor/store/memory.h"

#include <search.h>

#include "ctlog/base/mem.h"
#include "monitor/store/rules.h"

/* The stretch that `at` was a claim of; NULL when there is none such. */
static struct mem_stretch *
claimed(struct store *s, const struct stretch *at)
{
	struct mem_stretch *t;

	if (at->id < 1 || (uint64_t)at->id > s->num_stretches)
		return NULL;
	t = &s->stretches[at->id - 1];
	return t->x.epoch == at->epoch && !t->gone ? t : NULL;
}

/* --- hits ---------------------------------------------------------------- */

static int
by_id(const void *a, const void *b)
{
	const struct mem_exposure *x = a, *y = b;

	return memcmp(x->id, y->id, sizeof(x->id));
}

/* tsearch() keeps pointers to the elements in its nodes. */
static struct mem_exposure *
exposure_find(struct store *s, const uint8_t id[16])
{
	struct mem_exposure key = {0}, **node;

	memcpy(key.id, id, sizeof(key.id));
	node = tfind(&key, &s->by_id, by_id);
	return node == NULL ? NULL : *node;
}

static struct mem_exposure *
exposure_new(struct store *s, const struct store_hit *hit)
{
	struct mem_exposure *x = NEW(struct mem_exposure);

	memcpy(x->id, hit->x.id, sizeof(x->id));
	x->record = s->records[hit->record - 1];
	x->time_ms = hit->x.time_ms;
	x->no = s->num_exposures;
	exposure_pack(&hit->x, &x->packed);
	s->exposures = memory_room(
	    s->exposures, s->num_exposures, sizeof(struct mem_exposure *));
	s->exposures[s->num_exposures++] = x;
	ASSERT(tsearch(x, &s->by_id, by_id) != NULL);
	return x;
}

void
memory_exposure_drop(struct store *s, struct mem_exposure *x)
{
	for (size_t i = 0; i < s->num_rows; i++)
		if (s->rows[i].exposure == x)
			s->rows[i].state = MEM_GONE;
	tdelete(x, &s->by_id, by_id);
	mem_wipe(x->packed.p, x->packed.cap);
	buf_fini(&x->packed);
	x->num_sightings = 0;
	x->gone = true;
}

static struct mem_row *
alert_row(struct store *s, const struct mem_exposure *x, const char *sink)
{
	for (size_t i = 0; i < s->num_rows; i++)
		if (s->rows[i].exposure == x && s->rows[i].state != MEM_GONE &&
		    !s->rows[i].is_follow_up &&
		    strcmp(s->rows[i].sink, sink) == 0)
			return &s->rows[i];
	return NULL;
}

/* Rows for the sinks that have none; they wait for the proof. */
static void
outbox_fill(struct store *s, struct mem_exposure *x, int64_t due_ms, bool old)
{
	for (size_t i = 0; i < s->num_sinks; i++) {
		const struct store_sink *k = &s->sinks[i];
		struct mem_row *row;

		/* Addresses, and who wants no mail, are for a ledger. */
		if (k->to_record ||
		    !rule_serves(k, x->record->tenant, x->record->only) ||
		    (old && alert_row(s, x, k->name) != NULL))
			continue;
		row = memory_row_new(s, k->name);
		row->exposure = x;
		row->held = true;
		row->due_ms = due_ms;
	}
}

static void
sighting_new(struct store *s, struct mem_stretch *t, struct mem_exposure *x,
    const struct store_hit *hit)
{
	x->sightings =
	    memory_room(x->sightings, x->num_sightings, sizeof(*x->sightings));
	x->sightings[x->num_sightings++] = (struct mem_sighting){
	    .stretch = (size_t)(t - s->stretches),
	    .log = t->log,
	    .index = hit->index,
	    .timestamp_ms = hit->timestamp_ms,
	    .leaf_hash = hit->leaf_hash,
	};
	t->unproven = memory_room(
	    t->unproven, t->num_unproven, sizeof(struct mem_exposure *));
	t->unproven[t->num_unproven++] = x;
}

bool
memory_is_sighted(
    struct store *s, const struct mem_stretch *t, const struct store_hit *hit)
{
	const struct mem_exposure *x = exposure_find(s, hit->x.id);

	for (size_t i = 0; x != NULL && i < x->num_sightings; i++)
		if (x->sightings[i].stretch == (size_t)(t - s->stretches) &&
		    x->sightings[i].index == hit->index)
			return true;
	return false;
}

static bool
is_active(const struct store *s, int64_t row)
{
	return row >= 1 && (uint64_t)row <= s->num_records &&
	       s->records[row - 1]->state == RECORD_ACTIVE;
}

void
memory_hit_put(struct store *s, struct mem_stretch *t,
    const struct store_hit *hit, int64_t due_ms, struct store_committed *out)
{
	struct mem_exposure *x;
	bool old;

	if (!is_active(s, hit->record)) {
		out->dropped++;
		return;
	}
	x = exposure_find(s, hit->x.id);
	old = x != NULL;
	if (!old) {
		x = exposure_new(s, hit);
		out->new_exposures++;
	}
	if (x->num_sightings == 0)
		outbox_fill(s, x, due_ms, old);
	sighting_new(s, t, x, hit);
}

/* --- proof --------------------------------------------------------------- */

static void
release(struct store *s, struct mem_exposure *x, int64_t now_ms)
{
	for (size_t i = 0; i < s->num_rows; i++) {
		struct mem_row *r = &s->rows[i];

		if (r->exposure != x || !r->held || r->state != MEM_WAITING)
			continue;
		r->held = false;
		if (r->due_ms > now_ms)
			r->due_ms = now_ms;
	}
}

/* It is proven after all: a follow-up that did not begin to be sent goes; where
 * one did, or the alert may never have arrived, that is due again. */
static void
set_right(struct store *s, struct mem_exposure *x, int64_t now_ms)
{
	for (size_t i = 0; i < s->num_rows; i++) {
		struct mem_row *f = &s->rows[i], *r;
		bool began = f->state != MEM_WAITING || f->begun_ms != 0;

		if (f->exposure != x || !f->is_follow_up ||
		    f->state == MEM_GONE)
			continue;
		f->state = MEM_GONE;
		r = alert_row(s, x, f->sink);
		if (r == NULL || r->state != MEM_DELIVERED ||
		    !(began || r->begun_ms != 0))
			continue;
		r->state = MEM_WAITING;
		r->attempts = 0;
		r->begun_ms = 0;
		r->due_ms = now_ms;
	}
}

/* Mark what is below `proven`; true when something of x is above it. */
static bool
verify(struct mem_exposure *x, size_t stretch, uint64_t proven, bool *marked)
{
	bool left = false;

	*marked = false;
	for (size_t i = 0; i < x->num_sightings; i++) {
		struct mem_sighting *g = &x->sightings[i];

		if (g->stretch != stretch || g->verified)
			continue;
		if (g->index < proven)
			g->verified = *marked = true;
		else
			left = true;
	}
	return left;
}

void
memory_hits_prove(struct store *s, struct mem_stretch *t, int64_t now_ms)
{
	size_t kept = 0;
	bool marked;

	for (size_t i = 0; i < t->num_unproven; i++) {
		struct mem_exposure *x = t->unproven[i];

		if (verify(x, (size_t)(t - s->stretches), t->x.proven, &marked))
			t->unproven[kept++] = x;
		if (!marked)
			continue;
		release(s, x, now_ms);
		set_right(s, x, now_ms);
	}
	t->num_unproven = kept;
}

static void
prove(struct store *s, struct mem_stretch *t, const struct store_commit *c)
{
	t->x.proven = c->proof->proven;
	t->x.tree_proven = *c->proof->tree;
	memory_hits_prove(s, t, c->now_ms);
	memory_tallies_prove(s, (size_t)(t - s->stretches), t->x.proven);
	memory_head_put(&s->logs[t->log], &c->proof->head, true);
}

/* --- the verbs ----------------------------------------------------------- */

enum status
memory_commit(struct store *s, const struct store_commit *c,
    struct store_committed *out, struct err *e)
{
	struct mem_stretch *t = claimed(s, c->at);
	int64_t due_ms = rule_later(c->now_ms, c->hold_ms);
	enum status st = rule_commit(c, e);

	*out = (struct store_committed){0};
	if (st != ST_OK)
		return st;
	if (t == NULL || t->x.read != c->at->read ||
	    !hash_eq(&t->x.log_id, &c->at->log_id))
		return rule_stale(c->at, e);
	if (c->proof != NULL && c->proof->proven < t->x.proven)
		return err_set(e, ST_USAGE, "more than %llu was proven before",
		    (unsigned long long)c->proof->proven);
	t->x.read = c->read;
	t->x.tree = *c->tree;
	memory_expire(s, c->now_ms);
	for (size_t i = 0; i < c->num_hits; i++)
		memory_hit_put(s, t, &c->hits[i], due_ms, out);
	for (size_t i = 0; i < c->num_quarantined; i++)
		memory_quarantine_put(s, (size_t)(t - s->stretches),
		    &c->quarantined[i], c->now_ms);
	memory_tallies_put(s, (size_t)(t - s->stretches), c);
	if (c->proof != NULL) {
		prove(s, t, c);
		if (rule_scan(&t->x) != 0)
			memory_join(s, t, c, out);
	}
	return c->event != NULL ? memory_event_add(s, c->event, e) : ST_OK;
}

/* What it was told by, maybe: the first of what is taken back. */
static void
keep_first(struct mem_exposure *x, size_t stretch, int64_t now_ms)
{
	const struct mem_sighting *first = NULL;

	if (x->withdrawn_ms != 0)
		return;
	for (size_t i = 0; i < x->num_sightings; i++) {
		const struct mem_sighting *g = &x->sightings[i];

		if (g->stretch == stretch && !g->verified &&
		    (first == NULL || g->index < first->index))
			first = g;
	}
	if (first == NULL)
		return;
	x->withdrawn = *first;
	x->withdrawn_ms = now_ms;
}

/* Take back what was not proven of x in this stretch; true when that was
 * something. */
static bool
unsee(struct mem_exposure *x, size_t stretch)
{
	size_t kept = 0;

	for (size_t i = 0; i < x->num_sightings; i++)
		if (x->sightings[i].stretch != stretch ||
		    x->sightings[i].verified)
			x->sightings[kept++] = x->sightings[i];
	if (kept == x->num_sightings)
		return false;
	x->num_sightings = kept;
	return true;
}

/* It reached its recipient, or may have. */
static bool
was_told(const struct mem_row *r)
{
	return !r->is_follow_up && r->state != MEM_GONE &&
	       (r->state == MEM_DELIVERED || r->begun_ms != 0);
}

static bool
was_sent(const struct store *s, const struct mem_exposure *x)
{
	for (size_t i = 0; i < s->num_rows; i++)
		if (s->rows[i].exposure == x && was_told(&s->rows[i]))
			return true;
	return false;
}

static bool
has_follow_up(
    const struct store *s, const struct mem_exposure *x, const char *sink)
{
	for (size_t i = 0; i < s->num_rows; i++)
		if (s->rows[i].exposure == x && s->rows[i].is_follow_up &&
		    s->rows[i].state != MEM_GONE &&
		    strcmp(s->rows[i].sink, sink) == 0)
			return true;
	return false;
}

static bool
is_wanted(const struct mem_exposure *x)
{
	return x->record->state == RECORD_ACTIVE ||
	       x->record->state == RECORD_PAUSED;
}

/* Who was told gets a follow-up, once; who was not, nothing. */
static void
unsend(struct store *s, struct mem_exposure *x, const struct store_rewound *io)
{
	size_t num = s->num_rows;

	for (size_t i = 0; i < num; i++) {
		struct mem_row *r = &s->rows[i], *new;
		bool told = was_told(r);

		if (r->exposure != x || r->is_follow_up)
			continue;
		if (r->state == MEM_WAITING)
			r->state = told ? MEM_DELIVERED : MEM_GONE;
		if (!told || !is_wanted(x) || has_follow_up(s, x, r->sink))
			continue;
		new = memory_row_new(s, r->sink);
		new->exposure = x;
		new->is_follow_up = true;
		new->due_ms = rule_later(io->now_ms, io->hold_ms);
	}
}

void
memory_undo(struct store *s, struct mem_stretch *t, struct store_rewound *io)
{
	for (size_t i = 0; i < t->num_unproven; i++) {
		struct mem_exposure *x = t->unproven[i];

		if (was_sent(s, x))
			keep_first(x, (size_t)(t - s->stretches), io->now_ms);
		if (!unsee(x, (size_t)(t - s->stretches)) ||
		    x->num_sightings != 0)
			continue;
		if (was_sent(s, x)) {
			unsend(s, x, io);
			io->delivered++;
		} else {
			memory_exposure_drop(s, x);
			io->retracted++;
		}
	}
	t->num_unproven = 0;
	memory_quarantine_undo(s, t);
	memory_tallies_undo(s, (size_t)(t - s->stretches));
}

enum status
memory_rewind(struct store *s, const struct stretch *at,
    struct store_rewound *io, struct err *e)
{
	struct mem_stretch *t = claimed(s, at);

	io->retracted = io->delivered = 0;
	if (t == NULL)
		return rule_stale(at, e);
	t->x.read = t->x.proven;
	t->x.tree = t->x.tree_proven;
	memory_undo(s, t, io);
	return ST_OK;
}
