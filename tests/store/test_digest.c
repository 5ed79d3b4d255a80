/*
 * What people are told in digests instead of one by one: what counts as the
 * same, which deliveries wait for which digest, and that a digest that was
 * begun stays as it is.
 */
#include "monitor/store/rules.h"
#include "monitor/store/sqlite.h"
#include "tests/store/disk.h"
#include "tests/store/ledger.h"

/* --- the same ---------------------------------------------------------------- */

/* Is the hit the same as the plain one, after `change`? */
static bool
is_same(struct fixture *fx, void (*change)(struct exposure *x))
{
	struct store_hit a = a_hit(fx, "jane", 1, 0);
	struct store_hit b = a_hit(fx, "jane", 2, 1);
	uint8_t x[32], y[32];

	change(&b.x);
	OK(fx, sqlite_same(fx->s, &a.x, x, &fx->e));
	OK(fx, sqlite_same(fx->s, &b.x, y, &fx->e));
	exposure_fini(&a.x);
	exposure_fini(&b.x);
	return memcmp(x, y, sizeof(x)) == 0;
}

static void
set(char **text, const char *to)
{
	free(*text);
	*text = mem_str(to);
}

static void
renewed(struct exposure *x)
{
	set(&x->cert.serial, "0a1c");
	set(&x->cert.issuer, "Example CA 2");
	x->cert.not_before_ms += DAY;
}

static void
spelled_otherwise(struct exposure *x)
{
	set(&x->match.value, "roe.secret@EXAMPLE.org.");
	set(&x->match.carrier, "subject.emailAddress");
}

static void
other_value(struct exposure *x)
{
	set(&x->match.value, "roe.other@example.org");
}

static void
other_issuer(struct exposure *x)
{
	set(&x->cert.issuer_org, "Another Trust");
}

static void
no_issuer(struct exposure *x)
{
	free(x->cert.issuer_org);
	x->cert.issuer_org = NULL;
}

static void
graver(struct exposure *x)
{
	x->severity = SEV_HIGH;
}

static void
tells_more(struct exposure *x)
{
	x->also = mem_grow(x->also, 2, sizeof(*x->also));
	x->also[x->num_also++] = mem_str("birth-date");
}

static void
of_another(struct exposure *x)
{
	set(&x->record_id, "john");
}

static void
test_same(void **state)
{
	struct fixture *fx = *state;

	import_one(fx, an_email("acme", "jane"));
	assert_true(is_same(fx, renewed));
	assert_true(is_same(fx, spelled_otherwise));
	assert_false(is_same(fx, other_value));
	assert_false(is_same(fx, other_issuer));
	assert_false(is_same(fx, no_issuer));
	assert_false(is_same(fx, graver));
	assert_false(is_same(fx, tells_more));
	assert_false(is_same(fx, of_another));
}

/* In whatever order the kinds stand; a name in whatever case. */
static void
test_same_order(void **state)
{
	struct fixture *fx = *state;
	struct store_hit a, b;
	uint8_t x[32], y[32];

	import_one(fx, an_email("acme", "jane"));
	a = a_hit(fx, "jane", 1, 0);
	b = a_hit(fx, "jane", 2, 1);
	tells_more(&a.x);
	tells_more(&b.x);
	set(&b.x.also[0], "birth-date");
	set(&b.x.also[1], "name");
	set(&a.x.match.kind, "name");
	set(&b.x.match.kind, "name");
	set(&a.x.match.value, "Jane Roe");
	set(&b.x.match.value, "JANE  ROE");
	OK(fx, sqlite_same(fx->s, &a.x, x, &fx->e));
	OK(fx, sqlite_same(fx->s, &b.x, y, &fx->e));
	assert_memory_equal(x, y, sizeof(x));
	exposure_fini(&a.x);
	exposure_fini(&b.x);
}

/* A commit writes it down; another store's is another one. */
static void
test_same_kept(void **state)
{
	struct fixture *fx = *state;
	struct fixture *other = fixture_new(&store_sqlite);
	struct stretch t = claim(fx, &log_a, 0);
	struct store_hit hit;
	uint8_t x[32], y[32];

	import_one(fx, an_email("acme", "jane"));
	import_one(other, an_email("acme", "jane"));
	step_hit(fx, &t, 1, a_hit(fx, "jane", 1, 0));
	step_hit(fx, &t, 2, a_hit(fx, "jane", 2, 1));
	assert_int_equal(
	    ask_db(fx->path, "SELECT count(DISTINCT same) FROM exposure"), 1);
	hit = a_hit(fx, "jane", 1, 0);
	OK(fx, sqlite_same(fx->s, &hit.x, x, &fx->e));
	OK(other, sqlite_same(other->s, &hit.x, y, &other->e));
	assert_memory_not_equal(x, y, sizeof(x));
	exposure_fini(&hit.x);
	fixture_free(other);
}

