/* hash: leaf and node hashes of RFC 6962 section 2.1, however they are fed. */
#include "tests/unit/support.h"

/* More than are hashed in one go. */
#define PAIRS 150u

static struct hasher *h;

static int
setup(void **state)
{
	(void)state;
	h = hasher_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	hasher_free(h);
	hasher_free(NULL);
	return 0;
}

static const struct span nothing;

static void
test_sha256(void **state)
{
	struct hash got, want = hex_hash("ba7816bf8f01cfea414140de5dae2223b0036"
					 "1a396177a9cb410ff61f20015ad");
	struct span abc = span_str("abc");

	(void)state;
	for (size_t i = 0; i <= 3; i++) {
		hasher_sha256(h, &got, span_cut(abc, 0, i), span_from(abc, i));
		assert_hash(&got, &want);
	}
	hasher_sha256(h, &got, nothing, nothing);
	assert_hash(&got, &hash_empty_tree);
}

static void
test_leaf(void **state)
{
	struct hash got, want = hex_hash("6e340b9cffb37a989ca544e6bb780a2c78901"
					 "d3fb33738768511a30617afa01d");

	(void)state;
	hasher_leaf(h, &got, nothing);
	assert_hash(&got, &want);
}

/* The synthetic x509 and precert leaves. */
static void
test_leaf_vectors(void **state)
{
	static const struct {
		const char *leaf, *hash;
	} v[] = {
	    {"0000"
	     "0000018f00000001000000000230000000",
		"4c5dc6c99d4d7b335c1d4985edd5c6ec2fd99b4e32cfac535ad3990bb79908"
		"58"},
	    {"0000"
	     "0000018f000000010001"
	     "000102030405060708090a0b0c0d0e0f"
	     "101112131415161718191a1b1c1d1e1f"
	     "00000230000008000005000000004d",
		"d549b8f0fa25e0906883b1ab8382675bdade68fb945739e71e9b8d72ac1d57"
		"b8"},
	};
	uint8_t leaf[64];
	struct hash got, want;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		size_t len = strlen(v[i].leaf) / 2;

		assert_true(text_unhex(leaf, len, span_str(v[i].leaf)));
		want = hex_hash(v[i].hash);
		hasher_leaf(h, &got, span_of(leaf, len));
		assert_hash(&got, &want);
	}
}

static void
test_node(void **state)
{
	struct hash a = hex_hash("6e340b9cffb37a989ca544e6bb780a2c78901d3fb3373"
				 "8768511a30617afa01d");
	struct hash b, got, other,
	    want = hex_hash("fac54203e7cc696cf0dfcb42c92"
			    "a1d9dbaf70ad9e621f4bd8d9866"
			    "2f00e3c125");

	(void)state;
	hasher_leaf(h, &b, span_of("\0", 1));
	hasher_node(h, &got, &a, &b);
	assert_hash(&got, &want);
	hasher_node(h, &other, &b, &a);
	assert_false(hash_eq(&other, &want));
	got = a;
	hasher_node(h, &got, &got, &b);
	assert_hash(&got, &want);
	got = b;
	hasher_node(h, &got, &a, &got);
	assert_hash(&got, &want);
}

/* Many pairs, also in place, are what they are one by one. */
static void
test_nodes(void **state)
{
	static struct hash in[2 * PAIRS], out[PAIRS], want[PAIRS];

	(void)state;
	for (unsigned i = 0; i < 2 * PAIRS; i++)
		hasher_leaf(h, &in[i], span_of(&i, sizeof(i)));
	for (unsigned i = 0; i < PAIRS; i++)
		hasher_node(h, &want[i], &in[2 * i], &in[2 * i + 1]);
	for (unsigned num = 0; num <= PAIRS; num++) {
		memset(out, 0, sizeof(out));
		hasher_nodes(h, out, in, num);
		assert_memory_equal(out, want, num * sizeof(out[0]));
	}
	hasher_nodes(h, in, in, PAIRS);
	assert_memory_equal(in, want, sizeof(want));
}

/* In parts of every size, and nothing is left over for the next digest. */
static void
test_parts(void **state)
{
	uint8_t data[300];
	struct hash got, want;

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7);
	hasher_sha256(h, &want, span_of(data, sizeof(data)), nothing);
	for (size_t step = 1; step <= sizeof(data); step++) {
		hasher_start(h);
		for (size_t at = 0; at < sizeof(data); at += step)
			hasher_add(
			    h, span_cut(span_of(data, sizeof(data)), at, step));
		hasher_finish(h, &got);
		assert_hash(&got, &want);
	}
	hasher_start(h);
	hasher_finish(h, &got);
	assert_hash(&got, &hash_empty_tree);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sha256),
	    cmocka_unit_test(test_leaf),
	    cmocka_unit_test(test_leaf_vectors),
	    cmocka_unit_test(test_node),
	    cmocka_unit_test(test_nodes),
	    cmocka_unit_test(test_parts),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
