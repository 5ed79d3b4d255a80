/*
 * fuzz_sha256: all ways of hashing give the same. Input: pairs of bytes, the
 * lengths of a message's two parts; the parts are cut out of the input itself,
 * at any address, and hashed side by side.
 */
#include <openssl/evp.h>

#include "ctlog/base/err.h"
#include "ctlog/base/sha256.h"

#define TEXTS 64u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct span
part(struct span in, size_t i)
{
	size_t at = in.p[i] * i % (in.len + 1);

	return span_cut(in, at, 2u * in.p[i]);
}

static void
check(const EVP_MD *md, const struct sha256_text *t)
{
	uint8_t want[SHA256_LEN];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	ASSERT(ctx != NULL && EVP_DigestInit_ex2(ctx, md, NULL));
	ASSERT(EVP_DigestUpdate(ctx, t->head.p, t->head.len));
	ASSERT(EVP_DigestUpdate(ctx, t->body.p, t->body.len));
	ASSERT(EVP_DigestFinal_ex(ctx, want, NULL));
	ASSERT(memcmp(t->out, want, SHA256_LEN) == 0);
	EVP_MD_CTX_free(ctx);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static EVP_MD *md;
	const struct sha256_engine *e[] = {&sha256_plain, sha256_native()};
	struct span in = span_of(data, size);
	struct sha256_text t[TEXTS];
	uint8_t out[TEXTS][SHA256_LEN];
	size_t num = size / 2 < TEXTS ? size / 2 : TEXTS;

	if (md == NULL)
		md = EVP_MD_fetch(NULL, "SHA256", NULL);
	for (size_t i = 0; i < num; i++)
		t[i] = (struct sha256_text){
		    part(in, 2 * i), part(in, 2 * i + 1), out[i]};
	for (size_t k = 0; k < 2 && e[k] != NULL; k++) {
		memset(out, 0, sizeof(out));
		sha256_run(e[k], &sha256_initial, t, num);
		for (size_t i = 0; i < num; i++)
			check(md, &t[i]);
	}
	return 0;
}
