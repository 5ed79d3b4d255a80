/*
 * sqlite_index: what the match index is made of: the active records, their
 * number, and a number that tells when they changed.
 */
#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "monitor/store/sqlite.h"

#define ACTIVE "state = 1 AND (expires_ms = 0 OR expires_ms > ?1)"

enum status
sqlite_generation_bump(struct store *s, struct err *e)
{
	return db_run(s,
	    db_query(s, Q_GENERATION_BUMP,
		"UPDATE store SET generation = generation + 1"),
	    NULL, e);
}

enum status
sqlite_expire(struct store *s, int64_t now_ms, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_RECORD_EXPIRE,
	    "UPDATE record SET state = 4, changed_ms = ?1"
	    " WHERE state = 1 AND expires_ms > 0 AND expires_ms <= ?1");
	size_t changed;
	enum status st;

	db_int(q, 1, now_ms);
	st = db_run(s, q, &changed, e);
	if (st != ST_OK || changed == 0)
		return st;
	return sqlite_generation_bump(s, e);
}

enum status
sqlite_index_generation(struct store *s, uint64_t *out, struct err *e)
{
	sqlite3_stmt *q =
	    db_query(s, Q_GENERATION, "SELECT generation FROM store");
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
	    " ifnull(sum(length(blob)), 0) FROM record WHERE " ACTIVE);
	enum status st;

	db_int(q, 1, now_ms);
	st = db_step(s, q, e);
	if (st != ST_OK)
		return st;
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
	    "SELECT id, kind, keys, blob FROM record WHERE " ACTIVE
	    " ORDER BY id");
	enum status st;

	db_int(q, 1, now_ms);
	while ((st = db_step(s, q, e)) == ST_OK)
		fn(arg, sqlite3_column_int64(q, 0),
		    (enum record_kind)sqlite3_column_int(q, 1), db_span(q, 2),
		    db_span(q, 3));
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
