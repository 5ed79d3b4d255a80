/*
 * pool_shared: what lies in the shared mapping, and the words between main and
 * the zygote. Only for pool*.c and worker.c.
 */
#ifndef MONITOR_POOL_SHARED_H
#define MONITOR_POOL_SHARED_H

#include "monitor/batch.h"
#include "monitor/ring.h"

#define POOL_WORKERS 64u
#define POOL_SLOTS 96u /* fewer than RING_LEN */
#define POOL_RESULT (64ul << 20)
#define POOL_REGION (4ul << 30) /* 100 million records */

/* The two queues of one worker. */
struct lane {
	struct ring todo, done;
	int wake; /* eventfd: something in todo */
};

/* Of a slot, the part that a worker sees. */
struct shared_slot {
	struct batch_order order;
	_Atomic uint64_t result_len;
	uint8_t *body;   /* body_limit */
	uint8_t *result; /* POOL_RESULT */
};

struct shared {
	uint8_t index_key[INDEX_KEY_LEN];
	unsigned workers, slots;
	size_t body_limit;
	int done; /* eventfd: something in some lane's done */
	uint8_t *region[2];
	struct lane lane[POOL_WORKERS];
	struct shared_slot slot[POOL_SLOTS];
};

/* Main to zygote: fork the worker of this lane, or kill it. Zygote to main:
 * it is dead. */
enum { ZYGOTE_FORK = 'F', ZYGOTE_KILL = 'K', ZYGOTE_DEAD = 'D' };
struct zygote_word {
	uint32_t what, lane;
	int32_t how; /* DEAD: the wait status */
};

/* Runs in the zygote; never returns. `sock` leads to main. */
__attribute__((noreturn)) void zygote_run(struct shared *sh, int sock);
/* Runs in a worker; never returns. */
__attribute__((noreturn)) void worker_run(struct shared *sh, unsigned lane);

#endif
