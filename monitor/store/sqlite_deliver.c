/*
 * sqlite_deliver: see sqlite_deliver.h. What becomes of the rows afterwards is
 * in sqlite_outbox.c.
 */
#include "monitor/store/rules.h"
#include "monitor/store/sqlite_deliver.h"

static enum status
row_new(
    struct store *s, const struct delivery *d, const char *sink, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_OUTBOX_EXPOSURE,
	    "INSERT INTO outbox(sink, exposure, held, due_ms)"
	    " VALUES(?1, ?2, 1, ?3) ON CONFLICT DO NOTHING");

	db_text(q, 1, sink);
	db_int(q, 2, d->exposure);
	db_int(q, 3, d->due_ms);
	return db_run(s, q, NULL, e);
}

enum status
sqlite_deliver(struct store *s, const struct delivery *d, struct err *e)
{
	enum status st = ST_OK;

	for (size_t i = 0; st == ST_OK && i < s->num_sinks; i++)
		if (rule_serves(&s->sinks[i], d->tenant, d->only))
			st = row_new(s, d, s->sinks[i].name, e);
	return st;
}
