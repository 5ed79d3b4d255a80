/*
 * Evidence in the store: it is kept with what was found, and goes with it; the
 * log is asked once its place is proven, and not for ever; nobody sees it
 * unnoticed.
 */
#include "monitor/store/sqlite.h"
#include "tests/store/disk.h"
#include "tests/store/ledger.h"

#define MIN 60000ll

static const struct ledger_retention keep_all = {
    100 * 365 * DAY, 100 * 365 * DAY, 100 * 365 * DAY, 100 * 365 * DAY};

/* --- helpers ---------------------------------------------------------------- */

struct seen {
	size_t num;
	struct seen_one {
		uint8_t id[16];
		struct hash log_id, leaf_hash;
		uint64_t index;
		bool verified;
		unsigned tries;
		int64_t due_ms;
		char entry[64], proof[64];
	} list[16];
};

static void
see(void *arg, const struct ledger_evidence *v)
{
	struct seen *l = arg;
	struct seen_one *o = &l->list[l->num++];

	assert_true(l->num <= 16);
	*o = (struct seen_one){.log_id = v->log_id,
	    .leaf_hash = v->leaf_hash,
	    .index = v->index,
	    .verified = v->verified,
	    .tries = v->tries,
	    .due_ms = v->due_ms};
	memcpy(o->id, v->id, 16);
	assert_true(v->entry.len < 64 && v->proof.len < 64);
	if (v->entry.len > 0)
		memcpy(o->entry, v->entry.p, v->entry.len);
	if (v->proof.len > 0)
		memcpy(o->proof, v->proof.p, v->proof.len);
}

static struct seen
due_at(struct fixture *fx, int64_t now_ms, size_t limit)
{
	struct seen l = {0};

	OK(fx, LEDGER(fx)->evidence_due(fx->s,
		   &(struct ledger_evidence_due){now_ms, limit, NULL}, see, &l,
		   &fx->e));
	return l;
}

/* Of a record, without a trace. */
static struct seen
kept(struct fixture *fx, const char *record)
{
	const struct ledger_evidence_at at = {"acme", NULL, record, NULL};
	struct seen l = {0};

	OK(fx, LEDGER(fx)->evidence_get(fx->s, &at, see, &l, &fx->e));
	return l;
}

/* A hit whose entry is this text. */
static struct store_hit
hit(struct fixture *fx, const char *id, unsigned cert, uint64_t index)
{
	static char text[8][32];
	struct store_hit h = a_hit(fx, id, cert, index);

	snprintf(text[cert % 8], 32, "the entry %" PRIu64, index);
	h.entry = span_str(text[cert % 8]);
	return h;
}

static void
put(struct fixture *fx, const struct seen_one *o, const char *entry)
{
	struct ledger_proven p = {.log_id = o->log_id,
	    .index = o->index,
	    .entry = span_str(entry),
	    .proof = span_str("the proof")};

	memcpy(p.id, o->id, 16);
	OK(fx, LEDGER(fx)->evidence_put(fx->s, &p, &fx->e));
}

static uint64_t
not_had(struct fixture *fx, const uint8_t *id, int64_t now_ms)
{
	struct ledger_unproven u = {log_a, id, now_ms, 7};

	OK(fx, LEDGER(fx)->evidence_fail(fx->s, &u, &fx->e));
	return u.given_up;
}

static int64_t
rows(struct fixture *fx)
{
	return ask_db(fx->path, "SELECT count(*) FROM evidence");
}

/* --- tests ------------------------------------------------------------------ */

