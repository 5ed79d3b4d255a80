/* survey: what a store knows, beside the configuration; see survey.h. */
#include "monitor/survey.h"

#include <inttypes.h>
#include <string.h>
#include <sys/statvfs.h>

#include "config/value.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/cmd.h"
#include "monitor/diag.h"
#include "monitor/listing.h"
#include "monitor/store/ledger.h"

static struct survey_log *
log_add(struct survey *v)
{
	v->logs = mem_grow(v->logs, v->num + 1, sizeof(*v->logs));
	v->logs[v->num] = (struct survey_log){0};
	return &v->logs[v->num++];
}

static struct survey_log *
log_find(const struct survey *v, const struct hash *log_id)
{
	for (size_t i = 0; i < v->num; i++)
		if (hash_eq(&v->logs[i].log.log_id, log_id))
			return &v->logs[i];
	return NULL;
}

static void
head_copy(struct store_head *to, struct buf *raw, const struct store_head *h)
{
	*to = *h;
	buf_span_add(raw, h->raw);
	to->raw = buf_span(raw);
}

static void
on_log(void *arg, const struct store_log *log)
{
	struct survey_log *l = log_add(arg);

	l->stored = true;
	l->log = *log;
	l->log.name = mem_str(log->name);
	l->log.operator_name = mem_str(log->operator_name);
	l->log.url = mem_str(log->url);
	l->log.api = mem_str(log->api);
	l->log.newest_raw = l->log.proven_raw = (struct buf){0};
	head_copy(&l->log.newest, &l->log.newest_raw, &log->newest);
	head_copy(&l->log.proven, &l->log.proven_raw, &log->proven);
}

static void
heads_newer(struct store_log *to, const struct store_log *from)
{
	buf_clear(&to->newest_raw);
	buf_clear(&to->proven_raw);
	head_copy(&to->newest, &to->newest_raw, &from->newest);
	head_copy(&to->proven, &to->proven_raw, &from->proven);
}

/* A running service may have gone on since the logs were listed: the heads
 * that were read together with the stretch belong to it. */
static void
on_stretch(void *arg, const struct store_log *log, const struct stretch *s)
{
	struct survey *v = arg;
	struct survey_log *l = log_find(v, &log->log_id);

	if (l == NULL) {
		on_log(v, log);
		l = &v->logs[v->num - 1];
	}
	heads_newer(&l->log, log);
	l->log.trouble = log->trouble;
	l->stretches =
	    mem_grow(l->stretches, l->num + 1, sizeof(*l->stretches));
	l->stretches[l->num++] = *s;
}

static void
on_quarantined(
    void *arg, const struct hash *log_id, const char *reason, uint64_t index)
{
	struct survey_log *l = log_find(arg, log_id);
	struct survey_sum *sum;

	if (l == NULL)
		return; /* of a log that came since the logs were listed */
	if (l->num_quarantined == 0 ||
	    strcmp(l->quarantined[l->num_quarantined - 1].reason, reason)) {
		l->quarantined = mem_grow(l->quarantined,
		    l->num_quarantined + 1, sizeof(*l->quarantined));
		l->quarantined[l->num_quarantined++] =
		    (struct survey_sum){.reason = mem_str(reason)};
	}
	sum = &l->quarantined[l->num_quarantined - 1];
	sum->at = mem_grow(sum->at, sum->num + 1, sizeof(*sum->at));
	sum->at[sum->num++] = index;
}

static void
on_count(void *arg, const struct hash *log_id, const struct store_count *c)
{
	struct survey_log *l = log_find(arg, log_id);
	struct store_count *to;

	if (l == NULL)
		return;
	l->counts = mem_grow(l->counts, l->num_counts + 1, sizeof(*l->counts));
	to = &l->counts[l->num_counts++];
	*to = *c;
	to->label = mem_str(c->label);
}

/* Certificates, classes by name, findings by place. */
static int
by_what(const void *a, const void *b)
{
	const struct store_count *x = a, *y = b;
	int order = (int)x->what - (int)y->what;

	if (order == 0)
		order = strcmp(x->label, y->label);
	if (order == 0)
		order = (int)x->kind - (int)y->kind;
	return order != 0 ? order : (int)x->side - (int)y->side;
}

/* What health takes, which is little beside the rest. */
static enum status
health_read(struct survey *v, struct store *s, struct err *e)
{
	const struct store_api *api = ((struct store_base *)s)->api;
	enum status st = api->logs(s, on_log, v, e);

	if (st == ST_OK)
		st = api->stretches(s, on_stretch, v, e);
	if (st == ST_OK)
		st = api->outbox_next(s, NULL, &v->due_ms, &v->waiting, e);
	if (st == ST_OK)
		st = api->counts(s, &v->counts, e);
	return st;
}

static enum status
store_read(struct survey *v, struct store *s, struct err *e)
{
	const struct store_api *api = ((struct store_base *)s)->api;
	enum status st = health_read(v, s, e);

	if (st == ST_OK)
		st = api->quarantine_places(s, on_quarantined, v, e);
	if (st == ST_OK)
		st = api->tallies(s, on_count, v, e);
	for (size_t i = 0; i < v->num; i++)
		if (v->logs[i].num_counts > 0)
			qsort(v->logs[i].counts, v->logs[i].num_counts,
			    sizeof(struct store_count), by_what);
	if (st == ST_OK)
		st = api->records_count(s, v->records, e);
	return st;
}

