/*
 * detect: which protocol does a log speak? Asked for `checkpoint` first, then
 * for `ct/v1/get-sth` (interface.md section 1). And: does it speak both?
 */
#ifndef MONITOR_DETECT_H
#define MONITOR_DETECT_H

#include "ctlog/api/api.h"
#include "monitor/http.h"

struct detect;

struct detected {
	const struct log_api *api; /* NULL: neither answered */
	const char *origin;        /* detect_tiles: of the tiles; else NULL */
	struct err err;            /* api NULL: what each did */
};
/* Called once, from the loop, unless it is ended before. */
typedef void detect_fn(void *arg, const struct detected *d);

struct detect *detect_new(
    struct http *h, const char *url, detect_fn *fn, void *arg);

/*
 * Does an RFC 6962 log serve tiles, too, under the same URL? They are cheaper
 * to read for both sides. One question, for `checkpoint`: yes, when that is
 * signed by the log's key and its origin begins with the host that was asked.
 * No answer within 10 s is a no.
 */
struct detect_log {
	struct ev_loop *loop;
	const char *url;
	const struct logkey *key; /* lives as long */
};
struct detect *detect_tiles(
    struct http *h, const struct detect_log *log, detect_fn *fn, void *arg);
void detect_end(struct detect *p);

#endif
