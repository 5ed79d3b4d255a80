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

static char *
copy(const char *s)
{
	return s != NULL ? mem_str(s) : NULL;
}

void
want_log_copy(struct want_log *out, const struct want_log *w)
{
	*out = *w;
	out->name = copy(w->name);
	out->operator_name = copy(w->operator_name);
	out->url = copy(w->url);
	out->origin = copy(w->origin);
	ASSERT(logkey_parse(&out->key, logkey_spki(w->key), NULL) == ST_OK);
}

bool
want_is_over(const struct want_log *w)
{
	return w->state == LOGLIST_READONLY || w->state == LOGLIST_RETIRED ||
	       w->state == LOGLIST_REJECTED;
}

void
engine_state(struct entry_log *l, enum loglist_state state)
{
	l->want.state = state;
	if (l->tail != NULL)
		tail_over(l->tail, want_is_over(&l->want));
}

/* The tail has a key of its own: ours may change its owner with the want. */
static void
log_start(struct engine *g, struct entry_log *l)
{
	struct want_log w;
	struct tail_log tl;

	want_log_copy(&w, &l->want);
	tl = (struct tail_log){.name = w.name,
	    .operator_name = w.operator_name,
	    .url = w.url,
	    .origin = w.origin,
	    .api = w.api,
	    .key = w.key,
	    .mmd_s = w.mmd_s,
	    .http1 = w.http1,
	    .no_keepalive = w.no_keepalive,
	    .unindexed = l->tiles != NULL || http_is_local(w.url)};
	w.key = NULL;
	l->tail = tail_new(&g->env, &tl, &l->range);
	want_log_fini(&w);
	tail_over(l->tail, want_is_over(&l->want));
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

/* A scan ends, and its summary says why; the service asks again, and says so
 * once. */
static void
log_unknown(struct engine *g, struct entry_log *l, const struct err *why)
{
	int wait_s = ++l->tries < 6 ? 1 << l->tries : 60;

	l->status = ST_UNREACHABLE;
	l->err = *why;
	if (!l->range.follow) {
		log_ended(g, l);
		return;
	}
	if (l->tries == 1)
		diag_error("%s: %s; the next try is in %d s, later ones are "
			   "up to 60 s apart",
		    l->want.name, why->text, wait_s);
	ev_timer_init(&l->again, log_on_again, wait_s, 0.0);
	l->again.data = l;
	ev_timer_start(g->loop, &l->again);
}

static void
engine_on_detect(void *arg, const struct detected *d)
{
	struct entry_log *l = arg;
	struct engine *g = l->engine;

	l->detect = NULL;
	l->want.api = d->api;
	if (d->api == NULL) {
		log_unknown(g, l, &d->err);
		return;
	}
	if (l->tries > 0)
		diag_info("%s: it answers now, as a %s log", l->want.name,
		    d->api->name);
	l->tries = 0;
	log_start(g, l);
}

static void
tiles_end(struct entry_log *l)
{
	tiles_free(l->tiles);
	l->tiles = NULL;
}

static void
tiles_begin(struct entry_log *l)
{
	struct tiles_conf c = {.http = l->engine->http,
	    .url = l->want.url,
	    .key = l->want.key,
	    .poll_ms = l->engine->env.poll_static_ms,
	    .follow = l->range.follow};

	tiles_end(l);
	l->tiles = tiles_new(&c);
}

/* The log is read by the better of its protocols from now on. */
static void
engine_on_tiles(void *arg, const struct detected *d)
{
	struct entry_log *l = arg;

	l->detect = NULL;
	if (d->api == &log_api_static) {
		diag_info(
		    "%s: it serves tiles, too; these are read", l->want.name);
		free(l->want.origin);
		l->want.origin = mem_str(d->origin);
		l->want.api = d->api;
		tiles_begin(l);
	} else if (d->err.text[0] != '\0') {
		diag_warn("%s: %s; it is read by get-entries", l->want.name,
		    d->err.text);
	}
	if (l->tail == NULL)
		log_start(l->engine, l);
	else
		tail_move(l->tail, l->want.api, l->want.url, l->want.origin);
}

static void
log_detect(struct engine *g, struct entry_log *l)
{
	l->detect = detect_new(g->http, l->want.url, engine_on_detect, l);
}

/* A list that calls a log an RFC 6962 one does not say what else it serves. */
static bool
may_have_tiles(const struct want_log *w)
{
	return w->listed && w->api == &log_api_rfc6962;
}

static void
log_tiles(struct engine *g, struct entry_log *l)
{
	struct detect_log at = {
	    g->loop, l->want.url, l->want.key, g->env.poll_static_ms};

	l->detect = detect_tiles(g->http, &at, engine_on_tiles, l);
}

static void
log_begin(struct engine *g, struct entry_log *l)
{
	if (l->want.api == NULL)
		log_detect(g, l);
	else if (may_have_tiles(&l->want))
		log_tiles(g, l);
	else
		log_start(g, l);
}

struct entry_log *
engine_add(struct engine *g, struct want_log *w, const struct tail_range *range)
{
	struct entry_log *l = NEW(struct entry_log);

	g->logs = mem_grow(g->logs, g->num_logs + 1, sizeof(*g->logs));
	g->logs[g->num_logs++] = l;
	l->want = *w;
	l->range = *range;
	l->engine = g;
	ev_init(&l->again, NULL);
	*w = (struct want_log){0};
	if (g->started && !g->stopping)
		log_begin(g, l);
	return l;
}

void
engine_logs_start(struct engine *g)
{
	for (size_t i = 0; i < g->num_logs; i++)
		log_begin(g, g->logs[i]);
}

void
engine_move(struct entry_log *l, const struct want_log *w)
{
	struct engine *g = l->engine;

	if (l->ended || g->stopping)
		return;
	detect_end(l->detect);
	l->detect = NULL;
	tiles_end(l);
	want_log_fini(&l->want);
	want_log_copy(&l->want, w);
	if (!g->started)
		return;
	if (l->tail == NULL)
		log_begin(g, l);
	else if (may_have_tiles(w))
		log_tiles(g, l);
	else
		tail_move(l->tail, w->api, w->url, w->origin);
}

static void
log_free(struct engine *g, struct entry_log *l)
{
	ev_timer_stop(g->loop, &l->again);
	detect_end(l->detect);
	tiles_end(l);
	tail_free(l->tail);
	want_log_fini(&l->want);
	free(l);
}

/* Once a second: when the tiles that a log also serves are not what they were,
 * it is read as the lists have it. */
static void
tiles_check(struct entry_log *l)
{
	struct tail_state s;
	const char *why;

	if (l->tiles == NULL || l->tail == NULL)
		return;
	tail_state(l->tail, &s);
	why = tiles_tick(l->tiles, &s);
	if (why == NULL)
		return;
	diag_warn("%s: %s; it is read by get-entries", l->want.name, why);
	tiles_end(l);
	l->want.api = &log_api_rfc6962;
	tail_move(l->tail, l->want.api, l->want.url, l->want.origin);
}

/* A tail cannot be freed from within. */
void
engine_logs_sweep(struct engine *g)
{
	size_t num = 0;

	for (size_t i = 0; i < g->num_logs; i++) {
		struct entry_log *l = g->logs[i];

		if (l->removed && l->ended) {
			g->num_ended--;
			log_free(g, l);
		} else {
			tiles_check(l);
			g->logs[num++] = l;
		}
	}
	g->num_logs = num;
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
		enum status st = engine_log_status(g->logs[i]);

		if (st == ST_MISMATCH || st == ST_SIGNATURE)
			return true;
	}
	return false;
}

void
engine_on_idle(void *arg)
{
	struct engine *g = arg;

	if (!g->started || g->num_ended < g->num_logs ||
	    (g->conf.stays && !g->stopping))
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
		if (g->logs[i]->tail == t)
			log_ended(g, g->logs[i]);
}

static void
log_stop(struct engine *g, struct entry_log *l)
{
	if (l->ended)
		return;
	detect_end(l->detect);
	l->detect = NULL;
	tiles_end(l);
	if (l->tail != NULL) {
		tail_stop(l->tail);
		return;
	}
	ev_timer_stop(g->loop, &l->again);
	l->status = ST_AGAIN;
	err_set(&l->err, ST_AGAIN, "stopped before the end");
	log_ended(g, l);
}

void
engine_remove(struct entry_log *l)
{
	l->removed = true;
	log_stop(l->engine, l);
}

void
engine_logs_stop(struct engine *g)
{
	for (size_t i = 0; i < g->num_logs; i++)
		log_stop(g, g->logs[i]);
	engine_settle(g);
}

void
engine_logs_free(struct engine *g)
{
	for (size_t i = 0; i < g->num_logs; i++)
		log_free(g, g->logs[i]);
	free(g->logs);
}
