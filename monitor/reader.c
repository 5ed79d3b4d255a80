/* reader: see reader.h. */
#include "monitor/reader.h"

#include <pthread.h>
#include <signal.h>

#include "ctlog/base/mem.h"

struct reader {
	struct ev_loop *loop;
	struct shelf *shelf;
	struct mailbox *in, *out;
	ev_async on_out;
	pthread_t thread;
	/* Taken out of `out`, not yet done: oldest first. */
	struct letter *back, **back_end;
	struct errand stop; /* the last letter */
};

static void *
reader_thread(void *arg)
{
	struct reader *r = arg;
	struct letter *l, *next;

	for (;;) {
		for (l = mailbox_take(r->in, true); l != NULL; l = next) {
			struct errand *e = (struct errand *)l;

			next = l->next;
			if (e == &r->stop)
				return NULL;
			e->status =
			    shelf_get(r->shelf, e->name, &e->body, &e->err);
			mailbox_put(r->out, l);
			ev_async_send(r->loop, &r->on_out);
		}
	}
}

static void
reader_collect(struct reader *r, bool wait)
{
	*r->back_end = mailbox_take(r->out, wait);
	while (*r->back_end != NULL)
		r->back_end = &(*r->back_end)->next;
}

/* The oldest that came back. */
static struct errand *
reader_next(struct reader *r)
{
	struct letter *l = r->back;

	if (l == NULL)
		return NULL;
	r->back = l->next;
	if (r->back == NULL)
		r->back_end = &r->back;
	return (struct errand *)l;
}

/* Callbacks may submit and cancel. */
static void
reader_on_out(struct ev_loop *loop, ev_async *a, int revents)
{
	struct reader *r = a->data;
	struct errand *e;

	(void)loop;
	(void)revents;
	reader_collect(r, false);
	while ((e = reader_next(r)) != NULL)
		e->done(e);
}

void
reader_submit(struct reader *r, struct errand *e)
{
	e->status = ST_OK;
	e->err.text[0] = '\0';
	mailbox_put(r->in, &e->letter);
}

/* Take the errand from among those that came back. */
static bool
reader_drop(struct reader *r, const struct errand *e)
{
	struct letter **at = &r->back;

	while (*at != NULL && *at != &e->letter)
		at = &(*at)->next;
	if (*at == NULL)
		return false;
	*at = (*at)->next;
	for (at = &r->back; *at != NULL;)
		at = &(*at)->next;
	r->back_end = at;
	return true;
}

void
reader_cancel(struct reader *r, struct errand *e)
{
	while (!reader_drop(r, e))
		reader_collect(r, true);
	if (r->back != NULL) /* the others are done from the loop */
		ev_async_send(r->loop, &r->on_out);
}

struct reader *
reader_new(struct ev_loop *loop, struct shelf *s)
{
	struct reader *r = NEW(struct reader);
	sigset_t all, old;

	r->loop = loop;
	r->shelf = s;
	r->back_end = &r->back;
	r->in = mailbox_new();
	r->out = mailbox_new();
	ev_async_init(&r->on_out, reader_on_out);
	r->on_out.data = r;
	ev_async_start(loop, &r->on_out);
	sigfillset(&all); /* signals are the loop's business */
	pthread_sigmask(SIG_BLOCK, &all, &old);
	ASSERT(pthread_create(&r->thread, NULL, reader_thread, r) == 0);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return r;
}

void
reader_free(struct reader *r)
{
	if (r == NULL)
		return;
	mailbox_put(r->in, &r->stop.letter);
	ASSERT(pthread_join(r->thread, NULL) == 0);
	ASSERT(r->back == NULL);
	ev_async_stop(r->loop, &r->on_out);
	mailbox_free(r->in);
	mailbox_free(r->out);
	free(r);
}
