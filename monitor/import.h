/*
 * import: a file of opt-in records into a store, all or nothing; every bad
 * line is named.
 */
#ifndef MONITOR_IMPORT_H
#define MONITOR_IMPORT_H

#include "config/config.h"
#include "monitor/store/store.h"

/* Warnings are told one by one up to so many; then they are counted. */
#define IMPORT_WARNINGS 20

/* `what` is a sentence without values of anybody. */
typedef void import_say_fn(void *arg, size_t line, const char *what);

struct import {
	struct span file;
	const uint8_t *index_key; /* INDEX_KEY_LEN */
	const char *who;          /* for the audit trail */
	int64_t now_ms;
	const char *tenant; /* of records that name none; NULL: RECORD_TENANT */
	const char *only; /* records of other tenants are bad; NULL: none are */
	/* Records that name a sink which is not there, or not for them, are bad;
	 * NULL: a scan, which tells of all records alike: notify is dropped. */
	const struct config *config;
	/* Why nobody is asked by mail to confirm an address: enrol_missing();
	 * NULL: they are. */
	const char *unasked;
	import_say_fn *bad, *warn;
	void *arg;
	/* out */
	size_t lines_bad, warnings;
	size_t added, updated, active, pending;
};

/* ST_BAD when a line is bad or an id may not be used; nothing was imported
 * then. */
enum status import_records(struct import *im, struct store *s, struct err *e);

#endif
