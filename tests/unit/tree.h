/* tree: a Merkle tree done naively, straight from the definitions of RFC 6962
 * section 2.1, and what a log serves of it. Nothing here uses the code that is
 * tested, but for SHA-256. */
#ifndef TESTS_UNIT_TREE_H
#define TESTS_UNIT_TREE_H

#include "ctlog/merkle/proof.h"

/* Leaf hashes; a tree is the first n of them. */
struct forest {
	struct hasher *h;
	struct hash *leaf;
};

/* MTH of leaves [a, b). */
static inline struct hash
forest_root(const struct forest *f, uint64_t a, uint64_t b)
{
	uint64_t k = 1;
	struct hash l, r;

	if (a == b)
		return hash_empty_tree;
	if (b - a == 1)
		return f->leaf[a];
	while (k * 2 < b - a)
		k *= 2;
	l = forest_root(f, a, a + k);
	r = forest_root(f, a + k, b);
	hasher_node(f->h, &l, &l, &r);
	return l;
}

static inline void
path_push(struct path *p, struct hash node)
{
	p->node[p->num++] = node;
}

/* PATH(m, D[a:b]) of section 2.1.1, m counted from a. */
static inline void
forest_path(const struct forest *f, struct path *out, uint64_t m, uint64_t a,
    uint64_t b)
{
	uint64_t k = 1;

	if (b - a <= 1)
		return;
	while (k * 2 < b - a)
		k *= 2;
	if (m < k) {
		forest_path(f, out, m, a, a + k);
		path_push(out, forest_root(f, a + k, b));
	} else {
		forest_path(f, out, m - k, a + k, b);
		path_push(out, forest_root(f, a, a + k));
	}
}

/* SUBPROOF(m, D[a:b], whole) of section 2.1.2. */
static inline void
forest_subproof(const struct forest *f, struct path *out, uint64_t m,
    const uint64_t span[2], bool whole)
{
	uint64_t a = span[0], b = span[1], k = 1;

	if (m == b - a) {
		if (!whole)
			path_push(out, forest_root(f, a, b));
		return;
	}
	while (k * 2 < b - a)
		k *= 2;
	if (m <= k) {
		forest_subproof(f, out, m, (const uint64_t[]){a, a + k}, whole);
		path_push(out, forest_root(f, a + k, b));
	} else {
		forest_subproof(
		    f, out, m - k, (const uint64_t[]){a + k, b}, false);
		path_push(out, forest_root(f, a, a + k));
	}
}

/* PROOF(m, D[n]). */
static inline void
forest_consistency(
    const struct forest *f, struct path *out, uint64_t m, uint64_t n)
{
	out->num = 0;
	forest_subproof(f, out, m, (const uint64_t[]){0, n}, true);
}

/* The hash tile of a tree of n leaves, appended; the number of its hashes. */
static inline unsigned
forest_tile(const struct forest *f, struct buf *out, unsigned level,
    uint64_t index, uint64_t n)
{
	uint64_t leaves = 1ull << 8 * level;
	unsigned width = 0;

	for (uint64_t i = index * 256; width < 256 && (i + 1) * leaves <= n;
	     i++, width++) {
		struct hash node = forest_root(f, i * leaves, (i + 1) * leaves);

		buf_span_add(out, hash_span(&node));
	}
	return width;
}

/* n different leaf hashes, from a seed. */
static inline struct forest
forest_new(uint64_t n, uint64_t seed)
{
	struct forest f = {hasher_new(), malloc((n + 1) * HASH_LEN)};

	ASSERT(f.leaf != NULL);
	for (uint64_t i = 0; i < n; i++) {
		uint64_t v[2] = {seed, i};

		hasher_leaf(f.h, &f.leaf[i], span_of(v, sizeof(v)));
	}
	return f;
}

static inline void
forest_free(struct forest *f)
{
	hasher_free(f->h);
	free(f->leaf);
}

/* The compact range [0, n), subtree by subtree. */
static inline struct range
forest_range(const struct forest *f, uint64_t n)
{
	struct range r = {.end = n};
	uint64_t at = 0;

	for (int level = 63; level >= 0; level--)
		if (n >> level & 1) {
			r.level[r.num] = (uint8_t)level;
			r.node[r.num++] =
			    forest_root(f, at, at + (1ull << level));
			at += 1ull << level;
		}
	return r;
}

#endif