/* --- who waits for what --------------------------------------------------- */

static const struct store_sink two_sinks[] = {
    {.name = (char *)(uintptr_t) "people",
	.digests = true,
	.cadence = {CADENCE_WEEKLY, CADENCE_DAILY},
	.per_day = 2,
	.day_ms = DAY,
	.week_ms = 7 * DAY,
	.at_ms = DAY / 3},
    {.name = (char *)(uintptr_t) "machine"},
};
/* NOW is 2026-05-28 20:26:40, a Thursday. */
#define NEXT_DAY 1780041600000ll  /* Friday, 08:00 */
#define NEXT_WEEK 1780300800000ll /* Monday, 08:00 */

static int
setup(void **state)
{
	struct fixture *fx = fixture_new(&store_sqlite);

	fixture_close(fx);
	fx->conf.sinks = two_sinks;
	fx->conf.num_sinks = 2;
	fixture_open(fx);
	import_one(fx, an_email("acme", "jane"));
	import_one(fx, an_email("acme", "john"));
	*state = fx;
	return 0;
}
#define PEOPLE(x) cmocka_unit_test_setup_teardown(x, setup, done)

/* One more hit of `id`, of its own data when `value` is not NULL; proven. */
static void
hit(struct fixture *fx, struct stretch *t, const char *id, const char *value,
    enum severity severity)
{
	unsigned n = (unsigned)t->read;
	struct store_hit h = a_hit(fx, id, n + 1, n);

	h.x.severity = severity;
	if (value != NULL)
		set(&h.x.match.value, value);
	step(fx, (struct step){.t = t,
		     .read = n + 1,
		     .proven = n + 1,
		     .num_hits = 1,
		     .hits = {h}});
}

/* Another value each time. */
static void
hit_new(struct fixture *fx, struct stretch *t, const char *id,
    enum severity severity)
{
	char value[64];

	snprintf(value, sizeof(value), "roe.%llu@example.org",
	    (unsigned long long)t->read);
	hit(fx, t, id, value, severity);
}

static struct outbox
due_for(struct fixture *fx, const char *sink, int64_t now_ms, size_t limit)
{
	struct outbox_query q = {
	    .sink = sink, .now_ms = now_ms, .limit = limit};
	struct outbox o;

	OK(fx, fx->api->outbox_due(fx->s, &q, &o, &fx->e));
	return o;
}

static size_t
num_for(struct fixture *fx, const char *sink, int64_t now_ms)
{
	struct outbox o = due_for(fx, sink, now_ms, 100);
	size_t num = o.num;

	outbox_fini(&o);
	return num;
}

static int64_t
num_cadence(struct fixture *fx, int cadence)
{
	char sql[96];

	snprintf(sql, sizeof(sql),
	    "SELECT count(*) FROM outbox WHERE sink = 'people'"
	    " AND cadence = %d",
	    cadence);
	return ask_db(fx->path, sql);
}

static void
test_next_digest(void **state)
{
	const struct store_sink *k = &two_sinks[0];
	struct store_sink odd = {.day_ms = 1000, .at_ms = DAY / 3};

	(void)state;
	assert_true(rule_digest_at(k, CADENCE_DAILY, NOW) == NEXT_DAY);
	assert_true(rule_digest_at(k, CADENCE_WEEKLY, NOW) == NEXT_WEEK);
	/* Strictly afterwards, and also before 1970. */
	assert_true(
	    rule_digest_at(k, CADENCE_DAILY, NEXT_DAY) == NEXT_DAY + DAY);
	assert_true(rule_digest_at(k, CADENCE_DAILY, NEXT_DAY - 1) == NEXT_DAY);
	assert_true(rule_digest_at(k, CADENCE_DAILY, 0) == DAY / 3);
	assert_true(rule_digest_at(&odd, CADENCE_DAILY, NOW + 1) == NOW + 1000);
	odd.day_ms = 0;
	assert_true(rule_digest_at(&odd, CADENCE_DAILY, NOW) == NOW);
}

