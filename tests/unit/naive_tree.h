/*
 * naive_tree: roots and proofs as RFC 6962 section 2.1 defines them, by
 * recursion over all leaves; slow, short, and nothing in common with
 * ctlog/merkle but the hash.
 */
#ifndef TESTS_UNIT_NAIVE_TREE_H
#define TESTS_UNIT_NAIVE_TREE_H

#include "ctlog/merkle/proof.h"

/* The largest power of two below n; n > 1. */
static inline size_t
naive_half(size_t n)
{
	size_t k = 1;

	while (2 * k < n)
		k *= 2;
	return k;
}

/* MTH(D[n]), where leaf[] holds the leaf hashes. */
static inline struct hash
naive_root(struct hasher *h, const struct hash *leaf, size_t n)
{
	struct hash left, right;
	size_t k;

	if (n == 0)
		return hash_empty_tree;
	if (n == 1)
		return leaf[0];
	k = naive_half(n);
	left = naive_root(h, leaf, k);
	right = naive_root(h, leaf + k, n - k);
	hasher_node(h, &left, &left, &right);
	return left;
}

static inline void
naive_push(struct path *p, struct hash node)
{
	p->node[p->num++] = node;
}

/* PATH(m, D[n]), appended to p. */
static inline void
naive_path(struct path *p, struct hasher *h, size_t m, const struct hash *leaf,
    size_t n)
{
	size_t k;

	if (n <= 1)
		return;
	k = naive_half(n);
	if (m < k) {
		naive_path(p, h, m, leaf, k);
		naive_push(p, naive_root(h, leaf + k, n - k));
	} else {
		naive_path(p, h, m - k, leaf + k, n - k);
		naive_push(p, naive_root(h, leaf, k));
	}
}

/* SUBPROOF(m, D[n], true), appended to p; `b` as in the RFC. */
static inline void
naive_subproof(struct path *p, struct hasher *h, size_t m,
    const struct hash *leaf, size_t n, bool b)
{
	size_t k;

	if (m == n) {
		if (!b)
			naive_push(p, naive_root(h, leaf, n));
		return;
	}
	k = naive_half(n);
	if (m <= k) {
		naive_subproof(p, h, m, leaf, k, b);
		naive_push(p, naive_root(h, leaf + k, n - k));
	} else {
		naive_subproof(p, h, m - k, leaf + k, n - k, false);
		naive_push(p, naive_root(h, leaf, k));
	}
}

/* n leaf hashes, all different. */
static inline struct hash *
naive_leaves(struct hasher *h, size_t n)
{
	struct hash *leaf = calloc(n ? n : 1, sizeof(*leaf));

	for (size_t i = 0; i < n; i++) {
		uint64_t data = i;

		hasher_leaf(h, &leaf[i], span_of(&data, sizeof(data)));
	}
	return leaf;
}

#endif
