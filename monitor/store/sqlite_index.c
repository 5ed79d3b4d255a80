/*
 * sqlite_index: what the match index is made of: the active records, their
 * number, and a number that tells when they changed.
 */
#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "monitor/store/sqlite.h"

#define ACTIVE "state = 1 AND (expires_ms = 0 OR expires_ms > ?1)"

/* --- what changed ---------------------------------------------------------- */

enum status
sqlite_change_note(struct store *s, int64_t row, struct err *e)
{
	return db_run_with(s, Q_CHANGE_NOTE,
	    "INSERT INTO change(record, generation)"
	    " SELECT ?1, generation + 1 FROM store WHERE true"
	    " ON CONFLICT DO UPDATE SET generation = excluded.generation",
	    row, e);
}

/* What is not known any more is not asked for. */
enum status
sqlite_changes_forget(struct store *s, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_CHANGE_FORGET, "DELETE FROM change");
	enum status st = db_run(s, q, NULL, e);

	if (st != ST_OK)
		return st;
	return db_run(s,
	    db_query(s, Q_CHANGE_FROM,
		"UPDATE store SET changes_from = generation + 1"),
	    NULL, e);
}

static enum status
changes_trim(struct store *s, struct err *e)
{
	sqlite3_stmt *q = db_query(
	    s, Q_CHANGE_TRIM, "SELECT 1 FROM change LIMIT 1 OFFSET ?1");
	enum status st;

	db_int(q, 1, STORE_CHANGES);
	st = db_step(s, q, e);
	if (st != ST_OK)
		return db_done(st);
	sqlite3_reset(q);
	return sqlite_changes_forget(s, e);
}

enum status
sqlite_generation_bump(struct store *s, struct err *e)
{
	enum status st = changes_trim(s, e);

	if (st != ST_OK)
		return st;
	return db_run(s,
	    db_query(s, Q_GENERATION_BUMP,
		"UPDATE store SET generation = generation + 1"),
	    NULL, e);
}

enum status
sqlite_index_generation(struct store *s, uint64_t *out, struct err *e)
{
	sqlite3_stmt *q = db_query(
	    s, Q_GENERATION, "SELECT generation, changes_from FROM store");
	enum status st = db_step(s, q, e);

	if (st != ST_OK)
		return st;
	*out = (uint64_t)sqlite3_column_int64(q, 0);
	sqlite3_reset(q);
	return ST_OK;
}

enum status
sqlite_index_size(
    struct store *s, int64_t now_ms, struct match_size *out, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_INDEX_SIZE,
	    "SELECT count(*), ifnull(sum(length(keys)), 0),"
	    " ifnull(sum(length(blob)), 0) FROM record NOT INDEXED"
	    " WHERE " ACTIVE);
	enum status st;

	db_int(q, 1, now_ms);
	st = db_step(s, q, e);
	if (st != ST_OK)
		return st;
	*out = (struct match_size){0};
	out->records = (uint64_t)sqlite3_column_int64(q, 0);
	out->keys = (uint64_t)sqlite3_column_int64(q, 1) / LIMIT_STORE_KEY;
	out->blob_bytes = (uint64_t)sqlite3_column_int64(q, 2);
	sqlite3_reset(q);
	return ST_OK;
}

enum status
sqlite_index_load(struct store *s, int64_t now_ms, store_index_fn *fn,
    void *arg, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_INDEX_LOAD,
	    "SELECT id, kind, keys, blob FROM record NOT INDEXED WHERE " ACTIVE
	    " ORDER BY id");
	enum status st;

	db_int(q, 1, now_ms);
	while ((st = db_step(s, q, e)) == ST_OK)
		fn(arg, sqlite3_column_int64(q, 0),
		    (enum record_kind)sqlite3_column_int(q, 1), db_span(q, 2),
		    db_span(q, 3));
	return db_done(st);
}

static enum status
changes_known(struct store *s, uint64_t since, struct err *e)
{
	sqlite3_stmt *q = db_query(
	    s, Q_GENERATION, "SELECT generation, changes_from FROM store");
	enum status st = db_step(s, q, e);
	uint64_t from;

	if (st != ST_OK)
		return st;
	from = (uint64_t)sqlite3_column_int64(q, 1);
	sqlite3_reset(q);
	return since >= from ? ST_OK
			     : err_set(e, ST_STALE,
				   "more records changed than are remembered");
}

enum status
sqlite_index_changes(
    struct store *s, const struct store_changes *x, struct err *e)
{
	/* CROSS: not by looking at each record there is. */
	sqlite3_stmt *q = db_query(s, Q_CHANGE_LIST,
	    "SELECT id, kind, keys, blob, " ACTIVE " FROM change"
	    " CROSS JOIN record ON id = record WHERE generation > ?2"
	    " ORDER BY record");
	const struct span none = span_of(NULL, 0);
	enum status st = changes_known(s, x->since, e);

	if (st != ST_OK)
		return st;
	db_int(q, 1, x->now_ms);
	db_int(q, 2, (int64_t)x->since);
	while ((st = db_step(s, q, e)) == ST_OK) {
		bool active = sqlite3_column_int(q, 4) != 0;

		x->fn(x->arg, sqlite3_column_int64(q, 0),
		    (enum record_kind)sqlite3_column_int(q, 1),
		    active ? db_span(q, 2) : none,
		    active ? db_span(q, 3) : none);
	}
	return db_done(st);
}

enum status
sqlite_record_name(
    struct store *s, int64_t row, struct record_ref *out, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_RECORD_NAME,
	    "SELECT tenant, name, kind FROM record WHERE id = ?1");
	enum status st;

	db_int(q, 1, row);
	st = db_step(s, q, e);
	if (st == NO_ROW)
		return err_set(e, ST_MISSING,
		    "the store has no record in row %lld", (long long)row);
	if (st != ST_OK)
		return st;
	out->tenant = db_str(q, 0);
	out->id = db_str(q, 1);
	out->kind = (enum record_kind)sqlite3_column_int(q, 2);
	sqlite3_reset(q);
	return ST_OK;
}
