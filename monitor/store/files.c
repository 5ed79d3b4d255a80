/* files: see files.h. */
#include "monitor/store/files.h"

#include <errno.h>
#include <fcntl.h>
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
