/*
 * secret: what stands in a file that nobody else may read: a password.
 */
#ifndef MONITOR_SECRET_H
#define MONITOR_SECRET_H

#include "ctlog/base/buf.h"

/* Its first line, without the line end. ST_DENIED when others may read the
 * file, ST_BAD when it is no plain file, empty, or holds a NUL. */
enum status secret_read(
    struct buf *out, const char *what, const char *file, struct err *e);
/* All of it, 16 KiB at most. */
enum status secret_text(
    struct buf *out, const char *what, const char *file, struct err *e);
/* Wiped, then as buf_fini. */
void secret_fini(struct buf *b);

#endif
