/*
 * sqlite_audit: who did what to which record: the audit trail, whose rows are
 * chained by their hashes, and the histories of records. A row of the trail has
 * ids only, and stays when a record is erased; a history goes with its record.
 */
#include "ctlog/base/mem.h"
#include "monitor/store/sqlite.h"

/* --- the chain ------------------------------------------------------------- */

/* A row of it, texts as spans (p NULL: NULL). */
struct link {
	uint64_t no;
	int64_t time_ms;
	struct span text[4]; /* who, what, tenant, name */
};

static struct span
text_of(const char *s)
{
	return s != NULL ? span_str(s) : span_of(NULL, 0);
}

static void
link_hash(const struct store *s, uint8_t out[SHA256_LEN],
    const uint8_t before[SHA256_LEN], const struct link *l)
{
	struct buf b = {0};
	struct sha256_text text = {span_of(before, SHA256_LEN), {NULL, 0}, out};
	uint8_t digest[SHA256_LEN];

	buf_uint(&b, l->no, 8);
	buf_uint(&b, (uint64_t)l->time_ms, 8);
	for (size_t i = 0; i < 4; i++)
		if (l->text[i].p == NULL)
			buf_uint(&b, UINT32_MAX, 4);
		else
			buf_vec(&b, l->text[i], 4);
	text.body = buf_span(&b);
	text.out = digest;
	sha256_run(s->sha, &sha256_initial, &text, 1);
	memcpy(out, digest, sizeof(digest));
	buf_fini(&b);
}

/* The newest row, or the one that the trail begins behind. */
static enum status
newest_find(struct store *s, struct err *e)
{
	sqlite3_stmt *q;
	enum status st;

	if (s->audit.known)
		return ST_OK;
	q = db_query(s, Q_AUDIT_NEWEST,
	    "SELECT no, hash FROM audit UNION ALL"
	    " SELECT audit_no, audit_hash FROM store"
	    " ORDER BY no DESC LIMIT 1");
	st = db_step(s, q, e);
	if (st != ST_OK)
		return st;
	s->audit.no = (uint64_t)sqlite3_column_int64(q, 0);
	db_bytes(q, 1, s->audit.hash, SHA256_LEN);
	s->audit.known = true;
	sqlite3_reset(q);
	return ST_OK;
}

static enum status
audit_put(struct store *s, const struct note *n, struct err *e)
{
	struct link l = {.time_ms = n->who->now_ms,
	    .text = {span_str(n->who->who), span_str(n->what),
		text_of(n->tenant), text_of(n->id)}};
	sqlite3_stmt *q;
	enum status st = newest_find(s, e);

	if (st != ST_OK)
		return st;
	l.no = ++s->audit.no;
	link_hash(s, s->audit.hash, s->audit.hash, &l);
	q = db_query(s, Q_AUDIT_NEW,
	    "INSERT INTO audit(no, time_ms, who, what, tenant, name, hash)"
	    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)");
	db_int(q, 1, (int64_t)l.no);
	db_int(q, 2, l.time_ms);
	db_text(q, 3, n->who->who);
	db_text(q, 4, n->what);
	db_text(q, 5, n->tenant);
	db_text(q, 6, n->id);
	db_blob(q, 7, span_of(s->audit.hash, SHA256_LEN));
	return db_run(s, q, NULL, e);
}

/* --- histories ------------------------------------------------------------- */

static enum status
history_put(struct store *s, const struct note *n, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_HISTORY_NEW,
	    "INSERT INTO history(record, no, time_ms, what, who, sealed)"
	    " VALUES(?1, (SELECT ifnull(max(no), 0) + 1 FROM history"
	    " WHERE record = ?1), ?2, ?3, ?4, ?5)");
	struct buf sealed = {0};
	enum status st = ST_OK;

	if (n->seal != NULL && n->detail.len != 0)
		st = seal_put(&sealed, n->seal, n->detail, e);
	if (st == ST_OK) {
		db_int(q, 1, n->row);
		db_int(q, 2, n->who->now_ms);
		db_text(q, 3, n->what);
		db_text(q, 4, n->who->who);
		if (sealed.len != 0)
			db_blob(q, 5, buf_span(&sealed));
		st = db_run(s, q, NULL, e);
	}
	buf_fini(&sealed);
	return st;
}

enum status
sqlite_note(struct store *s, const struct note *n, struct err *e)
{
	enum status st = audit_put(s, n, e);

	return st != ST_OK || n->row == 0 ? st : history_put(s, n, e);
}

/* --- reading it ------------------------------------------------------------ */

