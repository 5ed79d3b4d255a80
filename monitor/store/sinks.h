/*
 * sinks: what the store knows of sinks: what each is to get and when, and how
 * it did. Part of store.h.
 */
#ifndef MONITOR_STORE_SINKS_H
#define MONITOR_STORE_SINKS_H

#include <stdbool.h>
#include <stdint.h>

#include "monitor/pii/record.h"

/* Where outbox rows are written for, and how it takes them. */
enum store_cadence { CADENCE_SINGLE, CADENCE_DAILY, CADENCE_WEEKLY };
struct store_sink {
	char *name;
	struct strings tenants; /* empty: all */
	bool to_record;         /* mails to the people that records name */
	/* It is for people: alerts of these severities are collected; so is
	 * what is more than per_day singles of a record in 24 h (0: no limit),
	 * and what says the same as an alert before. */
	bool digests;
	uint8_t cadence[4]; /* of each enum severity, an enum store_cadence */
	unsigned per_day;
	/* Digests go at at_ms after midnight UTC (and Monday), and then in
	 * such steps. */
	int64_t day_ms, week_ms, at_ms;
};

/* How a sink does. Times: 0: never, or it does not. */
struct store_sink_state {
	int64_t delivered_ms; /* newest */
	int64_t failing_ms;   /* since when nothing arrives */
	int64_t closed_ms;    /* when it said that it takes nothing more */
	char kind[24];        /* of the newest failure */
	size_t waiting, dead; /* deliveries */
};
enum sink_mark { MARK_DELIVERED, MARK_FAILED, MARK_CLOSED, MARK_OPENED };
struct store_sink_mark {
	const char *sink;
	enum sink_mark what;
	int64_t now_ms;
	const char *kind; /* MARK_FAILED, MARK_CLOSED */
};

#endif
