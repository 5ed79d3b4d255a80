/* Tests of listing: built-in lists, and which editions are refused. */
#include "monitor/listing.h"

#include "ctlog/wire/logkey.h"
#include "tests/unit/support.h"

#define PIN "f1d8b68e50210d8e73d9a3e97f571773c52d7f28c0b1a71beee81d8562e6fd85"

/* A list of `num` logs whose ids count from `first`. */
struct made {
	struct loglist list;
	struct loglist_log logs[64];
};

static const struct loglist *
make(struct made *m, const char *version, int64_t time_ms, size_t first,
    size_t num)
{
	*m = (struct made){.list = {.version = (char *)(uintptr_t)version,
			       .timestamp_ms = time_ms,
			       .num = num,
			       .log = m->logs}};
	assert_true(num <= 64);
	for (size_t i = 0; i < num; i++)
		m->logs[i].log_id.b[0] = (uint8_t)(first + i);
	return &m->list;
}

static enum status
compare(const struct loglist *old, const struct loglist *list, struct err *e)
{
	*e = (struct err){""};
	return listing_compare(old, list, e);
}

static void
test_pinned_key(void **state)
{
	const struct list_source *src = listing_builtin("chrome");
	struct logkey *key;
	uint8_t pin[HASH_LEN];
	struct err e = {""};

	(void)state;
	assert_non_null(src);
	assert_status(
	    logkey_parse(&key, span_str(src->key_pem), &e), ST_OK, &e);
	assert_true(text_unhex(pin, HASH_LEN, span_str(PIN)));
	assert_memory_equal(logkey_id(key)->b, pin, HASH_LEN);
	logkey_free(key);
}

static void
test_sources(void **state)
{
	struct conf_list named = {.name = (char *)(uintptr_t) "apple"};
	struct conf_list url = {.url = (char *)(uintptr_t) "https://a.dev/l",
	    .key_file = (char *)(uintptr_t) "k.pem"};
	struct list_source src = listing_source(&named);

	(void)state;
	assert_string_equal(src.name, "apple");
	assert_true(strncmp(src.url, "https://valid.apple.com/", 24) == 0);
	assert_null(src.key_pem);
	src = listing_source(&url);
	assert_null(src.name);
	assert_string_equal(src.url, "https://a.dev/l");
	assert_string_equal(src.key_file, "k.pem");
	assert_null(listing_builtin("mozilla"));
}

static void
test_age(void **state)
{
	struct made a, b;
	struct err e;

	(void)state;
	make(&a, "93.6", 1000, 0, 10);
	assert_status(
	    compare(&a.list, make(&b, "93.6", 1000, 0, 10), &e), ST_OK, &e);
	assert_status(
	    compare(&a.list, make(&b, "93.10", 2000, 0, 10), &e), ST_OK, &e);
	assert_status(
	    compare(&a.list, make(&b, "93.7", 999, 0, 10), &e), ST_BAD, &e);
	assert_says(&e, "older");
	assert_status(
	    compare(&a.list, make(&b, "93.5", 2000, 0, 10), &e), ST_BAD, &e);
	assert_says(&e, "93.5");
	assert_status(
	    compare(&a.list, make(&b, "93.7", 0, 0, 10), &e), ST_BAD, &e);
	assert_says(&e, "no known time");
	assert_status(
	    compare(&a.list, make(&b, "", 2000, 0, 10), &e), ST_BAD, &e);
	/* Apple's list has neither. */
	make(&a, "", 0, 0, 10);
	assert_status(compare(&a.list, make(&b, "", 0, 0, 10), &e), ST_OK, &e);
}

static void
test_shrunken(void **state)
{
	struct made a, b;
	struct err e;

	(void)state;
	make(&a, "1", 1, 0, 10);
	assert_status(compare(&a.list, make(&b, "2", 2, 2, 8), &e), ST_OK, &e);
	assert_status(compare(&a.list, make(&b, "2", 2, 3, 7), &e), ST_BAD, &e);
	assert_says(&e, "lacks 3 of the 10 logs");
	/* Others in their place do not count. */
	assert_status(
	    compare(&a.list, make(&b, "2", 2, 3, 60), &e), ST_BAD, &e);
	assert_status(compare(&a.list, make(&b, "2", 2, 2, 60), &e), ST_OK, &e);
	make(&a, "1", 1, 0, 1);
	assert_status(compare(&a.list, make(&b, "2", 2, 1, 1), &e), ST_BAD, &e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pinned_key),
	    cmocka_unit_test(test_sources),
	    cmocka_unit_test(test_age),
	    cmocka_unit_test(test_shrunken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
