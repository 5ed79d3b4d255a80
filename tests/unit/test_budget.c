/* Tests of budget, alone and through host: a server with a token bucket is
 * read as fast as it allows, with few refusals. The clock is made up. */
#include "monitor/budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "monitor/host.h"

#define CALLS 64

/* A server, and what it saw. */
struct site {
	double rate, burst; /* what it allows */
	int64_t latency;
	bool retry_after;
	double tokens;
	int64_t at;
	unsigned served, refused;
};

static bool
site_serves(struct site *s, int64_t now)
{
	s->tokens += (double)(now - s->at) * s->rate / 1000.0;
	if (s->tokens > s->burst + 1.0)
		s->tokens = s->burst + 1.0;
	s->at = now;
	if (s->tokens < 1.0) {
		s->refused++;
		return false;
	}
	s->tokens -= 1.0;
	s->served++;
	return true;
}

/* A scan of one log after another: calls that are always wanted again. */
struct scan {
	struct hosts *hs;
	struct site *site;
	struct turn turn[CALLS];
	int64_t ends[CALLS];
	bool fine[CALLS];
	int num, hosts;
	bool loopback;
	int64_t now, late;
};

static void
scan_queue(struct scan *s, int i)
{
	struct host_id id = {.site = "ct.example", .loopback = s->loopback};
	char origin[40];

	snprintf(origin, sizeof(origin), "https://%d.ct.example", i % s->hosts);
	id.origin = origin;
	host_queue(hosts_get(s->hs, &id, s->now), &s->turn[i]);
}

static void
scan_start(struct scan *s)
{
	struct turn *t;

	while ((t = hosts_next(s->hs, s->now)) != NULL) {
		s->ends[t - s->turn] = s->now + s->site->latency;
		s->fine[t - s->turn] = site_serves(s->site, s->now);
	}
}

static void
scan_end(struct scan *s)
{
	int64_t retry = s->site->retry_after ? 1000 : 0;

	for (int i = 0; i < s->num; i++) {
		if (!s->turn[i].running || s->ends[i] > s->now)
			continue;
		if (s->fine[i])
			host_end(&s->turn[i], HOST_FINE, 0, s->now);
		else
			host_end(&s->turn[i], HOST_THROTTLED, retry, s->now);
		scan_queue(s, i);
	}
}

/* To the next moment at which something happens. */
static void
scan_sleep(struct scan *s)
{
	int64_t ms = hosts_wait_ms(s->hs, s->now), then;

	then = ms < 0 ? INT64_MAX : s->now + ms + s->late;
	for (int i = 0; i < s->num; i++)
		if (s->turn[i].running && s->ends[i] < then)
			then = s->ends[i];
	assert_true(then < INT64_MAX);
	s->now = then > s->now ? then : s->now + 1;
}

static void
scan_until(struct scan *s, int64_t until)
{
	while (s->now < until) {
		scan_end(s);
		scan_start(s);
		scan_sleep(s);
	}
}

static void
scan_begin(struct scan *s, uint64_t seed)
{
	s->site->tokens = s->site->burst + 1.0;
	s->site->at = s->now = 1000;
	s->hs = hosts_new(100, 4, seed);
	for (int i = 0; i < s->num; i++)
		scan_queue(s, i);
}

static void
scan_free(struct scan *s)
{
	for (int i = 0; i < s->num; i++)
		host_drop(&s->turn[i]);
	hosts_free(s->hs);
}

struct figures {
	double used, asked; /* of what is allowed, of what was served */
};

/* From `from` to `to`, in ms. */
static struct figures
measure(struct scan *s, int64_t from, int64_t to)
{
	struct site before;
	double served, refused, s_long;

	scan_until(s, s->now + from);
	before = *s->site;
	s_long = (double)(to - from) / 1000.0;
	scan_until(s, s->now + to - from);
	served = s->site->served - before.served;
	refused = s->site->refused - before.refused;
	return (struct figures){.used = served / (s->site->rate * s_long),
	    .asked = (served + refused) / served};
}

struct sweep {
	double rate, burst;
	int64_t latency;
	int hosts;
};

