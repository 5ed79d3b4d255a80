/*
 * sqlite_import: opt-in records on their way in, all or nothing. What a record
 * becomes is decided in rules.c; how others follow it, in sqlite_state.c.
 */
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/store/rules.h"
#include "monitor/store/sqlite_letter.h"

/* A record on its way in: what is there already, then what is written. */
struct incoming {
	const struct record *r;
	struct record full; /* r, with a consent that was confirmed before */
	const struct compiled *c;
	struct subject old; /* row 0: it is new */
	struct record was;  /* its values */
	bool same;          /* its address, domain or name is the same */
	bool agreed;        /* the consent is another one, or the first */
	int64_t put;        /* the row it is in, when it is written */
	int64_t identity;   /* row; 0: none */
	enum record_state state;
	uint8_t wrapped[WRAPPED_LEN];
	struct buf context, plain, sealed, before; /* kept for the next one */
	struct seal seal;
};

static void
incoming_clear(struct incoming *in)
{
	subject_fini(&in->old);
	record_fini(&in->was);
	mem_wipe(in->plain.p, in->plain.cap);
	mem_wipe(in->before.p, in->before.cap);
	buf_clear(&in->context);
	buf_clear(&in->plain);
	buf_clear(&in->sealed);
	buf_clear(&in->before);
	in->old = (struct subject){0};
	in->put = in->identity = 0;
	in->same = false;
	in->agreed = true;
}

static void
incoming_fini(struct incoming *in)
{
	incoming_clear(in);
	buf_fini(&in->context);
	buf_fini(&in->plain);
	buf_fini(&in->sealed);
	buf_fini(&in->before);
}

static bool
is_same_text(const struct incoming *in)
{
	return span_eq(buf_span(&in->plain), buf_span(&in->before));
}

/* What is there, as far as rules need to know. */
static enum status
incoming_find(struct store *s, struct incoming *in, struct err *e)
{
	struct record_at at = {in->r->tenant, in->r->id};
	enum status st = sqlite_subject_find(s, &in->old, &at, e);

	if (st == ST_MISSING) {
		seal_new_key(in->wrapped, &s->keys, buf_span(&in->context));
		return ST_OK;
	}
	if (st == ST_OK)
		st = rule_import(in->r, in->old.state, e);
	memcpy(in->wrapped, in->old.wrapped, sizeof(in->wrapped));
	if (st == ST_OK)
		st = sqlite_subject_plain(s, &in->before, &in->old, e);
	/* Most of a large import is as it was before: that need not be read. */
	if (st == ST_OK && !is_same_text(in))
		st = rule_record_read(&in->was, buf_span(&in->before), e);
	in->same = in->r->kind == in->old.kind &&
		   rule_same_value(in->r->kind, buf_span(&in->c->keys),
		       buf_span(&in->old.keys));
	return st;
}

/* --- names that belong to somebody ------------------------------------------ */

static enum status
names_count(struct store *s, int64_t identity, const char *but, int64_t *num,
    struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_RECORD_NAMED,
	    "SELECT count(*) FROM record WHERE identity = ?1 AND name <> ?2"
	    " AND state NOT IN (3, 5)");
	enum status st;

	db_int(q, 1, identity);
	db_text(q, 2, but);
	st = db_step(s, q, e);
	if (st != ST_OK)
		return st;
	*num = sqlite3_column_int64(q, 0);
	sqlite3_reset(q);
	return ST_OK;
}

/* The state of a name is that of its identity. */
static enum status
incoming_attach(
    struct store *s, struct incoming *in, int64_t now_ms, struct err *e)
{
	struct record_at at = {in->r->tenant, in->r->identity};
	struct subject of;
	int64_t num = 0;
	enum status st = sqlite_subject_find(s, &of, &at, e);

	if (st == ST_OK)
		st = names_count(s, of.row, in->r->id, &num, e);
	if (st == ST_OK || st == ST_MISSING)
		st = rule_identity(
		    in->r, st == ST_OK ? &of.kind : NULL, of.state, num, e);
	in->identity = of.row;
	in->state = of.state;
	/* Whoever has it paused does not see it resumed by an import. */
	if (in->old.state == RECORD_PAUSED && of.state == RECORD_ACTIVE)
		in->state = RECORD_PAUSED;
	if (rule_expired(in->r->expires_ms, now_ms))
		in->state = RECORD_PENDING;
	subject_fini(&of);
	return st;
}

/* A record that others belong to stays an address. */
static enum status
keeps_kind(struct store *s, const struct incoming *in, struct err *e)
{
	int64_t num = 0;
	enum status st = ST_OK;

	if (in->old.row == 0 || in->r->kind == in->old.kind)
		return ST_OK;
	st = names_count(s, in->old.row, "", &num, e);
	if (st != ST_OK || num == 0)
		return st;
	return err_set(e, ST_BAD,
	    "record %s of tenant %s has names that belong to it and stays an "
	    "e-mail address",
	    QUOTE(span_str(in->r->id)), QUOTE(span_str(in->r->tenant)));
}

