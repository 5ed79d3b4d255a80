/* keyer: keyed hashing, and what is hashed for records and certificates. */
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "monitor/pii/keys.h"
#include "monitor/pii/normal.h"
#include "tests/unit/support.h"

static uint8_t memory[1 << 18];

static void
fill(uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)i;
}

/* Computed with Python's hmac over key bytes 00..1f. */
static void
test_vectors(void **state)
{
	static uint8_t big[4096];
	const struct {
		const char *label;
		struct span value;
		const char *mac;
	} v[] = {
	    {"email", span_str("jane.roe@example.com"),
		"b7ba8176df8aa183e48cd37d4908db65"
		"03fc7d7f832d3549172c6865460dcf1c"},
	    {"domain", span_str("example.com"),
		"20bf666851781b8522cf71722732e471"
		"26e9bb114ea714c1bf47b526d77fce6d"},
	    {"name", span_str("jane\x1froe"),
		"afc3e8d8f700764d358aa36b3eff2158"
		"f428405c6316bde7f115a04d279a0aeb"},
	    {"x", span_of(NULL, 0),
		"f276766ea3a9c3820e32d95bccf4f6ff"
		"061e6f91c731735706ab078696e980be"},
	    {"email", span_of(big, sizeof(big)),
		"f1d01d36b4f977af4f6e746f3ca54287"
		"2a954168807ecd1947d5cfb2244ae85f"},
	};
	uint8_t key[INDEX_KEY_LEN], out[32];
	struct keyer *k;

	(void)state;
	fill(key, sizeof(key));
	fill(big, sizeof(big));
	k = keyer_new(key);
	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
			struct hash want = hex_hash(v[i].mac);

			keyer_run(k, out, v[i].label, v[i].value);
			assert_memory_equal(out, want.b, 32);
		}
	keyer_free(k);
}

/* Every length around the block of 64 bytes, against OpenSSL's HMAC. */
static void
test_lengths(void **state)
{
	uint8_t key[INDEX_KEY_LEN], text[8 + 300], out[32], want[32];
	uint64_t seed = 7;
	struct keyer *k;

	(void)state;
	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)random_next(&seed);
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)random_next(&seed);
	memcpy(text, "domain", 7);
	k = keyer_new(key);
	for (size_t len = 0; len <= 300; len++) {
		keyer_run(k, out, "domain", span_of(text + 7, len));
		assert_non_null(HMAC(
		    EVP_sha256(), key, sizeof(key), text, 7 + len, want, NULL));
		assert_memory_equal(out, want, 32);
	}
	keyer_free(k);
}

static struct keyer *
keyer_of(uint8_t first)
{
	uint8_t key[INDEX_KEY_LEN] = {first};

	return keyer_new(key);
}

static void
test_labels(void **state)
{
	struct span a = span_str("jane@example.com");
	uint8_t out[4][32], other[32];
	struct keyer *k = keyer_of(1), *k2 = keyer_of(2);

	(void)state;
	for (unsigned policy = 0; policy < 4; policy++) {
		key_email(k, out[policy], a, policy);
		for (unsigned i = 0; i < policy; i++)
			assert_memory_not_equal(out[i], out[policy], 16);
	}
	key_domain(k, other, a);
	assert_memory_not_equal(out[0], other, 16);
	key_email(k2, other, a, 0);
	assert_memory_not_equal(out[0], other, 16);
	/* A label and a value do not run into each other. */
	keyer_run(k, out[0], "email", span_str("x"));
	keyer_run(k, out[1], "emai", span_str("lx"));
	assert_memory_not_equal(out[0], out[1], 16);
	keyer_free(k);
	keyer_free(k2);
	keyer_free(NULL);
}

