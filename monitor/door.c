/*
 * door: see door.h. libmicrohttpd has one daemon for TCP and one for the UNIX
 * socket; its epoll descriptors are watched by the loop. Which sockets there
 * are is in door_listen.c, what requests must look like in door_request.c.
 *
 * A connection is one call: since every answer closes its connection, nothing
 * that somebody put behind a request is ever read as a second one.
 */
#include "monitor/door.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctlog/base/mem.h"
#include "monitor/door_listen.h"
#include "monitor/door_private.h"

/* Headers and a part of the body; more headers than this are refused. */
#define MEMORY ((size_t)32 << 10)
/* Whoever is silent for so long is cut off, or slower than so many bytes a
 * second after that. */
#define PATIENCE_S 10
#define SLOWEST 10000.0
#define SWEEP_S 1.0
#define SOON_S 1e-9

struct side {
	struct door *door;
	struct MHD_Daemon *daemon;
	ev_io io;
};

enum { TCP, UNIX, NUM_SIDES };

struct door {
	struct door_conf conf;
	struct side sides[NUM_SIDES];
	ev_timer timer;
	int port;
	char *path; /* of the UNIX socket that we made, and which that is */
	dev_t dev;
	ino_t ino;
	bool shut;
	bool again; /* a connection has ended: others may be let in */
	struct door_call *calls; /* one for each connection */
};

/* --- time ------------------------------------------------------------------- */

static double
door_now(const struct door *d)
{
	return ev_now(d->conf.loop);
}

/* It has until then, and longer for what it moves. */
static void
call_phase(struct door_call *c, enum call_phase phase)
{
	c->phase = phase;
	c->deadline = door_now(c->door) + PATIENCE_S;
}

/* libmicrohttpd ends a connection that is silent, and nobody who sends a byte
 * now and then: for it this looks as if the other side had ended it. */
static void
door_sweep(struct door *d)
{
	for (struct door_call *c = d->calls; c != NULL; c = c->next)
		if (c->phase != CALL_WAITS && c->deadline < door_now(d))
			shutdown(c->fd, SHUT_RDWR);
}

static void
door_schedule(struct door *d)
{
	double after = d->calls != NULL ? SWEEP_S : 0;
	MHD_UNSIGNED_LONG_LONG ms;

	/* At its limit libmicrohttpd leaves the listening socket alone, and
	 * looks whether it is below only at the begin of its next turn. */
	if (d->again)
		after = SOON_S;
	d->again = false;
	ev_timer_stop(d->conf.loop, &d->timer);
	for (int i = 0; i < NUM_SIDES; i++) {
		struct MHD_Daemon *m = d->sides[i].daemon;

		if (m != NULL && MHD_get_timeout(m, &ms) == MHD_YES &&
		    (after == 0 || (double)ms / 1000.0 < after))
			after = ms == 0 ? SOON_S : (double)ms / 1000.0;
	}
	if (after == 0)
		return;
	ev_timer_set(&d->timer, after, 0.0);
	ev_timer_start(d->conf.loop, &d->timer);
}

static void
door_turn(struct door *d)
{
	for (int i = 0; i < NUM_SIDES; i++)
		if (d->sides[i].daemon != NULL)
			MHD_run(d->sides[i].daemon);
	door_sweep(d);
	door_schedule(d);
}

static void
door_on_io(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)loop;
	(void)revents;
	door_turn(((struct side *)w->data)->door);
}

static void
door_on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	door_turn(w->data);
}

/* --- a call --------------------------------------------------------------------- */

static struct door_call *
call_new(struct side *s, struct MHD_Connection *conn)
{
	struct door_call *c = NEW(struct door_call);
	struct door *d = s->door;

	c->door = d;
	c->conn = conn;
	c->fd = MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CONNECTION_FD)
		    ->connect_fd;
	c->next = d->calls;
	if (c->next != NULL)
		c->next->prev = c;
	d->calls = c;
	call_phase(c, CALL_HEAD);
	request_peer(c, s == &d->sides[UNIX]);
	return c;
}

static void
call_free(struct door_call *c)
{
	ASSERT(c->phase != CALL_WAITS);
	c->door->again = true;
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		c->door->calls = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	if (c->response != NULL)
		MHD_destroy_response(c->response);
	query_fini(&c->query);
	buf_fini(&c->body);
	free(c);
}

