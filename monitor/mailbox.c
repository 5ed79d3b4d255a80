/* mailbox: see mailbox.h. */
#include "monitor/mailbox.h"

#include <pthread.h>
#include <stdlib.h>

#include "ctlog/base/err.h"
#include "ctlog/base/mem.h"

struct mailbox {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	struct letter *first, *last;
};

/* A pthread call that fails is a mistake of ours. */
static void
must(int rc)
{
	ASSERT(rc == 0);
}

struct mailbox *
mailbox_new(void)
{
	struct mailbox *m = NEW(struct mailbox);

	must(pthread_mutex_init(&m->lock, NULL));
	must(pthread_cond_init(&m->filled, NULL));
	return m;
}

void
mailbox_free(struct mailbox *m)
{
	if (m == NULL)
		return;
	must(pthread_cond_destroy(&m->filled));
	must(pthread_mutex_destroy(&m->lock));
	free(m);
}

void
mailbox_put(struct mailbox *m, struct letter *l)
{
	l->next = NULL;
	must(pthread_mutex_lock(&m->lock));
	if (m->last != NULL)
		m->last->next = l;
	else
		m->first = l;
	m->last = l;
	must(pthread_cond_signal(&m->filled));
	must(pthread_mutex_unlock(&m->lock));
}

struct letter *
mailbox_take(struct mailbox *m, bool wait)
{
	struct letter *all;

	must(pthread_mutex_lock(&m->lock));
	while (wait && m->first == NULL)
		must(pthread_cond_wait(&m->filled, &m->lock));
	all = m->first;
	m->first = m->last = NULL;
	must(pthread_mutex_unlock(&m->lock));
	return all;
}
