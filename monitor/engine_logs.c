/*
 * engine_logs: the logs of an engine: finding out their protocol, starting
 * their tails, and knowing when all have ended.
 */
#include "ctlog/base/mem.h"
#include "monitor/diag.h"
#include "monitor/engine_private.h"
#include "monitor/detect.h"

void
want_log_fini(struct want_log *w)
{
	free(w->name);
	free(w->operator_name);
	free(w->url);
	free(w->origin);
	logkey_free(w->key);
	*w = (struct want_log){0};
}

void
engine_add(struct engine *g, struct want_log *w, const struct tail_range *range)
{
	g->logs = mem_grow(g->logs, g->num_logs + 1, sizeof(*g->logs));
	g->logs[g->num_logs] = (struct entry_log){.want = *w, .range = *range};
	*w = (struct want_log){0};
	g->num_logs++;
}

static void
log_start(struct engine *g, struct entry_log *l)
{
	struct tail_log tl = {.name = l->want.name,
	    .operator_name = l->want.operator_name,
	    .url = l->want.url,
	    .origin = l->want.origin,
	    .api = l->want.api,
	    .key = l->want.key,
	    .mmd_s = l->want.mmd_s,
	    .http1 = l->want.http1,
	    .no_keepalive = l->want.no_keepalive};

	l->want.key = NULL;
	l->tail = tail_new(&g->env, &tl, &l->range);
	tail_start(l->tail);
}

static void engine_settle(struct engine *g);

static void
log_ended(struct engine *g, struct entry_log *l)
{
	if (l->ended)
		return;
	l->ended = true;
	g->num_ended++;
	engine_settle(g);
}

static void log_detect(struct engine *g, struct entry_log *l);

/* A followed log that does not answer is asked again: it may be the network of
 * a machine that has just started. */
static void
log_on_again(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct entry_log *l = w->data;

	(void)loop;
	(void)revents;
	log_detect(l->engine, l);
}

static void
engine_on_detect(void *arg, const struct log_api *api, const struct err *err)
{
	struct entry_log *l = arg;
	struct engine *g = l->engine;

	l->detect = NULL;
	l->want.api = api;
	if (api != NULL) {
		log_start(g, l);
		return;
	}
	l->status = ST_UNREACHABLE;
	l->err = *err;
	if (l->tries++ == 0)
		diag_error("%s", err->text);
	if (!l->range.follow) {
		log_ended(g, l);
		return;
	}
	ev_timer_init(
	    &l->again, log_on_again, l->tries < 6 ? 1 << l->tries : 60, 0.0);
	l->again.data = l;
	ev_timer_start(g->loop, &l->again);
}

static void
log_detect(struct engine *g, struct entry_log *l)
{
	l->detect = detect_new(g->http, l->want.url, engine_on_detect, l);
}

void
engine_logs_start(struct engine *g)
{
	for (size_t i = 0; i < g->num_logs; i++) {
		struct entry_log *l = &g->logs[i];

		l->engine = g;
		ev_init(&l->again, NULL);
		if (l->want.api != NULL)
			log_start(g, l);
		else
			log_detect(g, l);
	}
}

/* When every log has ended and nothing is under way, the loop ends. */
static void
engine_settle(struct engine *g)
{
	if (g->courier != NULL)
		courier_kick(g->courier);
	else
		engine_on_idle(g);
}

enum status
engine_log_status(const struct entry_log *l)
{
	struct tail_state s;

	if (l->tail == NULL)
		return l->status;
	tail_state(l->tail, &s);
	return s.status;
}

/* Some log contradicted itself. */
static bool
engine_misbehaved(const struct engine *g)
{
	for (size_t i = 0; i < g->num_logs; i++) {
		enum status st = engine_log_status(&g->logs[i]);

		if (st == ST_MISMATCH || st == ST_SIGNATURE)
			return true;
	}
	return false;
}

void
engine_on_idle(void *arg)
{
	struct engine *g = arg;

	if (!g->started || g->num_ended < g->num_logs)
		return;
	if (g->courier != NULL && g->conf.tell_unproven && !g->flushed &&
	    engine_misbehaved(g)) {
		g->flushed = true;
		courier_flush(g->courier);
		return;
	}
	ev_break(g->loop, EVBREAK_ALL);
}

void
engine_committed(void *arg)
{
	struct engine *g = arg;

	courier_kick(g->courier);
}

void
engine_tail_ended(void *arg, struct tail *t)
{
	struct engine *g = arg;

	if (g->conf.on_tail_ended != NULL)
		g->conf.on_tail_ended(g->conf.arg, t);
	for (size_t i = 0; i < g->num_logs; i++)
		if (g->logs[i].tail == t)
			log_ended(g, &g->logs[i]);
}

void
engine_logs_stop(struct engine *g)
{
	for (size_t i = 0; i < g->num_logs; i++) {
		struct entry_log *l = &g->logs[i];

		if (l->ended)
			continue;
		if (l->tail != NULL) {
			tail_stop(l->tail);
			continue;
		}
		ev_timer_stop(g->loop, &l->again);
		detect_end(l->detect);
		l->detect = NULL;
		l->status = ST_AGAIN;
		err_set(&l->err, ST_AGAIN, "stopped before the end");
		log_ended(g, l);
	}
}

void
engine_logs_free(struct engine *g)
{
	for (size_t i = 0; i < g->num_logs; i++) {
		ev_timer_stop(g->loop, &g->logs[i].again);
		detect_end(g->logs[i].detect);
		tail_free(g->logs[i].tail);
		want_log_fini(&g->logs[i].want);
	}
	free(g->logs);
}
