/*
 * Tests of the store's contract: each runs over every backend through struct
 * store_api, and where it matters again after closing and opening. What is
 * SQLite's alone (files, locks, damage, crashes) is in test_sqlite.c.
 */
#include "monitor/store/ledger.h"
#include "tests/store/fixture.h"

static int
setup(void **state)
{
	const struct store_api *api = *state;

	*state = fixture_new(api);
	return 0;
}

static int
teardown(void **state)
{
	fixture_free(*state);
	return 0;
}

/* --- logs and heads -------------------------------------------------------- */

static void
test_find(void **state)
{
	struct err e;

	(void)state;
	assert_ptr_equal(store_find("sqlite:///x/y.db", &e), &store_sqlite);
	assert_ptr_equal(store_find("sqlite:y.db", &e), &store_sqlite);
	assert_ptr_equal(store_find("memory:", &e), &store_memory);
	assert_null(store_find("postgresql://u:secret@h/db", &e));
	assert_says(&e, "PostgreSQL");
	assert_null(strstr(e.text, "secret"));
	assert_null(store_find("/var/lib/x.db", &e));
	assert_says(&e, "sqlite://");
	assert_null(store_find("", NULL));
}

static void
test_log_open(void **state)
{
	struct fixture *fx = *state;
	struct store_log l = {.log_id = log_a};

	/* Without names it is only read. */
	OK(fx, fx->api->log_open(fx->s, &l, NOW + 9, &fx->e));
	assert_string_equal(l.name, "Log A");
	assert_string_equal(l.operator_name, "Operator");
	assert_string_equal(l.url, "https://ct.example/");
	assert_string_equal(l.api, "static");
	assert_int_equal(l.first_seen_ms, NOW);
	assert_int_equal(l.newest.size, 0);
	assert_int_equal(l.proven.size, 0);
	assert_int_equal(l.trouble.level, TROUBLE_NONE);
	/* A name given is the name from now on. */
	free(l.name);
	l.name = mem_str("Log A, renamed");
	OK(fx, fx->api->log_open(fx->s, &l, NOW + 9, &fx->e));
	store_log_fini(&l);
	fixture_again(fx);
	l = (struct store_log){.log_id = log_a};
	OK(fx, fx->api->log_open(fx->s, &l, NOW + 9, &fx->e));
	assert_string_equal(l.name, "Log A, renamed");
	assert_string_equal(l.url, "https://ct.example/");
	store_log_fini(&l);
}

static void
test_heads(void **state)
{
	struct fixture *fx = *state;
	struct store_head h = {
	    100, NOW, leaf_hash(fx, 1), span_str("one hundred")};
	struct store_log l = {.log_id = log_a};

	OK(fx, fx->api->head_seen(fx->s, &log_a, &h, &fx->e));
	h = (struct store_head){99, NOW + 1, leaf_hash(fx, 2), span_str("99")};
	OK(fx, fx->api->head_seen(fx->s, &log_a, &h, &fx->e));
	h = (struct store_head){
	    100, NOW + 2, leaf_hash(fx, 3), span_str("again")};
	OK(fx, fx->api->head_seen(fx->s, &log_a, &h, &fx->e));
	fixture_again(fx);
	OK(fx, fx->api->log_open(fx->s, &l, NOW, &fx->e));
	assert_int_equal(l.newest.size, 100);
	assert_int_equal(l.newest.timestamp_ms, NOW);
	h.root = leaf_hash(fx, 1);
	assert_true(hash_eq(&l.newest.root, &h.root));
	assert_true(span_eq_str(l.newest.raw, "one hundred"));
	assert_int_equal(l.proven.size, 0);
	h.timestamp_ms = NOW - 1;
	OK(fx, fx->api->head_seen(fx->s, &log_a, &h, &fx->e));
	h.timestamp_ms = NOW + 3; /* the same tree, signed again */
	OK(fx, fx->api->head_seen(fx->s, &log_a, &h, &fx->e));
	OK(fx, fx->api->log_open(fx->s, &l, NOW, &fx->e));
	assert_int_equal(l.newest.timestamp_ms, NOW + 3);
	assert_true(span_eq_str(l.newest.raw, "again"));
	FAILS(fx, ST_MISSING, fx->api->head_seen(fx->s, &log_b, &h, &fx->e));
	h.size = UINT64_MAX;
	FAILS(fx, ST_LIMIT, fx->api->head_seen(fx->s, &log_a, &h, &fx->e));
	store_log_fini(&l);
}

static void
assert_trouble(struct fixture *fx, const struct trouble *want)
{
	struct store_log l = {.log_id = log_a};

	OK(fx, fx->api->log_open(fx->s, &l, NOW, &fx->e));
	assert_int_equal(l.trouble.level, want->level);
	assert_string_equal(l.trouble.kind, want->kind);
	assert_int_equal(l.trouble.since_ms, want->since_ms);
	assert_int_equal(l.trouble.gap_from, want->gap_from);
	assert_int_equal(l.trouble.gap_to, want->gap_to);
	store_log_fini(&l);
}

static void
test_log_mark(void **state)
{
	struct fixture *fx = *state;
	struct trouble none = {0}, odd = {TROUBLE_PASSING, "unreadable", 5};
	struct trouble fork = {TROUBLE_LASTING, "fork", NOW};

	OK(fx, fx->api->log_mark(fx->s, &log_a, &odd, NULL, &fx->e));
	assert_trouble(fx, &odd);
	OK(fx, fx->api->log_mark(fx->s, &log_a, &none, NULL, &fx->e));
	assert_trouble(fx, &none);
	OK(fx, fx->api->log_mark(fx->s, &log_a, &odd, NULL, &fx->e));
	OK(fx, fx->api->log_mark(fx->s, &log_a, &fork, NULL, &fx->e));
	fixture_again(fx);
	assert_trouble(fx, &fork);
	/* It stays, whatever comes then. */
	OK(fx, fx->api->log_mark(fx->s, &log_a, &odd, NULL, &fx->e));
	OK(fx, fx->api->log_mark(fx->s, &log_a, &none, NULL, &fx->e));
	assert_trouble(fx, &fork);
	FAILS(fx, ST_MISSING,
	    fx->api->log_mark(fx->s, &log_b, &odd, NULL, &fx->e));
}

static void
test_bridge_lasting(void **state)
{
	struct fixture *fx = *state;
	struct trouble none = {0}, fork = {TROUBLE_LASTING, "fork", NOW};
	struct store_bridge b = {log_a, 7, NULL, NULL};
	struct store_bridge other = {log_b, 7, NULL, NULL};

	FAILS(fx, ST_MISSING, fx->api->log_bridge(fx->s, &other, &fx->e));
	FAILS(fx, ST_USAGE, fx->api->log_bridge(fx->s, &b, &fx->e));
	OK(fx, fx->api->log_mark(fx->s, &log_a, &fork, NULL, &fx->e));
	OK(fx, fx->api->log_bridge(fx->s, &b, &fx->e));
	assert_int_equal(b.resume_at, 0);
	assert_trouble(fx, &none);
}

/* The newest head, which may have been a lie, is the proven one again. */
static void
test_bridge_heads(void **state)
{
	struct fixture *fx = *state;
	struct trouble odd = {TROUBLE_PASSING, "size-jump", NOW};
	struct store_head huge = {
	    1ull << 40, NOW, leaf_hash(fx, 7), span_str("huge")};
	struct store_bridge b = {.log_id = log_a};
	struct stretch t = claim(fx, &log_a, 0);
	struct store_log l = {.log_id = log_a};

	step_plain(fx, &t, 300, 200);
	OK(fx, fx->api->head_seen(fx->s, &log_a, &huge, &fx->e));
	OK(fx, fx->api->log_mark(fx->s, &log_a, &odd, NULL, &fx->e));
	OK(fx, fx->api->log_bridge(fx->s, &b, &fx->e));
	fixture_again(fx);
	OK(fx, fx->api->log_open(fx->s, &l, NOW, &fx->e));
	assert_int_equal(l.newest.size, 300);
	assert_int_equal(l.newest.timestamp_ms, l.proven.timestamp_ms);
	assert_true(hash_eq(&l.newest.root, &l.proven.root));
	assert_true(span_eq_str(l.newest.raw, "signed head"));
	assert_true(span_eq_str(l.proven.raw, "signed head"));
	store_log_fini(&l);
	/* The next one counts, however small it is beside that. */
	step_plain(fx, &t, 310, 310);
	l = (struct store_log){.log_id = log_a};
	OK(fx, fx->api->log_open(fx->s, &l, NOW, &fx->e));
	assert_int_equal(l.newest.size, 310);
	store_log_fini(&l);
}

/* --- stretches ------------------------------------------------------------- */

static void
test_claim_new(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = {
	    .log_id = log_a, .job = 7, .begin = 1000, .limit = 2000};

	t.tree = tree_to(fx, 1000, 1000);
	OK(fx, fx->api->claim(fx->s, &t, &fx->e));
	assert_true(t.id > 0);
	assert_int_equal(t.job, 7);
	assert_int_equal(t.begin, 1000);
	assert_int_equal(t.limit, 2000);
	assert_int_equal(t.read, 1000);
	assert_int_equal(t.proven, 1000);
	assert_true(hash_eq(&t.log_id, &log_a));
	assert_tree(fx, &t.tree, 1000, 1000);
	assert_tree(fx, &t.tree_proven, 1000, 1000);
	assert_true(t.epoch > 0);
}

static void
test_claim_nonsense(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = {.log_id = log_a, .begin = 10, .limit = 20};

	/* The tree ends at 0, not at 10. */
	FAILS(fx, ST_USAGE, fx->api->claim(fx->s, &t, &fx->e));
	t.tree = tree_to(fx, 10, 10);
	t.limit = 9;
	FAILS(fx, ST_USAGE, fx->api->claim(fx->s, &t, &fx->e));
	t.limit = 20;
	t.log_id = log_b;
	FAILS(fx, ST_MISSING, fx->api->claim(fx->s, &t, &fx->e));
	FAILS(fx, ST_MISSING,
	    fx->api->stretch_find(fx->s, &t, &log_a, 0, &fx->e));
	FAILS(fx, ST_MISSING,
	    fx->api->stretch_find(fx->s, &t, &log_b, 0, &fx->e));
}

