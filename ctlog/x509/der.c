/* der: see der.h. */
#include "ctlog/x509/der.h"

#include "ctlog/base/text.h"

struct header {
	size_t len;   /* of the header itself */
	size_t value; /* as the length octets say; SIZE_MAX = more than that */
	uint32_t tag;
	uint8_t marks;
};

/* The identifier of a high tag number (X.690 8.1.2.4); false when cut. */
static bool
header_tag(struct header *h, struct span s)
{
	uint32_t tag = 0;

	for (size_t i = 1; i < s.len && i < 7; i++) {
		tag = tag << 7 | (s.p[i] & 0x7fu);
		if (s.p[i] & 0x80)
			continue;
		h->tag = tag;
		h->len = i + 1;
		return true;
	}
	return false;
}

/* Length octets (X.690 8.1.3) behind the identifier. */
static bool
header_length(struct header *h, struct span s)
{
	size_t n;
	uint8_t first;

	if (s.len <= h->len)
		return false;
	first = s.p[h->len++];
	h->value = first;
	if (first < 0x80)
		return true;
	n = first & 0x7fu;
	if (n > s.len - h->len)
		return false;
	h->value = 0;
	if (n == 0)
		h->marks |= DER_INDEFINITE;
	for (size_t i = 0; i < n; i++)
		h->value = h->value >> 48 ? SIZE_MAX >> 1
					  : h->value << 8 | s.p[h->len + i];
	if (n > 0 && (s.p[h->len] == 0 || h->value < 0x80))
		h->marks |= DER_NON_MINIMAL;
	h->len += n;
	return true;
}

static bool
header_read(struct header *h, struct span s)
{
	*h = (struct header){1, 0, 0, 0};
	if (s.len == 0)
		return false;
	h->tag = s.p[0] & 0x1f;
	if (h->tag == 0x1f && !header_tag(h, s))
		return false;
	return header_length(h, s);
}

/*
 * Where the contents of an indefinite length end: the offset of the two zero
 * octets (X.690 8.1.5) that belong to it, or SIZE_MAX.
 */
static size_t
indefinite_end(struct span s)
{
	unsigned depth = 1;
	size_t at = 0;
	struct header h;

	for (uint32_t n = 0; n < LIMIT_TLVS; n++) {
		if (!header_read(&h, span_from(s, at)))
			return SIZE_MAX;
		if (h.marks & DER_INDEFINITE) {
			if (++depth > LIMIT_DEPTH)
				return SIZE_MAX;
			at += h.len;
			continue;
		}
		if (h.value > s.len - at - h.len)
			return SIZE_MAX;
		if (s.p[at] == 0 && h.value == 0 && --depth == 0)
			return at;
		at += h.len + h.value;
	}
	return SIZE_MAX;
}

bool
der_next_slow(struct der *out, struct span *left)
{
	struct span s = *left;
	struct header h;
	size_t end = 0;

	if (!header_read(&h, s))
		return false;
	if (h.marks & DER_INDEFINITE) {
		h.value = indefinite_end(span_from(s, h.len));
		end = 2;
	}
	if (h.value > s.len - h.len) {
		h.marks |= DER_TRUNCATED;
		h.value = s.len - h.len;
		end = 0;
	}
	out->id = der_id(s.p[0]);
	out->marks = h.marks | (out->id == s.p[0] ? 0 : DER_UNMARKED);
	out->tag = h.tag;
	out->value = span_cut(s, h.len, h.value);
	out->whole = span_cut(s, 0, h.len + h.value + end);
	*left = span_from(s, h.len + h.value + end);
	return true;
}

void
der_walk_start(struct der_walk *w, struct span s)
{
	w->level[0] = s;
	w->depth = 1;
	w->left = LIMIT_TLVS;
	w->cut = false;
}

void
der_walk_into(struct der_walk *w, struct span s)
{
	if (s.len == 0)
		return;
	if (w->depth < LIMIT_DEPTH)
		w->level[w->depth++] = s;
	else
		w->cut = true;
}

