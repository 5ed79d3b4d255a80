/*
 * tail_units: in which order a scan reads. What is not proven yet are holes in
 * its range; a piece of one is read at a time, ascending, and is proven at its
 * end at the latest. Oldest first a piece is a whole hole. Newest first it is
 * the last unit of the last hole, so that all that was read is final soon. A
 * piece whose entries are not those of the signed tree is left behind.
 *
 * Each piece has a stretch in the store, the scan itself or a part of it; those
 * that meet become one there, and here.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "ctlog/base/mem.h"
#include "monitor/diag.h"
#include "monitor/tail_private.h"

/* --- parts ----------------------------------------------------------------- */

static int
by_begin(const void *a, const void *b)
{
	const struct part *x = a, *y = b;

	if (x->begin == y->begin)
		return (x->proven > y->proven) - (x->proven < y->proven);
	return x->begin < y->begin ? -1 : 1;
}

/* What can be gone on with at this place, without asking the log. */
static const struct part *
part_at(const struct units *u, uint64_t at)
{
	for (size_t i = 0; i < u->num_parts; i++)
		if (u->parts[i].proven == at)
			return &u->parts[i];
	return NULL;
}

static void
part_put(struct units *u, const struct stretch *s)
{
	struct part part = {s->begin, s->read, s->proven, s->job};
	size_t i = 0;

	while (i < u->num_parts && u->parts[i].job != s->job)
		i++;
	if (i == u->num_parts) {
		u->parts = mem_grow(u->parts, i + 1, sizeof(*u->parts));
		u->num_parts++;
	}
	u->parts[i] = part;
	qsort(u->parts, u->num_parts, sizeof(*u->parts), by_begin);
}

/* As the store does it: what was begun in what is proven is gone, and so is
 * what became one with it. */
static void
parts_within(struct units *u, const struct stretch *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < u->num_parts; i++) {
		const struct part *p = &u->parts[i];

		if (p->job == s->job || p->begin < s->begin ||
		    p->begin >= s->proven)
			u->parts[kept++] = *p;
	}
	u->num_parts = kept;
}

void
tail_units_took(struct tail *t, const struct store_committed *c)
{
	if (t->range.follow)
		return;
	if (t->units.open && t->stretch.proven == t->units.at.end)
		t->units.over = true;
	if (c != NULL && c->joined)
		t->stretch = c->whole;
	part_put(&t->units, &t->stretch);
	parts_within(&t->units, &t->stretch);
}

void
tail_units_sum(const struct tail *t, uint64_t *read, uint64_t *proven)
{
	const struct units *u = &t->units;

	*read = *proven = t->from;
	for (size_t i = 0; i < u->num_parts; i++) {
		const struct part *p = &u->parts[i];
		uint64_t next = i + 1 < u->num_parts ? p[1].begin : p->read;

		*read += (next < p->read ? next : p->read) - p->begin;
		*proven += p->proven - p->begin;
	}
}

/* --- order ----------------------------------------------------------------- */

/* Whether it cannot be read, or need not: then `io` is all of it. */
static bool
is_taken(const struct units *u, uint64_t at, struct piece *io)
{
	for (size_t i = 0; i < u->num_parts + u->num_bad; i++) {
		const struct part *p = &u->parts[i];
		struct piece x;

		x = i < u->num_parts ? (struct piece){p->begin, p->proven}
				     : u->bad[i - u->num_parts];
		if (x.begin <= at && at < x.end) {
			*io = x;
			return true;
		}
	}
	return false;
}

/* Where the hole ends that begins at, or goes on at, this place. */
static uint64_t
hole_end(const struct tail *t, uint64_t at)
{
	const struct units *u = &t->units;
	uint64_t end = t->to;

	for (size_t i = 0; i < u->num_parts; i++)
		if (u->parts[i].begin > at && u->parts[i].begin < end &&
		    u->parts[i].proven > u->parts[i].begin)
			end = u->parts[i].begin;
	for (unsigned i = 0; i < u->num_bad; i++)
		if (u->bad[i].begin > at && u->bad[i].begin < end)
			end = u->bad[i].begin;
	return end;
}

