/*
 * status_counters: what `status` says of the counters of a log: certificates
 * by class, and where they hold which kind of personal data.
 */
#ifndef MONITOR_STATUS_COUNTERS_H
#define MONITOR_STATUS_COUNTERS_H

#include "monitor/survey.h"

/* `,"counters":{...}` */
void counters_json(struct buf *out, const struct survey_log *l);
/* A table; nothing when nothing is proven. */
void counters_text(struct buf *out, const struct survey_log *l);

#endif
