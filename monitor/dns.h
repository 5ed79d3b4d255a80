/*
 * dns: TXT records by c-ares on the loop, from the system's resolvers.
 */
#ifndef MONITOR_DNS_H
#define MONITOR_DNS_H

#include <ev.h>

#include "ctlog/base/err.h"

struct dns;

/* Records of one name that are looked at. */
#define DNS_TXTS 64u

struct dns_txt {
	/* ST_OK: up to DNS_TXTS records, each its strings joined, NULs and all
	 * beyond 512 bytes left out. ST_MISSING: there is no such name, or
	 * none of the type. ST_AGAIN: no answer. */
	enum status status;
	size_t num;
	const char *const *txt;
	struct err err;
};
typedef void dns_txt_fn(void *arg, const struct dns_txt *t);

/* servers: "127.0.0.1:5353"; NULL: the system's. */
enum status dns_new(
    struct dns **out, struct ev_loop *loop, const char *servers, struct err *e);
/* fn is called once, later, from the loop. */
void dns_find_txt(struct dns *d, const char *name, dns_txt_fn *fn, void *arg);
/* Ends all without calling back. Not from a callback. */
void dns_free(struct dns *d);

/* Of c-ares, at run time. */
const char *dns_version(void);

#endif