/* From the find to the proof. */
static void
test_way(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = claim(fx, &log_a, 0);
	struct seen l;

	import_one(fx, an_email("acme", "jane"));
	step_hit(fx, &t, 10, hit(fx, "jane", 1, 3));
	l = kept(fx, "jane");
	assert_int_equal(l.num, 1);
	assert_string_equal(l.list[0].entry, "the entry 3");
	assert_string_equal(l.list[0].proof, "");
	assert_false(l.list[0].verified);
	assert_int_equal(l.list[0].due_ms, INT64_MIN);
	assert_int_equal(due_at(fx, NOW + DAY, 9).num, 0);
	/* Seen again, elsewhere: the first one stays. */
	step_hit(fx, &t, 20, hit(fx, "jane", 1, 12));
	assert_int_equal(rows(fx), 1);
	step_plain(fx, &t, 30, 10);
	fixture_again(fx);
	assert_int_equal(due_at(fx, NOW - 1, 9).num, 0);
	l = due_at(fx, NOW, 9);
	assert_int_equal(l.num, 1);
	assert_true(l.list[0].verified);
	assert_true(hash_eq(&l.list[0].log_id, &log_a));
	assert_int_equal(l.list[0].index, 3);
	assert_memory_equal(
	    l.list[0].leaf_hash.b, leaf_hash(fx, 3).b, HASH_LEN);
	put(fx, &l.list[0], "");
	assert_int_equal(due_at(fx, NOW + 99 * DAY, 9).num, 0);
	fixture_again(fx);
	l = kept(fx, "jane");
	assert_string_equal(l.list[0].entry, "the entry 3");
	assert_string_equal(l.list[0].proof, "the proof");
}

/* An entry that was too large comes with the proof; the place of another row is
 * not this one's. */
static void
test_entry_later(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = claim(fx, &log_a, 0);
	struct seen l;

	import_one(fx, an_email("acme", "jane"));
	step(fx, (struct step){.t = &t,
		     .read = 10,
		     .proven = 10,
		     .num_hits = 1,
		     .hits = {a_hit(fx, "jane", 1, 3)}});
	l = due_at(fx, NOW, 9);
	assert_int_equal(l.num, 1);
	assert_string_equal(l.list[0].entry, "");
	l.list[0].index = 4;
	put(fx, &l.list[0], "of another");
	assert_string_equal(kept(fx, "jane").list[0].proof, "");
	l.list[0].index = 3;
	put(fx, &l.list[0], "of the log");
	assert_string_equal(kept(fx, "jane").list[0].entry, "of the log");
}

/* Those of one log at a time; who is paused or gone is not asked about. */
static void
test_due(void **state)
{
	struct fixture *fx = *state;
	struct stretch a = claim(fx, &log_a, 0), b;
	struct seen l;

	open_log(fx, &log_b, "Log B");
	b = claim(fx, &log_b, 0);
	import_one(fx, an_email("acme", "jane"));
	import_one(fx, an_email("acme", "john"));
	step(fx, (struct step){.t = &b,
		     .read = 10,
		     .proven = 10,
		     .num_hits = 1,
		     .now_ms = NOW + 5,
		     .hits = {hit(fx, "john", 1, 3)}});
	step(fx, (struct step){.t = &a,
		     .read = 10,
		     .proven = 10,
		     .num_hits = 3,
		     .hits = {hit(fx, "jane", 2, 4), hit(fx, "jane", 3, 5),
			 hit(fx, "john", 4, 6)}});
	assert_int_equal(due_at(fx, NOW + 5, 2).num, 2);
	l = due_at(fx, NOW + 5, 9);
	assert_int_equal(l.num, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_true(hash_eq(&l.list[i].log_id, &log_a));
		assert_int_equal(l.list[i].index, 4 + i);
	}
	OK(fx, LEDGER(fx)->evidence_due(fx->s,
		   &(struct ledger_evidence_due){NOW + 5, 9, &log_b}, see, &l,
		   &fx->e));
	assert_int_equal(l.num, 4);
	assert_true(hash_eq(&l.list[3].log_id, &log_b));
	set_state(fx, "jane", RECORD_PAUSED);
	assert_int_equal(due_at(fx, NOW + 5, 9).num, 1);
	put(fx, &l.list[0], "");
	assert_string_equal(kept(fx, "jane").list[0].proof, "");
	set_state(fx, "jane", RECORD_ACTIVE);
	assert_int_equal(not_had(fx, NULL, NOW + 5), 0);
	l = due_at(fx, NOW + 5, 9);
	assert_int_equal(l.num, 1);
	assert_true(hash_eq(&l.list[0].log_id, &log_b));
	put(fx, &l.list[0], "");
	assert_int_equal(due_at(fx, NOW + 5, 9).num, 0);
	assert_int_equal(due_at(fx, NOW + 5 + MIN, 9).num, 3);
	set_state(fx, "jane", RECORD_WITHDRAWN);
	assert_int_equal(due_at(fx, NOW + 5 + MIN, 9).num, 1);
	assert_int_equal(kept(fx, "jane").num, 2);
}

