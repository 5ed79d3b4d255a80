/*
 * listing_renew: one log list fetched anew by URL, on a loop: only when it is
 * another edition than the last, with its signature, in a limited time. List
 * and signature are two files that a publisher renews one after the other:
 * when they do not fit, both are fetched again after a while. Whether the
 * edition is better than the last one is not decided here (listing_compare).
 */
#ifndef MONITOR_LISTING_RENEW_H
#define MONITOR_LISTING_RENEW_H

#include "monitor/http.h"
#include "monitor/listing_copy.h"

struct renewal;

struct renewal_conf {
	struct ev_loop *loop;
	struct http *http;
	const char *url;                /* copied */
	const struct logkey *key;       /* NULL: unsigned; lives as long */
	const struct http_since *since; /* of the last edition; may be NULL */
	int64_t limit_ms;               /* for all, the pause aside */
	int64_t pause_ms; /* before a second look; 0: there is none */
};

/*
 * ST_OK: a verified edition, the callee's to take (swap it out), or, when its
 * list is empty, there is no other than the last. ST_UNREACHABLE: nothing came.
 * ST_BAD, ST_SIGNATURE, ST_LIMIT: something that is no such list.
 */
typedef void renewal_fn(
    void *arg, enum status st, struct edition *ed, const struct err *e);

/* fn is called once, from the loop, unless it is ended before. */
struct renewal *renewal_new(
    const struct renewal_conf *c, renewal_fn *fn, void *arg);
void renewal_end(struct renewal *r);

#endif
