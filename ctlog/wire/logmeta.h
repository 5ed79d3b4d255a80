/*
 * logmeta: log.v3.json, what a log or an archive of one tells about itself
 * (Sunlight's file; an item of a CT log list v3). Nobody signs it.
 */
#ifndef CTLOG_WIRE_LOGMETA_H
#define CTLOG_WIRE_LOGMETA_H

#include "ctlog/base/err.h"
#include "ctlog/base/span.h"
#include "ctlog/wire/logkey.h"

/* The log's key. ST_BAD when there is none, or log_id is not that of it;
 * ST_LIMIT. */
enum status logmeta_key(struct logkey **out, struct span json, struct err *e);

#endif
