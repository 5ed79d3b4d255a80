/*
 * test_api_record: one record through the admin interface: shown, exported,
 * confirmed, paused, corrected, erased.
 */
#include "monitor/api.h"

#include "tests/unit/api_world.h"

/* --- one record ------------------------------------------------------------ */

static bool
audit_has(struct world *w, const char *what, const char *id)
{
	bool found = false;

	ask(w, "GET", API "/audit?limit=1000", NULL, 200);
	for (size_t i = 0; i < items(w, "audit"); i++)
		found |=
		    strcmp(text_at(item(w, "audit", i), "what"), what) == 0 &&
		    strcmp(text_at(item(w, "audit", i), "id"), id) == 0 &&
		    strcmp(text_at(item(w, "audit", i), "who"), "token test") ==
			0;
	return found;
}

static void
test_show(void **state)
{
	struct world *w = world_new();
	json_t *next;

	(void)state;
	put(w, "[" JANE "," PENDING "," WEB "]");
	ask(w, "GET", API "/records/acme/jane?tenant=acme", NULL, 200);
	assert_false(says(w, "jane.roe") || says(w, "4711"));
	assert_true(says(w, "ct-exposure/1") && says(w, "indelible backfill"));
	assert_true(json_is_null(json_object_get(w->j, "next")));
	assert_true(json_is_array(json_object_get(w->j, "coverage")));
	assert_false(audit_has(w, "revealed", "acme/jane"));
	ask(w, "GET", API "/records/acme/jane?tenant=acme&reveal=1", NULL, 200);
	assert_true(says(w, "jane.roe@example.com") && says(w, "4711"));
	assert_true(audit_has(w, "revealed", "acme/jane"));
	ask(w, "GET", API "/records/acme/web?tenant=acme", NULL, 200);
	next = json_object_get(w->j, "next");
	assert_string_equal(
	    text_at(next, "name"), "_ct-pii-challenge.xn--bcher-kva.example");
	assert_int_equal(strlen(text_at(next, "value")), 10 + 43);
	ask(w, "GET", API "/records/acme/new?tenant=acme", NULL, 200);
	next = json_object_get(w->j, "next");
	assert_string_equal(text_at(next, "what"), "confirm-mail");
	assert_true(says(w, "no mail can be sent"));
	ask(w, "GET", API "/records/acme/new", NULL, 404);
	w->caller.tenant = "acme";
	ask(w, "GET", API "/records/acme/new", NULL, 200);
	w->caller.scopes = SCOPE_READ;
	ask(w, "GET", API "/records/acme/jane?reveal=1", NULL, 403);
	ask(w, "GET", API "/records/acme/jane:export", NULL, 403);
	world_free(w);
}

/* A name that follows an address: shown with it, active with it. */
static void
test_identity(void **state)
{
	struct world *w = world_new();
	const char *at = API "/records/acme/name?tenant=acme";

	(void)state;
	put(w, "[" PENDING ",{\"id\":\"acme/name\",\"tenant\":\"acme\","
	       "\"kind\":\"name\",\"identity\":\"acme/new\",\"value\":"
	       "{\"given\":[\"Nora\",\"Lee\"],\"surname\":[\"Roe\"]}}]");
	ask(w, "GET", at, NULL, 200);
	assert_string_equal(text_at(w->j, "identity"), "acme/new");
	assert_string_equal(
	    text_at(json_object_get(w->j, "next"), "what"), "confirm-identity");
	assert_true(says(w, "with record acme/new"));
	assert_true(says(w, "N\xe2\x80\xa6"));
	assert_false(says(w, "Nora") || says(w, "Roe"));
	ask(w, "POST", API "/records/acme/name:confirm?tenant=acme", "{}", 409);
	put(w, "{\"id\":\"acme/new\",\"tenant\":\"acme\","
	       "\"kind\":\"email\",\"value\":\"new.roe@example.com\"," CONSENT
	       "}");
	assert_string_equal(state_of(w, "acme/name"), "active");
	world_free(w);
}

static void
test_reveal_list(void **state)
{
	struct world *w = world_new();

	(void)state;
	put(w, "[" JANE "," JOHN "]");
	ask(w, "GET", API "/records?reveal=1&tenant=acme", NULL, 200);
	assert_true(says(w, "jane.roe@example.com"));
	assert_false(says(w, "john.roe"));
	assert_true(audit_has(w, "revealed", "(none)"));
	w->caller.tenant = "acme";
	ask(w, "GET", API "/records?reveal=1&tenant=other", NULL, 200);
	w->caller.tenant = NULL;
	ask(w, "GET", API "/audit", NULL, 200); /* imported twice, revealed */
	assert_int_equal(items(w, "audit"), 3);
	world_free(w);
}

