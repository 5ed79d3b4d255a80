/*
 * Tests of alerts by mail, as the store knows them: to whom they go, what ends
 * that, and what a mail's link does.
 */
#include "tests/store/ledger.h"

/* "people" mails to records; "soc" is a machine's. */
static const struct store_sink mail_sinks[] = {
    {.name = (char *)(uintptr_t) "people", .to_record = true},
    {.name = (char *)(uintptr_t) "soc"},
};

/* The same, but for grave ones in a digest a day. */
static const struct store_sink daily_sinks[] = {
    {.name = (char *)(uintptr_t) "people",
	.to_record = true,
	.digests = true,
	.cadence = {CADENCE_DAILY, CADENCE_DAILY, CADENCE_DAILY, CADENCE_DAILY},
	.day_ms = DAY,
	.week_ms = 7 * DAY},
};

static int
setup_mails(void **state)
{
	struct fixture *fx;

	if (sqlite(state) != 0)
		return -1;
	fx = *state;
	fixture_close(fx);
	fx->conf.sinks = mail_sinks;
	fx->conf.num_sinks = 2;
	fixture_open(fx);
	return 0;
}

#define MAILS(f) cmocka_unit_test_setup_teardown(f, setup_mails, done)

/* An exposure of each of these records, proven. */
static void
found(struct fixture *fx, const char *a, const char *b)
{
	struct stretch t = claim(fx, &log_a, 0);
	uint64_t at = t.read;

	step(fx, (struct step){.t = &t,
		     .read = at + 10,
		     .proven = at + 10,
		     .num_hits = b != NULL ? 2 : 1,
		     .hits = {a_hit(fx, a, (uint8_t)(at + 1), at + 1),
			 b != NULL ? a_hit(fx, b, (uint8_t)(at + 2), at + 2)
				   : (struct store_hit){0}}});
}

/* Who gets what waits in this sink, "a b"; they are the caller's. */
static struct outbox
mails(struct fixture *fx, const char *sink, const char *want)
{
	const struct outbox_query q = {
	    .sink = sink, .now_ms = NOW, .limit = 100};
	struct buf got = {0};
	struct outbox o;

	OK(fx, fx->api->outbox_due(fx->s, &q, &o, &fx->e));
	for (size_t i = 0; i < o.num; i++)
		buf_fmt(&got, "%s%s", i > 0 ? " " : "",
		    o.rows[i].to != NULL ? o.rows[i].to : "-");
	assert_string_equal(buf_cstr(&got), want);
	buf_fini(&got);
	return o;
}

static void
goes_to(struct fixture *fx, const char *sink, const char *want)
{
	struct outbox o = mails(fx, sink, want);

	outbox_fini(&o);
}

static bool
use(struct fixture *fx, const struct outbox_row *r, enum token_act act)
{
	const struct actor who = {"person", NOW};
	struct ledger_use x = {.token = r->unsubscribe, .act = act};

	assert_true(r->has_unsubscribe);
	OK(fx, LEDGER(fx)->token_use(fx->s, &x, &who, &fx->e));
	return x.did;
}

static enum record_state
state_of(struct fixture *fx, const char *id)
{
	return get_record(fx, id).state;
}

/* --- to whom ----------------------------------------------------------------- */

static void
test_own(void **state)
{
	struct fixture *fx = *state;

	import_one(fx, an_email("acme", "jane"));
	found(fx, "jane", NULL);
	goes_to(fx, "people", "jane.roe.jane@example.net");
	goes_to(fx, "soc", "-");
}

static void
test_mailto(void **state)
{
	struct fixture *fx = *state;
	struct record r = an_email("acme", "jane"),
		      both = an_email("acme", "b");

	add_notify(&r, "mailto:desk@example.org");
	add_notify(&r, "mailto:Jane+2@example.net");
	add_notify(&r, "mailto:jane+3@example.net"); /* the same mailbox */
	import_one(fx, r);
	add_notify(&both, "mailto:desk@example.org");
	add_notify(&both, "sink:soc");
	import_one(fx, both);
	found(fx, "jane", NULL);
	goes_to(fx, "people", "desk@example.org Jane+2@example.net");
	goes_to(fx, "soc", "");
	found(fx, "b", NULL);
	goes_to(fx, "soc", "-");
}

