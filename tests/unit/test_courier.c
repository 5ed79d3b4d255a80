/* Tests of courier, over the memory store: what is carried, what is settled,
 * and what happens when sink or store refuse. */
#include "monitor/courier.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "monitor/scan.h"

#define FAR_MS (100ll * 365 * 86400 * 1000)

/* A sink that appends to a file and judges as it is told. */
static struct {
	char path[64];
	const char *instead; /* of the path; NULL: that */
	enum verdict verdict;
	int64_t retry_ms;
	unsigned num_judged, num_opened;
	struct fixture *reloads; /* as soon as it is asked to judge */
} told;
/* The only one that the store knows. */
static struct store_sink the_sink;
/* A store whose settling fails while the disk is full. */
static struct {
	bool full;
	unsigned num_failed;
} disk;

static enum status
told_open(struct sink **out, const struct conf_sink *conf, struct span secret,
    struct err *e)
{
	(void)conf;
	(void)secret;
	(void)e;
	told.num_opened++;
	*out = NULL;
	return ST_OK;
}

static void
told_close(struct sink *s)
{
	(void)s;
}

static void
told_render(struct sink *s, struct parcel *out, const struct message *m)
{
	(void)s;
	out->path = told.instead != NULL ? told.instead : told.path;
	buf_span_add(&out->body, m->event);
	buf_char(&out->body, '\n');
}

static void told_reload(void);

static enum verdict
told_judge(struct sink *s, int64_t *retry_ms, const struct outcome *o,
    unsigned attempt)
{
	(void)s;
	(void)attempt;
	if (told.instead == NULL)
		assert_int_equal(o->status, ST_OK);
	told.num_judged++;
	*retry_ms = told.retry_ms;
	told_reload();
	return told.verdict;
}

static const struct sink_api sink_told = {
    "stdout", PARCEL_APPEND, told_open, told_close, told_render, told_judge};

static const struct sink_api *
find_told(const struct conf_sink *c, struct err *e)
{
	(void)c;
	(void)e;
	return &sink_told;
}

static enum status
disk_settle(
    struct store *s, const struct store_settle *how, size_t num, struct err *e)
{
	if (disk.full) {
		disk.num_failed++;
		return err_set(e, ST_FULL, "no space");
	}
	return store_memory.outbox_settle(s, how, num, e);
}

struct fixture {
	struct ev_loop *loop;
	struct store_api api;
	struct store *store;
	struct writer *writer;
	struct courier *courier;
};

/* SIGHUP, once, while a round is under way. */
static void
told_reload(void)
{
	struct fixture *fx = told.reloads;

	told.reloads = NULL;
	if (fx != NULL)
		courier_reload(fx->courier);
}

static void
on_idle(void *arg)
{
	ev_break(arg, EVBREAK_ALL);
}

static void
courier_make(struct fixture *fx,
    const struct sink_api *(*find)(const struct conf_sink *, struct err *))
{
	struct courier_conf c = {.loop = fx->loop,
	    .writer = fx->writer,
	    .instance = "test",
	    .num_sinks = 1,
	    .sinks = &scan_stdout,
	    .find = find};

	assert_int_equal(courier_new(&fx->courier, &c, NULL), ST_OK);
	courier_on_idle(fx->courier, on_idle, fx->loop);
}

static int
setup(void **state)
{
	struct store_conf c = {
	    .url = "memory:", .num_sinks = 1, .sinks = &the_sink};
	struct fixture *fx = calloc(1, sizeof(*fx));
	int fd;

	alarm(60);
	memset(&told, 0, sizeof(told));
	the_sink = (struct store_sink){.name = (char *)(uintptr_t) "stdout"};
	memset(&disk, 0, sizeof(disk));
	told.verdict = SINK_DELIVERED;
	snprintf(told.path, sizeof(told.path), "build/courier-XXXXXX");
	fd = mkstemp(told.path);
	assert_true(fd >= 0);
	close(fd);
	fx->loop = ev_loop_new(EVFLAG_AUTO);
	fx->api = store_memory;
	fx->api.outbox_settle = disk_settle;
	assert_int_equal(store_memory.open(&fx->store, &c, NULL), ST_OK);
	((struct store_base *)fx->store)->api = &fx->api;
	fx->writer = writer_new(fx->loop, fx->store);
	*state = fx;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *fx = *state;

	courier_free(fx->courier);
	writer_free(fx->writer);
	ev_loop_destroy(fx->loop);
	unlink(told.path);
	free(fx);
	return 0;
}

/* Events that are due then. The store thread sleeps: nothing was submitted. */
static void
add(struct fixture *fx, unsigned num, int64_t due_ms)
{
	for (unsigned i = 0; i < num; i++) {
		struct event ev = {.type = "test",
		    .subject = "x",
		    .time_ms = due_ms,
		    .data = span_str("{}")};

		memcpy(ev.id, &i, sizeof(i));
		memcpy(ev.id + 8, &due_ms, sizeof(due_ms));
		assert_int_equal(
		    store_memory.event_add(fx->store, &ev, NULL), ST_OK);
	}
}

