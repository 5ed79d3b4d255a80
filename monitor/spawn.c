/* spawn: the side of the running program; see spawn.h. */
#include "monitor/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/cmd.h"
#include "monitor/diag.h"
#include "monitor/spawn_private.h"

struct running {
	LIST_ENTRY(running) link;
	uint32_t serial;
	struct spawn_request request; /* without its input */
	struct outcome outcome;       /* when it could not be handed over */
	struct err why;
	bool failed, cut;
};

struct spawn {
	struct spawn_command *commands;
	size_t num;
	pid_t pid;
	int sock;
	uint32_t serial;
	struct ev_loop *loop;
	ev_io io;
	ev_timer soon;
	LIST_HEAD(, running) list;
};

/* --- the helper ------------------------------------------------------------ */

static void
command_of(struct spawn_command *out, const struct conf_sink *sink)
{
	out->sink = sink->name;
	out->argv = mem_new(sink->command.num + 1, sizeof(char *));
	for (size_t i = 0; i < sink->command.num; i++)
		out->argv[i] = sink->command.list[i];
}

static void
spawn_fork(struct spawn *s, int64_t limit_ms)
{
	int sock[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sock) != 0 ||
	    (s->pid = fork()) < 0) {
		fprintf(
		    stderr, "indelible: cannot start: %s\n", strerror(errno));
		_exit(EX_IOERR);
	}
	if (s->pid == 0) {
		close(sock[0]);
		spawn_helper(sock[1], s->commands, limit_ms);
	}
	close(sock[1]);
	s->sock = sock[0];
	ASSERT(fcntl(s->sock, F_SETFL, O_NONBLOCK) == 0);
}

struct spawn *
spawn_new(const struct conf_sink *sinks, size_t num, int64_t limit_ms)
{
	struct spawn *s = NEW(struct spawn);

	LIST_INIT(&s->list);
	s->commands = mem_new(num, sizeof(*s->commands));
	for (size_t i = 0; i < num; i++)
		if (sinks[i].type == CONF_EXEC)
			command_of(&s->commands[s->num++], &sinks[i]);
	if (s->num > 0) {
		spawn_fork(s, limit_ms);
		return s;
	}
	free(s->commands);
	free(s);
	return NULL;
}

int
spawn_fd(const struct spawn *s)
{
	return s->sock;
}

/* --- what has ended -------------------------------------------------------- */

static void
running_done(struct running *r)
{
	struct spawn_request q = r->request;
	struct outcome o = r->outcome;
	struct err why = r->why;

	o.cut = r->cut;
	LIST_REMOVE(r, link);
	free(r);
	q.done(q.arg, &o, &why);
}

static void
report_read(struct running *r, const struct spawn_report *p)
{
	r->outcome.status = ST_AGAIN;
	switch (p->end) {
	case SPAWN_EXITED:
		r->cut = false; /* it was there before the cut */
		r->outcome.status = ST_OK;
		r->outcome.code = p->code;
		if (p->code != 0)
			err_set(&r->why, ST_OK, "it ended with %d", p->code);
		break;
	case SPAWN_KILLED:
		r->outcome.status = ST_OK;
		r->outcome.code = 128 + p->code;
		err_set(&r->why, ST_OK, "it was killed by signal %d", p->code);
		break;
	case SPAWN_LATE:
		err_set(&r->why, ST_OK, "it took too long, and was killed");
		break;
	default:
		err_set(&r->why, ST_OK, "it could not be started: %s",
		    strerror(p->code));
	}
}

/* As without the zygote: what is not settled comes again after the start. */
static _Noreturn void
helper_lost(const struct spawn *s)
{
	int how = 0;

	if (waitpid(s->pid, &how, 0) == s->pid && WIFSIGNALED(how))
		diag_error("the process that runs programs died of signal %d; "
			   "stopping at once, start again",
		    WTERMSIG(how));
	else
		diag_error("the process that runs programs is gone; stopping "
			   "at once, start again");
	_exit(EX_SOFTWARE);
}

static void
spawn_on_report(struct ev_loop *loop, ev_io *w, int events)
{
	struct spawn *s = w->data;
	struct spawn_report p;
	struct running *r;
	ssize_t n = recv(s->sock, &p, sizeof(p), 0);

	(void)loop;
	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n != sizeof(p))
		helper_lost(s);
	LIST_FOREACH(r, &s->list, link)
	if (r->serial == p.serial)
		break;
	if (r == NULL)
		return;
	report_read(r, &p);
	running_done(r);
}

