/*
 * sqlite_mute: what of a record is not told any more, and what is not even
 * kept, for it is somebody else's. Mutes go by exposure.same (sqlite_same.c),
 * a keyed hash, so they tell nothing of what they are about.
 */
#include "ctlog/base/mem.h"
#include "monitor/store/sqlite_acts.h"
#include "monitor/store/sqlite_exposures.h"

#define SAME 32

/* --- what comes -------------------------------------------------------------- */

/* Most records have none. */
static enum status
has_mutes(struct store *s, int64_t record, bool *has, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_MUTE_ANY,
	    "SELECT EXISTS(SELECT 1 FROM mute WHERE record = ?1)");
	enum status st;

	*has = false;
	db_int(q, 1, record);
	st = db_step(s, q, e);
	if (st != ST_OK)
		return st;
	*has = sqlite3_column_int(q, 0) != 0;
	sqlite3_reset(q);
	return ST_OK;
}

enum status
sqlite_muted(struct store *s, int64_t record, const struct exposure *x,
    enum sqlite_muted *out, struct err *e)
{
	uint8_t same[SAME];
	sqlite3_stmt *q;
	bool has;
	enum status st = has_mutes(s, record, &has, e);

	*out = SQLITE_TOLD;
	if (st != ST_OK || !has)
		return st;
	st = sqlite_same(s, x, same, e);
	if (st != ST_OK)
		return st;
	q = db_query(s, Q_MUTE_FIND,
	    "SELECT not_me FROM mute WHERE record = ?1 AND same = ?2");
	db_int(q, 1, record);
	db_blob(q, 2, span_of(same, sizeof(same)));
	st = db_step(s, q, e);
	if (st != ST_OK)
		return db_done(st);
	*out = sqlite3_column_int(q, 0) != 0 ? SQLITE_NOT_ME : SQLITE_MUTED;
	sqlite3_reset(q);
	return ST_OK;
}

/* --- what is there ------------------------------------------------------------ */

struct old {
	int64_t no;
	uint8_t same[SAME];
};

/* One that does not open says nothing to anybody, and is passed over. */
static enum status
old_add(struct store *s, struct buf *out, sqlite3_stmt *q, struct err *e)
{
	struct exposure x = {0};
	struct old old = {.no = sqlite3_column_int64(q, 0)};
	enum status st = ST_OK;

	if (sqlite_exposure_fill(s, &x, q, 0, NULL) == ST_OK) {
		st = sqlite_same(s, &x, old.same, e);
		buf_add(out, &old, sizeof(old));
	}
	exposure_fini(&x);
	return st;
}

static enum status
old_list(struct store *s, struct buf *out, int64_t record, struct err *e)
{
	sqlite3_stmt *q =
	    sqlite_once(s, "SELECT " EXPOSURE_COLUMNS " FROM exposure x"
			   " JOIN record r ON r.id = x.record"
			   " JOIN record_key k ON k.record = x.record"
			   " WHERE x.record = ?1 AND x.same IS NULL");
	enum status st;

	db_int(q, 1, record);
	while ((st = db_step(s, q, e)) == ST_OK) {
		st = old_add(s, out, q, e);
		if (st != ST_OK)
			break;
	}
	sqlite3_finalize(q);
	return db_done(st);
}

enum status
sqlite_same_fill(struct store *s, int64_t record, struct err *e)
{
	struct buf list = {0};
	struct old old;
	enum status st = old_list(s, &list, record, e);

	for (size_t i = 0; st == ST_OK && i < list.len / sizeof(old); i++) {
		sqlite3_stmt *q = sqlite_once(
		    s, "UPDATE exposure SET same = ?2 WHERE no = ?1");

		memcpy(&old, list.p + i * sizeof(old), sizeof(old));
		db_int(q, 1, old.no);
		db_blob(q, 2, span_of(old.same, sizeof(old.same)));
		st = sqlite_once_run(s, q, NULL, e);
	}
	buf_fini(&list);
	return st;
}

/* Exposures of record ?1, and of ?2 unless it is NULL, under such mutes. */
#define OF(not_me)                                                             \
	"SELECT x.no FROM exposure x JOIN mute m ON m.record = x.record"       \
	" AND m.same = x.same WHERE x.record = ?1"                             \
	" AND (?2 IS NULL OR x.same = ?2) AND m.not_me = " not_me