static void
test_claim_again(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = claim(fx, &log_a, 0), u, v;

	step_plain(fx, &t, 300, 200);
	fixture_again(fx);
	/* What is asked for does not count any more. */
	u = (struct stretch){.log_id = log_a, .begin = 5000, .limit = 6000};
	OK(fx, fx->api->claim(fx->s, &u, &fx->e));
	assert_int_equal(u.id, t.id);
	assert_int_equal(u.begin, 0);
	assert_true(u.limit == UINT64_MAX);
	assert_int_equal(u.read, 300);
	assert_int_equal(u.proven, 200);
	assert_tree(fx, &u.tree, 0, 300);
	assert_tree(fx, &u.tree_proven, 0, 200);
	assert_true(u.epoch > t.epoch);
	OK(fx, fx->api->stretch_find(fx->s, &v, &log_a, 0, &fx->e));
	assert_int_equal(v.id, t.id);
	assert_int_equal(v.read, 300);
	assert_tree(fx, &v.tree, 0, 300);
	assert_true(hash_eq(&v.log_id, &log_a));
	/* Finding is no claim: the finder commits nothing. */
	FAILS(fx, ST_STALE, try_step(fx, &(struct step){.t = &v, .read = 310}));
	step_plain(fx, &u, 310, 0);
}

static void
test_bridge_broken(void **state)
{
	struct fixture *fx = *state;
	struct trouble none = {0};
	struct trouble gap = {TROUBLE_BROKEN, "root-mismatch", NOW, 256, 512};
	struct store_bridge b = {log_a, 7, NULL, NULL};
	struct stretch t = claim(fx, &log_a, 0), v;

	step_plain(fx, &t, 300, 200);
	OK(fx, fx->api->log_mark(fx->s, &log_a, &gap, NULL, &fx->e));
	assert_trouble(fx, &gap);
	/* Nothing is skipped: what lies in the gap is read first. */
	FAILS(fx, ST_USAGE, fx->api->log_bridge(fx->s, &b, &fx->e));
	step_plain(fx, &t, 600, 0);
	OK(fx, fx->api->log_bridge(fx->s, &b, &fx->e));
	assert_int_equal(b.resume_at, 512);
	fixture_again(fx);
	assert_trouble(fx, &none);
	FAILS(fx, ST_MISSING,
	    fx->api->stretch_find(fx->s, &v, &log_a, 0, &fx->e));
	OK(fx, fx->api->stretch_find(fx->s, &v, &log_a, -1, &fx->e));
	assert_int_equal(v.read, 600);
	assert_int_equal(v.limit, 600);
	assert_int_equal(v.proven, 200);
	FAILS(fx, ST_STALE, try_step(fx, &(struct step){.t = &t, .read = 610}));
	/* And once more, with a gap that is not known. */
	t = claim(fx, &log_a, 0);
	step_plain(fx, &t, 40, 0);
	gap.gap_from = gap.gap_to = 0;
	OK(fx, fx->api->log_mark(fx->s, &log_a, &gap, NULL, &fx->e));
	OK(fx, fx->api->log_bridge(fx->s, &b, &fx->e));
	assert_int_equal(b.resume_at, 40);
	OK(fx, fx->api->stretch_find(fx->s, &v, &log_a, -2, &fx->e));
}

static void
see_log(void *arg, const struct store_log *log)
{
	struct buf *names = arg;

	buf_fmt(names, "%s %d;", log->name, (int)log->newest.size);
}

static void
test_logs(void **state)
{
	struct fixture *fx = *state;
	struct store_head h = {
	    100, NOW, leaf_hash(fx, 1), span_str("one hundred")};
	struct buf names = {0};

	open_log(fx, &log_b, "Log B");
	OK(fx, fx->api->head_seen(fx->s, &log_b, &h, &fx->e));
	fixture_again(fx);
	OK(fx, fx->api->logs(fx->s, see_log, &names, &fx->e));
	assert_string_equal(buf_cstr(&names), "Log A 0;Log B 100;");
	buf_fini(&names);
}

struct seen_stretches {
	size_t num;
	int64_t job[8];
	uint64_t read[8];
	char log[8][32];
};

static void
see_stretch(void *arg, const struct store_log *log, const struct stretch *t)
{
	struct seen_stretches *l = arg;
	size_t i = l->num++;

	assert_true(i < 8);
	l->job[i] = t->job;
	l->read[i] = t->read;
	assert_int_equal(t->epoch, 0);
	assert_true(hash_eq(&log->log_id, &t->log_id));
	snprintf(l->log[i], sizeof(l->log[i]), "%s", log->name);
}

static void
test_stretches(void **state)
{
	struct fixture *fx = *state;
	struct seen_stretches l = {0};
	struct stretch a0, a3, b0;

	OK(fx, fx->api->stretches(fx->s, see_stretch, &l, &fx->e));
	assert_int_equal(l.num, 0);
	open_log(fx, &log_b, "Log B");
	b0 = claim(fx, &log_b, 0);
	a3 = claim(fx, &log_a, 3);
	a0 = claim(fx, &log_a, 0);
	step_plain(fx, &a0, 10, 0);
	step_plain(fx, &a3, 20, 0);
	step_plain(fx, &b0, 30, 0);
	fixture_again(fx);
	OK(fx, fx->api->stretches(fx->s, see_stretch, &l, &fx->e));
	assert_int_equal(l.num, 3);
	assert_string_equal(l.log[0], "Log A");
	assert_int_equal(l.read[0], 10);
	assert_int_equal(l.job[1], 3);
	assert_int_equal(l.read[1], 20);
	assert_string_equal(l.log[2], "Log B");
	assert_int_equal(l.read[2], 30);
}

/* --- commits --------------------------------------------------------------- */

/* Nothing of a stale commit may stay. */
static void
assert_empty(struct fixture *fx, struct stretch *t, uint64_t read)
{
	struct stretch now;

	OK(fx, fx->api->stretch_find(fx->s, &now, &t->log_id, 0, &fx->e));
	assert_int_equal(now.read, read);
	assert_tree(fx, &now.tree, 0, read);
	assert_int_equal(list_exposures(fx, NULL).num, 0);
	assert_int_equal(list_quarantine(fx).num, 0);
	assert_int_equal(num_due(fx, INT64_MAX), 0);
}

static struct step
full_step(struct fixture *fx, struct stretch *t, uint64_t read)
{
	return (struct step){.t = t,
	    .read = read,
	    .proven = read,
	    .num_hits = 1,
	    .hits = {a_hit(fx, "jane", 1, read - 1)},
	    .num_quarantined = 1,
	    .quarantined = {
		{read - 2, leaf_hash(fx, read - 2), "why", span_str("x")}}};
}

static void
test_stale_commits(void **state)
{
	struct fixture *fx = *state;
	struct stretch t, old, moved;
	struct step s;

	import_one(fx, an_email("acme", "jane"));
	t = claim(fx, &log_a, 0);
	step_plain(fx, &t, 100, 0);
	/* An older claim. */
	old = t;
	t = claim(fx, &log_a, 0);
	s = full_step(fx, &old, 200);
	FAILS(fx, ST_STALE, try_step(fx, &s));
	step_fini(&s);
	assert_empty(fx, &t, 100);
	/* The right claim with another position. */
	moved = t;
	moved.read = 90;
	s = full_step(fx, &moved, 200);
	FAILS(fx, ST_STALE, try_step(fx, &s));
	step_fini(&s);
	assert_empty(fx, &t, 100);
	/* Another stretch, another log. */
	moved = t;
	moved.id += 77;
	s = full_step(fx, &moved, 200);
	FAILS(fx, ST_STALE, try_step(fx, &s));
	moved = t;
	moved.log_id = log_b;
	FAILS(fx, ST_STALE, try_step(fx, &s));
	step_fini(&s);
	assert_empty(fx, &t, 100);
	/* The same thing twice. */
	old = t;
	s = full_step(fx, &t, 200);
	OK(fx, try_step(fx, &s));
	s.t = &old;
	FAILS(fx, ST_STALE, try_step(fx, &s));
	step_fini(&s);
}

static void
test_senseless_commits(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = {.log_id = log_a, .limit = 500};
	struct step s;

	import_one(fx, an_email("acme", "jane"));
	OK(fx, fx->api->claim(fx->s, &t, &fx->e));
	step_plain(fx, &t, 100, 50);
	FAILS(fx, ST_USAGE, try_step(fx, &(struct step){.t = &t, .read = 99}));
	FAILS(fx, ST_USAGE, try_step(fx, &(struct step){.t = &t, .read = 501}));
	/* Proof beyond what was read, beyond its head, or going back. */
	FAILS(fx, ST_USAGE,
	    try_step(fx, &(struct step){.t = &t, .read = 110, .proven = 111}));
	FAILS(fx, ST_USAGE,
	    try_step(
		fx, &(struct step){
			.t = &t, .read = 110, .proven = 110, .head = 109}));
	FAILS(fx, ST_USAGE,
	    try_step(fx, &(struct step){.t = &t, .read = 110, .proven = 49}));
	/* Hits and entries from elsewhere. */
	s = full_step(fx, &t, 200);
	s.hits[0].index = 200;
	FAILS(fx, ST_USAGE, try_step(fx, &s));
	s.hits[0].index = 99;
	FAILS(fx, ST_USAGE, try_step(fx, &s));
	s.hits[0].index = 100;
	s.quarantined[0].index = 200;
	FAILS(fx, ST_USAGE, try_step(fx, &s));
	step_fini(&s);
	assert_empty(fx, &t, 100);
}

