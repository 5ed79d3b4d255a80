/*
 * http_local: calls for the files of a log on disk: answered by a thread that
 * reads them (reader.h), without hosts, politeness and libcurl.
 */
#include <string.h>

#include "ctlog/base/mem.h"
#include "monitor/http_private.h"

struct local {
	struct errand errand; /* first: the reader hands it back */
	struct http_call *call;
};

bool
http_is_local(const char *url)
{
	return strncmp(url, HTTP_LOCAL, strlen(HTTP_LOCAL)) == 0;
}

void
http_shelve(struct http *h, struct shelf *s)
{
	ASSERT(h->reader == NULL);
	h->reader = reader_new(h->loop, s);
}

static void
local_free(struct local *l)
{
	l->call->errand = NULL;
	buf_fini(&l->errand.body.own);
	free(l);
}

/* What is missing is what a server would call so; what cannot be read stays
 * what it is. */
static void
local_reply(const struct local *l, struct http_reply *r)
{
	const struct errand *e = &l->errand;

	*r = (struct http_reply){.status = ST_OK, .code = 200};
	if (e->status == ST_OK) {
		r->body = e->body.body;
		r->err = e->body.place;
		return;
	}
	r->err = e->err;
	r->code = e->status == ST_MISSING ? 404 : 0;
	if (e->status != ST_MISSING)
		r->status = e->status;
}

static void
local_on_done(struct errand *e)
{
	struct local *l = (struct local *)e;
	struct http_call *c = l->call;
	struct http_reply r;
	struct buf own = e->body.own;

	local_reply(l, &r);
	e->body.own = (struct buf){0};
	c->http->counts.bytes += r.body.len;
	c->http->counts.failures += r.status != ST_OK;
	local_free(l);
	http_call_done(c, &r);
	buf_fini(&own);
}

void
http_local_start(struct http_call *c)
{
	struct local *l = NEW(struct local);

	l->call = c;
	l->errand.name = c->url + strlen(HTTP_LOCAL);
	l->errand.body.limit = c->want.limit;
	l->errand.body.into = c->want.into;
	l->errand.body.nth = c->want.nth;
	l->errand.done = local_on_done;
	c->errand = &l->errand;
	c->http->counts.requests++;
	reader_submit(c->http->reader, &l->errand);
}

void
http_local_drop(struct http_call *c)
{
	reader_cancel(c->http->reader, c->errand);
	local_free((struct local *)c->errand);
}