static void
test_export(void **state)
{
	struct world *w = world_new();
	struct stretch t = claim(w->fx, &log_a, 0);
	const char *at = API "/records/acme/jane:export?tenant=acme";

	(void)state;
	put(w, "[" JANE "," JOHN "]");
	step_hit(w->fx, &t, 10, a_hit(w->fx, "acme/jane", 1, 5));
	ask(w, "POST", API "/records/acme/jane:pause?tenant=acme", NULL, 200);
	ask(w, "GET", at, NULL, 200);
	assert_true(says(w, "jane.roe@example.com") && says(w, "4711"));
	assert_int_equal(items(w, "alerts"), 1);
	assert_true(says(w, "Roe.Secret@example.org"));
	assert_true(items(w, "deliveries") > 0);
	assert_true(says(w, "\"registered\"") && says(w, "\"paused\""));
	assert_true(says(w, "\"exported\""));
	assert_false(says(w, "john"));
	assert_true(audit_has(w, "exported", "acme/jane"));
	ask(w, "GET", API "/records/acme/jane:history?tenant=acme", NULL, 200);
	assert_true(items(w, "history") >= 2);
	assert_false(says(w, "4711"));
	ask(w, "GET", API "/records/acme/jane:history?tenant=acme&reveal=1",
	    NULL, 200);
	assert_true(says(w, "4711"));
	w->caller.tenant = "other";
	ask(w, "GET", at, NULL, 404);
	ask(w, "GET", API "/records/acme/jane:history?tenant=acme", NULL, 404);
	ask(w, "GET", API "/records/acme/jane?tenant=acme", NULL, 404);
	ask(w, "POST", API "/records/acme/jane:confirm?tenant=acme", "{}", 404);
	world_free(w);
}

/* --- confirming ------------------------------------------------------------ */

/* What api_proven makes of these TXT records. */
static int
prove(struct world *w, const struct api_proof *p)
{
	struct api_param tenant = {"tenant", "acme"};
	struct api_request r = {.method = "POST",
	    .path = API "/records/acme/web:confirm",
	    .num_params = 1,
	    .params = &tenant,
	    .caller = w->caller};

	answer_drop(w);
	api_proven(&w->answer, &r, p, w->fx->s, &w->env);
	return w->answer.code;
}

static void
test_confirm_domain(void **state)
{
	struct world *w = world_new();
	const char *at = API "/records/acme/web:confirm?tenant=acme";
	char value[64];
	const char *txt[] = {"v=spf1 -all", value};
	const char *name = "_ct-pii-challenge.xn--bcher-kva.example";

	(void)state;
	put(w, WEB);
	ask(w, "GET", API "/records/acme/web?tenant=acme", NULL, 200);
	snprintf(value, sizeof(value), "%s",
	    text_at(json_object_get(w->j, "next"), "value"));
	ask(w, "POST", at, "{}", 503);
	assert_string_equal(w->answer.dns_name, name);
	assert_int_equal(
	    prove(w, &(struct api_proof){name, .fault = "time"}), 502);
	assert_int_equal(prove(w, &(struct api_proof){name}), 409);
	assert_true(says(w, value));
	assert_int_equal(prove(w, &(struct api_proof){name, 1, txt}), 409);
	assert_false(w->answer.changed);
	/* Proven is what was looked up, not what was put in its place. */
	ask(w, "PATCH", API "/records/acme/web?tenant=acme",
	    "{\"value\":\"victim.example\"}", 200);
	assert_int_equal(prove(w, &(struct api_proof){name, 2, txt}), 409);
	assert_string_equal(state_of(w, "acme/web"), "pending");
	put(w, WEB);
	assert_int_equal(prove(w, &(struct api_proof){name, 2, txt}), 200);
	assert_true(w->answer.changed);
	assert_string_equal(state_of(w, "acme/web"), "active");
	ask(w, "POST", at, "{}", 200);
	assert_string_equal(w->answer.dns_name, "");
	ask(w, "GET", API "/records/acme/web:export?tenant=acme", NULL, 200);
	assert_true(says(w, "TXT at _ct-pii-challenge.xn--bcher-kva.example"));
	world_free(w);
}

