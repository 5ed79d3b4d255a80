/* rules: see rules.h. */
#include "monitor/store/rules.h"

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"

enum status
rule_claim(const struct stretch *io, struct err *e)
{
	if (io->begin > LIMIT_TREE_SIZE || io->limit < io->begin)
		return err_set(e, ST_USAGE,
		    "a stretch cannot begin at %llu and end before %llu",
		    (unsigned long long)io->begin,
		    (unsigned long long)io->limit);
	if (io->scan != 0 && io->job >= 0)
		return err_set(e, ST_USAGE, "a part of a scan has no such job");
	if (io->tree.end != io->begin)
		return err_set(e, ST_USAGE,
		    "a new stretch begins at %llu, but its tree ends at %llu",
		    (unsigned long long)io->begin,
		    (unsigned long long)io->tree.end);
	return ST_OK;
}

enum status
rule_head(const struct store_head *h, struct err *e)
{
	if (h->size > LIMIT_TREE_SIZE)
		return err_set(e, ST_LIMIT,
		    "a head of %llu entries: no log is that large",
		    (unsigned long long)h->size);
	if (h->raw.len > LIMIT_HEAD)
		return err_set(e, ST_LIMIT, "a head of %zu bytes", h->raw.len);
	return ST_OK;
}

bool
rule_trouble(const struct trouble *old, const struct trouble *new)
{
	if (new->level == TROUBLE_NONE)
		return old->level == TROUBLE_PASSING;
	return new->level > old->level;
}

enum status
rule_bridge(uint64_t *resume_at, const struct trouble *t,
    const struct stretch *tail, struct err *e)
{
	uint64_t end;

	*resume_at = 0;
	if (t->level == TROUBLE_NONE)
		return err_set(e, ST_USAGE,
		    "there is nothing to bridge: the log is in no trouble");
	if (t->level != TROUBLE_BROKEN || tail == NULL)
		return ST_OK;
	end = t->gap_to > 0 ? t->gap_to : tail->read;
	if (tail->read < end)
		return err_set(e, ST_USAGE,
		    "the entries up to %llu have to be read first, and are "
		    "read up to %llu; start `indelible monitor` for that",
		    (unsigned long long)end, (unsigned long long)tail->read);
	*resume_at = end;
	return ST_OK;
}

int64_t
rule_scan(const struct stretch *at)
{
	if (at->scan != 0)
		return at->scan;
	return at->job > 0 ? at->job : 0;
}

enum status
rule_stale(const struct stretch *at, struct err *e)
{
	return err_set(e, ST_STALE,
	    "stretch %lld was moved from %llu by somebody else",
	    (long long)at->id, (unsigned long long)at->read);
}

static enum status
check_proof(const struct store_commit *c, struct err *e)
{
	const struct store_proof *p = c->proof;

	if (p->proven > c->read || p->proven < c->at->begin ||
	    p->tree->end != p->proven || p->head.size < p->proven)
		return err_set(e, ST_USAGE,
		    "a proof up to %llu with a tree up to %llu and a head of "
		    "%llu does not fit a position of %llu",
		    (unsigned long long)p->proven,
		    (unsigned long long)p->tree->end,
		    (unsigned long long)p->head.size,
		    (unsigned long long)c->read);
	return rule_head(&p->head, e);
}

static enum status
check_tallies(const struct store_commit *c, struct err *e)
{
	uint64_t from = c->at->read;

	for (size_t i = 0; i < c->num_tallies; i++) {
		const struct store_tally *t = &c->tallies[i];

		if (t->end <= from || t->end > c->read)
			return err_set(e, ST_USAGE,
			    "a tally to %llu is outside of what was read",
			    (unsigned long long)t->end);
		from = t->end;
		for (size_t k = 0; k < t->num; k++)
			if (t->list[k].n > INT64_MAX)
				return err_set(
				    e, ST_USAGE, "a count is out of range");
	}
	return ST_OK;
}

enum status
rule_commit(const struct store_commit *c, struct err *e)
{
	uint64_t begin = c->at->read;
	enum status st;

	if (c->read < begin || c->read > LIMIT_TREE_SIZE ||
	    c->read > c->at->limit || c->tree->end != c->read)
		return err_set(e, ST_USAGE,
		    "a position cannot move from %llu to %llu with a tree up "
		    "to %llu",
		    (unsigned long long)begin, (unsigned long long)c->read,
		    (unsigned long long)c->tree->end);
	for (size_t i = 0; i < c->num_hits; i++)
		if (c->hits[i].index < begin || c->hits[i].index >= c->read)
			return err_set(e, ST_USAGE,
			    "a hit at %llu is outside of what was read",
			    (unsigned long long)c->hits[i].index);
	for (size_t i = 0; i < c->num_quarantined; i++)
		if (c->quarantined[i].index < begin ||
		    c->quarantined[i].index >= c->read)
			return err_set(e, ST_USAGE,
			    "a quarantined entry at %llu is outside of what "
			    "was read",
			    (unsigned long long)c->quarantined[i].index);
	st = c->proof == NULL ? ST_OK : check_proof(c, e);
	return st != ST_OK ? st : check_tallies(c, e);
}

