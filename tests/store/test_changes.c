/*
 * What changed since an index was built: the store tells, the delta is looked
 * up beside the index, and both together answer as a new index would.
 */
#include "monitor/delta.h"
#include "monitor/pii/index.h"
#include "monitor/store/sqlite.h"
#include "tests/store/fixture.h"

#define IDS 24
#define ROUNDS 60

/* An index over a store's records, and which rows they are. */
struct built {
	void *region;
	size_t cap;
	struct rows rows;
	uint64_t generation;
	struct match_build *build;
};

static void
add(void *arg, int64_t row, enum record_kind kind, struct span keys,
    struct span blob)
{
	struct built *b = arg;

	assert_int_equal(
	    match_build_add(b->build, b->rows.num, kind, keys, blob), ST_OK);
	rows_add(&b->rows, row);
}

static struct built
build_all(struct fixture *fx, int64_t now_ms)
{
	struct built b = {0};
	struct match_size size;

	OK(fx, fx->api->index_generation(fx->s, &b.generation, &fx->e));
	OK(fx, fx->api->index_size(fx->s, now_ms, &size, &fx->e));
	b.cap = match_region_len(&size);
	assert_int_equal(posix_memalign(&b.region, 64, b.cap), 0);
	b.build = match_build_start(b.region, b.cap, b.generation, &size);
	OK(fx, fx->api->index_load(fx->s, now_ms, add, &b, &fx->e));
	assert_int_equal(b.rows.num, size.records);
	match_build_finish(b.build);
	return b;
}

static void
built_free(struct built *b)
{
	free(b->region);
	rows_fini(&b->rows);
	*b = (struct built){0};
}

/* The delta over `main` as of now, in a region of its own. */
static void *
build_delta(
    struct fixture *fx, struct delta *d, const struct built *main, int64_t now)
{
	const size_t cap = 1 << 20;
	struct store_changes q = {main->generation, now, delta_change, d};
	void *region;

	delta_init(d, &main->rows);
	OK(fx, fx->api->index_changes(fx->s, &q, &fx->e));
	assert_int_equal(posix_memalign(&region, 64, cap), 0);
	OK(fx, delta_build(d, region, cap, 7, &fx->e));
	return region;
}

/* --- both together are as a new one ------------------------------------------ */

/* The rows under a key, as a set of bits. */
static uint64_t
rows_under(const struct match_set *set, const struct built *main,
    const struct delta *d, const uint8_t *key)
{
	struct index_cursor at = index_lookup(set, key);
	struct index_record r;
	uint64_t rows = 0;

	while (index_found(&at, &r)) {
		int64_t k = rows_get(&main->rows, r.no);

		if (k < 0 && d != NULL)
			k = rows_get(&d->rows, r.no - main->rows.num);
		assert_true(k >= 0 && k < 64 && (rows >> k & 1) == 0);
		rows |= 1ull << k;
		assert_true(span_starts(r.blob, span_str("blob of ")));
	}
	return rows;
}

static struct record
version(unsigned id, unsigned n)
{
	char text[32];
	struct record r;

	snprintf(text, sizeof(text), "r%u", id);
	r = an_email("acme", text);
	free(r.value);
	/* Some share their value with others. */
	snprintf(text, sizeof(text), "v%u.%u@example.com", id % 20, n % 3);
	r.value = mem_str(text);
	return r;
}

static unsigned
compare(struct fixture *fx, const struct built *main, int64_t now_ms)
{
	struct built fresh = build_all(fx, now_ms);
	struct delta d;
	void *region = build_delta(fx, &d, main, now_ms);
	struct match_set whole = {
	    match_index_of(fresh.region, fresh.cap), NULL};
	struct match_set set = {match_index_of(main->region, main->cap),
	    match_index_of(region, 1 << 20)};
	unsigned found = 0;

	assert_non_null(set.main);
	assert_non_null(set.delta);
	assert_int_equal(
	    main->rows.num - d.num_dropped + d.rows.num, fresh.rows.num);
	for (unsigned i = 0; i < IDS * 3; i++) {
		struct record r = version(i / 3, i);
		struct compiled c = a_compiled(&r);
		uint64_t want = rows_under(&whole, &fresh, NULL, c.keys.p);

		assert_int_equal(rows_under(&set, main, &d, c.keys.p), want);
		found += want != 0;
		compiled_fini(&c);
		record_fini(&r);
	}
	built_free(&fresh);
	delta_fini(&d);
	free(region);
	return found;
}

static void
change(struct fixture *fx, uint64_t *seed, int64_t *now)
{
	static const enum record_state states[] = {RECORD_ACTIVE, RECORD_PAUSED,
	    RECORD_WITHDRAWN, RECORD_ERASED, RECORD_PAUSED};
	unsigned what = (unsigned)random_below(seed, 8);
	struct record r = version(
	    (unsigned)random_below(seed, IDS), (unsigned)random_below(seed, 3));
	struct record_change c = {"acme", r.id, states[what % 5], *now};
	struct compiled comp;
	struct store_import io = {.num = 1, .records = &r, .now_ms = *now};

	if (what < 5) { /* may be refused: nothing changes then */
		(void)!fx->api->record_state(fx->s, &c, &fx->e);
	} else {
		if (what == 7)
			r.expires_ms = *now + 20;
		comp = a_compiled(&r);
		io.compiled = &comp;
		(void)!fx->api->records_import(fx->s, &io, &fx->e);
		compiled_fini(&comp);
	}
	record_fini(&r);
	*now += (int64_t)random_below(seed, 10);
}

