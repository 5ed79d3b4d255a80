/* detect: see detect.h. */
#include "monitor/detect.h"

#include "ctlog/base/mem.h"

struct detect {
	struct http *http;
	struct http_call *call;
	struct log log; /* url and api only */
	detect_fn *fn;
	void *arg;
	unsigned tries;
	struct err first; /* what the static attempt met */
};

static void detect_ask(struct detect *p);

/* Does the body look like a head of this protocol? The signature is checked
 * when the log is read. */
static bool
looks_right(const struct log_api *api, const struct http_reply *r)
{
	struct span s = r->body;

	if (r->status != ST_OK || r->code != 200)
		return false;
	if (api == &log_api_static)
		return head_note_origin(s).len > 0;
	return s.len > 2 && memmem(s.p, s.len, "tree_size", 9) != NULL;
}

static void
detect_says(const struct http_reply *r, struct err *e)
{
	if (r->status != ST_OK)
		*e = r->err;
	else if (r->code != 200)
		err_set(e, ST_BAD, "HTTP status %d", r->code);
	else
		err_set(e, ST_BAD, "not a signed head");
}

static void
detect_finish(struct detect *p, const struct log_api *api, const struct err *e)
{
	detect_fn *fn = p->fn;
	void *arg = p->arg;

	detect_end(p);
	fn(arg, api, e);
}

static void
detect_on_reply(void *arg, const struct http_reply *r)
{
	struct detect *p = arg;
	struct err second, e;

	p->call = NULL;
	if (looks_right(p->log.api, r)) {
		detect_finish(p, p->log.api, NULL);
		return;
	}
	if (p->log.api == &log_api_static) {
		detect_says(r, &p->first);
		p->log.api = &log_api_rfc6962;
		detect_ask(p);
		return;
	}
	detect_says(r, &second);
	if (++p->tries < 3) {
		p->log.api = &log_api_static;
		detect_ask(p);
		return;
	}
	err_set(&e, ST_UNREACHABLE,
	    "%s is neither a static-ct-api log (checkpoint: %s) nor an RFC "
	    "6962 log (ct/v1/get-sth: %s)",
	    p->log.url, p->first.text, second.text);
	detect_finish(p, NULL, &e);
}

static void
detect_ask(struct detect *p)
{
	struct request req;
	struct http_get g;

	p->log.api->head_request(&p->log, &req);
	g = (struct http_get){.url = req.url,
	    .limit = req.limit,
	    .done = detect_on_reply,
	    .arg = p};
	p->call = http_get(p->http, &g);
}

struct detect *
detect_new(struct http *h, const char *url, detect_fn *fn, void *arg)
{
	struct detect *p = NEW(struct detect);

	p->http = h;
	p->log.url = mem_str(url);
	p->log.api = &log_api_static;
	p->fn = fn;
	p->arg = arg;
	detect_ask(p);
	return p;
}

void
detect_end(struct detect *p)
{
	if (p == NULL)
		return;
	if (p->call != NULL)
		http_cancel(p->http, p->call);
	free(p->log.url);
	free(p);
}
