/*
 * test_api: the admin interface without a network: which requests are which
 * verb, what callers of one tenant see of others (nothing), what is refused and
 * with which words. One record's verbs are in test_api_record.c.
 */
#include "monitor/api.h"

#include "tests/unit/api_world.h"

/* --- routes ---------------------------------------------------------------- */

static void
test_routes(void **state)
{
	struct world *w = world_new();

	(void)state;
	ask(w, "GET", "/api/v1/nothing", NULL, 404);
	ask(w, "GET", "/api/v1/records/", NULL, 404);
	ask(w, "GET", "/api/v1/records/a b", NULL, 404);
	ask(w, "POST", "/api/v1/records/a:b:pause", "{}", 404);
	ask(w, "POST", "/api/v1/records/a:explode", "{}", 404);
	ask(w, "PUT", "/api/v1/records", "{}", 405);
	assert_string_equal(w->answer.allow, "GET, POST");
	ask(w, "GET", "/api/v1/records/a:pause", NULL, 405);
	assert_string_equal(w->answer.allow, "POST");
	ask(w, "GET", "/api/v1/records?limit=0", NULL, 400);
	ask(w, "GET", "/api/v1/records?limit=x", NULL, 400);
	ask(w, "GET", "/api/v1/records?after=x", NULL, 400);
	ask(w, "GET", "/api/v1/records?tenant=a%", NULL, 400);
	ask(w, "GET", "/api/v1/alerts?after=x", NULL, 400);
	ask(w, "GET", "/api/v1/records?tennant=acme", NULL, 400);
	ask(w, "DELETE", "/api/v1/records/x?tenant=a&tenant=b", NULL, 400);
	assert_int_equal(number(w, "status"), 400);
	assert_string_equal(text_at(w->j, "type"), "about:blank");
	world_free(w);
}

static void
test_scopes(void **state)
{
	struct world *w = world_new();

	(void)state;
	w->caller.scopes = SCOPE_READ;
	ask(w, "GET", API "/records", NULL, 200);
	ask(w, "POST", API "/records", JANE, 403);
	ask(w, "GET", API "/records?reveal=1", NULL, 403);
	ask(w, "DELETE", API "/records/acme/jane?tenant=acme", NULL, 403);
	ask(w, "GET", API "/records/acme/jane:export?tenant=acme", NULL, 403);
	ask(w, "GET", API "/audit", NULL, 200);
	w->caller.scopes = SCOPE_WRITE;
	ask(w, "GET", API "/records", NULL, 403);
	ask(w, "GET", API "/audit", NULL, 403);
	put(w, JANE);
	w->caller.scopes = 0;
	ask(w, "GET", API "/openapi.json", NULL, 403);
	world_free(w);
}

/* --- importing ------------------------------------------------------------- */

static void
test_import(void **state)
{
	struct world *w = world_new();

	(void)state;
	put(w, JANE);
	assert_int_equal(number(w, "added"), 1);
	assert_int_equal(number(w, "active"), 1);
	assert_true(w->answer.changed);
	assert_false(w->answer.letters);
	assert_true(says(w, "indelible backfill"));
	put(w, "[" JANE ",\n" PENDING "]");
	assert_int_equal(number(w, "added"), 1);
	assert_int_equal(number(w, "updated"), 1);
	assert_int_equal(number(w, "pending"), 1);
	assert_int_equal(items(w, "warnings"), 1);
	assert_true(w->answer.letters);
	put(w, "[]");
	assert_false(w->answer.changed);
	assert_string_equal(state_of(w, "acme/new"), "pending");
	w->type = "application/jsonl; charset=utf-8";
	put(w, JOHN "\n" PENDING "\n");
	w->type = "text/csv";
	put(w, "id,tenant,kind,value\nacme/csv,acme,email,csv@example.com\n");
	assert_string_equal(state_of(w, "acme/csv"), "pending");
	w->type = "text/plain";
	ask(w, "POST", API "/records", JANE, 415);
	world_free(w);
}

