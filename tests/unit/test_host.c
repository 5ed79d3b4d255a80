/* Tests of host: slots, order, backoff and Retry-After with a clock made up. */
#include "monitor/host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "ctlog/base/limits.h"

#define A "https://a.example:443"
#define B "https://b.example:443"

/* A host whose site is itself; some time. */
static struct host *
get(struct hosts *hs, const char *origin, bool loopback, int64_t now)
{
	struct host_id id = {
	    .origin = origin, .site = origin, .loopback = loopback};

	return hosts_get(hs, &id, now);
}

static struct host *
host_a(struct hosts *hs)
{
	return get(hs, A, false, 0);
}

/* One call that ends so; how long the host is then left alone. */
static int64_t
once(struct hosts *hs, enum host_end how, int64_t retry_ms, int64_t *now)
{
	struct turn t = {0};
	int64_t ms;

	host_queue(host_a(hs), &t);
	assert_ptr_equal(hosts_next(hs, *now), &t);
	host_end(&t, how, retry_ms, *now);
	ms = host_wait_ms(hosts_find(hs, A), *now);
	*now += ms;
	return ms;
}

static void
test_slots(void **state)
{
	struct hosts *hs = hosts_new(100, 4, 1);
	struct turn t[10] = {0};

	(void)state;
	for (int i = 0; i < 10; i++)
		host_queue(host_a(hs), &t[i]);
	for (int i = 0; i < 4; i++)
		assert_ptr_equal(hosts_next(hs, 0), &t[i]);
	assert_null(hosts_next(hs, 0));
	assert_int_equal(hosts_wait_ms(hs, 0), -1);
	host_end(&t[2], HOST_FINE, 0, 0);
	assert_ptr_equal(hosts_next(hs, 0), &t[4]);
	assert_null(hosts_next(hs, 0));
	for (int i = 0; i < 10; i++)
		host_drop(&t[i]);
	hosts_free(hs);
}

static void
test_total_and_turns(void **state)
{
	struct hosts *hs = hosts_new(3, 2, 1);
	struct turn a[3] = {0}, b[3] = {0};

	(void)state;
	for (int i = 0; i < 3; i++)
		host_queue(host_a(hs), &a[i]);
	for (int i = 0; i < 3; i++)
		host_queue(get(hs, B, false, 0), &b[i]);
	/* The hosts take turns, so b is not behind all of a. */
	assert_ptr_equal(hosts_next(hs, 0), &a[0]);
	assert_ptr_equal(hosts_next(hs, 0), &b[0]);
	assert_ptr_equal(hosts_next(hs, 0), &a[1]);
	assert_null(hosts_next(hs, 0));
	host_end(&a[0], HOST_FINE, 0, 0);
	assert_ptr_equal(hosts_next(hs, 0), &b[1]);
	for (int i = 0; i < 3; i++) {
		host_drop(&a[i]);
		host_drop(&b[i]);
	}
	hosts_free(hs);
}

static void
test_drop(void **state)
{
	struct hosts *hs = hosts_new(10, 1, 1);
	struct turn t[3] = {0};

	(void)state;
	for (int i = 0; i < 3; i++)
		host_queue(host_a(hs), &t[i]);
	assert_ptr_equal(hosts_next(hs, 0), &t[0]);
	host_drop(&t[1]); /* waiting */
	host_drop(&t[0]); /* running */
	host_drop(&t[0]); /* neither */
	assert_int_equal(host_wait_ms(hosts_find(hs, A), 0), 0);
	assert_ptr_equal(hosts_next(hs, 0), &t[2]);
	assert_null(hosts_next(hs, 0));
	host_drop(&t[2]);
	hosts_free(hs);
}

/* The window doubles from 1 s to 128 s, and the wait is spread over it. */
static void
test_backoff(void **state)
{
	int64_t least[10], most[10];

	(void)state;
	for (int i = 0; i < 10; i++) {
		least[i] = INT64_MAX;
		most[i] = 0;
	}
	for (uint64_t seed = 0; seed < 400; seed++) {
		struct hosts *hs = hosts_new(10, 4, seed);
		int64_t ms, now = 0;

		for (int i = 0; i < 10; i++) {
			ms = once(hs, HOST_FAULT, 0, &now);
			least[i] = ms < least[i] ? ms : least[i];
			most[i] = ms > most[i] ? ms : most[i];
		}
		hosts_free(hs);
	}
	for (int i = 0; i < 10; i++) {
		int64_t window = 1000ll << (i < 7 ? i : 7);

		assert_true(least[i] >= 100 && most[i] <= window);
		assert_true(least[i] < 100 + window / 20);
		assert_true(most[i] > window - window / 20);
	}
}

