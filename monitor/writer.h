/*
 * writer: the store thread. It owns the store; what may wait for it is done
 * here, one task after the other, while the loop goes on (sinks' files have
 * threads of their own: append.h). When the store says ST_IO the
 * program ends at once, with 74: no task is ever told.
 */
#ifndef MONITOR_WRITER_H
#define MONITOR_WRITER_H

#include <ev.h>

#include "monitor/mailbox.h"
#include "monitor/store/store.h"

struct task {
	struct letter letter;
	/* On the store thread. Fills what `done` needs; touches nothing that
	 * the loop may use meanwhile. */
	void (*run)(struct task *t, struct store *s);
	/* On the loop. The task is the callee's again. */
	void (*done)(struct task *t);
	enum status status; /* for run to set */
	struct err err;
};

struct writer;

/* Takes over an open store and starts the thread. */
struct writer *writer_new(struct ev_loop *loop, struct store *s);
void writer_submit(struct writer *w, struct task *t);
/* Tasks submitted and not yet done. */
unsigned writer_pending(const struct writer *w);
/* Runs what was submitted, calls every done, closes the store. */
void writer_free(struct writer *w);

#endif
