/* wants: see wants.h. */
#include "monitor/wants.h"

#include <fnmatch.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "ctlog/wire/loglist.h"
#include "monitor/diag.h"

void
wants_fini(struct wants *w)
{
	for (size_t i = 0; i < w->num; i++)
		want_log_fini(&w->list[i]);
	free(w->list);
	*w = (struct wants){0};
}

/* Adds a copy of the pointers; a log that is there already (by log_id) is
 * dropped. Lists may differ in its MMD: the longer one is the safe one. */
static void
wants_add(struct wants *w, struct want_log *log)
{
	for (size_t i = 0; i < w->num; i++)
		if (hash_eq(logkey_id(w->list[i].key), logkey_id(log->key)) &&
		    w->list[i].api == log->api) {
			if (w->list[i].mmd_s < log->mmd_s)
				w->list[i].mmd_s = log->mmd_s;
			want_log_fini(log);
			return;
		}
	w->list = mem_grow(w->list, w->num + 1, sizeof(*w->list));
	w->list[w->num++] = *log;
}

/* --- one log by its URL ------------------------------------------------------------ */

/* With a final slash. */
static char *
url_base(const char *url)
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

/* Without scheme and final slash. */
static char *
url_origin(const char *base)
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
	log.url = url_base(h->url);
	log.origin = h->origin ? mem_str(h->origin) : url_origin(log.url);
	log.name = mem_str(h->name ? h->name : log.origin);
	log.operator_name = mem_str("");
	wants_add(w, &log);
	return ST_OK;
}

/* --- lists --------------------------------------------------------------------------- */

/* Named exactly: by id, URL or whole description. */
static bool
log_is_named(const struct loglist_log *l, const char *pattern)
{
	uint8_t id[HASH_LEN];

	if (text_unbase64_exact(id, HASH_LEN, span_str(pattern)))
		return memcmp(id, l->log_id.b, HASH_LEN) == 0;
	return !strcmp(pattern, l->description) || !strcmp(pattern, l->url) ||
	       (l->submission && !strcmp(pattern, l->submission));
}

/* Followed without being named exactly. */
static bool
log_is_usual(const struct loglist_log *l)
{
	return l->type == LOGLIST_PROD && l->state != LOGLIST_RETIRED &&
	       l->state != LOGLIST_REJECTED;
}

static bool
log_is_wanted(const struct loglist_log *l, const char *pattern)
{
	if (log_is_named(l, pattern))
		return true;
	return log_is_usual(l) && fnmatch(pattern, l->description, 0) == 0;
}

static void
wants_listed(struct wants *w, const struct loglist_log *l)
{
	struct want_log log = {.name = mem_str(l->description),
	    .operator_name = mem_str(l->operator_name),
	    .url = url_base(l->url),
	    .api = l->tiled ? &log_api_static : &log_api_rfc6962,
	    .mmd_s = l->mmd_s,
	    .listed = true,
	    .since_ms = l->state_ms};
	struct err e;

	if (strlen(log.url) > LOG_URL_MAX) {
		diag_warn("%s: its URL is too long", log.name);
		want_log_fini(&log);
		return;
	}
	log.origin = l->origin ? mem_str(l->origin) : url_origin(log.url);
	ASSERT(logkey_parse(&log.key, logkey_spki(l->key), &e) == ST_OK);
	wants_add(w, &log);
}

/* The logs of a list that some pattern asks for; without patterns, the usual
 * ones. matched[] counts for each pattern. */
static void
list_take(struct wants *w, const struct loglist *list,
    const struct logs_opts *o, size_t *matched)
{
	for (size_t i = 0; i < list->num; i++) {
		const struct loglist_log *l = &list->log[i];
		bool take = o->num_patterns == 0 && log_is_usual(l);

		for (size_t k = 0; k < o->num_patterns; k++)
			if (log_is_wanted(l, o->patterns[k])) {
				matched[k]++;
				take = true;
			}
		if (take)
			wants_listed(w, l);
	}
}

static enum status
wants_of_list(struct wants *w, const struct list_source *src,
    const struct logs_opts *o, size_t *matched, struct err *e)
{
	struct loglist list = {0};
	enum status st = listing_read(o->listing, src, &list, e);

	if (st == ST_OK)
		list_take(w, &list, o, matched);
	loglist_fini(&list);
	return st;
}

static enum status
wants_of_lists(
    struct wants *w, const struct logs_opts *o, size_t *matched, struct err *e)
{
	enum status st = ST_OK;

	for (size_t i = 0; i < o->num_lists && st == ST_OK; i++) {
		bool is_url = strstr(o->lists[i], "://") != NULL;
		struct list_source src = {.key_file = o->list_key};

		*(is_url ? &src.url : &src.file) = o->lists[i];
		st = wants_of_list(w, &src, o, matched, e);
	}
	return st;
}

/* The first pattern that nothing matched; NULL: there is none. */
static const char *
unmatched(const struct logs_opts *o, const size_t *matched)
{
	for (size_t k = 0; k < o->num_patterns; k++)
		if (matched[k] == 0)
			return o->patterns[k];
	return NULL;
}

