/*
 * sqlite_deliver: which deliveries a new exposure gets: sinks, recipients, and
 * when. Private to the SQLite backend.
 */
#ifndef MONITOR_STORE_SQLITE_DELIVER_H
#define MONITOR_STORE_SQLITE_DELIVER_H

#include "monitor/store/sqlite.h"

struct delivery {
	int64_t exposure, record; /* rows */
	const char *tenant;
	const char *only; /* record.sinks: the only ones; NULL: all */
	const struct exposure *x;
	int64_t due_ms; /* when it is not proven before */
	int64_t now_ms;
	const char *sink; /* this one alone; NULL: all */
};

/* A row of it. */
struct delivery_row {
	const struct store_sink *sink;
	struct span address; /* of the recipient; empty: the sink's own */
	enum store_cadence cadence;
};
/* Fills r->cadence, which only matters to sinks for people. */
enum status sqlite_cadence(struct store *s, const struct delivery *d,
    struct delivery_row *r, struct err *e);

/* Rows for the sinks that have none; they wait for the proof. */
enum status sqlite_deliver(
    struct store *s, const struct delivery *d, struct err *e);

#endif
