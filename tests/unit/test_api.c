/*
 * test_api: the admin interface without a network: which requests are which
 * verb, what callers of one tenant see of others (nothing), what is refused and
 * with which words. The store is a real one.
 */
#include "monitor/api.h"

#include <jansson.h>

#include "monitor/api_private.h"
#include "tests/store/fixture.h"

#define JSON "application/json"
#define CONSENT                                                                \
	"\"consent\":{\"purpose\":\"ct-exposure/1\",\"method\":\"import\","    \
	"\"at\":\"2026-05-01T10:00:00Z\",\"evidence\":\"contract 4711\"}"
#define JANE                                                                   \
	"{\"id\":\"acme/jane\",\"tenant\":\"acme\",\"kind\":\"email\","        \
	"\"value\":\"jane.roe@example.com\"," CONSENT "}"
#define JOHN                                                                   \
	"{\"id\":\"other/john\",\"tenant\":\"other\",\"kind\":\"email\","      \
	"\"value\":\"john.roe@example.net\"," CONSENT "}"
#define PENDING                                                                \
	"{\"id\":\"acme/new\",\"tenant\":\"acme\",\"kind\":\"email\","         \
	"\"value\":\"new.roe@example.com\"}"
#define WEB                                                                    \
	"{\"id\":\"acme/web\",\"tenant\":\"acme\",\"kind\":\"domain\","        \
	"\"value\":\"b\xc3\xbc"                                                \
	"cher.example\"}"

struct world {
	struct fixture *fx;
	struct config config;
	struct api_env env;
	struct api_caller caller;
	const char *type; /* of the next bodies */
	struct api_answer answer;
	json_t *j; /* the answer's body */
};

static struct world *
world_new(void)
{
	struct world *w = NEW(struct world);

	w->fx = fixture_new(&store_sqlite);
	config_defaults(&w->config);
	w->env = (struct api_env){.config = &w->config, .now_ms = NOW};
	memcpy(w->env.index_key, w->fx->conf.keys.index, KEY_LEN);
	w->caller = (struct api_caller){
	    .who = "token test", .scopes = SCOPE_READ | SCOPE_WRITE};
	w->type = JSON;
	return w;
}

static void
answer_drop(struct world *w)
{
	json_decref(w->j);
	w->j = NULL;
	api_answer_fini(&w->answer);
}

static void
world_free(struct world *w)
{
	answer_drop(w);
	config_fini(&w->config);
	fixture_free(w->fx);
	free(w);
}

/* "PATH?NAME=VALUE&..."; the answer is w->j, and its code is the one due. */
static void
ask(struct world *w, const char *method, const char *target, const char *body,
    int code)
{
	struct api_param params[4];
	char *text = mem_str(target), *save, *at;
	struct api_request r = {.method = method,
	    .path = text,
	    .params = params,
	    .content_type = body != NULL ? w->type : NULL,
	    .body = span_str(body != NULL ? body : ""),
	    .caller = w->caller};

	answer_drop(w);
	at = strchr(text, '?');
	if (at != NULL)
		*at++ = '\0';
	for (at = at ? strtok_r(at, "&", &save) : NULL; at != NULL;
	     at = strtok_r(NULL, "&", &save)) {
		char *value = strchr(at, '=');

		*value++ = '\0';
		params[r.num_params++] = (struct api_param){at, value};
	}
	api_call(&w->answer, &r, w->fx->s, &w->env);
	w->j = json_loadb((const char *)w->answer.body.p, w->answer.body.len,
	    JSON_REJECT_DUPLICATES, NULL);
	if (w->j == NULL || w->answer.code != code)
		print_message("%s %s: %d %.*s\n", method, target,
		    w->answer.code, (int)w->answer.body.len,
		    (const char *)w->answer.body.p);
	assert_non_null(w->j);
	assert_int_equal(w->answer.code, code);
	if (code >= 400)
		assert_string_equal(
		    w->answer.content_type, "application/problem+json");
	free(text);
}

static const char *
text_at(json_t *j, const char *key)
{
	const char *text = json_string_value(json_object_get(j, key));

	return text != NULL ? text : "(none)";
}

static json_t *
item(struct world *w, const char *list, size_t i)
{
	return json_array_get(json_object_get(w->j, list), i);
}

static size_t
items(struct world *w, const char *list)
{
	return json_array_size(json_object_get(w->j, list));
}

static long long
number(struct world *w, const char *key)
{
	json_t *v = json_object_get(w->j, key);

	assert_true(json_is_integer(v));
	return json_integer_value(v);
}

