/* entry: leaves made by hand with known hashes, every truncation of them, and
 * the rules on extensions and sizes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "ctlog/base/limits.h"
#include "ctlog/wire/entry.h"
#include "tests/unit/data.h"

#define KEY_HASH                                                               \
	"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define X509 "0000 0000018f00000001 0000 000002 3000 0000"
#define PRECERT                                                                \
	"0000 0000018f00000001 0001" KEY_HASH                                  \
	"000002 3000 0008 000005 000000004d"
#define X509_HASH                                                              \
	"4c5dc6c99d4d7b335c1d4985edd5c6ec2fd99b4e32cfac535ad3990bb7990858"
#define PRECERT_HASH                                                           \
	"d549b8f0fa25e0906883b1ab8382675bdade68fb945739e71e9b8d72ac1d57b8"

static void
assert_hash(const struct entry *e, const char *hex)
{
	struct hasher *h = hasher_new();
	struct hash got, want;

	assert_true(text_unhex(want.b, HASH_LEN, span_str(hex)));
	entry_leaf_hash(e, h, &got);
	assert_memory_equal(got.b, want.b, HASH_LEN);
	hasher_free(h);
}

static void
assert_hex(struct span got, const char *hex)
{
	struct buf want = {0};

	data_hex(&want, hex);
	assert_int_equal(got.len, want.len);
	if (want.len > 0)
		assert_memory_equal(got.p, want.p, want.len);
	buf_fini(&want);
}

static void
test_leaf_x509(void **state)
{
	struct buf b = {0};
	struct entry e;

	(void)state;
	data_hex(&b, X509);
	entry_parse_leaf(&e, buf_span(&b));
	assert_null(e.problem);
	assert_int_equal(e.timestamp, 0x18f00000001);
	assert_int_equal(e.type, ENTRY_X509);
	assert_hex(e.cert, "3000");
	assert_int_equal(e.issuer_key_hash.len, 0);
	assert_int_equal(e.leaf_index, -1);
	assert_false(e.bare);
	assert_hash(&e, X509_HASH);
	buf_fini(&b);
}

static void
test_leaf_precert(void **state)
{
	struct buf b = {0};
	struct entry e;

	(void)state;
	data_hex(&b, PRECERT);
	entry_parse_leaf(&e, buf_span(&b));
	assert_null(e.problem);
	assert_int_equal(e.type, ENTRY_PRECERT);
	assert_hex(e.cert, "3000");
	assert_hex(e.issuer_key_hash, KEY_HASH);
	assert_int_equal(e.leaf_index, 77);
	assert_hash(&e, PRECERT_HASH);
	buf_fini(&b);
}

/* Every prefix of a leaf can be hashed and is called truncated. */
static void
test_leaf_truncated(void **state)
{
	static const char *const leaf[] = {X509, PRECERT};
	struct hasher *h = hasher_new();
	struct buf b = {0};
	struct hash hash;
	struct entry e;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		buf_clear(&b);
		data_hex(&b, leaf[i]);
		for (size_t n = 0; n < b.len; n++) {
			entry_parse_leaf(&e, span_of(b.p, n));
			assert_non_null(strstr(e.problem, "truncated"));
			assert_int_equal(e.cert.len, 0);
			assert_int_equal(e.extensions.len, 0);
			assert_int_equal(e.leaf.len, n);
			entry_leaf_hash(&e, h, &hash);
		}
	}
	buf_fini(&b);
	hasher_free(h);
}

static void
test_leaf_problems(void **state)
{
	static const struct {
		const char *hex, *problem;
		size_t cert;
	} v[] = {
	    {X509 "00", "trailing bytes", 2},
	    {"0100 0000018f00000001 0000 000002 3000 0000", "version", 0},
	    {"0001 0000018f00000001 0000 000002 3000 0000", "leaf type", 0},
	    {"0000 0000018f00000001 0002 000002 3000 0000", "entry type", 0},
	    {"0000 0000018f00000001 0002", "entry type", 0},
	    {"0000 0000018f00000001 8000 ffffff", "entry type", 0},
	    {"0000 0000018f00000001 0000 000000 0000", "empty", 0},
	    {"0000 0000018f00000001 0000 ffffff 3000 0000", "truncated", 0},
	    {"0000 0000018f00000001 0000 000002 3000 0001", "truncated", 0},
	};
	struct buf b = {0};
	struct entry e;

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		buf_clear(&b);
		data_hex(&b, v[i].hex);
		entry_parse_leaf(&e, buf_span(&b));
		assert_non_null(e.problem);
		assert_non_null(strstr(e.problem, v[i].problem));
		assert_non_null(strstr(e.problem, "RFC 6962 3.4"));
		assert_int_equal(e.cert.len, v[i].cert);
		assert_int_equal(e.leaf.len, b.len);
		assert_int_equal(e.timestamp, 0x18f00000001);
	}
	buf_fini(&b);
}

