/*
 * nth: run a command and stop it dead at its Nth system call that leaves
 * something behind: on a disk, on a socket, or in another process. All
 * threads of the command's main process are counted together, so every N is
 * one moment of the run; the processes that it forks are not looked at.
 *
 *   nth [-n N [-t|-w]] [-c CALL] [-o FILE] COMMAND...
 *
 * SIGKILL comes instead of the Nth call; with -t in the middle of it, when it
 * is a write: half of the bytes go out. With -w nothing is killed, but the call
 * never comes to an end, as on a disk that hangs. Without -n the calls are just
 * counted. -c counts calls of this name only.
 * FILE is told how many calls began, and what the Nth was. Exit status:
 * KILLED when N was reached, else the command's (128 and more: a signal).
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

/* Not in every libc with these names. */
#include <linux/ptrace.h>

enum { KILLED = 99, NO_PTRACE = 98, USAGE = 64 };

static const struct call {
	long nr;
	const char *name;
	bool writes; /* its third argument is a length */
} calls[] = {
    {SYS_write, "write", true},
    {SYS_pwrite64, "pwrite64", true},
    {SYS_writev, "writev", false},
    {SYS_sendto, "sendto", true},
    {SYS_sendmsg, "sendmsg", false},
    {SYS_fsync, "fsync", false},
    {SYS_fdatasync, "fdatasync", false},
    {SYS_ftruncate, "ftruncate", false},
    {SYS_unlinkat, "unlinkat", false},
    {SYS_renameat2, "renameat2", false},
#ifdef SYS_unlink
    {SYS_unlink, "unlink", false},
    {SYS_rename, "rename", false},
#endif
};

struct nth {
	pid_t child;
	long n, count;
	bool torn, wait, killed;
	pid_t held; /* the thread that hangs */
	const char *only;
	pid_t after; /* the thread whose call is being torn */
	const char *what;
};

static volatile pid_t forward_to;

static void
forward(int number)
{
	if (forward_to > 0)
		kill(forward_to, number);
}

static const struct call *
call_find(unsigned long long nr)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].nr == (long)nr)
			return &calls[i];
	return NULL;
}

static void
strike(struct nth *x)
{
	x->killed = true;
	kill(x->child, SIGKILL);
}

/* Let only half of a write happen; false: not on this machine. */
static bool
halve(pid_t tid, unsigned long long len)
{
#ifdef __x86_64__
	return ptrace(PTRACE_POKEUSER, tid, offsetof(struct user, regs.rdx),
		   len / 2) == 0;
#else
	(void)tid;
	(void)len;
	return false;
#endif
}

static void
on_entry(struct nth *x, pid_t tid, const struct ptrace_syscall_info *info)
{
	const struct call *c = call_find(info->entry.nr);

	if (c == NULL || x->killed ||
	    (x->only != NULL && strcmp(x->only, c->name) != 0))
		return;
	if (++x->count != x->n)
		return;
	x->what = c->name;
	if (x->wait)
		x->held = tid;
	else if (x->torn && c->writes && info->entry.args[2] > 1 &&
		 halve(tid, info->entry.args[2]))
		x->after = tid;
	else
		strike(x);
}

static void
on_call(struct nth *x, pid_t tid)
{
	struct ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof(info), &info) <= 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
		on_entry(x, tid, &info);
	else if (info.op == PTRACE_SYSCALL_INFO_EXIT && x->after == tid)
		strike(x);
}

static void
on_stop(struct nth *x, pid_t tid, int status)
{
	int number = WSTOPSIG(status), event = status >> 16;

	if (number == (SIGTRAP | 0x80)) {
		on_call(x, tid);
		if (x->held == tid)
			return;
		number = 0;
	} else if (event == PTRACE_EVENT_STOP && number != SIGTRAP) {
		ptrace(PTRACE_LISTEN, tid, 0, 0); /* it is stopped */
		return;
	} else if (event != 0) {
		number = 0;
	}
	ptrace(PTRACE_SYSCALL, tid, 0, number);
}

static int
watch(struct nth *x)
{
	int status;
	pid_t tid;

	for (;;) {
		tid = waitpid(-1, &status, __WALL);
		if (tid < 0 && errno == EINTR)
			continue;
		if (tid < 0)
			return USAGE;
		if (WIFSTOPPED(status))
			on_stop(x, tid, status);
		else if (tid == x->child)
			break;
	}
	if (x->killed)
		return KILLED;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
				   : WEXITSTATUS(status);
}

static void
begin(struct nth *x, char **command)
{
	long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE |
		       PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
	int gate[2];
	char go;

	if (pipe(gate) != 0)
		exit(USAGE);
	x->child = fork();
	if (x->child == 0) {
		close(gate[1]);
		if (read(gate[0], &go, 1) != 1)
			_exit(NO_PTRACE);
		close(gate[0]);
		execv(command[0], command);
		_exit(127);
	}
	close(gate[0]);
	if (ptrace(PTRACE_SEIZE, x->child, 0, options) != 0) {
		perror("nth: ptrace");
		exit(NO_PTRACE);
	}
	forward_to = x->child;
	if (write(gate[1], "", 1) != 1)
		exit(USAGE);
	close(gate[1]);
}

int
main(int argc, char **argv)
{
	struct nth x = {.what = "none"};
	struct sigaction sa = {.sa_handler = forward};
	const char *told = NULL;
	FILE *out;
	int c, rc;

	while ((c = getopt(argc, argv, "+n:twc:o:")) != -1) {
		if (c == 'n')
			x.n = strtol(optarg, NULL, 10);
		else if (c == 't')
			x.torn = true;
		else if (c == 'w')
			x.wait = true;
		else if (c == 'c')
			x.only = optarg;
		else if (c == 'o')
			told = optarg;
		else
			return USAGE;
	}
	if (optind >= argc)
		return USAGE;
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	begin(&x, argv + optind);
	rc = watch(&x);
	out = told ? fopen(told, "w") : NULL;
	if (out != NULL) {
		fprintf(out, "%ld %s\n", x.count, x.what);
		fclose(out);
	}
	return rc;
}
