/*
 * tail_date: a range by dates becomes one by indices, before a scan begins.
 * What to look at is bisect.h's business; an entry is looked at as any other
 * is read: a request, a worker, patience with faults. Nothing that is learned
 * here is proven, and nothing of it is kept but the two indices.
 */
#include <inttypes.h>
#include <stdio.h>

#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/bisect.h"
#include "monitor/diag.h"
#include "monitor/tail_private.h"

/* What a log promises at most when no list tells: RFC 6962 logs take a day in
 * all policies, static-ct-api ones a minute. */
#define MMD_RFC6962_S 86400u
#define MMD_STATIC_S 60u

struct dating {
	enum { DATING_FROM, DATING_TO, DATING_AGAIN } what;
	struct bisect bisect;
	uint64_t at; /* the entry that is looked at */
};

static uint32_t
mmd_s(const struct tail *t)
{
	if (t->mmd_s != 0)
		return t->mmd_s;
	return t->log.api == &log_api_static ? MMD_STATIC_S : MMD_RFC6962_S;
}

static uint64_t
mmd_ms(const struct tail *t)
{
	return mmd_s(t) * (uint64_t)1000;
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
	    mmd_text(mmd, mmd_s(t)));
	buf_fini(&period);
}

/* --- the search ---------------------------------------------------------------- */

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

static void date_done(struct tail *t);

static void
date_go(struct tail *t)
{
	struct dating *d = t->dating;
	bool tiles = t->log.api == &log_api_static;
	uint64_t size = t->target.head.size, begin;

	if (bisect_run(&d->bisect, &d->at)) {
		date_done(t);
		return;
	}
	/* A tile tells of all its entries. */
	begin = tiles ? d->at - d->at % LIMIT_TILE : d->at;
	tail_probe(t, begin,
	    tiles ? t->log.api->batch_end(&t->log, begin, size) : begin + 1);
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
		date_go(t);
		return;
	}
	tail_date_drop(t);
	t->want_newer = false; /* was for this search */
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
	date_go(t);
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
	date_go(t);
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
	bisect_know(&d->bisect, r->range.begin, stamp, num);
	tail_flights_drop(t);
	/* It must not be asked for over and over. */
	if (d->at - d->bisect.begin >= num)
		bisect_know(&d->bisect, d->at, &unknown, 1);
	date_go(t);
}
