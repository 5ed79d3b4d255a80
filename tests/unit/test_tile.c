/*
 * tile: names of tiles, where a hash lies, and what a tile proves. A whole
 * small log is laid out in tiles the plain way and compared.
 */
#include "tests/unit/support.h"

#include "ctlog/base/limits.h"
#include "ctlog/merkle/tile.h"
#include "tests/unit/naive_tree.h"

#define LEAVES 66000u
#define LEVELS 17u

static struct hasher *h;
/* row[l][i] is the hash of the complete subtree (l, i). */
static struct hash *row[LEVELS];

static int
setup(void **state)
{
	(void)state;
	h = hasher_new();
	row[0] = naive_leaves(h, LEAVES);
	for (unsigned l = 1; l < LEVELS; l++) {
		row[l] = calloc((LEAVES >> l) + 1, sizeof(struct hash));
		for (size_t i = 0; i < LEAVES >> l; i++)
			hasher_node(h, &row[l][i], &row[l - 1][2 * i],
			    &row[l - 1][2 * i + 1]);
	}
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	for (unsigned l = 0; l < LEVELS; l++)
		free(row[l]);
	hasher_free(h);
	return 0;
}

static void
check_path(unsigned level, uint64_t index, unsigned width, const char *want)
{
	struct tile t = {level, index, width};
	struct buf got = {0};

	tile_path(&t, &got);
	assert_string_equal(buf_cstr(&got), want);
	buf_fini(&got);
}

static void
test_path(void **state)
{
	(void)state;
	check_path(0, 0, 256, "tile/0/000");
	check_path(TILE_DATA, 0, 256, "tile/data/000");
	check_path(0, 0, 1, "tile/0/000.p/1");
	check_path(TILE_DATA, 999, 255, "tile/data/999.p/255");
	check_path(1, 1000, 256, "tile/1/x001/000");
	check_path(0, 1234, 7, "tile/0/x001/234.p/7");
	check_path(2, 999999, 256, "tile/2/x999/999");
	check_path(2, 1000000, 256, "tile/2/x001/x000/000");
	check_path(0, 1234067, 256, "tile/0/x001/x234/067");
	check_path(0, 15999001, 256, "tile/0/x015/x999/001");
	check_path(5, 0, 10, "tile/5/000.p/10");
	check_path(TILE_DATA, UINT64_C(4294967295), 256,
	    "tile/data/x004/x294/x967/295");
}

static void
check_tile(unsigned level, uint64_t index, uint64_t size, struct tile want)
{
	struct tile got = tile_of(level, index, size);

	assert_int_equal(got.level, want.level);
	assert_int_equal(got.index, want.index);
	assert_int_equal(got.width, want.width);
}

static void
test_of(void **state)
{
	(void)state;
	check_tile(0, 0, 1, (struct tile){0, 0, 1});
	check_tile(0, 254, 255, (struct tile){0, 0, 255});
	check_tile(0, 255, 256, (struct tile){0, 0, 256});
	check_tile(8, 0, 256, (struct tile){1, 0, 1});
	check_tile(7, 1, 256, (struct tile){0, 0, 256});
	check_tile(0, 0, 257, (struct tile){0, 0, 256});
	check_tile(0, 256, 257, (struct tile){0, 1, 1});
	check_tile(0, 69999, 70000, (struct tile){0, 273, 112});
	check_tile(8, 272, 70000, (struct tile){1, 1, 17});
	check_tile(8, 255, 70000, (struct tile){1, 0, 256});
	check_tile(15, 1, 70000, (struct tile){1, 0, 256});
	check_tile(16, 0, 70000, (struct tile){2, 0, 1});
	check_tile(16, 0, 65536, (struct tile){2, 0, 1});
	check_tile(15, 0, 65535, (struct tile){1, 0, 255});
	check_tile(0, 65534, 65535, (struct tile){0, 255, 255});
	check_tile(0, 65536, 65537, (struct tile){0, 256, 1});
	check_tile(40, 0, LIMIT_TREE_SIZE, (struct tile){5, 0, 1});
	check_tile(0, LIMIT_TREE_SIZE - 1, LIMIT_TREE_SIZE,
	    (struct tile){0, LIMIT_TREE_SIZE / 256 - 1, 256});
}

/* The body that a log would send for t. */
static struct span
body_of(const struct tile *t)
{
	return span_of(
	    row[8 * t->level] + 256 * t->index, (size_t)t->width * HASH_LEN);
}

struct cover {
	uint64_t size;
	struct range range;
};

