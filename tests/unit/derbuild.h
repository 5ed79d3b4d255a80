/*
 * derbuild: DER by hand for tests: TLVs that close with the right length, and
 * whole certificates around a subject and some extensions. Keys and
 * signatures are made of zeros.
 */
#ifndef TESTS_UNIT_DERBUILD_H
#define TESTS_UNIT_DERBUILD_H

#include <stdlib.h>

#include "ctlog/base/buf.h"

/* Begin a TLV; what is added until db_close is its contents. */
static inline size_t
db_open(struct buf *b, int id)
{
	buf_char(b, (char)id);
	return b->len;
}

static inline void
db_close(struct buf *b, size_t at)
{
	size_t len = b->len - at, n = 0;
	uint8_t head[8];

	for (size_t v = len; len >= 0x80 && v > 0; v >>= 8)
		n++;
	head[0] = (uint8_t)(n ? 0x80 | n : len);
	for (size_t i = 0; i < n; i++)
		head[1 + i] = (uint8_t)(len >> 8 * (n - 1 - i));
	buf_room(b, n + 1);
	memmove(b->p + at + n + 1, b->p + at, len);
	memcpy(b->p + at, head, n + 1);
	b->len += n + 1;
}

static inline void
db_put(struct buf *b, int id, struct span contents)
{
	size_t at = db_open(b, id);

	buf_span_add(b, contents);
	db_close(b, at);
}

static inline void
db_text(struct buf *b, int id, const char *text)
{
	db_put(b, id, span_str(text));
}

/* Contents octets of a dotted OID. */
static inline void
db_oid_octets(struct buf *b, const char *dotted)
{
	char *end = NULL;
	unsigned long first = strtoul(dotted, &end, 10);
	unsigned long arc = first * 40 + strtoul(end + 1, &end, 10);

	while (true) {
		int n = 1;

		while (n < 10 && arc >> 7 * n)
			n++;
		while (n-- > 0)
			buf_char(
			    b, (char)((arc >> 7 * n & 0x7f) | (n ? 0x80 : 0)));
		if (*end != '.')
			return;
		arc = strtoul(end + 1, &end, 10);
	}
}

static inline void
db_oid(struct buf *b, const char *dotted)
{
	size_t at = db_open(b, 0x06);

	db_oid_octets(b, dotted);
	db_close(b, at);
}

/* One RDN with one attribute, added to an RDNSequence's contents. */
static inline void
db_attr_bytes(struct buf *b, const char *oid, int tag, struct span value)
{
	size_t set = db_open(b, 0x31), seq = db_open(b, 0x30);

	db_oid(b, oid);
	db_put(b, tag, value);
	db_close(b, seq);
	db_close(b, set);
}

static inline void
db_attr(struct buf *b, const char *oid, int tag, const char *value)
{
	db_attr_bytes(b, oid, tag, span_str(value));
}

static inline void
db_ext(struct buf *b, const char *oid, bool critical, struct span value)
{
	size_t seq = db_open(b, 0x30);

	db_oid(b, oid);
	if (critical)
		db_put(b, 0x01, span_of("\xff", 1));
	db_put(b, 0x04, value);
	db_close(b, seq);
}

/* The same with the contents of a SEQUENCE as value: a subjectAltName. */
static inline void
db_ext_seq(struct buf *b, const char *oid, struct span contents)
{
	struct buf value = {0};

	db_put(&value, 0x30, contents);
	db_ext(b, oid, false, buf_span(&value));
	buf_fini(&value);
}

/* otherName ::= [0] { type-id, [0] value } in a subjectAltName. */
static inline void
db_other(struct buf *b, const char *oid, int tag, struct span value)
{
	size_t at = db_open(b, 0xa0), in;

	db_oid(b, oid);
	in = db_open(b, 0xa0);
	db_put(b, tag, value);
	db_close(b, in);
	db_close(b, at);
}

#define DB_POISON "1.3.6.1.4.1.11129.2.4.3"
#define DB_SCTS "1.3.6.1.4.1.11129.2.4.2"

/* What stands in a certificate; empty parts get a default, or stay out. */
struct db_cert {
	struct span issuer;  /* contents of the RDNSequence */
	struct span subject; /* the same */
	struct span exts;    /* contents of SEQUENCE OF Extension; empty: no
			      * [3] */
	const char *not_before, *not_after; /* UTCTime */
	bool v1;
};

static inline void
db_algorithm(struct buf *b)
{
	size_t at = db_open(b, 0x30);

	db_oid(b, "1.2.840.10045.4.3.2");
	db_close(b, at);
}

static inline void
db_spki(struct buf *b)
{
	static const uint8_t key[66] = {0, 4};
	size_t at = db_open(b, 0x30), in = db_open(b, 0x30);

	db_oid(b, "1.2.840.10045.2.1");
	db_oid(b, "1.2.840.10045.3.1.7");
	db_close(b, in);
	db_put(b, 0x03, span_of(key, sizeof(key)));
	db_close(b, at);
}

static inline void
db_tbs(struct buf *b, const struct db_cert *c)
{
	size_t tbs = db_open(b, 0x30), at, in;

	if (!c->v1)
		db_put(b, 0xa0, span_of("\x02\x01\x02", 3));
	db_put(b, 0x02, span_of("\x01\x02\x03", 3));
	db_algorithm(b);
	at = db_open(b, 0x30);
	if (c->issuer.len == 0)
		db_attr(b, "2.5.4.10", 0x13, "Test CA");
	buf_span_add(b, c->issuer);
	db_close(b, at);
	at = db_open(b, 0x30);
	db_text(b, 0x17, c->not_before ? c->not_before : "260101000000Z");
	db_text(b, 0x17, c->not_after ? c->not_after : "270101000000Z");
	db_close(b, at);
	db_put(b, 0x30, c->subject);
	db_spki(b);
	if (c->exts.len > 0) {
		at = db_open(b, 0xa3);
		in = db_open(b, 0x30);
		buf_span_add(b, c->exts);
		db_close(b, in);
		db_close(b, at);
	}
	db_close(b, tbs);
}

static inline void
db_certificate(struct buf *b, const struct db_cert *c)
{
	static const uint8_t signature[65];
	size_t at = db_open(b, 0x30);

	db_tbs(b, c);
	db_algorithm(b);
	db_put(b, 0x03, span_of(signature, sizeof(signature)));
	db_close(b, at);
}

/* A CertificationRequest whose attributes are the contents of the [0]. */
static inline void
db_request(struct buf *b, struct span subject, struct span attributes)
{
	static const uint8_t signature[65];
	size_t at = db_open(b, 0x30), info = db_open(b, 0x30);

	db_put(b, 0x02, span_of("\x00", 1));
	db_put(b, 0x30, subject);
	db_spki(b);
	db_put(b, 0xa0, attributes);
	db_close(b, info);
	db_algorithm(b);
	db_put(b, 0x03, span_of(signature, sizeof(signature)));
	db_close(b, at);
}

#endif