/* What nobody is asked for is not looked at again and again either, however
 * much it is: it is not due. */
static void
test_paused(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = claim(fx, &log_a, 0);

	import_one(fx, an_email("acme", "jane"));
	import_one(fx, an_email("acme", "john"));
	step(fx, (struct step){.t = &t,
		     .read = 10,
		     .proven = 5,
		     .num_hits = 3,
		     .hits = {hit(fx, "jane", 1, 3), hit(fx, "jane", 2, 7),
			 hit(fx, "john", 3, 4)}});
	assert_int_equal(due_at(fx, NOW, 9).num, 2);
	set_state(fx, "jane", RECORD_PAUSED);
	set_state(fx, "john", RECORD_WITHDRAWN);
	step_plain(fx, &t, 11, 11);
	assert_int_equal(due_at(fx, NOW, 9).num, 0);
	assert_int_equal(ask_db(fx->path, "SELECT count(*) FROM evidence"
					  " WHERE due_ms < 1000000000000000"),
	    0);
	assert_true(kept(fx, "jane").list[1].due_ms == NOW);
	set_state(fx, "jane", RECORD_ACTIVE);
	assert_int_equal(due_at(fx, NOW, 9).num, 2);
	/* Nor until a year that only a wrong clock has seen. */
	not_had(fx, NULL, NOW + 999 * DAY);
	assert_int_equal(due_at(fx, NOW + DAY, 9).num, 0);
	LEDGER(fx)->retain(fx->s, &keep_all, NOW + DAY, &(bool){0}, &fx->e);
	assert_int_equal(due_at(fx, NOW + DAY, 9).num, 2);
}

/* Looking for what is due begins there, not with everybody who is watched. */
static void
test_plan(void **state)
{
	struct fixture *fx = *state;
	sqlite3_stmt *q = NULL, *plan;
	struct buf sql = {0};

	assert_int_equal(due_at(fx, NOW, 9).num, 0);
	do
		q = sqlite3_next_stmt(fx->s->db, q);
	while (strstr(sqlite3_sql(q), "e.due_ms <= ?1") == NULL);
	buf_fmt(&sql, "EXPLAIN QUERY PLAN %s", sqlite3_sql(q));
	assert_int_equal(
	    sqlite3_prepare_v2(fx->s->db, buf_cstr(&sql), -1, &plan, NULL),
	    SQLITE_OK);
	buf_clear(&sql);
	while (sqlite3_step(plan) == SQLITE_ROW)
		buf_fmt(&sql, "%s;", sqlite3_column_text(plan, 3));
	sqlite3_finalize(plan);
	assert_non_null(strstr(buf_cstr(&sql), "e USING INDEX evidence_due"));
	assert_null(strstr(buf_cstr(&sql), "record_state"));
	assert_null(strstr(buf_cstr(&sql), "TEMP B-TREE"));
	buf_fini(&sql);
}

