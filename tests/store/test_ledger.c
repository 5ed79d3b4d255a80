/*
 * Tests of the opt-in ledger: one record as its owner sees it, consent by mail
 * and otherwise, limits of mails, tokens, names that belong to an address, and
 * the audit trail. What is forgotten is in test_retain.c.
 */
#include <sqlite3.h>

#include "ctlog/base/sha256.h"
#include "monitor/store/ledger.h"
#include "tests/store/ledger.h"

/* --- one record -------------------------------------------------------------- */

static void
test_get(void **state)
{
	struct fixture *fx = *state;
	struct record_at at = {"acme", "jane"}, other = {"zoo", "jane"};
	struct record_row x;

	import_one(fx, an_email("acme", "jane"));
	OK(fx, LEDGER(fx)->get(fx->s, &x, &at, NULL, &fx->e));
	assert_string_equal(x.r.id, "jane");
	assert_null(x.r.value);
	assert_int_equal(x.r.state, RECORD_ACTIVE);
	record_fini(&x.r);
	assert_int_equal(num_audit(fx, "revealed"), 0);
	OK(fx, LEDGER(fx)->get(fx->s, &x, &at, &ops, &fx->e));
	assert_string_equal(x.r.value, "jane.roe.jane@example.net");
	assert_string_equal(x.r.evidence, "contract 4711");
	record_fini(&x.r);
	assert_int_equal(num_audit(fx, "revealed"), 1);
	assert_true(happened(fx, &at, "revealed"));
	FAILS(fx, ST_MISSING, LEDGER(fx)->get(fx->s, &x, &other, &ops, &fx->e));
	assert_int_equal(num_audit(fx, "revealed"), 1);
	set_state(fx, "jane", RECORD_ERASED);
	OK(fx, LEDGER(fx)->get(fx->s, &x, &at, &ops, &fx->e));
	assert_int_equal(x.r.state, RECORD_ERASED);
	assert_null(x.r.value);
	record_fini(&x.r);
	assert_int_equal(num_audit(fx, "revealed"), 1);
}

static void
test_note(void **state)
{
	struct fixture *fx = *state;
	struct record_at at = {"acme", "jane"}, none = {"acme", "nobody"},
			 tenant = {"acme", NULL};

	import_one(fx, an_email("acme", "jane"));
	OK(fx, LEDGER(fx)->note(fx->s, &at, "exported", &ops, &fx->e));
	OK(fx, LEDGER(fx)->note(fx->s, &tenant, "revealed", &ops, &fx->e));
	OK(fx, LEDGER(fx)->note(fx->s, NULL, "revealed", &ops, &fx->e));
	FAILS(fx, ST_MISSING,
	    LEDGER(fx)->note(fx->s, &none, "exported", &ops, &fx->e));
	assert_int_equal(num_audit(fx, "exported"), 1);
	assert_int_equal(num_audit(fx, "revealed"), 2);
	assert_true(happened(fx, &at, "exported"));
	assert_false(happened(fx, &at, "revealed"));
	check_audit(fx, 4);
}

/* What became of it, in order; the consent is told in words. */
static void
test_history(void **state)
{
	struct fixture *fx = *state;
	struct record_at at = {"acme", "jane"}, none = {"zoo", "jane"};
	struct seen_history h;

	import_one(fx, an_email("acme", "jane"));
	import_one(fx, an_email("acme", "john"));
	set_state(fx, "jane", RECORD_PAUSED);
	set_state(fx, "jane", RECORD_ACTIVE);
	import_one(fx, an_email("acme", "jane")); /* nothing new */
	set_state(fx, "jane", RECORD_WITHDRAWN);
	fixture_again(fx);
	h = list_history(fx, &at);
	assert_int_equal(h.num, 4);
	assert_string_equal(h.list[0].what, "registered");
	assert_non_null(strstr(h.list[0].detail, "contract 4711"));
	assert_non_null(strstr(h.list[0].detail, "ct-exposure/1"));
	assert_string_equal(h.list[1].what, "paused");
	assert_string_equal(h.list[1].detail, "");
	assert_string_equal(h.list[2].what, "resumed");
	assert_string_equal(h.list[3].what, "withdrawn");
	assert_int_equal(h.list[3].time_ms, NOW + 1);
	FAILS(fx, ST_MISSING,
	    LEDGER(fx)->history(fx->s, &none, see_history, &h, &fx->e));
	set_state(fx, "jane", RECORD_ERASED);
	h = list_history(fx, &at);
	assert_int_equal(h.num, 1);
	assert_string_equal(h.list[0].what, "erased");
	check_audit(fx, 6);
}

