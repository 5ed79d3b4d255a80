/* fuzz_api: a byte that chooses, two that say what was wanted, then the body of
 * a reply: batches and proofs of both protocols. */
#include <stdint.h>

#include "ctlog/api/api.h"
#include "ctlog/base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char url[] = "https://ct.example.org/";
static struct entry room[LIMIT_BATCH];

static void
batch(const struct log_api *api, uint64_t begin, uint64_t num, struct span body)
{
	struct log l = {.api = api, .url = url};
	struct arena a = arena_of(mem_new(body.len + 1, 1), body.len);
	struct want w = {begin, 0, begin + num, 0};
	struct entries es = {.entry = room};
	struct err e;

	w.end = api->batch_end(&l, begin, w.size);
	if (api->batch_parse(&es, body, &a, &w, &e) == ST_OK) {
		ASSERT(es.begin == begin && es.num > 0);
		ASSERT(es.num <= w.end - begin);
		for (uint32_t i = 0; i < es.num; i++) {
			enum status st = entry_load_extra(&room[i], &a);

			ASSERT(st == ST_OK || st == ST_BAD);
		}
	}
	free(a.base);
}

/* Every request is answered with the body; a job ends at a reply that is not
 * taken. */
static void
proof(const struct log_api *api, uint64_t at, uint64_t more, struct span body)
{
	static struct hasher *h;
	struct log l = {.api = api, .url = url};
	struct head head = {.size = at + more};
	enum status st = ST_OK;
	struct proof_job j;
	struct request r;
	struct err e;

	if (h == NULL)
		h = hasher_new();
	proof_job_init(&j, PROOF_ANCHOR, &head, at, NULL);
	while (st == ST_OK && api->proof_request(&l, &j, &r))
		st = api->proof_reply(&j, h, 200, body, &e);
	if (st == ST_OK)
		st = api->proof_result(&j, h, &e);
	ASSERT(st != ST_OK || j.range.end == at);
	proof_job_fini(&j);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct log_api *api;
	struct span body;

	if (size < 3)
		return 0;
	api = data[0] & 1 ? &log_api_rfc6962 : &log_api_static;
	body = span_of(data + 3, size - 3);
	if (data[0] & 2)
		proof(api, data[1], data[2], body);
	else
		batch(api, data[1], data[2] + 1u, body);
	return 0;
}