/* A sink that mails to records is one that a record may name. */
static void
test_named_sink(void **state)
{
	struct fixture *fx = *state;
	struct record r = an_email("acme", "jane"), s = an_email("acme", "s");

	add_notify(&r, "sink:people");
	import_one(fx, r);
	add_notify(&s, "sink:soc");
	import_one(fx, s);
	found(fx, "jane", "s");
	goes_to(fx, "people", "jane.roe.jane@example.net");
	goes_to(fx, "soc", "-");
}

static void
test_names(void **state)
{
	struct fixture *fx = *state;
	struct record told = an_email("acme", "told"),
		      own = a_name("acme", "own", "jane");

	import_one(fx, an_email("acme", "jane"));
	import_one(fx, a_name("acme", "name", "jane"));
	add_notify(&told, "mailto:desk@example.org");
	import_one(fx, told);
	import_one(fx, a_name("acme", "second", "told"));
	found(fx, "name", "second");
	goes_to(fx, "people", "jane.roe.jane@example.net desk@example.org");
	add_notify(&own, "mailto:own@example.org");
	import_one(fx, own);
	found(fx, "own", NULL);
	goes_to(fx, "people",
	    "jane.roe.jane@example.net desk@example.org own@example.org");
}

static void
test_domain(void **state)
{
	struct fixture *fx = *state;
	struct record d = an_email("acme", "dom"), told = an_email("acme", "t");

	d.kind = told.kind = RECORD_DOMAIN;
	free(d.value);
	free(told.value);
	d.value = mem_str("roe.example");
	told.value = mem_str("doe.example");
	import_one(fx, d);
	add_notify(&told, "mailto:desk@example.org");
	import_one(fx, told);
	found(fx, "dom", "t");
	goes_to(fx, "people", "desk@example.org");
	goes_to(fx, "soc", "-"); /* dom's */
}

/* Nobody is written to by the operator's events. */
static void
test_events(void **state)
{
	struct fixture *fx = *state;
	struct event ev = {.id = {1},
	    .type = "misbehaviour",
	    .subject = "x",
	    .time_ms = NOW,
	    .data = span_str("{}")};

	OK(fx, fx->api->event_add(fx->s, &ev, &fx->e));
	goes_to(fx, "people", "");
	goes_to(fx, "soc", "-");
}

static void
test_unserved(void **state)
{
	struct fixture *fx = *state;
	struct record r = an_email("acme", "jane");
	struct buf one = {0};
	uint64_t lost;

	add_notify(&r, "mailto:desk@example.org");
	import_one(fx, r);
	OK(fx, LEDGER(fx)->unserved(fx->s, &lost, &one, &fx->e));
	assert_int_equal(lost, 0);
	assert_int_equal(one.len, 0);
	fixture_close(fx);
	fx->conf.sinks = mail_sinks + 1;
	fx->conf.num_sinks = 1;
	fixture_open(fx);
	OK(fx, LEDGER(fx)->unserved(fx->s, &lost, &one, &fx->e));
	assert_int_equal(lost, 1);
	assert_string_equal(buf_cstr(&one), "jane of tenant acme");
	buf_fini(&one);
}

/* A record that an older version took in: mailto: left no mark. */
static void
test_older(void **state)
{
	struct fixture *fx = *state;
	struct record r = an_email("acme", "jane");
	sqlite3 *db;

	add_notify(&r, "mailto:desk@example.org");
	import_one(fx, r);
	fixture_close(fx);
	assert_int_equal(sqlite3_open(fx->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "UPDATE record SET sinks = NULL",
			     NULL, NULL, NULL),
	    SQLITE_OK);
	sqlite3_close(db);
	fixture_open(fx);
	found(fx, "jane", NULL);
	goes_to(fx, "people", "desk@example.org");
	goes_to(fx, "soc", "");
}

