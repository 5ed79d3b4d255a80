/*
 * keyer: HMAC-SHA-256 (RFC 2104) with the two key blocks hashed once; see
 * match.h. What is hashed under which label stands in keys.h.
 *
 * The low-level SHA-256 functions are used on purpose: their state is a plain
 * struct, so a saved state is copied by assignment. Through EVP each copy of a
 * context allocates (OpenSSL 3.0), twice per value on the hot path.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "monitor/pii/match.h"

#include <openssl/sha.h>

#include "ctlog/base/mem.h"

#define BLOCK 64

struct keyer {
	SHA256_CTX inner, outer;
};

static void
start(SHA256_CTX *ctx, const uint8_t *key, uint8_t pad)
{
	uint8_t block[BLOCK];

	memset(block, pad, BLOCK);
	for (size_t i = 0; i < INDEX_KEY_LEN; i++)
		block[i] ^= key[i];
	ASSERT(SHA256_Init(ctx) && SHA256_Update(ctx, block, BLOCK));
	mem_wipe(block, BLOCK);
}

struct keyer *
keyer_new(const uint8_t key[INDEX_KEY_LEN])
{
	struct keyer *k = NEW(struct keyer);

	start(&k->inner, key, 0x36);
	start(&k->outer, key, 0x5c);
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
	SHA256_CTX ctx = k->inner;

	SHA256_Update(&ctx, label, strlen(label) + 1);
	SHA256_Update(&ctx, value.p, value.len);
	SHA256_Final(out, &ctx);
	ctx = k->outer;
	SHA256_Update(&ctx, out, SHA256_DIGEST_LENGTH);
	SHA256_Final(out, &ctx);
}
