/*
 * sqlite_exposures: how exposures are read, for the files of the SQLite backend
 * that give them out.
 */
#ifndef MONITOR_STORE_SQLITE_EXPOSURES_H
#define MONITOR_STORE_SQLITE_EXPOSURES_H

#include "monitor/store/sqlite.h"

/* Of exposure x, record r and record_key k. */
#define EXPOSURE_COLUMNS                                                       \
	"x.no, x.id, x.time_ms, x.sealed, r.tenant, r.name, k.wrapped"
#define EXPOSURE_NUM_COLUMNS 7

/* EXPOSURE_COLUMNS from `at` on; ST_MISMATCH or ST_BAD when they do not
 * open. Sightings are not among them. */
enum status sqlite_exposure_fill(struct store *s, struct exposure *x,
    sqlite3_stmt *q, int at, struct err *e);
/* Those of an exposure's row, of all logs, or of one. */
enum status sqlite_sightings_get(struct store *s, struct exposure *x,
    int64_t no, const struct hash *log_id, struct err *e);

#endif