/* A new exposure, all of it, at once and after opening again. */
static void
test_exposure(void **state)
{
	struct fixture *fx = *state;
	struct stretch t;
	struct store_committed done;
	struct seen_exposures l;
	struct outbox o;

	import_one(fx, an_email("acme", "jane"));
	t = claim(fx, &log_a, 0);
	done = step_hit(fx, &t, 100, a_hit(fx, "jane", 1, 42));
	assert_int_equal(done.new_exposures, 1);
	assert_int_equal(done.dropped, 0);
	fixture_again(fx);
	l = list_exposures(fx, NULL);
	assert_int_equal(l.num, 1);
	assert_string_equal(l.list[0].value, "Roe.Secret@example.org");
	assert_string_equal(l.list[0].record, "jane");
	assert_int_equal(l.list[0].time_ms, NOW + 5);
	assert_int_equal(l.list[0].num, 1);
	assert_int_equal(l.list[0].at[0].index, 42);
	assert_int_equal(l.list[0].at[0].timestamp_ms, NOW + 42);
	assert_string_equal(l.list[0].at[0].log_name, "Log A");
	assert_true(hash_eq(&l.list[0].at[0].log_id, &log_a));
	assert_false(l.list[0].at[0].verified);
	/* The alert waits for the proof, then goes without. */
	assert_int_equal(num_due(fx, NOW + HOLD - 1), 0);
	o = due(fx, NOW + HOLD);
	assert_int_equal(o.num, 3);
	assert_true(o.rows[0].is_exposure);
	assert_string_equal(o.rows[0].sink, "all");
	assert_string_equal(o.rows[1].sink, "also");
	assert_string_equal(o.rows[2].sink, "acme");
	assert_int_equal(o.rows[0].attempts, 0);
	assert_null(o.rows[0].last_error);
	assert_memory_equal(o.rows[0].event_id, l.list[0].id, 16);
	assert_memory_equal(o.rows[0].x.id, l.list[0].id, 16);
	assert_string_equal(
	    o.rows[0].x.match.reason[0], "rfc822Name equals the record");
	assert_string_equal(o.rows[0].x.cert.issuer, "Example CA 1");
	assert_int_equal(o.rows[0].x.num_sightings, 1);
	assert_string_equal(o.rows[0].x.sightings[0].operator_name, "Operator");
	assert_false(o.rows[0].x.sightings[0].verified);
	outbox_fini(&o);
}

static void
test_due_at_once_when_proven(void **state)
{
	struct fixture *fx = *state;
	struct stretch t;
	struct outbox o;
	struct store_log l = {.log_id = log_a};

	import_one(fx, an_email("acme", "jane"));
	t = claim(fx, &log_a, 0);
	/* One below the proof, one above. */
	step(fx,
	    (struct step){.t = &t,
		.read = 100,
		.proven = 60,
		.head = 90,
		.num_hits = 2,
		.hits = {a_hit(fx, "jane", 1, 59), a_hit(fx, "jane", 2, 60)}});
	fixture_again(fx);
	o = due(fx, NOW);
	assert_int_equal(o.num, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(o.rows[i].x.sightings[0].index, 59);
		assert_true(o.rows[i].x.sightings[0].verified);
	}
	outbox_fini(&o);
	assert_int_equal(num_due(fx, NOW + HOLD), 6);
	OK(fx, fx->api->log_open(fx->s, &l, NOW, &fx->e));
	assert_int_equal(l.proven.size, 90);
	assert_int_equal(l.newest.size, 90);
	assert_true(span_eq_str(l.proven.raw, "signed head"));
	store_log_fini(&l);
}

static void
test_proof_later(void **state)
{
	struct fixture *fx = *state;
	struct stretch t, other;
	struct seen_exposures l;
	struct outbox o;

	import_one(fx, an_email("acme", "jane"));
	t = claim(fx, &log_a, 0);
	other = claim(fx, &log_a, 1);
	step_hit(fx, &t, 100, a_hit(fx, "jane", 1, 42));
	step_hit(fx, &other, 100, a_hit(fx, "jane", 2, 43));
	/* A proof of the other stretch says nothing of this one. */
	step_plain(fx, &other, 100, 43);
	assert_int_equal(num_due(fx, NOW), 0);
	step_plain(fx, &t, 100, 42);
	assert_int_equal(num_due(fx, NOW), 0);
	fixture_again(fx);
	t = claim(fx, &log_a, 0);
	step(fx, (struct step){
		     .t = &t, .read = 100, .proven = 43, .now_ms = NOW + 7});
	assert_int_equal(num_due(fx, NOW + 6), 0);
	o = due(fx, NOW + 7);
	assert_int_equal(o.num, 3);
	assert_true(o.rows[0].x.sightings[0].verified);
	outbox_fini(&o);
	l = list_exposures(fx, NULL);
	assert_true(l.list[0].at[0].verified);
	assert_false(l.list[1].at[0].verified);
}

/* Sent unverified after the hold; the proof sends nothing again. */
static void
test_no_second_delivery(void **state)
{
	struct fixture *fx = *state;
	struct stretch t;
	struct outbox o;

	import_one(fx, an_email("acme", "jane"));
	t = claim(fx, &log_a, 0);
	step_hit(fx, &t, 100, a_hit(fx, "jane", 1, 42));
	deliver(fx, "all", NOW + HOLD);
	o = due(fx, NOW + HOLD);
	assert_int_equal(o.num, 2);
	settle(fx, o.rows[0].id, SETTLE_RETRY);
	outbox_fini(&o);
	step_plain(fx, &t, 120, 120);
	fixture_again(fx);
	/* "also" waits for its retry, "acme" is due, "all" had it. */
	o = due(fx, NOW);
	assert_int_equal(o.num, 1);
	assert_string_equal(o.rows[0].sink, "acme");
	outbox_fini(&o);
	o = due(fx, INT64_MAX);
	assert_int_equal(o.num, 2);
	outbox_fini(&o);
	/* Nor does another log that has the same certificate. */
	open_log(fx, &log_b, "Log B");
	t = claim(fx, &log_b, 0);
	step(fx, (struct step){.t = &t,
		     .read = 10,
		     .proven = 10,
		     .num_hits = 1,
		     .hits = {a_hit(fx, "jane", 1, 3)}});
	assert_int_equal(num_due(fx, INT64_MAX), 2);
}

static void
test_sightings(void **state)
{
	struct fixture *fx = *state;
	struct stretch a, b, again;
	struct store_committed done;
	struct seen_exposures l;

	import_one(fx, an_email("acme", "jane"));
	open_log(fx, &log_b, "Log B");
	a = claim(fx, &log_a, 0);
	b = claim(fx, &log_b, 0);
	done = step(
	    fx, (struct step){.t = &a,
		    .read = 100,
		    .num_hits = 3,
		    .hits = {a_hit(fx, "jane", 1, 50), a_hit(fx, "jane", 1, 51),
			a_hit(fx, "jane", 1, 51)}});
	assert_int_equal(done.new_exposures, 1);
	done = step(fx,
	    (struct step){.t = &b,
		.read = 100,
		.proven = 100,
		.num_hits = 2,
		.hits = {a_hit(fx, "jane", 1, 7), a_hit(fx, "jane", 9, 8)}});
	assert_int_equal(done.new_exposures, 1);
	/* Another stretch of log A passes the same entry, proven. */
	again = claim(fx, &log_a, 5);
	step(fx, (struct step){.t = &again,
		     .read = 60,
		     .proven = 60,
		     .num_hits = 1,
		     .hits = {a_hit(fx, "jane", 1, 50)}});
	fixture_again(fx);
	l = list_exposures(fx, NULL);
	assert_int_equal(l.num, 2);
	assert_int_equal(l.list[0].num, 3);
	assert_int_equal(l.list[0].at[0].index, 7);
	assert_string_equal(l.list[0].at[0].log_name, "Log B");
	assert_int_equal(l.list[0].at[1].index, 50);
	assert_true(l.list[0].at[1].verified);
	assert_int_equal(l.list[0].at[2].index, 51);
	assert_false(l.list[0].at[2].verified);
	/* One proof of any sighting lets the alert go. */
	assert_int_equal(num_due(fx, NOW), 6);
	l = list_exposures(fx, &log_b);
	assert_int_equal(l.num, 2);
	assert_int_equal(l.list[0].num, 1);
	assert_int_equal(l.list[0].at[0].index, 7);
	l = list_exposures(fx, &log_a);
	assert_int_equal(l.num, 1);
	assert_int_equal(l.list[0].num, 2);
	l = list_exposures(fx, &(struct hash){{9}});
	assert_int_equal(l.num, 0);
}

static void
test_exposures_oldest_first(void **state)
{
	struct fixture *fx = *state;
	struct stretch t;
	struct store_hit h[3];
	struct seen_exposures l;

	import_one(fx, an_email("acme", "jane"));
	t = claim(fx, &log_a, 0);
	for (unsigned i = 0; i < 3; i++)
		h[i] = a_hit(fx, "jane", i + 1, i);
	h[1].x.time_ms -= 1000;
	step(fx, (struct step){.t = &t,
		     .read = 10,
		     .num_hits = 3,
		     .hits = {h[0], h[1], h[2]}});
	l = list_exposures(fx, NULL);
	assert_int_equal(l.num, 3);
	assert_int_equal(l.list[0].id[1], 2);
	assert_int_equal(l.list[1].id[1], 1);
	assert_int_equal(l.list[2].id[1], 3);
}

static void
test_hits_dropped(void **state)
{
	struct fixture *fx = *state;
	struct stretch t;
	struct store_committed done;
	struct record expiring = an_email("acme", "late");
	struct step s;

	import_one(fx, an_email("acme", "paused"));
	import_one(fx, an_email("acme", "gone"));
	import_one(fx, an_email("acme", "jane"));
	expiring.expires_ms = NOW + 50;
	import_one(fx, expiring);
	t = claim(fx, &log_a, 0);
	s = (struct step){.t = &t,
	    .read = 10,
	    .num_hits = 5,
	    .hits = {a_hit(fx, "paused", 1, 1), a_hit(fx, "gone", 2, 2),
		a_hit(fx, "jane", 3, 3), a_hit(fx, "late", 4, 4),
		a_hit(fx, "jane", 5, 5)},
	    .now_ms = NOW + 50};
	s.hits[4].record = 999; /* nobody's */
	set_state(fx, "paused", RECORD_PAUSED);
	set_state(fx, "gone", RECORD_WITHDRAWN);
	done = step(fx, s);
	assert_int_equal(done.dropped, 4);
	assert_int_equal(done.new_exposures, 1);
	assert_int_equal(list_exposures(fx, NULL).num, 1);
	assert_string_equal(list_exposures(fx, NULL).list[0].record, "jane");
	/* Expiry is a change of state. */
	assert_int_equal(get_record(fx, "late").state, RECORD_EXPIRED);
}