static void
test_loopback_is_quick(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 100; seed++) {
		struct hosts *hs = hosts_new(10, 4, seed);
		struct turn t = {0};
		struct host *h = get(hs, A, true, 0);
		int64_t ms;

		host_queue(h, &t);
		assert_ptr_equal(hosts_next(hs, 0), &t);
		host_end(&t, HOST_FAULT, 0, 0);
		ms = host_wait_ms(h, 0);
		assert_true(ms >= 10 && ms <= 100);
		hosts_free(hs);
	}
}

static void
test_success_resets(void **state)
{
	struct hosts *hs = hosts_new(10, 4, 7);
	int64_t now = 0;

	(void)state;
	for (int i = 0; i < 8; i++)
		once(hs, HOST_FAULT, 0, &now);
	assert_int_equal(once(hs, HOST_FINE, 0, &now), 0);
	for (int i = 0; i < 20; i++) {
		assert_true(once(hs, HOST_FAULT, 0, &now) <= 1000);
		once(hs, HOST_FINE, 0, &now);
	}
	hosts_free(hs);
}

/* Four calls that a dead host swallowed are one fault, not four. */
static void
test_faults_together(void **state)
{
	struct hosts *hs = hosts_new(10, 4, 3);
	struct turn t[4] = {0};
	int64_t ms;

	(void)state;
	for (int i = 0; i < 4; i++)
		host_queue(host_a(hs), &t[i]);
	for (int i = 0; i < 4; i++)
		assert_non_null(hosts_next(hs, 0));
	host_end(&t[0], HOST_FAULT, 0, 0);
	ms = host_wait_ms(host_a(hs), 0);
	host_end(&t[1], HOST_FAULT, 0, 0);
	host_end(&t[2], HOST_THROTTLED, 0, 0);
	assert_int_equal(host_wait_ms(host_a(hs), 0), ms);
	/* Nor does one that began before the fault end the patience. */
	host_end(&t[3], HOST_FINE, 0, 0);
	assert_int_equal(host_wait_ms(host_a(hs), 0), ms);
	assert_true(ms <= 1000);
	hosts_free(hs);
}

/* After a fault one call tries the ground; the others wait for its news. */
static void
test_one_scout(void **state)
{
	struct hosts *hs = hosts_new(10, 4, 3);
	struct turn t[4] = {0};
	int64_t now = 0;

	(void)state;
	once(hs, HOST_FAULT, 0, &now);
	for (int i = 0; i < 4; i++)
		host_queue(host_a(hs), &t[i]);
	assert_null(hosts_next(hs, now - 1));
	assert_int_equal(hosts_wait_ms(hs, now - 1), 1);
	assert_ptr_equal(hosts_next(hs, now), &t[0]);
	assert_null(hosts_next(hs, now));
	assert_int_equal(hosts_wait_ms(hs, now), -1);
	host_end(&t[0], HOST_FINE, 0, now);
	for (int i = 1; i < 4; i++)
		assert_ptr_equal(hosts_next(hs, now), &t[i]);
	for (int i = 1; i < 4; i++)
		host_drop(&t[i]);
	hosts_free(hs);
}

static void
test_retry_after_is_honoured(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 100; seed++) {
		struct hosts *hs = hosts_new(10, 4, seed);
		int64_t ms, now = 0;

		for (int i = 0; i < 9; i++) {
			ms = once(hs, HOST_THROTTLED, 5000, &now);
			assert_true(ms >= 5000 && ms <= 5250);
		}
		hosts_free(hs);
	}
}

