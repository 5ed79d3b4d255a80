/*
 * sqlite_outbox: what is to be delivered and what became of it, and operator
 * events. Rows of exposures are written by sqlite_deliver.c.
 */
#include "ctlog/base/mem.h"
#include "monitor/store/rules.h"
#include "monitor/store/sqlite.h"
#include "monitor/store/sqlite_exposures.h"
#include "monitor/store/sqlite_follow_up.h"
#include "monitor/store/sqlite_recipients.h"

/* --- events -------------------------------------------------------------- */

static enum status
event_rows(struct store *s, int64_t no, const struct event *ev, struct err *e)
{
	sqlite3_stmt *q;
	enum status st = ST_OK;

	for (size_t i = 0; st == ST_OK && i < s->num_sinks; i++) {
		if (!rule_takes_event(&s->sinks[i], ev->type))
			continue;
		q = db_query(s, Q_OUTBOX_EVENT,
		    "INSERT INTO outbox(sink, event, held, due_ms)"
		    " VALUES(?1, ?2, 0, ?3) ON CONFLICT DO NOTHING");
		db_text(q, 1, s->sinks[i].name);
		db_int(q, 2, no);
		db_int(q, 3, ev->time_ms);
		st = db_run(s, q, NULL, e);
	}
	return st;
}

enum status
sqlite_event_put(struct store *s, const struct event *ev, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_EVENT_NEW,
	    "INSERT INTO event(id, type, subject, time_ms, data)"
	    " VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING");
	size_t added;
	enum status st;

	db_blob(q, 1, span_of(ev->id, sizeof(ev->id)));
	db_text(q, 2, ev->type);
	db_text(q, 3, ev->subject);
	db_int(q, 4, ev->time_ms);
	db_blob(q, 5, ev->data);
	st = db_run(s, q, &added, e);
	if (st != ST_OK || added == 0)
		return st;
	return event_rows(s, sqlite3_last_insert_rowid(s->db), ev, e);
}

enum status
sqlite_event_add(struct store *s, const struct event *ev, struct err *e)
{
	enum status st = db_begin(s, e);

	return st != ST_OK ? st : db_end(s, sqlite_event_put(s, ev, e), e);
}

/* --- the outbox ---------------------------------------------------------- */

/* Columns of outbox_due: the row's, then EXPOSURE_COLUMNS, then the event's. */
enum {
	DUE_ID,
	DUE_SINK,
	DUE_ATTEMPTS,
	DUE_ERROR,
	DUE_DIGEST,
	DUE_DIGEST_UID,
	DUE_ADDRESS,
	DUE_RECORD,
	DUE_TOPIC,
	DUE_EXPOSURE,
	DUE_EVENT = DUE_EXPOSURE + EXPOSURE_NUM_COLUMNS
};

static void
event_fill(struct outbox_row *r, sqlite3_stmt *q)
{
	db_bytes(q, DUE_EVENT, r->event_id, sizeof(r->event_id));
	buf_span_add(&r->event_type, db_span(q, DUE_EVENT + 1));
	buf_span_add(&r->event_subject, db_span(q, DUE_EVENT + 2));
	r->event_time_ms = sqlite3_column_int64(q, DUE_EVENT + 3);
	buf_span_add(&r->event_data, db_span(q, DUE_EVENT + 4));
}

static void
last_error_fill(struct store *s, struct outbox_row *r, sqlite3_stmt *q)
{
	struct buf plain = {0};

	if (sqlite3_column_type(q, DUE_ERROR) == SQLITE_NULL)
		return;
	/* Only words: a row goes out without them as well. */
	if (db_unbox(s, &plain, span_str(CONTEXT_ERROR), db_span(q, DUE_ERROR),
		NULL) == ST_OK)
		r->last_error = mem_strn(plain.p, plain.len);
	buf_fini(&plain);
}

