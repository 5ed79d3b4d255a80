/*
 * reader: the thread that reads files of a log on disk (shelf.h), one after
 * the other, while the loop goes on. Bytes go straight to where they are
 * wanted.
 */
#ifndef MONITOR_READER_H
#define MONITOR_READER_H

#include <ev.h>

#include "monitor/mailbox.h"
#include "monitor/shelf.h"

struct errand {
	struct letter letter;
	const char *name; /* of the file; lives as long as the errand */
	struct shelf_body body;
	enum status status; /* as shelf_get has it */
	struct err err;
	/* On the loop. The errand is the callee's again. */
	void (*done)(struct errand *e);
};

struct reader;

/* The shelf is the thread's until reader_free. */
struct reader *reader_new(struct ev_loop *loop, struct shelf *s);
void reader_submit(struct reader *r, struct errand *e);
/* Wait until the thread does no more for this errand, which was submitted and
 * is not done; done will not be called. */
void reader_cancel(struct reader *r, struct errand *e);
/* All errands must be done or cancelled. */
void reader_free(struct reader *r);

#endif
