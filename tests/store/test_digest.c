/*
 * What people are told in digests instead of one by one: what counts as the
 * same, which deliveries wait for which digest, and that a digest that was
 * begun stays as it is.
 */
#include "monitor/store/sqlite.h"
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    SQLITE(test_same),
	    SQLITE(test_same_order),
	    SQLITE(test_same_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