static bool
has_line(const char *lines, const char *name)
{
	struct span left = span_str(lines);

	while (left.len != 0) {
		size_t n = span_chr(left, '\n');

		if (span_eq_str(span_cut(left, 0, n), name))
			return true;
		left = span_from(left, n + 1);
	}
	return false;
}

bool
rule_serves(const struct store_sink *k, const char *tenant, const char *only)
{
	if (only != NULL && !has_line(only, k->name) &&
	    !(k->to_record && has_line(only, RULE_MAILTO)))
		return false;
	for (size_t i = 0; i < k->tenants.num; i++)
		if (strcmp(k->tenants.list[i], tenant) == 0)
			return true;
	return k->tenants.num == 0;
}

bool
rule_takes_events(const struct store_sink *k)
{
	return k->tenants.num == 0 && !k->to_record;
}

bool
rule_takes_event(const struct store_sink *k, const char *type)
{
	return strcmp(type, "canary") == 0 || rule_takes_events(k);
}

const struct store_sink *
rule_sink(const struct store_sink *list, size_t num, const char *name)
{
	for (size_t i = 0; i < num; i++)
		if (strcmp(list[i].name, name) == 0)
			return &list[i];
	return NULL;
}

bool
rule_still_for(const struct store_sink *k, const struct rule_for *f)
{
	if (f->tenant == NULL)
		return rule_takes_event(k, f->type);
	return rule_serves(k, f->tenant, NULL) && k->to_record == f->person;
}

bool
rule_astray(const struct store_sink *list, size_t num, struct outbox_row *r,
    bool person)
{
	const struct store_sink *k = rule_sink(list, num, r->sink);
	const struct rule_for f = {
	    .tenant = r->is_exposure ? r->x.tenant : NULL,
	    .type = r->is_exposure ? NULL : buf_cstr(&r->event_type),
	    .person = person};

	return k != NULL && !r->damaged && !rule_still_for(k, &f);
}

char *
rule_only(const struct record *r)
{
	struct buf b = {0};
	bool mails = false;

	for (size_t i = 0; i < r->notify.num; i++) {
		struct span to = span_str(r->notify.list[i]);

		if (!span_starts(to, span_str("sink:"))) {
			mails = true;
			continue;
		}
		if (b.len != 0)
			buf_char(&b, '\n');
		buf_span_add(&b, span_from(to, 5));
	}
	if (mails)
		buf_fmt(&b, "%s" RULE_MAILTO, b.len != 0 ? "\n" : "");
	if (b.len == 0)
		return NULL;
	buf_cstr(&b);
	return (char *)b.p;
}

int64_t
rule_later(int64_t now_ms, int64_t wait_ms)
{
	int64_t sum;

	return __builtin_add_overflow(now_ms, wait_ms, &sum) ? INT64_MAX : sum;
}

/* 1970-01-05 was a Monday. */
#define MONDAY_MS (4 * 86400000ll)

int64_t
rule_digest_at(const struct store_sink *k, enum store_cadence c, int64_t at_ms)
{
	bool weekly = c == CADENCE_WEEKLY;
	int64_t step = weekly ? k->week_ms : k->day_ms;
	int64_t since = at_ms - k->at_ms - (weekly ? MONDAY_MS : 0);

	if (step <= 0)
		return at_ms;
	return at_ms - (since % step + step) % step + step;
}

bool
rule_expired(int64_t expires_ms, int64_t now_ms)
{
	return expires_ms != 0 && expires_ms <= now_ms;
}

bool
rule_same_value(enum record_kind k, struct span a, struct span b)
{
	if (k == RECORD_NAME)
		return span_eq(a, b);
	return span_eq(
	    span_cut(a, 0, LIMIT_STORE_KEY), span_cut(b, 0, LIMIT_STORE_KEY));
}

static bool
was_confirmed(const struct record *r)
{
	return record_consented(r) && (strcmp(r->method, "mail") == 0 ||
					  strcmp(r->method, "dns") == 0);
}

void
rule_carry(struct record *r, const struct rule_before *b)
{
	if (b == NULL || !b->same || record_consented(r) ||
	    !was_confirmed(b->r) ||
	    (b->state != RECORD_ACTIVE && b->state != RECORD_PAUSED))
		return;
	if (r->purpose == NULL)
		r->purpose = b->r->purpose;
	r->method = b->r->method;
	r->evidence = b->r->evidence;
	r->consent_ms = b->r->consent_ms;
}

bool
rule_agreed(const struct record *r, const struct record *was)
{
	if (!record_consented(r))
		return false;
	return !record_consented(was) || r->consent_ms != was->consent_ms ||
	       strcmp(r->method, was->method) != 0 ||
	       strcmp(r->evidence, was->evidence) != 0;
}

