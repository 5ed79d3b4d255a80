/* Tests of scan: summaries and sums that stay sane whatever a tail says. */
#include "monitor/scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The summary of a log that got only so far. */
static char *
summary(const struct tail_state *t, bool json)
{
	struct entry_log log = {.want = {.name = (char *)"Example log"},
	    .err = {"it is not there"}};
	struct scan_summary s = {.log = &log,
	    .state = *t,
	    .hits = t->num_hits,
	    .unproven = t->num_hits / 2,
	    .elapsed_s = 2,
	    .instance = "test"};
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (json)
		scan_summary_json(&s, out);
	else
		scan_summary_text(&s, out);
	fclose(out);
	return text;
}

static void
has(const struct tail_state *t, const char *json, const char *words)
{
	char *text = summary(t, true);

	if (strstr(text, json) == NULL)
		fail_msg("no %s in %s", json, text);
	free(text);
	text = summary(t, false);
	if (strstr(text, words) == NULL)
		fail_msg("no %s in %s", words, text);
	free(text);
}

static void
test_summary(void **state)
{
	(void)state;
	has(&(struct tail_state){.head = {.size = 1000},
		.from = 300,
		.to = 900,
		.committed = 500},
	    "\"from\":300,\"to\":900,\"entries\":200,",
	    "entries 300 to 900: 200 read in 2.0 s (100/s)");
}

/* What runs before have read took no time of this one's. */
static void
test_summary_of_a_run(void **state)
{
	struct tail_state t = {.head = {.size = 1000},
	    .from = 300,
	    .to = 900,
	    .committed = 500,
	    .resumed = 150};

	(void)state;
	has(&t, "\"entries_per_s\":25,",
	    "200 read, 50 of them now, in 2.0 s (25/s), 0 exposures");
	t.resumed = 200;
	has(&t, "\"entries_per_s\":0,", "200 read before, 0 exposures");
	/* A unit was taken back. */
	t.resumed = 220;
	has(&t, "\"entries_per_s\":0,", "200 read before, 0 exposures");
}

/* What was found and is not printed as proven is told apart. */
static void
test_summary_of_unproven(void **state)
{
	struct tail_state t = {
	    .head = {.size = 1000}, .to = 900, .committed = 500, .num_hits = 4};

	(void)state;
	has(&t, "\"hits\":4,", ", 4 exposures (2 not proven), 0 quarantined");
	t.num_hits = 1;
	has(&t, "\"hits\":1,", ", 1 exposure, 0 quarantined");
}

/* Before there is a signed head only the reason counts. */
static void
test_summary_of_nothing(void **state)
{
	(void)state;
	has(&(struct tail_state){.to = UINT64_MAX}, "\"entries\":0,",
	    "Example log: NOT VERIFIED: it is not there\n");
}

/* It ended before it knew its range, or behind it. */
static void
test_summary_never_underflows(void **state)
{
	(void)state;
	has(&(struct tail_state){.head = {.size = 9}, .from = 300},
	    "\"from\":300,\"to\":300,\"entries\":0,",
	    "entries 300 to 300: 0 read in 2.0 s (0/s)");
	has(&(struct tail_state){.head = {.size = 9},
		.from = 9,
		.to = UINT64_MAX,
		.committed = 5},
	    "\"from\":9,\"to\":9,\"entries\":0,",
	    "entries 9 to 9: 0 read in 2.0 s (0/s)");
	has(
	    &(struct tail_state){
		.head = {.size = 9}, .from = 9, .to = 5, .committed = 9},
	    "\"from\":9,\"to\":9,\"entries\":0,",
	    "entries 9 to 9: 0 read in 2.0 s (0/s)");
}

static void
test_sums(void **state)
{
	struct scan_sum sum = {0};

	(void)state;
	scan_sum_add(&sum, &(struct tail_state){.head = {.size = 1000},
			       .from = 100,
			       .to = 900,
			       .accepted = 500,
			       .resumed = 150,
			       .proven = 300});
	/* Anchored, nothing read; a range upside down; beyond its end; and
	 * two that do not count yet. */
	scan_sum_add(&sum, &(struct tail_state){
			       .head = {.size = 1000}, .from = 100, .to = 200});
	scan_sum_add(
	    &sum, &(struct tail_state){
		      .head = {.size = 9}, .from = 9, .to = 5, .accepted = 12});
	scan_sum_add(&sum, &(struct tail_state){.head = {.size = 50},
			       .to = 50,
			       .accepted = 60,
			       .proven = 60,
			       .ended = true});
	scan_sum_add(
	    &sum, &(struct tail_state){.head = {.size = 9}, .to = UINT64_MAX});
	scan_sum_add(&sum, &(struct tail_state){.to = 7});
	assert_int_equal(sum.done, 400 + 50);
	assert_int_equal(sum.proven, 200 + 50);
	assert_int_equal(sum.now, 250 + 50);
	assert_int_equal(sum.all, 800 + 100 + 50);
	assert_int_equal(sum.running, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_summary),
	    cmocka_unit_test(test_summary_of_a_run),
	    cmocka_unit_test(test_summary_of_unproven),
	    cmocka_unit_test(test_summary_of_nothing),
	    cmocka_unit_test(test_summary_never_underflows),
	    cmocka_unit_test(test_sums),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