/* Until the courier says that it is idle. */
static void
run(struct fixture *fx)
{
	ev_ref(fx->loop);
	ev_run(fx->loop, 0);
	ev_unref(fx->loop);
	assert_true(courier_is_idle(fx->courier));
}

static unsigned
num_lines(const char *path)
{
	FILE *f = fopen(path, "r");
	unsigned n = 0;
	int c;

	assert_non_null(f);
	while ((c = getc(f)) != EOF)
		n += c == '\n';
	fclose(f);
	return n;
}

static size_t
depth(struct fixture *fx)
{
	int64_t due;
	size_t n;

	assert_int_equal(
	    store_memory.outbox_next(fx->store, NULL, &due, &n, NULL), ST_OK);
	return n;
}

static void
test_carries_what_is_due(void **state)
{
	struct fixture *fx = *state;
	struct courier_counts n;

	courier_make(fx, find_told);
	add(fx, 600, now_ms() - 1000);
	add(fx, 5, now_ms() + FAR_MS);
	courier_kick(fx->courier);
	run(fx);
	courier_counts(fx->courier, &n);
	assert_int_equal(n.delivered, 600);
	assert_int_equal(depth(fx), 5);
	assert_int_equal(num_lines(told.path), 600);
}

/* Not only the first round of what is not due yet. */
static void
test_flush_leaves_nothing(void **state)
{
	struct fixture *fx = *state;
	struct courier_counts n;

	courier_make(fx, find_told);
	add(fx, 1000, now_ms() + FAR_MS);
	courier_flush(fx->courier);
	run(fx);
	courier_counts(fx->courier, &n);
	assert_int_equal(n.delivered, 1000);
	assert_int_equal(depth(fx), 0);
	assert_int_equal(num_lines(told.path), 1000);
}

/* Flushing is no reason to try a sink that does not take it over and over. */
static void
test_flush_does_not_spin(void **state)
{
	struct fixture *fx = *state;

	courier_make(fx, find_told);
	told.verdict = SINK_RETRY;
	told.retry_ms = 3600 * 1000;
	add(fx, 300, now_ms() + FAR_MS);
	courier_flush(fx->courier);
	run(fx);
	assert_int_equal(told.num_judged, 256);
	assert_int_equal(depth(fx), 300);
}

/* A sink that takes nothing is left alone for a while, then tried with one
 * row; the others keep their attempts. */
static void
test_pause(void **state)
{
	struct fixture *fx = *state;
	struct outbox rows = {0};

	courier_make(fx, find_told);
	told.verdict = SINK_RETRY;
	told.retry_ms = 3600 * 1000;
	told.instead = "/dev/full";
	add(fx, 300, now_ms() - 1000);
	for (int i = 0; i < 3; i++) {
		courier_kick(fx->courier);
		if (!courier_is_idle(fx->courier))
			run(fx);
		assert_int_equal(told.num_judged, 256);
	}
	courier_reload(fx->courier); /* an operator has mended it */
	run(fx);
	assert_int_equal(told.num_judged, 300);
	assert_int_equal(
	    store_memory.outbox_due(fx->store,
		&(struct outbox_query){.now_ms = INT64_MAX, .limit = 999},
		&rows, NULL),
	    ST_OK);
	for (size_t i = 0; i < rows.num; i++)
		assert_int_equal(rows.rows[i].attempts, 1);
	outbox_fini(&rows);
}

/* It works and refuses these: those behind them do not wait. */
static void
test_refused_are_no_pause(void **state)
{
	struct fixture *fx = *state;
	struct courier_counts n;

	courier_make(fx, find_told);
	told.verdict = SINK_RETRY;
	told.retry_ms = 3600 * 1000;
	add(fx, 1000, now_ms() - 1000);
	courier_kick(fx->courier);
	run(fx);
	assert_int_equal(told.num_judged, 1000);
	told.verdict = SINK_DELIVERED;
	add(fx, 300, now_ms() - 500);
	courier_kick(fx->courier);
	run(fx);
	courier_counts(fx->courier, &n);
	assert_int_equal(n.delivered, 300);
	assert_int_equal(n.retried, 1000);
	assert_int_equal(depth(fx), 1000);
}

/* It was mended while it still said that it takes nothing more. */
static void
test_reload_while_it_closes(void **state)
{
	struct fixture *fx = *state;

	courier_make(fx, find_told);
	told.verdict = SINK_CLOSED;
	told.reloads = fx;
	add(fx, 300, now_ms() - 1000);
	courier_kick(fx->courier);
	run(fx);
	assert_int_equal(told.num_opened, 2);
	assert_int_equal(told.num_judged, 512); /* then it closed again */
	courier_kick(fx->courier);
	assert_true(courier_is_idle(fx->courier));
}

