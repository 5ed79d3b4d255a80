/*
 * retention: what is kept for a time only is erased when that is over, at the
 * start of the service and once a day.
 */
#ifndef MONITOR_RETENTION_H
#define MONITOR_RETENTION_H

#include "config/config.h"
#include "monitor/writer.h"

struct retention; /* its tasks */

/* On the loop; `c` and `w` are borrowed. */
struct retention *retention_new(const struct config *c, struct writer *w);
/* Call every second or so. */
void retention_tick(struct retention *r);
/* When the writer has done everything. */
void retention_free(struct retention *r);

#endif