static enum status
incoming_judge(
    struct store *s, struct incoming *in, int64_t now_ms, struct err *e)
{
	const struct record *was = is_same_text(in) ? in->r : &in->was;
	struct rule_before before = {in->old.state, was, in->same};
	const struct rule_before *b = in->old.row != 0 ? &before : NULL;
	enum status st = keeps_kind(s, in, e);

	in->full = *in->r;
	if (st != ST_OK)
		return st;
	if (in->r->identity != NULL)
		return incoming_attach(s, in, now_ms, e);
	rule_carry(&in->full, b);
	in->agreed = b == NULL || rule_agreed(&in->full, was);
	in->state = rule_imported(&in->full, b, now_ms);
	return ST_OK;
}

/* --- writing ----------------------------------------------------------------- */

static enum status
key_new(struct store *s, const struct incoming *in, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_RECORD_KEY_NEW,
	    "INSERT INTO record_key(record, wrapped) VALUES(?1, ?2)");

	db_int(q, 1, in->put);
	db_blob(q, 2, span_of(in->wrapped, sizeof(in->wrapped)));
	return db_run(s, q, NULL, e);
}

#define NEXT_GENERATION "(SELECT generation + 1 FROM store)"

static sqlite3_stmt *
put_query(struct store *s, const struct incoming *in)
{
	if (in->old.row == 0)
		return db_query(s, Q_RECORD_NEW,
		    "INSERT INTO record(tenant, name, kind, state, created_ms,"
		    " active_ms, changed_ms, expires_ms, sinks, keys, blob,"
		    " sealed, identity, active_gen) VALUES(?1, ?2, ?3, ?4, ?5,"
		    " ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,"
		    " CASE ?4 WHEN 1 THEN " NEXT_GENERATION " ELSE 0 END)");
	/* In the index since then, as in active_since(). */
	return db_query(s, Q_RECORD_UPDATE,
	    "UPDATE record SET kind = ?3, state = ?4, active_gen ="
	    " CASE WHEN ?6 = 0 THEN 0 WHEN state = ?4 AND keys = ?10"
	    " AND blob = ?11 THEN active_gen ELSE " NEXT_GENERATION
	    " END, active_ms = ?6,"
	    " changed_ms = ?7, expires_ms = ?8, sinks = ?9,"
	    " keys = ?10, blob = ?11, sealed = ?12, identity = ?13"
	    " WHERE tenant = ?1 AND name = ?2");
}

/* Coverage goes on when what is watched for did not change. */
static int64_t
active_since(const struct incoming *in, int64_t now_ms)
{
	bool same = span_eq(buf_span(&in->old.keys), buf_span(&in->c->keys)) &&
		    span_eq(buf_span(&in->old.blob), buf_span(&in->c->blob));

	if (in->state != RECORD_ACTIVE && in->state != RECORD_PAUSED)
		return 0;
	if (in->old.row != 0 && in->old.state == in->state && same)
		return in->old.active_ms;
	return in->state == RECORD_ACTIVE ? now_ms : 0;
}

static bool
asks_anew(const struct incoming *in)
{
	return in->state == RECORD_PENDING &&
	       (in->old.row == 0 || in->old.state != RECORD_PENDING ||
		   !in->same);
}

static enum status
incoming_put(
    struct store *s, struct incoming *in, int64_t now_ms, struct err *e)
{
	bool stays =
	    in->old.row != 0 && in->old.state == in->state && !asks_anew(in);
	char *only = rule_only(in->r);
	sqlite3_stmt *q = put_query(s, in);
	enum status st;

	db_text(q, 1, in->r->tenant);
	db_text(q, 2, in->r->id);
	db_int(q, 3, in->r->kind);
	db_int(q, 4, in->state);
	if (in->old.row == 0)
		db_int(q, 5, now_ms);
	db_int(q, 6, active_since(in, now_ms));
	db_int(q, 7, stays ? in->old.changed_ms : now_ms);
	db_int(q, 8, in->r->expires_ms);
	db_text(q, 9, only);
	db_blob(q, 10, buf_span(&in->c->keys));
	db_blob(q, 11, buf_span(&in->c->blob));
	db_blob(q, 12, buf_span(&in->sealed));
	if (in->identity != 0)
		db_int(q, 13, in->identity);
	st = db_run(s, q, NULL, e);
	free(only);
	in->put =
	    in->old.row != 0 ? in->old.row : sqlite3_last_insert_rowid(s->db);
	return st != ST_OK || in->old.row != 0 ? st : key_new(s, in, e);
}

/* What came with it about the consent, when that is news. */
static enum status
incoming_tell(struct store *s, struct incoming *in, const struct actor *who,
    struct err *e)
{
	struct seal seal = in->seal;
	struct buf detail = {0};
	struct note n = {.what = in->old.row == 0 ? "registered" : "changed",
	    .row = in->put,
	    .tenant = in->r->tenant,
	    .id = in->r->id,
	    .who = who,
	    .seal = &seal};
	enum status st;

