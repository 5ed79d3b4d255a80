/*
 * sqlite_retain: forgetting what is too old: what was found, what was sent,
 * who did what, records that nobody confirmed. Each call does some of it in one
 * transaction, so that reading goes on in between.
 */
#include "monitor/store/rules.h"
#include "monitor/store/sqlite_acts.h"

/* Rows of a kind in one transaction. */
#define ROWS_MOST 500
/* A delivery is held until it is proven for so long at most, and then put off
 * by its sink; asking for evidence is put off for a day. */
#define HELD_MOST (32ll * 86400000)
#define EVIDENCE_MOST (2ll * 86400000)

/* On its way: how much is left to be done. */
struct retain {
	struct store *s;
	int64_t now_ms;
	bool more;
};

/* A statement with a time and how many; `personal`: what it deletes must leave
 * the WAL, too. */
static enum status
step(struct retain *r, sqlite3_stmt *q, int64_t before_ms, bool personal,
    struct err *e)
{
	size_t gone = 0;
	enum status st;

	db_int(q, 1, before_ms);
	db_int(q, 2, ROWS_MOST);
	st = db_run(r->s, q, &gone, e);
	r->s->scrub |= personal && gone > 0;
	r->more |= gone >= ROWS_MOST;
	return st;
}

/* --- what was found ----------------------------------------------------------- */

static enum status
hits_expire(struct retain *r, int64_t before_ms, struct err *e)
{
	return step(r,
	    db_query(r->s, Q_EXPOSURE_EXPIRE,
		"DELETE FROM exposure WHERE no IN (SELECT no FROM exposure"
		" WHERE time_ms < ?1 LIMIT ?2)"),
	    before_ms, true, e);
}

/* --- what was sent ------------------------------------------------------------- */

/* An outbox row keeps its exposure from being sent twice, also when that is
 * found anew. So they go together, when nothing of it waits any more, and the
 * exposure remembers. */
#define SETTLED                                                                \
	"SELECT o.id FROM outbox o WHERE o.state <> 0 AND o.settled_ms < ?1"   \
	" AND o.exposure IS NOT NULL AND NOT EXISTS (SELECT 1 FROM outbox w"   \
	" WHERE w.exposure = o.exposure AND (w.state = 0"                      \
	" OR w.settled_ms >= ?1)) ORDER BY o.settled_ms, o.id LIMIT ?2"

static enum status
deliveries_expire(struct retain *r, int64_t before_ms, struct err *e)
{
	sqlite3_stmt *q = db_query(r->s, Q_EXPOSURE_TOLD,
	    "UPDATE exposure SET told = 1 WHERE told = 0 AND no IN"
	    " (SELECT exposure FROM outbox WHERE id IN (" SETTLED "))");
	enum status st;

	db_int(q, 1, before_ms);
	db_int(q, 2, ROWS_MOST);
	st = db_run(r->s, q, NULL, e);
	if (st != ST_OK)
		return st;
	st = step(r,
	    db_query(r->s, Q_OUTBOX_EXPIRE,
		"DELETE FROM outbox WHERE id IN (" SETTLED ")"),
	    before_ms, true, e);
	if (st != ST_OK)
		return st;
	return step(r,
	    db_query(r->s, Q_DIGEST_EXPIRE,
		"DELETE FROM digest WHERE id IN (SELECT id FROM digest d"
		" WHERE made_ms < ?1 AND NOT EXISTS(SELECT 1 FROM outbox o"
		" WHERE o.digest = d.id) LIMIT ?2)"),
	    before_ms, false, e);
}

/* --- what waits ---------------------------------------------------------------- */

#define AHEAD(table, what)                                                     \
	"UPDATE " table                                                        \
	" SET due_ms = ?2 WHERE rowid IN (SELECT rowid FROM " table            \
	" WHERE " what " AND due_ms > ?1 AND due_ms < " PAUSED " LIMIT ?3)"

static enum status
ahead(struct retain *r, const char *sql, int64_t wait_ms, struct err *e)
{
	sqlite3_stmt *q = sqlite_once(r->s, sql);
	size_t num = 0;
	enum status st;

	db_int(q, 1, rule_later(r->now_ms, wait_ms));
	db_int(q, 2, r->now_ms);
	db_int(q, 3, ROWS_MOST);
	st = sqlite_once_run(r->s, q, &num, e);
	r->more |= num >= ROWS_MOST;
	return st;
}

/* Later than anything is put off: the clock was ahead by far when it was. */
static enum status
ahead_release(struct retain *r, struct err *e)
{
	int64_t wait_ms = 0;
	enum status st;

	for (size_t i = 0; i < r->s->num_sinks; i++) {
		const struct store_sink *k = &r->s->sinks[i];

		if (wait_ms < k->week_ms)
			wait_ms = k->week_ms;
		if (wait_ms < k->day_ms)
			wait_ms = k->day_ms;
	}
	st = ahead(
	    r, AHEAD("outbox", "state = 0"), rule_later(wait_ms, HELD_MOST), e);
	if (st == ST_OK)
		st = ahead(r, AHEAD("evidence", "due_ms IS NOT NULL"),
		    EVIDENCE_MOST, e);
	return st;
}

/* Of an event its id stays, so that it is not told again when it is found
 * again. */
