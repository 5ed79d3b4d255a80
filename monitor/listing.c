/*
 * listing: lists are read when the program starts, and judged; see listing.h.
 * Where they are: listing_source.c; copies: listing_copy.c; the network:
 * listing_fetch.c.
 */
#include "monitor/listing.h"

#include <string.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/diag.h"
#include "monitor/http.h"
#include "monitor/listing_copy.h"
#include "monitor/listing_fetch.h"
#include "monitor/wants.h"

#define FETCH_LIMIT_MS 60000
/* List and signature are two files: between their renewals they differ. */
#define MISMATCH_PAUSE_MS 5000
#define DAY_MS (86400ll * 1000)
/* Lists are published daily; Chrome stops to trust one after ten weeks. */
#define OLD_DAYS 7
#define STALE_DAYS 70

struct listing {
	const struct listing_conf *conf;
	struct fetch *fetch; /* once it is needed */
	struct notices notices;
	bool copied; /* some list is a copy */
	enum status fetched;
};

struct listing *
listing_new(const struct listing_conf *conf)
{
	struct listing *l = NEW(struct listing);

	l->conf = conf;
	notices_init(&l->notices, NULL, NULL);
	return l;
}

void
listing_free(struct listing *l)
{
	if (l == NULL)
		return;
	notices_fini(&l->notices);
	fetch_free(l->fetch);
	free(l);
}

bool
listing_is_copied(const struct listing *l)
{
	return l->copied;
}

enum status
listing_fetched(const struct listing *l)
{
	return l->fetched;
}

void
listing_done(struct listing *l)
{
	fetch_free(l->fetch);
	l->fetch = NULL;
}

enum status
listing_tell(struct listing *l, struct store *s, struct err *e)
{
	return notices_store(&l->notices, s, e);
}

/* --- files ------------------------------------------------------------------ */

enum status
source_key(struct logkey **out, const struct list_source *src, struct err *e)
{
	*out = NULL;
	if (src->key_pem != NULL)
		return logkey_parse(out, span_str(src->key_pem), e);
	if (src->key_file != NULL)
		return file_read_key(out, src->key_file, e);
	return ST_OK;
}

static enum status
read_file(const struct list_source *src, struct loglist *out, struct err *e)
{
	struct edition ed = {0};
	struct logkey *key;
	enum status st = source_key(&key, src, e);

	if (st == ST_OK)
		st = edition_read(&ed, src->file, key != NULL, e);
	if (st == ST_OK && key == NULL)
		diag_info("log list %s: used without a signature", src->file);
	if (st == ST_OK) {
		st = edition_check(&ed, key, e);
		if (st != ST_OK)
			err_prefix(
			    e, "log list %s", QUOTE(span_str(src->file)));
	}
	if (st == ST_OK) {
		*out = ed.list;
		ed.list = (struct loglist){0};
	}
	logkey_free(key);
	edition_fini(&ed);
	return st;
}

/* --- what is refused -------------------------------------------------------- */

static bool
has_log(const struct loglist *l, const struct hash *log_id)
{
	for (size_t i = 0; i < l->num; i++)
		if (hash_eq(&l->log[i].log_id, log_id))
			return true;
	return false;
}

static enum status
compare_age(
    const struct loglist *old, const struct loglist *list, struct err *e)
{
	char was[TEXT_TIME], is[TEXT_TIME];

	if (old->timestamp_ms != 0 && list->timestamp_ms < old->timestamp_ms)
		return err_set(e, ST_BAD,
		    "it is of %s and so older than the last good one, of %s",
		    list->timestamp_ms ? text_time(is, list->timestamp_ms)
				       : "no known time",
		    text_time(was, old->timestamp_ms));
	if (old->version[0] != '\0' &&
	    strverscmp(list->version, old->version) < 0)
		return err_set(e, ST_BAD,
		    "its version %s is older than %s, the last good one",
		    QUOTE(span_str(list->version)),
		    QUOTE(span_str(old->version)));
	return ST_OK;
}