/* The configured logs; lists out of the copies beside the store, for nothing
 * is fetched here. */
static void
wants_read(struct survey *v, const struct config *c)
{
	char *dir = cmd_list_dir(c->store);
	struct listing_conf lc = {.config = c, .dir = dir, .offline = true};
	struct listing *listing = listing_new(&lc);
	struct err *e = &v->wants_why;

	v->wants_known = wants_of_config(&v->wants, c, listing, e) == ST_OK;
	listing_free(listing);
	free(dir);
	for (size_t i = 0; i < v->wants.num; i++) {
		const struct want_log *w = &v->wants.list[i];
		struct survey_log *l = log_find(v, logkey_id(w->key));

		if (l == NULL) {
			l = log_add(v);
			l->log.log_id = *logkey_id(w->key);
			l->log.name = mem_str(w->name);
			l->log.url = mem_str(w->url);
			l->log.api = mem_str(w->api ? w->api->name : "");
		}
		l->want = w;
	}
}

/* What the store's disk has left; plenty when that is not known. */
static uint64_t
room(const char *store)
{
	struct statvfs fs;
	const char *path;

	if (!value_store(store, &path, NULL) || path == NULL ||
	    statvfs(path, &fs) != 0)
		return UINT64_MAX;
	return (uint64_t)fs.f_bavail * fs.f_frsize;
}

/* What is not in the store, but beside it. */
static void
around_read(struct survey *out, struct store *s, const struct config *c)
{
	const struct store_api *api = ((struct store_base *)s)->api;
	struct store_conf sc = {.url = c->store};

	out->room = room(c->store);
	out->in_use = api->in_use(&sc, out->owner);
	out->running = strstr(out->owner, CMD_SERVICE) != NULL;
	wants_read(out, c);
}

enum status
survey_of(
    struct survey *out, struct store *s, const struct config *c, struct err *e)
{
	enum status st;

	*out = (struct survey){.due_ms = INT64_MAX};
	st = store_read(out, s, e);
	if (st == ST_OK)
		st = survey_sinks(out, s, c, e);
	if (st == ST_OK)
		around_read(out, s, c);
	return st;
}

enum status
survey_health(
    struct survey *out, struct store *s, const struct config *c, struct err *e)
{
	enum status st;

	*out = (struct survey){.due_ms = INT64_MAX};
	st = health_read(out, s, e);
	if (st == ST_OK)
		st = survey_sinks(out, s, c, e);
	if (st == ST_OK)
		around_read(out, s, c);
	return st;
}

static enum status
audit_read(struct survey *v, struct store *s, struct err *e)
{
	const struct ledger_api *ledger = ((struct store_base *)s)->api->ledger;
	enum status st;

	if (ledger == NULL)
		return ST_OK;
	v->audit.checked = true;
	st = ledger->audit_check(s, &v->audit.rows, v->audit.head, e);
	v->audit.whole = st == ST_OK;
	if (st != ST_BAD)
		return st;
	v->audit.why = *e;
	return ST_OK;
}

int
survey_read(struct survey *out, const struct config *c, bool check)
{
	struct store_conf sc = {.read_only = true, .check = check};
	const struct store_api *api;
	struct store *s;
	struct err e;
	enum status st;
	int rc;

	*out = (struct survey){0};
	rc = cmd_store_conf(&sc, &api, c);
	if (rc != EX_OK)
		return rc;
	st = api->open(&s, &sc, &e);
	keys_wipe(&sc.keys);
	if (st != ST_OK)
		return cmd_store_fail(st, &e);
	st = survey_of(out, s, c, &e);
	if (st == ST_OK && check)
		st = audit_read(out, s, &e);
	api->close(s);
	if (st != ST_OK)
		return cmd_store_fail(st, &e);
	if (!out->wants_known)
		diag_warn("not all of the configuration's logs are known: %s",
		    out->wants_why.text);
	return EX_OK;
}

void
survey_fini(struct survey *v)
{
	for (size_t i = 0; i < v->num; i++) {
		store_log_fini(&v->logs[i].log);
		for (size_t k = 0; k < v->logs[i].num_quarantined; k++) {
			free(v->logs[i].quarantined[k].reason);
			free(v->logs[i].quarantined[k].at);
		}
		free(v->logs[i].quarantined);
		for (size_t k = 0; k < v->logs[i].num_counts; k++)
			free((char *)(uintptr_t)v->logs[i].counts[k].label);
		free(v->logs[i].counts);
		free(v->logs[i].stretches);
	}
	free(v->logs);
	free(v->sinks);
	wants_fini(&v->wants);
	*v = (struct survey){0};
}

const struct stretch *
survey_tail(const struct survey_log *l)
{
	for (size_t i = 0; i < l->num; i++)
		if (l->stretches[i].job == 0)
			return &l->stretches[i];
	return NULL;
}

