/*
 * tail_prove: what was read is what the log signed. At a head's size the roots
 * must be equal. Elsewhere (a static log's last full tile, every so often in a
 * long range, the end of a part of a log) the log's proofs tie the position to
 * the head. A contradiction is read again; if it stays, it is misbehaviour.
 */
#include <inttypes.h>

#include "monitor/diag.h"
#include "monitor/tail_private.h"

/* --- contradictions ---------------------------------------------------------- */

/* Try again, with whatever the log signs now. */
static void
pause_on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct tail *t = w->data;

	(void)loop;
	(void)revents;
	t->paused = false;
	if (t->newest.head.size > t->target.head.size)
		signed_head_copy(&t->target, &t->newest);
	tail_step(t);
}

void
tail_pause(struct tail *t)
{
	double s = TAIL_PAUSE_POLLS * tail_poll_s(t);

	t->paused = true;
	tail_timer(t, &t->pause_timer, s < TAIL_PAUSE_S ? s : TAIL_PAUSE_S,
	    pause_on_timer);
}

void
tail_misbehaved(struct tail *t, enum misdeed kind, const struct err *why)
{
	struct err e = *why;

	tail_event(t, kind, e.text);
	if (kind != MISDEED_FORK && kind != MISDEED_ROLLBACK)
		t->mismatches = 0;
	if (!t->range.follow) {
		if (kind == MISDEED_ROOT_MISMATCH && tail_units_give_up(t, &e))
			tail_step(t);
		else
			tail_end(t, ST_MISMATCH, &e);
		return;
	}
	if (kind == MISDEED_UNREADABLE || kind == MISDEED_ZERO_ENTRIES ||
	    kind == MISDEED_BAD_PROOF) {
		tail_pause(t);
	} else if (kind == MISDEED_ROOT_MISMATCH) {
		t->broken = true;
		diag_error("%s: read on without proofs; `indelible logs "
			   "bridge` ends that when you have looked at it",
		    t->log.name);
		tail_step(t);
	}
}

void
tail_mismatch(struct tail *t, enum misdeed kind, const struct err *why)
{
	struct err e = *why;

	if (kind == MISDEED_FORK || kind == MISDEED_ROLLBACK) {
		/* About heads; what is under way goes on. */
		tail_misbehaved(t, kind, &e);
		return;
	}
	tail_proof_drop(t);
	tail_flights_drop(t);
	if (kind != MISDEED_ROOT_MISMATCH) {
		tail_misbehaved(t, kind, &e);
	} else if (t->mismatches++ < TAIL_REREADS) {
		diag_warn("%s: %s; reading again from %" PRIu64, t->log.name,
		    e.text, t->stretch.proven);
		gap_fini(&t->gap);
		tail_rewind(t);
	} else {
		tail_gap_find(t, &e);
	}
}

/* --- proofs ------------------------------------------------------------------ */

void
tail_proof_drop(struct tail *t)
{
	ev_timer_stop(t->env->loop, &t->proof_timer);
	if (t->proof_call != NULL)
		http_cancel(t->env->http, t->proof_call);
	t->proof_call = NULL;
	if (t->proving)
		proof_job_fini(&t->job);
	t->proving = t->units.asked = false;
}

/* It goes into the next commit. */
void
tail_prove_to(struct tail *t, const struct range *tree)
{
	t->proven = tree->end;
	t->tree_proven = *tree;
	signed_head_copy(&t->proven_head, &t->proof_head);
	t->have_proof = true;
	t->mismatches = t->proof_failures = 0;
	t->next_proof = t->accepted + TAIL_PROVE_EVERY;
	tail_commit_now(t);
}

/* The position is the signed tree's. */
static void
prove_ok(struct tail *t, const struct range *tree)
{
	gap_fini(&t->gap);
	tail_prove_to(t, tree);
}

static void
prove_root(struct tail *t)
{
	struct hash root;
	struct err e;

	signed_head_copy(&t->proof_head, &t->target);
	range_root(&t->tree, t->hasher, &root);
	if (hash_eq(&root, &t->target.head.root)) {
		prove_ok(t, &t->tree);
		return;
	}
	err_set(&e, ST_MISMATCH,
	    "the root of the %" PRIu64
	    " entries read is not the root that the log signed",
	    t->tree.end);
	tail_mismatch(t, MISDEED_ROOT_MISMATCH, &e);
}

