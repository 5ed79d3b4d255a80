/* secret: see secret.h. Not here: the master key (store/keyfile.c). */
#include "monitor/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/store/keyfile.h"

#define SECRET_MAX 1024
#define TEXT_MAX 16384

void
secret_fini(struct buf *b)
{
	if (b->p != NULL)
		mem_wipe(b->p, b->cap);
	buf_fini(b);
}

static enum status
first_line(
    struct buf *out, int fd, const char *what, const char *file, struct err *e)
{
	uint8_t *p = buf_room(out, SECRET_MAX + 1);
	ssize_t n = read(fd, p, SECRET_MAX);

	if (n < 0)
		return err_set(e, ST_IO, "%s %s: %s", what,
		    QUOTE(span_str(file)), strerror(errno));
	out->len = span_chr(span_of(p, (size_t)n), '\n');
	if (out->len > 0 && p[out->len - 1] == '\r')
		out->len--;
	if (out->len == 0 || out->len == SECRET_MAX ||
	    memchr(p, '\0', out->len) != NULL)
		return err_set(e, ST_BAD,
		    "%s %s: its first line is %s; write the secret there, "
		    "and nothing else",
		    what, QUOTE(span_str(file)),
		    out->len == 0 ? "empty" : "too long, or no text");
	return ST_OK;
}

static enum status
all_text(
    struct buf *out, int fd, const char *what, const char *file, struct err *e)
{
	uint8_t *p = buf_room(out, TEXT_MAX);
	ssize_t n = read(fd, p, TEXT_MAX);

	if (n < 0)
		return err_set(e, ST_IO, "%s %s: %s", what,
		    QUOTE(span_str(file)), strerror(errno));
	out->len = (size_t)n;
	if (n == 0 || n == TEXT_MAX || memchr(p, '\0', out->len) != NULL)
		return err_set(e, ST_BAD, "%s %s: it is %s", what,
		    QUOTE(span_str(file)),
		    n == 0 ? "empty" : "too long, or no text");
	return ST_OK;
}

/* Reads an open file as it is wanted. */
typedef enum status reader(
    struct buf *out, int fd, const char *what, const char *file, struct err *e);

static enum status
secret_open(struct buf *out, reader *read_it, const char *what,
    const char *file, struct err *e)
{
	/* Not to hang on a FIFO that somebody put there. */
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	enum status st;

	if (fd < 0)
		return err_set(e, errno == ENOENT ? ST_MISSING : ST_DENIED,
		    "%s %s: %s", what, QUOTE(span_str(file)), strerror(errno));
	st = keyfile_private(fd, what, file, e);
	if (st == ST_OK)
		st = read_it(out, fd, what, file, e);
	close(fd);
	if (st != ST_OK)
		secret_fini(out);
	return st;
}

enum status
secret_read(struct buf *out, const char *what, const char *file, struct err *e)
{
	return secret_open(out, first_line, what, file, e);
}

enum status
secret_text(struct buf *out, const char *what, const char *file, struct err *e)
{
	return secret_open(out, all_text, what, file, e);
}
