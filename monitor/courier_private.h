/* courier_private: between courier.c, which knows when, and courier_round.c,
 * which knows what. */
#ifndef MONITOR_COURIER_PRIVATE_H
#define MONITOR_COURIER_PRIVATE_H

#include "monitor/append.h"
#include "monitor/courier.h"
#include "monitor/notice.h"
#include "monitor/post.h"
#include "monitor/smtp.h"

struct round;

/* One for each sink, and one for the rows of sinks that are gone. */
struct lane {
	struct courier *courier;
	const struct conf_sink *conf; /* NULL: of those that are gone */
	const struct sink_api *api;
	struct sink *sink;
	struct appender *appender; /* NULL: it needs none */
	struct smtp *smtp;   /* a mail server's own; NULL: it needs none */
	struct round *round; /* under way, or still to be settled */
	bool busy, again;
	bool unsettled;    /* carried, but the store did not take it */
	bool closed;       /* takes nothing more in this run */
	bool stale;        /* its secret is to be read again */
	bool paused;       /* until the timer */
	bool failing;      /* as the operator was told */
	bool putting_off;  /* the same of single mails */
	unsigned failures; /* rounds in a row to which nobody answered */
	bool opened;       /* the store knows that it is not closed */
	bool noted;        /* and this, since noted_ms: */
	enum sink_mark mark;
	int64_t noted_ms;
	ev_timer due;
};

struct courier {
	struct courier_conf conf;
	struct lane *lanes;
	size_t num_lanes;
	bool stopped, flushing, hurrying;
	struct post *post; /* NULL: no sink wants it */
	struct notices notices;
	ev_timer cut;
	void (*idle)(void *arg);
	void *idle_arg;
	struct courier_counts counts;
};

/* One message: one row, or the rows of a digest. */
struct carried {
	struct round *round;
	const struct outbox_row *row; /* the first of them */
	size_t num_rows;
	bool damaged; /* none of them opens, or has whom it was for */
	struct parcel parcel;
	struct outcome outcome;
	char *why; /* it failed; NULL: see the outcome's status */
	enum settle how;
	int64_t due_ms;
	bool left; /* not to be settled: it stays as it is */
};

struct round {
	struct task task;
	struct lane *lane;
	struct outbox_query query; /* its sink is the lane's */
	struct outbox rows;
	struct carried *carried;
	size_t num;      /* messages */
	size_t on_way;   /* still being carried */
	size_t num_done; /* delivered or given up */
	size_t num_delivered;
	size_t num_taken; /* delivered, or refused by a sink that works */
	size_t num_down;  /* the sink itself is what failed */
	bool marks;       /* to be told to the store: */
	struct store_sink_mark mark;
	char kind[24];
	int64_t asked_ms; /* the longest wait that a receiver asked for */
	int64_t next_due_ms;
};

/* May it ask for rows, and send them? */
bool lane_is_open(const struct lane *l);
/* Begin; lane_next is called at the end. */
void round_start(struct lane *l);
void round_settle(struct round *r);
/* r->carried, out of the rows that were fetched (courier_render.c). */
void round_render(struct round *r);
#define ROUND_DAMAGED "it does not open: its part of the store is damaged"
#define ROUND_UNNAMED "the record no longer names the address that it was for"
#define ROUND_ASTRAY "the sink is for others than this was made for, by now"
void round_free(struct round *r);
/* What the round says of the sink, on the loop; that written down, on the store
 * thread (courier_mark.c). */
void round_mark(struct round *r);
enum status round_mark_store(struct round *r, struct store *s, struct err *e);
/* A mail of a round (courier_mail.c): what it is to know for its recipient, and
 * its way. */
struct mail_link {
	struct buf to, token;
};
void mail_link(
    struct mail_link *k, struct message *m, const struct outbox_row *row);
void mail_link_fini(struct mail_link *k);
void carry_mail(struct carried *p);
/* What was carried has come to an end. */
void carried_done(void *arg, const struct outcome *o, const struct err *why);
/* The round is over, and the callee's. */
void lane_next(struct lane *l, struct round *r);

#endif
