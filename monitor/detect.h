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
	/* api NULL: what each did. detect_tiles: why those that are there are
	 * not to be read. */
	struct err err;
};
/* Called once, from the loop, unless it is ended before. */
typedef void detect_fn(void *arg, const struct detected *d);

struct detect *detect_new(
    struct http *h, const char *url, detect_fn *fn, void *arg);

/*
 * Does an RFC 6962 log serve tiles, too, under the same URL? They are cheaper
 * to read for both sides. Asked for `checkpoint`: yes, when that is signed by
 * the log's key and its origin begins with the host that was asked, unless
 * get-sth has gone on without it (tiles.h). No answer within 10 s is a no; none
 * to get-sth changes nothing.
 */
struct detect_log {
	struct ev_loop *loop;
	const char *url;
	struct logkey *key; /* lives as long */
	int64_t poll_ms;    /* of a static log */
};
struct detect *detect_tiles(
    struct http *h, const struct detect_log *log, detect_fn *fn, void *arg);
void detect_end(struct detect *p);

#endif
