/*
 * report: what a scan found, as one page of HTML for whoever ordered it: how
 * much was read and proven, what is exposed, since when and by whom, and how
 * to verify it. The page needs nothing from elsewhere and no script.
 *
 * Memory is bounded, however much was found: numbers count all of it, and the
 * table has the REPORT_ROWS gravest, then newest exposures. Values are masked,
 * and everything foreign goes through text_html.
 */
#ifndef ALERTS_REPORT_H
#define ALERTS_REPORT_H

#include "alerts/alert.h"

/* Exposures in the table; of one of them, places in logs. */
#define REPORT_ROWS 1000u
#define REPORT_PLACES 8u

/* A log and the range of it that was to be read. Strings are copied. */
struct report_log {
	const char *name, *operator_name; /* operator_name: may be NULL */
	const char *url;                  /* of a log that answers, or NULL */
	const char *asked;                /* for a period, in words; or NULL */
	const char *reason; /* why it is not proven; NULL: it is */
	bool rfc6962;       /* its protocol; else static-ct-api */
	bool stopped;       /* before the end, and not for a fault */
	bool has_id;
	uint8_t log_id[32];
	uint64_t from, to; /* to: exclusive */
	uint64_t read;     /* how many entries of that range */
	uint64_t partial;  /* certificates read in part, by this run */
	struct {
		uint64_t size; /* 0: no head was seen */
		int64_t time_ms;
		uint8_t root[32];
	} head;
};

/* Of the scan as a whole. Borrowed. */
struct report_scan {
	const char *version, *instance;
	const char *config; /* of the service whose store has it; or NULL */
	int64_t begin_ms, end_ms; /* of this run */
	uint64_t num_records;     /* that were watched for */
	bool resumed;             /* an earlier run read a part */
};

struct report;
struct report *report_new(void);
void report_free(struct report *r);

/* First all logs. */
void report_log(struct report *r, const struct report_log *l);
/* An exposure with its sightings: left out unless one of them is in a range. */
void report_exposure(struct report *r, const struct exposure *x);
/* An entry in quarantine, the same; in the order of logs, then of reasons. */
void report_quarantine(struct report *r, const uint8_t log_id[32],
    const char *reason, uint64_t index);

/* The page in pieces, in order. What was gathered is used up by that. */
typedef void report_put_fn(void *arg, struct span piece);
void report_write(struct report *r, const struct report_scan *scan,
    report_put_fn *put, void *arg);

/* Every report begins so. */
extern const char report_magic[];

#endif