static enum status
wants_strictly(struct wants *w, const struct logs_opts *o, struct err *e)
{
	size_t *matched = mem_new(o->num_patterns, sizeof(*matched));
	enum status st = wants_of_lists(w, o, matched, e);
	const char *bad = unmatched(o, matched);

	if (st == ST_OK && bad != NULL)
		st = err_set(e, ST_USAGE, "--log %s matches no log of the list",
		    QUOTE(span_str(bad)));
	free(matched);
	return st;
}

/* --- choosing among what is wanted --------------------------------------------------- */

/* By id, URL, or glob on the name. */
static bool
want_matches(const struct want_log *l, const char *pattern)
{
	uint8_t id[HASH_LEN];
	char *url;
	bool same;

	if (text_unbase64_exact(id, HASH_LEN, span_str(pattern)))
		return memcmp(id, logkey_id(l->key)->b, HASH_LEN) == 0;
	if (fnmatch(pattern, l->name, 0) == 0)
		return true;
	url = url_base(pattern);
	same = strcmp(url, l->url) == 0;
	free(url);
	return same;
}

/* Does one of the patterns match? All that do are counted in matched[], which
 * may be NULL. */
static bool
want_matches_any(const struct want_log *l, const char *const *patterns,
    size_t num, size_t *matched)
{
	bool any = false;

	for (size_t k = 0; k < num; k++)
		if (want_matches(l, patterns[k])) {
			any = true;
			if (matched != NULL)
				matched[k]++;
		}
	return any;
}

enum status
wants_choose(struct wants *w, const struct logs_opts *o, struct err *e)
{
	size_t *matched = mem_new(o->num_patterns, sizeof(*matched));
	size_t num = 0;
	enum status st = ST_OK;
	const char *bad;

	for (size_t i = 0; i < w->num && o->num_patterns > 0; i++) {
		if (want_matches_any(
			&w->list[i], o->patterns, o->num_patterns, matched))
			w->list[num++] = w->list[i];
		else
			want_log_fini(&w->list[i]);
	}
	if (o->num_patterns > 0)
		w->num = num;
	bad = unmatched(o, matched);
	if (bad != NULL)
		st = err_set(e, ST_USAGE,
		    "--log %s matches no log of the configuration",
		    QUOTE(span_str(bad)));
	free(matched);
	return st;
}

/* Without those that a pattern matches. */
static void
wants_exclude(struct wants *w, const struct conf_strings *patterns)
{
	const char *const *list = (const char **)(void *)patterns->list;
	size_t num = 0;

	for (size_t i = 0; i < w->num; i++) {
		if (want_matches_any(&w->list[i], list, patterns->num, NULL))
			want_log_fini(&w->list[i]);
		else
			w->list[num++] = w->list[i];
	}
	w->num = num;
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
	if (o->url == NULL && o->key != NULL)
		return err_set(e, ST_USAGE, "--log-key needs --log-url URL");
	if (o->url != NULL && o->num_lists > 0)
		return err_set(e, ST_USAGE,
		    "give either --log-url or --log-list, not both");
	if (o->num_patterns > 0 && o->num_lists == 0)
		return err_set(e, ST_USAGE,
		    "--log PATTERN chooses from a list; give --log-list FILE "
		    "or URL");
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

static enum status
config_lists(struct wants *w, const struct config *c, struct listing *listing,
    size_t *matched, struct err *e)
{
	struct logs_opts o = {.listing = listing,
	    .num_patterns = c->logs.include.num,
	    .patterns = (const char **)(void *)c->logs.include.list};
	enum status st = ST_OK;

	for (size_t i = 0; i < c->logs.num_lists && st == ST_OK; i++) {
		struct list_source src = listing_source(&c->logs.lists[i]);

		st = wants_of_list(w, &src, &o, matched, e);
	}
	return st;
}

/* Some list is one that this version reads. */
static bool
config_has_files(const struct config *c)
{
	for (size_t i = 0; i < c->logs.num_lists; i++)
		if (c->logs.lists[i].file != NULL)
			return true;
	return false;
}

enum status
wants_of_config(struct wants *out, const struct config *c,
    struct listing *listing, struct err *e)
{
	size_t num = c->logs.include.num;
	size_t *matched = mem_new(num, sizeof(*matched));
	enum status st = config_extra(out, c, e);

	if (st == ST_OK)
		st = config_lists(out, c, listing, matched, e);
	for (size_t k = 0; k < num && st == ST_OK; k++)
		if (matched[k] == 0 && config_has_files(c))
			diag_warn("logs.include: %s matches no log of the "
				  "lists",
			    QUOTE(span_str(c->logs.include.list[k])));
	free(matched);
	wants_exclude(out, &c->logs.exclude);
	return st;
}

enum status
wants_contact(const struct wants *w, const char *contact, struct err *e)
{
	for (size_t i = 0; i < w->num && contact == NULL; i++)
		if (!http_is_loopback(w->list[i].url))
			return err_set(e, ST_USAGE,
			    "%s: logs want to know whom to write to: give "
			    "--contact ADDR (contact: in the configuration)",
			    w->list[i].url);
	if (contact != NULL && !config_contact_ok(contact, e))
		return ST_USAGE;
	return ST_OK;
}
