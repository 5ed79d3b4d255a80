/*
 * keyer: HMAC-SHA-256 (RFC 2104) with the two key blocks hashed once; see
 * match.h. What is hashed under which label stands in keys.h.
 *
 * A key costs two blocks, or little more: nothing is allocated, fetched or
 * initialised for it, as it would be through EVP or HMAC() on the hot path.
 */
#include "monitor/pii/match.h"

#include "ctlog/base/mem.h"
#include "ctlog/base/sha256.h"

struct keyer {
	const struct sha256_engine *engine;
	struct sha256_start inner, outer;
};

static void
start(const struct keyer *k, struct sha256_start *at, const uint8_t *key,
    uint8_t pad)
{
	uint8_t block[SHA256_BLOCK];

	memset(block, pad, sizeof(block));
	for (size_t i = 0; i < INDEX_KEY_LEN; i++)
		block[i] ^= key[i];
	*at = sha256_initial;
	sha256_advance(k->engine, at, block);
	mem_wipe(block, sizeof(block));
}

struct keyer *
keyer_new(const uint8_t key[INDEX_KEY_LEN])
{
	struct keyer *k = NEW(struct keyer);

	k->engine = sha256_engine();
	start(k, &k->inner, key, 0x36);
	start(k, &k->outer, key, 0x5c);
	return k;
}

void
keyer_free(struct keyer *k)
{
	if (k == NULL)
		return;
	mem_wipe(k, sizeof(*k));
	free(k);
}

void
keyer_run(
    struct keyer *k, uint8_t out[32], const char *label, struct span value)
{
	struct sha256_text in = {span_of(label, strlen(label) + 1), value, out};
	struct sha256_text digest = {
	    span_of(NULL, 0), span_of(out, SHA256_LEN), out};

	sha256_run(k->engine, &k->inner, &in, 1);
	sha256_run(k->engine, &k->outer, &digest, 1);
}
