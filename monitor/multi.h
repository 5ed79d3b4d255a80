/*
 * multi: transfers of libcurl on the libev loop: its sockets and its timer are
 * the loop's. What a transfer is, its owner says (http.c).
 */
#ifndef MONITOR_MULTI_H
#define MONITOR_MULTI_H

#include <ev.h>
#include <stdint.h>

#define MULTI_CA_FILE "/etc/ssl/certs/ca-certificates.crt"

struct multi;

struct multi_conf {
	struct ev_loop *loop;
	long cached; /* idle connections that are kept */
	/* A transfer is over, and still to be removed; code: its CURLcode, 0:
	 * it went well. May add and remove transfers. */
	void (*done)(void *arg, void *transfer, int code);
	/* After each round of these, also when there was none to tell. */
	void (*collected)(void *arg);
	void *arg;
};

struct multi *multi_new(const struct multi_conf *conf);
/* All transfers must have been removed. */
void multi_free(struct multi *m);

/* What all transfers have in common, for a handle that is new or was reset:
 * certificate and name are checked, sockets are close-on-exec, no signals.
 * ca_file NULL: the system's. */
void multi_set(void *easy, const char *ca_file);

/* Begins soon, from the loop. */
void multi_add(struct multi *m, void *easy, void *transfer);
void multi_remove(struct multi *m, void *easy);

/* Once, `ms` from now on; below 0: never. */
void multi_timer(struct ev_loop *loop, ev_timer *t, int64_t ms);

#endif