/* In 2026 Chrome's list lost 133 rejected logs and 21 for tests at once, two
 * thirds of all: those are no loss. */
static bool
is_missed(const struct loglist_log *l)
{
	return l->type == LOGLIST_PROD && l->state != LOGLIST_RETIRED &&
	       l->state != LOGLIST_REJECTED;
}

static enum status
compare_loss(
    const struct loglist *old, const struct loglist *list, struct err *e)
{
	size_t lost = 0, num = 0;

	for (size_t i = 0; i < old->num; i++) {
		if (!is_missed(&old->log[i]))
			continue;
		num++;
		lost += !has_log(list, &old->log[i].log_id);
	}
	if (lost * 100 > num * LIMIT_LIST_LOSS)
		return err_set(e, ST_BAD,
		    "it lacks %zu of the %zu logs in use of the last good "
		    "one, more than %u %%",
		    lost, num, LIMIT_LIST_LOSS);
	return ST_OK;
}

enum status
listing_compare(
    const struct loglist *old, const struct loglist *list, struct err *e)
{
	enum status st = compare_age(old, list, e);

	return st == ST_OK ? compare_loss(old, list, e) : st;
}

static void
tell_refused(
    struct notices *told, const struct list_source *src, const struct err *why)
{
	struct notice *n = notice_new("loglist.refused", listing_label(src));

	notice_text(n, "list", listing_label(src));
	notice_text(n, "url", src->url);
	notice_text(n, "reason", why->text);
	notices_add(told, n);
}

void
listing_refused(
    struct notices *told, const struct list_source *src, const struct err *why)
{
	diag_error("log list %s: refused: %s; the last good one stays in use; "
		   "`indelible logs refresh` says what can be done",
	    listing_label(src), why->text);
	tell_refused(told, src, why);
}

/* We get the list that is for programs which must not change. */
static void
tell_frozen(struct notices *told, const struct list_source *src)
{
	static const char text[] =
	    "we are served the frozen list, which new logs are not added to: "
	    "it has the mimic logs";
	struct notice *n = notice_new("loglist.frozen", listing_label(src));

	diag_warn("log list %s: %s", listing_label(src), text);
	notice_text(n, "list", listing_label(src));
	notice_text(n, "url", src->url);
	notice_text(n, "reason", text);
	notices_add(told, n);
}

void
listing_warn(struct notices *told, const struct list_source *src,
    const struct loglist *list)
{
	int64_t days = (now_ms() - list->timestamp_ms) / DAY_MS;

	if (list->mimics)
		tell_frozen(told, src);
	if (list->timestamp_ms == 0 || days <= OLD_DAYS)
		return;
	diag_warn("log list %s: it is %lld days old; new logs may be missing%s",
	    listing_label(src), (long long)days,
	    days > STALE_DAYS ? ", and browsers would not use it any more"
			      : "");
}

/* --- by URL --------------------------------------------------------------- */

enum status
listing_may_fetch(
    const struct listing_conf *lc, const struct list_source *src, struct err *e)
{
	if (!config_url_ok(src->url, lc->allow_http, e))
		return ST_USAGE;
	if (lc->config->contact == NULL && !lc->offline &&
	    !http_is_loopback(src->url))
		return err_set(e, ST_USAGE,
		    "log list %s: servers want to know whom to write to: give "
		    "--contact ADDR (contact: in the configuration)",
		    listing_label(src));
	return ST_OK;
}

bool
listing_is_refusal(enum status st)
{
	return st == ST_BAD || st == ST_SIGNATURE || st == ST_LIMIT;
}

/* As listing_compare, but that lost logs are accepted when we are told to. */
static enum status
edition_compare(const struct listing *l, const struct loglist *old,
    const struct loglist *list, struct err *e)
{
	enum status st = compare_age(old, list, e);

	if (st != ST_OK)
		return st;
	st = compare_loss(old, list, e);
	if (st == ST_OK || !l->conf->accept)
		return st;
	diag_warn("accepted, as you say, though %s", e->text);
	return ST_OK;
}

