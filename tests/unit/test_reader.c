/* test_reader: files come back in order, cancelled ones never. */
#include "monitor/reader.h"

#include <fcntl.h>
#include <unistd.h>

#include "tests/unit/support.h"

#define FILES 64

struct wanted {
	struct errand errand; /* first */
	char name[16], room[16];
	unsigned no;
};

static struct ev_loop *loop;
static struct reader *reader;
static struct wanted wanted[FILES];
static unsigned num_done, last;
static char folder[] = "/tmp/test_reader.XXXXXX";
static unsigned cancels; /* that many are cancelled from a callback */

static void
on_done(struct errand *e)
{
	struct wanted *w = (struct wanted *)e;

	assert_true(num_done == 0 || w->no > last);
	last = w->no;
	num_done++;
	if (w->no % 4 == 3) {
		assert_int_equal(e->status, ST_MISSING);
	} else {
		assert_status(e->status, ST_OK, &e->err);
		assert_true(span_eq_str(e->body.body, w->name));
		assert_ptr_equal(e->body.body.p, w->room);
	}
	for (; cancels > 0; cancels--)
		reader_cancel(reader, &wanted[FILES - cancels].errand);
	if (w->no == FILES - 1)
		ev_break(loop, EVBREAK_ALL);
}

static void
submit(unsigned i)
{
	struct wanted *w = &wanted[i];

	*w = (struct wanted){.no = i};
	snprintf(w->name, sizeof(w->name), "file%u", i);
	w->errand.name = w->name;
	w->errand.body.into = (uint8_t *)w->room;
	w->errand.body.limit = sizeof(w->room);
	w->errand.done = on_done;
	reader_submit(reader, &w->errand);
}

/* A folder with three of four files. */
static int
setup(void **state)
{
	const char *const paths[] = {folder};
	struct shelf *s;
	struct err e;

	assert_non_null(mkdtemp(folder));
	for (unsigned i = 0; i < FILES; i++) {
		char path[64], text[16];
		int n = snprintf(text, sizeof(text), "file%u", i), fd;

		snprintf(path, sizeof(path), "%s/%s", folder, text);
		if (i % 4 == 3)
			continue;
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		assert_int_equal(write(fd, text, (size_t)n), n);
		close(fd);
	}
	assert_status(shelf_open(&s, paths, 1, &e), ST_OK, &e);
	loop = ev_loop_new(EVFLAG_AUTO);
	reader = reader_new(loop, s);
	*state = s;
	return 0;
}

static int
teardown(void **state)
{
	reader_free(reader);
	shelf_close(*state);
	ev_loop_destroy(loop);
	for (unsigned i = 0; i < FILES; i++) {
		char path[64];

		snprintf(path, sizeof(path), "%s/file%u", folder, i);
		unlink(path);
	}
	rmdir(folder);
	return 0;
}

static void
run(void)
{
	ev_run(loop, 0);
}

static void
test_order(void **state)
{
	(void)state;
	num_done = 0;
	for (unsigned i = 0; i < FILES; i++)
		submit(i);
	run();
	assert_int_equal(num_done, FILES);
}

/* Before the loop has seen any of them. */
static void
test_cancel(void **state)
{
	(void)state;
	num_done = 0;
	for (unsigned i = 0; i < FILES; i++)
		submit(i);
	for (unsigned i = 0; i < FILES - 1; i += 2)
		reader_cancel(reader, &wanted[i].errand);
	run();
	assert_int_equal(num_done, FILES / 2);
}

static void
test_cancel_within(void **state)
{
	(void)state;
	num_done = 0;
	cancels = FILES / 2;
	for (unsigned i = 0; i < FILES; i++)
		submit(i);
	/* The last one is among the cancelled; submit it anew. */
	ev_run(loop, EVRUN_ONCE);
	while (num_done < FILES / 2)
		ev_run(loop, EVRUN_ONCE);
	assert_int_equal(cancels, 0);
	submit(FILES - 1);
	run();
	assert_int_equal(num_done, FILES / 2 + 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_cancel),
	    cmocka_unit_test(test_cancel_within),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
