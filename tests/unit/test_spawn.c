/* Tests of spawn: programs that behave, and those that do not. */
#include "monitor/spawn.h"

#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "ctlog/base/mem.h"
#include "tests/unit/support.h"

#define LIMIT_MS 700

struct fixture {
	struct ev_loop *loop;
	struct spawn *spawn;
	struct outcome outcome;
	struct err why;
	unsigned num;
};

static void
on_done(void *arg, const struct outcome *o, const struct err *why)
{
	struct fixture *fx = arg;

	fx->outcome = *o;
	fx->why = *why;
	fx->num++;
	ev_break(fx->loop, EVBREAK_ALL);
}

/* The command of the only sink that has one. */
static void
start(struct fixture *fx, char **argv, size_t num)
{
	struct conf_sink sinks[] = {
	    {.name = (char *)(uintptr_t) "other", .type = CONF_JSONL},
	    {.name = (char *)(uintptr_t) "hook",
		.type = CONF_EXEC,
		.command = {num, argv}},
	};

	fx->loop = ev_loop_new(EVFLAG_AUTO);
	fx->spawn = spawn_new(sinks, 2, LIMIT_MS);
	assert_non_null(fx->spawn);
	spawn_start(fx->spawn, fx->loop);
}

static void
run(struct fixture *fx, struct span input)
{
	const struct spawn_request r = {
	    .sink = "hook", .input = input, .done = on_done, .arg = fx};

	spawn_run(fx->spawn, &r);
	assert_int_equal(fx->num, 0);
	alarm(20);
	ev_run(fx->loop, 0);
	alarm(0);
	assert_int_equal(fx->num, 1);
	fx->num = 0;
}

static void
end(struct fixture *fx)
{
	spawn_free(fx->spawn);
	ev_loop_destroy(fx->loop);
}

/* What this script's end is. */
static void
script(struct fixture *fx, const char *text, struct span input)
{
	char *argv[] = {(char *)(uintptr_t) "/bin/sh", (char *)(uintptr_t) "-c",
	    (char *)(uintptr_t)text};

	memset(fx, 0, sizeof(*fx));
	start(fx, argv, 3);
	run(fx, input);
}

static void
expect(const char *text, enum status st, int code, const char *why)
{
	struct fixture fx;

	script(&fx, text, span_str("{\"a\":1}\n"));
	if (fx.outcome.status != st || fx.outcome.code != code)
		fail_msg("%s: %s, %d: %s", text, status_name(fx.outcome.status),
		    fx.outcome.code, fx.why.text);
	assert_false(fx.outcome.cut);
	assert_says(&fx.why, why);
	end(&fx);
}

static void
test_ends(void **state)
{
	(void)state;
	expect("exit 0", ST_OK, 0, "");
	expect("exit 1", ST_OK, 1, "it ended with 1");
	expect("exit 255", ST_OK, 255, "it ended with 255");
	expect("kill -SEGV $$", ST_OK, 128 + 11, "killed by signal 11");
	expect("read x; test \"$x\" = '{\"a\":1}'", ST_OK, 0, "");
	expect("test \"$(cat)\" = '{\"a\":1}' && ! read x", ST_OK, 0, "");
}

/* Ctrl-C, input that nobody reads, floods, children that stay. */
static void
test_misbehaves(void **state)
{
	(void)state;
	expect("sleep 20", ST_AGAIN, 0, "too long");
	expect("trap '' TERM INT HUP; while :; do :; done", ST_AGAIN, 0,
	    "too long");
	expect("head -c 1000000000 /dev/zero", ST_OK, 0, "");
	expect("head -c 1000000000 /dev/zero >&2", ST_OK, 0, "");
	expect("yes >&2", ST_AGAIN, 0, "too long");
	expect("sleep 20 & exit 0", ST_OK, 0, "");
	expect("(sleep 20; exit 0) >&2 & exit 3", ST_OK, 3, "ended with 3");
}

#define ONE "sleep 20 & echo $! >%s; exit 0"
#define TWO "sleep 20 & echo $! >%s; sleep 20"

/* No group of its own is left, nor a process of it. */
static void
test_children_are_killed(void **state)
{

	char file[] = "/tmp/spawn-XXXXXX", text[256];
	int fd = mkstemp(file);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	for (size_t i = 0; i < 2; i++) {
		struct timespec wait = {0, 300000000};
		struct fixture fx;
		struct buf pid = {0};

		snprintf(text, sizeof(text), i == 0 ? ONE : TWO, file);
		script(&fx, text, span_str(""));
		nanosleep(&wait, NULL);
		assert_true(file_read(&pid, file));
		assert_int_equal(kill(atoi(buf_cstr(&pid)), 0), -1);
		buf_fini(&pid);
		end(&fx);
	}
	unlink(file);
}

static void
test_clean_room(void **state)
{
	(void)state;
	setenv("SECRET", "x", 1);
	expect("test -z \"$SECRET$HOME$USER\" && test \"$LC_ALL\" = C.UTF-8 &&"
	       " test \"$(env | wc -l)\" -le 4",
	    ST_OK, 0, "");
	/* 0, 1, 2, and the directory that ls itself reads. */
	expect("test \"$(ls /proc/self/fd | wc -l)\" = 4", ST_OK, 0, "");
	expect("test \"$(pwd)\" = / && test \"$(umask)\" = 0077 &&"
	       " test \"$(ulimit -c)\" = 0",
	    ST_OK, 0, "");
	/* Bits 32 and 33 are the C library's own. */
	expect(
	    "test $((0x$(sed -n 's/^SigIgn:.//p' /proc/self/status)"
	    " & 0x7fffffff)) = 0 && grep -q '^SigBlk:.0*$' /proc/self/status",
	    ST_OK, 0, "");
	expect("test $(cut -d' ' -f6 /proc/$$/stat) = $$", ST_OK, 0, "");
}

