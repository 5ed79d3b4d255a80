/*
 * Tests of what is SQLite's alone: files and their modes, locks, keys and
 * versions, damage, readers beside the writer, full disks, failing syncs,
 * kill -9 at any moment, and that nothing personal can be read in the files.
 *
 * Writes and syncs of the library come through here (the program's symbols win
 * over libc's), so that a test can let the n-th one fail.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "monitor/store/ledger.h"
#include "tests/store/fixture.h"

/* --- faults ---------------------------------------------------------------- */

/* The n-th write or sync from now fails so (0: none), and all after it when
 * `lasting`; SIGKILL instead of a failure when error is -1. */
static struct fault {
	int writes_left, syncs_left, error;
	bool lasting;
	int num_writes, num_syncs;
} fault;

static bool
strikes(int *left)
{
	if (*left == 0)
		return false;
	if (--*left > 0)
		return false;
	if (fault.lasting)
		*left = 1;
	if (fault.error < 0)
		kill(getpid(), SIGKILL);
	errno = fault.error;
	return true;
}

ssize_t
pwrite64(int fd, const void *p, size_t n, off64_t at)
{
	fault.num_writes++;
	if (strikes(&fault.writes_left))
		return -1;
	return syscall(SYS_pwrite64, fd, p, n, at);
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	return pwrite64(fd, p, n, at);
}

ssize_t
write(int fd, const void *p, size_t n)
{
	fault.num_writes++;
	if (strikes(&fault.writes_left))
		return -1;
	return syscall(SYS_write, fd, p, n);
}

int
fdatasync(int fd)
{
	fault.num_syncs++;
	if (strikes(&fault.syncs_left))
		return -1;
	return (int)syscall(SYS_fdatasync, fd);
}

int
fsync(int fd)
{
	fault.num_syncs++;
	if (strikes(&fault.syncs_left))
		return -1;
	return (int)syscall(SYS_fsync, fd);
}

/* --- helpers --------------------------------------------------------------- */

static int
setup(void **state)
{
	fault = (struct fault){0};
	*state = fixture_new(&store_sqlite);
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *fx = *state;
	char small[80];

	fault = (struct fault){0};
	snprintf(small, sizeof(small), "%s/small", fx->dir);
	umount2(small, MNT_DETACH); /* of a test that failed half-way */
	rmdir(small);
	fixture_free(fx);
	return 0;
}

static const char *
beside(struct fixture *fx, const char *more)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s%s", fx->path, more);
	return path;
}

static struct buf
read_file(const char *path)
{
	struct buf b = {0};
	FILE *f = fopen(path, "rb");
	size_t n;

	if (f == NULL)
		return b;
	while ((n = fread(buf_room(&b, 65536), 1, 65536, f)) > 0)
		b.len += n;
	fclose(f);
	return b;
}

static bool
file_has(const char *path, const char *text, size_t len)
{
	struct buf b = read_file(path);
	bool has = b.len >= len && memmem(b.p, b.len, text, len) != NULL;

	buf_fini(&b);
	return has;
}

static bool
store_has(struct fixture *fx, const void *bytes, size_t len)
{
	return file_has(fx->path, bytes, len) ||
	       file_has(beside(fx, "-wal"), bytes, len) ||
	       file_has(beside(fx, "-shm"), bytes, len);
}

