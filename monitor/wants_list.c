/* wants_list: the logs that patterns choose from log lists; see wants.h. */
#include <fnmatch.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/diag.h"
#include "monitor/wants_private.h"

/* Patterns, and how many logs each has matched. */
struct chooser {
	size_t num;
	const char *const *patterns;
	size_t *matched; /* NULL: nobody asks */
};

static bool
id_is(const struct hash *id, const char *pattern, bool *same)
{
	uint8_t bytes[HASH_LEN];

	if (!text_unbase64_exact(bytes, HASH_LEN, span_str(pattern)))
		return false;
	*same = memcmp(bytes, id->b, HASH_LEN) == 0;
	return true;
}

static bool
url_is(const char *url, const char *pattern)
{
	char *base = wants_base(pattern);
	bool same = strcmp(base, url) == 0;

	free(base);
	return same;
}

/* --- out of lists ---------------------------------------------------------- */

/* Named exactly: by id, URL or whole description. */
static bool
log_is_named(const struct loglist_log *l, const char *pattern)
{
	bool same;

	if (id_is(&l->log_id, pattern, &same))
		return same;
	return !strcmp(pattern, l->description) || url_is(l->url, pattern) ||
	       (l->submission && url_is(l->submission, pattern));
}

static bool
log_is_wanted(const struct directory_log *l, const char *pattern)
{
	if (log_is_named(l->log, pattern))
		return true;
	return directory_is_usual(l) &&
	       fnmatch(pattern, l->log->description, 0) == 0;
}

static void
wants_listed(struct wants *w, const struct directory_log *at)
{
	const struct loglist_log *l = at->log;
	struct want_log log = {.name = mem_str(l->description),
	    .operator_name = mem_str(l->operator_name),
	    .url = wants_base(l->url),
	    .api = l->tiled ? &log_api_static : &log_api_rfc6962,
	    .listed = true,
	    .state = at->state,
	    .mmd_s = at->mmd_s,
	    .since_ms = at->state_ms,
	    .final_size = at->final_size,
	    .final_root = at->final_root};
	struct err e;

	if (strlen(log.url) > LOG_URL_MAX) {
		diag_warn("%s: its URL is too long", log.name);
		want_log_fini(&log);
		return;
	}
	log.origin = l->origin ? mem_str(l->origin) : wants_origin(log.url);
	ASSERT(logkey_parse(&log.key, logkey_spki(l->key), &e) == ST_OK);
	wants_add(w, &log);
}

void
wants_all(struct wants *out, const struct loglist *list)
{
	struct directory d = {0};

	directory_add(&d, list);
	for (size_t i = 0; i < d.num; i++)
		wants_listed(out, &d.log[i]);
	directory_fini(&d);
}

/* The logs that some pattern asks for; without patterns, the usual ones. */
static void
directory_take(
    struct wants *w, const struct directory *d, const struct chooser *c)
{
	for (size_t i = 0; i < d->num; i++) {
		bool take = c->num == 0 && directory_is_usual(&d->log[i]);

		for (size_t k = 0; k < c->num; k++)
			if (log_is_wanted(&d->log[i], c->patterns[k])) {
				c->matched[k]++;
				take = true;
			}
		if (take)
			wants_listed(w, &d->log[i]);
	}
}

/* The built-in log: only when it is named, and no list has that name. */
static void
special_take(struct wants *w, const struct chooser *c)
{
	struct directory d = {0};
	struct loglist list;
	bool take = false;

	listing_special(&list);
	directory_add(&d, &list);
	for (size_t k = 0; k < c->num; k++)
		if (c->matched[k] == 0 &&
		    log_is_named(&list.log[0], c->patterns[k])) {
			c->matched[k]++;
			take = true;
		}
	if (take)
		wants_listed(w, &d.log[0]);
	directory_fini(&d);
	loglist_fini(&list);
}

static void
lists_take(struct wants *w, const struct lists *lists, const struct chooser *c)
{
	struct directory d = {0};

	for (size_t i = 0; i < lists->num; i++)
		directory_add(&d, &lists->list[i]);
	directory_take(w, &d, c);
	special_take(w, c);
	directory_fini(&d);
}

/* --- lists of a configuration ---------------------------------------------- */

enum status
lists_read(struct lists *out, const struct config *c, struct listing *listing,
    struct err *e)
{
	enum status st = ST_OK;

	*out = (struct lists){
	    .list = mem_new(c->logs.num_lists, sizeof(*out->list))};
	for (size_t i = 0; i < c->logs.num_lists && st == ST_OK; i++) {
		struct list_source src = listing_source(&c->logs.lists[i]);

		st = listing_read(listing, &src, &out->list[i], e);
		out->num += st == ST_OK;
	}
	return st;
}

