/*
 * selftest: forks a zygote and workers as the pool does, except that a worker
 * tries what a worker must not, in place of parsing. See selftest.h.
 */
#include "monitor/selftest.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctlog/base/limits.h"
#include "monitor/pool_shared.h"

#define BODY (64u << 10)
#define OWN 0u   /* the lane of the worker that tries, */
#define OTHER 1u /* and that of another one */

struct world {
	const struct pool_map *map;
	pid_t zygote;
};

/* --- attempts: true when it could be done --------------------------------- */

static bool
try_socket(const struct world *w)
{
	(void)w;
	return socket(AF_INET, SOCK_STREAM, 0) >= 0;
}

static bool
try_open(const struct world *w)
{
	(void)w;
	return open("/", O_RDONLY) >= 0;
}

/* Whoever is executed ends with 0, as one that lived does. */
static bool
try_execve(const struct world *w)
{
	char *const argv[] = {(char *)"true", NULL};

	(void)w;
	execve("/bin/true", argv, argv + 1);
	return false;
}

static void *
page(int rights)
{
	return mmap(NULL, 4096, rights, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static bool
try_mmap_exec(const struct world *w)
{
	(void)w;
	return page(PROT_READ | PROT_EXEC) != MAP_FAILED;
}

static bool
try_mprotect_exec(const struct world *w)
{
	void *p = page(PROT_READ | PROT_WRITE);

	(void)w;
	return p != MAP_FAILED && mprotect(p, 4096, PROT_READ | PROT_EXEC) == 0;
}

static bool
try_fork(const struct world *w)
{
	pid_t pid = fork();

	(void)w;
	if (pid == 0)
		_exit(0);
	return pid > 0;
}

static bool
try_ptrace(const struct world *w)
{
	return ptrace(PTRACE_SEIZE, w->zygote, NULL, NULL) == 0;
}

static bool
try_kill(const struct world *w)
{
	return kill(w->zygote, 0) == 0;
}

static bool
try_unlock(const struct world *w)
{
	return mprotect(w->map->body[0], BODY, PROT_READ | PROT_WRITE) == 0;
}

static bool
try_punch(const struct world *w)
{
	return madvise(w->map->region[0], 4096, MADV_REMOVE) == 0;
}

static bool
try_write_body(const struct world *w)
{
	*(volatile uint8_t *)w->map->body[0] = 1;
	return true;
}

static bool
try_write_order(const struct world *w)
{
	*(volatile uint8_t *)w->map->orders->index_key = 1;
	return true;
}

static bool
try_write_other(const struct world *w)
{
	*(volatile uint8_t *)w->map->answers[OTHER]->result[0] = 1;
	return true;
}

static bool
try_read_other(const struct world *w)
{
	(void)*(volatile uint8_t *)w->map->answers[OTHER]->result[0];
	return true;
}

static bool
try_memory(const struct world *w)
{
	(void)w;
	return mmap(NULL, LIMIT_WORKER_DATA, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

/* Memory that is only read costs its page tables all the same. */
static bool
try_space(const struct world *w)
{
	(void)w;
	return mmap(NULL, (size_t)1 << 40, PROT_READ,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static bool
try_ring(const struct world *w)
{
	uint64_t nothing[32] = {0};

	(void)w;
	return syscall(SYS_io_uring_setup, 1, nothing) >= 0;
}

#ifdef __x86_64__
static bool
try_foreign(const struct world *w)
{
	(void)w;
	return syscall(0x40000000L | SYS_getpid) >= 0; /* as x32 would */
}
#endif

static const struct trial {
	const char *name, *what;
	bool (*run)(const struct world *w);
	bool zygote; /* it tries that as well */
} trials[] = {
    {"socket", "make a socket", try_socket, true},
    {"open", "open a file", try_open, true},
    {"execve", "execute a program", try_execve, true},
    {"mmap-exec", "map executable memory", try_mmap_exec, true},
    {"mprotect-exec", "make memory executable", try_mprotect_exec, true},
    {"fork", "fork", try_fork, false},
    {"ptrace", "trace another process", try_ptrace, false},
    {"kill", "send a signal", try_kill, false},
    {"io-uring", "make a ring for I/O", try_ring, true},
#ifdef __x86_64__
    {"foreign-call", "make a system call of another kind", try_foreign, false},
#endif
    {"unlock-body", "make a log's reply writable", try_unlock, false},
    {"punch-index", "cut a hole into the match index", try_punch, false},
    {"write-body", "write to a log's reply", try_write_body, false},
    {"write-order", "write to its orders", try_write_order, false},
    {"write-answers", "write to another one's answers", try_write_other, false},
    {"read-answers", "read another one's answers", try_read_other, false},
    {"memory", "take more memory than it may", try_memory, false},
    {"space", "take more addresses than it may", try_space, false},
};
#define TRIALS (sizeof(trials) / sizeof(trials[0]))
_Static_assert(TRIALS + 6 <= SELFTEST_ATTEMPTS, "room for the zygote's, too");

/* --- trying them ----------------------------------------------------------- */

enum { CODE_LIVED = 0, CODE_REFUSED = 1 };

/* How a process that tries ended; -1: it could not be made. */
static int
trial_run(const struct world *w, const struct trial *t, bool worker)
{
	int how;
	pid_t pid = fork();

	if (pid < 0)
		return -1;
	if (pid == 0) {
		signal(SIGSEGV, SIG_DFL);
		if (worker)
			worker_confine(w->map, OWN);
		_exit(t->run(w) ? CODE_LIVED : CODE_REFUSED);
	}
	while (waitpid(pid, &how, 0) < 0)
		if (errno != EINTR)
			return -1;
	return how;
}

static void
tell(int sock, int word)
{
	if (send(sock, &word, sizeof(word), MSG_NOSIGNAL) < 0)
		_exit(1);
}

__attribute__((noreturn)) static void
zygote(struct pool_map *m, int sock)
{
	struct world w = {m, getpid()};

	zygote_confine(m);
	tell(
	    sock, m->sandbox.landlock | (m->sandbox.filter ? READY_FILTER : 0));
	for (size_t i = 0; i < TRIALS; i++)
		tell(sock, trial_run(&w, &trials[i], true));
	for (size_t i = 0; i < TRIALS; i++)
		if (trials[i].zygote)
			tell(sock, trial_run(&w, &trials[i], false));
	_exit(0);
}

/* --- what came of them ------------------------------------------------------ */

/* -1 when the zygote is gone. */
static int
hear(int sock)
{
	int word;
	ssize_t n;

	do
		n = recv(sock, &word, sizeof(word), 0);
	while (n < 0 && errno == EINTR);
	return n == sizeof(word) ? word : -1;
}

static void
attempt_take(struct attempt *a, const struct trial *t, const char *who, int how)
{
	*a = (struct attempt){t->name, who, t->what, OUTCOME_UNKNOWN, 0};
	if (how == -1)
		return;
	if (WIFSIGNALED(how)) {
		a->outcome = OUTCOME_DIED;
		a->signal = WTERMSIG(how);
	} else if (WEXITSTATUS(how) == CODE_LIVED) {
		a->outcome = OUTCOME_LIVED;
	} else if (WEXITSTATUS(how) == CODE_REFUSED) {
		a->outcome = OUTCOME_REFUSED;
	}
}

size_t
selftest_sandbox(struct attempt list[SELFTEST_ATTEMPTS], struct sandbox *s)
{
	struct pool_map m = {
	    .workers = 2, .slots = 1, .body_limit = BODY, .lock = true};
	size_t num = 0;
	int sock[2], word;
	pid_t pid;

	map_make(&m);
	pool_need(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sock) == 0,
	    "a pair of sockets");
	pid = fork();
	pool_need(pid >= 0, "a process");
	if (pid == 0) {
		close(sock[0]);
		zygote(&m, sock[1]);
	}
	close(sock[1]);
	word = hear(sock[0]);
	s->filter = word >= 0 && (word & READY_FILTER) != 0;
	s->landlock = word >= 0 ? word & READY_LANDLOCK : 0;
	for (size_t i = 0; i < TRIALS; i++)
		attempt_take(&list[num++], &trials[i], "worker", hear(sock[0]));
	for (size_t i = 0; i < TRIALS; i++)
		if (trials[i].zygote)
			attempt_take(
			    &list[num++], &trials[i], "zygote", hear(sock[0]));
	close(sock[0]);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	map_free(&m);
	return num;
}
