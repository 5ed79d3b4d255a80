/*
 * hash: see hash.h. The only place in the program that computes SHA-256 of
 * log data. Messages that are there as a whole go through ctlog/base/sha256.h.
 * For those in parts OpenSSL's algorithm is fetched once and the context
 * re-used: OpenSSL 3.0 would otherwise look the algorithm up again for every
 * digest, which costs more than the digest of a tree node.
 */
#include "ctlog/merkle/hash.h"

#include <openssl/evp.h>

#include "ctlog/base/err.h"
#include "ctlog/base/mem.h"

/* Nodes of a tree hashed in one go. */
#define NODES 64u

struct hasher {
	const struct sha256_engine *engine;
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

	h->engine = sha256_engine();
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
hasher_many(struct hasher *h, const struct sha256_text *texts, size_t num)
{
	sha256_run(h->engine, &sha256_initial, texts, num);
}

void
hasher_sha256(struct hasher *h, struct hash *out, struct span a, struct span b)
{
	struct sha256_text t = {a, b, out->b};

	hasher_many(h, &t, 1);
}

void
hasher_leaf(struct hasher *h, struct hash *out, struct span leaf)
{
	static const uint8_t head[1] = {0};

	hasher_sha256(h, out, span_of(head, sizeof(head)), leaf);
}

static const uint8_t node_head[1] = {1};

void
hasher_node(struct hasher *h, struct hash *out, const struct hash *left,
    const struct hash *right)
{
	struct hash in[2] = {*left, *right};

	hasher_nodes(h, out, in, 1);
}

void
hasher_nodes(
    struct hasher *h, struct hash *out, const struct hash *in, size_t num)
{
	struct sha256_text t[NODES];
	size_t n;

	for (; num > 0; num -= n, out += n, in += 2 * n) {
		n = num < NODES ? num : NODES;
		for (size_t i = 0; i < n; i++)
			t[i] = (struct sha256_text){
			    span_of(node_head, sizeof(node_head)),
			    span_of(in[2 * i].b, 2 * HASH_LEN), out[i].b};
		hasher_many(h, t, n);
	}
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
