/*
 * backfill: a scan from its command line to its exit status. Three homes for
 * what it finds: memory (nothing is written), a folder of its own (--state,
 * resumable), or the service's store (-c without --records).
 */
#ifndef MONITOR_BACKFILL_H
#define MONITOR_BACKFILL_H

#include "monitor/scan.h"
#include "monitor/wants.h"

struct backfill {
	/* asked for */
	const char *config_file, *records_file, *state_dir, *contact;
	const char *report_file;
	struct logs_opts logs;
	struct tail_range range;
	bool from_given, to_given, last_given, json, quiet;
	/* under way */
	struct config config;
	struct wants wants;
	struct engine engine;
	struct engine_conf conf;
	struct buf records;
	struct store_sink *sinks;
	struct scan_progress progress;
	struct gather *gather;
	struct listing_conf listing_conf;
	char *state_url, *list_dir;
	char owner[64];
	int64_t start_ms;
	bool bound; /* the state folder holds this very scan */
};

/* Returns the exit status. */
int backfill_run(struct backfill *b);

/* Whether the folder of --state may be one: it is missing, empty or a scan's.
 * EX_CANTCREAT: it is no folder; EX_DATAERR: somebody else's files are there.
 * Nothing is written. */
int backfill_state_fits(const struct backfill *b);
/* The folder of --state: made when missing, bound to records, logs and range.
 * Fills keys and URL of *sc. */
int backfill_state_open(struct backfill *b, struct store_conf *sc);
/* All records are in: the folder is this scan's from now on. */
enum status backfill_state_bind(struct backfill *b, struct err *e);
/* Say of each log how far the scan in the folder is, if it was begun. */
enum status backfill_state_tell(
    struct backfill *b, struct store *s, struct err *e);

/* Whether the page of --report can be made: tried, and nothing is left. Returns
 * the exit status. */
int backfill_report_fits(const struct backfill *b);
/* Write it, when one was asked for: all that is known of the ranges, by
 * whichever run. engine_run has returned. Returns the exit status. */
int backfill_report(struct backfill *b);

#endif