/* By severity, for people; everything at once for machines. */
static void
test_cadence(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = claim(fx, &log_a, 0);

	hit_new(fx, &t, "jane", SEV_INFO);
	hit_new(fx, &t, "jane", SEV_LOW);
	hit_new(fx, &t, "jane", SEV_LOW);
	hit_new(fx, &t, "jane", SEV_HIGH);
	assert_int_equal(num_for(fx, "machine", NOW), 4);
	assert_int_equal(num_for(fx, "people", NOW), 1);
	assert_int_equal(num_for(fx, "people", NEXT_DAY - 1), 1);
	assert_int_equal(num_for(fx, "people", NEXT_DAY), 3);
	assert_int_equal(num_for(fx, "people", NEXT_WEEK), 4);
}

/* Two a day of a record go at once, whatever they are; then they are
 * collected, until the day is over. Of another record others count. */
static void
test_cap(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = claim(fx, &log_a, 0);
	struct store_hit late;

	for (int i = 0; i < 5; i++)
		hit_new(fx, &t, "jane", SEV_HIGH);
	hit_new(fx, &t, "john", SEV_HIGH);
	assert_int_equal(num_for(fx, "people", NOW), 3);
	assert_int_equal(num_cadence(fx, CADENCE_DAILY), 3);
	assert_int_equal(num_for(fx, "machine", NOW), 6);
	late = a_hit(fx, "jane", 9, t.read);
	late.x.time_ms = NOW + DAY + 6;
	set(&late.x.match.value, "roe.late@example.org");
	step(fx, (struct step){.t = &t,
		     .read = t.read + 1,
		     .num_hits = 1,
		     .hits = {late},
		     .now_ms = NOW + DAY + 6});
	assert_int_equal(num_cadence(fx, CADENCE_SINGLE), 4);
}

/* A renewal with the same data waits for the weekly digest. */
static void
test_coalesce(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = claim(fx, &log_a, 0);

	for (int i = 0; i < 4; i++)
		hit(fx, &t, "jane", NULL, SEV_HIGH);
	hit(fx, &t, "john", NULL, SEV_HIGH);
	assert_int_equal(num_for(fx, "people", NOW), 2);
	assert_int_equal(num_cadence(fx, CADENCE_WEEKLY), 3);
	assert_int_equal(num_for(fx, "machine", NOW), 5);
	assert_int_equal(num_for(fx, "people", NEXT_DAY), 2);
	assert_int_equal(num_for(fx, "people", NEXT_WEEK), 5);
}

/* What never arrived was not told. */
static void
test_dead_was_not_told(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = claim(fx, &log_a, 0);
	struct outbox o;

	hit(fx, &t, "jane", NULL, SEV_HIGH);
	o = due_for(fx, "people", NOW, 1);
	settle(fx, o.rows[0].id, SETTLE_DEAD);
	outbox_fini(&o);
	hit(fx, &t, "jane", NULL, SEV_HIGH);
	assert_int_equal(num_for(fx, "people", NOW), 1);
}

/* What is collected and not proven is not told before its time, and one that
 * is undone before goes. */
static void
test_rewind(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = claim(fx, &log_a, 0);
	struct store_hit h = a_hit(fx, "jane", 1, 0);
	struct store_rewound back = {.now_ms = NOW};

	h.x.severity = SEV_LOW;
	step_hit(fx, &t, 1, h);
	assert_int_equal(num_for(fx, "people", NEXT_DAY - 1), 0);
	OK(fx, fx->api->rewind(fx->s, &t, &back, &fx->e));
	assert_int_equal(back.retracted, 1);
	assert_int_equal(num_for(fx, "people", NEXT_WEEK), 0);
	assert_int_equal(ask_db(fx->path, "SELECT count(*) FROM outbox"), 0);
}

static const struct actor who = {"test", NOW};

/* --- digests -------------------------------------------------------------------- */

