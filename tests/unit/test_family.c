/* family: one hash for a precertificate, its certificate and its log entry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctlog/merkle/hash.h"
#include "ctlog/x509/cert.h"
#include "tests/unit/derbuild.h"

static struct hasher *hasher;

static int
setup(void **state)
{
	(void)state;
	hasher = hasher_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	hasher_free(hasher);
	return 0;
}

static struct hash
family(struct span der)
{
	struct hash h;
	struct cert c;

	cert_parse(&c, der, NULL);
	cert_family(&h, &c, hasher);
	return h;
}

static struct hash
sha256(struct span s)
{
	struct hash h;

	hasher_sha256(hasher, &h, s, span_of(NULL, 0));
	return h;
}

/* The extensions that both have; SCTs or poison before, between or behind. */
static void
build(struct buf *tbs, struct buf *whole, size_t common, const char *extra,
    unsigned where)
{
	struct buf exts = {0};
	struct db_cert c = {0};

	for (unsigned i = 0; i < 3; i++) {
		struct buf value = {0};

		if (extra != NULL && where >> i & 1)
			db_ext(&exts, extra, true, span_of("\x05\x00", 2));
		while (value.len < common)
			buf_char(&value, 'x');
		if (common > 0 && i < 2)
			db_ext(&exts, i ? "1.2.3" : "1.2.4", false,
			    buf_span(&value));
		buf_fini(&value);
	}
	c.exts = buf_span(&exts);
	buf_clear(tbs);
	db_tbs(tbs, &c);
	buf_clear(whole);
	db_certificate(whole, &c);
	buf_fini(&exts);
}

/* Lengths around every step of the length encoding. */
static void
test_equal(void **state)
{
	const size_t sizes[] = {0, 1, 20, 90, 100, 120, 200, 260, 40000};
	struct buf tbs = {0}, whole = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct hash want, got;

		build(&tbs, &whole, sizes[i], NULL, 0);
		want = sha256(buf_span(&tbs));
		got = family(buf_span(&whole));
		assert_true(hash_eq(&got, &want));
		got = family(buf_span(&tbs));
		assert_true(hash_eq(&got, &want));
		for (unsigned where = 1; where <= 4; where *= 2) {
			build(&tbs, &whole, sizes[i], DB_POISON, where);
			got = family(buf_span(&whole));
			assert_true(hash_eq(&got, &want));
			got = family(buf_span(&tbs));
			assert_true(hash_eq(&got, &want));
			build(&tbs, &whole, sizes[i], DB_SCTS, where);
			got = family(buf_span(&whole));
			assert_true(hash_eq(&got, &want));
		}
	}
	buf_fini(&tbs);
	buf_fini(&whole);
}

static void
test_both(void **state)
{
	struct buf tbs = {0}, whole = {0}, exts = {0};
	struct hash want, got;
	struct db_cert c = {0};

	(void)state;
	build(&tbs, &whole, 0, NULL, 0);
	want = sha256(buf_span(&tbs));
	db_ext(&exts, DB_SCTS, false, span_str("x"));
	db_ext(&exts, DB_POISON, false, span_str("y"));
	c.exts = buf_span(&exts);
	buf_clear(&whole);
	db_certificate(&whole, &c);
	got = family(buf_span(&whole));
	assert_true(hash_eq(&got, &want));
	buf_fini(&tbs);
	buf_fini(&whole);
	buf_fini(&exts);
}

/* The raw bytes when it cannot be made: twice the same, BER, cut, noise. */
static void
test_raw(void **state)
{
	struct buf tbs = {0}, whole = {0}, odd = {0};
	struct hash want, got;

	(void)state;
	build(&tbs, &whole, 20, DB_POISON, 3);
	want = sha256(buf_span(&whole));
	got = family(buf_span(&whole));
	assert_true(hash_eq(&got, &want));
	build(&tbs, &whole, 20, DB_SCTS, 7);
	want = sha256(buf_span(&whole));
	got = family(buf_span(&whole));
	assert_true(hash_eq(&got, &want));
	/* TBSCertificate of indefinite length. */
	build(&tbs, &whole, 200, DB_POISON, 1);
	assert_int_equal(tbs.p[1], 0x82);
	buf_add(&odd, "\x30\x80", 2);
	buf_span_add(&odd, span_from(buf_span(&tbs), 4));
	buf_add(&odd, "\0\0", 2);
	want = sha256(buf_span(&odd));
	got = family(buf_span(&odd));
	assert_true(hash_eq(&got, &want));
	/* Cut short. */
	whole.len -= 80;
	want = sha256(buf_span(&whole));
	got = family(buf_span(&whole));
	assert_true(hash_eq(&got, &want));
	want = sha256(span_str("noise"));
	got = family(span_str("noise"));
	assert_true(hash_eq(&got, &want));
	buf_fini(&tbs);
	buf_fini(&whole);
	buf_fini(&odd);
}

/* A certificate whose signature is cut off is still of its family. */
static void
test_unsigned(void **state)
{
	struct buf tbs = {0}, whole = {0};
	struct hash want, got;

	(void)state;
	build(&tbs, &whole, 20, NULL, 0);
	want = sha256(buf_span(&tbs));
	build(&tbs, &whole, 20, DB_SCTS, 2);
	whole.len -= 10;
	got = family(buf_span(&whole));
	assert_true(hash_eq(&got, &want));
	buf_fini(&tbs);
	buf_fini(&whole);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_equal),
	    cmocka_unit_test(test_both),
	    cmocka_unit_test(test_raw),
	    cmocka_unit_test(test_unsigned),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
