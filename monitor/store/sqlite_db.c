/*
 * sqlite_db: statements, transactions, checkpoints and errors of the SQLite
 * backend. No tables are known here.
 */
#include "monitor/store/sqlite.h"

#include <errno.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"

/* Checkpoint when the WAL holds so many pages (4 MiB), and give its space back
 * when it holds so many (64 MiB). */
#define WAL_PAGES 1000
#define WAL_PAGES_MANY 16000

#define RESTORE                                                                \
	"keep a copy of the files and put back your last copy of it "          \
	"(BACKUP in indelible(8))"

static const struct fault {
	int code;
	enum status st;
	const char *advice;
} faults[] = {
    {SQLITE_FULL, ST_FULL, "free some space, the work goes on then"},
    {SQLITE_CORRUPT, ST_BAD, "it is damaged: " RESTORE},
    {SQLITE_NOTADB, ST_BAD, "it is damaged or no store: " RESTORE},
    {SQLITE_BUSY, ST_BUSY, "another program holds it"},
    {SQLITE_LOCKED, ST_BUSY, "another program holds it"},
    {SQLITE_READONLY, ST_DENIED, "check owner and mode of its files"},
    {SQLITE_PERM, ST_DENIED, "check owner and mode of its files"},
    {SQLITE_TOOBIG, ST_LIMIT, "a value is too large"},
    {SQLITE_IOERR, ST_IO, "look at the disk, then start again"},
    {SQLITE_CANTOPEN, ST_IO, "look at the disk, then start again"},
};

/* The same failure with its errno says more. */
static const struct {
	int number;
	enum status st;
	const char *advice;
} reasons[] = {
    {ENOSPC, ST_FULL, "free some space, the work goes on then"},
    {EDQUOT, ST_FULL, "raise the quota or free some space"},
    {EFBIG, ST_FULL, "raise the file size limit"},
    {EMFILE, ST_IO, "too many open files: raise the limit, start again"},
    {ENFILE, ST_IO, "too many open files: raise the limit, start again"},
    {EACCES, ST_DENIED, "check owner and mode of its files"},
    {EPERM, ST_DENIED, "check owner and mode of its files"},
    {EROFS, ST_DENIED, "the file system is mounted read-only"},
};

static struct fault
fault_of(struct store *s, int code)
{
	struct fault f = {code, ST_BAD, "it is not as it should be"};
	/* SQLite keeps it for some failures only; a failing COMMIT is none. */
	int number = errno != 0 ? errno : sqlite3_system_errno(s->db);

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (faults[i].code == code)
			f = faults[i];
	if (code != SQLITE_IOERR && code != SQLITE_CANTOPEN)
		return f;
	/* What a failed sync lost is unknown, whatever the reason. */
	if (sqlite3_extended_errcode(s->db) == SQLITE_IOERR_FSYNC ||
	    sqlite3_extended_errcode(s->db) == SQLITE_IOERR_DIR_FSYNC)
		return f;
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].number == number)
			f = (struct fault){
			    code, reasons[i].st, reasons[i].advice};
	return f;
}

enum status
db_error(struct store *s, struct err *e)
{
	int code = sqlite3_errcode(s->db) & 0xff;
	struct fault f = fault_of(s, code);

	if (code == SQLITE_NOMEM ||
	    sqlite3_extended_errcode(s->db) == SQLITE_IOERR_NOMEM) {
		fputs("indelible: out of memory\n", stderr);
		abort();
	}
	if (f.st == ST_IO && !s->read_only)
		s->broken = true;
	return err_set(e, f.st, "store %s: %s; %s", QUOTE(span_str(s->path)),
	    sqlite3_errmsg(s->db), f.advice);
}

sqlite3_stmt *
db_query(struct store *s, enum query slot, const char *sql)
{
	sqlite3_stmt **q = &s->stmt[slot];

	if (*q == NULL)
		sqlite3_prepare_v3(
		    s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, q, NULL);
	else
		sqlite3_clear_bindings(*q);
	return *q;
}

void
db_int(sqlite3_stmt *q, int at, int64_t v)
{
	sqlite3_bind_int64(q, at, v);
}

void
db_blob(sqlite3_stmt *q, int at, struct span v)
{
	if (v.len == 0)
		sqlite3_bind_zeroblob(q, at, 0);
	else
		sqlite3_bind_blob64(q, at, v.p, v.len, SQLITE_STATIC);
}

void
db_text(sqlite3_stmt *q, int at, const char *v)
{
	sqlite3_bind_text(q, at, v, -1, SQLITE_STATIC);
}

enum status
db_step(struct store *s, sqlite3_stmt *q, struct err *e)
{
	int rc;
	enum status st;

	if (q == NULL)
		return db_error(s, e);
	errno = 0;
	rc = sqlite3_step(q);
	if (rc == SQLITE_ROW)
		return ST_OK;
	st = rc == SQLITE_DONE ? NO_ROW : db_error(s, e);
	sqlite3_reset(q);
	return st;
}