#define AUDIT_COLUMNS "a.no, a.time_ms, a.who, a.what, a.tenant, a.name, a.hash"

static const char *
column_text(sqlite3_stmt *q, int at)
{
	return (const char *)sqlite3_column_text(q, at);
}

enum status
sqlite_audit(struct store *s, const struct ledger_page *p, ledger_audit_fn *fn,
    void *arg, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_AUDIT_LIST,
	    "SELECT " AUDIT_COLUMNS " FROM audit a WHERE a.no > ?1"
	    " ORDER BY a.no LIMIT ?2");
	enum status st;

	if (p->after > INT64_MAX)
		return ST_OK;
	db_int(q, 1, (int64_t)p->after);
	db_int(q, 2, p->limit > INT64_MAX ? -1 : (int64_t)p->limit);
	while ((st = db_step(s, q, e)) == ST_OK) {
		struct ledger_audit a = {
		    .no = (uint64_t)sqlite3_column_int64(q, 0),
		    .time_ms = sqlite3_column_int64(q, 1),
		    .who = column_text(q, 2),
		    .what = column_text(q, 3),
		    .tenant = column_text(q, 4),
		    .id = column_text(q, 5)};

		db_bytes(q, 6, a.hash, sizeof(a.hash));
		fn(arg, &a);
	}
	return db_done(st);
}

/* The row that stands in q, behind row `no` whose hash is `head`; both become
 * this row's. */
static bool
link_check(struct store *s, sqlite3_stmt *q, uint64_t *no, uint8_t *head)
{
	struct link l = {.no = (uint64_t)sqlite3_column_int64(q, 0),
	    .time_ms = sqlite3_column_int64(q, 1)};

	for (int i = 0; i < 4; i++)
		l.text[i] = text_of(column_text(q, 2 + i));
	link_hash(s, head, head, &l);
	return l.no == ++*no && span_eq(db_span(q, 6), span_of(head, 32));
}

enum status
sqlite_audit_check(
    struct store *s, uint64_t *num, uint8_t head[32], struct err *e)
{
	/* One statement, so that it is one moment beside a writer. */
	sqlite3_stmt *q = db_query(s, Q_AUDIT_CHECK,
	    "SELECT " AUDIT_COLUMNS ", t.audit_no, t.audit_hash FROM store t"
	    " LEFT JOIN audit a ORDER BY a.no");
	uint64_t no = 0;
	enum status st;

	*num = 0;
	memset(head, 0, 32);
	while ((st = db_step(s, q, e)) == ST_OK) {
		if (*num == 0) {
			no = (uint64_t)sqlite3_column_int64(q, 7);
			db_bytes(q, 8, head, 32);
		}
		if (sqlite3_column_type(q, 0) == SQLITE_NULL)
			continue;
		if (!link_check(s, q, &no, head)) {
			sqlite3_reset(q);
			return err_set(e, ST_BAD,
			    "row %llu of the audit trail is not as it was "
			    "written",
			    (unsigned long long)no);
		}
		++*num;
	}
	return db_done(st);
}

/* --- forgetting ------------------------------------------------------------- */

/* The last one of the rows to forget: they are a beginning of the trail, so
 * one that is not old enough ends them. */
static enum status
old_find(struct store *s, int64_t before_ms, size_t most, int64_t *last,
    struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_AUDIT_OLD,
	    "SELECT ifnull((SELECT max(no) FROM (SELECT no, min(time_ms < ?1)"
	    " OVER (ORDER BY no) AS old FROM (SELECT no, time_ms FROM audit"
	    " ORDER BY no LIMIT ?2)) WHERE old), 0)");
	enum status st;

	db_int(q, 1, before_ms);
	db_int(q, 2, (int64_t)most);
	st = db_step(s, q, e);
	if (st != ST_OK)
		return st;
	*last = sqlite3_column_int64(q, 0);
	sqlite3_reset(q);
	return ST_OK;
}

enum status
sqlite_audit_expire(struct store *s, int64_t before_ms, size_t most,
    size_t *gone, struct err *e)
{
	int64_t last = 0;
	enum status st = old_find(s, before_ms, most, &last, e);

	*gone = 0;
	if (st != ST_OK || last == 0)
		return st;
	st = db_run_with(s, Q_AUDIT_BASE,
	    "UPDATE store SET audit_no = ?1,"
	    " audit_hash = (SELECT hash FROM audit WHERE no = ?1)",
	    last, e);
	if (st == ST_OK)
		st = db_run_with(s, Q_AUDIT_DROP,
		    "DELETE FROM audit WHERE no <= ?1", last, e);
	*gone = (size_t)sqlite3_changes(s->db);
	return st;
}
