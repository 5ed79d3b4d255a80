/* files: see files.h. */
#include "monitor/store/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"

static const struct fault {
	int number;
	enum status st;
	const char *advice;
} faults[] = {
    {ENOENT, ST_MISSING, "check the path"},
    {ENOTDIR, ST_MISSING, "check the path"},
    {EACCES, ST_DENIED, "check owner and mode"},
    {EPERM, ST_DENIED, "check owner and mode"},
    {EROFS, ST_DENIED, "the file system is mounted read-only"},
    {ENOSPC, ST_FULL, "free some space"},
    {EDQUOT, ST_FULL, "raise the quota or free some space"},
    {EFBIG, ST_FULL, "raise the file size limit"},
};

enum status
files_fail(const char *what, const char *path, struct err *e)
{
	struct fault f = {errno, ST_IO, "look at the disk and the system log"};

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (faults[i].number == f.number)
			f = faults[i];
	return err_set(e, f.st, "%s %s: %s; %s", what, QUOTE(span_str(path)),
	    strerror(f.number), f.advice);
}

enum status
files_sync(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum status st = ST_OK;

	if (fd < 0 || fsync(fd) != 0)
		st = files_fail("cannot sync", path, e);
	if (fd >= 0)
		close(fd);
	return st;
}

/* Not every file system can rename so; those that cannot have links. */
bool
files_name(const char *from, const char *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return true;
	if (errno != EINVAL && errno != ENOSYS)
		return false;
	return link(from, to) == 0 && unlink(from) == 0;
}

enum status
files_sync_dir(const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash == NULL ? mem_str(".")
				  : mem_strn(path, (size_t)(slash - path) + 1);
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum status st = ST_OK;

	if (fd < 0 || fsync(fd) != 0)
		st = files_fail("cannot sync directory", dir, e);
	if (fd >= 0)
		close(fd);
	free(dir);
	return st;
}

/* --- secrets ------------------------------------------------------------------ */

/* A new file that is synced under its name for the time being; a crash may
 * leave it, with a secret that is nobody's. */
static enum status
make_fresh(char *fresh, struct span bytes)
{
	int fd = mkostemp(fresh, O_CLOEXEC); /* mode 0600 */
	ssize_t n;

	if (fd < 0)
		return ST_IO;
	n = write(fd, bytes.p, bytes.len);
	if (n >= 0 && n != (ssize_t)bytes.len)
		errno = ENOSPC;
	if (n != (ssize_t)bytes.len || fsync(fd) != 0) {
		close(fd);
		return ST_IO;
	}
	close(fd);
	return ST_OK;
}

enum status
files_create(
    const char *what, const char *path, struct span bytes, struct err *e)
{
	struct buf name = {0};
	enum status st;
	char *fresh, why[64];

	if (access(path, F_OK) == 0)
		return ST_OK;
	buf_str(&name, path);
	buf_str(&name, ".XXXXXX");
	buf_cstr(&name);
	fresh = (char *)name.p;
	snprintf(why, sizeof(why), "cannot make %s", what);
	st = make_fresh(fresh, bytes);
	if (st == ST_OK && !files_name(fresh, path) && errno != EEXIST)
		st = ST_IO;
	if (st != ST_OK)
		st = files_fail(why, path, e);
	unlink(fresh);
	if (st == ST_OK)
		st = files_sync_dir(path, e);
	buf_fini(&name);
	return st;
}
