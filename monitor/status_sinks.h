/*
 * status_sinks: how each sink does, for status_view.c and cmd_status.c.
 */
#ifndef MONITOR_STATUS_SINKS_H
#define MONITOR_STATUS_SINKS_H

#include "monitor/status_view.h"

/* ,"sinks":[...] */
void sinks_json(struct buf *out, const struct survey *s);
/* A line for each. */
void sinks_text(struct buf *out, const struct survey *s);
/* Those that take nothing more, or have not for an hour. */
void sinks_reasons(struct reasons *r, const struct survey *s, int64_t now_ms);

#endif
