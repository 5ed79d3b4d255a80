/* test_opts: long and short options, operands, and what is refused. */
#include "monitor/opts.h"

#include "tests/unit/support.h"

static const struct opt table[] = {
    {"config", 'c', "FILE", "a file"},
    {"json", 0, NULL, "a switch"},
    {"quiet", 'q', NULL, "another"},
    {0},
};

static struct opts
opts_of(int argc, char **argv)
{
	return (struct opts){.usage = "test",
	    .about = "about",
	    .table = table,
	    .argc = argc,
	    .argv = argv};
}

static void
test_good(void **state)
{
	char *argv[] = {(char *)"test", (char *)"-c", (char *)"a",
	    (char *)"--json", (char *)"--config=b", (char *)"-q",
	    (char *)"operand", NULL};
	struct opts o = opts_of(7, argv);

	(void)state;
	assert_int_equal(opts_next(&o), 0);
	assert_string_equal(o.value, "a");
	assert_int_equal(opts_next(&o), 1);
	assert_int_equal(opts_next(&o), 0);
	assert_string_equal(o.value, "b");
	assert_int_equal(opts_next(&o), 2);
	assert_int_equal(opts_next(&o), OPTS_END);
	assert_int_equal(o.at, 6);
}

static void
test_bad(void **state)
{
	char *argv[][3] = {{(char *)"test", (char *)"--nope", NULL},
	    {(char *)"test", (char *)"-x", NULL},
	    {(char *)"test", (char *)"--config", NULL}};
	/* Without its value the option takes the next one. */
	char *eaten[] = {
	    (char *)"test", (char *)"--config", (char *)"--json", NULL};
	char *meant[] = {(char *)"test", (char *)"--config=--json", NULL};
	struct opts swallows = opts_of(3, eaten), takes = opts_of(2, meant);

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct opts o = opts_of(2, argv[i]);

		assert_int_equal(opts_next(&o), OPTS_BAD);
	}
	assert_int_equal(opts_next(&swallows), OPTS_BAD);
	assert_int_equal(opts_next(&takes), 0);
	assert_string_equal(takes.value, "--json");
}

static void
test_help(void **state)
{
	char *argv[] = {(char *)"test", (char *)"--help", NULL};
	struct opts o = opts_of(2, argv);

	(void)state;
	assert_int_equal(opts_next(&o), OPTS_HELP);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good),
	    cmocka_unit_test(test_bad),
	    cmocka_unit_test(test_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
