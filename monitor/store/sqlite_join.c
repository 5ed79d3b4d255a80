/*
 * sqlite_join: the parts of a backfill, when more of it was proven: those that
 * meet become one stretch, and what was begun twice is kept once. Within the
 * transaction of the commit.
 */
#include "monitor/store/rules.h"
#include "monitor/store/sqlite.h"
#include "monitor/store/sqlite_marks.h"
#include "monitor/store/sqlite_rewind.h"

/* --- begun twice --------------------------------------------------------- */

/* The parts that were begun in what this commit proves, and of which nothing
 * is proven: another order of reading has overtaken them. */
static enum status
started(struct store *s, struct buf *out, const struct store_commit *c,
    struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_STRETCH_STARTED,
	    "SELECT id FROM stretch WHERE scan = ?1 AND id <> ?2"
	    " AND log = (SELECT log FROM stretch WHERE id = ?2)"
	    " AND proven_to = begin_at AND begin_at < ?3 AND begin_at >="
	    " (SELECT begin_at FROM stretch WHERE id = ?2)");
	enum status st;

	db_int(q, 1, rule_scan(c->at));
	db_int(q, 2, c->at->id);
	db_int(q, 3, (int64_t)c->proof->proven);
	while ((st = db_step(s, q, e)) == ST_OK) {
		int64_t id = sqlite3_column_int64(q, 0);

		buf_add(out, &id, sizeof(id));
	}
	return db_done(st);
}

static enum status
stretch_drop(struct store *s, int64_t id, struct err *e)
{
	return db_run_with(
	    s, Q_STRETCH_DROP, "DELETE FROM stretch WHERE id = ?1", id, e);
}

static enum status
drop_started(struct store *s, const struct store_commit *c, struct err *e)
{
	struct buf list = {0};
	struct stretch part = {0};
	struct store_rewound io = {.now_ms = c->now_ms};
	enum status st = started(s, &list, c, e);

	for (size_t i = 0; st == ST_OK && i < list.len / sizeof(part.id); i++) {
		memcpy(&part.id, list.p + i * sizeof(part.id), sizeof(part.id));
		st = sqlite_undo(s, &part, &io, e);
		if (st == ST_OK)
			st = stretch_drop(s, part.id, e);
	}
	buf_fini(&list);
	return st;
}

/* --- meeting ------------------------------------------------------------- */

/* The part that begins where this one is proven to; NO_ROW: there is none, or
 * this one was read beyond. */
static enum status
next_part(
    struct store *s, int64_t *out, const struct store_commit *c, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_STRETCH_NEXT,
	    "SELECT n.id FROM stretch n JOIN stretch t ON t.id = ?1"
	    " WHERE n.log = t.log AND n.scan = ?2 AND n.id <> t.id"
	    " AND n.begin_at = t.proven_to AND t.read_to = t.proven_to"
	    " AND n.proven_to > n.begin_at");
	enum status st;

	db_int(q, 1, c->at->id);
	db_int(q, 2, rule_scan(c->at));
	st = db_step(s, q, e);
	if (st != ST_OK)
		return st;
	*out = sqlite3_column_int64(q, 0);
	sqlite3_reset(q);
	return ST_OK;
}

static enum status
run_two(
    sqlite3_stmt *q, struct store *s, int64_t to, int64_t from, struct err *e)
{
	db_int(q, 1, to);
	db_int(q, 2, from);
	return db_run(s, q, NULL, e);
}

/* All that was found in `from` was found in `to`. */
static enum status
move_findings(struct store *s, int64_t to, int64_t from, struct err *e)
{
	enum status st =
	    run_two(db_query(s, Q_SIGHTING_JOIN,
			"UPDATE sighting SET stretch = ?1 WHERE stretch = ?2"),
		s, to, from, e);

	if (st == ST_OK)
		st = run_two(db_query(s, Q_QUARANTINE_JOIN,
				 "UPDATE quarantine SET stretch = ?1 WHERE "
				 "stretch = ?2"),
		    s, to, from, e);
	if (st == ST_OK)
		st = run_two(
		    db_query(s, Q_TALLY_JOIN,
			"INSERT INTO tally(stretch, end_at, what, label, kind,"
			" side, n) SELECT ?1, end_at, what, label, kind, side, "
			"n"
			" FROM tally WHERE stretch = ?2"
			" ON CONFLICT DO UPDATE SET n = n + excluded.n"),
		    s, to, from, e);
	if (st == ST_OK)
		st = db_run_with(s, Q_TALLY_JOINED,
		    "DELETE FROM tally WHERE stretch = ?1", from, e);
	return st;
}

/* The later one takes in the earlier one, which mostly is the smaller. */
static enum status
join(struct store *s, const struct store_commit *c, int64_t next, struct err *e)
{
	const struct stretch *at = c->at;
	enum status st = move_findings(s, next, at->id, e);
	sqlite3_stmt *q;

	if (st == ST_OK)
		st = sqlite_marks_join(s, next, c, e);
	if (st == ST_OK)
		st = stretch_drop(s, at->id, e);
	if (st != ST_OK)
		return st;
	q = db_query(s, Q_STRETCH_JOIN,
	    "UPDATE stretch SET job = ?2, scan = ?3, begin_at = ?4,"
	    " limit_at = max(limit_at, ?5), epoch = epoch + 1 WHERE id = ?1");
	db_int(q, 1, next);
	db_int(q, 2, at->job);
	db_int(q, 3, at->scan);
	db_int(q, 4, (int64_t)at->begin);
	db_int(q, 5, (int64_t)at->limit);
	return db_run(s, q, NULL, e);
}

enum status
sqlite_join(struct store *s, const struct store_commit *c,
    struct store_committed *done, struct err *e)
{
	int64_t next;
	enum status st = drop_started(s, c, e);

	if (st == ST_OK)
		st = next_part(s, &next, c, e);
	if (st == ST_OK)
		st = join(s, c, next, e);
	else
		return db_done(st);
	if (st == ST_OK)
		st = sqlite_stretch_get(
		    s, &done->whole, &c->at->log_id, c->at->job, e);
	done->joined = st == ST_OK;
	return st;
}