/* Means over some seeds: the time of the first 300 answers, at least 30 s, and
 * as long again. */
static void
sweep_run(const struct sweep *w, struct figures *first, struct figures *then)
{
	const int seeds = 10;
	int64_t ms = w->rate < 10.0 ? (int64_t)(300000.0 / w->rate) : 30000;

	*first = *then = (struct figures){0};
	for (int seed = 0; seed < seeds; seed++) {
		struct site site = {
		    .rate = w->rate, .burst = w->burst, .latency = w->latency};
		struct scan s = {.site = &site,
		    .num = 8 * w->hosts,
		    .hosts = w->hosts,
		    .late = 1};
		struct figures f;

		scan_begin(&s, (uint64_t)seed);
		f = measure(&s, 0, ms);
		first->used += f.used / seeds;
		first->asked += f.asked / seeds;
		f = measure(&s, 0, ms);
		then->used += f.used / seeds;
		then->asked += f.asked / seeds;
		scan_free(&s);
	}
}

/* Whatever the limit, the operator's hosts and the line are like. */
static void
test_limits_are_found(void **state)
{
	static const struct sweep sweeps[] = {{0.5, 0, 30, 1}, {0.5, 5, 100, 4},
	    {2, 1, 1, 4}, {13, 0, 30, 1}, {13, 10, 100, 4}, {20, 0, 1, 1},
	    {20, 5, 1, 1}, {20, 5, 30, 4}, {20, 50, 1, 4}, {75, 0, 30, 4},
	    {75, 10, 1, 1}, {75, 10, 1, 4}, {300, 5, 1, 1}, {300, 20, 30, 4}};

	(void)state;
	for (size_t i = 0; i < sizeof(sweeps) / sizeof(sweeps[0]); i++) {
		const struct sweep *w = &sweeps[i];
		struct figures first, then;

		sweep_run(w, &first, &then);
		print_message("%5.1f/s burst %2.0f, %3d ms, %d hosts: "
			      "used %.2f, asked %.3f, then %.2f, %.3f\n",
		    w->rate, w->burst, (int)w->latency, w->hosts, first.used,
		    first.asked, then.used, then.asked);
		assert_true(first.asked <= 1.3);
		assert_true(then.asked <= 1.05);
		assert_true(then.used >= 0.8);
	}
}

/* With Retry-After, too, which is kept to besides. */
static void
test_limit_with_retry_after(void **state)
{
	struct site site = {
	    .rate = 20, .burst = 5, .latency = 10, .retry_after = true};
	struct scan s = {.site = &site, .num = 8, .hosts = 1, .late = 1};
	struct figures f;

	(void)state;
	scan_begin(&s, 1);
	f = measure(&s, 0, 15000);
	assert_true(f.asked <= 1.3);
	f = measure(&s, 0, 60000);
	assert_true(f.asked <= 1.05 && f.used >= 0.8);
	scan_free(&s);
}

/* A limit that is lowered, then raised, then gone. */
static void
test_limit_changes(void **state)
{
	struct site site = {.rate = 50, .burst = 5, .latency = 10};
	struct scan s = {.site = &site, .num = 8, .hosts = 1, .late = 1};
	struct figures f;

	(void)state;
	scan_begin(&s, 1);
	scan_until(&s, s.now + 20000);
	site.rate = 5;
	f = measure(&s, 10000, 70000);
	assert_true(f.used >= 0.8 && f.asked <= 1.1);
	site.rate = 50;
	f = measure(&s, 240000, 300000);
	assert_true(f.used >= 0.8);
	site.rate = site.burst = 1e9;
	f = measure(&s, 700000, 701000);
	assert_true(f.used * site.rate > 350.0); /* 4 calls of 10 ms */
	scan_free(&s);
}

/* --- the budget alone ------------------------------------------------------- */

/* So many requests from `now` on, one each `ms`, all of them served. */
static int64_t
served(struct budget *b, int n, int64_t ms, int64_t now)
{
	for (int i = 0; i < n; i++) {
		budget_start(b, now);
		budget_good(b, now, now + 1);
		budget_end(b);
		now += ms;
	}
	return now;
}

