/*
 * report_private: what the files report*.c share: what was gathered, and the
 * parts of the page. See report.h.
 */
#ifndef ALERTS_REPORT_PRIVATE_H
#define ALERTS_REPORT_PRIVATE_H

#include "alerts/report.h"

#define SEVERITIES (SEV_HIGH + 1)
/* Foreign text on the page, each piece, escaped. */
#define REPORT_TEXT 160u
/* Of why a log is not proven. */
#define REPORT_WHY 1024u
/* Names that are counted one by one, for each thing; and things told apart. */
#define REPORT_NAMES 65536u
#define REPORT_DISTINCT (1u << 20)
/* Reasons for quarantine told apart, for all logs; indexes shown of each. */
#define REPORT_REASONS 256u
#define REPORT_INDEXES 10u

/* --- counting (report_count.c) --------------------------------------------- */

/* How often each name came; those beyond REPORT_NAMES together. */
struct names {
	size_t num, cap;
	struct named {
		char *name; /* NULL: free */
		uint64_t hash, n;
		size_t rank; /* the best it came with */
	} * list;
	uint64_t others;
};
/* A rank of 0 comes before one of 1, whatever their numbers. */
void names_add(struct names *c, const char *name, size_t rank);
/* Best rank first, then most, then by name. Afterwards nothing is added. */
void names_sort(struct names *c);
void names_fini(struct names *c);

/* How many different things there were; exact up to REPORT_DISTINCT. */
struct distinct {
	size_t num, cap;
	uint64_t *list; /* 0: free */
	bool more;
};
void distinct_add(struct distinct *d, struct span thing);
void distinct_fini(struct distinct *d);

/* By day, and of the days in which a log may sign; others have no date. */
struct days {
	uint32_t (*count)[SEVERITIES]; /* DAYS of them */
	int32_t first, last;           /* days since 1970 */
	bool any;
};
void days_add(struct days *d, int64_t ms, enum severity s);

/* A step of the plot. */
struct step {
	char label[sizeof("2026-01-31")];
	uint64_t n[SEVERITIES];
};
/* All that was counted, in steps of a day, a week, a month or a year, as its
 * length asks for; *unit is its name. To be freed. */
struct step *days_steps(const struct days *d, size_t *num, const char **unit);

/* --- what was gathered ------------------------------------------------------ */

struct report_row {
	enum severity severity;
	int64_t ms;
	uint64_t order; /* of those equal otherwise: the later one first */
	char *html;
	size_t len;
};

struct report_held { /* in quarantine, of one log for one reason */
	const struct report_log *log;
	char *reason;
	uint64_t num, at[REPORT_INDEXES];
};

/* A place that serves as the example of how to verify. */
struct report_example {
	const struct report_log *log; /* NULL: there is none */
	uint64_t index;
	uint8_t leaf_hash[32];
};

struct report {
	size_t num_logs;
	struct report_logged {
		struct report_log l;
		uint64_t exposures, quarantined;
	} * logs;
	struct names kinds, also, classes, issuers, records, advice;
	struct distinct certs, people, domains;
	struct days days;
	uint64_t num, unproven, severity[SEVERITIES];
	int64_t first_ms, last_ms;
	size_t num_rows;
	struct report_row *rows; /* a heap, the least one first */
	size_t num_held;
	struct report_held *held;
	uint64_t num_quarantined;
	struct report_example example;
};

/* The exposure's places within the ranges. */
struct places {
	size_t num;  /* as many as `list` has */
	size_t more; /* beyond those */
	bool proven; /* one of all is */
	int64_t first_ms;
	struct place {
		const struct report_log *log;
		const struct sighting *s;
	} list[REPORT_PLACES];
};

/* --- the table (report_rows.c) ---------------------------------------------- */

void row_add(
    struct report *r, const struct exposure *x, const struct places *p);
/* The gravest first. */
void rows_sort(struct report *r);
void row_html(
    struct buf *out, const struct exposure *x, const struct places *p);

/* --- pictures (report_plot.c) ------------------------------------------------ */

void plot_time(struct buf *out, const struct report *r);
/* One bar for each of the names, most first; `words` may be NULL. */
struct bars {
	const char *caption, *column, *none;
	const char *(*words)(const char *name);
	struct names *of;
};
void plot_bars(struct buf *out, const struct bars *b);

/* --- parts of the page (report_page.c, report_proof.c) ----------------------- */

void page_logs(struct buf *out, const struct report *r);
void page_quarantine(struct buf *out, const struct report *r);
void page_verify(
    struct buf *out, const struct report *r, const struct report_scan *scan);

/* --- words and pieces (report_words.c) --------------------------------------- */

const char *report_kind(const char *kind);
const char *report_class(const char *class);
const char *report_severity(enum severity s);
/* "in the subject", "in the alternative names" */
const char *report_place(const char *carrier);

/* Foreign text, isolated from the direction of what stands around it. */
void put_text(struct buf *out, const char *text, const char *none);
/* 1234567 as 1,234,567 */
void put_num(struct buf *out, uint64_t n);
/* "1 entry", "2,000 entries" */
void put_count(
    struct buf *out, uint64_t n, const char *one, const char *several);
/* YYYY-MM-DD, "?" for INT64_MIN */
void put_day(struct buf *out, int64_t ms);
/* YYYY-MM-DD HH:MM:SS UTC in a time element */
void put_time(struct buf *out, int64_t ms);

#endif
