/* Tests of chat and syslog: what people read, and that nothing out of a
 * certificate is more than text there. */
#include <jansson.h>

#include "alerts/digest.h"
#include "alerts/sink.h"
#include "tests/unit/support.h"

#define EVIL                                                                   \
	"<!channel> <https://evil.example|log in> & *b* _i_ `c` [x](http://e)" \
	"\n\r\x1b[31m\xe2\x80\xae\"}],\"text\":\"\\u003c"

static char evil[] = EVIL, kind[] = "email", x[] = "acme/jane";
static char value[] = "jane@example.com";

static struct exposure
an_exposure(struct sighting *s)
{
	struct exposure e = {.tenant = x,
	    .record_id = x,
	    .record_kind = kind,
	    .severity = SEV_HIGH,
	    .num_sightings = 1,
	    .sightings = s};

	*s = (struct sighting){.log_name = evil, .index = 7};
	e.match.kind = kind;
	e.match.value = value;
	e.match.carrier = evil;
	e.cert.issuer = evil;
	e.cert.serial = evil;
	e.cert.not_before_ms = INT64_MIN;
	e.cert.not_after_ms = 1700000000000;
	return e;
}

static struct buf
render(const struct sink_api *api, struct conf_sink *conf, struct message *m)
{
	struct parcel p = {0};
	struct buf body = {0};
	struct sink *s;
	struct err e;

	conf->name = x;
	assert_status(
	    api->open(&s, conf, span_str("https://h.example/secret \r\n#"), &e),
	    ST_OK, &e);
	m->instance = "test";
	m->now_ms = 1700000000123;
	api->render(s, &p, m);
	buf_span_add(&body, buf_span(&p.body));
	buf_cstr(&body);
	parcel_fini(&p);
	api->close(s);
	return body;
}

/* Every text in a JSON tree, in a row. */
static void
texts(struct buf *out, const json_t *j)
{
	const char *key;
	json_t *v;
	size_t i;

	if (json_is_string(j)) {
		buf_str(out, json_string_value(j));
		buf_char(out, '\n');
	}
	if (json_is_object(j))
		json_object_foreach((json_t *)(uintptr_t)j, key, v)
		    texts(out, v);
	json_array_foreach((json_t *)(uintptr_t)j, i, v) texts(out, v);
}

static void
check_room(const char *format, const char *type, const char *block)
{
	struct conf_sink conf = {
	    .url_file = x, .format = (char *)(uintptr_t)format};
	struct sighting s;
	struct exposure ex = an_exposure(&s);
	struct message m = {.x = &ex};
	struct buf body = render(&sink_chat, &conf, &m), all = {0};
	json_t *j = json_loads(buf_cstr(&body), 0, NULL);

	assert_non_null(j);
	texts(&all, j);
	buf_cstr(&all);
	assert_non_null(strstr((char *)all.p, "acme/jane"));
	assert_non_null(strstr((char *)all.p, "certificate: high"));
	assert_non_null(strstr((char *)all.p, "entry 7, not proven yet"));
	assert_non_null(strstr((char *)all.p, "Valid: ? to 2023-11-14"));
	assert_null(strstr((char *)all.p, "jane@example"));
	assert_null(strchr((char *)all.p, '\x1b'));
	assert_null(strstr((char *)all.p, "\xe2\x80\xae"));
	assert_non_null(strstr((char *)body.p, type));
	assert_null(strstr((char *)body.p, block));
	if (strcmp(format, "slack") == 0) {
		assert_null(strpbrk((char *)all.p, "<>"));
		assert_non_null(strstr((char *)all.p, "&lt;!channel&gt;"));
	}
	json_decref(j);
	buf_fini(&all);
	buf_fini(&body);
}

/* Only blocks in which text is text. */
static void
test_rooms(void **state)
{
	(void)state;
	check_room("slack", "\"plain_text\"", "\"mrkdwn\",");
	check_room("teams", "\"TextRun\"", "\"TextBlock\"");
}

/* Slack refuses a message with a longer block, so a stranger's names would keep
 * it from arriving. */
static void
test_long(void **state)
{
	static char slack[] = "slack", and[161], *also[] = {kind, kind};
	struct conf_sink conf = {
	    .url_file = x, .format = slack, .reveal = true};
	const struct exposure *list[5];
	struct exposure e[5];
	struct sighting s[5];
	struct message m = {
	    .kind = MESSAGE_DIGEST, .num_list = 5, .list = list};
	const json_t *block;
	struct buf body;
	json_t *j;

	(void)state;
	memset(and, '&', sizeof(and) - 1);
	for (unsigned i = 0; i < 5; i++) {
		e[i] = an_exposure(&s[i]);
		e[i].severity = (enum severity)(SEV_HIGH - i % 2);
		e[i].match.value = e[i].cert.issuer_org = and;
		e[i].num_also = i / 2;
		e[i].also = also;
		list[i] = &e[i];
	}
	digest_sort(list, 5);
	body = render(&sink_chat, &conf, &m);
	j = json_loads((const char *)body.p, 0, NULL);
	assert_non_null(j);
	block = json_array_get(json_object_get(j, "blocks"), 1);
	assert_in_range(json_string_length(json_object_get(
			    json_object_get(block, "text"), "text")),
	    2000, 3000);
	json_decref(j);
	buf_fini(&body);
}

