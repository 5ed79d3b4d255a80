/*
 * sqlite_check: whether a database is a whole store of ours, of which version,
 * and bringing it to the present one. Nothing is written before the answers
 * are known.
 */
#include <fcntl.h>
#include <unistd.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/store/files.h"
#include "monitor/store/sqlite_open.h"

/* "INDL", as 0001.sql sets it. */
#define APPLICATION_ID 0x494e444c

/* Migration i makes version i + 1. */
static const char *const migrations[] = {
#include "0001.sql.h"
    ,
#include "0002.sql.h"
    ,
#include "0003.sql.h"
    ,
#include "0004.sql.h"
    ,
#include "0005.sql.h"
    ,
#include "0006.sql.h"
    ,
#include "0007.sql.h"
    ,
#include "0008.sql.h"
    ,
#include "0009.sql.h"
};
#define VERSION ((int)(sizeof(migrations) / sizeof(migrations[0])))

/* Each migration in a transaction, together with its number. */
static enum status
migrate_to(struct store *s, int version, struct err *e)
{
	struct buf sql = {0};
	enum status st = db_begin(s, e);

	if (st != ST_OK)
		return st;
	buf_str(&sql, migrations[version - 1]);
	buf_fmt(&sql, ";PRAGMA user_version=%d", version);
	st = db_end(s, db_exec(s, buf_cstr(&sql), e), e);
	buf_fini(&sql);
	return st;
}

enum status
sqlite_migrate(struct store *s, struct err *e)
{
	int64_t version;
	enum status st = db_ask(s, "PRAGMA user_version", &version, e);

	while (st == ST_OK && version < VERSION)
		st = migrate_to(s, (int)++version, e);
	return st;
}

enum status
sqlite_check_version(struct store *s, struct err *e)
{
	const char *path = QUOTE(span_str(s->path));
	int64_t app, version;
	enum status st = db_ask(s, "PRAGMA application_id", &app, e);

	if (st == ST_OK)
		st = db_ask(s, "PRAGMA user_version", &version, e);
	if (st != ST_OK)
		return st;
	if (app != APPLICATION_ID || version < 1)
		return err_set(e, ST_BAD,
		    "%s is no store, or is damaged; keep a copy and put back "
		    "your last copy of it (BACKUP in indelible(8))",
		    QUOTE(span_str(path)));
	if (version > VERSION)
		return err_set(e, ST_NEWER,
		    "store %s has version %d, this program knows versions up "
		    "to %d; use the newer program",
		    QUOTE(span_str(path)), (int)version, VERSION);
	if (version < VERSION && s->read_only)
		return err_set(e, ST_USAGE,
		    "store %s has version %d of %d; run `indelible store "
		    "migrate`",
		    QUOTE(span_str(path)), (int)version, VERSION);
	return ST_OK;
}

enum status
sqlite_check_keys(struct store *s, struct err *e)
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

/* SQLite's check calls a page that cannot be read damaged; a backup would not
 * help against that. */
static enum status
check_readable(const char *path, struct err *e)
{
	uint8_t page[65536];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = -1;
	off_t at = 0;
	enum status st = ST_OK;

	while (fd >= 0 && (n = pread(fd, page, sizeof(page), at)) > 0)
		at += n;
	if (n < 0)
		st = files_fail("cannot read store", path, e);
	if (fd >= 0)
		close(fd);
	return st;
}

enum status
sqlite_check_pages(struct store *s, struct err *e)
{
	int64_t bad = 0;
	enum status st = db_ask(s, "PRAGMA quick_check(1)", &bad, e);

	if (st == ST_OK && bad == 0)
		return ST_OK;
	if (st == ST_OK)
		st = err_set(e, ST_BAD,
		    "store %s is damaged; keep a copy of the files and put "
		    "back your last copy of it (BACKUP in indelible(8))",
		    QUOTE(span_str(s->path)));
	if (st == ST_BAD)
		st = check_readable(s->path, e) != ST_OK ? ST_IO : ST_BAD;
	return st;
}
