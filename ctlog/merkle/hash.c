/*
 * hash: see hash.h. The only place in the program that computes SHA-256 of
 * log data. The algorithm is fetched once and the context re-used: OpenSSL 3.0
 * would otherwise look the algorithm up again for every digest, which costs
 * more than the digest of a tree node.
 */
#include "ctlog/merkle/hash.h"

#include <openssl/evp.h>

#include "ctlog/base/err.h"
#include "ctlog/base/mem.h"

struct hasher {
	EVP_MD *md;
	EVP_MD_CTX *ctx;
	bool open; /* between hasher_start and hasher_finish */
};

const struct hash hash_empty_tree = {
    {0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8,
	0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c,
	0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55}};

struct hasher *
hasher_new(void)
{
	struct hasher *h = NEW(struct hasher);

	h->md = EVP_MD_fetch(NULL, "SHA256", NULL);
	h->ctx = EVP_MD_CTX_new();
	ASSERT(h->md != NULL && h->ctx != NULL);
	ASSERT(EVP_MD_get_size(h->md) == HASH_LEN);
	ASSERT(EVP_DigestInit_ex2(h->ctx, h->md, NULL));
	return h;
}

void
hasher_free(struct hasher *h)
{
	if (h == NULL)
		return;
	EVP_MD_CTX_free(h->ctx);
	EVP_MD_free(h->md);
	free(h);
}

static inline void
start(struct hasher *h)
{
	ASSERT(!h->open);
	/* NULL: the algorithm that the context holds already. */
	ASSERT(EVP_DigestInit_ex2(h->ctx, NULL, NULL));
}

static inline void
add(struct hasher *h, const void *p, size_t len)
{
	ASSERT(EVP_DigestUpdate(h->ctx, p, len));
}

static inline void
finish(struct hasher *h, struct hash *out)
{
	ASSERT(EVP_DigestFinal_ex(h->ctx, out->b, NULL));
}

void
hasher_sha256(struct hasher *h, struct hash *out, struct span a, struct span b)
{
	start(h);
	add(h, a.p, a.len);
	add(h, b.p, b.len);
	finish(h, out);
}

void
hasher_leaf(struct hasher *h, struct hash *out, struct span a, struct span b)
{
	start(h);
	add(h, "\0", 1);
	add(h, a.p, a.len);
	add(h, b.p, b.len);
	finish(h, out);
}

void
hasher_node(struct hasher *h, struct hash *out, const struct hash *left,
    const struct hash *right)
{
	uint8_t in[1 + 2 * HASH_LEN];

	in[0] = 1;
	memcpy(in + 1, left->b, HASH_LEN);
	memcpy(in + 1 + HASH_LEN, right->b, HASH_LEN);
	start(h);
	add(h, in, sizeof(in));
	finish(h, out);
}

void
hasher_start(struct hasher *h)
{
	start(h);
	h->open = true;
}

void
hasher_add(struct hasher *h, struct span s)
{
	ASSERT(h->open);
	add(h, s.p, s.len);
}

void
hasher_finish(struct hasher *h, struct hash *out)
{
	ASSERT(h->open);
	h->open = false;
	finish(h, out);
}