/* All of one record, side by side, under one id that stays. */
static void
test_digest(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = claim(fx, &log_a, 0);
	struct outbox o;
	uint8_t id[16];

	for (int i = 0; i < 3; i++) {
		hit_new(fx, &t, "jane", SEV_LOW);
		hit_new(fx, &t, "john", SEV_LOW);
	}
	assert_int_equal(num_for(fx, "people", NOW), 0);
	o = due_for(fx, "people", NEXT_DAY, 1);
	assert_int_equal(o.num, 3);
	memcpy(id, o.rows[0].digest_id, 16);
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(o.rows[i].x.record_id, "jane");
		assert_true(o.rows[i].digest == o.rows[0].digest);
		assert_memory_equal(o.rows[i].digest_id, id, 16);
		settle(fx, o.rows[i].id, SETTLE_RETRY);
	}
	outbox_fini(&o);
	hit_new(fx, &t, "jane", SEV_LOW);
	fixture_again(fx);
	o = due_for(fx, "people", NEXT_DAY + 10000, 9);
	assert_int_equal(o.num, 7);
	for (size_t i = 0; i < o.num; i++)
		assert_true((i < 3 || i > 5) ==
			    (strcmp(o.rows[i].x.record_id, "jane") == 0));
	assert_memory_equal(o.rows[0].digest_id, id, 16);
	assert_memory_not_equal(o.rows[6].digest_id, id, 16);
	assert_memory_not_equal(o.rows[3].digest_id, id, 16);
	outbox_fini(&o);
}

/* With 2,500 rows it is three messages. */
static void
test_digest_large(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = claim(fx, &log_a, 0);
	struct outbox o;
	size_t sizes[] = {1000, 1000, 500};

	for (unsigned i = 0; i < 2501; i++) {
		struct store_hit h = a_hit(fx, "jane", 1, t.read);

		memcpy(h.x.id + 4, &i, sizeof(i));
		memcpy(h.x.cert.family, &i, sizeof(i));
		step(fx, (struct step){.t = &t,
			     .read = t.read + 1,
			     .num_hits = 1,
			     .hits = {h}});
	}
	for (size_t i = 0; i < 3; i++) {
		o = due_for(fx, "people", NEXT_WEEK - 1, 8);
		assert_int_equal(o.num, i == 0 ? 1 : 0);
		for (size_t k = 0; k < o.num; k++)
			settle(fx, o.rows[k].id, SETTLE_DELIVERED);
		outbox_fini(&o);
	}
	for (size_t i = 0; i < 3; i++) {
		o = due_for(fx, "people", NEXT_WEEK, 8);
		assert_int_equal(o.num, sizes[i]);
		for (size_t k = 0; k < o.num; k++) {
			assert_true(o.rows[k].digest == o.rows[0].digest);
			settle(fx, o.rows[k].id, SETTLE_DELIVERED);
		}
		outbox_fini(&o);
	}
	assert_int_equal(num_for(fx, "people", NEXT_WEEK), 0);
}