static void
on_part(void *arg, unsigned level, uint64_t index)
{
	struct cover *c = arg;
	struct tile t = tile_of(level, index, c->size);
	struct subtree want = {level, index};
	struct hash node;

	/* Such a tile exists in a log of that size. */
	assert_true(t.width >= 1 && t.width <= 256);
	assert_true(t.index * 256 + t.width <= c->size >> (8 * t.level));
	if (t.width < 256)
		assert_int_equal(
		    t.index * 256 + t.width, c->size >> (8 * t.level));
	assert_status(tile_node(&node, &t, body_of(&t), h, want), ST_OK, NULL);
	assert_hash(&node, &row[level][index]);
	range_add(&c->range, h, level, &node);
}

/* Every range [begin, size) can be had from the tiles of that size. */
static void
check_cover(uint64_t begin, uint64_t size)
{
	struct cover c = {.size = size};
	struct hash got, want = naive_root(h, row[0], size);
	struct range all;

	range_init(&c.range, begin);
	range_parts(begin, size, on_part, &c);
	range_init(&all, 0);
	for (uint64_t i = 0; i < begin; i++)
		range_add(&all, h, 0, &row[0][i]);
	assert_true(range_join(&all, h, &c.range));
	range_root(&all, h, &got);
	assert_hash(&got, &want);
}

static void
test_cover(void **state)
{
	static const uint64_t edge[] = {
	    0, 1, 255, 256, 257, 511, 512, 65535, 65536, 65537};
	uint64_t seed = 1;

	(void)state;
	for (size_t i = 0; i < 10; i++)
		for (size_t k = i; k < 10; k++)
			check_cover(edge[i], edge[k]);
	for (unsigned i = 0; i < 12; i++) {
		uint64_t size = random_below(&seed, LEAVES + 1);

		check_cover(random_below(&seed, size + 1), size);
	}
}

/* Every subtree that lies in a tile, and none that does not. */
static void
test_node(void **state)
{
	static const unsigned widths[] = {1, 2, 3, 100, 255, 256};
	struct tile t = {0, 3, 0};
	struct hash got;

	(void)state;
	for (size_t w = 0; w < 6; w++) {
		t.width = widths[w];
		for (unsigned l = 0; l <= 9; l++)
			for (uint64_t i = 0; i < 1100; i++) {
				struct subtree s = {l, i};
				bool in = l <= 8 && i << l >= 768 &&
					  (i + 1) << l <= 768 + t.width;

				assert_status(
				    tile_node(&got, &t, body_of(&t), h, s),
				    in ? ST_OK : ST_BAD, NULL);
				if (in)
					assert_hash(&got, &row[l][i]);
			}
	}
}

static void
test_node_level(void **state)
{
	struct tile t = {1, 0, 256};
	struct subtree s = {7, 0};
	struct hash got;

	(void)state;
	assert_status(tile_node(&got, &t, body_of(&t), h, s), ST_BAD, NULL);
	s.level = 16;
	assert_status(tile_node(&got, &t, body_of(&t), h, s), ST_OK, NULL);
	assert_hash(&got, &row[16][0]);
	s.level = 17;
	assert_status(tile_node(&got, &t, body_of(&t), h, s), ST_BAD, NULL);
	s.level = UINT32_MAX;
	assert_status(tile_node(&got, &t, body_of(&t), h, s), ST_BAD, NULL);
	s.level = 8;
	s.index = UINT64_MAX;
	assert_status(tile_node(&got, &t, body_of(&t), h, s), ST_BAD, NULL);
}

static void
test_body_length(void **state)
{
	struct subtree s = {0, 0};
	struct hash got;

	(void)state;
	for (unsigned width = 1; width <= 256; width += 51) {
		struct tile t = {0, 0, width};
		struct span body = body_of(&t);

		for (size_t len = 0; len <= 8193; len++)
			assert_status(
			    tile_node(&got, &t, span_of(body.p, len), h, s),
			    len == 32 * width ? ST_OK : ST_BAD, NULL);
	}
}

