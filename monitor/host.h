/*
 * host: politeness towards one host (scheme, host name and port): how many
 * calls at a time, which one is next, how long to leave it alone. Pure logic:
 * no sockets, no loop, and the time is the caller's (milliseconds of any
 * monotonic clock). http.c is the only user.
 *
 * What a host is granted:
 *   calls    per_host at a time; after a fault one only, until it succeeds
 *   order    first come, first served; hosts take turns for the total
 *   waiting  what Retry-After says, else a random time up to a window that
 *            begins at 1 s and doubles up to 128 s with each fault in a row
 *            (full jitter); a tenth of the base at least. Loopback begins at
 *            100 ms. Calls that were under way when a fault came belong to
 *            that fault: they neither double the window nor end it.
 *   budget   what its operator's hosts are granted together (budget.h). Hosts
 *            belong together when they are of one site (registrable domain) or
 *            one operator (by name), whichever is wider
 * Waiting calls are not bounded here: those who queue them bound them.
 */
#ifndef MONITOR_HOST_H
#define MONITOR_HOST_H

#include <sys/queue.h>

#include "ctlog/base/span.h"

#define HOST_BASE_MS 1000
#define HOST_BASE_LOOPBACK_MS 100
#define HOST_DOUBLINGS 7 /* 128 times the base */

struct host;
struct hosts;

/* A call's place with its host; lies inside the call, zeroed at first. */
struct turn {
	TAILQ_ENTRY(turn) link;
	struct host *host; /* NULL: neither queued nor running */
	uint64_t epoch;
	int64_t started;
	bool running;
};

enum host_end {
	HOST_FINE,      /* it answered, if only with 404 */
	HOST_FAULT,     /* no answer, a useless one, 3xx or 5xx */
	HOST_THROTTLED, /* 429, or 503 with Retry-After */
	HOST_DROPPED,   /* the caller lost interest */
};

/* At most `total` calls at a time, `per_host` of them with one host. `seed`
 * is random: it keeps many instances from asking in step. */
struct hosts *hosts_new(int total, int per_host, uint64_t seed);
/* No turn may be queued or running. */
void hosts_free(struct hosts *hs);

/* Which host, and whose. */
struct host_id {
	const char *origin;        /* "https://log.ct.example:443" */
	const char *site;          /* "ct.example" */
	const char *operator_name; /* NULL or "": not known */
	bool loopback;
};

/* The host of this origin, made when new. It stays valid while it has turns;
 * forgotten some time after it has none. */
struct host *hosts_get(struct hosts *hs, const struct host_id *id, int64_t now);
/* The same, NULL when it is not known. */
struct host *hosts_find(const struct hosts *hs, const char *origin);

/* One after the other, in no order; from the first after NULL. */
const struct host *hosts_each(const struct hosts *hs, const struct host *after);
const char *host_origin(const struct host *h);
const char *host_operator(const struct host *h); /* "": not known */
/* Calls that wait for their turn, and that have it. */
unsigned host_num_waiting(const struct host *h);
unsigned host_num_running(const struct host *h);

void host_queue(struct host *h, struct turn *t);
/* The turn that may run now, counted as running; NULL when there is none. */
struct turn *hosts_next(struct hosts *hs, int64_t now);
/* Milliseconds until time alone lets a turn run; -1 when it will not. */
int64_t hosts_wait_ms(const struct hosts *hs, int64_t now);
/* A running turn is over. retry_ms: what Retry-After asked for, 0 = nothing. */
void host_end(struct turn *t, enum host_end how, int64_t retry_ms, int64_t now);
/* Take back a turn, queued, running or neither. */
void host_drop(struct turn *t);

/* How long this host is to be left alone: 0 = not at all. */
int64_t host_wait_ms(const struct host *h, int64_t now);
/* Whether it gets one call at a time, after a fault. */
bool host_is_in_fault(const struct host *h);
/* How long one more call would wait for its operator's pace. */
int64_t host_queue_ms(const struct host *h, int64_t now);
/* Requests a second that its operator gets; 0: no limit. */
double host_rate(const struct host *h, int64_t now);

/*
 * What a Retry-After header asks for (RFC 9110 10.2.3), clamped to
 * LIMIT_RETRY_MIN_S and _MAX_S; 0 when it is neither seconds nor a date.
 * date_ms: the value read as a date, -1 when it is none. server_ms: what the
 * server thinks the time is, in ms since 1970 (its Date header, else ours).
 */
int64_t host_retry_ms(struct span value, int64_t date_ms, int64_t server_ms);

#endif