static void
see_delivery(void *arg, const struct ledger_delivery *d)
{
	struct ledger_delivery *list = arg;

	for (; list->sink != NULL; list++)
		;
	*list = *d;
	list->sink = strcmp(d->sink, "all") == 0 ? "all" : "other";
}

/* Only what is of that record. */
static void
test_found_and_sent(void **state)
{
	struct fixture *fx = *state;
	struct record_at jane = {"acme", "jane"}, john = {"acme", "john"};
	struct seen_exposures l = {0};
	struct ledger_delivery d[8] = {0};
	struct stretch t = claim(fx, &log_a, 0);

	import_one(fx, an_email("acme", "jane"));
	import_one(fx, an_email("acme", "john"));
	step_hit(fx, &t, 10, a_hit(fx, "jane", 1, 1));
	step_hit(fx, &t, 20, a_hit(fx, "john", 3, 11));
	OK(fx, LEDGER(fx)->exposures(fx->s,
		   &(struct ledger_exposures){jane.tenant, jane.id}, see_marked,
		   &l, &fx->e));
	assert_int_equal(l.num, 1);
	assert_string_equal(l.list[0].record, "jane");
	assert_int_equal(l.list[0].num, 1);
	deliver(fx, "all", NOW + HOLD);
	OK(fx, LEDGER(fx)->deliveries(fx->s, &john, see_delivery, d, &fx->e));
	for (int i = 0; i < 3; i++) {
		assert_non_null(d[i].sink);
		if (strcmp(d[i].sink, "all") == 0) {
			assert_int_equal(d[i].state, DELIVERY_DONE);
			assert_int_equal(d[i].attempts, 1);
			assert_int_equal(d[i].at_ms, NOW + 20);
		} else {
			assert_int_equal(d[i].state, DELIVERY_WAITING);
			assert_int_equal(d[i].at_ms, 0);
		}
	}
	assert_null(d[3].sink);
}

/* --- consent otherwise ----------------------------------------------------------- */

static void
test_confirm(void **state)
{
	struct fixture *fx = *state;
	struct record_at at = {"acme", "jane"}, none = {"acme", "nobody"};
	struct record_row x;
	uint64_t before, after;

	import_one(fx, unconfirmed("acme", "jane"));
	assert_int_equal(get_record(fx, "jane").state, RECORD_PENDING);
	OK(fx, fx->api->index_generation(fx->s, &before, &fx->e));
	OK(fx, LEDGER(fx)->confirm(fx->s, &at,
		   &(struct ledger_proof){"dns", "TXT at example.com"}, &ops,
		   &fx->e));
	OK(fx, fx->api->index_generation(fx->s, &after, &fx->e));
	assert_true(before != after);
	OK(fx, LEDGER(fx)->get(fx->s, &x, &at, &ops, &fx->e));
	assert_int_equal(x.r.state, RECORD_ACTIVE);
	assert_string_equal(x.r.method, "dns");
	assert_string_equal(x.r.evidence, "TXT at example.com");
	assert_string_equal(x.r.purpose, "ct-exposure/1");
	assert_int_equal(x.r.consent_ms, NOW);
	record_fini(&x.r);
	assert_true(happened(fx, &at, "confirmed"));
	FAILS(fx, ST_USAGE,
	    LEDGER(fx)->confirm(fx->s, &at,
		&(struct ledger_proof){"dns", "again"}, &ops, &fx->e));
	assert_says(&fx->e, "active");
	FAILS(fx, ST_MISSING,
	    LEDGER(fx)->confirm(fx->s, &none,
		&(struct ledger_proof){"dns", "x"}, &ops, &fx->e));
	/* The file that it came from does not undo that; another value does. */
	import_one(fx, unconfirmed("acme", "jane"));
	assert_int_equal(get_record(fx, "jane").state, RECORD_ACTIVE);
	{
		struct record r = unconfirmed("acme", "jane");

		free(r.value);
		r.value = mem_str("other@example.net");
		import_one(fx, r);
	}
	assert_int_equal(get_record(fx, "jane").state, RECORD_PENDING);
}

