/*
 * public: the door for everybody: the pages behind the links of mails, and
 * nothing else. Opening a link changes nothing; its buttons do, and mail
 * programs that unsubscribe by themselves (RFC 8058). What is answered, and
 * when, does not depend on whether a token is known.
 *
 *	GET  /confirm?t=TOKEN      a page with a button
 *	POST /confirm              t=TOKEN in query or form
 *	GET  /unsubscribe?t=TOKEN
 *	POST /unsubscribe          also with List-Unsubscribe=One-Click
 *	POST /never
 */
#ifndef MONITOR_PUBLIC_H
#define MONITOR_PUBLIC_H

#include <ev.h>

#include "config/config.h"
#include "monitor/indexer.h"
#include "monitor/writer.h"

struct public;

struct public_conf {
	struct ev_loop *loop;
	const struct config *config;
	struct writer *writer;
	struct indexer *indexer; /* told when records have changed */
};

/* ST_OK with *out NULL: the configuration wants no pages. */
enum status public_open(
    struct public **out, const struct public_conf *c, struct err *e);
/* No new requests; those that wait are answered. */
void public_stop(struct public *p);
/* When the writer has done everything. */
void public_free(struct public *p);

#endif
