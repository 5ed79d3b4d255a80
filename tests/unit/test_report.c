/* report: what is counted, what is left out, and that neither memory nor page
 * grows with what was found. How it looks is tested end to end. */
#include "tests/unit/support.h"

#include <malloc.h>

#include "alerts/report.h"

static const int64_t day = 86400000;
/* 2024-03-01 */
static const int64_t begin = 1709251200000;

static struct report *
report_of_one_log(void)
{
	struct report *r = report_new();
	struct report_log l = {.name = "Log",
	    .url = "https://log.example/",
	    .has_id = true,
	    .to = 1000000,
	    .read = 1000000,
	    .head = {1000000, 1709251200000, {0}}};

	report_log(r, &l);
	return r;
}

/* Number `at`: one of 2,000 people, in a certificate of its own. */
static void
add(struct report *r, unsigned at, enum severity severity, const char *issuer)
{
	char id[32], name[256];
	char *class = (char *)"smime";
	struct sighting s = {.log_name = (char *)"Log",
	    .index = at,
	    .timestamp_ms = begin + at % 500 * day,
	    .verified = true};
	struct exposure x = {.tenant = (char *)"acme",
	    .record_id = id,
	    .record_kind = (char *)"email",
	    .severity = severity,
	    .num_sightings = 1,
	    .sightings = &s};

	snprintf(id, sizeof(id), "acme/%u", at % 2000);
	snprintf(name, sizeof(name), "%s", issuer);
	x.match.rule = (char *)"email-strict";
	x.match.kind = (char *)"email";
	x.match.carrier = (char *)"san.rfc822Name";
	x.match.side = (char *)"subject";
	x.match.value = (char *)"jane.roe@example.com";
	memcpy(x.id, &at, sizeof(at));
	memcpy(x.cert.family, &at, sizeof(at));
	x.cert.issuer = x.cert.issuer_org = name;
	x.cert.num_classes = 1;
	x.cert.classes = &class;
	report_exposure(r, &x);
}

static void
put(void *arg, struct span piece)
{
	buf_span_add(arg, piece);
}

static const char *
page_of(struct report *r, struct buf *out)
{
	static const struct report_scan scan = {
	    .version = "1", .instance = "test", .num_records = 2000};

	report_write(r, &scan, put, out);
	return buf_cstr(out);
}

static size_t
count(const char *page, const char *part)
{
	size_t n = 0;

	while ((page = strstr(page, part)) != NULL) {
		n++;
		page += strlen(part);
	}
	return n;
}

static void
test_many(void **state)
{
	struct report *r = report_of_one_log();
	struct buf out = {0};
	const char *page;

	(void)state;
	for (unsigned i = 0; i < 100000; i++)
		add(r, i, i % 400 == 7 ? SEV_HIGH : SEV_LOW, "Example CA");
	page = page_of(r, &out);
	assert_int_equal(count(page, "<dt>Alert</dt>"), REPORT_ROWS);
	assert_int_equal(count(page, "\"badge high\">High"), 250);
	assert_int_equal(count(page, "99,000 more are left out here"), 1);
	assert_int_equal(count(page, "<dd>100,000</dd>"), 2);
	assert_int_equal(count(page, "2,000 people are exposed in 100,000"), 1);
	assert_true(out.len < 4u << 20);
	report_free(r);
	buf_fini(&out);
}

/* The newest of the low ones: those of the last days. */
static void
test_the_newest_stay(void **state)
{
	struct report *r = report_of_one_log();
	struct buf out = {0};
	const char *page;

	(void)state;
	for (unsigned i = 0; i < 5000; i++)
		add(r, i, SEV_LOW, "Example CA");
	page = page_of(r, &out);
	assert_int_equal(count(page, "class=nowrap data-k=1709251200000"), 0);
	assert_int_equal(count(page, "data-l=\"Published\">2025-07-13"), 10);
	assert_int_equal(count(page, "data-l=\"Published\">2025-04-05"), 10);
	assert_int_equal(count(page, "data-l=\"Published\">2025-04-04"), 0);
	report_free(r);
	buf_fini(&out);
}

/* However many names a hostile log makes up. */
static void
test_names_are_bounded(void **state)
{
	struct report *r = report_of_one_log();
	struct buf out = {0};
	char issuer[256];
	struct mallinfo2 before, after;
	const char *page;

	(void)state;
	before = mallinfo2();
	for (unsigned i = 0; i < 150000; i++) {
		snprintf(issuer, sizeof(issuer), "<b>%u %0200d", i, 0);
		add(r, i, SEV_MEDIUM, issuer);
	}
	after = mallinfo2();
	if (after.uordblks > before.uordblks) /* no figures under ASan */
		assert_true(after.uordblks - before.uordblks < 64u << 20);
	page = page_of(r, &out);
	assert_int_equal(count(page, "Others</bdi></th>"), 2);
	assert_int_equal(count(page, "<b>"), 0);
	report_free(r);
	buf_fini(&out);
}

/* Another log, and outside of the range. */
static void
test_outside(void **state)
{
	struct report *r = report_of_one_log();
	struct buf out = {0};
	uint8_t other[32] = {1}, own[32] = {0};
	const char *page;

	(void)state;
	add(r, 1000000, SEV_HIGH, "Example CA");
	report_quarantine(r, other, "no reason", 5);
	report_quarantine(r, own, "no reason", 1000000);
	page = page_of(r, &out);
	assert_int_equal(count(page, "Nothing of the watched"), 1);
	assert_int_equal(count(page, "none is in quarantine"), 1);
	report_free(r);
	buf_fini(&out);
}

/* 300 reasons, and 30 entries for one of them. */
static void
test_quarantine(void **state)
{
	struct report *r = report_of_one_log();
	struct buf out = {0};
	uint8_t own[32] = {0};
	char reason[32];
	const char *page;

	(void)state;
	for (unsigned i = 0; i < 30; i++)
		report_quarantine(r, own, "a < b", 100 + i);
	for (unsigned i = 0; i < 300; i++) {
		snprintf(reason, sizeof(reason), "reason %u", i);
		report_quarantine(r, own, reason, i);
	}
	page = page_of(r, &out);
	assert_int_equal(count(page, "a &#60; b"), 1);
	assert_int_equal(count(page, "108, 109 and 20 more"), 1);
	assert_int_equal(count(page, "And 45 more, for other reasons"), 1);
	assert_int_equal(count(page, "330 entries could not be"), 1);
	report_free(r);
	buf_fini(&out);
}

/* A log may sign any time. */
static void
test_impossible_dates(void **state)
{
	static const int64_t times[] = {0, INT64_MAX, 253402300800000};
	struct buf out = {0};
	const char *page;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct report *r = report_of_one_log();
		struct sighting s = {.timestamp_ms = times[i]};
		struct exposure x = {.tenant = (char *)"t",
		    .record_id = (char *)"r",
		    .record_kind = (char *)"name",
		    .num_sightings = 1,
		    .sightings = &s};

		x.match.kind = x.match.carrier = x.match.side = x.match.rule =
		    (char *)"";
		x.cert.not_before_ms = x.cert.not_after_ms = INT64_MIN;
		report_exposure(r, &x);
		buf_clear(&out);
		page = page_of(r, &out);
		assert_int_equal(count(page, "no date that can be shown"), 1);
		assert_int_equal(count(page, "valid ? to ?"), 1);
		report_free(r);
	}
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_the_newest_stay),
	    cmocka_unit_test(test_names_are_bounded),
	    cmocka_unit_test(test_outside),
	    cmocka_unit_test(test_quarantine),
	    cmocka_unit_test(test_impossible_dates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