static void
test_bad_lines(void **state)
{
	struct world *w = world_new();

	(void)state;
	w->type = "application/jsonl";
	ask(w, "POST", API "/records",
	    JANE "\n{\n" JOHN
		 "\n{\"id\":\"x\",\"kind\":\"email\",\"value\":\"secret\"}\n",
	    422);
	assert_int_equal(items(w, "errors"), 2);
	assert_int_equal(number(w, "errors_total"), 2);
	assert_int_equal(
	    json_integer_value(json_object_get(item(w, "errors", 0), "line")),
	    2);
	assert_int_equal(
	    json_integer_value(json_object_get(item(w, "errors", 1), "line")),
	    4);
	assert_false(says(w, "secret"));
	assert_string_equal(state_of(w, "acme/jane"), "(none)");
	ask(w, "POST", API "/records", "id,kind\n", 422);
	w->type = JSON;
	ask(w, "POST", API "/records", "{", 400);
	ask(w, "POST", API "/records", "7", 400);
	ask(w, "POST", API "/records", "[7]", 422);
	ask(w, "POST", API "/records", "[{},{}]", 422);
	assert_int_equal(number(w, "errors_total"), 4);
	assert_true(says(w, "\"2 bad lines"));
	ask(w, "POST", API "/records", "[" JANE ",{\"id\":7}]", 422);
	world_free(w);
}

#define TELLS(to)                                                              \
	"{\"id\":\"acme/t\",\"tenant\":\"acme\",\"kind\":\"email\","           \
	"\"value\":\"t.roe@example.com\",\"notify\":[\"" to "\"]," CONSENT "}"

/* The last answer has an error with these words. */
static bool
complains(struct world *w, const char *words)
{
	for (size_t i = 0; i < items(w, "errors"); i++)
		if (strcmp(text_at(item(w, "errors", i), "what"), words) == 0)
			return true;
	return false;
}

/* Who would not be told of anything is not taken in. */
static void
test_notify(void **state)
{
	struct world *w = world_new();

	(void)state;
	ask(w, "POST", API "/records", TELLS("sink:ledger"), 422);
	assert_true(complains(w, "notify: there is no sink ledger; the "
				 "configuration has: none"));
	sink_add(w, "ledger", CONF_JSONL, NULL);
	sink_add(w, "people", CONF_WEBHOOK, "other");
	sink_add(w, "post", CONF_MAIL, NULL);
	ask(w, "POST", API "/records", "[" JANE "," TELLS("sink:ledge") "]",
	    422);
	assert_true(complains(w, "notify: there is no sink ledge; the "
				 "configuration has: ledger, people, post"));
	assert_int_equal(
	    json_integer_value(json_object_get(item(w, "errors", 0), "line")),
	    2);
	ask(w, "POST", API "/records", TELLS("sink:people"), 422);
	assert_true(complains(w, "notify: sink people does not serve tenant "
				 "acme; these do: ledger, post"));
	w->caller.tenant = "acme"; /* the sinks of others are not there */
	ask(w, "POST", API "/records", TELLS("sink:people"), 422);
	assert_true(complains(w, "notify: there is no sink people; the "
				 "configuration has: ledger, post"));
	put(w, TELLS("sink:ledger\",\"sink:post"));
	assert_int_equal(items(w, "warnings"), 0);
	put(w, TELLS("mailto:t.roe@example.com"));
	assert_int_equal(items(w, "warnings"), 1);
	assert_true(says(w, "mailto: in notify, but no sink mails to records"));
	w->config.alerts.sinks[2].to = (char *)(uintptr_t) "record";
	put(w, TELLS("mailto:t.roe@example.org"));
	assert_int_equal(items(w, "warnings"), 0);
	w->config.alerts.sinks[2].to = NULL;
	world_free(w);
}

#define AGREED(at, more)                                                       \
	"{\"id\":\"acme/d\",\"tenant\":\"acme\",\"kind\":\"email\","           \
	"\"value\":\"d.roe@example.com\",\"consent\":{\"purpose\":\"p\","      \
	"\"method\":\"import\",\"evidence\":\"e\",\"at\":\"" at "\"}" more "}"

/* A consent of next year at most (it is 2026-05-28, 20:26); what has ended
 * already, and whose it is, is told. */
