/*
 * door: an HTTP server on the loop, by libmicrohttpd: what the admin and the
 * public side have in common. Every answer closes its connection; requests
 * that could be read in two ways (repeated Host or Content-Length, a length
 * beside a transfer encoding, a body with GET) are refused with 400. Limits on
 * connections, on those of one address, on time, headers and body. Whoever
 * sends or takes less than 10 kB a second is cut off after 10 seconds. No
 * access log.
 */
#ifndef MONITOR_DOOR_H
#define MONITOR_DOOR_H

#include <ev.h>

#include "ctlog/base/buf.h"
#include "ctlog/base/err.h"

struct door;
struct door_call; /* a request that waits for its answer */

struct door_param {
	const char *name, *value;
};

struct door_request {
	const char *method, *path; /* path: percent-encoding undone, no query */
	size_t num_params;
	const struct door_param *params; /* of the query, in order */
	const char *host, *authorization, *content_type; /* NULL: none */
	struct span body;
	bool too_large; /* the body was more than the limit, and is left out */
	struct span peer; /* address bytes; empty: UNIX socket */
	long uid;         /* of a UNIX socket's peer; -1: none */
};

/* Sent with Connection: close, Cache-Control: no-store and
 * X-Content-Type-Options: nosniff besides; all of it is copied. */
struct door_answer {
	int code;
	const char *content_type;
	struct span body;
	/* More header lines, "Name: value", NULL at the end; may be NULL. */
	const char *const *headers;
};

struct door_conf {
	struct ev_loop *loop;
	const char *listen; /* "127.0.0.1:9469"; NULL: no TCP */
	const char *socket; /* path, made 0660; NULL: none */
	/* How long the body of a request may be, of which the rest is there. */
	size_t (*body_limit)(void *arg, const struct door_request *head);
	unsigned connections, per_address;
	/* Called on the loop with a whole request, which is valid until
	 * door_answer: at once, or later, exactly once, also when the other
	 * side has gone meanwhile, which is not noticed. */
	void (*request)(
	    void *arg, struct door_call *call, const struct door_request *r);
	void *arg;
};

/* ST_BUSY: the address is in use, ST_DENIED, ST_USAGE: not an address,
 * ST_MISSING: the socket's directory. SIGPIPE has to be ignored. */
enum status door_open(
    struct door **out, const struct door_conf *c, struct err *e);
void door_answer(struct door_call *call, const struct door_answer *a);
/* The port that TCP is listened on, for "127.0.0.1:0"; 0: none. */
int door_port(const struct door *d);
/* No new connections from now on, and no new requests: those that are not yet
 * whole are cut off. */
void door_shut(struct door *d);
/* All calls must have been answered; what of the answers can be sent at once,
 * is. */
void door_free(struct door *d);

/* Of libmicrohttpd, at run time. */
const char *door_version(void);

#endif