/* A digest for each recipient of each record. */
static void
test_digests(void **state)
{
	struct fixture *fx = *state;
	struct record r = an_email("acme", "jane");
	struct outbox_query q = {
	    .sink = "people", .now_ms = NOW + 15 * DAY, .limit = 100};
	struct outbox o;

	fixture_close(fx);
	fx->conf.sinks = daily_sinks;
	fx->conf.num_sinks = 1;
	fixture_open(fx);
	add_notify(&r, "mailto:desk@example.org");
	add_notify(&r, "mailto:jane.roe.jane@example.net");
	import_one(fx, r);
	import_one(fx, an_email("acme", "john"));
	found(fx, "jane", "john");
	found(fx, "jane", NULL);
	goes_to(fx, "people", "");
	OK(fx, fx->api->outbox_due(fx->s, &q, &o, &fx->e));
	assert_int_equal(o.num, 5);
	for (size_t i = 1; i < o.num; i++)
		assert_true((o.rows[i].digest == o.rows[i - 1].digest) ==
			    (strcmp(o.rows[i].to, o.rows[i - 1].to) == 0));
	assert_true(use(fx, &o.rows[0], TOKEN_NEVER));
	outbox_fini(&o);
	OK(fx, fx->api->outbox_due(fx->s, &q, &o, &fx->e));
	assert_int_equal(o.num, 3); /* the desk's are gone */
	outbox_fini(&o);
}

/* --- what changes while it waits ------------------------------------------------ */

static void
test_changed(void **state)
{
	struct fixture *fx = *state;
	struct record before = an_email("acme", "jane"),
		      after = an_email("acme", "jane");
	struct outbox o;

	add_notify(&before, "mailto:old@example.org");
	add_notify(&before, "mailto:desk@example.org");
	import_one(fx, before);
	found(fx, "jane", NULL);
	add_notify(&after, "mailto:desk@example.org");
	import_one(fx, after);
	o = mails(fx, "people", "- desk@example.org");
	assert_true(o.rows[0].unnamed);
	assert_false(o.rows[1].unnamed);
	outbox_fini(&o);
}

static void
test_paused(void **state)
{
	struct fixture *fx = *state;

	import_one(fx, an_email("acme", "jane"));
	import_one(fx, an_email("acme", "john"));
	found(fx, "jane", "john");
	set_state(fx, "jane", RECORD_PAUSED);
	goes_to(fx, "people", "jane.roe.john@example.net");
	set_state(fx, "jane", RECORD_ACTIVE);
	set_state(fx, "john", RECORD_WITHDRAWN);
	goes_to(fx, "people", "jane.roe.jane@example.net");
	set_state(fx, "jane", RECORD_ERASED);
	goes_to(fx, "people", "");
	assert_int_equal(ask_db(fx->path, "SELECT count(*) FROM outbox"), 0);
}

/* --- the link -------------------------------------------------------------------- */

static void
test_unsubscribe(void **state)
{
	struct fixture *fx = *state;
	struct record_at at = {"acme", "jane"};
	uint8_t token[LEDGER_TOKEN];
	struct outbox o, again;

	import_one(fx, an_email("acme", "jane"));
	found(fx, "jane", NULL);
	o = mails(fx, "people", "jane.roe.jane@example.net");
	again = mails(fx, "people", "jane.roe.jane@example.net");
	assert_memory_equal(
	    o.rows[0].unsubscribe, again.rows[0].unsubscribe, LEDGER_TOKEN);
	OK(fx, LEDGER(fx)->unsubscribe_token(fx->s, &at, token, &fx->e));
	assert_memory_equal(o.rows[0].unsubscribe, token, LEDGER_TOKEN);
	fixture_again(fx);
	assert_true(use(fx, &o.rows[0], TOKEN_UNSUBSCRIBE));
	assert_int_equal(state_of(fx, "jane"), RECORD_WITHDRAWN);
	goes_to(fx, "people", "");
	outbox_fini(&o);
	outbox_fini(&again);
}

