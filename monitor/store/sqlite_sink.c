/*
 * sqlite_sink: what is remembered of each sink, for people who ask how it does.
 * Deliveries do not depend on it.
 */
#include <stdio.h>

#include "monitor/store/sqlite_sink.h"

static sqlite3_stmt *
mark_query(struct store *s, enum sink_mark what)
{
	switch (what) {
	case MARK_DELIVERED:
		return db_query(s, Q_SINK_DELIVERED,
		    "INSERT INTO sink(name, delivered_ms) VALUES(?1, ?2)"
		    " ON CONFLICT DO UPDATE SET delivered_ms = ?2,"
		    " failing_ms = NULL, closed_ms = NULL");
	case MARK_FAILED:
		return db_query(s, Q_SINK_FAILED,
		    "INSERT INTO sink(name, failing_ms, kind)"
		    " VALUES(?1, ?2, ?3) ON CONFLICT DO UPDATE SET"
		    " failing_ms = ifnull(failing_ms, ?2), kind = ?3");
	case MARK_CLOSED:
		return db_query(s, Q_SINK_CLOSED,
		    "INSERT INTO sink(name, closed_ms, kind)"
		    " VALUES(?1, ?2, ?3) ON CONFLICT DO UPDATE SET"
		    " closed_ms = ?2, kind = ?3");
	default:
		return db_query(s, Q_SINK_OPENED,
		    "UPDATE sink SET closed_ms = NULL"
		    " WHERE name = ?1 AND closed_ms IS NOT NULL");
	}
}

enum status
sqlite_sink_mark(
    struct store *s, const struct store_sink_mark *m, struct err *e)
{
	sqlite3_stmt *q;
	enum status st = db_begin(s, e);

	if (st != ST_OK)
		return st;
	q = mark_query(s, m->what);
	db_text(q, 1, m->sink);
	if (m->what != MARK_OPENED)
		db_int(q, 2, m->now_ms);
	if (m->what == MARK_FAILED || m->what == MARK_CLOSED)
		db_text(q, 3, m->kind);
	return db_end(s, db_run(s, q, NULL, e), e);
}

static enum status
counts(struct store *s, const char *sink, struct store_sink_state *out,
    struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_SINK_COUNT,
	    "SELECT (SELECT count(*) FROM outbox WHERE state = 0"
	    " AND sink = ?1 AND due_ms < " PAUSED
	    "), (SELECT count(*) FROM outbox o"
	    " LEFT JOIN exposure x ON x.no = o.exposure WHERE o.state = 2"
	    " AND o.sink = ?1 AND x.acked_ms IS NULL)");
	enum status st;

	db_text(q, 1, sink);
	st = db_step(s, q, e);
	if (st != ST_OK)
		return st;
	out->waiting = (size_t)sqlite3_column_int64(q, 0);
	out->dead = (size_t)sqlite3_column_int64(q, 1);
	sqlite3_reset(q);
	return ST_OK;
}

enum status
sqlite_sink_state(struct store *s, const char *sink,
    struct store_sink_state *out, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_SINK_GET,
	    "SELECT ifnull(delivered_ms, 0), ifnull(failing_ms, 0),"
	    " ifnull(closed_ms, 0), ifnull(kind, '') FROM sink"
	    " WHERE name = ?1");
	enum status st;

	*out = (struct store_sink_state){0};
	db_text(q, 1, sink);
	st = db_step(s, q, e);
	if (st == ST_OK) {
		out->delivered_ms = sqlite3_column_int64(q, 0);
		out->failing_ms = sqlite3_column_int64(q, 1);
		out->closed_ms = sqlite3_column_int64(q, 2);
		snprintf(out->kind, sizeof(out->kind), "%s",
		    (const char *)sqlite3_column_text(q, 3));
		sqlite3_reset(q);
	}
	st = db_done(st);
	return st == ST_OK ? counts(s, sink, out, e) : st;
}
