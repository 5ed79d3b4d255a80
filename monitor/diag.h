/*
 * diag: messages to the operator on stderr ("log" always means a CT log). One
 * line each, safe characters only, no personal data, ever. Under systemd
 * ($JOURNAL_STREAM) lines carry a <priority>, elsewhere a time.
 */
#ifndef MONITOR_DIAG_H
#define MONITOR_DIAG_H

#include "ctlog/base/err.h"

enum diag_level { DIAG_ERROR, DIAG_WARN, DIAG_INFO, DIAG_DEBUG };

/* Messages above this level are dropped; DIAG_INFO to begin with. */
void diag_level(enum diag_level max);
void diag_error(const char *fmt, ...) PRINTF(1, 2);
void diag_warn(const char *fmt, ...) PRINTF(1, 2);
void diag_info(const char *fmt, ...) PRINTF(1, 2);
void diag_debug(const char *fmt, ...) PRINTF(1, 2);

#endif
