/*
 * What is done about alerts, by the admin interface without a network: who may
 * do it, what is refused and with which words, pages of its lists. What it does
 * is in tests/store/test_acts.c.
 */
#include "tests/unit/api_world.h"

/* Jane's exposures by so many certificates; the ids in hex. */
static void
find(struct world *w, unsigned num, char ids[][33])
{
	struct stretch t = claim(w->fx, &log_a, 0);

	put(w, JANE);
	for (unsigned i = 0; i < num; i++) {
		struct store_hit hit = a_hit(w->fx, "acme/jane", i + 1, i);
		struct buf hex = {0};

		text_hex(&hex, span_of(hit.x.id, 16));
		memcpy(ids[i], buf_cstr(&hex), 33);
		buf_fini(&hex);
		hit.x.match.value[0] = (char)('A' + i); /* no two alike */
		step_hit(w->fx, &t, i + 1, hit);
	}
}

static void
about(struct world *w, const char *method, const char *id, const char *verb,
    int code)
{
	char target[128];

	snprintf(target, sizeof(target), API "/alerts/%s%s", id, verb);
	ask(w, method, target, "{}", code);
}

static void
test_who(void **state)
{
	static const char *const verbs[] = {
	    ":ack", ":mute", ":unmute", ":resend"};
	struct world *w = world_new();
	char ids[1][33];

	(void)state;
	find(w, 1, ids);
	for (size_t i = 0; i < 4; i++) {
		w->caller.scopes = SCOPE_READ;
		about(w, "POST", ids[0], verbs[i], 403);
		w->caller.scopes |= SCOPE_WRITE;
		about(w, "GET", ids[0], verbs[i], 405);
		about(w, "POST", "nothing", verbs[i], 404);
		w->caller.tenant = "other";
		about(w, "POST", ids[0], verbs[i], 404);
		w->caller.tenant = NULL;
	}
	w->caller.tenant = "other";
	about(w, "GET", ids[0], ":state", 404);
	w->caller.tenant = "acme";
	about(w, "GET", ids[0], ":state", 200);
	assert_string_equal(text_at(w->j, "record"), "acme/jane");
	about(w, "POST", ids[0], ":ack", 200);
	assert_string_equal(text_at(w->j, "acked"), "2026-05-28T20:26:40.000Z");
	assert_false(w->answer.again);
	world_free(w);
}

/* Sinks of others are not there; those that are make the courier go. */
static void
test_sinks(void **state)
{
	struct world *w = world_new();
	char ids[1][33];

	(void)state;
	find(w, 1, ids);
	sink_add(w, "people", CONF_WEBHOOK, "other");
	sink_add(w, "all", CONF_WEBHOOK, NULL);
	ask(w, "POST", API "/alerts:resend?sink=people", "{}", 200);
	w->caller.tenant = "acme";
	ask(w, "POST", API "/alerts:resend?sink=people", "{}", 404);
	assert_string_equal(text_at(w->j, "detail"), "there is no sink people");
	ask(w, "POST", API "/alerts:resend?sink=nowhere", "{}", 404);
	about(w, "POST", ids[0], ":resend?sink=people", 404);
	assert_false(w->answer.again);
	about(w, "POST", ids[0], ":resend?sink=all", 200);
	assert_true(w->answer.again);
	world_free(w);
}

/* One on each page. */
static size_t
pages(struct world *w, const char *what, const char *list)
{
	char target[160] = "";
	size_t num = 0;

	snprintf(target, sizeof(target), API "/alerts%s?limit=1", what);
	for (;; num++) {
		ask(w, "GET", target, NULL, 200);
		if (items(w, list) == 0)
			return num;
		assert_int_equal(items(w, list), 1);
		if (json_is_null(json_object_get(w->j, "next")))
			return num + 1;
		snprintf(target, sizeof(target),
		    API "/alerts%s?limit=1&after=%s", what,
		    text_at(w->j, "next"));
	}
}

static void
test_pages(void **state)
{
	struct world *w = world_new();
	char ids[3][33];
	struct outbox o;

	(void)state;
	find(w, 3, ids);
	assert_int_equal(pages(w, ":mutes", "mutes"), 0);
	assert_int_equal(pages(w, ":dead", "dead"), 0);
	for (int i = 0; i < 3; i++)
		about(w, "POST", ids[i], ":mute", 200);
	assert_int_equal(pages(w, ":mutes", "mutes"), 3);
	ask(w, "GET", API "/alerts?open=1", NULL, 200);
	assert_int_equal(items(w, "alerts"), 0);
	ask(w, "GET", API "/alerts", NULL, 200);
	assert_int_equal(items(w, "marks"), 3);
	for (int i = 0; i < 3; i++) {
		about(w, "POST", ids[i], ":unmute", 200);
		about(w, "POST", ids[i], ":resend?sink=all", 404);
	}
	sink_add(w, "all", CONF_WEBHOOK, NULL);
	for (int i = 0; i < 3; i++)
		about(w, "POST", ids[i], ":resend?sink=all", 200);
	o = due(w->fx, NOW + DAY);
	for (size_t i = 0; i < o.num; i++)
		settle(w->fx, o.rows[i].id, SETTLE_DEAD);
	assert_int_equal(pages(w, ":dead", "dead"), o.num);
	outbox_fini(&o);
	ask(w, "GET", API "/alerts:dead?after=x", NULL, 400);
	ask(w, "GET", API "/alerts:mutes?after=1", NULL, 400);
	w->caller.tenant = "other";
	assert_int_equal(pages(w, ":dead", "dead"), 0);
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_who),
	    cmocka_unit_test(test_sinks),
	    cmocka_unit_test(test_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
