/*
 * pool_shared: what main and the workers share, how each of them finds it, and
 * the words between main and the zygote. Only for pool*.c, worker.c, zygote.c.
 *
 * A worker reads hostile bytes and may be taken over, so what is shared is
 * split by who writes it. Main acts on nothing that a worker can write except
 * `struct answers` and the results, and reads those like network input.
 */
#ifndef MONITOR_POOL_SHARED_H
#define MONITOR_POOL_SHARED_H

#include <errno.h>
#include <unistd.h>

#include "monitor/batch.h"
#include "monitor/ring.h"

#define POOL_WORKERS 64u
#define POOL_SLOTS 96u
#define POOL_RESULT (64ul << 20)
#define POOL_REGION (4ul << 30) /* 100 million records */
#define POOL_DELTAS 8u          /* changes since; one is current */
#define POOL_DELTA (128ul << 20)

_Static_assert(POOL_SLOTS < RING_LEN, "a ring is never full");

/* Main writes; read-only in zygote and workers, as are bodies and regions. */
struct orders {
	uint8_t index_key[INDEX_KEY_LEN];
	struct ring todo[POOL_WORKERS];
	struct batch_order order[POOL_SLOTS];
};

/* Workers write: no pointers, no descriptors, nothing that main must trust. */
struct answers {
	struct ring done[POOL_WORKERS];
	_Atomic uint64_t result_len[POOL_SLOTS];
	/* The entry being read: a hint where to look when the worker dies. */
	volatile uint64_t reading[POOL_SLOTS];
};

/* Where everything lies: private memory of each process, copied by fork. */
struct pool_map {
	unsigned workers, slots;
	size_t body_limit;
	struct orders *orders;
	struct answers *answers;
	uint8_t *region[2];
	uint8_t *delta[POOL_DELTAS];
	uint8_t *body[POOL_SLOTS];   /* body_limit each */
	uint8_t *result[POOL_SLOTS]; /* POOL_RESULT each */
	/* Pipes, not eventfds: main's end is an open file of its own, which a
	 * worker can neither make block nor read empty. */
	int wake[POOL_WORKERS][2]; /* to the worker: something in todo */
	int done[2];               /* to main: something in some done */
};

/* pool_map.c */
/* What is asked of the system at the start must be had: else the program says
 * so (errno) and ends, with 74. */
void pool_need(bool had, const char *what);
void map_make(struct pool_map *m);
/* From now on this process and its children only read what main writes. */
void map_protect(const struct pool_map *m);
void map_free(struct pool_map *m);

/* Main to zygote: fork the worker of this lane, or kill it. Zygote to main:
 * it is dead; it cannot be forked now, and this is tried again. */
enum {
	ZYGOTE_FORK = 'F',
	ZYGOTE_KILL = 'K',
	ZYGOTE_DEAD = 'D',
	ZYGOTE_LATE = 'L'
};
struct zygote_word {
	uint32_t what, lane;
	int32_t how; /* DEAD: the wait status; LATE: errno */
};

/* Runs in the zygote; never returns. `sock` leads to main. */
__attribute__((noreturn)) void zygote_run(const struct pool_map *m, int sock);
/* Runs in a worker; never returns. */
__attribute__((noreturn)) void worker_run(
    const struct pool_map *m, unsigned lane);

/* Wake whoever reads the other end of a pipe; a full one has woken him already.
 * false: the pipe is broken. */
static inline bool
pool_poke(int fd)
{
	ssize_t n;

	do
		n = write(fd, "", 1);
	while (n < 0 && errno == EINTR);
	return n == 1 || errno == EAGAIN;
}

#endif
