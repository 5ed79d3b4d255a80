/*
 * A backfill that is not read in one go from its begin: its parts, and what
 * becomes of them when they meet, the same in every backend.
 */
#include "tests/store/fixture.h"

#define SCAN 77

static struct stretch
claim_scan(struct fixture *fx)
{
	struct stretch t = {.log_id = log_a, .job = SCAN, .limit = 400};

	OK(fx, fx->api->claim(fx->s, &t, &fx->e));
	return t;
}

static struct stretch
claim_part(struct fixture *fx, uint64_t begin)
{
	struct stretch t = {.log_id = log_a,
	    .job = STORE_PART,
	    .scan = SCAN,
	    .begin = begin,
	    .limit = 400,
	    .tree = tree_to(fx, begin, begin)};

	OK(fx, fx->api->claim(fx->s, &t, &fx->e));
	assert_true(t.job < 0);
	assert_int_equal(t.scan, SCAN);
	assert_int_equal(t.begin, begin);
	assert_int_equal(t.read, begin);
	return t;
}

struct rows {
	size_t num;
	struct stretch list[8];
};

static void
see(void *arg, const struct store_log *log, const struct stretch *s)
{
	struct rows *r = arg;

	(void)log;
	assert_true(r->num < 8);
	r->list[r->num++] = *s;
}

static struct rows
rows(struct fixture *fx)
{
	struct rows r = {0};

	fixture_again(fx);
	OK(fx, fx->api->stretches(fx->s, see, &r, &fx->e));
	return r;
}

static const struct store_count counts[] = {
    {COUNT_CERTIFICATES, "", 0, 0, 100}};

/* Read from its begin to there with a hit of certificate `cert`, an entry in
 * quarantine and a count, proven as far as told. */
static struct store_committed
read_part(struct fixture *fx, struct stretch *t, uint64_t read, bool proven,
    unsigned cert)
{
	return step(fx, (struct step){.t = t,
			    .read = read,
			    .proven = proven ? read : 0,
			    .num_hits = 1,
			    .hits = {a_hit(fx, "jane", cert, read - 1)},
			    .num_quarantined = 1,
			    .quarantined = {{read - 2, leaf_hash(fx, read - 2),
				"why", span_str("x")}},
			    .num_tallies = 1,
			    .tallies = {{read, 1, counts}}});
}

static void
count(void *arg, const struct hash *log_id, const struct store_count *c)
{
	(void)log_id;
	*(uint64_t *)arg += c->n;
}

static uint64_t
counted(struct fixture *fx)
{
	uint64_t n = 0;

	OK(fx, fx->api->tallies(fx->s, count, &n, &fx->e));
	return n;
}

/* Each part has a job of its own, and is found again by it. */
static void
test_jobs(void **state)
{
	struct fixture *fx = *state;
	struct stretch scan = claim_scan(fx), a = claim_part(fx, 300);
	struct stretch b = claim_part(fx, 200), again = {.log_id = log_a};

	assert_int_equal(scan.scan, 0);
	assert_int_not_equal(a.job, b.job);
	step_plain(fx, &b, 250, 0);
	again.job = b.job;
	OK(fx, fx->api->claim(fx->s, &again, &fx->e));
	assert_int_equal(again.begin, 200);
	assert_int_equal(again.read, 250);
	assert_int_equal(again.scan, SCAN);
	FAILS(fx, ST_STALE, try_step(fx, &(struct step){.t = &b, .read = 260}));
	assert_int_equal(rows(fx).num, 3);
	again = (struct stretch){.log_id = log_a, .job = 5, .scan = SCAN};
	FAILS(fx, ST_USAGE, fx->api->claim(fx->s, &again, &fx->e));
}

