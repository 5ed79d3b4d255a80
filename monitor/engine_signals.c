/* engine_signals: what stops and wakes the engine: signals, and the tick of
 * every second. */
#include <signal.h>
#include <unistd.h>

#include "monitor/cmd.h"
#include "monitor/diag.h"
#include "monitor/engine_private.h"

/* A stop takes no longer than this and some ms, whatever hangs. */
#define LATE_S 8
/* timeout(1), sudo(8) and the like hand on a signal that came to us as well. */
#define SAME_SIGNAL_MS 100

static void
signals_mask(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(how, &set, NULL);
}

void
engine_hold_signals(void)
{
	signals_mask(SIG_BLOCK);
}

/* A disk, or whatever a sink's file is, does not answer. What is stored is
 * safe, the rest is read again. Runs as a signal handler: the thread that is
 * waited for may be the one that hangs. */
static void
say_late(void)
{
	static const char text[] =
	    "indelible: stopped at once: the store or a sink's file hangs\n";

	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		return;
}

static void
service_on_late(int number)
{
	(void)number;
	say_late();
	_exit(EX_OK);
}

static void
scan_on_late(int number)
{
	(void)number;
	say_late();
	_exit(EX_TEMPFAIL);
}

static void
engine_on_stop(struct ev_loop *loop, ev_signal *w, int revents)
{
	struct engine *g = w->data;

	(void)loop;
	(void)revents;
	if (g->stopping && now_ms() - g->signal_ms < SAME_SIGNAL_MS)
		return;
	if (g->stopping) { /* a second signal: at once */
		diag_warn("stopped at once");
		_exit(EX_TEMPFAIL);
	}
	signal(SIGALRM, g->conf.service ? service_on_late : scan_on_late);
	alarm(LATE_S);
	g->signal_ms = now_ms();
	diag_info("stopping: what was read is being stored");
	engine_stop(g);
}

static void
engine_on_hup(struct ev_loop *loop, ev_signal *w, int revents)
{
	struct engine *g = w->data;

	(void)loop;
	(void)revents;
	indexer_check(g->indexer);
	courier_reload(g->courier);
	if (g->conf.on_hup != NULL)
		g->conf.on_hup(g->conf.arg);
}

static void
engine_on_tick(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct engine *g = w->data;

	(void)loop;
	(void)revents;
	engine_logs_sweep(g);
	if (g->conf.on_tick != NULL)
		g->conf.on_tick(g->conf.arg);
}

void
engine_signals_start(struct engine *g)
{
	ev_signal_init(&g->on_int, engine_on_stop, SIGINT);
	ev_signal_init(&g->on_term, engine_on_stop, SIGTERM);
	ev_signal_init(&g->on_hup, engine_on_hup, SIGHUP);
	ev_timer_init(&g->on_tick, engine_on_tick, 1.0, 1.0);
	g->on_int.data = g->on_term.data = g->on_hup.data = g;
	g->on_tick.data = g;
	ev_signal_start(g->loop, &g->on_int);
	ev_signal_start(g->loop, &g->on_term);
	ev_signal_start(g->loop, &g->on_hup);
	ev_timer_start(g->loop, &g->on_tick);
	signals_mask(SIG_UNBLOCK);
}

void
engine_signals_stop(struct engine *g)
{
	/* One more that comes while it ends must not take its exit status; the
	 * alarm sees to it that it ends. */
	if (g->stopping)
		signals_mask(SIG_BLOCK);
	ev_signal_stop(g->loop, &g->on_int);
	ev_signal_stop(g->loop, &g->on_term);
	ev_signal_stop(g->loop, &g->on_hup);
	ev_timer_stop(g->loop, &g->on_tick);
}
