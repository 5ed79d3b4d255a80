/* rd, and the spans under it: after one read too far nothing is read. */
#include "tests/unit/support.h"

#include "ctlog/base/rd.h"

static const uint8_t data[] = {
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

static void
test_integers(void **state)
{
	struct rd r = rd_of(span_of(data, sizeof(data)));

	(void)state;
	assert_int_equal(rd_u8(&r), 0x01);
	assert_int_equal(rd_u16(&r), 0x0203);
	assert_int_equal(rd_u24(&r), 0x040506);
	assert_int_equal(rd_u32(&r), 0x0708090a);
	assert_int_equal(rd_left(&r), 6);
	assert_int_equal(rd_u40(&r), INT64_C(0x0b0c0d0e0f));
	assert_false(rd_done(&r));
	assert_int_equal(rd_u8(&r), 0x10);
	assert_true(rd_ok(&r));
	assert_true(rd_done(&r));
	r = rd_of(span_of(data, 8));
	assert_int_equal(rd_u64(&r), INT64_C(0x0102030405060708));
	assert_true(rd_done(&r));
	assert_int_equal(rd_uint(&r, 0), 0);
	assert_true(rd_done(&r));
}

static void
test_sticky(void **state)
{
	(void)state;
	for (size_t len = 0; len < 8; len++) {
		struct rd r = rd_of(span_of(data, len));
		struct span s;

		assert_int_equal(rd_u64(&r), 0);
		assert_false(rd_ok(&r));
		assert_false(rd_done(&r));
		assert_int_equal(rd_u8(&r), 0);
		assert_int_equal(rd_uint(&r, 0), 0);
		s = rd_bytes(&r, 0);
		assert_int_equal(s.len, 0);
		s = rd_bytes(&r, len);
		assert_int_equal(s.len, 0);
		s = rd_vec(&r, 1);
		assert_int_equal(s.len, 0);
		assert_false(rd_ok(&r));
	}
}

static void
test_bytes(void **state)
{
	struct rd r = rd_of(span_of(data, sizeof(data)));
	struct span s = rd_bytes(&r, 3);

	(void)state;
	assert_ptr_equal(s.p, data);
	assert_int_equal(s.len, 3);
	s = rd_bytes(&r, SIZE_MAX);
	assert_int_equal(s.len, 0);
	assert_false(rd_ok(&r));
	r = rd_of(span_of(NULL, 0));
	assert_true(rd_done(&r));
	assert_int_equal(rd_left(&r), 0);
	s = rd_bytes(&r, 0);
	assert_int_equal(s.len, 0);
	assert_true(rd_done(&r));
	rd_u8(&r);
	assert_false(rd_ok(&r));
}

static void
test_vec(void **state)
{
	static const uint8_t v[] = {0, 2, 'a', 'b', 3, 'c', 'd', 'e', 0};
	struct rd r = rd_of(span_of(v, sizeof(v)));

	(void)state;
	assert_true(span_eq_str(rd_vec(&r, 2), "ab"));
	assert_true(span_eq_str(rd_vec(&r, 1), "cde"));
	assert_int_equal(rd_vec(&r, 1).len, 0);
	assert_true(rd_done(&r));
	for (size_t len = 0; len < 4; len++) {
		r = rd_of(span_of(v, len));
		assert_int_equal(rd_vec(&r, 2).len, 0);
		assert_false(rd_ok(&r));
	}
	r = rd_of(span_of("\xff\xff\xff\xff\xff\xff\xff\xff", 8));
	assert_int_equal(rd_vec(&r, 8).len, 0);
	assert_false(rd_ok(&r));
}

static void
test_span(void **state)
{
	struct span s = span_str("abcabc"), none = span_of(NULL, 0);

	(void)state;
	assert_true(span_eq_str(span_cut(s, 1, 2), "bc"));
	assert_true(span_eq_str(span_cut(s, 4, 99), "bc"));
	assert_int_equal(span_cut(s, 6, 1).len, 0);
	assert_int_equal(span_cut(s, SIZE_MAX, SIZE_MAX).len, 0);
	assert_true(span_eq_str(span_from(s, 3), "abc"));
	assert_int_equal(span_from(none, 0).len, 0);
	assert_null(span_from(none, 5).p);
	assert_int_equal(span_chr(s, 'c'), 2);
	assert_int_equal(span_chr(s, 'x'), 6);
	assert_int_equal(span_chr(none, 'x'), 0);
	assert_true(span_starts(s, span_str("abca")));
	assert_true(span_starts(s, none));
	assert_false(span_starts(span_str("ab"), s));
	assert_false(span_starts(s, span_str("b")));
	assert_true(span_eq(none, span_str("")));
	assert_false(span_eq(s, span_str("abcab")));
	assert_false(span_eq(s, span_str("abcabd")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_integers),
	    cmocka_unit_test(test_sticky),
	    cmocka_unit_test(test_bytes),
	    cmocka_unit_test(test_vec),
	    cmocka_unit_test(test_span),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