enum status
db_run(struct store *s, sqlite3_stmt *q, size_t *changed, struct err *e)
{
	enum status st = db_step(s, q, e);

	if (st == ST_OK)
		sqlite3_reset(q);
	if (changed != NULL)
		*changed = (size_t)sqlite3_changes(s->db);
	return db_done(st);
}

enum status
db_run_with(struct store *s, enum query slot, const char *sql, int64_t arg,
    struct err *e)
{
	sqlite3_stmt *q = db_query(s, slot, sql);

	db_int(q, 1, arg);
	return db_run(s, q, NULL, e);
}

enum status
db_done(enum status st)
{
	return st == NO_ROW ? ST_OK : st;
}

struct span
db_span(sqlite3_stmt *q, int at)
{
	const void *p = sqlite3_column_blob(q, at);

	return span_of(p, (size_t)sqlite3_column_bytes(q, at));
}

void
db_bytes(sqlite3_stmt *q, int at, uint8_t *out, size_t len)
{
	struct span s = db_span(q, at);

	if (s.len == len)
		memcpy(out, s.p, len);
	else
		memset(out, 0, len);
}

char *
db_str(sqlite3_stmt *q, int at)
{
	struct span s = db_span(q, at);

	if (sqlite3_column_type(q, at) == SQLITE_NULL)
		return NULL;
	return mem_strn(s.p, s.len);
}

enum status
db_exec(struct store *s, const char *sql, struct err *e)
{
	errno = 0;
	if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return ST_OK;
	return db_error(s, e);
}

enum status
db_ask(struct store *s, const char *sql, int64_t *out, struct err *e)
{
	sqlite3_stmt *q = NULL;
	enum status st;

	sqlite3_prepare_v2(s->db, sql, -1, &q, NULL);
	st = db_step(s, q, e);
	if (st == ST_OK)
		*out = sqlite3_column_type(q, 0) == SQLITE_INTEGER
			   ? sqlite3_column_int64(q, 0)
			   : !span_eq_str(db_span(q, 0), "ok");
	sqlite3_finalize(q);
	return st == NO_ROW ? err_set(e, ST_BAD, "no answer to: %s", sql) : st;
}

enum status
db_begin(struct store *s, struct err *e)
{
	if (s->read_only)
		return err_set(e, ST_USAGE, "store %s is open for reading only",
		    QUOTE(span_str(s->path)));
	if (s->broken)
		return err_set(e, ST_IO,
		    "store %s had an I/O error before; look at the disk, then "
		    "start again",
		    QUOTE(span_str(s->path)));
	return db_run(s, db_query(s, Q_BEGIN, "BEGIN IMMEDIATE"), NULL, e);
}

/*
 * SQLite hides what becomes of its own checkpoints, so this one is ours: what
 * cannot be synced must end the program, not pass unseen. Without space the
 * WAL just goes on growing.
 */
static void
checkpoint(struct store *s)
{
	bool empty = s->scrub || s->wal_pages > WAL_PAGES_MANY;
	int rc;

	if (!empty && s->wal_pages < WAL_PAGES)
		return;
	/* A reader may hold the WAL; the next commit tries again. */
	sqlite3_busy_timeout(s->db, 0);
	errno = 0;
	rc = sqlite3_wal_checkpoint_v2(s->db, NULL,
	    empty ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE,
	    NULL, NULL);
	sqlite3_busy_timeout(s->db, 5000);
	if (rc == SQLITE_OK) {
		s->scrub = s->scrub && !empty;
		s->wal_pages = 0; /* until the next commit tells */
	}
	if (rc != SQLITE_OK && rc != SQLITE_BUSY && rc != SQLITE_LOCKED)
		db_error(s, NULL);
}

enum status
db_end(struct store *s, enum status st, struct err *e)
{
	if (st == ST_OK)
		st = db_run(s, db_query(s, Q_COMMIT, "COMMIT"), NULL, e);
	if (!sqlite3_get_autocommit(s->db))
		db_run(s, db_query(s, Q_ROLLBACK, "ROLLBACK"), NULL, NULL);
	if (st == ST_OK)
		checkpoint(s);
	else
		s->audit.known = false;
	return st;
}

enum status
db_box(struct store *s, struct buf *out, struct span context, struct span plain)
{
	uint8_t wrapped[WRAPPED_LEN];
	struct seal seal = {&s->keys, wrapped, context, {NULL, 0}};

	seal_new_key(wrapped, &s->keys, context);
	buf_add(out, wrapped, sizeof(wrapped));
	return seal_put(out, &seal, plain, NULL);
}

enum status
db_unbox(struct store *s, struct buf *out, struct span context, struct span box,
    struct err *e)
{
	struct seal seal = {&s->keys, box.p, context, {NULL, 0}};

	if (box.len < WRAPPED_LEN)
		return err_set(e, ST_BAD, "a sealed value is cut short");
	return seal_get(out, &seal, span_from(box, WRAPPED_LEN), e);
}

const char *
store_sqlite_version(void)
{
	return sqlite3_libversion();
}
