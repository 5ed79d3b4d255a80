/*
 * sqlite_backup: a copy of a store that is in use, in one file, by SQLite's
 * online backup. It is checked before it gets its name. The way back is in
 * sqlite_restore.c.
 */
#include <errno.h>
#include <unistd.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/store/files.h"
#include "monitor/store/sqlite_copies.h"
#include "monitor/store/sqlite_open.h"

void
sqlite_remove(const char *path)
{
	static const char *const ends[] = {"", "-wal", "-shm", "-journal"};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		char *name = sqlite_path(path, ends[i]);

		unlink(name);
		free(name);
	}
}

/* In one step: in several, each commit of the service would make SQLite begin
 * anew. Nobody waits for it; the WAL grows meanwhile. */
enum status
sqlite_copy(struct store *to, struct store *from, struct err *e)
{
	sqlite3_backup *b;
	enum status st =
	    db_exec(to, "PRAGMA journal_mode=MEMORY;PRAGMA synchronous=OFF", e);

	if (st != ST_OK)
		return st;
	errno = 0;
	b = sqlite3_backup_init(to->db, "main", from->db, "main");
	if (b == NULL)
		return db_error(to, e);
	sqlite3_backup_step(b, -1);
	return sqlite3_backup_finish(b) == SQLITE_OK ? ST_OK : db_error(to, e);
}

static enum status
fill(struct store *to, struct store *from, struct err *e)
{
	enum status st = sqlite_connect(to, e);

	if (st == ST_OK)
		st = sqlite_copy(to, from, e);
	/* All in one file. */
	if (st == ST_OK)
		st = db_exec(to, "PRAGMA journal_mode=DELETE", e);
	return st == ST_OK ? sqlite_check_pages(to, e) : st;
}

static enum status
there_is(const char *file, struct err *e)
{
	return err_set(e, ST_BUSY,
	    "there is a %s already; it stays as it is, name another file",
	    QUOTE(span_str(file)));
}

static enum status
give_name(const char *part, const char *file, struct err *e)
{
	enum status st = files_sync(part, e);

	if (st == ST_OK && !files_name(part, file))
		st = errno == EEXIST ? there_is(file, e)
				     : files_fail("cannot make", file, e);
	return st == ST_OK ? files_sync_dir(file, e) : st;
}

enum status
sqlite_backup(struct store *s, const char *file, struct err *e)
{
	char *part = sqlite_path(file, ".part");
	struct store *to = sqlite_at(part, &s->keys);
	enum status st = access(file, F_OK) == 0 ? there_is(file, e) : ST_OK;

	if (st == ST_OK) {
		st = sqlite_make_file(part, e);
		if (st == ST_OK)
			st = fill(to, s, e);
		sqlite_close(to);
		if (st == ST_OK)
			st = give_name(part, file, e);
		if (st != ST_OK)
			sqlite_remove(part);
	} else {
		sqlite_close(to);
	}
	free(part);
	return st;
}