static enum status
due_fill(struct store *s, struct outbox_row *r, sqlite3_stmt *q, struct err *e)
{
	int64_t no = sqlite3_column_int64(q, DUE_EXPOSURE);

	r->id = sqlite3_column_int64(q, DUE_ID);
	r->sink = db_str(q, DUE_SINK);
	r->attempts = (unsigned)sqlite3_column_int(q, DUE_ATTEMPTS);
	r->digest = sqlite3_column_int64(q, DUE_DIGEST);
	if (r->digest != 0)
		db_bytes(q, DUE_DIGEST_UID, r->digest_id, sizeof(r->digest_id));
	last_error_fill(s, r, q);
	if (sqlite3_column_type(q, DUE_EVENT) != SQLITE_NULL) {
		event_fill(r, q);
		return ST_OK;
	}
	r->is_exposure = true;
	if (sqlite3_column_type(q, DUE_EXPOSURE) == SQLITE_NULL ||
	    sqlite_exposure_fill(s, &r->x, q, DUE_EXPOSURE, NULL) != ST_OK) {
		r->damaged = true;
		return ST_OK;
	}
	memcpy(r->event_id, r->x.id, sizeof(r->event_id));
	r->event_time_ms = r->x.time_ms;
	r->is_follow_up = sqlite3_column_int(q, DUE_TOPIC) != 0;
	if (r->is_follow_up)
		return sqlite_follow_up_get(s, &r->x, no, &r->event_time_ms, e);
	return sqlite_sightings_get(s, &r->x, no, NULL, e);
}

static struct outbox_row *
outbox_room(struct outbox *o)
{
	if ((o->num & (o->num - 1)) == 0)
		o->rows = mem_grow(
		    o->rows, o->num ? o->num * 2 : 1, sizeof(*o->rows));
	o->rows[o->num] = (struct outbox_row){0};
	return &o->rows[o->num++];
}

#define OUTBOX_ROWS                                                            \
	"SELECT o.id, o.sink, o.attempts, o.error_box, o.digest, "             \
	"d.uid, o.address, x.record, o.topic, " EXPOSURE_COLUMNS               \
	", v.id, v.type, v.subject, v.time_ms, v.data"                         \
	" FROM outbox o LEFT JOIN exposure x ON x.no = o.exposure"             \
	" LEFT JOIN record r ON r.id = x.record"                               \
	" LEFT JOIN record_key k ON k.record = x.record"                       \
	" LEFT JOIN event v ON v.no = o.event"                                 \
	" LEFT JOIN digest d ON d.id = o.digest WHERE o.state = 0"
#define OUTBOX_DUE(which)                                                      \
	OUTBOX_ROWS " AND o.due_ms <= ?1" which                                \
		    " ORDER BY o.due_ms, o.id LIMIT ?2"
/* What is collected waits until it is in a digest, of which the first row
 * stands for all. */
#define MESSAGE                                                                \
	" AND (o.cadence = 0 OR o.digest IS NOT NULL) AND (o.digest IS NULL"   \
	" OR NOT EXISTS(SELECT 1 FROM outbox p WHERE p.digest = o.digest"      \
	" AND p.state = 0 AND p.id < o.id))"

/* The store's sinks as a JSON array; a name needs no escape (value_name). */
static void
sinks_json(const struct store *s, struct buf *out)
{
	buf_char(out, '[');
	for (size_t i = 0; i < s->num_sinks; i++)
		buf_fmt(out, "%s\"%s\"", i ? "," : "", s->sinks[i].name);
	buf_char(out, ']');
}

/* Of a paused record nothing is sent; without its sink it may as well go. */
static int64_t
due_until(const struct outbox_query *which)
{
	if (which->strays)
		return INT64_MAX;
	return which->all ? strtoll(PAUSED, NULL, 10) - 1 : which->now_ms;
}

/* *names stays until the query is done. */
static sqlite3_stmt *
due_query(struct store *s, const struct outbox_query *which, struct buf *names)
{
	sqlite3_stmt *q;

	if (which->strays)
		q = db_query(s, Q_OUTBOX_STRAYS,
		    OUTBOX_DUE(" AND o.sink NOT IN"
			       " (SELECT value FROM json_each(?3))"));
	else if (which->sink != NULL)
		q = db_query(s, Q_OUTBOX_DUE_SINK,
		    OUTBOX_DUE(" AND o.sink = ?3" MESSAGE));
	else
		q = db_query(s, Q_OUTBOX_DUE, OUTBOX_DUE(MESSAGE));
	db_int(q, 1, due_until(which));
	db_int(q, 2, which->limit > INT64_MAX ? -1 : (int64_t)which->limit);
	if (which->strays) {
		sinks_json(s, names);
		db_text(q, 3, buf_cstr(names));
	} else if (which->sink != NULL) {
		db_text(q, 3, which->sink);
	}
	return q;
}

/* --- rows that are due --------------------------------------------------------- */

/* Rows that are held at a time: a digest has so many at most. */
#define ROWS_MOST 1000

struct due {
	struct store *s;
	struct outbox *out;
	struct buf mails; /* struct due_mail, of each row; record 0: none */
	bool any;         /* one of them has a record */
};

