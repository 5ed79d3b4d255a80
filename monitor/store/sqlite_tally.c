/*
 * sqlite_tally: how many certificates and findings of which sort were read:
 * what is not proven yet stands apart, by where it ends, so that it can be
 * taken back.
 */
#include "monitor/store/sqlite.h"

static enum status
count_put(struct store *s, int64_t stretch, uint64_t end,
    const struct store_count *c, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_TALLY_PUT,
	    "INSERT INTO tally(stretch, end_at, what, label, kind, side, n)"
	    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)"
	    " ON CONFLICT DO UPDATE SET n = n + excluded.n");

	db_int(q, 1, stretch);
	db_int(q, 2, (int64_t)end);
	db_int(q, 3, c->what);
	db_text(q, 4, c->label);
	db_int(q, 5, c->kind);
	db_int(q, 6, c->side);
	db_int(q, 7, (int64_t)c->n);
	return db_run(s, q, NULL, e);
}

enum status
sqlite_tallies_put(struct store *s, const struct store_commit *c, struct err *e)
{
	enum status st = ST_OK;

	for (size_t i = 0; i < c->num_tallies; i++) {
		const struct store_tally *t = &c->tallies[i];

		for (size_t k = 0; st == ST_OK && k < t->num; k++)
			st = count_put(s, c->at->id, t->end, &t->list[k], e);
	}
	return st;
}

enum status
sqlite_tallies_prove(
    struct store *s, const struct store_commit *c, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_TALLY_FOLD,
	    "INSERT INTO tally(stretch, end_at, what, label, kind, side, n)"
	    " SELECT stretch, 0, what, label, kind, side, sum(n) FROM tally"
	    " WHERE stretch = ?1 AND end_at BETWEEN 1 AND ?2"
	    " GROUP BY what, label, kind, side"
	    " ON CONFLICT DO UPDATE SET n = n + excluded.n");
	sqlite3_stmt *gone;
	enum status st;

	db_int(q, 1, c->at->id);
	db_int(q, 2, (int64_t)c->proof->proven);
	st = db_run(s, q, NULL, e);
	if (st != ST_OK)
		return st;
	gone = db_query(s, Q_TALLY_FOLDED,
	    "DELETE FROM tally WHERE stretch = ?1"
	    " AND end_at BETWEEN 1 AND ?2");
	db_int(gone, 1, c->at->id);
	db_int(gone, 2, (int64_t)c->proof->proven);
	return db_run(s, gone, NULL, e);
}

enum status
sqlite_tallies_undo(struct store *s, const struct stretch *at, struct err *e)
{
	return db_run_with(s, Q_TALLY_UNDO,
	    "DELETE FROM tally WHERE stretch = ?1 AND end_at > 0", at->id, e);
}

enum status
sqlite_tallies(struct store *s, store_count_fn *fn, void *arg, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_TALLY_LIST,
	    "SELECT log_id, what, label, kind, side, sum(n) FROM tally t"
	    " JOIN stretch s ON s.id = t.stretch JOIN log l ON l.id = s.log"
	    " WHERE end_at = 0 GROUP BY l.id, what, label, kind, side");
	enum status st;

	while ((st = db_step(s, q, e)) == ST_OK) {
		char *label = db_str(q, 2);
		struct store_count c = {
		    .what = (enum store_what)sqlite3_column_int(q, 1),
		    .label = label,
		    .kind = (unsigned)sqlite3_column_int(q, 3),
		    .side = (unsigned)sqlite3_column_int(q, 4),
		    .n = (uint64_t)sqlite3_column_int64(q, 5)};
		struct hash id;

		db_bytes(q, 0, id.b, HASH_LEN);
		fn(arg, &id, &c);
		free(label);
	}
	return db_done(st);
}