#define OLD_EVENTS                                                             \
	"SELECT no FROM event v WHERE data <> x'' AND time_ms < ?1"            \
	" AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.event = v.no"         \
	" AND o.state = 0) ORDER BY time_ms, no LIMIT ?2"

static enum status
events_expire(struct retain *r, int64_t before_ms, struct err *e)
{
	sqlite3_stmt *q = db_query(r->s, Q_EVENT_OUTBOX,
	    "DELETE FROM outbox WHERE event IN (" OLD_EVENTS ")");
	enum status st;

	db_int(q, 1, before_ms);
	db_int(q, 2, ROWS_MOST);
	st = db_run(r->s, q, NULL, e);
	if (st != ST_OK)
		return st;
	return step(r,
	    db_query(r->s, Q_EVENT_EXPIRE,
		"UPDATE event SET data = x'', subject = ''"
		" WHERE no IN (" OLD_EVENTS ")"),
	    before_ms, true, e);
}

/* --- records ------------------------------------------------------------------- */

/* One that nobody confirmed, and that no mail is on its way for. */
static enum status
stale_find(struct retain *r, int64_t before_ms, int64_t *row, struct err *e)
{
	sqlite3_stmt *q = db_query(r->s, Q_RECORD_STALE,
	    "SELECT id FROM record INDEXED BY record_pending"
	    " WHERE state = 0 AND changed_ms < ?1"
	    " AND NOT EXISTS (SELECT 1 FROM token WHERE record = id"
	    " AND use = 0 AND expires_ms > ?2) ORDER BY changed_ms LIMIT 1");
	enum status st;

	*row = 0;
	db_int(q, 1, before_ms);
	db_int(q, 2, r->now_ms);
	st = db_step(r->s, q, e);
	if (st != ST_OK)
		return db_done(st);
	*row = sqlite3_column_int64(q, 0);
	sqlite3_reset(q);
	return ST_OK;
}

static enum status
stale_erase(struct retain *r, int64_t row, struct err *e)
{
	const struct actor who = {rule_who(NULL), r->now_ms};
	const struct move m = {.to = RECORD_ERASED, .who = &who};
	struct subject x;
	enum status st = sqlite_subject_get(r->s, &x, row, e);

	if (st == ST_OK)
		st = sqlite_move(r->s, &x, &m, e);
	subject_fini(&x);
	return st;
}

static enum status
pending_expire(struct retain *r, int64_t before_ms, struct err *e)
{
	size_t num = 0;
	int64_t row = 1;
	enum status st = ST_OK;

	while (st == ST_OK && row != 0 && num < ROWS_MOST) {
		st = stale_find(r, before_ms, &row, e);
		if (st == ST_OK && row != 0) {
			st = stale_erase(r, row, e);
			num++;
		}
	}
	r->more |= num == ROWS_MOST;
	return st != ST_OK || num == 0 ? st : sqlite_generation_bump(r->s, e);
}

/* --- the rest ------------------------------------------------------------------ */

/* Of mailboxes that owe no answer nothing is to be known. */
static enum status
marks_expire(struct retain *r, struct err *e)
{
	enum status st = step(r,
	    db_query(r->s, Q_TOKEN_EXPIRE,
		"DELETE FROM token WHERE hash IN (SELECT hash FROM token"
		" WHERE expires_ms <= ?1 LIMIT ?2)"),
	    r->now_ms, false, e);

	if (st != ST_OK)
		return st;
	return step(r,
	    db_query(r->s, Q_MAILED_EXPIRE,
		"DELETE FROM mailed WHERE address IN (SELECT address FROM"
		" mailed WHERE unanswered = 0 AND newest_ms < ?1 LIMIT ?2)"),
	    r->now_ms - 24ll * 3600 * 1000, true, e);
}

static enum status
audit_expire(struct retain *r, int64_t before_ms, struct err *e)
{
	size_t gone;
	enum status st =
	    sqlite_audit_expire(r->s, before_ms, ROWS_MOST, &gone, e);

	r->s->scrub |= gone > 0;
	r->more |= gone == ROWS_MOST;
	return st;
}

static enum status
retain(struct retain *r, const struct ledger_retention *ages, struct err *e)
{
	int64_t now = r->now_ms;
	enum status st = sqlite_expire(r->s, now, e);

	if (st == ST_OK)
		st = hits_expire(r, now - ages->hits_ms, e);
	if (st == ST_OK)
		st = ahead_release(r, e);
	if (st == ST_OK)
		st = deliveries_expire(r, now - ages->messages_ms, e);
	if (st == ST_OK)
		st = events_expire(r, now - ages->messages_ms, e);
	if (st == ST_OK)
		st = pending_expire(r, now - ages->pending_ms, e);
	if (st == ST_OK)
		st = marks_expire(r, e);
	return st != ST_OK ? st : audit_expire(r, now - ages->audit_ms, e);
}

enum status
sqlite_retain(struct store *s, const struct ledger_retention *ages,
    int64_t now_ms, bool *more, struct err *e)
{
	struct retain r = {.s = s, .now_ms = now_ms};
	enum status st = db_begin(s, e);

	*more = false;
	if (st != ST_OK)
		return st;
	st = db_end(s, retain(&r, ages, e), e);
	*more = st == ST_OK && r.more;
	return st;
}