/* Where it begins; at is behind a place in it. */
static uint64_t
hole_begin(const struct tail *t, uint64_t at)
{
	const struct units *u = &t->units;
	uint64_t begin = t->from;

	for (size_t i = 0; i < u->num_parts; i++)
		if (u->parts[i].proven < at && u->parts[i].proven > begin)
			begin = u->parts[i].proven;
	for (unsigned i = 0; i < u->num_bad; i++)
		if (u->bad[i].end < at && u->bad[i].end > begin)
			begin = u->bad[i].end;
	return begin;
}

static bool
oldest_after(const struct tail *t, struct piece *io, uint64_t at)
{
	struct piece taken;

	while (at < t->to && is_taken(&t->units, at, &taken))
		at = taken.end;
	if (at >= t->to)
		return false;
	*io = (struct piece){at, hole_end(t, at)};
	return true;
}

static bool
newest_before(const struct tail *t, struct piece *io, uint64_t end)
{
	const struct part *part;
	struct piece taken;
	uint64_t begin, unit;

	while (end > t->from && is_taken(&t->units, end - 1, &taken))
		end = taken.begin;
	if (end <= t->from)
		return false;
	begin = hole_begin(t, end);
	unit = (end - 1) / UNIT * UNIT;
	part = part_at(&t->units, begin);
	if (part != NULL && part->read > unit)
		unit = begin; /* read on there before, oldest first */
	*io = (struct piece){begin > unit ? begin : unit, end};
	return true;
}

bool
tail_units_after(const struct tail *t, struct piece *io, bool first)
{
	if (t->range.follow)
		return false;
	if (t->units.newest)
		return newest_before(t, io, first ? t->to : io->begin);
	return oldest_after(t, io, first ? t->from : io->end);
}

uint64_t
tail_units_start(const struct tail *t, const struct piece *p)
{
	const struct part *part = part_at(&t->units, p->begin);

	return part != NULL && part->read <= p->end ? part->read : p->begin;
}

/* --- one after the other --------------------------------------------------- */

/* This one is next; what is planned ahead may be it already. */
static void
go(struct tail *t, const struct piece *p)
{
	struct units *u = &t->units;
	bool ahead = u->ahead.begin != u->at.begin;

	u->at = *p;
	u->open = u->over = false;
	t->accepted = tail_units_start(t, p);
	if (ahead)
		return;
	u->ahead = *p;
	t->planned = t->accepted;
}

/* From the start of the order on. */
static bool
begin(struct tail *t)
{
	struct piece p;

	if (!tail_units_after(t, &p, true))
		return false;
	t->units.ahead = t->units.at;
	go(t, &p);
	return true;
}

void
tail_units_fini(struct tail *t)
{
	free(t->units.parts);
	free(t->units.known);
	t->units = (struct units){0};
}

/* Parts were proven under a head before. */
static void
check_before(struct tail *t)
{
	const struct store_head *s = &t->stored.proven;
	struct head before = {s->size, (uint64_t)s->timestamp_ms, s->root};

	tail_older_must(t, &before, s->raw, &t->target.head);
	t->units.check = t->older.busy;
}

/* Read oldest first, what comes later continues what was read, or does not fit.
 * Other parts do not tell: the tree has to continue the one before. */
void
tail_units_head(struct tail *t, const struct head *larger)
{
	if (t->units.num_parts < 2)
		return;
	tail_older_must(t, &t->target.head, buf_span(&t->target.raw), larger);
	t->units.check = t->older.busy;
}

void
tail_units_begin(struct tail *t, const struct part *parts, size_t num)
{
	struct units *u = &t->units;

	uint64_t read, proven;

	tail_units_fini(t);
	u->newest = t->range.newest_first;
	u->parts = mem_new(num, sizeof(*parts));
	memcpy(u->parts, parts, num * sizeof(*parts));
	u->num_parts = num;
	qsort(u->parts, num, sizeof(*u->parts), by_begin);
	tail_units_sum(t, &read, &proven);
	t->resumed = read - t->from;
	u->known = mem_new(TAIL_KNOWN, sizeof(*u->known));
	u->at = (struct piece){t->to, t->to};
	u->over = u->open = true;
	if (!begin(t))
		return; /* it is done */
	/* The scan itself is open already. */
	u->open = u->at.begin == t->stretch.proven;
	if (num > 1)
		check_before(t);
}

void
tail_units_follow(struct tail *t, uint64_t begin)
{
	tail_units_fini(t);
	t->units.at = t->units.ahead = (struct piece){begin, UINT64_MAX};
	t->units.open = true;
}

