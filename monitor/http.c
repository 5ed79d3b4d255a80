/*
 * http: see http.h. Calls wait in their host's queue (host.c), run on handles
 * of one multi object (multi.c), and end in their callback, which runs only
 * while transfers that are over are collected, or from `pump`. Not here:
 * politeness (host.c), the options of a transfer (http_easy.c), what a URL
 * means (http_url.c), what a server may send (http_answer.c).
 */
#include "monitor/http.h"

#include <sys/random.h>
#include <time.h>

#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/diag.h"
#include "monitor/http_private.h"

static int64_t
clock_ms(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * 1000ll + t.tv_nsec / 1000000;
}

static int64_t
now_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

/* --- the life of a call --------------------------------------------------- */

/* Start what may start and end what was refused, from the loop and soon. */
static void
http_wake(struct http *h)
{
	if (!h->collecting)
		multi_timer(h->loop, &h->pump, 0);
}

static void
call_free(struct http_call *c)
{
	answer_fini(&c->answer);
	free(c->url);
	free(c);
}

static void
call_stop(struct http_call *c)
{
	if (c->easy == NULL)
		return;
	multi_remove(c->http->multi, c->easy->curl);
	easy_give(&c->http->conf, c->easy);
	c->easy = NULL;
}

/* Out of all lists: from here on only the caller of this knows it. */
static void
call_unlink(struct http_call *c)
{
	struct http *h = c->http;

	LIST_REMOVE(c, link);
	if (c->is_refused)
		STAILQ_REMOVE(&h->refused, c, http_call, refused);
	call_stop(c);
	if (c->errand != NULL)
		http_local_drop(c);
	host_drop(&c->turn);
	c->ended = true;
}

void
http_call_done(struct http_call *c, const struct http_reply *r)
{
	call_unlink(c);
	c->want.done(c->want.arg, r);
	call_free(c);
}

static void
call_queue(struct http_call *c, const char *operator_name)
{
	struct host_id id = {.origin = c->at.origin,
	    .site = c->at.site,
	    .operator_name = operator_name,
	    .loopback = c->at.loopback};

	host_queue(hosts_get(c->http->hosts, &id, now_ms()), &c->turn);
}

struct http_call *
http_get(struct http *h, const struct http_get *g)
{
	struct http_call *c = NEW(struct http_call);

	c->http = h;
	c->url = mem_str(g->url);
	c->want = *g;
	c->want.url = c->url;
	c->want.operator_name = NULL; /* borrowed */
	if (g->since != NULL) {
		c->since = *g->since;
		c->want.since = &c->since;
	}
	answer_init(&c->answer, g->limit, g->into);
	LIST_INSERT_HEAD(&h->calls, c, link);
	if (h->reader != NULL && http_is_local(c->url)) {
		http_local_start(c);
		return c;
	}
	if (http_url_read(&c->at, c->url, &c->why) == ST_OK) {
		call_queue(c, g->operator_name);
	} else {
		c->is_refused = true;
		STAILQ_INSERT_TAIL(&h->refused, c, refused);
	}
	http_wake(h);
	return c;
}

void
http_cancel(struct http *h, struct http_call *c)
{
	if (c == NULL || c->ended) /* from its own callback: it is over */
		return;
	call_unlink(c);
	call_free(c);
	http_wake(h);
}

static void
call_start(struct http_call *c)
{
	struct http *h = c->http;

	c->easy = easy_take(&h->conf, c->at.origin);
	easy_set(c->easy, &h->conf, &c->want, &c->at, &c->answer);
	h->counts.requests++;
	multi_add(h->multi, c->easy->curl, c);
}

static void
http_start_some(struct http *h)
{
	int64_t now = now_ms();
	struct turn *t;

	while ((t = hosts_next(h->hosts, now)) != NULL)
		call_start((struct http_call *)t);
	multi_timer(h->loop, &h->pump,
	    STAILQ_EMPTY(&h->refused) ? hosts_wait_ms(h->hosts, now) : 0);
}

/* --- how a call ended ----------------------------------------------------- */

/* Not a body that the caller asked for: said in words, with the place. */
static void
reply_name(struct http_reply *r, const struct http_url *at)
{
	if (r->status == ST_OK && r->code >= 200 && r->code <= 299)
		return;
	if (r->status == ST_OK && r->retry_after_ms > 0)
		err_set(&r->err, ST_OK, "HTTP %d, ask again in %lld s", r->code,
		    (long long)((r->retry_after_ms + 999) / 1000));
	else if (r->status == ST_OK)
		err_set(&r->err, ST_OK, "HTTP %d", r->code);
	err_prefix(&r->err, "%s", at->label);
}

static void
call_reply(struct http_call *c, int code, struct http_reply *r)
{
	struct answer *a = &c->answer;

	answer_end(a, c->http->gunzip, clock_ms(CLOCK_REALTIME), r);
	if (code != 0 && a->status == ST_OK && !a->cut) {
		r->status = easy_fault(c->easy, code, a->received, &r->err);
		r->body = span_of(NULL, 0);
	}
	reply_name(r, &c->at);
}

