/*
 * roster_diff: what a new edition of the log lists means for the logs that are
 * followed. Decisions only; they are carried out in roster_logs.c.
 */
#ifndef MONITOR_ROSTER_DIFF_H
#define MONITOR_ROSTER_DIFF_H

#include "monitor/wants.h"

enum roster_act {
	ROSTER_START,   /* `is` was not there before */
	ROSTER_MOVE,    /* another URL or protocol, the same key */
	ROSTER_STATE,   /* in another state */
	ROSTER_LEAVE,   /* still in a list, but not to be followed: retired */
	ROSTER_VANISH,  /* in no list any more */
	ROSTER_REPLACE, /* vanished; `is` has its URL or name, and another key:
			   to whom a log is its key, that is another log */
};

struct roster_change {
	enum roster_act act;
	const struct want_log *was, *is; /* NULL where there is none */
};
struct roster_changes {
	size_t num;
	struct roster_change *list;
};

/*
 * Borrows all. `was`: what is followed because of lists, with those that leave
 * already, whose state is LOGLIST_RETIRED: they can only come back. `is`: what
 * the lists ask for now; `all`: what they have. In the order of `was`, then
 * what is new.
 */
void roster_diff(struct roster_changes *out, const struct wants *was,
    const struct wants *is, const struct directory *all);
void roster_changes_fini(struct roster_changes *c);

/* A log that is new, and is read from its first entry because of that: its
 * lists have had it for less than 30 days. `now`: it was not there a moment
 * ago, which tells when the lists do not. */
bool roster_is_young(const struct want_log *w, int64_t now_ms, bool now);

#endif
