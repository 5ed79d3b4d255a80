/*
 * sqlite_acts: what is done about one alert: it is found, taken note of, and
 * that is written down. Muting is in sqlite_mute.c, sending again in
 * sqlite_resend.c.
 */
#include "ctlog/base/text.h"
#include "monitor/store/sqlite_acts.h"

sqlite3_stmt *
sqlite_once(struct store *s, const char *sql)
{
	sqlite3_stmt *q = NULL;

	sqlite3_prepare_v2(s->db, sql, -1, &q, NULL);
	return q;
}

enum status
sqlite_once_run(
    struct store *s, sqlite3_stmt *q, size_t *changed, struct err *e)
{
	enum status st = db_run(s, q, changed, e);

	sqlite3_finalize(q);
	return st;
}

/* --- one alert ------------------------------------------------------------- */

static void
id_say(char out[33], const uint8_t id[16])
{
	struct buf hex = {0};

	text_hex(&hex, span_of(id, 16));
	memcpy(out, buf_cstr(&hex), 33);
	buf_fini(&hex);
}

enum status
sqlite_alert_find(struct store *s, struct alert_row *out,
    const struct alert_at *at, struct err *e)
{
	sqlite3_stmt *q = sqlite_once(s,
	    "SELECT x.no, x.record, x.acked_ms IS NOT NULL FROM exposure x"
	    " JOIN record r ON r.id = x.record"
	    " WHERE x.id = ?1 AND (?2 IS NULL OR r.tenant = ?2)");
	int64_t record = 0;
	enum status st;

	*out = (struct alert_row){0};
	id_say(out->id, at->id);
	db_blob(q, 1, span_of(at->id, 16));
	db_text(q, 2, at->tenant);
	st = db_step(s, q, e);
	if (st == ST_OK) {
		out->no = sqlite3_column_int64(q, 0);
		record = sqlite3_column_int64(q, 1);
		out->acked = sqlite3_column_int(q, 2) != 0;
	}
	sqlite3_finalize(q);
	if (st == NO_ROW)
		return err_set(e, ST_MISSING, "there is no alert %s", out->id);
	return st != ST_OK ? st : sqlite_subject_get(s, &out->of, record, e);
}

void
alert_row_fini(struct alert_row *a)
{
	subject_fini(&a->of);
}

enum status
sqlite_alert_note(struct store *s, const struct alert_row *a,
    const struct note *n, bool named, struct err *e)
{
	struct seal seal = subject_seal(s, &a->of, SEALED_HISTORY);
	struct note with = *n;
	struct buf detail = {0};
	enum status st;

	buf_fmt(&detail, "alert %s", a->id);
	with.row = a->of.row;
	with.tenant = a->of.tenant;
	with.id = a->of.id;
	with.seal = &seal;
	if (named)
		with.detail = buf_span(&detail);
	st = sqlite_note(s, &with, e);
	buf_fini(&detail);
	return st;
}

/* --- taken note of ----------------------------------------------------------- */

/* What is under way without a proof may have arrived: it is not tried again,
 * but what corrects it still goes there. */
static enum status
waiting_end(struct store *s, int64_t no, int64_t now_ms, struct err *e)
{
	sqlite3_stmt *q = sqlite_once(s,
	    "UPDATE outbox SET state = 1, held = 0, settled_ms = ?2"
	    " WHERE exposure = ?1 AND state = 0 AND topic = 0"
	    " AND begun_ms IS NOT NULL");
	enum status st;

	db_int(q, 1, no);
	db_int(q, 2, now_ms);
	st = sqlite_once_run(s, q, NULL, e);
	if (st != ST_OK)
		return st;
	q = sqlite_once(s, "DELETE FROM outbox"
			   " WHERE exposure = ?1 AND state = 0 AND topic = 0");
	db_int(q, 1, no);
	return sqlite_once_run(s, q, NULL, e);
}

/* It counts as told, so that it stays so when it is found anew. */
static enum status
ack(struct store *s, const struct alert_row *a, const struct actor *who,
    struct err *e)
{
	const struct note n = {.what = "acked", .who = who};
	sqlite3_stmt *q = sqlite_once(
	    s, "UPDATE exposure SET acked_ms = ?2, told = 1 WHERE no = ?1");
	enum status st;

	db_int(q, 1, a->no);
	db_int(q, 2, who->now_ms);
	st = sqlite_once_run(s, q, NULL, e);
	if (st == ST_OK)
		st = waiting_end(s, a->no, who->now_ms, e);
	return st != ST_OK ? st : sqlite_alert_note(s, a, &n, true, e);
}

/* An event has no state to keep: its deliveries that were given up go. */
static enum status
ack_event(struct store *s, const struct alert_at *at, const struct actor *who,
    struct err *e)
{
	const struct note n = {.what = "acked", .who = who};
	sqlite3_stmt *q =
	    sqlite_once(s, "DELETE FROM outbox WHERE state = 2 AND ?2 IS NULL"
			   " AND event = (SELECT no FROM event WHERE id = ?1)");
	size_t gone = 0;
	enum status st;

	db_blob(q, 1, span_of(at->id, 16));
	db_text(q, 2, at->tenant);
	st = sqlite_once_run(s, q, &gone, e);
	if (st == ST_OK && gone == 0)
		return ST_MISSING; /* and e has said so before */
	return st != ST_OK ? st : sqlite_note(s, &n, e);
}

static enum status
ack_run(struct store *s, const struct alert_at *at, const struct actor *who,
    struct err *e)
{
	struct alert_row a;
	enum status st = sqlite_alert_find(s, &a, at, e);

	if (st == ST_OK && !a.acked)
		st = ack(s, &a, who, e);
	else if (st == ST_MISSING)
		st = ack_event(s, at, who, e);
	alert_row_fini(&a);
	return st;
}

enum status
sqlite_ack(struct store *s, const struct alert_at *at, const struct actor *who,
    struct err *e)
{
	enum status st = db_begin(s, e);

	return st != ST_OK ? st : db_end(s, ack_run(s, at, who, e), e);
}
