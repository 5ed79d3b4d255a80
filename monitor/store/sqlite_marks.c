/*
 * sqlite_marks: which entries were looked at for whom. The entries of a stretch
 * from a mark on, until the next one, were matched with the active records of
 * its generation, or of a later one. Generation 0, as in front of the first
 * mark: nobody looked at them, or it is not known; so it is with an entry in
 * quarantine until it could be read. Who is asked about them: see
 * sqlite_coverage.c.
 */
#include "ctlog/base/mem.h"
#include "monitor/store/sqlite_marks.h"

/* A stretch with more marks than this is told of in coarser ones, so many. */
#define MARKS_MOST 1000
#define MARKS_LESS 500

/* --- one range ------------------------------------------------------------- */

/* Of which generation the entry is. */
static enum status
generation_at(struct store *s, int64_t stretch, uint64_t entry, uint64_t *out,
    struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_MARK_AT,
	    "SELECT generation FROM mark WHERE stretch = ?1 AND from_at <= ?2"
	    " ORDER BY from_at DESC LIMIT 1");
	enum status st;

	*out = 0;
	db_int(q, 1, stretch);
	db_int(q, 2, (int64_t)entry);
	st = db_step(s, q, e);
	if (st != ST_OK)
		return db_done(st);
	*out = (uint64_t)sqlite3_column_int64(q, 0);
	sqlite3_reset(q);
	return ST_OK;
}

/* Those in front of it are of another generation. Where reading ends there is
 * nothing to be marked. */
static enum status
mark_put(struct store *s, int64_t stretch, uint64_t from, uint64_t generation,
    struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_MARK_PUT,
	    "INSERT INTO mark(stretch, from_at, generation)"
	    " SELECT ?1, ?2, ?3 FROM stretch WHERE id = ?1 AND read_to > ?2");

	db_int(q, 1, stretch);
	db_int(q, 2, (int64_t)from);
	db_int(q, 3, (int64_t)generation);
	return db_run(s, q, NULL, e);
}

static enum status
marks_drop(
    struct store *s, int64_t stretch, uint64_t from, uint64_t to, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_MARK_DROP,
	    "DELETE FROM mark WHERE stretch = ?1"
	    " AND from_at BETWEEN ?2 AND ?3");

	db_int(q, 1, stretch);
	db_int(q, 2, (int64_t)from);
	db_int(q, 3, (int64_t)to);
	return db_run(s, q, NULL, e);
}

/* Entries [from, to) of a stretch. */
struct piece {
	int64_t stretch;
	uint64_t from, to, generation;
};

static enum status
piece_put(struct store *s, const struct piece *p, struct err *e)
{
	uint64_t before = 0, after;
	enum status st = ST_OK;

	if (p->from > 0)
		st = generation_at(s, p->stretch, p->from - 1, &before, e);
	if (st == ST_OK)
		st = generation_at(s, p->stretch, p->to, &after, e);
	if (st == ST_OK)
		st = marks_drop(s, p->stretch, p->from, p->to, e);
	if (st == ST_OK && before != p->generation)
		st = mark_put(s, p->stretch, p->from, p->generation, e);
	if (st == ST_OK && after != p->generation)
		st = mark_put(s, p->stretch, p->to, after, e);
	return st;
}

/* --- not too many ---------------------------------------------------------- */

struct mark {
	uint64_t from, generation;
};

/* Join pairs where so many entries at most lose their generation to an older
 * one; no pair with what was just joined, so that the loss is spread. */
static size_t
coarser(struct mark *m, size_t num, uint64_t end, uint64_t most)
{
	size_t out = 0;
	bool joined = true; /* with the one before the first */

	for (size_t i = 0; i < num; i++) {
		uint64_t to = i + 1 < num ? m[i + 1].from : end, lost;

		if (!joined) {
			struct mark *last = &m[out - 1];

			lost = last->generation > m[i].generation
				   ? m[i].from - last->from
				   : to - m[i].from;
			joined = lost <= most;
			if (joined && m[i].generation < last->generation)
				last->generation = m[i].generation;
			if (joined)
				continue;
		}
		joined = false;
		m[out++] = m[i];
	}
	return out;
}

