/*
 * status_reasons: why something is unhealthy, in words and as JSON, for
 * `status`.
 */
#ifndef MONITOR_STATUS_REASONS_H
#define MONITOR_STATUS_REASONS_H

#include "monitor/store/store.h"

struct reasons {
	size_t num;
	char text[8][512];
};
void reason(struct reasons *r, const char *fmt, ...) PRINTF(2, 3);
/* ,"unhealthy":B,"reasons":[...] and lines of text. */
void reasons_json(struct buf *out, const struct reasons *r);
void reasons_text(struct buf *out, const struct reasons *r);

/* What a log did, and what ends that; nothing when there is no trouble. */
void trouble_reason(struct reasons *r, const struct store_log *l);
/* ,"trouble":{...} */
void trouble_json(struct buf *out, const struct trouble *t);

/* "3 d 4 h", "25 s". */
const char *duration(char out[32], int64_t ms);

#endif
