/* test_append: lines are whole, added, and failures are named. */
#include "monitor/append.h"

#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/support.h"

static char path[] = "/tmp/indelible-append-XXXXXX";

static int
setup(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	close(fd);
	return fd < 0;
}

static int
teardown(void **state)
{
	(void)state;
	return unlink(path);
}

static void
expect(const char *text)
{
	char got[256];
	FILE *f = fopen(path, "r");
	size_t n = fread(got, 1, sizeof(got) - 1, f);

	fclose(f);
	got[n] = '\0';
	assert_string_equal(got, text);
}

static void
test_lines(void **state)
{
	struct span lines[] = {span_str("one\n"), span_str("two\n")};
	struct err e;
	FILE *f;

	(void)state;
	assert_status(append_lines(path, lines, 2, &e), ST_OK, &e);
	assert_status(append_lines(path, lines, 1, &e), ST_OK, &e);
	expect("one\ntwo\none\n");
	f = fopen(path, "a");
	fputs("cut off", f);
	fclose(f);
	assert_status(append_lines(path, lines + 1, 1, &e), ST_OK, &e);
	expect("one\ntwo\none\ncut off\ntwo\n");
}

static void
test_failures(void **state)
{
	struct span line = span_str("x\n");
	struct err e;

	(void)state;
	assert_status(
	    append_lines("/nonexistent/file", &line, 1, &e), ST_IO, &e);
	assert_says(&e, "/nonexistent/file");
	assert_status(append_lines("/dev/full", &line, 1, &e), ST_FULL, &e);
	assert_status(append_lines("/tmp", &line, 1, &e), ST_IO, &e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