/* Ask the store for the piece's stretch, and the log for the tree in front of
 * it, where that is needed. */
static void
open_piece(struct tail *t)
{
	struct units *u = &t->units;
	const struct part *part = part_at(u, u->at.begin);
	struct range tree;

	if (part != NULL) {
		u->opening = true;
		tail_open_piece(t, part->job, NULL);
	} else if (tail_border(t, u->at.begin, &tree)) {
		u->opening = true;
		tail_open_piece(t, STORE_PART, &tree);
	} else {
		tail_border_ask(t, u->at.begin);
	}
}

bool
tail_units_open(struct tail *t)
{
	struct units *u = &t->units;

	u->check &= t->older.busy;
	if (u->check)
		return false;
	if (!u->open && !u->opening && !t->committing)
		open_piece(t);
	return u->open;
}

static void
full_on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct tail *t = w->data;

	(void)loop;
	(void)revents;
	t->paused = false;
	tail_step(t);
}

void
tail_units_full(struct tail *t, const struct err *why)
{
	t->units.opening = false;
	t->paused = true;
	diag_error("%s: the store is full: %s; reading is paused, it goes on "
		   "by itself when there is space",
	    t->log.name, why->text);
	tail_timer(t, &t->pause_timer, TAIL_FULL_S, full_on_timer);
}

void
tail_units_opened(struct tail *t, const struct stretch *s)
{
	struct units *u = &t->units;

	u->opening = false;
	if (t->phase != PHASE_READ)
		return;
	u->open = true;
	t->stretch = *s;
	t->tree = s->tree;
	t->proven = s->proven;
	t->next_proof = s->read + TAIL_PROVE_EVERY;
	part_put(u, s);
	if (t->accepted != s->read) { /* it was planned from elsewhere */
		t->accepted = s->read;
		tail_flights_drop(t);
	}
	tail_step(t);
}

/* The tree in front of the next piece is wanted soon. */
static void
look_ahead(struct tail *t)
{
	struct units *u = &t->units;
	struct piece next = u->at;
	struct range tree;

	if (u->blind || t->proving || u->ahead.begin == u->at.begin ||
	    !tail_units_after(t, &next, false) || part_at(u, next.begin) ||
	    tail_border(t, next.begin, &tree))
		return;
	tail_border_ask(t, next.begin);
}

/* All of it is in the store. */
static bool
is_finished(struct tail *t)
{
	const struct units *u = &t->units;

	if (!u->over || t->committing)
		return false;
	if (t->hauls != NULL || t->have_proof)
		tail_commit_now(t);
	return !t->committing;
}

void
tail_units_next(struct tail *t)
{
	struct piece next = t->units.at;

	if (!is_finished(t)) {
		look_ahead(t);
	} else if (!tail_units_after(t, &next, false)) {
		tail_end(t, ST_OK, NULL);
	} else {
		go(t, &next);
		tail_units_open(t);
	}
}

/* --- what does not fit ----------------------------------------------------- */

bool
tail_units_give_up(struct tail *t, const struct err *why)
{
	struct units *u = &t->units;
	uint64_t from = t->proven;
	struct piece next;

	if (!u->open || u->num_bad == TAIL_BAD || t->accepted <= from)
		return false;
	if (u->num_bad == 0)
		u->why = *why;
	u->bad[u->num_bad++] = (struct piece){from, t->accepted};
	u->at.end = t->accepted;
	u->over = true;
	t->units.ahead = next = u->at;
	t->planned = t->accepted;
	if (!tail_units_after(t, &next, false))
		return false;
	diag_warn("%s: the other entries are read on", t->log.name);
	return true;
}

void
tail_units_blind(struct tail *t, const struct err *why)
{
	struct units *u = &t->units;
	struct err e = *why;

	if (!u->refused || (!u->open && !u->newest)) {
		tail_end(t, ST_UNREACHABLE, &e);
		return;
	}
	if (u->newest && t->committing)
		return; /* what is proven is not known now: ask again then */
	u->blind = true;
	if (u->newest) {
		u->newest = false;
		diag_warn(
		    "%s: %s; reading the oldest first", t->log.name, e.text);
		tail_flights_drop(t);
		tail_commit_drop(t);
		ASSERT(begin(t));
	}
	tail_step(t);
}
