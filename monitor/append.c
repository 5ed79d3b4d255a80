/* append: see append.h. */
#include "monitor/append.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static enum status
append_errno(const char *path, struct err *e)
{
	enum status st = errno == ENOSPC || errno == EDQUOT ? ST_FULL : ST_IO;

	return err_set(e, st, "%s: %s",
	    strcmp(path, "-") ? path : "standard output", strerror(errno));
}

static enum status
append_bytes(int fd, struct span s, const char *path, struct err *e)
{
	ssize_t n;

	while (s.len > 0) {
		n = write(fd, s.p, s.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return append_errno(path, e);
		s = span_from(s, (size_t)n);
	}
	return ST_OK;
}

static enum status
append_start(int fd, const char *path, struct err *e)
{
	off_t end = lseek(fd, 0, SEEK_END);
	char last;

	if (end <= 0 || pread(fd, &last, 1, end - 1) != 1 || last == '\n')
		return ST_OK;
	return append_bytes(fd, span_str("\n"), path, e);
}

/* A pipe that nobody reads must not hold up the store: what does not fit is an
 * error, and comes again later. */
static int
append_open(const char *path)
{
	if (!strcmp(path, "-"))
		return fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	return open(path,
	    O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
	    0600);
}

enum status
append_lines(
    const char *path, const struct span *lines, size_t num, struct err *e)
{
	int fd = append_open(path);
	enum status st;

	if (fd < 0)
		return append_errno(path, e);
	st = append_start(fd, path, e);
	for (size_t i = 0; i < num && st == ST_OK; i++)
		st = append_bytes(fd, lines[i], path, e);
	/* A pipe or terminal cannot be synced, and need not be. */
	if (st == ST_OK && fsync(fd) != 0 && errno != EINVAL && errno != EROFS)
		st = append_errno(path, e);
	close(fd);
	return st;
}
