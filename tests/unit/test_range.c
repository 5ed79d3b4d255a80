/* range: however leaves are put together, the tree is that of RFC 6962. */
#include "tests/unit/support.h"

#include "ctlog/base/limits.h"
#include "tests/unit/naive_tree.h"

#define LEAVES 600u

static struct hasher *h;
static struct hash *leaf;

static int
setup(void **state)
{
	(void)state;
	h = hasher_new();
	leaf = naive_leaves(h, LEAVES);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	free(leaf);
	hasher_free(h);
	return 0;
}

/* Reference inputs and roots that all implementations share. */
static void
test_reference(void **state)
{
	static const struct {
		size_t len;
		const char *leaf, *root;
	} v[] = {
	    {0, "",
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa0"
		"1d"},
	    {1, "\x00",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c1"
		"25"},
	    {1, "\x10",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e"
		"77"},
	    {2, "\x20\x21",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614"
		"b7"},
	    {2, "\x30\x31",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264"
		"d4"},
	    {4, "\x40\x41\x42\x43",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087"
		"ef"},
	    {8, "\x50\x51\x52\x53\x54\x55\x56\x57",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c"
		"8c"},
	    {16,
		"\x60\x61\x62\x63\x64\x65\x66\x67"
		"\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff46043"
		"28"},
	};
	struct range r = {0};
	struct hash got, want;

	(void)state;
	range_root(&r, h, &got);
	assert_hash(&got, &hash_empty_tree);
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		hasher_leaf(h, &got, span_of(v[i].leaf, v[i].len));
		range_add(&r, h, 0, &got);
		range_root(&r, h, &got);
		want = hex_hash(v[i].root);
		assert_hash(&got, &want);
		assert_int_equal(r.end, i + 1);
		assert_int_equal(r.num, __builtin_popcountll(i + 1));
	}
}

/* A real log's tiles, each added as one subtree. */
static void
test_navigli(void **state)
{
	static const struct {
		unsigned level;
		const char *node;
		uint64_t size;
		const char *root;
	} v[] = {
	    {8,
		"6c80217987879103977872b0d0f2a3b6d989da11ad194fd50f15396f44806f"
		"e7",
		256,
		"6c80217987879103977872b0d0f2a3b6d989da11ad194fd50f15396f44806f"
		"e7"},
	    {8,
		"e36486bed68531bb26a4d3d317506620bd66f6b2731e306d65a20e18ca3769"
		"c1",
		512,
		"d6bb9a9603d25112c422d8e5e47168e3d2dc7bb5ba5b1adaa18eba45f6b53d"
		"45"},
	    {8,
		"135816f749a0354a227b239f85824ea2f746cf94eef8c9452632554b22aa04"
		"af",
		768,
		"065253d745c79e6a01cb0647ab2a7e2522d32234e65ae3dd559c39d5fcd736"
		"73"},
	    {3,
		"5ff42d5adce180b12c2d4c5254a8ef937b8a0329de9ee1fa1a41a922321d06"
		"ab",
		776, NULL},
	    {1,
		"18a60f3d6e7b61a9923d3c5461cadf47a5f5f8a0879795c43635aa59bc478d"
		"ad",
		778,
		"f969c738c45997f2c6d7aebda1eb246dd2bd6dc3b89e4ad8d5c7d5ca49c2e7"
		"65"},
	};
	struct hash third = hex_hash("a3847a463cb907038fad5b3472e5dbdbbb6b548a"
				     "a0b121138ff49f6d3cb45bfe");
	struct hash all = hex_hash("10c7c61bce6e21d75e397b79ff075018fdc841dd02"
				   "382aa82e0f50e82b0f2c90");
	struct range r = {0}, full = {0};
	struct hash node, got;

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		node = hex_hash(v[i].node);
		range_add(&r, h, v[i].level, &node);
		if (v[i].size == 768)
			full = r;
		assert_int_equal(r.end, v[i].size);
		if (v[i].root == NULL)
			continue;
		range_root(&r, h, &got);
		node = hex_hash(v[i].root);
		assert_hash(&got, &node);
	}
	assert_int_equal(r.num, 4);
	range_add(&full, h, 8, &third);
	range_root(&full, h, &got);
	assert_hash(&got, &all);
	assert_int_equal(full.num, 1);
}

/* Every node of r is the root of the leaves that it stands for, and no two
 * neighbours could be one. leaf[] begins at leaf number `base`. */
static void
check_range(const struct range *r, uint64_t base)
{
	uint64_t at = r->begin;

	for (uint32_t i = 0; i < r->num; i++) {
		uint64_t width = UINT64_C(1) << r->level[i];
		struct hash want = naive_root(h, leaf + (at - base), width);

		assert_int_equal(at % width, 0);
		assert_hash(&r->node[i], &want);
		if (i + 1 < r->num && r->level[i] == r->level[i + 1])
			assert_int_not_equal(at % (2 * width), 0);
		at += width;
	}
	assert_int_equal(at, r->end);
	assert_int_equal(range_parts(r->begin, r->end, NULL, NULL), r->num);
}

