/* listing_renew: see listing_renew.h. */
#include "monitor/listing_renew.h"

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"

struct renewal {
	struct ev_loop *loop;
	struct http *http;
	char *url, *sig_url;
	const struct logkey *key;
	struct http_since since;
	int64_t limit_ms, pause_ms;
	renewal_fn *fn;
	void *arg;
	struct edition ed;
	struct http_call *call;
	ev_timer limit, pause;
};

static void renewal_ask(struct renewal *r);

static void
renewal_finish(struct renewal *r, enum status st, const struct err *e)
{
	struct edition ed = r->ed;
	renewal_fn *fn = r->fn;
	void *arg = r->arg;
	struct err own = {""};

	if (e != NULL)
		own = *e;
	r->ed = (struct edition){0};
	renewal_end(r);
	if (st != ST_OK)
		edition_fini(&ed);
	fn(arg, st, &ed, &own);
	edition_fini(&ed);
}

static void
renewal_on_limit(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct renewal *r = w->data;
	struct err e;

	(void)loop;
	(void)revents;
	err_set(&e, ST_UNREACHABLE, "it did not come within %lld s",
	    (long long)(r->limit_ms + 999) / 1000);
	renewal_finish(r, ST_UNREACHABLE, &e);
}

static void
renewal_timer(struct renewal *r, ev_timer *w, int64_t ms,
    void (*cb)(struct ev_loop *, ev_timer *, int))
{
	ev_timer_stop(r->loop, w);
	ev_now_update(r->loop);
	ev_timer_init(w, cb, (double)ms / 1000.0, 0.0);
	w->data = r;
	ev_timer_start(r->loop, w);
}

static void
renewal_on_pause(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct renewal *r = w->data;

	(void)loop;
	(void)revents;
	renewal_ask(r);
}

/* All of it is here. */
static void
renewal_check(struct renewal *r)
{
	struct err e = {""};
	enum status st = edition_check(&r->ed, r->key, &e);

	if (st != ST_SIGNATURE || r->pause_ms == 0) {
		renewal_finish(r, st, &e);
		return;
	}
	edition_fini(&r->ed);
	ev_timer_stop(r->loop, &r->limit);
	renewal_timer(r, &r->pause, r->pause_ms, renewal_on_pause);
	r->pause_ms = 0;
}

/* false: it is over. */
static bool
reply_take(struct renewal *r, struct buf *out, const struct http_reply *reply)
{
	enum status st = ST_UNREACHABLE;

	r->call = NULL;
	if (reply->status == ST_OK && reply->code == 200) {
		buf_span_add(out, reply->body);
		return true;
	}
	if (reply->status == ST_LIMIT || reply->status == ST_USAGE)
		st = reply->status;
	renewal_finish(r, st, &reply->err);
	return false;
}

static void
renewal_get(struct renewal *r, const char *url, size_t limit,
    const struct http_since *since, http_done_fn *done)
{
	struct http_get g = {
	    .url = url, .limit = limit, .since = since, .done = done, .arg = r};

	r->call = http_get(r->http, &g);
}

static void
renewal_on_sig(void *arg, const struct http_reply *reply)
{
	struct renewal *r = arg;

	if (reply_take(r, &r->ed.sig, reply))
		renewal_check(r);
}

static void
renewal_on_list(void *arg, const struct http_reply *reply)
{
	struct renewal *r = arg;

	if (reply->status == ST_OK && reply->code == 304) {
		r->call = NULL;
		renewal_finish(r, ST_OK, NULL);
		return;
	}
	if (!reply_take(r, &r->ed.json, reply))
		return;
	r->ed.since = reply->since;
	if (r->key == NULL)
		renewal_check(r);
	else
		renewal_get(r, r->sig_url, LIMIT_HEAD, NULL, renewal_on_sig);
}

static void
renewal_ask(struct renewal *r)
{
	renewal_timer(r, &r->limit, r->limit_ms, renewal_on_limit);
	renewal_get(r, r->url, LIMIT_LOGLIST, &r->since, renewal_on_list);
}

struct renewal *
renewal_new(const struct renewal_conf *c, renewal_fn *fn, void *arg)
{
	struct renewal *r = NEW(struct renewal);

	r->loop = c->loop;
	r->http = c->http;
	r->url = mem_str(c->url);
	r->sig_url = sig_place(c->url, true);
	r->key = c->key;
	if (c->since != NULL)
		r->since = *c->since;
	r->limit_ms = c->limit_ms;
	r->pause_ms = c->pause_ms;
	r->fn = fn;
	r->arg = arg;
	ev_init(&r->limit, NULL);
	ev_init(&r->pause, NULL);
	renewal_ask(r);
	return r;
}

void
renewal_end(struct renewal *r)
{
	if (r == NULL)
		return;
	if (r->call != NULL)
		http_cancel(r->http, r->call);
	ev_timer_stop(r->loop, &r->limit);
	ev_timer_stop(r->loop, &r->pause);
	edition_fini(&r->ed);
	free(r->url);
	free(r->sig_url);
	free(r);
}
