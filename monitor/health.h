/*
 * health: what `GET /healthz` answers: whether all is well, as `status` sees
 * it, and no more than numbers. The store is looked at every 10 s on its
 * thread, so that answers come at once and cost nothing, however many ask.
 */
#ifndef MONITOR_HEALTH_H
#define MONITOR_HEALTH_H

#include "config/config.h"
#include "monitor/door.h"
#include "monitor/writer.h"

struct health;

struct health *health_new(const struct config *c, struct writer *w);
/* Call every second or so. */
void health_tick(struct health *h);
/* 200 with {"healthy":true,...}, or 503; 405 unless it is a GET. */
void health_answer(const struct health *h, struct door_call *call,
    const struct door_request *r);
/* When the writer has done everything. */
void health_free(struct health *h);

#endif
