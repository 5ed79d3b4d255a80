/* engine: see engine.h. */
#include "monitor/engine.h"

#include <signal.h>
#include <unistd.h>

#include "ctlog/base/mem.h"
#include "monitor/diag.h"
#include "monitor/probe.h"

/* How often the records are looked at for changes. */
#define INDEX_CHECK_S 2.0

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

/* --- the table: start in this order, stop in the reverse one --------------------- */

struct part {
	enum status (*start)(struct engine *g, struct err *e);
	void (*stop)(struct engine *g);
};

static enum status
start_loop(struct engine *g, struct err *e)
{
	g->loop = ev_loop_new(EVFLAG_AUTO);
	if (g->loop == NULL)
		return err_set(e, ST_IO, "the event loop cannot be made");
	return ST_OK;
}

static void
stop_loop(struct engine *g)
{
	ev_loop_destroy(g->loop);
}

static enum status
start_store(struct engine *g, struct err *e)
{
	const struct engine_conf *c = &g->conf;
	enum status st;

	st = c->store->open(&g->store, &c->store_conf, e);
	if (st != ST_OK || c->prepare == NULL)
		return st;
	st = c->prepare(c->arg, g->store, e);
	if (st != ST_OK)
		c->store->close(g->store);
	return st;
}

/* The writer closes it, once there is one. */
static void
stop_store(struct engine *g)
{
	if (g->store != NULL)
		g->conf.store->close(g->store);
}

static enum status
start_writer(struct engine *g, struct err *e)
{
	(void)e;
	g->writer = writer_new(g->loop, g->store);
	g->store = NULL;
	return ST_OK;
}

static void
stop_writer(struct engine *g)
{
	writer_free(g->writer);
}

static void engine_on_idle(void *arg);

static enum status
start_courier(struct engine *g, struct err *e)
{
	struct courier_conf c = {.loop = g->loop,
	    .writer = g->writer,
	    .instance = g->conf.config->instance,
	    .num_sinks = g->conf.num_sinks,
	    .sinks = g->conf.sinks,
	    .find = g->conf.find_sink};
	enum status st;

	if (c.find == NULL)
		return ST_OK;
	st = courier_new(&g->courier, &c, e);
	if (st == ST_OK)
		courier_on_idle(g->courier, engine_on_idle, g);
	return st;
}

static void
stop_courier(struct engine *g)
{
	courier_free(g->courier);
}

static enum status
start_http(struct engine *g, struct err *e)
{
	const struct config *c = g->conf.config;
	struct buf ua = {0};
	struct http_conf h = {.ca_file = c->fetch.ca_file,
	    .max_connections = (int)c->fetch.max_connections,
	    .per_host = (int)c->fetch.per_host,
	    .connect_timeout_ms = c->fetch.connect_timeout_ms,
	    .timeout_ms = c->fetch.timeout_ms,
	    .low_speed_ms = 30000};

	(void)e;
	buf_fmt(&ua, "indelible/%s (%s)", INDELIBLE_VERSION,
	    c->contact ? c->contact : "loopback only");
	h.user_agent = buf_cstr(&ua);
	g->http = http_new(g->loop, &h);
	buf_fini(&ua);
	return ST_OK;
}

static void
stop_http(struct engine *g)
{
	http_free(g->http);
}

static enum status
start_pool(struct engine *g, struct err *e)
{
	(void)e;
	pool_start(g->pool, g->loop, g->conf.store_conf.keys.index);
	return ST_OK;
}

static void engine_on_index(
    void *arg, size_t num_records, enum status st, const struct err *e);

static enum status
start_indexer(struct engine *g, struct err *e)
{
	(void)e;
	g->indexer =
	    indexer_new(g->loop, g->pool, g->writer, engine_on_index, g);
	return ST_OK;
}

static void
stop_indexer(struct engine *g)
{
	indexer_free(g->indexer);
}

static void
stop_logs(struct engine *g)
{
	for (size_t i = 0; i < g->num_logs; i++) {
		probe_end(g->logs[i].probe);
		tail_free(g->logs[i].tail);
		want_log_fini(&g->logs[i].want);
	}
	free(g->logs);
}

static enum status
start_logs(struct engine *g, struct err *e)
{
	(void)g;
	(void)e;
	return ST_OK;
}

static void
stop_nothing(struct engine *g)
{
	(void)g;
}