/* A log that never answers is asked for two weeks. */
static void
test_give_up(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = claim(fx, &log_a, 0);
	int64_t now = NOW;
	unsigned tries = 0;
	struct seen l;

	import_one(fx, an_email("acme", "jane"));
	step(fx, (struct step){.t = &t,
		     .read = 10,
		     .proven = 10,
		     .num_hits = 2,
		     .hits = {hit(fx, "jane", 1, 3), hit(fx, "jane", 2, 4)}});
	l = due_at(fx, now, 1);
	put(fx, &due_at(fx, now, 9).list[1], "");
	while (not_had(fx, tries % 2 ? NULL : l.list[0].id, now) == 0) {
		struct seen_one one = kept(fx, "jane").list[0];

		assert_int_equal(one.tries, ++tries);
		assert_in_range(one.due_ms, now + MIN, now + DAY);
		assert_int_equal(due_at(fx, one.due_ms - 1, 9).num, 0);
		now = one.due_ms;
		assert_int_equal(due_at(fx, now, 9).num, 1);
		/* What is not due is not counted. */
		assert_int_equal(not_had(fx, NULL, now - 1), 0);
	}
	assert_in_range(now - NOW, 13 * DAY, 15 * DAY);
	assert_int_equal(due_at(fx, now + 99 * DAY, 9).num, 0);
	assert_int_equal(kept(fx, "jane").list[0].due_ms, INT64_MIN);
	assert_string_equal(kept(fx, "jane").list[0].entry, "the entry 3");
}

/* What is undone takes its evidence with it, unless it was seen elsewhere. */
static void
test_rewind(void **state)
{
	struct fixture *fx = *state;
	struct stretch a = claim(fx, &log_a, 0), b;
	struct store_rewound back = {.now_ms = NOW};
	struct seen l;

	open_log(fx, &log_b, "Log B");
	b = claim(fx, &log_b, 0);
	import_one(fx, an_email("acme", "jane"));
	step_plain(fx, &a, 2, 2);
	step(fx, (struct step){.t = &a,
		     .read = 10,
		     .num_hits = 2,
		     .hits = {hit(fx, "jane", 1, 3), hit(fx, "jane", 2, 4)}});
	step(fx, (struct step){.t = &b,
		     .read = 10,
		     .proven = 10,
		     .num_hits = 1,
		     .hits = {hit(fx, "jane", 2, 7)}});
	assert_int_equal(rows(fx), 2);
	OK(fx, fx->api->rewind(fx->s, &a, &back, &fx->e));
	assert_int_equal(back.retracted, 1);
	l = kept(fx, "jane");
	assert_int_equal(l.num, 1);
	assert_true(hash_eq(&l.list[0].log_id, &log_b));
	assert_int_equal(l.list[0].index, 7);
	assert_true(l.list[0].verified);
	assert_string_equal(l.list[0].entry, "");
	assert_int_equal(due_at(fx, NOW, 9).num, 1);
}

/* Whoever looks leaves a row; other tenants see nothing. */
static void
test_look(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = claim(fx, &log_a, 0);
	struct ledger_evidence_at at = {.tenant = "acme"};
	struct seen l = {0};
	uint8_t id[16];

	import_one(fx, an_email("acme", "jane"));
	step_hit(fx, &t, 10, hit(fx, "jane", 1, 3));
	memcpy(id, kept(fx, "jane").list[0].id, 16);
	assert_int_equal(num_audit(fx, "evidence"), 0);
	at.id = id;
	at.who = &ops;
	OK(fx, LEDGER(fx)->evidence_get(fx->s, &at, see, &l, &fx->e));
	assert_int_equal(l.num, 1);
	assert_int_equal(num_audit(fx, "evidence"), 1);
	assert_true(
	    happened(fx, &(struct record_at){"acme", "jane"}, "evidence"));
	at.tenant = "other";
	FAILS(fx, ST_MISSING,
	    LEDGER(fx)->evidence_get(fx->s, &at, see, &l, &fx->e));
	at.tenant = NULL;
	at.who = NULL;
	OK(fx, LEDGER(fx)->evidence_get(fx->s, &at, see, &l, &fx->e));
	id[3] ^= 1;
	at.who = &ops;
	FAILS(fx, ST_MISSING,
	    LEDGER(fx)->evidence_get(fx->s, &at, see, &l, &fx->e));
	assert_int_equal(l.num, 2);
	assert_int_equal(num_audit(fx, "evidence"), 1);
}

