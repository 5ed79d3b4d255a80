/* import: see import.h. */
#include "monitor/import.h"

#include <string.h>

#include "alerts/sink.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"

/* Clocks differ, some by a lot; but nobody has consented in years to come. */
#define AHEAD_MS (366ll * 24 * 3600 * 1000)

struct reading {
	struct import *im;
	struct keyer *keyer;
	size_t num, cap;
	struct record *records;
	struct compiled *compiled;
	size_t *lines;   /* where they stand */
	size_t last_bad; /* line */
	bool told;       /* why nobody is asked */
};

static void
reading_bad(void *arg, size_t at, const char *what)
{
	struct reading *r = arg;

	r->im->lines_bad += at != r->last_bad;
	r->last_bad = at;
	r->im->bad(r->im->arg, at, what);
}

static void
reading_refused(void *arg, size_t i, const char *why)
{
	struct reading *r = arg;

	reading_bad(r, r->lines[i], why);
}

static void
reading_grow(struct reading *r)
{
	r->cap = r->cap ? 2 * r->cap : 64;
	r->records = mem_grow(r->records, r->cap, sizeof(*r->records));
	r->compiled = mem_grow(r->compiled, r->cap, sizeof(*r->compiled));
	r->lines = mem_grow(r->lines, r->cap, sizeof(*r->lines));
}

static void
reading_warn(struct reading *r, size_t at, const char *id, const char *what)
{
	struct err said;

	if (++r->im->warnings > IMPORT_WARNINGS)
		return;
	err_set(&said, ST_BAD, "record %s %s", id, what);
	r->im->warn(r->im->arg, at, said.text);
}

/* A name that is found only beside what the record does not tell. */
static bool
is_in_vain(const struct record *r)
{
	return r->kind == RECORD_NAME && r->require_qualifier &&
	       r->domains.num + r->organizations.num + r->countries.num +
		       r->localities.num + r->emails.num ==
		   0;
}

/* Somebody who may write for one tenant writes for that one. */
static bool
is_of_others(const struct import *im, const struct record *rec)
{
	return im->only != NULL && strcmp(rec->tenant, im->only) != 0;
}

static bool
is_expired(const struct import *im, const struct record *rec)
{
	return rec->expires_ms != 0 && rec->expires_ms <= im->now_ms;
}

/* --- who is told ----------------------------------------------------------- */

/* tenant: NULL: any. */
static bool
is_for(const struct conf_sink *k, const char *tenant)
{
	for (size_t i = 0; tenant != NULL && i < k->tenants.num; i++)
		if (strcmp(k->tenants.list[i], tenant) == 0)
			return true;
	return tenant == NULL || k->tenants.num == 0;
}

static const struct conf_sink *
sink_named(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->alerts.num_sinks; i++)
		if (strcmp(c->alerts.sinks[i].name, name) == 0)
			return &c->alerts.sinks[i];
	return NULL;
}

/* Those of a tenant, NULL: all. */
static void
put_sinks(struct buf *out, const struct config *c, const char *tenant)
{
	size_t before = out->len;

	for (size_t i = 0; i < c->alerts.num_sinks; i++) {
		const struct conf_sink *k = &c->alerts.sinks[i];

		if (is_for(k, tenant))
			buf_fmt(out, "%s%s", out->len > before ? ", " : "",
			    QUOTE(span_str(k->name)));
	}
	if (out->len == before)
		buf_str(out, "none");
}

/* Why alerts of the record cannot go to this sink; nothing: they can. To
 * somebody who may write for one tenant the sinks of others do not exist. */
static void
sink_fault(struct buf *out, const struct import *im, const struct record *rec,
    const char *name)
{
	const struct conf_sink *k = sink_named(im->config, name);

	if (k != NULL && !is_for(k, im->only))
		k = NULL;
	if (k == NULL) {
		buf_fmt(out,
		    "notify: there is no sink %s; the configuration has: ",
		    QUOTE(span_str(name)));
		put_sinks(out, im->config, im->only);
	} else if (!is_for(k, rec->tenant)) {
		buf_fmt(out,
		    "notify: sink %s does not serve tenant %s; these do: ",
		    QUOTE(span_str(name)), QUOTE(span_str(rec->tenant)));
		put_sinks(out, im->config, rec->tenant);
	}
}

/* An alert for a sink that is not there would be lost without a word. */
static bool
has_lost_sink(struct reading *r, const struct record *rec, size_t at)
{
	struct span sink = span_str("sink:");
	struct buf why = {0};
	bool lost = false;

	for (size_t i = 0; r->im->config != NULL && i < rec->notify.num; i++) {
		const char *to = rec->notify.list[i];

		if (!span_starts(span_str(to), sink))
			continue;
		buf_clear(&why);
		sink_fault(&why, r->im, rec, to + sink.len);
		if (why.len == 0)
			continue;
		reading_bad(r, at, buf_cstr(&why));
		lost = true;
	}
	buf_fini(&why);
	return lost;
}

static bool
has_mailto(const struct record *rec)
{
	for (size_t i = 0; i < rec->notify.num; i++)
		if (span_starts(
			span_str(rec->notify.list[i]), span_str("mailto:")))
			return true;
	return false;
}

/* Nobody carries mail to its addresses. */
static bool
is_unmailed(const struct import *im, const struct record *rec)
{
	if (im->config == NULL || !has_mailto(rec))
		return false;
	for (size_t i = 0; i < im->config->alerts.num_sinks; i++) {
		const struct conf_sink *k = &im->config->alerts.sinks[i];

		if (sink_mails_records(k) && is_for(k, rec->tenant))
			return false;
	}
	return true;
}

