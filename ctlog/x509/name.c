/* name: see name.h. */
#include "ctlog/x509/name.h"

/* The contents of a SEQUENCE; of anything else the thing itself. Nothing may
 * hide behind the SEQUENCE. */
static struct span
unwrap(struct span s, bool *cut)
{
	struct der t;

	if (!der_first(&t, s, DER_SEQUENCE))
		return s;
	*cut |= t.marks & DER_TRUNCATED || t.whole.len < s.len;
	return t.value;
}

struct name_attrs
name_attrs_of(struct span name)
{
	struct name_attrs it = {0};

	it.rdns = unwrap(name, &it.cut);
	return it;
}

/* The next TLV of the RDN at hand, or of the next RDN that holds any. */
static inline bool
name_next_tlv(struct name_attrs *it, struct der *t)
{
	while (!der_next(t, &it->rdn)) {
		it->cut |= it->rdn.len > 0;
		if (!der_next(t, &it->rdns)) {
			it->cut |= it->rdns.len > 0;
			return false;
		}
		it->cut |= t->marks & DER_TRUNCATED;
		it->unmarked |= t->marks & DER_UNMARKED;
		if (t->id == DER_SEQUENCE)
			return true; /* an attribute outside a SET */
		it->cut |= t->id != DER_SET;
		it->rdn = der_is_constructed(t) ? t->value : span_of(NULL, 0);
	}
	return true;
}

bool
name_attr_next(struct name_attrs *it, struct name_attr *out)
{
	struct der t, oid, value;
	struct span s;

	while (name_next_tlv(it, &t)) {
		s = t.value;
		it->unmarked |= t.marks & DER_UNMARKED;
		out->index = it->num++;
		if (!der_is_constructed(&t) || !der_next(&oid, &s) ||
		    oid.id != DER_OID || !der_next(&value, &s)) {
			it->cut = true;
			continue;
		}
		it->cut |= (t.marks | value.marks) & DER_TRUNCATED || s.len > 0;
		out->oid = oid.value;
		out->value = value;
		return true;
	}
	return false;
}

struct general_names
general_names_of(struct span value)
{
	struct general_names it = {0};

	it.left = unwrap(value, &it.cut);
	if (it.cut)
		it.behind = span_from(
		    value, (size_t)(it.left.p - value.p) + it.left.len);
	return it;
}

/* OtherName ::= SEQUENCE { type-id OBJECT IDENTIFIER, value [0] EXPLICIT } */
static void
read_other(struct general_name *out)
{
	struct span s = out->tlv.value;
	struct der t;

	out->oid = span_of(NULL, 0);
	out->other = out->tlv;
	if (!der_first(&t, s, DER_OID))
		return;
	der_next(&t, &s);
	out->oid = t.value;
	if (!der_next(&out->other, &s))
		out->other = (struct der){.id = DER_NULL, .tag = DER_NULL};
	s = out->other.value;
	if (out->other.id == DER_CONTEXT_CONSTRUCTED && der_next(&t, &s))
		out->other = t;
}

bool
general_name_next(struct general_names *it, struct general_name *out)
{
	if (!der_next(&out->tlv, &it->left)) {
		it->cut |= it->left.len > 0;
		return false;
	}
	it->cut |= out->tlv.marks & DER_TRUNCATED;
	out->index = it->num++;
	out->form = (out->tlv.id & 0xc0) == DER_CONTEXT &&
			    out->tlv.tag <= GENERAL_REGISTERED_ID
			? (enum general_form)out->tlv.tag
			: GENERAL_UNKNOWN;
	out->oid = span_of(NULL, 0);
	if (out->form == GENERAL_OTHER)
		read_other(out);
	return true;
}