static enum status
apply_with(struct store *s, const char *sql, int64_t record, struct span same,
    struct err *e)
{
	sqlite3_stmt *q = sqlite_once(s, sql);

	db_int(q, 1, record);
	if (same.len != 0)
		db_blob(q, 2, same);
	return sqlite_once_run(s, q, NULL, e);
}

/* What is erased leaves the WAL, too. */
enum status
sqlite_mute_apply(
    struct store *s, int64_t record, struct span same, struct err *e)
{
	enum status st = apply_with(s,
	    "DELETE FROM outbox WHERE state = 0 AND exposure IN (" OF("0") ")",
	    record, same, e);

	if (st == ST_OK)
		st = apply_with(s,
		    "DELETE FROM exposure WHERE no IN (" OF("1") ")", record,
		    same, e);
	s->scrub = true;
	return st;
}

enum status
sqlite_mutes_erase(struct store *s, int64_t record, struct err *e)
{
	return db_run_with(
	    s, Q_MUTE_ERASE, "DELETE FROM mute WHERE record = ?1", record, e);
}

/* --- muting -------------------------------------------------------------------- */

static enum status
same_get(struct store *s, const struct alert_row *a, uint8_t out[SAME],
    struct err *e)
{
	sqlite3_stmt *q = sqlite_once(
	    s, "SELECT same FROM exposure WHERE no = ?1 AND same IS NOT NULL");
	enum status st;

	db_int(q, 1, a->no);
	st = db_step(s, q, e);
	if (st == ST_OK)
		db_bytes(q, 0, out, SAME);
	sqlite3_finalize(q);
	if (st != NO_ROW)
		return st;
	return err_set(e, ST_BAD, "alert %s is damaged in the store", a->id);
}

/* A plain one may become the other kind, not the other way round. */
static enum status
mute_put(struct store *s, const struct alert_row *a, struct ledger_mute *m,
    const uint8_t same[SAME], struct err *e)
{
	sqlite3_stmt *q =
	    sqlite_once(s, "INSERT INTO mute(record, same, not_me, since_ms)"
			   " VALUES(?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE"
			   " SET not_me = 1 WHERE not_me < excluded.not_me");
	size_t changed = 0;
	enum status st;

	db_int(q, 1, a->of.row);
	db_blob(q, 2, span_of(same, SAME));
	db_int(q, 3, m->not_me);
	db_int(q, 4, m->since_ms);
	st = sqlite_once_run(s, q, &changed, e);
	return st == ST_OK && changed == 0 ? NO_ROW : st;
}

static enum status
mute(struct store *s, const struct alert_row *a, struct ledger_muting *io,
    const struct actor *who, struct err *e)
{
	const struct note n = {
	    .what = io->not_me ? "not-me" : "muted", .who = who};
	struct ledger_mute m = {.since_ms = who->now_ms, .not_me = io->not_me};
	uint8_t same[SAME] = {0};
	enum status st = sqlite_same_fill(s, a->of.row, e);

	if (st == ST_OK)
		st = same_get(s, a, same, e);
	if (st == ST_OK) {
		memcpy(io->id, same, sizeof(io->id));
		st = mute_put(s, a, &m, same, e);
	}
	if (st != ST_OK)
		return db_done(st);
	st = sqlite_mute_apply(s, a->of.row, span_of(same, SAME), e);
	/* Of what is somebody else's not even the number is kept. */
	return st != ST_OK ? st : sqlite_alert_note(s, a, &n, !io->not_me, e);
}

static enum status
mute_run(struct store *s, struct ledger_muting *io, const struct actor *who,
    struct err *e)
{
	struct alert_row a;
	enum status st = sqlite_alert_find(s, &a, &io->at, e);

	if (st == ST_OK)
		st = mute(s, &a, io, who, e);
	alert_row_fini(&a);
	return st;
}

enum status
sqlite_mute(struct store *s, struct ledger_muting *io, const struct actor *who,
    struct err *e)
{
	enum status st = db_begin(s, e);

	return st != ST_OK ? st : db_end(s, mute_run(s, io, who, e), e);
}

/* --- no longer ------------------------------------------------------------------- */

#define MUTE_ID "substr(m.same, 1, 16)"