static void
on_connection(void *arg, struct MHD_Connection *conn, void **context,
    enum MHD_ConnectionNotificationCode what)
{
	if (what == MHD_CONNECTION_NOTIFY_STARTED)
		*context = call_new(arg, conn);
	else if (*context != NULL)
		call_free(*context);
}

/* The request line, before its escapes are undone by others. */
static void *
on_target(void *arg, const char *target, struct MHD_Connection *conn)
{
	struct door_call *c =
	    MHD_get_connection_info(conn, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
		->socket_context;
	struct err e;

	(void)arg;
	if (query_target(&c->query, span_str(target), &e) != ST_OK)
		c->fault = "The request's target is not a path, or not "
			   "escaped as it must be.";
	return c;
}

static enum MHD_Result
call_send(struct door_call *c)
{
	call_phase(c, CALL_SENDS);
	c->deadline += (double)c->len / SLOWEST;
	return MHD_queue_response(c->conn, (unsigned)c->code, c->response);
}

static enum MHD_Result
call_refuse(struct door_call *c)
{
	struct buf text = {0};
	struct door_answer a = {.code = 400, .content_type = "text/plain"};

	buf_fmt(&text, "%s\n", c->fault);
	a.body = buf_span(&text);
	door_answer(c, &a);
	buf_fini(&text);
	return call_send(c);
}

static enum MHD_Result
call_begin(struct door_call *c, const char *method, const char *version)
{
	const struct door_conf *conf = &c->door->conf;

	if (!request_head(c, method, version) || c->door->shut) {
		if (c->fault == NULL)
			c->fault = "The service is being stopped.";
		return call_refuse(c);
	}
	c->limit = conf->body_limit(conf->arg, &c->r);
	call_phase(c, CALL_BODY);
	return MHD_YES;
}

/* What is too much is read to its end and forgotten, within the time of a
 * short one: who still sends would not read an answer. */
static void
call_take(struct door_call *c, const char *data, size_t len)
{
	c->r.too_large |= len > c->limit - c->body.len;
	if (c->r.too_large) {
		buf_fini(&c->body);
		return;
	}
	buf_add(&c->body, data, len);
	c->deadline += (double)len / SLOWEST;
}

static enum MHD_Result
call_ask(struct door_call *c)
{
	const struct door_conf *conf = &c->door->conf;

	c->r.body = buf_span(&c->body);
	c->phase = CALL_ASKED;
	conf->request(conf->arg, c, &c->r);
	if (c->response != NULL)
		return call_send(c);
	c->phase = CALL_WAITS;
	MHD_suspend_connection(c->conn);
	return MHD_YES;
}

/* Called when the head is there, for each part of the body, at its end, and
 * when a call that waited has its answer. */
static enum MHD_Result
on_request(void *arg, struct MHD_Connection *conn, const char *url,
    const char *method, const char *version, const char *data, size_t *len,
    void **context)
{
	struct door_call *c = *context;

	(void)arg;
	(void)conn;
	(void)url;
	if (c->phase == CALL_HEAD)
		return call_begin(c, method, version);
	if (c->phase == CALL_ANSWERED)
		return call_send(c);
	if (*len == 0)
		return call_ask(c);
	call_take(c, data, *len);
	*len = 0;
	return MHD_YES;
}

static void
response_header(struct MHD_Response *r, const char *line)
{
	const char *colon = strstr(line, ": ");
	char *name;

	ASSERT(colon != NULL);
	name = mem_strn(line, (size_t)(colon - line));
	ASSERT(MHD_add_response_header(r, name, colon + 2) == MHD_YES);
	free(name);
}

void
door_answer(struct door_call *c, const struct door_answer *a)
{
	void *body = (void *)(uintptr_t)a->body.p;
	struct MHD_Response *r = MHD_create_response_from_buffer(
	    a->body.len, body, MHD_RESPMEM_MUST_COPY);

	ASSERT(r != NULL && c->response == NULL);
	response_header(r, "Connection: close");
	response_header(r, "Cache-Control: no-store");
	response_header(r, "X-Content-Type-Options: nosniff");
	ASSERT(MHD_add_response_header(r, "Content-Type", a->content_type) ==
	       MHD_YES);
	for (size_t i = 0; a->headers != NULL && a->headers[i] != NULL; i++)
		response_header(r, a->headers[i]);
	c->response = r;
	c->code = a->code;
	c->len = a->body.len;
	if (c->phase != CALL_WAITS)
		return;
	call_phase(c, CALL_ANSWERED);
	MHD_resume_connection(c->conn);
	ev_feed_event(c->door->conf.loop, &c->door->timer, EV_TIMER);
}

const char *
door_version(void)
{
	return MHD_get_version();
}

/* --- the door ------------------------------------------------------------------- */

/* It needs descriptors of its own. */
static enum status
side_open(struct door *d, int which, int fd, struct err *e)
{
	struct side *s = &d->sides[which];
	const struct door_conf *c = &d->conf;

	s->door = d;
	s->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME,
	    0, NULL, NULL, on_request, s, MHD_OPTION_LISTEN_SOCKET, fd,
	    MHD_OPTION_CONNECTION_LIMIT, c->connections,
	    MHD_OPTION_PER_IP_CONNECTION_LIMIT, c->per_address,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)PATIENCE_S,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, MEMORY,
	    MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_NOTIFY_CONNECTION,
	    on_connection, s, MHD_OPTION_URI_LOG_CALLBACK, on_target, s,
	    MHD_OPTION_END);
	if (s->daemon == NULL)
		return err_set(e, ST_IO, "the door cannot be made: %s",
		    errno != 0 ? strerror(errno) : "libmicrohttpd refuses");
	ev_io_init(&s->io, door_on_io,
	    MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd,
	    EV_READ);
	s->io.data = s;
	ev_io_start(c->loop, &s->io);
	return ST_OK;
}

