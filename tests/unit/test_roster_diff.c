/* Tests of roster_diff: two editions, and what the second one means. */
#include "monitor/roster_diff.h"

#define file_read test_file_read
#include "tests/unit/signer.h"
#undef file_read

#define NUM 5
#define DAY_MS (86400ll * 1000)

/* Logs 0 to 4; `was` and `is` have those that the test puts there. */
struct fixture {
	struct signer signers[NUM];
	struct want_log was_logs[NUM], is_logs[NUM];
	struct loglist_log listed[NUM];
	struct wants was, is;
	struct loglist list;
	struct directory all;
	struct roster_changes changes;
	char names[NUM][16], urls[NUM][32];
};

static int
setup(void **state)
{
	struct fixture *fx = calloc(1, sizeof(*fx));

	for (size_t i = 0; i < NUM; i++) {
		fx->signers[i] = signer_new("P-256", 0);
		snprintf(fx->names[i], 16, "log %zu", i);
		snprintf(fx->urls[i], 32, "https://%zu.dev/", i);
	}
	fx->was.list = fx->was_logs;
	fx->is.list = fx->is_logs;
	fx->list.log = fx->listed;
	*state = fx;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *fx = *state;

	roster_changes_fini(&fx->changes);
	directory_fini(&fx->all);
	for (size_t i = 0; i < NUM; i++)
		signer_fini(&fx->signers[i]);
	free(fx);
	return 0;
}

static struct want_log *
put(struct fixture *fx, struct wants *w, size_t i)
{
	w->list[w->num] = (struct want_log){.name = fx->names[i],
	    .operator_name = (char *)(uintptr_t) "Example",
	    .url = fx->urls[i],
	    .origin = fx->urls[i] + 8,
	    .api = &log_api_static,
	    .key = fx->signers[i].key,
	    .listed = true,
	    .state = LOGLIST_USABLE};
	return &w->list[w->num++];
}

/* It is in the lists, whether it is wanted or not. */
static void
list(struct fixture *fx, size_t i)
{
	fx->listed[fx->list.num++].log_id = *logkey_id(fx->signers[i].key);
}

static void
diff(struct fixture *fx)
{
	roster_changes_fini(&fx->changes);
	directory_fini(&fx->all);
	directory_add(&fx->all, &fx->list);
	roster_diff(&fx->changes, &fx->was, &fx->is, &fx->all);
}

static void
assert_change(const struct fixture *fx, size_t at, enum roster_act act)
{
	assert_true(at < fx->changes.num);
	assert_int_equal(fx->changes.list[at].act, act);
}

static void
test_nothing(void **state)
{
	struct fixture *fx = *state;

	diff(fx);
	assert_int_equal(fx->changes.num, 0);
	for (size_t i = 0; i < NUM; i++) {
		put(fx, &fx->was, i);
		put(fx, &fx->is, NUM - 1 - i);
		list(fx, i);
	}
	diff(fx);
	assert_int_equal(fx->changes.num, 0);
}

static void
test_start(void **state)
{
	struct fixture *fx = *state;

	put(fx, &fx->was, 0);
	put(fx, &fx->is, 1);
	put(fx, &fx->is, 0);
	put(fx, &fx->is, 2);
	diff(fx);
	assert_int_equal(fx->changes.num, 2);
	assert_change(fx, 0, ROSTER_START);
	assert_ptr_equal(fx->changes.list[0].is, &fx->is.list[0]);
	assert_null(fx->changes.list[0].was);
	assert_ptr_equal(fx->changes.list[1].is, &fx->is.list[2]);
}

