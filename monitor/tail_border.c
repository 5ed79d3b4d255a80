/*
 * tail_border: the signed tree in between, while a scan reads its units: the
 * tree in front of a piece, to begin it with, and the one behind it, to compare
 * it with. A static log tells the hashes of up to 256 units at a time, in one
 * tile of level 2; that, and what else ties it to the head, is little beside
 * the 65,536 data tiles. An RFC 6962 log is asked for the tree at one place.
 */
#include <inttypes.h>

#include "monitor/diag.h"
#include "monitor/tail_private.h"

/* Entries under a hash tile of level 2. */
#define WINDOW (LIMIT_TILE * UNIT)

static bool
is_known(const struct known *k, uint64_t at)
{
	uint64_t begin = k->tree.end;

	return at >= begin && (at - begin) % UNIT == 0 &&
	       (at - begin) / UNIT <= k->num_units;
}

static const struct known *
find(const struct units *u, uint64_t at)
{
	unsigned num = u->num_known < TAIL_KNOWN ? u->num_known : TAIL_KNOWN;

	for (unsigned i = 0; i < num; i++)
		if (is_known(&u->known[i], at))
			return &u->known[i];
	return NULL;
}

bool
tail_border(struct tail *t, uint64_t at, struct range *out)
{
	const struct known *k = find(&t->units, at);

	if (k == NULL && at != 0)
		return false;
	range_init(out, 0);
	if (k == NULL)
		return true;
	*out = k->tree;
	for (unsigned i = 0; out->end < at; i++)
		range_add(out, t->hasher, UNIT_LEVEL, &k->unit[i]);
	return true;
}

void
tail_border_ask(struct tail *t, uint64_t at)
{
	uint64_t begin = at / WINDOW * WINDOW, left;

	if (t->proving)
		return;
	if (!t->log.api->have_units || at % UNIT != 0) {
		tail_anchor_units(t, at, 0);
		return;
	}
	left = (t->target.head.size - begin) / UNIT;
	tail_anchor_units(
	    t, begin, left < LIMIT_TILE ? (unsigned)left : LIMIT_TILE);
}

void
tail_border_holds(struct tail *t)
{
	struct units *u = &t->units;
	struct known *k = &u->known[u->num_known++ % TAIL_KNOWN];

	k->tree = t->job.range;
	k->num_units = t->job.num_units;
	for (unsigned i = 0; i < k->num_units; i++)
		k->unit[i] = t->job.unit[i];
	u->refuted = 0;
	tail_proof_drop(t);
	tail_step(t);
}

/* The log's own tree between its head and the units does not fit: nothing that
 * would be read could be proven. */
void
tail_border_refuted(struct tail *t, const struct err *why)
{
	uint64_t from = t->job.at, to = from + t->job.num_units * UNIT;
	struct err e = {""};

	tail_proof_drop(t);
	if (t->units.refuted++ < TAIL_REREADS) {
		diag_warn("%s: the hashes over its entries: %s; asking again",
		    t->log.name, why->text);
		tail_step(t);
		return;
	}
	err_set(&e, ST_MISMATCH,
	    "its hashes over entries %" PRIu64 " to %" PRIu64
	    " contradict its signed head: %s",
	    from, to, why->text);
	tail_event(t, MISDEED_BAD_PROOF, e.text);
	tail_end(t, ST_MISMATCH, &e);
}

/* Oldest first the units are compared as they come, when the log has their
 * hashes, and asks for these are few beside what there is to read. */
bool
tail_border_due(struct tail *t)
{
	const struct units *u = &t->units;
	uint64_t proven = t->proven;

	return !t->range.follow && t->log.api->have_units && !u->blind &&
	       t->accepted % UNIT == 0 && t->accepted > proven &&
	       (u->at.end - t->accepted >= UNIT || find(u, t->accepted));
}

void
tail_border_forget(struct tail *t)
{
	t->units.num_known = 0;
}
