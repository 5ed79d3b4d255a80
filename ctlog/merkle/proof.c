/*
 * proof: see proof.h. The variables carry the names of RFC 9162: fn and sn are
 * the positions of the first and the last node on the level that the walk has
 * reached.
 */
#include "ctlog/merkle/proof.h"

#include "ctlog/base/limits.h"

/* Where the walk is: node fn of a level whose last node is sn. */
struct walk {
	uint64_t fn, sn;
};

/* Whether the next hash of the path is a left sibling. */
static bool
walk_is_left(const struct walk *w)
{
	return (w->fn & 1) || w->fn == w->sn;
}

/* One level up; over the levels where the node has no sibling, when it stands
 * at the right edge. */
static void
walk_up(struct walk *w)
{
	if (walk_is_left(w))
		while (w->fn != 0 && !(w->fn & 1)) {
			w->fn >>= 1;
			w->sn >>= 1;
		}
	w->fn >>= 1;
	w->sn >>= 1;
}

enum status
proof_inclusion(struct hasher *h, const struct tree *tree, uint64_t index,
    const struct hash *leaf, const struct path *path)
{
	struct walk w = {index, tree->size - 1};
	struct hash r = *leaf;

	if (path->num > LIMIT_PROOF || index >= tree->size)
		return ST_BAD;
	for (uint32_t i = 0; i < path->num; i++) {
		if (w.sn == 0)
			return ST_BAD;
		if (walk_is_left(&w))
			hasher_node(h, &r, &path->node[i], &r);
		else
			hasher_node(h, &r, &r, &path->node[i]);
		walk_up(&w);
	}
	if (w.sn != 0)
		return ST_BAD;
	return hash_eq(&r, &tree->root) ? ST_OK : ST_MISMATCH;
}

/* 0 < first->size < second->size. */
static enum status
consistency_walk(struct hasher *h, const struct tree *first,
    const struct tree *second, const struct path *path)
{
	struct walk w = {first->size - 1, second->size - 1};
	bool complete = (first->size & (first->size - 1)) == 0;
	struct hash fr, sr;

	if (path->num == 0)
		return ST_BAD;
	/* The root of a complete first tree is a node of the second one; the
	 * log leaves it out. */
	fr = sr = complete ? first->root : path->node[0];
	while (w.fn & 1) {
		w.fn >>= 1;
		w.sn >>= 1;
	}
	for (uint32_t i = complete ? 0 : 1; i < path->num; i++) {
		if (w.sn == 0)
			return ST_BAD;
		if (walk_is_left(&w)) {
			hasher_node(h, &fr, &path->node[i], &fr);
			hasher_node(h, &sr, &path->node[i], &sr);
		} else {
			hasher_node(h, &sr, &sr, &path->node[i]);
		}
		walk_up(&w);
	}
	if (w.sn != 0)
		return ST_BAD;
	return hash_eq(&fr, &first->root) && hash_eq(&sr, &second->root)
		   ? ST_OK
		   : ST_MISMATCH;
}

enum status
proof_consistency(struct hasher *h, const struct tree *first,
    const struct tree *second, const struct path *path)
{
	if (path->num > LIMIT_PROOF || first->size > second->size)
		return ST_BAD;
	if (first->size != 0 && first->size != second->size)
		return consistency_walk(h, first, second, path);
	if (path->num != 0)
		return ST_BAD;
	if (first->size == 0 && !hash_eq(&first->root, &hash_empty_tree))
		return ST_MISMATCH;
	if (first->size == second->size &&
	    !hash_eq(&first->root, &second->root))
		return ST_MISMATCH;
	return ST_OK;
}

enum status
proof_last_leaf(struct range *out, struct hasher *h, uint64_t size,
    const struct hash *leaf, const struct path *path)
{
	struct range r;
	uint32_t num = path->num;

	if (size == 0 || size > LIMIT_TREE_SIZE ||
	    num != (uint32_t)__builtin_popcountll(size - 1))
		return ST_BAD;
	range_init(&r, 0);
	/* The path comes bottom up, which here is right to left. */
	for (int level = 63; level >= 0; level--)
		if ((size - 1) >> level & 1)
			range_add(&r, h, (unsigned)level, &path->node[--num]);
	range_add(&r, h, 0, leaf);
	*out = r;
	return ST_OK;
}