/* Those that could not be handed over. */
static void
spawn_on_soon(struct ev_loop *loop, ev_timer *w, int events)
{
	struct spawn *s = w->data;
	struct running *r, *next;

	(void)loop;
	(void)events;
	for (r = LIST_FIRST(&s->list); r != NULL; r = next) {
		next = LIST_NEXT(r, link);
		if (r->failed)
			running_done(r);
	}
}

/* --- what is to run -------------------------------------------------------- */

/* A file without a name, read from its beginning; -1 and errno. */
static int
input_of(struct span s)
{
	int fd = memfd_create("alert", MFD_CLOEXEC);
	ssize_t n = 0;

	while (fd >= 0 && s.len > 0 && n >= 0) {
		n = write(fd, s.p, s.len);
		s = span_from(s, n > 0 ? (size_t)n : 0);
	}
	if (fd >= 0 && (n < 0 || lseek(fd, 0, SEEK_SET) != 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool
order_send(struct spawn *s, const struct spawn_order *o, int input)
{
	char room[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec io = {(void *)(uintptr_t)o, sizeof(*o)};
	struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1};
	struct cmsghdr *c;

	if (input >= 0) {
		m.msg_control = room;
		m.msg_controllen = sizeof(room);
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &input, sizeof(input));
	}
	return sendmsg(s->sock, &m, MSG_NOSIGNAL) == (ssize_t)sizeof(*o);
}

static uint32_t
command_find(const struct spawn *s, const char *sink)
{
	for (size_t i = 0; i < s->num; i++)
		if (strcmp(s->commands[i].sink, sink) == 0)
			return (uint32_t)i;
	ASSERT(false);
	return 0;
}

void
spawn_run(struct spawn *s, const struct spawn_request *q)
{
	struct running *r = NEW(struct running);
	struct spawn_order o = {.command = command_find(s, q->sink)};
	int input = input_of(q->input);

	if (++s->serial == 0)
		s->serial = 1;
	o.serial = r->serial = s->serial;
	r->request = *q;
	LIST_INSERT_HEAD(&s->list, r, link);
	if (input < 0 || !order_send(s, &o, input)) {
		r->failed = true;
		r->outcome.status = ST_AGAIN;
		err_set(&r->why, ST_OK, "it could not be started: %s",
		    strerror(errno));
		ev_feed_event(s->loop, &s->soon, 0);
	}
	if (input >= 0)
		close(input);
}

void
spawn_cut(struct spawn *s)
{
	const struct spawn_order all = {0};
	struct running *r;

	LIST_FOREACH(r, &s->list, link)
	r->cut = true;
	if (LIST_EMPTY(&s->list) || order_send(s, &all, -1))
		return;
	/* It does not listen, or is gone: nobody is waited for. */
	LIST_FOREACH(r, &s->list, link)
	r->failed = true;
	ev_feed_event(s->loop, &s->soon, 0);
}

/* --- the object ------------------------------------------------------------ */

void
spawn_start(struct spawn *s, struct ev_loop *loop)
{
	s->loop = loop;
	ev_io_init(&s->io, spawn_on_report, s->sock, EV_READ);
	ev_timer_init(&s->soon, spawn_on_soon, 0.0, 0.0);
	s->io.data = s->soon.data = s;
	ev_io_start(loop, &s->io);
}

void
spawn_stop(struct spawn *s)
{
	struct running *r;

	if (s->loop == NULL)
		return;
	ev_io_stop(s->loop, &s->io);
	ev_clear_pending(s->loop, &s->soon);
	while ((r = LIST_FIRST(&s->list)) != NULL) {
		LIST_REMOVE(r, link);
		free(r);
	}
	s->loop = NULL;
}

void
spawn_free(struct spawn *s)
{
	if (s == NULL)
		return;
	spawn_stop(s);
	close(s->sock); /* the helper sees that, kills what runs and ends */
	while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
		;
	for (size_t i = 0; i < s->num; i++)
		free(s->commands[i].argv);
	free(s->commands);
	free(s);
}