/* At the end a file that takes nothing is left alone, and so are its rows. */
static void
test_hurry_leaves_a_file_that_hangs(void **state)
{
	struct fixture *fx = *state;
	int64_t begun = now_ms() - 1000;
	char pipe[80];
	int fd;

	snprintf(pipe, sizeof(pipe), "%s.pipe", told.path);
	assert_int_equal(mkfifo(pipe, 0600), 0);
	fd = open(pipe, O_RDONLY | O_NONBLOCK);
	assert_true(fd >= 0);
	told.instead = pipe;
	courier_make(fx, find_told);
	for (unsigned i = 0; i < 4; i++)
		add(fx, 256, begun - i);
	courier_kick(fx->courier);
	courier_hurry(fx->courier);
	alarm(8);
	run(fx);
	/* The reader's pipe took some rounds, and of the last a part. */
	assert_true(told.num_judged < 1024 && depth(fx) > 0);
	assert_int_equal(depth(fx), 1024 - told.num_judged);
	courier_kick(fx->courier);
	assert_true(courier_is_idle(fx->courier));
	close(fd);
	unlink(pipe);
}

static enum status
damaged_due(struct store *s, const struct outbox_query *q, struct outbox *out,
    struct err *e)
{
	enum status st = store_memory.outbox_due(s, q, out, e);

	for (size_t i = 0; i < out->num; i += 2)
		out->rows[i].damaged =
		    span_eq_str(buf_span(&out->rows[i].event_type), "test");
	return st;
}

/* What does not open is given up, and that is told. */
static void
test_damaged(void **state)
{
	struct fixture *fx = *state;
	struct courier_counts n;

	courier_make(fx, find_told);
	add(fx, 6, now_ms() - 1000);
	fx->api.outbox_due = damaged_due;
	courier_kick(fx->courier);
	run(fx);
	fx->api.outbox_due = store_memory.outbox_due;
	courier_kick(fx->courier);
	run(fx);
	courier_counts(fx->courier, &n);
	assert_int_equal(n.dead, 3);
	assert_int_equal(n.delivered, 4); /* and the event that says so */
	assert_int_equal(num_lines(told.path), 4);
	assert_int_equal(depth(fx), 0);
}

/* A sink that mailed to the operator and now mails to people alone: what waits
 * for the operator is for none of them, and did not arrive. */
static void
test_nobodys(void **state)
{
	struct fixture *fx = *state;
	const struct conf_sink people = {.name = (char *)(uintptr_t) "stdout",
	    .type = CONF_MAIL,
	    .to = (char *)(uintptr_t) "record"};
	struct courier_conf c = {.loop = fx->loop,
	    .writer = fx->writer,
	    .instance = "test",
	    .num_sinks = 1,
	    .sinks = &people,
	    .find = find_told};
	struct courier_counts n;

	add(fx, 2, now_ms() - 1000);
	the_sink.to_record = true;
	assert_int_equal(courier_new(&fx->courier, &c, NULL), ST_OK);
	courier_on_idle(fx->courier, on_idle, fx->loop);
	courier_kick(fx->courier);
	run(fx);
	courier_counts(fx->courier, &n);
	assert_int_equal(n.dead, 2);
	assert_int_equal(n.delivered, 0);
	assert_int_equal(num_lines(told.path), 0);
}

static unsigned num_asked;

/* There is nothing, whatever outbox_next says. */
static enum status
empty_due(struct store *s, const struct outbox_query *q, struct outbox *out,
    struct err *e)
{
	(void)s;
	(void)q;
	(void)e;
	*out = (struct outbox){0};
	num_asked++;
	return ST_OK;
}

static void
test_nothing_does_not_spin(void **state)
{
	struct fixture *fx = *state;

	num_asked = 0;
	add(fx, 1, now_ms() - 1000);
	fx->api.outbox_due = empty_due;
	courier_make(fx, find_told);
	courier_kick(fx->courier);
	run(fx);
	assert_in_range(num_asked, 1, 4);
	fx->api.outbox_due = store_memory.outbox_due;
	ev_ref(fx->loop);
	while (depth(fx) > 0 || !courier_is_idle(fx->courier))
		ev_run(fx->loop, EVRUN_ONCE);
	ev_unref(fx->loop);
	assert_int_equal(num_lines(told.path), 1);
}

/* Rows of a sink that the configuration has no longer. */
static void
test_strays(void **state)
{
	struct fixture *fx = *state;
	struct courier_counts n;

	add(fx, 300, now_ms() + FAR_MS);
	the_sink.name = (char *)(uintptr_t) "another";
	add(fx, 2, now_ms() - 1000);
	courier_make(fx, find_told);
	courier_kick(fx->courier);
	run(fx);
	courier_counts(fx->courier, &n);
	assert_int_equal(n.dead, 300);
	assert_int_equal(told.num_judged, 0);
	assert_int_equal(depth(fx), 2);
}

