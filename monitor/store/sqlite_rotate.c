/*
 * sqlite_rotate: everything under new keys, in one transaction. Values stay as
 * they are sealed; the keys of records, quarantined entries and errors of
 * deliveries are wrapped anew, and the keyed hashes are made anew from the
 * values. What that overwrites leaves the WAL, too.
 */
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/pii/match.h"
#include "monitor/store/rules.h"
#include "monitor/store/sqlite_copies.h"

struct rotation {
	struct store *s;
	const struct keys *to;
	struct keyer *keyer;
	struct buf context, plain; /* kept from one to the next */
};

static enum status
put_blob(struct rotation *r, sqlite3_stmt *q, int64_t row, struct span blob,
    struct err *e)
{
	db_int(q, 1, row);
	db_blob(q, 2, blob);
	return db_run(r->s, q, NULL, e);
}

/* --- records --------------------------------------------------------------- */

/* A record on its way to new keys. */
struct moving {
	int64_t row;
	enum record_state state;
	struct record r;
	struct compiled c;
	uint8_t wrapped[WRAPPED_LEN];
};

/* The next one that has values; NO_ROW: there is none. */
static enum status
moving_next(struct rotation *r, struct moving *m, struct err *e)
{
	sqlite3_stmt *q = db_query(r->s, Q_ROTATE_RECORD,
	    "SELECT id, state, tenant, name, wrapped, sealed FROM record"
	    " JOIN record_key ON record = id WHERE id > ?1 AND sealed NOT NULL"
	    " ORDER BY id LIMIT 1");
	struct seal seal = {
	    &r->s->keys, m->wrapped, {NULL, 0}, span_str(SEALED_RECORD)};
	enum status st;

	db_int(q, 1, m->row);
	st = db_step(r->s, q, e);
	if (st != ST_OK)
		return st;
	m->row = sqlite3_column_int64(q, 0);
	m->state = (enum record_state)sqlite3_column_int(q, 1);
	db_bytes(q, 4, m->wrapped, sizeof(m->wrapped));
	buf_clear(&r->context);
	buf_clear(&r->plain);
	sqlite_record_context(&r->context, db_span(q, 2), db_span(q, 3));
	seal.context = buf_span(&r->context);
	st = seal_get(&r->plain, &seal, db_span(q, 5), e);
	if (st == ST_OK)
		st = rule_record_read(&m->r, buf_span(&r->plain), e);
	if (st == ST_OK)
		st = seal_rewrap(m->wrapped, &seal, r->to, e);
	else
		err_prefix(e, "record in row %lld", (long long)m->row);
	sqlite3_reset(q);
	return st;
}

/* What may never match again needs no hashes. */
static enum status
moving_compile(struct rotation *r, struct moving *m, struct err *e)
{
	if (m->state == RECORD_WITHDRAWN ||
	    match_compile(&m->c, &m->r, r->keyer, NULL) == ST_OK)
		return ST_OK;
	return err_set(e, ST_BAD,
	    "record %s of tenant %s would be refused today, so there are no "
	    "hashes of it under a new key; withdraw or erase it, then do this "
	    "again (nothing was changed)",
	    QUOTE(span_str(m->r.id)), QUOTE(span_str(m->r.tenant)));
}

static enum status
moving_put(struct rotation *r, struct moving *m, struct err *e)
{
	sqlite3_stmt *q = db_query(r->s, Q_ROTATE_RECORD_KEY,
	    "UPDATE record_key SET wrapped = ?2 WHERE record = ?1");
	enum status st =
	    put_blob(r, q, m->row, span_of(m->wrapped, sizeof(m->wrapped)), e);

	if (st != ST_OK)
		return st;
	q = db_query(r->s, Q_ROTATE_HASHES,
	    "UPDATE record SET keys = ?2, blob = ?3 WHERE id = ?1");
	db_blob(q, 3, buf_span(&m->c.blob));
	return put_blob(r, q, m->row, buf_span(&m->c.keys), e);
}

static enum status
move_records(struct rotation *r, struct err *e)
{
	struct moving m = {0};
	enum status st = moving_next(r, &m, e);

	while (st == ST_OK) {
		st = moving_compile(r, &m, e);
		if (st == ST_OK)
			st = moving_put(r, &m, e);
		record_fini(&m.r);
		compiled_fini(&m.c);
		if (st == ST_OK)
			st = moving_next(r, &m, e);
	}
	record_fini(&m.r);
	return db_done(st);
}

/* --- entries in quarantine, errors of deliveries --------------------------- */

/* A box has its key in front. */
static enum status
rewrap_box(struct rotation *r, struct buf *box, struct err *e)
{
	struct seal seal = {
	    &r->s->keys, box->p, buf_span(&r->context), {NULL, 0}};

	if (box->len < WRAPPED_LEN)
		return err_set(e, ST_BAD, "a sealed value is cut short");
	return seal_rewrap(box->p, &seal, r->to, e);
}

