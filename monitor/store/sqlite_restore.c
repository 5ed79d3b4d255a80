/*
 * sqlite_restore: a backup becomes the store. It is copied beside the store,
 * checked, brought up to date and to what has ended since (sqlite_carry.c);
 * then the two change places in one step.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/store/files.h"
#include "monitor/store/sqlite_copies.h"
#include "monitor/store/sqlite_open.h"

struct places {
	const char *file, *path; /* the backup, the store */
	char *fresh, *before;
};

static bool
same_file(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

/* --- the new store --------------------------------------------------------- */

static enum status
open_backup(struct store *from, struct err *e)
{
	int64_t any;
	enum status st = sqlite_connect(from, e);

	/* Is it a database at all? */
	return st == ST_OK ? db_ask(from, "PRAGMA schema_version", &any, e)
			   : st;
}

/* A copy made by other means may want files beside it, where none can be. */
static enum status
open_readonly(struct store *from, struct err *e)
{
	char *wal = sqlite_path(from->path, "-wal");
	enum status st = open_backup(from, e);

	if (st != ST_OK && access(wal, F_OK) != 0) {
		sqlite3_close(from->db);
		from->db = NULL;
		from->immutable = true;
		st = open_backup(from, e);
	}
	free(wal);
	return st;
}

static enum status
copy_backup(struct store *to, const char *file, struct err *e)
{
	struct store *from = sqlite_at(file, &to->keys);
	enum status st;

	from->read_only = true;
	st = open_readonly(from, e);
	if (st == ST_OK)
		st = sqlite_copy(to, from, e);
	sqlite_close(from);
	return st;
}

/* What is wrong with it is wrong with the backup. */
static enum status
check_backup(struct store *s, const char *file, struct err *e)
{
	char *path = s->path;
	enum status st;

	s->path = mem_str(file);
	st = sqlite_check_pages(s, e);
	if (st == ST_OK)
		st = sqlite_check_version(s, e);
	if (st == ST_OK)
		st = sqlite_check_keys(s, e);
	free(s->path);
	s->path = path;
	return st;
}

/* Nobody else sees it yet, so it is synced once, at the end. */
static enum status
fill_fresh(struct store *s, const struct places *p, struct err *e)
{
	enum status st = sqlite_connect(s, e);

	if (st == ST_OK)
		st = copy_backup(s, p->file, e);
	if (st == ST_OK)
		st = check_backup(s, p->file, e);
	if (st == ST_OK)
		st = sqlite_prepare_writing(s, e);
	if (st == ST_OK)
		st = sqlite_migrate(s, e);
	if (st == ST_OK)
		st = sqlite_secret_make(s, e);
	return st == ST_OK ? db_exec(s, "PRAGMA synchronous=OFF", e) : st;
}

static enum status
same_owner(const struct places *p, struct err *e)
{
	struct stat old;

	if (stat(p->path, &old) != 0 ||
	    (old.st_uid == geteuid() && old.st_gid == getegid()))
		return ST_OK;
	return chown(p->fresh, old.st_uid, old.st_gid) == 0
		   ? ST_OK
		   : files_fail("cannot give away", p->fresh, e);
}

/* --- the former one -------------------------------------------------------- */

/* All of it into its one file; what cannot be done stays beside it. */
static enum status
collect_wal(const char *path, struct err *e)
{
	static const struct keys none;
	struct store *s = sqlite_at(path, &none);
	enum status st = sqlite_connect(s, NULL);
	int rc = SQLITE_OK;

	if (st == ST_OK)
		rc = sqlite3_wal_checkpoint_v2(
		    s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite_close(s);
	return rc == SQLITE_BUSY
		   ? err_set(e, ST_BUSY,
			 "store %s is being read by another program; wait "
			 "until it is done",
			 QUOTE(span_str(path)))
		   : ST_OK;
}

/* The files beside it must not be taken for the new one's. */
static enum status
keep_wal(const struct places *p, struct err *e)
{
	char *wal = sqlite_path(p->path, "-wal");
	char *shm = sqlite_path(p->path, "-shm");
	char *kept = sqlite_path(p->before, "-wal");
	enum status st = ST_OK;

	if (rename(wal, kept) != 0 && errno != ENOENT)
		st = files_fail("cannot keep", wal, e);
	unlink(shm);
	free(wal);
	free(shm);
	free(kept);
	return st;
}

/* --- the verb -------------------------------------------------------------- */

static enum status
change_places(const struct places *p, bool former, struct err *e)
{
	enum status st = former ? keep_wal(p, e) : ST_OK;

	if (st == ST_OK && former && link(p->path, p->before) != 0 &&
	    !same_file(p->path, p->before))
		st =
		    files_fail("cannot keep the former store as", p->before, e);
	if (st == ST_OK && rename(p->fresh, p->path) != 0)
		st = files_fail("cannot put in place", p->path, e);
	return st == ST_OK ? files_sync_dir(p->path, e) : st;
}

static enum status
refuse(const struct places *p, bool former, struct err *e)
{
	if (access(p->file, R_OK) != 0)
		return files_fail("cannot read backup", p->file, e);
	if (same_file(p->file, p->path))
		return err_set(e, ST_USAGE, "%s is the store itself",
		    QUOTE(span_str(p->file)));
	if (former && access(p->before, F_OK) == 0 &&
	    !same_file(p->before, p->path))
		return err_set(e, ST_BUSY,
		    "there is a %s from a restore before; remove it or move it "
		    "away first",
		    QUOTE(span_str(p->before)));
	return ST_OK;
}

static enum status
make_fresh(const struct places *p, const struct keys *k,
    const struct actor *who, struct ledger_restored *out, struct err *e)
{
	struct store *s = sqlite_at(p->fresh, k);
	enum status st = sqlite_make_file(p->fresh, e);

	if (st == ST_OK)
		st = fill_fresh(s, p, e);
	if (st == ST_OK)
		st = sqlite_carry(s, out->former ? p->path : NULL, who, out, e);
	/* What a damaged one left here must not be damage. */
	if (st == ST_OK && !out->whole)
		st = sqlite_check_pages(s, e);
	sqlite_close(s);
	if (st == ST_OK)
		st = same_owner(p, e);
	return st == ST_OK ? files_sync(p->fresh, e) : st;
}

static enum status
restore(const struct store_conf *c, const struct places *p,
    const struct actor *who, struct ledger_restored *out, struct err *e)
{
	enum status st;

	out->former = access(p->path, F_OK) == 0;
	out->whole = out->never = true;
	st = refuse(p, out->former, e);
	if (st == ST_OK && out->former)
		st = collect_wal(p->path, e);
	if (st == ST_OK)
		st = make_fresh(p, &c->keys, who, out, e);
	if (st == ST_OK)
		st = change_places(p, out->former, e);
	if (st != ST_OK)
		sqlite_remove(p->fresh);
	return st;
}

enum status
sqlite_restore(const struct store_conf *c, const char *file,
    const struct actor *who, struct ledger_restored *out, struct err *e)
{
	struct places p = {.file = file, .path = sqlite_path_of(c->url)};
	int lock = -1;
	enum status st = sqlite_lock(&lock, p.path, c, e);

	*out = (struct ledger_restored){0};
	if (st != ST_OK)
		return st;
	p.fresh = sqlite_path(p.path, ".new");
	p.before = sqlite_path(p.path, ".before");
	st = restore(c, &p, who, out, e);
	close(lock);
	free(p.fresh);
	if (st == ST_OK && out->former)
		out->before = p.before;
	else
		free(p.before);
	return st;
}