/* Somebody else's link ends the mails to that one, and nothing else. */
static void
test_decline(void **state)
{
	struct fixture *fx = *state;
	struct record_at at = {"acme", "jane"};
	struct record r = an_email("acme", "jane"), s = an_email("acme", "s");
	struct outbox o;

	add_notify(&r, "mailto:desk@example.org");
	add_notify(&r, "mailto:jane.roe.jane@example.net");
	import_one(fx, r);
	add_notify(&s, "mailto:desk@example.org");
	import_one(fx, s);
	found(fx, "jane", "s");
	o = mails(fx, "people",
	    "desk@example.org jane.roe.jane@example.net desk@example.org");
	assert_memory_not_equal(
	    o.rows[0].unsubscribe, o.rows[1].unsubscribe, LEDGER_TOKEN);
	assert_memory_not_equal(
	    o.rows[0].unsubscribe, o.rows[2].unsubscribe, LEDGER_TOKEN);
	assert_true(use(fx, &o.rows[0], TOKEN_UNSUBSCRIBE));
	assert_false(use(fx, &o.rows[0], TOKEN_UNSUBSCRIBE));
	assert_int_equal(state_of(fx, "jane"), RECORD_ACTIVE);
	assert_true(happened(fx, &at, "unsubscribed"));
	goes_to(fx, "people", "jane.roe.jane@example.net desk@example.org");
	found(fx, "jane", NULL);
	goes_to(fx, "people",
	    "jane.roe.jane@example.net desk@example.org "
	    "jane.roe.jane@example.net");
	/* The person's own does more. */
	assert_true(use(fx, &o.rows[1], TOKEN_UNSUBSCRIBE));
	assert_int_equal(state_of(fx, "jane"), RECORD_WITHDRAWN);
	goes_to(fx, "people", "desk@example.org");
	outbox_fini(&o);
	set_state(fx, "jane", RECORD_ERASED);
	assert_int_equal(ask_db(fx->path, "SELECT count(*) FROM declined"), 0);
}

/* That stays so when an older backup is restored. */
static void
test_restored(void **state)
{
	struct fixture *fx = *state;
	struct record r = an_email("acme", "jane");
	struct ledger_restored done;
	struct outbox o;
	char copy[128];

	add_notify(&r, "mailto:desk@example.org");
	import_one(fx, r);
	found(fx, "jane", NULL);
	o = mails(fx, "people", "desk@example.org");
	snprintf(copy, sizeof(copy), "%s/copy.db", fx->dir);
	OK(fx, LEDGER(fx)->backup(fx->s, copy, &fx->e));
	assert_true(use(fx, &o.rows[0], TOKEN_UNSUBSCRIBE));
	outbox_fini(&o);
	fixture_close(fx);
	OK(fx, LEDGER(fx)->restore(&fx->conf, copy, &ops, &done, &fx->e));
	free(done.before);
	fixture_open(fx);
	assert_int_equal(state_of(fx, "jane"), RECORD_ACTIVE);
	goes_to(fx, "people", "");
	found(fx, "jane", NULL);
	goes_to(fx, "people", "");
}

/* "Never again" holds back what waits and what comes, of all records. */
static void
test_never(void **state)
{
	struct fixture *fx = *state;
	struct record r = an_email("acme", "jane"), s = an_email("acme", "s");
	struct outbox o;

	add_notify(&r, "mailto:desk+jane@example.org");
	import_one(fx, r);
	add_notify(&s, "mailto:desk@example.org");
	add_notify(&s, "mailto:other@example.org");
	import_one(fx, s);
	found(fx, "jane", "s");
	o = mails(fx, "people",
	    "desk+jane@example.org desk@example.org other@example.org");
	assert_true(use(fx, &o.rows[0], TOKEN_NEVER));
	outbox_fini(&o);
	assert_int_equal(state_of(fx, "jane"), RECORD_ACTIVE);
	goes_to(fx, "people", "other@example.org");
	assert_int_equal(
	    ask_db(fx->path, "SELECT count(*) FROM outbox WHERE state = 2"), 0);
	found(fx, "s", "jane");
	goes_to(fx, "people", "other@example.org other@example.org");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    MAILS(test_own),
	    MAILS(test_mailto),
	    MAILS(test_named_sink),
	    MAILS(test_names),
	    MAILS(test_domain),
	    MAILS(test_events),
	    MAILS(test_unserved),
	    MAILS(test_older),
	    MAILS(test_digests),
	    MAILS(test_changed),
	    MAILS(test_paused),
	    MAILS(test_unsubscribe),
	    MAILS(test_decline),
	    MAILS(test_restored),
	    MAILS(test_never),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
