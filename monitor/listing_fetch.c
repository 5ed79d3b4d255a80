/* listing_fetch: see listing_fetch.h. */
#include "monitor/listing_fetch.h"

#include <signal.h>

#include "ctlog/base/mem.h"
#include "monitor/engine.h"

/* How often signals and the clock are looked at. */
#define TICK_S 0.1

struct fetch {
	struct ev_loop *loop;
	struct http *http;
	ev_timer tick;
	int64_t limit_ms, end_ms;
	/* the one under way */
	struct edition *out;
	struct err *e;
	enum status status;
	bool done;
};

static void
fetch_on_tick(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents;
}

struct fetch *
fetch_new(const struct config *c, int64_t limit_ms)
{
	struct fetch *f = NEW(struct fetch);

	f->loop = ev_loop_new(EVFLAG_AUTO);
	ASSERT(f->loop != NULL);
	f->http = engine_http(f->loop, c);
	f->limit_ms = limit_ms;
	f->end_ms = now_ms() + limit_ms;
	ev_timer_init(&f->tick, fetch_on_tick, TICK_S, TICK_S);
	ev_timer_start(f->loop, &f->tick);
	return f;
}

void
fetch_free(struct fetch *f)
{
	if (f == NULL)
		return;
	http_free(f->http);
	ev_timer_stop(f->loop, &f->tick);
	ev_loop_destroy(f->loop);
	free(f);
}

static bool
is_signalled(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigpending(&set);
	return sigismember(&set, SIGTERM) || sigismember(&set, SIGINT);
}

/* One turn of the loop. */
static enum status
fetch_turn(struct fetch *f, struct err *e)
{
	if (is_signalled())
		return err_set(e, ST_AGAIN, "stopped before the start");
	if (now_ms() >= f->end_ms)
		return err_set(e, ST_UNREACHABLE,
		    "the time for fetching log lists is over");
	ev_run(f->loop, EVRUN_ONCE);
	return ST_OK;
}

static void
fetch_on_renewal(
    void *arg, enum status st, struct edition *ed, const struct err *e)
{
	struct fetch *f = arg;

	f->done = true;
	f->status = st;
	edition_swap(f->out, ed);
	if (f->e != NULL)
		*f->e = *e;
}

enum status
fetch_list(struct fetch *f, const struct fetch_list *what, struct edition *out,
    struct err *e)
{
	struct renewal_conf c = {.loop = f->loop,
	    .http = f->http,
	    .url = what->url,
	    .key = what->key,
	    .limit_ms = f->limit_ms,
	    .pause_ms = what->pause_ms};
	struct renewal *r;
	enum status st = ST_OK;

	f->out = out;
	f->e = e;
	f->done = false;
	r = renewal_new(&c, fetch_on_renewal, f);
	while (!f->done && st == ST_OK)
		st = fetch_turn(f, e);
	if (f->done)
		return f->status;
	renewal_end(r);
	return st;
}
