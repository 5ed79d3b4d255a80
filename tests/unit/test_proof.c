/*
 * proof: proofs of every tree up to 130 leaves by a plain prover, each damaged
 * in every place, and proofs of real logs.
 */
#include "tests/unit/support.h"

#include <jansson.h>

#include "ctlog/base/limits.h"
#include "tests/unit/naive_tree.h"

#define LEAVES 130u

static struct hasher *h;
static struct hash *leaf;
static struct tree tree[LEAVES + 1];

static int
setup(void **state)
{
	(void)state;
	h = hasher_new();
	leaf = naive_leaves(h, LEAVES);
	for (size_t n = 0; n <= LEAVES; n++)
		tree[n] = (struct tree){n, naive_root(h, leaf, n)};
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

static enum status
inclusion(size_t size, size_t i, const struct path *p)
{
	return proof_inclusion(h, &tree[size], i, &leaf[i], p);
}

/* Every path of another length is malformed, every changed node a mismatch. */
static void
damage_inclusion(size_t size, size_t i, const struct path *good)
{
	struct path p = *good;

	for (p.num = 0; p.num < 65; p.num++) {
		if (p.num == good->num)
			continue;
		memset(p.node + good->num, 1, (65 - good->num) * HASH_LEN);
		assert_status(inclusion(size, i, &p), ST_BAD, NULL);
	}
	p.num = 66;
	assert_status(inclusion(size, i, &p), ST_BAD, NULL);
	for (uint32_t k = 0; k < good->num; k++) {
		p = *good;
		p.node[k].b[k % HASH_LEN] ^= 0x10;
		assert_status(inclusion(size, i, &p), ST_MISMATCH, NULL);
	}
	assert_status(
	    proof_inclusion(h, &tree[size], i, &leaf[(i + 1) % LEAVES], good),
	    ST_MISMATCH, NULL);
	assert_status(proof_inclusion(h, &tree[size], size, &leaf[i], good),
	    ST_BAD, NULL);
}

static void
test_inclusion(void **state)
{
	(void)state;
	for (size_t size = 1; size <= LEAVES; size++)
		for (size_t i = 0; i < size; i++) {
			struct path p = {0};

			naive_path(&p, h, i, leaf, size);
			assert_status(inclusion(size, i, &p), ST_OK, NULL);
			if (size < 40 || (size + i) % 16 == 0)
				damage_inclusion(size, i, &p);
		}
}

/* A leaf's path never proves that it stands elsewhere. */
static void
test_inclusion_place(void **state)
{
	(void)state;
	for (size_t size = 2; size <= 40; size++)
		for (size_t i = 0; i < size; i++) {
			struct path p = {0};

			naive_path(&p, h, i, leaf, size);
			for (size_t k = 0; k < size; k++)
				if (k != i)
					assert_int_not_equal(
					    proof_inclusion(h, &tree[size], k,
						&leaf[i], &p),
					    ST_OK);
			for (size_t n = size + 1; n <= 40; n++)
				assert_int_not_equal(
				    inclusion(n, i, &p), ST_OK);
		}
}

static void
test_inclusion_empty(void **state)
{
	struct path p = {0};

	(void)state;
	assert_status(
	    proof_inclusion(h, &tree[0], 0, &leaf[0], &p), ST_BAD, NULL);
	assert_status(proof_inclusion(h, &tree[1], UINT64_MAX, &leaf[0], &p),
	    ST_BAD, NULL);
}

static enum status
consistency(size_t first, size_t second, const struct path *p)
{
	return proof_consistency(h, &tree[first], &tree[second], p);
}

static void
damage_consistency(size_t first, size_t second, const struct path *good)
{
	struct tree other = {first, leaf[LEAVES - 1]};
	struct path p = *good;

	for (p.num = 0; p.num < 65; p.num++) {
		if (p.num == good->num)
			continue;
		memset(p.node + good->num, 1, (65 - good->num) * HASH_LEN);
		assert_status(consistency(first, second, &p), ST_BAD, NULL);
	}
	p.num = 66;
	assert_status(consistency(first, second, &p), ST_BAD, NULL);
	for (uint32_t k = 0; k < good->num; k++) {
		p = *good;
		p.node[k].b[k % HASH_LEN] ^= 1;
		assert_status(
		    consistency(first, second, &p), ST_MISMATCH, NULL);
	}
	assert_status(proof_consistency(h, &other, &tree[second], good),
	    ST_MISMATCH, NULL);
	other.size = second;
	assert_status(proof_consistency(h, &tree[first], &other, good),
	    ST_MISMATCH, NULL);
}

static void
test_consistency(void **state)
{
	(void)state;
	for (size_t second = 2; second <= LEAVES; second++)
		for (size_t first = 1; first < second; first++) {
			struct path p = {0};

			naive_subproof(&p, h, first, leaf, second, true);
			assert_status(
			    consistency(first, second, &p), ST_OK, NULL);
			if (second < 40 || (first + second) % 16 == 0)
				damage_consistency(first, second, &p);
			assert_status(
			    consistency(second, first, &p), ST_BAD, NULL);
		}
}

static void
test_consistency_ends(void **state)
{
	struct tree other = {0, leaf[1]};
	struct path none = {0}, one = {.num = 1};

	(void)state;
	one.node[0] = leaf[0];
	for (size_t n = 0; n <= LEAVES; n++) {
		assert_status(consistency(0, n, &none), ST_OK, NULL);
		assert_status(consistency(n, n, &none), ST_OK, NULL);
		assert_status(consistency(0, n, &one), ST_BAD, NULL);
		assert_status(consistency(n, n, &one), ST_BAD, NULL);
		other.size = n;
		assert_status(proof_consistency(h, &tree[n], &other, &none),
		    ST_MISMATCH, NULL);
		if (n > 1)
			assert_status(consistency(1, n, &none), ST_BAD, NULL);
	}
	other.size = 0;
	assert_status(
	    proof_consistency(h, &other, &tree[7], &none), ST_MISMATCH, NULL);
}

/* The path of the last leaf gives the whole compact range. */
static void
test_last_leaf(void **state)
{
	struct range want = {0}, got;
	struct hash root;

	(void)state;
	for (size_t size = 1; size <= LEAVES; size++) {
		struct path p = {0};

		naive_path(&p, h, size - 1, leaf, size);
		range_add(&want, h, 0, &leaf[size - 1]);
		assert_status(
		    proof_last_leaf(&got, h, size, &leaf[size - 1], &p), ST_OK,
		    NULL);
		assert_int_equal(got.begin, 0);
		assert_int_equal(got.end, size);
		assert_int_equal(got.num, want.num);
		assert_memory_equal(got.level, want.level, want.num);
		assert_memory_equal(
		    got.node, want.node, want.num * sizeof(got.node[0]));
		range_root(&got, h, &root);
		assert_hash(&root, &tree[size].root);
		p.num++;
		assert_status(
		    proof_last_leaf(&got, h, size, &leaf[size - 1], &p), ST_BAD,
		    NULL);
		p.num -= 2;
		assert_status(
		    proof_last_leaf(&got, h, size, &leaf[size - 1], &p), ST_BAD,
		    NULL);
	}
}

static void
test_last_leaf_sizes(void **state)
{
	struct path p = {0};
	struct range r;

	(void)state;
	assert_status(proof_last_leaf(&r, h, 0, &leaf[0], &p), ST_BAD, NULL);
	assert_status(proof_last_leaf(&r, h, LIMIT_TREE_SIZE + 1, &leaf[0], &p),
	    ST_BAD, NULL);
	p.num = 40;
	assert_status(
	    proof_last_leaf(&r, h, LIMIT_TREE_SIZE, &leaf[0], &p), ST_OK, NULL);
	assert_int_equal(r.num, 1);
	assert_int_equal(r.end, LIMIT_TREE_SIZE);
	p.num = UINT32_MAX;
	assert_status(proof_last_leaf(&r, h, LIMIT_TREE_SIZE, &leaf[0], &p),
	    ST_BAD, NULL);
}

/* Two signed heads of a real log, 2026-10. */
static void
test_argon(void **state)
{
	static const char *const node[] = {
	    "9u3YdOZDgbN2wSbaJP7U7/84pejnGTBu/NWZd3mmvO0=",
	    "qlplbDbJ35QNcAUu+Yjt5n20a9ZrFh7MCXzuIMDUy5Y=",
	    "GnKudDI2CNMwvgv951u8aHtf5LK0VsGn3QXjRcw104I=",
	    "Twu4yAFNF4jpxnrw6sxMJurSSgT1Vc67clwD/0TRSI0=",
	    "/3mVXmJqUx3i1WtQwn2ApkNCPLyv4PXzI0m0jNuNQ2Q=",
	    "E4tTksYQPO1mJmTHIPKbrasFDy5TmMAXFreOkUdsozU=",
	    "cdYdgfYY96e/3/r/njenmouHyhCAJuRgxTw0G0+SbPQ=",
	    "Z9x1/ZFk/cu7LKwf7aM/sxjK78pT/vECwOOHyOQiJgs=",
	    "HiSQC7Ym01GaiBr6nZ/7ya16vqWcCunLY5U9myxS/Fc=",
	    "GIZGmqlNtv7tam3IsJunxZMX5Q+tMcGp3s5q3IGufsk=",
	    "Foz0cJyd4oKFqUV3tNSk2ZPZlEvx80VOif3jiAWzgXk=",
	    "rYKbwB6vesfESl1Z6WS+j0+iyxYWbpwALp4/uo4K0u8=",
	    "7US3OehJNbJCURkhajomq6/fOBeaeRq5rixbAgDE6Hk=",
	    "p/TyuZ7+afBqLJBBTwHbhgDqVbBgkoqg7wo16aICLUs=",
	    "eUsJwf94b3sLzRjjVFHZ3Tipbbaa1p31VHZnKpbAJOc=",
	    "3JxaG+LYLt7/DBG9XpuieNRxM4Ik6yPBK3jJ069Px7c=",
	    "JfHQShc8Qdq0dHFJCLhQbyiRhN0MF5a0n6cbVyctrBo=",
	    "KjiTKgxN1O+q6jLLTQClBWdqRGWZi5HcK1uPJsG8jII=",
	    "JGjL9a4XEaexPPyc3nmSe9C/vDV74ILWLRRtfqSqpU0=",
	    "Fl7mMkWi4+OU6ANJ5lI+8WDd2y+3qKKfcf+FJhecZAs=",
	    "YQDbMi+MXqTmckWgwjaMvxvEcCSNq4k2umsobJ4xPJc=",
	    "NoHD/4b8CYUtVcDSafX+kjG4oR0MydtCmC9uUcc/y8I=",
	    "tEv0P40KfnW9PqT0m1YNG3dVZOg2q+V26CR2k20QJ/c=",
	};
	struct tree first = {384065451,
	    base64_hash("62+t2XxLmSqJnk7pxUna6EVA7+u+dotyl8q6wojifD8=")};
	struct tree second = {384071894,
	    base64_hash("PRK7kHXyMbv9nTQAKoubWZ0KhDKtI6z/gPRWrnc+sGs=")};
	struct path p = {.num = 23};

	(void)state;
	for (uint32_t i = 0; i < p.num; i++)
		p.node[i] = base64_hash(node[i]);
	assert_status(proof_consistency(h, &first, &second, &p), ST_OK, NULL);
	p.node[22].b[0] ^= 1;
	assert_status(
	    proof_consistency(h, &first, &second, &p), ST_MISMATCH, NULL);
	p.node[22].b[0] ^= 1;
	p.num--;
	assert_status(proof_consistency(h, &first, &second, &p), ST_BAD, NULL);
	p.num++;
	first.size++;
	assert_int_not_equal(proof_consistency(h, &first, &second, &p), ST_OK);
}

/* --- real logs, when they are at hand ------------------------------------ */

static struct tree
json_tree(const json_t *sth)
{
	return (struct tree){
	    (uint64_t)json_integer_value(json_object_get(sth, "tree_size")),
	    base64_hash(
		json_string_value(json_object_get(sth, "sha256_root_hash")))};
}

static struct path
json_path(const json_t *array)
{
	struct path p = {.num = (uint32_t)json_array_size(array)};

	for (uint32_t i = 0; i < p.num; i++)
		p.node[i] =
		    base64_hash(json_string_value(json_array_get(array, i)));
	return p;
}

static json_t *
data_load(const char *path)
{
	struct buf b = {0};
	json_t *o;

	if (!file_read(&b, path))
		return NULL;
	o = json_loadb((const char *)b.p, b.len, 0, NULL);
	assert_non_null(o);
	buf_fini(&b);
	return o;
}

static void
test_data_consistency(void **state)
{
	static const char *const files[] = {
	    CTDATA "consistency/argon2020_3654490_961984011.json",
	    CTDATA "consistency/argon2027h1_384065451_384071894.json",
	    CTDATA "consistency/ctgo_witness_5_8.json",
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		json_t *o = data_load(files[i]);
		struct tree first, second;
		struct path p;

		if (o == NULL)
			continue;
		second = json_tree(json_object_get(o, "second_sth"));
		if (json_object_get(o, "first_sth") != NULL)
			first = json_tree(json_object_get(o, "first_sth"));
		else
			first = (struct tree){
			    (uint64_t)json_integer_value(
				json_object_get(o, "first_tree_size")),
			    base64_hash(json_string_value(
				json_object_get(o, "first_root_derived")))};
		p = json_path(json_object_get(
		    json_object_get(o, "response"), "consistency"));
		assert_status(
		    proof_consistency(h, &first, &second, &p), ST_OK, NULL);
		p.node[0].b[0] ^= 1;
		assert_status(proof_consistency(h, &first, &second, &p),
		    ST_MISMATCH, NULL);
		json_decref(o);
	}
}

static void
test_data_inclusion(void **state)
{
	json_t *o = data_load(CTDATA "inclusion/argon2020_10000.json");
	json_t *proof = json_object_get(o, "proof_by_hash");
	struct hash got, want;
	struct buf input = {0};
	struct tree t;
	struct path p;
	const char *s;

	(void)state;
	if (o == NULL)
		return;
	s = json_string_value(json_object_get(
	    json_array_get(
		json_object_get(json_object_get(o, "get_entries"), "entries"),
		0),
	    "leaf_input"));
	input.len =
	    (size_t)text_unbase64(buf_room(&input, strlen(s)), span_str(s));
	hasher_leaf(h, &got, buf_span(&input));
	want = base64_hash(json_string_value(json_object_get(o, "leaf_hash")));
	assert_hash(&got, &want);
	t = json_tree(json_object_get(o, "sth"));
	p = json_path(json_object_get(proof, "audit_path"));
	assert_status(proof_inclusion(h, &t, 10000, &got, &p), ST_OK, NULL);
	assert_status(
	    proof_inclusion(h, &t, 10001, &got, &p), ST_MISMATCH, NULL);
	assert_status(
	    proof_inclusion(h, &t, 961984010, &got, &p), ST_BAD, NULL);
	buf_fini(&input);
	json_decref(o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_inclusion),
	    cmocka_unit_test(test_inclusion_place),
	    cmocka_unit_test(test_inclusion_empty),
	    cmocka_unit_test(test_consistency),
	    cmocka_unit_test(test_consistency_ends),
	    cmocka_unit_test(test_last_leaf),
	    cmocka_unit_test(test_last_leaf_sizes),
	    cmocka_unit_test(test_argon),
	    cmocka_unit_test(test_data_consistency),
	    cmocka_unit_test(test_data_inclusion),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
