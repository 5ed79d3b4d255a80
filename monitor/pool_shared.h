/*
 * pool_shared: what main and the workers share, how each of them finds it, and
 * the words between main and the zygote. Only for pool*.c, worker.c, zygote.c.
 *
 * A worker reads hostile bytes and may be taken over, so what is shared is
 * split by who writes it. Main acts on nothing that a worker can write except
 * the answers of its lane, and reads those like network input. Other workers'
 * answers a worker can neither write nor read.
 */
#ifndef MONITOR_POOL_SHARED_H
#define MONITOR_POOL_SHARED_H

#include <errno.h>
#include <unistd.h>

#include "monitor/batch.h"
#include "monitor/ring.h"
#include "monitor/sandbox.h"

#define POOL_WORKERS 64u
#define POOL_SLOTS 96u
#define POOL_RESULT (64ul << 20)
#define POOL_AHEAD 4u           /* batches that a worker has at a time */
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

/* The worker of one lane writes: no pointers, no descriptors, nothing that main
 * must trust. The nth order since it was born has its result in place n modulo
 * POOL_AHEAD: main gives it no more before it has taken that one out. */
struct answers {
	struct ring done;
	_Atomic uint64_t result_len[POOL_AHEAD];
	/* The entry being read: a hint where to look when the worker dies. */
	volatile uint64_t reading;
	_Alignas(4096) uint8_t result[POOL_AHEAD][POOL_RESULT];
};

/* Where everything lies: private memory of each process, copied by fork. */
struct pool_map {
	unsigned workers, slots;
	size_t body_limit;
	bool lock;              /* filters are wanted, */
	struct sandbox sandbox; /* and are there: only the zygote knows */
	struct orders *orders;
	struct answers *answers[POOL_WORKERS];
	uint8_t *region[2];
	uint8_t *delta[POOL_DELTAS];
	uint8_t *body[POOL_SLOTS]; /* body_limit each */
	/* Pipes, not eventfds: main's end is an open file of its own, which a
	 * worker can neither make block nor read empty. */
	int wake[POOL_WORKERS][2];  /* to the worker: something in todo */
	int done[POOL_WORKERS][2];  /* to main: something in done */
	int words[POOL_WORKERS][2]; /* to main: why it dies, in words */
};

/* pool_map.c */
/* What is asked of the system at the start must be had: else the program says
 * so (errno) and ends, with 74. */
void pool_need(bool had, const char *what);
void map_make(struct pool_map *m);
/* From now on this process and its children only read what main writes, and
 * have no answers, */
void map_protect(const struct pool_map *m);
/* except those of a lane. */
void map_own(const struct pool_map *m, unsigned lane);
void map_free(struct pool_map *m);
/* Addresses that all of it takes. */
size_t map_size(const struct pool_map *m);

/* Main to zygote: fork the worker of this lane, or kill it. Zygote to main:
 * it is there, and locked in as well as it can be; a worker is dead; it cannot
 * be forked now, and this is tried again. */
enum {
	ZYGOTE_READY = 'R',
	ZYGOTE_FORK = 'F',
	ZYGOTE_KILL = 'K',
	ZYGOTE_DEAD = 'D',
	ZYGOTE_LATE = 'L'
};
struct zygote_word {
	uint32_t what, lane;
	int32_t how; /* DEAD: the wait status; LATE: errno; READY: below */
};

/* `how` of READY: a filter, and Landlock's ABI. */
#define READY_FILTER 0x10000
#define READY_LANDLOCK 0xffff

/* Runs in the zygote; never returns. `sock` leads to main. */
__attribute__((noreturn)) void zygote_run(struct pool_map *m, int sock);
/* What the zygote gives up, for itself and all workers. */
void zygote_confine(struct pool_map *m);
/* Give up all rights that parsing does not need; returns what the worker needs
 * for it. A worker that cannot give them up ends. */
struct bench *worker_confine(const struct pool_map *m, unsigned lane);
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