static void
test_challenge(void **state)
{
	struct fixture *fx = *state;
	struct record_at at = {"acme", "a"}, other = {"acme", "b"};
	char one[44], again[44], two[44];

	import_one(fx, unconfirmed("acme", "a"));
	import_one(fx, unconfirmed("acme", "b"));
	OK(fx, LEDGER(fx)->challenge(fx->s, &at, one, &fx->e));
	fixture_again(fx);
	OK(fx, LEDGER(fx)->challenge(fx->s, &at, again, &fx->e));
	OK(fx, LEDGER(fx)->challenge(fx->s, &other, two, &fx->e));
	assert_int_equal(strlen(one), 43);
	assert_string_equal(one, again);
	assert_string_not_equal(one, two);
	assert_int_equal(strspn(one, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklm"
				     "nopqrstuvwxyz0123456789-_"),
	    43);
	at.id = "c";
	FAILS(fx, ST_MISSING, LEDGER(fx)->challenge(fx->s, &at, one, &fx->e));
}

/* A pause outlives the next import of the same. */
static void
test_paused_import(void **state)
{
	struct fixture *fx = *state;
	struct record r;

	import_one(fx, an_email("acme", "jane"));
	set_state(fx, "jane", RECORD_PAUSED);
	import_one(fx, an_email("acme", "jane"));
	assert_int_equal(get_record(fx, "jane").state, RECORD_PAUSED);
	r = an_email("acme", "jane");
	r.consent_ms++;
	import_one(fx, r);
	assert_int_equal(get_record(fx, "jane").state, RECORD_ACTIVE);
}

/* Nothing is sent of a paused record; what waits goes out afterwards. */
static void
test_paused_alerts(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = claim(fx, &log_a, 0);
	struct outbox o;
	struct record r;
	int64_t next;
	size_t depth;

	import_one(fx, an_email("acme", "jane"));
	step_hit(fx, &t, 10, a_hit(fx, "jane", 1, 1));
	o = due(fx, NOW + HOLD);
	assert_int_equal(o.num, 3);
	set_state(fx, "jane", RECORD_PAUSED);
	settle(fx, o.rows[0].id, SETTLE_RETRY); /* it was on its way */
	outbox_fini(&o);
	step_plain(fx, &t, 20, 20); /* proven */
	assert_int_equal(num_due(fx, NOW + 1000 * DAY), 0);
	OK(fx, fx->api->outbox_next(fx->s, NULL, &next, &depth, &fx->e));
	assert_int_equal(depth, 0);
	assert_int_equal(next, INT64_MAX);
	set_state(fx, "jane", RECORD_ACTIVE);
	OK(fx, fx->api->outbox_next(fx->s, NULL, &next, &depth, &fx->e));
	assert_int_equal(depth, 3);
	assert_int_equal(num_due(fx, NOW + 20000), 3);
	set_state(fx, "jane", RECORD_PAUSED);
	r = an_email("acme", "jane");
	r.consent_ms++;
	import_one(fx, r);
	assert_int_equal(num_due(fx, NOW + 20000), 3);
	set_state(fx, "jane", RECORD_PAUSED);
	set_state(fx, "jane", RECORD_WITHDRAWN);
	assert_int_equal(ask_db(fx->path, "SELECT count(*) FROM outbox"), 0);
}

/* --- names ------------------------------------------------------------------------ */

static enum record_state
state_of(struct fixture *fx, const char *id)
{
	struct record_at at = {"acme", id};
	struct record_row x;
	enum record_state state;

	OK(fx, LEDGER(fx)->get(fx->s, &x, &at, NULL, &fx->e));
	state = x.r.state;
	record_fini(&x.r);
	return state;
}

static void
check_states(struct fixture *fx, enum record_state one, enum record_state two)
{
	assert_int_equal(state_of(fx, "n1"), one);
	assert_int_equal(state_of(fx, "n2"), two);
}

static void
set_at(struct fixture *fx, const char *id, enum record_state to, int64_t now)
{
	struct record_change c = {"acme", id, to, now, "token ops"};

	OK(fx, fx->api->record_state(fx->s, &c, &fx->e));
}

