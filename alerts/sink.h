/*
 * sink: where alerts go. A sink writes a parcel and judges what became of it;
 * monitor/courier carries it. So sinks have no sockets and are tested without.
 */
#ifndef ALERTS_SINK_H
#define ALERTS_SINK_H

#include "alerts/alert.h"
#include "config/config.h"

/* What is to be delivered: an exposure, or an operator event's finished JSON
 * line (then x is NULL). */
struct message {
	uint8_t id[16];
	const char *instance;
	const struct exposure *x;
	struct span event;
	unsigned attempt; /* 0 = first */
};

enum parcel_kind {
	PARCEL_APPEND,   /* append bytes to a file, fsync */
	PARCEL_HTTP,     /* POST body with headers to url */
	PARCEL_MAIL,     /* hand body to an SMTP server */
	PARCEL_ARGV,     /* run a program, body on its stdin */
	PARCEL_DATAGRAM, /* one datagram to a socket */
};

struct parcel {
	enum parcel_kind kind;
	const char *path; /* APPEND; borrowed from the sink */
	struct buf body;
	/* the other kinds add their fields with their sinks */
};
void parcel_fini(struct parcel *p);

/* How the carrying went. */
struct outcome {
	enum status status;
	int code;               /* HTTP or SMTP reply, exit status; 0 = none */
	int64_t retry_after_ms; /* asked for by the receiver; 0 = not */
};

enum verdict { SINK_DELIVERED, SINK_RETRY, SINK_DEAD };

struct sink; /* an opened sink; the implementation's own */

struct sink_api {
	const char *name; /* the key in the configuration: "jsonl" */
	enum status (*open)(
	    struct sink **out, const struct conf_sink *conf, struct err *e);
	void (*close)(struct sink *s);
	void (*render)(
	    struct sink *s, struct parcel *out, const struct message *m);
	/* *retry_ms: when to try again, from now, for SINK_RETRY. */
	enum verdict (*judge)(struct sink *s, int64_t *retry_ms,
	    const struct outcome *o, unsigned attempt);
};

extern const struct sink_api sink_jsonl;

/* How long to wait after this attempt (0 = the first) has failed: 5 s, 5 min,
 * 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h, as Standard Webhooks 1.0 says;
 * false: that was the last. */
bool sink_backoff(int64_t *ms, unsigned attempt);

/* In this version mail servers are for letters that ask people to confirm, not
 * for alerts. */
bool sink_takes_alerts(const struct conf_sink *conf);

/* The implementation for a configured sink; NULL with an explanation when this
 * build has none. */
const struct sink_api *sink_find(const struct conf_sink *conf, struct err *e);

#endif
