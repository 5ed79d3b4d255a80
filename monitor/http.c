/*
 * http: see http.h. Calls wait in their host's queue (host.c), run on handles
 * of one libcurl multi object whose sockets and timer are libev's, and end in
 * their callback. Not here: politeness (host.c), the options of a transfer
 * (http_easy.c), what a URL means (http_url.c), what a server may send
 * (http_answer.c).
 *
 * Two rules keep libcurl healthy: none of its functions is called from inside
 * a callback of its own (but curl_multi_assign, which is made for that), and
 * its finished transfers are collected after every action. A call's callback
 * runs only while they are collected, or from `pump`.
 */
#include "monitor/http.h"

#include <curl/curl.h>
#include <signal.h>
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

static void
timer_set(struct ev_loop *loop, ev_timer *t, int64_t ms)
{
	ev_timer_stop(loop, t);
	if (ms < 0)
		return;
	/* Timers count from the loop's idea of now, which may be old. */
	ev_now_update(loop);
	ev_timer_set(t, (double)ms / 1000.0, 0.0);
	ev_timer_start(loop, t);
}

/* --- sockets and timer of libcurl on libev -------------------------------- */

static void http_collect(struct http *h);

static void
http_act(struct http *h, curl_socket_t fd, int mask)
{
	int running;
	CURLMcode rc = curl_multi_socket_action(h->multi, fd, mask, &running);

	ASSERT(rc == CURLM_OK);
	http_collect(h);
}

static void
http_on_socket(struct ev_loop *loop, ev_io *w, int events)
{
	struct http *h = w->data;
	int mask = 0;

	(void)loop;
	if (events & EV_READ)
		mask |= CURL_CSELECT_IN;
	if (events & EV_WRITE)
		mask |= CURL_CSELECT_OUT;
	http_act(h, w->fd, mask); /* w may be gone after this */
}

static void
http_on_timer(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	http_act(w->data, CURL_SOCKET_TIMEOUT, 0);
}

static void
watch_free(struct http *h, struct watch *w)
{
	ev_io_stop(h->loop, &w->io);
	LIST_REMOVE(w, link);
	free(w);
}

static struct watch *
watch_new(struct http *h, curl_socket_t fd)
{
	struct watch *w = NEW(struct watch);

	ev_io_init(&w->io, http_on_socket, fd, 0);
	w->io.data = h;
	LIST_INSERT_HEAD(&h->watches, w, link);
	curl_multi_assign(h->multi, fd, w);
	return w;
}

static int
curl_on_socket(
    CURL *easy, curl_socket_t fd, int what, void *arg, void *assigned)
{
	struct http *h = arg;
	struct watch *w = assigned;
	int events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (w != NULL)
			watch_free(h, w);
		return 0;
	}
	if (w == NULL)
		w = watch_new(h, fd);
	if (what & CURL_POLL_IN)
		events |= EV_READ;
	if (what & CURL_POLL_OUT)
		events |= EV_WRITE;
	ev_io_stop(h->loop, &w->io);
	ev_io_set(&w->io, fd, events);
	ev_io_start(h->loop, &w->io);
	return 0;
}

static int
curl_on_timer(CURLM *multi, long ms, void *arg)
{
	struct http *h = arg;

	(void)multi;
	timer_set(h->loop, &h->timer, ms);
	return 0;
}

/* --- the life of a call --------------------------------------------------- */

/* Start what may start and end what was refused, from the loop and soon. */
static void
http_wake(struct http *h)
{
	if (!h->collecting)
		timer_set(h->loop, &h->pump, 0);
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
	CURLMcode rc;

	if (c->easy == NULL)
		return;
	rc = curl_multi_remove_handle(c->http->multi, c->easy->curl);
	ASSERT(rc == CURLM_OK);
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
	CURLMcode rc;

	c->easy = easy_take(&h->conf, c->at.origin);
	easy_set(c->easy, &h->conf, &c->want, &c->at, &c->answer);
	curl_easy_setopt(c->easy->curl, CURLOPT_PRIVATE, c);
	h->counts.requests++;
	rc = curl_multi_add_handle(h->multi, c->easy->curl);
	ASSERT(rc == CURLM_OK);
}

