/*
 * sqlite_state: changes of a record's state, and what goes with them: what
 * waits to be sent, the names that belong to it, its history, and at the end
 * everything.
 */
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/store/rules.h"
#include "monitor/store/sqlite_acts.h"
#include "monitor/store/sqlite_evidence.h"
#include "monitor/store/sqlite_letter.h"

/* Records that expire in one transaction: others wait for the next one, and
 * match nothing meanwhile. */
#define EXPIRE_MOST 1000

static const char *
word_of(enum record_state from, enum record_state to)
{
	static const char *const words[] = {
	    [RECORD_PENDING] = "changed",
	    [RECORD_ACTIVE] = "confirmed",
	    [RECORD_PAUSED] = "paused",
	    [RECORD_WITHDRAWN] = "withdrawn",
	    [RECORD_EXPIRED] = "expired",
	    [RECORD_ERASED] = "erased",
	};

	if (to == RECORD_ACTIVE && from != RECORD_PENDING)
		return "resumed";
	return words[to];
}

/* --- one record ------------------------------------------------------------- */

static enum status
outbox_pause(struct store *s, int64_t record, bool paused, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_OUTBOX_PAUSE,
	    "UPDATE outbox SET due_ms = (due_ms & ~" PAUSED ") | ?2 * " PAUSED
	    " WHERE state = 0 AND exposure IN"
	    " (SELECT no FROM exposure WHERE record = ?1)");

	db_int(q, 1, record);
	db_int(q, 2, paused);
	return db_run(s, q, NULL, e);
}

enum status
sqlite_waiting_move(
    struct store *s, int64_t record, enum record_state to, struct err *e)
{
	enum status st = outbox_pause(s, record, to == RECORD_PAUSED, e);

	return st != ST_OK
		   ? st
		   : sqlite_evidence_pause(s, record, to != RECORD_ACTIVE, e);
}

static enum status
state_set(struct store *s, const struct subject *x, const struct move *m,
    struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_RECORD_STATE,
	    "UPDATE record SET state = ?2, changed_ms = ?3,"
	    " active_ms = CASE ?2 WHEN 1 THEN ?3 WHEN 0 THEN 0"
	    " ELSE active_ms END, active_gen = CASE ?2 WHEN 1 THEN"
	    " (SELECT generation + 1 FROM store) WHEN 0 THEN 0"
	    " ELSE active_gen END WHERE id = ?1");
	enum status st;

	db_int(q, 1, x->row);
	db_int(q, 2, m->to);
	db_int(q, 3, m->who->now_ms);
	st = db_run(s, q, NULL, e);
	if (st == ST_OK && m->to != RECORD_PENDING)
		st = sqlite_letter_drop(s, x->row, false, e);
	if (st == ST_OK)
		st = sqlite_waiting_move(s, x->row, m->to, e);
	if (st != ST_OK || m->to != RECORD_WITHDRAWN)
		return st;
	st = sqlite_mutes_erase(s, x->row, e);
	if (st != ST_OK)
		return st;
	return db_run_with(s, Q_OUTBOX_WITHDRAW,
	    "DELETE FROM outbox WHERE state = 0 AND exposure IN"
	    " (SELECT no FROM exposure WHERE record = ?1)",
	    x->row, e);
}

static enum status
values_erase(struct store *s, const struct subject *x, const struct move *m,
    struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_RECORD_ERASE,
	    "UPDATE record SET state = 5, changed_ms = ?2, created_ms = 0,"
	    " active_ms = 0, active_gen = 0, expires_ms = 0, identity = NULL,"
	    " sinks = NULL, keys = NULL, blob = NULL, sealed = NULL"
	    " WHERE id = ?1");
	enum status st;

	db_int(q, 1, x->row);
	db_int(q, 2, m->who->now_ms);
	st = db_run(s, q, NULL, e);
	if (st != ST_OK)
		return st;
	return db_run_with(s, Q_RECORD_KEY_ERASE,
	    "UPDATE record_key SET wrapped = zeroblob(60) WHERE record = ?1",
	    x->row, e);
}

/* With the record's key goes all that was sealed under it, also in copies of
 * the file; what is here is overwritten, in the WAL too. */
static enum status
erase(struct store *s, const struct subject *x, const struct move *m,
    struct err *e)
{
	enum status st = values_erase(s, x, m, e);

	if (st == ST_OK)
		st = db_run_with(s, Q_EXPOSURES_ERASE,
		    "DELETE FROM exposure WHERE record = ?1", x->row, e);
	if (st == ST_OK)
		st = db_run_with(s, Q_HISTORY_ERASE,
		    "DELETE FROM history WHERE record = ?1", x->row, e);
	if (st == ST_OK)
		st = sqlite_mutes_erase(s, x->row, e);
	if (st == ST_OK)
		st = sqlite_letter_drop(s, x->row, true, e);
	if (st == ST_OK)
		st = db_run_with(s, Q_DECLINED_ERASE,
		    "DELETE FROM declined WHERE record = ?1", x->row, e);
	s->scrub = true;
	return st;
}

static enum status
move_one(struct store *s, const struct subject *x, const struct move *m,
    struct err *e)
{
	struct seal seal = subject_seal(s, x, SEALED_HISTORY);
	struct note n = {
	    .what = m->what != NULL ? m->what : word_of(x->state, m->to),
	    .row = x->row,
	    .tenant = x->tenant,
	    .id = x->id,
	    .who = m->who,
	    .seal = &seal,
	    .detail = m->detail};
	enum status st =
	    m->to == RECORD_ERASED ? erase(s, x, m, e) : state_set(s, x, m, e);

	if (st == ST_OK)
		st = sqlite_note(s, &n, e);
	return st != ST_OK ? st : sqlite_change_note(s, x->row, e);
}

