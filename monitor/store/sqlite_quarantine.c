/*
 * sqlite_quarantine: entries that could not be read, their bytes sealed, each
 * under a key of its own; and how many such there are, with deliveries that
 * were given up.
 */
#include "ctlog/base/mem.h"
#include "monitor/store/sqlite.h"

static void
quarantine_context(struct buf *out, struct span log_id, uint64_t index)
{
	buf_str(out, "quarantine");
	buf_span_add(out, log_id);
	buf_uint(out, index, 8);
}

enum status
sqlite_quarantine_put(
    struct store *s, const struct store_commit *c, size_t i, struct err *e)
{
	const struct store_quarantine *x = &c->quarantined[i];
	struct buf context = {0}, box = {0};
	sqlite3_stmt *q;
	enum status st;

	quarantine_context(&context, hash_span(&c->at->log_id), x->index);
	db_box(s, &box, buf_span(&context), x->bytes);
	q = db_query(s, Q_QUARANTINE_NEW,
	    "INSERT INTO quarantine(stretch, ix, time_ms, leaf_hash, reason,"
	    " box) VALUES(?1, ?2, ?3, ?4, ?5, ?6)"
	    " ON CONFLICT DO NOTHING");
	db_int(q, 1, c->at->id);
	db_int(q, 2, (int64_t)x->index);
	db_int(q, 3, c->now_ms);
	db_blob(q, 4, hash_span(&x->leaf_hash));
	db_text(q, 5, x->reason);
	db_blob(q, 6, buf_span(&box));
	st = db_run(s, q, NULL, e);
	buf_fini(&context);
	buf_fini(&box);
	return st;
}

/* log_id, ix, leaf_hash, reason, box. */
static enum status
quarantine_give(struct store *s, sqlite3_stmt *q, store_quarantine_fn *fn,
    void *arg, struct err *e)
{
	struct store_quarantine x = {
	    .index = (uint64_t)sqlite3_column_int64(q, 1)};
	struct buf context = {0}, bytes = {0};
	char *reason = db_str(q, 3);
	struct hash log_id;
	enum status st;

	db_bytes(q, 0, log_id.b, HASH_LEN);
	db_bytes(q, 2, x.leaf_hash.b, HASH_LEN);
	quarantine_context(&context, hash_span(&log_id), x.index);
	st = db_unbox(s, &bytes, buf_span(&context), db_span(q, 4), e);
	if (st == ST_OK) {
		x.reason = reason;
		x.bytes = buf_span(&bytes);
		fn(arg, &log_id, &x);
	}
	buf_fini(&context);
	buf_fini(&bytes);
	free(reason);
	return st;
}

enum status
sqlite_quarantine_list(
    struct store *s, store_quarantine_fn *fn, void *arg, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_QUARANTINE_LIST,
	    "SELECT l.log_id, x.ix, x.leaf_hash, x.reason, x.box"
	    " FROM quarantine x JOIN stretch t ON t.id = x.stretch"
	    " JOIN log l ON l.id = t.log ORDER BY l.id, x.ix");
	enum status st;

	while ((st = db_step(s, q, e)) == ST_OK) {
		st = quarantine_give(s, q, fn, arg, e);
		if (st != ST_OK)
			break;
	}
	sqlite3_reset(q);
	return db_done(st);
}

enum status
sqlite_counts(struct store *s, struct store_counts *out, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_COUNTS,
	    "SELECT (SELECT count(*) FROM outbox WHERE state = 2),"
	    " (SELECT count(*) FROM quarantine)");
	enum status st = db_step(s, q, e);

	if (st != ST_OK)
		return st;
	out->dead = (size_t)sqlite3_column_int64(q, 0);
	out->quarantined = (size_t)sqlite3_column_int64(q, 1);
	sqlite3_reset(q);
	return ST_OK;
}
