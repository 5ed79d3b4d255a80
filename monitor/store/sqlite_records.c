/*
 * sqlite_records: opt-in records: importing, listing and changing them. What
 * the match index is made of is in sqlite_index.c.
 */
#include "ctlog/base/mem.h"
#include "monitor/store/rules.h"
#include "monitor/store/sqlite.h"

/* The key of a record is bound to tenant and id, which have no NUL. */
void
sqlite_record_context(struct buf *out, struct span tenant, struct span id)
{
	buf_span_add(out, tenant);
	buf_char(out, '\0');
	buf_span_add(out, id);
}

#define SEALED_RECORD "record"

static sqlite3_stmt *
record_find(struct store *s, const char *tenant, const char *id)
{
	sqlite3_stmt *q = db_query(s, Q_RECORD_FIND,
	    "SELECT id, state, created_ms, active_ms, changed_ms, keys, blob,"
	    " wrapped, expires_ms FROM record JOIN record_key ON record = id"
	    " WHERE tenant = ?1 AND name = ?2");

	db_text(q, 1, tenant);
	db_text(q, 2, id);
	return q;
}

/* --- importing ----------------------------------------------------------- */

/* A record on its way in: what is there already, then what is written. */
struct incoming {
	const struct record *r;
	const struct compiled *c;
	int64_t row; /* 0: it is new */
	int64_t put; /* the row it is in, when it is written */
	enum record_state old, state;
	int64_t created_ms, active_ms, changed_ms;
	uint8_t wrapped[WRAPPED_LEN];
	struct buf context, plain, sealed; /* kept from one to the next */
};

static void
incoming_found(struct incoming *in, sqlite3_stmt *q, int64_t now_ms)
{
	bool same = span_eq(db_span(q, 5), buf_span(&in->c->keys)) &&
		    span_eq(db_span(q, 6), buf_span(&in->c->blob));

	in->row = sqlite3_column_int64(q, 0);
	in->old = (enum record_state)sqlite3_column_int(q, 1);
	in->created_ms = sqlite3_column_int64(q, 2);
	/* Coverage goes on when what is watched for did not change. */
	if (in->old == RECORD_ACTIVE && in->state == RECORD_ACTIVE && same)
		in->active_ms = sqlite3_column_int64(q, 3);
	if (in->old == in->state)
		in->changed_ms = sqlite3_column_int64(q, 4);
	else
		in->changed_ms = now_ms;
	db_bytes(q, 7, in->wrapped, sizeof(in->wrapped));
}

static enum status
incoming_find(
    struct store *s, struct incoming *in, int64_t now_ms, struct err *e)
{
	sqlite3_stmt *q = record_find(s, in->r->tenant, in->r->id);
	enum status st;

	in->row = 0;
	in->state = rule_imported(in->r, now_ms);
	in->created_ms = in->changed_ms = now_ms;
	in->active_ms = in->state == RECORD_ACTIVE ? now_ms : 0;
	st = db_step(s, q, e);
	if (st == NO_ROW)
		seal_new_key(in->wrapped, &s->keys, buf_span(&in->context));
	if (st != ST_OK)
		return db_done(st);
	incoming_found(in, q, now_ms);
	sqlite3_reset(q);
	return rule_import(in->r, in->old, e);
}

static enum status
key_new(struct store *s, const struct incoming *in, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_RECORD_KEY_NEW,
	    "INSERT INTO record_key(record, wrapped) VALUES(?1, ?2)");

	db_int(q, 1, in->put);
	db_blob(q, 2, span_of(in->wrapped, sizeof(in->wrapped)));
	return db_run(s, q, NULL, e);
}

static enum status
incoming_put(struct store *s, struct incoming *in, struct err *e)
{
	char *only = rule_only(in->r);
	sqlite3_stmt *q;
	enum status st;

	if (in->row == 0)
		q = db_query(s, Q_RECORD_NEW,
		    "INSERT INTO record(tenant, name, kind, state, created_ms,"
		    " active_ms, changed_ms, expires_ms, sinks, keys, blob,"
		    " sealed) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
		    " ?11, ?12)");
	else
		q = db_query(s, Q_RECORD_UPDATE,
		    "UPDATE record SET kind = ?3, state = ?4, active_ms = ?6,"
		    " changed_ms = ?7, expires_ms = ?8, sinks = ?9,"
		    " keys = ?10, blob = ?11, sealed = ?12"
		    " WHERE tenant = ?1 AND name = ?2");
	db_text(q, 1, in->r->tenant);
	db_text(q, 2, in->r->id);
	db_int(q, 3, in->r->kind);
	db_int(q, 4, in->state);
	db_int(q, 5, in->created_ms);
	db_int(q, 6, in->active_ms);
	db_int(q, 7, in->changed_ms);
	db_int(q, 8, in->r->expires_ms);
	db_text(q, 9, only);
	db_blob(q, 10, buf_span(&in->c->keys));
	db_blob(q, 11, buf_span(&in->c->blob));
	db_blob(q, 12, buf_span(&in->sealed));
	st = db_run(s, q, NULL, e);
	free(only);
	in->put = in->row != 0 ? in->row : sqlite3_last_insert_rowid(s->db);
	return st != ST_OK || in->row != 0 ? st : key_new(s, in, e);
}