static const struct part parts[] = {
    {start_loop, stop_loop},
    {start_store, stop_store},
    {start_writer, stop_writer},
    {start_courier, stop_courier},
    {start_http, stop_http},
    {start_pool, stop_nothing},
    {start_indexer, stop_indexer},
    {start_logs, stop_logs},
};
#define NUM_PARTS (sizeof(parts) / sizeof(parts[0]))

/* --- life ------------------------------------------------------------------------ */

void
engine_init(struct engine *g, const struct engine_conf *conf)
{
	const struct config *c = conf->config;
	struct pool_conf p = {.workers = (unsigned)c->workers,
	    .slots = 64,
	    .body_limit = (size_t)c->fetch.body_limit,
	    .memory = (size_t)c->fetch.memory};

	*g = (struct engine){.conf = *conf};
	if (p.workers == 0) {
		long n = sysconf(_SC_NPROCESSORS_ONLN) - 1;

		p.workers = n < 1 ? 1 : n > 64 ? 64 : (unsigned)n;
	}
	signal(SIGPIPE, SIG_IGN);
	g->pool = pool_new(&p);
}

static void engine_committed(void *arg);
static void engine_tail_ended(void *arg, struct tail *t);

enum status
engine_open(struct engine *g, struct err *e)
{
	const struct config *c = g->conf.config;
	enum status st;

	for (size_t i = 0; i < NUM_PARTS; i++) {
		st = parts[i].start(g, e);
		if (st == ST_OK)
			continue;
		while (i-- > 0)
			parts[i].stop(g);
		pool_free(g->pool);
		return st;
	}
	g->env = (struct tail_env){.loop = g->loop,
	    .http = g->http,
	    .pool = g->pool,
	    .writer = g->writer,
	    .threshold = g->conf.threshold,
	    .name_threshold = (unsigned)c->match.name_threshold,
	    .in_flight = (unsigned)c->fetch.per_host * 2,
	    .body_limit = (size_t)c->fetch.body_limit,
	    .hold_ms = g->conf.hold_ms,
	    .poll_static_ms = c->fetch.poll_static_ms,
	    .poll_rfc6962_ms = c->fetch.poll_rfc6962_ms,
	    .partial_after_ms = c->fetch.partial_tile_after_ms,
	    .on_committed = engine_committed,
	    .on_ended = engine_tail_ended,
	    .arg = g};
	return ST_OK;
}

void
engine_abort(struct engine *g)
{
	pool_free(g->pool);
}

void
engine_close(struct engine *g)
{
	struct pool *p = g->pool;

	for (size_t i = NUM_PARTS; i-- > 1;)
		parts[i].stop(g);
	pool_free(p); /* before its loop goes */
	parts[0].stop(g);
}

/* --- logs -------------------------------------------------------------------------- */

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

struct probe_arg {
	struct engine *g;
	size_t at;
};

static void
engine_on_probe(void *arg, const struct log_api *api, const struct err *err)
{
	struct probe_arg *a = arg;
	struct engine *g = a->g;
	struct entry_log *l = &g->logs[a->at];

	free(a);
	l->probe = NULL;
	l->want.api = api;
	if (api != NULL) {
		log_start(g, l);
		return;
	}
	l->status = ST_UNREACHABLE;
	l->err = *err;
	diag_error("%s", err->text);
	log_ended(g, l);
}

static void
logs_start(struct engine *g)
{
	for (size_t i = 0; i < g->num_logs; i++) {
		struct entry_log *l = &g->logs[i];
		struct probe_arg *a;

		if (l->want.api != NULL) {
			log_start(g, l);
			continue;
		}
		a = NEW(struct probe_arg);
		*a = (struct probe_arg){g, i};
		l->probe = probe_new(g->http, l->want.url, engine_on_probe, a);
	}
}

/* --- events -------------------------------------------------------------------------- */

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

static void
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

static void
engine_committed(void *arg)
{
	struct engine *g = arg;

	courier_kick(g->courier);
}

static void
engine_tail_ended(void *arg, struct tail *t)
{
	struct engine *g = arg;

	if (g->conf.on_tail_ended != NULL)
		g->conf.on_tail_ended(g->conf.arg, t);
	for (size_t i = 0; i < g->num_logs; i++)
		if (g->logs[i].tail == t)
			log_ended(g, &g->logs[i]);
}

