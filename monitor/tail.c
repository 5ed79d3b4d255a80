/*
 * tail: life of one log being read: start, the order of things, stop, end.
 * The steps themselves: tail_head.c, tail_open.c, tail_read.c, tail_prove.c,
 * tail_commit.c, for a range by dates tail_date.c, and for the order in which a
 * scan reads tail_units.c.
 */
#include <time.h>

#include "ctlog/base/mem.h"
#include "monitor/diag.h"
#include "monitor/tail_private.h"

int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void
signed_head_copy(struct signed_head *to, const struct signed_head *from)
{
	if (to == from)
		return;
	to->head = from->head;
	to->received_ms = from->received_ms;
	buf_clear(&to->raw);
	buf_span_add(&to->raw, buf_span(&from->raw));
}

void
tail_timer(struct tail *t, ev_timer *w, double after,
    void (*cb)(struct ev_loop *, ev_timer *, int))
{
	ev_timer_stop(t->env->loop, w);
	ev_timer_init(w, cb, after, 0.0);
	w->data = t;
	ev_timer_start(t->env->loop, w);
}

struct tail *
tail_new(const struct tail_env *env, const struct tail_log *log,
    const struct tail_range *range)
{
	struct tail *t = NEW(struct tail);

	t->env = env;
	t->log.api = log->api;
	t->log.name = mem_str(log->name);
	t->log.url = mem_str(log->url);
	t->log.origin = mem_str(log->origin ? log->origin : "");
	t->log.key = log->key;
	t->operator_name = mem_str(log->operator_name);
	t->mmd_s = log->mmd_s;
	t->http1 = log->http1;
	t->unindexed = log->unindexed;
	t->no_keepalive = log->no_keepalive;
	t->range = *range;
	t->start_ms = now_ms();
	t->hasher = hasher_new();
	t->hauls_end = &t->hauls;
	ev_init(&t->head_timer, NULL);
	ev_init(&t->proof_timer, NULL);
	ev_init(&t->partial_timer, NULL);
	ev_init(&t->pause_timer, NULL);
	ev_init(&t->health_timer, NULL);
	ev_init(&t->commit_timer, NULL);
	ev_init(&t->older.again, NULL);
	return t;
}

void
tail_start(struct tail *t)
{
	t->phase = PHASE_HEAD;
	tail_head_ask(t);
	tail_health_watch(t);
}

/* No timer, no request, no batch any more; what was accepted stays. */
static void
tail_quiet(struct tail *t)
{
	ev_timer_stop(t->env->loop, &t->head_timer);
	ev_timer_stop(t->env->loop, &t->partial_timer);
	ev_timer_stop(t->env->loop, &t->pause_timer);
	if (t->head_call != NULL)
		http_cancel(t->env->http, t->head_call);
	t->head_call = NULL;
	tail_proof_drop(t);
	tail_older_drop(t);
	gap_fini(&t->gap);
	tail_flights_drop(t);
	tail_date_drop(t);
}

bool
tail_is_local(const struct tail *t)
{
	return http_is_local(t->log.url);
}

enum status
tail_lost(const struct tail *t, enum status why)
{
	if (!tail_is_local(t))
		return ST_UNREACHABLE;
	return why == ST_AGAIN ? ST_MISSING : why;
}

double
tail_backoff(unsigned failures)
{
	double s = TAIL_BACKOFF_S;

	for (unsigned i = 1; i < failures && s < TAIL_BACKOFF_MAX_S; i++)
		s *= 2;
	return s < TAIL_BACKOFF_MAX_S ? s : TAIL_BACKOFF_MAX_S;
}

/* A followed log is not given up: it begins anew from what the store has. */
static void
tail_restart(struct tail *t, const struct err *err)
{
	diag_error("%s: %s; beginning anew in %.0f s", t->log.name,
	    err != NULL ? err->text : "stopped", TAIL_RESTART_S);
	tail_quiet(t);
	tail_commit_drop(t);
	t->rewinding = t->paused = false;
	t->phase = PHASE_HEAD;
	tail_head_after(t, TAIL_RESTART_S);
}

static void
tail_place(struct tail *t, const char *url, const char *origin)
{
	free(t->log.url);
	free(t->log.origin);
	t->log.url = mem_str(url);
	t->log.origin = mem_str(origin ? origin : "");
}

void
tail_move(struct tail *t, const struct log_api *api, const char *url,
    const char *origin)
{
	tail_place(t, url, origin);
	if (t->log.api != api) {
		t->log.page = 0;
		memset(&t->log.clue, 0, sizeof(t->log.clue));
		t->no_proofs = false;
		t->unindexed = true; /* both protocols: it is a v1 log */
	}
	t->log.api = api;
	t->head_failures = t->signature_failures = t->proof_failures = 0;
	/* Opening asks nobody but the store. */
	if (t->phase >= PHASE_STOP || t->phase == PHASE_OPEN)
		return;
	tail_quiet(t);
	tail_commit_drop(t);
	t->rewinding = t->paused = t->want_newer = false;
	t->phase = PHASE_HEAD;
	tail_head_ask(t);
}