static void
http_count(struct http *h, enum host_end how, size_t bytes)
{
	h->counts.bytes += bytes;
	h->counts.failures += how == HOST_FAULT;
	h->counts.throttled += how == HOST_THROTTLED;
}

/* How much less changes too often to be told. */
static void
tell_rate(const struct http_call *c, double before, double rate)
{
	if (before <= 0.0 && rate > 0.0)
		diag_info("%s: HTTP %d: asked for less from now on",
		    QUOTE(span_str(c->at.site)), c->answer.code);
}

static void
call_finish(struct http_call *c, int code)
{
	struct http_reply r = {0};
	const struct host *host = c->turn.host;
	int64_t now = now_ms();
	double rate = host_rate(host, now);
	enum host_end how;

	call_reply(c, code, &r);
	how = answer_verdict(&r);
	http_count(c->http, how, c->answer.received);
	host_end(&c->turn, how, r.retry_after_ms, now);
	if (how == HOST_THROTTLED)
		tell_rate(c, rate, host_rate(host, now));
	http_call_done(c, &r);
}

static void
http_on_done(void *arg, void *transfer, int code)
{
	struct http *h = arg;

	h->collecting = true;
	call_finish(transfer, code);
}

static void
http_on_collected(void *arg)
{
	struct http *h = arg;

	h->collecting = false;
	http_start_some(h);
}

static void
http_on_pump(struct ev_loop *loop, ev_timer *w, int events)
{
	struct http *h = w->data;
	struct http_call *c = STAILQ_FIRST(&h->refused);
	struct http_reply r = {.status = ST_USAGE};

	(void)loop;
	(void)events;
	if (c != NULL) { /* one at a time: its callback may ask again */
		r.err = c->why;
		h->collecting = true;
		http_call_done(c, &r);
		h->collecting = false;
	}
	http_start_some(h);
}

/* --- the object ----------------------------------------------------------- */

static uint64_t
random_seed(void)
{
	uint64_t seed;

	ASSERT(getrandom(&seed, sizeof(seed), 0) == (ssize_t)sizeof(seed));
	return seed;
}

struct http *
http_new(struct ev_loop *loop, const struct http_conf *conf)
{
	struct http *h = NEW(struct http);
	struct multi_conf multi = {.loop = loop,
	    .cached = conf->max_connections,
	    .done = http_on_done,
	    .collected = http_on_collected,
	    .arg = h};

	h->loop = loop;
	h->multi = multi_new(&multi);
	h->hosts =
	    hosts_new(conf->max_connections, conf->per_host, random_seed());
	h->gunzip = gunzip_new();
	easy_conf_init(&h->conf, conf);
	LIST_INIT(&h->calls);
	STAILQ_INIT(&h->refused);
	ev_timer_init(&h->pump, http_on_pump, 0.0, 0.0);
	h->pump.data = h;
	return h;
}

void
http_free(struct http *h)
{
	if (h == NULL)
		return;
	ASSERT(!h->collecting); /* not from a callback of a call */
	while (!LIST_EMPTY(&h->calls))
		http_cancel(h, LIST_FIRST(&h->calls));
	reader_free(h->reader);
	ev_timer_stop(h->loop, &h->pump);
	hosts_free(h->hosts);
	gunzip_free(h->gunzip);
	easy_conf_fini(&h->conf);
	multi_free(h->multi);
	free(h);
}

static void
host_state(struct http_host_state *out, const struct host *host, int64_t now)
{
	*out = (struct http_host_state){.wait_ms = host_wait_ms(host, now),
	    .queue_ms = host_queue_ms(host, now),
	    .rate = host_rate(host, now),
	    .in_fault = host_is_in_fault(host),
	    .num_waiting = host_num_waiting(host),
	    .num_running = host_num_running(host),
	    .origin = host_origin(host),
	    .operator_name = host_operator(host)};
}

void
http_host(const struct http *h, const char *url, struct http_host_state *out)
{
	struct http_url u;
	const struct host *host = NULL;

	*out = (struct http_host_state){0};
	if (http_is_local(url))
		return;
	if (http_url_read(&u, url, NULL) == ST_OK)
		host = hosts_find(h->hosts, u.origin);
	if (host != NULL)
		host_state(out, host, now_ms());
}

void
http_hosts(const struct http *h, http_host_fn *fn, void *arg)
{
	const struct host *host = NULL;
	struct http_host_state s;
	int64_t now = now_ms();

	while ((host = hosts_each(h->hosts, host)) != NULL) {
		host_state(&s, host, now);
		fn(arg, &s);
	}
}

void
http_counts(const struct http *h, struct http_counts *out)
{
	*out = h->counts;
}