/* Which sinks get what concerns a record. */
static void
test_sinks(void **state)
{
	struct fixture *fx = *state;
	struct record named = an_email("acme", "named"),
		      mailed = an_email("acme", "mailed"),
		      foreign = an_email("else", "foreign");
	struct stretch t;
	struct outbox o;
	struct buf one = {0};
	uint64_t lost;

	add_notify(&named, "mailto:jane@example.net");
	add_notify(&named, "sink:also");
	add_notify(&named, "sink:unknown");
	import_one(fx, named);
	add_notify(&mailed, "mailto:jane@example.net");
	import_one(fx, mailed);
	add_notify(&foreign, "sink:acme"); /* does not serve this tenant */
	import_one(fx, foreign);
	import_one(fx, an_email("else", "other"));
	if (fx->api->ledger != NULL) {
		OK(fx, fx->api->ledger->unserved(fx->s, &lost, &one, &fx->e));
		assert_int_equal(lost, 3); /* all but the last */
		buf_fini(&one);
	}
	t = claim(fx, &log_a, 0);
	step(fx,
	    (struct step){.t = &t,
		.read = 10,
		.proven = 10,
		.num_hits = 4,
		.hits = {a_hit(fx, "named", 1, 1), a_hit(fx, "mailed", 2, 2),
		    a_hit(fx, "foreign", 3, 3), a_hit(fx, "other", 4, 4)}});
	o = due(fx, NOW);
	assert_int_equal(o.num, 3);
	assert_string_equal(o.rows[0].x.record_id, "named");
	assert_string_equal(o.rows[0].sink, "also");
	assert_string_equal(o.rows[1].x.record_id, "other");
	assert_string_equal(o.rows[1].sink, "all");
	assert_string_equal(o.rows[2].sink, "also");
	outbox_fini(&o);
	assert_int_equal(list_exposures(fx, NULL).num, 4);
}

/* Three in the first ten entries, of which five are proven. */
static void
quarantine_three(struct fixture *fx, struct stretch *t)
{
	step(fx,
	    (struct step){.t = t,
		.read = 10,
		.proven = 5,
		.num_quarantined = 3,
		.quarantined = {
		    {7, leaf_hash(fx, 7), "too deep", span_str("seven")},
		    {3, leaf_hash(fx, 3), "no certificate", span_str("three")},
		    {8, leaf_hash(fx, 8), "too deep", span_str("eight")}}});
}

static void
test_quarantine(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = claim(fx, &log_a, 0);
	struct seen_quarantine l;
	struct store_counts n = {9, 9};

	step(fx,
	    (struct step){.t = &t,
		.read = 10,
		.proven = 5,
		.num_quarantined = 3,
		.quarantined = {
		    {7, leaf_hash(fx, 7), "too deep", span_str("seven")},
		    {3, leaf_hash(fx, 3), "no certificate", span_str("three")},
		    {8, leaf_hash(fx, 8), "empty", span_str("")}}});
	fixture_again(fx);
	l = list_quarantine(fx);
	assert_int_equal(l.num, 3);
	assert_int_equal(l.index[0], 7);
	assert_string_equal(l.bytes[0], "seven");
	assert_int_equal(l.index[1], 3);
	assert_string_equal(l.bytes[1], "three");
	assert_string_equal(l.reason[1], "no certificate");
	assert_string_equal(l.bytes[2], "");
	OK(fx, fx->api->counts(fx->s, &n, &fx->e));
	assert_int_equal(n.quarantined, 3);
	assert_int_equal(n.dead, 0);
}

/* In order of coming, by pieces. */
static void
test_quarantine_read(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = claim(fx, &log_a, 0);
	struct seen_quarantine l = {0}, m = {0};

	quarantine_three(fx, &t);
	fixture_again(fx);
	OK(fx, fx->api->quarantine_read(fx->s, 0, see_quarantine, &l, &fx->e));
	assert_int_equal(l.num, 3);
	assert_int_equal(l.index[0], 7);
	assert_int_equal(l.index[1], 3);
	assert_int_equal(l.time_ms[1], NOW);
	assert_true(l.row[0] > 0 && l.row[0] < l.row[1]);
	OK(fx, fx->api->quarantine_read(
		   fx->s, l.row[1], see_quarantine, &m, &fx->e));
	assert_int_equal(m.num, 1);
	assert_int_equal(m.index[0], 8);
	assert_string_equal(m.bytes[0], "eight");
	/* A page, and no more. */
	for (uint64_t i = 10; i < 40; i++)
		step(fx, (struct step){.t = &t,
			     .read = i + 1,
			     .num_quarantined = 1,
			     .quarantined = {
				 {i, leaf_hash(fx, i), "r", span_str("x")}}});
	l.num = m.num = 0;
	OK(fx, fx->api->quarantine_read(fx->s, 0, see_quarantine, &l, &fx->e));
	assert_int_equal(l.num, STORE_QUARANTINE_PAGE);
	OK(fx, fx->api->quarantine_read(
		   fx->s, l.row[15], see_quarantine, &m, &fx->e));
	assert_int_equal(m.num, STORE_QUARANTINE_PAGE);
	assert_int_equal(m.index[0], 10 + 16 - 3);
}

struct places {
	size_t num;
	struct {
		struct hash log_id;
		char reason[32];
		uint64_t index;
	} list[8];
};

static void
see_place(
    void *arg, const struct hash *log_id, const char *reason, uint64_t index)
{
	struct places *l = arg;
	size_t i = l->num++;

	assert_true(i < 8);
	l->list[i].log_id = *log_id;
	snprintf(l->list[i].reason, sizeof(l->list[i].reason), "%s", reason);
	l->list[i].index = index;
}

static void
test_quarantine_places(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = claim(fx, &log_a, 0), other;
	struct places l = {0};

	quarantine_three(fx, &t);
	open_log(fx, &log_b, "Log B");
	other = claim(fx, &log_b, 0);
	quarantine_three(fx, &other);
	OK(fx, fx->api->quarantine_places(fx->s, see_place, &l, &fx->e));
	assert_int_equal(l.num, 6);
	assert_true(hash_eq(&l.list[0].log_id, &log_a));
	assert_string_equal(l.list[0].reason, "no certificate");
	assert_int_equal(l.list[0].index, 3);
	assert_string_equal(l.list[1].reason, "too deep");
	assert_int_equal(l.list[1].index, 7);
	assert_int_equal(l.list[2].index, 8);
	assert_true(hash_eq(&l.list[3].log_id, &log_b));
}

/* Settle the entry at `index` with at most one hit, which is freed. */
static struct store_committed
reread(struct fixture *fx, uint64_t index, const char *reason,
    struct store_hit *hit)
{
	struct seen_quarantine l = list_quarantine(fx);
	struct store_reread x = {
	    .reason = reason, .num_hits = hit != NULL, .hits = hit};
	struct store_rereads r = {1, &x, NOW + 7, HOLD};
	struct store_committed done;

	for (size_t i = 0; i < l.num; i++)
		if (l.index[i] == index)
			x.row = l.row[i];
	assert_int_not_equal(x.row, 0);
	OK(fx, fx->api->quarantine_settle(fx->s, &r, &done, &fx->e));
	/* Once more: it went, or is as it is. */
	if (reason == NULL) {
		struct store_committed again;

		OK(fx, fx->api->quarantine_settle(fx->s, &r, &again, &fx->e));
		assert_int_equal(again.new_exposures, 0);
	}
	if (hit != NULL)
		exposure_fini(&hit->x);
	return done;
}

/* What can be read now becomes what a commit would have made of it. */
static void
test_quarantine_settle(void **state)
{
	struct fixture *fx = *state;
	struct stretch t;
	struct store_hit hit;
	struct seen_exposures x;
	struct seen_quarantine l;

	import_one(fx, an_email("acme", "jane"));
	t = claim(fx, &log_a, 0);
	quarantine_three(fx, &t); /* proven to 5 */
	hit = a_hit(fx, "jane", 1, 999);
	hit.timestamp_ms = NOW - 3;
	assert_int_equal(reread(fx, 3, NULL, &hit).new_exposures, 1);
	fixture_again(fx);
	x = list_exposures(fx, NULL);
	assert_int_equal(x.num, 1);
	assert_int_equal(x.list[0].num, 1);
	assert_int_equal(x.list[0].at[0].index, 3);
	assert_int_equal(x.list[0].at[0].timestamp_ms, NOW - 3);
	assert_true(hash_eq(&x.list[0].at[0].log_id, &log_a));
	assert_true(x.list[0].at[0].verified);
	assert_int_equal(num_due(fx, NOW + 7), 3); /* each sink, at once */
	l = list_quarantine(fx);
	assert_int_equal(l.num, 2);
	/* Beyond what is proven: held, until a proof or for so long. */
	hit = a_hit(fx, "jane", 2, 0);
	assert_int_equal(reread(fx, 7, NULL, &hit).new_exposures, 1);
	x = list_exposures(fx, NULL);
	assert_false(x.list[1].at[0].verified);
	assert_int_equal(num_due(fx, NOW + 7), 3);
	assert_int_equal(num_due(fx, NOW + 7 + HOLD), 6);
	step_plain(fx, &t, 20, 20);
	assert_true(list_exposures(fx, NULL).list[1].at[0].verified);
	assert_int_equal(num_due(fx, NOW + 7), 6);
	assert_int_equal(list_quarantine(fx).num, 1);
}

/* What stays has the new reason, and its bytes; its hits count as well, once.
 * Hits of records that are not active are dropped. */
