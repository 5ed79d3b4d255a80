/*
 * sandbox: filters of system calls; see sandbox.h. Landlock is in
 * sandbox_landlock.c.
 */
#include "monitor/sandbox.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "monitor/sandbox_landlock.h"

#ifdef INDELIBLE_SECCOMP
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/time.h>

#define CALL(name) SCMP_SYS(name)
#define NUM(a) (sizeof(a) / sizeof((a)[0]))

/* Argument `n` of a call, or its bits in `mask`, must be `value`. */
#define EQ(n, value) SCMP_CMP(n, SCMP_CMP_EQ, (scmp_datum_t)(value))
#define BITS(n, mask, value)                                                   \
	SCMP_CMP(n, SCMP_CMP_MASKED_EQ, (scmp_datum_t)(mask), value)

struct rule {
	int call;
	unsigned num;
	struct scmp_arg_cmp arg[3];
};

static bool
rules_add(scmp_filter_ctx f, const struct rule *r, size_t num)
{
	for (size_t i = 0; i < num; i++)
		if (seccomp_rule_add_array(
			f, SCMP_ACT_ALLOW, r[i].call, r[i].num, r[i].arg) < 0)
			return false;
	return true;
}

static bool
filter_load(uint32_t otherwise, const struct rule *r, size_t num)
{
	scmp_filter_ctx f = seccomp_init(otherwise);
	bool ok = f != NULL &&
		  seccomp_attr_set(
		      f, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0 &&
		  rules_add(f, r, num) && seccomp_load(f) == 0;

	seccomp_release(f);
	return ok;
}

/* Calls of other kinds than a process of 64 bits makes end it as well. What
 * malloc needs is here: mremap keeps the rights of what it moves, so that what
 * is read-only stays so; mprotect and the other uses of madvise do not, and
 * are not here. */
static bool
filter_worker(void)
{
	const int own = MAP_PRIVATE | MAP_ANONYMOUS;
	const struct rule rules[] = {
	    {CALL(read), 1, {EQ(0, FD_WAKE)}},
	    {CALL(write), 1, {EQ(0, FD_DONE)}},
	    {CALL(write), 1, {EQ(0, FD_WORDS)}},
	    {CALL(writev), 1, {EQ(0, FD_WORDS)}}, /* glibc's last words */
	    {CALL(setitimer), 1, {EQ(0, ITIMER_PROF)}},
	    {CALL(brk), 0, {{0}}},
	    {CALL(mmap), 2, {BITS(2, PROT_EXEC, 0), EQ(3, own)}},
	    {CALL(munmap), 0, {{0}}},
	    {CALL(mremap), 1, {EQ(3, MREMAP_MAYMOVE)}},
	    {CALL(madvise), 1, {EQ(2, MADV_DONTNEED)}},
	    {CALL(futex), 0, {{0}}},
	    {CALL(sysinfo), 0, {{0}}}, /* qsort asks how much memory is there */
	    {CALL(exit_group), 0, {{0}}},
	    /* abort() */
	    {CALL(rt_sigprocmask), 0, {{0}}},
	    {CALL(getpid), 0, {{0}}},
	    {CALL(gettid), 0, {{0}}},
	    {CALL(tgkill), 2, {EQ(0, getpid()), EQ(2, SIGABRT)}},
	};

	return filter_load(SCMP_ACT_KILL_PROCESS, rules, NUM(rules));
}

/* All that a worker may, and what forking and confining one takes. */
static bool
filter_zygote(void)
{
	const int plain[] = {CALL(read), CALL(write), CALL(writev),
	    CALL(setitimer), CALL(brk), CALL(munmap), CALL(mremap),
	    CALL(madvise), CALL(futex), CALL(sysinfo), CALL(exit_group),
	    CALL(exit), CALL(rt_sigprocmask), CALL(rt_sigaction),
	    CALL(rt_sigreturn), CALL(restart_syscall), CALL(getpid),
	    CALL(gettid), CALL(getppid), CALL(tgkill), CALL(kill), CALL(wait4),
	    CALL(poll), CALL(ppoll), CALL(recvfrom), CALL(sendto), CALL(close),
	    CALL(close_range), CALL(fcntl), CALL(dup2), CALL(dup3),
	    CALL(prlimit64), CALL(setrlimit), CALL(getrlimit), CALL(prctl),
	    CALL(seccomp), CALL(uname), CALL(set_robust_list), CALL(rseq),
	    CALL(getrandom), CALL(clock_gettime)};
	const int much = CLONE_VM | CLONE_FILES | CLONE_NEWNS | CLONE_NEWUSER |
			 CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC |
			 CLONE_NEWUTS | CLONE_NEWCGROUP;
	struct rule rules[NUM(plain) + 3] = {
	    {CALL(mmap), 1, {BITS(2, PROT_EXEC, 0)}},
	    {CALL(mprotect), 1, {BITS(2, PROT_EXEC, 0)}},
	    {CALL(clone), 1, {BITS(0, much, 0)}},
	};

	for (size_t i = 0; i < NUM(plain); i++)
		rules[i + 3] = (struct rule){plain[i], 0, {{0}}};
	return filter_load(SCMP_ACT_ERRNO(EPERM), rules, NUM(rules));
}

const char *
sandbox_library(void)
{
	static char text[32];
	const struct scmp_version *v = seccomp_version();

	snprintf(text, sizeof(text), "%u.%u.%u", v->major, v->minor, v->micro);
	return text;
}
#else
static bool
filter_worker(void)
{
	return false;
}

static bool
filter_zygote(void)
{
	return false;
}

const char *
sandbox_library(void)
{
	return NULL;
}
#endif

const char *
sandbox_missing(enum conf_sandbox mode)
{
	uint32_t kill = SECCOMP_RET_KILL_PROCESS;

	if (mode == SANDBOX_OFF)
		return "the configuration says `sandbox: off`";
	if (SANITIZED)
		return "this is a build with sanitizers, which need more than "
		       "a filter would leave them";
	if (sandbox_library() == NULL)
		return "this program was built without libseccomp";
	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0u, &kill) < 0)
		return "the kernel has no filters of system calls, or does "
		       "not let this program use them";
	return NULL;
}

void
sandbox_zygote(struct sandbox *out)
{
	*out = (struct sandbox){false, 0};
	if (SANITIZED || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return;
	out->landlock = sandbox_landlock();
	out->filter = sandbox_missing(SANDBOX_AUTO) == NULL && filter_zygote();
}

bool
sandbox_worker(void)
{
	return filter_worker();
}
