/*
 * tiles: an RFC 6962 log that is read by the tiles that it serves, too: can it
 * still be? They may be an experiment of the log's that ends, or freezes; so its
 * get-sth is asked from time to time, and the tiles have to come as far as that
 * says. What follows from an answer: engine_logs.c.
 */
#ifndef MONITOR_TILES_H
#define MONITOR_TILES_H

#include "monitor/http.h"
#include "monitor/tail.h"

/* How much later than its tiles' head a log may have signed a larger tree. */
int64_t tiles_lag_ms(int64_t poll_ms);
/* `sth` says that tiles with this head are not what the log goes on with. */
bool tiles_are_behind(
    const struct head *tiles, const struct head *sth, int64_t poll_ms);

struct tiles;

struct tiles_conf {
	struct http *http;
	const char *url;    /* of both protocols; copied */
	struct logkey *key; /* lives as long */
	int64_t poll_ms;    /* how often a static log's head is asked for */
	bool follow;        /* else: a scan, whose one head is no news */
};
struct tiles *tiles_new(const struct tiles_conf *c);
void tiles_free(struct tiles *t); /* NULL: nothing */

/* Once a second, with how far the tail is. NULL: they come; else why the log
 * has to be read by get-entries, for people. */
const char *tiles_tick(struct tiles *t, const struct tail_state *s);

#endif
