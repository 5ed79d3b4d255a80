/*
 * http_socket: one HTTP request over a UNIX socket, waited for, as commands
 * make it of a running service. No loop, no TLS.
 */
#ifndef MONITOR_HTTP_SOCKET_H
#define MONITOR_HTTP_SOCKET_H

#include "ctlog/base/buf.h"
#include "ctlog/base/err.h"

struct socket_request {
	const char *socket; /* path of the socket */
	const char *token;  /* bearer token */
	const char *method;
	const char *target;       /* path and query, percent-encoded */
	const char *content_type; /* of the body; NULL: there is none */
	struct span body;
};

/* *code is the HTTP status; the body is appended to *out. ST_UNREACHABLE:
 * nobody is there. ST_DENIED: so it is for this user. ST_STALE: no answer came,
 * whatever was done. ST_LIMIT: the answer is larger than 1 GiB. */
enum status http_socket(
    int *code, struct buf *out, const struct socket_request *r, struct err *e);

#endif