/* A real log's level-0 tiles: roots at several sizes. */
static void
test_navigli(void **state)
{
	static const struct {
		uint64_t size;
		const char *root;
	} v[] = {
	    {1, "yFPVEhEEE1qF+KZqnRbWIjTVQUc+14QkAyYiVkut3d8="},
	    {2, "3FeK9brcrzYdPt4vnfZuwDPOxRIU29IXU0C4aIQI4ss="},
	    {3, "umQO1fvHAxp+4SuUnpb+Pd8yOYP3ib7noEFIdddMiKo="},
	    {255, "v032gIHcIGjv7R3K92RSpHiHMCi0oTbVQ93/DIk5hhw="},
	    {256, "bIAheYeHkQOXeHKw0PKjttmJ2hGtGU/VDxU5b0SAb+c="},
	    {257, "arxfr98APVLRKD19CJzt68q1qKr6ansispzl2uLRPbs="},
	    {512, "1rualgPSURLEItjl5HFo49Lce7W6WxraoY66Rfa1PUU="},
	    {768, "BlJT10XHnmoBywZHqyp+JSLTIjTmWuPdVZw51fzXNnM="},
	    {778, "+WnHOMRZl/LG1669oeskbdK9bcO4nkrY1cfVyknC52U="},
	    {1000, "pt0kHjEpgVKBV0ixCIEYPTp8wDP6q+4onmnamV2er/4="},
	    {1023, "doufLjq4TL8RJBraPzxWahGH1sB4GwnkyFizJFXkObU="},
	    {1024, "EMfGG85uIddeOXt5/wdQGP3IQd0COCqoLg9Q6CsPLJA="},
	};
	struct buf all = {0}, part = {0};
	struct range r = {0};
	struct hash got, want, node;
	size_t at = 0;

	(void)state;
	for (uint64_t i = 0; i < 4; i++) {
		struct tile t = {0, i, 256};
		struct buf path = {0};
		bool there;

		buf_str(&path, CTDATA "static/navigli2025h2/");
		tile_path(&t, &path);
		there = file_read(&all, buf_cstr(&path));
		buf_fini(&path);
		if (!there)
			return;
	}
	assert_int_equal(all.len, 1024 * HASH_LEN);
	for (uint64_t i = 0; i < 1024; i++) {
		memcpy(node.b, all.p + i * HASH_LEN, HASH_LEN);
		range_add(&r, h, 0, &node);
		if (v[at].size != r.end)
			continue;
		range_root(&r, h, &got);
		want = base64_hash(v[at++].root);
		assert_hash(&got, &want);
	}
	assert_int_equal(at, 12);
	for (uint64_t i = 0; i < 4; i++) {
		struct tile t = {0, i, 256};
		struct subtree s = {8, i};

		assert_status(
		    tile_node(&got, &t,
			span_cut(buf_span(&all), i * 8192, 8192), h, s),
		    ST_OK, NULL);
		range_init(&r, 256 * i);
		for (size_t k = 0; k < 256; k++) {
			memcpy(
			    node.b, all.p + (i * 256 + k) * HASH_LEN, HASH_LEN);
			range_add(&r, h, 0, &node);
		}
		assert_int_equal(r.num, 1);
		assert_hash(&got, &r.node[0]);
	}
	assert_true(
	    file_read(&part, CTDATA "static/navigli2025h2/tile/0/003.p/10"));
	assert_true(
	    span_eq(buf_span(&part), span_cut(buf_span(&all), 3 * 8192, 320)));
	buf_fini(&all);
	buf_fini(&part);
}

static void
check_of_path(unsigned level, uint64_t index, unsigned width)
{
	struct tile t = {level, index, width}, got = {0};
	struct buf path = {0};

	tile_path(&t, &path);
	assert_true(tile_of_path(&got, buf_span(&path)));
	assert_int_equal(got.level, level);
	assert_int_equal(got.index, index);
	assert_int_equal(got.width, width);
	buf_fini(&path);
}

static void
test_of_path(void **state)
{
	static const char *const none[] = {"", "tile", "tile/", "tile/0",
	    "tile/0/", "tile/0/00", "tile/0/0000", "tile/6/000", "tile/10/000",
	    "tile/-1/000", "tile/names/000", "tile/data/00a", "tile/data/x001",
	    "tile/data/x001/", "tile/data/x001/00", "tile/data/x000/001",
	    "tile/data/001/002", "tile/data/xx01/000", "tile/data/000.p",
	    "tile/data/000.p/", "tile/data/000.p/0", "tile/data/000.p/01",
	    "tile/data/000.p/256", "tile/data/000.p/1000", "tile/data/000.p/1x",
	    "tile/data/000.gz", "/tile/data/000", "tile/data/../000",
	    "checkpoint", "tile/0/x999/x999/x999/x999/x999/x999/x999/999"};
	struct tile t = {1, 2, 3};

	(void)state;
	for (unsigned level = 0; level < TILE_LEVELS; level++)
		check_of_path(level, level * 999999u, 256);
	check_of_path(TILE_DATA, 0, 256);
	check_of_path(TILE_DATA, 999, 1);
	check_of_path(TILE_DATA, 1000, 255);
	check_of_path(0, 1234067, 10);
	check_of_path(0, LIMIT_TREE_SIZE - 1, 100);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		if (tile_of_path(&t, span_str(none[i])))
			fail_msg("%s is taken for a tile", none[i]);
	assert_int_equal(t.index, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_path),
	    cmocka_unit_test(test_of_path),
	    cmocka_unit_test(test_of),
	    cmocka_unit_test(test_cover),
	    cmocka_unit_test(test_node),
	    cmocka_unit_test(test_node_level),
	    cmocka_unit_test(test_body_length),
	    cmocka_unit_test(test_navigli),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