/* Strange extensions are no problem of an RFC 6962 leaf. */
static void
test_leaf_extensions(void **state)
{
	struct buf b = {0};
	struct entry e;

	(void)state;
	data_hex(&b, "0000 0000018f00000001 0000 000002 3000 0003 ffffff");
	entry_parse_leaf(&e, buf_span(&b));
	assert_null(e.problem);
	assert_int_equal(e.leaf_index, -2);
	assert_hex(e.extensions, "ffffff");
	buf_fini(&b);
}

/* A leaf with a certificate of n bytes. */
static void
make_leaf(struct buf *b, size_t n)
{
	buf_clear(b);
	data_hex(b, "0000 0000018f00000001 0000");
	buf_uint(b, n, 3);
	data_fill(b, 0x30, n);
	buf_uint(b, 0, 2);
}

static void
test_limit(void **state)
{
	struct buf b = {0};
	struct entry e;
	struct rd r;

	(void)state;
	make_leaf(&b, LIMIT_ENTRY);
	entry_parse_leaf(&e, buf_span(&b));
	assert_null(e.problem);
	assert_int_equal(e.cert.len, LIMIT_ENTRY);

	make_leaf(&b, LIMIT_ENTRY + 1);
	entry_parse_leaf(&e, buf_span(&b));
	assert_non_null(strstr(e.problem, "larger"));
	assert_int_equal(e.cert.len, 0);
	assert_int_equal(e.leaf.len, b.len);

	/* In a tile the framing goes on. */
	buf_uint(&b, 0, 2);
	data_hex(&b, "0000018f00000001 0000 000002 3000 0000 0000");
	r = rd_of(span_from(buf_span(&b), 2));
	assert_int_equal(entry_read_tile(&e, &r, NULL), ST_OK);
	assert_non_null(strstr(e.problem, "larger"));
	assert_int_equal(e.cert.len, 0);
	assert_int_equal(entry_read_tile(&e, &r, NULL), ST_OK);
	assert_null(e.problem);
	assert_true(rd_done(&r));
	buf_fini(&b);
}

static void
test_extra_x509(void **state)
{
	struct entry e = {.type = ENTRY_X509};
	struct buf b = {0};

	(void)state;
	data_hex(&b, "00000c 000002 aabb 000004 01020304");
	assert_int_equal(entry_parse_extra(&e, buf_span(&b)), ST_OK);
	assert_int_equal(e.chain.len, 12);
	assert_int_equal(e.precert.len, 0);
	assert_hex(entry_issuer(&e), "aabb");
	for (size_t n = 0; n < b.len; n++) {
		assert_int_equal(
		    entry_parse_extra(&e, span_of(b.p, n)), ST_BAD);
		assert_int_equal(e.chain.len, 0);
		assert_int_equal(entry_issuer(&e).len, 0);
	}
	data_hex(&b, "00");
	assert_int_equal(entry_parse_extra(&e, buf_span(&b)), ST_BAD);

	buf_clear(&b);
	data_hex(&b, "000000");
	assert_int_equal(entry_parse_extra(&e, buf_span(&b)), ST_OK);
	assert_int_equal(entry_issuer(&e).len, 0);
	/* A chain whose certificate is longer than the chain. */
	buf_clear(&b);
	data_hex(&b, "000005 000003 aabb");
	assert_int_equal(entry_parse_extra(&e, buf_span(&b)), ST_BAD);
	buf_fini(&b);
}

static void
test_extra_precert(void **state)
{
	struct entry e = {.type = ENTRY_PRECERT};
	struct buf b = {0};

	(void)state;
	data_hex(&b, "000002 3001 000005 000002 aabb");
	assert_int_equal(entry_parse_extra(&e, buf_span(&b)), ST_OK);
	assert_hex(e.precert, "3001");
	assert_hex(entry_issuer(&e), "aabb");
	for (size_t n = 0; n < b.len; n++) {
		assert_int_equal(
		    entry_parse_extra(&e, span_of(b.p, n)), ST_BAD);
		assert_int_equal(e.precert.len, 0);
	}
	buf_fini(&b);
}

