/*
 * query: request targets and bodies of forms, taken apart (RFC 3986 sections
 * 2.1 and 3; application/x-www-form-urlencoded). What could be read in two
 * ways is refused: bytes that belong escaped, halves of escapes, escaped
 * control characters, text that is not UTF-8.
 */
#ifndef MONITOR_QUERY_H
#define MONITOR_QUERY_H

#include "ctlog/base/err.h"
#include "ctlog/base/span.h"
#include "monitor/door.h"

#define QUERY_PARAMS 32u /* more are refused */

struct query {
	char *memory; /* of all that follows */
	const char *path;
	size_t num;
	struct door_param params[QUERY_PARAMS]; /* in order */
};

/* "/path?name=value&name=value": ST_BAD when it is something else. *out is to
 * be released in any case. */
enum status query_target(struct query *out, struct span target, struct err *e);
/* "name=value&name=value"; the path is "". */
enum status query_form(struct query *out, struct span body, struct err *e);
void query_fini(struct query *q);

/* The value of the only parameter of this name; NULL when there is none, or
 * are several. */
const char *query_param(
    const struct door_param *params, size_t num, const char *name);

#endif
