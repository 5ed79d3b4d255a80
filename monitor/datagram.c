/* datagram: see datagram.h. */
#include "monitor/datagram.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static enum status
status_of(int error)
{
	switch (error) {
	case ENOENT:
	case ECONNREFUSED:
	case EPROTOTYPE:
	case ENOTSOCK:
		return ST_UNREACHABLE;
	case EAGAIN:
	case ENOBUFS:
		return ST_AGAIN;
	case EMSGSIZE:
		return ST_LIMIT;
	case EACCES:
	case EPERM:
		return ST_DENIED;
	default:
		return ST_IO;
	}
}

enum status
datagram_send(const char *path, struct span body, struct err *e)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	ssize_t n = -1;
	int fd, error;

	if (strlen(path) >= sizeof(to.sun_path))
		return err_set(e, ST_BAD, "%s is too long for a socket", path);
	memcpy(to.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0)
		n = sendto(fd, body.p, body.len, MSG_NOSIGNAL,
		    (const struct sockaddr *)&to, sizeof(to));
	error = errno;
	if (fd >= 0)
		close(fd);
	if (n >= 0)
		return ST_OK;
	return err_set(e, status_of(error), "%s: %s", path, strerror(error));
}
