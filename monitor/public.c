/* public: see public.h. */
#include "monitor/public.h"

#include <string.h>
#include <strings.h>

#include "alerts/pages.h"
#include "config/value.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/diag.h"
#include "monitor/query.h"
#include "monitor/rate.h"
#include "monitor/store/ledger.h"
#include "monitor/tail.h"

#define CONNECTIONS 256u
#define PER_ADDRESS 16u /* unless all come from one proxy */
#define BODY 8192u      /* a form of ours has 45 bytes, one-click 26 */
/* An answer to what changes something comes so long after it. */
#define DELAY_S 0.3
/* What waits for the store: more are told to come again. */
#define WAITING 64u
/* When the store could not: so long until the next try. */
#define RETRY_S 5.0
/* Pages and buttons in a second, and at once. Behind a proxy all come from
 * one address, so that only the second one holds: what the proxy says of
 * others would be believed of anybody. */
static const struct rate_limit each = {1, 20}, all = {20, 200};

static const struct route {
	const char *path;
	enum page get, post; /* PAGE_MISSING: no such method */
	enum token_act act;
} routes[] = {
    {"/confirm", PAGE_CONFIRM, PAGE_CONFIRMED, TOKEN_CONFIRM},
    {"/unsubscribe", PAGE_UNSUBSCRIBE, PAGE_UNSUBSCRIBED, TOKEN_UNSUBSCRIBE},
    {"/never", PAGE_MISSING, PAGE_NEVER, TOKEN_NEVER},
};

struct public
{
	struct public_conf conf;
	struct door *door;
	struct rate *rate;
	struct buf policy; /* a header line */
	bool behind_proxy, stopped;
	unsigned num_wishes;
	struct wish *retries;
	struct visit *visits;
};

/* A button that was pressed, on its way to the store. */
struct wish {
	struct task task; /* first */
	struct public *p;
	enum token_act act;
	uint8_t token[LEDGER_TOKEN];
	bool did;
	ev_timer again;
	struct wish *next; /* of public.retries */
};

/* An answer that waits for its time. */
struct visit {
	ev_timer timer;
	struct public *p;
	struct door_call *call;
	enum page page;
	struct visit *next, **at; /* of public.visits */
};

/* --- pages ---------------------------------------------------------------------- */

static void
answer(
    struct public *p, struct door_call *call, enum page page, const char *token)
{
	static const int codes[] = {
	    [PAGE_BROKEN] = 400, [PAGE_BUSY] = 429, [PAGE_MISSING] = 404};
	const char *headers[] = {(const char *)p->policy.p,
	    "Referrer-Policy: no-referrer", "X-Robots-Tag: noindex",
	    page == PAGE_BUSY ? "Retry-After: 60" : NULL, NULL};
	struct buf body = {0};
	struct door_answer a = {.code = codes[page] != 0 ? codes[page] : 200,
	    .content_type = "text/html; charset=utf-8",
	    .headers = headers};

	page_write(&body, page, token, p->conf.config->contact);
	a.body = buf_span(&body);
	door_answer(call, &a);
	buf_fini(&body);
}

static void
visit_end(struct visit *v)
{
	ev_timer_stop(v->p->conf.loop, &v->timer);
	*v->at = v->next;
	if (v->next != NULL)
		v->next->at = v->at;
	answer(v->p, v->call, v->page, NULL);
	free(v);
}

static void
visit_on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	visit_end(w->data);
}

static void
answer_later(struct public *p, struct door_call *call, enum page page)
{
	struct visit *v = NEW(struct visit);

	v->p = p;
	v->call = call;
	v->page = page;
	v->at = &p->visits;
	v->next = p->visits;
	if (v->next != NULL)
		v->next->at = &v->next;
	p->visits = v;
	ev_timer_init(&v->timer, visit_on_timer, DELAY_S, 0.0);
	v->timer.data = v;
	ev_timer_start(p->conf.loop, &v->timer);
}

/* --- the store ------------------------------------------------------------------- */

static void
wish_run(struct task *task, struct store *s)
{
	struct wish *w = (struct wish *)task;
	const struct ledger_api *l = ((struct store_base *)s)->api->ledger;
	struct actor who = {"person", now_ms()};
	struct ledger_use use = {.token = w->token, .act = w->act};

	if (l != NULL)
		task->status = l->token_use(s, &use, &who, &task->err);
	w->did = use.did;
}

static void
wish_free(struct wish *w)
{
	w->p->num_wishes--;
	mem_wipe(w->token, sizeof(w->token));
	free(w);
}

static void
wish_again(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct wish *w = timer->data, **at = &w->p->retries;

	(void)loop;
	(void)revents;
	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	writer_submit(w->p->conf.writer, &w->task);
}

static bool
may_pass(enum status st)
{
	return st == ST_FULL || st == ST_BUSY || st == ST_AGAIN;
}

/* A person was told that it is done, so it is tried until it is. */
static void
wish_retry(struct wish *w)
{
	struct public *p = w->p;
	bool again = !p->stopped && may_pass(w->task.status);

	diag_warn("what somebody asked for by a link could not be stored%s: %s",
	    again ? "; it will be tried again" : ", and is lost",
	    w->task.err.text);
	if (!again) {
		wish_free(w);
		return;
	}
	w->next = p->retries;
	p->retries = w;
	ev_timer_init(&w->again, wish_again, RETRY_S, 0.0);
	w->again.data = w;
	ev_timer_start(p->conf.loop, &w->again);
}

