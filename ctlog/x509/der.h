/*
 * der: a lax cursor over TLVs (X.690). Reads DER, BER and damaged bytes: a
 * length that leaves its parent is clamped and marked, indefinite and
 * non-minimal lengths are taken and marked. No recursion, no allocation, no
 * step outside the span. Here also: object identifiers, times, and joining a
 * string that BER cut into segments. What the bytes mean is for cert.h,
 * name.h and chars.h.
 */
#ifndef CTLOG_X509_DER_H
#define CTLOG_X509_DER_H

#include "ctlog/base/arena.h"
#include "ctlog/base/limits.h"

/* Identifier octets and universal tag numbers. */
enum {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_NULL = 0x05,
	DER_OID = 0x06,
	DER_UTF8_STRING = 0x0c,
	DER_RELATIVE_OID = 0x0d,
	DER_NUMERIC_STRING = 0x12,
	DER_PRINTABLE_STRING = 0x13,
	DER_TELETEX_STRING = 0x14,
	DER_VIDEOTEX_STRING = 0x15,
	DER_IA5_STRING = 0x16,
	DER_UTC_TIME = 0x17,
	DER_GENERALIZED_TIME = 0x18,
	DER_GRAPHIC_STRING = 0x19,
	DER_VISIBLE_STRING = 0x1a,
	DER_GENERAL_STRING = 0x1b,
	DER_UNIVERSAL_STRING = 0x1c,
	DER_BMP_STRING = 0x1e,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
	DER_CONSTRUCTED = 0x20,
	DER_CONTEXT = 0x80,
	DER_CONTEXT_CONSTRUCTED = 0xa0
};

enum der_mark {
	DER_TRUNCATED = 1,   /* the length leaves the parent: clamped */
	DER_INDEFINITE = 2,  /* BER: ended by two zero octets */
	DER_NON_MINIMAL = 4, /* BER: length octets longer than needed */
	DER_UNMARKED = 8     /* SEQUENCE or SET without its constructed bit */
};

struct der {
	uint8_t id;        /* first identifier octet, as der_id has it */
	uint8_t marks;     /* enum der_mark */
	uint32_t tag;      /* tag number */
	struct span whole; /* header and, when indefinite, end included */
	struct span value;
};

/* The first identifier octet: class, constructed, number. A SEQUENCE or SET is
 * constructed, said or not (0x10, 0x11): others read it so, OpenSSL for one. */
static inline uint8_t
der_id(uint8_t first)
{
	return (uint8_t)(first | ((first & 0xfe) == 0x10) << 5);
}

bool der_next_slow(struct der *out, struct span *left);

/*
 * Read one TLV off `left`. False when none is there: `left` is empty, or what
 * is left in it is no TLV.
 *
 * Plain DER is read inline and the rest elsewhere, through copies: so a
 * caller's TLV and span never have their address taken, stay in registers, and
 * a certificate costs a third.
 */
static inline bool
der_next(struct der *out, struct span *left)
{
	const uint8_t *p = left->p;
	size_t have = left->len, header = 2, len = 0x80;
	struct der slow;
	struct span rest;

	if (have >= 2 && (p[0] & 0x1f) != 0x1f)
		len = p[1];
	if (len >= 0x80 && have >= 4) {
		header = len - 0x7e;
		len = len == 0x81 && p[2] >= 0x80 ? p[2]
		      : len == 0x82 && p[2] != 0  ? (size_t)p[2] << 8 | p[3]
						  : SIZE_MAX / 2;
	} else if (len >= 0x80) {
		len = SIZE_MAX / 2;
	}
	if (header + len <= have) {
		out->id = der_id(p[0]);
		out->marks = out->id == p[0] ? 0 : DER_UNMARKED;
		out->tag = p[0] & 0x1f;
		out->whole = span_of(p, header + len);
		out->value = span_of(p + header, len);
		*left = span_of(p + header + len, have - header - len);
		return true;
	}
	rest = *left;
	if (rest.len == 0 || !der_next_slow(&slow, &rest))
		return false;
	*out = slow;
	*left = rest;
	return true;
}

/* The first TLV of s, when it has this identifier octet. */
static inline bool
der_first(struct der *out, struct span s, uint8_t id)
{
	return s.len > 0 && der_id(s.p[0]) == id && der_next(out, &s);
}

static inline bool
der_is_constructed(const struct der *t)
{
	return t->id & DER_CONSTRUCTED;
}

/* A TLV of class universal. */
static inline bool
der_is_universal(const struct der *t)
{
	return (t->id & 0xc0) == 0;
}

/*
 * Every TLV below a span, parents before children, at most LIMIT_TLVS of them
 * and LIMIT_DEPTH deep; `cut` says that there was more. der_walk_into lets the
 * walk go down into bytes that only the caller knows to be TLVs (the contents
 * of an OCTET STRING).
 */
struct der_walk {
	struct span level[LIMIT_DEPTH];
	unsigned depth;
	uint32_t left; /* TLVs that may still be visited */
	bool cut;
};
void der_walk_start(struct der_walk *w, struct span s);
bool der_walk_next(struct der_walk *w, struct der *out);
void der_walk_into(struct der_walk *w, struct span s);

/* The next that is read as one value: what is primitive, and a string that BER
 * cut into segments (der_join), which are not visited then. */
bool der_walk_leaf(struct der_walk *w, struct der *out);

/* All of s is TLVs, at least one, none of them clamped. */
bool der_is_well_formed(struct span s);

/* What holds values of their own: constructed, and no string that BER cut into
 * segments. */
bool der_is_structure(const struct der *t);

/*
 * The contents of a string: of a primitive one as they are, of a constructed
 * one its segments joined in the arena. Empty when the arena is full.
 */
struct span der_join(struct arena *a, const struct der *t);

/* Dotted decimal of the contents of an OBJECT IDENTIFIER, cut to fit; what is
 * no such thing is "?". Returns out. */
#define DER_OID_TEXT 64
const char *der_oid_text(char out[DER_OID_TEXT], struct span oid);

/* UTCTime or GeneralizedTime in milliseconds since 1970; INT64_MIN when it is
 * no time. Offsets, missing seconds and fractions are taken. */
int64_t der_time(const struct der *t);

#endif