static enum status
open_unix(struct door *d, struct err *e)
{
	enum status st;
	struct stat sb;
	int fd;

	st = listen_unix(&fd, d->conf.socket, e);
	if (st != ST_OK)
		return st;
	if (stat(d->conf.socket, &sb) == 0) {
		d->path = mem_str(d->conf.socket);
		d->dev = sb.st_dev;
		d->ino = sb.st_ino;
	}
	return side_open(d, UNIX, fd, e);
}

static enum status
open_tcp(struct door *d, struct err *e)
{
	enum status st;
	int fd;

	st = listen_tcp(&fd, &d->port, d->conf.listen, e);
	return st == ST_OK ? side_open(d, TCP, fd, e) : st;
}

enum status
door_open(struct door **out, const struct door_conf *c, struct err *e)
{
	struct door *d = NEW(struct door);
	enum status st = ST_OK;

	d->conf = *c;
	ev_init(&d->timer, door_on_timer);
	d->timer.data = d;
	if (c->listen != NULL)
		st = open_tcp(d, e);
	if (st == ST_OK && c->socket != NULL)
		st = open_unix(d, e);
	if (st != ST_OK) {
		door_free(d);
		return st;
	}
	*out = d;
	return ST_OK;
}

int
door_port(const struct door *d)
{
	return d->port;
}

/* Only our own: somebody else may have taken the place. */
static void
socket_remove(struct door *d)
{
	struct stat sb;

	if (d->path != NULL && lstat(d->path, &sb) == 0 &&
	    sb.st_dev == d->dev && sb.st_ino == d->ino)
		unlink(d->path);
	free(d->path);
	d->path = NULL;
}

void
door_shut(struct door *d)
{
	if (d->shut)
		return;
	d->shut = true;
	socket_remove(d);
	for (int i = 0; i < NUM_SIDES; i++) {
		int fd = d->sides[i].daemon != NULL
			     ? MHD_quiesce_daemon(d->sides[i].daemon)
			     : -1;

		if (fd >= 0)
			close(fd);
	}
	for (struct door_call *c = d->calls; c != NULL; c = c->next)
		if (c->phase <= CALL_BODY)
			shutdown(c->fd, SHUT_RDWR);
}

void
door_free(struct door *d)
{
	if (d == NULL)
		return;
	door_shut(d);
	ev_timer_stop(d->conf.loop, &d->timer);
	for (int i = 0; i < NUM_SIDES; i++) {
		struct side *s = &d->sides[i];

		if (s->daemon == NULL)
			continue;
		for (int k = 0; k < 4; k++) /* answers that came last */
			MHD_run(s->daemon);
		ev_io_stop(d->conf.loop, &s->io);
		MHD_stop_daemon(s->daemon);
	}
	ASSERT(d->calls == NULL);
	free(d);
}
