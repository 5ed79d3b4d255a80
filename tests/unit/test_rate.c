/* Tests of rate: bursts, refilling, and one address that does not use up what
 * the others may. */
#include "monitor/rate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct rate_limit each = {1, 5}, all = {10, 20};

static struct span
address(uint8_t out[4], unsigned n)
{
	out[0] = 192;
	out[1] = 0;
	out[2] = (uint8_t)(n >> 8);
	out[3] = (uint8_t)n;
	return span_of(out, 4);
}

static unsigned
taken(struct rate *r, struct span peer, double now, unsigned tries)
{
	unsigned n = 0;

	for (unsigned i = 0; i < tries; i++)
		n += rate_take(r, peer, now);
	return n;
}

static void
test_each(void **state)
{
	struct rate *r = rate_new(each, all);
	uint8_t a[4], b[4];

	(void)state;
	assert_int_equal(taken(r, address(a, 1), 100, 1000), 5);
	assert_int_equal(taken(r, address(b, 2), 100, 1000), 5);
	assert_int_equal(taken(r, address(a, 1), 100.5, 1000), 0);
	assert_int_equal(taken(r, address(a, 1), 102.5, 1000), 2);
	assert_int_equal(taken(r, address(a, 1), 1000, 1000), 5);
	rate_free(r);
}

static void
test_all(void **state)
{
	struct rate *r = rate_new(each, all);
	struct span nobody = span_of(NULL, 0);
	uint8_t a[4];
	unsigned n = 0;

	(void)state;
	assert_int_equal(taken(r, nobody, 0, 1000), 20);
	assert_int_equal(taken(r, nobody, 1, 1000), 10);
	assert_int_equal(taken(r, nobody, 0.5, 10), 0); /* clock set back */
	for (unsigned i = 0; i < 5000; i++)
		n += taken(r, address(a, i), 100, 3);
	assert_int_equal(n, 20);
	rate_free(r);
}

static void
test_ipv6(void **state)
{
	struct rate *r = rate_new(each, all);
	uint8_t a[16] = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 1};
	unsigned n = 0;

	(void)state;
	for (uint8_t i = 0; i < 100; i++) {
		a[15] = i; /* of one subscriber */
		n += rate_take(r, span_of(a, 16), 1);
	}
	assert_int_equal(n, 5);
	a[7] = 2;
	assert_true(rate_take(r, span_of(a, 16), 1));
	rate_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each),
	    cmocka_unit_test(test_all),
	    cmocka_unit_test(test_ipv6),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
