/* appender: the thread that appends, and how it is talked to; see append.h. */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "ctlog/base/buf.h"
#include "ctlog/base/mem.h"
#include "monitor/append.h"
#include "monitor/diag.h"
#include "monitor/mailbox.h"

/* After this it is said that nothing comes back. */
#define LONG_S 30.0
/* At the end it may still finish. */
#define PATIENCE_MS 500

struct work {
	struct letter letter;
	char *path;
	struct buf text;
	bool cut_off;
	enum status status; /* out */
	struct err why;
};

/* The upper part is the loop's alone; the rest stays when the thread hangs,
 * so it has a descriptor of its own to wake the loop by. */
struct appender {
	struct ev_loop *loop;
	ev_io on_back;
	ev_timer on_long;
	struct append_request request;
	bool under_way; /* done is owed */
	bool hangs;     /* the thread has not come back */
	bool cut_off;   /* as the last work left it */
	struct mailbox *there, *back;
	int wake;
	pthread_t thread;
	struct work stop; /* the last letter */
};

/* --- the thread ------------------------------------------------------------ */

static void *
appender_thread(void *arg)
{
	struct appender *a = arg;
	struct letter *l, *next;

	for (;;) {
		for (l = mailbox_take(a->there, true); l != NULL; l = next) {
			struct work *w = (struct work *)l;

			next = l->next;
			if (w == &a->stop)
				return NULL;
			w->status = append_text(
			    w->path, buf_span(&w->text), &w->cut_off, &w->why);
			mailbox_put(a->back, l);
			ASSERT(eventfd_write(a->wake, 1) == 0);
		}
	}
}

static void
work_free(struct work *w)
{
	free(w->path);
	buf_fini(&w->text);
	free(w);
}

/* --- the loop's side ------------------------------------------------------- */

static void
appender_done(struct appender *a, enum status st, bool cut, struct err why)
{
	struct append_request r = a->request;

	ev_timer_stop(a->loop, &a->on_long);
	if (!a->under_way)
		return;
	a->under_way = false;
	r.done(r.arg, st, cut, &why);
}

static void
appender_on_back(struct ev_loop *loop, ev_io *io, int revents)
{
	struct appender *a = io->data;
	struct letter *l = mailbox_take(a->back, false);
	eventfd_t n;

	(void)loop;
	(void)revents;
	eventfd_read(a->wake, &n);
	if (l != NULL) {
		struct work *w = (struct work *)l;
		enum status st = w->status;
		struct err why = w->why;

		a->cut_off = w->cut_off;
		work_free(w);
		a->hangs = false;
		appender_done(a, st, false, why);
	}
}

static void
appender_on_long(struct ev_loop *loop, ev_timer *t, int revents)
{
	const struct appender *a = t->data;

	(void)loop;
	(void)revents;
	diag_warn("%s: writing takes more than %.0f s; what is for it waits",
	    a->request.path, LONG_S);
}

void
appender_run(struct appender *a, const struct append_request *r)
{
	struct work *w = NEW(struct work);

	ASSERT(!a->hangs);
	w->path = mem_str(r->path);
	buf_span_add(&w->text, r->text);
	w->cut_off = a->cut_off;
	a->request = *r;
	a->under_way = a->hangs = true;
	ev_now_update(a->loop);
	ev_timer_init(&a->on_long, appender_on_long, LONG_S, 0.0);
	ev_timer_start(a->loop, &a->on_long);
	mailbox_put(a->there, &w->letter);
}

bool
appender_cut(struct appender *a)
{
	if (!a->under_way)
		return false;
	appender_done(a, ST_AGAIN, true, (struct err){"stopped"});
	return true;
}

/* --- the object ------------------------------------------------------------ */

struct appender *
appender_new(struct ev_loop *loop)
{
	struct appender *a = NEW(struct appender);
	sigset_t all, old;

	a->loop = loop;
	a->there = mailbox_new();
	a->back = mailbox_new();
	a->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ASSERT(a->wake >= 0);
	ev_init(&a->on_long, appender_on_long);
	ev_io_init(&a->on_back, appender_on_back, a->wake, EV_READ);
	a->on_back.data = a->on_long.data = a;
	ev_io_start(loop, &a->on_back);
	ev_unref(loop);   /* alone it keeps nothing alive */
	sigfillset(&all); /* signals are the loop's business */
	pthread_sigmask(SIG_BLOCK, &all, &old);
	ASSERT(pthread_create(&a->thread, NULL, appender_thread, a) == 0);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return a;
}

void
appender_free(struct appender *a)
{
	struct letter *l;

	if (a == NULL)
		return;
	ev_timer_stop(a->loop, &a->on_long);
	ev_ref(a->loop);
	ev_io_stop(a->loop, &a->on_back);
	if (a->under_way)
		poll(&(struct pollfd){a->wake, POLLIN, 0}, 1, PATIENCE_MS);
	l = mailbox_take(a->back, false);
	if (a->hangs && l == NULL) {
		pthread_detach(a->thread);
		return;
	}
	mailbox_put(a->there, &a->stop.letter);
	ASSERT(pthread_join(a->thread, NULL) == 0);
	if (l != NULL)
		work_free((struct work *)l);
	mailbox_free(a->there);
	mailbox_free(a->back);
	close(a->wake);
	free(a);
}
