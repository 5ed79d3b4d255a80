/*
 * keynext: the next master key, in FILE.new, on its way to FILE (seal.h). At
 * any moment one of the two is the store's, and a crash loses neither; the old
 * one is overwritten before the name is the new one's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/store/files.h"
#include "monitor/store/seal.h"

/* Beside the file itself, whatever links lead to it. */
struct places {
	char *file, *next;
};

static struct places
places_of(const char *file)
{
	struct places p = {realpath(file, NULL), NULL};
	struct buf b = {0};

	if (p.file == NULL)
		p.file = mem_str(file);
	buf_str(&b, p.file);
	buf_str(&b, ".new");
	p.next = mem_str(buf_cstr(&b));
	buf_fini(&b);
	return p;
}

static void
places_fini(struct places *p)
{
	free(p->file);
	free(p->next);
}

/* Nothing of the key is left in the file. */
static enum status
overwrite(const char *file, struct err *e)
{
	static const uint8_t zeros[KEY_LEN];
	int fd = open(file, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	enum status st = ST_OK;

	if (fd < 0)
		return files_fail("cannot overwrite key file", file, e);
	if (pwrite(fd, zeros, sizeof(zeros), 0) != (ssize_t)sizeof(zeros) ||
	    fsync(fd) != 0)
		st = files_fail("cannot overwrite key file", file, e);
	close(fd);
	return st;
}

static void
drop(const struct places *p)
{
	if (access(p->next, F_OK) != 0)
		return;
	overwrite(p->next, NULL);
	unlink(p->next);
}

/* Who could read the old key reads the new one. */
static enum status
same_owner(const struct places *p, struct err *e)
{
	struct stat old, new;

	if (stat(p->file, &old) != 0 || stat(p->next, &new) != 0)
		return files_fail("cannot look at key file", p->file, e);
	if ((old.st_uid != new.st_uid || old.st_gid != new.st_gid) &&
	    chown(p->next, old.st_uid, old.st_gid) != 0)
		return files_fail("cannot give away key file", p->next, e);
	return files_sync(p->next, e);
}

enum status
keys_next_make(struct keys *out, const char *file, struct err *e)
{
	struct places p = places_of(file);
	enum status st = ST_OK;

	drop(&p);
	/* Before anything depends on it. */
	if (faccessat(AT_FDCWD, p.file, W_OK, AT_EACCESS) != 0)
		st = files_fail("cannot replace key file", p.file, e);
	if (st == ST_OK)
		st = keys_create(p.next, e);
	if (st == ST_OK)
		st = same_owner(&p, e);
	if (st == ST_OK)
		st = keys_load(out, p.next, e);
	if (st != ST_OK)
		drop(&p);
	places_fini(&p);
	return st;
}

enum status
keys_next_load(struct keys *out, const char *file, struct err *e)
{
	struct places p = places_of(file);
	enum status st = access(p.next, F_OK) != 0 && errno == ENOENT
			     ? ST_MISSING
			     : keys_load(out, p.next, e);

	places_fini(&p);
	return st;
}

enum status
keys_next_take(const char *file, struct err *e)
{
	struct places p = places_of(file);
	enum status st = ST_OK;

	if (access(p.next, F_OK) == 0) {
		st = overwrite(p.file, e);
		if (st == ST_OK && rename(p.next, p.file) != 0)
			st = files_fail("cannot replace key file", p.file, e);
		if (st == ST_OK)
			st = files_sync_dir(p.file, e);
	}
	places_fini(&p);
	return st;
}

void
keys_next_drop(const char *file)
{
	struct places p = places_of(file);

	drop(&p);
	places_fini(&p);
}