enum record_state
rule_imported(
    const struct record *r, const struct rule_before *b, int64_t now_ms)
{
	if (!record_consented(r) || rule_expired(r->expires_ms, now_ms))
		return RECORD_PENDING;
	if (b == NULL || rule_agreed(r, b->r))
		return RECORD_ACTIVE;
	if (!b->same)
		return RECORD_PENDING;
	if (b->state == RECORD_PAUSED)
		return RECORD_PAUSED;
	/* It waits for another consent, not only for a later expiry. */
	if (b->state == RECORD_PENDING &&
	    !rule_expired(b->r->expires_ms, now_ms))
		return RECORD_PENDING;
	return RECORD_ACTIVE;
}

void
rule_consent_text(struct buf *out, const struct record *r)
{
	char when[TEXT_TIME];

	if (record_consented(r))
		buf_fmt(out, "for %s, by %s at %s: %s", r->purpose, r->method,
		    text_time(when, r->consent_ms), r->evidence);
}

enum status
rule_identity(const struct record *r, const enum record_kind *kind,
    enum record_state state, int64_t num, struct err *e)
{
	const char *id = QUOTE(span_str(r->id));
	const char *of = QUOTE(span_str(r->identity));

	if (kind == NULL)
		return err_set(e, ST_BAD,
		    "record %s belongs to %s, but tenant %s has no such "
		    "record; import that one, too",
		    id, of, QUOTE(span_str(r->tenant)));
	if (*kind != RECORD_EMAIL)
		return err_set(e, ST_BAD,
		    "record %s belongs to %s, which is no e-mail address", id,
		    of);
	if (state >= RECORD_WITHDRAWN)
		return err_set(e, ST_BAD,
		    "record %s belongs to %s, which is %s", id, of,
		    record_state_name(state));
	if (num >= RULE_NAMES)
		return err_set(e, ST_BAD,
		    "record %s belongs to %s, which has %d names already; "
		    "that is all that one may have",
		    id, of, RULE_NAMES);
	return ST_OK;
}

const char *
rule_who(const char *who)
{
	return who != NULL ? who : "service";
}

enum status
rule_import(const struct record *r, enum record_state now, struct err *e)
{
	if (now != RECORD_WITHDRAWN && now != RECORD_ERASED)
		return ST_OK;
	return err_set(e, ST_BAD,
	    "record %s of tenant %s was %s and stays so; use another id for "
	    "a new consent",
	    QUOTE(span_str(r->id)), QUOTE(span_str(r->tenant)),
	    record_state_name(now));
}

enum status
rule_refused(
    struct store_import *io, size_t i, enum status st, const struct err *e)
{
	if (st != ST_BAD || io->refused == NULL)
		return st;
	io->refused(io->arg, i, e->text);
	io->num_refused++;
	return ST_OK;
}

enum status
rule_all_taken(const struct store_import *io, struct err *e)
{
	if (io->num_refused == 0)
		return ST_OK;
	return err_set(
	    e, ST_BAD, "%zu records cannot be taken", io->num_refused);
}

#define BIT(s) (1u << (s))

/* From a state to these. */
static const unsigned leads_to[] = {
    [RECORD_PENDING] = BIT(RECORD_ACTIVE) | BIT(RECORD_WITHDRAWN) |
		       BIT(RECORD_EXPIRED) | BIT(RECORD_ERASED),
    [RECORD_ACTIVE] = BIT(RECORD_PAUSED) | BIT(RECORD_WITHDRAWN) |
		      BIT(RECORD_EXPIRED) | BIT(RECORD_ERASED),
    [RECORD_PAUSED] = BIT(RECORD_ACTIVE) | BIT(RECORD_WITHDRAWN) |
		      BIT(RECORD_EXPIRED) | BIT(RECORD_ERASED),
    [RECORD_WITHDRAWN] = BIT(RECORD_ERASED),
    [RECORD_EXPIRED] = BIT(RECORD_WITHDRAWN) | BIT(RECORD_ERASED),
    [RECORD_ERASED] = 0,
};

enum status
rule_change(const struct record_change *c, enum record_state from,
    int64_t expires_ms, struct err *e)
{
	if (from != c->state && (leads_to[from] & BIT(c->state)) == 0)
		return err_set(e, ST_USAGE,
		    "record %s of tenant %s is %s and cannot become %s",
		    QUOTE(span_str(c->id)), QUOTE(span_str(c->tenant)),
		    record_state_name(from), record_state_name(c->state));
	if (c->state == RECORD_ACTIVE && rule_expired(expires_ms, c->now_ms))
		return err_set(e, ST_USAGE,
		    "the consent of record %s of tenant %s has expired; "
		    "import it again with a new one",
		    QUOTE(span_str(c->id)), QUOTE(span_str(c->tenant)));
	return ST_OK;
}

enum status
rule_no_record(const char *tenant, const char *id, struct err *e)
{
	return err_set(e, ST_MISSING, "there is no record %s of tenant %s",
	    QUOTE(span_str(id)), QUOTE(span_str(tenant)));
}

enum status
rule_record_read(struct record *out, struct span json, struct err *e)
{
	if (record_unjson(out, json))
		return ST_OK;
	return err_set(
	    e, ST_BAD, "a stored record cannot be read back; import it again");
}
