/*
 * hash: SHA-256 as the Merkle trees of RFC 6962 section 2.1 use it. A hasher
 * knows what the processor can do, and holds OpenSSL's fetched algorithm and a
 * context for what comes in parts; it belongs to one thread or process.
 */
#ifndef CTLOG_MERKLE_HASH_H
#define CTLOG_MERKLE_HASH_H

#include "ctlog/base/sha256.h"
#include "ctlog/base/span.h"

#define HASH_LEN SHA256_LEN

struct hash {
	uint8_t b[HASH_LEN];
};

static inline bool
hash_eq(const struct hash *a, const struct hash *b)
{
	return memcmp(a->b, b->b, HASH_LEN) == 0;
}
static inline struct span
hash_span(const struct hash *h)
{
	return span_of(h->b, HASH_LEN);
}

struct hasher;

struct hasher *hasher_new(void);
void hasher_free(struct hasher *h);

/* SHA-256 of a || b. */
void hasher_sha256(
    struct hasher *h, struct hash *out, struct span a, struct span b);
/* Leaf hash: SHA-256(00 || leaf). */
void hasher_leaf(struct hasher *h, struct hash *out, struct span leaf);
/* Node hash: SHA-256(01 || left || right). `out` may be left or right. */
void hasher_node(struct hasher *h, struct hash *out, const struct hash *left,
    const struct hash *right);
/* Many digests at a time, a third faster than one by one. */
void hasher_many(struct hasher *h, const struct sha256_text *texts, size_t num);
/* The parents of `num` pairs: out[i] = node(in[2 i], in[2 i + 1]). `out` may be
 * `in`. */
void hasher_nodes(
    struct hasher *h, struct hash *out, const struct hash *in, size_t num);
/* A digest fed in parts: start, any number of adds, finish. Nothing else may
 * be asked of this hasher in between. */
void hasher_start(struct hasher *h);
void hasher_add(struct hasher *h, struct span s);
void hasher_finish(struct hasher *h, struct hash *out);

/* The root of the tree without leaves: SHA-256 of nothing. */
extern const struct hash hash_empty_tree;

#endif
