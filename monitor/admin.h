/*
 * admin: the operator's door (interface.md section 6) beside a running
 * service: who may ask, and the way of a request to the store thread and back.
 * What is answered is api.h's business. `GET /healthz` needs no token; whatever
 * else is asked for does. All on the loop.
 */
#ifndef MONITOR_ADMIN_H
#define MONITOR_ADMIN_H

#include <ev.h>

#include "config/config.h"
#include "monitor/indexer.h"
#include "monitor/store/seal.h"
#include "monitor/writer.h"

struct admin;

struct admin_conf {
	struct ev_loop *loop;
	const struct config *config; /* of the service, as all else here */
	struct writer *writer;
	struct indexer *indexer; /* told when records have changed */
	const uint8_t *index_key;
	/* There may be letters to send; may be NULL. */
	void (*letters)(void *arg);
	/* Deliveries are to be made again; may be NULL. */
	void (*again)(void *arg);
	void *arg;
};

/* Open it as the configuration says. What it does not say (the default places
 * that another program has, or this user cannot have; a token file that is not
 * there) is only warned of. ST_OK with *out NULL: there is no door. */
enum status admin_open(
    struct admin **out, const struct admin_conf *c, struct err *e);
/* The token file may be another one now. */
void admin_reload(struct admin *a);
/* Call every second or so. */
void admin_tick(struct admin *a);
/* No new requests; those that wait for the network are answered. */
void admin_stop(struct admin *a);
/* When the writer has done everything. */
void admin_free(struct admin *a);

#endif
