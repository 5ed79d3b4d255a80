/*
 * spawn: programs of the operator's that are run for alerts. They are started
 * by a helper process that is forked first of all, and so has no keys, no
 * store and no sockets; this process itself never starts one.
 *
 * A program has its input on a file of its own, /dev/null for its output and
 * errors, a few variables for an environment, / for a directory, a session of its own,
 * and leaves no core. When it ends, or its time is over, it is killed with all
 * that it started in its process group.
 *
 * When the helper dies, nothing is left to fork another one from: this process
 * ends at once, with 70, to be started again.
 */
#ifndef MONITOR_SPAWN_H
#define MONITOR_SPAWN_H

#include <ev.h>

#include "alerts/sink.h"

#define SPAWN_LIMIT_MS 60000

struct spawn;

struct spawn_request {
	const char *sink; /* whose command it is */
	struct span input;
	/* outcome: ST_OK with the exit status, or 128 and the signal that
	 * killed it; ST_AGAIN: it took too long, or could not be started, see
	 * `why`. */
	void (*done)(void *arg, const struct outcome *o, const struct err *why);
	void *arg;
};

/* Forks the helper for the commands of these sinks, which it copies by that;
 * NULL: none has one. limit_ms: how long each may run. */
struct spawn *spawn_new(
    const struct conf_sink *sinks, size_t num, int64_t limit_ms);
/* The descriptor that only this process may have. */
int spawn_fd(const struct spawn *s);
void spawn_start(struct spawn *s, struct ev_loop *loop);
/* Copies the input; done is called once, later, from the loop. */
void spawn_run(struct spawn *s, const struct spawn_request *r);
/* Kills all that run: done is called for each, with outcome.cut. */
void spawn_cut(struct spawn *s);
/* No more calls back. */
void spawn_stop(struct spawn *s);
/* What runs is killed. */
void spawn_free(struct spawn *s);

#endif