bool
der_walk_next(struct der_walk *w, struct der *out)
{
	while (w->depth > 0) {
		if (!der_next(out, &w->level[w->depth - 1])) {
			w->cut |= w->level[w->depth - 1].len > 0;
			w->depth--;
			continue;
		}
		if (w->left == 0) {
			w->cut = true;
			return false;
		}
		w->left--;
		w->cut |= out->marks & DER_TRUNCATED;
		if (der_is_constructed(out))
			der_walk_into(w, out->value);
		return true;
	}
	return false;
}

static bool
is_string(const struct der *t)
{
	const uint32_t strings = 1u << 12 | 0x1fu << 18 | 0xfu << 25 | 1u << 30;

	return der_is_universal(t) && t->tag <= 30 &&
	       (strings >> t->tag & 1) != 0;
}

/* A character string in segments: OCTET STRINGs or strings of its own type
 * (X.690 8.23), or primitive ones of another, and nothing else. Damage makes
 * strings of SEQUENCEs. */
static bool
is_segmented(const struct der *t)
{
	struct span s = t->value;
	struct der part;

	if (!is_string(t))
		return false;
	while (der_next(&part, &s))
		if ((part.id & ~DER_CONSTRUCTED) != DER_OCTET_STRING &&
		    (der_is_constructed(&part) || !is_string(&part)) &&
		    (part.id & ~DER_CONSTRUCTED) != t->tag)
			return false;
	return s.len == 0;
}

bool
der_is_structure(const struct der *t)
{
	return der_is_constructed(t) && !is_segmented(t) &&
	       t->id != (DER_BIT_STRING | DER_CONSTRUCTED);
}

bool
der_walk_leaf(struct der_walk *w, struct der *out)
{
	while (der_walk_next(w, out)) {
		if (!der_is_constructed(out))
			return true;
		if (!is_segmented(out))
			continue;
		if (w->level[w->depth - 1].p == out->value.p &&
		    out->value.len > 0)
			w->depth--;
		return true;
	}
	return false;
}

bool
der_is_well_formed(struct span s)
{
	struct der_walk w;
	struct der t;

	if (s.len == 0)
		return false;
	der_walk_start(&w, s);
	while (der_walk_next(&w, &t))
		if (w.cut)
			return false;
	return !w.cut;
}

struct span
der_join(struct arena *a, const struct der *t)
{
	struct der_walk w;
	struct der part;
	uint8_t *q = NULL;
	size_t n = 0;

	if (!der_is_constructed(t))
		return t->value;
	q = arena_get(a, t->value.len);
	if (q == NULL)
		return span_of(NULL, 0);
	der_walk_start(&w, t->value);
	while (der_walk_next(&w, &part)) {
		if (der_is_constructed(&part) || part.value.len == 0)
			continue;
		memcpy(q + n, part.value.p, part.value.len);
		n += part.value.len;
	}
	return span_of(q, n);
}

/* "." and a number, as far as there is room. Returns the new length. */
static size_t
oid_arc(char out[DER_OID_TEXT], size_t n, uint64_t arc)
{
	char text[1 + TEXT_U64] = ".";
	size_t len = 1 + text_u64_put(text + 1, arc);

	if (len > DER_OID_TEXT - 1 - n)
		len = DER_OID_TEXT - 1 - n;
	memcpy(out + n, text, len);
	out[n + len] = '\0';
	return n + len;
}

const char *
der_oid_text(char out[DER_OID_TEXT], struct span oid)
{
	uint64_t arc = 0, root;
	size_t n = 0;

	if (oid.len == 0 || (oid.p[oid.len - 1] & 0x80)) {
		memcpy(out, "?", 2);
		return out;
	}
	for (size_t i = 0; i < oid.len; i++) {
		arc = arc << 7 | (oid.p[i] & 0x7fu);
		if (oid.p[i] & 0x80)
			continue;
		if (n == 0) {
			root = arc < 80 ? arc / 40 : 2;
			n = text_u64_put(out, root);
			arc -= root * 40;
		}
		n = oid_arc(out, n, arc);
		arc = 0;
	}
	return out;
}
