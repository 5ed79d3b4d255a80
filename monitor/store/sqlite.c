/*
 * sqlite: a store in an SQLite database: making, opening and closing it. Whether
 * it is one of ours is found out in sqlite_check.c, what it does when open is in
 * the other sqlite_*.c.
 *
 * Beside PATH lie PATH-wal and PATH-shm (SQLite's) and PATH.lock, whose flock
 * the one writer holds, with words about that writer in it.
 */
#include "monitor/store/sqlite_copies.h"
#include "monitor/store/sqlite_open.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/store/files.h"
#include "monitor/store/sqlite_follow_up.h"
#include "monitor/store/sqlite_rewind.h"
#include "monitor/store/sqlite_sink.h"

/* Databases up to this size are checked at every start (0.1 s). */
#define CHECK_BYTES (64ll << 20)

const char *
sqlite_path_of(const char *url)
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

#define CAREFUL                                                                \
	"PRAGMA trusted_schema=OFF;"                                           \
	"PRAGMA cell_size_check=ON;"                                           \
	"PRAGMA mmap_size=0;"                                                  \
	"PRAGMA temp_store=MEMORY;"

static int
open_immutable(struct store *s, const char *path)
{
	struct buf uri = {0};
	int rc;

	buf_str(&uri, "file:");
	for (; *path != '\0'; path++)
		if (strchr("%?#", *path) != NULL)
			buf_fmt(&uri, "%%%02x", (unsigned)*path);
		else
			buf_char(&uri, *path);
	buf_str(&uri, "?immutable=1");
	rc = sqlite3_open_v2(buf_cstr(&uri), &s->db,
	    SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, NULL);
	buf_fini(&uri);
	return rc;
}

enum status
sqlite_connect(struct store *s, struct err *e)
{
	const char *path = s->path;
	int flags = s->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
	int rc;

	errno = 0;
	if (s->immutable)
		rc = open_immutable(s, path);
	else
		rc = sqlite3_open_v2(
		    path, &s->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
	ASSERT(s->db != NULL);
	if (rc != SQLITE_OK)
		return db_error(s, e);
	sqlite3_extended_result_codes(s->db, 1);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(
	    s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, (int)s->read_only, NULL);
	sqlite3_busy_timeout(s->db, 5000);
	sqlite3_wal_hook(s->db, on_wal, s); /* no checkpoints of its own */
	/* Nothing that writes: it may be somebody else's database. */
	return db_exec(
	    s, s->read_only ? CAREFUL "PRAGMA query_only=ON" : CAREFUL, e);
}

enum status
sqlite_prepare_writing(struct store *s, struct err *e)
{
	return db_exec(s,
	    "PRAGMA cache_size=-32768;"
	    "PRAGMA foreign_keys=ON;"
	    "PRAGMA secure_delete=ON;"
	    "PRAGMA journal_mode=WAL;"
	    "PRAGMA synchronous=FULL;"
	    "PRAGMA journal_size_limit=16777216",
	    e);
}

struct store *
sqlite_at(const char *path, const struct keys *k)
{
	struct store *s = NEW(struct store);

	s->base.api = &store_sqlite;
	s->lock = -1;
	s->sha = sha256_engine();
	s->path = mem_str(path);
	s->keys = *k;
	return s;
}

static struct store *
store_new(const struct store_conf *c)
{
	struct store *s = sqlite_at(sqlite_path_of(c->url), &c->keys);

	s->num_sinks = c->num_sinks;
	s->sinks = c->sinks;
	s->read_only = c->read_only;
	return s;
}

void
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
	keyer_free(s->secret);
	keys_wipe(&s->keys);
	free(s->path);
	free(s);
}

/* --- opening ------------------------------------------------------------- */

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
open_checked(struct store *s, bool check, struct err *e)
{
	enum status st = sqlite_connect(s, e);

	if (st == ST_OK && check)
		st = sqlite_check_pages(s, e);
	if (st == ST_OK)
		st = sqlite_check_version(s, e);
	if (st == ST_OK)
		st = sqlite_check_keys(s, e);
	if (st == ST_OK && !s->read_only)
		st = sqlite_prepare_writing(s, e);
	if (st == ST_OK && !s->read_only)
		st = sqlite_migrate(s, e);
	if (st == ST_OK && !s->read_only)
		st = sqlite_secret_make(s, e);
	return st;
}

/* SQLite makes files beside the store, also to read it. Where that cannot be (a
 * full disk, a read-only one) it must be told that nobody will write. */
static enum status
open_again(struct store *s, bool check, struct err *e)
{
	sqlite3_close(s->db);
	s->db = NULL;
	s->immutable = true;
	return open_checked(s, check, e);
}

static enum status
sqlite_open(struct store **out, const struct store_conf *c, struct err *e)
{
	const char *path = sqlite_path_of(c->url);
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
	check = c->check || (!c->read_only && (sb.st_size <= CHECK_BYTES ||
						  !closed_cleanly(path)));
	if (st == ST_OK)
		st = open_checked(s, check, e);
	if (st != ST_OK && s->read_only && !sqlite_locked(path, NULL) &&
	    closed_cleanly(path))
		st = open_again(s, check, e);
	if (st == ST_OK)
		*out = s;
	else
		sqlite_close(s);
	return st;
}

/* --- making one ---------------------------------------------------------- */

/* Under another name until it is whole, so that there is no half a store. */
enum status
sqlite_make_file(const char *path, struct err *e)
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
	struct store *s = sqlite_at(path, &c->keys);
	sqlite3_stmt *q = NULL;
	enum status st = sqlite_connect(s, e);

	if (st == ST_OK)
		st = sqlite_prepare_writing(s, e);
	if (st == ST_OK)
		st = sqlite_migrate(s, e);
	if (st == ST_OK) {
		sqlite3_prepare_v2(s->db,
		    "INSERT INTO store(one, key_id, generation) "
		    "VALUES(1, ?1, 1)",
		    -1, &q, NULL);
		db_blob(q, 1, span_of(c->keys.id, sizeof(c->keys.id)));
		st = db_run(s, q, NULL, e);
		sqlite3_finalize(q);
	}
	if (st == ST_OK)
		st = sqlite_secret_make(s, e);
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
	enum status st = sqlite_make_file(fresh, e);

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
	const char *path = sqlite_path_of(c->url);
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

static bool
sqlite_in_use(const struct store_conf *c, char owner[STORE_OWNER])
{
	return sqlite_locked(sqlite_path_of(c->url), owner);
}

const struct store_api store_sqlite = {
    .name = "sqlite",
    .ledger = &ledger_sqlite,
    .init = sqlite_init,
    .open = sqlite_open,
    .close = sqlite_close,
    .in_use = sqlite_in_use,
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
    .outbox_begin = sqlite_outbox_begin,
    .outbox_settle = sqlite_outbox_settle,
    .sink_mark = sqlite_sink_mark,
    .sink_state = sqlite_sink_state,
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
    .quarantine_read = sqlite_quarantine_read,
    .quarantine_places = sqlite_quarantine_places,
    .quarantine_settle = sqlite_quarantine_settle,
    .tallies = sqlite_tallies,
    .quarantine_expire = sqlite_quarantine_expire,
    .counts = sqlite_counts,
    .records_count = sqlite_records_count,
};
