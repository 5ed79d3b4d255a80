/*
 * What was looked at for a record: random readings, proofs, rewinds, joins of
 * parts, quarantine and records that come and go, against a model that
 * remembers of each entry with which generation it was matched last.
 */
#include <time.h>

#include "monitor/store/ledger.h"
#include "tests/store/fixture.h"

#define ENTRIES 400u
#define SCAN 77
#define STRETCHES 12

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

/* --- what is told ----------------------------------------------------------- */

struct told {
	size_t num;
	struct ledger_coverage list[400];
	char names[400][16];
};

static void
see_coverage(void *arg, const struct ledger_coverage *c)
{
	struct told *t = arg;

	assert_true(t->num < 400);
	snprintf(t->names[t->num], 16, "%s", c->log_name);
	t->list[t->num++] = *c;
}

static struct told *
coverage(struct fixture *fx, const char *id)
{
	static struct told t;
	struct record_at at = {"acme", id};

	t.num = 0;
	OK(fx, fx->api->ledger->coverage(fx->s, &at, see_coverage, &t, &fx->e));
	return &t;
}

static void
assert_told(struct fixture *fx, const char *id, const char *want)
{
	struct told *t = coverage(fx, id);
	struct buf b = {0};

	for (size_t i = 0; i < t->num; i++)
		buf_fmt(&b, "%s%s %u-%u/%u", i ? ", " : "", t->names[i],
		    (unsigned)t->list[i].from, (unsigned)t->list[i].to,
		    (unsigned)t->list[i].proven);
	assert_string_equal(buf_cstr(&b), want);
	buf_fini(&b);
}

static uint64_t
generation(struct fixture *fx)
{
	uint64_t g;

	OK(fx, fx->api->index_generation(fx->s, &g, &fx->e));
	return g;
}

/* Commit up to `read`, matched with this generation. */
static void
read_on(struct fixture *fx, struct stretch *t, uint64_t read, uint64_t proven,
    uint64_t with)
{
	step(fx, (struct step){.t = t,
		     .read = read,
		     .proven = proven,
		     .head = ENTRIES,
		     .generation = with});
}

/* --- one after the other ---------------------------------------------------- */

static void
test_from_when(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = claim(fx, &log_a, 0), other;
	struct record_at nobody = {"acme", "nobody"}, jane = {"other", "jane"};

	import_one(fx, an_email("acme", "jane"));
	assert_told(fx, "jane", "");
	read_on(fx, &t, 10, 5, generation(fx) - 1);
	assert_told(fx, "jane", "");
	read_on(fx, &t, 20, 15, generation(fx));
	assert_told(fx, "jane", "Log A 10-20/15");
	read_on(fx, &t, 30, 0, 0); /* nobody knows */
	read_on(fx, &t, 40, 0, generation(fx) + 5);
	assert_told(fx, "jane", "Log A 10-20/15, Log A 30-40/30");
	open_log(fx, &log_b, "Log B");
	other = claim(fx, &log_b, 0);
	read_on(fx, &other, 7, 7, generation(fx));
	assert_told(fx, "jane", "Log A 10-20/15, Log A 30-40/30, Log B 0-7/7");
	FAILS(fx, ST_MISSING,
	    fx->api->ledger->coverage(fx->s, &nobody, NULL, NULL, &fx->e));
	FAILS(fx, ST_MISSING,
	    fx->api->ledger->coverage(fx->s, &jane, NULL, NULL, &fx->e));
}

/* What overlaps is one; it is cut where something proven begins. */
static void
test_overlap(void **state)
{
	struct fixture *fx = *state;
	struct stretch tail = claim(fx, &log_a, 0), scan;

	import_one(fx, an_email("acme", "jane"));
	read_on(fx, &tail, 30, 10, generation(fx));
	scan = claim(fx, &log_a, SCAN);
	read_on(fx, &scan, 20, 20, generation(fx));
	assert_told(fx, "jane", "Log A 0-30/20");
	scan = (struct stretch){.log_id = log_a,
	    .job = SCAN + 1,
	    .begin = 25,
	    .limit = 40,
	    .tree = tree_to(fx, 25, 25)};
	OK(fx, fx->api->claim(fx->s, &scan, &fx->e));
	read_on(fx, &scan, 40, 35, generation(fx));
	assert_told(fx, "jane", "Log A 0-25/20, Log A 25-40/35");
}

