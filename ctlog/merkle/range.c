/*
 * range: see range.h. A list of complete subtrees is the compact range of its
 * leaves exactly when no two neighbours are the children of one parent; adding
 * a subtree and then joining such neighbours at the right end keeps that true.
 */
#include "ctlog/merkle/range.h"

#include "ctlog/base/limits.h"
#include "ctlog/base/rd.h"

void
range_init(struct range *r, uint64_t begin)
{
	ASSERT(begin <= LIMIT_TREE_SIZE);
	r->begin = r->end = begin;
	r->num = 0;
}

static inline uint64_t
leaves(unsigned level)
{
	return UINT64_C(1) << level;
}

/* Whether the last two subtrees are the children of one parent. */
static bool
has_twins(const struct range *r)
{
	unsigned level = r->num != 0 ? r->level[r->num - 1] : 0;
	uint64_t parent = leaves(level + 1);

	return r->num >= 2 && r->level[r->num - 2] == level &&
	       r->end % parent == 0;
}

void
range_add(
    struct range *r, struct hasher *h, unsigned level, const struct hash *node)
{
	struct hash *last;

	ASSERT(level < 64 && leaves(level) <= LIMIT_TREE_SIZE - r->end);
	ASSERT(r->end % leaves(level) == 0 && r->num < RANGE_MAX);
	r->level[r->num] = (uint8_t)level;
	r->node[r->num] = *node;
	r->num++;
	r->end += leaves(level);
	while (has_twins(r)) {
		last = &r->node[r->num - 1];
		hasher_node(h, last - 1, last - 1, last);
		r->num--;
		r->level[r->num - 1]++;
	}
}

/* The level of the first of the subtrees that tile [begin, end). */
static unsigned
first_level(uint64_t begin, uint64_t end)
{
	unsigned fits = 63 - (unsigned)__builtin_clzll(end - begin);
	unsigned aligned = begin ? (unsigned)__builtin_ctzll(begin) : 63;

	return aligned < fits ? aligned : fits;
}

/* Levels of leaves that are hashed before they join the range: a tile's. */
#define TREE_LEVELS 8u

/* The root of a complete tree over 2^level leaves. */
static struct hash
tree_root(struct hasher *h, const struct hash *leaf, unsigned level)
{
	struct hash node[1u << (TREE_LEVELS - 1)];
	size_t num = leaves(level) / 2;

	if (level == 0)
		return leaf[0];
	hasher_nodes(h, node, leaf, num);
	for (; num > 1; num /= 2)
		hasher_nodes(h, node, node, num / 2);
	return node[0];
}

void
range_add_leaves(
    struct range *r, struct hasher *h, const struct hash *leaf, size_t num)
{
	struct hash root;
	unsigned level;

	for (; num > 0; num -= leaves(level), leaf += leaves(level)) {
		level = first_level(r->end, r->end + num);
		if (level > TREE_LEVELS)
			level = TREE_LEVELS;
		root = tree_root(h, leaf, level);
		range_add(r, h, level, &root);
	}
}

/* Whether the levels are those that begin and end ask for. */
static bool
is_compact(const struct range *r)
{
	uint64_t at = r->begin;
	uint32_t i = 0;

	if (r->begin > r->end || r->end > LIMIT_TREE_SIZE || r->num > RANGE_MAX)
		return false;
	for (; at < r->end && i < r->num; i++) {
		if (r->level[i] != first_level(at, r->end))
			return false;
		at += leaves(r->level[i]);
	}
	return at == r->end && i == r->num;
}

bool
range_join(struct range *left, struct hasher *h, const struct range *right)
{
	if (right->begin != left->end || !is_compact(right))
		return false;
	for (uint32_t i = 0; i < right->num; i++)
		range_add(left, h, right->level[i], &right->node[i]);
	return true;
}

void
range_root(const struct range *r, struct hasher *h, struct hash *out)
{
	ASSERT(r->begin == 0);
	if (r->num == 0) {
		*out = hash_empty_tree;
		return;
	}
	*out = r->node[r->num - 1];
	for (uint32_t i = r->num - 1; i > 0; i--)
		hasher_node(h, out, &r->node[i - 1], out);
}

unsigned
range_parts(uint64_t begin, uint64_t end, range_part_fn *fn, void *arg)
{
	unsigned level, num = 0;

	ASSERT(begin <= end);
	for (; begin < end; begin += leaves(level)) {
		level = first_level(begin, end);
		if (fn != NULL)
			fn(arg, level, begin >> level);
		num++;
	}
	return num;
}

void
range_save(const struct range *r, struct buf *out)
{
	buf_uint(out, r->begin, 8);
	buf_uint(out, r->end, 8);
	for (uint32_t i = 0; i < r->num; i++)
		buf_span_add(out, hash_span(&r->node[i]));
}

static void
load_level(void *arg, unsigned level, uint64_t index)
{
	struct range *r = arg;

	(void)index;
	r->level[r->num++] = (uint8_t)level;
}

enum status
range_load(struct range *r, struct span in, struct err *e)
{
	struct rd rd = rd_of(in);
	uint64_t begin = rd_u64(&rd), end = rd_u64(&rd);
	struct range got;

	if (!rd_ok(&rd) || begin > end || end > LIMIT_TREE_SIZE)
		return err_set(e, ST_BAD, "saved tree state: bad bounds");
	range_init(&got, begin);
	got.end = end;
	range_parts(begin, end, load_level, &got);
	if (rd_left(&rd) != (size_t)got.num * HASH_LEN)
		return err_set(e, ST_BAD,
		    "saved tree state: %zu bytes of hashes where %u hashes "
		    "are due",
		    rd_left(&rd), got.num);
	for (uint32_t i = 0; i < got.num; i++)
		memcpy(got.node[i].b, rd_bytes(&rd, HASH_LEN).p, HASH_LEN);
	*r = got;
	return ST_OK;
}
