/*
 * match_facts: what a certificate says besides a name, as tags to compare with
 * the qualifiers of name records (reference pii.md 5.5). Made once for a
 * certificate, and only when a name in it is in the index.
 */
#include "monitor/pii/match_run.h"
#include "monitor/pii/normal.h"

static bool
known(const uint64_t *list, unsigned num, uint64_t tag)
{
	for (unsigned i = 0; i < num; i++)
		if (list[i] == tag)
			return true;
	return false;
}

static void
add(uint64_t *list, unsigned *num, uint64_t tag)
{
	if (tag != 0 && *num < BLOB_QUALIFIERS && !known(list, *num, tag))
		list[(*num)++] = tag;
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
		add(t->domain, &t->num_domains, tag_domain(m->keyer, domain));
	if (domain.len == 2)
		add(t->country, &t->num_countries,
		    tag_country(m->keyer, &m->arena, domain));
}

static void
add_domains(struct matcher *m)
{
	struct span last = span_of(NULL, 0);

	for (uint32_t i = 0; i < m->f->num; i++) {
		const struct finding *f = &m->f->list[i];
		struct span domain;

		if (f->side != SIDE_SUBJECT ||
		    (f->kind != PII_EMAIL && f->kind != PII_UPN &&
			f->kind != PII_JID))
			continue;
		if (m->tags.num_domains == BLOB_QUALIFIERS)
			return;
		domain = normal_email_domain(f->canonical);
		if (!span_eq(domain, last))
			add_domain(m, domain);
		last = domain;
	}
}

const struct cert_tags *
match_tags(struct matcher *m)
{
	const struct facts *f = &m->f->facts;
	struct cert_tags *t = &m->tags;

	if (t->made)
		return t;
	t->made = true;
	t->num_domains = t->num_countries = 0;
	add(t->country, &t->num_countries,
	    tag_country(m->keyer, &m->arena, f->country));
	t->has_country = t->num_countries > 0;
	t->org = tag_organization(m->keyer, &m->arena, f->subject_org);
	t->locality = tag_locality(m->keyer, &m->arena, f->locality);
	add_domains(m);
	return t;
}