/* Names are what their identity is; whichever order they come in. */
static void
test_names(void **state)
{
	struct fixture *fx = *state;
	struct record_at at = {"acme", "jane"};
	struct store_import io;
	struct record list[3] = {a_name("acme", "n1", "jane"),
	    unconfirmed("acme", "jane"), a_name("acme", "n2", "jane")};
	struct record_change c = {"acme", "n1", RECORD_ACTIVE, NOW, NULL};
	uint64_t before, after;

	OK(fx, import_all(fx, &io, list, 3));
	assert_int_equal(io.pending, 3);
	check_states(fx, RECORD_PENDING, RECORD_PENDING);
	FAILS(fx, ST_USAGE, fx->api->record_state(fx->s, &c, &fx->e));
	assert_says(&fx->e, "jane");
	OK(fx, LEDGER(fx)->confirm(fx->s, &at,
		   &(struct ledger_proof){"mail", "x"}, &ops, &fx->e));
	check_states(fx, RECORD_ACTIVE, RECORD_ACTIVE);
	set_at(fx, "n1", RECORD_PAUSED, NOW + 1);
	OK(fx, fx->api->index_generation(fx->s, &before, &fx->e));
	set_at(fx, "jane", RECORD_PAUSED, NOW + 2);
	check_states(fx, RECORD_PAUSED, RECORD_PAUSED);
	OK(fx, fx->api->index_generation(fx->s, &after, &fx->e));
	assert_int_equal(after, before + 1);
	/* Only what was paused with it goes on with it. */
	set_at(fx, "jane", RECORD_ACTIVE, NOW + 3);
	check_states(fx, RECORD_PAUSED, RECORD_ACTIVE);
	set_at(fx, "n1", RECORD_ACTIVE, NOW + 4);
	/* So does one that came meanwhile. */
	set_at(fx, "jane", RECORD_PAUSED, NOW - 1);
	import_one(fx, a_name("acme", "n3", "jane"));
	assert_int_equal(get_record(fx, "n3").state, RECORD_PAUSED);
	set_at(fx, "jane", RECORD_ACTIVE, NOW + 5);
	assert_int_equal(get_record(fx, "n3").state, RECORD_ACTIVE);
	set_at(fx, "jane", RECORD_WITHDRAWN, NOW + 5);
	check_states(fx, RECORD_WITHDRAWN, RECORD_WITHDRAWN);
	set_at(fx, "jane", RECORD_ERASED, NOW + 6);
	check_states(fx, RECORD_ERASED, RECORD_ERASED);
}

/* Another address, or the end of its consent, is the names' as well. */
static void
test_names_follow(void **state)
{
	struct fixture *fx = *state;
	struct record r = an_email("acme", "jane");
	struct stretch t = claim(fx, &log_a, 0);

	import_one(fx, r);
	import_one(fx, a_name("acme", "n1", "jane"));
	import_one(fx, a_name("acme", "n2", "jane"));
	check_states(fx, RECORD_ACTIVE, RECORD_ACTIVE);
	r = an_email("acme", "jane");
	free(r.value);
	r.value = mem_str("second@example.net");
	import_one(fx, r);
	check_states(fx, RECORD_PENDING, RECORD_PENDING);
	r = an_email("acme", "jane");
	r.consent_ms++;
	r.expires_ms = NOW + 100;
	import_one(fx, r);
	check_states(fx, RECORD_ACTIVE, RECORD_ACTIVE);
	step(fx, (struct step){.t = &t, .read = 1, .now_ms = NOW + 100});
	check_states(fx, RECORD_EXPIRED, RECORD_EXPIRED);
	assert_int_equal(num_audit(fx, "expired"), 3);
	r = an_email("acme", "jane");
	r.consent_ms += 2;
	import_one(fx, r);
	check_states(fx, RECORD_ACTIVE, RECORD_ACTIVE);
	/* One of them alone. */
	set_at(fx, "n1", RECORD_ERASED, NOW + 200);
	check_states(fx, RECORD_ERASED, RECORD_ACTIVE);
	assert_int_equal(state_of(fx, "jane"), RECORD_ACTIVE);
}

static void
refuse(struct fixture *fx, struct record r, const char *why)
{
	struct store_import io;

	FAILS(fx, ST_BAD, import_all(fx, &io, &r, 1));
	assert_says(&fx->e, why);
}

