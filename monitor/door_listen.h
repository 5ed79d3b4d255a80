/*
 * door_listen: the sockets that a door listens on.
 */
#ifndef MONITOR_DOOR_LISTEN_H
#define MONITOR_DOOR_LISTEN_H

#include "ctlog/base/err.h"

/* "127.0.0.1:9469", "[::1]:0", "localhost:80". As door_open, with the port. */
enum status listen_tcp(int *fd, int *port, const char *address, struct err *e);
/* Made 0660. One that nobody listens on any more gives way. */
enum status listen_unix(int *fd, const char *path, struct err *e);

#endif