/* A letter is on its way; the token in it, as a request's body. */
static void
letter_token(struct world *w, char body[64])
{
	const struct ledger_api *ledger = w->fx->api->ledger;
	struct ledger_letters l = {0};
	struct hash hash;
	uint8_t token[LEDGER_TOKEN];
	struct buf b = {0};

	memset(token, 0xfb, sizeof(token)); /* "-_" in base64url */
	hasher_sha256(
	    w->fx->h, &hash, span_of(token, sizeof(token)), span_of(NULL, 0));
	OK(w->fx, ledger->letters(w->fx->s, NOW, 10, &l, &w->fx->e));
	assert_int_equal(l.num, 1);
	OK(w->fx, ledger->letter_begin(
		      w->fx->s, l.list[0].id, hash.b, NOW, &w->fx->e));
	ledger_letters_fini(&l);
	text_base64url(&b, span_of(token, sizeof(token)));
	snprintf(body, 64, "{\"token\":\"%s\"}", buf_cstr(&b));
	buf_fini(&b);
}

#define NEWER                                                                  \
	"{\"id\":\"other/newer\",\"tenant\":\"other\",\"kind\":\"email\","     \
	"\"value\":\"newer.roe@example.com\"}"

/* A letter to the address of before does not confirm the one of now. */
static void
test_letter_of_before(void **state)
{
	struct world *w = world_new();
	const char *at = API "/records/acme/new?tenant=acme";
	char body[64];

	(void)state;
	put(w, PENDING);
	letter_token(w, body);
	w->env.now_ms += 1000;
	ask(w, "PATCH", at, "{\"match\":{\"plus\":true}}", 200);
	assert_true(says(w, "a mail was sent at 2026-"));
	ask(w, "PATCH", at, "{\"value\":\"newer.roe@example.com\"}", 200);
	assert_false(says(w, "a mail was sent"));
	assert_true(json_is_null(
	    json_object_get(json_object_get(w->j, "next"), "mailed")));
	world_free(w);
}

static void
test_confirm_email(void **state)
{
	struct world *w = world_new();
	const char *at = API "/records/acme/new:confirm?tenant=acme";
	char body[64];

	(void)state;
	put(w, "[" JANE "," PENDING "]");
	letter_token(w, body);
	ask(w, "GET", API "/records/acme/new?tenant=acme", NULL, 200);
	assert_true(says(w, "a mail was sent at 2026-"));
	ask(w, "POST", at, "{}", 422);
	ask(w, "POST", at, "{\"token\":\"short\"}", 422);
	ask(w, "POST", at,
	    "{\"token\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}", 409);
	/* Of another record, the token does nothing. */
	put(w, NEWER);
	ask(w, "POST", API "/records/other/newer:confirm?tenant=other", body,
	    409);
	assert_string_equal(state_of(w, "acme/new"), "pending");
	put(w, "{\"id\":\"mine\",\"tenant\":\"other\",\"kind\":\"email\","
	       "\"value\":\"mine@example.net\"}");
	w->caller.tenant = "other"; /* whose token it is not */
	ask(w, "POST", API "/records/mine:confirm", body, 409);
	assert_false(w->answer.changed);
	w->caller.tenant = NULL;
	assert_string_equal(state_of(w, "acme/new"), "pending");
	ask(w, "POST", at, body, 200);
	assert_string_equal(text_at(w->j, "state"), "active");
	assert_true(w->answer.changed);
	ask(w, "POST", at, body, 200); /* it is active already */
	world_free(w);
}

/* --- life ------------------------------------------------------------------ */

static void
test_life(void **state)
{
	struct world *w = world_new();

	(void)state;
	put(w, "[" JANE "," PENDING "]");
	ask(w, "POST", API "/records/acme/jane:pause", NULL, 404);
	ask(w, "POST", API "/records/acme/new:resume?tenant=acme", NULL, 409);
	ask(w, "POST", API "/records/acme/new:pause?tenant=acme", NULL, 409);
	assert_string_equal(state_of(w, "acme/new"), "pending");
	ask(w, "POST", API "/records/acme/jane:pause?tenant=acme", NULL, 200);
	assert_string_equal(text_at(w->j, "state"), "paused");
	assert_true(json_is_null(json_object_get(w->j, "watched_since")));
	assert_true(says(w, "\"what\":\"resume\""));
	assert_string_equal(text_at(w->j, "value"), "j\xe2\x80\xa6@e\xe2\x80"
						    "\xa6.com");
	assert_true(w->answer.changed);
	ask(w, "POST", API "/records/acme/jane:resume?tenant=acme", NULL, 200);
	assert_string_equal(text_at(w->j, "state"), "active");
	ask(w, "POST", API "/records/acme/jane:withdraw?tenant=acme", NULL,
	    200);
	assert_true(says(w, "records erase"));
	ask(w, "POST", API "/records/acme/jane:resume?tenant=acme", NULL, 409);
	ask(w, "DELETE", API "/records/acme/jane?tenant=acme", NULL, 200);
	assert_string_equal(text_at(w->j, "state"), "erased");
	assert_null(json_object_get(w->j, "value"));
	ask(w, "PATCH", API "/records/acme/jane?tenant=acme", "{}", 409);
	ask(w, "POST", API "/records/acme/new:withdraw?tenant=acme", NULL, 200);
	ask(w, "POST", API "/records", "[" JOHN "," JANE "," PENDING "]", 422);
	assert_int_equal(items(w, "errors"), 2); /* each line of them */
	assert_int_equal(
	    json_integer_value(json_object_get(item(w, "errors", 1), "line")),
	    3);
	assert_true(says(w, "was erased") && says(w, "was withdrawn"));
	assert_true(says(w, "2 bad lines"));
	assert_string_equal(state_of(w, "other/john"), "(none)");
	world_free(w);
}