static int
by_begin(const void *a, const void *b)
{
	const struct survey_part *x = a, *y = b;

	return (x->begin > y->begin) - (x->begin < y->begin);
}

/* In order; those that touch become one. Returns how many are left. */
static size_t
parts_join(struct survey_part *p, size_t num)
{
	size_t last = 0;

	qsort(p, num, sizeof(*p), by_begin);
	for (size_t i = 1; i < num; i++) {
		if (p[i].begin > p[last].end)
			p[++last] = p[i];
		else if (p[i].end > p[last].end)
			p[last].end = p[i].end;
	}
	return num > 0 ? last + 1 : 0;
}

size_t
survey_covered(const struct survey_log *l, struct survey_part **out)
{
	struct survey_part *p = mem_new(l->num, sizeof(*p));
	size_t num = 0;

	for (size_t i = 0; i < l->num; i++) {
		const struct stretch *s = &l->stretches[i];

		if (s->proven > s->begin)
			p[num++] = (struct survey_part){s->begin, s->proven};
	}
	*out = p;
	return parts_join(p, num);
}

/* Nothing more of it will be proven. */
static bool
is_broken(const struct survey_log *l, const struct stretch *s)
{
	return (s->job < 0 && s->scan == 0) ||
	       (s->job == 0 && l->log.trouble.level == TROUBLE_BROKEN);
}

/* What of p is in none of `covered`, into `rest`. Returns how many. */
static size_t
part_without(struct survey_part *rest, struct survey_part p,
    const struct survey_part *covered, size_t num)
{
	size_t left = 0;

	for (size_t i = 0; i < num && p.begin < p.end; i++) {
		if (covered[i].end <= p.begin || covered[i].begin >= p.end)
			continue;
		if (covered[i].begin > p.begin)
			rest[left++] =
			    (struct survey_part){p.begin, covered[i].begin};
		p.begin = covered[i].end;
	}
	if (p.begin < p.end)
		rest[left++] = p;
	return left;
}

size_t
survey_unproven(const struct survey_log *l, struct survey_part **out)
{
	const struct trouble *t = &l->log.trouble;
	struct survey_part *covered, *p = mem_new(l->num + 1, sizeof(*p));
	size_t num_covered = survey_covered(l, &covered), num = 0, left = 0;
	struct survey_part *rest;

	if (t->gap_to > t->gap_from)
		p[num++] = (struct survey_part){t->gap_from, t->gap_to};

	for (size_t i = 0; i < l->num; i++) {
		const struct stretch *s = &l->stretches[i];

		if (is_broken(l, s) && s->read > s->proven)
			p[num++] = (struct survey_part){s->proven, s->read};
	}
	num = parts_join(p, num);
	rest = mem_new(num + num_covered, sizeof(*rest));
	for (size_t i = 0; i < num; i++)
		left += part_without(rest + left, p[i], covered, num_covered);
	free(covered);
	free(p);
	*out = rest;
	return left;
}

/* --- writing -------------------------------------------------------------- */

void
survey_json(struct buf *out, const struct survey_log *l)
{
	buf_str(out, "\"name\":");
	text_json(out, span_str(l->log.name));
	buf_str(out, ",\"log_id\":\"");
	text_base64(out, hash_span(&l->log.log_id));
	buf_str(out, "\",\"api\":");
	text_json(out, span_str(l->log.api));
	buf_str(out, ",\"url\":");
	text_json(out, span_str(l->log.url));
}

void
survey_parts_json(
    struct buf *out, const char *key, const struct survey_part *p, size_t num)
{
	buf_fmt(out, ",\"%s\":[", key);
	for (size_t i = 0; i < num; i++)
		buf_fmt(out, "%s[%" PRIu64 ",%" PRIu64 "]", i > 0 ? "," : "",
		    p[i].begin, p[i].end);
	buf_char(out, ']');
}

void
survey_parts_text(struct buf *out, const struct survey_part *p, size_t num)
{
	for (size_t i = 0; i < num; i++)
		buf_fmt(out, "%s[%" PRIu64 ", %" PRIu64 ")", i > 0 ? ", " : "",
		    p[i].begin, p[i].end);
}

void
survey_head_json(struct buf *out, const struct store_head *h)
{
	char when[TEXT_TIME];

	if (h->raw.len == 0)
		buf_str(out, "null");
	else
		buf_fmt(out, "{\"size\":%" PRIu64 ",\"time\":\"%s\"}", h->size,
		    text_time(when, h->timestamp_ms));
}

void
survey_job(struct buf *out, const struct stretch *s)
{
	if (s->job == 0)
		buf_str(out, "tail");
	else if (s->scan != 0)
		buf_fmt(out, "part of scan %" PRId64, s->scan);
	else if (s->job < 0)
		buf_str(out, "tail before a bridged gap");
	else
		buf_fmt(out, "scan %" PRId64, s->job);
}

void
survey_unproven_json(struct buf *out, const struct survey_log *l)
{
	struct survey_part *p;
	size_t num = survey_unproven(l, &p);

	survey_parts_json(out, "unproven", p, num);
	free(p);
}
