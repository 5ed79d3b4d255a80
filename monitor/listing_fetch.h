/*
 * listing_fetch: lists fetched one after the other on a loop of their own, for
 * the time before the program's loop runs.
 */
#ifndef MONITOR_LISTING_FETCH_H
#define MONITOR_LISTING_FETCH_H

#include "monitor/listing_renew.h"

struct fetch;

/* All together may last so long. */
struct fetch *fetch_new(const struct config *c, int64_t limit_ms);
void fetch_free(struct fetch *f);

struct fetch_list {
	const char *url;
	const struct logkey *key; /* NULL: unsigned */
	int64_t pause_ms;         /* as in struct renewal_conf */
};
/* As renewal_fn; ST_AGAIN: SIGINT or SIGTERM is pending. *out is empty unless
 * ST_OK. */
enum status fetch_list(struct fetch *f, const struct fetch_list *what,
    struct edition *out, struct err *e);

#endif
