/*
 * What was told without a proof, and then rewound: who is told that, how often,
 * and what a proof that comes after all sets right. Over every backend.
 */
#include "monitor/store/ledger.h"
#include "tests/store/fixture.h"

static int
setup(void **state)
{
	*state = fixture_new(*state);
	return 0;
}

static int
teardown(void **state)
{
	fixture_free(*state);
	return 0;
}

/* Of what is due: alerts and follow-ups of a certificate for a sink. */
struct waits {
	size_t alerts, follow_ups;
	bool verified;
	uint64_t index; /* of the only sighting of a follow-up */
	int64_t since_ms, row;
};

static struct waits
waiting(struct fixture *fx, const char *sink, unsigned cert)
{
	struct outbox o = due(fx, INT64_MAX);
	struct waits w = {0};

	for (size_t i = 0; i < o.num; i++) {
		const struct outbox_row *r = &o.rows[i];

		if (strcmp(r->sink, sink) != 0 || r->x.id[1] != cert)
			continue;
		w.row = r->id;
		if (!r->is_follow_up) {
			w.alerts++;
			w.verified = r->x.num_sightings > 0 &&
				     r->x.sightings[0].verified;
			continue;
		}
		w.follow_ups++;
		w.since_ms = r->event_time_ms;
		assert_int_equal(r->x.num_sightings, 1);
		assert_false(r->x.sightings[0].verified);
		assert_string_equal(r->x.record_id, "jane");
		w.index = r->x.sightings[0].index;
	}
	outbox_fini(&o);
	return w;
}

static void
assert_waits(
    struct fixture *fx, const char *sink, size_t alerts, size_t follow_ups)
{
	struct waits w = waiting(fx, sink, 1);

	assert_int_equal(w.alerts, alerts);
	assert_int_equal(w.follow_ups, follow_ups);
}

static void
begin(struct fixture *fx, const char *sink)
{
	int64_t row = waiting(fx, sink, 1).row;

	OK(fx, fx->api->outbox_begin(fx->s, &row, 1, NOW + 5, &fx->e));
}

static struct store_rewound
back(struct fixture *fx)
{
	struct store_rewound io = {.now_ms = NOW + 7, .hold_ms = 50};
	struct stretch t = claim(fx, &log_a, 0);

	OK(fx, fx->api->rewind(fx->s, &t, &io, &fx->e));
	return io;
}

/* Jane's first certificate, read without a proof. */
static struct stretch
told_world(struct fixture *fx)
{
	struct stretch t;

	import_one(fx, an_email("acme", "jane"));
	t = claim(fx, &log_a, 0);
	step_hit(fx, &t, 50, a_hit(fx, "jane", 1, 10));
	return t;
}

/* The same once more, with its proof. */
static void
proven_again(struct fixture *fx)
{
	struct stretch t = claim(fx, &log_a, 0);

	step(fx, (struct step){.t = &t,
		     .read = 50,
		     .proven = 50,
		     .num_hits = 1,
		     .hits = {a_hit(fx, "jane", 1, 10)}});
	fixture_again(fx);
}

/* Who had it, or may have, is told; who had nothing gets nothing. */
static void
test_who_is_told(void **state)
{
	struct fixture *fx = *state;
	struct store_rewound io;
	struct waits w;

	told_world(fx);
	deliver(fx, "acme", NOW + HOLD);
	begin(fx, "also");
	io = back(fx);
	fixture_again(fx);
	assert_int_equal(io.delivered, 1);
	assert_int_equal(io.retracted, 0);
	assert_waits(fx, "acme", 0, 1);
	assert_waits(fx, "also", 0, 1);
	assert_waits(fx, "all", 0, 0);
	w = waiting(fx, "also", 1);
	assert_int_equal(w.index, 10);
	assert_int_equal(w.since_ms, NOW + 7);
	assert_int_equal(num_due(fx, NOW + 56), 0);
	assert_int_equal(num_due(fx, NOW + 57), 2);
}

/* Nobody was told anything: it goes, as if it had not been. */
static void
test_nobody_is_told(void **state)
{
	struct fixture *fx = *state;

	told_world(fx);
	assert_int_equal(back(fx).retracted, 1);
	assert_int_equal(num_due(fx, INT64_MAX), 0);
	assert_int_equal(list_exposures(fx, NULL).num, 0);
}

/* It is read again and rewound again: nobody hears of it a second time. */
static void
test_once(void **state)
{
	struct fixture *fx = *state;
	struct stretch t;

	told_world(fx);
	deliver(fx, "all", NOW + HOLD);
	back(fx);
	settle(fx, waiting(fx, "all", 1).row, SETTLE_DELIVERED);
	for (int i = 0; i < 3; i++) {
		t = claim(fx, &log_a, 0);
		step_hit(fx, &t, 50, a_hit(fx, "jane", 1, 10));
		assert_waits(fx, "all", 0, 0);
		assert_waits(fx, "also", 1, 0);
		back(fx);
		assert_waits(fx, "all", 0, 0);
		assert_waits(fx, "also", 0, 0);
	}
}

