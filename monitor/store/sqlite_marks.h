/*
 * sqlite_marks: which entries were looked at for whom (sqlite_marks.c,
 * sqlite_coverage.c). Private to sqlite*.c.
 */
#ifndef MONITOR_STORE_SQLITE_MARKS_H
#define MONITOR_STORE_SQLITE_MARKS_H

#include "monitor/store/sqlite.h"

/* Within the transaction of a commit: what it read; its stretch, which ends
 * where its proof does, becomes part of `to`; an entry that left quarantine. */
enum status sqlite_marks_put(
    struct store *s, const struct store_commit *c, struct err *e);
enum status sqlite_marks_join(
    struct store *s, int64_t to, const struct store_commit *c, struct err *e);
enum status sqlite_marks_reread(struct store *s, const struct store_commit *c,
    uint64_t index, struct err *e);
/* Of a rewind, once the position is back. */
enum status sqlite_marks_undo(
    struct store *s, const struct stretch *at, struct err *e);
enum status sqlite_coverage(struct store *s, const struct record_at *at,
    ledger_coverage_fn *fn, void *arg, struct err *e);

#endif