static void
test_dates(void **state)
{
	struct world *w = world_new();

	(void)state;
	ask(w, "POST", API "/records", AGREED("2027-05-29T20:27:00Z", ""), 422);
	assert_true(complains(w, "consent.at: this is in the future; write "
				 "when the consent was given"));
	put(w, AGREED("2027-05-29T20:26:00Z", ""));
	assert_int_equal(items(w, "warnings"), 0);
	put(w, AGREED("2026-05-01T10:00:00Z",
		   ",\"expires\":\"2026-05-28T20:00:00Z\""));
	assert_int_equal(items(w, "warnings"), 1);
	assert_true(says(w, "record acme/d is past its expiry: it matches "
			    "nothing; import it with a later"));
	assert_int_equal(number(w, "active"), 0);
	ask(w, "POST", API "/records?tenant=beta", JANE, 200);
	assert_int_equal(items(w, "warnings"), 1);
	assert_true(says(w, "record acme/jane is of tenant acme, as its line "
			    "says, not of beta"));
	world_free(w);
}

static void
test_many_bad_lines(void **state)
{
	struct world *w = world_new();
	struct buf b = {0};

	(void)state;
	for (int i = 0; i < 20000; i++)
		buf_str(&b, "{\n");
	w->type = "application/jsonl";
	ask(w, "POST", API "/records", buf_cstr(&b), 422);
	assert_int_equal(items(w, "errors"), API_ERRORS);
	assert_int_equal(number(w, "errors_total"), 20000);
	buf_fini(&b);
	world_free(w);
}

/* --- lists ----------------------------------------------------------------- */

static void
test_pages(void **state)
{
	struct world *w = world_new();
	char target[256], seen[64] = "";

	(void)state;
	put(w, "[" JANE "," JOHN "," PENDING "]");
	snprintf(target, sizeof(target), API "/records?limit=1");
	for (int i = 0; i < 3; i++) {
		ask(w, "GET", target, NULL, 200);
		assert_int_equal(items(w, "records"), 1);
		snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen),
		    "%s ", text_at(item(w, "records", 0), "id"));
		snprintf(target, sizeof(target),
		    API "/records?limit=1&after=%s", text_at(w->j, "next"));
	}
	assert_string_equal(seen, "acme/jane acme/new other/john ");
	assert_true(json_is_null(json_object_get(w->j, "next")));
	ask(w, "GET", API "/records?tenant=acme&limit=1", NULL, 200);
	snprintf(target, sizeof(target),
	    API "/records?tenant=acme&limit=1&after=%s", text_at(w->j, "next"));
	ask(w, "GET", target, NULL, 200);
	assert_string_equal(text_at(item(w, "records", 0), "id"), "acme/new");
	assert_true(json_is_null(json_object_get(w->j, "next")));
	assert_false(says(w, "example.com"));
	world_free(w);
}

/* --- tenants --------------------------------------------------------------- */

/* The same answer, but for the words that were asked. */
static void
same_refusal(struct world *w, const char *method, const char *there,
    const char *nowhere, const char *body)
{
	size_t len;

	ask(w, method, there, body, 404);
	len = w->answer.body.len;
	ask(w, method, nowhere, body, 404);
	assert_int_equal(w->answer.body.len, len);
}

