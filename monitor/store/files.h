/*
 * files: the little that keys and stores need of the file system beside
 * SQLite: errno as a status, and directory entries made durable.
 */
#ifndef MONITOR_STORE_FILES_H
#define MONITOR_STORE_FILES_H

#include "ctlog/base/err.h"

/* The status for errno, with "what PATH: reason" and what to do. */
enum status files_fail(const char *what, const char *path, struct err *e);

/* fsync the directory that holds `path`. */
enum status files_sync_dir(const char *path, struct err *e);

#endif
