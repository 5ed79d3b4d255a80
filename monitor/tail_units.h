/* tail_units: the pieces and units of a scan, as the tail's own files see them.
 * Only for tail*.c. */
#ifndef MONITOR_TAIL_UNITS_H
#define MONITOR_TAIL_UNITS_H

#include "ctlog/api/api.h"
#include "monitor/store/store.h"
#include "monitor/tail.h"

/* A scan gives up a log of which more pieces do not fit its signed tree. */
#define TAIL_BAD 16
/* Places of its signed tree that a scan remembers. */
#define TAIL_KNOWN 3

/* Entries that a scan reads in one go, ascending; tail_units.c. */
struct piece {
	uint64_t begin, end;
};

/* What the store has of a scan: itself, or a part of it. */
struct part {
	uint64_t begin, read, proven;
	int64_t job;
};

/* The signed tree up to some place, and the hashes of the units behind it;
 * tail_border.c. */
struct known {
	struct range tree;
	unsigned num_units;
	struct hash unit[LIMIT_TILE];
};

struct units {
	bool newest; /* first; else as far as possible from the oldest on */
	struct part *parts; /* by begin */
	size_t num_parts;
	struct piece at;    /* is being accepted; of a followed log: all */
	struct piece ahead; /* ... being planned */
	bool open;          /* t->stretch is that of `at` */
	bool opening;       /* the store is asked for it */
	bool over;          /* `at` is proven, or given up */
	struct piece bad[TAIL_BAD];
	unsigned num_bad;
	struct err why; /* of the first bad one */

	/* borders */
	struct known *known; /* TAIL_KNOWN, the newest in turn */
	unsigned num_known;
	bool asked; /* t->job is about one */
	unsigned refuted;
	bool refused; /* by the log, not on the way to it */
	bool check;   /* first: does the tree continue the one before? */
	bool blind;   /* the log tells nothing of its tree in between */
};

/* tail_units.c */
/* The scan t->stretch and its parts are known: begin with the first piece. */
void tail_units_begin(struct tail *t, const struct part *parts, size_t num);
/* A larger head is about to be the target: does it continue the present one? */
void tail_units_head(struct tail *t, const struct head *larger);
/* Of a followed log: one piece without an end. */
void tail_units_follow(struct tail *t, uint64_t begin);
/* Whether the present piece can be accepted; else it is being opened. */
bool tail_units_open(struct tail *t);
void tail_units_opened(struct tail *t, const struct stretch *s);
/* ... or the store had no room for it: later. */
void tail_units_full(struct tail *t, const struct err *why);
/* When the present piece is proven, or given up: go to the next one, or end. */
void tail_units_next(struct tail *t);
/* The piece behind this one in the order of reading; first: from the start. */
bool tail_units_after(const struct tail *t, struct piece *io, bool first);
/* Where reading it begins. */
uint64_t tail_units_start(const struct tail *t, const struct piece *p);
/* The log's entries in the present piece do not fit: go on behind them. false:
 * there is nothing to go on with. */
bool tail_units_give_up(struct tail *t, const struct err *why);
/* Nothing is known of the log's tree in between: the oldest first, then. */
void tail_units_blind(struct tail *t, const struct err *why);
/* A commit of the present piece is stored. */
void tail_units_took(struct tail *t, const struct store_committed *c);
/* How many entries of the scan are committed, and proven. */
void tail_units_sum(const struct tail *t, uint64_t *read, uint64_t *proven);
void tail_units_fini(struct tail *t);

/* tail_border.c */
/* The signed tree up to there; false: it is not known. */
bool tail_border(struct tail *t, uint64_t at, struct range *out);
/* Ask for it, unless something else is being asked for. */
void tail_border_ask(struct tail *t, uint64_t at);
/* The answer holds, or contradicts the head. */
void tail_border_holds(struct tail *t);
void tail_border_refuted(struct tail *t, const struct err *why);
/* A place where what was read is to be compared with the signed tree before
 * anything is read on. */
bool tail_border_due(struct tail *t);
void tail_border_forget(struct tail *t);

#endif