static void
change(struct fixture *fx, const char *sql)
{
	sqlite3 *db;

	fixture_close(fx);
	assert_int_equal(sqlite3_open(fx->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	fixture_open(fx);
}

/* What is done about the exposure with this number. */
static struct alert_at
alert(struct fixture *fx, int no, struct buf *id)
{
	char sql[64];

	snprintf(sql, sizeof(sql), "SELECT id FROM exposure WHERE no = %d", no);
	buf_fini(id);
	*id = value_of(fx, sql);
	return (struct alert_at){NULL, id->p};
}

static void
ack(struct fixture *fx, int no)
{
	struct buf id = {0};
	struct alert_at at = alert(fx, no, &id);

	OK(fx, LEDGER(fx)->ack(fx->s, &at, &who, &fx->e));
	buf_fini(&id);
}

static void
mute(struct fixture *fx, int no)
{
	struct buf id = {0};
	struct ledger_muting m = {.at = alert(fx, no, &id)};

	OK(fx, LEDGER(fx)->mute(fx->s, &m, &who, &fx->e));
	buf_fini(&id);
}

/* What was acknowledged or muted is in no digest, what is withdrawn or erased
 * leaves it, and of a paused record it waits. */
static void
test_quiet(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = claim(fx, &log_a, 0);

	for (int i = 0; i < 4; i++)
		hit_new(fx, &t, "jane", SEV_LOW);
	hit_new(fx, &t, "john", SEV_LOW);
	ack(fx, 1);
	mute(fx, 2);
	assert_int_equal(num_for(fx, "people", NEXT_DAY), 3);
	set_state(fx, "jane", RECORD_PAUSED);
	assert_int_equal(num_for(fx, "people", NEXT_DAY), 1);
	set_state(fx, "jane", RECORD_ACTIVE);
	assert_int_equal(num_for(fx, "people", NEXT_DAY), 3);
	change(fx, "PRAGMA foreign_keys = 1;"
		   "DELETE FROM exposure WHERE no = 3");
	assert_int_equal(num_for(fx, "people", NEXT_DAY), 2);
	set_state(fx, "jane", RECORD_WITHDRAWN);
	assert_int_equal(num_for(fx, "people", NEXT_DAY), 1);
	set_state(fx, "john", RECORD_ERASED);
	assert_int_equal(num_for(fx, "people", NEXT_DAY), 0);
}

/* Somebody says that it is to be told all the same: it is. */
static void
test_resent(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = claim(fx, &log_a, 0);
	struct store_hit h = a_hit(fx, "jane", 1, 0);
	struct buf id = {0};
	struct ledger_resend again = {.sink = "people"};

	h.x.severity = SEV_LOW;
	step_hit(fx, &t, 1, h);
	ack(fx, 1);
	assert_int_equal(num_for(fx, "people", NEXT_WEEK), 0);
	again.at = alert(fx, 1, &id);
	OK(fx, LEDGER(fx)->resend(fx->s, &again, &who, &fx->e));
	assert_int_equal(num_for(fx, "people", NEXT_WEEK), 1);
	buf_fini(&id);
}

/* --- a clock that was wrong ----------------------------------------------------- */

/* Of a digest all are due together, or none: else there would seem to be
 * something to do, and nothing to be had. */
static void
test_set_back(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = claim(fx, &log_a, 0);
	int64_t next;

	hit_new(fx, &t, "jane", SEV_INFO);
	hit_new(fx, &t, "jane", SEV_LOW);
	assert_int_equal(num_for(fx, "people", NEXT_WEEK), 2);
	OK(fx, fx->api->outbox_next(fx->s, "people", &next, NULL, &fx->e));
	assert_true(next == NEXT_WEEK);
	assert_int_equal(num_for(fx, "people", NEXT_WEEK - 1), 0);
}

/* It was years ahead: that is no day that is full, and what waits for those
 * years does not. */
static void
test_ahead(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = claim(fx, &log_a, 0);
	struct ledger_retention ages = {
	    9999 * DAY, 9999 * DAY, 9999 * DAY, 9999 * DAY};
	bool more;

	hit_new(fx, &t, "jane", SEV_HIGH);
	hit_new(fx, &t, "jane", SEV_HIGH);
	hit_new(fx, &t, "john", SEV_LOW);
	change(fx, "UPDATE exposure SET time_ms = time_ms + 157680000000;"
		   "UPDATE outbox SET due_ms = due_ms + 157680000000"
		   " WHERE sink = 'people'");
	hit_new(fx, &t, "jane", SEV_HIGH);
	hit_new(fx, &t, "john", SEV_INFO);
	assert_int_equal(num_for(fx, "people", NEXT_WEEK), 2);
	set_state(fx, "john", RECORD_PAUSED);
	OK(fx, LEDGER(fx)->retain(fx->s, &ages, NOW, &more, &fx->e));
	assert_false(more);
	assert_int_equal(num_for(fx, "people", NOW), 3);
	assert_int_equal(num_for(fx, "people", NEXT_WEEK), 3);
}

/* A scan that tells all it has at its end tells no digest early. */
static void
test_all(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = claim(fx, &log_a, 0);
	struct outbox_query q = {
	    .sink = "people", .all = true, .now_ms = NOW, .limit = 9};
	struct outbox o;

	step_hit(fx, &t, 1, a_hit(fx, "jane", 1, 0)); /* not proven */
	hit_new(fx, &t, "john", SEV_LOW);
	step_hit(fx, &t, 3, a_hit(fx, "john", 3, 2));
	OK(fx, fx->api->outbox_due(fx->s, &q, &o, &fx->e));
	assert_int_equal(o.num, 2);
	assert_true(o.rows[0].digest == 0 && o.rows[1].digest == 0);
	outbox_fini(&o);
}

/* A digest goes with the last of its rows. */
static void
test_retention(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = claim(fx, &log_a, 0);
	struct ledger_retention ages = {400 * DAY, DAY, 400 * DAY, 400 * DAY};
	struct outbox o;
	bool more;

	hit_new(fx, &t, "jane", SEV_LOW);
	deliver(fx, "machine", NOW);
	o = due_for(fx, "people", NEXT_DAY, 1);
	settle(fx, o.rows[0].id, SETTLE_DELIVERED);
	outbox_fini(&o);
	assert_int_equal(ask_db(fx->path, "SELECT count(*) FROM digest"), 1);
	OK(fx, LEDGER(fx)->retain(
		   fx->s, &ages, NEXT_DAY + 3 * DAY, &more, &fx->e));
	assert_int_equal(ask_db(fx->path, "SELECT count(*) FROM outbox"), 0);
	assert_int_equal(ask_db(fx->path, "SELECT count(*) FROM digest"), 0);
	/* It was told, though nobody knows to whom. */
	hit(fx, &t, "jane", "roe.0@example.org", SEV_LOW);
	assert_int_equal(num_cadence(fx, CADENCE_WEEKLY), 1);
}

/* --- how sinks do --------------------------------------------------------- */

static struct store_sink_state
state_after(struct fixture *fx, enum sink_mark what, int64_t now_ms)
{
	struct store_sink_mark m = {"people", what, now_ms, "http 503"};
	struct store_sink_state s;

	OK(fx, fx->api->sink_mark(fx->s, &m, &fx->e));
	fixture_again(fx);
	OK(fx, fx->api->sink_state(fx->s, "people", &s, &fx->e));
	return s;
}

static void
test_marks(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = claim(fx, &log_a, 0);
	struct store_sink_state s;

	OK(fx, fx->api->sink_state(fx->s, "people", &s, &fx->e));
	assert_true(s.delivered_ms == 0 && s.failing_ms == 0);
	s = state_after(fx, MARK_OPENED, 1);
	assert_true(s.closed_ms == 0 && s.waiting == 0);
	hit_new(fx, &t, "jane", SEV_HIGH);
	s = state_after(fx, MARK_FAILED, 2);
	s = state_after(fx, MARK_FAILED, 3);
	assert_true(s.failing_ms == 2 && s.waiting == 1 && s.dead == 0);
	assert_string_equal(s.kind, "http 503");
	s = state_after(fx, MARK_CLOSED, 4);
	assert_true(s.closed_ms == 4 && s.failing_ms == 2);
	s = state_after(fx, MARK_OPENED, 5);
	assert_true(s.closed_ms == 0 && s.failing_ms == 2);
	s = state_after(fx, MARK_DELIVERED, 6);
	assert_true(s.delivered_ms == 6 && s.failing_ms == 0);
	OK(fx, fx->api->sink_state(fx->s, "machine", &s, &fx->e));
	assert_true(s.delivered_ms == 0 && s.waiting == 1);
}

/* The planner takes the indexes that were made for it. */
static void
test_plans(void **state)
{
	struct fixture *fx = *state;
	static const char *const list[] = {
	    "SELECT 1 FROM outbox WHERE state = 0 AND cadence > 0"
	    " AND digest IS NULL AND sink = ?1 AND due_ms <= ?2"
	    " AND record IS NOT NULL ORDER BY due_ms, id LIMIT 1",
	    "outbox_collected",
	    "SELECT x.time_ms FROM outbox o JOIN exposure x ON x.no ="
	    " o.exposure WHERE o.record = ?1 AND o.sink = ?2"
	    " AND o.address = x'' AND o.cadence = 0 AND o.digest IS NULL"
	    " ORDER BY o.id DESC LIMIT 1 OFFSET ?3",
	    "outbox_people",
	};

	for (size_t i = 0; i < 4; i += 2) {
		struct buf sql = {0};
		sqlite3_stmt *q;

		buf_fmt(&sql, "EXPLAIN QUERY PLAN %s", list[i]);
		assert_int_equal(
		    sqlite3_prepare_v2(fx->s->db, buf_cstr(&sql), -1, &q, NULL),
		    SQLITE_OK);
		assert_int_equal(sqlite3_step(q), SQLITE_ROW);
		assert_non_null(strstr(
		    (const char *)sqlite3_column_text(q, 3), list[i + 1]));
		sqlite3_finalize(q);
		buf_fini(&sql);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    SQLITE(test_same),
	    SQLITE(test_same_order),
	    SQLITE(test_same_kept),
	    cmocka_unit_test(test_next_digest),
	    PEOPLE(test_cadence),
	    PEOPLE(test_cap),
	    PEOPLE(test_coalesce),
	    PEOPLE(test_dead_was_not_told),
	    PEOPLE(test_rewind),
	    PEOPLE(test_digest),
	    PEOPLE(test_digest_large),
	    PEOPLE(test_quiet),
	    PEOPLE(test_resent),
	    PEOPLE(test_set_back),
	    PEOPLE(test_ahead),
	    PEOPLE(test_all),
	    PEOPLE(test_retention),
	    PEOPLE(test_marks),
	    PEOPLE(test_plans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