/* Only the times count in which it was active with the value it has. */
static void
test_pause(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = claim(fx, &log_a, 0);
	struct record other = an_email("acme", "jane");

	import_one(fx, an_email("acme", "jane"));
	read_on(fx, &t, 10, 10, generation(fx));
	set_state(fx, "jane", RECORD_PAUSED);
	assert_told(fx, "jane", "Log A 0-10/10");
	read_on(fx, &t, 20, 20, generation(fx));
	assert_told(fx, "jane", "Log A 0-10/10");
	set_state(fx, "jane", RECORD_ACTIVE);
	read_on(fx, &t, 30, 30, generation(fx));
	assert_told(fx, "jane", "Log A 0-10/10, Log A 20-30/30");
	import_one(fx, an_email("acme", "jane")); /* nothing new */
	assert_told(fx, "jane", "Log A 0-10/10, Log A 20-30/30");
	free(other.value);
	other.value = mem_str("jane.poe@example.net");
	other.consent_ms = NOW; /* a new consent for another value */
	import_one(fx, other);
	assert_told(fx, "jane", "");
	read_on(fx, &t, 40, 40, generation(fx));
	assert_told(fx, "jane", "Log A 30-40/40");
	set_state(fx, "jane", RECORD_ERASED);
	assert_told(fx, "jane", "");
}

/* A batch that was on its way while its record was paused, or got another
 * value: nothing comes of it, and nothing is told of it. */
static void
test_under_way(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = claim(fx, &log_a, 0);
	struct record other = an_email("acme", "jane");
	struct step s = {.t = &t, .num_hits = 1};
	uint64_t first;

	import_one(fx, an_email("acme", "jane"));
	first = generation(fx);
	read_on(fx, &t, 10, 10, first);
	set_state(fx, "jane", RECORD_PAUSED);
	s.read = 20;
	s.generation = first;
	s.hits[0] = a_hit(fx, "jane", 1, 11);
	s.hits[0].generation = first;
	assert_int_equal(step(fx, s).dropped, 1);
	set_state(fx, "jane", RECORD_ACTIVE);
	read_on(fx, &t, 30, 30, generation(fx));
	assert_told(fx, "jane", "Log A 0-10/10, Log A 20-30/30");
	s.read = 40;
	s.generation = generation(fx);
	s.hits[0] = a_hit(fx, "jane", 2, 31);
	s.hits[0].generation = generation(fx);
	free(other.value);
	other.value = mem_str("jane.poe@example.net");
	other.consent_ms = NOW;
	import_one(fx, other);
	assert_int_equal(step(fx, s).dropped, 1);
	s.read = 50;
	s.hits[0] = a_hit(fx, "jane", 3, 41);
	s.hits[0].generation = generation(fx);
	assert_int_equal(step(fx, s).new_exposures, 1);
}

static void
test_quarantine(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = claim(fx, &log_a, 0);
	struct seen_quarantine q;
	struct store_reread list[2] = {{0}, {.reason = "still"}};
	struct store_rereads all = {2, list, NOW, HOLD, 0};
	struct store_committed done;
	bool more;

	import_one(fx, an_email("acme", "jane"));
	step(
	    fx, (struct step){.t = &t,
		    .read = 10,
		    .proven = 10,
		    .generation = generation(fx),
		    .num_quarantined = 2,
		    .quarantined = {{3, leaf_hash(fx, 3), "why", span_str("3")},
			{9, leaf_hash(fx, 9), "why", span_str("9")}}});
	read_on(fx, &t, 20, 20, generation(fx));
	assert_told(fx, "jane", "Log A 0-3/3, Log A 4-9/9, Log A 10-20/20");
	q = list_quarantine(fx);
	list[0].row = q.row[0];
	list[1].row = q.row[1];
	all.generation = generation(fx);
	OK(fx, fx->api->quarantine_settle(fx->s, &all, &done, &fx->e));
	assert_told(fx, "jane", "Log A 0-9/9, Log A 10-20/20");
	/* That it is kept no longer does not mean that it was read. */
	OK(fx, fx->api->quarantine_expire(fx->s, NOW + DAY, &more, &fx->e));
	assert_told(fx, "jane", "Log A 0-9/9, Log A 10-20/20");
}

