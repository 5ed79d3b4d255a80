/* field: every member that is not what it should be has its own sentence. */
#include "tests/unit/support.h"

#include "ctlog/base/limits.h"
#include "ctlog/wire/field.h"

static json_t *
load(const char *text)
{
	json_t *o;
	struct err e;

	assert_status(
	    field_load(&o, span_str(text), LIMIT_HEAD, &e), ST_OK, &e);
	return o;
}

static void
test_load_refused(void **state)
{
	static const char *const bad[] = {
	    "",
	    " ",
	    "{",
	    "[]",
	    "null",
	    "1",
	    "\"a\"",
	    "{} x",
	    "{}{}",
	    "{\"a\":1,\"a\":2}",
	    "{\"a\":1,}",
	    "{\"a\":01}",
	    "{\"a\":9223372036854775808}",
	    "{\"a\":\"\\u0000\"}",
	    "{\"a\":\"\xff\"}",
	    "{a:1}",
	    "<html>\x1b[31m",
	};
	struct err e;
	json_t *o;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_status(
		    field_load(&o, span_str(bad[i]), 100, &e), ST_BAD, &e);
		assert_null(o);
		assert_null(strchr(e.text, '\x1b'));
	}
	assert_says(&e, "<html>\\u{1b}[31m");
	assert_status(
	    field_load(&o, span_str("{\"a\":1}"), 6, &e), ST_LIMIT, &e);
	assert_status(field_load(&o, span_of(NULL, 0), 6, &e), ST_BAD, &e);
}

/* What may be an entry's is not told, not by jansson's own words either. */
static void
test_load_entries(void **state)
{
	static const char *const bad[] = {"Jane Roe", "{\"a\":Jane}",
	    "{\"Jane\":1,\"Jane\":2}", "<b>Jane", "[\"Jane\"]", ""};
	struct err e;
	json_t *o;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_status(field_load_entries(&o, span_str(bad[i]), 100, &e),
		    ST_BAD, &e);
		assert_null(o);
		assert_null(strstr(e.text, "Jane"));
		assert_says(&e, text_class(span_str(bad[i])));
	}
	assert_status(
	    field_load_entries(&o, span_str(bad[0]), 7, &e), ST_LIMIT, &e);
	assert_says(&e, "8 bytes, text");
	assert_status(field_load_entries(&o, span_str("{}"), 7, &e), ST_OK, &e);
	json_decref(o);
}

/* A tree of jansson's costs far more than its text. */
static void
test_floods(void **state)
{
	static const char *const items[] = {
	    "{}", "0", "[]", "\"\"", "{\"\\\"\":1}"};
	const size_t most = 256 + LIMIT_HEAD / LIMIT_JSON_SPARSE;
	struct buf b = {0};
	struct err e;
	json_t *o;

	(void)state;
	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
		buf_clear(&b);
		buf_str(&b, "{\"a\":[");
		for (size_t n = 0; n < most; n++)
			buf_fmt(&b, "%s,", items[i]);
		buf_str(&b, "7]}");
		assert_status(
		    field_load(&o, buf_span(&b), LIMIT_HEAD, &e), ST_LIMIT, &e);
		assert_says(&e, "too many values");
		assert_null(o);
	}
	/* Strings may be long, and hold what looks like more. */
	buf_clear(&b);
	buf_str(&b, "{\"a\":[\"\\\"");
	for (size_t n = 0; n < most; n++)
		buf_str(&b, "{},");
	buf_str(&b, "\"]}");
	assert_status(field_load(&o, buf_span(&b), LIMIT_HEAD, &e), ST_OK, &e);
	json_decref(o);
	buf_fini(&b);
}

static void
test_u64(void **state)
{
	json_t *o = load("{\"zero\":0,\"big\":9223372036854775807,\"neg\":-1,"
			 "\"real\":1.0,\"exp\":1e3,\"str\":\"1\",\"n\":null}");
	uint64_t v = 7;
	struct err e;

	(void)state;
	assert_status(field_u64(&v, o, "zero", &e), ST_OK, &e);
	assert_int_equal(v, 0);
	assert_status(field_u64(&v, o, "big", &e), ST_OK, &e);
	assert_int_equal(v, INT64_MAX);
	assert_status(field_u64(&v, o, "neg", &e), ST_BAD, &e);
	assert_string_equal(e.text, "neg is negative");
	assert_status(field_u64(&v, o, "real", &e), ST_BAD, &e);
	assert_string_equal(
	    e.text, "real is a fraction where a whole number is due");
	assert_status(field_u64(&v, o, "exp", &e), ST_BAD, &e);
	assert_status(field_u64(&v, o, "str", &e), ST_BAD, &e);
	assert_says(&e, "str is a string");
	assert_status(field_u64(&v, o, "n", &e), ST_BAD, &e);
	assert_says(&e, "n is null");
	assert_status(field_u64(&v, o, "no", &e), ST_BAD, &e);
	assert_string_equal(e.text, "no is missing");
	assert_true(field_has(o, "zero"));
	assert_false(field_has(o, "n"));
	assert_false(field_has(o, "no"));
	json_decref(o);
}