static void
test_quarantine_stays(void **state)
{
	struct fixture *fx = *state;
	struct stretch t;
	struct store_hit hit;
	struct store_rereads none = {0};
	struct store_committed done;
	struct seen_quarantine l;

	import_one(fx, an_email("acme", "jane"));
	t = claim(fx, &log_a, 0);
	quarantine_three(fx, &t);
	for (int i = 0; i < 2; i++) {
		hit = a_hit(fx, "jane", 1, 0);
		done = reread(fx, 3, "still too deep", &hit);
		assert_int_equal(done.new_exposures, i == 0);
	}
	assert_int_equal(list_exposures(fx, NULL).num, 1);
	assert_int_equal(list_exposures(fx, NULL).list[0].num, 1);
	fixture_again(fx);
	l = list_quarantine(fx);
	assert_int_equal(l.num, 3);
	assert_int_equal(l.index[1], 3);
	assert_string_equal(l.reason[1], "still too deep");
	assert_string_equal(l.bytes[1], "three");
	set_state(fx, "jane", RECORD_PAUSED);
	hit = a_hit(fx, "jane", 2, 0);
	done = reread(fx, 7, NULL, &hit);
	assert_int_equal(done.dropped, 1);
	assert_int_equal(list_exposures(fx, NULL).num, 1);
	assert_int_equal(list_quarantine(fx).num, 2);
	OK(fx, fx->api->quarantine_settle(fx->s, &none, &done, &fx->e));
}

/* What is older than it may be goes, and only that. */
static void
test_quarantine_expire(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = claim(fx, &log_a, 0);
	bool more = true;

	quarantine_three(fx, &t);
	step(fx, (struct step){.t = &t,
		     .read = 20,
		     .now_ms = NOW + DAY,
		     .num_quarantined = 1,
		     .quarantined = {
			 {15, leaf_hash(fx, 15), "r", span_str("fifteen")}}});
	OK(fx, fx->api->quarantine_expire(fx->s, NOW, &more, &fx->e));
	assert_false(more);
	assert_int_equal(list_quarantine(fx).num, 4);
	do
		OK(fx,
		    fx->api->quarantine_expire(fx->s, NOW + 1, &more, &fx->e));
	while (more);
	fixture_again(fx);
	assert_int_equal(list_quarantine(fx).num, 1);
	assert_int_equal(list_quarantine(fx).index[0], 15);
	/* Room is made again. */
	step(
	    fx, (struct step){.t = &t,
		    .read = 30,
		    .num_quarantined = 2,
		    .quarantined = {
			{25, leaf_hash(fx, 25), "r", span_str("twenty-five")},
			{26, leaf_hash(fx, 26), "r", span_str("twenty-six")}}});
	assert_int_equal(list_quarantine(fx).num, 3);
	assert_string_equal(list_quarantine(fx).bytes[2], "twenty-six");
}

/* --- rewind ---------------------------------------------------------------- */

static void
test_rewind(void **state)
{
	struct fixture *fx = *state;
	struct stretch t, old, now;
	struct store_rewound back = {.now_ms = NOW};
	struct seen_exposures l;

	import_one(fx, an_email("acme", "jane"));
	t = claim(fx, &log_a, 0);
	step(fx, (struct step){.t = &t,
		     .read = 50,
		     .proven = 50,
		     .num_hits = 1,
		     .hits = {a_hit(fx, "jane", 1, 10)},
		     .num_quarantined = 1,
		     .quarantined = {{4, leaf_hash(fx, 4), "r", {NULL, 0}}}});
	/* Certificate 1 once more, 2 and 3 new, 3 delivered to one sink. */
	step(fx, (struct step){.t = &t,
		     .read = 100,
		     .num_hits = 3,
		     .hits = {a_hit(fx, "jane", 1, 60),
			 a_hit(fx, "jane", 2, 61), a_hit(fx, "jane", 3, 62)},
		     .num_quarantined = 1,
		     .quarantined = {{77, leaf_hash(fx, 77), "r", {NULL, 0}}}});
	deliver(fx, "acme", NOW); /* certificate 1 */
	{
		struct outbox o = due(fx, NOW + HOLD);

		for (size_t i = 0; i < o.num; i++)
			if (o.rows[i].event_id[1] == 3 &&
			    strcmp(o.rows[i].sink, "also") == 0)
				settle(fx, o.rows[i].id, SETTLE_DELIVERED);
		outbox_fini(&o);
	}
	old = t;
	old.epoch--;
	FAILS(fx, ST_STALE, fx->api->rewind(fx->s, &old, &back, &fx->e));
	assert_int_equal(list_exposures(fx, NULL).num, 3);
	OK(fx, fx->api->rewind(fx->s, &t, &back, &fx->e));
	assert_int_equal(back.retracted, 1);
	assert_int_equal(back.delivered, 1);
	fixture_again(fx);
	OK(fx, fx->api->stretch_find(fx->s, &now, &log_a, 0, &fx->e));
	assert_int_equal(now.read, 50);
	assert_int_equal(now.proven, 50);
	assert_tree(fx, &now.tree, 0, 50);
	l = list_exposures(fx, NULL);
	assert_int_equal(l.num, 2);
	assert_int_equal(l.list[0].id[1], 1);
	assert_int_equal(l.list[0].num, 1);
	assert_int_equal(l.list[0].at[0].index, 10);
	assert_int_equal(l.list[1].id[1], 3);
	assert_int_equal(l.list[1].num, 0);
	assert_int_equal(list_quarantine(fx).num, 1);
	/* Left: certificate 1 for "all" and "also"; and to "also" is to be
	 * said that there may be no certificate 3. */
	assert_int_equal(num_due(fx, INT64_MAX), 3);
	/* The position is the proven one now. */
	t = claim(fx, &log_a, 0);
	OK(fx, fx->api->rewind(fx->s, &t, &back, &fx->e));
	assert_int_equal(back.retracted + back.delivered, 0);
	step_plain(fx, &t, 60, 0);
}

/* Read again after a rewind: who had it gets nothing, the others do. */
static void
test_rewind_and_again(void **state)
{
	struct fixture *fx = *state;
	struct stretch t;
	struct store_committed done;
	struct store_rewound back = {.now_ms = NOW};
	struct outbox o;
	struct store_counts n;

	import_one(fx, an_email("acme", "jane"));
	t = claim(fx, &log_a, 0);
	step(fx,
	    (struct step){.t = &t,
		.read = 100,
		.num_hits = 2,
		.hits = {a_hit(fx, "jane", 1, 10), a_hit(fx, "jane", 2, 11)}});
	o = due(fx, NOW + HOLD);
	assert_int_equal(o.num, 6);
	settle(fx, o.rows[0].id, SETTLE_DELIVERED); /* 1 to "all" */
	settle(fx, o.rows[1].id, SETTLE_DEAD);      /* 1 to "also" */
	OK(fx, fx->api->counts(fx->s, &n, &fx->e));
	assert_int_equal(n.dead, 1);
	outbox_fini(&o);
	OK(fx, fx->api->rewind(fx->s, &t, &back, &fx->e));
	assert_int_equal(back.retracted, 1);
	assert_int_equal(back.delivered, 1);
	t = claim(fx, &log_a, 0);
	done = step(fx,
	    (struct step){.t = &t,
		.read = 100,
		.proven = 100,
		.num_hits = 2,
		.hits = {a_hit(fx, "jane", 1, 10), a_hit(fx, "jane", 2, 11)}});
	assert_int_equal(done.new_exposures, 1);
	fixture_again(fx);
	o = due(fx, NOW);
	assert_int_equal(o.num, 4);
	assert_string_equal(o.rows[0].sink, "acme");
	assert_int_equal(o.rows[0].event_id[1], 1);
	for (size_t i = 1; i < 4; i++)
		assert_int_equal(o.rows[i].event_id[1], 2);
	assert_true(o.rows[0].x.sightings[0].verified);
	outbox_fini(&o);
}

/* What another stretch saw too stays, proven there or not. */
static void
test_rewind_beside(void **state)
{
	struct fixture *fx = *state;
	struct stretch t, beside;
	struct store_rewound back = {.now_ms = NOW};
	struct seen_exposures l;

	import_one(fx, an_email("acme", "jane"));
	t = claim(fx, &log_a, 0);
	beside = claim(fx, &log_a, 8);
	step_hit(fx, &t, 100, a_hit(fx, "jane", 1, 10));
	step_hit(fx, &beside, 20, a_hit(fx, "jane", 1, 10));
	OK(fx, fx->api->rewind(fx->s, &t, &back, &fx->e));
	assert_int_equal(back.retracted + back.delivered, 0);
	l = list_exposures(fx, NULL);
	assert_int_equal(l.num, 1);
	assert_int_equal(l.list[0].num, 1);
	assert_int_equal(num_due(fx, NOW + HOLD), 3);
	step_plain(fx, &beside, 20, 20);
	assert_true(list_exposures(fx, NULL).list[0].at[0].verified);
	assert_int_equal(num_due(fx, NOW), 3);
}

/* --- outbox and events ----------------------------------------------------- */

static struct event
an_event(unsigned n)
{
	struct event ev = {.type = "log.misbehaviour",
	    .subject = "Log A",
	    .time_ms = NOW + n,
	    .data = span_str("{\"a\":1}")};

	memset(ev.id, (int)n, sizeof(ev.id));
	return ev;
}

static void
test_events(void **state)
{
	struct fixture *fx = *state;
	struct event ev = an_event(1);
	struct outbox o;

	OK(fx, fx->api->event_add(fx->s, &ev, &fx->e));
	fixture_again(fx);
	/* The same event is one event. */
	OK(fx, fx->api->event_add(fx->s, &ev, &fx->e));
	assert_int_equal(num_due(fx, NOW), 0);
	o = due(fx, NOW + 1);
	assert_int_equal(o.num, 2);
	assert_string_equal(o.rows[0].sink, "all");
	assert_string_equal(o.rows[1].sink, "also");
	assert_false(o.rows[0].is_exposure);
	assert_memory_equal(o.rows[0].event_id, ev.id, 16);
	assert_true(
	    span_eq_str(buf_span(&o.rows[0].event_type), "log.misbehaviour"));
	assert_true(span_eq_str(buf_span(&o.rows[0].event_subject), "Log A"));
	assert_true(span_eq_str(buf_span(&o.rows[0].event_data), "{\"a\":1}"));
	assert_int_equal(o.rows[0].event_time_ms, NOW + 1);
	settle(fx, o.rows[0].id, SETTLE_DELIVERED);
	outbox_fini(&o);
	assert_int_equal(num_due(fx, INT64_MAX), 1);
}