static void
test_names_refused(void **state)
{
	struct fixture *fx = *state;
	char id[8];
	struct record r;

	import_one(fx, an_email("acme", "jane"));
	import_one(fx, an_email("zoo", "other"));
	import_one(fx, an_email("acme", "left"));
	set_state(fx, "left", RECORD_WITHDRAWN);
	for (int i = 1; i <= 5; i++) {
		snprintf(id, sizeof(id), "n%d", i);
		import_one(fx, a_name("acme", id, "jane"));
	}
	refuse(fx, a_name("acme", "n6", "jane"), "5 names");
	refuse(fx, a_name("acme", "n7", "nobody"), "no such record");
	refuse(fx, a_name("acme", "n7", "other"), "no such record");
	refuse(fx, a_name("acme", "n7", "left"), "withdrawn");
	refuse(fx, a_name("acme", "n7", "n1"), "no e-mail address");
	r = a_name("acme", "jane", NULL);
	refuse(fx, r, "names that belong to it");
	/* The same ones again, and one in the place of another. */
	import_one(fx, a_name("acme", "n5", "jane"));
	set_state(fx, "n5", RECORD_WITHDRAWN);
	import_one(fx, a_name("acme", "n6", "jane"));
	assert_int_equal(state_of(fx, "n6"), RECORD_ACTIVE);
}

/* Many expire together: some in each transaction, and none of the others is
 * told anything more. */
static void
test_expiry(void **state)
{
	enum { MANY = 2500 };
	struct fixture *fx = *state;
	struct record *list = mem_new(MANY, sizeof(*list));
	struct stretch t = claim(fx, &log_a, 0);
	struct store_import io;
	struct match_size size;
	struct store_committed done;
	struct store_hit last;
	char id[16];

	for (int i = 0; i < MANY; i++) {
		snprintf(id, sizeof(id), "r%d", i);
		list[i] = an_email("acme", id);
		list[i].expires_ms = NOW + 100;
	}
	OK(fx, import_all(fx, &io, list, MANY));
	free(list);
	last = a_hit(fx, "r2499", 1, 1);
	done = step(fx, (struct step){.t = &t,
			    .read = 10,
			    .num_hits = 1,
			    .hits = {last},
			    .now_ms = NOW + 100});
	assert_int_equal(done.dropped, 1);
	OK(fx, fx->api->index_size(fx->s, NOW + 100, &size, &fx->e));
	assert_int_equal(size.records, 0);
	assert_int_equal(state_of(fx, "r0"), RECORD_EXPIRED);
	assert_int_equal(state_of(fx, "r2499"), RECORD_ACTIVE);
	for (uint64_t i = 11; i < 13; i++)
		step(
		    fx, (struct step){.t = &t, .read = i, .now_ms = NOW + 100});
	assert_int_equal(state_of(fx, "r2499"), RECORD_EXPIRED);
	check_audit(fx, 2 * MANY);
}

/* --- the audit trail ----------------------------------------------------------------- */

static void
test_audit(void **state)
{
	struct fixture *fx = *state;
	struct seen_audit a = {0};
	uint64_t num;
	uint8_t head[32], again[32];

	OK(fx, LEDGER(fx)->audit_check(fx->s, &num, head, &fx->e));
	assert_int_equal(num, 0);
	import_one(fx, an_email("acme", "jane"));
	import_one(fx, an_email("acme", "jane")); /* no change, no row */
	set_at(fx, "jane", RECORD_PAUSED, NOW + 7);
	OK(fx, LEDGER(fx)->audit(fx->s, &(struct ledger_page){0, 100},
		   see_audit, &a, &fx->e));
	assert_int_equal(a.num, 2);
	assert_string_equal(a.list[0].what, "registered");
	assert_string_equal(a.list[0].who, "service");
	assert_string_equal(a.list[0].tenant, "acme");
	assert_string_equal(a.list[1].id, "jane");
	assert_string_equal(a.list[1].who, "token ops");
	assert_int_equal(a.list[1].time_ms, NOW + 7);
	check_audit(fx, 2);
	OK(fx, LEDGER(fx)->audit_check(fx->s, &num, head, &fx->e));
	assert_memory_equal(head, a.list[1].hash, 32);
	fixture_again(fx);
	OK(fx, LEDGER(fx)->audit_check(fx->s, &num, again, &fx->e));
	assert_memory_equal(head, again, 32);
	set_at(fx, "jane", RECORD_ACTIVE, NOW + 8);
	check_audit(fx, 3);
	/* A failure leaves nothing, and the next row fits all the same. */
	{
		struct record list[2] = {
		    an_email("acme", "new"), a_name("acme", "n", "nobody")};
		struct store_import io;

		FAILS(fx, ST_BAD, import_all(fx, &io, list, 2));
	}
	check_audit(fx, 3);
	set_at(fx, "jane", RECORD_WITHDRAWN, NOW + 9);
	check_audit(fx, 4);
	a = (struct seen_audit){0};
	OK(fx, LEDGER(fx)->audit(
		   fx->s, &(struct ledger_page){2, 1}, see_audit, &a, &fx->e));
	assert_int_equal(a.num, 1);
	assert_int_equal(a.list[0].no, 3);
}

