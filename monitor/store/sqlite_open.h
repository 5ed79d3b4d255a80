/*
 * sqlite_open: what stands before a store is open: its lock, and whether it is
 * one of ours. Private to sqlite*.c.
 */
#ifndef MONITOR_STORE_SQLITE_OPEN_H
#define MONITOR_STORE_SQLITE_OPEN_H

#include "monitor/store/sqlite.h"

/* --- the lock (sqlite_lock.c) ----------------------------------------- */
/* PATH and more, malloc'd. */
char *sqlite_path(const char *path, const char *more);
/* Become the one writer: *out stays open for that long. */
enum status sqlite_lock(
    int *out, const char *path, const struct store_conf *c, struct err *e);
/* Whether there is a writer at this moment; owner (may be NULL) gets its
 * name. */
bool sqlite_locked(const char *path, char owner[STORE_OWNER]);

/* --- what is found on opening (sqlite_check.c) ------------------------- */
/* Reads all pages. ST_IO when that is not possible, ST_BAD: damaged. */
enum status sqlite_check_pages(struct store *s, struct err *e);
/* ST_BAD: no store of ours. ST_NEWER. ST_USAGE: too old to be only read. */
enum status sqlite_check_version(struct store *s, struct err *e);
/* ST_MISMATCH: made with another master key. */
enum status sqlite_check_keys(struct store *s, struct err *e);
/* From whatever version it has to the present one. */
enum status sqlite_migrate(struct store *s, struct err *e);

#endif