	seal.place = span_str(SEALED_HISTORY);
	if (in->agreed)
		rule_consent_text(&detail, in->r);
	n.detail = buf_span(&detail);
	st = sqlite_note(s, &n, e);
	mem_wipe(detail.p, detail.cap);
	buf_fini(&detail);
	return st;
}

/* What the rest of the store makes of it. */
static enum status
incoming_follow(struct store *s, struct incoming *in, const struct actor *who,
    struct err *e)
{
	struct move m = {.to = in->state, .who = who};
	enum status st = incoming_tell(s, in, who, e);

	if (st == ST_OK && in->old.row != 0 && in->old.state != in->state)
		st = sqlite_waiting_move(s, in->put, in->state, e);
	if (st == ST_OK && in->old.row != 0 && in->old.state != in->state)
		st = sqlite_names_move(s, &in->old, &m, e);
	if (st == ST_OK && in->old.row != 0 &&
	    (asks_anew(in) || in->state != RECORD_PENDING))
		st = sqlite_letter_drop(s, in->put, false, e);
	if (st == ST_OK && asks_anew(in) && in->r->kind == RECORD_EMAIL &&
	    !rule_expired(in->r->expires_ms, who->now_ms))
		st = sqlite_letter_want(s, in->put, who->now_ms, e);
	return st;
}

/* --- all of them --------------------------------------------------------------- */

static bool
is_as_before(const struct incoming *in)
{
	return in->old.row != 0 && in->state == in->old.state &&
	       in->identity == in->old.identity && is_same_text(in) &&
	       span_eq(buf_span(&in->old.keys), buf_span(&in->c->keys)) &&
	       span_eq(buf_span(&in->old.blob), buf_span(&in->c->blob));
}

static enum status
import_one(struct store *s, struct incoming *in, const struct actor *who,
    struct err *e)
{
	enum status st;

	sqlite_record_context(
	    &in->context, span_str(in->r->tenant), span_str(in->r->id));
	in->seal = (struct seal){&s->keys, in->wrapped, buf_span(&in->context),
	    span_str(SEALED_RECORD)};
	record_json(in->r, &in->plain);
	st = incoming_find(s, in, e);
	if (st == ST_OK)
		st = incoming_judge(s, in, who->now_ms, e);
	if (st != ST_OK)
		return st;
	buf_clear(&in->plain);
	record_json(&in->full, &in->plain);
	if (is_as_before(in))
		return ST_OK;
	st = seal_put(&in->sealed, &in->seal, buf_span(&in->plain), e);
	if (st == ST_OK)
		st = incoming_put(s, in, who->now_ms, e);
	return st != ST_OK ? st : incoming_follow(s, in, who, e);
}

static void
import_count(struct store_import *io, const struct incoming *in)
{
	if (in->old.row == 0)
		io->added++;
	else
		io->updated++;
	if (in->state == RECORD_ACTIVE)
		io->active++;
	else if (in->state == RECORD_PENDING)
		io->pending++;
}

/* Few are remembered one by one. */
static enum status
import_note(
    struct store *s, const struct store_import *io, int64_t row, struct err *e)
{
	if (io->num > STORE_CHANGES || row == 0)
		return ST_OK;
	return sqlite_change_note(s, row, e);
}

/* Names that belong to somebody come behind those, wherever they stand. */
static enum status
import_round(struct store *s, struct store_import *io, bool attached,
    const struct actor *who, struct err *e)
{
	struct incoming in = {0};
	size_t refused;
	enum status st = ST_OK;

	for (size_t i = 0; st == ST_OK && i < io->num; i++) {
		if ((io->records[i].identity != NULL) != attached)
			continue;
		incoming_clear(&in);
		in.r = &io->records[i];
		in.c = &io->compiled[i];
		refused = io->num_refused;
		st = rule_refused(io, i, import_one(s, &in, who, e), e);
		if (refused != io->num_refused)
			continue;
		if (st == ST_OK)
			st = import_note(s, io, in.put, e);
		if (st == ST_OK)
			import_count(io, &in);
	}
	incoming_fini(&in);
	return st;
}

static enum status
import_all(struct store *s, struct store_import *io, struct err *e)
{
	struct actor who = {rule_who(io->who), io->now_ms};
	enum status st = sqlite_expire(s, io->now_ms, e);

	if (st == ST_OK)
		st = import_round(s, io, false, &who, e);
	if (st == ST_OK)
		st = import_round(s, io, true, &who, e);
	if (st == ST_OK)
		st = rule_all_taken(io, e);
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
	io->num_refused = 0;
	if (st != ST_OK)
		return st;
	st = db_end(s, import_all(s, io, e), e);
	if (st != ST_OK)
		io->added = io->updated = io->active = io->pending = 0;
	return st;
}
