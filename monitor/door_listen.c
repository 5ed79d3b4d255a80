/* door_listen: see door_listen.h. */
#include "monitor/door_listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/text.h"

#define BACKLOG 128

static enum status
fail(const char *where, struct err *e)
{
	const char *advice = "look at the system log";
	enum status st = ST_IO;

	switch (errno) {
	case EADDRINUSE:
		st = ST_BUSY;
		advice = "another program listens there; choose another place, "
			 "or stop that one";
		break;
	case EACCES:
	case EPERM:
	case EROFS:
		st = ST_DENIED;
		advice = "check owner and mode, or choose another place";
		break;
	case ENOENT:
	case ENOTDIR:
		st = ST_MISSING;
		advice = "make the directory, or choose another place";
		break;
	case EADDRNOTAVAIL:
	case EAFNOSUPPORT:
		st = ST_USAGE;
		advice = "this machine has no such address";
		break;
	default:
		break;
	}
	return err_set(e, st, "cannot listen on %s: %s; %s",
	    QUOTE(span_str(where)), strerror(errno), advice);
}

static int
new_socket(int family)
{
	return socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* --- TCP -------------------------------------------------------------------- */

/* Host and port of "host:port", the host without brackets. */
static bool
split(char host[64], const char **port, const char *address)
{
	const char *colon = strrchr(address, ':');
	size_t len = colon ? (size_t)(colon - address) : 0;

	if (len > 2 && address[0] == '[' && address[len - 1] == ']') {
		address++;
		len -= 2;
	}
	if (len == 0 || len >= 64)
		return false;
	memcpy(host, address, len);
	host[len] = '\0';
	if (strcasecmp(host, "localhost") == 0)
		memcpy(host, "127.0.0.1", sizeof("127.0.0.1"));
	*port = colon + 1;
	return true;
}

static bool
bind_tcp(int fd, const struct addrinfo *a)
{
	int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0)
		return false;
	if (a->ai_family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0)
		return false;
	return bind(fd, a->ai_addr, a->ai_addrlen) == 0 &&
	       listen(fd, BACKLOG) == 0;
}

static int
port_of(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} a;
	socklen_t len = sizeof(a);

	ASSERT(getsockname(fd, &a.any, &len) == 0);
	return ntohs(
	    a.any.sa_family == AF_INET6 ? a.in6.sin6_port : a.in.sin_port);
}

enum status
listen_tcp(int *fd, int *port, const char *address, struct err *e)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
	struct addrinfo *a = NULL;
	const char *service;
	enum status st = ST_OK;
	char host[64];

	if (!split(host, &service, address) ||
	    getaddrinfo(host, service, &hints, &a) != 0)
		return err_set(e, ST_USAGE, "%s is no address to listen on",
		    QUOTE(span_str(address)));
	*fd = new_socket(a->ai_family);
	if (*fd < 0 || !bind_tcp(*fd, a)) {
		st = fail(address, e);
		if (*fd >= 0)
			close(*fd);
	} else {
		*port = port_of(*fd);
	}
	freeaddrinfo(a);
	return st;
}

/* --- UNIX sockets ------------------------------------------------------------- */

/* A socket that nobody listens on: what is left of a crash. */
static bool
is_stale(const struct sockaddr_un *a)
{
	struct stat sb;
	bool stale;
	int fd;

	if (lstat(a->sun_path, &sb) != 0 || !S_ISSOCK(sb.st_mode))
		return false;
	fd = new_socket(AF_UNIX);
	if (fd < 0)
		return false;
	stale = connect(fd, (const struct sockaddr *)a, sizeof(*a)) != 0 &&
		errno == ECONNREFUSED;
	close(fd);
	return stale;
}

static bool
bind_path(int fd, const struct sockaddr_un *a)
{
	return bind(fd, (const struct sockaddr *)a, sizeof(*a)) == 0;
}

/* Nobody else may connect at any time: it is made without rights for them. */
static bool
bind_unix(int fd, const struct sockaddr_un *a)
{
	if (fchmod(fd, 0600) != 0)
		return false;
	if (!bind_path(fd, a)) {
		if (errno != EADDRINUSE)
			return false;
		if (is_stale(a))
			unlink(a->sun_path);
		errno = EADDRINUSE;
		if (access(a->sun_path, F_OK) == 0 || !bind_path(fd, a))
			return false;
	}
	return listen(fd, BACKLOG) == 0 && chmod(a->sun_path, 0660) == 0;
}

enum status
listen_unix(int *fd, const char *path, struct err *e)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	size_t len = strlen(path);
	enum status st;

	if (len == 0 || len >= sizeof(a.sun_path))
		return err_set(e, ST_USAGE,
		    "%s cannot be the name of a socket: it has %zu bytes, and "
		    "may have %zu",
		    QUOTE(span_str(path)), len, sizeof(a.sun_path) - 1);
	memcpy(a.sun_path, path, len);
	*fd = new_socket(AF_UNIX);
	if (*fd >= 0 && bind_unix(*fd, &a))
		return ST_OK;
	st = fail(path, e);
	if (*fd >= 0)
		close(*fd);
	return st;
}
