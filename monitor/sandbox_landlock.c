/*
 * sandbox_landlock: a Landlock ruleset in which nothing is allowed. The numbers
 * are the kernel's interface (linux/landlock.h); they stand here because the
 * header of the machine that compiles may be older than the kernel that runs.
 */
#include "monitor/sandbox_landlock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CREATE_VERSION 1u

struct ruleset {
	uint64_t fs, net, scoped;
};

/* What each ABI brought; the bits are counted from 0. */
static const struct {
	int abi;
	unsigned fs, net, scoped;
} known[] = {
    {1, 13, 0, 0}, /* 5.13: execute .. make symbolic links */
    {2, 14, 0, 0}, /* 5.19: link and rename between folders */
    {3, 15, 0, 0}, /* 6.2: truncate */
    {4, 15, 2, 0}, /* 6.7: bind and connect */
    {5, 16, 2, 0}, /* 6.10: ioctl on devices */
    {6, 16, 2, 2}, /* 6.12: abstract sockets, signals */
};

/* What the kernel does not know of it is not sent, so that it is no bigger than
 * what an older one takes. */
static size_t
ruleset_of(struct ruleset *out, int abi)
{
	size_t i = sizeof(known) / sizeof(known[0]) - 1;

	while (known[i].abi > abi)
		i--;
	out->fs = (UINT64_C(1) << known[i].fs) - 1;
	out->net = (UINT64_C(1) << known[i].net) - 1;
	out->scoped = (UINT64_C(1) << known[i].scoped) - 1;
	return abi >= 6   ? sizeof(*out)
	       : abi >= 4 ? offsetof(struct ruleset, scoped)
			  : offsetof(struct ruleset, net);
}

int
sandbox_landlock(void)
{
	long abi =
	    syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_VERSION);
	struct ruleset set;
	size_t len;
	long fd;
	bool done;

	if (abi < 1)
		return 0;
	len = ruleset_of(&set, (int)abi);
	fd = syscall(SYS_landlock_create_ruleset, &set, len, 0u);
	if (fd < 0)
		return 0;
	done = syscall(SYS_landlock_restrict_self, (int)fd, 0u) == 0;
	close((int)fd);
	return done ? (int)abi : 0;
}
