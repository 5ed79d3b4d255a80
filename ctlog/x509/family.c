/*
 * family: the hash that a precertificate and its certificate share; see
 * cert_family in cert.h. The TBSCertificate is fed to the hasher in pieces,
 * with the headers around the extensions written anew.
 */
#include "ctlog/merkle/hash.h"
#include "ctlog/x509/cert.h"
#include "ctlog/x509/oid.h"

/* The TBSCertificate cut along the extensions. */
struct cuts {
	struct span before;     /* contents before the [3] */
	struct span after;      /* contents behind it */
	struct span list;       /* contents of the SEQUENCE OF Extension */
	struct span removed[2]; /* the extensions that go, in their order */
	unsigned num;           /* of them */
	size_t list_len;        /* of the list without them */
};

static bool
is_for_logs(struct span extension)
{
	struct der t;

	return der_first(&t, extension, DER_OID) &&
	       (oid_is(t.value, OID_CT_POISON) ||
		   oid_is(t.value, OID_CT_SCT_LIST));
}

/* The OID of a TLV of the list that was found already. */
static bool
is_again(const struct cuts *k, struct span extension)
{
	struct der a, b, first;

	if (k->num == 0)
		return false;
	return k->num == 2 || !der_first(&first, k->removed[0], DER_SEQUENCE) ||
	       !der_first(&a, first.value, DER_OID) ||
	       !der_first(&b, extension, DER_OID) || span_eq(a.value, b.value);
}

/* Which extensions go; false when one of them is there twice, or the list is
 * not minimal DER to its end. */
static bool
cut_list(struct cuts *k)
{
	struct span s = k->list;
	struct der t;

	k->list_len = s.len;
	while (der_next(&t, &s)) {
		if (t.marks)
			return false;
		if (t.id != DER_SEQUENCE || !is_for_logs(t.value))
			continue;
		if (is_again(k, t.value))
			return false;
		k->removed[k->num++] = t.whole;
		k->list_len -= t.whole.len;
	}
	return s.len == 0;
}

/* False when the TBSCertificate is not minimal DER where it is rewritten. */
static bool
cut_tbs(struct cuts *k, struct span tbs)
{
	struct der t, wrap = {0}, list;
	struct span s;

	if (!der_first(&t, tbs, DER_SEQUENCE) || t.marks)
		return false;
	s = t.value;
	while (der_next(&wrap, &s))
		if (wrap.marks)
			return false;
		else if (wrap.id == 0xa3)
			break;
	if (wrap.id != 0xa3 || !der_first(&list, wrap.value, DER_SEQUENCE) ||
	    list.marks || list.whole.len != wrap.value.len)
		return false;
	k->before = span_cut(t.value, 0, (size_t)(wrap.whole.p - t.value.p));
	k->after = s;
	k->list = list.value;
	return cut_list(k);
}

/* Bytes of a header for contents of this length (the identifier is one). */
static size_t
header_len(size_t len)
{
	size_t n = 2;

	if (len >= 0x80)
		for (; len > 0; len >>= 8)
			n++;
	return n;
}

static void
add_header(struct hasher *h, uint8_t id, size_t len)
{
	size_t n = header_len(len), octets = n - 2;
	uint8_t b[16] = {id, (uint8_t)(octets ? 0x80 | octets : len)};

	for (size_t i = 0; i < octets; i++)
		b[2 + i] = (uint8_t)(len >> 8 * (octets - 1 - i));
	hasher_add(h, span_of(b, n));
}

/* The list without what was removed. */
static void
add_list(struct hasher *h, const struct cuts *k)
{
	struct span s = k->list;

	for (unsigned i = 0; i < k->num; i++) {
		size_t at = (size_t)(k->removed[i].p - s.p);

		hasher_add(h, span_cut(s, 0, at));
		s = span_from(s, at + k->removed[i].len);
	}
	hasher_add(h, s);
}

static void
hash_cut(struct hash *out, const struct cuts *k, struct hasher *h)
{
	size_t list = header_len(k->list_len) + k->list_len;
	size_t wrap = k->list_len > 0 ? header_len(list) + list : 0;

	hasher_start(h);
	add_header(h, DER_SEQUENCE, k->before.len + wrap + k->after.len);
	hasher_add(h, k->before);
	if (wrap > 0) {
		add_header(h, 0xa3, list);
		add_header(h, DER_SEQUENCE, k->list_len);
		add_list(h, k);
	}
	hasher_add(h, k->after);
	hasher_finish(h, out);
}

void
cert_family(struct hash *out, const struct cert *c, struct hasher *h)
{
	struct span none = span_of(NULL, 0);
	struct cuts k = {0};
	struct der tbs;

	if (!der_first(&tbs, c->tbs, DER_SEQUENCE) || tbs.marks & DER_TRUNCATED)
		hasher_sha256(h, out, c->der, none);
	else if (!c->poison && !c->sct_list)
		hasher_sha256(h, out, c->tbs, none);
	else if (cut_tbs(&k, c->tbs))
		hash_cut(out, &k, h);
	else
		hasher_sha256(h, out, c->der, none);
}