static bool
same_range(const struct range *a, const struct range *b)
{
	return a->begin == b->begin && a->end == b->end && a->num == b->num &&
	       !memcmp(a->node, b->node, a->num * sizeof(a->node[0]));
}

/* The signed tree up to there is known. */
static void
prove_border(struct tail *t, const struct range *theirs)
{
	uint64_t from = t->proven;
	struct err e;

	signed_head_copy(&t->proof_head, &t->target);
	if (same_range(&t->tree, theirs)) {
		prove_ok(t, &t->tree);
		return;
	}
	err_set(&e, ST_MISMATCH,
	    "entries %" PRIu64 " to %" PRIu64 " (unit %" PRIu64
	    ") are not those of the tree that the log signed",
	    from, t->accepted - 1, (t->accepted - 1) / UNIT);
	tail_mismatch(t, MISDEED_ROOT_MISMATCH, &e);
}

/* Nothing is read before this is proven. */
static bool
prove_is_early(const struct tail *t)
{
	return t->phase == PHASE_ANCHOR || t->phase == PHASE_DATE;
}

static void proof_ask(struct tail *t);

static void
proof_on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	proof_ask(w->data);
}

static void
proof_unavailable(struct tail *t, enum status st, const struct err *why)
{
	struct err e = *why;
	bool border = t->units.asked;
	bool needed = prove_is_early(t) ||
		      (!t->range.follow && t->accepted == t->units.at.end);

	tail_proof_drop(t);
	if (t->gap.on) {
		tail_gap_no_proof(t);
		return;
	}
	if (border) {
		tail_units_blind(t, &e);
		return;
	}
	if (st == ST_MISSING && !needed) {
		diag_info("%s: %s; the root is compared at the head's size",
		    t->log.name, e.text);
		t->no_proofs = true;
		t->next_proof = UINT64_MAX;
		tail_step(t);
		return;
	}
	tail_end(t, tail_lost(t, st), &e);
}

static void
proof_failed(struct tail *t, enum status st, const struct err *why)
{
	bool patient = t->range.follow && !t->gap.on;
	struct err e = *why;

	t->proof_failures++;
	if (st == ST_MISSING || tail_is_local(t) ||
	    (!patient && t->proof_failures >= TAIL_PATIENCE)) {
		proof_unavailable(t, st, &e);
		return;
	}
	if (st == ST_AGAIN && !t->gap.on)
		tail_head_newer(t);
	if (t->proof_failures == 1 || t->proof_failures % 32 == 0)
		diag_warn("%s: no proof: %s", t->log.name, e.text);
	tail_timer(t, &t->proof_timer, tail_backoff(t->proof_failures),
	    proof_on_timer);
}

/* The proof contradicts what was read, or the head. */
static void
proof_refutes(struct tail *t, const struct err *why)
{
	struct err e = *why;

	if (t->gap.on) {
		tail_proof_drop(t);
		tail_gap_proof(t, false);
	} else if (t->phase == PHASE_DATE) {
		tail_proof_drop(t);
		tail_date_refuted(t, &e);
	} else if (t->units.asked) {
		tail_border_refuted(t, &e);
	} else if (t->phase == PHASE_ANCHOR) {
		tail_proof_drop(t);
		tail_event(t, MISDEED_BAD_PROOF, e.text);
		tail_end(t, ST_MISMATCH, &e);
	} else {
		tail_mismatch(t, MISDEED_ROOT_MISMATCH, &e);
	}
}

static void
proof_holds(struct tail *t)
{
	struct range tree = t->job.range;

	if (t->units.asked) {
		tail_border_holds(t);
		return;
	}
	tail_proof_drop(t);
	if (t->gap.on)
		tail_gap_proof(t, true);
	else if (t->phase == PHASE_DATE)
		tail_date_proof(t, &tree);
	else if (t->phase == PHASE_ANCHOR)
		tail_open(t); /* the range stays */
	else
		prove_ok(t, &tree);
}

static void
proof_finish(struct tail *t)
{
	struct err e = {"the log's proof does not lead to its signed head"};
	enum status st = t->log.api->proof_result(&t->job, t->hasher, &e);

	if (st == ST_OK)
		proof_holds(t);
	else if (st == ST_MISMATCH || st == ST_BAD)
		proof_refutes(t, &e);
	else
		proof_failed(t, st, &e);
}

