/*
 * match_facts: what a certificate says besides a name, as tags to compare with
 * the qualifiers of name records (reference pii.md 5.5). Made once for a
 * certificate, and only when a name in it is in the index.
 */
#include <stdlib.h>

#include "monitor/pii/match_run.h"
#include "monitor/pii/normal.h"

static void
add(struct buf *list, uint64_t tag)
{
	if (tag != 0)
		buf_add(list, &tag, sizeof(tag));
}

static int
tag_order(const void *a, const void *b)
{
	uint64_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

static void
sort(struct buf *list)
{
	if (list->len > 0)
		qsort(list->p, list->len / sizeof(uint64_t), sizeof(uint64_t),
		    tag_order);
}

/* The domain of an address with all above it, and the country whose domain it
 * is under. */
static void
add_domain(struct matcher *m, struct span domain)
{
	struct cert_tags *t = &m->tags;

	if (!domain_walkable(domain))
		return;
	for (; span_chr(domain, '.') < domain.len;
	     domain = domain_above(domain))
		add(&t->domains, tag_domain(m->keyer, domain));
	if (domain.len == 2)
		add(&t->countries, tag_country(m->keyer, &m->arena, domain));
}

static bool
is_address(const struct finding *f)
{
	return f->side == SIDE_SUBJECT &&
	       (f->kind == PII_EMAIL || f->kind == PII_UPN ||
		   f->kind == PII_JID);
}

static void
add_addresses(struct matcher *m)
{
	struct span last = span_of(NULL, 0);

	for (uint32_t i = 0; i < m->f->num; i++) {
		const struct finding *f = &m->f->list[i];
		struct span domain;

		if (!is_address(f))
			continue;
		add(&m->tags.emails, tag_email(m->keyer, f->canonical));
		domain = normal_email_domain(f->canonical);
		if (!span_eq(domain, last))
			add_domain(m, domain);
		last = domain;
	}
}

/* The subject's country; and the one that a person's number was given in:
 * "IDCDE-...", "TINIT-..." (ETSI EN 319 412-1 5.1.3). */
static void
add_countries(struct matcher *m)
{
	struct cert_tags *t = &m->tags;

	add(&t->countries,
	    tag_country(m->keyer, &m->arena, m->f->facts.country));
	for (uint32_t i = 0; i < m->f->num; i++) {
		const struct finding *f = &m->f->list[i];

		if (f->kind == PII_NATIONAL_ID && f->side == SIDE_SUBJECT)
			add(&t->countries, tag_country(m->keyer, &m->arena,
					       identifier_country(f->value)));
	}
	t->has_country = t->countries.len > 0;
}

uint32_t
match_email_of(struct matcher *m, uint64_t tag)
{
	for (uint32_t i = 0; i < m->f->num; i++) {
		const struct finding *f = &m->f->list[i];

		if (is_address(f) && tag_email(m->keyer, f->canonical) == tag)
			return i;
	}
	return 0;
}

const struct cert_tags *
match_tags(struct matcher *m)
{
	const struct facts *f = &m->f->facts;
	struct cert_tags *t = &m->tags;

	if (t->made)
		return t;
	t->made = true;
	buf_clear(&t->domains);
	buf_clear(&t->countries);
	buf_clear(&t->emails);
	add_countries(m);
	t->org = tag_organization(m->keyer, &m->arena, f->subject_org);
	t->org_id = tag_organization_id(m->keyer, f->subject_org_id);
	t->locality = tag_locality(m->keyer, &m->arena, f->locality);
	add_addresses(m);
	sort(&t->domains);
	sort(&t->countries);
	sort(&t->emails);
	return t;
}