/* [begin, end) by random complete subtrees, and by many leaves at a time. */
static void
grow(struct range *r, uint64_t base, uint64_t end, uint64_t *seed)
{
	while (r->end < end) {
		unsigned level = 0;
		struct hash node;

		if (random_below(seed, 8) == 0)
			range_add_leaves(r, h, leaf + (r->end - base),
			    random_below(seed, end - r->end + 1));
		if (r->end == end)
			break;
		while (random_below(seed, 2) &&
		       r->end % (UINT64_C(2) << level) == 0 &&
		       r->end + (UINT64_C(2) << level) <= end)
			level++;
		node = naive_root(h, leaf + (r->end - base), 1u << level);
		range_add(r, h, level, &node);
	}
}

/* Cut [begin, end) at random, make the pieces, join them in random order. */
static void
split_and_join(uint64_t base, uint64_t begin, uint64_t end, uint64_t *seed)
{
	struct range part[12];
	size_t num = 0, i;

	range_init(&part[0], begin);
	while (num < 11 && part[num].end < end) {
		grow(&part[num], base,
		    part[num].end + random_below(seed, end - part[num].end + 1),
		    seed);
		range_init(&part[num + 1], part[num].end);
		num++;
	}
	grow(&part[num], base, end, seed);
	for (; num > 0; num--) {
		i = random_below(seed, num);
		assert_true(range_join(&part[i], h, &part[i + 1]));
		check_range(&part[i], base);
		memmove(&part[i + 1], &part[i + 2],
		    (num - i - 1) * sizeof(part[0]));
	}
	assert_int_equal(part[0].begin, begin);
	assert_int_equal(part[0].end, end);
	if (begin == 0) {
		struct hash got, want = naive_root(h, leaf, end);

		range_root(&part[0], h, &got);
		assert_hash(&got, &want);
	}
}

static void
test_splits(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (unsigned i = 0; i < 300; i++) {
		uint64_t end = random_below(&seed, LEAVES + 1);
		uint64_t begin = i % 2 ? 0 : random_below(&seed, end + 1);

		split_and_join(0, begin, end, &seed);
	}
}

/* Far from the left edge, and up to the largest tree. */
static void
test_high(void **state)
{
	static const uint64_t base[] = {
	    LIMIT_TREE_SIZE - LEAVES, LIMIT_TREE_SIZE / 2 - 256, 65536 - 300};
	uint64_t seed = 2;

	(void)state;
	for (unsigned i = 0; i < 60; i++) {
		uint64_t b = base[i % 3];
		uint64_t begin = b + random_below(&seed, LEAVES);

		split_and_join(b, begin,
		    begin + random_below(&seed, b + LEAVES - begin + 1), &seed);
	}
}

static void
test_largest(void **state)
{
	struct range r = {0}, s = {0}, tail;
	struct buf saved = {0};
	struct hash got, want;

	(void)state;
	for (unsigned level = 39;; level--) {
		range_add(&r, h, level, &leaf[level]);
		if (level == 0)
			break;
	}
	assert_int_equal(r.end, LIMIT_TREE_SIZE - 1);
	assert_int_equal(r.num, 40);
	range_init(&tail, 1);
	for (unsigned level = 0; level < 40; level++)
		range_add(&tail, h, level, &leaf[level]);
	assert_int_equal(tail.end, LIMIT_TREE_SIZE);
	assert_int_equal(tail.num, 40);
	range_save(&tail, &saved);
	assert_status(range_load(&s, buf_span(&saved), NULL), ST_OK, NULL);
	buf_fini(&saved);

	range_init(&s, 0);
	range_add(&s, h, 0, &leaf[7]);
	assert_true(range_join(&s, h, &tail));
	assert_int_equal(s.num, 1);
	range_root(&s, h, &got);
	want = leaf[7];
	for (unsigned level = 0; level < 40; level++)
		hasher_node(h, &want, &want, &leaf[level]);
	assert_hash(&got, &want);
}