static void
test_tenants(void **state)
{
	struct world *w = world_new();
	static const struct {
		const char *method, *verb, *body;
	} verbs[] = {{"PATCH", "", "{}"}, {"DELETE", "", NULL},
	    {"POST", ":pause", NULL}, {"POST", ":resume", NULL},
	    {"POST", ":withdraw", NULL}};

	(void)state;
	put(w, "[" JANE "," JOHN "]");
	w->caller.tenant = "acme";
	ask(w, "GET", API "/records", NULL, 200);
	assert_int_equal(items(w, "records"), 1);
	ask(w, "GET", API "/records?tenant=other", NULL, 200);
	assert_int_equal(items(w, "records"), 0);
	ask(w, "GET", API "/records?after=acme:a", NULL, 200);
	assert_int_equal(items(w, "records"), 1);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		char there[128], nowhere[128];

		snprintf(there, 128, API "/records/other/john%s?tenant=other",
		    verbs[i].verb);
		snprintf(nowhere, 128, API "/records/other/jack%s?tenant=other",
		    verbs[i].verb);
		same_refusal(w, verbs[i].method, there, nowhere, verbs[i].body);
		snprintf(
		    there, 128, API "/records/other/john%s", verbs[i].verb);
		snprintf(
		    nowhere, 128, API "/records/other/jack%s", verbs[i].verb);
		same_refusal(w, verbs[i].method, there, nowhere, verbs[i].body);
	}
	ask(w, "POST", API "/records", JOHN, 422);
	put(w, "{\"id\":\"mine\",\"kind\":\"email\","
	       "\"value\":\"mine@example.com\"}");
	ask(w, "POST", API "/records?tenant=other",
	    "{\"id\":\"mine\",\"kind\":\"email\","
	    "\"value\":\"mine@example.com\"}",
	    422);
	ask(w, "GET", API "/status", NULL, 403);
	ask(w, "GET", API "/audit", NULL, 403);
	w->caller.tenant = NULL;
	ask(w, "GET", API "/records?tenant=acme", NULL, 200);
	assert_int_equal(items(w, "records"), 2);
	assert_string_equal(state_of(w, "other/john"), "active");
	world_free(w);
}

/* --- alerts ---------------------------------------------------------------- */

static void
test_alerts(void **state)
{
	struct world *w = world_new();
	struct stretch t = claim(w->fx, &log_a, 0);
	char target[160], first[40];

	(void)state;
	put(w, "[" JANE "," PENDING "]");
	step_hit(w->fx, &t, 10, a_hit(w->fx, "acme/jane", 1, 5));
	step_hit(w->fx, &t, 20, a_hit(w->fx, "acme/jane", 2, 15));
	ask(w, "GET", API "/alerts?limit=1", NULL, 200);
	assert_int_equal(items(w, "alerts"), 1);
	assert_false(says(w, "Roe.Secret"));
	snprintf(
	    first, sizeof(first), "%s", text_at(item(w, "alerts", 0), "id"));
	snprintf(target, sizeof(target), API "/alerts?after=%s",
	    text_at(w->j, "next"));
	ask(w, "GET", target, NULL, 200);
	assert_int_equal(items(w, "alerts"), 1);
	assert_true(strcmp(first, text_at(item(w, "alerts", 0), "id")) != 0);
	snprintf(target, sizeof(target), API "/alerts/%s", first);
	ask(w, "GET", target, NULL, 200);
	assert_string_equal(text_at(w->j, "id"), first);
	ask(w, "GET", API "/alerts?tenant=acme&record=acme/new", NULL, 200);
	assert_int_equal(items(w, "alerts"), 0);
	ask(w, "GET", API "/alerts?record=acme/jane", NULL, 200);
	assert_int_equal(items(w, "alerts"), 2);
	ask(w, "GET", API "/alerts/acme/jane", NULL, 404);
	w->caller.tenant = "other";
	ask(w, "GET", target, NULL, 404);
	ask(w, "GET", API "/alerts", NULL, 200);
	assert_int_equal(items(w, "alerts"), 0);
	ask(w, "GET", API "/alerts?tenant=acme", NULL, 200);
	assert_int_equal(items(w, "alerts"), 0);
	world_free(w);
}

