/*
 * request: a ready letter about an exposure, from the person to the CA: the
 * request of somebody whose data stands in a certificate, or the report that a
 * certificate is wrong (reference pii.md 8.3). In front of it stands what to
 * know before it is sent. What the certificate says is filled in; what only
 * the person knows stands in [brackets]. Texts: alerts/requests/LANGUAGE/.
 */
#ifndef ALERTS_REQUEST_H
#define ALERTS_REQUEST_H

#include <jansson.h>

#include "ctlog/base/buf.h"

enum request_to { REQUEST_CA, REQUEST_PROBLEM_REPORT };

struct request {
	enum request_to to;
	const char *lang; /* one that request_speaks */
	bool html;        /* a page to be printed, else text of 76 columns */
};

/* The languages, separated by ", ". */
extern const char request_langs[];
bool request_speaks(const char *lang);

/* `alert` is one as the sinks get it (interface.md section 5); of what it does
 * not say, the letter says nothing. */
void request_write(
    struct buf *out, const struct request *r, const json_t *alert);

#endif
