/* tally: counters from certificates, as bytes, as the store keeps them. */
#include "monitor/tally.h"

#include "tests/unit/support.h"

static uint64_t
number(const struct tally *t, const char *label, unsigned kind, unsigned side)
{
	size_t num;
	struct store_count *list = tally_counts(t, &num);
	uint64_t n = 0;

	for (size_t i = 0; i < num; i++)
		if (strcmp(list[i].label, label) == 0 && list[i].kind == kind &&
		    list[i].side == side)
			n += list[i].n;
	free(list);
	return n;
}

static void
test_round(void **state)
{
	struct finding list[] = {
	    {.kind = PII_EMAIL, .carrier = "san.rfc822Name"},
	    {.kind = PII_EMAIL, .carrier = "san.rfc822Name"},
	    {.kind = PII_NAME,
		.side = SIDE_ISSUER,
		.carrier = "issuer.commonName"},
	    {.kind = PII_EMAIL, .carrier = "jane@example.com"},
	};
	struct findings f = {.num = 4, .list = list}, none = {0};
	struct tally *t = tally_new(), *sum = tally_new();
	struct buf bytes = {0};

	(void)state;
	tally_cert(t, 1u << CLASS_TLS_DV, &none);
	tally_cert(t, 1u << CLASS_SMIME | 1u << CLASS_CLIENT, &f);
	tally_put(t, &bytes);
	assert_true(bytes.len <= tally_room(t, NULL));
	assert_true(tally_ok(buf_span(&bytes), 2));
	tally_add(sum, buf_span(&bytes));
	tally_add(sum, buf_span(&bytes));
	assert_int_equal(number(sum, "", 0, 0), 4);
	assert_int_equal(number(sum, "tls-dv", 0, 0), 2);
	assert_int_equal(number(sum, "client", 0, 0), 2);
	assert_int_equal(number(sum, "san.rfc822Name", PII_EMAIL, 0), 4);
	assert_int_equal(number(sum, "issuer.commonName", PII_NAME, 1), 2);
	/* What is no label of the table is not kept as one. */
	assert_int_equal(number(sum, "jane@example.com", PII_EMAIL, 0), 0);
	assert_int_equal(number(sum, "other", PII_EMAIL, 0), 2);
	tally_clear(sum);
	assert_int_equal(number(sum, "", 0, 0), 0);
	tally_add(sum, buf_span(&bytes));
	assert_int_equal(number(sum, "", 0, 0), 2);
	buf_fini(&bytes);
	tally_free(t);
	tally_free(sum);
}

static bool
ok(uint64_t counter, uint64_t n, size_t more)
{
	struct buf b = {0};
	bool good;

	buf_uint(&b, counter, 4);
	buf_uint(&b, n, 8);
	buf_uint(&b, 0, (unsigned)more);
	good = tally_ok(buf_span(&b), 256);
	buf_fini(&b);
	return good;
}

static void
test_nonsense(void **state)
{
	(void)state;
	assert_true(tally_ok(span_of(NULL, 0), 256));
	assert_true(ok(0, 256, 0));
	assert_true(ok(1000, 1, 0));
	assert_false(ok(0, 256, 1));
	assert_false(ok(UINT32_MAX, 1, 0));
	assert_false(ok(0, UINT64_MAX, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round),
	    cmocka_unit_test(test_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
