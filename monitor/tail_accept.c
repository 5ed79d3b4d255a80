/*
 * tail_accept: batches that are done are taken in order: what they found is
 * kept until it is committed, and their range joins the tree. How they came:
 * tail_read.c.
 */
#include <inttypes.h>

#include "ctlog/base/mem.h"
#include "monitor/tail_private.h"

static void
haul_hits(struct tail *t, struct flight *f, struct haul *h)
{
	struct found found;

	h->hits = mem_new(f->result.num_hits, sizeof(*h->hits));
	while (batch_next_hit(&f->result, &found.hit)) {
		found.row = pool_row(t->env->pool, f->slot, found.hit.no);
		if (found.row >= 0)
			h->hits[h->num_hits++] = found;
	}
}

/* Take what the batch found; the bytes move from the slot to the haul. false:
 * the result is damaged. */
static bool
haul_take(struct tail *t, struct flight *f)
{
	struct haul *h = NEW(struct haul);
	struct batch_quarantine q;

	h->quarantined =
	    mem_new(f->result.num_quarantined, sizeof(*h->quarantined));
	while (batch_next_quarantine(&f->result, &q))
		h->quarantined[h->num_quarantined++] = q;
	if (rd_ok(&f->result.records))
		haul_hits(t, f, h);
	if (!rd_done(&f->result.records)) {
		haul_free(h);
		return false;
	}
	h->end = f->result.range.end;
	h->generation = pool_generation(t->env->pool, f->slot);
	h->tally = f->result.tally;
	h->bytes = f->slot->result;
	f->slot->result = (struct buf){0};
	t->haul_bytes += h->bytes.len;
	t->num_quarantined += h->num_quarantined;
	*t->hauls_end = h;
	t->hauls_end = &h->next;
	return true;
}

/* The log answered less than it was asked for: plan again from there, with
 * what was learned; or, when later batches are under way, ask for the rest. */
static void
flight_rest(struct tail *t, const struct flight *f, uint64_t got_to)
{
	struct flight *rest;

	if (t->first == NULL) {
		t->planned = got_to;
		return;
	}
	rest = flight_new(t, got_to, f->want.end);
	rest->next = t->first;
	t->first = rest;
	flight_ask(rest);
}

/* Readable, but not as it should be. */
static void
accept_oddities(struct tail *t, struct flight *f)
{
	struct err e;

	if (f->result.num_odd_index > 0) {
		t->odd_index = f->result.odd_index;
		err_set(&e, ST_BAD,
		    "static-ct-api: entry %" PRIu64 " has no leaf_index",
		    t->odd_index.entry);
		if (t->odd_index.says != BATCH_NO_INDEX)
			err_set(&e, ST_BAD,
			    "static-ct-api: the leaf_index of entry %" PRIu64
			    " says %" PRIu64,
			    t->odd_index.entry, t->odd_index.says);
		tail_event(t, MISDEED_BAD_LEAF_INDEX, e.text);
	}
	if (f->result.dropped > 0) {
		flight_odd(f, f->slot->order.body_len);
		err_set(&e, ST_BAD,
		    "%u entries more than were asked for from %" PRIu64 " on",
		    f->result.dropped, f->want.begin);
		tail_event(t, MISDEED_TOO_MANY_ENTRIES, e.text);
	} else {
		tail_good_entries(t);
	}
}

/* Join the first batch to the tree; false when there is a fault. */
static bool
accept_first(struct tail *t)
{
	struct flight *f = t->first;
	struct range part = f->result.range;
	struct err e;

	t->num_dropped += f->result.dropped;
	t->num_partial += f->result.partial;
	if (!haul_take(t, f)) {
		err_set(&e, ST_BAD, "a worker's result is damaged");
		flight_failed(f, ST_BAD, &e);
		return false;
	}
	accept_oddities(t, f);
	tail_gap_note(t, &part);
	ASSERT(range_join(&t->tree, t->hasher, &part));
	t->log.api->learn(&t->log, f->want.begin, f->want.end,
	    (uint32_t)(part.end - part.begin));
	t->accepted = part.end;
	t->first = f->next;
	t->num_flights--;
	if (part.end < f->want.end)
		flight_rest(t, f, part.end);
	flight_clear(f);
	free(f);
	return true;
}

void
tail_accept(struct tail *t)
{
	while (t->first != NULL && t->first->state == FLIGHT_DONE &&
	       t->accepted < t->units.at.end && !tail_border_due(t))
		if (!accept_first(t))
			return;
}
