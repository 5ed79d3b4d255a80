/*
 * listing_fetch: GETs one after the other on a loop of their own, for the time
 * before the program's loop runs.
 */
#ifndef MONITOR_LISTING_FETCH_H
#define MONITOR_LISTING_FETCH_H

#include "config/config.h"
#include "ctlog/base/buf.h"

struct fetch;

/* All together may last so long. */
struct fetch *fetch_new(const struct config *c, int64_t limit_ms);
void fetch_free(struct fetch *f);

/* ST_UNREACHABLE: no answer, or none with this body. ST_LIMIT: too large.
 * ST_AGAIN: SIGINT or SIGTERM is pending. *out is empty unless ST_OK. */
enum status fetch_get(struct fetch *f, const char *url, size_t limit,
    struct buf *out, struct err *e);
/* Wait; ST_AGAIN and ST_UNREACHABLE (no time left) as above. */
enum status fetch_pause(struct fetch *f, int64_t ms, struct err *e);

#endif