void
lists_fini(struct lists *l)
{
	for (size_t i = 0; i < l->num; i++)
		loglist_fini(&l->list[i]);
	free(l->list);
	*l = (struct lists){0};
}

void
wants_included(
    struct wants *w, const struct config *c, const struct lists *lists)
{
	size_t num = c->logs.include.num;
	struct chooser by = {num,
	    (const char *const *)(void *)c->logs.include.list,
	    mem_new(num, sizeof(*by.matched))};

	lists_take(w, lists, &by);
	for (size_t k = 0; k < num; k++)
		if (by.matched[k] == 0 && lists->num > 0)
			diag_warn("logs.include: %s matches no log of the "
				  "lists",
			    QUOTE(span_str(by.patterns[k])));
	free(by.matched);
}

/* --- lists of a command line ------------------------------------------------ */

bool
wants_special_only(const struct logs_opts *o)
{
	struct loglist list;
	bool all = true;

	listing_special(&list);
	for (size_t k = 0; k < o->num_patterns; k++)
		all &= log_is_named(&list.log[0], o->patterns[k]);
	loglist_fini(&list);
	return all;
}

/* The first pattern that nothing matched: ST_USAGE. */
static enum status
chooser_check(const struct chooser *c, const char *of, struct err *e)
{
	for (size_t k = 0; k < c->num; k++)
		if (c->matched[k] == 0)
			return err_set(e, ST_USAGE,
			    "--log %s matches no log of %s",
			    QUOTE(span_str(c->patterns[k])), of);
	return ST_OK;
}

enum status
wants_strictly(struct wants *w, const struct logs_opts *o, struct err *e)
{
	struct lists lists = {
	    .list = mem_new(o->num_lists, sizeof(*lists.list))};
	struct chooser by = {o->num_patterns, o->patterns,
	    mem_new(o->num_patterns, sizeof(*by.matched))};
	enum status st = ST_OK;

	for (size_t i = 0; i < o->num_lists && st == ST_OK; i++) {
		struct list_source src =
		    listing_named(o->lists[i], o->list_key);

		st = listing_read(o->listing, &src, &lists.list[i], e);
		lists.num += st == ST_OK;
	}
	if (st == ST_OK) {
		lists_take(w, &lists, &by);
		st = chooser_check(&by, "the list", e);
	}
	lists_fini(&lists);
	free(by.matched);
	return st;
}

void
wants_of_list(
    struct wants *out, const struct config *c, const struct loglist *list)
{
	size_t num = c->logs.include.num;
	struct chooser by = {num,
	    (const char *const *)(void *)c->logs.include.list,
	    mem_new(num, sizeof(*by.matched))};
	struct directory d = {0};

	directory_add(&d, list);
	directory_take(out, &d, &by);
	directory_fini(&d);
	free(by.matched);
	wants_exclude(out, &c->logs.exclude);
}

/* --- choosing among what is wanted ----------------------------------------- */

/* By id, URL, or glob on the name. */
static bool
want_matches(const struct want_log *l, const char *pattern)
{
	bool same;

	if (id_is(logkey_id(l->key), pattern, &same))
		return same;
	return fnmatch(pattern, l->name, 0) == 0 || url_is(l->url, pattern);
}

/* Does one of the patterns match? All that do are counted. */
static bool
want_matches_any(const struct want_log *l, const struct chooser *c)
{
	bool any = false;

	for (size_t k = 0; k < c->num; k++)
		if (want_matches(l, c->patterns[k])) {
			any = true;
			if (c->matched != NULL)
				c->matched[k]++;
		}
	return any;
}

/* Keep those that match, or those that do not. */
static void
wants_filter(struct wants *w, const struct chooser *c, bool keep)
{
	size_t num = 0;

	for (size_t i = 0; i < w->num; i++) {
		if (want_matches_any(&w->list[i], c) == keep)
			w->list[num++] = w->list[i];
		else
			want_log_fini(&w->list[i]);
	}
	w->num = num;
}

enum status
wants_choose(struct wants *w, const struct logs_opts *o, struct err *e)
{
	struct chooser by = {o->num_patterns, o->patterns,
	    mem_new(o->num_patterns, sizeof(*by.matched))};
	enum status st;

	if (by.num > 0)
		wants_filter(w, &by, true);
	special_take(w, &by);
	st = chooser_check(&by, "the configuration", e);
	free(by.matched);
	return st;
}

void
wants_exclude(struct wants *w, const struct conf_strings *patterns)
{
	struct chooser by = {
	    patterns->num, (const char *const *)(void *)patterns->list, NULL};

	wants_filter(w, &by, false);
}