/* The mute that this is, or that this alert is under; NO_ROW. */
static enum status
mute_find(struct store *s, const struct alert_at *at, int64_t *record,
    uint8_t same[SAME], struct err *e)
{
	sqlite3_stmt *q = sqlite_once(s,
	    "SELECT m.record, m.same FROM mute m JOIN record r"
	    " ON r.id = m.record WHERE (?2 IS NULL OR r.tenant = ?2)"
	    " AND (" MUTE_ID " = ?1 OR EXISTS(SELECT 1 FROM exposure x WHERE"
	    " x.id = ?1 AND x.record = m.record AND x.same = m.same))");
	enum status st;

	db_blob(q, 1, span_of(at->id, 16));
	db_text(q, 2, at->tenant);
	st = db_step(s, q, e);
	if (st == ST_OK) {
		*record = sqlite3_column_int64(q, 0);
		db_bytes(q, 1, same, SAME);
	}
	sqlite3_finalize(q);
	return st;
}

static enum status
mute_drop(struct store *s, int64_t record, const uint8_t same[SAME],
    const struct actor *who, struct err *e)
{
	const struct note n = {.what = "unmuted", .who = who};
	struct alert_row a = {0};
	sqlite3_stmt *q =
	    sqlite_once(s, "DELETE FROM mute WHERE record = ?1 AND same = ?2");
	enum status st;

	db_int(q, 1, record);
	db_blob(q, 2, span_of(same, SAME));
	st = sqlite_once_run(s, q, NULL, e);
	if (st == ST_OK)
		st = sqlite_subject_get(s, &a.of, record, e);
	if (st == ST_OK)
		st = sqlite_alert_note(s, &a, &n, false, e);
	alert_row_fini(&a);
	return st;
}

static enum status
unmute_run(struct store *s, const struct alert_at *at, const struct actor *who,
    struct err *e)
{
	uint8_t same[SAME];
	struct alert_row a;
	int64_t record;
	enum status st = mute_find(s, at, &record, same, e);

	if (st == ST_OK)
		return mute_drop(s, record, same, who, e);
	if (st != NO_ROW)
		return st;
	st = sqlite_alert_find(s, &a, at, e); /* one that is not muted */
	if (st == ST_MISSING)
		err_set(e, st, "there is no alert and no mute %s", a.id);
	alert_row_fini(&a);
	return st;
}

enum status
sqlite_unmute(struct store *s, const struct alert_at *at,
    const struct actor *who, struct err *e)
{
	enum status st = db_begin(s, e);

	return st != ST_OK ? st : db_end(s, unmute_run(s, at, who, e), e);
}

/* --- the list ---------------------------------------------------------------------- */

enum status
sqlite_mutes(struct store *s, const struct ledger_exposures *w,
    ledger_mute_fn *fn, void *arg, struct err *e)
{
	sqlite3_stmt *q = sqlite_once(s,
	    "SELECT " MUTE_ID ", r.tenant, r.name, m.since_ms, m.not_me"
	    " FROM mute m JOIN record r ON r.id = m.record"
	    " WHERE (m.since_ms, " MUTE_ID ") > (?1, ?2)"
	    " AND (?3 IS NULL OR r.tenant = ?3)"
	    " AND (?4 IS NULL OR r.name = ?4)"
	    " ORDER BY m.since_ms, " MUTE_ID " LIMIT ?5");
	enum status st;

	db_int(q, 1, w->after != NULL ? w->after_ms : INT64_MIN);
	db_blob(q, 2, span_of(w->after, w->after != NULL ? 16 : 0));
	db_text(q, 3, w->tenant);
	db_text(q, 4, w->record);
	db_int(q, 5, w->limit > 0 ? (int64_t)w->limit : -1);
	while ((st = db_step(s, q, e)) == ST_OK) {
		struct ledger_mute m = {
		    .tenant = (const char *)sqlite3_column_text(q, 1),
		    .record = (const char *)sqlite3_column_text(q, 2),
		    .since_ms = sqlite3_column_int64(q, 3),
		    .not_me = sqlite3_column_int(q, 4) != 0};

		db_bytes(q, 0, m.id, sizeof(m.id));
		fn(arg, &m);
	}
	sqlite3_finalize(q);
	return db_done(st);
}