/* A later, longer wish counts, even of a call from before. */
static void
test_retry_after_is_extended(void **state)
{
	struct hosts *hs = hosts_new(10, 4, 3);
	struct turn t[3] = {0};

	(void)state;
	for (int i = 0; i < 3; i++) {
		host_queue(host_a(hs), &t[i]);
		assert_non_null(hosts_next(hs, 0));
	}
	host_end(&t[0], HOST_THROTTLED, 2000, 0);
	host_end(&t[1], HOST_THROTTLED, 60000, 0);
	assert_true(host_wait_ms(host_a(hs), 0) >= 60000);
	host_end(&t[2], HOST_THROTTLED, 1000, 0);
	assert_true(host_wait_ms(host_a(hs), 0) >= 60000);
	hosts_free(hs);
}

static void
test_hosts_apart(void **state)
{
	struct hosts *hs = hosts_new(10, 4, 3);
	struct turn t = {0};
	int64_t now = 0;

	(void)state;
	once(hs, HOST_THROTTLED, 3600000, &now);
	host_queue(get(hs, B, false, 0), &t);
	assert_int_equal(hosts_wait_ms(hs, 0), 0);
	assert_ptr_equal(hosts_next(hs, 0), &t);
	host_drop(&t);
	hosts_free(hs);
}

static void
test_forgetting(void **state)
{
	struct hosts *hs = hosts_new(10, 4, 3);
	int64_t now = 0;

	(void)state;
	once(hs, HOST_FAULT, 0, &now);
	get(hs, B, false, now);
	assert_non_null(hosts_find(hs, A)); /* its faults are remembered */
	once(hs, HOST_FINE, 0, &now);
	get(hs, "https://c.example:443", false, now);
	assert_null(hosts_find(hs, A));
	once(hs, HOST_FAULT, 0, &now);
	get(hs, "https://d.example:443", false, now + 8000000);
	assert_null(hosts_find(hs, A)); /* so long ago that it is new */
	hosts_free(hs);
}

static struct host *
get_of(struct hosts *hs, const char *origin, const char *site, const char *name)
{
	struct host_id id = {
	    .origin = origin, .site = site, .operator_name = name};

	return hosts_get(hs, &id, 1000);
}

/* Calls in a row to this host, the last of them refused. */
static void
complain(struct hosts *hs, struct host *h)
{
	struct turn t = {0};

	for (int i = 0; i < 10; i++) {
		host_queue(h, &t);
		assert_ptr_equal(hosts_next(hs, 1000 + i), &t);
		host_end(&t, i < 9 ? HOST_FINE : HOST_THROTTLED, 0, 1000 + i);
	}
}

static double
rate_of(
    struct hosts *hs, const char *origin, const char *site, const char *name)
{
	return host_rate(get_of(hs, origin, site, name), 1010);
}

/* Hosts of one site or of one operator share what a complaint halves; their
 * waiting they do not share. */
static void
test_operators(void **state)
{
	struct hosts *hs = hosts_new(10, 4, 3);
	struct host *a = get_of(hs, "https://1.a.example", "a.example", "A");
	double rate;

	(void)state;
	complain(hs, a);
	rate = host_rate(a, 1010);
	assert_true(host_wait_ms(a, 1010) > 0 && rate > 0.0);
	assert_int_equal(
	    host_wait_ms(
		get_of(hs, "https://2.a.example", "a.example", NULL), 1010),
	    0);
	assert_true(
	    rate_of(hs, "https://2.a.example", "a.example", NULL) == rate);
	assert_true(rate_of(hs, "https://a.test", "a.test", "A") == rate);
	assert_true(rate_of(hs, "https://b.test", "b.test", "B") == 0.0);
	assert_true(rate_of(hs, "https://c.test", "c.test", "") == 0.0);
	hosts_free(hs);
}

/* A name that comes later makes one of two; the tighter limit is theirs. */
static void
test_operators_become_one(void **state)
{
	struct hosts *hs = hosts_new(10, 4, 3);
	struct host *a, *c;
	struct turn t[2] = {0};

	(void)state;
	c = get_of(hs, "https://c.b.example", "b.example", "");
	complain(hs, c);
	host_queue(c, &t[0]);
	a = get_of(hs, "https://a.example", "a.example", "A");
	host_queue(a, &t[1]);
	assert_true(host_rate(a, 1010) == 0.0);
	assert_true(host_queue_ms(a, 1010) == 0);
	assert_true(rate_of(hs, "https://b.example", "b.example", "A") > 0.0);
	assert_true(host_rate(a, 1010) == host_rate(c, 1010));
	assert_true(host_queue_ms(a, 1010) > 0); /* behind the two */
	host_drop(&t[0]);
	host_drop(&t[1]);
	hosts_free(hs);
}

