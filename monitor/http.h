/*
 * http: GETs by libcurl on the libev loop. One object for all logs. Politeness
 * lives here: connections per host, waiting after 429 and 503, backoff with
 * jitter after faults, all per host, and requests a second for each operator
 * that complained; a caller just asks again.
 *
 * Checked and fixed: TLS certificates, no redirects, https only (http where
 * the caller allows it), close-on-exec sockets, body caps, connect, total and
 * low-speed limits, User-Agent with contact.
 */
#ifndef MONITOR_HTTP_H
#define MONITOR_HTTP_H

#include <ev.h>

#include "ctlog/base/buf.h"
#include "ctlog/base/err.h"

struct http;

struct http_conf {
	const char *user_agent; /* "indelible/0.1 (+https://...; mailto:x)" */
	const char *ca_file;    /* NULL: the system's bundle */
	int max_connections, per_host;
	int64_t connect_timeout_ms, timeout_ms;
	int64_t low_speed_ms; /* slower than 1 kB/s for so long: abort */
};

/* Which edition of a resource one has. Texts longer than this are taken for
 * none. */
#define HTTP_SINCE_MAX 128
struct http_since {
	char etag[HTTP_SINCE_MAX], modified[HTTP_SINCE_MAX];
};

struct http_reply {
	/* ST_OK: `code` and body are there, whatever the code. ST_AGAIN: no
	 * answer (network, timeout, too slow). ST_LIMIT: body over the cap.
	 * ST_BAD: the answer breaks HTTP or has an unknown encoding.
	 * ST_USAGE: the URL is none that is fetched. */
	enum status status;
	int code; /* HTTP status, 0 = none */
	/* Valid during the callback, or in the caller's memory when it gave
	 * some. When `code` is not 2xx it is for people: cut at the limit. */
	struct span body;
	uint64_t announced;     /* ST_LIMIT: so long is it; 0 = not said */
	int64_t retry_after_ms; /* clamped; 0 = none given */
	int64_t date_ms;        /* the Date header, 0 = none */
	/* ETag and Last-Modified for http_get.since, valid as body is; both
	 * empty when there was none. */
	struct http_since since;
	struct err err; /* for people, with host and URL path */
};

typedef void http_done_fn(void *arg, const struct http_reply *r);

struct http_get {
	const char *url;
	size_t limit; /* decoded body cap */
	/* Who runs the server: its hosts share a budget (budget.h). NULL or "":
	 * known by the URL alone. Borrowed until http_get returns. */
	const char *operator_name;
	/* When this edition is the newest one: 304 and no body. NULL, or empty
	 * texts: the body in any case. Borrowed until http_get returns. */
	const struct http_since *since;
	/* Where the body goes. NULL: into memory of http's own, gunzipped.
	 * Else `limit` bytes of the caller's, exactly as received (gzip is
	 * left to the receiver; the encoded body may not exceed limit). */
	uint8_t *into;
	unsigned nth; /* HTTP_LOCAL: of which place, as shelf.h has it */
	bool http1;   /* a wish that is always granted: see http_easy.c */
	bool no_keepalive;
	http_done_fn *done;
	void *arg;
};

struct http_call;

struct http *http_new(struct ev_loop *loop, const struct http_conf *conf);
/* Ends all calls without calling back. Not from a callback of a call. */
void http_free(struct http *h);

/* Queue a GET; done is called once, later, from the loop, never from within;
 * it may call http_get and http_cancel. A host that asked for patience is
 * asked when it allows, not before; queues have no bound but their callers'. */
struct http_call *http_get(struct http *h, const struct http_get *g);
/* Forget a call: done will not be called, `into` is no more written to. */
void http_cancel(struct http *h, struct http_call *c);

/* How this URL's host is treated: a call made now would wait. */
struct http_host_state {
	int64_t wait_ms;  /* until it may be asked again; 0 = now */
	int64_t queue_ms; /* behind others, for its operator's pace */
	double rate;      /* requests a second for its operator; 0 = no limit */
	bool in_fault;    /* one call at a time, until one succeeds */
	unsigned num_waiting, num_running; /* calls */
	/* Scheme, name and port; who runs it, "" = not known. NULL: nothing is
	 * remembered of it. Valid until the next GET. */
	const char *origin, *operator_name;
};
void http_host(
    const struct http *h, const char *url, struct http_host_state *out);
/* The same of all hosts that are remembered, in no order. fn must not get or
 * cancel. */
typedef void http_host_fn(void *arg, const struct http_host_state *s);
void http_hosts(const struct http *h, http_host_fn *fn, void *arg);

/* Requests made and failed since start, for progress and metrics. */
struct http_counts {
	uint64_t requests, failures, throttled, bytes;
};
void http_counts(const struct http *h, struct http_counts *out);

/*
 * The log on disk: what a GET for a file of it begins with, instead of scheme
 * and host. No URL from outside begins so. The replies are 200, 404, or
 * failures that are final: ST_IO, ST_DENIED, ST_BAD, ST_LIMIT. `err` is the
 * place of the file even when it was read.
 */
#define HTTP_LOCAL "shelf:/"
bool http_is_local(const char *url);
/* There is one: this, which is http's until http_free. One at most. */
struct shelf;
void http_shelve(struct http *h, struct shelf *s);

/* Loopback by literal address or "localhost": plain http is allowed there. */
bool http_is_loopback(const char *url);

/* Of libcurl at run time. */
const char *http_version(void);

#endif
