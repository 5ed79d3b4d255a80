/* sink: which sinks there are, and the one that appends lines to a file. */
#include "alerts/sink.h"
#include "tests/unit/support.h"

static const struct span none;

static void
test_find(void **state)
{
	struct conf_sink conf = {.name = (char *)(uintptr_t) "ledger"};
	struct err e;

	(void)state;
	assert_ptr_equal(sink_find(&conf, &e), &sink_jsonl);
	assert_string_equal(sink_jsonl.name, "jsonl");
	conf.type = CONF_WEBHOOK;
	assert_ptr_equal(sink_find(&conf, &e), &sink_webhook);
	conf.type = CONF_MAIL;
	assert_ptr_equal(sink_find(&conf, &e), &sink_mail);
	conf.type = CONF_EXEC;
	assert_ptr_equal(sink_find(&conf, &e), &sink_exec);
	conf.type = CONF_SYSLOG;
	assert_ptr_equal(sink_find(&conf, &e), &sink_syslog);
	conf.type = CONF_CHAT;
	assert_ptr_equal(sink_find(&conf, &e), &sink_chat);
	conf.type = (enum conf_sink_type)99;
	assert_null(sink_find(&conf, NULL));
	assert_null(sink_find(&conf, &e));
	assert_says(&e, "ledger");
	assert_says(&e, "jsonl");
}

static struct sink *
open_ledger(bool reveal)
{
	struct conf_sink conf = {.name = (char *)(uintptr_t) "ledger",
	    .path = (char *)(uintptr_t) "/var/lib/x.jsonl",
	    .reveal = reveal};
	struct sink *s = NULL;
	struct err e = {""};

	assert_status(sink_jsonl.open(&s, &conf, none, &e), ST_OK, &e);
	return s;
}

static void
test_open(void **state)
{
	struct conf_sink conf = {.name = (char *)(uintptr_t) "ledger"};
	struct sink *s = NULL;
	struct err e;

	(void)state;
	assert_status(sink_jsonl.open(&s, &conf, none, &e), ST_BAD, &e);
	assert_says(&e, "ledger");
	assert_null(s);
	conf.path = (char *)(uintptr_t) "";
	assert_status(sink_jsonl.open(&s, &conf, none, &e), ST_BAD, &e);
	sink_jsonl.close(NULL);
}

static void
test_render(void **state)
{
	char value[] = "jane@example.com", name[] = "x", kind[] = "email";
	struct exposure x = {
	    .tenant = name, .record_id = name, .record_kind = kind};
	struct message m = {.instance = "default", .x = &x};
	struct parcel p = {0};
	struct buf want = {0};

	(void)state;
	x.match.kind = kind;
	x.match.value = value;
	for (int reveal = 0; reveal < 2; reveal++) {
		struct sink *s = open_ledger(reveal);

		sink_jsonl.render(s, &p, &m);
		assert_string_equal(p.path, "/var/lib/x.jsonl");
		alert_json(&x, "default", reveal, &want);
		buf_char(&want, '\n');
		assert_true(span_eq(buf_span(&p.body), buf_span(&want)));
		assert_int_equal(
		    memmem(p.body.p, p.body.len, "jane@", 5) != NULL, reveal);
		parcel_fini(&p);
		assert_null(p.body.p);
		buf_clear(&want);
		sink_jsonl.close(s);
	}
	buf_fini(&want);
}

static void
test_render_event(void **state)
{
	struct message m = {.event = span_str("{\"type\":\"x\"}")};
	struct sink *s = open_ledger(false);
	struct parcel p = {0};

	(void)state;
	sink_jsonl.render(s, &p, &m);
	assert_true(span_eq_str(buf_span(&p.body), "{\"type\":\"x\"}\n"));
	parcel_fini(&p);
	sink_jsonl.close(s);
}

/* Standard Webhooks 1.0: 0, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h,
 * 24 h. */
static void
test_judge(void **state)
{
	const int64_t wait[] = {
	    5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400};
	const enum status faults[] = {ST_FULL, ST_IO, ST_DENIED, ST_MISSING};
	struct sink *s = open_ledger(false);
	struct outcome ok = {.status = ST_OK};
	int64_t ms = -1;

	(void)state;
	assert_int_equal(sink_jsonl.judge(s, &ms, &ok, 0), SINK_DELIVERED);
	assert_int_equal(sink_jsonl.judge(s, &ms, &ok, 99), SINK_DELIVERED);
	for (size_t f = 0; f < 4; f++) {
		struct outcome bad = {.status = faults[f]};

		for (unsigned i = 0; i < 9; i++) {
			assert_int_equal(
			    sink_jsonl.judge(s, &ms, &bad, i), SINK_RETRY);
			assert_true(ms == wait[i] * 1000);
		}
		assert_int_equal(sink_jsonl.judge(s, &ms, &bad, 9), SINK_DEAD);
		assert_int_equal(
		    sink_jsonl.judge(s, &ms, &bad, 1000), SINK_DEAD);
	}
	sink_jsonl.close(s);
}

/* What is said of a sink, and what of one alert. */
static void
test_down(void **state)
{
	const struct {
		enum parcel_kind kind;
		enum status status;
		int code;
		bool down;
	} cases[] = {
	    {PARCEL_HTTP, ST_UNREACHABLE, 0, true},
	    {PARCEL_HTTP, ST_OK, 408, true},
	    {PARCEL_HTTP, ST_OK, 429, true},
	    {PARCEL_HTTP, ST_OK, 503, true},
	    {PARCEL_HTTP, ST_OK, 204, false},
	    {PARCEL_HTTP, ST_OK, 302, false},
	    {PARCEL_HTTP, ST_OK, 400, false},
	    {PARCEL_APPEND, ST_FULL, 0, true},
	    {PARCEL_ARGV, ST_AGAIN, 0, true},
	    {PARCEL_ARGV, ST_OK, 255, false},
	    {PARCEL_MAIL, ST_OK, 421, true},
	    {PARCEL_MAIL, ST_OK, 550, false},
	    {PARCEL_DATAGRAM, ST_LIMIT, 0, false},
	    {PARCEL_DATAGRAM, ST_AGAIN, 0, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct outcome o = {
		    .status = cases[i].status, .code = cases[i].code};

		assert_int_equal(
		    sink_is_down(cases[i].kind, &o), cases[i].down);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_find),
	    cmocka_unit_test(test_open),
	    cmocka_unit_test(test_render),
	    cmocka_unit_test(test_render_event),
	    cmocka_unit_test(test_judge),
	    cmocka_unit_test(test_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
