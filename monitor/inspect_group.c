/* inspect_group: see inspect_group.h. */
#include "monitor/inspect_group.h"

#define NAME_THRESHOLD 70 /* the default of match.name_threshold */

bool
group_is_same(const struct finding *a, const struct finding *b)
{
	return a->kind == b->kind && a->side == b->side &&
	       span_eq(a->canonical, b->canonical);
}

bool
group_is_first(const struct findings *all, uint32_t at)
{
	for (uint32_t i = 0; i < at; i++)
		if (group_is_same(&all->list[i], &all->list[at]))
			return false;
	return true;
}

/* What the subject has that makes other things worse. */
static struct severity_facts
facts_of(const struct findings *all)
{
	struct severity_facts out = {0};

	for (uint32_t i = 0; i < all->num; i++) {
		const struct finding *f = &all->list[i];

		if (!inspect_counts(f))
			continue;
		out.with_name |= f->kind == PII_NAME;
		out.with_grave |= severity_is_grave(kind_name(f->kind));
	}
	return out;
}

/* As an alert would say to its owner. */
static enum severity
severity_of(struct severity_facts facts, const struct finding *f)
{
	facts.kind = kind_name(f->kind);
	facts.value = f->canonical;
	facts.issuer = f->side == SIDE_ISSUER;
	facts.score = f->score;
	return severity_judge(&facts, NAME_THRESHOLD);
}

static void
group_fill(struct group *g, const struct findings *all,
    const struct severity_facts *facts)
{
	for (uint32_t i = 0; i < all->num; i++) {
		const struct finding *f = &all->list[i];
		enum severity severity;

		if (f->kind != g->kind || f->side != g->side)
			continue;
		severity = severity_of(*facts, f);
		g->values += group_is_first(all, i);
		g->severity = severity > g->severity ? severity : g->severity;
		if (f->confidence < g->confidence)
			g->confidence = f->confidence;
	}
}

unsigned
group_all(
    struct group out[PII_KINDS], const struct findings *all, enum pii_side side)
{
	const struct severity_facts facts = facts_of(all);
	unsigned n = 0, at;

	for (unsigned k = 0; k < PII_KINDS; k++) {
		struct group g = {.kind = (enum pii_kind)k,
		    .side = side,
		    .confidence = CONF_FREE_TEXT};

		group_fill(&g, all, &facts);
		if (g.values == 0)
			continue;
		for (at = n++; at > 0; at--) {
			if (out[at - 1].severity >= g.severity)
				break;
			out[at] = out[at - 1];
		}
		out[at] = g;
	}
	return n;
}