static void
test_as_fresh(void **state)
{
	struct fixture *fx = *state;
	uint64_t seed = 20;
	int64_t now = NOW;
	struct built main = build_all(fx, now);
	struct stretch t = claim(fx, &log_a, 0);
	unsigned found = 0;

	for (unsigned i = 0; i < ROUNDS; i++) {
		for (uint64_t k = random_below(&seed, 8); k > 0; k--)
			change(fx, &seed, &now);
		if (i % 5 == 4)
			fixture_again(fx);
		/* Time is noticed by commits. */
		step(fx,
		    (struct step){.t = &t, .read = t.read + 1, .now_ms = now});
		found += compare(fx, &main, now);
		if (random_below(&seed, 8) != 0)
			continue;
		built_free(&main);
		main = build_all(fx, now);
	}
	assert_true(found > ROUNDS);
	built_free(&main);
}

/* --- the verb ------------------------------------------------------------------ */

struct seen_changes {
	size_t num, num_off;
	int64_t row[64];
};

static void
see_change(void *arg, int64_t row, enum record_kind kind, struct span keys,
    struct span blob)
{
	struct seen_changes *s = arg;

	assert_int_equal(kind, RECORD_EMAIL);
	assert_true((keys.len == 0) == (blob.len == 0));
	assert_true(s->num < 64);
	s->row[s->num++] = row;
	s->num_off += keys.len == 0;
}

static struct seen_changes
changes(struct fixture *fx, uint64_t since)
{
	struct seen_changes s = {0};
	struct store_changes q = {since, NOW, see_change, &s};

	OK(fx, fx->api->index_changes(fx->s, &q, &fx->e));
	return s;
}

static uint64_t
generation(struct fixture *fx)
{
	uint64_t g;

	OK(fx, fx->api->index_generation(fx->s, &g, &fx->e));
	return g;
}

static void
test_changes(void **state)
{
	struct fixture *fx = *state;
	uint64_t g0 = generation(fx), g1;
	struct seen_changes s;

	assert_int_equal(changes(fx, g0).num, 0);
	import_one(fx, an_email("acme", "jane"));
	import_one(fx, an_email("acme", "john"));
	g1 = generation(fx);
	fixture_again(fx);
	assert_int_equal(generation(fx), g1);
	assert_int_equal(changes(fx, g0).num, 2);
	assert_int_equal(changes(fx, g1).num, 0);
	set_state(fx, "john", RECORD_PAUSED);
	s = changes(fx, g1);
	assert_int_equal(s.num, 1);
	assert_int_equal(s.num_off, 1);
	assert_int_equal(s.row[0], get_record(fx, "john").row);
	set_state(fx, "john", RECORD_ACTIVE);
	s = changes(fx, g1); /* once, as it is now */
	assert_int_equal(s.num, 1);
	assert_int_equal(s.num_off, 0);
	set_state(fx, "john", RECORD_ERASED);
	assert_int_equal(changes(fx, g0).num, 2);
	assert_int_equal(changes(fx, g0).num_off, 1);
}

/* So many that the store tells them no more, one by one. */
static void
test_too_many(void **state)
{
	struct fixture *fx = *state;
	struct seen_changes s = {0};
	struct store_changes q = {generation(fx), NOW, see_change, &s};
	struct record *list = mem_new(STORE_CHANGES + 1, sizeof(*list));
	struct store_import io;
	char id[16];

	if (fx->api == &store_memory) { /* forgets nothing */
		free(list);
		return;
	}
	for (size_t i = 0; i <= STORE_CHANGES; i++) {
		snprintf(id, sizeof(id), "m%zu", i);
		list[i] = an_email("acme", id);
	}
	OK(fx, import_all(fx, &io, list, STORE_CHANGES + 1));
	free(list);
	FAILS(fx, ST_STALE, fx->api->index_changes(fx->s, &q, &fx->e));
	q.since = generation(fx);
	OK(fx, fx->api->index_changes(fx->s, &q, &fx->e));
	assert_int_equal(s.num, 0);
	set_state(fx, "m7", RECORD_PAUSED);
	OK(fx, fx->api->index_changes(fx->s, &q, &fx->e));
	assert_int_equal(s.num, 1);
	assert_int_equal(s.num_off, 1);
	/* Without looking at those that did not change. */
	assert_in_range(sqlite3_stmt_status(fx->s->stmt[Q_CHANGE_LIST],
			    SQLITE_STMTSTATUS_FULLSCAN_STEP, 0),
	    0, 10);
}

/* A delta that does not fit says so. */
static void
test_no_room(void **state)
{
	struct fixture *fx = *state;
	struct built main = build_all(fx, NOW);
	struct store_changes q = {main.generation, NOW, delta_change, NULL};
	struct delta d;
	_Alignas(64) uint8_t region[256];

	import_one(fx, an_email("acme", "jane"));
	import_one(fx, an_email("acme", "john"));
	delta_init(&d, &main.rows);
	q.arg = &d;
	OK(fx, fx->api->index_changes(fx->s, &q, &fx->e));
	FAILS(fx, ST_LIMIT, delta_build(&d, region, sizeof(region), 1, &fx->e));
	delta_fini(&d);
	built_free(&main);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    BOTH(test_as_fresh),
	    BOTH(test_changes),
	    BOTH(test_too_many),
	    BOTH(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