/* --- the names that belong to it ------------------------------------------------ */

static bool
follows(
    const struct subject *name, const struct subject *was, const struct move *m)
{
	/* It stopped together with the other one, or came when that had. */
	bool along =
	    name->state == was->state && name->changed_ms >= was->changed_ms &&
	    (was->state == RECORD_PAUSED || was->state == RECORD_EXPIRED);

	switch (m->to) {
	case RECORD_WITHDRAWN:
		return name->state != RECORD_WITHDRAWN;
	case RECORD_ERASED:
		return true;
	case RECORD_ACTIVE:
		return (along || name->state == RECORD_PENDING) &&
		       !rule_expired(name->expires_ms, m->who->now_ms);
	case RECORD_PENDING:
		return along || name->state == RECORD_ACTIVE;
	default:
		return name->state == RECORD_ACTIVE;
	}
}

static enum status
names_list(struct store *s, struct buf *out, int64_t identity, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_RECORD_NAMES,
	    "SELECT id FROM record WHERE identity = ?1 ORDER BY id");
	enum status st;

	db_int(q, 1, identity);
	while ((st = db_step(s, q, e)) == ST_OK) {
		int64_t row = sqlite3_column_int64(q, 0);

		buf_add(out, &row, sizeof(row));
	}
	return db_done(st);
}

enum status
sqlite_names_move(struct store *s, const struct subject *was,
    const struct move *m, struct err *e)
{
	struct move theirs = {m->to, NULL, {NULL, 0}, m->who};
	struct buf list = {0};
	enum status st = ST_OK;

	if (was->kind == RECORD_EMAIL)
		st = names_list(s, &list, was->row, e);
	for (size_t i = 0; st == ST_OK && i < list.len / 8; i++) {
		struct subject name;
		int64_t row;

		memcpy(&row, list.p + i * 8, 8);
		st = sqlite_subject_get(s, &name, row, e);
		if (st == ST_OK && follows(&name, was, m))
			st = move_one(s, &name, &theirs, e);
		subject_fini(&name);
	}
	buf_fini(&list);
	return st;
}

enum status
sqlite_move(struct store *s, const struct subject *x, const struct move *m,
    struct err *e)
{
	enum status st = move_one(s, x, m, e);

	return st != ST_OK ? st : sqlite_names_move(s, x, m, e);
}

/* --- the verb ------------------------------------------------------------------- */

/* A name is active only when its identity is. */
static enum status
identity_check(struct store *s, const struct subject *x,
    const struct record_change *c, struct err *e)
{
	struct subject of;
	enum status st;

	if (x->identity == 0 || c->state != RECORD_ACTIVE)
		return ST_OK;
	st = sqlite_subject_get(s, &of, x->identity, e);
	if (st == ST_OK && of.state != RECORD_ACTIVE)
		st = err_set(e, ST_USAGE,
		    "record %s of tenant %s belongs to %s, which is %s",
		    QUOTE(span_str(c->id)), QUOTE(span_str(c->tenant)),
		    QUOTE(span_str(of.id)), record_state_name(of.state));
	subject_fini(&of);
	return st;
}

static enum status
change(struct store *s, const struct record_change *c, struct err *e)
{
	struct actor who = {rule_who(c->who), c->now_ms};
	struct record_at at = {c->tenant, c->id};
	struct move m = {.to = c->state, .who = &who};
	struct subject x = {0};
	enum status st = sqlite_expire(s, c->now_ms, e);

	if (st == ST_OK)
		st = sqlite_subject_find(s, &x, &at, e);
	if (st == ST_OK)
		st = rule_change(c, x.state, x.expires_ms, e);
	if (st == ST_OK && x.state != c->state)
		st = identity_check(s, &x, c, e);
	if (st == ST_OK && x.state != c->state) {
		st = sqlite_move(s, &x, &m, e);
		if (st == ST_OK)
			st = sqlite_generation_bump(s, e);
	}
	subject_fini(&x);
	return st;
}

enum status
sqlite_record_state(
    struct store *s, const struct record_change *c, struct err *e)
{
	enum status st = db_begin(s, e);

	return st != ST_OK ? st : db_end(s, change(s, c, e), e);
}

/* --- expiry --------------------------------------------------------------------- */

/* One that is past its expiry; 0: none. */
static enum status
expired_find(struct store *s, int64_t now_ms, int64_t *row, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_RECORD_EXPIRED,
	    "SELECT id FROM record"
	    " WHERE state = 1 AND expires_ms > 0 AND expires_ms <= ?1 LIMIT 1");
	enum status st;

	*row = 0;
	db_int(q, 1, now_ms);
	st = db_step(s, q, e);
	if (st != ST_OK)
		return db_done(st);
	*row = sqlite3_column_int64(q, 0);
	sqlite3_reset(q);
	return ST_OK;
}

static enum status
expire_one(struct store *s, int64_t row, int64_t now_ms, struct err *e)
{
	struct actor who = {rule_who(NULL), now_ms};
	struct move m = {.to = RECORD_EXPIRED, .who = &who};
	struct subject x;
	enum status st = sqlite_subject_get(s, &x, row, e);

	if (st == ST_OK)
		st = sqlite_move(s, &x, &m, e);
	subject_fini(&x);
	return st;
}

enum status
sqlite_expire(struct store *s, int64_t now_ms, struct err *e)
{
	int64_t row;
	enum status st = expired_find(s, now_ms, &row, e);
	bool any = row != 0;

	for (int i = 0; i < EXPIRE_MOST && st == ST_OK && row != 0; i++) {
		st = expire_one(s, row, now_ms, e);
		if (st == ST_OK)
			st = expired_find(s, now_ms, &row, e);
	}
	return st != ST_OK || !any ? st : sqlite_generation_bump(s, e);
}