static void
test_cannot_run(void **state)
{
	static const char *const files[] = {
	    "/no/such/program", "/etc/passwd", "/etc"};
	static const char *const why[] = {
	    "No such file", "Permission denied", "Permission denied"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char *argv[] = {(char *)(uintptr_t)files[i]};
		struct fixture fx = {0};

		start(&fx, argv, 1);
		run(&fx, span_str("x"));
		assert_int_equal(fx.outcome.status, ST_AGAIN);
		assert_says(&fx.why, why[i]);
		end(&fx);
	}
}

/* Input of a megabyte, with whatever bytes. */
static void
test_large_input(void **state)
{
	struct fixture fx;
	struct buf b = {0};

	(void)state;
	memset(buf_room(&b, 1 << 20), 0xa5, 1 << 20);
	b.len = 1 << 20;
	script(&fx, "test $(wc -c) = 1048576", buf_span(&b));
	assert_int_equal(fx.outcome.status, ST_OK);
	assert_int_equal(fx.outcome.code, 0);
	buf_fini(&b);
	end(&fx);
}

/* Several at a time; all are cut off at once. */
static void
test_cut(void **state)
{
	char *argv[] = {
	    (char *)(uintptr_t) "/bin/sleep", (char *)(uintptr_t) "20"};
	struct fixture fx = {0};
	const struct spawn_request r = {
	    .sink = "hook", .done = on_done, .arg = &fx};

	(void)state;
	start(&fx, argv, 2);
	for (int i = 0; i < 5; i++)
		spawn_run(fx.spawn, &r);
	spawn_cut(fx.spawn);
	alarm(20);
	while (fx.num < 5) {
		ev_run(fx.loop, 0);
		assert_true(fx.outcome.cut);
	}
	alarm(0);
	/* And with some that run it ends at once. */
	spawn_run(fx.spawn, &r);
	end(&fx);
}

/* A process of ours by its name; 0: there is none. */
static pid_t
child_named(const char *name)
{
	DIR *d = opendir("/proc");
	struct dirent *f;
	pid_t found = 0;

	assert_non_null(d);
	while (found == 0 && (f = readdir(d)) != NULL) {
		char path[300], comm[64] = "";
		int parent = 0;
		FILE *stat;

		snprintf(path, sizeof(path), "/proc/%s/stat", f->d_name);
		stat = fopen(path, "r");
		if (stat == NULL)
			continue;
		if (fscanf(stat, "%*d (%63[^)]) %*c %d", comm, &parent) == 2 &&
		    parent == getpid() && strcmp(comm, name) == 0)
			found = atoi(f->d_name);
		fclose(stat);
	}
	closedir(d);
	return found;
}

/* What had ended before the cut is not as if it had not. */
static void
test_ended_before_the_cut(void **state)
{
	char *argv[] = {(char *)(uintptr_t) "/bin/true"};
	struct timespec wait = {0, 300000000};
	struct fixture fx = {0};
	const struct spawn_request r = {
	    .sink = "hook", .done = on_done, .arg = &fx};

	(void)state;
	start(&fx, argv, 1);
	spawn_run(fx.spawn, &r);
	nanosleep(&wait, NULL);
	spawn_cut(fx.spawn);
	alarm(20);
	ev_run(fx.loop, 0);
	alarm(0);
	assert_int_equal(fx.num, 1);
	assert_false(fx.outcome.cut);
	assert_int_equal(fx.outcome.status, ST_OK);
	assert_int_equal(fx.outcome.code, 0);
	end(&fx);
}

/* The helper dies: this process ends, to be started again. */
static void
test_helper_dies(void **state)
{
	char *argv[] = {
	    (char *)(uintptr_t) "/bin/sleep", (char *)(uintptr_t) "20"};
	struct fixture fx = {0};
	const struct spawn_request r = {
	    .sink = "hook", .done = on_done, .arg = &fx};
	pid_t helper, service;
	int how;

	(void)state;
	service = fork();
	if (service != 0) {
		assert_int_equal(waitpid(service, &how, 0), service);
		assert_true(WIFEXITED(how));
		assert_int_equal(WEXITSTATUS(how), EX_SOFTWARE);
		return;
	}
	start(&fx, argv, 2);
	spawn_run(fx.spawn, &r);
	alarm(20); /* it has to come to give itself a name */
	while ((helper = child_named("indelible-hook")) == 0)
		;
	kill(helper, SIGKILL);
	ev_run(fx.loop, 0);
	_exit(0);
}

static void
test_none(void **state)
{
	struct conf_sink sink = {.type = CONF_JSONL};

	(void)state;
	assert_null(spawn_new(&sink, 1, LIMIT_MS));
	assert_null(spawn_new(NULL, 0, LIMIT_MS));
	spawn_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ends),
	    cmocka_unit_test(test_misbehaves),
	    cmocka_unit_test(test_children_are_killed),
	    cmocka_unit_test(test_clean_room),
	    cmocka_unit_test(test_cannot_run),
	    cmocka_unit_test(test_large_input),
	    cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_ended_before_the_cut),
	    cmocka_unit_test(test_helper_dies),
	    cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