static void
test_policy(void **state)
{
	(void)state;
	assert_int_equal(key_policy(span_str("a@gmail.com"), 3), 3);
	assert_int_equal(key_policy(span_str("a@googlemail.com"), 2), 2);
	assert_int_equal(key_policy(span_str("a@example.com"), 3), 1);
	assert_int_equal(key_policy(span_str("a@example.com"), 2), 0);
	assert_int_equal(key_policy(span_str("a@notgmail.com"), 2), 0);
	assert_int_equal(key_policy(span_str("a@gmail.com"), 0), 0);
}

static void
test_name_sets(void **state)
{
	struct span a[] = {span_str("roe"), span_str("jane"), span_str("roe")};
	struct span b[] = {span_str("jane"), span_str("roe")};
	struct span c[] = {span_str("janeroe")};
	static uint8_t big[NAME_KEY_MAX];
	struct span d[] = {span_of(big, sizeof(big))};
	uint8_t ka[32], kb[32], kc[32];
	struct keyer *k = keyer_of(1);

	(void)state;
	assert_true(key_name(k, ka, a, 3));
	assert_true(key_name(k, kb, b, 2));
	assert_true(key_name(k, kc, c, 1));
	assert_memory_equal(ka, kb, 32);
	assert_memory_not_equal(ka, kc, 16);
	assert_false(key_name(k, ka, a, 0));
	assert_false(key_name(k, ka, d, 1));
	keyer_free(k);
}

static void
test_tags(void **state)
{
	struct keyer *k = keyer_of(1);

	(void)state;
	assert_true(tag_token(k, span_str("roe")) != 0);
	assert_true(
	    tag_token(k, span_str("roe")) != tag_token(k, span_str("row")));
	assert_true(tag_token(k, span_of(NULL, 0)) == 0);
	assert_int_equal(tag_initial(k, span_str("\xc3\x84rger")),
	    tag_initial(k, span_str("\xc3\x84")));
	assert_int_not_equal(
	    tag_initial(k, span_str("a")), tag_initial(k, span_str("b")));
	assert_int_equal(tag_prefix(k, span_str("beispielhausen")),
	    tag_prefix(k, span_str("bei")));
	assert_int_equal(tag_prefix(k, span_str("\xd0\xb8\xd0\xb2")), 0);
	assert_int_equal(num_chars(span_str("\xd0\xb8\xd0\xb2")), 2);
	keyer_free(k);
}

static uint64_t
org(struct keyer *k, const char *name)
{
	struct arena a = arena_of(memory, sizeof(memory));

	return tag_organization(k, &a, span_str(name));
}

/* pii.md 6.2 M29, and other spellings of the same company. */
static void
test_organizations(void **state)
{
	struct keyer *k = keyer_of(1);
	struct arena a = arena_of(memory, sizeof(memory));
	uint64_t want = org(k, "Example GmbH");

	(void)state;
	assert_true(want != 0);
	assert_true(org(k, "EXAMPLE Gesellschaft mbH") == want);
	assert_true(org(k, "example, Inc.") == want);
	assert_true(org(k, "Example S.A.") == want);
	assert_true(org(k, "Example d.o.o.") == want);
	assert_true(org(k, "Example Two GmbH") != want);
	assert_true(org(k, "GmbH") != want);
	assert_true(org(k, "GmbH") != 0);
	assert_true(org(k, "") == 0);
	assert_true(org(k, " ,;") == 0);
	assert_true(tag_country(k, &a, span_str("ES")) ==
		    tag_country(k, &a, span_str("es")));
	assert_true(tag_country(k, &a, span_str("ES")) !=
		    tag_country(k, &a, span_str("PT")));
	assert_true(tag_locality(k, &a, span_str("M\xc3\xbcnchen")) ==
		    tag_locality(k, &a, span_str("MUNCHEN")));
	assert_true(tag_locality(k, &a, span_str("")) == 0);
	keyer_free(k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_vectors),
	    cmocka_unit_test(test_lengths),
	    cmocka_unit_test(test_labels),
	    cmocka_unit_test(test_policy),
	    cmocka_unit_test(test_name_sets),
	    cmocka_unit_test(test_tags),
	    cmocka_unit_test(test_organizations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