static enum status
import_one(struct store *s, struct incoming *in, int64_t now_ms, struct err *e)
{
	struct seal seal = {
	    &s->keys, in->wrapped, {NULL, 0}, span_str(SEALED_RECORD)};
	enum status st;

	buf_clear(&in->context);
	buf_clear(&in->plain);
	buf_clear(&in->sealed);
	sqlite_record_context(
	    &in->context, span_str(in->r->tenant), span_str(in->r->id));
	seal.context = buf_span(&in->context);
	st = incoming_find(s, in, now_ms, e);
	if (st != ST_OK)
		return st;
	record_json(in->r, &in->plain);
	st = seal_put(&in->sealed, &seal, buf_span(&in->plain), e);
	return st != ST_OK ? st : incoming_put(s, in, e);
}

static void
import_count(struct store_import *io, const struct incoming *in)
{
	if (in->row == 0)
		io->added++;
	else
		io->updated++;
	if (in->state == RECORD_ACTIVE)
		io->active++;
	else
		io->pending++;
}

/* Few are remembered one by one. */
static enum status
import_note(
    struct store *s, const struct store_import *io, int64_t row, struct err *e)
{
	return io->num > STORE_CHANGES ? ST_OK : sqlite_change_note(s, row, e);
}

static enum status
import_all(struct store *s, struct store_import *io, struct err *e)
{
	struct incoming in = {0};
	enum status st = sqlite_expire(s, io->now_ms, e);

	for (size_t i = 0; st == ST_OK && i < io->num; i++) {
		in.r = &io->records[i];
		in.c = &io->compiled[i];
		st = import_one(s, &in, io->now_ms, e);
		if (st == ST_OK)
			st = import_note(s, io, in.put, e);
		if (st == ST_OK)
			import_count(io, &in);
	}
	mem_wipe(in.plain.p, in.plain.cap);
	buf_fini(&in.context);
	buf_fini(&in.plain);
	buf_fini(&in.sealed);
	if (st == ST_OK && io->num > STORE_CHANGES)
		st = sqlite_changes_forget(s, e);
	if (st == ST_OK && io->num != 0)
		st = sqlite_generation_bump(s, e);
	return st;
}

enum status
sqlite_records_import(struct store *s, struct store_import *io, struct err *e)
{
	enum status st = db_begin(s, e);

	io->added = io->updated = io->active = io->pending = 0;
	if (st != ST_OK)
		return st;
	st = db_end(s, import_all(s, io, e), e);
	if (st != ST_OK)
		io->added = io->updated = io->active = io->pending = 0;
	return st;
}

/* --- listing ------------------------------------------------------------- */

#define RECORD_LIST                                                            \
	"SELECT id, tenant, name, kind, state, created_ms, active_ms,"         \
	" changed_ms, expires_ms, wrapped, sealed FROM record"                 \
	" JOIN record_key ON record = id"

/* The values of a record that still has some. */
static enum status
reveal(struct store *s, struct record *out, sqlite3_stmt *q, struct err *e)
{
	uint8_t wrapped[WRAPPED_LEN];
	struct seal seal = {
	    &s->keys, wrapped, {NULL, 0}, span_str(SEALED_RECORD)};
	struct buf context = {0}, plain = {0};
	enum status st;

	if (sqlite3_column_type(q, 10) == SQLITE_NULL)
		return ST_OK;
	db_bytes(q, 9, wrapped, sizeof(wrapped));
	sqlite_record_context(&context, db_span(q, 1), db_span(q, 2));
	seal.context = buf_span(&context);
	st = seal_get(&plain, &seal, db_span(q, 10), e);
	if (st == ST_OK)
		st = rule_record_read(out, buf_span(&plain), e);
	mem_wipe(plain.p, plain.cap);
	buf_fini(&context);
	buf_fini(&plain);
	return st;
}

static enum status
row_fill(struct store *s, struct record_row *x, sqlite3_stmt *q, bool values,
    struct err *e)
{
	enum status st = values ? reveal(s, &x->r, q, e) : ST_OK;

	if (st != ST_OK) {
		err_prefix(e, "record in row %lld",
		    (long long)sqlite3_column_int64(q, 0));
		return st;
	}
	free(x->r.tenant);
	free(x->r.id);
	x->row = sqlite3_column_int64(q, 0);
	x->r.tenant = db_str(q, 1);
	x->r.id = db_str(q, 2);
	x->r.kind = (enum record_kind)sqlite3_column_int(q, 3);
	x->r.state = (enum record_state)sqlite3_column_int(q, 4);
	x->created_ms = sqlite3_column_int64(q, 5);
	x->active_ms = sqlite3_column_int64(q, 6);
	x->changed_ms = sqlite3_column_int64(q, 7);
	x->r.expires_ms = sqlite3_column_int64(q, 8);
	return ST_OK;
}