/* From the end back, until all of it is the scan itself. */
static void
test_meet(void **state)
{
	struct fixture *fx = *state;
	struct stretch scan, last, middle;
	struct store_committed done;
	struct rows r;

	import_one(fx, an_email("acme", "jane"));
	scan = claim_scan(fx);
	last = claim_part(fx, 300);
	assert_false(read_part(fx, &last, 400, true, 1).joined);
	assert_true(num_due(fx, NOW) > 0);
	middle = claim_part(fx, 100);
	/* Read, not proven: it meets nothing. */
	assert_false(read_part(fx, &middle, 300, false, 2).joined);
	done =
	    step(fx, (struct step){.t = &middle, .read = 300, .proven = 300});
	assert_true(done.joined);
	assert_int_equal(done.whole.begin, 100);
	assert_int_equal(done.whole.proven, 400);
	assert_int_equal(done.whole.job, middle.job);
	/* What either of them was is no more. */
	FAILS(fx, ST_STALE,
	    try_step(fx, &(struct step){.t = &middle, .read = 300}));
	FAILS(fx, ST_STALE,
	    try_step(fx, &(struct step){.t = &last, .read = 400}));
	assert_int_equal(rows(fx).num, 2);
	scan = claim_scan(fx);
	done = read_part(fx, &scan, 100, true, 3);
	assert_true(done.joined);
	r = rows(fx);
	assert_int_equal(r.num, 1);
	assert_int_equal(r.list[0].job, SCAN);
	assert_int_equal(r.list[0].scan, 0);
	assert_int_equal(r.list[0].begin, 0);
	assert_int_equal(r.list[0].read, 400);
	assert_int_equal(r.list[0].proven, 400);
	assert_int_equal(r.list[0].limit, 400);
	assert_int_equal(list_exposures(fx, &log_a).num, 3);
	assert_int_equal(list_quarantine(fx).num, 3);
	assert_int_equal(counted(fx), 300);
}

/* A gap stays one, and parts of another scan or log are left alone. */
static void
test_gap(void **state)
{
	struct fixture *fx = *state;
	struct stretch other = {.log_id = log_a, .job = 8, .limit = 400};
	struct stretch scan, part, tail;

	import_one(fx, an_email("acme", "jane"));
	OK(fx, fx->api->claim(fx->s, &other, &fx->e));
	scan = claim_scan(fx);
	part = claim_part(fx, 200);
	tail = claim(fx, &log_a, 0);
	read_part(fx, &part, 400, true, 1);
	assert_false(read_part(fx, &scan, 199, true, 2).joined);
	assert_false(read_part(fx, &other, 200, true, 3).joined);
	assert_false(read_part(fx, &tail, 200, true, 4).joined);
	assert_int_equal(rows(fx).num, 4);
	scan = claim_scan(fx);
	assert_true(
	    step(fx, (struct step){.t = &scan, .read = 200, .proven = 200})
		.joined);
	assert_int_equal(rows(fx).num, 3);
}

/* One that was read beyond what is proven does not swallow the next. */
static void
test_read_beyond(void **state)
{
	struct fixture *fx = *state;
	struct stretch scan = claim_scan(fx), part = claim_part(fx, 200);

	step_plain(fx, &part, 400, 400);
	step_plain(fx, &scan, 250, 0);
	assert_false(
	    step(fx, (struct step){.t = &scan, .read = 250, .proven = 200})
		.joined);
	assert_int_equal(rows(fx).num, 2);
}

/* A part begun in what another order of reading then proved. */
static void
test_overtaken(void **state)
{
	struct fixture *fx = *state;
	struct stretch scan, inside, behind;

	import_one(fx, an_email("acme", "jane"));
	scan = claim_scan(fx);
	inside = claim_part(fx, 100);
	behind = claim_part(fx, 300);
	read_part(fx, &inside, 150, false, 1);
	read_part(fx, &behind, 350, false, 2);
	read_part(fx, &scan, 200, false, 3);
	assert_int_equal(rows(fx).num, 3);
	scan = claim_scan(fx);
	step_plain(fx, &scan, 200, 200);
	assert_int_equal(rows(fx).num, 2);
	/* Certificate 1 was seen there only. */
	assert_int_equal(list_exposures(fx, &log_a).num, 2);
	assert_int_equal(list_quarantine(fx).num, 2);
	FAILS(fx, ST_STALE,
	    try_step(fx, &(struct step){.t = &inside, .read = 160}));
	assert_int_equal(counted(fx), 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    BOTH(test_jobs),
	    BOTH(test_meet),
	    BOTH(test_gap),
	    BOTH(test_read_beyond),
	    BOTH(test_overtaken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
