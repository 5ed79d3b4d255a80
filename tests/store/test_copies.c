/*
 * A store under new keys, and copies of it, below the commands: what keys
 * stand where, in quarantine and in errors of deliveries too, and what
 * survives. How the commands fare is in tests/e2e.
 */
#include <sys/mount.h>
#include <sys/stat.h>

#include "monitor/store/ledger.h"
#include "tests/store/fixture.h"

static const struct actor me = {"uid 0", NOW + 5};

static int
setup(void **state)
{
	*state = fixture_new(&store_sqlite);
	return 0;
}

static int
teardown(void **state)
{
	fixture_free(*state);
	return 0;
}

/* A change of the database by hand, while it is closed. */
static void
by_hand(struct fixture *fx, const char *sql)
{
	sqlite3 *db;

	fixture_close(fx);
	assert_int_equal(sqlite3_open(fx->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	fixture_open(fx);
}

/* The keys before open nothing any more. */
static void
rotate(struct fixture *fx)
{
	struct keys new;

	keys_random(&new);
	OK(fx, fx->api->ledger->rotate(fx->s, &new, &me, &fx->e));
	assert_string_equal(
	    get_record(fx, "john").value, "jane.roe.john@example.net");
	fixture_close(fx);
	FAILS(fx, ST_MISMATCH, fx->api->open(&fx->s, &fx->conf, &fx->e));
	fx->conf.keys = new;
	fixture_open(fx);
}

/* One of everything that has a key. */
static void
fill(struct fixture *fx)
{
	struct stretch t = claim(fx, &log_a, 0);
	struct outbox o;

	import_one(fx, an_email("acme", "jane"));
	import_one(fx, an_email("acme", "john"));
	step(fx,
	    (struct step){.t = &t,
		.read = 10,
		.proven = 10,
		.num_hits = 1,
		.hits = {a_hit(fx, "jane", 7, 4)},
		.num_quarantined = 3,
		.quarantined = {{3, leaf_hash(fx, 3), "why", span_str("third")},
		    {5, leaf_hash(fx, 5), "why", span_str("fifth")},
		    {9, leaf_hash(fx, 9), "why", span_str("ninth")}}});
	/* As before 0003.sql: the key stands in front of the box. */
	by_hand(fx,
	    "UPDATE quarantine SET box = CAST((SELECT wrapped"
	    " FROM quarantine_key WHERE quarantine = id) || box AS BLOB)"
	    " WHERE ix = 5;"
	    "UPDATE quarantine_key SET wrapped = zeroblob(60) WHERE quarantine"
	    " = (SELECT id FROM quarantine WHERE ix = 5)");
	o = due(fx, NOW + DAY);
	assert_true(o.num > 0);
	settle(fx, o.rows[0].id, SETTLE_RETRY);
	outbox_fini(&o);
}

static void
assert_filled(struct fixture *fx)
{
	struct seen_quarantine q = list_quarantine(fx);
	struct seen_exposures x = list_exposures(fx, NULL);
	struct outbox o = due(fx, NOW + DAY);
	bool told = false;

	assert_int_equal(q.num, 3);
	assert_string_equal(q.bytes[0], "third");
	assert_string_equal(q.bytes[1], "fifth");
	assert_string_equal(q.bytes[2], "ninth");
	assert_int_equal(x.num, 1);
	assert_string_equal(x.list[0].value, "Roe.Secret@example.org");
	assert_string_equal(
	    get_record(fx, "jane").value, "jane.roe.jane@example.net");
	for (size_t i = 0; i < o.num; i++)
		told |= o.rows[i].last_error != NULL &&
			strstr(o.rows[i].last_error, "roe.bounced") != NULL;
	assert_true(told);
	outbox_fini(&o);
}

static void
see_keys(void *arg, int64_t row, enum record_kind kind, struct span keys,
    struct span blob)
{
	(void)row;
	(void)kind;
	(void)blob;
	buf_span_add(arg, keys);
}

static struct buf
index_keys(struct fixture *fx)
{
	struct buf b = {0};

	OK(fx, fx->api->index_load(fx->s, NOW, see_keys, &b, &fx->e));
	return b;
}

/* What a record of this value is found by under the present key. */
static void
assert_indexed(struct fixture *fx, struct record r)
{
	struct keyer *k = keyer_new(fx->conf.keys.index);
	struct buf keys = index_keys(fx);
	struct compiled c;
	bool there = false;

	OK(fx, match_compile(&c, &r, k, &fx->e));
	for (size_t i = 0; i + c.keys.len <= keys.len; i += c.keys.len)
		there |= memcmp(keys.p + i, c.keys.p, c.keys.len) == 0;
	assert_true(there);
	compiled_fini(&c);
	record_fini(&r);
	keyer_free(k);
	buf_fini(&keys);
}

static void
test_rotate(void **state)
{
	struct fixture *fx = *state;
	struct record_at jane = {"acme", "jane"};
	char before[44], after[44];
	uint8_t head[32];
	uint64_t num, rows, since, generation;

	fill(fx);
	assert_filled(fx);
	OK(fx, fx->api->ledger->challenge(fx->s, &jane, before, &fx->e));
	OK(fx, fx->api->index_generation(fx->s, &since, &fx->e));
	OK(fx, fx->api->ledger->audit_check(fx->s, &num, head, &fx->e));
	for (int i = 0; i < 2; i++) {
		rotate(fx);
		assert_filled(fx);
		assert_indexed(fx, an_email("acme", "jane"));
		assert_indexed(fx, an_email("acme", "john"));
	}
	OK(fx, fx->api->ledger->challenge(fx->s, &jane, after, &fx->e));
	assert_string_equal(before, after);
	OK(fx, fx->api->ledger->audit_check(fx->s, &rows, head, &fx->e));
	assert_int_equal(rows, num + 2);
	/* The same people are active since the same time. */
	OK(fx, fx->api->index_generation(fx->s, &generation, &fx->e));
	assert_int_equal(generation, since);
	assert_int_equal(ask_db(fx->path, "SELECT count(*) FROM watched"), 0);
}

/* All or nothing. */
static void
test_rotate_refused(void **state)
{
	struct fixture *fx = *state;
	struct keys new;

	fill(fx);
	import_one(fx, an_email("acme", "last"));
	by_hand(
	    fx, "UPDATE record SET sealed = zeroblob(99) WHERE name = 'last'");
	keys_random(&new);
	FAILS(
	    fx, ST_MISMATCH, fx->api->ledger->rotate(fx->s, &new, &me, &fx->e));
	assert_non_null(strstr(fx->e.text, "record in row 3"));
	by_hand(fx, "UPDATE record SET state = 5, keys = NULL, blob = NULL,"
		    " sealed = NULL WHERE name = 'last'");
	assert_filled(fx);
	rotate(fx);
	assert_filled(fx);
}

/* --- copies ----------------------------------------------------------------- */

static enum status
restore(struct fixture *fx, const char *file, struct ledger_restored *out)
{
	enum status st;

	fixture_close(fx);
	st = fx->api->ledger->restore(&fx->conf, file, &me, out, &fx->e);
	fixture_open(fx);
	return st;
}

/* The trail of the former store goes on in the restored one. */
static void
test_trail(void **state)
{
	struct fixture *fx = *state;
	struct ledger_restored done;
	uint8_t head[32];
	uint64_t before, num;
	char copy[128];

	fill(fx);
	snprintf(copy, sizeof(copy), "%s/copy.db", fx->dir);
	OK(fx, fx->api->ledger->backup(fx->s, copy, &fx->e));
	FAILS(fx, ST_BUSY, fx->api->ledger->backup(fx->s, copy, &fx->e));
	set_state(fx, "john", RECORD_PAUSED);
	set_state(fx, "john", RECORD_ACTIVE);
	set_state(fx, "jane", RECORD_WITHDRAWN);
	OK(fx, fx->api->ledger->audit_check(fx->s, &before, head, &fx->e));
	OK(fx, restore(fx, copy, &done));
	assert_true(done.former && done.whole && done.never);
	assert_int_equal(done.ended, 1);
	assert_int_equal(done.lost, 0);
	free(done.before);
	OK(fx, fx->api->ledger->audit_check(fx->s, &num, head, &fx->e));
	assert_int_equal(num, before + 2); /* withdrawn again, restored */
	assert_int_equal(get_record(fx, "jane").state, RECORD_WITHDRAWN);
	assert_int_equal(get_record(fx, "john").state, RECORD_ACTIVE);
	assert_int_equal(num_due(fx, NOW + DAY), 0); /* nothing for jane */
}

/* Nor does another master key bring a former value back. */
static void
test_rotated_since(void **state)
{
	struct fixture *fx = *state;
	struct record other = an_email("acme", "jane");
	struct keys old = fx->conf.keys;
	struct ledger_restored done;
	char copy[128];

	fill(fx);
	snprintf(copy, sizeof(copy), "%s/copy.db", fx->dir);
	OK(fx, fx->api->ledger->backup(fx->s, copy, &fx->e));
	rotate(fx);
	free(other.value);
	other.value = mem_str("jane.poe@example.net");
	other.consent_ms = NOW;
	import_one(fx, other);
	fx->conf.keys = old;
	OK(fx, restore(fx, copy, &done));
	assert_true(done.former && done.whole && done.never);
	assert_int_equal(done.ended, 1);
	free(done.before);
	assert_int_equal(get_record(fx, "jane").state, RECORD_PAUSED);
	assert_int_equal(get_record(fx, "john").state, RECORD_ACTIVE);
}

/* Another store's list of addresses means nothing here. */
static void
test_another_store(void **state)
{
	struct fixture *fx = *state;
	struct ledger_restored done;
	char copy[128];

	fill(fx);
	snprintf(copy, sizeof(copy), "%s/copy.db", fx->dir);
	OK(fx, fx->api->ledger->backup(fx->s, copy, &fx->e));
	fixture_close(fx);
	assert_int_equal(unlink(fx->path), 0);
	OK(fx, fx->api->init(&fx->conf, &fx->e));
	fixture_open(fx);
	import_one(fx, an_email("acme", "new"));
	by_hand(fx, "INSERT INTO suppress VALUES(zeroblob(32), 7)");
	OK(fx, restore(fx, copy, &done));
	assert_true(done.former && done.whole && !done.never);
	assert_int_equal(done.ended, 0);
	assert_int_equal(done.lost, 1);
	assert_string_equal(done.lost_ids[0].tenant, "acme");
	assert_string_equal(done.lost_ids[0].id, "new");
	free(done.before);
	assert_filled(fx);
	assert_int_equal(ask_db(fx->path, "SELECT count(*) FROM suppress"), 0);
}

/* A copy that SQLite's own tool made, on a disk that is read only. */
static void
test_read_only_disk(void **state)
{
	struct fixture *fx = *state;
	struct ledger_restored done;
	enum status st;
	char disk[80], copy[128];
	sqlite3 *db;

	fill(fx);
	snprintf(disk, sizeof(disk), "%s/disk", fx->dir);
	snprintf(copy, sizeof(copy), "%s/copy.db", disk);
	assert_int_equal(mkdir(disk, 0700), 0);
	if (mount("none", disk, "tmpfs", 0, "size=8m") != 0) {
		rmdir(disk);
		skip(); /* not allowed here */
	}
	OK(fx, fx->api->ledger->backup(fx->s, copy, &fx->e));
	assert_int_equal(sqlite3_open(copy, &db), SQLITE_OK);
	sqlite3_exec(db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL);
	sqlite3_close(db);
	assert_int_equal(
	    mount(NULL, disk, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	st = restore(fx, copy, &done);
	umount2(disk, MNT_DETACH);
	rmdir(disk);
	OK(fx, st);
	free(done.before);
	assert_filled(fx);
}

int
main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_rotate),
	    TEST(test_rotate_refused),
	    TEST(test_trail),
	    TEST(test_rotated_since),
	    TEST(test_another_store),
	    TEST(test_read_only_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
