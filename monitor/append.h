/*
 * append: lines at the end of a file, whole and durable when that is done. A
 * disk may take its time or never answer, so each appender has a thread of its
 * own: one file that hangs delays no other, the store, or the loop.
 */
#ifndef MONITOR_APPEND_H
#define MONITOR_APPEND_H

#include <ev.h>

#include "ctlog/base/err.h"
#include "ctlog/base/span.h"

/* What appends, on the calling thread. "-", /dev/stdout and /dev/stderr are the
 * program's own. A line that an earlier crash or a full disk cut off is ended
 * first, so that it does not swallow the next one; where that cannot be seen
 * (pipes), *cut_off says it, which is set to what is so afterwards. ST_FULL: no space; ST_AGAIN: a pipe that nobody
 * reads, or not in 10 s ("-" is waited for); ST_IO otherwise. Some of the lines
 * may be there then. */
enum status append_text(
    const char *path, struct span text, bool *cut_off, struct err *e);

struct appender;

struct append_request {
	const char *path; /* copied, as is the text */
	struct span text;
	/* On the loop. st: as of append_text; cut: nobody knows. */
	void (*done)(
	    void *arg, enum status st, bool cut, const struct err *why);
	void *arg;
};

struct appender *appender_new(struct ev_loop *loop);
/* One at a time. */
void appender_run(struct appender *a, const struct append_request *r);
/* When something is under way, calls done now; whether that arrives remains
 * open, and nothing more may be run. False: nothing was. */
bool appender_cut(struct appender *a);
/* Without calling back. A thread that hangs is left behind, with what it
 * uses. */
void appender_free(struct appender *a);

#endif
