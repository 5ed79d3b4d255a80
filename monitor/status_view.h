/*
 * status_view: health, lag and coverage of each log, and what waits in the
 * store, as JSON: one object for each log, then one for the store, for
 * `status --json` and the admin interface. Text for people is cmd_status.c's.
 */
#ifndef MONITOR_STATUS_VIEW_H
#define MONITOR_STATUS_VIEW_H

#include "monitor/status_reasons.h"
#include "monitor/survey.h"

struct status_view {
	const struct config *config;
	const struct survey *survey;
	int64_t now_ms;
	bool unhealthy; /* something was, so far: the logs come first */
};

/* An object without a line end. */
void status_log_json(
    struct buf *out, struct status_view *v, const struct survey_log *l);
void status_store_json(struct buf *out, struct status_view *v);

/* Why a log, or the store, is unhealthy. */
void status_log_reasons(
    struct status_view *v, const struct survey_log *l, struct reasons *r);
void status_store_reasons(struct status_view *v, struct reasons *r);

bool status_followed(const struct status_view *v, const struct survey_log *l);
/* Of its newest head, in ms. */
int64_t status_head_age(
    const struct status_view *v, const struct survey_log *l);
/* Entries that were signed and are not proven yet; false: it has no tail. */
bool status_lag(const struct survey_log *l, uint64_t *out);

#endif
