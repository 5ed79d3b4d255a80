/* Tests of digest: order, groups, JSON, and what syslog and chat make of it. */
#include "alerts/digest.h"

#include <jansson.h>

#include "ctlog/base/mem.h"
#include "tests/unit/support.h"

#define MOST 64

/* One of many, by a number that is its id and its hour. */
static struct exposure
an_exposure(unsigned n, enum severity severity, const char *value)
{
	struct exposure x = {.time_ms = 1780000000000 + n * 3600000ll,
	    .tenant = (char *)(uintptr_t) "acme",
	    .record_id = (char *)(uintptr_t) "acme/jane",
	    .record_kind = (char *)(uintptr_t) "email",
	    .severity = severity};

	memset(x.id, (int)n, sizeof(x.id));
	x.match.kind = (char *)(uintptr_t) "email";
	x.match.value = (char *)(uintptr_t)value;
	x.cert.issuer_org = (char *)(uintptr_t) "Example <b>Trust";
	return x;
}

struct made {
	struct exposure x[MOST];
	const struct exposure *list[MOST];
	struct message m;
};

static void
add(struct made *d, enum severity severity, const char *value)
{
	unsigned n = (unsigned)d->m.num_list++;

	d->x[n] = an_exposure(n + 1, severity, value);
	d->list[n] = &d->x[n];
	d->m.kind = MESSAGE_DIGEST;
	d->m.list = d->list;
	d->m.instance = "test";
	d->m.now_ms = 1780000000000;
	memset(d->m.id, 0xdd, sizeof(d->m.id));
}

/* Of two kinds of exposures, mixed. */
static struct made *
some(void)
{
	struct made *d = NEW(struct made);

	add(d, SEV_LOW, "jane.roe@example.com");
	add(d, SEV_HIGH, "jane.roe@example.com");
	add(d, SEV_LOW, "Jane.Roe@example.com");
	add(d, SEV_LOW, "other.roe@example.com");
	add(d, SEV_LOW, "jane.roe@example.com");
	digest_sort(d->list, d->m.num_list);
	return d;
}

static void
test_groups(void **state)
{
	struct made *d = some();
	struct digest_group g = digest_group(d->list, 5);

	(void)state;
	assert_int_equal(g.num, 1);
	assert_int_equal(g.list[0]->severity, SEV_HIGH);
	g = digest_group(d->list + 1, 4);
	assert_int_equal(g.num, 3);
	assert_int_equal(g.list[0]->id[0], 1);
	assert_int_equal(g.list[2]->id[0], 5);
	assert_int_equal(digest_num_groups(&d->m), 3);
	free(d);
}

static json_t *
parsed(const struct message *m, bool reveal)
{
	struct buf out = {0};
	json_t *j;

	message_json(m, reveal, &out);
	assert_null(memchr(out.p, '\n', out.len));
	j = json_loadb((const char *)out.p, out.len, 0, NULL);
	assert_non_null(j);
	buf_fini(&out);
	return j;
}

static const char *
text(const json_t *j, const char *name)
{
	return json_string_value(json_object_get(j, name));
}

static void
test_json(void **state)
{
	struct made *d = some();
	json_t *j = parsed(&d->m, false), *data = json_object_get(j, "data");
	json_t *groups = json_object_get(data, "groups");
	json_t *low = json_array_get(groups, 1);

	(void)state;
	assert_string_equal(text(j, "type"), "dev.indelible.digest.v1");
	assert_string_equal(text(j, "id"), "dddddddddddddddddddddddddddddddd");
	assert_string_equal(text(j, "subject"), "acme/jane");
	assert_string_equal(text(j, "time"), "2026-05-29T01:26:40.000Z");
	assert_string_equal(text(data, "from"), "2026-05-28T21:26:40.000Z");
	assert_string_equal(text(data, "to"), text(j, "time"));
	assert_string_equal(
	    text(json_object_get(data, "record"), "tenant"), "acme");
	assert_int_equal(json_integer_value(json_object_get(data, "count")), 5);
	assert_int_equal(json_array_size(groups), 3);
	assert_string_equal(text(low, "severity"), "low");
	assert_string_equal(
	    text(json_object_get(low, "match"), "value"), "j…@e….com");
	assert_int_equal(json_integer_value(json_object_get(low, "count")), 3);
	assert_string_equal(text(low, "first"), "2026-05-28T21:26:40.000Z");
	assert_string_equal(text(low, "last"), text(j, "time"));
	assert_string_equal(json_string_value(json_array_get(
				json_object_get(low, "alerts"), 1)),
	    "03030303030303030303030303030303");
	json_decref(j);
	j = parsed(&d->m, true);
	groups = json_object_get(json_object_get(j, "data"), "groups");
	assert_string_equal(
	    text(json_object_get(json_array_get(groups, 0), "match"), "value"),
	    "jane.roe@example.com");
	json_decref(j);
	free(d);
}

static struct buf
render(const struct sink_api *api, const struct conf_sink *conf,
    const struct message *m)
{
	struct parcel p = {0};
	struct buf body = {0};
	struct sink *s;
	struct err e;

	assert_status(api->open(&s, conf, span_of(NULL, 0), &e), ST_OK, &e);
	api->render(s, &p, m);
	buf_span_add(&body, buf_span(&p.body));
	buf_cstr(&body);
	parcel_fini(&p);
	api->close(s);
	return body;
}

static void
test_syslog(void **state)
{
	struct conf_sink conf = {.socket = (char *)(uintptr_t) "/log"};
	struct made *d = some();
	struct buf b = render(&sink_syslog, &conf, &d->m);

	(void)state;
	assert_string_equal((char *)b.p,
	    "<27>1 2026-05-28T20:26:40.000Z - indelible - digest - "
	    "id=dddddddddddddddddddddddddddddddd instance=test severity=high "
	    "count=5");
	buf_fini(&b);
	free(d);
}

/* Few lines, however many there are; nothing out of a certificate is raw. */
static void
test_chat(void **state)
{
	struct conf_sink conf = {
	    .url = (char *)(uintptr_t) "https://h.example/"};
	struct made *d = some();
	char names[MOST][200];
	struct buf b = render(&sink_chat, &conf, &d->m);

	(void)state;
	assert_non_null(strstr((char *)b.p, "certificates: 5 alerts"));
	assert_non_null(strstr((char *)b.p,
	    "3 x low: email j…@e….com by Example &lt;b&gt;Trust, 2026-05-28 "
	    "to 2026-05-29\\n1 x low: "));
	assert_null(strstr((char *)b.p, " more, of "));
	buf_fini(&b);
	for (size_t i = 0; i < 5; i++)
		d->x[i].time_ms = d->x[0].time_ms;
	b = render(&sink_chat, &conf, &d->m);
	assert_non_null(strstr((char *)b.p, "Trust, 2026-05-28\\n1 x low: "));
	buf_fini(&b);
	while (d->m.num_list < MOST) {
		unsigned n = (unsigned)d->m.num_list;

		memset(names[n], 'a' + (int)n % 26, sizeof(names[n]));
		snprintf(names[n] + 150, 50, "%02u@example.com", n);
		add(d, SEV_MEDIUM, names[n]);
	}
	digest_sort(d->list, d->m.num_list);
	b = render(&sink_chat, &conf, &d->m);
	assert_non_null(strstr((char *)b.p, "and 59 more, of 57 other kinds"));
	assert_true(b.len < 3000);
	buf_fini(&b);
	free(d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_groups),
	    cmocka_unit_test(test_json),
	    cmocka_unit_test(test_syslog),
	    cmocka_unit_test(test_chat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
