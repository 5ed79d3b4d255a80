/*
 * logurl: the URL under which a log answers, as a list gives it: which ones
 * may be asked, and the one form in which we keep them.
 */
#ifndef CTLOG_WIRE_LOGURL_H
#define CTLOG_WIRE_LOGURL_H

#include "ctlog/base/span.h"

/*
 * true when a request path can be appended to the URL and may be asked for:
 * https, or http on this machine, without user, query or fragment. Then *host
 * is its host, and *bare the URL without the scheme.
 */
bool logurl_split(struct span url, struct span *host, struct span *bare);

/* A copy that ends in a slash. */
char *logurl_copy(struct span url);

#endif
