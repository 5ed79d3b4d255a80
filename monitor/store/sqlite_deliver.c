/*
 * sqlite_deliver: see sqlite_deliver.h. What becomes of the rows afterwards is
 * in sqlite_outbox.c, how digests are made of them in sqlite_digest.c.
 */
#include "monitor/store/rules.h"
#include "monitor/store/sqlite_deliver.h"

#define DAY_MS 86400000ll

/* A delivery to one sink. */
struct row {
	const struct store_sink *sink;
	enum store_cadence cadence;
};

/* --- what people are told one by one ---------------------------------------- */

/* Was this sink told the same before, or is it going to be? Of very many the
 * newest will do. */
static enum status
was_told(struct store *s, const struct delivery *d, const struct row *r,
    bool *out, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_DELIVER_TOLD,
	    "SELECT EXISTS(SELECT 1 FROM (SELECT no, told FROM exposure"
	    " WHERE record = ?1 AND same ="
	    " (SELECT same FROM exposure WHERE no = ?2)"
	    " AND no <> ?2 ORDER BY no DESC LIMIT 100) y"
	    " WHERE y.told OR EXISTS(SELECT 1 FROM outbox o"
	    " WHERE o.exposure = y.no AND o.sink = ?3 AND o.address = x''"
	    " AND o.topic = 0 AND o.state <> 2))");
	enum status st;

	db_int(q, 1, d->record);
	db_int(q, 2, d->exposure);
	db_text(q, 3, r->sink->name);
	st = db_step(s, q, e);
	if (st != ST_OK)
		return st;
	*out = sqlite3_column_int(q, 0) != 0;
	sqlite3_reset(q);
	return ST_OK;
}

/* Have there been as many in 24 h as this sink takes one by one? */
static enum status
is_full(struct store *s, const struct delivery *d, const struct row *r,
    bool *out, struct err *e)
{
	sqlite3_stmt *q;
	enum status st;

	*out = false;
	if (r->sink->per_day == 0)
		return ST_OK;
	q = db_query(s, Q_DELIVER_FULL,
	    "SELECT x.time_ms FROM outbox o JOIN exposure x ON x.no ="
	    " o.exposure WHERE o.record = ?1 AND o.sink = ?2"
	    " AND o.address = x'' AND o.cadence = 0 AND o.digest IS NULL"
	    " ORDER BY o.id DESC LIMIT 1 OFFSET ?3");
	db_int(q, 1, d->record);
	db_text(q, 2, r->sink->name);
	db_int(q, 3, r->sink->per_day - 1);
	st = db_step(s, q, e);
	if (st != ST_OK)
		return db_done(st);
	*out = sqlite3_column_int64(q, 0) > d->now_ms - DAY_MS;
	sqlite3_reset(q);
	return ST_OK;
}

/* A renewal waits for the weekly digest, else the severity decides; a flood is
 * one, however grave. */
static enum status
cadence_choose(
    struct store *s, const struct delivery *d, struct row *r, struct err *e)
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

/* --- rows --------------------------------------------------------------------- */

/* What is collected is not held until it is proven: it goes at its time, and
 * that is not before its proof is waited for. */
static enum status
row_new(struct store *s, const struct delivery *d, const struct row *r,
    struct err *e)
{
	bool single = r->cadence == CADENCE_SINGLE;
	sqlite3_stmt *q = db_query(s, Q_OUTBOX_EXPOSURE,
	    "INSERT INTO outbox(sink, exposure, held, due_ms, cadence, record)"
	    " VALUES(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING");

	db_text(q, 1, r->sink->name);
	db_int(q, 2, d->exposure);
	db_int(q, 3, single);
	db_int(q, 4,
	    single ? d->due_ms
		   : rule_digest_at(r->sink, r->cadence, d->due_ms));
	db_int(q, 5, (int64_t)r->cadence);
	if (r->sink->digests)
		db_int(q, 6, d->record);
	return db_run(s, q, NULL, e);
}

enum status
sqlite_deliver(struct store *s, const struct delivery *d, struct err *e)
{
	enum status st = ST_OK;

	for (size_t i = 0; st == ST_OK && i < s->num_sinks; i++) {
		struct row r = {&s->sinks[i], CADENCE_SINGLE};

		if (!rule_serves(r.sink, d->tenant, d->only))
			continue;
		st = cadence_choose(s, d, &r, e);
		if (st == ST_OK)
			st = row_new(s, d, &r, e);
	}
	return st;
}
