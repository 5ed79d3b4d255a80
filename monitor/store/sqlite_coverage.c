/*
 * sqlite_coverage: what was looked at for a record: the entries that were
 * matched and committed while it was active with its present value, by the marks of all stretches (sqlite_marks.c), those that overlap as one.
 */
#include "ctlog/base/mem.h"
#include "monitor/store/sqlite_marks.h"

struct part { /* entries [from, to) */
	uint64_t from, to;
};

/* One log's; in order, apart from each other. */
struct cover {
	struct ledger_coverage at;
	char *name;
	struct buf read, proven; /* struct part */
	ledger_coverage_fn *fn;
	void *arg;
};

/* They come in the order in which they begin. */
static void
part_add(struct buf *list, uint64_t from, uint64_t to)
{
	size_t num = list->len / sizeof(struct part);
	struct part *p = (struct part *)(void *)list->p;

	if (to <= from)
		return;
	if (num == 0 || p[num - 1].to < from)
		buf_add(list, &(struct part){from, to}, sizeof(*p));
	else if (p[num - 1].to < to)
		p[num - 1].to = to;
}

static void
give(struct cover *c, uint64_t from, uint64_t to, uint64_t proven)
{
	if (to <= from)
		return;
	c->at.from = from;
	c->at.to = to;
	c->at.proven = proven;
	c->fn(c->arg, &c->at);
}

/* All that was read of it, cut where something proven begins. */
static void
cover_give(struct cover *c)
{
	const struct part *read = (const struct part *)(void *)c->read.p;
	const struct part *p = (const struct part *)(void *)c->proven.p;
	size_t k = 0, num = c->proven.len / sizeof(*p);

	for (size_t i = 0; i < c->read.len / sizeof(*read); i++) {
		uint64_t from = read[i].from, proven = from;

		for (; k < num && p[k].from < read[i].to; k++) {
			give(c, from, p[k].from, proven);
			from = p[k].from;
			proven = p[k].to;
		}
		give(c, from, read[i].to, proven);
	}
	buf_clear(&c->read);
	buf_clear(&c->proven);
}

static void
cover_take(struct cover *c, sqlite3_stmt *q)
{
	uint64_t from = (uint64_t)sqlite3_column_int64(q, 2);
	uint64_t to = (uint64_t)sqlite3_column_int64(q, 3);
	uint64_t proven = (uint64_t)sqlite3_column_int64(q, 4);
	struct hash log_id;

	db_bytes(q, 1, log_id.b, HASH_LEN);
	if (c->name == NULL || !hash_eq(&log_id, &c->at.log_id)) {
		cover_give(c);
		free(c->name);
		c->at.log_name = c->name = db_str(q, 0);
		c->at.log_id = log_id;
	}
	part_add(&c->read, from, to);
	part_add(&c->proven, from, proven < to ? proven : to);
}

enum status
sqlite_coverage(struct store *s, const struct record_at *at,
    ledger_coverage_fn *fn, void *arg, struct err *e)
{
	struct cover c = {.fn = fn, .arg = arg};
	sqlite3_stmt *q = db_query(s, Q_COVERAGE,
	    "WITH time(first, over) AS (SELECT active_gen, NULL FROM record"
	    " WHERE id = ?1 AND state = 1 AND active_gen > 0 UNION ALL"
	    " SELECT from_gen, to_gen FROM watched WHERE record = ?1),"
	    " piece AS (SELECT log, from_at, generation, newest, proven_to,"
	    " lead(from_at, 1, read_to) OVER"
	    " (PARTITION BY stretch ORDER BY from_at) AS to_at"
	    " FROM mark JOIN stretch s ON s.id = stretch)"
	    " SELECT name, log_id, from_at, to_at, proven_to"
	    " FROM piece JOIN log l ON l.id = log WHERE generation > 0"
	    " AND EXISTS(SELECT 1 FROM time WHERE generation >= first"
	    " AND (over IS NULL OR newest < over))"
	    " ORDER BY log, from_at");
	struct subject x;
	enum status st = sqlite_subject_find(s, &x, at, e);

	db_int(q, 1, x.row);
	subject_fini(&x);
	if (st != ST_OK)
		return st;
	while ((st = db_step(s, q, e)) == ST_OK)
		cover_take(&c, q);
	cover_give(&c);
	free(c.name);
	buf_fini(&c.read);
	buf_fini(&c.proven);
	return db_done(st);
}