/* Whatever is changed in it is found, and where. */
static void
test_audit_tampering(void **state)
{
	static const struct {
		const char *sql, *says;
	} table[] = {
	    {"UPDATE audit SET what = 'exported' WHERE no = 2", "row 2"},
	    {"UPDATE audit SET who = who || 'x' WHERE no = 1", "row 1"},
	    {"UPDATE audit SET time_ms = time_ms + 1 WHERE no = 3", "row 3"},
	    {"UPDATE audit SET name = NULL WHERE no = 2", "row 2"},
	    {"UPDATE audit SET tenant = 'acmej', name = 'ane' WHERE no = 2",
		"row 2"},
	    {"DELETE FROM audit WHERE no = 2", "row 2"},
	    {"DELETE FROM audit WHERE no = 1", "row 1"},
	    {"UPDATE audit SET hash = zeroblob(32) WHERE no = 3", "row 3"},
	};
	struct fixture *fx = *state;
	uint64_t num;
	uint8_t head[32];

	import_one(fx, an_email("acme", "jane"));
	set_state(fx, "jane", RECORD_PAUSED);
	set_state(fx, "jane", RECORD_ACTIVE);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		sqlite3 *db;

		fixture_close(fx);
		assert_int_equal(sqlite3_open(fx->path, &db), SQLITE_OK);
		sqlite3_exec(db, "CREATE TABLE kept AS SELECT * FROM audit",
		    NULL, NULL, NULL);
		assert_int_equal(
		    sqlite3_exec(db, table[i].sql, NULL, NULL, NULL),
		    SQLITE_OK);
		assert_int_equal(sqlite3_changes(db), 1);
		fixture_open(fx);
		FAILS(fx, ST_BAD,
		    LEDGER(fx)->audit_check(fx->s, &num, head, &fx->e));
		assert_says(&fx->e, table[i].says);
		fixture_close(fx);
		assert_int_equal(sqlite3_exec(db,
				     "DELETE FROM audit; INSERT INTO audit"
				     " SELECT * FROM kept; DROP TABLE kept",
				     NULL, NULL, NULL),
		    SQLITE_OK);
		sqlite3_close(db);
		fixture_open(fx);
		check_audit(fx, 3);
	}
}

/* --- backends -------------------------------------------------------------------------- */

static void
test_memory(void **state)
{
	struct fixture *fx = *state;
	struct record r = a_name("acme", "n1", "jane");
	struct store_import io;

	assert_null(fx->api->ledger);
	FAILS(fx, ST_BAD, import_all(fx, &io, &r, 1));
	assert_says(&fx->e, "store");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    SQLITE(test_get),
	    SQLITE(test_note),
	    SQLITE(test_history),
	    SQLITE(test_found_and_sent),
	    SQLITE(test_confirm),
	    SQLITE(test_challenge),
	    BOTH(test_paused_import),
	    SQLITE(test_paused_alerts),
	    SQLITE(test_names),
	    SQLITE(test_names_follow),
	    SQLITE(test_names_refused),
	    SQLITE(test_expiry),
	    SQLITE(test_audit),
	    SQLITE(test_audit_tampering),
	    cmocka_unit_test_setup_teardown(test_memory, memory, done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
