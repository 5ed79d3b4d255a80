/*
 * listing: where lists are, and what is refused; see listing.h. The copies are
 * in listing_copy.c, the network is in listing_fetch.c.
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

/* Of Google's list: gstatic.com/ct/log_list/v3/log_list_pubkey.pem. */
static const char chrome_pem[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEAsu0BHGnQ++W2CTdyZyxv\n"
    "HHRALOZPlnu/VMVgo2m+JZ8MNbAOH2cgXb8mvOj8flsX/qPMuKIaauO+PwROMjiq\n"
    "fUpcFm80Kl7i97ZQyBDYKm3MkEYYpGN+skAR2OebX9G2DfDqFY8+jUpOOWtBNr3L\n"
    "rmVcwx+FcFdMjGDlrZ5JRmoJ/SeGKiORkbbu9eY1Wd0uVhz/xI5bQb0OgII7hEj+\n"
    "i/IPbJqOHgB8xQ5zWAJJ0DmG+FM6o7gk403v6W3S8qRYiR84c50KppGwe4YqSMkF\n"
    "bLDleGQWLoaDSpEWtESisb4JiLaY4H+Kk0EyAhPSb+49JfUozYl+lf7iFN3qRq/S\n"
    "IXXTh6z0S7Qa8EYDhKGCrpI03/+qprwy+my6fpWHi6aUIk4holUCmWvFxZDfixox\n"
    "K0RlqbFDl2JXMBquwlQpm8u5wrsic1ksIv9z8x9zh4PJqNpCah0ciemI3YGRQqSe\n"
    "/mRRXBiSn9YQBUPcaeqCYan+snGADFwHuXCd9xIAdFBolw9R9HTedHGUfVXPJDiF\n"
    "4VusfX6BRR/qaadB+bqEArF/TzuDUr6FvOR4o8lUUxgLuZ/7HO+bHnaPFKYHHSm+\n"
    "+z1lVDhhYuSZ8ax3T0C3FZpb7HMjZtpEorSV5ElKJEJwrhrBCMOD8L01EoSPrGlS\n"
    "1w22i9uGHMn/uGQKo28u7AsCAwEAAQ==\n"
    "-----END PUBLIC KEY-----\n";

static const struct list_source builtin[] = {
    {.name = "chrome",
	.url = "https://www.gstatic.com/ct/log_list/v3/all_logs_list.json",
	.key_pem = chrome_pem},
    {.name = "apple",
	.url = "https://valid.apple.com/ct/log_list/current_log_list.json"},
};

struct refusal {
	char *list, *reason;
};

struct listing {
	const struct listing_conf *conf;
	struct fetch *fetch; /* once it is needed */
	size_t num_refusals;
	struct refusal *refusals;
};

const struct list_source *
listing_builtin(const char *name)
{
	for (size_t i = 0; i < sizeof(builtin) / sizeof(builtin[0]); i++)
		if (strcmp(builtin[i].name, name) == 0)
			return &builtin[i];
	return NULL;
}

struct list_source
listing_source(const struct conf_list *l)
{
	const struct list_source *b = l->name ? listing_builtin(l->name) : NULL;

	if (b != NULL)
		return *b;
	return (struct list_source){
	    .url = l->url, .file = l->file, .key_file = l->key_file};
}

struct listing *
listing_new(const struct listing_conf *conf)
{
	struct listing *l = NEW(struct listing);

	l->conf = conf;
	return l;
}

void
listing_free(struct listing *l)
{
	if (l == NULL)
		return;
	for (size_t i = 0; i < l->num_refusals; i++) {
		free(l->refusals[i].list);
		free(l->refusals[i].reason);
	}
	free(l->refusals);
	fetch_free(l->fetch);
	free(l);
}

/* --- files ------------------------------------------------------------------ */

/* *out is NULL for a list without a key. */
static enum status
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
			err_prefix(e, "log list %s", src->file);
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

enum status
listing_compare(
    const struct loglist *old, const struct loglist *list, struct err *e)
{
	enum status st = compare_age(old, list, e);
	size_t lost = 0;

	if (st != ST_OK)
		return st;
	for (size_t i = 0; i < old->num; i++)
		lost += !has_log(list, &old->log[i].log_id);
	if (lost * 100 > old->num * LIMIT_LIST_LOSS)
		return err_set(e, ST_BAD,
		    "it lacks %zu of the %zu logs of the last good one, more "
		    "than %u %%",
		    lost, old->num, LIMIT_LIST_LOSS);
	return ST_OK;
}

static const char *
source_label(const struct list_source *src)
{
	return src->name ? src->name : src->url;
}

static void
refuse(struct listing *l, const struct list_source *src, const struct err *why)
{
	diag_error("log list %s: refused: %s", source_label(src), why->text);
	l->refusals =
	    mem_grow(l->refusals, l->num_refusals + 1, sizeof(*l->refusals));
	l->refusals[l->num_refusals++] =
	    (struct refusal){mem_str(source_label(src)), mem_str(why->text)};
}

/* Good, but not as it should be. */
static void
warn_of(const struct list_source *src, const struct loglist *list)
{
	int64_t days = (now_ms() - list->timestamp_ms) / DAY_MS;

	if (list->mimics)
		diag_warn("log list %s: we are served the frozen list, which "
			  "new logs are not added to: it has the mimic logs",
		    source_label(src));
	if (list->timestamp_ms == 0 || days <= OLD_DAYS)
		return;
	diag_warn("log list %s: it is %lld days old; new logs may be missing%s",
	    source_label(src), (long long)days,
	    days > STALE_DAYS ? ", and browsers would not use it any more"
			      : "");
}

/* A refusal is told once a day. */
static void
refusal_id(uint8_t id[16], const struct refusal *r)
{
	struct hasher *h = hasher_new();
	int64_t day = now_ms() / DAY_MS;
	struct hash sum;

	hasher_start(h);
	hasher_add(h, span_of((const uint8_t *)&day, sizeof(day)));
	hasher_add(h, span_of((const uint8_t *)r->list, strlen(r->list) + 1));
	hasher_add(h, span_str(r->reason));
	hasher_finish(h, &sum);
	hasher_free(h);
	memcpy(id, sum.b, 16);
}

enum status
listing_tell(const struct listing *l, struct store *s, struct err *e)
{
	const struct store_api *api = ((struct store_base *)s)->api;
	enum status st = ST_OK;

	for (size_t i = 0; i < l->num_refusals && st == ST_OK; i++) {
		const struct refusal *r = &l->refusals[i];
		struct event ev = {.type = "loglist.refused",
		    .subject = r->list,
		    .time_ms = now_ms()};
		struct buf data = {0};

		buf_str(&data, "{\"list\":");
		text_json(&data, span_str(r->list));
		buf_str(&data, ",\"reason\":");
		text_json(&data, span_str(r->reason));
		buf_char(&data, '}');
		refusal_id(ev.id, r);
		ev.data = buf_span(&data);
		st = api->event_add(s, &ev, e);
		buf_fini(&data);
	}
	return st;
}

/* --- by URL --------------------------------------------------------------- */

static enum status
edition_fetch(struct listing *l, struct edition *ed,
    const struct list_source *src, bool is_signed, struct err *e)
{
	char *sig = sig_place(src->url, true);
	enum status st = ST_OK;

	edition_fini(ed);
	if (is_signed)
		st = fetch_get(l->fetch, sig, LIMIT_HEAD, &ed->sig, e);
	if (st == ST_OK)
		st = fetch_get(l->fetch, src->url, LIMIT_LOGLIST, &ed->json, e);
	free(sig);
	return st;
}

/* As it comes from its place, verified. */
static enum status
edition_get(struct listing *l, struct edition *ed,
    const struct list_source *src, const struct logkey *key, struct err *e)
{
	enum status st = edition_fetch(l, ed, src, key != NULL, e);

	return st == ST_OK ? edition_check(ed, key, e) : st;
}

/* List and signature were not of one edition: later they may be. */
static enum status
edition_again(struct listing *l, struct edition *ed,
    const struct list_source *src, const struct logkey *key, struct err *e)
{
	enum status st = fetch_pause(l->fetch, MISMATCH_PAUSE_MS, e);

	return st == ST_OK ? edition_get(l, ed, src, key, e) : st;
}

static enum status
url_check(struct listing *l, const struct list_source *src, struct err *e)
{
	const struct config *c = l->conf->config;

	if (!config_url_ok(src->url, l->conf->allow_http, e))
		return ST_USAGE;
	if (c->contact == NULL && !l->conf->offline &&
	    !http_is_loopback(src->url))
		return err_set(e, ST_USAGE,
		    "log list %s: servers want to know whom to write to: give "
		    "--contact ADDR (contact: in the configuration)",
		    source_label(src));
	return ST_OK;
}

static void
edition_swap(struct edition *a, struct edition *b)
{
	struct edition t = *a;

	*a = *b;
	*b = t;
}

/* Replace *ed, the copy or nothing, by what is fetched, when that is good. */
static enum status
edition_renew(struct listing *l, struct edition *ed,
    const struct list_source *src, const struct logkey *key, struct err *e)
{
	bool has_copy = ed->list.num > 0;
	struct edition new = {0};
	enum status st = edition_get(l, &new, src, key, e);

	if (st == ST_SIGNATURE && !has_copy)
		st = edition_again(l, &new, src, key, e);
	if (st == ST_OK && has_copy)
		st = listing_compare(&ed->list, &new.list, e);
	if (st == ST_OK)
		edition_swap(ed, &new);
	else if (st == ST_BAD || st == ST_SIGNATURE || st == ST_LIMIT)
		refuse(l, src, e);
	edition_fini(&new);
	return st;
}

/* *ed holds the copy, when there is one. */
static enum status
edition_choose(struct listing *l, struct edition *ed,
    const struct list_source *src, const struct logkey *key, struct err *e)
{
	char *path = copy_path(l->conf->dir, src);
	bool has_copy = copy_read(ed, path, key);
	enum status st;

	if (l->conf->offline)
		st = has_copy ? ST_OK
			      : err_set(e, ST_MISSING,
				    "there is no copy of it; "
				    "`indelible logs "
				    "refresh` fetches it");
	else
		st = edition_renew(l, ed, src, key, e);
	if (st == ST_OK && path != NULL && !l->conf->offline)
		copy_keep(l->conf->dir, path, ed);
	if (st != ST_OK && st != ST_AGAIN && has_copy) {
		diag_warn("log list %s: the copy of the last good one is used "
			  "(%s): %s",
		    source_label(src), path, e->text);
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
	enum status st = url_check(l, src, e);

	if (st != ST_OK)
		return st;
	st = source_key(&key, src, e);
	if (st == ST_OK && key == NULL && !l->conf->offline)
		diag_info(
		    "log list %s: used without a signature", source_label(src));
	if (st == ST_OK && l->fetch == NULL && !l->conf->offline)
		l->fetch = fetch_new(l->conf->config, FETCH_LIMIT_MS);
	if (st == ST_OK)
		st = edition_choose(l, &ed, src, key, e);
	if (st == ST_OK) {
		warn_of(src, &ed.list);
		*out = ed.list;
		ed.list = (struct loglist){0};
	} else if (st != ST_AGAIN) {
		err_prefix(e, "log list %s", source_label(src));
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
