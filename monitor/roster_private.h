/* roster_private: between roster.c (lists) and roster_logs.c. */
#ifndef MONITOR_ROSTER_PRIVATE_H
#define MONITOR_ROSTER_PRIVATE_H

#include <sys/stat.h>

#include "monitor/listing_renew.h"
#include "monitor/roster.h"

/* A log that is followed because of a list. */
struct roster_log {
	/* As the lists have it; its state is LOGLIST_RETIRED once it leaves. */
	struct want_log want;
	struct entry_log *entry;
	bool leaves;      /* is read to its end, then no more */
	bool rests;       /* was read to its end, and is looked at at times */
	int64_t since_ms; /* when it left, or was over; 0: it is not */
	/* The newest thing it signed, how far it is read, and seconds since
	 * either changed. */
	uint64_t signed_ms, committed;
	int64_t silent_s;
};

struct roster_list {
	struct roster *roster;
	struct list_source src;
	struct logkey *key; /* NULL: unsigned */
	struct loglist *list;
	struct http_since since;
	struct stat stat; /* of a file, as it was last read */
	struct renewal *renewal;
	ev_timer timer;
	unsigned failures; /* in a row */
};

struct roster {
	struct roster_conf conf;
	const struct config *config;
	struct lists lists;
	struct roster_list *sources; /* one for each of the lists */
	size_t num_logs;
	struct roster_log *logs;
	struct notices notices;
};

/* Have a file of the lists' folder written, or removed when there are no bytes,
 * by the store thread: the loop waits for no disk. Takes path and bytes. */
void roster_keep(struct roster *r, char *path, struct edition *ed);
/* roster_followed.c: remember which logs are followed, and which leave. */
void roster_followed(struct roster *r);
/* As `was` of roster_diff; for wants_fini. */
void roster_wants(struct wants *out, const struct roster *r);
/* A log that was followed before the start is over or in no list any more: as
 * if that had happened now. Other changes are none. */
struct roster_change;
void roster_gone(struct roster *r, const struct roster_change *c);
/* Follow a log that leaves, unless it is followed. */
void roster_leaves(struct roster *r, const struct want_log *w);

/* A list has changed: do what follows from it. */
void roster_update(struct roster *r);
/* Look after those that are to be read to their end. */
void roster_logs_tick(struct roster *r);
void roster_logs_fini(struct roster *r);

#endif