static void
wish_done(struct task *task)
{
	struct wish *w = (struct wish *)task;

	if (task->status != ST_OK) {
		wish_retry(w);
		return;
	}
	if (w->did)
		indexer_check(w->p->conf.indexer);
	wish_free(w);
}

static void
wish(struct public *p, const uint8_t token[LEDGER_TOKEN], enum token_act act)
{
	struct wish *w = NEW(struct wish);

	w->p = p;
	w->act = act;
	memcpy(w->token, token, LEDGER_TOKEN);
	w->task.run = wish_run;
	w->task.done = wish_done;
	p->num_wishes++;
	writer_submit(p->conf.writer, &w->task);
}

/* --- requests ---------------------------------------------------------------------- */

static bool
is_token(uint8_t out[LEDGER_TOKEN], const char *text)
{
	return text != NULL &&
	       text_unbase64url_exact(out, LEDGER_TOKEN, span_str(text));
}

static void
on_get(struct public *p, struct door_call *call, const struct door_request *r,
    enum page page)
{
	const char *text = query_param(r->params, r->num_params, "t");
	uint8_t token[LEDGER_TOKEN];

	if (page == PAGE_MISSING)
		answer(p, call, page, NULL);
	else if (is_token(token, text))
		answer(p, call, page, text);
	else
		answer(p, call, PAGE_BROKEN, NULL);
}

/* In the query, as one-click has it, or in a form of ours. */
static bool
posted_token(uint8_t out[LEDGER_TOKEN], const struct door_request *r)
{
	static const char form[] = "application/x-www-form-urlencoded";
	struct query q;
	bool ok;

	if (is_token(out, query_param(r->params, r->num_params, "t")))
		return true;
	if (r->content_type == NULL ||
	    strncasecmp(r->content_type, form, sizeof(form) - 1) != 0)
		return false;
	ok = query_form(&q, r->body, NULL) == ST_OK &&
	     is_token(out, query_param(q.params, q.num, "t"));
	query_fini(&q);
	return ok;
}

static void
on_post(struct public *p, struct door_call *call, const struct door_request *r,
    const struct route *route)
{
	uint8_t token[LEDGER_TOKEN];

	if (r->too_large || !posted_token(token, r)) {
		answer(p, call, PAGE_BROKEN, NULL);
		return;
	}
	if (p->num_wishes >= WAITING) {
		answer(p, call, PAGE_BUSY, NULL);
		return;
	}
	wish(p, token, route->act);
	answer_later(p, call, route->post);
	mem_wipe(token, sizeof(token));
}

static const struct route *
route_find(const char *path)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		if (strcmp(path, routes[i].path) == 0)
			return &routes[i];
	return NULL;
}

static void
on_request(void *arg, struct door_call *call, const struct door_request *r)
{
	struct public *p = arg;
	const struct route *route = route_find(r->path);
	struct span peer = p->behind_proxy ? span_of(NULL, 0) : r->peer;

	if (!rate_take(p->rate, peer, ev_now(p->conf.loop)))
		answer(p, call, PAGE_BUSY, NULL);
	else if (route != NULL && strcmp(r->method, "POST") == 0)
		on_post(p, call, r, route);
	else if (route != NULL && (strcmp(r->method, "GET") == 0 ||
				      strcmp(r->method, "HEAD") == 0))
		on_get(p, call, r, route->get);
	else
		answer(p, call, PAGE_MISSING, NULL);
}

static size_t
on_body(void *arg, const struct door_request *head)
{
	(void)arg;
	(void)head;
	return BODY;
}

/* --- opening ----------------------------------------------------------------------- */

enum status
public_open(struct public **out, const struct public_conf *c, struct err *e)
{
	const char *listen = c->config->public.listen;
	struct public *p;
	struct door_conf d = {.loop = c->loop,
	    .listen = listen,
	    .connections = CONNECTIONS,
	    .body_limit = on_body,
	    .request = on_request};
	enum status st;

	*out = NULL;
	if (listen == NULL || c->config->public.url == NULL)
		return ST_OK;
	p = NEW(struct public);
	p->conf = *c;
	p->behind_proxy = value_listen_loopback(listen);
	p->rate = rate_new(each, all);
	buf_str(&p->policy, "Content-Security-Policy: ");
	page_policy(&p->policy);
	buf_cstr(&p->policy);
	d.per_address = p->behind_proxy ? 0 : PER_ADDRESS;
	d.arg = p;
	st = door_open(&p->door, &d, e);
	if (st != ST_OK) {
		err_prefix(e, "public.listen");
		public_free(p);
		return st;
	}
	*out = p;
	return ST_OK;
}

void
public_stop(struct public *p)
{
	if (p == NULL)
		return;
	p->stopped = true;
	door_shut(p->door);
	while (p->visits != NULL)
		visit_end(p->visits);
	while (p->retries != NULL) { /* once more */
		struct wish *w = p->retries;

		ev_timer_stop(p->conf.loop, &w->again);
		p->retries = w->next;
		writer_submit(p->conf.writer, &w->task);
	}
}

void
public_free(struct public *p)
{
	if (p == NULL)
		return;
	ASSERT(p->num_wishes == 0 && p->visits == NULL);
	door_free(p->door);
	rate_free(p->rate);
	buf_fini(&p->policy);
	free(p);
}
