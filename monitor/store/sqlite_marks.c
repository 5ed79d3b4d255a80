/*
 * sqlite_marks: which entries were looked at for whom. The entries of a stretch
 * from a mark on, until the next one, were matched and committed when the active
 * records were those of its generations, from the oldest to the newest. None (0),
 * as in front of the first mark: nobody looked at them, or it is not known; so
 * it is with an entry in quarantine until it could be read. Who is asked about
 * them: see sqlite_coverage.c.
 */
#include "ctlog/base/mem.h"
#include "monitor/store/sqlite_marks.h"

/* A stretch with more marks than this is told of in coarser ones, so many. */
#define MARKS_MOST 1000
#define MARKS_LESS 500

/* --- one range ------------------------------------------------------------- */

/* In which it was looked at; 0, 0: in none. */
struct generations {
	uint64_t oldest, newest;
};

static bool
is_same(struct generations a, struct generations b)
{
	return a.oldest == b.oldest && a.newest == b.newest;
}

static const struct generations none;

static struct generations
both(struct generations a, struct generations b)
{
	if (a.oldest == 0 || b.oldest == 0)
		return none;
	return (struct generations){a.oldest < b.oldest ? a.oldest : b.oldest,
	    a.newest > b.newest ? a.newest : b.newest};
}

/* From the one that a commit was matched with to the present one. */
static enum status
generations_of(
    struct store *s, uint64_t matched, struct generations *out, struct err *e)
{
	uint64_t now = 0;
	enum status st = sqlite_index_generation(s, &now, e);

	*out = none;
	if (matched != 0)
		*out = (struct generations){
		    matched, now > matched ? now : matched};
	return st;
}

/* Of the entry. */
static enum status
generation_at(struct store *s, int64_t stretch, uint64_t entry,
    struct generations *out, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_MARK_AT,
	    "SELECT generation, newest FROM mark WHERE stretch = ?1 AND "
	    "from_at <= ?2"
	    " ORDER BY from_at DESC LIMIT 1");
	enum status st;

	*out = none;
	db_int(q, 1, stretch);
	db_int(q, 2, (int64_t)entry);
	st = db_step(s, q, e);
	if (st != ST_OK)
		return db_done(st);
	out->oldest = (uint64_t)sqlite3_column_int64(q, 0);
	out->newest = (uint64_t)sqlite3_column_int64(q, 1);
	sqlite3_reset(q);
	return ST_OK;
}

/* Those in front of it are of another generation. Where reading ends there is
 * nothing to be marked. */
static enum status
mark_put(struct store *s, int64_t stretch, uint64_t from, struct generations g,
    struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_MARK_PUT,
	    "INSERT INTO mark(stretch, from_at, generation, newest)"
	    " SELECT ?1, ?2, ?3, ?4 FROM stretch"
	    " WHERE id = ?1 AND read_to > ?2");

	db_int(q, 1, stretch);
	db_int(q, 2, (int64_t)from);
	db_int(q, 3, (int64_t)g.oldest);
	db_int(q, 4, (int64_t)g.newest);
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
	uint64_t from, to;
	struct generations of;
};

static enum status
piece_put(struct store *s, const struct piece *p, struct err *e)
{
	struct generations before = none, after;
	enum status st = ST_OK;

	if (p->from > 0)
		st = generation_at(s, p->stretch, p->from - 1, &before, e);
	if (st == ST_OK)
		st = generation_at(s, p->stretch, p->to, &after, e);
	if (st == ST_OK)
		st = marks_drop(s, p->stretch, p->from, p->to, e);
	if (st == ST_OK && !is_same(before, p->of))
		st = mark_put(s, p->stretch, p->from, p->of, e);
	if (st == ST_OK && !is_same(after, p->of))
		st = mark_put(s, p->stretch, p->to, after, e);
	return st;
}

/* --- not too many ---------------------------------------------------------- */

struct mark {
	uint64_t from;
	struct generations of;
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

			lost = last->of.oldest > m[i].of.oldest
				   ? m[i].from - last->from
				   : to - m[i].from;
			joined = lost <= most;
			if (joined) {
				last->of = both(last->of, m[i].of);
				continue;
			}
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
	    "SELECT from_at, generation, newest, read_to FROM mark"
	    " JOIN stretch ON id = stretch WHERE stretch = ?1"
	    " ORDER BY from_at");
	enum status st;

	db_int(q, 1, stretch);
	while ((st = db_step(s, q, e)) == ST_OK) {
		struct mark m = {(uint64_t)sqlite3_column_int64(q, 0),
		    {(uint64_t)sqlite3_column_int64(q, 1),
			(uint64_t)sqlite3_column_int64(q, 2)}};

		*end = (uint64_t)sqlite3_column_int64(q, 3);
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
		st = mark_put(s, stretch, m[i].from, m[i].of, e);
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
	struct piece p = {c->at->id, c->at->read, c->read, none};
	enum status st = generations_of(s, c->generation, &p.of, e);

	if (st == ST_OK && p.to > p.from)
		st = piece_put(s, &p, e);
	p.of = none;
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
	struct piece p = {c->at->id, index, index + 1, none};
	enum status st = generations_of(s, c->generation, &p.of, e);

	if (st == ST_OK)
		st = piece_put(s, &p, e);
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
	uint64_t border = c->proof->proven;
	struct generations before, after = none;
	sqlite3_stmt *q;
	enum status st = generation_at(s, to, border, &after, e);

	if (st == ST_OK)
		st = generation_at(s, c->at->id, border, &before, e);
	if (st == ST_OK)
		st = marks_drop(s, to, border, border, e);
	if (st == ST_OK && !is_same(before, after))
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
