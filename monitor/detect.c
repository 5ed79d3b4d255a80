/* detect: see detect.h. */
#include "monitor/detect.h"

#include <string.h>

#include "ctlog/base/mem.h"
#include "monitor/tiles.h"

/* How long a log's answer for its tiles is waited for. */
#define TILES_S 10.0

struct detect {
	struct http *http;
	struct http_call *call;
	struct log log; /* url and api only */
	/* detect_tiles */
	struct ev_loop *loop;
	ev_timer limit;
	struct logkey *key;
	int64_t poll_ms;
	char *origin;      /* once there is a checkpoint, */
	struct head tiles; /* this */
	detect_fn *fn;
	void *arg;
	unsigned tries;
	bool answered;    /* by somebody, with anything */
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
detect_finish(struct detect *p, const struct detected *d)
{
	detect_fn *fn = p->fn;
	void *arg = p->arg;

	detect_end(p);
	fn(arg, d);
}

/* After both attempts. */
static void
detect_neither(const struct detect *p, const struct err *second, struct err *e)
{
	if (!p->answered)
		err_set(e, ST_UNREACHABLE, "%s cannot be reached: %s",
		    p->log.url, second->text);
	else
		err_set(e, ST_UNREACHABLE,
		    "%s is neither a static-ct-api log (checkpoint: %s) nor an "
		    "RFC 6962 log (ct/v1/get-sth: %s)",
		    p->log.url, p->first.text, second->text);
}

static void
detect_on_reply(void *arg, const struct http_reply *r)
{
	struct detect *p = arg;
	struct detected d = {.api = p->log.api};
	struct err second;

	p->call = NULL;
	p->answered |= r->status == ST_OK;
	if (looks_right(p->log.api, r)) {
		detect_finish(p, &d);
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
	d.api = NULL;
	detect_neither(p, &second, &d.err);
	detect_finish(p, &d);
}

static void
detect_get(struct detect *p, http_done_fn *done)
{
	struct request req;
	struct http_get g;

	p->log.api->head_request(&p->log, &req);
	g = (struct http_get){
	    .url = req.url, .limit = req.limit, .done = done, .arg = p};
	p->call = http_get(p->http, &g);
}

static void
detect_ask(struct detect *p)
{
	detect_get(p, detect_on_reply);
}

static struct detect *
detect_make(struct http *h, const char *url, detect_fn *fn, void *arg)
{
	struct detect *p = NEW(struct detect);

	p->http = h;
	p->log.url = mem_str(url);
	p->log.api = &log_api_static;
	p->fn = fn;
	p->arg = arg;
	return p;
}

struct detect *
detect_new(struct http *h, const char *url, detect_fn *fn, void *arg)
{
	struct detect *p = detect_make(h, url, fn, arg);

	detect_ask(p);
	return p;
}

/* --- both ------------------------------------------------------------------ */

/* The origin is of the host that was asked, or of a path there. */
static bool
origin_fits(const char *url, struct span origin)
{
	const char *host = strstr(url, "://");
	size_t len;

	if (host == NULL)
		return false;
	host += 3;
	len = strcspn(host, "/");
	return origin.len >= len && memcmp(origin.p, host, len) == 0 &&
	       (origin.len == len || origin.p[len] == '/');
}

/* A checkpoint that is this log's. */
static bool
tiles_take(struct detect *p, const struct http_reply *r)
{
	struct span origin;

	if (r->status != ST_OK || r->code != 200)
		return false;
	origin = head_note_origin(r->body);
	if (!origin_fits(p->log.url, origin) ||
	    memchr(origin.p, '\0', origin.len) != NULL)
		return false;
	p->origin = mem_strn(origin.p, origin.len);
	return head_parse_checkpoint(
		   &p->tiles, p->key, p->origin, r->body, NULL) == ST_OK;
}

/* `usable`: there are tiles, and they are as new as they have to be. */
static void
tiles_finish(struct detect *p, bool usable, const struct err *why)
{
	char *origin = p->origin;
	struct detected d = {usable ? &log_api_static : &log_api_rfc6962,
	    usable ? origin : NULL, *why};

	p->origin = NULL;
	detect_finish(p, &d);
	free(origin);
}

static void
tiles_on_sth(void *arg, const struct http_reply *r)
{
	struct detect *p = arg;
	struct err why = {""};
	struct head h;
	bool told;

	p->call = NULL;
	told = r->status == ST_OK && r->code == 200 &&
	       head_parse_sth(&h, p->key, r->body, NULL) == ST_OK;
	if (told && tiles_are_behind(&p->tiles, &h, p->poll_ms)) {
		err_set(&why, ST_RANGE,
		    "it serves tiles, too, but they are behind what it signs");
		tiles_finish(p, false, &why);
	} else {
		tiles_finish(p, true, &why);
	}
}

static void
tiles_on_reply(void *arg, const struct http_reply *r)
{
	struct detect *p = arg;

	p->call = NULL;
	if (!tiles_take(p, r)) {
		tiles_finish(p, false, &(struct err){""});
		return;
	}
	p->log.api = &log_api_rfc6962;
	detect_get(p, tiles_on_sth);
}

static void
tiles_on_limit(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct detect *p = w->data;

	(void)loop;
	(void)revents;
	tiles_finish(p, p->log.api == &log_api_rfc6962, &(struct err){""});
}

struct detect *
detect_tiles(
    struct http *h, const struct detect_log *log, detect_fn *fn, void *arg)
{
	struct detect *p = detect_make(h, log->url, fn, arg);

	p->key = log->key;
	p->poll_ms = log->poll_ms;
	p->loop = log->loop;
	ev_timer_init(&p->limit, tiles_on_limit, TILES_S, 0.0);
	p->limit.data = p;
	ev_timer_start(p->loop, &p->limit);
	detect_get(p, tiles_on_reply);
	return p;
}

void
detect_end(struct detect *p)
{
	if (p == NULL)
		return;
	if (p->call != NULL)
		http_cancel(p->http, p->call);
	if (p->loop != NULL)
		ev_timer_stop(p->loop, &p->limit);
	free(p->log.url);
	free(p->origin);
	free(p);
}