static void
proof_on_reply(void *arg, const struct http_reply *r)
{
	struct tail *t = arg;
	struct err e = r->err;
	enum status st = r->status;

	t->proof_call = NULL;
	t->units.refused = st == ST_OK && (r->code == 404 || r->code == 400);
	if (st == ST_OK && r->code != 200 && r->code != 404 && r->code != 400)
		st = err_set(&e, ST_AGAIN, "HTTP status %d", r->code);
	if (st == ST_OK)
		st = t->log.api->proof_reply(
		    &t->job, t->hasher, r->code, r->body, &e);
	if (st != ST_OK && r->code == 404 && tail_is_local(t))
		e = r->err; /* it names the file */
	if (st != ST_OK) {
		proof_failed(t, st, &e);
		return;
	}
	if (r->code == 200 &&
	    (t->gap.on || t->units.asked || prove_is_early(t)))
		evidence_reply(&t->replies, t, &t->proof_req, &t->job, r->body);
	proof_ask(t);
}

static void
proof_ask(struct tail *t)
{
	struct request *req = &t->proof_req;
	struct http_get g;

	if (!t->log.api->proof_request(&t->log, &t->job, req)) {
		proof_finish(t);
		return;
	}
	g = (struct http_get){.url = req->url,
	    .operator_name = t->operator_name,
	    .limit = req->limit,
	    .http1 = t->http1,
	    .no_keepalive = t->no_keepalive,
	    .done = proof_on_reply,
	    .arg = t};
	t->proof_call = http_get(t->env->http, &g);
}

/* have NULL: the tree of that size itself is asked for. */
static void
proof_start(struct tail *t, uint64_t at, const struct range *have)
{
	signed_head_copy(&t->proof_head, &t->target);
	proof_job_init(&t->job, have != NULL ? PROOF_PREFIX : PROOF_ANCHOR,
	    &t->target.head, at, have);
	buf_clear(&t->replies);
	t->proof_failures = 0;
	t->proving = true;
}

void
tail_anchor(struct tail *t, uint64_t at)
{
	proof_start(t, at, NULL);
	proof_ask(t);
}

void
tail_anchor_units(struct tail *t, uint64_t at, unsigned num_units)
{
	proof_start(t, at, NULL);
	if (num_units > 0)
		proof_job_units(&t->job, num_units);
	t->units.asked = true;
	proof_ask(t);
}

void
tail_proof(struct tail *t, const struct range *have)
{
	proof_start(t, have->end, have);
	proof_ask(t);
}

/* --- when ---------------------------------------------------------------------- */

/* The last proof was made under the present target. */
static bool
prove_is_fresh(const struct tail *t)
{
	return !t->range.follow ||
	       t->proven_head.head.size == t->target.head.size;
}

/* Is the position worth a proof: the end of what can be read now, or a long
 * way from the last one. */
static bool
prove_is_due(struct tail *t)
{
	uint64_t proven = t->proven;

	if (t->accepted == tail_limit(t))
		return t->accepted != proven || !prove_is_fresh(t);
	if (tail_border_due(t))
		return true;
	return t->accepted >= t->next_proof && !t->no_proofs;
}

static void
partial_on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct tail *t = w->data;

	(void)loop;
	(void)revents;
	t->partial = true;
	tail_step(t);
}

/* A static log's last tile stays partial: read it when that takes too long
 * (static-ct-api 1.1.0). The timer starts when the tip is first seen so. */
static void
prove_partial(struct tail *t)
{
	bool behind = t->range.follow && t->accepted < t->target.head.size &&
		      t->accepted == tail_limit(t);

	if (t->partial && t->accepted == t->target.head.size)
		t->partial = false;
	if (!behind)
		ev_timer_stop(t->env->loop, &t->partial_timer);
	else if (!ev_is_active(&t->partial_timer))
		tail_timer(t, &t->partial_timer,
		    (double)t->env->partial_after_ms / 1000.0,
		    partial_on_timer);
}

void
tail_prove(struct tail *t)
{
	struct range theirs;

	prove_partial(t);
	if (t->broken || t->units.over || !prove_is_due(t))
		return;
	if (t->accepted == t->target.head.size && !t->proving)
		prove_root(t);
	else if (tail_border(t, t->accepted, &theirs))
		prove_border(t, &theirs);
	else if (tail_border_due(t))
		tail_border_ask(t, t->accepted);
	else if (!t->proving)
		tail_proof(t, &t->tree);
}