/* The proof comes before anybody was told otherwise. */
static void
test_proven_before(void **state)
{
	struct fixture *fx = *state;

	told_world(fx);
	deliver(fx, "all", NOW + HOLD);
	begin(fx, "also"); /* and nobody knows whether it arrived */
	back(fx);
	proven_again(fx);
	assert_waits(fx, "all", 0, 0);
	assert_waits(fx, "also", 1, 0);
	assert_waits(fx, "acme", 1, 0);
	assert_true(waiting(fx, "also", 1).verified);
}

/* It comes afterwards: the alert is due again, proven, and then that is all. */
static void
test_proven_after(void **state)
{
	struct fixture *fx = *state;

	told_world(fx);
	deliver(fx, "all", NOW + HOLD);
	deliver(fx, "also", NOW + HOLD);
	back(fx);
	settle(fx, waiting(fx, "all", 1).row, SETTLE_DELIVERED);
	begin(fx, "also");
	proven_again(fx);
	assert_waits(fx, "all", 1, 0);
	assert_waits(fx, "also", 1, 0);
	assert_true(waiting(fx, "all", 1).verified);
	deliver(fx, "all", INT64_MAX);
	deliver(fx, "also", INT64_MAX);
	{
		struct stretch t;

		open_log(fx, &log_b, "Log B");
		t = claim(fx, &log_b, 0);

		step(fx, (struct step){.t = &t,
			     .read = 20,
			     .proven = 20,
			     .num_hits = 1,
			     .hits = {a_hit(fx, "jane", 1, 5)}});
	}
	assert_waits(fx, "all", 0, 0);
	assert_waits(fx, "also", 0, 0);
	back(fx);
	assert_waits(fx, "all", 0, 0);
}

/* What is given up, withdrawn or paused meanwhile. */
static void
test_changes(void **state)
{
	struct fixture *fx = *state;
	struct record_change pause = {"acme", "jane", RECORD_PAUSED, NOW};
	struct record_change away = {"acme", "jane", RECORD_WITHDRAWN, NOW};

	told_world(fx);
	deliver(fx, "all", NOW + HOLD);
	begin(fx, "also");
	settle(fx, waiting(fx, "also", 1).row, SETTLE_DEAD);
	OK(fx, fx->api->record_state(fx->s, &pause, &fx->e));
	back(fx);
	assert_int_equal(num_due(fx, NOW + 1000 * DAY), 0);
	pause.state = RECORD_ACTIVE;
	OK(fx, fx->api->record_state(fx->s, &pause, &fx->e));
	assert_waits(fx, "all", 0, 1);
	assert_waits(fx, "also", 0, 1); /* given up is not unheard */
	OK(fx, fx->api->record_state(fx->s, &away, &fx->e));
	assert_int_equal(num_due(fx, INT64_MAX), 0);
}

/* What is on its way while it is rewound has no say any more. */
static void
test_on_its_way(void **state)
{
	struct fixture *fx = *state;
	int64_t row, other;

	told_world(fx);
	row = waiting(fx, "all", 1).row;
	other = waiting(fx, "also", 1).row;
	begin(fx, "all");
	begin(fx, "also");
	back(fx);
	settle(fx, row, SETTLE_DELIVERED);
	settle(fx, other, SETTLE_RETRY);
	assert_waits(fx, "all", 0, 1);
	assert_waits(fx, "also", 0, 1);
}

/* A correction that was given up goes out again, by the alert's id, too; and
 * the alert does not. */
static void
test_resent(void **state)
{
	struct fixture *fx = *state;
	struct actor ops = {"token ops", NOW + 40};
	struct ledger_resend r = {.hold_ms = HOLD};
	struct store_hit hit;
	uint8_t id[16];

	told_world(fx);
	hit = a_hit(fx, "jane", 1, 10);
	memcpy(id, hit.x.id, sizeof(id));
	exposure_fini(&hit.x);
	r.at = (struct alert_at){"acme", id};
	deliver(fx, "also", NOW + HOLD);
	back(fx);
	settle(fx, waiting(fx, "also", 1).row, SETTLE_DEAD);
	assert_waits(fx, "also", 0, 0);
	OK(fx, fx->api->ledger->resend(fx->s, &r, &ops, &fx->e));
	assert_int_equal(r.num, 1);
	assert_waits(fx, "also", 0, 1);
}

#define EVERY(test)                                                            \
	{"sqlite " #test, test, setup, teardown,                               \
	    (void *)(uintptr_t)&store_sqlite},                                 \
	{                                                                      \
		"memory " #test, test, setup, teardown,                        \
		    (void *)(uintptr_t)&store_memory                           \
	}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    EVERY(test_who_is_told),
	    EVERY(test_nobody_is_told),
	    EVERY(test_once),
	    EVERY(test_proven_before),
	    EVERY(test_proven_after),
	    {"sqlite test_changes", test_changes, setup, teardown,
		(void *)(uintptr_t)&store_sqlite},
	    EVERY(test_on_its_way),
	    {"sqlite test_resent", test_resent, setup, teardown,
		(void *)(uintptr_t)&store_sqlite},
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