static void
test_types(void **state)
{
	json_t *o = load("{\"s\":\"x\\n\",\"t\":true,\"a\":[1],\"o\":{}}");
	json_t *v;
	struct span s;
	struct err e;
	bool b;

	(void)state;
	assert_status(field_str(&s, o, "s", &e), ST_OK, &e);
	assert_true(span_eq_str(s, "x\n"));
	assert_status(field_str(&s, o, "a", &e), ST_BAD, &e);
	assert_says(&e, "a is an array where a string is due");
	assert_status(field_bool(&b, o, "t", &e), ST_OK, &e);
	assert_true(b);
	assert_status(field_bool(&b, o, "s", &e), ST_BAD, &e);
	assert_status(field_bool(&b, o, "no", &e), ST_BAD, &e);
	assert_status(field_array(&v, o, "a", &e), ST_OK, &e);
	assert_int_equal(json_array_size(v), 1);
	assert_status(field_array(&v, o, "o", &e), ST_BAD, &e);
	assert_status(field_object(&v, o, "o", &e), ST_OK, &e);
	assert_status(field_object(&v, o, "t", &e), ST_BAD, &e);
	assert_says(&e, "t is true where an object is due");
	json_decref(o);
}

#define HASH64 "LcGcZRsm+LGYmrlyC5LXhV1T6OD8iH5dNlb0sEJl9bA="

static void
test_binary(void **state)
{
	json_t *o = load("{\"h\":\"" HASH64 "\",\"short\":\"AAAA\","
			 "\"url\":\"LcGcZRsm-LGYmrlyC5LXhV1T6OD8iH5dNlb0sEJl9bA"
			 "=\",\"e\":\"\",\"b\":\"AAE=\",\"bad\":\"AA\"}");
	struct buf b = {0};
	struct hash h, want = base64_hash(HASH64);
	struct err e;

	(void)state;
	assert_status(field_hash(&h, o, "h", &e), ST_OK, &e);
	assert_hash(&h, &want);
	assert_status(field_hash(&h, o, "short", &e), ST_BAD, &e);
	assert_says(&e, "short is not base64 of 32 bytes");
	assert_status(field_hash(&h, o, "url", &e), ST_BAD, &e);
	assert_status(field_hash(&h, o, "e", &e), ST_BAD, &e);
	assert_status(field_bytes(&b, o, "b", &e), ST_OK, &e);
	assert_int_equal(b.len, 2);
	assert_memory_equal(b.p, "\0\1", 2);
	assert_status(field_bytes(&b, o, "e", &e), ST_OK, &e);
	assert_int_equal(b.len, 0);
	assert_status(field_bytes(&b, o, "bad", &e), ST_BAD, &e);
	assert_status(field_bytes(&b, o, "no", &e), ST_BAD, &e);
	buf_fini(&b);
	json_decref(o);
}

static void
test_time(void **state)
{
	json_t *o = load("{\"t\":\"2016-11-30T13:24:18.33Z\",\"d\":\"soon\"}");
	struct err e;
	int64_t ms;

	(void)state;
	assert_status(field_time(&ms, o, "t", &e), ST_OK, &e);
	assert_int_equal(ms, INT64_C(1480512258330));
	assert_status(field_time(&ms, o, "d", &e), ST_BAD, &e);
	assert_says(&e, "d is no time of RFC 3339: \"soon\"");
	json_decref(o);
}

static void
test_path(void **state)
{
	struct buf text = {0};
	struct path p;
	struct err e;
	json_t *o;

	(void)state;
	for (unsigned num = 0; num <= LIMIT_PROOF + 1; num++) {
		buf_clear(&text);
		buf_str(&text, "{\"p\":[");
		for (unsigned i = 0; i < num; i++)
			buf_fmt(&text, "%s\"" HASH64 "\"", i ? "," : "");
		buf_str(&text, "]}");
		o = load(buf_cstr(&text));
		if (num <= LIMIT_PROOF) {
			assert_status(field_path(&p, o, "p", &e), ST_OK, &e);
			assert_int_equal(p.num, num);
		} else {
			assert_status(field_path(&p, o, "p", &e), ST_BAD, &e);
			assert_says(&e, "66 nodes");
		}
		json_decref(o);
	}
	o = load("{\"p\":[\"" HASH64 "\",\"AAAA\"],\"q\":[1]}");
	assert_status(field_path(&p, o, "p", &e), ST_BAD, &e);
	assert_says(&e, "p[1] is not");
	assert_status(field_path(&p, o, "q", &e), ST_BAD, &e);
	assert_status(field_path(&p, o, "r", &e), ST_BAD, &e);
	json_decref(o);
	buf_fini(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_load_refused),
	    cmocka_unit_test(test_load_entries),
	    cmocka_unit_test(test_floods),
	    cmocka_unit_test(test_u64),
	    cmocka_unit_test(test_types),
	    cmocka_unit_test(test_binary),
	    cmocka_unit_test(test_time),
	    cmocka_unit_test(test_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
