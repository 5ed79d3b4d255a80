/*
 * post: HTTP requests that deliver something: POST, and what was answered. Not
 * for logs (http.h): there is no queue, no politeness, no body that comes back.
 * Connecting takes 5 s at most, all of it 30 s; no redirect is followed;
 * certificates are verified; of the reply the status and Retry-After are
 * looked at, and 4 KiB of its body are taken and dropped.
 */
#ifndef MONITOR_POST_H
#define MONITOR_POST_H

#include <ev.h>

#include "alerts/sink.h"

struct post;

struct post_request {
	const char *url;
	struct span headers; /* "Name: value", a line end after each */
	struct span body;
	/* The URL is not the operator's own: no connection is made to an
	 * address that guard_is_public refuses, whatever its name says. */
	bool public_only;
	/* outcome: ST_OK with a code; ST_UNREACHABLE: no answer, see `why`,
	 * which is free of what the receiver said and of the URL. */
	void (*done)(void *arg, const struct outcome *o, const struct err *why);
	void *arg;
};

/* ca_file NULL: the system's. */
struct post *post_new(struct ev_loop *loop, const char *ca_file);
/* All that it points to is borrowed until done, which is called once, later,
 * from the loop; it may send another one. */
void post_send(struct post *p, const struct post_request *r);
/* Ends all that are under way: done is called for each, with outcome.cut. */
void post_cut(struct post *p);
/* Without calling back. */
void post_free(struct post *p);

#endif
