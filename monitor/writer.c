/* writer: see writer.h. */
#include "monitor/writer.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "ctlog/base/mem.h"
#include "monitor/cmd.h"
#include "monitor/diag.h"

struct writer {
	struct ev_loop *loop;
	struct store *store;
	struct mailbox *in, *out;
	ev_async on_out;
	pthread_t thread;
	unsigned pending;
	struct task stop; /* run == NULL: the last letter */
};

static void *
writer_thread(void *arg)
{
	struct writer *w = arg;
	struct letter *l, *next;

	for (;;) {
		for (l = mailbox_take(w->in, true); l != NULL; l = next) {
			struct task *t = (struct task *)l;

			next = l->next;
			if (t == &w->stop)
				return NULL;
			t->run(t, w->store);
			mailbox_put(w->out, l);
			ev_async_send(w->loop, &w->on_out);
		}
	}
}

/* What a disk that failed once has lost nobody knows; what was committed
 * before is found again at the next start. */
static void
writer_trust(const struct task *t)
{
	if (t->status != ST_IO)
		return;
	diag_error("%s; stopping at once", t->err.text);
	_exit(EX_IOERR);
}

static void
writer_deliver(struct writer *w)
{
	struct letter *l, *next;

	for (l = mailbox_take(w->out, false); l != NULL; l = next) {
		struct task *t = (struct task *)l;

		next = l->next;
		w->pending--;
		writer_trust(t);
		t->done(t);
	}
}

static void
writer_on_out(struct ev_loop *loop, ev_async *a, int revents)
{
	(void)loop;
	(void)revents;
	writer_deliver(a->data);
}

struct writer *
writer_new(struct ev_loop *loop, struct store *s)
{
	struct writer *w = NEW(struct writer);
	sigset_t all, old;

	w->loop = loop;
	w->store = s;
	w->in = mailbox_new();
	w->out = mailbox_new();
	ev_async_init(&w->on_out, writer_on_out);
	w->on_out.data = w;
	ev_async_start(loop, &w->on_out);
	ev_unref(loop);
	sigfillset(&all); /* signals are the loop's business */
	pthread_sigmask(SIG_BLOCK, &all, &old);
	ASSERT(pthread_create(&w->thread, NULL, writer_thread, w) == 0);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return w;
}

void
writer_submit(struct writer *w, struct task *t)
{
	w->pending++;
	t->status = ST_OK;
	mailbox_put(w->in, &t->letter);
}

unsigned
writer_pending(const struct writer *w)
{
	return w->pending;
}

void
writer_free(struct writer *w)
{
	if (w == NULL)
		return;
	mailbox_put(w->in, &w->stop.letter);
	ASSERT(pthread_join(w->thread, NULL) == 0);
	writer_deliver(w);
	ev_ref(w->loop);
	ev_async_stop(w->loop, &w->on_out);
	mailbox_free(w->in);
	mailbox_free(w->out);
	((struct store_base *)w->store)->api->close(w->store);
	free(w);
}