static void
test_load_extra(void **state)
{
	uint8_t room[16];
	struct arena a = arena_of(room, 8);
	struct entry e = {.type = ENTRY_PRECERT};

	(void)state;
	assert_int_equal(entry_load_extra(&e, &a), ST_OK);
	e.extra_base64 = span_str("AAACMAEAAAUAAAKquw==");
	assert_int_equal(entry_load_extra(&e, &a), ST_LIMIT);
	a = arena_of(room, sizeof(room));
	assert_int_equal(entry_load_extra(&e, &a), ST_OK);
	assert_hex(e.precert, "3001");
	assert_hex(entry_issuer(&e), "aabb");
	/* A second time changes nothing. */
	assert_int_equal(entry_load_extra(&e, &a), ST_OK);
	assert_hex(e.precert, "3001");

	arena_clear(&a);
	e.extra_base64 = span_str("AAAC*AEAAAUAAAKquw==");
	assert_int_equal(entry_load_extra(&e, &a), ST_BAD);
}

static void
test_tile_leaf(void **state)
{
	struct buf b = {0};
	struct entry e;
	struct err err;
	struct rd r;

	(void)state;
	data_hex(&b, PRECERT "000002 3001 0040");
	data_fill(&b, 0xaa, 32);
	data_fill(&b, 0xbb, 32);
	r = rd_of(span_from(buf_span(&b), 2));
	assert_int_equal(rd_left(&r), 128);
	assert_int_equal(entry_read_tile(&e, &r, &err), ST_OK);
	assert_true(rd_done(&r));
	assert_null(e.problem);
	assert_true(e.bare);
	assert_hash(&e, PRECERT_HASH);
	assert_int_equal(e.leaf_index, 77);
	assert_hex(e.precert, "3001");
	assert_int_equal(e.fingerprints.len, 64);
	assert_int_equal(e.fingerprints.p[32], 0xbb);
	for (size_t n = 0; n < 128; n++) {
		r = rd_of(span_of(b.p + 2, n));
		assert_int_equal(entry_read_tile(&e, &r, &err), ST_BAD);
		assert_non_null(strstr(err.text, "truncated"));
	}
	buf_fini(&b);
}

static void
test_tile_x509(void **state)
{
	struct buf b = {0};
	struct entry e;
	struct err err;
	struct rd r;

	(void)state;
	/* 33 bytes of fingerprints are dropped, framing goes on. */
	data_hex(&b, "0000018f00000001 0000 000002 3000 0000 0021");
	data_fill(&b, 0xaa, 33);
	data_hex(&b, "0000018f00000001 0000 000000 0000 0000");
	data_hex(&b, "0000018f00000001 0007 000002 3000 0000 0000");
	r = rd_of(buf_span(&b));
	assert_int_equal(entry_read_tile(&e, &r, &err), ST_OK);
	assert_null(e.problem);
	assert_hash(&e, X509_HASH);
	assert_int_equal(e.fingerprints.len, 0);
	assert_int_equal(entry_read_tile(&e, &r, &err), ST_OK);
	assert_non_null(strstr(e.problem, "empty"));
	assert_int_equal(entry_read_tile(&e, &r, &err), ST_BAD);
	assert_non_null(strstr(err.text, "entry type 7"));
	buf_fini(&b);
}

static void
test_leaf_index(void **state)
{
	static const struct {
		const char *hex;
		int64_t index;
	} v[] = {
	    {"", -1},
	    {"000005 0000000000", 0},
	    {"000005 000000004d", 77},
	    {"000005 ffffffffff", (1ll << 40) - 1},
	    {"010000", -1},
	    {"ff0001 07", -1},
	    {"010003 aabbcc 000005 0000000102", 258},
	    {"000005 0000000102 010003 aabbcc", 258},
	    {"00", -2},
	    {"0000", -2},
	    {"000000", -2},
	    {"000004 00000000", -2},
	    {"000006 000000000000", -2},
	    {"000005 00000000", -2},
	    {"000005 0000000001 00", -2},
	    {"000005 0000000001 000005 0000000001", -2},
	    {"000005 0000000001 010000 010000", -2},
	    {"ff0000 ff0000", -2},
	    {"010002 aa", -2},
	};
	struct buf b = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		buf_clear(&b);
		data_hex(&b, v[i].hex);
		assert_int_equal(entry_leaf_index(buf_span(&b)), v[i].index);
	}
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_leaf_x509),
	    cmocka_unit_test(test_leaf_precert),
	    cmocka_unit_test(test_leaf_truncated),
	    cmocka_unit_test(test_leaf_problems),
	    cmocka_unit_test(test_leaf_extensions),
	    cmocka_unit_test(test_limit),
	    cmocka_unit_test(test_extra_x509),
	    cmocka_unit_test(test_extra_precert),
	    cmocka_unit_test(test_load_extra),
	    cmocka_unit_test(test_tile_leaf),
	    cmocka_unit_test(test_tile_x509),
	    cmocka_unit_test(test_leaf_index),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
