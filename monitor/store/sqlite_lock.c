/*
 * sqlite_lock: the files beside the database, and the flock on PATH.lock that
 * the one writer holds.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/store/files.h"
#include "monitor/store/sqlite_open.h"

char *
sqlite_path(const char *path, const char *more)
{
	struct buf b = {0};

	buf_str(&b, path);
	buf_str(&b, more);
	buf_cstr(&b);
	return (char *)b.p;
}

static enum status
busy(int fd, const char *path, struct err *e)
{
	char who[LIMIT_QUOTE];
	ssize_t n = pread(fd, who, sizeof(who), 0);

	return err_set(e, ST_BUSY,
	    "store %s is in use by %s; stop it first (systemctl stop "
	    "indelible), then run this again",
	    QUOTE(span_str(path)),
	    n > 0 ? QUOTE(span_of(who, (size_t)n)) : "another process");
}

static void
lock_sign(int fd, const char *owner)
{
	if (owner == NULL)
		owner = "";
	/* Only words for the next one; the lock holds without them. */
	if (ftruncate(fd, 0) != 0 || pwrite(fd, owner, strlen(owner), 0) < 0)
		return;
}

/* Who only asks, as sqlite_locked does, has the lock for a moment, too. */
static bool
hold(int fd)
{
	const struct timespec moment = {.tv_nsec = 5000000};

	for (int i = 0; i < 10; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return true;
		if (errno != EWOULDBLOCK)
			return false;
		nanosleep(&moment, NULL);
	}
	errno = EWOULDBLOCK;
	return false;
}

/* The lock file is never removed: that would let two hold "the" lock. */
enum status
sqlite_lock(
    int *out, const char *path, const struct store_conf *c, struct err *e)
{
	char *file = sqlite_path(path, ".lock");
	int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	enum status st = ST_OK;

	if (fd < 0)
		st = files_fail("cannot open", file, e);
	else if (!hold(fd))
		st = errno == EWOULDBLOCK ? busy(fd, path, e)
					  : files_fail("cannot lock", file, e);
	free(file);
	if (st != ST_OK) {
		if (fd >= 0)
			close(fd);
		return st;
	}
	lock_sign(fd, c->owner);
	*out = fd;
	return ST_OK;
}

bool
sqlite_locked(const char *path, char owner[STORE_OWNER])
{
	char *file = sqlite_path(path, ".lock");
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	bool locked = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0;
	ssize_t n = 0;

	if (owner != NULL) {
		n = locked ? pread(fd, owner, STORE_OWNER - 1, 0) : 0;
		owner[n > 0 ? n : 0] = '\0';
	}
	if (fd >= 0)
		close(fd);
	free(file);
	return locked;
}
