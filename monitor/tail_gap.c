/*
 * tail_gap: where the entries of a log part from its signed tree. While
 * entries are read again after a mismatch, the tree is remembered at the
 * beginning of each batch; when the mismatch stays, the log's own proofs are
 * asked for by halves, until the batch is found behind which nothing fits any
 * more. The proofs are kept as evidence.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "ctlog/base/mem.h"
#include "monitor/diag.h"
#include "monitor/tail_private.h"

/* Batches that are remembered one by one; then they are joined in pairs. */
#define MARKS_MAX 512

void
gap_fini(struct gap *g)
{
	free(g->marks);
	buf_fini(&g->good_replies);
	buf_fini(&g->bad_replies);
	*g = (struct gap){0};
}

/* Half as many, each twice as wide. */
static void
marks_halve(struct gap *g, struct hasher *h)
{
	for (size_t i = 0; i + 1 < g->num; i += 2) {
		ASSERT(range_join(&g->marks[i].part, h, &g->marks[i + 1].part));
		g->marks[i / 2] = g->marks[i];
	}
	g->num /= 2;
}

void
tail_gap_note(struct tail *t, const struct range *part)
{
	struct gap *g = &t->gap;

	if (t->mismatches == 0 || g->on)
		return;
	if (g->marks == NULL)
		g->marks = mem_new(MARKS_MAX, sizeof(*g->marks));
	if (g->num > 0 && g->wide > 1 && g->filled < g->wide) {
		ASSERT(range_join(&g->marks[g->num - 1].part, t->hasher, part));
		g->filled++;
		return;
	}
	if (g->num == MARKS_MAX) {
		marks_halve(g, t->hasher);
		g->wide = g->wide > 0 ? 2 * g->wide : 2;
	}
	g->marks[g->num++] = (struct mark){t->tree, *part};
	g->filled = 1;
}

/* The tree in front of mark i; behind the last one: all that was read. */
static const struct range *
tree_at(const struct tail *t, size_t i)
{
	return i < t->gap.num ? &t->gap.marks[i].tree : &t->tree;
}

/* What the event says, out of what was found. */
static void
gap_result(struct tail *t)
{
	struct gap *g = &t->gap;

	g->from = t->stretch.proven;
	g->to = t->accepted;
	if (g->num == 0)
		return;
	g->before = *tree_at(t, g->good);
	g->from = g->before.end;
	g->to = tree_at(t, g->bad)->end;
	g->entries = g->marks[g->good].part;
	for (size_t i = g->good + 1; i < g->bad; i++)
		ASSERT(range_join(&g->entries, t->hasher, &g->marks[i].part));
}

static void
gap_end(struct tail *t)
{
	struct gap *g = &t->gap;
	struct err e = g->why;

	gap_result(t);
	g->on = false;
	if (g->num > 0)
		err_set(&e, ST_MISMATCH,
		    "%s; entries %" PRIu64 " to %" PRIu64 " do not fit",
		    g->why.text, g->from, g->to - 1);
	if (g->num > 0 && g->good > 0)
		tail_prove_to(t, tree_at(t, g->good));
	tail_misbehaved(t, MISDEED_ROOT_MISMATCH, &e);
	gap_fini(g);
}

/* Which proof to ask for next; false: all is known. */
static bool
gap_choose(struct tail *t)
{
	struct gap *g = &t->gap;

	if (t->no_proofs || g->num == 0)
		return false;
	if (g->bad - g->good > 1) {
		g->step = GAP_HALVES;
		g->asked = g->good + (g->bad - g->good) / 2;
	} else if (!g->good_asked && tree_at(t, g->good)->end > 0) {
		g->step = GAP_GOOD;
		g->asked = g->good;
		g->good_asked = true;
	} else if (!g->bad_asked &&
		   tree_at(t, g->bad)->end < t->target.head.size) {
		g->step = GAP_BAD;
		g->bad_asked = true;
	} else {
		return false;
	}
	return true;
}

static void
gap_next(struct tail *t)
{
	struct gap *g = &t->gap;

	if (!gap_choose(t))
		gap_end(t);
	else if (g->step == GAP_BAD)
		tail_anchor(t, tree_at(t, g->bad)->end);
	else
		tail_proof(t, tree_at(t, g->asked));
}

static void
replies_take(struct buf *to, struct buf *from)
{
	buf_fini(to);
	*to = *from;
	*from = (struct buf){0};
}