/* Told with the mark, whether that counts or not, or not at all. */
static void
test_mark_event(void **state)
{
	struct fixture *fx = *state;
	struct trouble fork = {TROUBLE_LASTING, "fork", NOW};
	struct event ev = an_event(1), again = an_event(2);

	FAILS(fx, ST_MISSING,
	    fx->api->log_mark(fx->s, &log_b, &fork, &ev, &fx->e));
	assert_int_equal(num_due(fx, NOW + 5), 0);
	OK(fx, fx->api->log_mark(fx->s, &log_a, &fork, &ev, &fx->e));
	fixture_again(fx);
	assert_trouble(fx, &fork);
	assert_int_equal(num_due(fx, NOW + 5), 2);
	fork.since_ms++;
	OK(fx, fx->api->log_mark(fx->s, &log_a, &fork, &again, &fx->e));
	fork.since_ms--;
	assert_trouble(fx, &fork);
	assert_int_equal(num_due(fx, NOW + 5), 4);
}

struct teller {
	size_t num; /* of calls */
	uint64_t resume_at;
	struct event ev;
};

static const struct event *
tell(void *arg, uint64_t resume_at)
{
	struct teller *t = arg;

	t->num++;
	t->resume_at = resume_at;
	return &t->ev;
}

/* Told with the end of the trouble, or not at all. */
static void
test_bridge_event(void **state)
{
	struct fixture *fx = *state;
	struct trouble gap = {TROUBLE_BROKEN, "root-mismatch", NOW, 256, 512};
	struct stretch t = claim(fx, &log_a, 0);
	struct teller teller = {.ev = an_event(1)};
	struct store_bridge b = {log_a, 0, tell, &teller};

	FAILS(fx, ST_USAGE, fx->api->log_bridge(fx->s, &b, &fx->e));
	OK(fx, fx->api->log_mark(fx->s, &log_a, &gap, NULL, &fx->e));
	FAILS(fx, ST_USAGE, fx->api->log_bridge(fx->s, &b, &fx->e));
	assert_int_equal(teller.num, 0);
	step_plain(fx, &t, 600, 0);
	OK(fx, fx->api->log_bridge(fx->s, &b, &fx->e));
	assert_int_equal(teller.num, 1);
	assert_int_equal(teller.resume_at, 512);
	fixture_again(fx);
	assert_int_equal(num_due(fx, NOW + 5), 2);
}

static void
test_outbox_order(void **state)
{
	struct fixture *fx = *state;
	struct event ev;
	struct outbox o;
	int64_t next;
	size_t depth;

	OK(fx, fx->api->outbox_next(fx->s, NULL, &next, &depth, &fx->e));
	assert_int_equal(depth, 0);
	assert_true(next == INT64_MAX);
	for (unsigned n = 5; n > 0; n--) {
		ev = an_event(n);
		OK(fx, fx->api->event_add(fx->s, &ev, &fx->e));
	}
	OK(fx, fx->api->outbox_next(fx->s, NULL, &next, &depth, &fx->e));
	assert_int_equal(depth, 10);
	assert_int_equal(next, NOW + 1);
	OK(fx, fx->api->outbox_due(fx->s,
		   &(struct outbox_query){.now_ms = NOW + 4, .limit = 5}, &o,
		   &fx->e));
	assert_int_equal(o.num, 5);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(o.rows[i].event_id[0], i / 2 + 1);
	outbox_fini(&o);
	assert_int_equal(num_due(fx, NOW + 4), 8);
	OK(fx, fx->api->outbox_due(fx->s,
		   &(struct outbox_query){.now_ms = NOW + 4, .limit = 0}, &o,
		   &fx->e));
	assert_int_equal(o.num, 0);
	outbox_fini(&o);
}

/* Those of one sink, and those of sinks that are no longer there. */
static void
test_outbox_by_sink(void **state)
{
	struct fixture *fx = *state;
	struct store_sink one = {(char *)"other", {0, NULL}};
	struct outbox_query q = {.now_ms = NOW + 9, .limit = 100};
	struct event ev = an_event(1);
	char *names[2];
	struct outbox o;
	int64_t next;
	size_t depth;

	OK(fx, fx->api->event_add(fx->s, &ev, &fx->e));
	o = due(fx, NOW + 1);
	assert_int_equal(o.num, 2);
	names[0] = strdup(o.rows[0].sink);
	names[1] = strdup(o.rows[1].sink);
	outbox_fini(&o);
	settle(fx, 1, SETTLE_RETRY);
	for (int i = 0; i < 2; i++) {
		q.sink = names[i];
		OK(fx, fx->api->outbox_due(fx->s, &q, &o, &fx->e));
		assert_int_equal(o.num, i);
		outbox_fini(&o);
		OK(fx, fx->api->outbox_next(
			   fx->s, names[i], &next, &depth, &fx->e));
		assert_int_equal(depth, 1);
		assert_int_equal(next, i == 0 ? NOW + 10000 : NOW + 1);
	}
	q = (struct outbox_query){
	    .strays = true, .now_ms = INT64_MAX, .limit = 100};
	OK(fx, fx->api->outbox_due(fx->s, &q, &o, &fx->e));
	assert_int_equal(o.num, 0);
	outbox_fini(&o);
	fx->conf.sinks = &one;
	fx->conf.num_sinks = 1;
	fixture_again(fx);
	OK(fx, fx->api->outbox_due(fx->s, &q, &o, &fx->e));
	if (o.num > 0) { /* a store that remembers its rows' sinks */
		assert_int_equal(o.num, 2);
		assert_string_equal(o.rows[0].sink, names[1]);
	}
	outbox_fini(&o);
	free(names[0]);
	free(names[1]);
}

static void
test_settle(void **state)
{
	struct fixture *fx = *state;
	struct event ev = an_event(1);
	struct outbox o;
	int64_t first, second, next;
	size_t depth;

	OK(fx, fx->api->event_add(fx->s, &ev, &fx->e));
	o = due(fx, NOW + 1);
	first = o.rows[0].id;
	second = o.rows[1].id;
	outbox_fini(&o);
	settle(fx, first, SETTLE_RETRY);
	settle(fx, second, SETTLE_DEAD);
	fixture_again(fx);
	OK(fx, fx->api->outbox_next(fx->s, NULL, &next, &depth, &fx->e));
	assert_int_equal(depth, 1);
	assert_int_equal(next, NOW + 10000);
	assert_int_equal(num_due(fx, NOW + 9999), 0);
	o = due(fx, NOW + 10000);
	assert_int_equal(o.num, 1);
	assert_int_equal(o.rows[0].id, first);
	assert_int_equal(o.rows[0].attempts, 1);
	assert_string_equal(
	    o.rows[0].last_error, "550 roe.bounced@example.org");
	outbox_fini(&o);
	settle(fx, first, SETTLE_DELIVERED);
	/* For good is for good, and unknown rows are no error. */
	settle(fx, first, SETTLE_RETRY);
	settle(fx, second, SETTLE_RETRY);
	settle(fx, 424242, SETTLE_DELIVERED);
	settle(fx, -1, SETTLE_DELIVERED);
	OK(fx, fx->api->outbox_next(fx->s, NULL, &next, &depth, &fx->e));
	assert_int_equal(depth, 0);
}

/* --- records --------------------------------------------------------------- */

static void
test_import(void **state)
{
	struct fixture *fx = *state;
	struct store_import io;
	struct record list[4] = {an_email("acme", "b"), an_email("acme", "a"),
	    an_email("zoo", "a"), an_email("acme", "late")};
	struct seen_records l;
	uint64_t before, after;

	free(list[1].evidence);
	list[1].evidence = NULL; /* no consent */
	list[2].expires_ms = NOW + DAY;
	list[3].expires_ms = NOW;
	add_notify(&list[0], "mailto:jane@example.net");
	OK(fx, fx->api->index_generation(fx->s, &before, &fx->e));
	OK(fx, import_all(fx, &io, list, 4));
	assert_int_equal(io.added, 4);
	assert_int_equal(io.updated, 0);
	assert_int_equal(io.active, 2);
	assert_int_equal(io.pending, 2);
	fixture_again(fx);
	OK(fx, fx->api->index_generation(fx->s, &after, &fx->e));
	assert_true(after != before);
	l = list_records(fx, NULL, false);
	assert_int_equal(l.num, 4);
	assert_string_equal(l.list[0].id, "a");
	assert_string_equal(l.list[1].id, "b");
	assert_string_equal(l.list[2].id, "late");
	assert_string_equal(l.list[3].tenant, "zoo");
	assert_int_equal(l.list[0].state, RECORD_PENDING);
	assert_int_equal(l.list[0].active_ms, 0);
	assert_int_equal(l.list[1].state, RECORD_ACTIVE);
	assert_int_equal(l.list[1].active_ms, NOW);
	assert_int_equal(l.list[1].created_ms, NOW);
	assert_int_equal(l.list[2].state, RECORD_PENDING);
	assert_int_equal(l.list[3].expires_ms, NOW + DAY);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(l.list[i].value, "");
	l = list_records(fx, "acme", true);
	assert_int_equal(l.num, 3);
	assert_string_equal(l.list[1].id, "b");
	assert_string_equal(l.list[1].value, "jane.roe.b@example.net");
	assert_string_equal(l.list[1].notify, "mailto:jane@example.net");
	assert_int_equal(list_records(fx, "nobody", true).num, 0);
}

