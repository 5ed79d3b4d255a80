/* test_survey: what is covered, compared with a count of every entry. */
#include "monitor/survey.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ENTRIES 64
#define SCANS 12

static void
test_covered(void **state)
{
	struct stretch s[SCANS];
	struct survey_log l = {.stretches = s};

	(void)state;
	srandom(1);
	for (int round = 0; round < 5000; round++) {
		bool want[ENTRIES + 2] = {false}, have[ENTRIES + 2] = {false};
		struct survey_part *p;
		size_t num;

		l.num = (size_t)random() % (SCANS + 1);
		for (size_t i = 0; i < l.num; i++) {
			uint64_t n = (uint64_t)random() % 10;

			s[i] = (struct stretch){.job = (int64_t)i,
			    .begin = (uint64_t)random() % (ENTRIES - 9),
			    .limit = UINT64_MAX};
			s[i].proven = s[i].begin + n;
			s[i].read = s[i].proven + 5; /* counts nothing */
			memset(want + s[i].begin, true, n);
		}
		num = survey_covered(&l, &p);
		for (size_t i = 0; i < num; i++) {
			assert_true(p[i].begin < p[i].end);
			assert_true(i == 0 || p[i - 1].end < p[i].begin);
			memset(have + p[i].begin, true, p[i].end - p[i].begin);
		}
		assert_memory_equal(want, have, sizeof(want));
		free(p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_covered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
