/*
 * test_bisect: periods in logs whose timestamps are not in order, compared
 * with a look at every entry.
 */
#include "monitor/bisect.h"

#include "tests/unit/support.h"

#define START 1767225600000u
#define MAX 3000u

/* A log and how it answers. */
struct log {
	uint64_t size, mmd, width; /* entries in an answer */
	uint64_t stamp[MAX];
	unsigned asked;
};

/* Like random(), the same in every run. */
static uint64_t
dice(uint64_t *seed, uint64_t below)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (*seed >> 33) % below;
}

/* Taken in one after the other, each up to an MMD after its timestamp. */
static void
log_make(struct log *l, uint64_t *seed)
{
	uint64_t now = START, pace = 1 + dice(seed, 5000);

	l->size = dice(seed, 10) == 0 ? dice(seed, 4) : dice(seed, MAX);
	l->mmd = dice(seed, 3) * dice(seed, 100000);
	l->width = dice(seed, 2) == 0 ? 1 : LIMIT_TILE;
	for (uint64_t i = 0; i < l->size; i++) {
		now += dice(seed, pace);
		l->stamp[i] = now - dice(seed, l->mmd + 1);
	}
}

static uint64_t
search(struct log *l, struct bisect *b)
{
	uint64_t at, begin, num;

	l->asked = 0;
	while (!bisect_run(b, &at)) {
		assert_true(at < l->size);
		l->asked++;
		begin = at - at % l->width;
		num = l->size - begin < l->width ? l->size - begin : l->width;
		bisect_know(b, begin, l->stamp + begin, (uint32_t)num);
	}
	return b->lo;
}

static unsigned
log2_up(uint64_t n)
{
	unsigned bits = 0;

	while (n >> bits != 0)
		bits++;
	return bits;
}

/* Nothing of the period is missed, and nothing is taken that could have been
 * proven to be outside. */
static void
check_period(struct log *l, uint64_t from, uint64_t to)
{
	struct bisect b = {0};
	uint64_t begin, end;

	bisect_from(&b, 0, l->size, from, l->mmd);
	begin = search(l, &b);
	assert_true(l->asked <= log2_up(l->size));
	bisect_to(&b, begin, l->size, to, l->mmd);
	end = search(l, &b);
	assert_true(l->asked <= log2_up(l->size));
	assert_true(begin <= end && end <= l->size);
	for (uint64_t i = 0; i < l->size; i++) {
		uint64_t t = l->stamp[i];

		if (t >= from && t < to)
			assert_true(i >= begin && i < end);
		if (i >= begin && i < end) {
			assert_true(t + 2 * l->mmd >= from);
			assert_true(t < to + 2 * l->mmd);
		}
	}
}

static void
test_random_logs(void **state)
{
	static struct log l;
	uint64_t seed = 1, from, span;

	(void)state;
	for (int round = 0; round < 4000; round++) {
		log_make(&l, &seed);
		span = l.size > 0 ? l.stamp[l.size - 1] - START + 2 : 2;
		from = START + dice(&seed, span);
		check_period(&l, from, from + dice(&seed, span));
		check_period(&l, START - 1 - l.mmd, START + span + l.mmd);
	}
}

static void
test_edges(void **state)
{
	static struct log l = {.size = 3,
	    .mmd = 10,
	    .width = 1,
	    .stamp = {START, START + 100, START + 200}};
	struct bisect b = {0};

	(void)state;
	/* Exactly one MMD before is not yet proof. */
	bisect_from(&b, 0, 3, START + 110, 10);
	assert_int_equal(search(&l, &b), 1);
	bisect_from(&b, 0, 3, START + 111, 10);
	assert_int_equal(search(&l, &b), 2);
	bisect_to(&b, 0, 3, START + 91, 10);
	assert_int_equal(search(&l, &b), 2);
	bisect_to(&b, 0, 3, START + 90, 10);
	assert_int_equal(search(&l, &b), 1);
	/* Before the first and after the last entry. */
	bisect_to(&b, 0, 3, START - 10, 10);
	assert_int_equal(search(&l, &b), 0);
	bisect_from(&b, 0, 3, START + 211, 10);
	assert_int_equal(search(&l, &b), 3);
	/* At the beginning of time nothing has to be asked. */
	bisect_from(&b, 0, 3, 10, 10);
	assert_int_equal(search(&l, &b), 0);
	assert_int_equal(l.asked, 0);
	bisect_to(&b, 0, 3, 0, 10);
	assert_int_equal(search(&l, &b), 0);
	assert_int_equal(l.asked, 0);
	/* And no number is too large. */
	bisect_from(&b, 0, 3, UINT64_MAX, UINT64_MAX);
	assert_int_equal(search(&l, &b), 0);
	bisect_to(&b, 0, 3, UINT64_MAX - 5, 10);
	assert_int_equal(search(&l, &b), 3);
}

/* What has no timestamp proves nothing: it is in the range. */
static void
test_unknown(void **state)
{
	static struct log l;
	struct bisect b = {0};
	uint64_t seed = 7;

	(void)state;
	for (int round = 0; round < 200; round++) {
		uint64_t begin, from = START + 50000, to = START + 100000;

		l.size = 1000;
		l.width = round % 2 == 0 ? 1 : LIMIT_TILE;
		for (uint64_t i = 0; i < l.size; i++)
			l.stamp[i] = dice(&seed, 20) == 0 ? STAMP_UNKNOWN
							  : START + 150 * i;
		bisect_from(&b, 0, l.size, from, 0);
		begin = search(&l, &b);
		assert_true(begin <= 334);
		bisect_to(&b, begin, l.size, to, 0);
		assert_true(search(&l, &b) >= 667);
	}
	for (uint64_t i = 0; i < l.size; i++)
		l.stamp[i] = STAMP_UNKNOWN;
	bisect_from(&b, 0, l.size, START, 0);
	assert_int_equal(search(&l, &b), 0);
	bisect_to(&b, 0, l.size, START, 0);
	assert_int_equal(search(&l, &b), l.size);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_random_logs),
	    cmocka_unit_test(test_edges),
	    cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
