/*
 * fuzz_batch: a whole worker on arbitrary bodies of both protocols and of what
 * is kept in quarantine, then its result through the reader. The first byte
 * chooses protocol and window, and whether it is a probe.
 */
#include "monitor/batch.h"
#include "monitor/kept.h"

#include <sys/mman.h>

#define OUT (1u << 20)

static struct bench *bench;
static uint8_t *out;

static void
read_all(struct span bytes, const struct batch_order *o)
{
	struct batch_result r;
	struct batch_quarantine q;
	struct batch_hit h;
	struct err e;

	if (batch_open(&r, bytes, o, &e) != ST_OK)
		abort(); /* our own worker's word must be readable */
	if (r.status != ST_OK)
		return;
	for (uint64_t i = 0; o->stamps && i < r.range.end - r.range.begin; i++)
		batch_stamp(&r, i);
	while (batch_next_quarantine(&r, &q))
		;
	while (rd_ok(&r.records) && batch_next_hit(&r, &h))
		;
	if (!rd_done(&r.records))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t key[INDEX_KEY_LEN];
	struct batch_order o = {.threshold = 50};
	struct batch_out to;

	if (bench == NULL) {
		bench = bench_new(key);
		out = malloc(OUT);
	}
	if (size == 0)
		return 0;
	o.api = data[0] & 1 ? &log_api_rfc6962 : &log_api_static;
	if (data[0] & 32)
		o.api = &kept_api;
	o.want.begin = data[0] & 2 ? 3 : 0;
	o.want.end = o.want.size = data[0] & 4 ? 256 : 5;
	o.to = o.want.end;
	o.stamps = data[0] & 16;
	to = (struct batch_out){out, data[0] & 8 ? 5000 : OUT, 0};
	batch_work(bench, &to, &o, span_of(data + 1, size - 1),
	    &(struct match_set){0});
	read_all(span_of(to.p, to.len), &o);
	return 0;
}