static void
put(struct world *w, const char *records)
{
	ask(w, "POST", API "/records", records, 200);
}

static const char *
state_of(struct world *w, const char *id)
{
	ask(w, "GET", API "/records?limit=10000", NULL, 200);
	for (size_t i = 0; i < items(w, "records"); i++)
		if (strcmp(text_at(item(w, "records", i), "id"), id) == 0)
			return text_at(item(w, "records", i), "state");
	return "(none)";
}

static bool
says(const struct world *w, const char *text)
{
	return memmem(w->answer.body.p, w->answer.body.len, text,
		   strlen(text)) != NULL;
}

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
	ask(w, "GET", API "/audit", NULL, 403);
	w->caller.scopes = SCOPE_WRITE;
	ask(w, "GET", API "/records", NULL, 403);
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
	ask(w, "POST", API "/records", "[" JANE ",{\"id\":7}]", 422);
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
	ask(w, "GET", API "/status", NULL, 403);
	ask(w, "GET", API "/audit", NULL, 403);
	w->caller.tenant = NULL;
	ask(w, "GET", API "/records?tenant=acme", NULL, 200);
	assert_int_equal(items(w, "records"), 2);
	assert_string_equal(state_of(w, "other/john"), "active");
	world_free(w);
}

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

	(void)state;
	put(w, WEB);
	ask(w, "GET", API "/records/acme/web?tenant=acme", NULL, 200);
	snprintf(value, sizeof(value), "%s",
	    text_at(json_object_get(w->j, "next"), "value"));
	ask(w, "POST", at, "{}", 503);
	assert_string_equal(
	    w->answer.dns_name, "_ct-pii-challenge.xn--bcher-kva.example");
	assert_int_equal(prove(w, &(struct api_proof){.fault = "time"}), 502);
	assert_int_equal(prove(w, &(struct api_proof){0}), 409);
	assert_true(says(w, value));
	assert_int_equal(prove(w, &(struct api_proof){1, txt, NULL}), 409);
	assert_false(w->answer.changed);
	assert_int_equal(prove(w, &(struct api_proof){2, txt, NULL}), 200);
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
	text_base64(&b, span_of(token, sizeof(token)));
	for (size_t i = 0; i < b.len; i++)
		b.p[i] = b.p[i] == '+' ? '-' : b.p[i] == '/' ? '_' : b.p[i];
	snprintf(body, 64, "{\"token\":\"%.43s\"}", buf_cstr(&b));
	buf_fini(&b);
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
	assert_string_equal(text_at(w->j, "value"), "j\xe2\x80\xa6@e\xe2\x80"
						    "\xa6.com");
	assert_true(w->answer.changed);
	ask(w, "POST", API "/records/acme/jane:resume?tenant=acme", NULL, 200);
	assert_string_equal(text_at(w->j, "state"), "active");
	ask(w, "POST", API "/records/acme/jane:withdraw?tenant=acme", NULL,
	    200);
	ask(w, "POST", API "/records/acme/jane:resume?tenant=acme", NULL, 409);
	ask(w, "DELETE", API "/records/acme/jane?tenant=acme", NULL, 200);
	assert_string_equal(text_at(w->j, "state"), "erased");
	assert_null(json_object_get(w->j, "value"));
	ask(w, "PATCH", API "/records/acme/jane?tenant=acme", "{}", 409);
	ask(w, "POST", API "/records", JANE, 422);
	world_free(w);
}

/* --- correcting ------------------------------------------------------------ */

static void
test_patch(void **state)
{
	struct world *w = world_new();
	const char *at = API "/records/acme/jane?tenant=acme";

	(void)state;
	put(w, JANE);
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
	w->caller.tenant = "other";
	ask(w, "GET", target, NULL, 404);
	ask(w, "GET", API "/alerts", NULL, 200);
	assert_int_equal(items(w, "alerts"), 0);
	ask(w, "GET", API "/alerts?tenant=acme", NULL, 200);
	assert_int_equal(items(w, "alerts"), 0);
	world_free(w);
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
	    cmocka_unit_test(test_many_bad_lines),
	    cmocka_unit_test(test_pages),
	    cmocka_unit_test(test_tenants),
	    cmocka_unit_test(test_show),
	    cmocka_unit_test(test_reveal_list),
	    cmocka_unit_test(test_export),
	    cmocka_unit_test(test_confirm_domain),
	    cmocka_unit_test(test_confirm_email),
	    cmocka_unit_test(test_life),
	    cmocka_unit_test(test_patch),
	    cmocka_unit_test(test_alerts),
	    cmocka_unit_test(test_status),
	    cmocka_unit_test(test_openapi),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