/* What is escaped when it is stored may be longer than a line that is taken:
 * it is read back, and so are the others. */
static void
test_long(void **state)
{
	struct world *w = world_new();
	struct buf b = {0};

	(void)state;
	buf_str(&b,
	    "{\"id\":\"long\",\"tenant\":\"acme\",\"kind\":\"name\","
	    "\"value\":{\"given\":[\"Jane\",\"Ann\"],\"surname\":"
	    "[\"Roe\"]}," CONSENT ",\"qualifiers\":{\"organizations\":[\"x\"");
	for (int i = 0; i < 15; i++) {
		buf_str(&b, ",\"");
		for (int k = 0; k < 1300; k++)
			buf_str(&b, "\xe2\x80\x8b");
		buf_str(&b, "\"");
	}
	buf_str(&b, "]}}\n" JANE);
	w->type = "application/jsonl";
	put(w, buf_cstr(&b));
	ask(w, "GET", API "/records?reveal=1", NULL, 200);
	assert_int_equal(items(w, "records"), 2);
	assert_true(w->answer.body.len > LIMIT_RECORD_LINE);
	ask(w, "GET", API "/records/long:export?tenant=acme", NULL, 200);
	put(w, buf_cstr(&b));
	buf_fini(&b);
	world_free(w);
}

/* --- correcting ------------------------------------------------------------ */

static void
test_patch(void **state)
{
	struct world *w = world_new();
	const char *at = API "/records/acme/jane?tenant=acme";

	(void)state;
	sink_add(w, "ledger", CONF_JSONL, NULL);
	put(w, JANE);
	ask(w, "PATCH", at, "{\"notify\":[\"sink:nosuch\"]}", 422);
	assert_true(says(w, "there is no sink nosuch; the configuration has: "
			    "ledger\""));
	ask(w, "PATCH", at, "{\"expires\":\"2027-01-01T00:00:00Z\"}", 200);
	assert_string_equal(text_at(w->j, "state"), "active");
	assert_string_equal(
	    text_at(w->j, "expires"), "2027-01-01T00:00:00.000Z");
	ask(w, "PATCH", at, "{\"expires\":null,\"match\":{\"plus\":true}}",
	    200);
	assert_true(json_is_null(json_object_get(w->j, "expires")));
	ask(w, "POST", API "/records/acme/jane:pause?tenant=acme", NULL, 200);
	ask(w, "PATCH", at, "{\"notify\":[\"sink:ledger\"]}", 200);
	assert_string_equal(text_at(w->j, "state"), "paused");
	ask(w, "POST", API "/records/acme/jane:resume?tenant=acme", NULL, 200);
	ask(w, "PATCH", at, "{\"id\":\"acme/joan\"}", 422);
	ask(w, "PATCH", at, "{\"tenant\":\"other\"}", 422);
	ask(w, "PATCH", at, "[]", 422);
	ask(w, "PATCH", at, "{\"value\":null}", 422);
	ask(w, "PATCH", at, "{\"value\":\"nothing\"}", 422);
	w->type = "text/plain";
	ask(w, "PATCH", at, "{}", 415);
	w->type = "application/merge-patch+json";
	ask(w, "PATCH", at, "{\"value\":\"joan.roe@example.com\"}", 200);
	assert_string_equal(text_at(w->j, "state"), "pending");
	assert_true(w->answer.letters);
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_show),
	    cmocka_unit_test(test_identity),
	    cmocka_unit_test(test_reveal_list),
	    cmocka_unit_test(test_export),
	    cmocka_unit_test(test_confirm_domain),
	    cmocka_unit_test(test_letter_of_before),
	    cmocka_unit_test(test_confirm_email),
	    cmocka_unit_test(test_life),
	    cmocka_unit_test(test_long),
	    cmocka_unit_test(test_patch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