/* All records, a tenant's, or one. */
static sqlite3_stmt *
list_query(struct store *s, const struct store_query *query)
{
	const char *after = query->after_id != NULL ? query->after_id : "";
	sqlite3_stmt *q;

	if (query->tenant == NULL) {
		q = db_query(s, Q_RECORD_LIST,
		    RECORD_LIST " WHERE (tenant, name) > (?1, ?2)"
				" ORDER BY tenant, name LIMIT ?3");
		db_text(q, 1,
		    query->after_tenant != NULL ? query->after_tenant : "");
	} else if (query->id == NULL) {
		q = db_query(s, Q_RECORD_LIST_TENANT,
		    RECORD_LIST " WHERE tenant = ?1 AND name > ?2"
				" ORDER BY name LIMIT ?3");
		db_text(q, 1, query->tenant);
	} else {
		q = db_query(s, Q_RECORD_LIST_ONE,
		    RECORD_LIST " WHERE tenant = ?1 AND name = ?2 LIMIT ?3");
		db_text(q, 1, query->tenant);
		after = query->id;
	}
	db_text(q, 2, after);
	db_int(q, 3, query->limit > 0 ? (int64_t)query->limit : -1);
	return q;
}

enum status
sqlite_records_list(struct store *s, const struct store_query *query,
    store_record_fn *fn, void *arg, struct err *e)
{
	sqlite3_stmt *q = list_query(s, query);
	enum status st;

	while ((st = db_step(s, q, e)) == ST_OK) {
		struct record_row x = {0};

		st = row_fill(s, &x, q, query->reveal, e);
		if (st == ST_OK)
			fn(arg, &x);
		record_fini(&x.r);
		if (st != ST_OK)
			break;
	}
	sqlite3_reset(q);
	return db_done(st);
}

/* --- states -------------------------------------------------------------- */

/* What there is to change. */
struct subject {
	int64_t row;
	enum record_state state;
};

static enum status
subject_get(struct store *s, struct subject *out, const struct record_change *c,
    struct err *e)
{
	sqlite3_stmt *q = record_find(s, c->tenant, c->id);
	enum status st = db_step(s, q, e);
	int64_t expires_ms;

	if (st == NO_ROW)
		return rule_no_record(c->tenant, c->id, e);
	if (st != ST_OK)
		return st;
	out->row = sqlite3_column_int64(q, 0);
	out->state = (enum record_state)sqlite3_column_int(q, 1);
	expires_ms = sqlite3_column_int64(q, 8);
	sqlite3_reset(q);
	return rule_change(c, out->state, expires_ms, e);
}

static enum status
state_set(
    struct store *s, int64_t row, const struct record_change *c, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_RECORD_STATE,
	    "UPDATE record SET state = ?2, changed_ms = ?3, active_ms ="
	    " CASE ?2 WHEN 1 THEN ?3 ELSE active_ms END WHERE id = ?1");
	enum status st;

	db_int(q, 1, row);
	db_int(q, 2, c->state);
	db_int(q, 3, c->now_ms);
	st = db_run(s, q, NULL, e);
	if (st != ST_OK || c->state != RECORD_WITHDRAWN)
		return st;
	return db_run_with(s, Q_OUTBOX_WITHDRAW,
	    "DELETE FROM outbox WHERE state = 0 AND exposure IN"
	    " (SELECT no FROM exposure WHERE record = ?1)",
	    row, e);
}

/* With the record's key goes all that was sealed under it, also in copies of
 * the file; what is here is overwritten, in the WAL too. */
static enum status
erase(
    struct store *s, int64_t row, const struct record_change *c, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_RECORD_ERASE,
	    "UPDATE record SET state = 5, changed_ms = ?2, created_ms = 0,"
	    " active_ms = 0, expires_ms = 0, sinks = NULL, keys = NULL,"
	    " blob = NULL, sealed = NULL WHERE id = ?1");
	enum status st;

	db_int(q, 1, row);
	db_int(q, 2, c->now_ms);
	st = db_run(s, q, NULL, e);
	if (st == ST_OK)
		st = db_run_with(s, Q_RECORD_KEY_ERASE,
		    "UPDATE record_key SET wrapped = zeroblob(60)"
		    " WHERE record = ?1",
		    row, e);
	if (st == ST_OK)
		st = db_run_with(s, Q_EXPOSURES_ERASE,
		    "DELETE FROM exposure WHERE record = ?1", row, e);
	s->scrub = true;
	return st;
}

static enum status
change(struct store *s, const struct record_change *c, struct err *e)
{
	struct subject now = {0};
	enum status st = sqlite_expire(s, c->now_ms, e);

	if (st == ST_OK)
		st = subject_get(s, &now, c, e);
	if (st != ST_OK || now.state == c->state)
		return st;
	if (c->state == RECORD_ERASED)
		st = erase(s, now.row, c, e);
	else
		st = state_set(s, now.row, c, e);
	if (st == ST_OK)
		st = sqlite_change_note(s, now.row, e);
	return st != ST_OK ? st : sqlite_generation_bump(s, e);
}

enum status
sqlite_record_state(
    struct store *s, const struct record_change *c, struct err *e)
{
	enum status st = db_begin(s, e);

	return st != ST_OK ? st : db_end(s, change(s, c, e), e);
}
