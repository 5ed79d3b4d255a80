/*
 * roster: the log lists of a running service: renewed about every logs.refresh
 * and on SIGHUP, and what a new edition changes: new logs are followed, moved
 * ones are followed elsewhere, and those that are over are read to their end
 * first. A list that is worse than the last good one, or does not come, changes
 * nothing. Lives on the loop.
 */
#ifndef MONITOR_ROSTER_H
#define MONITOR_ROSTER_H

#include "monitor/engine.h"
#include "monitor/listing.h"
#include "monitor/wants.h"

struct roster;

struct roster_conf {
	struct engine *engine;              /* open */
	const struct listing_conf *listing; /* config, dir; lives as long */
	struct lists *lists; /* as they were read; the roster's from then on */
	bool at_once;        /* they may be old: renew them now */
};

struct roster *roster_new(const struct roster_conf *c);
/* Before engine_close. */
void roster_free(struct roster *r);

/* Follow a log of the start, listed or not. */
void roster_follow(struct roster *r, const struct want_log *w);
/* After these: logs that left the lists before the start, and were not read to
 * their end then; whether anybody saw them leave or not. */
void roster_resume(struct roster *r);
/* Renew all lists now. */
void roster_refresh(struct roster *r);
/* To be called every second. */
void roster_tick(struct roster *r);

/* All logs of the lists as they are now, in whatever state. */
void roster_known(const struct roster *r, struct wants *out);

/* Where reading begins in a log that the store does not know. `now`: as in
 * roster_is_young. */
struct tail_range roster_range(
    const struct config *c, const struct want_log *w, bool now);

#endif
