/*
 * tilebuild: data tiles and get-entries pages with small certificates, for the
 * tests of batches and of the pool.
 */
#ifndef TESTS_UNIT_TILEBUILD_H
#define TESTS_UNIT_TILEBUILD_H

#include "ctlog/base/buf.h"
#include "ctlog/base/text.h"

static inline void
der_put(struct buf *out, uint8_t tag, struct span body)
{
	buf_uint(out, tag, 1);
	if (body.len < 128) {
		buf_uint(out, body.len, 1);
	} else {
		buf_uint(out, 0x82, 1);
		buf_uint(out, body.len, 2);
	}
	buf_span_add(out, body);
}

/* Wrap what stands in *b from `at` on into a TLV. */
static inline void
der_wrap(struct buf *b, size_t at, uint8_t tag)
{
	struct buf inner = {0}, outer = {0};

	buf_add(&inner, b->p + at, b->len - at);
	der_put(&outer, tag, buf_span(&inner));
	b->len = at;
	buf_span_add(b, buf_span(&outer));
	buf_fini(&inner);
	buf_fini(&outer);
}

/* A certificate whose only subject attribute is an emailAddress. */
static inline void
cert_build(struct buf *out, const char *email)
{
	static const uint8_t oid[] = {
	    0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1};
	static const uint8_t head[] = {0xa0, 3, 2, 1, 2, /* v3 */
	    2, 1, 5,                                     /* serial */
	    0x30, 3, 6, 1, 0x2a,                         /* algorithm */
	    0x30, 0,                                     /* issuer */
	    0x30, 30, 0x17, 13, '2', '5', '0', '1', '0', '1', '0', '0', '0',
	    '0', '0', '0', 'Z', 0x17, 13, '2', '6', '0', '1', '0', '1', '0',
	    '0', '0', '0', '0', '0', 'Z'};
	static const uint8_t tail[] = {
	    0x30, 9, 0x30, 3, 6, 1, 0x2a, 3, 2, 0, 1};
	static const uint8_t sig[] = {0x30, 3, 6, 1, 0x2a, 3, 2, 0, 1};
	size_t start = out->len, name;

	buf_add(out, head, sizeof(head));
	name = out->len;
	buf_add(out, oid, sizeof(oid));
	der_put(out, 0x16, span_str(email));
	der_wrap(out, name, 0x30);
	der_wrap(out, name, 0x31);
	der_wrap(out, name, 0x30);
	buf_add(out, tail, sizeof(tail));
	der_wrap(out, start, 0x30);
	buf_add(out, sig, sizeof(sig));
	der_wrap(out, start, 0x30);
}

/* timestamp .. extensions of an x509_entry. */
static inline void
entry_build(struct buf *out, uint64_t index, struct span cert)
{
	buf_uint(out, 1767225600000u + index, 8);
	buf_uint(out, 0, 2);
	buf_vec(out, cert, 3);
	buf_uint(out, 8, 2);
	buf_uint(out, 0, 1);
	buf_uint(out, 5, 2);
	buf_uint(out, index, 5);
}

/* A TileLeaf with the certificate of user<index>@example.com, or of `email`
 * when given. */
static inline void
leaf_build(struct buf *tile, uint64_t index, const char *email)
{
	struct buf cert = {0};
	char own[64];

	snprintf(own, sizeof(own), "user%u@example.com", (unsigned)index);
	cert_build(&cert, email ? email : own);
	entry_build(tile, index, buf_span(&cert));
	buf_uint(tile, 0, 2); /* no chain */
	buf_fini(&cert);
}

#endif
