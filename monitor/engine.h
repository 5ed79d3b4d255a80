/*
 * engine: the running program, the same for the service and for a scan:
 * loop, worker pool, store thread, courier, http, match index and one tail for
 * each log. Started in the order of a table, stopped in its exact reverse.
 */
#ifndef MONITOR_ENGINE_H
#define MONITOR_ENGINE_H

#include "ctlog/wire/loglist.h"
#include "monitor/courier.h"
#include "monitor/indexer.h"
#include "monitor/tail.h"
#include "monitor/tiles.h"

/* A log that is wanted; api NULL: to be found out by asking. */
struct want_log {
	char *name, *operator_name, *url, *origin;
	const struct log_api *api;
	struct logkey *key;
	bool http1, no_keepalive;
	bool listed; /* out of a log list, not named by hand */
	/* What the lists say of it. */
	enum loglist_state state;
	uint32_t mmd_s;      /* maximum merge delay; 0: not told */
	int64_t since_ms;    /* of its state; 0: not told */
	uint64_t final_size; /* of its last head; 0: not told */
	struct hash final_root;
};
void want_log_fini(struct want_log *w);
void want_log_copy(struct want_log *out, const struct want_log *w);

struct engine_conf {
	const struct config *config;
	const struct store_api *store; /* backend */
	struct store_conf store_conf;
	/* Called on the loop, after the store is open and before anything is
	 * read: import records, and so on. May be NULL. */
	enum status (*prepare)(void *arg, struct store *s, struct err *e);
	/* A tail has ended; all tails have ended and the outbox is quiet. */
	void (*on_tail_ended)(void *arg, struct tail *t);
	void (*on_all_ended)(void *arg);
	/* All has stopped but the store thread, which is waited for next. */
	void (*on_stop)(void *arg);
	void (*on_tick)(void *arg); /* every second */
	void (*on_hup)(void *arg);  /* SIGHUP */
	void *arg;
	bool stays; /* until it is stopped, also without a log */
	/* Delivery: the configured sinks, or a scan's printer. Without
	 * find_sink there is no courier: what is found waits in the outbox. */
	size_t num_sinks;
	const struct conf_sink *sinks;
	const struct sink_api *(*find_sink)(
	    const struct conf_sink *, struct err *);
	int64_t hold_ms;
	bool service;       /* a stop is its proper end: 0, not 75 */
	bool tell_unproven; /* when a log misbehaved: send what is held */
	unsigned threshold; /* name hits below are dropped */
};

struct engine {
	struct engine_conf conf;
	struct ev_loop *loop;
	struct spawn *spawn; /* NULL: no sink is a program */
	struct pool *pool;
	struct store *store; /* until the writer has it */
	struct writer *writer;
	struct courier *courier;
	struct http *http;
	struct indexer *indexer;
	struct tail_env env;
	struct entry_log {
		struct want_log want;
		struct tail_range range;
		struct engine *engine;
		struct detect *detect;
		unsigned tries; /* of finding out the protocol */
		ev_timer again;
		struct tail *tail;
		enum status status; /* when there is no tail */
		struct err err;
		bool ended, removed;
		struct tiles *tiles; /* an RFC 6962 log read by tiles */
	} * *logs;
	size_t num_logs, num_ended;
	size_t num_records; /* in the match index */
	bool started, stopping, failed, flushed;
	int64_t signal_ms;  /* when it was told to stop */
	enum status status; /* why it could not start */
	struct err err;
	ev_signal on_int, on_term, on_hup;
	ev_timer on_tick;
};

/* From now on SIGTERM and SIGINT wait until engine_run looks after them, so
 * that a stop during the start is an orderly one. First of all. */
void engine_hold_signals(void);
/* Fork the zygote: first of all, before store, keys and threads. */
void engine_init(struct engine *g, const struct engine_conf *conf);
/* Undo engine_init when it comes to nothing. */
void engine_abort(struct engine *g);
/* Run a task on the store thread and wait for it: only when engine_run has
 * returned. */
enum status engine_task(struct engine *g,
    enum status (*run)(void *arg, struct store *s, struct err *e), void *arg,
    struct err *e);
/* Open everything. ST_OK, or nothing is open. */
enum status engine_open(struct engine *g, struct err *e);
/* Take over a log; reading starts with engine_run, or at once when that has
 * been called. What is returned lives until engine_remove or engine_close. */
struct entry_log *engine_add(
    struct engine *g, struct want_log *w, const struct tail_range *range);
/* The log's place, protocol or name is another one now; the key is not. */
void engine_move(struct entry_log *l, const struct want_log *w);
/* In another state, as far as that matters to reading it. */
void engine_state(struct entry_log *l, enum loglist_state state);
/* The log takes no entries any more, by its state. */
bool want_is_over(const struct want_log *w);
/* Commit what was read and forget the log; the store does not. */
void engine_remove(struct entry_log *l);
/* Until all logs have ended, or a signal stops it. */
void engine_run(struct engine *g);
void engine_stop(struct engine *g);
/* How a log ended. */
enum status engine_log_status(const struct entry_log *l);
/* A signal or engine_stop ended it. */
bool engine_was_stopped(const struct engine *g);
void engine_close(struct engine *g);

/* As the configuration wants it, with the contact in the User-Agent. */
struct http *engine_http(struct ev_loop *loop, const struct config *c);

#endif
