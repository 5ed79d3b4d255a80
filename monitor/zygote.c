/*
 * zygote: a process that owns nothing and only forks workers, so that a
 * worker is born without the sockets, keys and threads of main, however late.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "monitor/pool_shared.h"

/* How long after a refused fork it is tried again. */
#define AGAIN_MS 500

struct zygote {
	const struct pool_map *m;
	int sock, child; /* child: signalfd for SIGCHLD */
	pid_t pid[POOL_WORKERS];
	bool late[POOL_WORKERS]; /* could not be forked yet */
};

static void
zygote_tell(struct zygote *z, uint32_t what, unsigned lane, int how)
{
	struct zygote_word w = {what, lane, how};

	while (send(z->sock, &w, sizeof(w), MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			_exit(0);
}

static void
zygote_fork(struct zygote *z, unsigned lane)
{
	sigset_t none;
	pid_t pid = fork();

	if (pid < 0) {
		if (!z->late[lane])
			zygote_tell(z, ZYGOTE_LATE, lane, errno);
		z->late[lane] = true;
		return;
	}
	z->late[lane] = false;
	if (pid > 0) {
		z->pid[lane] = pid;
		return;
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	worker_run(z->m, lane);
}

static void
zygote_reap(struct zygote *z)
{
	struct signalfd_siginfo info;
	pid_t pid;
	int how;

	while (read(z->child, &info, sizeof(info)) > 0)
		;
	while ((pid = waitpid(-1, &how, WNOHANG)) > 0)
		for (unsigned i = 0; i < z->m->workers; i++)
			if (z->pid[i] == pid) {
				z->pid[i] = 0;
				zygote_tell(z, ZYGOTE_DEAD, i, how);
			}
}

static void
zygote_end(struct zygote *z)
{
	for (unsigned i = 0; i < z->m->workers; i++)
		if (z->pid[i] > 0)
			kill(z->pid[i], SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
	_exit(0);
}

static void
zygote_hear(struct zygote *z)
{
	struct zygote_word w;
	ssize_t n = recv(z->sock, &w, sizeof(w), 0);

	if (n < 0 && errno == EINTR)
		return;
	if (n != sizeof(w))
		zygote_end(z);
	ASSERT(w.lane < z->m->workers);
	if (w.what == ZYGOTE_FORK && z->pid[w.lane] == 0 && !z->late[w.lane])
		zygote_fork(z, w.lane);
	else if (w.what == ZYGOTE_KILL && z->pid[w.lane] > 0)
		kill(z->pid[w.lane], SIGKILL);
}

/* Fork those that could not be; returns how long to wait for the next try. */
static int
zygote_again(struct zygote *z)
{
	int wait = -1;

	for (unsigned i = 0; i < z->m->workers; i++) {
		if (z->late[i])
			zygote_fork(z, i);
		if (z->late[i])
			wait = AGAIN_MS;
	}
	return wait;
}

void
zygote_confine(struct pool_map *m)
{
	map_protect(m);
	if (m->lock)
		sandbox_zygote(&m->sandbox);
}

void
zygote_run(struct pool_map *m, int sock)
{
	struct zygote z = {.m = m, .sock = sock};
	struct pollfd p[2];
	sigset_t set;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "indelible-zyg");
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	z.child = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	ASSERT(z.child >= 0);
	zygote_confine(m);
	zygote_tell(&z, ZYGOTE_READY, 0,
	    m->sandbox.landlock | (m->sandbox.filter ? READY_FILTER : 0));
	p[0] = (struct pollfd){.fd = sock, .events = POLLIN};
	p[1] = (struct pollfd){.fd = z.child, .events = POLLIN};
	for (;;) {
		if (poll(p, 2, zygote_again(&z)) < 0 && errno != EINTR)
			_exit(71);
		if (p[1].revents)
			zygote_reap(&z);
		if (p[0].revents)
			zygote_hear(&z);
	}
}
