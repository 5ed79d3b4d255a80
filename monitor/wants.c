/* wants: see wants.h. What is taken out of log lists: wants_list.c. */
#include "monitor/wants.h"

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/diag.h"
#include "monitor/wants_private.h"

void
wants_fini(struct wants *w)
{
	for (size_t i = 0; i < w->num; i++)
		want_log_fini(&w->list[i]);
	free(w->list);
	shelf_close(w->shelf);
	*w = (struct wants){0};
}

/* The same log twice would be two readers of one position in the store. By
 * hand it may be named by either of its protocols. */
static bool
is_same(const struct want_log *a, const struct want_log *b)
{
	return hash_eq(logkey_id(a->key), logkey_id(b->key)) &&
	       (a->listed || b->listed || a->api == b->api);
}

void
wants_add(struct wants *w, struct want_log *log)
{
	for (size_t i = 0; i < w->num; i++)
		if (is_same(&w->list[i], log)) {
			if (w->list[i].mmd_s < log->mmd_s)
				w->list[i].mmd_s = log->mmd_s;
			want_log_fini(log);
			return;
		}
	w->list = mem_grow(w->list, w->num + 1, sizeof(*w->list));
	w->list[w->num++] = *log;
}

/* --- one log by its URL ------------------------------------------------------------ */

char *
wants_base(const char *url)
{
	struct buf b = {0};
	char *s;

	buf_str(&b, url);
	if (b.len == 0 || b.p[b.len - 1] != '/')
		buf_char(&b, '/');
	s = mem_strn(b.p, b.len);
	buf_fini(&b);
	return s;
}

char *
wants_origin(const char *base)
{
	const char *s = strstr(base, "://");
	size_t len;

	s = s ? s + 3 : base;
	len = strlen(s);
	while (len > 0 && s[len - 1] == '/')
		len--;
	return mem_strn(s, len);
}

static enum status
url_check(const char *url, bool allow_http, struct err *e)
{
	char quoted[LIMIT_QUOTE + 8];

	text_quote(quoted, sizeof(quoted), span_str(url));
	if (strlen(url) >= LOG_URL_MAX)
		return err_set(e, ST_USAGE, "%s: too long for a URL", quoted);
	for (const char *s = url; *s != '\0'; s++)
		if (*s <= ' ' || *s > '~')
			return err_set(e, ST_USAGE,
			    "%s: not a URL: byte %d is not printable ASCII",
			    quoted, (int)(s - url));
	if (!strncmp(url, "https://", 8) && url[8] != '\0')
		return ST_OK;
	if (strncmp(url, "http://", 7) != 0 || url[7] == '\0')
		return err_set(e, ST_USAGE,
		    "%s: not a URL: it has to begin with https://", quoted);
	if (!allow_http && !http_is_loopback(url))
		return err_set(e, ST_USAGE,
		    "%s: plain http is for loopback addresses; use https, or "
		    "--allow-http (allow_http: true)",
		    quoted);
	return ST_OK;
}

/* One log named by hand; name may be NULL. */
struct by_hand {
	const char *name, *url, *key_file, *api, *origin;
	bool allow_http, http1, no_keepalive;
};

static enum status
wants_by_hand(struct wants *w, const struct by_hand *h, struct err *e)
{
	struct want_log log = {
	    .http1 = h->http1, .no_keepalive = h->no_keepalive};
	enum status st = url_check(h->url, h->allow_http, e);

	if (st != ST_OK)
		return st;
	if (h->api != NULL && (log.api = log_api_find(h->api)) == NULL)
		return err_set(e, ST_USAGE,
		    "%s is no log API; there are static and rfc6962",
		    QUOTE(span_str(h->api)));
	st = file_read_key(&log.key, h->key_file, e);
	if (st != ST_OK)
		return st;
	log.url = wants_base(h->url);
	log.origin = h->origin ? mem_str(h->origin) : wants_origin(log.url);
	log.name = mem_str(h->name ? h->name : log.origin);
	log.operator_name = mem_str("");
	wants_add(w, &log);
	return ST_OK;
}

/* --- command line and configuration ---------------------------------------------------- */

enum status
wants_of_opts(struct wants *out, const struct logs_opts *o, struct err *e)
{
	struct by_hand h = {.url = o->url,
	    .key_file = o->key,
	    .api = o->api,
	    .origin = o->origin,
	    .allow_http = o->allow_http};

	if (o->url != NULL && o->key == NULL)
		return err_set(e, ST_USAGE,
		    "--log-url needs --log-key FILE, the log's public key");
	if (o->num_dirs > 0 &&
	    (o->url != NULL || o->num_lists > 0 || o->num_patterns > 0))
		return err_set(e, ST_USAGE,
		    "--log-dir is one log by itself: no --log-url, --log-list "
		    "or --log beside it");
	if (o->num_dirs > 0)
		return wants_local(out, o, e);
	if (o->url == NULL && o->key != NULL)
		return err_set(e, ST_USAGE,
		    "--log-key needs --log-url URL or --log-dir DIR");
	if (o->url != NULL && o->num_lists > 0)
		return err_set(e, ST_USAGE,
		    "give either --log-url or --log-list, not both");
	if (o->num_patterns > 0 && o->num_lists == 0 && !wants_special_only(o))
		return err_set(e, ST_USAGE,
		    "--log PATTERN chooses from a list; give --log-list FILE, "
		    "URL, or a built-in list: chrome or apple");
	if (o->url != NULL)
		return wants_by_hand(out, &h, e);
	return wants_strictly(out, o, e);
}

static enum status
config_extra(struct wants *w, const struct config *c, struct err *e)
{
	enum status st = ST_OK;

	for (size_t i = 0; i < c->logs.num_extra && st == ST_OK; i++) {
		const struct conf_log *l = &c->logs.extra[i];
		struct by_hand h = {l->name, l->url, l->key_file, l->api,
		    l->origin, c->allow_http, l->http1, l->no_keepalive};

		st = wants_by_hand(w, &h, e);
		if (st != ST_OK)
			err_prefix(e, "logs.extra: %s", l->name);
	}
	return st;
}

enum status
wants_of_lists(struct wants *out, const struct config *c,
    const struct lists *lists, struct err *e)
{
	enum status st = config_extra(out, c, e);

	if (st != ST_OK)
		return st;
	/* One that is excluded keeps no log of the lists out. */
	wants_exclude(out, &c->logs.exclude);
	wants_included(out, c, lists);
	wants_exclude(out, &c->logs.exclude);
	return ST_OK;
}

enum status
wants_of_config(struct wants *out, const struct config *c,
    struct listing *listing, struct err *e)
{
	struct lists lists;
	enum status st = lists_read(&lists, c, listing, e);

	if (st == ST_OK)
		st = wants_of_lists(out, c, &lists, e);
	lists_fini(&lists);
	return st;
}

enum status
wants_contact(const struct wants *w, const char *contact, struct err *e)
{
	for (size_t i = 0; i < w->num && contact == NULL; i++)
		if (!http_is_loopback(w->list[i].url) &&
		    !http_is_local(w->list[i].url))
			return err_set(e, ST_USAGE,
			    "%s: logs want to know whom to write to: give "
			    "--contact ADDR (contact: in the configuration)",
			    w->list[i].url);
	if (contact != NULL && !config_contact_ok(contact, e))
		return ST_USAGE;
	return ST_OK;
}
