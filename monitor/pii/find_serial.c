/*
 * find_serial: the numbers in a distinguished name (reference pii.md 1.4): which
 * a state gave to a person, which an issuer did, and which are a company's or no
 * number at all; see dn.h.
 */
#include "monitor/pii/dn.h"
#include "monitor/pii/natid.h"
#include "monitor/pii/normal.h"

bool
dn_is_personal(struct finder *f)
{
	const uint32_t personal =
	    1u << CLASS_QUALIFIED_PERSON | 1u << CLASS_ETSI_PERSON |
	    1u << CLASS_SMIME_INDIVIDUAL | 1u << CLASS_TLS_IV;

	return find_classes(f) & personal;
}

/* What is no national number: a person's in the books of the issuer; a login;
 * a department. */
static struct finding *
put_own(struct finder *f, struct part *part)
{
	static const struct carrier bits = {
	    .how = HOW_OPAQUE, .kind = PII_ACCOUNT_ID};
	struct span text = part->text.cand[0];
	struct finding *g;

	if (part->text.num == 0) {
		find_value(f, &part->place, &bits, &part->attr.value);
		return NULL;
	}
	if (find_is_address(text))
		return NULL;
	g = find_add(
	    f, &part->place, PII_ACCOUNT_ID, text, normal_fold(f->arena, text));
	find_reason(g, "number of a natural person");
	return g;
}

static void
put_login(struct finder *f, struct part *part)
{
	struct span text = part->text.cand[0];

	if (!find_is_address(text))
		find_add(f, &part->place, PII_USERNAME, text,
		    normal_fold(f->arena, text));
}

/*
 * A serialNumber is a national number; or a person's in the books of the
 * issuer, when the name is a person's; or a company's.
 */
static void
put_serial(struct finder *f, struct dn *dn, struct part *part, bool named)
{
	struct span text = part->text.cand[0];
	bool theirs = part->place.side == SIDE_SUBJECT;
	struct finding *g = NULL;
	struct natid id;

	if (part->text.num > 0 && natid_read(&id, text, dn->country) &&
	    (!id.bare || (theirs && (named || dn->org.value.len == 0)))) {
		g = find_add(f, &part->place, PII_NATIONAL_ID, text,
		    normal_fold(f->arena, text));
		for (unsigned i = 0; id.reason[i] != NULL; i++)
			find_reason(g, id.reason[i]);
	} else if (part->carrier->how == HOW_LOGIN) {
		put_login(f, part);
	} else if (theirs && part->carrier->how == HOW_SERIAL &&
		   (named || (dn->org.value.len == 0 && dn_is_personal(f)))) {
		g = put_own(f, part);
	}
	dn->person |= g != NULL;
}

void
dn_put_serials(struct finder *f, struct dn *dn, bool named)
{
	for (unsigned i = 0; i < dn->serial.num; i++)
		put_serial(f, dn, &dn->serial.part[i], named);
}