/* The database is full: what was appended is not appended again. */
static void
test_full_store_appends_once(void **state)
{
	struct fixture *fx = *state;
	struct courier_counts n;

	courier_make(fx, find_told);
	add(fx, 3, now_ms() - 1000);
	disk.full = true;
	for (unsigned i = 1; i <= 4; i++) {
		courier_kick(fx->courier);
		run(fx);
		assert_int_equal(disk.num_failed, i);
		assert_int_equal(num_lines(told.path), 3);
		assert_int_equal(depth(fx), 3);
	}
	disk.full = false;
	add(fx, 2, now_ms() - 500);
	courier_kick(fx->courier);
	run(fx);
	courier_kick(fx->courier);
	run(fx);
	courier_counts(fx->courier, &n);
	assert_int_equal(n.delivered, 5);
	assert_int_equal(num_lines(told.path), 5);
	assert_int_equal(depth(fx), 0);
}

/* A round that a full disk did not take is settled once, when it is taken. */
static void
test_full_store_counts_attempts_once(void **state)
{
	struct fixture *fx = *state;
	struct outbox rows = {0};

	courier_make(fx, find_told);
	told.verdict = SINK_RETRY;
	told.retry_ms = 3600 * 1000;
	add(fx, 2, now_ms() - 1000);
	disk.full = true;
	courier_kick(fx->courier);
	run(fx);
	disk.full = false;
	courier_kick(fx->courier);
	run(fx);
	assert_int_equal(
	    store_memory.outbox_due(fx->store,
		&(struct outbox_query){.now_ms = INT64_MAX, .limit = 10}, &rows,
		NULL),
	    ST_OK);
	assert_int_equal(rows.num, 2);
	assert_int_equal(rows.rows[0].attempts, 1);
	assert_int_equal(rows.rows[1].attempts, 1);
	outbox_fini(&rows);
}

/* It stops with a round that the store never took. */
static void
test_stop_with_a_full_store(void **state)
{
	struct fixture *fx = *state;

	courier_make(fx, find_told);
	add(fx, 3, now_ms() - 1000);
	disk.full = true;
	courier_kick(fx->courier);
	run(fx);
	courier_stop(fx->courier);
	courier_kick(fx->courier);
	assert_true(courier_is_idle(fx->courier));
	assert_int_equal(depth(fx), 3);
}

/* Standard output becomes this file for a while. */
static void
run_with_stdout(struct fixture *fx, const char *path)
{
	int saved, fd;

	fflush(stdout);
	saved = dup(STDOUT_FILENO);
	fd = open(path, O_WRONLY);
	assert_true(saved >= 0 && fd >= 0);
	dup2(fd, STDOUT_FILENO);
	run(fx);
	dup2(saved, STDOUT_FILENO);
	close(fd);
	close(saved);
}

/* What cannot be printed waits for the next run; it is not lost, and it is
 * not tried for ever. */
static void
test_stdout_that_fails(void **state)
{
	struct fixture *fx = *state;
	struct courier_counts n;

	courier_make(fx, scan_sink_json);
	add(fx, 300, now_ms() - 1000);
	add(fx, 10, now_ms() + FAR_MS);
	courier_kick(fx->courier);
	run_with_stdout(fx, "/dev/full");
	courier_counts(fx->courier, &n);
	assert_true(n.refused);
	assert_int_equal(n.dead + n.delivered + n.retried, 0);
	assert_int_equal(depth(fx), 310);
	courier_flush(fx->courier); /* idle at once, nothing is printed */
	assert_true(courier_is_idle(fx->courier));

	courier_free(fx->courier);
	courier_make(fx, scan_sink_json);
	courier_kick(fx->courier);
	run_with_stdout(fx, told.path);
	courier_counts(fx->courier, &n);
	assert_false(n.refused);
	assert_int_equal(num_lines(told.path), 300);
	assert_int_equal(depth(fx), 10); /* and these wait as before */
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(test_carries_what_is_due),
	    TEST(test_flush_leaves_nothing),
	    TEST(test_flush_does_not_spin),
	    TEST(test_pause),
	    TEST(test_refused_are_no_pause),
	    TEST(test_reload_while_it_closes),
	    TEST(test_hurry_leaves_a_file_that_hangs),
	    TEST(test_damaged),
	    TEST(test_nobodys),
	    TEST(test_nothing_does_not_spin),
	    TEST(test_strays),
	    TEST(test_full_store_appends_once),
	    TEST(test_full_store_counts_attempts_once),
	    TEST(test_stop_with_a_full_store),
	    TEST(test_stdout_that_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
