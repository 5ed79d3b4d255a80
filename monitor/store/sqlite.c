/*
 * sqlite: a store in an SQLite database: making, opening, checking, migrating
 * and closing it. What it does when open is in sqlite_*.c.
 *
 * Beside PATH lie PATH-wal and PATH-shm (SQLite's) and PATH.lock, whose flock
 * the one writer holds, with words about that writer in it.
 */
#include "monitor/store/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/store/files.h"

/* "INDL", as 0001.sql sets it. */
#define APPLICATION_ID 0x494e444c
/* Databases up to this size are checked at every start (0.1 s). */
#define CHECK_BYTES (64ll << 20)

/* Migration i makes version i + 1. */
static const char *const migrations[] = {
#include "0001.sql.h"
    ,
#include "0002.sql.h"
    ,
#include "0003.sql.h"
    ,
#include "0004.sql.h"
};
#define VERSION ((int)(sizeof(migrations) / sizeof(migrations[0])))

static const char *
path_of(const char *url)
{
	struct span s = span_str(url);

	if (span_starts(s, span_str("sqlite://")))
		return url + 9;
	return url + 7;
}

/* --- one connection ------------------------------------------------------ */

static int
on_wal(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct store *s = arg;

	(void)db;
	(void)name;
	s->wal_pages = pages;
	return SQLITE_OK;
}

static enum status
run(struct store *s, const char *sql, struct err *e)
{
	errno = 0;
	if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return ST_OK;
	return db_error(s, e);
}

/* One number, or the text "ok" as 0. */
static enum status
ask(struct store *s, const char *sql, int64_t *out, struct err *e)
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

