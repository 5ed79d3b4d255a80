/*
 * datagram: one message to a UNIX socket of this machine. Nothing waits: what
 * the receiver has no room for is an error, and comes again later.
 */
#ifndef MONITOR_DATAGRAM_H
#define MONITOR_DATAGRAM_H

#include "ctlog/base/err.h"
#include "ctlog/base/span.h"

/* ST_UNREACHABLE: nobody listens there; ST_AGAIN: no room now; ST_LIMIT: it is
 * too long; ST_DENIED, ST_IO. */
enum status datagram_send(const char *path, struct span body, struct err *e);

#endif