void
tail_rest(struct tail *t, int64_t poll_ms)
{
	if (t->rest_ms == poll_ms || t->phase >= PHASE_STOP)
		return;
	t->rest_ms = poll_ms;
	if (t->head_call == NULL && t->phase == PHASE_READ)
		tail_head_later(t);
}

void
tail_over(struct tail *t, bool over)
{
	t->over = over;
}

void
tail_end(struct tail *t, enum status st, const struct err *err)
{
	if (t->phase >= PHASE_STOP)
		return;
	if (t->range.follow && st != ST_AGAIN) {
		tail_restart(t, err);
		return;
	}
	t->status = t->units.num_bad > 0 ? ST_MISMATCH : st;
	if (t->units.num_bad > 0)
		t->err = t->units.why;
	else if (err != NULL)
		t->err = *err;
	tail_quiet(t);
	t->phase = PHASE_STOP;
	tail_step(t);
}

void
tail_stop(struct tail *t)
{
	struct err e = {"stopped before the end"};

	tail_end(t, ST_AGAIN, &e);
}

/* In PHASE_STOP: what was accepted is committed, then the tail has ended. */
static void
tail_finish(struct tail *t)
{
	if (t->committing || t->rewinding || t->num_tasks > 0)
		return;
	if (t->hauls != NULL || t->have_proof) {
		tail_commit_now(t);
		return;
	}
	ev_timer_stop(t->env->loop, &t->commit_timer);
	ev_timer_stop(t->env->loop, &t->health_timer);
	t->phase = PHASE_ENDED;
	t->env->on_ended(t->env->arg, t);
}

static bool
tail_is_reading(const struct tail *t)
{
	return t->phase == PHASE_READ && !t->rewinding && !t->paused &&
	       !t->gap.on;
}

/* Batches are accepted up to where they have to be compared, again and again. */
static void
tail_read_on(struct tail *t)
{
	uint64_t before;

	do {
		before = t->accepted;
		tail_accept(t);
		if (tail_is_reading(t))
			tail_prove(t);
	} while (tail_is_reading(t) && t->accepted > before);
}

void
tail_step(struct tail *t)
{
	if (t->phase == PHASE_STOP) {
		tail_finish(t);
		return;
	}
	if (t->phase == PHASE_DATE)
		tail_date_step(t);
	if (!tail_is_reading(t))
		return;
	if (tail_units_open(t))
		tail_read_on(t);
	if (tail_is_reading(t))
		tail_units_next(t);
	if (!tail_is_reading(t))
		return;
	tail_plan(t);
	tail_commit_soon(t);
}

void
tail_free(struct tail *t)
{
	struct haul *h, *next;

	if (t == NULL)
		return;
	tail_quiet(t);
	ev_timer_stop(t->env->loop, &t->commit_timer);
	ev_timer_stop(t->env->loop, &t->health_timer);
	for (h = t->hauls; h != NULL; h = next) {
		next = h->next;
		haul_free(h);
	}
	hasher_free(t->hasher);
	logkey_free(t->log.key);
	free(t->log.name);
	free(t->log.url);
	free(t->log.origin);
	free(t->operator_name);
	store_log_fini(&t->stored);
	buf_fini(&t->target.raw);
	buf_fini(&t->newest.raw);
	buf_fini(&t->received.raw);
	buf_fini(&t->proof_head.raw);
	buf_fini(&t->older.head.raw);
	buf_fini(&t->proven_head.raw);
	buf_fini(&t->older.replies);
	buf_fini(&t->replies);
	gap_fini(&t->gap);
	proof_job_fini(&t->job);
	tail_units_fini(t);
	free(t);
}

void
tail_state(const struct tail *t, struct tail_state *out)
{
	*out = (struct tail_state){
	    .name = t->log.name,
	    .operator_name = t->operator_name,
	    .api = t->log.api->name,
	    .log_id = logkey_id(t->log.key),
	    .status = t->status,
	    .ended = t->phase == PHASE_ENDED,
	    .err = &t->err,
	    .from = t->from,
	    .to = t->to,
	    .accepted = t->accepted,
	    .committed = t->stretch.read,
	    .proven = t->stretch.proven,
	    .resumed = t->resumed,
	    .head = t->target.head,
	    .newest = t->newest.head.size,
	    .newest_signed_ms = t->newest.head.timestamp,
	    .heard_ms = t->heard_ms,
	    .broken = t->broken,
	    .num_hits = t->num_hits,
	    .num_quarantined = t->num_quarantined,
	    .num_dropped = t->num_dropped,
	    .num_partial = t->num_partial,
	    .num_bytes = t->num_bytes,
	};
	if (t->units.num_parts == 0)
		return;
	tail_units_sum(t, &out->committed, &out->proven);
	out->accepted = out->committed;
	if (t->units.open && !t->units.over)
		out->accepted += t->accepted - t->stretch.read;
}
