/* Tests of query: what is taken apart, and what is refused. */
#include "monitor/query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ctlog/base/buf.h"

static void
expect_path(const char *target, const char *path, size_t num)
{
	struct query q;
	struct err e = {""};

	if (query_target(&q, span_str(target), &e) != ST_OK)
		fail_msg("%s: %s", target, e.text);
	assert_string_equal(q.path, path);
	assert_int_equal(q.num, num);
	query_fini(&q);
}

static void
test_paths(void **state)
{
	(void)state;
	expect_path("/", "/", 0);
	expect_path("/a/b:c", "/a/b:c", 0);
	expect_path("/a+b", "/a+b", 0);
	expect_path("/%41%2f%C3%A4", "/A/\xc3\xa4", 0);
	expect_path("/a?", "/a", 0);
	expect_path("/a?b", "/a", 1);
	expect_path("/a?&&b=1&", "/a", 1);
	expect_path("/a?b=%3F?c", "/a", 1);
}

static void
test_params(void **state)
{
	struct query q;

	(void)state;
	assert_int_equal(
	    query_target(&q, span_str("/x?a=1+2&b&c=%26%3D%2B&a=3&=4"), NULL),
	    ST_OK);
	assert_int_equal(q.num, 5);
	assert_string_equal(q.params[0].value, "1 2");
	assert_string_equal(q.params[1].name, "b");
	assert_string_equal(q.params[1].value, "");
	assert_string_equal(query_param(q.params, q.num, "c"), "&=+");
	assert_null(query_param(q.params, q.num, "a")); /* twice */
	assert_null(query_param(q.params, q.num, "d"));
	assert_string_equal(query_param(q.params, q.num, ""), "4");
	query_fini(&q);
}

static void
test_form(void **state)
{
	struct query q;

	(void)state;
	assert_int_equal(
	    query_form(&q, span_str("List-Unsubscribe=One-Click"), NULL),
	    ST_OK);
	assert_string_equal(
	    query_param(q.params, q.num, "List-Unsubscribe"), "One-Click");
	query_fini(&q);
	assert_int_equal(query_form(&q, span_of(NULL, 0), NULL), ST_OK);
	assert_int_equal(q.num, 0);
	query_fini(&q);
}

static void
test_bad(void **state)
{
	static const char *const bad[] = {"", "*", "a", "http://h/", "?a=b",
	    "/%", "/%4", "/%4g", "/%00", "/%0a", "/%7f", "/%ff", "/%c3",
	    "/\xc3\xa4", "/a b", "/\t", "/?a=%00", "/?a=%", "/?%zz=1",
	    "/?a=\x80", "/?a=%c3&b=%a4"};
	struct query q;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (query_target(&q, span_str(bad[i]), &e) != ST_BAD)
			fail_msg("taken: %s", bad[i]);
		query_fini(&q);
	}
}

static void
expect_many(unsigned num, const char *one, enum status st)
{
	struct buf b = {0};
	struct query q;

	for (unsigned i = 0; i < num; i++)
		buf_str(&b, one);
	assert_int_equal(query_form(&q, buf_span(&b), NULL), st);
	query_fini(&q);
	buf_fini(&b);
}

static void
test_many(void **state)
{
	(void)state;
	expect_many(QUERY_PARAMS, "a&", ST_OK);
	expect_many(QUERY_PARAMS + 1, "a&", ST_BAD);
	expect_many(100000, "&", ST_OK);
	expect_many(100000, "a=b&", ST_BAD);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_paths),
	    cmocka_unit_test(test_params),
	    cmocka_unit_test(test_form),
	    cmocka_unit_test(test_bad),
	    cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