/* The signed tree that was proven last; size 0: none. */
static struct tree
tree_before(const struct tail *t)
{
	const struct head *h = &t->proven_head.head;

	if (h->size > 0)
		return (struct tree){h->size, h->root};
	return (struct tree){t->stored.proven.size, t->stored.proven.root};
}

/* The tree that was proven under the last head is not that of this one: the
 * log's own proof at that head's size shows it. */
static bool
gap_before(struct tail *t)
{
	struct gap *g = &t->gap;
	struct tree before = tree_before(t);

	if (before.size == 0 || before.size >= t->target.head.size)
		return false;
	g->step = GAP_BEFORE;
	g->bad_asked = true;
	tail_anchor(t, before.size);
	return true;
}

/* The log's proof leads nowhere: nothing is known of the entries. */
static void
gap_bad_proof(struct tail *t)
{
	struct err e = {"the log's proof does not lead to its signed head"};

	t->gap.on = false;
	gap_fini(&t->gap);
	tail_misbehaved(t, MISDEED_BAD_PROOF, &e);
}

/* Earlier proofs were wrong (a cache served those of another question), the
 * entries are not. */
static void
gap_none(struct tail *t)
{
	struct range tree = *tree_at(t, t->gap.bad);

	t->gap.on = false;
	gap_fini(&t->gap);
	if (t->phase == PHASE_DATE) {
		tail_date_proof(t, &tree);
		return;
	}
	tail_prove_to(t, &tree);
	tail_step(t);
}

/* The log's tree does continue the one before, so the proof that said no was
 * not its own; who sent it is not known. */
static void
gap_again(struct tail *t)
{
	struct err e = {"its proofs contradict each other"};

	t->gap.on = false;
	gap_fini(&t->gap);
	t->mismatches = 0;
	if (!t->range.follow) {
		tail_end(t, ST_UNREACHABLE, &e);
		return;
	}
	diag_warn("%s: %s; trying again later", t->log.name, e.text);
	tail_pause(t);
}

/* The proof that leads to no verdict: what is known has to do. */
void
tail_gap_no_proof(struct tail *t)
{
	if (t->gap.num > 0)
		gap_end(t);
	else
		gap_again(t);
}

/* Nothing was read since the last proof, so it is not the entries: either the
 * log's tree does not continue the one before, which only its own proof can
 * show, or the proof was not its own. */
static void
gap_of_heads(struct tail *t)
{
	if (t->no_proofs || !gap_before(t))
		gap_again(t);
}

void
tail_gap_find(struct tail *t, const struct err *why)
{
	struct gap *g = &t->gap;

	g->on = true;
	g->why = *why;
	g->good = 0;
	g->bad = g->num;
	diag_warn("%s: %s; finding out where", t->log.name, why->text);
	if (g->num == 0)
		gap_of_heads(t);
	else
		gap_next(t);
}

/* What the log says is its tree where the last head was. */
static void
gap_continues(struct tail *t)
{
	struct gap *g = &t->gap;
	struct tree before = tree_before(t);
	struct hash root;

	range_root(&t->job.range, t->hasher, &root);
	if (hash_eq(&root, &before.root)) {
		gap_again(t);
		return;
	}
	replies_take(&g->good_replies, &t->replies);
	gap_end(t);
}

/* The log's own tree at `bad` is there. */
static void
gap_anchored(struct tail *t)
{
	struct gap *g = &t->gap;
	struct hash ours, theirs;

	range_root(tree_at(t, g->bad), t->hasher, &ours);
	range_root(&t->job.range, t->hasher, &theirs);
	if (hash_eq(&ours, &theirs)) {
		gap_none(t);
		return;
	}
	replies_take(&g->bad_replies, &t->replies);
	gap_next(t);
}

void
tail_gap_proof(struct tail *t, bool holds)
{
	struct gap *g = &t->gap;

	if (!holds && (g->step == GAP_BAD || g->step == GAP_BEFORE)) {
		gap_bad_proof(t);
		return;
	}
	if (g->step == GAP_BAD) {
		gap_anchored(t);
		return;
	}
	if (g->step == GAP_BEFORE) {
		gap_continues(t);
		return;
	}
	if (!holds && g->step == GAP_GOOD && gap_before(t))
		return;
	if (holds) {
		g->good = g->asked;
		g->good_asked = true;
		replies_take(&g->good_replies, &t->replies);
	} else if (g->step == GAP_HALVES) {
		g->bad = g->asked;
	}
	gap_next(t);
}
