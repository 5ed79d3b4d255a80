/*
 * append: lines at the end of a file, whole and durable when it returns. Runs
 * on the store thread, since it waits for the disk.
 */
#ifndef MONITOR_APPEND_H
#define MONITOR_APPEND_H

#include "ctlog/base/err.h"
#include "ctlog/base/span.h"

/* Path "-" is standard output. A line that an earlier crash or a full disk cut
 * off is ended first, so that it does not swallow the next one. ST_FULL: no
 * space; ST_IO otherwise; some of the lines may be there then. */
enum status append_lines(
    const char *path, const struct span *lines, size_t num, struct err *e);

#endif
