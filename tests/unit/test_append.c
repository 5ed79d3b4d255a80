/* test_append: lines are whole, added, and failures are named; a file that
 * hangs holds up nobody. */
#include "monitor/append.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
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

static enum status
append(const char *where, const char *text, struct err *e)
{
	bool cut_off = false;

	return append_text(where, span_str(text), &cut_off, e);
}

static void
test_lines(void **state)
{
	bool cut_off = true;
	struct err e;
	FILE *f;

	(void)state;
	assert_status(append(path, "one\ntwo\n", &e), ST_OK, &e);
	assert_status(append(path, "one\n", &e), ST_OK, &e);
	expect("one\ntwo\none\n");
	f = fopen(path, "a");
	fputs("cut off", f);
	fclose(f);
	assert_status(append(path, "two\n", &e), ST_OK, &e);
	/* What a file is asked itself is not believed otherwise. */
	assert_status(
	    append_text(path, span_str("3\n"), &cut_off, &e), ST_OK, &e);
	assert_false(cut_off);
	expect("one\ntwo\none\ncut off\ntwo\n3\n");
}

static void
test_failures(void **state)
{
	struct err e;

	(void)state;
	assert_status(append("/nonexistent/file", "x\n", &e), ST_IO, &e);
	assert_says(&e, "/nonexistent/file");
	assert_status(append("/dev/full", "x\n", &e), ST_FULL, &e);
	assert_status(append("/tmp", "x\n", &e), ST_IO, &e);
}

/* A pipe that nobody reads takes nothing; one that is read, all. */
static void
test_pipe(void **state)
{
	char pipe[64], got[16] = "";
	bool cut_off = true;
	struct err e;
	int fd;

	(void)state;
	snprintf(pipe, sizeof(pipe), "%s.pipe", path);
	assert_int_equal(mkfifo(pipe, 0600), 0);
	assert_status(append(pipe, "x\n", &e), ST_AGAIN, &e);
	assert_says(&e, "nobody reads");
	fd = open(pipe, O_RDONLY | O_NONBLOCK);
	assert_status(append(pipe, "x\n", &e), ST_OK, &e);
	assert_status(
	    append_text(pipe, span_str("y\n"), &cut_off, &e), ST_OK, &e);
	assert_false(cut_off);
	assert_int_equal(read(fd, got, sizeof(got)), 5);
	assert_string_equal(got, "x\n\ny\n");
	close(fd);
	unlink(pipe);
}

/* A service manager gives sockets for its standard descriptors. */
static void
test_standard_error_is_a_socket(void **state)
{
	int fd[2], saved = dup(STDERR_FILENO);
	char got[16] = "", where[64];
	enum status st;
	struct err e;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	dup2(fd[0], STDERR_FILENO);
	st = append("/dev/stderr", "x\n", &e);
	dup2(saved, STDERR_FILENO);
	assert_status(st, ST_OK, &e);
	assert_int_equal(read(fd[1], got, sizeof(got)), 2);
	snprintf(where, sizeof(where), "/proc/self/fd/%d", fd[0]);
	assert_status(append(where, "x\n", &e), ST_IO, &e);
	assert_says(&e, "socket");
	close(fd[0]);
	close(fd[1]);
	close(saved);
}

struct seen {
	struct ev_loop *loop;
	unsigned num;
	enum status status;
	bool cut;
};

static void
on_done(void *arg, enum status st, bool cut, const struct err *why)
{
	struct seen *seen = arg;

	(void)why;
	seen->num++;
	seen->status = st;
	seen->cut = cut;
	ev_break(seen->loop, EVBREAK_ALL);
}

static void
submit(
    struct appender *a, struct seen *seen, const char *where, const char *text)
{
	const struct append_request r = {.path = where,
	    .text = span_str(text),
	    .done = on_done,
	    .arg = seen};

	seen->num = 0;
	appender_run(a, &r);
	assert_int_equal(seen->num, 0);
}

static void
test_thread(void **state)
{
	struct seen seen = {.loop = ev_loop_new(EVFLAG_AUTO)};
	struct appender *a = appender_new(seen.loop);

	(void)state;
	assert_int_equal(truncate(path, 0), 0);
	alarm(20);
	for (int i = 0; i < 3; i++) {
		submit(a, &seen, path, "line\n");
		ev_run(seen.loop, 0);
		assert_int_equal(seen.num, 1);
		assert_int_equal(seen.status, ST_OK);
	}
	assert_false(appender_cut(a));
	submit(a, &seen, "/dev/full", "line\n");
	ev_run(seen.loop, 0);
	assert_int_equal(seen.status, ST_FULL);
	ev_run(seen.loop, 0); /* and it keeps no loop alive */
	submit(a, &seen, path, "last\n");
	appender_free(a); /* what is under way is ended */
	assert_int_equal(seen.num, 0);
	expect("line\nline\nline\nlast\n");
	alarm(0);
	ev_loop_destroy(seen.loop);
}

/* The reader is there and takes nothing. */
static void
test_thread_that_hangs(void **state)
{
	struct seen seen = {.loop = ev_loop_new(EVFLAG_AUTO)};
	struct appender *a = appender_new(seen.loop);
	struct timespec wait = {0, 100000000};
	static char much[1 << 18];
	char pipe[64];
	int fd;

	(void)state;
	memset(much, 'x', sizeof(much) - 1);
	snprintf(pipe, sizeof(pipe), "%s.pipe", path);
	assert_int_equal(mkfifo(pipe, 0600), 0);
	fd = open(pipe, O_RDONLY | O_NONBLOCK);
	alarm(5);
	submit(a, &seen, pipe, much);
	nanosleep(&wait, NULL);
	ev_run(seen.loop, EVRUN_NOWAIT);
	assert_int_equal(seen.num, 0);
	assert_true(appender_cut(a));
	assert_int_equal(seen.num, 1);
	assert_true(seen.cut);
	appender_free(a); /* does not wait for it */
	assert_int_equal(seen.num, 1);
	alarm(0);
	ev_loop_destroy(seen.loop);
	close(fd);
	unlink(pipe);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_failures),
	    cmocka_unit_test(test_pipe),
	    cmocka_unit_test(test_standard_error_is_a_socket),
	    cmocka_unit_test(test_thread),
	    cmocka_unit_test(test_thread_that_hangs),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, setup, teardown);
}