/* Something done to the file of the closed store, past our own code. */
static void
meddle(struct fixture *fx, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(fx->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void
open_fails(struct fixture *fx, enum status st, const char *words)
{
	FAILS(fx, st, fx->api->open(&fx->s, &fx->conf, &fx->e));
	assert_null(fx->s);
	assert_says(&fx->e, words);
}

/* --- making and opening ---------------------------------------------------- */

static void
test_init(void **state)
{
	struct fixture *fx = *state;
	struct stat sb;
	static const char *const gone[] = {".new", ".new-wal", ".new-shm"};

	assert_int_equal(stat(fx->path, &sb), 0);
	assert_int_equal(sb.st_mode & 07777, 0600);
	assert_int_equal(stat(beside(fx, "-wal"), &sb), 0);
	assert_int_equal(sb.st_mode & 07777, 0600);
	assert_int_equal(stat(beside(fx, ".lock"), &sb), 0);
	assert_int_equal(sb.st_mode & 07777, 0600);
	for (int i = 0; i < 3; i++)
		assert_int_equal(access(beside(fx, gone[i]), F_OK), -1);
	/* There is one already, open or not. */
	FAILS(fx, ST_BUSY, fx->api->init(&fx->conf, &fx->e));
	fixture_close(fx);
	FAILS(fx, ST_BUSY, fx->api->init(&fx->conf, &fx->e));
	assert_says(&fx->e, "already");
	fixture_open(fx);
}

static void
test_init_elsewhere(void **state)
{
	struct fixture *fx = *state;
	struct store_conf c = fx->conf;
	char url[160];

	c.url = url;
	snprintf(url, sizeof(url), "sqlite://%s/no/such/dir.db", fx->dir);
	FAILS(fx, ST_MISSING, fx->api->init(&c, &fx->e));
	snprintf(url, sizeof(url), "sqlite:");
	FAILS(fx, ST_USAGE, fx->api->init(&c, &fx->e));
	snprintf(url, sizeof(url), "sqlite:///proc/x.db");
	assert_true(fx->api->init(&c, &fx->e) != ST_OK);
}

/* The WAL of a store that is gone would be played into a new one. */
static void
test_init_remains(void **state)
{
	struct fixture *fx = *state;
	FILE *f;

	fixture_close(fx);
	unlink(fx->path);
	f = fopen(beside(fx, "-wal"), "w");
	fputs("x", f);
	fclose(f);
	FAILS(fx, ST_BUSY, fx->api->init(&fx->conf, &fx->e));
	assert_says(&fx->e, "-wal");
	unlink(beside(fx, "-wal"));
	/* What a killed init leaves is cleared away. */
	f = fopen(beside(fx, ".new"), "w");
	fputs("half a store", f);
	fclose(f);
	OK(fx, fx->api->init(&fx->conf, &fx->e));
	fixture_open(fx);
}

static void
test_missing(void **state)
{
	struct fixture *fx = *state;

	fixture_close(fx);
	unlink(fx->path);
	open_fails(fx, ST_MISSING, "indelible store init");
	assert_says(&fx->e, fx->path);
	/* Nothing is made by looking. */
	assert_int_equal(access(fx->path, F_OK), -1);
	fx->conf.read_only = true;
	open_fails(fx, ST_MISSING, "indelible store init");
	assert_int_equal(access(fx->path, F_OK), -1);
}

static void
test_other_key(void **state)
{
	struct fixture *fx = *state;
	struct keys right = fx->conf.keys;

	fixture_close(fx);
	keys_random(&fx->conf.keys);
	open_fails(fx, ST_MISMATCH, "another master key");
	fx->conf.read_only = true;
	open_fails(fx, ST_MISMATCH, "another master key");
	fx->conf.read_only = false;
	fx->conf.keys = right;
	fixture_open(fx);
}

static const struct trouble a_fork = {TROUBLE_LASTING, "fork", NOW};

/* A log that the first version had marked. */
/* To the tables of version 2. */
#define UNDO_3                                                                 \
	UNDO_4 "DROP TRIGGER quarantine_left; DROP TABLE quarantine_key;"      \
	       "DROP INDEX quarantine_time;"
/* To those of version 3. */
#define UNDO_4                                                                 \
	UNDO_5 "DROP TABLE change; DROP TABLE tally;"                          \
	       "ALTER TABLE store DROP COLUMN changes_from;"
/* To those of version 4. */
#define UNDO_5 UNDO_6 "ALTER TABLE stretch DROP COLUMN scan;"
/* To those of version 5. */
#define UNDO_6                                                                 \
	UNDO_7 "DROP TABLE audit; DROP TABLE history; DROP TABLE token;"       \
	       "DROP TABLE letter; DROP TABLE mailed; DROP TABLE suppress;"    \
	       "DROP INDEX record_identity; DROP INDEX record_pending;"        \
	       "DROP INDEX outbox_settled; DROP INDEX event_time;"             \
	       "DROP INDEX outbox_dead; DROP INDEX record_state;"              \
	       "CREATE INDEX record_expiry ON record(expires_ms)"              \
	       " WHERE state = 1 AND expires_ms > 0;"                          \
	       "ALTER TABLE record DROP COLUMN active_gen;"                    \
	       "ALTER TABLE record DROP COLUMN identity;"                      \
	       "ALTER TABLE exposure DROP COLUMN told;"                        \
	       "ALTER TABLE store DROP COLUMN secret;"                         \
	       "ALTER TABLE store DROP COLUMN audit_no;"                       \
	       "ALTER TABLE store DROP COLUMN audit_hash;"

/* To those of version 6. */
#define UNDO_7                                                                 \
	UNDO_8                                                                 \
	"DROP TRIGGER record_watched; DROP TABLE watched; DROP TABLE mark;"
/* To those of version 7. */
#define UNDO_8 UNDO_9 "DROP INDEX outbox_sink;"
/* To those of version 8. */
#define UNDO_9                                                                 \
	"DROP INDEX exposure_same; DROP INDEX outbox_digest;"                  \
	"ALTER TABLE exposure DROP COLUMN same;"                               \
	"ALTER TABLE exposure DROP COLUMN acked_ms;"                           \
	"DROP TABLE evidence; DROP TABLE mute; DROP TABLE digest;"             \
	"DROP TABLE withdrawn; DROP TABLE sink; DROP TABLE declined;"          \
	"ALTER TABLE token DROP COLUMN address;"

static void
test_migration_2(void **state)
{
	struct fixture *fx = *state;
	struct store_log l = {.log_id = log_a};

	fixture_close(fx);
	meddle(fx,
	    "ALTER TABLE log DROP COLUMN trouble_level;"
	    "ALTER TABLE log DROP COLUMN trouble;"
	    "ALTER TABLE log DROP COLUMN trouble_ms;"
	    "ALTER TABLE log DROP COLUMN gap_from;"
	    "ALTER TABLE log DROP COLUMN gap_to;"
	    "ALTER TABLE log DROP COLUMN resume_at;"
	    "ALTER TABLE log ADD COLUMN unhealthy INTEGER NOT NULL"
	    " DEFAULT 0 CHECK (unhealthy IN (0, 1));"
	    "UPDATE log SET unhealthy = 1;" UNDO_3 "PRAGMA user_version=1");
	fixture_open(fx);
	OK(fx, fx->api->log_open(fx->s, &l, NOW, &fx->e));
	assert_int_equal(l.trouble.level, TROUBLE_BROKEN);
	assert_string_equal(l.trouble.kind, "root-mismatch");
	store_log_fini(&l);
}

/* What changed before the store remembered changes is not asked for. */
static void
test_migration_4(void **state)
{
	struct fixture *fx = *state;
	struct store_changes q = {.now_ms = NOW};

	import_one(fx, an_email("acme", "jane"));
	OK(fx, fx->api->index_generation(fx->s, &q.since, &fx->e));
	fixture_close(fx);
	meddle(fx, UNDO_4 "PRAGMA user_version=3");
	fixture_open(fx);
	OK(fx, fx->api->index_changes(fx->s, &q, &fx->e));
	q.since--;
	FAILS(fx, ST_STALE, fx->api->index_changes(fx->s, &q, &fx->e));
}

/* Active records are in the index since the generation that there was. */
static void
test_migration_6(void **state)
{
	struct fixture *fx = *state;
	struct record_at at = {"acme", "jane"};
	uint64_t num;
	uint8_t head[32];
	char challenge[44];

	import_one(fx, an_email("acme", "jane"));
	import_one(fx, an_email("acme", "john"));
	set_state(fx, "john", RECORD_PAUSED);
	fixture_close(fx);
	meddle(fx, UNDO_6 "PRAGMA user_version=5");
	fixture_open(fx);
	assert_int_equal(ask_db(fx->path, "SELECT count(*) FROM record, store"
					  " WHERE active_gen = generation"),
	    1);
	assert_int_equal(
	    ask_db(
		fx->path, "SELECT count(*) FROM record WHERE active_gen = 0"),
	    1);
	OK(fx, fx->api->ledger->audit_check(fx->s, &num, head, &fx->e));
	assert_int_equal(num, 0);
	OK(fx, fx->api->ledger->challenge(fx->s, &at, challenge, &fx->e));
	set_state(fx, "jane", RECORD_PAUSED);
	OK(fx, fx->api->ledger->audit_check(fx->s, &num, head, &fx->e));
	assert_int_equal(num, 1);
}

/* What was found before there was evidence has it from the log, once it is
 * verified. */
static void
test_migration_9(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = claim(fx, &log_a, 0);

	import_one(fx, an_email("acme", "jane"));
	step(fx, (struct step){.t = &t,
		     .read = 20,
		     .proven = 10,
		     .num_hits = 3,
		     .hits = {a_hit(fx, "jane", 1, 3), a_hit(fx, "jane", 2, 12),
			 a_hit(fx, "jane", 1, 15)}});
	fixture_close(fx);
	meddle(fx, UNDO_9 "PRAGMA user_version=8");
	fixture_open(fx);
	assert_int_equal(
	    ask_db(fx->path, "SELECT sum(ix * 10 + (due_ms IS NULL))"
			     " FROM evidence"),
	    30 + 121);
	t = claim(fx, &log_a, 0);
	step_plain(fx, &t, 30, 20);
	assert_int_equal(
	    ask_db(fx->path, "SELECT count(due_ms) FROM evidence"), 2);
}

static void
test_versions(void **state)
{
	struct fixture *fx = *state;
	int64_t version = ask_db(fx->path, "PRAGMA user_version");
	char back[64];

	snprintf(back, sizeof(back), "PRAGMA user_version=%d", (int)version);
	fixture_close(fx);
	meddle(fx, "PRAGMA user_version=1000");
	open_fails(fx, ST_NEWER, "newer program");
	fx->conf.read_only = true;
	open_fails(fx, ST_NEWER, "newer program");
	fx->conf.read_only = false;
	meddle(fx, "PRAGMA user_version=0");
	open_fails(fx, ST_BAD, "no store");
	meddle(fx, back);
	meddle(fx, "PRAGMA application_id=7");
	open_fails(fx, ST_BAD, "no store");
	meddle(fx, "PRAGMA application_id=1229866060");
	fixture_open(fx);
}

static void
test_settings(void **state)
{
	struct fixture *fx = *state;
	static const char *const strict =
	    "SELECT count(*) FROM pragma_table_list"
	    " WHERE schema='main' AND type='table' AND NOT strict"
	    " AND name NOT LIKE 'sqlite%'";

	assert_int_equal(ask_db(fx->path, strict), 0);
	assert_int_equal(ask_db(fx->path, "SELECT count(*) FROM sqlite_master"
					  " WHERE type='table'") > 8,
	    1);
	/* Journal mode is the file's: 2 = WAL in bytes 18 and 19. */
	{
		struct buf b = read_file(fx->path);

		assert_true(b.len > 100 && b.p[18] == 2 && b.p[19] == 2);
		buf_fini(&b);
	}
}

static void
test_second_writer(void **state)
{
	struct fixture *fx = *state;
	struct store_conf c = fx->conf;
	struct store *other = NULL;

	c.owner = "pid 4712 on test";
	FAILS(fx, ST_BUSY, fx->api->open(&other, &c, &fx->e));
	assert_null(other);
	assert_says(&fx->e, "in use by pid 4711 on test");
	fixture_close(fx);
	OK(fx, fx->api->open(&other, &c, &fx->e));
	FAILS(fx, ST_BUSY, fx->api->open(&fx->s, &fx->conf, &fx->e));
	assert_says(&fx->e, "in use by pid 4712 on test");
	fx->api->close(other);
	fixture_open(fx);
}

/* The lock goes with the process that held it, however that ended. */
static void
test_writer_killed(void **state)
{
	struct fixture *fx = *state;
	int ready[2], status;
	char c;
	pid_t pid;

	fixture_close(fx);
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		fixture_open(fx);
		if (write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	FAILS(fx, ST_BUSY, fx->api->open(&fx->s, &fx->conf, &fx->e));
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	fixture_open(fx);
	close(ready[0]);
	close(ready[1]);
}

/* --- damage ---------------------------------------------------------------- */

static void
import_many(struct fixture *fx, size_t num)
{
	struct record *list = mem_new(num, sizeof(*list));
	struct store_import io;
	char id[32];

	for (size_t i = 0; i < num; i++) {
		snprintf(id, sizeof(id), "many-%zu", i);
		list[i] = an_email("acme", id);
	}
	OK(fx, import_all(fx, &io, list, num));
	free(list);
}

static void
overwrite(const char *path, off_t at, const void *p, size_t len)
{
	int fd = open(path, O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, p, len, at), len);
	close(fd);
}

static void
test_damage(void **state)
{
	struct fixture *fx = *state;
	struct buf good;
	uint8_t junk[4096];

	import_many(fx, 500);
	fixture_close(fx);
	good = read_file(fx->path);
	srandom(7);
	for (size_t i = 0; i < sizeof(junk); i++)
		junk[i] = (uint8_t)random();
	for (off_t page = 0; page < (off_t)good.len / 4096; page += 9) {
		overwrite(fx->path, page * 4096, junk, sizeof(junk));
		open_fails(fx, ST_BAD, "put back");
		overwrite(fx->path, page * 4096, good.p + page * 4096, 4096);
	}
	fixture_open(fx);
	fixture_close(fx);
	/* Cut short, emptied, not a database at all. */
	assert_int_equal(truncate(fx->path, (off_t)good.len / 2), 0);
	open_fails(fx, ST_BAD, "put back");
	assert_int_equal(truncate(fx->path, 0), 0);
	open_fails(fx, ST_BAD, "put back");
	overwrite(fx->path, 0, junk, sizeof(junk));
	open_fails(fx, ST_BAD, "put back");
	fx->conf.read_only = true;
	open_fails(fx, ST_BAD, "put back");
	fx->conf.read_only = false;
	overwrite(fx->path, 0, good.p, good.len);
	fixture_open(fx);
	assert_int_equal(list_records(fx, "none", false).num, 0);
	buf_fini(&good);
}

/* Sealed bytes and trees that were changed are refused, not shown. */
static void
test_tampering(void **state)
{
	struct fixture *fx = *state;
	struct seen_records l = {0};
	struct seen_exposures x = {0};
	struct store_query q = {NULL, true};
	size_t damaged = 0;
	struct outbox o;
	struct stretch t;

	import_one(fx, an_email("acme", "jane"));
	import_one(fx, an_email("acme", "john"));
	t = claim(fx, &log_a, 0);
	step(fx,
	    (struct step){.t = &t,
		.read = 10,
		.proven = 10,
		.num_hits = 2,
		.hits = {a_hit(fx, "jane", 1, 1), a_hit(fx, "jane", 2, 2)}});
	fixture_close(fx);
	/* The hits change places. */
	meddle(fx, "UPDATE exposure SET sealed = (SELECT y.sealed FROM"
		   " exposure y WHERE y.no <> exposure.no) WHERE no = 1");
	fixture_open(fx);
	FAILS(fx, ST_MISMATCH,
	    fx->api->exposures(fx->s, NULL, see_exposure, &x, &fx->e));
	assert_int_equal(x.num, 0);
	/* It cannot be sent either, which is said, and keeps not the others. */
	OK(fx, fx->api->outbox_due(fx->s,
		   &(struct outbox_query){.now_ms = NOW, .limit = 99}, &o,
		   &fx->e));
	for (size_t i = 0; i < o.num; i++)
		damaged += o.rows[i].damaged;
	assert_int_equal(o.num, 6);
	assert_int_equal(damaged, 3);
	outbox_fini(&o);
	fixture_close(fx);
	/* John gets what is Jane's. */
	meddle(fx,
	    "UPDATE record SET sealed = (SELECT sealed FROM record WHERE"
	    " name = 'jane') WHERE name = 'john';"
	    "UPDATE record_key SET wrapped = (SELECT wrapped FROM record_key"
	    " JOIN record ON record = id WHERE name = 'jane') WHERE record ="
	    " (SELECT id FROM record WHERE name = 'john')");
	fixture_open(fx);
	FAILS(fx, ST_MISMATCH,
	    fx->api->records_list(fx->s, &q, see_record, &l, &fx->e));
	assert_int_equal(l.num, 1);
	fixture_close(fx);
	meddle(fx, "UPDATE stretch SET tree = substr(tree, 1, 20)");
	fixture_open(fx);
	FAILS(fx, ST_BAD, fx->api->claim(fx->s, &t, &fx->e));
	fixture_close(fx);
	meddle(fx, "UPDATE stretch SET tree = zeroblob(16)");
	fixture_open(fx);
	FAILS(fx, ST_BAD, fx->api->claim(fx->s, &t, &fx->e));
	assert_says(&fx->e, "damaged");
}

/* --- readers --------------------------------------------------------------- */

static void
refuses_writes(struct fixture *fx, struct store *s)
{
	const struct store_api *api = fx->api;
	struct stretch t = {.log_id = log_a};
	struct store_log l = {.log_id = log_a};
	struct store_head h = {5, NOW, {{0}}, {NULL, 0}};
	struct range tree = {0};
	struct store_commit c = {.at = &t, .tree = &tree};
	struct store_committed done;
	struct event ev = {.type = "x", .subject = ""};
	struct store_bridge bridge = {.log_id = log_a};
	struct store_settle how = {.row = 1};
	struct store_import io = {0};
	struct record_change ch = {"acme", "jane", RECORD_ERASED, NOW};
	struct err *e = &fx->e;
	struct store_rewound back = {0};
	int64_t one = 1;

	FAILS(fx, ST_USAGE, api->log_open(s, &l, NOW, e));
	assert_says(e, "reading only");
	FAILS(fx, ST_USAGE, api->head_seen(s, &log_a, &h, e));
	FAILS(fx, ST_USAGE, api->claim(s, &t, e));
	FAILS(fx, ST_USAGE, api->commit(s, &c, &done, e));
	FAILS(fx, ST_USAGE, api->rewind(s, &t, &back, e));
	FAILS(fx, ST_USAGE, api->log_mark(s, &log_a, &a_fork, &ev, e));
	FAILS(fx, ST_USAGE, api->log_bridge(s, &bridge, e));
	FAILS(fx, ST_USAGE, api->event_add(s, &ev, e));
	FAILS(fx, ST_USAGE, api->outbox_begin(s, &one, 1, NOW, e));
	FAILS(fx, ST_USAGE, api->outbox_settle(s, &how, 1, e));
	FAILS(fx, ST_USAGE, api->records_import(s, &io, e));
	FAILS(fx, ST_USAGE, api->record_state(s, &ch, e));
}

static void
test_reader_beside(void **state)
{
	struct fixture *fx = *state;
	struct fixture reader = *fx;
	struct stretch t, seen;
	struct stat before, after;
	uint64_t generation;
	int64_t next;
	size_t depth;

	import_one(fx, an_email("acme", "jane"));
	reader.conf.read_only = true;
	fixture_open(&reader);
	refuses_writes(&reader, reader.s);
	t = claim(fx, &log_a, 0);
	step(fx, (struct step){.t = &t,
		     .read = 10,
		     .proven = 5,
		     .num_hits = 1,
		     .hits = {a_hit(fx, "jane", 1, 7)}});
	/* All that can be read is there at once. */
	assert_int_equal(stat(fx->path, &before), 0);
	OK(&reader,
	    fx->api->stretch_find(reader.s, &seen, &log_a, 0, &reader.e));
	assert_int_equal(seen.read, 10);
	assert_int_equal(list_exposures(&reader, NULL).num, 1);
	assert_int_equal(num_due(&reader, NOW + HOLD), 3);
	OK(&reader,
	    fx->api->outbox_next(reader.s, NULL, &next, &depth, &reader.e));
	assert_int_equal(depth, 3);
	assert_string_equal(
	    get_record(&reader, "jane").value, "jane.roe.jane@example.net");
	OK(&reader,
	    fx->api->index_generation(reader.s, &generation, &reader.e));
	assert_int_equal(list_quarantine(&reader).num, 0);
	assert_int_equal(stat(fx->path, &after), 0);
	assert_memory_equal(
	    &before.st_mtim, &after.st_mtim, sizeof(before.st_mtim));
	/* The writer goes on, and may close before the reader. */
	step_plain(fx, &t, 20, 20);
	assert_true(list_exposures(&reader, NULL).list[0].at[0].verified);
	fixture_close(fx);
	assert_int_equal(list_exposures(&reader, NULL).num, 1);
	fixture_close(&reader);
	fixture_open(fx);
}

/* A reader alone, where no writer was since. */
static void
test_reader_alone(void **state)
{
	struct fixture *fx = *state;
	struct buf before, after;

	import_one(fx, an_email("acme", "jane"));
	fixture_close(fx);
	before = read_file(fx->path);
	fx->conf.read_only = true;
	fixture_open(fx);
	assert_int_equal(list_records(fx, NULL, true).num, 1);
	fixture_close(fx);
	after = read_file(fx->path);
	assert_true(span_eq(buf_span(&before), buf_span(&after)));
	buf_fini(&before);
	buf_fini(&after);
	fx->conf.read_only = false;
	fixture_open(fx);
}

/* The WAL is written back as it grows, and goes with a clean end. */
static void
test_wal_bounded(void **state)
{
	static uint8_t bytes[100000];
	struct fixture *fx = *state;
	struct stretch t = claim(fx, &log_a, 0);
	struct stat sb;

	for (uint64_t i = 0; i < 100; i++)
		step(fx, (struct step){.t = &t,
			     .read = i + 1,
			     .num_quarantined = 1,
			     .quarantined = {{i, leaf_hash(fx, i), "why",
				 span_of(bytes, sizeof(bytes))}}});
	assert_int_equal(stat(beside(fx, "-wal"), &sb), 0);
	assert_true(sb.st_size > 0 && sb.st_size < 6 << 20);
	import_many(fx, 10000);
	assert_int_equal(stat(beside(fx, "-wal"), &sb), 0);
	assert_true(sb.st_size < 64 << 20);
	import_many(fx, 120000);
	assert_int_equal(stat(beside(fx, "-wal"), &sb), 0);
	assert_int_equal(sb.st_size, 0);
	fixture_close(fx);
	assert_int_equal(stat(beside(fx, "-wal"), &sb), -1);
	fixture_open(fx);
}

/* --- privacy --------------------------------------------------------------- */

static void
test_nothing_readable(void **state)
{
	static const char *const secret[] = {"jane.roe.jane", "JANE.ROE",
	    "Roe.Secret", "example.org", "example.net", "contract 4711",
	    "Entry bytes", "roe.bounced", "mailto:"};
	struct fixture *fx = *state;
	struct record r = an_email("acme", "jane");
	struct stretch t;
	struct outbox o;

	add_notify(&r, "mailto:jane.roe.jane@example.net");
	add_notify(&r, "sink:all");
	add_notify(&r, "sink:also");
	import_one(fx, r);
	t = claim(fx, &log_a, 0);
	step(fx, (struct step){.t = &t,
		     .read = 10,
		     .proven = 10,
		     .num_hits = 1,
		     .hits = {a_hit(fx, "jane", 1, 1)},
		     .num_quarantined = 1,
		     .quarantined = {{3, leaf_hash(fx, 3), "too deep",
			 span_str("Entry bytes of Jane Roe")}}});
	o = due(fx, NOW);
	settle(fx, o.rows[0].id, SETTLE_RETRY);
	settle(fx, o.rows[1].id, SETTLE_DEAD);
	outbox_fini(&o);
	for (int again = 0; again < 2; again++) {
		for (size_t i = 0; i < sizeof(secret) / sizeof(secret[0]); i++)
			if (store_has(fx, secret[i], strlen(secret[i])))
				fail_msg("%s can be read", secret[i]);
		/* The test can find things. */
		assert_true(store_has(fx, "blob of jane", 12));
		fixture_again(fx);
	}
}

/* The bytes of a column of a record. */
static struct buf
column(struct fixture *fx, const char *what, const char *id)
{
	struct buf b = {0};
	char sql[128];
	sqlite3 *db;
	sqlite3_stmt *q;

	snprintf(sql, sizeof(sql),
	    "SELECT %s FROM record JOIN record_key ON record = id"
	    " WHERE name='%s'",
	    what, id);
	assert_int_equal(
	    sqlite3_open_v2(fx->path, &db, SQLITE_OPEN_READONLY, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	buf_add(
	    &b, sqlite3_column_blob(q, 0), (size_t)sqlite3_column_bytes(q, 0));
	sqlite3_finalize(q);
	sqlite3_close(db);
	return b;
}

/* Erasing leaves neither the key nor what was under it, in no file. */
static void
test_erased_everywhere(void **state)
{
	static const char *const columns[] = {
	    "wrapped", "sealed", "keys", "blob"};
	struct fixture *fx = *state;
	struct buf was[4];
	struct stretch t;

	import_many(fx, 2000);
	import_many(fx, 1500); /* updates move rows about */
	t = claim(fx, &log_a, 0);
	import_one(fx, an_email("acme", "jane"));
	step_hit(fx, &t, 10, a_hit(fx, "jane", 1, 1));
	import_many(fx, 700);
	for (int i = 0; i < 4; i++) {
		was[i] = column(fx, columns[i], "jane");
		assert_true(store_has(fx, was[i].p, was[i].len));
	}
	set_state(fx, "jane", RECORD_ERASED);
	for (int i = 0; i < 4; i++) {
		assert_false(store_has(fx, was[i].p, was[i].len));
		buf_fini(&was[i]);
	}
	assert_int_equal(ask_db(fx->path, "SELECT count(*) FROM exposure"), 0);
	assert_int_equal(ask_db(fx->path, "SELECT count(*) FROM sighting"), 0);
	assert_int_equal(ask_db(fx->path, "SELECT count(*) FROM outbox"), 0);
}

static char *
a_text(size_t len)
{
	char *text = mem_new(1, len + 1);

	memset(text, 'e', len);
	return text;
}

/* Records of many sizes come and change, so that SQLite moves rows about and
 * leaves copies; the keys of erased ones are nowhere all the same. */
static void
test_erased_keys(void **state)
{
	enum { ROUNDS = 12, EACH = 300, IDS = 1200 };
	struct fixture *fx = *state;
	static bool erased[IDS];
	int num = 0;

	srandom(5);
	memset(erased, 0, sizeof(erased));
	for (int round = 0; round < ROUNDS; round++) {
		struct record list[EACH];
		struct store_import io;
		char id[16];
		size_t n = 0;

		for (int i = 0; i < EACH; i++) {
			int r = (int)(random() % IDS);

			if (erased[r])
				continue;
			snprintf(id, sizeof(id), "r%d", r);
			list[n] = an_email("acme", id);
			free(list[n].evidence);
			list[n].evidence = a_text((size_t)random() % 900 + 1);
			n++;
		}
		memcpy(id, list[0].id, strlen(list[0].id) + 1);
		OK(fx, import_all(fx, &io, list, n));
		{
			struct buf key = column(fx, "wrapped", id);

			set_state(fx, id, RECORD_ERASED);
			assert_false(store_has(fx, key.p, key.len));
			buf_fini(&key);
			erased[strtol(id + 1, NULL, 10)] = true;
			num++;
		}
	}
	assert_int_equal(num, ROUNDS);
}

/* A reader that holds the WAL puts the erasing of it off, not away. */
static void
test_erased_behind_reader(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = claim(fx, &log_a, 0);
	struct buf key;
	sqlite3 *db;

	import_one(fx, an_email("acme", "jane"));
	key = column(fx, "wrapped", "jane");
	assert_int_equal(sqlite3_open(fx->path, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db, "BEGIN; SELECT * FROM record", NULL, NULL, NULL),
	    SQLITE_OK);
	set_state(fx, "jane", RECORD_ERASED);
	assert_true(store_has(fx, key.p, key.len));
	sqlite3_close(db);
	step_plain(fx, &t, 1, 0);
	assert_false(store_has(fx, key.p, key.len));
	buf_fini(&key);
}

/* The key of the entry in quarantine at this place. */
static struct buf
quarantine_key(struct fixture *fx, int place)
{
	struct buf b = {0};
	sqlite3 *db;
	sqlite3_stmt *q;

	assert_int_equal(
	    sqlite3_open_v2(fx->path, &db, SQLITE_OPEN_READONLY, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db,
			     "SELECT wrapped FROM quarantine_key JOIN"
			     " quarantine q ON q.id = quarantine ORDER BY ix"
			     " LIMIT 1 OFFSET ?1",
			     -1, &q, NULL),
	    SQLITE_OK);
	sqlite3_bind_int(q, 1, place);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	buf_add(
	    &b, sqlite3_column_blob(q, 0), (size_t)sqlite3_column_bytes(q, 0));
	sqlite3_finalize(q);
	sqlite3_close(db);
	return b;
}

static void
quarantine_some(struct fixture *fx, struct stretch *t, int num)
{
	static uint8_t bytes[9000];

	for (int i = 0; i < num; i++)
		step(fx,
		    (struct step){.t = t,
			.read = t->read + 1,
			.num_quarantined = 1,
			.quarantined = {{t->read, leaf_hash(fx, t->read), "why",
			    span_of(bytes, (size_t)random() % 9000)}}});
}

static void
assert_key_gone(struct fixture *fx, struct buf *key)
{
	assert_int_equal(key->len, WRAPPED_LEN);
	assert_false(store_has(fx, key->p, key->len));
	buf_fini(key);
}

/* An entry that leaves the quarantine, whichever way, leaves no key. */
static void
test_quarantine_keys(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = claim(fx, &log_a, 0);
	struct store_reread x = {.row = 0};
	struct store_rereads r = {1, &x, NOW, HOLD};
	struct store_committed done;
	struct buf first, last, read;
	struct store_rewound back = {.now_ms = NOW};
	bool more = true;

	srandom(6);
	quarantine_some(fx, &t, 300);
	first = quarantine_key(fx, 0);
	last = quarantine_key(fx, 299);
	read = quarantine_key(fx, 4);
	assert_true(store_has(fx, read.p, read.len));
	x.row = ask_db(fx->path, "SELECT id FROM quarantine WHERE ix = 4");
	OK(fx, fx->api->quarantine_settle(fx->s, &r, &done, &fx->e));
	assert_key_gone(fx, &read);
	while (more)
		OK(fx,
		    fx->api->quarantine_expire(fx->s, NOW + 1, &more, &fx->e));
	assert_key_gone(fx, &first);
	assert_key_gone(fx, &last);
	assert_int_equal(
	    ask_db(fx->path, "SELECT count(*) FROM quarantine"), 0);
	quarantine_some(fx, &t, 3);
	last = quarantine_key(fx, 2);
	OK(fx, fx->api->rewind(fx->s, &t, &back, &fx->e));
	assert_key_gone(fx, &last);
}

/* The key in front of the box, before there was a table of keys; and the
 * table's rows for such. */
static void
test_migration_3(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = claim(fx, &log_a, 0);
	uint8_t wrapped[WRAPPED_LEN];
	struct buf context = {0}, box = {0};
	struct seal seal = {&fx->conf.keys, wrapped, {NULL, 0}, {NULL, 0}};
	sqlite3_stmt *q;
	sqlite3 *db;
	bool more = true;

	quarantine_some(fx, &t, 1);
	buf_str(&context, "quarantine");
	buf_span_add(&context, hash_span(&log_a));
	buf_uint(&context, 0, 8);
	seal.context = buf_span(&context);
	seal_new_key(wrapped, &fx->conf.keys, seal.context);
	buf_add(&box, wrapped, sizeof(wrapped));
	OK(fx, seal_put(&box, &seal, span_str("old bytes"), &fx->e));
	assert_int_equal(sqlite3_open(fx->path, &db), SQLITE_OK);
	sqlite3_prepare_v2(db, "UPDATE quarantine SET box = ?1", -1, &q, NULL);
	sqlite3_bind_blob(q, 1, box.p, (int)box.len, SQLITE_STATIC);
	assert_int_equal(sqlite3_step(q), SQLITE_DONE);
	sqlite3_finalize(q);
	sqlite3_close(db);
	fixture_close(fx);
	meddle(fx, UNDO_3 "PRAGMA user_version=2");
	fixture_open(fx);
	assert_string_equal(list_quarantine(fx).bytes[0], "old bytes");
	t = claim(fx, &log_a, 0);
	quarantine_some(fx, &t, 2);
	assert_int_equal(list_quarantine(fx).num, 3);
	while (more)
		OK(fx,
		    fx->api->quarantine_expire(fx->s, NOW + 1, &more, &fx->e));
	assert_int_equal(list_quarantine(fx).num, 0);
	buf_fini(&context);
	buf_fini(&box);
}

/* --- full and failing disks ------------------------------------------------ */

/* A commit with something of everything. */
static struct step
big_step(struct fixture *fx, struct stretch *t, unsigned cert)
{
	static uint8_t bytes[100000];

	return (struct step){.t = t,
	    .read = t->read + 10,
	    .proven = t->read + 5,
	    .num_hits = 1,
	    .hits = {a_hit(fx, "jane", cert, t->read + 1)},
	    .num_quarantined = 1,
	    .quarantined = {{t->read + 2, leaf_hash(fx, 2), "too deep",
		span_of(bytes, sizeof(bytes))}}};
}

/* What is in the store is all of `cert` steps or nothing of the next. */
static void
assert_steps(struct fixture *fx, unsigned num)
{
	struct stretch t;

	OK(fx, fx->api->stretch_find(fx->s, &t, &log_a, 0, &fx->e));
	assert_int_equal(t.read, 10 * num);
	assert_tree(fx, &t.tree, 0, t.read);
	assert_int_equal(list_exposures(fx, NULL).num, num);
	assert_int_equal(list_quarantine(fx).num, num);
	assert_int_equal(num_due(fx, INT64_MAX), 3 * num);
}

/* No space at any write: nothing changes, and later the same goes through. */
static void
assert_opens(struct fixture *fx)
{
	fixture_again(fx);
	assert_string_equal(
	    get_record(fx, "many-0").value, "jane.roe.many-0@example.net");
	assert_string_equal(
	    get_record(fx, "many-299").value, "jane.roe.many-299@example.net");
}

/* New keys for all or for none, however little space there is. */
static void
test_rotate_full(void **state)
{
	static const struct actor me = {"uid 0", NOW};
	struct fixture *fx = *state;
	struct keys new;
	unsigned failed = 0;
	enum status st = ST_FULL;

	import_many(fx, 300);
	fixture_again(fx);
	for (int k = 1; st != ST_OK; k += 1 + k / 8) {
		keys_random(&new);
		fault = (struct fault){.writes_left = k, .error = ENOSPC};
		st = fx->api->ledger->rotate(fx->s, &new, &me, &fx->e);
		fault = (struct fault){0};
		if (st == ST_OK)
			fx->conf.keys = new;
		else
			assert_status(st, ST_FULL, &fx->e);
		failed += st != ST_OK;
		assert_opens(fx);
	}
	assert_true(failed > 3);
}

/* A backup that has no room leaves nothing behind. */
static void
test_backup_full(void **state)
{
	struct fixture *fx = *state;
	char copy[128];
	unsigned failed = 0;
	enum status st = ST_FULL;

	snprintf(copy, sizeof(copy), "%s/copy.db", fx->dir);
	import_many(fx, 300);
	for (int k = 1; st != ST_OK; k += 1 + k / 8) {
		fault = (struct fault){.writes_left = k, .error = ENOSPC};
		st = fx->api->ledger->backup(fx->s, copy, &fx->e);
		fault = (struct fault){0};
		if (st == ST_OK)
			break;
		assert_status(st, ST_FULL, &fx->e);
		assert_says(&fx->e, "copy.db");
		assert_int_not_equal(access(copy, F_OK), 0);
		failed++;
	}
	assert_true(failed > 3);
	assert_opens(fx);
	assert_int_equal(ask_db(copy, "SELECT count(*) FROM record"), 300);
}

static void
test_full_at_any_write(void **state)
{
	struct fixture *fx = *state;
	struct stretch t;
	struct step s;
	unsigned done = 0, failed = 0;

	import_one(fx, an_email("acme", "jane"));
	t = claim(fx, &log_a, 0);
	for (int k = 1; done < 12; k++) {
		enum status st;

		s = big_step(fx, &t, done + 1);
		fault = (struct fault){.writes_left = k, .error = ENOSPC};
		st = try_step(fx, &s);
		fault = (struct fault){0};
		if (st == ST_OK) {
			done++;
			k += 3;
		} else {
			failed++;
			assert_status(st, ST_FULL, &fx->e);
			assert_says(&fx->e, "free some space");
			assert_steps(fx, done);
			OK(fx, try_step(fx, &s));
			done++;
		}
		step_fini(&s);
		assert_steps(fx, done);
		fixture_again(fx);
		assert_steps(fx, done);
		t = claim(fx, &log_a, 0);
	}
	assert_true(failed > 3);
}

/* No disk: a file may not grow any more. */
static void
test_file_size_limit(void **state)
{
	struct fixture *fx = *state;
	struct rlimit old, now;
	struct stretch t;
	struct step s;
	enum status st = ST_OK;
	unsigned done = 0;

	import_one(fx, an_email("acme", "jane"));
	t = claim(fx, &log_a, 0);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	now = old;
	now.rlim_cur = 700000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &now), 0);
	while (st == ST_OK && done < 15) {
		s = big_step(fx, &t, done + 1);
		st = try_step(fx, &s);
		done += st == ST_OK;
		step_fini(&s);
	}
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_status(st, ST_FULL, &fx->e);
	assert_true(done >= 1 && done < 15);
	assert_steps(fx, done);
	s = big_step(fx, &t, done + 1);
	OK(fx, try_step(fx, &s));
	step_fini(&s);
	assert_steps(fx, done + 1);
}

/* A real full disk, where the test may mount one. */
static void
test_full_disk(void **state)
{
	struct fixture *fx = *state;
	struct fixture on = *fx;
	char dir[80];
	struct stretch t;
	struct step s;
	enum status st = ST_OK;
	unsigned done = 0;

	snprintf(dir, sizeof(dir), "%s/small", fx->dir);
	assert_int_equal(mkdir(dir, 0700), 0);
	if (mount("none", dir, "tmpfs", 0, "size=1500k") != 0) {
		rmdir(dir);
		skip();
	}
	snprintf(on.path, sizeof(on.path), "%s/s.db", dir);
	snprintf(on.url, sizeof(on.url), "sqlite://%s", on.path);
	on.conf.url = on.url;
	OK(&on, on.api->init(&on.conf, &on.e));
	fixture_open(&on);
	open_log(&on, &log_a, "Log A");
	import_one(&on, an_email("acme", "jane"));
	t = claim(&on, &log_a, 0);
	while (st == ST_OK && done < 15) {
		s = big_step(&on, &t, done + 1);
		st = try_step(&on, &s);
		done += st == ST_OK;
		step_fini(&s);
	}
	assert_status(st, ST_FULL, &on.e);
	assert_true(done >= 1 && done < 15);
	assert_steps(&on, done);
	/* Again and again, without harm; then there is space. */
	for (int i = 0; i < 3; i++) {
		s = big_step(&on, &t, done + 1);
		FAILS(&on, ST_FULL, try_step(&on, &s));
		step_fini(&s);
	}
	assert_int_equal(
	    mount("none", dir, "tmpfs", MS_REMOUNT, "size=20m"), 0);
	s = big_step(&on, &t, done + 1);
	OK(&on, try_step(&on, &s));
	step_fini(&s);
	assert_steps(&on, done + 1);
	fixture_again(&on);
	assert_steps(&on, done + 1);
	fixture_close(&on);
	umount(dir);
	rmdir(dir);
}

/* A sync that failed once is never believed again, nor tried. */
static void
test_failed_sync(void **state)
{
	struct fixture *fx = *state;
	struct stretch t;
	struct step s;
	struct stretch now;

	import_one(fx, an_email("acme", "jane"));
	t = claim(fx, &log_a, 0);
	s = big_step(fx, &t, 1);
	fault = (struct fault){.syncs_left = 1, .error = EIO};
	FAILS(fx, ST_IO, try_step(fx, &s));
	fault = (struct fault){0};
	FAILS(fx, ST_IO, try_step(fx, &s));
	assert_says(&fx->e, "I/O error before");
	FAILS(
	    fx, ST_IO, fx->api->log_mark(fx->s, &log_a, &a_fork, NULL, &fx->e));
	assert_int_equal(fault.num_syncs, 0);
	/* A fresh start looks at what is there. */
	fixture_again(fx);
	OK(fx, fx->api->stretch_find(fx->s, &now, &log_a, 0, &fx->e));
	assert_steps(fx, now.read == 0 ? 0 : 1);
	step_fini(&s);
}

/* Also one within a checkpoint, which SQLite itself would not tell. */
static void
test_failed_checkpoint(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = claim(fx, &log_a, 0);
	struct step s = {.t = &t, .read = 1};

	/* So much that the WAL is written back. The first sync is that of the
	 * commit, which is well and good. */
	fault = (struct fault){.syncs_left = 2, .error = EIO};
	import_many(fx, 12000);
	assert_int_equal(fault.syncs_left, 0);
	FAILS(fx, ST_IO, try_step(fx, &s));
	fixture_again(fx);
	assert_int_equal(
	    ask_db(fx->path, "SELECT count(*) FROM record"), 12000);
	OK(fx, try_step(fx, &s));
}

static const struct event *
tell(void *arg, uint64_t resume_at)
{
	(void)resume_at;
	return arg;
}

static void
assert_level(struct fixture *fx, enum trouble_level want)
{
	struct store_log l = {.log_id = log_a};

	OK(fx, fx->api->log_open(fx->s, &l, NOW, &fx->e));
	assert_int_equal(l.trouble.level, want);
	store_log_fini(&l);
}

/* When the event of a trouble or of its end cannot be stored, neither is the
 * trouble or its end. */
static void
test_mark_with_event(void **state)
{
	struct fixture *fx = *state;
	const struct store_api *api = fx->api;
	struct event ev = {.type = "x", .subject = ""};
	struct store_bridge b = {log_a, 0, tell, &ev};

	fixture_close(fx);
	meddle(fx, "CREATE TRIGGER no_event BEFORE INSERT ON event BEGIN"
		   " SELECT RAISE(ABORT, 'no event'); END");
	fixture_open(fx);
	assert_true(
	    api->log_mark(fx->s, &log_a, &a_fork, &ev, &fx->e) != ST_OK);
	assert_says(&fx->e, "no event");
	assert_level(fx, TROUBLE_NONE);
	OK(fx, api->log_mark(fx->s, &log_a, &a_fork, NULL, &fx->e));
	assert_true(api->log_bridge(fx->s, &b, &fx->e) != ST_OK);
	assert_says(&fx->e, "no event");
	assert_level(fx, a_fork.level);
}

static void
test_write_error(void **state)
{
	struct fixture *fx = *state;
	struct stretch t;
	struct step s;

	import_one(fx, an_email("acme", "jane"));
	t = claim(fx, &log_a, 0);
	s = big_step(fx, &t, 1);
	fault = (struct fault){.writes_left = 2, .error = EIO};
	FAILS(fx, ST_IO, try_step(fx, &s));
	fault = (struct fault){0};
	FAILS(fx, ST_IO, try_step(fx, &s));
	fixture_again(fx);
	assert_steps(fx, 0);
	step_fini(&s);
}

/* --- kill -9 --------------------------------------------------------------- */

/* Commits without end; each acknowledged position goes into the pipe. */
static void
commit_on(struct fixture *fx, int acks, int num)
{
	struct stretch t = claim(fx, &log_a, 0);
	struct store_hit hit = a_hit(fx, "jane", 0, 0);
	struct store_committed done;

	for (int n = 0; n != num; n++) {
		uint64_t i = t.read, read = t.read + 10;
		struct store_quarantine q = {
		    i + 5, leaf_hash(fx, i + 5), "why", span_str("bytes")};
		struct range tree = t.tree;
		struct store_proof proof = {.proven = read,
		    .tree = &tree,
		    .head = {read, NOW, leaf_hash(fx, i), span_str("head")}};
		struct store_commit c = {.at = &t,
		    .read = read,
		    .tree = &tree,
		    .num_hits = 1,
		    .hits = &hit,
		    .num_quarantined = 1,
		    .quarantined = &q,
		    .proof = i / 10 % 3 == 2 ? &proof : NULL,
		    .now_ms = NOW,
		    .hold_ms = HOLD};

		while (tree.end < read) {
			struct hash leaf = leaf_hash(fx, tree.end);

			range_add(&tree, fx->h, 0, &leaf);
		}
		hit.index = i + 3;
		hit.leaf_hash = leaf_hash(fx, i + 3);
		hit.x.time_ms = NOW + (int64_t)i;
		memcpy(hit.x.id, &i, sizeof(i));
		OK(fx, fx->api->commit(fx->s, &c, &done, &fx->e));
		assert_int_equal(done.new_exposures, 1);
		t.read = read;
		t.tree = tree;
		if (write(acks, &read, sizeof(read)) != sizeof(read))
			_exit(1);
	}
	exposure_fini(&hit.x);
}

struct sweep {
	uint64_t next, proven;
};

static void
check_exposure(void *arg, const struct exposure *x)
{
	struct sweep *w = arg;

	assert_memory_equal(x->id, &w->next, sizeof(w->next));
	assert_int_equal(x->num_sightings, 1);
	assert_int_equal(x->sightings[0].index, w->next + 3);
	assert_int_equal(x->sightings[0].verified, w->next + 3 < w->proven);
	w->next += 10;
}

/* Position, tree, hits, sightings, quarantine and outbox tell one story. */
static uint64_t
check_all(struct fixture *fx, uint64_t acked)
{
	struct stretch t = {0};
	struct sweep w;

	if (fx->api->stretch_find(fx->s, &t, &log_a, 0, NULL) != ST_OK) {
		assert_int_equal(acked, 0);
		return 0;
	}
	assert_true(t.read >= acked && t.read <= acked + 10);
	assert_int_equal(t.read % 10, 0);
	assert_tree(fx, &t.tree, 0, t.read);
	assert_tree(fx, &t.tree_proven, 0, t.proven);
	assert_int_equal(t.proven, t.read / 30 * 30);
	w = (struct sweep){0, t.proven};
	OK(fx, fx->api->exposures(fx->s, NULL, check_exposure, &w, &fx->e));
	assert_int_equal(w.next, t.read);
	assert_int_equal(
	    ask_db(fx->path, "SELECT count(*) FROM outbox"), t.read / 10 * 3);
	assert_int_equal(
	    ask_db(fx->path, "SELECT count(*) FROM outbox o JOIN sighting s"
			     " ON s.exposure = o.exposure"
			     " WHERE o.held = s.verified"),
	    0);
	assert_int_equal(
	    ask_db(fx->path, "SELECT count(*) FROM quarantine"), t.read / 10);
	assert_int_equal(
	    ask_db(fx->path, "SELECT proven_size FROM log"), t.proven);
	return t.read;
}

/* Run commits in a child until it is killed; the last acknowledged position. */
static uint64_t
killed_child(struct fixture *fx, uint64_t acked, useconds_t after, int at)
{
	int acks[2], status;
	uint64_t read_to;
	pid_t pid;

	assert_int_equal(pipe(acks), 0);
	pid = fork();
	if (pid == 0) {
		fixture_open(fx);
		if (at > 0)
			fault = (struct fault){
			    .writes_left = at, .syncs_left = 0, .error = -1};
		if (at < 0)
			fault = (struct fault){.syncs_left = -at, .error = -1};
		commit_on(fx, acks[1], at == 0 ? -1 : 2);
		_exit(0);
	}
	close(acks[1]);
	if (at == 0) {
		usleep(after);
		kill(pid, SIGKILL);
	}
	while (read(acks[0], &read_to, sizeof(read_to)) == sizeof(read_to))
		acked = read_to;
	close(acks[0]);
	waitpid(pid, &status, 0);
	if (WIFEXITED(status))
		assert_int_equal(WEXITSTATUS(status), 0);
	else
		assert_int_equal(WTERMSIG(status), SIGKILL);
	return acked;
}

static void
test_killed_at_random(void **state)
{
	struct fixture *fx = *state;
	uint64_t acked = 0, first = 0;

	import_one(fx, an_email("acme", "jane"));
	fixture_close(fx);
	srandom((unsigned)time(NULL));
	for (int i = 0; i < 30; i++) {
		useconds_t after = (useconds_t)(random() % 60000);

		acked = killed_child(fx, acked, after, 0);
		fixture_open(fx);
		acked = check_all(fx, acked);
		fixture_close(fx);
		first = i == 0 ? acked : first;
	}
	assert_true(acked > 100);
	fixture_open(fx);
}

/* At every write and every sync of opening, claiming and two commits. The
 * write that acknowledges is one of them. */
static void
test_killed_at_every_step(void **state)
{
	struct fixture *fx = *state;
	uint64_t acked = 0;

	import_one(fx, an_email("acme", "jane"));
	fixture_close(fx);
	for (int i = 1; i <= 40; i++) {
		acked = killed_child(fx, acked, 0, i);
		fixture_open(fx);
		acked = check_all(fx, acked);
		fixture_close(fx);
	}
	for (int i = 1; i <= 6; i++) {
		acked = killed_child(fx, acked, 0, -i);
		fixture_open(fx);
		acked = check_all(fx, acked);
		fixture_close(fx);
	}
	assert_true(acked > 20);
	fixture_open(fx);
}

/* A store is there whole or not at all, wherever init was killed. */
static void
test_killed_in_init(void **state)
{
	struct fixture *fx = *state;
	int missing = 0, whole = 0;

	fixture_close(fx);
	for (int k = 1; whole < 3; k++) {
		int status;
		pid_t pid;
		enum status st;

		unlink(fx->path);
		unlink(beside(fx, "-wal"));
		unlink(beside(fx, "-shm"));
		pid = fork();
		if (pid == 0) {
			if (k % 2 == 0)
				fault.syncs_left = k / 2;
			else
				fault.writes_left = k;
			fault.error = -1;
			st = fx->api->init(&fx->conf, &fx->e);
			_exit(st == ST_OK ? 0 : 1);
		}
		waitpid(pid, &status, 0);
		assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
		st = fx->api->open(&fx->s, &fx->conf, &fx->e);
		if (st == ST_MISSING) {
			missing++;
			OK(fx, fx->api->init(&fx->conf, &fx->e));
			fixture_open(fx);
		} else {
			assert_status(st, ST_OK, &fx->e);
			whole += WIFEXITED(status);
		}
		fixture_close(fx);
	}
	assert_true(missing > 5);
	fixture_open(fx);
}

/* All of a killed import or nothing. */
static void
test_killed_in_import(void **state)
{
	struct fixture *fx = *state;

	fixture_close(fx);
	for (int k = 1; k < 400; k += 37) {
		int status;
		int64_t num;
		pid_t pid = fork();

		if (pid == 0) {
			fixture_open(fx);
			fault = (struct fault){.writes_left = k, .error = -1};
			import_many(fx, 300);
			_exit(0);
		}
		waitpid(pid, &status, 0);
		fixture_open(fx);
		num = ask_db(fx->path, "SELECT count(*) FROM record");
		assert_true(num == 0 || num == 300);
		fixture_close(fx);
	}
	fixture_open(fx);
}

int
main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_init),
	    TEST(test_init_elsewhere),
	    TEST(test_init_remains),
	    TEST(test_missing),
	    TEST(test_other_key),
	    TEST(test_migration_2),
	    TEST(test_migration_4),
	    TEST(test_migration_6),
	    TEST(test_migration_9),
	    TEST(test_versions),
	    TEST(test_settings),
	    TEST(test_second_writer),
	    TEST(test_writer_killed),
	    TEST(test_damage),
	    TEST(test_tampering),
	    TEST(test_reader_beside),
	    TEST(test_reader_alone),
	    TEST(test_wal_bounded),
	    TEST(test_nothing_readable),
	    TEST(test_erased_everywhere),
	    TEST(test_erased_keys),
	    TEST(test_erased_behind_reader),
	    TEST(test_quarantine_keys),
	    TEST(test_migration_3),
	    TEST(test_rotate_full),
	    TEST(test_backup_full),
	    TEST(test_full_at_any_write),
	    TEST(test_file_size_limit),
	    TEST(test_full_disk),
	    TEST(test_failed_sync),
	    TEST(test_failed_checkpoint),
	    TEST(test_mark_with_event),
	    TEST(test_write_error),
	    TEST(test_killed_at_random),
	    TEST(test_killed_at_every_step),
	    TEST(test_killed_in_init),
	    TEST(test_killed_in_import),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
