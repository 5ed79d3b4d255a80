/*
 * worker: a parser process. It owns the batch in hand and nothing else: its
 * lane in shared memory is the only way in and out.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "monitor/pool_shared.h"

static void
worker_batch(struct shared *sh, struct bench *b, struct shared_slot *s)
{
	const struct match_index *index =
	    match_index_of(sh->region[s->order.region & 1], POOL_REGION);
	struct batch_out out = {s->result, POOL_RESULT, 0};

	batch_work(
	    b, &out, &s->order, span_of(s->body, s->order.body_len), index);
	atomic_store_explicit(&s->result_len, out.len, memory_order_release);
}

static void
worker_drain(struct shared *sh, struct bench *b, struct lane *l)
{
	uint64_t one = 1;
	uint32_t no;

	while (ring_get(&l->todo, &no)) {
		ASSERT(no < sh->slots);
		worker_batch(sh, b, &sh->slot[no]);
		ASSERT(ring_put(&l->done, no));
		if (write(sh->done, &one, sizeof(one)) < 0)
			_exit(70);
	}
}

void
worker_run(struct shared *sh, unsigned lane)
{
	struct lane *l = &sh->lane[lane];
	struct bench *b;
	uint64_t n;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "indelible-work");
	b = bench_new(sh->index_key);
	for (;;) {
		worker_drain(sh, b, l);
		if (read(l->wake, &n, sizeof(n)) < 0 && errno != EINTR)
			_exit(70);
	}
}
