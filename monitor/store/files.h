/*
 * files: the little that keys, tokens and stores need of the file system
 * beside SQLite: errno as a status, directory entries made durable, files with
 * a secret in them.
 */
#ifndef MONITOR_STORE_FILES_H
#define MONITOR_STORE_FILES_H

#include <stdbool.h>

#include "ctlog/base/err.h"
#include "ctlog/base/span.h"

/* The status for errno, with "what PATH: reason" and what to do. */
enum status files_fail(const char *what, const char *path, struct err *e);

/* fsync the file. */
enum status files_sync(const char *path, struct err *e);
/* Another name for a file, unless that is taken (false, errno EEXIST). */
bool files_name(const char *from, const char *to);
/* fsync the directory that holds `path`. */
enum status files_sync_dir(const char *path, struct err *e);

/* Make a file that nobody but its owner may read, unless there is one; `what`
 * it is called in messages: "key file". It gets its name when it is whole, so
 * that a crash leaves no half of it. */
enum status files_create(
    const char *what, const char *path, struct span bytes, struct err *e);

#endif
