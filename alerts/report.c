/*
 * report: gathering what a report says (report.h). How it is counted is in
 * report_count.c, what becomes of it in the other files report_*.c.
 */
#include "alerts/report.h"

#include "alerts/advice.h"
#include "alerts/report_private.h"
#include "ctlog/base/mem.h"

struct report *
report_new(void)
{
	struct report *r = NEW(struct report);

	r->first_ms = INT64_MAX;
	r->last_ms = INT64_MIN;
	return r;
}

static char *
copy(const char *text)
{
	return text != NULL ? mem_str(text) : NULL;
}

static void
give_back(const char *text)
{
	free((char *)(uintptr_t)text);
}

void
report_free(struct report *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->num_logs; i++) {
		give_back(r->logs[i].l.name);
		give_back(r->logs[i].l.operator_name);
		give_back(r->logs[i].l.url);
		give_back(r->logs[i].l.asked);
		give_back(r->logs[i].l.reason);
	}
	for (size_t i = 0; i < r->num_rows; i++)
		free(r->rows[i].html);
	for (size_t i = 0; i < r->num_held; i++)
		free(r->held[i].reason);
	names_fini(&r->kinds);
	names_fini(&r->also);
	names_fini(&r->classes);
	names_fini(&r->issuers);
	names_fini(&r->records);
	names_fini(&r->advice);
	distinct_fini(&r->certs);
	distinct_fini(&r->people);
	distinct_fini(&r->domains);
	free(r->days.count);
	free(r->logs);
	free(r->rows);
	free(r->held);
	free(r);
}

void
report_log(struct report *r, const struct report_log *l)
{
	struct report_logged *to;

	ASSERT(r->num == 0 && r->num_held == 0);
	r->logs = mem_grow(r->logs, r->num_logs + 1, sizeof(*r->logs));
	to = &r->logs[r->num_logs++];
	*to = (struct report_logged){.l = *l};
	to->l.name = mem_str(l->name);
	to->l.operator_name = copy(l->operator_name);
	to->l.url = copy(l->url);
	to->l.asked = copy(l->asked);
	to->l.reason = copy(l->reason);
}

/* --- exposures --------------------------------------------------------------- */

static struct report_logged *
log_at(const struct report *r, const uint8_t log_id[32], uint64_t index)
{
	for (size_t i = 0; i < r->num_logs; i++) {
		const struct report_log *l = &r->logs[i].l;

		if (l->has_id && index >= l->from && index < l->to &&
		    memcmp(l->log_id, log_id, sizeof(l->log_id)) == 0)
			return &r->logs[i];
	}
	return NULL;
}

static void
places_add(
    struct places *p, const struct report_log *l, const struct sighting *s)
{
	if (p->num == 0 || s->timestamp_ms < p->first_ms)
		p->first_ms = s->timestamp_ms;
	p->proven |= s->verified;
	if (p->num < REPORT_PLACES)
		p->list[p->num++] = (struct place){l, s};
	else
		p->more++;
}

/* Those in a range; each log counts the exposure once. */
static void
places_find(struct places *p, struct report *r, const struct exposure *x)
{
	const struct report_logged *last = NULL;

	*p = (struct places){.num = 0};
	for (size_t i = 0; i < x->num_sightings; i++) {
		const struct sighting *s = &x->sightings[i];
		struct report_logged *l = log_at(r, s->log_id, s->index);
		bool before = l == last;

		if (l == NULL)
			continue;
		for (size_t k = 0; k < p->num && !before; k++)
			before = p->list[k].log == &l->l;
		l->exposures += !before;
		last = l;
		places_add(p, &l->l, s);
	}
}

static void
count_who(struct report *r, const struct exposure *x)
{
	struct buf name = {0};

	buf_add(&name, x->tenant, strlen(x->tenant) + 1);
	buf_str(&name, x->record_id);
	distinct_add(
	    strcmp(x->record_kind, "domain") == 0 ? &r->domains : &r->people,
	    buf_span(&name));
	buf_fini(&name);
	names_add(&r->records, x->record_id, 0);
}

