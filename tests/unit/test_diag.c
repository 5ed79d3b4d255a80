/* Tests of diag: one safe line a message, in the form its reader expects. */
#include "monitor/diag.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* stderr, for a while, is the writing end of a datagram pair: what one write
 * carries arrives as one piece. */
struct capture {
	int fd, saved;
};

static struct capture
capture_begin(void)
{
	struct capture c;
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	c.saved = dup(STDERR_FILENO);
	assert_true(c.saved >= 0);
	assert_true(dup2(pair[1], STDERR_FILENO) >= 0);
	close(pair[1]);
	c.fd = pair[0];
	return c;
}

/* What came in one write, NUL-terminated; 0 bytes when nothing came. */
static size_t
capture_end(struct capture *c, char *out, size_t cap)
{
	ssize_t n = recv(c->fd, out, cap - 1, MSG_DONTWAIT);

	assert_true(recv(c->fd, out + cap - 1, 1, MSG_DONTWAIT) < 0);
	dup2(c->saved, STDERR_FILENO);
	close(c->saved);
	close(c->fd);
	out[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

static void
set_journal(void)
{
	char text[64];
	struct stat st;

	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	snprintf(text, sizeof(text), "%ju:%ju", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino);
	setenv("JOURNAL_STREAM", text, 1);
}

static void
test_time_and_level(void **state)
{
	struct capture c = capture_begin();
	char out[4096];

	(void)state;
	diag_warn("log %s is %d s old", "ct.example", 90);
	capture_end(&c, out, sizeof(out));
	/* 2026-11-01T10:00:00.000Z warning: ... */
	assert_int_equal(out[4], '-');
	assert_int_equal(out[10], 'T');
	assert_int_equal(out[23], 'Z');
	assert_string_equal(out + 24, " warning: log ct.example is 90 s old\n");
}

static void
test_journal(void **state)
{
	static const struct {
		void (*say)(const char *, ...);
		const char *line;
	} table[] = {
	    {diag_error, "<3>x\n"},
	    {diag_warn, "<4>x\n"},
	    {diag_info, "<6>x\n"},
	    {diag_debug, "<7>x\n"},
	};
	char out[4096];

	(void)state;
	diag_level(DIAG_DEBUG);
	for (size_t i = 0; i < 4; i++) {
		struct capture c = capture_begin();

		set_journal();
		table[i].say("x");
		capture_end(&c, out, sizeof(out));
		assert_string_equal(out, table[i].line);
	}
	diag_level(DIAG_INFO);
	unsetenv("JOURNAL_STREAM");
}

/* A service whose stderr was redirected has the variable all the same. */
static void
test_journal_of_another(void **state)
{
	struct capture c = capture_begin();
	char out[4096];

	(void)state;
	setenv("JOURNAL_STREAM", "8:12345", 1);
	diag_info("x");
	capture_end(&c, out, sizeof(out));
	unsetenv("JOURNAL_STREAM");
	assert_string_equal(out + 24, " info: x\n");
}

static void
test_levels(void **state)
{
	struct capture c = capture_begin();
	char out[4096];

	(void)state;
	diag_debug("dropped");
	diag_level(DIAG_ERROR);
	diag_warn("dropped");
	diag_info("dropped");
	diag_level(DIAG_INFO);
	assert_int_equal(capture_end(&c, out, sizeof(out)), 0);
}

/* Foreign text cannot forge a second line or speak to the terminal. */
static void
test_one_safe_line(void **state)
{
	struct capture c = capture_begin();
	char out[4096];

	(void)state;
	diag_error("a\n<0>b \033[2J \xe2\x80\xae \xff");
	capture_end(&c, out, sizeof(out));
	assert_ptr_equal(strchr(out, '\n'), out + strlen(out) - 1);
	assert_null(strchr(out, '\033'));
	assert_null(strstr(out, "\xe2\x80\xae"));
	assert_non_null(strstr(out, "\\xff"));
}

static void
test_long_line(void **state)
{
	struct capture c = capture_begin();
	static char text[100000];
	char out[8192];
	size_t n;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	diag_error("%s", text);
	n = capture_end(&c, out, sizeof(out));
	assert_true(n > 2000 && n <= 4096);
	assert_string_equal(out + n - 4, "…\n");
}

static void
test_errno_stays(void **state)
{
	struct capture c = capture_begin();
	char out[4096];

	(void)state;
	errno = EXDEV;
	diag_error("open: %m");
	assert_int_equal(errno, EXDEV);
	capture_end(&c, out, sizeof(out));
	assert_non_null(strstr(out, strerror(EXDEV)));
}

static void
test_closed(void **state)
{
	int saved = dup(STDERR_FILENO);

	(void)state;
	close(STDERR_FILENO);
	setenv("JOURNAL_STREAM", "8:12345", 1);
	diag_error("into nothing");
	unsetenv("JOURNAL_STREAM");
	dup2(saved, STDERR_FILENO);
	close(saved);
}

/* Say "x" to a terminal; what arrives there. */
static void
on_terminal(char *out, size_t cap)
{
	int master, slave, saved = dup(STDERR_FILENO);
	ssize_t n;

	assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
	dup2(slave, STDERR_FILENO);
	diag_error("x");
	dup2(saved, STDERR_FILENO);
	n = read(master, out, cap - 1);
	assert_true(n > 0);
	out[n] = '\0';
	close(saved);
	close(slave);
	close(master);
}

static void
test_colour(void **state)
{
	char out[512];

	(void)state;
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	on_terminal(out, sizeof(out));
	assert_non_null(strstr(out, "\033[31merror\033[0m: x"));
	setenv("NO_COLOR", "", 1); /* set but empty does not count */
	on_terminal(out, sizeof(out));
	assert_non_null(strstr(out, "\033[31m"));
	setenv("NO_COLOR", "1", 1);
	on_terminal(out, sizeof(out));
	assert_null(strchr(out, '\033'));
	unsetenv("NO_COLOR");
	setenv("TERM", "dumb", 1);
	on_terminal(out, sizeof(out));
	assert_null(strchr(out, '\033'));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_time_and_level),
	    cmocka_unit_test(test_journal),
	    cmocka_unit_test(test_journal_of_another),
	    cmocka_unit_test(test_levels),
	    cmocka_unit_test(test_one_safe_line),
	    cmocka_unit_test(test_long_line),
	    cmocka_unit_test(test_errno_stays),
	    cmocka_unit_test(test_closed),
	    cmocka_unit_test(test_colour),
	};

	unsetenv("JOURNAL_STREAM");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