/* A limit outlives the turns, as long as it is one. */
static void
test_limit_is_remembered(void **state)
{
	struct hosts *hs = hosts_new(10, 4, 3);
	struct turn t = {0};

	(void)state;
	complain(hs, host_a(hs));
	host_queue(host_a(hs), &t);
	assert_ptr_equal(hosts_next(hs, 5000), &t);
	host_end(&t, HOST_FINE, 0, 5000);
	get(hs, B, false, 500000);
	assert_true(host_rate(hosts_find(hs, A), 500000) > 0.0);
	get(hs, "https://c.example:443", false, 700000);
	assert_null(hosts_find(hs, A));
	hosts_free(hs);
}

static int64_t
retry(const char *value, int64_t date_ms)
{
	return host_retry_ms(span_str(value), date_ms, 1000000);
}

static void
test_retry_after(void **state)
{
	(void)state;
	assert_int_equal(retry("5", -1), 5000);
	assert_int_equal(retry("005", -1), 5000);
	assert_int_equal(retry("0", -1), 1000);
	assert_int_equal(retry("3600", -1), 3600000);
	assert_int_equal(retry("3601", -1), 3600000);
	assert_int_equal(retry("99999999999999999999999999", -1), 3600000);
	assert_int_equal(retry("x", 1007000), 7000);
	assert_int_equal(retry("x", 900000), 1000); /* past */
	assert_int_equal(retry("x", INT64_MAX), 3600000);
	assert_int_equal(retry("", -1), 0);
	assert_int_equal(retry("-5", -1), 0);
	assert_int_equal(retry("1e9", -1), 0);
	assert_int_equal(retry("5 s", -1), 0);
	assert_int_equal(retry("soon", -1), 0);
}

/* A random walk: never too many at a time, and every turn has its run. */
static void
test_walk(void **state)
{
	enum { TURNS = 500, HOSTS = 7 };
	static struct turn t[TURNS];
	static int left[TURNS];
	struct hosts *hs = hosts_new(9, 3, 11);
	int per[HOSTS] = {0}, running = 0, done = 0;
	struct turn *live[9], *got;
	uint64_t r = 1;
	int64_t now = 0, ms;
	char name[HOSTS][16];

	(void)state;
	for (int i = 0; i < TURNS; i++) {
		snprintf(name[i % HOSTS], 16, "http://%d", i % HOSTS);
		left[i] = i % HOSTS;
		host_queue(get(hs, name[i % HOSTS], true, 0), &t[i]);
	}
	while (done < TURNS) {
		while ((got = hosts_next(hs, now)) != NULL) {
			assert_true(running < 9);
			live[running++] = got;
			assert_true(++per[left[got - t]] <= 3);
		}
		ms = hosts_wait_ms(hs, now);
		if (running == 0) {
			assert_true(ms > 0);
			now += ms;
			continue;
		}
		r = r * 6364136223846793005 + 1442695040888963407;
		got = live[(r >> 33) % (unsigned)running];
		for (int i = 0; i < running; i++)
			if (live[i] == got)
				live[i] = live[--running];
		per[left[got - t]]--;
		host_end(got, r >> 60 == 0 ? HOST_FAULT : HOST_FINE, 0, now);
		done++;
	}
	hosts_free(hs);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_slots),
	    cmocka_unit_test(test_total_and_turns),
	    cmocka_unit_test(test_drop),
	    cmocka_unit_test(test_backoff),
	    cmocka_unit_test(test_loopback_is_quick),
	    cmocka_unit_test(test_success_resets),
	    cmocka_unit_test(test_faults_together),
	    cmocka_unit_test(test_one_scout),
	    cmocka_unit_test(test_retry_after_is_honoured),
	    cmocka_unit_test(test_retry_after_is_extended),
	    cmocka_unit_test(test_hosts_apart),
	    cmocka_unit_test(test_forgetting),
	    cmocka_unit_test(test_operators),
	    cmocka_unit_test(test_operators_become_one),
	    cmocka_unit_test(test_limit_is_remembered),
	    cmocka_unit_test(test_retry_after),
	    cmocka_unit_test(test_walk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
