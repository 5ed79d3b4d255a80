/*
 * rd: a sticky reading cursor over a span, for big-endian wire formats
 * (RFC 8446 section 3 presentation language). Read all fields, then ask once:
 * after a read past the end every further read gives zero or an empty span,
 * and rd_ok() is false. The only bounds check of the wire parsers is rd_bytes.
 */
#ifndef CTLOG_BASE_RD_H
#define CTLOG_BASE_RD_H

#include "ctlog/base/span.h"

struct rd {
	const uint8_t *p, *end;
	bool bad;
};

static inline struct rd
rd_of(struct span s)
{
	return (struct rd){s.p, s.len ? s.p + s.len : s.p, false};
}

static inline size_t
rd_left(const struct rd *r)
{
	return (size_t)(r->end - r->p);
}

static inline struct span
rd_bytes(struct rd *r, size_t n)
{
	struct span s = {r->p, n};

	if (r->bad || n > rd_left(r)) {
		r->bad = true;
		return span_of(r->end, 0);
	}
	r->p += n;
	return s;
}

/* An unsigned integer of n <= 8 bytes, big-endian. */
static inline uint64_t
rd_uint(struct rd *r, size_t n)
{
	struct span s = rd_bytes(r, n);
	uint64_t v = 0;

	for (size_t i = 0; i < s.len; i++)
		v = v << 8 | s.p[i];
	return v;
}

static inline uint8_t
rd_u8(struct rd *r)
{
	return (uint8_t)rd_uint(r, 1);
}

static inline uint16_t
rd_u16(struct rd *r)
{
	return (uint16_t)rd_uint(r, 2);
}

static inline uint32_t
rd_u24(struct rd *r)
{
	return (uint32_t)rd_uint(r, 3);
}

static inline uint32_t
rd_u32(struct rd *r)
{
	return (uint32_t)rd_uint(r, 4);
}

static inline uint64_t
rd_u40(struct rd *r)
{
	return rd_uint(r, 5);
}

static inline uint64_t
rd_u64(struct rd *r)
{
	return rd_uint(r, 8);
}

/* A vector: its length in n bytes, then that many bytes. */
static inline struct span
rd_vec(struct rd *r, size_t n)
{
	return rd_bytes(r, (size_t)rd_uint(r, n));
}

static inline bool
rd_ok(const struct rd *r)
{
	return !r->bad;
}

/* All was read, and nothing is left over. */
static inline bool
rd_done(const struct rd *r)
{
	return !r->bad && r->p == r->end;
}

#endif
