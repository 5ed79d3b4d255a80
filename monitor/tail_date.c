/*
 * tail_date: a range by dates becomes one by indices, before a scan begins.
 * What to look at is bisect.h's business; an entry is looked at as any other
 * is read: a request, a worker, patience with faults. Most of what is looked at
 * only helps the search along. The reply that decided in the end, by which
 * entries are taken off the range, is proven to be the signed tree's, as it was
 * hashed: else a wrong bit could hide a part of the period. Nothing is kept but
 * the two indices.
 */
#include <inttypes.h>
#include <stdio.h>

#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/bisect.h"
#include "monitor/diag.h"
#include "monitor/tail_private.h"

struct dating {
	enum { DATING_FROM, DATING_TO, DATING_AGAIN } what;
	struct bisect bisect;
	uint64_t at;           /* the entry that is looked at */
	uint64_t start;        /* the edge before the search */
	struct range probe;    /* the last reply, as it was hashed */
	struct range deciding; /* the one that moved the edge last */
	struct range before;   /* the log's tree in front of it */
	bool anchored;         /* that one is known, and proven */
};

uint32_t
tail_mmd_s(const struct log_api *api, uint32_t told_s)
{
	if (told_s != 0)
		return told_s;
	return api == &log_api_static ? 60 : 86400;
}

static uint64_t
mmd_ms(const struct tail *t)
{
	return tail_mmd_s(t->log.api, t->mmd_s) * (uint64_t)1000;
}

/* --- words ------------------------------------------------------------------- */

/* Without what is zero: "2026-01-31", "2026-01-31T12:00:00Z". */
static const char *
date_text(char out[TEXT_TIME], uint64_t ms)
{
	text_time(out, ms < INT64_MAX ? (int64_t)ms : INT64_MAX);
	if (ms % 86400000 == 0)
		out[strlen("2026-01-31")] = '\0';
	else if (ms % 1000 == 0)
		memcpy(out + strlen("2026-01-31T12:00:00"), "Z", 2);
	return out;
}

static const char *
mmd_text(char out[24], uint32_t s)
{
	if (s % 3600 == 0)
		snprintf(out, 24, "%" PRIu32 " h", s / 3600);
	else
		snprintf(out, 24, "%" PRIu32 " s", s);
	return out;
}

void
tail_date_tell(const struct tail *t, uint64_t begin, uint64_t end)
{
	const struct tail_range *r = &t->range;
	char from[TEXT_TIME], to[TEXT_TIME], mmd[24];
	struct buf period = {0};

	if (!tail_by_date(r) || r->quiet)
		return;
	date_text(from, r->from);
	date_text(to, r->to);
	if (r->from_date && r->to_date)
		buf_fmt(&period, "%s to %s", from, to);
	else if (r->from_date)
		buf_fmt(&period, "from %s on", from);
	else
		buf_fmt(&period, "up to %s", to);
	diag_info("%s: %s: entries %" PRIu64 " to %" PRIu64 ", widened by %s",
	    t->log.name, buf_cstr(&period), begin, end,
	    mmd_text(mmd, tail_mmd_s(t->log.api, t->mmd_s)));
	buf_fini(&period);
}

/* --- the search ---------------------------------------------------------------- */

/* It moves only when a timestamp takes entries off the range. */
static uint64_t
date_edge(const struct dating *d)
{
	return d->bisect.end ? d->bisect.hi : d->bisect.lo;
}

/* No entry is younger than the head over it. */
static bool
to_is_ahead(const struct tail *t)
{
	return t->range.to + mmd_ms(t) > t->target.head.timestamp;
}

/* The beginning is known; now the end, which is not before it. */
static void
date_to(struct tail *t, struct dating *d)
{
	uint64_t size = t->target.head.size;
	bool empty = t->range.from_date && t->range.from >= t->range.to;
	uint64_t lo = t->range.from_date ? t->date_from : 0;
	uint64_t hi = empty ? lo : size;

	d->what = DATING_TO;
	if (to_is_ahead(t))
		lo = hi;
	bisect_to(&d->bisect, lo, hi, t->range.to, mmd_ms(t));
}

/* A tile tells of all its entries. */
static void
date_probe(struct tail *t, uint64_t at)
{
	bool tiles = t->log.api == &log_api_static;
	uint64_t begin = tiles ? at - at % LIMIT_TILE : at;

	tail_probe(t, begin,
	    tiles ? t->log.api->batch_end(&t->log, begin, t->target.head.size)
		  : begin + 1);
}

static void date_done(struct tail *t);

