/* Tests of directory: several lists as one. */
#include "monitor/directory.h"

#include "tests/unit/support.h"

static struct loglist_log
made(uint8_t id, const char *name, enum loglist_state state, int64_t ms)
{
	return (struct loglist_log){.log_id = {{id}},
	    .description = (char *)(uintptr_t)name,
	    .state = state,
	    .state_ms = ms};
}

/* The first list's name and URL, the liveliest state with its time. */
static void
test_merge(void **state)
{
	struct loglist_log one[] = {
	    made(1, "A", LOGLIST_REJECTED, 1), made(2, "B", LOGLIST_USABLE, 2)};
	struct loglist_log two[] = {made(2, "B'", LOGLIST_RETIRED, 3),
	    made(1, "A'", LOGLIST_USABLE, 4), made(3, "C", LOGLIST_NONE, 0)};
	struct loglist first = {.num = 2, .log = one};
	struct loglist second = {.num = 3, .log = two};
	struct directory d = {0};
	struct hash none = {{4}};

	(void)state;
	directory_add(&d, &first);
	directory_add(&d, &second);
	assert_int_equal(d.num, 3);
	assert_string_equal(d.log[0].log->description, "A");
	assert_int_equal(d.log[0].state, LOGLIST_USABLE);
	assert_int_equal(d.log[0].state_ms, 4);
	assert_int_equal(d.log[0].lists, 3);
	assert_int_equal(d.log[1].state, LOGLIST_USABLE);
	assert_int_equal(d.log[1].state_ms, 2);
	assert_int_equal(d.log[2].lists, 2);
	assert_ptr_equal(directory_find(&d, &two[2].log_id), &d.log[2]);
	assert_null(directory_find(&d, &none));
	directory_fini(&d);
	assert_int_equal(d.num, 0);
}

static void
test_final_head(void **state)
{
	struct loglist_log one[] = {made(1, "A", LOGLIST_READONLY, 1)};
	struct loglist_log two[] = {made(1, "A", LOGLIST_READONLY, 1)};
	struct loglist first = {.num = 1, .log = one};
	struct loglist second = {.num = 1, .log = two};
	struct directory d = {0};

	(void)state;
	two[0].final_size = 7;
	two[0].final_root.b[0] = 9;
	one[0].mmd_s = 60;
	two[0].mmd_s = 86400;
	directory_add(&d, &first);
	directory_add(&d, &second);
	assert_int_equal(d.log[0].final_size, 7);
	assert_int_equal(d.log[0].final_root.b[0], 9);
	assert_int_equal(d.log[0].mmd_s, 86400);
	directory_fini(&d);
}

/* More lists than can be told apart. */
static void
test_many(void **state)
{
	struct loglist_log one[] = {made(1, "A", LOGLIST_USABLE, 1)};
	struct loglist list = {.num = 1, .log = one};
	struct directory d = {0};

	(void)state;
	for (unsigned i = 0; i < 2 * DIRECTORY_LISTS; i++)
		directory_add(&d, &list);
	assert_int_equal(d.num, 1);
	assert_true(d.log[0].lists == UINT64_MAX);
	directory_fini(&d);
}

static void
test_usual(void **state)
{
	(void)state;
	for (int s = LOGLIST_NONE; s <= LOGLIST_REJECTED; s++) {
		struct loglist_log l = made(1, "A", LOGLIST_USABLE, 0);
		struct directory_log at = {
		    .log = &l, .state = (enum loglist_state)s};

		assert_int_equal(directory_is_usual(&at),
		    s != LOGLIST_RETIRED && s != LOGLIST_REJECTED);
		l.type = LOGLIST_TEST;
		assert_false(directory_is_usual(&at));
		l.type = LOGLIST_MONITORING_ONLY;
		assert_false(directory_is_usual(&at));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_merge),
	    cmocka_unit_test(test_final_head),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_usual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
