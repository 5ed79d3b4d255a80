/* append: what is done to the file; see append.h. The thread that does it is
 * appender.c. */
#include "monitor/append.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How long a reader may take nothing. */
#define PATIENCE_MS 10000

struct file {
	const char *path;
	int fd;
	struct stat is;
	uint8_t last; /* byte that was written */
};

static bool
is_standard(const char *path)
{
	return strcmp(path, "-") == 0;
}

static enum status
append_errno(const char *path, struct err *e)
{
	enum status st = errno == ENOSPC || errno == EDQUOT ? ST_FULL : ST_IO;

	return err_set(e, st, "%s: %s",
	    is_standard(path) ? "standard output" : path, strerror(errno));
}

/* Why it did not open. */
static enum status
append_refused(const char *path, bool pipe, struct err *e)
{
	if (errno != ENXIO)
		return append_errno(path, e);
	if (pipe)
		return err_set(e, ST_AGAIN, "%s: nobody reads this pipe", path);
	return err_set(e, ST_IO,
	    "%s: this is a socket; it has to be a file or a pipe, or "
	    "/dev/stdout or /dev/stderr, whatever these are",
	    path);
}

/* The program's own; -1: it is a file's name. */
static int
own_descriptor(const char *path)
{
	if (is_standard(path) || strcmp(path, "/dev/stdout") == 0)
		return STDOUT_FILENO;
	return strcmp(path, "/dev/stderr") == 0 ? STDERR_FILENO : -1;
}

/* A pipe is opened for writing alone: who can read it counts as a reader, and
 * it would take what nobody else ever gets. */
static enum status
append_open(struct file *f, struct err *e)
{
	int own = own_descriptor(f->path);
	bool pipe =
	    own < 0 && stat(f->path, &f->is) == 0 && S_ISFIFO(f->is.st_mode);

	if (own >= 0)
		f->fd = fcntl(own, F_DUPFD_CLOEXEC, 3);
	else
		f->fd = open(f->path,
		    (pipe ? O_WRONLY : O_RDWR) | O_APPEND | O_CREAT |
			O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		    0600);
	if (f->fd < 0)
		return append_refused(f->path, pipe, e);
	if (fstat(f->fd, &f->is) == 0 && !S_ISBLK(f->is.st_mode))
		return ST_OK;
	close(f->fd);
	return err_set(e, ST_IO, "%s: this is a disk, not a file", f->path);
}

/* Whoever is at the other end may be slow: as much at a time as never waits
 * when it is said to fit. */
static enum status
append_wait(const struct file *f, struct span *s, struct err *e)
{
	struct pollfd p = {.fd = f->fd, .events = POLLOUT};
	int rc;

	do
		rc = poll(&p, 1, is_standard(f->path) ? -1 : PATIENCE_MS);
	while (rc < 0 && errno == EINTR);
	if (rc == 0)
		return err_set(
		    e, ST_AGAIN, "%s: its reader takes nothing", f->path);
	if (s->len > PIPE_BUF)
		s->len = PIPE_BUF;
	return ST_OK;
}

static enum status
append_bytes(struct file *f, struct span s, struct err *e)
{
	enum status st;
	struct span some;
	ssize_t n;

	while (s.len > 0) {
		some = s;
		if (!S_ISREG(f->is.st_mode)) {
			st = append_wait(f, &some, e);
			if (st != ST_OK)
				return st;
		}
		n = write(f->fd, some.p, some.len);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return append_errno(f->path, e);
		if (n > 0)
			f->last = some.p[n - 1];
		s = span_from(s, n > 0 ? (size_t)n : 0);
	}
	return ST_OK;
}

/* As it stands there; `before` when it may be written but not read. */
static bool
is_cut_off(const struct file *f, bool before)
{
	off_t end = lseek(f->fd, 0, SEEK_END);
	char last;

	if (end <= 0)
		return false;
	if (pread(f->fd, &last, 1, end - 1) != 1)
		return before;
	return last != '\n';
}

enum status
append_text(const char *path, struct span text, bool *cut_off, struct err *e)
{
	struct file f = {.path = path, .last = *cut_off ? '\0' : '\n'};
	enum status st = append_open(&f, e);

	if (st != ST_OK)
		return st;
	if (S_ISREG(f.is.st_mode))
		*cut_off = is_cut_off(&f, *cut_off);
	if (*cut_off)
		st = append_bytes(&f, span_str("\n"), e);
	if (st == ST_OK)
		st = append_bytes(&f, text, e);
	/* A pipe or terminal cannot be synced, and need not be. */
	if (st == ST_OK && fsync(f.fd) != 0 && errno != EINVAL &&
	    errno != EROFS)
		st = append_errno(path, e);
	*cut_off = f.last != '\n';
	close(f.fd);
	return st;
}
