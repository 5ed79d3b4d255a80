/* pool_main: the pool as its own files see it. Only for pool*.c. */
#ifndef MONITOR_POOL_MAIN_H
#define MONITOR_POOL_MAIN_H

#include <sys/types.h>

#include "monitor/pool.h"
#include "monitor/pool_shared.h"

struct lane_main {
	unsigned num;   /* at most POOL_SLOTS */
	unsigned given; /* of these the worker has; at most POOL_AHEAD */
	uint32_t todo_tail, done_head;
	uint64_t pokes; /* how often it woke main */
	bool sick;      /* it said nonsense, and is being killed */
	bool condemned; /* it is being killed, by us */
	struct slot *queue[RING_LEN]; /* given to it in this order */
};

/* When its worker was forked last, and when it is to be. */
struct lane_birth {
	double last;
	ev_timer timer;
	unsigned lane;
};

/* Memory with an index in it. */
struct index_home {
	struct rows rows;
	uint64_t generation; /* of the store's records in it */
	unsigned users;      /* slots that are not released */
};

struct pool {
	struct pool_conf conf;
	struct pool_map map;
	struct ev_loop *loop;
	pid_t zygote;
	int sock;
	ev_io on_done[POOL_WORKERS], on_zygote;
	ev_timer on_watch;
	struct lane_main lane[POOL_WORKERS];
	struct lane_birth birth[POOL_WORKERS];
	struct slot slot[POOL_SLOTS];
	unsigned free[POOL_SLOTS], num_free;
	size_t reserved;            /* bytes that taken slots may need */
	size_t kept;                /* bytes that free slots still hold */
	size_t touched[POOL_SLOTS]; /* of each, while it is free */
	size_t results;             /* bytes of all that slots hold */
	double hungry_until;        /* a first request was refused */
	size_t hungry_room;         /* what it needs */
	unsigned current;
	unsigned current_delta, spare_delta; /* its number or DELTA_NONE */
	struct index_home region[2], delta[POOL_DELTAS];
	uint64_t num_deaths, num_batches;
};

/* pool_index.c: the slot uses the indexes that are current now, until it lets
 * go of them. */
#define DELTA_NONE POOL_DELTAS
void pool_index_take(struct pool *p, struct slot *s);
void pool_index_leave(struct pool *p, struct slot *s);
void pool_index_free(struct pool *p);

/* pool_slot.c: the slot has its result. */
void pool_hold(struct pool *p, struct slot *s);

void pool_zygote(struct pool *p, uint32_t what, unsigned lane);
/* Fork the worker of this lane, now or when it is time. */
void pool_fork(struct pool *p, unsigned lane);
void pool_put(struct pool *p, struct slot *s, unsigned lane);
void pool_finish(struct pool *p, struct slot *s);
void pool_drain(struct pool *p, unsigned lane);
/* Whether main is woken by this lane's worker. */
void pool_listen(struct pool *p, unsigned lane, bool listen);
/* A worker is dead. */
void pool_died(struct pool *p, unsigned lane, int how);
/* A probe ended without a death. */
void pool_survived(struct pool *p, struct slot *s);

#endif
