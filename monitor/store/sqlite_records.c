/*
 * sqlite_records: opt-in records read: one with all that the store has of it,
 * lists, and how many there are. They come in by sqlite_import.c and change in sqlite_state.c; what
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

/* --- one record ------------------------------------------------------------ */

#define SUBJECT                                                                \
	"SELECT id, tenant, name, kind, state, created_ms, active_ms,"         \
	" changed_ms, expires_ms, identity, keys, blob, sealed, wrapped"       \
	" FROM record JOIN record_key ON record = id"

static void
subject_fill(struct subject *x, sqlite3_stmt *q)
{
	x->row = sqlite3_column_int64(q, 0);
	x->tenant = db_str(q, 1);
	x->id = db_str(q, 2);
	x->kind = (enum record_kind)sqlite3_column_int(q, 3);
	x->state = (enum record_state)sqlite3_column_int(q, 4);
	x->created_ms = sqlite3_column_int64(q, 5);
	x->active_ms = sqlite3_column_int64(q, 6);
	x->changed_ms = sqlite3_column_int64(q, 7);
	x->expires_ms = sqlite3_column_int64(q, 8);
	x->identity = sqlite3_column_int64(q, 9);
	buf_span_add(&x->keys, db_span(q, 10));
	buf_span_add(&x->blob, db_span(q, 11));
	buf_span_add(&x->sealed, db_span(q, 12));
	db_bytes(q, 13, x->wrapped, sizeof(x->wrapped));
	sqlite_record_context(&x->context, db_span(q, 1), db_span(q, 2));
}

enum status
sqlite_subject_find(struct store *s, struct subject *out,
    const struct record_at *at, struct err *e)
{
	sqlite3_stmt *q = db_query(
	    s, Q_RECORD_FIND, SUBJECT " WHERE tenant = ?1 AND name = ?2");
	enum status st;

	*out = (struct subject){0};
	db_text(q, 1, at->tenant);
	db_text(q, 2, at->id);
	st = db_step(s, q, e);
	if (st == NO_ROW)
		return rule_no_record(at->tenant, at->id, e);
	if (st != ST_OK)
		return st;
	subject_fill(out, q);
	sqlite3_reset(q);
	return ST_OK;
}

enum status
sqlite_subject_get(
    struct store *s, struct subject *out, int64_t row, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_RECORD_GET, SUBJECT " WHERE id = ?1");
	enum status st;

	*out = (struct subject){0};
	db_int(q, 1, row);
	st = db_step(s, q, e);
	if (st == NO_ROW)
		return err_set(e, ST_BAD,
		    "the store has lost the record in row %lld",
		    (long long)row);
	if (st != ST_OK)
		return st;
	subject_fill(out, q);
	sqlite3_reset(q);
	return ST_OK;
}

void
subject_fini(struct subject *x)
{
	free(x->tenant);
	free(x->id);
	buf_fini(&x->keys);
	buf_fini(&x->blob);
	buf_fini(&x->sealed);
	buf_fini(&x->context);
}

struct seal
subject_seal(const struct store *s, const struct subject *x, const char *place)
{
	return (struct seal){
	    &s->keys, x->wrapped, buf_span(&x->context), span_str(place)};
}

enum status
sqlite_subject_plain(
    struct store *s, struct buf *out, const struct subject *x, struct err *e)
{
	struct seal seal = subject_seal(s, x, SEALED_RECORD);
	enum status st;

	if (x->state == RECORD_ERASED)
		return ST_OK;
	st = seal_get(out, &seal, buf_span(&x->sealed), e);
	if (st != ST_OK)
		err_prefix(e, "record in row %lld", (long long)x->row);
	return st;
}

enum status
sqlite_subject_open(
    struct store *s, struct record *out, const struct subject *x, struct err *e)
{
	struct buf plain = {0};
	enum status st = sqlite_subject_plain(s, &plain, x, e);

	*out = (struct record){0};
	if (st == ST_OK && x->state != RECORD_ERASED)
		st = rule_record_read(out, buf_span(&plain), e);
	mem_wipe(plain.p, plain.cap);
	buf_fini(&plain);
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

/* By an index that has no more than that: there are millions. */
enum status
sqlite_records_count(
    struct store *s, size_t out[RECORD_ERASED + 1], struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_RECORD_COUNT,
	    "SELECT state, count(*) FROM record GROUP BY state");
	enum status st;

	memset(out, 0, (RECORD_ERASED + 1) * sizeof(*out));
	while ((st = db_step(s, q, e)) == ST_OK) {
		int64_t state = sqlite3_column_int64(q, 0);

		if (state >= 0 && state <= RECORD_ERASED)
			out[state] = (size_t)sqlite3_column_int64(q, 1);
	}
	return db_done(st);
}