static enum status
due_add(struct due *d, sqlite3_stmt *q, struct err *e)
{
	struct outbox_row *r = outbox_room(d->out);
	struct due_mail mail = {0};
	bool person = db_span(q, DUE_ADDRESS).len != 0;
	enum status st = due_fill(d->s, r, q, e);

	r->astray =
	    st == ST_OK && rule_astray(d->s->sinks, d->s->num_sinks, r, person);
	if (person && !r->astray) {
		mail.record = sqlite3_column_int64(q, DUE_RECORD);
		db_bytes(q, DUE_ADDRESS, mail.address, sizeof(mail.address));
		d->any = true;
	}
	buf_add(&d->mails, &mail, sizeof(mail));
	return st;
}

/* The others of the digest that this row is the first of. */
static enum status
digest_add(struct due *d, sqlite3_stmt *first, struct err *e)
{
	sqlite3_stmt *q;
	enum status st;

	if (sqlite3_column_type(first, DUE_DIGEST) == SQLITE_NULL)
		return ST_OK;
	q = db_query(d->s, Q_OUTBOX_DIGEST,
	    OUTBOX_ROWS " AND o.digest = ?1 AND o.id > ?2 ORDER BY o.id");
	db_int(q, 1, sqlite3_column_int64(first, DUE_DIGEST));
	db_int(q, 2, sqlite3_column_int64(first, DUE_ID));
	while ((st = db_step(d->s, q, e)) == ST_OK) {
		st = due_add(d, q, e);
		if (st != ST_OK)
			break;
	}
	sqlite3_reset(q);
	return db_done(st);
}

static enum status
due_read(struct due *d, const struct outbox_query *which, struct err *e)
{
	struct buf names = {0};
	sqlite3_stmt *q = due_query(d->s, which, &names);
	enum status st = ST_OK;

	while (d->out->num < ROWS_MOST && (st = db_step(d->s, q, e)) == ST_OK) {
		st = due_add(d, q, e);
		if (st == ST_OK && !which->strays)
			st = digest_add(d, q, e);
		if (st != ST_OK)
			break;
	}
	sqlite3_reset(q);
	buf_fini(&names);
	return db_done(st);
}

/* Whoever it was for wants none. */
static enum status
due_drop(struct due *d, size_t at, struct err *e)
{
	struct outbox_row *r = &d->out->rows[at];
	size_t behind = --d->out->num - at;
	enum status st = db_run_with(
	    d->s, Q_OUTBOX_GO, "DELETE FROM outbox WHERE id = ?1", r->id, e);

	outbox_row_fini(r);
	memmove(r, r + 1, behind * sizeof(*r));
	return st;
}

/* All of a digest is for one: asked once. */
static enum status
due_like_before(struct due *d, size_t at, const struct due_mail *mail,
    const struct due_mail *before, struct err *e)
{
	struct outbox_row *r = &d->out->rows[at];

	if (at == 0 || mail->record != before->record ||
	    memcmp(mail->address, before->address, 32) != 0)
		return sqlite_recipient_fill(d->s, r, mail, e);
	r->unnamed = r[-1].unnamed;
	r->to = r[-1].to != NULL ? mem_str(r[-1].to) : NULL;
	r->has_unsubscribe = r[-1].has_unsubscribe;
	memcpy(r->unsubscribe, r[-1].unsubscribe, sizeof(r->unsubscribe));
	return ST_OK;
}

static enum status
due_address(struct due *d, struct err *e)
{
	struct due_mail before = {0};
	enum status st = ST_OK;
	size_t at = 0;

	for (size_t i = 0; st == ST_OK && i < d->mails.len;) {
		struct due_mail mail;

		memcpy(&mail, d->mails.p + i, sizeof(mail));
		i += sizeof(mail);
		if (mail.record != 0)
			st = due_like_before(d, at, &mail, &before, e);
		if (st == NO_ROW) {
			st = due_drop(d, at, e);
			continue;
		}
		before = mail;
		at++;
	}
	return st;
}

static enum status
due_end(struct due *d, struct err *e)
{
	enum status st;

	if (d->s->read_only || !d->any)
		return ST_OK;
	st = db_begin(d->s, e);
	return st != ST_OK ? st : db_end(d->s, due_address(d, e), e);
}

enum status
sqlite_outbox_due(struct store *s, const struct outbox_query *which,
    struct outbox *out, struct err *e)
{
	struct due d = {.s = s, .out = out};
	enum status st = sqlite_digests_make(s, which, e);