/* Replace *ed, the copy or nothing, by what is fetched, when that is good. */
static enum status
edition_renew(struct listing *l, struct edition *ed,
    const struct list_source *src, const struct logkey *key, struct err *e)
{
	bool has_copy = ed->list.num > 0;
	struct fetch_list f = {src->url, key, has_copy ? 0 : MISMATCH_PAUSE_MS};
	struct edition new = {0};
	enum status st;

	if (l->fetch == NULL)
		l->fetch = fetch_new(l->conf->config, FETCH_LIMIT_MS);
	st = fetch_list(l->fetch, &f, &new, e);
	if (st == ST_OK && has_copy)
		st = edition_compare(l, &ed->list, &new.list, e);
	if (st == ST_OK)
		edition_swap(ed, &new);
	else if (listing_is_refusal(st))
		tell_refused(&l->notices, src, e);
	edition_fini(&new);
	return st;
}

/* The copy as it is. */
static enum status
edition_copied(bool has_copy, struct err *e)
{
	if (has_copy)
		return ST_OK;
	return err_set(e, ST_MISSING,
	    "there is no copy of it; `indelible logs refresh` fetches it");
}

/* Nothing better came than the copy in that file. */
static void
say_copy_is_used(const struct list_source *src, enum status st,
    const char *path, const struct err *why)
{
	if (listing_is_refusal(st))
		diag_error("log list %s: refused: %s; the last good one stays "
			   "in use (%s). When only logs are lost, and rightly, "
			   "`indelible logs refresh --accept` takes it; else "
			   "ask its publisher",
		    listing_label(src), why->text, path);
	else
		diag_warn("log list %s: the copy of the last good one is used "
			  "(%s): %s",
		    listing_label(src), path, why->text);
}

/* *ed holds the copy, when there is one. */
static enum status
edition_choose(struct listing *l, struct edition *ed,
    const struct list_source *src, const struct logkey *key, struct err *e)
{
	char *path = copy_path(l->conf->dir, src);
	bool has_copy = copy_read(ed, path, key);
	bool fetch = !l->conf->offline && !(l->conf->copies && has_copy);
	enum status st = fetch ? edition_renew(l, ed, src, key, e)
			       : edition_copied(has_copy, e);

	l->fetched = st;
	if (st == ST_OK && path != NULL && fetch)
		copy_keep(l->conf->dir, path, ed);
	l->copied |= has_copy && (st != ST_OK || !fetch);
	if (st != ST_OK && st != ST_AGAIN && has_copy) {
		say_copy_is_used(src, st, path, e);
		st = ST_OK;
	}
	free(path);
	return st;
}

static enum status
read_url(struct listing *l, const struct list_source *src, struct loglist *out,
    struct err *e)
{
	struct edition ed = {0};
	struct logkey *key = NULL;
	enum status st = listing_may_fetch(l->conf, src, e);

	if (st != ST_OK)
		return st;
	st = source_key(&key, src, e);
	if (st == ST_OK && key == NULL && !l->conf->offline)
		diag_info("log list %s: used without a signature",
		    listing_label(src));
	if (st == ST_OK)
		st = edition_choose(l, &ed, src, key, e);
	if (st == ST_OK) {
		listing_warn(&l->notices, src, &ed.list);
		*out = ed.list;
		ed.list = (struct loglist){0};
	} else if (st != ST_AGAIN) {
		err_prefix(
		    e, "log list %s", QUOTE(span_str(listing_label(src))));
	}
	logkey_free(key);
	edition_fini(&ed);
	return st;
}

enum status
listing_read(struct listing *l, const struct list_source *src,
    struct loglist *out, struct err *e)
{
	struct err own = {""};

	if (e == NULL)
		e = &own; /* refusals and warnings quote it */
	*out = (struct loglist){0};
	if (src->file != NULL)
		return read_file(src, out, e);
	ASSERT(l != NULL && src->url != NULL);
	return read_url(l, src, out, e);
}
