/*
 * rate: how often strangers may ask: a token bucket for each address, and one
 * for all. Addresses are remembered in a table of fixed size: two that fall on
 * the same place forget each other, and the bucket for all holds anyway.
 */
#ifndef MONITOR_RATE_H
#define MONITOR_RATE_H

#include "ctlog/base/span.h"

struct rate;

struct rate_limit {
	double per_s, burst;
};

struct rate *rate_new(struct rate_limit each, struct rate_limit all);
/* One request at this moment, in seconds of any clock: may it be? peer: 4 or
 * 16 bytes, of which /64 counts; empty: only all together. */
bool rate_take(struct rate *r, struct span peer, double now);
void rate_free(struct rate *r);

#endif
