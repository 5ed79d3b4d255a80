/*
 * canary: an event that goes through every sink now and then, so that one that
 * does not work is found before it matters. It has nobody's data.
 */
#ifndef MONITOR_CANARY_H
#define MONITOR_CANARY_H

#include "config/config.h"
#include "monitor/courier.h"

struct canary;

/* NULL: alerts.canary is off. */
struct canary *canary_new(
    const struct config *c, struct writer *w, struct courier *to);
/* Every second. */
void canary_tick(struct canary *c);
/* When the writer has done everything. */
void canary_free(struct canary *c);

#endif
