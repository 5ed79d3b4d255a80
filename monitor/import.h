/*
 * import: a file of opt-in records into a store, all or nothing; every bad
 * line is named.
 */
#ifndef MONITOR_IMPORT_H
#define MONITOR_IMPORT_H

#include <stdio.h>

#include "monitor/store/store.h"

struct import {
	const char *name; /* of the file, for messages */
	struct span file;
	const uint8_t *index_key; /* INDEX_KEY_LEN */
	FILE *complaints;         /* bad lines, one message each; warnings */
	/* out */
	size_t lines_bad;
	size_t added, updated, active, pending;
};

/* ST_BAD when a line is bad or an id may not be used; nothing was imported
 * then. */
enum status import_records(struct import *im, struct store *s, struct err *e);

#endif
