/*
 * gather: has the logs prove what was found in them, and keeps that: what is due
 * as evidence (store/ledger.h), one entry after the other, beside the reading,
 * which it waits for. A log that does not answer is asked again, later and
 * later, for two weeks. On the loop.
 */
#ifndef MONITOR_GATHER_H
#define MONITOR_GATHER_H

#include "monitor/engine.h"

struct gather;

struct gather_conf {
	struct ev_loop *loop;
	struct http *http;
	struct writer *writer;
	/* The log with this id, to be copied; NULL: it is not known, or not to
	 * be asked. Called on the loop. */
	const struct want_log *(*find)(void *arg, const struct hash *log_id);
	void *arg;
};

struct gather *gather_new(const struct gather_conf *c);
/* Call every second or so. */
void gather_tick(struct gather *g);
/* For a command, whose loop does nothing else: all that is due of this log, until
 * a proof cannot be had, or until then. */
void gather_log(struct gather *g, const struct hash *log_id, int64_t until_ms);
/* No log is asked from now on. While there is a loop. */
void gather_stop(struct gather *g);
/* When the writer has done everything. */
void gather_free(struct gather *g);

#endif
