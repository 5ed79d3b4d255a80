/* Tests of listing: built-in lists, and which editions are refused. */
#include "monitor/listing.h"

#include "ctlog/wire/logkey.h"
#include "tests/unit/support.h"

#include "tests/unit/data.h"

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
test_named(void **state)
{
	struct list_source src = listing_named("chrome", "k.pem");

	(void)state;
	assert_string_equal(src.name, "chrome");
	assert_non_null(src.key_pem); /* its own key, not k.pem */
	assert_null(src.key_file);
	assert_string_equal(listing_label(&src), "chrome");
	src = listing_named("https://a.dev/l", "k.pem");
	assert_string_equal(src.url, "https://a.dev/l");
	assert_string_equal(src.key_file, "k.pem");
	assert_null(src.file);
	src = listing_named("./chrome", NULL);
	assert_string_equal(src.file, "./chrome");
	assert_string_equal(listing_label(&src), "./chrome");
	assert_null(src.name);
	assert_null(src.key_file);
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
	/* Apple counts its editions. */
	make(&a, "32.1013", 0, 0, 10);
	assert_status(
	    compare(&a.list, make(&b, "32.1014", 0, 0, 10), &e), ST_OK, &e);
	assert_status(
	    compare(&a.list, make(&b, "33.999", 0, 0, 10), &e), ST_OK, &e);
	assert_status(
	    compare(&a.list, make(&b, "32.999", 0, 0, 10), &e), ST_BAD, &e);
	/* A list has neither. */
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
	assert_says(&e, "lacks 3 of the 10 logs in use");
	/* Others in their place do not count. */
	assert_status(
	    compare(&a.list, make(&b, "2", 2, 3, 60), &e), ST_BAD, &e);
	assert_status(compare(&a.list, make(&b, "2", 2, 2, 60), &e), ST_OK, &e);
	make(&a, "1", 1, 0, 1);
	assert_status(compare(&a.list, make(&b, "2", 2, 1, 1), &e), ST_BAD, &e);
}

/* Logs that nobody follows are no loss. */
static void
test_cleaned_up(void **state)
{
	struct made a, b;
	struct err e;

	(void)state;
	make(&a, "1", 1, 0, 60);
	for (size_t i = 10; i < 60; i++)
		a.logs[i].state =
		    i % 2 == 0 ? LOGLIST_REJECTED : LOGLIST_RETIRED;
	a.logs[59].state = LOGLIST_NONE;
	a.logs[59].type = LOGLIST_TEST;
	assert_status(compare(&a.list, make(&b, "2", 2, 0, 8), &e), ST_OK, &e);
	assert_status(compare(&a.list, make(&b, "2", 2, 0, 7), &e), ST_BAD, &e);
	assert_says(&e, "lacks 3 of the 10 logs in use");
}

static bool
data_list(struct loglist *out, const char *name)
{
	struct buf path = {0}, text = {0};
	struct err e = {""};
	bool found;

	buf_fmt(&path, "../shared/data/ctdata/loglists/%s.json", name);
	found = data_read(&text, buf_cstr(&path));
	if (found)
		assert_status(
		    loglist_parse(out, buf_span(&text), &e), ST_OK, &e);
	buf_fini(&path);
	buf_fini(&text);
	return found;
}

/* Editions of Chrome's list, months apart: the third is a third as long as the
 * second, and may follow it. */
static void
test_data_editions(void **state)
{
	static const char *const names[] = {
	    "history/gstatic_all_logs_list_v83.1",
	    "history/gstatic_all_logs_list_v85.47",
	    "gstatic_all_logs_list_v89.25"};
	struct loglist lists[3];
	struct err e;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		if (!data_list(&lists[i], names[i])) {
			assert_int_equal(i, 0);
			skip();
		}
	for (size_t i = 1; i < 3; i++) {
		assert_status(
		    listing_compare(&lists[i - 1], &lists[i], &e), ST_OK, &e);
		assert_status(
		    listing_compare(&lists[i], &lists[i - 1], &e), ST_BAD, &e);
	}
	for (size_t i = 0; i < 3; i++)
		loglist_fini(&lists[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pinned_key),
	    cmocka_unit_test(test_sources),
	    cmocka_unit_test(test_named),
	    cmocka_unit_test(test_age),
	    cmocka_unit_test(test_shrunken),
	    cmocka_unit_test(test_cleaned_up),
	    cmocka_unit_test(test_data_editions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