static const char *
issuer_of(const struct exposure *x)
{
	if (x->cert.issuer_org != NULL && x->cert.issuer_org[0] != '\0')
		return x->cert.issuer_org;
	if (x->cert.issuer != NULL && x->cert.issuer[0] != '\0')
		return x->cert.issuer;
	return "(no name)";
}

/* That it is a precertificate is no sort of certificate; what was guessed
 * from the subject is more exact than that it is for e-mail. */
static bool
is_sort(const struct exposure *x, const char *class)
{
	bool guessed = false;

	for (size_t i = 0; i < x->cert.num_classes; i++)
		guessed |= span_starts(
		    span_str(x->cert.classes[i]), span_str("smime-"));
	return strcmp(class, "precert") != 0 &&
	       !(guessed && strcmp(class, "smime") == 0);
}

static void
count_classes(struct report *r, const struct exposure *x)
{
	size_t num = 0;

	for (size_t i = 0; i < x->cert.num_classes; i++) {
		if (!is_sort(x, x->cert.classes[i]))
			continue;
		names_add(&r->classes, x->cert.classes[i], 0);
		num++;
	}
	if (num == 0)
		names_add(&r->classes, "No stated purpose", 0);
}

static void
count_what(struct report *r, const struct exposure *x)
{
	const struct advice *advice[ADVICE_MAX];
	size_t num = alert_advice(advice, x);

	names_add(&r->kinds, x->match.kind, 0);
	for (size_t i = 0; i < x->num_also; i++)
		names_add(&r->also, x->also[i], 0);
	names_add(&r->issuers, issuer_of(x), 0);
	distinct_add(
	    &r->certs, span_of(x->cert.family, sizeof(x->cert.family)));
	for (size_t i = 0; i < num; i++)
		names_add(&r->advice, advice[i]->text, i);
}

/* The first that is proven. */
static void
example_take(struct report *r, const struct places *p)
{
	for (size_t i = 0; i < p->num && r->example.log == NULL; i++) {
		const struct place *at = &p->list[i];

		if (at->log->url == NULL || !at->s->verified)
			continue;
		r->example.log = at->log;
		r->example.index = at->s->index;
		memcpy(r->example.leaf_hash, at->s->leaf_hash, 32);
	}
}

void
report_exposure(struct report *r, const struct exposure *x)
{
	struct places p;

	places_find(&p, r, x);
	if (p.num == 0)
		return;
	r->num++;
	r->unproven += !p.proven;
	r->severity[x->severity]++;
	if (p.first_ms < r->first_ms)
		r->first_ms = p.first_ms;
	if (p.first_ms > r->last_ms)
		r->last_ms = p.first_ms;
	days_add(&r->days, p.first_ms, x->severity);
	count_who(r, x);
	count_what(r, x);
	count_classes(r, x);
	example_take(r, &p);
	row_add(r, x, &p);
}

/* --- quarantine --------------------------------------------------------------- */

static bool
held_is(
    const struct report_held *h, const struct report_log *l, const char *why)
{
	return h->log == l && strcmp(h->reason, why) == 0;
}

static struct report_held *
held_of(struct report *r, const struct report_log *l, const char *reason)
{
	struct report_held *last =
	    r->num_held > 0 ? &r->held[r->num_held - 1] : NULL;

	if (last != NULL && held_is(last, l, reason))
		return last;
	if (r->num_held == REPORT_REASONS)
		return NULL;
	r->held = mem_grow(r->held, r->num_held + 1, sizeof(*r->held));
	last = &r->held[r->num_held++];
	*last = (struct report_held){.log = l, .reason = mem_str(reason)};
	return last;
}

void
report_quarantine(struct report *r, const uint8_t log_id[32],
    const char *reason, uint64_t index)
{
	struct report_logged *l = log_at(r, log_id, index);
	struct report_held *h;

	if (l == NULL)
		return;
	l->quarantined++;
	r->num_quarantined++;
	h = held_of(r, &l->l, reason);
	if (h == NULL)
		return;
	if (h->num < REPORT_INDEXES)
		h->at[h->num] = index;
	h->num++;
}
