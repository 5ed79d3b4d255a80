/*
 * office: mailboxes of offices and machines, not of persons, by the local part
 * of the address: those of RFC 2142, and what certificates show besides.
 */
#ifndef CTLOG_BASE_OFFICE_H
#define CTLOG_BASE_OFFICE_H

#include <stdbool.h>

#include "ctlog/base/span.h"

/* "webmaster", "no-reply", "hostmaster+tls"; case, dots, hyphens, underscores
 * and what follows a "+" do not count. */
bool office_is(struct span local);

#endif