/* Pages of the list, and one record of it. */
static void
test_list_pages(void **state)
{
	struct fixture *fx = *state;
	struct store_import io;
	struct record list[4] = {an_email("acme", "b"), an_email("acme", "a"),
	    an_email("zoo", "a"), an_email("zoo", "c")};
	struct store_query q = {.limit = 1};
	struct seen_records l;
	char seen[64] = "", tenant[32], id[32];

	OK(fx, import_all(fx, &io, list, 4));
	for (;;) {
		l.num = 0;
		OK(fx,
		    fx->api->records_list(fx->s, &q, see_record, &l, &fx->e));
		if (l.num == 0)
			break;
		assert_int_equal(l.num, 1);
		snprintf(tenant, sizeof(tenant), "%s", l.list[0].tenant);
		snprintf(id, sizeof(id), "%s", l.list[0].id);
		snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen),
		    "%s:%s ", tenant, id);
		q.after_tenant = tenant;
		q.after_id = id;
	}
	assert_string_equal(seen, "acme:a acme:b zoo:a zoo:c ");
	q = (struct store_query){.tenant = "zoo", .after_id = "a"};
	l.num = 0;
	OK(fx, fx->api->records_list(fx->s, &q, see_record, &l, &fx->e));
	assert_int_equal(l.num, 1);
	assert_string_equal(l.list[0].id, "c");
	q = (struct store_query){.tenant = "acme", .id = "b", .reveal = true};
	l.num = 0;
	OK(fx, fx->api->records_list(fx->s, &q, see_record, &l, &fx->e));
	assert_int_equal(l.num, 1);
	assert_string_equal(l.list[0].tenant, "acme");
	assert_true(l.list[0].value[0] != '\0');
	q.id = "c";
	l.num = 0;
	OK(fx, fx->api->records_list(fx->s, &q, see_record, &l, &fx->e));
	assert_int_equal(l.num, 0);
}

static void
test_import_updates(void **state)
{
	struct fixture *fx = *state;
	struct store_import io;
	struct record r = an_email("acme", "jane"), same, twice[2];
	int64_t row;
	struct stretch t;

	import_one(fx, r);
	row = get_record(fx, "jane").row;
	t = claim(fx, &log_a, 0);
	step_hit(fx, &t, 10, a_hit(fx, "jane", 1, 1));
	/* The same again: still active since then. */
	same = an_email("acme", "jane");
	{
		struct compiled c = a_compiled(&same);

		io = (struct store_import){.num = 1,
		    .records = &same,
		    .compiled = &c,
		    .now_ms = NOW + 5};
		OK(fx, fx->api->records_import(fx->s, &io, &fx->e));
		compiled_fini(&c);
		record_fini(&same);
	}
	assert_int_equal(io.added, 0);
	assert_int_equal(io.updated, 1);
	assert_int_equal(get_record(fx, "jane").active_ms, NOW);
	/* Another value is not what was agreed to. */
	r = an_email("acme", "jane");
	free(r.value);
	r.value = mem_str("roe@example.org");
	OK(fx, import_all(fx, &io, &r, 1));
	assert_int_equal(io.pending, 1);
	assert_int_equal(get_record(fx, "jane").active_ms, 0);
	r = an_email("acme", "jane");
	free(r.value);
	r.value = mem_str("roe@example.org");
	OK(fx, import_all(fx, &io, &r, 1));
	assert_int_equal(get_record(fx, "jane").state, RECORD_PENDING);
	/* With another consent it is watched for from now on. */
	r = an_email("acme", "jane");
	free(r.value);
	r.value = mem_str("roe@example.org");
	r.consent_ms++;
	{
		struct compiled c = a_compiled(&r);

		io = (struct store_import){
		    .num = 1, .records = &r, .compiled = &c, .now_ms = NOW + 6};
		OK(fx, fx->api->records_import(fx->s, &io, &fx->e));
		compiled_fini(&c);
		record_fini(&r);
	}
	fixture_again(fx);
	assert_int_equal(get_record(fx, "jane").row, row);
	assert_string_equal(get_record(fx, "jane").value, "roe@example.org");
	assert_int_equal(get_record(fx, "jane").active_ms, NOW + 6);
	assert_int_equal(get_record(fx, "jane").created_ms, NOW);
	/* What was found before can still be read. */
	assert_int_equal(list_exposures(fx, NULL).num, 1);
	/* Twice in one import: the second one counts. */
	twice[0] = an_email("acme", "two");
	twice[1] = an_email("acme", "two");
	free(twice[1].value);
	twice[1].value = mem_str("second@example.org");
	OK(fx, import_all(fx, &io, twice, 2));
	assert_int_equal(io.added, 1);
	assert_int_equal(io.updated, 1);
	assert_string_equal(get_record(fx, "two").value, "second@example.org");
	/* A consent that is not there any more. */
	r = an_email("acme", "jane");
	free(r.method);
	r.method = NULL;
	OK(fx, import_all(fx, &io, &r, 1));
	assert_int_equal(get_record(fx, "jane").state, RECORD_PENDING);
	assert_int_equal(get_record(fx, "jane").active_ms, 0);
}

static void
test_import_all_or_nothing(void **state)
{
	struct fixture *fx = *state;
	struct store_import io;
	struct record list[3];
	uint64_t before, after;
	size_t num[RECORD_ERASED + 1];

	import_one(fx, an_email("acme", "left"));
	import_one(fx, an_email("acme", "erased"));
	set_state(fx, "left", RECORD_WITHDRAWN);
	set_state(fx, "erased", RECORD_ERASED);
	OK(fx, fx->api->index_generation(fx->s, &before, &fx->e));
	for (int i = 0; i < 2; i++) {
		const char *bad = i == 0 ? "left" : "erased";

		list[0] = an_email("acme", "new-1");
		list[1] = an_email("acme", bad);
		list[2] = an_email("acme", "new-2");
		FAILS(fx, ST_BAD, import_all(fx, &io, list, 3));
		assert_says(&fx->e, bad);
		assert_int_equal(io.added + io.updated, 0);
		assert_int_equal(io.active + io.pending, 0);
	}
	assert_int_equal(list_records(fx, NULL, false).num, 2);
	OK(fx, fx->api->index_generation(fx->s, &after, &fx->e));
	assert_int_equal(before, after);
	assert_int_equal(get_record(fx, "left").state, RECORD_WITHDRAWN);
	OK(fx, fx->api->records_count(fx->s, num, &fx->e));
	for (int i = 0; i <= RECORD_ERASED; i++)
		assert_int_equal(
		    num[i], i == RECORD_WITHDRAWN || i == RECORD_ERASED);
	/* Nothing to import is no change. */
	OK(fx, import_all(fx, &io, list, 0));
	OK(fx, fx->api->index_generation(fx->s, &after, &fx->e));
	assert_int_equal(before, after);
}

static void
test_states(void **state)
{
	static const struct {
		enum record_state from, to;
		bool may;
	} table[] = {
	    {RECORD_PENDING, RECORD_ACTIVE, true},
	    {RECORD_PENDING, RECORD_PAUSED, false},
	    {RECORD_PENDING, RECORD_WITHDRAWN, true},
	    {RECORD_PENDING, RECORD_ERASED, true},
	    {RECORD_ACTIVE, RECORD_PENDING, false},
	    {RECORD_ACTIVE, RECORD_PAUSED, true},
	    {RECORD_ACTIVE, RECORD_WITHDRAWN, true},
	    {RECORD_ACTIVE, RECORD_EXPIRED, true},
	    {RECORD_ACTIVE, RECORD_ERASED, true},
	    {RECORD_PAUSED, RECORD_ACTIVE, true},
	    {RECORD_PAUSED, RECORD_WITHDRAWN, true},
	    {RECORD_WITHDRAWN, RECORD_ACTIVE, false},
	    {RECORD_WITHDRAWN, RECORD_PAUSED, false},
	    {RECORD_WITHDRAWN, RECORD_ERASED, true},
	    {RECORD_EXPIRED, RECORD_ACTIVE, false},
	    {RECORD_EXPIRED, RECORD_WITHDRAWN, true},
	    {RECORD_ERASED, RECORD_ACTIVE, false},
	    {RECORD_ERASED, RECORD_WITHDRAWN, false},
	};
	struct fixture *fx = *state;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct record r;
		struct record_change c;
		uint64_t before, after;
		char id[32];

		snprintf(id, sizeof(id), "r%zu", i);
		r = an_email("acme", id);
		if (table[i].from == RECORD_PENDING) {
			free(r.purpose);
			r.purpose = NULL;
		}
		import_one(fx, r);
		if (table[i].from > RECORD_ACTIVE)
			set_state(fx, id, table[i].from);
		OK(fx, fx->api->index_generation(fx->s, &before, &fx->e));
		c = (struct record_change){"acme", id, table[i].to, NOW + 77};
		FAILS(fx, table[i].may ? ST_OK : ST_USAGE,
		    fx->api->record_state(fx->s, &c, &fx->e));
		OK(fx, fx->api->index_generation(fx->s, &after, &fx->e));
		assert_int_equal(before != after, table[i].may);
		assert_int_equal(get_record(fx, id).state,
		    table[i].may ? table[i].to : table[i].from);
		if (!table[i].may)
			assert_says(&fx->e, id);
		else
			assert_int_equal(
			    get_record(fx, id).changed_ms, NOW + 77);
	}
}

static void
test_state_details(void **state)
{
	struct fixture *fx = *state;
	struct record r = an_email("acme", "jane");
	struct record_change c = {"acme", "jane", RECORD_ACTIVE, NOW + 9};
	uint64_t before, after;

	r.expires_ms = NOW + 100;
	import_one(fx, r);
	/* As it is already: nothing changes. */
	OK(fx, fx->api->index_generation(fx->s, &before, &fx->e));
	OK(fx, fx->api->record_state(fx->s, &c, &fx->e));
	OK(fx, fx->api->index_generation(fx->s, &after, &fx->e));
	assert_int_equal(before, after);
	assert_int_equal(get_record(fx, "jane").active_ms, NOW);
	/* Paused, and watched for again from later on. */
	c.state = RECORD_PAUSED;
	OK(fx, fx->api->record_state(fx->s, &c, &fx->e));
	c = (struct record_change){"acme", "jane", RECORD_ACTIVE, NOW + 50};
	OK(fx, fx->api->record_state(fx->s, &c, &fx->e));
	fixture_again(fx);
	assert_int_equal(get_record(fx, "jane").active_ms, NOW + 50);
	/* Not past the end of the consent. */
	c.state = RECORD_PAUSED;
	OK(fx, fx->api->record_state(fx->s, &c, &fx->e));
	c = (struct record_change){"acme", "jane", RECORD_ACTIVE, NOW + 100};
	FAILS(fx, ST_USAGE, fx->api->record_state(fx->s, &c, &fx->e));
	assert_says(&fx->e, "expired");
	c.id = "nobody";
	FAILS(fx, ST_MISSING, fx->api->record_state(fx->s, &c, &fx->e));
	assert_says(&fx->e, "nobody");
	c = (struct record_change){"zoo", "jane", RECORD_PAUSED, NOW};
	FAILS(fx, ST_MISSING, fx->api->record_state(fx->s, &c, &fx->e));
}