/* Many marks become fewer, and never tell too much. */
static void
test_many(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = claim(fx, &log_a, 0);
	uint64_t first;
	struct told *told;
	size_t sum = 0;

	import_one(fx, an_email("acme", "brief"));
	import_one(fx, an_email("acme", "jane"));
	first = generation(fx);
	set_state(fx, "brief", RECORD_PAUSED);
	for (uint64_t i = 1; i <= 3000; i++) /* every other one with it */
		step(fx, (struct step){.t = &t,
			     .read = i * 4,
			     .generation = i % 2 ? first : first + i});
	assert_told(fx, "jane", "Log A 0-12000/0");
	assert_told(fx, "brief", "");
	assert_in_range(
	    ask_db(fx->path, "SELECT count(*) FROM mark"), 300, 1000);
	import_one(fx, an_email("acme", "john"));
	told = coverage(fx, "john");
	for (size_t i = 0; i < told->num; i++)
		sum += told->list[i].to - told->list[i].from;
	assert_in_range(sum, 1, 3000 / 2 * 4 + 60);
}

/* --- at random -------------------------------------------------------------- */

struct model {
	/* generation of each entry; 0: none; and of its commit */
	uint64_t of[STRETCHES][ENTRIES], in[STRETCHES][ENTRIES];
	struct stretch t[STRETCHES];
	bool there[STRETCHES];
	/* since when which record is active; 0: it is not */
	uint64_t active[3];
	/* per record and generation: was it active? */
	bool was[3][4000];
	uint64_t now;
};

static const char *const people[] = {"p0", "p1", "p2"};

static unsigned
dice(unsigned n)
{
	return (unsigned)random() % n;
}

/* From when it was matched to when that was committed. */
static bool
was_active(const struct model *m, unsigned who, unsigned k, unsigned x)
{
	bool was = m->of[k][x] != 0;

	for (uint64_t g = m->of[k][x]; was && g <= m->in[k][x]; g++)
		was = m->was[who][g];
	return was;
}

static void
check(struct fixture *fx, const struct model *m, unsigned who)
{
	struct told *t = coverage(fx, people[who]);
	bool read[ENTRIES] = {false}, proven[ENTRIES] = {false};
	uint64_t last = 0;

	for (unsigned k = 0; k < STRETCHES; k++)
		for (unsigned i = 0; m->there[k] && i < ENTRIES; i++)
			if (was_active(m, who, k, i)) {
				read[i] = true;
				proven[i] |= i < m->t[k].proven;
			}
	for (size_t i = 0; i < t->num; i++) {
		const struct ledger_coverage *c = &t->list[i];

		assert_true(c->from >= last && c->from < c->to);
		assert_true(c->proven >= c->from && c->proven <= c->to);
		for (uint64_t x = last; x < c->from; x++)
			assert_false(read[x]);
		for (uint64_t x = c->from; x < c->to; x++) {
			assert_true(read[x]);
			assert_int_equal(proven[x], x < c->proven);
		}
		last = c->to;
	}
	for (uint64_t x = last; x < ENTRIES; x++)
		assert_false(read[x]);
}

/* The generation goes on; whoever is active now is so in it. */
static void
model_turn(struct fixture *fx, struct model *m)
{
	m->now = generation(fx);
	assert_true(m->now < 4000);
	for (unsigned i = 0; i < 3; i++)
		m->was[i][m->now] = m->active[i] != 0;
}

static void
do_record(struct fixture *fx, struct model *m)
{
	unsigned i = dice(3);

	if (m->active[i] != 0)
		set_state(fx, people[i], RECORD_PAUSED);
	else
		set_state(fx, people[i], RECORD_ACTIVE);
	m->active[i] = !m->active[i];
	model_turn(fx, m);
}

static void
do_read(struct fixture *fx, struct model *m, unsigned k)
{
	struct stretch *t = &m->t[k];
	uint64_t most = t->limit < ENTRIES ? t->limit : ENTRIES;
	uint64_t read = t->read + dice(9), old = t->read;
	struct step s = {.t = t, .head = ENTRIES};

	if (read > most)
		read = most;
	s.read = read;
	s.generation = m->now - dice(m->now < 4 ? (unsigned)m->now : 4);
	if (dice(3) == 0)
		s.proven = t->proven + dice((unsigned)(read - t->proven) + 1);
	if (read > old && dice(4) == 0) {
		uint64_t x = old + dice((unsigned)(read - old));

		s.num_quarantined = 1;
		s.quarantined[0] = (struct store_quarantine){
		    x, leaf_hash(fx, x), "why", span_str("bytes")};
	}
	for (uint64_t x = old; x < read; x++) {
		m->of[k][x] = s.generation;
		m->in[k][x] = m->now;
	}
	if (s.num_quarantined)
		m->of[k][s.quarantined[0].index] = 0;
	step(fx, s);
}