static void
test_move(void **state)
{
	struct fixture *fx = *state;

	put(fx, &fx->was, 0);
	put(fx, &fx->is, 0)->url = fx->urls[1];
	put(fx, &fx->was, 1);
	put(fx, &fx->is, 1)->api = &log_api_rfc6962;
	put(fx, &fx->was, 2);
	put(fx, &fx->is, 2)->origin = (char *)(uintptr_t) "elsewhere";
	put(fx, &fx->was, 3);
	put(fx, &fx->is, 3)->name = fx->names[0]; /* no move */
	diff(fx);
	assert_int_equal(fx->changes.num, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_change(fx, i, ROSTER_MOVE);
		assert_ptr_equal(fx->changes.list[i].was, &fx->was.list[i]);
		assert_ptr_equal(fx->changes.list[i].is, &fx->is.list[i]);
	}
}

static void
test_state(void **state)
{
	struct fixture *fx = *state;
	struct want_log *w;

	put(fx, &fx->was, 0);
	put(fx, &fx->is, 0)->state = LOGLIST_READONLY;
	put(fx, &fx->was, 1);
	w = put(fx, &fx->is, 1);
	w->state = LOGLIST_QUALIFIED;
	w->url = fx->urls[4];
	/* One that was leaving is back. */
	put(fx, &fx->was, 2)->state = LOGLIST_RETIRED;
	put(fx, &fx->is, 2);
	diff(fx);
	assert_int_equal(fx->changes.num, 4);
	assert_change(fx, 0, ROSTER_STATE);
	assert_change(fx, 1, ROSTER_MOVE);
	assert_change(fx, 2, ROSTER_STATE);
	assert_change(fx, 3, ROSTER_STATE);
}

/* Retired, or out of every list: once. */
static void
test_leave(void **state)
{
	struct fixture *fx = *state;

	put(fx, &fx->was, 0);
	put(fx, &fx->was, 1);
	list(fx, 1);
	put(fx, &fx->was, 2)->state = LOGLIST_RETIRED;
	put(fx, &fx->was, 3)->state = LOGLIST_RETIRED;
	list(fx, 3);
	diff(fx);
	assert_int_equal(fx->changes.num, 2);
	assert_change(fx, 0, ROSTER_VANISH);
	assert_null(fx->changes.list[0].is);
	assert_change(fx, 1, ROSTER_LEAVE);
}

/* Another key at the same URL, or under the same name; the URL counts more. */
static void
test_replace(void **state)
{
	struct fixture *fx = *state;

	put(fx, &fx->was, 0);
	put(fx, &fx->is, 1)->name = fx->names[0];
	put(fx, &fx->is, 2)->url = fx->urls[0];
	diff(fx);
	assert_int_equal(fx->changes.num, 3);
	assert_change(fx, 0, ROSTER_REPLACE);
	assert_ptr_equal(fx->changes.list[0].is, &fx->is.list[1]);
	assert_change(fx, 1, ROSTER_START);
	assert_change(fx, 2, ROSTER_START);
	fx->is.num = 1;
	diff(fx);
	assert_change(fx, 0, ROSTER_REPLACE);
	assert_ptr_equal(fx->changes.list[0].is, &fx->is.list[0]);
	/* A namesake that was there before has taken nobody's place. */
	put(fx, &fx->was, 1);
	diff(fx);
	assert_int_equal(fx->changes.num, 1);
	assert_change(fx, 0, ROSTER_VANISH);
}

static void
test_young(void **state)
{
	const int64_t now = 1000 * DAY_MS;
	struct want_log w = {.listed = true, .state = LOGLIST_QUALIFIED};

	(void)state;
	assert_false(roster_is_young(&w, now, false));
	assert_true(roster_is_young(&w, now, true));
	w.since_ms = now - 30 * DAY_MS;
	assert_true(roster_is_young(&w, now, false));
	w.since_ms--;
	assert_false(roster_is_young(&w, now, false));
	assert_false(roster_is_young(&w, now, true));
	w.since_ms = now;
	w.state = LOGLIST_READONLY;
	assert_false(roster_is_young(&w, now, true));
	w.state = LOGLIST_RETIRED;
	assert_false(roster_is_young(&w, now, true));
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_nothing),
	    TEST(test_start),
	    TEST(test_move),
	    TEST(test_state),
	    TEST(test_leave),
	    TEST(test_replace),
	    cmocka_unit_test(test_young),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