static void
test_join_refused(void **state)
{
	struct range left = {0}, right, bad, before;
	uint64_t seed = 3;

	(void)state;
	grow(&left, 0, 100, &seed);
	before = left;
	range_init(&right, 101);
	grow(&right, 0, 200, &seed);
	assert_false(range_join(&left, h, &right));
	range_init(&right, 99);
	grow(&right, 0, 200, &seed);
	assert_false(range_join(&left, h, &right));

	range_init(&right, 100);
	grow(&right, 0, 200, &seed);
	bad = right;
	bad.level[1]++;
	assert_false(range_join(&left, h, &bad));
	bad = right;
	bad.level[0] = 255;
	assert_false(range_join(&left, h, &bad));
	bad = right;
	bad.num--;
	assert_false(range_join(&left, h, &bad));
	bad = right;
	bad.num = RANGE_MAX + 1;
	assert_false(range_join(&left, h, &bad));
	bad = right;
	bad.num = UINT32_MAX;
	assert_false(range_join(&left, h, &bad));
	bad = right;
	bad.end = UINT64_MAX;
	assert_false(range_join(&left, h, &bad));
	bad = right;
	bad.end = 50;
	assert_false(range_join(&left, h, &bad));

	assert_memory_equal(&left, &before, sizeof(left));
	range_init(&bad, 100);
	assert_true(range_join(&left, h, &bad));
	assert_int_equal(left.end, 100);
	assert_true(range_join(&left, h, &right));
	check_range(&left, 0);
}

struct parts {
	uint64_t at;
	unsigned num;
};

static void
on_part(void *arg, unsigned level, uint64_t index)
{
	struct parts *p = arg;

	assert_int_equal(index << level, p->at);
	p->at = (index + 1) << level;
	p->num++;
}

static void
test_parts(void **state)
{
	uint64_t seed = 4;

	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		uint64_t limit = UINT64_C(1) << random_below(&seed, 41);
		uint64_t end = random_below(&seed, limit + 1);
		uint64_t begin = random_below(&seed, end + 1);
		struct parts p = {begin, 0};
		unsigned num;

		num = range_parts(begin, end, on_part, &p);
		assert_int_equal(num, p.num);
		assert_int_equal(p.at, end);
		assert_true(p.num <= RANGE_MAX);
	}
	assert_int_equal(range_parts(5, 5, NULL, NULL), 0);
	assert_int_equal(range_parts(1, LIMIT_TREE_SIZE - 1, NULL, NULL), 78);
}

static void
test_save_load(void **state)
{
	struct buf saved = {0}, again = {0};
	uint64_t seed = 5;

	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		struct range r, got;

		range_init(&r, random_below(&seed, LEAVES));
		grow(&r, 0, r.begin + random_below(&seed, LEAVES - r.begin + 1),
		    &seed);
		buf_clear(&saved);
		range_save(&r, &saved);
		assert_int_equal(saved.len, 16 + 32 * r.num);
		assert_status(
		    range_load(&got, buf_span(&saved), NULL), ST_OK, NULL);
		check_range(&got, 0);
		buf_clear(&again);
		range_save(&got, &again);
		assert_true(span_eq(buf_span(&saved), buf_span(&again)));
	}
	buf_fini(&saved);
	buf_fini(&again);
}

/* What a damaged store may give back. */
static void
test_load_hostile(void **state)
{
	struct range r = {0}, got = {0}, before = {0};
	struct buf saved = {0}, bad = {0};
	uint64_t seed = 6;
	struct err e;

	(void)state;
	grow(&r, 0, 187, &seed);
	range_save(&r, &saved);
	for (size_t n = 0; n < saved.len; n++)
		assert_status(
		    range_load(&got, span_cut(buf_span(&saved), 0, n), &e),
		    ST_BAD, &e);
	buf_char(&saved, 0);
	assert_status(range_load(&got, buf_span(&saved), &e), ST_BAD, &e);
	for (size_t n = 1; n < 32; n++)
		buf_char(&saved, 0);
	assert_status(range_load(&got, buf_span(&saved), &e), ST_BAD, &e);
	for (size_t i = 0; i < 16; i++) {
		buf_clear(&bad);
		buf_span_add(&bad, span_cut(buf_span(&saved), 0, 16 + 6 * 32));
		bad.p[i] ^= 0xff;
		assert_status(range_load(&got, buf_span(&bad), &e), ST_BAD, &e);
	}
	buf_clear(&bad);
	buf_uint(&bad, 10, 8);
	buf_uint(&bad, 9, 8);
	assert_status(range_load(&got, buf_span(&bad), &e), ST_BAD, &e);
	buf_clear(&bad);
	buf_uint(&bad, LIMIT_TREE_SIZE + 1, 8);
	buf_uint(&bad, LIMIT_TREE_SIZE + 1, 8);
	assert_status(range_load(&got, buf_span(&bad), &e), ST_BAD, &e);
	assert_memory_equal(&got, &before, sizeof(got));
	buf_fini(&saved);
	buf_fini(&bad);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_reference),
	    cmocka_unit_test(test_navigli),
	    cmocka_unit_test(test_splits),
	    cmocka_unit_test(test_high),
	    cmocka_unit_test(test_largest),
	    cmocka_unit_test(test_join_refused),
	    cmocka_unit_test(test_parts),
	    cmocka_unit_test(test_save_load),
	    cmocka_unit_test(test_load_hostile),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