static void
http_start_some(struct http *h)
{
	int64_t now = now_ms();
	struct turn *t;

	while ((t = hosts_next(h->hosts, now)) != NULL)
		call_start((struct http_call *)t);
	timer_set(h->loop, &h->pump,
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
call_reply(struct http_call *c, CURLcode rc, struct http_reply *r)
{
	struct answer *a = &c->answer;

	answer_end(a, c->http->gunzip, clock_ms(CLOCK_REALTIME), r);
	if (rc != CURLE_OK && a->status == ST_OK && !a->cut) {
		r->status = easy_fault(c->easy, (int)rc, a->received, &r->err);
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
call_finish(struct http_call *c, CURLcode rc)
{
	struct http_reply r = {0};
	const struct host *host = c->turn.host;
	int64_t now = now_ms();
	double rate = host_rate(host, now);
	enum host_end how;

	call_reply(c, rc, &r);
	how = answer_verdict(&r);
	http_count(c->http, how, c->answer.received);
	host_end(&c->turn, how, r.retry_after_ms, now);
	if (how == HOST_THROTTLED)
		tell_rate(c, rate, host_rate(host, now));
	http_call_done(c, &r);
}

/* Call back for all transfers that are over, then start others. */
static void
http_collect(struct http *h)
{
	struct http_call *c;
	CURLcode rc;
	CURLMsg *m;
	int left;

	h->collecting = true;
	while ((m = curl_multi_info_read(h->multi, &left)) != NULL) {
		ASSERT(m->msg == CURLMSG_DONE);
		rc = m->data.result; /* m dies with the handle's removal */
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &c);
		call_finish(c, rc);
	}
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

static void
multi_set(struct http *h)
{
	CURLM *m = h->multi;
	long cached = h->conf.http.max_connections;

	curl_multi_setopt(m, CURLMOPT_SOCKETFUNCTION, curl_on_socket);
	curl_multi_setopt(m, CURLMOPT_SOCKETDATA, h);
	curl_multi_setopt(m, CURLMOPT_TIMERFUNCTION, curl_on_timer);
	curl_multi_setopt(m, CURLMOPT_TIMERDATA, h);
	curl_multi_setopt(m, CURLMOPT_MAXCONNECTS, cached);
	curl_multi_setopt(m, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
}

struct http *
http_new(struct ev_loop *loop, const struct http_conf *conf)
{
	struct http *h = NEW(struct http);

	ASSERT(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
	/* OpenSSL writes with write(2), and NOSIGNAL leaves this to us. */
	signal(SIGPIPE, SIG_IGN);
	h->loop = loop;
	h->hosts =
	    hosts_new(conf->max_connections, conf->per_host, random_seed());
	h->gunzip = gunzip_new();
	easy_conf_init(&h->conf, conf);
	LIST_INIT(&h->calls);
	LIST_INIT(&h->watches);
	STAILQ_INIT(&h->refused);
	ev_timer_init(&h->timer, http_on_timer, 0.0, 0.0);
	ev_timer_init(&h->pump, http_on_pump, 0.0, 0.0);
	h->timer.data = h->pump.data = h;
	h->multi = curl_multi_init();
	ASSERT(h->multi != NULL);
	multi_set(h);
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
	curl_multi_cleanup(h->multi);
	while (!LIST_EMPTY(&h->watches))
		watch_free(h, LIST_FIRST(&h->watches));
	ev_timer_stop(h->loop, &h->timer);
	ev_timer_stop(h->loop, &h->pump);
	hosts_free(h->hosts);
	gunzip_free(h->gunzip);
	easy_conf_fini(&h->conf);
	curl_global_cleanup();
	free(h);
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
	if (host == NULL)
		return;
	out->wait_ms = host_wait_ms(host, now_ms());
	out->queue_ms = host_queue_ms(host, now_ms());
	out->in_fault = host_is_in_fault(host);
}

void
http_counts(const struct http *h, struct http_counts *out)
{
	*out = h->counts;
}
