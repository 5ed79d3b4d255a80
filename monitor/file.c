/* file: reading a whole file, or a key; see wants.h. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/text.h"
#include "monitor/wants.h"

static enum status
file_errno(const char *path, struct err *e)
{
	enum status st = errno == ENOENT || errno == ENOTDIR ? ST_MISSING
			 : errno == EACCES || errno == EPERM ? ST_DENIED
							     : ST_IO;

	return err_set(e, st, "%s: %s", QUOTE(span_str(path)), strerror(errno));
}

static enum status
file_drain(
    struct buf *out, int fd, const char *path, size_t limit, struct err *e)
{
	ssize_t n;

	do {
		n = read(fd, buf_room(out, 65536), 65536);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return file_errno(path, e);
		out->len += (size_t)n;
		if (out->len > limit)
			return err_set(e, ST_LIMIT,
			    "%s is larger than %zu bytes",
			    QUOTE(span_str(path)), limit);
	} while (n != 0);
	return ST_OK;
}

enum status
file_read(struct buf *out, const char *path, size_t limit, struct err *e)
{
	int fd = !strcmp(path, "-") ? fcntl(0, F_DUPFD_CLOEXEC, 3)
				    : open(path, O_RDONLY | O_CLOEXEC);
	enum status st;

	if (fd < 0)
		return file_errno(path, e);
	st = file_drain(out, fd, path, limit, e);
	close(fd);
	return st;
}

enum status
file_read_key(struct logkey **out, const char *file, struct err *e)
{
	struct buf b = {0};
	enum status st = file_read(&b, file, LIMIT_HEAD, e);

	if (st == ST_OK) {
		st = logkey_parse(out, buf_span(&b), e);
		if (st != ST_OK)
			err_prefix(e, "%s", QUOTE(span_str(file)));
	}
	buf_fini(&b);
	return st;
}