/* A page begins behind a place, whether or not somebody is still there. */
static void
test_alerts_pages(void **state)
{
	struct world *w = world_new();
	struct stretch t = claim(w->fx, &log_a, 0);
	char target[160], next[64], id[40];

	(void)state;
	put(w, "[" JANE "," JOHN "]");
	for (uint8_t i = 0; i < 4; i++)
		step_hit(w->fx, &t, 10 * (i + 1u),
		    a_hit(w->fx, i % 2 ? "acme/jane" : "other/john", i + 1,
			10u * i));
	ask(w, "GET", API "/alerts?limit=1", NULL, 200);
	snprintf(id, 40, "%s", text_at(item(w, "alerts", 0), "id"));
	snprintf(next, sizeof(next), "%s", text_at(w->j, "next"));
	ask(w, "GET", API "/alerts?limit=4", NULL, 200);
	assert_int_equal(items(w, "alerts"), 4);
	assert_true(json_is_null(json_object_get(w->j, "next")));
	assert_string_equal(text_at(item(w, "alerts", 0), "id"), id);
	snprintf(target, sizeof(target), API "/alerts?after=%s", next);
	ask(w, "GET", target, NULL, 200);
	assert_int_equal(items(w, "alerts"), 3);
	ask(w, "DELETE", API "/records/acme/jane?tenant=acme", NULL, 200);
	ask(w, "GET", target, NULL, 200); /* all were found at one time */
	assert_int_equal(items(w, "alerts"), 2);
	ask(w, "GET", API "/alerts?tenant=other&record=other/john&limit=1",
	    NULL, 200);
	snprintf(target, sizeof(target),
	    API "/alerts?tenant=other&record=other/john&after=%s",
	    text_at(w->j, "next"));
	snprintf(id, 40, "%s", text_at(item(w, "alerts", 0), "id"));
	ask(w, "GET", target, NULL, 200);
	assert_int_equal(items(w, "alerts"), 1);
	assert_string_not_equal(text_at(item(w, "alerts", 0), "id"), id);
	world_free(w);
}

/* A page has its bytes, too: the next one goes on. */
static void
test_page_bytes(void **state)
{
	struct api_page p = {.limit = 3};
	struct buf out = {0};

	(void)state;
	assert_true(api_page_has_room(&p, &out));
	buf_room(&out, API_PAGE + 1);
	out.len = API_PAGE + 1;
	assert_false(api_page_has_room(&p, &out));
	assert_true(p.more);
	assert_int_equal(p.num, 1);
	buf_fini(&out);
}

/* --- the rest -------------------------------------------------------------- */

static void
test_status(void **state)
{
	struct world *w = world_new();

	(void)state;
	free(w->config.store);
	w->config.store = mem_str(w->fx->url);
	put(w, JANE);
	ask(w, "GET", API "/status", NULL, 200);
	assert_int_equal(items(w, "logs"), 1);
	assert_string_equal(
	    text_at(json_object_get(w->j, "store"), "type"), "store");
	assert_true(says(w, "\"active\":1"));
	ask(w, "GET", API "/logs", NULL, 200);
	assert_string_equal(text_at(item(w, "logs", 0), "name"), "Log A");
	world_free(w);
}

/* Each route stands in the description, and nothing else does. */
static void
test_openapi(void **state)
{
	struct world *w = world_new();
	size_t num, said = 0;
	const struct api_route *routes = api_routes(&num);
	const char *path, *method;
	json_t *paths, *p, *op;

	(void)state;
	ask(w, "GET", API "/openapi.json", NULL, 200);
	assert_string_equal(text_at(w->j, "openapi"), "3.1.0");
	paths = json_object_get(w->j, "paths");
	for (size_t i = 0; i < num; i++) {
		char low[8] = "";

		for (size_t k = 0; routes[i].method[k] != '\0'; k++)
			low[k] = (char)(routes[i].method[k] | 0x20);
		op = json_object_get(
		    json_object_get(paths, routes[i].path), low);
		if (op == NULL)
			print_message("%s %s\n", low, routes[i].path);
		assert_non_null(op);
	}
	json_object_foreach(paths, path, p)
	{
		json_object_foreach(p, method, op) said++;
	}
	assert_int_equal(said, num);
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_routes),
	    cmocka_unit_test(test_scopes),
	    cmocka_unit_test(test_import),
	    cmocka_unit_test(test_bad_lines),
	    cmocka_unit_test(test_notify),
	    cmocka_unit_test(test_dates),
	    cmocka_unit_test(test_many_bad_lines),
	    cmocka_unit_test(test_pages),
	    cmocka_unit_test(test_tenants),
	    cmocka_unit_test(test_alerts),
	    cmocka_unit_test(test_alerts_pages),
	    cmocka_unit_test(test_page_bytes),
	    cmocka_unit_test(test_status),
	    cmocka_unit_test(test_openapi),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