	*out = (struct outbox){0};
	if (st == ST_OK)
		st = due_read(&d, which, e);
	if (st == ST_OK)
		st = due_end(&d, e);
	if (st != ST_OK)
		outbox_fini(out);
	buf_fini(&d.mails);
	return st;
}

#define OUTBOX_NEXT(which)                                                     \
	"SELECT ifnull(min(due_ms), 9223372036854775807)"                      \
	" FROM outbox WHERE state = 0 AND due_ms < " PAUSED which
#define OUTBOX_DEPTH(which)                                                    \
	"SELECT count(*) FROM outbox WHERE state = 0 AND due_ms < " PAUSED which
#define OF_SINK " AND sink = ?1"

/* The only number that a query has, of a sink or of all. */
static enum status
number_of(struct store *s, sqlite3_stmt *q, const char *sink, int64_t *out,
    struct err *e)
{
	enum status st;

	if (sink != NULL)
		db_text(q, 1, sink);
	st = db_step(s, q, e);
	if (st == ST_OK)
		*out = sqlite3_column_int64(q, 0);
	sqlite3_reset(q);
	return st;
}

enum status
sqlite_outbox_next(struct store *s, const char *sink, int64_t *due_ms,
    size_t *depth, struct err *e)
{
	sqlite3_stmt *q =
	    sink == NULL
		? db_query(s, Q_OUTBOX_NEXT, OUTBOX_NEXT(""))
		: db_query(s, Q_OUTBOX_NEXT_SINK, OUTBOX_NEXT(OF_SINK));
	enum status st = number_of(s, q, sink, due_ms, e);
	int64_t num = 0;

	if (st != ST_OK || depth == NULL)
		return st;
	q = sink == NULL
		? db_query(s, Q_OUTBOX_DEPTH, OUTBOX_DEPTH(""))
		: db_query(s, Q_OUTBOX_DEPTH_SINK, OUTBOX_DEPTH(OF_SINK));
	st = number_of(s, q, sink, &num, e);
	*depth = (size_t)num;
	return st;
}

static int
state_of(enum settle how)
{
	static const int states[] = {
	    [SETTLE_DELIVERED] = 1, [SETTLE_RETRY] = 0, [SETTLE_DEAD] = 2};

	return states[how];
}

static enum status
settle(struct store *s, const struct store_settle *how, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_OUTBOX_SETTLE,
	    "UPDATE outbox SET state = ?2, held = 0, attempts = attempts + 1,"
	    " settled_ms = ?3, due_ms = ifnull(?4 | (due_ms & " PAUSED
	    "), due_ms), error_box = ?5,"
	    " begun_ms = CASE ?2 WHEN 1 THEN NULL ELSE begun_ms END"
	    " WHERE id = ?1 AND state = 0");
	struct buf box = {0};
	enum status st;

	db_int(q, 1, how->row);
	db_int(q, 2, state_of(how->how));
	db_int(q, 3, how->now_ms);
	if (how->how == SETTLE_RETRY)
		db_int(q, 4, how->due_ms);
	if (how->error != NULL) {
		/* Receivers like to repeat addresses in their answers. */
		db_box(s, &box, span_str(CONTEXT_ERROR), span_str(how->error));
		db_blob(q, 5, buf_span(&box));
	}
	st = db_run(s, q, NULL, e);
	buf_fini(&box);
	return st;
}

enum status
sqlite_outbox_begin(struct store *s, const int64_t *rows, size_t num,
    int64_t now_ms, struct err *e)
{
	enum status st = db_begin(s, e);

	if (st != ST_OK)
		return st;
	for (size_t i = 0; i < num && st == ST_OK; i++) {
		sqlite3_stmt *q = db_query(s, Q_OUTBOX_BEGIN,
		    "UPDATE outbox SET begun_ms = ?2 WHERE id = ?1"
		    " AND state = 0 AND begun_ms IS NULL");

		db_int(q, 1, rows[i]);
		db_int(q, 2, now_ms);
		st = db_run(s, q, NULL, e);
	}
	return db_end(s, st, e);
}

enum status
sqlite_outbox_settle(
    struct store *s, const struct store_settle *how, size_t num, struct err *e)
{
	enum status st = db_begin(s, e);

	if (st != ST_OK)
		return st;
	for (size_t i = 0; i < num && st == ST_OK; i++)
		st = settle(s, &how[i], e);
	return db_end(s, st, e);
}
