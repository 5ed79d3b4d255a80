/*
 * scan: what a one-off scan prints: alerts as they are proven, progress, and a
 * summary for each log. Alerts take the same way as everywhere: outbox,
 * courier, a sink; this sink prints.
 */
#ifndef MONITOR_SCAN_H
#define MONITOR_SCAN_H

#include <stdio.h>

#include "alerts/sink.h"
#include "monitor/engine.h"

/* The configured sink that stands for standard output. */
extern const struct conf_sink scan_stdout;
const struct sink_api *scan_sink_json(const struct conf_sink *c, struct err *e);
const struct sink_api *scan_sink_text(const struct conf_sink *c, struct err *e);

/* One log's result. */
struct scan_summary {
	const struct entry_log *log;
	struct tail_state state; /* zero when there was no tail */
	uint64_t hits, unproven; /* so many of the hits */
	uint64_t quarantined;
	double elapsed_s;
	const char *instance;
};
void scan_summary_json(const struct scan_summary *s, FILE *out);
void scan_summary_text(const struct scan_summary *s, FILE *out);

/* How far all logs together are; logs whose range is not known yet count
 * nothing. */
struct scan_sum {
	uint64_t done, proven, all;
	uint64_t now; /* of `done`: by this run */
	unsigned running;
};
void scan_sum_add(struct scan_sum *sum, const struct tail_state *t);

/* Progress on stderr: a bar on a terminal, a line every 10 s elsewhere. Call
 * every second. */
struct scan_progress {
	bool quiet, tty;
	unsigned ticks;
	uint64_t last;
};
void scan_progress_tick(struct scan_progress *p, const struct engine *g);
void scan_progress_end(struct scan_progress *p);

#endif
