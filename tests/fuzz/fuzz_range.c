/*
 * fuzz_range: saved states from anywhere, and then operations on them. Input:
 * one byte, how long the first state is in units of 8 bytes; the state; then
 * one operation a byte, on a second range that begins where the first ends.
 */
#include <stdlib.h>

#include "ctlog/base/limits.h"
#include "ctlog/merkle/range.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
same(const struct range *a, const struct range *b)
{
	return a->begin == b->begin && a->end == b->end && a->num == b->num &&
	       memcmp(a->level, b->level, a->num) == 0 &&
	       memcmp(a->node, b->node, a->num * sizeof(a->node[0])) == 0;
}

/* What is in memory is what a store would give back. */
static void
check(const struct range *r)
{
	struct buf saved = {0};
	struct range again;

	ASSERT(r->end <= LIMIT_TREE_SIZE && r->num <= RANGE_MAX);
	ASSERT(range_parts(r->begin, r->end, NULL, NULL) == r->num);
	range_save(r, &saved);
	ASSERT(range_load(&again, buf_span(&saved), NULL) == ST_OK);
	ASSERT(same(r, &again));
	buf_fini(&saved);
}

/* Append a subtree as large as `op` asks for and the position allows. */
static void
step(struct range *r, struct hasher *h, uint8_t op)
{
	struct hash node;
	unsigned level = op % 41;

	memset(node.b, op, HASH_LEN);
	while (level > 0 && r->end % (UINT64_C(1) << level) != 0)
		level--;
	if (UINT64_C(1) << level <= LIMIT_TREE_SIZE - r->end)
		range_add(r, h, level, &node);
}

/* (a + b) + c = a + (b + c) */
static void
check_joins(struct hasher *h, const struct range *a, const struct range *b,
    const struct range *c)
{
	struct range left = *a, right = *b, joined = *a;
	struct hash root;

	ASSERT(range_join(&left, h, b) && range_join(&left, h, c));
	ASSERT(range_join(&right, h, c) && range_join(&joined, h, &right));
	ASSERT(same(&left, &joined));
	check(&left);
	if (left.begin == 0)
		range_root(&left, h, &root);
	if (a->end != a->begin)
		ASSERT(!range_join(&joined, h, a));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct hasher *h;
	struct span in = span_of(data, size), ops;
	struct range a, b, c;
	struct err e = {""};
	size_t len;

	if (h == NULL)
		h = hasher_new();
	if (size == 0)
		return 0;
	len = 8u * data[0];
	ops = span_from(in, 1 + len);
	if (range_load(&a, span_cut(in, 1, len), &e) != ST_OK) {
		ASSERT(e.text[0] != '\0');
		return 0;
	}
	check(&a);
	range_init(&b, a.end);
	for (size_t i = 0; i < ops.len / 2; i++)
		step(&b, h, ops.p[i]);
	range_init(&c, b.end);
	for (size_t i = ops.len / 2; i < ops.len; i++)
		step(&c, h, ops.p[i]);
	check(&b);
	check_joins(h, &a, &b, &c);
	return 0;
}
