/*
 * What is counted of the logs: exact for what is proven, gone with what is
 * rewound, the same in every backend.
 */
#include "tests/store/fixture.h"

struct seen {
	size_t num;
	struct {
		struct hash log_id;
		struct store_count c;
		char label[32];
	} list[32];
};

static void
see(void *arg, const struct hash *log_id, const struct store_count *c)
{
	struct seen *s = arg;

	assert_true(s->num < 32);
	s->list[s->num].log_id = *log_id;
	s->list[s->num].c = *c;
	snprintf(s->list[s->num].label, 32, "%s", c->label);
	s->num++;
}

static struct seen
counted(struct fixture *fx)
{
	struct seen s = {0};

	fixture_again(fx);
	OK(fx, fx->api->tallies(fx->s, see, &s, &fx->e));
	return s;
}

/* Of a log: how many of this, by label (certificates: "") and kind. */
static uint64_t
number(struct fixture *fx, const struct hash *log, const char *label,
    unsigned kind)
{
	struct seen s = counted(fx);
	uint64_t n = 0;
	unsigned times = 0;

	for (size_t i = 0; i < s.num; i++) {
		if (!hash_eq(&s.list[i].log_id, log) ||
		    strcmp(s.list[i].label, label) != 0 ||
		    s.list[i].c.kind != kind)
			continue;
		n = s.list[i].c.n;
		times++;
	}
	assert_true(times <= 1);
	return n;
}

static const struct store_count some[] = {
    {COUNT_CERTIFICATES, "", 0, 0, 100},
    {COUNT_CLASS, "tls-dv", 0, 0, 90},
    {COUNT_FINDING, "san.rfc822Name", PII_EMAIL, SIDE_SUBJECT, 7},
    {COUNT_FINDING, "san.rfc822Name", PII_EMAIL, SIDE_ISSUER, 1},
    {COUNT_FINDING, "subject.commonName", PII_EMAIL, SIDE_SUBJECT, 2},
    {COUNT_FINDING, "subject.commonName", PII_NAME, SIDE_SUBJECT, 3},
};
#define TALLY(to)                                                              \
	{                                                                      \
		(to), sizeof(some) / sizeof(some[0]), some                     \
	}

static void
test_counts(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = claim(fx, &log_a, 0);

	step(fx, (struct step){.t = &t,
		     .read = 100,
		     .num_tallies = 1,
		     .tallies = {TALLY(100)}});
	assert_int_equal(counted(fx).num, 0); /* nothing is proven */
	t = claim(fx, &log_a, 0);
	step(fx, (struct step){.t = &t,
		     .read = 300,
		     .proven = 200,
		     .num_tallies = 2,
		     .tallies = {TALLY(200), TALLY(300)}});
	assert_int_equal(counted(fx).num, 6);
	assert_int_equal(number(fx, &log_a, "", 0), 200);
	assert_int_equal(number(fx, &log_a, "tls-dv", 0), 180);
	assert_int_equal(number(fx, &log_a, "subject.commonName", 0), 4);
	assert_int_equal(number(fx, &log_a, "subject.commonName", PII_NAME), 6);
	t = claim(fx, &log_a, 0);
	step_plain(fx, &t, 300, 300);
	assert_int_equal(number(fx, &log_a, "", 0), 300);
	t = claim(fx, &log_a, 0);
	step_plain(fx, &t, 310, 310);
	assert_int_equal(number(fx, &log_a, "", 0), 300);
}

/* What is rewound takes its counts with it, and is counted when it is read
 * again. */
static void
test_rewound(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = claim(fx, &log_a, 0);
	struct store_rewound back = {.now_ms = NOW};

	step(fx, (struct step){.t = &t,
		     .read = 300,
		     .proven = 100,
		     .num_tallies = 2,
		     .tallies = {TALLY(100), TALLY(300)}});
	OK(fx, fx->api->rewind(fx->s, &t, &back, &fx->e));
	assert_int_equal(number(fx, &log_a, "", 0), 100);
	t = claim(fx, &log_a, 0);
	assert_int_equal(t.read, 100);
	step(fx, (struct step){.t = &t,
		     .read = 300,
		     .proven = 300,
		     .num_tallies = 1,
		     .tallies = {TALLY(300)}});
	assert_int_equal(number(fx, &log_a, "", 0), 200);
}

/* A log's stretches add up, and logs stay apart. */
static void
test_apart(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = claim(fx, &log_a, 0), u = claim(fx, &log_a, 7), v;

	open_log(fx, &log_b, "Log B");
	v = claim(fx, &log_b, 0);
	step(fx, (struct step){.t = &t,
		     .read = 100,
		     .proven = 100,
		     .num_tallies = 1,
		     .tallies = {TALLY(100)}});
	step(fx, (struct step){.t = &u,
		     .read = 50,
		     .proven = 50,
		     .num_tallies = 1,
		     .tallies = {TALLY(50)}});
	step(fx, (struct step){.t = &v,
		     .read = 50,
		     .proven = 50,
		     .num_tallies = 1,
		     .tallies = {TALLY(50)}});
	assert_int_equal(number(fx, &log_a, "", 0), 200);
	assert_int_equal(number(fx, &log_b, "", 0), 100);
	assert_int_equal(counted(fx).num, 12);
}

static void
test_senseless(void **state)
{
	struct fixture *fx = *state;
	struct stretch t = claim(fx, &log_a, 0);
	struct step s = {
	    .t = &t, .read = 100, .num_tallies = 1, .tallies = {TALLY(101)}};

	FAILS(fx, ST_USAGE, try_step(fx, &s));
	s.tallies[0].end = 0;
	FAILS(fx, ST_USAGE, try_step(fx, &s));
	s.num_tallies = 2;
	s.tallies[0].end = s.tallies[1].end = 50;
	FAILS(fx, ST_USAGE, try_step(fx, &s));
	assert_int_equal(counted(fx).num, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    BOTH(test_counts),
	    BOTH(test_rewound),
	    BOTH(test_apart),
	    BOTH(test_senseless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
