/* engine: the parts and their order; see engine.h. The logs are looked after
 * in engine_logs.c, signals and ticks in engine_signals.c. */
#include "monitor/engine.h"

#include <signal.h>
#include <unistd.h>

#include "ctlog/base/mem.h"
#include "monitor/cmd.h"
#include "monitor/diag.h"
#include "monitor/engine_private.h"
#include "monitor/tally.h"

/* How often the records are looked at for changes. */
#define INDEX_CHECK_S 2.0
/* What the program takes besides replies, at most: without the index. */
#define OWN_MEMORY (32 << 20)

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

static enum status
start_courier(struct engine *g, struct err *e)
{
	struct courier_conf c = {.loop = g->loop,
	    .writer = g->writer,
	    .instance = g->conf.config->instance,
	    .ca_file = g->conf.config->fetch.ca_file,
	    .public_url = g->conf.config->public.url,
	    .spawn = g->spawn,
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

struct http *
engine_http(struct ev_loop *loop, const struct config *c)
{
	struct http_conf h = {.ca_file = c->fetch.ca_file,
	    .max_connections = (int)c->fetch.max_connections,
	    .per_host = (int)c->fetch.per_host,
	    .connect_timeout_ms = c->fetch.connect_timeout_ms,
	    .timeout_ms = c->fetch.timeout_ms,
	    .low_speed_ms = 30000};
	struct buf ua = {0};
	struct http *http;

	buf_fmt(&ua, "indelible/%s (%s)", INDELIBLE_VERSION,
	    c->contact ? c->contact : "loopback only");
	h.user_agent = buf_cstr(&ua);
	http = http_new(loop, &h);
	buf_fini(&ua);
	return http;
}

static enum status
start_http(struct engine *g, struct err *e)
{
	(void)e;
	g->http = engine_http(g->loop, g->conf.config);
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
    {start_logs, engine_logs_free},
};
#define NUM_PARTS (sizeof(parts) / sizeof(parts[0]))

/* --- life ------------------------------------------------------------------------ */

/* What replies in flight may take of fetch.memory: the rest is for what the
 * program has besides, so that all of it together keeps within it. */
static size_t
replies_memory(const struct config *c)
{
	int64_t own = c->fetch.memory / 8, left;

	left = c->fetch.memory - (own < OWN_MEMORY ? own : OWN_MEMORY);
	return (
	    size_t)(left > c->fetch.body_limit ? left : c->fetch.body_limit);
}

void
engine_init(struct engine *g, const struct engine_conf *conf)
{
	const struct config *c = conf->config;
	struct pool_conf p = {.workers = (unsigned)c->workers,
	    .slots = 64,
	    .body_limit = (size_t)c->fetch.body_limit,
	    .memory = replies_memory(c),
	    .sandbox = c->sandbox};

	*g = (struct engine){.conf = *conf};
	if (p.workers == 0) {
		long n = sysconf(_SC_NPROCESSORS_ONLN) - 1;

		p.workers = n < 1 ? 1 : n > 64 ? 64 : (unsigned)n;
	}
	signal(SIGPIPE, SIG_IGN);
	if (conf->find_sink != NULL)
		g->spawn =
		    spawn_new(conf->sinks, conf->num_sinks, SPAWN_LIMIT_MS);
	if (g->spawn != NULL)
		p.own_fd = spawn_fd(g->spawn);
	g->pool = pool_new(&p);
}

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
		engine_abort(g);
		return st;
	}
	g->env = (struct tail_env){.loop = g->loop,
	    .http = g->http,
	    .pool = g->pool,
	    .writer = g->writer,
	    .tally = tally_new(),
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
	spawn_free(g->spawn);
}

void
engine_close(struct engine *g)
{
	struct pool *p = g->pool;

	for (size_t i = NUM_PARTS; i-- > 1;)
		parts[i].stop(g);
	tally_free(g->env.tally);
	pool_free(p); /* before its loop goes */
	spawn_free(g->spawn);
	parts[0].stop(g);
}

/* --- events ------------------------------------------------------------------ */

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
	if (num_records == 0)
		diag_warn("no record is active: nothing can match");
	if (g->stopping || g->num_logs == 0)
		ev_break(g->loop, EVBREAK_ALL);
	else
		engine_logs_start(g);
	courier_kick(g->courier);
}

void
engine_stop(struct engine *g)
{
	g->stopping = true;
	courier_hurry(g->courier);
	indexer_stop(g->indexer);
	if (!g->started)
		ev_break(g->loop, EVBREAK_ALL);
	engine_logs_stop(g);
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
	engine_signals_start(g);
	indexer_check(g->indexer);
	indexer_watch(g->indexer, INDEX_CHECK_S);
	ev_run(g->loop, 0);
	indexer_stop(g->indexer);
	courier_stop(g->courier);
	if (g->conf.on_stop != NULL)
		g->conf.on_stop(g->conf.arg);
	engine_drain(g);
	engine_signals_stop(g);
	if (g->conf.on_all_ended != NULL)
		g->conf.on_all_ended(g->conf.arg);
}
