/*
 * sqlite_deliver: see sqlite_deliver.h. What becomes of the rows afterwards is
 * in sqlite_outbox.c, how digests are made of them in sqlite_digest.c.
 */
#include "monitor/store/rules.h"
#include "monitor/store/sqlite_deliver.h"

/* What is collected is not held until it is proven: it goes at its time, and
 * that is not before its proof is waited for. */
static enum status
row_new(struct store *s, const struct delivery *d, const struct delivery_row *r,
    struct err *e)
{
	bool single = r->cadence == CADENCE_SINGLE;
	sqlite3_stmt *q = db_query(s, Q_OUTBOX_EXPOSURE,
	    "INSERT INTO outbox(sink, exposure, address, held, due_ms, cadence,"
	    " record) VALUES(?1, ?2, ?7, ?3, ?4, ?5, ?6)"
	    " ON CONFLICT DO NOTHING");

	db_text(q, 1, r->sink->name);
	db_int(q, 2, d->exposure);
	db_int(q, 3, single);
	db_int(q, 4,
	    single ? d->due_ms
		   : rule_digest_at(r->sink, r->cadence, d->due_ms));
	db_int(q, 5, (int64_t)r->cadence);
	if (r->sink->digests)
		db_int(q, 6, d->record);
	db_blob(q, 7, r->address);
	return db_run(s, q, NULL, e);
}

enum status
sqlite_deliver(struct store *s, const struct delivery *d, struct err *e)
{
	enum status st = ST_OK;

	for (size_t i = 0; st == ST_OK && i < s->num_sinks; i++) {
		struct delivery_row r = {.sink = &s->sinks[i]};

		if (!rule_serves(r.sink, d->tenant, d->only) ||
		    (d->sink != NULL && strcmp(d->sink, r.sink->name) != 0))
			continue;
		st = sqlite_cadence(s, d, &r, e);
		if (st == ST_OK)
			st = row_new(s, d, &r, e);
	}
	return st;
}
