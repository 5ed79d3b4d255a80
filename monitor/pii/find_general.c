/* find_general: GeneralNames by their form; see finder.h. */
#include "monitor/pii/finder.h"

/* Text of an IA5String whose type promises something else than an address: a
 * host with an at sign in it. */
static void
read_host(struct finder *f, struct place *p, const struct der *value)
{
	struct chars text;

	if (find_nothing(value) || !find_decode(f, p, &text, value))
		return;
	p->reason = "address in a dNSName";
	find_addresses_in(f, p, &text, HOW_TEXT, PII_EMAIL);
}

static void
read_mailbox(struct finder *f, struct place *p, const struct der *value)
{
	struct chars text;

	if (!find_decode(f, p, &text, value))
		return;
	if (find_addresses_in(f, p, &text, HOW_EMAIL, PII_EMAIL) == 0)
		find_problem(f, p, "no address in it");
}

static void
read_uri(struct finder *f, struct place *p, const struct der *value)
{
	struct chars text;

	if (!find_decode(f, p, &text, value))
		return;
	for (unsigned i = 0; i < text.num; i++)
		if (i == 0 || i >= text.behind)
			find_uri(f, p, text.cand[i]);
}

static void
read_other(struct finder *f, struct place *p, const struct general_name *name)
{
	const struct carrier *c = carrier_other_name(f->carriers, name->oid);
	struct name_attr attr = {.index = 0};

	p->oid = name->oid;
	if (c != NULL) {
		p->carrier = c->label[p->where];
		if (c->issuer)
			p->side = SIDE_ISSUER;
		find_value(f, p, c, &name->other);
		return;
	}
	/* Some have used the type of an attribute. */
	attr.oid = name->oid;
	attr.value = name->other;
	if (carrier_attr(f->carriers, attr.oid) != NULL)
		find_attribute(f, p, &attr);
	else
		find_strings(f, p, name->other.whole);
}

/*
 * Strings that BER cut into segments are put together. But under a tag that
 * somebody took to be explicit stand strings of their own: each an address.
 */
static bool
is_several(const struct der *t)
{
	struct span s = t->value;
	struct der part;
	unsigned n = 0;

	if (!der_is_constructed(t))
		return false;
	while (der_next(&part, &s)) {
		if (span_chr(part.value, '@') == part.value.len)
			return false;
		n++;
	}
	return n > 1;
}

static void
read_form(struct finder *f, struct place *p, const struct general_name *name)
{
	switch (name->form) {
	case GENERAL_OTHER:
		read_other(f, p, name);
		return;
	case GENERAL_RFC822:
		read_mailbox(f, p, &name->tlv);
		return;
	case GENERAL_DNS:
		read_host(f, p, &name->tlv);
		return;
	case GENERAL_DIRECTORY:
		find_name(f, p, name->tlv.value);
		return;
	case GENERAL_URI:
		read_uri(f, p, &name->tlv);
		return;
	case GENERAL_IP:
	case GENERAL_REGISTERED_ID:
		return;
	case GENERAL_X400:
	case GENERAL_EDI:
	case GENERAL_UNKNOWN:
		find_strings(f, p, name->tlv.whole);
	}
}

static void
read_each(struct finder *f, struct place *p, const struct general_name *name)
{
	struct general_name one = *name;
	struct span s = name->tlv.value;

	if ((name->form != GENERAL_RFC822 && name->form != GENERAL_DNS &&
		name->form != GENERAL_URI) ||
	    !is_several(&name->tlv)) {
		read_form(f, p, name);
		return;
	}
	while (der_next(&one.tlv, &s))
		read_form(f, p, &one);
}

void
find_general_name(
    struct finder *f, const struct place *at, const struct general_name *name)
{
	struct place p = *at;

	read_each(f, &p, name);
}

void
find_general_names(struct finder *f, const struct place *at, struct span names)
{
	struct general_names it = general_names_of(names);
	struct general_name name;
	struct place p = *at;

	while (general_name_next(&it, &name)) {
		/* The usual case, and nothing to see: a host. */
		if (name.form == GENERAL_DNS && find_nothing(&name.tlv))
			continue;
		p = *at;
		p.index = name.index;
		p.carrier = carrier_general_name(at->where, name.form);
		read_each(f, &p, &name);
	}
	if (!it.cut)
		return;
	find_cut(f, at, "a name that cannot be read");
	find_raw(f, at, it.left, false);
	find_raw(f, at, it.behind, false);
}
