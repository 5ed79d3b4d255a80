/*
 * proof: inclusion and consistency proofs (RFC 9162 sections 2.1.3.2 and
 * 2.1.4.2, the same trees as RFC 6962). Pure; hashes come bottom up. A path
 * longer than LIMIT_PROOF is refused before it is looked at.
 */
#ifndef CTLOG_MERKLE_PROOF_H
#define CTLOG_MERKLE_PROOF_H

#include "ctlog/base/err.h"
#include "ctlog/merkle/range.h"

struct path {
	uint32_t num;
	struct hash node[65];
};

/* ST_OK when `leaf` is leaf number `index` of the tree; ST_BAD when the tree
 * has no such leaf or the path not the length that it asks for; ST_MISMATCH
 * when the path leads to another root. */
enum status proof_inclusion(struct hasher *h, const struct tree *tree,
    uint64_t index, const struct hash *leaf, const struct path *path);

/* ST_OK when tree `first` is a prefix of `second`; ST_BAD when `first` is the
 * larger one or the path not as long as the sizes ask for; ST_MISMATCH when it
 * leads to other roots. The empty tree is a prefix of anything and needs an
 * empty path. */
enum status proof_consistency(struct hasher *h, const struct tree *first,
    const struct tree *second, const struct path *path);

/* The compact range [0, index] out of the audit path of the last leaf
 * (index = size - 1) of a tree: its left siblings are that range. ST_BAD when
 * the path does not have the length that size asks for. */
enum status proof_last_leaf(struct range *out, struct hasher *h, uint64_t size,
    const struct hash *leaf, const struct path *path);

#endif