/* Entries from before 0003.sql have their keys in front of their boxes. */
static enum status
move_entry(struct rotation *r, int64_t row, struct buf *wrapped, bool boxed,
    struct err *e)
{
	enum status st = rewrap_box(r, wrapped, e);
	sqlite3_stmt *q;

	if (st != ST_OK) {
		err_prefix(e, "quarantine, row %lld", (long long)row);
		return st;
	}
	if (boxed)
		q = db_query(r->s, Q_ROTATE_ENTRY_BOX,
		    "UPDATE quarantine SET box = ?2 WHERE id = ?1");
	else
		q = db_query(r->s, Q_ROTATE_ENTRY_KEY,
		    "UPDATE quarantine_key SET wrapped = ?2"
		    " WHERE quarantine = ?1");
	return put_blob(r, q, row, buf_span(wrapped), e);
}

static enum status
move_entries(struct rotation *r, struct err *e)
{
	sqlite3_stmt *q = db_query(r->s, Q_ROTATE_ENTRY,
	    "SELECT x.id, l.log_id, x.ix, k.wrapped = zeroblob(60),"
	    " iif(k.wrapped = zeroblob(60), x.box, k.wrapped)"
	    " FROM quarantine x JOIN quarantine_key k ON k.quarantine = x.id"
	    " JOIN stretch t ON t.id = x.stretch JOIN log l ON l.id = t.log"
	    " WHERE x.id > ?1 ORDER BY x.id LIMIT 1");
	struct buf wrapped = {0};
	int64_t row = 0;
	bool boxed;
	enum status st;

	for (;;) {
		db_int(q, 1, row);
		st = db_step(r->s, q, e);
		if (st != ST_OK)
			break;
		row = sqlite3_column_int64(q, 0);
		boxed = sqlite3_column_int(q, 3) != 0;
		buf_clear(&r->context);
		buf_clear(&wrapped);
		sqlite_quarantine_context(&r->context, db_span(q, 1),
		    (uint64_t)sqlite3_column_int64(q, 2));
		buf_span_add(&wrapped, db_span(q, 4));
		sqlite3_reset(q);
		st = move_entry(r, row, &wrapped, boxed, e);
		if (st != ST_OK)
			break;
	}
	buf_fini(&wrapped);
	return db_done(st);
}

/* An error that does not open is left out of what is told as it is. */
static enum status
move_errors(struct rotation *r, struct err *e)
{
	sqlite3_stmt *put, *q = db_query(r->s, Q_ROTATE_ERROR,
			       "SELECT id, error_box FROM outbox WHERE id > ?1"
			       " AND error_box NOT NULL ORDER BY id LIMIT 1");
	struct buf box = {0};
	int64_t row = 0;
	enum status st;

	buf_clear(&r->context);
	buf_str(&r->context, CONTEXT_ERROR);
	for (;;) {
		db_int(q, 1, row);
		st = db_step(r->s, q, e);
		if (st != ST_OK)
			break;
		row = sqlite3_column_int64(q, 0);
		buf_clear(&box);
		buf_span_add(&box, db_span(q, 1));
		sqlite3_reset(q);
		put = db_query(r->s, Q_ROTATE_ERROR_BOX,
		    "UPDATE outbox SET error_box = ?2 WHERE id = ?1");
		if (rewrap_box(r, &box, NULL) != ST_OK)
			buf_clear(&box);
		st = put_blob(r, put, row, buf_span(&box), e);
		if (st != ST_OK)
			break;
	}
	buf_fini(&box);
	return db_done(st);
}

/* --- the verb -------------------------------------------------------------- */

static enum status
rotate(struct rotation *r, const struct actor *who, struct err *e)
{
	enum status st = move_records(r, e);
	sqlite3_stmt *q;

	if (st == ST_OK)
		st = move_entries(r, e);
	if (st == ST_OK)
		st = move_errors(r, e);
	if (st == ST_OK)
		st = sqlite_secret_rewrap(r->s, r->to, e);
	if (st == ST_OK)
		st = sqlite_note(
		    r->s, &(struct note){.what = "rotated", .who = who}, e);
	if (st != ST_OK)
		return st;
	q = db_query(r->s, Q_ROTATE_STORE,
	    "UPDATE store SET key_id = ?2 WHERE one = ?1");
	return put_blob(r, q, 1, span_of(r->to->id, sizeof(r->to->id)), e);
}

enum status
sqlite_rotate(struct store *s, const struct keys *to, const struct actor *who,
    struct err *e)
{
	struct rotation r = {.s = s, .to = to};
	enum status st = db_begin(s, e);

	if (st != ST_OK)
		return st;
	r.keyer = keyer_new(to->index);
	st = rotate(&r, who, e);
	s->scrub |= st == ST_OK;
	st = db_end(s, st, e);
	if (st == ST_OK)
		s->keys = *to;
	keyer_free(r.keyer);
	mem_wipe(r.plain.p, r.plain.cap);
	buf_fini(&r.plain);
	buf_fini(&r.context);
	return st;
}
