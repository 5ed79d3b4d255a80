/*
 * range: a compact range, the hashes of the largest complete subtrees that
 * tile the leaves [begin, end) from left to right. It is all that must be kept
 * to go on hashing, and two ranges that meet join in O(log n) hashes
 * (RFC 6962 section 2.1; the literature says "compact range").
 *
 * The levels follow from begin and end alone; node i covers 2^level leaves.
 * {0} is the empty range at 0.
 */
#ifndef CTLOG_MERKLE_RANGE_H
#define CTLOG_MERKLE_RANGE_H

#include "ctlog/base/buf.h"
#include "ctlog/base/err.h"
#include "ctlog/merkle/hash.h"

/* Up the left flank and down the right one of a tree of 2^40 leaves. */
#define RANGE_MAX 96

/* A tree by its size and root. */
struct tree {
	uint64_t size;
	struct hash root;
};

struct range {
	uint64_t begin, end;
	uint32_t num;
	uint8_t level[RANGE_MAX];
	struct hash node[RANGE_MAX];
};

void range_init(struct range *r, uint64_t begin);

/* Append one leaf hash (level 0) or the root of a complete subtree of 2^level
 * leaves. Asserts that end is a multiple of 2^level, and that the tree stays
 * within LIMIT_TREE_SIZE. */
void range_add(
    struct range *r, struct hasher *h, unsigned level, const struct hash *node);

/* Append `num` leaf hashes: the same as one by one, but whole levels of their
 * tree are hashed at a time. */
void range_add_leaves(
    struct range *r, struct hasher *h, const struct hash *leaf, size_t num);

/* Append `right`, which must begin where `left` ends: false when not, or when
 * its levels are not those of its bounds (it may come from outside). */
MUST_USE bool range_join(
    struct range *left, struct hasher *h, const struct range *right);

/* The root of the tree [0, end). Asserts that begin is 0. */
void range_root(const struct range *r, struct hasher *h, struct hash *out);

/*
 * The subtrees that tile [begin, end), left to right, without their hashes:
 * calls fn(arg, level, index) for each; the subtree covers the leaves
 * [index << level, (index + 1) << level). Returns how many; fn may be NULL.
 */
typedef void range_part_fn(void *arg, unsigned level, uint64_t index);
unsigned range_parts(
    uint64_t begin, uint64_t end, range_part_fn *fn, void *arg);

/* u64 begin, u64 end, then the node hashes. Loading checks that their number
 * fits begin and end, and that end is within LIMIT_TREE_SIZE. */
void range_save(const struct range *r, struct buf *out);
MUST_USE enum status range_load(struct range *r, struct span in, struct err *e);

#endif