static enum status
connect_db(struct store *s, const char *path, struct err *e)
{
	int flags = s->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
	int rc;

	errno = 0;
	rc = sqlite3_open_v2(path, &s->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
	ASSERT(s->db != NULL);
	if (rc != SQLITE_OK)
		return db_error(s, e);
	sqlite3_extended_result_codes(s->db, 1);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(
	    s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, (int)s->read_only, NULL);
	sqlite3_busy_timeout(s->db, 5000);
	sqlite3_wal_hook(s->db, on_wal, s); /* no checkpoints of its own */
	return run(s,
	    s->read_only ? "PRAGMA trusted_schema=OFF;"
			   "PRAGMA cell_size_check=ON;"
			   "PRAGMA mmap_size=0;"
			   "PRAGMA temp_store=MEMORY;"
			   "PRAGMA query_only=ON"
			 : "PRAGMA trusted_schema=OFF;"
			   "PRAGMA cell_size_check=ON;"
			   "PRAGMA mmap_size=0;"
			   "PRAGMA temp_store=MEMORY;"
			   "PRAGMA cache_size=-32768;"
			   "PRAGMA foreign_keys=ON;"
			   "PRAGMA secure_delete=ON;"
			   "PRAGMA journal_mode=WAL;"
			   "PRAGMA synchronous=FULL;"
			   "PRAGMA journal_size_limit=16777216",
	    e);
}

static struct store *
store_new(const struct store_conf *c)
{
	struct store *s = NEW(struct store);

	s->base.api = &store_sqlite;
	s->lock = -1;
	s->path = mem_str(path_of(c->url));
	s->keys = c->keys;
	s->num_sinks = c->num_sinks;
	s->sinks = c->sinks;
	s->read_only = c->read_only;
	return s;
}

static void
sqlite_close(struct store *s)
{
	if (s == NULL)
		return;
	for (int i = 0; i < Q_NUM; i++)
		sqlite3_finalize(s->stmt[i]);
	/* An empty WAL says that all went well, also when a reader keeps the
	 * file from being removed. */
	if (s->db != NULL && !s->read_only && !s->broken)
		sqlite3_wal_checkpoint_v2(
		    s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite3_close(s->db);
	if (s->lock >= 0)
		close(s->lock);
	keys_wipe(&s->keys);
	free(s->path);
	free(s);
}

/* --- versions ------------------------------------------------------------ */

/* Each migration in a transaction, together with its number. */
static enum status
migrate(struct store *s, int64_t from, struct err *e)
{
	enum status st = ST_OK;

	for (int64_t i = from; st == ST_OK && i < VERSION; i++) {
		struct buf sql = {0};

		buf_str(&sql, migrations[i]);
		buf_fmt(&sql, ";PRAGMA user_version=%d", (int)i + 1);
		st = db_begin(s, e);
		if (st != ST_OK) {
			buf_fini(&sql);
			return st;
		}
		st = db_end(s, run(s, buf_cstr(&sql), e), e);
		buf_fini(&sql);
	}
	return st;
}

static enum status
check_version(struct store *s, struct err *e)
{
	const char *path = QUOTE(span_str(s->path));
	int64_t app, version;
	enum status st = ask(s, "PRAGMA application_id", &app, e);

	if (st == ST_OK)
		st = ask(s, "PRAGMA user_version", &version, e);
	if (st != ST_OK)
		return st;
	if (app != APPLICATION_ID || version < 1)
		return err_set(e, ST_BAD,
		    "%s is no store, or is damaged; keep a copy and restore "
		    "the last backup (indelible store restore)",
		    path);
	if (version > VERSION)
		return err_set(e, ST_NEWER,
		    "store %s has version %d, this program knows versions up "
		    "to %d; use the newer program",
		    path, (int)version, VERSION);
	if (version < VERSION && s->read_only)
		return err_set(e, ST_USAGE,
		    "store %s has version %d of %d; run `indelible store "
		    "migrate`",
		    path, (int)version, VERSION);
	return migrate(s, version, e);
}

static enum status
check_keys(struct store *s, struct err *e)
{
	sqlite3_stmt *q = NULL;
	enum status st;
	bool same = false;

	sqlite3_prepare_v2(s->db, "SELECT key_id FROM store", -1, &q, NULL);
	st = db_step(s, q, e);
	if (st == ST_OK)
		same = span_eq(
		    db_span(q, 0), span_of(s->keys.id, sizeof(s->keys.id)));
	sqlite3_finalize(q);
	if (st == NO_ROW)
		return err_set(e, ST_BAD, "store %s lost its first row",
		    QUOTE(span_str(s->path)));
	if (st != ST_OK || same)
		return st;
	return err_set(e, ST_MISMATCH,
	    "store %s was made with another master key; configure the file "
	    "that it was made with (keys.master_file)",
	    QUOTE(span_str(s->path)));
}

/* Whether the last writer closed the store: it leaves no WAL then. */
static bool
closed_cleanly(const char *path)
{
	char *wal = sqlite_path(path, "-wal");
	struct stat sb;
	bool clean = stat(wal, &sb) != 0 || sb.st_size == 0;

	free(wal);
	return clean;
}

static enum status
check_pages(struct store *s, struct err *e)
{
	int64_t bad = 0;
	enum status st = ask(s, "PRAGMA quick_check(1)", &bad, e);

	if (st != ST_OK || bad == 0)
		return st;
	return err_set(e, ST_BAD,
	    "store %s is damaged; keep a copy of the files and restore the "
	    "last backup (indelible store restore)",
	    QUOTE(span_str(s->path)));
}

static enum status
open_checked(struct store *s, bool check, struct err *e)
{
	enum status st = connect_db(s, s->path, e);

	if (st == ST_OK && check)
		st = check_pages(s, e);
	if (st == ST_OK)
		st = check_version(s, e);
	if (st == ST_OK)
		st = check_keys(s, e);
	return st;
}

static enum status
sqlite_open(struct store **out, const struct store_conf *c, struct err *e)
{
	const char *path = path_of(c->url);
	struct store *s;
	struct stat sb;
	enum status st = ST_OK;
	bool check;

	if (stat(path, &sb) != 0 && errno != ENOENT)
		return files_fail("cannot open store", path, e);
	if (stat(path, &sb) != 0)
		return err_set(e, ST_MISSING,
		    "there is no store %s; make one with `indelible store "
		    "init`, or correct `store:`",
		    QUOTE(span_str(path)));
	s = store_new(c);
	if (!c->read_only)
		st = sqlite_lock(&s->lock, path, c, e);
	check = !c->read_only &&
		(sb.st_size <= CHECK_BYTES || !closed_cleanly(path));
	if (st == ST_OK)
		st = open_checked(s, check, e);
	if (st == ST_OK)
		*out = s;
	else
		sqlite_close(s);
	return st;
}

/* --- making one ---------------------------------------------------------- */

/* Under another name until it is whole, so that there is no half a store. */
static enum status
make_file(const char *path, struct err *e)
{
	char *wal = sqlite_path(path, "-wal"), *shm = sqlite_path(path, "-shm");
	enum status st = ST_OK;
	int fd;

	unlink(path);
	unlink(wal);
	unlink(shm);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		st = files_fail("cannot make store", path, e);
	else
		close(fd);
	free(wal);
	free(shm);
	return st;
}

static enum status
fill_file(const struct store_conf *c, const char *path, struct err *e)
{
	struct store *s = store_new(c);
	sqlite3_stmt *q = NULL;
	enum status st;

	s->read_only = false;
	st = connect_db(s, path, e);
	if (st == ST_OK)
		st = migrate(s, 0, e);
	if (st == ST_OK) {
		sqlite3_prepare_v2(s->db,
		    "INSERT INTO store(one, key_id, generation) "
		    "VALUES(1, ?1, 1)",
		    -1, &q, NULL);
		db_blob(q, 1, span_of(c->keys.id, sizeof(c->keys.id)));
		st = db_run(s, q, NULL, e);
		sqlite3_finalize(q);
	}
	/* All must be in the one file that is renamed. */
	if (st == ST_OK &&
	    sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE,
		NULL, NULL) != SQLITE_OK)
		st = db_error(s, e);
	sqlite_close(s);
	return st;
}

static enum status
refuse_remains(const char *path, struct err *e)
{
	char *wal = sqlite_path(path, "-wal");
	enum status st = ST_OK;

	if (*path == '\0')
		st = err_set(e, ST_USAGE,
		    "the store has no path; write sqlite:///path/to/file");
	else if (access(path, F_OK) == 0)
		st = err_set(e, ST_BUSY,
		    "there is a store %s already; it stays as it is",
		    QUOTE(span_str(path)));
	else if (access(wal, F_OK) == 0)
		st = err_set(e, ST_BUSY,
		    "%s was left by a store that is gone; move it away first",
		    QUOTE(span_str(wal)));
	free(wal);
	return st;
}

static enum status
make_store(const struct store_conf *c, const char *path, struct err *e)
{
	char *fresh = sqlite_path(path, ".new");
	enum status st = make_file(fresh, e);

	if (st == ST_OK)
		st = fill_file(c, fresh, e);
	if (st == ST_OK && rename(fresh, path) != 0)
		st = files_fail("cannot make store", path, e);
	if (st == ST_OK)
		st = files_sync_dir(path, e);
	else
		unlink(fresh);
	free(fresh);
	return st;
}

static enum status
sqlite_init(const struct store_conf *c, struct err *e)
{
	const char *path = path_of(c->url);
	int lock = -1;
	enum status st = refuse_remains(path, e);

	if (st == ST_OK)
		st = sqlite_lock(&lock, path, c, e);
	if (st != ST_OK)
		return st;
	/* Again, now that nobody else makes one. */
	st = refuse_remains(path, e);
	if (st == ST_OK)
		st = make_store(c, path, e);
	close(lock);
	return st;
}

const struct store_api store_sqlite = {
    .name = "sqlite",
    .init = sqlite_init,
    .open = sqlite_open,
    .close = sqlite_close,
    .log_open = sqlite_log_open,
    .head_seen = sqlite_head_seen,
    .claim = sqlite_claim,
    .stretch_find = sqlite_stretch_find,
    .commit = sqlite_commit,
    .rewind = sqlite_rewind,
    .log_mark = sqlite_log_mark,
    .log_bridge = sqlite_log_bridge,
    .event_add = sqlite_event_add,
    .outbox_due = sqlite_outbox_due,
    .outbox_next = sqlite_outbox_next,
    .outbox_settle = sqlite_outbox_settle,
    .records_import = sqlite_records_import,
    .records_list = sqlite_records_list,
    .record_state = sqlite_record_state,
    .index_generation = sqlite_index_generation,
    .index_size = sqlite_index_size,
    .index_load = sqlite_index_load,
    .index_changes = sqlite_index_changes,
    .record_name = sqlite_record_name,
    .logs = sqlite_logs,
    .stretches = sqlite_stretches,
    .exposures = sqlite_exposures,
    .quarantine_list = sqlite_quarantine_list,
    .quarantine_read = sqlite_quarantine_read,
    .quarantine_sums = sqlite_quarantine_sums,
    .quarantine_settle = sqlite_quarantine_settle,
    .tallies = sqlite_tallies,
    .quarantine_expire = sqlite_quarantine_expire,
    .counts = sqlite_counts,
};
