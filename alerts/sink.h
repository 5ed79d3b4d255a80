/*
 * sink: where alerts go. A sink writes a parcel and judges what became of it;
 * monitor/courier carries it. So sinks have no sockets and are tested without.
 */
#ifndef ALERTS_SINK_H
#define ALERTS_SINK_H

#include "alerts/alert.h"
#include "config/config.h"

/* What is to be delivered. */
enum message_kind {
	MESSAGE_EXPOSURE,
	MESSAGE_DIGEST,    /* of exposures */
	MESSAGE_FOLLOW_UP, /* an exposure was told that was not the log's */
	MESSAGE_EVENT      /* an operator event */
};
struct message {
	enum message_kind kind;
	uint8_t id[16]; /* the same on every retry */
	const char *instance;
	const struct exposure *x; /* EXPOSURE, FOLLOW_UP; else NULL */
	/* DIGEST: of one record, at least one, in the order of digest_sort
	 * (alerts/digest.h): what says the same stands side by side. */
	size_t num_list;
	const struct exposure *const *list;
	const struct event *ev; /* EVENT; else NULL */
	struct span event;      /* its finished JSON line */
	unsigned attempt;       /* 0 = first */
	int64_t now_ms;         /* when it is sent */
	int64_t time_ms;        /* FOLLOW_UP: when that turned out */
	/* For mails: the recipient, "" when the sink knows; the base of the
	 * links for people (public.url), or NULL; the token of the link that
	 * ends it, base64url, or NULL. */
	const char *to, *public_url, *unsubscribe;
};
/* Its JSON line, without a line end. */
void message_json(const struct message *m, bool reveal, struct buf *out);

enum parcel_kind {
	PARCEL_APPEND,   /* append bytes to a file, fsync */
	PARCEL_HTTP,     /* POST body with headers to url */
	PARCEL_MAIL,     /* hand body, all of a mail, to a server; empty: ask
			    it whether it would take one */
	PARCEL_ARGV,     /* run a program, body on its stdin */
	PARCEL_DATAGRAM, /* one datagram to a socket */
};

/* Texts that are not in a buf are borrowed from the sink. */
struct parcel {
	const char *path;   /* APPEND: the file; DATAGRAM: the socket */
	const char *url;    /* HTTP */
	struct buf to;      /* MAIL: one address; empty: the sink's own */
	bool public_only;   /* HTTP: only to addresses of the Internet */
	struct buf headers; /* HTTP: "Name: value" and a line end for each */
	struct buf body;
};
void parcel_fini(struct parcel *p);

/* How the carrying went. */
struct outcome {
	enum status status;     /* ST_OK: done, or there is an answer */
	int code;               /* HTTP or SMTP reply, exit status; 0 = none;
				   of SMTP, ST_OK: what was said of this mail */
	int64_t retry_after_ms; /* asked for by the receiver; 0 = not */
	bool cut; /* broken off by us: nothing is known, nobody is judged */
};

/* Does that speak of the sink itself (it is gone, overloaded, does not start),
 * so that others would not arrive either? Else it refused this one alone. */
bool sink_is_down(enum parcel_kind kind, const struct outcome *o);

enum verdict {
	SINK_DELIVERED,
	SINK_RETRY, /* later, as *retry_ms says */
	SINK_DEAD,  /* never */
	SINK_CLOSED /* the sink takes nothing more in this run; the row stays
		       as it is, and so do all others for it */
};

struct sink; /* an opened sink; the implementation's own */

struct sink_api {
	const char *name; /* the key in the configuration: "jsonl" */
	enum parcel_kind kind;
	/* secret: what stands in the sink's secret file, if it has one; it is
	 * wiped afterwards. */
	enum status (*open)(struct sink **out, const struct conf_sink *conf,
	    struct span secret, struct err *e);
	void (*close)(struct sink *s);
	void (*render)(
	    struct sink *s, struct parcel *out, const struct message *m);
	/* *retry_ms: when to try again, from now, for SINK_RETRY. */
	enum verdict (*judge)(struct sink *s, int64_t *retry_ms,
	    const struct outcome *o, unsigned attempt);
};

extern const struct sink_api sink_jsonl, sink_webhook, sink_exec, sink_syslog,
    sink_chat, sink_mail;

/* How long to wait after this attempt (0 = the first) has failed: 5 s, 5 min,
 * 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h, as Standard Webhooks 1.0 says;
 * false: that was the last. */
bool sink_backoff(int64_t *ms, unsigned attempt);
/* The verdict on a delivery that failed: so, and not before the receiver has
 * asked for. */
enum verdict sink_again(
    int64_t *retry_ms, const struct outcome *o, unsigned attempt);
/* The same on an HTTP reply: 2xx is delivered, 410 closes the sink, all else
 * has failed, redirects too. */
enum verdict sink_judge_http(struct sink *s, int64_t *retry_ms,
    const struct outcome *o, unsigned attempt);

/* Its mails go to the people whom records name. */
bool sink_mails_records(const struct conf_sink *conf);

/* "jsonl", as in the configuration. */
const char *sink_type(const struct conf_sink *conf);

/* The implementation for a configured sink; NULL with an explanation when this
 * build has none. */
const struct sink_api *sink_find(const struct conf_sink *conf, struct err *e);

#endif
