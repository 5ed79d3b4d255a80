/* rows: against a plain list. */
#include "monitor/rows.h"

#include "tests/unit/support.h"

static void
test_empty(void **state)
{
	struct rows r = {0};
	uint32_t no;

	(void)state;
	assert_int_equal(rows_get(&r, 0), -1);
	assert_false(rows_find(&r, 1, &no));
	rows_fini(&r);
}

static void
test_runs(void **state)
{
	struct rows r = {0};

	(void)state;
	for (int64_t i = 0; i < 1000; i++)
		rows_add(&r, i + 7 + 5 * (i / 250));
	assert_int_equal(r.num, 1000);
	assert_int_equal(r.num_runs, 4);
	assert_int_equal(rows_get(&r, 999), 999 + 7 + 15);
	rows_fini(&r);
}

static void
test_as_list(void **state)
{
	uint64_t seed = 5;

	(void)state;
	for (unsigned round = 0; round < 50; round++) {
		int64_t list[300], row = 0, at = 0;
		uint32_t n = (uint32_t)random_below(&seed, 300), no;
		struct rows r = {0};

		for (uint32_t i = 0; i < n; i++) {
			row += 1 + (int64_t)random_below(&seed, 3) / 2;
			rows_add(&r, list[i] = row);
		}
		for (uint32_t i = 0; i < n; i++)
			assert_int_equal(rows_get(&r, i), list[i]);
		assert_int_equal(rows_get(&r, n), -1);
		for (int64_t x = -1; x < row + 3; x++) {
			bool there = at < n && list[at] == x;

			assert_int_equal(rows_find(&r, x, &no), there);
			if (there)
				assert_int_equal(no, at++);
		}
		rows_fini(&r);
	}
}

/* In any order they are got as they came. */
static void
test_disorder(void **state)
{
	const int64_t list[] = {5, 6, 3, 4, 5, 1, 9};
	struct rows r = {0};

	(void)state;
	for (uint32_t i = 0; i < 7; i++)
		rows_add(&r, list[i]);
	for (uint32_t i = 0; i < 7; i++)
		assert_int_equal(rows_get(&r, i), list[i]);
	rows_fini(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_runs),
	    cmocka_unit_test(test_as_list),
	    cmocka_unit_test(test_disorder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
