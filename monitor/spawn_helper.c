/* spawn_helper: the process that starts programs; see spawn.h. It ends with
 * its socket, and kills then what still runs. */
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ctlog/base/mem.h"
#include "monitor/spawn_private.h"

struct job {
	LIST_ENTRY(job) link;
	uint32_t serial;
	pid_t pid;
	int64_t end_ms;
	bool late;
};

struct helper {
	const struct spawn_command *commands;
	int64_t limit_ms;
	int sock, child; /* child: signalfd for SIGCHLD */
	LIST_HEAD(, job) jobs;
};

static int64_t
clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ll + t.tv_nsec / 1000000;
}

/* --- one program ----------------------------------------------------------- */

static void
job_kill(const struct job *j)
{
	kill(-j->pid, SIGKILL);
	kill(j->pid, SIGKILL);
}

static void
helper_kill(struct helper *h)
{
	struct job *j;

	LIST_FOREACH(j, &h->jobs, link)
	job_kill(j);
}

/* The service is gone: so goes all that was started for it. */
static _Noreturn void
helper_end(struct helper *h)
{
	helper_kill(h);
	_exit(0);
}

static _Noreturn void
job_exec(char **argv, int input, int told)
{
	static char *const env[] = {(char *)"PATH=/usr/local/sbin:/usr/local/"
					    "bin:/usr/sbin:/usr/bin:/sbin:/bin",
	    (char *)"LC_ALL=C.UTF-8", NULL};
	const struct rlimit none = {0, 0};
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC), why;
	sigset_t all;

	setsid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setrlimit(RLIMIT_CORE, &none);
	umask(077);
	if (null >= 0 && chdir("/") == 0 && dup2(input, 0) == 0 &&
	    dup2(null, 1) == 1 && dup2(null, 2) == 2 &&
	    close_range(3, ~0u, CLOSE_RANGE_CLOEXEC) == 0)
		execve(argv[0], argv, env);
	why = errno;
	if (write(told, &why, sizeof(why)) != sizeof(why))
		_exit(126);
	_exit(127);
}

static void
report(struct helper *h, const struct job *j, int end, int code)
{
	const struct spawn_report r = {
	    .serial = j->serial, .end = end, .code = code};

	while (send(h->sock, &r, sizeof(r), MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			helper_end(h);
}

/* 0 when the program runs, or errno of what hindered that. */
static int
job_fork(struct job *j, char **argv, int input)
{
	int fd[2], rc = 0;
	ssize_t n;

	if (pipe2(fd, O_CLOEXEC) != 0)
		return errno;
	j->pid = fork();
	if (j->pid == 0)
		job_exec(argv, input, fd[1]);
	if (j->pid < 0)
		rc = errno;
	close(fd[1]);
	/* execve closes it, and then nothing comes. */
	do
		n = read(fd[0], &rc, sizeof(rc));
	while (n < 0 && errno == EINTR);
	close(fd[0]);
	return rc;
}

static void
job_start(struct helper *h, const struct spawn_order *o, int input)
{
	struct job *j = NEW(struct job);
	int rc;

	j->serial = o->serial;
	j->end_ms = clock_ms() + h->limit_ms;
	rc = job_fork(j, h->commands[o->command].argv, input);
	if (rc != 0) {
		report(h, j, SPAWN_REFUSED, rc);
		free(j);
		return;
	}
	LIST_INSERT_HEAD(&h->jobs, j, link);
}

static void
job_end(struct helper *h, struct job *j, int status)
{
	int end = SPAWN_EXITED, code = WEXITSTATUS(status);

	if (!WIFEXITED(status)) {
		end = SPAWN_KILLED;
		code = WTERMSIG(status);
	}
	report(h, j, j->late ? SPAWN_LATE : end, code);
	LIST_REMOVE(j, link);
	free(j);
}

/* --- all of them ----------------------------------------------------------- */

/* What it has left behind in its group goes first: once nobody waits for it
 * any more, its number may be another's. */
static void
helper_reap(struct helper *h)
{
	struct signalfd_siginfo told;
	siginfo_t info = {0};
	struct job *j;
	int status = 0;

	while (read(h->child, &told, sizeof(told)) > 0)
		;
	while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid != 0) {
		pid_t pid = info.si_pid;

		kill(-pid, SIGKILL);
		waitpid(pid, &status, 0);
		LIST_FOREACH(j, &h->jobs, link)
		if (j->pid == pid)
			break;
		if (j != NULL)
			job_end(h, j, status);
		info.si_pid = 0;
	}
}

/* Until the first one's time is over: -1: none runs. */
static int
helper_wait(struct helper *h)
{
	int64_t now = clock_ms(), first = INT64_MAX;
	struct job *j;

	LIST_FOREACH(j, &h->jobs, link)
	{
		if (!j->late && j->end_ms <= now) {
			j->late = true;
			job_kill(j);
		}
		if (!j->late && j->end_ms < first)
			first = j->end_ms;
	}
	return first == INT64_MAX ? -1 : (int)(first - now);
}

static void
helper_hear(struct helper *h)
{
	char room[CMSG_SPACE(sizeof(int))] = {0};
	struct spawn_order o;
	struct iovec io = {&o, sizeof(o)};
	struct msghdr m = {.msg_iov = &io,
	    .msg_iovlen = 1,
	    .msg_control = room,
	    .msg_controllen = sizeof(room)};
	ssize_t n = recvmsg(h->sock, &m, MSG_CMSG_CLOEXEC);
	struct cmsghdr *c;
	int input = -1;

	if (n < 0 && errno == EINTR)
		return;
	if (n != sizeof(o))
		helper_end(h);
	c = CMSG_FIRSTHDR(&m);
	if (c != NULL && c->cmsg_type == SCM_RIGHTS)
		memcpy(&input, CMSG_DATA(c), sizeof(input));
	if (o.serial == 0)
		helper_kill(h);
	else
		job_start(h, &o, input);
	if (input >= 0)
		close(input);
}

static void
helper_round(struct helper *h)
{
	struct pollfd p[2] = {{.fd = h->sock, .events = POLLIN},
	    {.fd = h->child, .events = POLLIN}};

	if (poll(p, 2, helper_wait(h)) <= 0)
		return;
	if (p[1].revents != 0)
		helper_reap(h);
	if (p[0].revents != 0)
		helper_hear(h);
}

_Noreturn void
spawn_helper(int sock, const struct spawn_command *commands, int64_t limit_ms)
{
	struct helper h = {
	    .commands = commands, .limit_ms = limit_ms, .sock = sock};
	sigset_t set;

	LIST_INIT(&h.jobs);
	prctl(PR_SET_NAME, "indelible-hook");
	/* What programs leave behind is waited for here. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_SETMASK, &set, NULL);
	h.child = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	ASSERT(h.child >= 0);
	for (;;)
		helper_round(&h);
}
