/*
 * find_person: the commonNames that stand alone, and what stands under a type
 * that nobody knows. Whether one is a person's
 * name depends on the whole certificate: so they are kept aside while it is
 * read, and judged at its end (person.h).
 */
#include "monitor/pii/class.h"
#include "monitor/pii/finder.h"
#include "monitor/pii/natid.h"
#include "monitor/pii/normal.h"
#include "monitor/pii/shape.h"

#define LOCALS 8

uint32_t
find_classes(struct finder *f)
{
	if (!f->has_classes)
		f->classes = class_stated(f->carriers, f->cert);
	f->has_classes = true;
	return f->classes;
}

void
find_common_later(struct finder *f, const struct place *p,
    const struct der *value, const struct der *org)
{
	struct common *c;

	if (p->side == SIDE_ISSUER || (person_is_host(f->tlds, value->value) &&
					  !shape_is_defense(value->value)))
		return;
	if (f->num_commons == COMMONS) {
		find_drop(f, p);
		return;
	}
	c = &f->common[f->num_commons++];
	c->place = *p;
	c->value = *value;
	c->org = *org;
	c->personal = NULL;
}

void
find_personal_later(struct finder *f, const struct place *p,
    const struct der *value, const struct carrier *c)
{
	if (p->side == SIDE_ISSUER || f->num_commons == 0 ||
	    f->num_commons == COMMONS)
		return;
	f->common[f->num_commons++] =
	    (struct common){.place = *p, .value = *value, .personal = c};
}

/* Local parts of the addresses that were found, and whether there was a
 * personal number. */
static void
look_around(const struct finder *f, struct person_in *in, struct span *local)
{
	for (uint32_t i = 0; i < f->out->num; i++) {
		const struct finding *g = &f->out->list[i];
		struct span s = g->canonical;

		if (g->side != SIDE_SUBJECT)
			continue;
		in->numbered |= g->kind == PII_NATIONAL_ID;
		if ((g->kind == PII_EMAIL || g->kind == PII_UPN) &&
		    in->num_local < LOCALS)
			local[in->num_local++] =
			    span_cut(s, 0, span_chr(s, '@'));
	}
	in->local = local;
}

static uint8_t
percent(int score)
{
	return (uint8_t)(score < 0 ? 0 : score > 100 ? 100 : score);
}

static void
put_reasons(struct finding *g, const struct person *p)
{
	for (unsigned i = 0; g != NULL && p->reason[i] != NULL; i++)
		find_reason(g, p->reason[i]);
}

static struct finding *
put_name(struct finder *f, const struct place *at, const struct person *p,
    struct span value, struct span name)
{
	struct finding *g =
	    find_add(f, at, PII_NAME, value, normal_name(f->arena, name));

	if (g == NULL)
		return NULL;
	g->confidence = p->verdict == PERSON_NAME ? CONF_NAME : CONF_POSSIBLE;
	g->score = percent(p->score);
	put_reasons(g, p);
	return g;
}

/* What stood with the name. The number says by itself what it encodes, where
 * it says whose it is. */
void
find_numbers(struct finder *f, const struct place *at, const struct person *p)
{
	struct finding *g;
	struct natid id;

	if (p->account.len > 0) {
		g = find_add(f, at, PII_ACCOUNT_ID, p->account,
		    normal_fold(f->arena, p->account));
		find_reason(
		    g, "number of a bank or account of Korea behind a name");
	}
	if (p->number.len == 0)
		return;
	g = find_add(f, at, PII_NATIONAL_ID, p->number,
	    normal_fold(f->arena, p->number));
	find_reason(g, p->number_reason);
	if (!natid_read(&id, p->number, span_of(NULL, 0)) || id.bare)
		return;
	for (unsigned i = 1; id.reason[i] != NULL; i++)
		find_reason(g, id.reason[i]);
}

static void
put_verdict(struct finder *f, const struct place *at, const struct person *p,
    const struct chars *c)
{
	struct finding *g;

	switch (p->verdict) {
	case PERSON_NAME:
	case PERSON_POSSIBLE:
		g = put_name(f, at, p, c->cand[0], p->name);
		if (g != NULL && c->behind > 1 && p->number.len == 0)
			g->alt = normal_name(f->arena, c->cand[1]);
		if (p->also.len > 0)
			put_name(f, at, p, p->also, p->also);
		break;
	case PERSON_PSEUDONYM:
		g = find_add(f, at, PII_PSEUDONYM, p->name,
		    normal_fold(f->arena, p->name));
		put_reasons(g, p);
		break;
	default:
		break;
	}
	find_numbers(f, at, p);
}

static void
judge(struct finder *f, struct common *c, struct person_in *in)
{
	struct chars text, org;
	struct person p;

	chars_decode(&text, f->arena, &c->value);
	/* Said already when it was searched for addresses. */
	if (text.flags & CHARS_OVERSIZE && find_nothing(&c->value))
		find_problem(f, &c->place, "longer than 4,096 bytes");
	if (text.num == 0 || text.flags & CHARS_OVERSIZE)
		return;
	c->place.flags = (c->place.flags & FLAG_UNKNOWN_ATTR) | text.flags;
	c->place.tag = der_is_universal(&c->value) ? (uint8_t)c->value.tag
						   : DER_IA5_STRING;
	in->text = text.cand[0];
	in->org = span_of(NULL, 0);
	if (c->org.value.len > 0) {
		chars_decode(&org, f->arena, &c->org);
		if (org.num > 0)
			in->org = normal_name(f->arena, org.cand[0]);
	}
	person_judge(&p, f->words, f->arena, in);
	put_verdict(f, &c->place, &p, &text);
}

/* Somebody's name, more than possibly. */
static bool
has_name(const struct finder *f)
{
	for (uint32_t i = 0; i < f->out->num; i++)
		if (f->out->list[i].kind == PII_NAME &&
		    f->out->list[i].side == SIDE_SUBJECT &&
		    f->out->list[i].confidence != CONF_POSSIBLE)
			return true;
	return false;
}

void
find_persons(struct finder *f)
{
	struct person_in in = {
	    .classes = find_classes(f), .ca = f->cert->ca, .tlds = f->tlds};
	struct span local[LOCALS];

	look_around(f, &in, local);
	for (unsigned i = 0; i < f->num_commons; i++)
		if (f->common[i].personal == NULL)
			judge(f, &f->common[i], &in);
	for (unsigned i = 0; i < f->num_commons && has_name(f); i++)
		if (f->common[i].personal != NULL)
			find_value(f, &f->common[i].place,
			    f->common[i].personal, &f->common[i].value);
}