/* It opens under new keys, and in a copy. */
static void
test_copies(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = claim(fx, &log_a, 0);
	struct ledger_restored how = {0};
	char file[160];
	struct keys new;

	import_one(fx, an_email("acme", "jane"));
	step(fx, (struct step){.t = &t,
		     .read = 10,
		     .proven = 10,
		     .num_hits = 1,
		     .hits = {hit(fx, "jane", 1, 3)}});
	put(fx, &due_at(fx, NOW, 9).list[0], "");
	keys_random(&new);
	OK(fx, LEDGER(fx)->rotate(fx->s, &new, &ops, &fx->e));
	snprintf(file, sizeof(file), "%s/copy", fx->dir);
	OK(fx, LEDGER(fx)->backup(fx->s, file, &fx->e));
	fixture_close(fx);
	fx->conf.keys = new;
	unlink(fx->path);
	OK(fx, fx->api->ledger->restore(&fx->conf, file, &ops, &how, &fx->e));
	free(how.before);
	fixture_open(fx);
	assert_string_equal(kept(fx, "jane").list[0].entry, "the entry 3");
	assert_string_equal(kept(fx, "jane").list[0].proof, "the proof");
}

/* Sealed, and gone when it is to be: with the record, or when it is old. */
static void
test_gone(void **state)
{
	static const char *const columns[] = {"entry", "proof"};
	struct fixture *fx = *state;
	struct stretch t = claim(fx, &log_a, 0);
	struct ledger_retention r = keep_all;
	struct buf sealed[4], sql = {0};
	struct store_hit young;
	bool more;

	import_one(fx, an_email("acme", "jane"));
	young = hit(fx, "jane", 2, 4);
	young.x.time_ms = NOW + 10 * DAY;
	step(fx, (struct step){.t = &t,
		     .read = 10,
		     .proven = 10,
		     .num_hits = 2,
		     .hits = {hit(fx, "jane", 1, 3), young}});
	put(fx, &due_at(fx, NOW, 1).list[0], "");
	put(fx, &due_at(fx, NOW, 1).list[0], "");
	assert_false(disk_has(fx, span_str("the entry")));
	assert_false(disk_has(fx, span_str("the proof")));
	for (int i = 0; i < 4; i++) {
		buf_clear(&sql);
		buf_fmt(&sql,
		    "SELECT %s FROM evidence ORDER BY exposure LIMIT"
		    " 1 OFFSET %d",
		    columns[i % 2], i / 2);
		sealed[i] = value_of(fx, buf_cstr(&sql));
		assert_true(disk_has(fx, buf_span(&sealed[i])));
	}
	r.hits_ms = 400 * DAY;
	OK(fx, LEDGER(fx)->retain(fx->s, &r, NOW + 405 * DAY, &more, &fx->e));
	assert_int_equal(rows(fx), 1);
	for (int i = 0; i < 4; i++)
		assert_int_equal(disk_has(fx, buf_span(&sealed[i])), i >= 2);
	set_state(fx, "jane", RECORD_ERASED);
	assert_int_equal(rows(fx), 0);
	for (int i = 0; i < 4; i++) {
		assert_false(disk_has(fx, buf_span(&sealed[i])));
		buf_fini(&sealed[i]);
	}
	buf_fini(&sql);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    SQLITE(test_way),
	    SQLITE(test_entry_later),
	    SQLITE(test_due),
	    SQLITE(test_paused),
	    SQLITE(test_plan),
	    SQLITE(test_give_up),
	    SQLITE(test_rewind),
	    SQLITE(test_look),
	    SQLITE(test_copies),
	    SQLITE(test_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