static void
engine_on_index(
    void *arg, size_t num_records, enum status st, const struct err *e)
{
	struct engine *g = arg;

	g->num_records = num_records;
	if (g->started) {
		diag_info("match index: %zu records", num_records);
		return;
	}
	if (st != ST_OK) {
		g->failed = true;
		g->status = st;
		g->err = *e;
		ev_break(g->loop, EVBREAK_ALL);
		return;
	}
	g->started = true;
	if (g->stopping || g->num_logs == 0)
		ev_break(g->loop, EVBREAK_ALL);
	else
		logs_start(g);
	courier_kick(g->courier);
}

void
engine_stop(struct engine *g)
{
	g->stopping = true;
	indexer_stop(g->indexer);
	for (size_t i = 0; i < g->num_logs; i++) {
		struct entry_log *l = &g->logs[i];

		if (l->ended)
			continue;
		if (l->tail != NULL) {
			tail_stop(l->tail);
			continue;
		}
		probe_end(l->probe);
		l->probe = NULL;
		l->status = ST_AGAIN;
		err_set(&l->err, ST_AGAIN, "stopped before the end");
		log_ended(g, l);
	}
}

static void
engine_on_stop(struct ev_loop *loop, ev_signal *w, int revents)
{
	struct engine *g = w->data;

	(void)loop;
	(void)revents;
	if (g->stopping) { /* a second signal: at once */
		diag_warn("stopped at once");
		_exit(75);
	}
	diag_info("stopping: what was read is being stored");
	engine_stop(g);
}

static void
engine_on_hup(struct ev_loop *loop, ev_signal *w, int revents)
{
	struct engine *g = w->data;

	(void)loop;
	(void)revents;
	indexer_check(g->indexer);
	courier_kick(g->courier);
}

static void
engine_on_tick(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct engine *g = w->data;

	(void)loop;
	(void)revents;
	if (g->conf.on_tick != NULL)
		g->conf.on_tick(g->conf.arg);
}

static void
signals_start(struct engine *g)
{
	ev_signal_init(&g->on_int, engine_on_stop, SIGINT);
	ev_signal_init(&g->on_term, engine_on_stop, SIGTERM);
	ev_signal_init(&g->on_hup, engine_on_hup, SIGHUP);
	ev_timer_init(&g->on_tick, engine_on_tick, 1.0, 1.0);
	g->on_int.data = g->on_term.data = g->on_hup.data = g;
	g->on_tick.data = g;
	ev_signal_start(g->loop, &g->on_int);
	ev_signal_start(g->loop, &g->on_term);
	ev_signal_start(g->loop, &g->on_hup);
	ev_timer_start(g->loop, &g->on_tick);
}

static void
signals_stop(struct engine *g)
{
	ev_signal_stop(g->loop, &g->on_int);
	ev_signal_stop(g->loop, &g->on_term);
	ev_signal_stop(g->loop, &g->on_hup);
	ev_timer_stop(g->loop, &g->on_tick);
}

/* Wait until the store thread has done everything. */
static void
engine_drain(struct engine *g)
{
	while (writer_pending(g->writer) > 0) {
		ev_ref(g->loop); /* sleep in the loop, do not spin */
		ev_run(g->loop, EVRUN_ONCE);
		ev_unref(g->loop);
	}
}

struct wait_task {
	struct task task;
	enum status (*run)(void *arg, struct store *s, struct err *e);
	void *arg;
};

static void
wait_run(struct task *task, struct store *s)
{
	struct wait_task *t = (struct wait_task *)task;

	task->status = t->run(t->arg, s, &task->err);
}

static void
wait_done(struct task *task)
{
	(void)task;
}

enum status
engine_task(struct engine *g,
    enum status (*run)(void *arg, struct store *s, struct err *e), void *arg,
    struct err *e)
{
	struct wait_task t = {.task = {.run = wait_run, .done = wait_done},
	    .run = run,
	    .arg = arg};

	writer_submit(g->writer, &t.task);
	engine_drain(g);
	if (t.task.status != ST_OK)
		*e = t.task.err;
	return t.task.status;
}

bool
engine_was_stopped(const struct engine *g)
{
	return g->stopping;
}

void
engine_run(struct engine *g)
{
	signals_start(g);
	indexer_check(g->indexer);
	indexer_watch(g->indexer, INDEX_CHECK_S);
	ev_run(g->loop, 0);
	indexer_stop(g->indexer);
	courier_stop(g->courier);
	engine_drain(g);
	signals_stop(g);
	if (g->conf.on_all_ended != NULL)
		g->conf.on_all_ended(g->conf.arg);
}
