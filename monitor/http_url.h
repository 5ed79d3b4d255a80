/*
 * http_url: what a URL says about whom it asks, read by the same parser that
 * libcurl connects with, so that no spelling means one host here and another
 * there. For http.c; others need http_is_loopback only (http.h).
 */
#ifndef MONITOR_HTTP_URL_H
#define MONITOR_HTTP_URL_H

#include "ctlog/base/err.h"
#include "ctlog/base/limits.h"
#include "ctlog/base/span.h"

/* A host name has 253 characters at most (RFC 1035 2.3.4, as text). */
#define HTTP_HOST_MAX 253

struct http_url {
	char origin[HTTP_HOST_MAX + 24]; /* "https://ct.example:443" */
	/* The registrable domain, "ct.example"; the host where there is none,
	 * and all of the origin on loopback, where a port is a server. */
	char site[HTTP_HOST_MAX + 24];
	char label[LIMIT_QUOTE + 8]; /* "ct.example:443/2026/checkpoint" */
	bool https, loopback;
};

/*
 * ST_USAGE when this is no absolute http or https URL of at most LIMIT_URL - 1
 * bytes, or names a user. The label leaves the query out and is safe to print.
 */
enum status http_url_read(struct http_url *out, const char *url, struct err *e);

#endif
