/* test_mailbox: letters keep their order, across threads too. */
#include "monitor/mailbox.h"

#include <pthread.h>

#include "tests/unit/support.h"

#define LETTERS 10000

struct numbered {
	struct letter letter;
	int no;
};

static void
test_order(void **state)
{
	struct mailbox *m = mailbox_new();
	struct numbered n[3] = {{.no = 0}, {.no = 1}, {.no = 2}};
	struct letter *l;

	(void)state;
	assert_null(mailbox_take(m, false));
	for (int i = 0; i < 3; i++)
		mailbox_put(m, &n[i].letter);
	l = mailbox_take(m, false);
	for (int i = 0; i < 3; i++, l = l->next)
		assert_ptr_equal(l, &n[i].letter);
	assert_null(l);
	assert_null(mailbox_take(m, false));
	mailbox_free(m);
	mailbox_free(NULL);
}

struct both {
	struct mailbox *there, *back;
};

static void *
echo(void *arg)
{
	struct both *b = arg;
	struct letter *l, *next;

	for (int n = 0; n < LETTERS;) {
		for (l = mailbox_take(b->there, true); l; l = next, n++) {
			next = l->next;
			mailbox_put(b->back, l);
		}
	}
	return NULL;
}

static void
test_threads(void **state)
{
	struct both b = {mailbox_new(), mailbox_new()};
	struct numbered *n = calloc(LETTERS, sizeof(*n));
	struct letter *l;
	pthread_t t;
	int want = 0;

	(void)state;
	assert_int_equal(pthread_create(&t, NULL, echo, &b), 0);
	for (int i = 0; i < LETTERS; i++) {
		n[i].no = i;
		mailbox_put(b.there, &n[i].letter);
	}
	while (want < LETTERS)
		for (l = mailbox_take(b.back, true); l != NULL; l = l->next)
			assert_int_equal(((struct numbered *)l)->no, want++);
	pthread_join(t, NULL);
	mailbox_free(b.there);
	mailbox_free(b.back);
	free(n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