static void
date_go(struct tail *t)
{
	struct dating *d = t->dating;
	uint64_t edge = date_edge(d);
	bool found = bisect_run(&d->bisect, &d->at);

	if (date_edge(d) != edge)
		d->deciding = d->probe;
	if (!found)
		date_probe(t, d->at);
	else if (date_edge(d) == d->start)
		date_done(t); /* nothing was taken off */
	else
		tail_anchor(t, d->deciding.begin);
}

/* The search is set up. */
static void
date_begin(struct tail *t)
{
	struct dating *d = t->dating;

	d->start = date_edge(d);
	d->anchored = false;
	date_go(t);
}

static void
date_done(struct tail *t)
{
	struct dating *d = t->dating;
	uint64_t found = d->bisect.lo;
	bool again = d->what == DATING_AGAIN;

	if (d->what == DATING_FROM)
		t->date_from = found;
	if (d->what == DATING_TO)
		t->date_to = found;
	if (d->what == DATING_FROM && t->range.to_date) {
		date_to(t, d);
		date_begin(t);
		return;
	}
	tail_date_drop(t);
	t->want_newer = false; /* these were for this search */
	t->mismatches = 0;
	if (again)
		tail_open_again(t, found > t->stretch.limit);
	else
		tail_open_at(t);
}

static void
date_start(struct tail *t)
{
	tail_date_drop(t);
	t->dating = NEW(struct dating);
	t->phase = PHASE_DATE;
}

void
tail_date(struct tail *t)
{
	struct dating *d;

	date_start(t);
	d = t->dating;
	if (t->range.from_date)
		bisect_from(&d->bisect, 0, t->target.head.size, t->range.from,
		    mmd_ms(t));
	else
		date_to(t, d);
	date_begin(t);
}

/* The entry behind the scan's last one tells whether the period ended there,
 * or only the log did. */
void
tail_date_again(struct tail *t)
{
	struct dating *d;
	uint64_t end = t->stretch.limit;

	ASSERT(end < t->target.head.size);
	date_start(t);
	d = t->dating;
	d->what = DATING_AGAIN;
	bisect_to(&d->bisect, end, end + 1, t->range.to, mmd_ms(t));
	date_begin(t);
}

void
tail_date_drop(struct tail *t)
{
	free(t->dating);
	t->dating = NULL;
}

/* --- an answer ------------------------------------------------------------------- */

void
tail_date_step(struct tail *t)
{
	struct dating *d = t->dating;
	const uint64_t unknown = STAMP_UNKNOWN;
	uint64_t stamp[LIMIT_TILE];
	struct batch_result *r;
	uint32_t num = 0;

	if (d == NULL || t->first == NULL || t->first->state != FLIGHT_DONE)
		return;
	r = &t->first->result;
	for (; num < LIMIT_TILE && num < r->range.end - r->range.begin; num++)
		stamp[num] = batch_stamp(r, num);
	d->probe = r->range;
	bisect_know(&d->bisect, r->range.begin, stamp, num);
	tail_flights_drop(t);
	/* It must not be asked for over and over. */
	if (d->at - d->bisect.begin >= num)
		bisect_know(&d->bisect, d->at, &unknown, 1);
	date_go(t);
}

/* --- the proof ------------------------------------------------------------------- */

void
tail_date_proof(struct tail *t, const struct range *tree)
{
	struct dating *d = t->dating;
	struct range with = *tree;

	if (d->anchored) {
		date_done(t);
		return;
	}
	d->anchored = true;
	d->before = *tree;
	ASSERT(range_join(&with, t->hasher, &d->deciding));
	tail_proof(t, &with);
}

/* Who sent what does not fit may not have been the log. */
static void
date_search_again(struct tail *t, const struct err *why)
{
	diag_warn("%s: %s; searching again", t->log.name, why->text);
	if (t->dating->what == DATING_AGAIN)
		tail_date_again(t);
	else
		tail_date(t);
}

void
tail_date_refuted(struct tail *t, const struct err *why)
{
	struct dating *d = t->dating;
	bool end = d->bisect.end;
	struct err e = *why;

	if (d->anchored)
		err_set(&e, ST_MISMATCH,
		    "what was sent for entry %" PRIu64 ", which is to show "
		    "where the period %s, is not what the log signed",
		    end ? d->bisect.hi : d->bisect.lo - 1,
		    end ? "ends" : "begins");
	if (t->mismatches++ < TAIL_REREADS) {
		date_search_again(t, &e);
		return;
	}
	if (!d->anchored) {
		tail_misbehaved(t, MISDEED_BAD_PROOF, &e);
		return;
	}
	t->tree = d->before;
	tail_gap_note(t, &d->deciding);
	ASSERT(range_join(&t->tree, t->hasher, &d->deciding));
	tail_gap_find(t, &e);
}