static void
do_rewind(struct fixture *fx, struct model *m, unsigned k)
{
	struct stretch *t = &m->t[k];
	struct store_rewound back = {.now_ms = NOW};

	OK(fx, fx->api->rewind(fx->s, t, &back, &fx->e));
	t->read = t->proven;
	t->tree = t->tree_proven;
	for (uint64_t x = t->read; x < ENTRIES; x++)
		m->of[k][x] = 0;
}

/* Two parts that meet: 40 entries each, the later one first. */
static void
do_join(struct fixture *fx, struct model *m, unsigned k)
{
	uint64_t at = dice(ENTRIES - 80), border = at + 40;
	struct stretch two[2];
	struct step s = {.head = ENTRIES};
	struct store_committed done;

	for (int i = 1; i >= 0; i--) {
		two[i] = (struct stretch){.log_id = log_a,
		    .job = STORE_PART,
		    .scan = 1000 + (int64_t)k,
		    .begin = i ? border : at,
		    .limit = ENTRIES,
		    .tree = tree_to(fx, i ? border : at, i ? border : at)};
		OK(fx, fx->api->claim(fx->s, &two[i], &fx->e));
		for (uint64_t x = two[i].read; x < (i ? border + 40 : border);
		     x += 20) {
			s.t = &two[i];
			s.read = x + 20;
			s.proven = i || s.read < border ? s.read : border;
			s.generation = dice(5) == 0 ? 0 : m->now - dice(2);
			for (uint64_t y = x; y < x + 20; y++) {
				m->of[k][y] = s.generation;
				m->in[k][y] = m->now;
			}
			done = step(fx, s);
		}
	}
	assert_true(done.joined);
	m->t[k] = done.whole;
	m->t[k].limit = border + 40; /* nothing more is read of it */
	m->there[k] = true;
}

static void
do_new(struct fixture *fx, struct model *m, unsigned k)
{
	uint64_t begin = k == 0 ? 0 : dice(ENTRIES);
	struct stretch t = {.log_id = log_a,
	    .job = (int64_t)k,
	    .begin = begin,
	    .limit = UINT64_MAX,
	    .tree = tree_to(fx, begin, begin)};

	OK(fx, fx->api->claim(fx->s, &t, &fx->e));
	m->t[k] = t;
	m->there[k] = true;
}

static void
do_reread(struct fixture *fx, struct model *m)
{
	struct seen_quarantine q = {0};
	struct store_reread one = {0};
	struct store_rereads all = {1, &one, NOW, HOLD, m->now};
	struct store_committed done;
	int64_t stretch;
	char sql[96];

	OK(fx, fx->api->quarantine_read(fx->s, 0, see_quarantine, &q, &fx->e));
	if (q.num == 0)
		return;
	one.row = q.row[0];
	snprintf(sql, sizeof(sql),
	    "SELECT stretch FROM quarantine WHERE id = %" PRId64, one.row);
	stretch = ask_db(fx->path, sql);
	OK(fx, fx->api->quarantine_settle(fx->s, &all, &done, &fx->e));
	for (unsigned k = 0; k < STRETCHES; k++)
		if (m->there[k] && m->t[k].id == stretch)
			m->of[k][q.index[0]] = m->in[k][q.index[0]] = m->now;
}

static void
test_random(void **state)
{
	struct fixture *fx = *state;
	struct model *m = NEW(struct model);
	unsigned seed = (unsigned)time(NULL);

	print_message("seed %u\n", seed);
	srandom(seed);
	for (unsigned i = 0; i < 3; i++) {
		import_one(fx, an_email("acme", people[i]));
		m->active[i] = 1;
		model_turn(fx, m);
	}
	for (unsigned n = 0; n < 1500; n++) {
		unsigned k = dice(STRETCHES), what = dice(20);

		if (!m->there[k] && k < STRETCHES / 2)
			do_new(fx, m, k);
		else if (!m->there[k])
			do_join(fx, m, k);
		else if (what == 0)
			do_rewind(fx, m, k);
		else if (what < 3)
			do_record(fx, m);
		else if (what == 3)
			do_reread(fx, m);
		else
			do_read(fx, m, k);
		check(fx, m, dice(3));
	}
	free(m);
}

int
main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_from_when),
	    TEST(test_overlap),
	    TEST(test_pause),
	    TEST(test_under_way),
	    TEST(test_quarantine),
	    TEST(test_many),
	    TEST(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