static enum status
marks_load(struct store *s, int64_t stretch, struct buf *out, uint64_t *end,
    struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_MARK_LIST,
	    "SELECT from_at, generation, read_to FROM mark"
	    " JOIN stretch ON id = stretch WHERE stretch = ?1"
	    " ORDER BY from_at");
	enum status st;

	db_int(q, 1, stretch);
	while ((st = db_step(s, q, e)) == ST_OK) {
		struct mark m = {(uint64_t)sqlite3_column_int64(q, 0),
		    (uint64_t)sqlite3_column_int64(q, 1)};

		*end = (uint64_t)sqlite3_column_int64(q, 2);
		buf_add(out, &m, sizeof(m));
	}
	return db_done(st);
}

static enum status
marks_coarsen(struct store *s, int64_t stretch, struct err *e)
{
	struct buf list = {0};
	uint64_t end = 0;
	enum status st = marks_load(s, stretch, &list, &end, e);
	struct mark *m = (struct mark *)(void *)list.p;
	size_t num = list.len / sizeof(*m);

	for (uint64_t most = 1; num > MARKS_LESS && most < UINT64_MAX / 2;
	     most *= 2)
		num = coarser(m, num, end, most);
	if (st == ST_OK)
		st = marks_drop(s, stretch, 0, INT64_MAX, e);
	for (size_t i = 0; st == ST_OK && i < num; i++)
		st = mark_put(s, stretch, m[i].from, m[i].generation, e);
	buf_fini(&list);
	return st;
}

static enum status
marks_bound(struct store *s, int64_t stretch, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_MARK_MANY,
	    "SELECT 1 FROM mark WHERE stretch = ?1 LIMIT 1 OFFSET ?2");
	enum status st;

	db_int(q, 1, stretch);
	db_int(q, 2, MARKS_MOST);
	st = db_step(s, q, e);
	if (st != ST_OK)
		return db_done(st);
	sqlite3_reset(q);
	return marks_coarsen(s, stretch, e);
}

/* --- the parts of other verbs ---------------------------------------------- */

enum status
sqlite_marks_put(struct store *s, const struct store_commit *c, struct err *e)
{
	struct piece p = {c->at->id, c->at->read, c->read, c->generation};
	enum status st = ST_OK;

	if (p.to > p.from)
		st = piece_put(s, &p, e);
	p.generation = 0;
	for (size_t i = 0; st == ST_OK && i < c->num_quarantined; i++) {
		p.from = c->quarantined[i].index;
		p.to = p.from + 1;
		st = piece_put(s, &p, e);
	}
	return st != ST_OK ? st : marks_bound(s, p.stretch, e);
}

enum status
sqlite_marks_reread(struct store *s, const struct store_commit *c,
    uint64_t index, struct err *e)
{
	struct piece p = {c->at->id, index, index + 1, c->generation};
	enum status st = piece_put(s, &p, e);

	return st != ST_OK ? st : marks_bound(s, p.stretch, e);
}

enum status
sqlite_marks_undo(struct store *s, const struct stretch *at, struct err *e)
{
	return db_run_with(s, Q_MARK_UNDO,
	    "DELETE FROM mark WHERE stretch = ?1 AND from_at >="
	    " (SELECT proven_to FROM stretch WHERE id = ?1)",
	    at->id, e);
}

enum status
sqlite_marks_join(
    struct store *s, int64_t to, const struct store_commit *c, struct err *e)
{
	uint64_t border = c->proof->proven, before, after = 0;
	sqlite3_stmt *q;
	enum status st = generation_at(s, to, border, &after, e);

	if (st == ST_OK)
		st = generation_at(s, c->at->id, border, &before, e);
	if (st == ST_OK)
		st = marks_drop(s, to, border, border, e);
	if (st == ST_OK && before != after)
		st = mark_put(s, to, border, after, e);
	if (st != ST_OK)
		return st;
	q = db_query(
	    s, Q_MARK_JOIN, "UPDATE mark SET stretch = ?1 WHERE stretch = ?2");
	db_int(q, 1, to);
	db_int(q, 2, c->at->id);
	st = db_run(s, q, NULL, e);
	return st != ST_OK ? st : marks_bound(s, to, e);
}