/* --- what is not refused, but told of --------------------------------------- */

/* A record whose consent is not complete. */
static void
reading_pending(struct reading *r, const struct record *rec, size_t at)
{
	const char *why = r->im->unasked;
	struct buf what = {0};

	buf_str(
	    &what, "has no complete consent (purpose, method, at, evidence); ");
	if (rec->kind == RECORD_DOMAIN)
		buf_str(&what,
		    "it stays pending and matches nothing; in a "
		    "store, `indelible records show` tells how it is "
		    "proven");
	else if (rec->kind != RECORD_EMAIL || why != NULL)
		buf_str(&what, "it stays pending and matches nothing");
	else
		buf_str(&what, "it is pending until whoever reads mail at "
			       "the address confirms it");
	if (rec->kind == RECORD_EMAIL && why != NULL && !r->told) {
		buf_fmt(&what, " (nobody is asked to confirm it: %s)", why);
		r->told = true;
	}
	reading_warn(r, at, rec->id, buf_cstr(&what));
	buf_fini(&what);
}

/* Of another tenant than the one that was said. */
static void
reading_stray(struct reading *r, const struct record *rec, size_t at)
{
	const struct import *im = r->im;
	struct buf what = {0};

	if (im->only != NULL || im->tenant == NULL ||
	    strcmp(rec->tenant, im->tenant) == 0)
		return;
	buf_fmt(&what, "is of tenant %s, as its line says, not of %s",
	    QUOTE(span_str(rec->tenant)), QUOTE(span_str(im->tenant)));
	reading_warn(r, at, rec->id, buf_cstr(&what));
	buf_fini(&what);
}

static void
reading_doubts(struct reading *r, const struct record *rec, size_t at)
{
	reading_stray(r, rec, at);
	if (is_expired(r->im, rec))
		reading_warn(r, at, rec->id,
		    "is past its expiry: it matches nothing; import it with a "
		    "later `expires`");
	else if (!record_consented(rec) && rec->identity == NULL)
		reading_pending(r, rec, at);
	if (is_in_vain(rec))
		reading_warn(r, at, rec->id,
		    "needs a qualifier and has none: it matches nothing; give "
		    "domains, organizations, countries, localities or "
		    "emails, or require_qualifier: false");
	if (is_unmailed(r->im, rec))
		reading_warn(r, at, rec->id,
		    "has mailto: in notify, but no sink mails to records of "
		    "its tenant (mail with `to: record`): nothing goes there");
}

/* --- records ------------------------------------------------------------------ */

/* What no reading of the record alone can tell. */
static bool
is_refused(struct reading *r, const struct record *rec, size_t at)
{
	bool lost;

	if (is_of_others(r->im, rec)) {
		reading_bad(
		    r, at, "tenant: not the one that you may write for");
		return true;
	}
	lost = has_lost_sink(r, rec, at);
	if (rec->consent_ms <= r->im->now_ms + AHEAD_MS)
		return lost;
	reading_bad(r, at,
	    "consent.at: this is in the future; write when the consent was "
	    "given");
	return true;
}

/* A scan tells of every record, in its own way. */
static void
forget_notify(struct record *rec)
{
	for (size_t i = 0; i < rec->notify.num; i++)
		free(rec->notify.list[i]);
	free(rec->notify.list);
	rec->notify = (struct strings){0};
}

static void
reading_record(void *arg, struct record *rec, size_t at)
{
	struct reading *r = arg;
	struct compiled c = {0};
	struct err e;

	if (is_refused(r, rec, at))
		return;
	if (match_compile(&c, rec, r->keyer, &e) != ST_OK) {
		reading_bad(r, at, e.text);
		compiled_fini(&c);
		return;
	}
	reading_doubts(r, rec, at);
	if (r->im->config == NULL)
		forget_notify(rec);
	if (r->num == r->cap)
		reading_grow(r);
	r->records[r->num] = *rec;
	r->lines[r->num] = at;
	r->compiled[r->num++] = c;
	*rec = (struct record){0};
}

static void
reading_fini(struct reading *r)
{
	for (size_t i = 0; i < r->num; i++) {
		record_fini(&r->records[i]);
		compiled_fini(&r->compiled[i]);
	}
	free(r->records);
	free(r->compiled);
	free(r->lines);
	keyer_free(r->keyer);
}

static enum status
reading_store(struct reading *r, struct store *s, struct err *e)
{
	struct import *im = r->im;
	struct store_import io = {.who = im->who,
	    .num = r->num,
	    .records = r->records,
	    .compiled = r->compiled,
	    .now_ms = im->now_ms,
	    .refused = reading_refused,
	    .arg = r};
	enum status st =
	    ((struct store_base *)s)->api->records_import(s, &io, e);

	im->added = io.added;
	im->updated = io.updated;
	im->active = io.active;
	im->pending = io.pending;
	return st;
}

enum status
import_records(struct import *im, struct store *s, struct err *e)
{
	struct reading r = {.im = im, .keyer = keyer_new(im->index_key)};
	enum status st;

	record_read_of(im->file,
	    im->tenant != NULL ? im->tenant : RECORD_TENANT, reading_record,
	    reading_bad, &r);
	st = im->lines_bad > 0 ? ST_BAD : reading_store(&r, s, e);
	if (st == ST_BAD && im->lines_bad > 0)
		err_set(e, st, "%zu bad line%s; nothing was imported",
		    im->lines_bad, im->lines_bad == 1 ? "" : "s");
	reading_fini(&r);
	return st;
}
