/* sqlite_sink: how sinks do, as store.h has it, for SQLite. */
#ifndef MONITOR_STORE_SQLITE_SINK_H
#define MONITOR_STORE_SQLITE_SINK_H

#include "monitor/store/sqlite.h"

enum status sqlite_sink_mark(
    struct store *s, const struct store_sink_mark *m, struct err *e);
enum status sqlite_sink_state(struct store *s, const char *sink,
    struct store_sink_state *out, struct err *e);

#endif