static void
test_withdraw_stops_alerts(void **state)
{
	struct fixture *fx = *state;
	struct stretch t;

	import_one(fx, an_email("acme", "jane"));
	import_one(fx, an_email("acme", "john"));
	t = claim(fx, &log_a, 0);
	step(fx,
	    (struct step){.t = &t,
		.read = 10,
		.proven = 10,
		.num_hits = 2,
		.hits = {a_hit(fx, "jane", 1, 1), a_hit(fx, "john", 2, 2)}});
	assert_int_equal(num_due(fx, NOW), 6);
	set_state(fx, "jane", RECORD_WITHDRAWN);
	assert_int_equal(num_due(fx, INT64_MAX), 3);
	assert_int_equal(list_exposures(fx, NULL).num, 2);
}

/* A row goes while it is being carried: what became of it is not taken for
 * what became of the next one. */
static void
test_settle_of_what_went(void **state)
{
	struct fixture *fx = *state;
	struct stretch t;
	struct outbox o;

	import_one(fx, an_email("acme", "jane"));
	import_one(fx, an_email("acme", "john"));
	t = claim(fx, &log_a, 0);
	step(fx, (struct step){.t = &t,
		     .read = 10,
		     .proven = 10,
		     .num_hits = 1,
		     .hits = {a_hit(fx, "jane", 1, 1)}});
	o = due(fx, NOW);
	assert_int_equal(o.num, 3);
	set_state(fx, "jane", RECORD_WITHDRAWN);
	step(fx, (struct step){.t = &t,
		     .read = 20,
		     .proven = 20,
		     .num_hits = 1,
		     .hits = {a_hit(fx, "john", 2, 12)}});
	for (size_t i = 0; i < o.num; i++)
		settle(fx, o.rows[i].id, SETTLE_DELIVERED);
	outbox_fini(&o);
	assert_int_equal(num_due(fx, NOW), 3);
}

static void
test_erase(void **state)
{
	struct fixture *fx = *state;
	struct stretch t;
	struct seen_record r;
	struct record_ref ref;
	struct match_size size;
	struct outbox o;

	import_one(fx, an_email("acme", "jane"));
	import_one(fx, an_email("acme", "john"));
	t = claim(fx, &log_a, 0);
	step(fx,
	    (struct step){.t = &t,
		.read = 10,
		.num_hits = 2,
		.hits = {a_hit(fx, "jane", 1, 1), a_hit(fx, "john", 2, 2)}});
	o = due(fx, NOW + HOLD);
	set_state(fx, "jane", RECORD_ERASED);
	/* A delivery that was under way. */
	for (size_t i = 0; i < o.num; i++)
		settle(fx, o.rows[i].id, SETTLE_RETRY);
	outbox_fini(&o);
	fixture_again(fx);
	r = get_record(fx, "jane");
	assert_int_equal(r.state, RECORD_ERASED);
	assert_int_equal(r.changed_ms, NOW + 1);
	assert_int_equal(r.created_ms, 0);
	assert_string_equal(r.value, "");
	assert_int_equal(list_exposures(fx, NULL).num, 1);
	assert_int_equal(num_due(fx, INT64_MAX), 3);
	OK(fx, fx->api->index_size(fx->s, NOW, &size, &fx->e));
	assert_int_equal(size.records, 1);
	/* Its proof and its rewind find nothing of it. */
	t = claim(fx, &log_a, 0);
	step_plain(fx, &t, 20, 20);
	assert_int_equal(list_exposures(fx, NULL).num, 1);
	OK(fx, fx->api->record_name(fx->s, r.row, &ref, &fx->e));
	assert_string_equal(ref.id, "jane");
	free(ref.tenant);
	free(ref.id);
}

/* --- the index ------------------------------------------------------------- */

struct seen_index {
	size_t num, keys, blob_bytes;
	int64_t row[16];
	char blob[16][32];
};

static void
see_index(void *arg, int64_t row, enum record_kind kind, struct span keys,
    struct span blob)
{
	struct seen_index *l = arg;
	size_t i = l->num++;

	assert_true(i < 16);
	assert_int_equal(kind, RECORD_EMAIL);
	assert_int_equal(keys.len % 32, 0);
	l->row[i] = row;
	l->keys += keys.len / 32;
	l->blob_bytes += blob.len;
	snprintf(l->blob[i], sizeof(l->blob[i]), "%.*s", (int)blob.len,
	    (const char *)blob.p);
}

static struct seen_index
load_index(struct fixture *fx, int64_t now_ms)
{
	struct seen_index l = {0};
	struct match_size size;

	OK(fx, fx->api->index_size(fx->s, now_ms, &size, &fx->e));
	OK(fx, fx->api->index_load(fx->s, now_ms, see_index, &l, &fx->e));
	assert_int_equal(size.records, l.num);
	assert_int_equal(size.keys, l.keys);
	assert_int_equal(size.blob_bytes, l.blob_bytes);
	return l;
}

static void
test_index(void **state)
{
	struct fixture *fx = *state;
	struct record late = an_email("acme", "late");
	struct seen_index l;

	assert_int_equal(load_index(fx, NOW).num, 0);
	late.expires_ms = NOW + 100;
	import_one(fx, an_email("acme", "jane"));
	import_one(fx, late);
	import_one(fx, an_email("acme", "off"));
	set_state(fx, "off", RECORD_PAUSED);
	fixture_again(fx);
	l = load_index(fx, NOW + 99);
	assert_int_equal(l.num, 2);
	assert_int_equal(l.row[0], get_record(fx, "jane").row);
	assert_int_equal(l.row[1], get_record(fx, "late").row);
	assert_string_equal(l.blob[0], "blob of jane");
	assert_int_equal(l.keys, 4);
	assert_int_equal(load_index(fx, NOW + 100).num, 1);
}

/* Time changes the set of active records, and the generation tells. */
static void
test_expiry_bumps(void **state)
{
	struct fixture *fx = *state;
	struct record late = an_email("acme", "late");
	struct stretch t = claim(fx, &log_a, 0);
	uint64_t before, after;

	late.expires_ms = NOW + 100;
	import_one(fx, late);
	OK(fx, fx->api->index_generation(fx->s, &before, &fx->e));
	step(fx, (struct step){.t = &t, .read = 10, .now_ms = NOW + 99});
	OK(fx, fx->api->index_generation(fx->s, &after, &fx->e));
	assert_int_equal(before, after);
	step(fx, (struct step){.t = &t, .read = 20, .now_ms = NOW + 100});
	OK(fx, fx->api->index_generation(fx->s, &after, &fx->e));
	assert_true(before != after);
	assert_int_equal(get_record(fx, "late").state, RECORD_EXPIRED);
	/* A new consent makes it active again. */
	late = an_email("acme", "late");
	late.expires_ms = NOW + 10 * DAY;
	import_one(fx, late);
	assert_int_equal(get_record(fx, "late").state, RECORD_ACTIVE);
}

static void
test_record_name(void **state)
{
	struct fixture *fx = *state;
	struct record_ref ref;

	import_one(fx, an_email("acme", "jane"));
	OK(fx, fx->api->record_name(
		   fx->s, get_record(fx, "jane").row, &ref, &fx->e));
	assert_string_equal(ref.tenant, "acme");
	assert_string_equal(ref.id, "jane");
	assert_int_equal(ref.kind, RECORD_EMAIL);
	free(ref.tenant);
	free(ref.id);
	FAILS(fx, ST_MISSING, fx->api->record_name(fx->s, 77, &ref, &fx->e));
	FAILS(fx, ST_MISSING, fx->api->record_name(fx->s, 0, &ref, &fx->e));
}

/* --- main ------------------------------------------------------------------ */

#define EVERY(test)                                                            \
	{"sqlite " #test, test, setup, teardown,                               \
	    (void *)(uintptr_t)&store_sqlite},                                 \
	{                                                                      \
		"memory " #test, test, setup, teardown,                        \
		    (void *)(uintptr_t)&store_memory                           \
	}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_find),
	    EVERY(test_log_open),
	    EVERY(test_heads),
	    EVERY(test_log_mark),
	    EVERY(test_mark_event),
	    EVERY(test_bridge_event),
	    EVERY(test_bridge_heads),
	    EVERY(test_bridge_lasting),
	    EVERY(test_bridge_broken),
	    EVERY(test_claim_new),
	    EVERY(test_claim_nonsense),
	    EVERY(test_claim_again),
	    EVERY(test_logs),
	    EVERY(test_stretches),
	    EVERY(test_stale_commits),
	    EVERY(test_senseless_commits),
	    EVERY(test_exposure),
	    EVERY(test_due_at_once_when_proven),
	    EVERY(test_proof_later),
	    EVERY(test_no_second_delivery),
	    EVERY(test_sightings),
	    EVERY(test_exposures_oldest_first),
	    EVERY(test_hits_dropped),
	    EVERY(test_sinks),
	    EVERY(test_quarantine),
	    EVERY(test_quarantine_read),
	    EVERY(test_quarantine_places),
	    EVERY(test_quarantine_settle),
	    EVERY(test_quarantine_stays),
	    EVERY(test_quarantine_expire),
	    EVERY(test_rewind),
	    EVERY(test_rewind_and_again),
	    EVERY(test_rewind_beside),
	    EVERY(test_events),
	    EVERY(test_outbox_order),
	    EVERY(test_outbox_by_sink),
	    EVERY(test_settle),
	    EVERY(test_import),
	    EVERY(test_list_pages),
	    EVERY(test_import_updates),
	    EVERY(test_import_all_or_nothing),
	    EVERY(test_states),
	    EVERY(test_state_details),
	    EVERY(test_withdraw_stops_alerts),
	    EVERY(test_settle_of_what_went),
	    EVERY(test_erase),
	    EVERY(test_index),
	    EVERY(test_expiry_bumps),
	    EVERY(test_record_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