static void
refused(struct budget *b, int64_t now)
{
	budget_start(b, now);
	budget_halve(b, now, now);
	budget_end(b);
}

static void
test_no_limit_at_first(void **state)
{
	struct budget b = {0};
	int64_t now = served(&b, 1000, 0, 5);

	(void)state;
	assert_true(budget_is_free(&b, now));
	assert_int_equal(budget_wait_ms(&b, now), 0);
	assert_int_equal(budget_queue_ms(&b, 99, now), 0);
}

/* 100 requests a second were refused: 50. */
static void
test_halved(void **state)
{
	struct budget b = {0};
	int64_t now = served(&b, 100, 10, 5);

	(void)state;
	refused(&b, now);
	assert_true(b.rate > 45.0 && b.rate < 55.0);
	assert_in_range(budget_wait_ms(&b, now), 18, 22);
	assert_in_range(budget_queue_ms(&b, 10, now), 180, 240);
	/* What was under way then belongs to that complaint. */
	budget_halve(&b, now - 3, now + 3);
	assert_true(b.rate > 45.0);
}

/* One request that was refused is no rate. */
static void
test_no_rate(void **state)
{
	struct budget b = {0};
	int64_t now = 5;

	(void)state;
	for (int i = 0; i < 20; i++, now += 1000)
		refused(&b, now);
	assert_true(budget_is_free(&b, now));
	now = served(&b, 100, 10, now);
	for (int i = 0; i < 20; i++, now += 1000)
		refused(&b, now);
	assert_true(b.rate > 45.0 && b.rate < 55.0);
}

static void
test_creeps_to_what_was_refused(void **state)
{
	struct budget b = {0};
	int64_t now = served(&b, 100, 10, 5);
	double before, limit;

	(void)state;
	refused(&b, now);
	limit = b.refused;
	for (int i = 0; i < 59; i++) {
		before = b.rate;
		now = served(&b, 20, 50, now + 1);
		assert_true(b.rate >= before && b.rate <= before + limit / 8);
		assert_true(b.rate < limit);
	}
	assert_true(b.rate > limit * 0.9);
	for (int i = 0; i < 10; i++)
		now = served(&b, 20, 50, now + 1);
	assert_true(b.rate > limit); /* nobody complained for a minute */
}

static void
test_forgotten(void **state)
{
	struct budget b = {0};
	int64_t now = served(&b, 100, 10, 5);

	(void)state;
	refused(&b, now);
	assert_false(budget_is_free(&b, now + 599999));
	assert_true(budget_is_free(&b, now + 600001));
	assert_int_equal(budget_wait_ms(&b, now + 600001), 0);
	refused(&b, now + 700000); /* one: no rate, and none from before */
	assert_true(budget_is_free(&b, now + 700000));
}

/* Half of the calls at a time, one more with each step. */
static void
test_width(void **state)
{
	struct budget b = {0};
	int64_t now = 100;

	(void)state;
	for (int i = 0; i < 8; i++)
		budget_start(&b, now + i);
	budget_halve(&b, now + 7, now + 100);
	assert_int_equal(b.width, 4);
	for (int i = 0; i < 8; i++)
		budget_end(&b);
	now += 1000;
	for (int i = 0; i < 4; i++) {
		assert_int_equal(budget_wait_ms(&b, now), 0);
		budget_start(&b, now);
		now += 1000;
	}
	assert_int_equal(budget_wait_ms(&b, now), -1);
	for (int i = 0; i < 4; i++)
		budget_good(&b, now - 1000, now);
	assert_int_equal(budget_wait_ms(&b, now), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_limits_are_found),
	    cmocka_unit_test(test_limit_with_retry_after),
	    cmocka_unit_test(test_limit_changes),
	    cmocka_unit_test(test_no_limit_at_first),
	    cmocka_unit_test(test_halved),
	    cmocka_unit_test(test_no_rate),
	    cmocka_unit_test(test_creeps_to_what_was_refused),
	    cmocka_unit_test(test_forgotten),
	    cmocka_unit_test(test_width),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
