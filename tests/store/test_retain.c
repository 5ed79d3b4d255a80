/*
 * Tests of forgetting: what is too old goes and stays away, what was sent is
 * not sent again for that, and of an erased record no byte is left.
 */
#include <sqlite3.h>

#include "tests/store/disk.h"
#include "tests/store/ledger.h"

/* Ages that let everything stay. */
#define EVER (100 * 365 * DAY)
static const struct ledger_retention keep_all = {EVER, EVER, EVER, EVER};

/* Until nothing is left to be forgotten; how many steps that took. */
static int
retain(struct fixture *fx, const struct ledger_retention *r, int64_t now_ms)
{
	bool more = true;
	int steps = 0;

	for (; more; steps++)
		OK(fx, LEDGER(fx)->retain(fx->s, r, now_ms, &more, &fx->e));
	return steps;
}

static int64_t
ask(struct fixture *fx, const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *q;
	int64_t n;

	assert_int_equal(
	    sqlite3_open_v2(fx->path, &db, SQLITE_OPEN_READONLY, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	n = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	sqlite3_close(db);
	return n;
}

/* --- hits ---------------------------------------------------------------------------- */

static void
test_hits(void **state)
{
	struct fixture *fx = *state;
	struct ledger_retention r = keep_all;
	struct stretch t = claim(fx, &log_a, 0);
	struct store_hit young;
	struct buf sealed;

	import_one(fx, an_email("acme", "jane"));
	step_hit(fx, &t, 10, a_hit(fx, "jane", 1, 1));
	young = a_hit(fx, "jane", 3, 11);
	young.x.time_ms = NOW + 10 * DAY;
	step_hit(fx, &t, 20, young);
	sealed = value_of(fx, "SELECT sealed FROM exposure ORDER BY no");
	assert_true(disk_has(fx, buf_span(&sealed)));
	retain(fx, &keep_all, NOW + 400 * DAY);
	assert_int_equal(list_exposures(fx, NULL).num, 2);
	r.hits_ms = 400 * DAY;
	retain(fx, &r, NOW + 405 * DAY);
	assert_int_equal(list_exposures(fx, NULL).num, 1);
	assert_int_equal(list_exposures(fx, NULL).list[0].id[1], 3);
	assert_int_equal(ask(fx, "SELECT count(*) FROM sighting"), 1);
	assert_int_equal(ask(fx, "SELECT count(*) FROM outbox"), 3);
	assert_false(disk_has(fx, buf_span(&sealed)));
	buf_fini(&sealed);
}

/* --- what was sent --------------------------------------------------------------------- */

static void
settle_at(struct fixture *fx, int64_t row, enum settle how, int64_t now_ms)
{
	struct store_settle x = {
	    .row = row, .how = how, .now_ms = now_ms, .due_ms = now_ms + 1};

	OK(fx, fx->api->outbox_settle(fx->s, &x, 1, &fx->e));
}

static void
settle_all(struct fixture *fx, int64_t now_ms, size_t but)
{
	struct outbox o = due(fx, now_ms);

	for (size_t i = 0; i + but < o.num; i++)
		settle_at(fx, o.rows[i].id,
		    i % 2 ? SETTLE_DEAD : SETTLE_DELIVERED, now_ms);
	outbox_fini(&o);
}

/* Deliveries are forgotten; what was told is not told again, neither when it
 * is seen once more nor when it is read anew. */
static void
test_messages(void **state)
{
	struct fixture *fx = *state;
	struct ledger_retention r = keep_all;
	struct stretch t = claim(fx, &log_a, 0);
	const int64_t then = NOW + HOLD;
	struct store_rewound back = {.now_ms = NOW};

	r.messages_ms = 30 * DAY;
	import_one(fx, an_email("acme", "jane"));
	step_hit(fx, &t, 10, a_hit(fx, "jane", 1, 1));
	settle_all(fx, then, 1);
	retain(fx, &r, then + 31 * DAY);
	/* One sink has not got it yet: nothing of it goes. */
	assert_int_equal(ask(fx, "SELECT count(*) FROM outbox"), 3);
	settle_all(fx, then + 31 * DAY, 0);
	retain(fx, &r, then + 32 * DAY);
	assert_int_equal(ask(fx, "SELECT count(*) FROM outbox"), 3);
	retain(fx, &r, then + 62 * DAY);
	assert_int_equal(ask(fx, "SELECT count(*) FROM outbox"), 0);
	assert_int_equal(list_exposures(fx, NULL).num, 1);
	fixture_again(fx);
	t = claim(fx, &log_a, 0);
	step_hit(fx, &t, 20, a_hit(fx, "jane", 1, 11));
	assert_int_equal(num_due(fx, INT64_MAX), 0);
	OK(fx, fx->api->rewind(fx->s, &t, &back, &fx->e));
	assert_int_equal(back.retracted, 0);
	assert_int_equal(back.delivered, 1);
	t = claim(fx, &log_a, 0);
	step_hit(fx, &t, 20, a_hit(fx, "jane", 1, 1));
	assert_int_equal(num_due(fx, INT64_MAX), 0);
}

static void
test_events(void **state)
{
	struct fixture *fx = *state;
	struct ledger_retention r = keep_all;
	struct event ev = {.id = {7},
	    .type = "log.misbehaviour",
	    .subject = "Log A",
	    .time_ms = NOW,
	    .data = span_str("{\"kind\":\"fork\"}")};

	r.messages_ms = 30 * DAY;
	OK(fx, fx->api->event_add(fx->s, &ev, &fx->e));
	retain(fx, &r, NOW + 31 * DAY);
	assert_int_equal(num_due(fx, INT64_MAX), 2); /* they still wait */
	settle_all(fx, NOW + 31 * DAY, 0);
	retain(fx, &r, NOW + 31 * DAY);
	assert_int_equal(ask(fx, "SELECT count(*) FROM outbox"), 0);
	assert_false(disk_has(fx, span_str("{\"kind\":\"fork\"}")));
	OK(fx, fx->api->event_add(fx->s, &ev, &fx->e));
	assert_int_equal(num_due(fx, INT64_MAX), 0);
}

/* --- the audit trail ---------------------------------------------------------------------- */

static void
set_at(struct fixture *fx, enum record_state to, int64_t now_ms)
{
	struct record_change c = {"acme", "jane", to, now_ms, NULL};

	OK(fx, fx->api->record_state(fx->s, &c, &fx->e));
}

/* Its beginning goes; what is left is whole, and is checked from there. */
static void
test_audit(void **state)
{
	struct fixture *fx = *state;
	struct ledger_retention r = keep_all;
	uint8_t head[32], after[32];
	uint64_t num;
	sqlite3 *db;

	r.audit_ms = 10 * DAY;
	import_one(fx, an_email("acme", "jane"));
	for (int i = 1; i <= 20; i++)
		set_at(
		    fx, i % 2 ? RECORD_PAUSED : RECORD_ACTIVE, NOW + i * DAY);
	OK(fx, LEDGER(fx)->audit_check(fx->s, &num, head, &fx->e));
	assert_int_equal(num, 21);
	retain(fx, &r, NOW + 20 * DAY);
	OK(fx, LEDGER(fx)->audit_check(fx->s, &num, after, &fx->e));
	assert_int_equal(num, 11);
	assert_memory_equal(head, after, 32);
	set_at(fx, RECORD_PAUSED, NOW + 21 * DAY);
	check_audit(fx, 12);
	fixture_close(fx);
	assert_int_equal(sqlite3_open(fx->path, &db), SQLITE_OK);
	sqlite3_exec(db, "DELETE FROM audit WHERE no = 11", NULL, NULL, NULL);
	sqlite3_close(db);
	fixture_open(fx);
	FAILS(fx, ST_BAD, LEDGER(fx)->audit_check(fx->s, &num, head, &fx->e));
	assert_says(&fx->e, "row 11");
	/* All of it, and on. */
	retain(fx, &r, NOW + 100 * DAY);
	check_audit(fx, 0);
	set_at(fx, RECORD_ACTIVE, NOW + 100 * DAY);
	check_audit(fx, 1);
	assert_int_equal(ask(fx, "SELECT no FROM audit"), 23);
	/* The history of a record that is there stays. */
	assert_int_equal(
	    list_history(fx, &(struct record_at){"acme", "jane"}).num, 23);
}

/* --- pending records ------------------------------------------------------------------------ */

static void
test_pending(void **state)
{
	struct fixture *fx = *state;
	struct ledger_retention r = keep_all;
	struct ledger_letters l;
	uint8_t hash[32] = {1};

	r.pending_ms = 7 * DAY;
	import_one(fx, unconfirmed("acme", "jane"));
	import_one(fx, unconfirmed("acme", "asked"));
	import_one(fx, an_email("acme", "john"));
	import_one(fx, a_name("acme", "n1", "jane"));
	OK(fx, LEDGER(fx)->letters(fx->s, NOW, 10, &l, &fx->e));
	assert_int_equal(l.num, 2);
	OK(fx, LEDGER(fx)->letter_begin(
		   fx->s, l.list[1].id, hash, NOW + 6 * DAY, &fx->e));
	ledger_letters_fini(&l);
	retain(fx, &r, NOW + 7 * DAY);
	assert_int_equal(get_record(fx, "jane").state, RECORD_PENDING);
	retain(fx, &r, NOW + 7 * DAY + 1);
	assert_int_equal(get_record(fx, "jane").state, RECORD_ERASED);
	assert_int_equal(get_record(fx, "n1").state, RECORD_ERASED);
	/* Its mail was sent yesterday. */
	assert_int_equal(get_record(fx, "asked").state, RECORD_PENDING);
	retain(fx, &r, NOW + 8 * DAY);
	assert_int_equal(get_record(fx, "asked").state, RECORD_ERASED);
	assert_int_equal(get_record(fx, "john").state, RECORD_ACTIVE);
	assert_int_equal(ask(fx, "SELECT count(*) FROM letter"), 0);
	assert_int_equal(ask(fx, "SELECT count(*) FROM token"), 0);
	assert_int_equal(num_audit(fx, "erased"), 3);
}

/* In steps, each a transaction of its own. */
static void
test_steps(void **state)
{
	enum { MANY = 1200 };
	struct fixture *fx = *state;
	struct ledger_retention r = keep_all;
	struct record *list = mem_new(MANY, sizeof(*list));
	struct store_import io;
	char id[16];

	for (int i = 0; i < MANY; i++) {
		snprintf(id, sizeof(id), "r%d", i);
		list[i] = unconfirmed("acme", id);
	}
	OK(fx, import_all(fx, &io, list, MANY));
	free(list);
	r.pending_ms = DAY;
	assert_int_equal(retain(fx, &r, NOW + 2 * DAY), 3);
	assert_int_equal(
	    ask(fx, "SELECT count(*) FROM record WHERE state = 5"), MANY);
	r.audit_ms = DAY;
	assert_int_equal(retain(fx, &r, NOW + 2 * DAY), 3);
	check_audit(fx, MANY);
}

/* --- erasing --------------------------------------------------------------------------------- */

/* A record that has everything that a record can have, and its names. */
static void
fill(struct fixture *fx)
{
	struct record_at at = {"acme", "jane"};
	const struct ledger_proof proof = {"dns", "canary-evidence-2"};
	struct stretch t = claim(fx, &log_a, 0);
	struct record r = unconfirmed("acme", "jane");
	struct ledger_letters l;
	uint8_t token[LEDGER_TOKEN];
	static const uint8_t hash[32] = "canary-hash-of-a-letter's-token";

	add_notify(&r, "mailto:canary-notify@example.net");
	add_notify(&r, "sink:all");
	import_one(fx, r);
	OK(fx, LEDGER(fx)->letters(fx->s, NOW, 10, &l, &fx->e));
	OK(fx,
	    LEDGER(fx)->letter_begin(fx->s, l.list[0].id, hash, NOW, &fx->e));
	ledger_letters_fini(&l);
	OK(fx, LEDGER(fx)->confirm(fx->s, &at, &proof, &ops, &fx->e));
	import_one(fx, a_name("acme", "n1", "jane"));
	OK(fx, LEDGER(fx)->unsubscribe_token(fx->s, &at, token, &fx->e));
	step_hit(fx, &t, 10, a_hit(fx, "jane", 1, 1));
	settle(fx, 1, SETTLE_RETRY);
}

static const char *const values[] = {
    "SELECT wrapped FROM record_key, record WHERE id = record"
    " AND name = 'jane'",
    "SELECT wrapped FROM record_key, record WHERE id = record"
    " AND name = 'n1'",
    "SELECT sealed FROM record WHERE name = 'jane'",
    "SELECT keys FROM record WHERE name = 'jane'",
    "SELECT blob FROM record WHERE name = 'jane'",
    "SELECT sealed FROM record WHERE name = 'n1'",
    "SELECT keys FROM record WHERE name = 'n1'",
    "SELECT sealed FROM history WHERE sealed NOT NULL",
    "SELECT hash FROM token",
    "SELECT sealed FROM exposure",
    "SELECT id FROM exposure",
    "SELECT error_box FROM outbox WHERE error_box NOT NULL",
};
#define VALUES (sizeof(values) / sizeof(values[0]))

static void
test_erase(void **state)
{
	static const char *const plain[] = {"jane.roe", "canary-",
	    "example.net", "Roe.Secret", "bounced", "Example CA"};
	struct fixture *fx = *state;
	struct buf was[VALUES];

	fill(fx);
	for (size_t i = 0; i < VALUES; i++) {
		was[i] = value_of(fx, values[i]);
		assert_true(disk_has(fx, buf_span(&was[i])));
	}
	set_state(fx, "jane", RECORD_ERASED);
	for (size_t i = 0; i < VALUES; i++) {
		if (disk_has(fx, buf_span(&was[i])))
			fail_msg("left on the disk: %s", values[i]);
		buf_fini(&was[i]);
	}
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		assert_false(disk_has(fx, span_str(plain[i])));
	assert_int_equal(ask(fx, "SELECT count(*) FROM history"), 2);
	assert_int_equal(ask(fx, "SELECT count(*) FROM letter"), 0);
	assert_int_equal(ask(fx, "SELECT count(*) FROM token"), 0);
	assert_int_equal(ask(fx, "SELECT count(*) FROM outbox"), 0);
	assert_int_equal(num_audit(fx, "erased"), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    SQLITE(test_hits),
	    SQLITE(test_messages),
	    SQLITE(test_events),
	    SQLITE(test_audit),
	    SQLITE(test_pending),
	    SQLITE(test_steps),
	    SQLITE(test_erase),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
