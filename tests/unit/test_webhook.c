/* Tests of webhook: signatures that another program made, rotation, files that
 * hold no secret, and what each reply means. */
#include "alerts/sink.h"
#include "tests/unit/support.h"

#define SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define OTHER "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

/* openssl dgst -sha256 -mac HMAC -macopt hexkey:KEY -binary | base64, of
 * what is rendered here. */
#define ONE "v1,7HQsTFZaElD3Hnp1jzUU8ykD8fffu/MZTdrZgBrDV50="
#define TWO "v1,JQtbzYPUrgSIrWpdI4gimpRWLtCxNGhr9ifffg5u+jg="

static struct conf_sink conf = {
    .name = (char *)(uintptr_t) "soc",
    .url = (char *)(uintptr_t) "https://soc.example/ct",
    .secret_file = (char *)(uintptr_t) "soc.key",
};

static enum status
open_with(struct sink **out, const char *text, struct err *e)
{
	*out = NULL;
	return sink_webhook.open(out, &conf, span_str(text), e);
}

/* The value of a header of a parcel. */
static const char *
header(struct parcel *p, const char *name)
{
	static char value[512];
	const char *at = strstr(buf_cstr(&p->headers), name);

	assert_non_null(at);
	at += strlen(name) + 2;
	snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, "\n"), at);
	return value;
}

static void
render(struct parcel *p, const char *secrets)
{
	struct event ev = {.type = "canary", .subject = ""};
	struct message m = {.instance = "test",
	    .ev = &ev,
	    .event = span_str("{\"test\": 2432232314}"),
	    .now_ms = 1614265330999};
	struct sink *s;
	struct err e;

	assert_status(open_with(&s, secrets, &e), ST_OK, &e);
	memset(m.id, 0xab, sizeof(m.id));
	*p = (struct parcel){0};
	sink_webhook.render(s, p, &m);
	assert_string_equal(p->url, "https://soc.example/ct");
	assert_string_equal(header(p, "webhook-timestamp"), "1614265330");
	assert_string_equal(
	    header(p, "webhook-id"), "abababababababababababababababab");
	assert_string_equal(header(p, "Content-Type"),
	    "application/cloudevents+json; charset=utf-8");
	assert_true(span_eq_str(buf_span(&p->body), "{\"test\": 2432232314}"));
	p->url = NULL; /* the sink's */
	sink_webhook.close(s);
}

static void
test_signature(void **state)
{
	struct parcel p;

	(void)state;
	render(&p, SECRET "\n");
	assert_string_equal(header(&p, "webhook-signature"), ONE);
	parcel_fini(&p);
	render(&p, "# the new one first\n\n  " OTHER "\r\n" SECRET);
	assert_string_equal(header(&p, "webhook-signature"), TWO " " ONE);
	parcel_fini(&p);
}

static void
test_no_secret(void **state)
{
	static const char *const texts[] = {"", "\n# nothing\n",
	    "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_", "whsec_MfKQ9r8GKYqr",
	    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa*w", SECRET "\nwhsec_x\n",
	    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqrTwjUPD8ILPZIo2La"
	    "LaSwMfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
	    SECRET "\n" SECRET "\n" SECRET "\n" SECRET "\n" SECRET "\n" SECRET
		   "\n" SECRET "\n" SECRET "\n" SECRET "\n"};
	struct sink *s;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_status(open_with(&s, texts[i], &e), ST_BAD, &e);
		assert_says(&e, "sink soc: secret_file soc.key: ");
		assert_null(strstr(e.text, "MfKQ")); /* not told on */
		assert_null(s);
	}
	sink_webhook.close(NULL);
}

static void
test_reveal(void **state)
{
	char value[] = "jane@example.com", name[] = "x", kind[] = "email";
	struct exposure x = {
	    .tenant = name, .record_id = name, .record_kind = kind};
	struct message m = {.instance = "default", .x = &x};
	struct parcel p = {0};
	struct sink *s;

	(void)state;
	x.match.kind = kind;
	x.match.value = value;
	for (int reveal = 0; reveal < 2; reveal++) {
		conf.reveal = conf.public_only = reveal;
		assert_int_equal(open_with(&s, SECRET, NULL), ST_OK);
		sink_webhook.render(s, &p, &m);
		assert_int_equal(
		    memmem(p.body.p, p.body.len, "jane@", 5) != NULL, reveal);
		assert_int_equal(p.public_only, reveal);
		parcel_fini(&p);
		sink_webhook.close(s);
	}
}

static void
test_judge(void **state)
{
	static const int failures[] = {
	    301, 302, 304, 400, 401, 404, 408, 429, 500, 502, 503, 504};
	struct outcome o = {.status = ST_OK, .code = 200};
	int64_t ms = -1;

	(void)state;
	assert_int_equal(sink_webhook.judge(NULL, &ms, &o, 0), SINK_DELIVERED);
	o.code = 299;
	assert_int_equal(sink_webhook.judge(NULL, &ms, &o, 9), SINK_DELIVERED);
	o.code = 410;
	assert_int_equal(sink_webhook.judge(NULL, &ms, &o, 0), SINK_CLOSED);
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		o.code = failures[i];
		assert_int_equal(
		    sink_webhook.judge(NULL, &ms, &o, 0), SINK_RETRY);
		assert_true(ms == 5000);
		assert_int_equal(
		    sink_webhook.judge(NULL, &ms, &o, 9), SINK_DEAD);
	}
	/* Later, when the receiver asks for it; never sooner. */
	o.retry_after_ms = 60000;
	assert_int_equal(sink_webhook.judge(NULL, &ms, &o, 0), SINK_RETRY);
	assert_true(ms == 60000);
	assert_int_equal(sink_webhook.judge(NULL, &ms, &o, 1), SINK_RETRY);
	assert_true(ms == 300000);
	/* No answer, whatever else stands there. */
	o = (struct outcome){.status = ST_UNREACHABLE, .code = 200};
	assert_int_equal(sink_webhook.judge(NULL, &ms, &o, 0), SINK_RETRY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_signature),
	    cmocka_unit_test(test_no_secret),
	    cmocka_unit_test(test_reveal),
	    cmocka_unit_test(test_judge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
