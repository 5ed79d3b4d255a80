/*
 * sqlite_cadence: what people are told one by one, and what is collected for
 * them. The digests themselves are made in sqlite_digest.c.
 */
#include "monitor/store/sqlite_deliver.h"

#define DAY_MS 86400000ll

/* Was this sink told the same before, or is it going to be? Of very many the
 * newest will do. */
static enum status
was_told(struct store *s, const struct delivery *d,
    const struct delivery_row *r, bool *out, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_DELIVER_TOLD,
	    "SELECT EXISTS(SELECT 1 FROM (SELECT no, told FROM exposure"
	    " WHERE record = ?1 AND same ="
	    " (SELECT same FROM exposure WHERE no = ?2)"
	    " AND no <> ?2 ORDER BY no DESC LIMIT 100) y"
	    " WHERE y.told OR EXISTS(SELECT 1 FROM outbox o"
	    " WHERE o.exposure = y.no AND o.sink = ?3 AND o.address = ?4"
	    " AND o.topic = 0 AND o.state <> 2))");
	enum status st;

	db_int(q, 1, d->record);
	db_int(q, 2, d->exposure);
	db_text(q, 3, r->sink->name);
	db_blob(q, 4, r->address);
	st = db_step(s, q, e);
	if (st != ST_OK)
		return st;
	*out = sqlite3_column_int(q, 0) != 0;
	sqlite3_reset(q);
	return ST_OK;
}

/* Have there been as many in 24 h as this sink takes one by one? What a clock
 * says to come that was ahead does not count. */
static enum status
is_full(struct store *s, const struct delivery *d, const struct delivery_row *r,
    bool *out, struct err *e)
{
	sqlite3_stmt *q;
	int64_t since;
	enum status st;

	*out = false;
	if (r->sink->per_day == 0)
		return ST_OK;
	q = db_query(s, Q_DELIVER_FULL,
	    "SELECT x.time_ms FROM outbox o JOIN exposure x ON x.no ="
	    " o.exposure WHERE o.record = ?1 AND o.sink = ?2"
	    " AND o.address = ?3 AND o.cadence = 0 AND o.digest IS NULL"
	    " ORDER BY o.id DESC LIMIT 1 OFFSET ?4");
	db_int(q, 1, d->record);
	db_text(q, 2, r->sink->name);
	db_blob(q, 3, r->address);
	db_int(q, 4, r->sink->per_day - 1);
	st = db_step(s, q, e);
	if (st != ST_OK)
		return db_done(st);
	since = d->now_ms - sqlite3_column_int64(q, 0);
	*out = since > -DAY_MS && since < DAY_MS;
	sqlite3_reset(q);
	return ST_OK;
}

/* A renewal waits for the weekly digest, else the severity decides; a flood is
 * one, however grave. */
enum status
sqlite_cadence(struct store *s, const struct delivery *d,
    struct delivery_row *r, struct err *e)
{
	bool told = false, full = false;
	enum status st;

	r->cadence = CADENCE_SINGLE;
	if (!r->sink->digests)
		return ST_OK;
	st = was_told(s, d, r, &told, e);
	if (st == ST_OK && !told)
		r->cadence = r->sink->cadence[d->x->severity];
	if (st == ST_OK && !told && r->cadence == CADENCE_SINGLE)
		st = is_full(s, d, r, &full, e);
	if (told)
		r->cadence = CADENCE_WEEKLY;
	else if (full)
		r->cadence = CADENCE_DAILY;
	return st;
}
