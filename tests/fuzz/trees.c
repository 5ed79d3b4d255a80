/*
 * trees: the mutator of the targets that read DER, for libFuzzer, replay and
 * storm alike: inputs are changed as trees (tree.h), some of them and all that
 * are none as bytes. Linked to the targets that the Makefile names.
 */
#include "tests/fuzz/tree.h"

size_t LLVMFuzzerCustomMutator(
    uint8_t *data, size_t size, size_t max, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_len,
    const uint8_t *two, size_t two_len, uint8_t *out, size_t max,
    unsigned seed);
/* The driver's own, of bytes; replay has none. */
__attribute__((weak)) size_t LLVMFuzzerMutate(
    uint8_t *data, size_t size, size_t max);

#define ONE_IN 8 /* trees are changed as bytes */

static struct tree trees[2];

static bool
is_tree(const uint8_t *data, size_t size)
{
	struct span s = span_of(data, size);
	struct der d;

	return der_next(&d, &s);
}

static struct tree *
read_tree(int no, const uint8_t *data, size_t size, unsigned seed)
{
	struct tree *t = &trees[no];

	tree_start(t, seed + (uint64_t)no);
	tree_read(t, t->root, span_of(data, size), 0);
	return t;
}

/* The driver's buffer is what the tree points into: written elsewhere first.
 * What is too long stays as it was. */
static size_t
write_tree(struct tree *t, uint8_t *out, size_t max, size_t as_it_was)
{
	static uint8_t written[TREE_ROOM];
	size_t len = tree_write(t, written, max < TREE_ROOM ? max : TREE_ROOM);

	if (len == 0)
		return as_it_was;
	memcpy(out, written, len);
	return len;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	struct tree *t;

	if (LLVMFuzzerMutate != NULL &&
	    (seed % ONE_IN == 0 || !is_tree(data, size)))
		return LLVMFuzzerMutate(data, size, max);
	t = read_tree(0, data, size, seed);
	tree_mutate(t);
	return write_tree(t, data, max, size < max ? size : max);
}

size_t
LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t one_len,
    const uint8_t *two, size_t two_len, uint8_t *out, size_t max, unsigned seed)
{
	struct tree *t = read_tree(0, one, one_len, seed);
	struct tree *other = read_tree(1, two, two_len, seed);

	tree_splice(t, other);
	return write_tree(t, out, max, 0);
}
