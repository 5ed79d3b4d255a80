/*
 * sqlite_rewind: back to what is proven. Private to the SQLite backend.
 */
#ifndef MONITOR_STORE_SQLITE_REWIND_H
#define MONITOR_STORE_SQLITE_REWIND_H

#include "monitor/store/sqlite.h"

enum status sqlite_rewind(struct store *s, const struct stretch *at,
    struct store_rewound *io, struct err *e);
/* Undo what a stretch has beyond its proven position, but not that position,
 * within a transaction. */
enum status sqlite_undo(struct store *s, const struct stretch *at,
    struct store_rewound *io, struct err *e);

#endif
