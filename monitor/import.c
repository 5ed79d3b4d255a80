/* import: see import.h. */
#include "monitor/import.h"

#include <string.h>

#include "ctlog/base/mem.h"

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

static void
reading_record(void *arg, struct record *rec, size_t at)
{
	struct reading *r = arg;
	struct compiled c = {0};
	struct err e;

	if (is_of_others(r->im, rec)) {
		reading_bad(
		    r, at, "tenant: not the one that you may write for");
		return;
	}
	if (match_compile(&c, rec, r->keyer, &e) != ST_OK) {
		reading_bad(r, at, e.text);
		compiled_fini(&c);
		return;
	}
	if (!record_consented(rec) && rec->identity == NULL)
		reading_pending(r, rec, at);
	if (is_in_vain(rec))
		reading_warn(r, at, rec->id,
		    "needs a qualifier and has none: it matches nothing; give "
		    "domains, organizations, countries, localities or "
		    "emails, or require_qualifier: false");
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