static void
test_format(void **state)
{
	static const struct {
		const char *url;
		bool teams;
	} cases[] = {
	    {"https://hooks.slack.com/services/T/B/x", false},
	    {"https://chat.example/hooks/x", false},
	    {"https://prod-1.westeurope.logic.azure.com:443/workflows/x", true},
	    {"https://a.environment.api.powerplatform.com/x?y", true},
	    {"https://evil.example/.logic.azure.com", false},
	    {"https://logic.azure.com.evil.example/", false},
	    {"http://127.0.0.1:8080/x", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct conf_sink conf = {
		    .url = (char *)(uintptr_t)cases[i].url};
		struct event ev = {.type = "canary", .subject = evil};
		struct message m = {.ev = &ev};
		struct buf b = render(&sink_chat, &conf, &m);

		assert_int_equal(strstr((char *)b.p, "AdaptiveCard") != NULL,
		    cases[i].teams);
		assert_non_null(strstr((char *)b.p, "Event: canary"));
		buf_fini(&b);
	}
}

/* The file's text is not told. */
static void
test_bad_url(void **state)
{
	struct conf_sink conf = {.name = x, .url_file = x};
	struct sink *s;
	struct err e;

	(void)state;
	assert_status(
	    sink_chat.open(&s, &conf, span_str("hush hush\n"), &e), ST_BAD, &e);
	assert_says(&e, "acme/jane");
	assert_null(strstr(e.text, "hush"));
	sink_chat.close(NULL);
}

static void
test_reveal(void **state)
{
	struct conf_sink conf = {.url_file = x, .reveal = true};
	struct sighting s;
	struct exposure ex = an_exposure(&s);
	struct message m = {.x = &ex};
	struct buf b = render(&sink_chat, &conf, &m);

	(void)state;
	assert_non_null(strstr((char *)b.p, "jane@example.com"));
	buf_fini(&b);
}

/* RFC 5424, and nothing about whom. */
static void
test_syslog(void **state)
{
	struct conf_sink conf = {.socket = (char *)(uintptr_t) "/dev/log"};
	struct sighting s;
	struct exposure ex = an_exposure(&s);
	struct event ev = {.type = "log.stale", .subject = evil};
	struct message m = {.x = &ex};
	struct buf b = render(&sink_syslog, &conf, &m);

	(void)state;
	assert_string_equal((char *)b.p,
	    "<27>1 2023-11-14T22:13:20.123Z - indelible - exposure - "
	    "id=00000000000000000000000000000000 instance=test "
	    "severity=high verified=no sightings=1");
	buf_fini(&b);
	m = (struct message){.ev = &ev};
	b = render(&sink_syslog, &conf, &m);
	assert_non_null(strstr((char *)b.p, "<28>1 2023-11-14T22:13:20.123Z - "
					    "indelible - log.stale - id="));
	for (size_t i = 0; i < b.len; i++)
		assert_true(b.p[i] >= ' ' && b.p[i] != 0x7f);
	assert_null(strstr((char *)b.p, "\xe2\x80\xae"));
	buf_fini(&b);
}

static void
test_judge(void **state)
{
	struct outcome o = {.status = ST_OK};
	int64_t ms = 0;

	(void)state;
	assert_int_equal(sink_syslog.judge(NULL, &ms, &o, 0), SINK_DELIVERED);
	o.status = ST_UNREACHABLE;
	assert_int_equal(sink_syslog.judge(NULL, &ms, &o, 0), SINK_RETRY);
	assert_true(ms == 5000);
	assert_int_equal(sink_syslog.judge(NULL, &ms, &o, 9), SINK_DEAD);
	o.status = ST_AGAIN; /* a queue that is full at the moment */
	assert_int_equal(sink_syslog.judge(NULL, &ms, &o, 9), SINK_RETRY);
	assert_int_equal(ms, 1000);
	o = (struct outcome){.status = ST_OK, .code = 202};
	assert_int_equal(sink_chat.judge(NULL, &ms, &o, 0), SINK_DELIVERED);
	o = (struct outcome){.status = ST_OK, .code = 0};
	assert_int_equal(sink_exec.judge(NULL, &ms, &o, 0), SINK_DELIVERED);
	o.code = 1;
	assert_int_equal(sink_exec.judge(NULL, &ms, &o, 0), SINK_RETRY);
	o = (struct outcome){.status = ST_AGAIN};
	assert_int_equal(sink_exec.judge(NULL, &ms, &o, 0), SINK_RETRY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rooms),
	    cmocka_unit_test(test_long),
	    cmocka_unit_test(test_format),
	    cmocka_unit_test(test_bad_url),
	    cmocka_unit_test(test_reveal),
	    cmocka_unit_test(test_syslog),
	    cmocka_unit_test(test_judge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
