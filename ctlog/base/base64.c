/*
 * base64: the base64 part of text.h (RFC 4648 section 4). Decoding is on the
 * hot path of every RFC 6962 log: vector instructions do most of it where the
 * processor has them (base64_x86.c), and tables the rest, four digits at a
 * time, looking for mistakes once at the end.
 */
#include "ctlog/base/base64.h"

#include "ctlog/base/text.h"

#include <endian.h>

static const char b64_digit[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
text_base64(struct buf *out, struct span in)
{
	uint8_t *q = buf_room(out, (in.len + 2) / 3 * 4);
	size_t n = 0;

	for (size_t i = 0; i < in.len; i += 3) {
		size_t left = in.len - i;
		uint32_t v = (uint32_t)in.p[i] << 16;

		if (left > 1)
			v |= (uint32_t)in.p[i + 1] << 8;
		if (left > 2)
			v |= in.p[i + 2];
		q[n++] = (uint8_t)b64_digit[v >> 18];
		q[n++] = (uint8_t)b64_digit[v >> 12 & 63];
		q[n++] = left > 1 ? (uint8_t)b64_digit[v >> 6 & 63] : '=';
		q[n++] = left > 2 ? (uint8_t)b64_digit[v & 63] : '=';
	}
	out->len += n;
}

/*
 * A table for each place in a group of four: the digit's six bits where they
 * stand in a big-endian word whose last byte is free; there, BAD marks a byte
 * that is no digit. Or-ing four of them gives three bytes and the verdict.
 */
#define BAD 1u
#define WORTH(c)                                                               \
	((c) >= 'A' && (c) <= 'Z'      ? (c) - 'A'                             \
	    : (c) >= 'a' && (c) <= 'z' ? (c) - 'a' + 26                        \
	    : (c) >= '0' && (c) <= '9' ? (c) - '0' + 52                        \
	    : (c) == '+'               ? 62                                    \
	    : (c) == '/'               ? 63                                    \
				       : 64)
#define BITS(c, at) (WORTH(c) == 64 ? BAD : (uint32_t)WORTH(c) << (at))
#define BITS4(c, at)                                                           \
	BITS(c, at), BITS((c) + 1, at), BITS((c) + 2, at), BITS((c) + 3, at)
#define BITS16(c, at)                                                          \
	BITS4(c, at), BITS4((c) + 4, at), BITS4((c) + 8, at),                  \
	    BITS4((c) + 12, at)
#define BITS64(c, at)                                                          \
	BITS16(c, at), BITS16((c) + 16, at), BITS16((c) + 32, at),             \
	    BITS16((c) + 48, at)
#define BITS256(at)                                                            \
	{                                                                      \
		BITS64(0, at), BITS64(64, at), BITS64(128, at),                \
		    BITS64(192, at)                                            \
	}

static const uint32_t b64_bits[4][256] = {
    BITS256(26), BITS256(20), BITS256(14), BITS256(8)};

static inline uint32_t
b64_group(const uint8_t *in)
{
	return b64_bits[0][in[0]] | b64_bits[1][in[1]] | b64_bits[2][in[2]] |
	       b64_bits[3][in[3]];
}

/* The last group of four, which may be padded. Returns its bytes, or -1. */
static ssize_t
b64_tail(uint8_t *out, const uint8_t *in)
{
	size_t pad = in[3] != '=' ? 0 : in[2] != '=' ? 1 : 2;
	uint8_t group[4] = {in[0], in[1], 'A', 'A'};
	uint32_t v;

	memcpy(group, in, 4 - pad);
	v = b64_group(group);
	if ((v & BAD) || (pad > 0 && (v & 0xff00)) ||
	    (pad > 1 && (v & 0xff0000)))
		return -1;
	out[0] = (uint8_t)(v >> 24);
	if (pad < 2)
		out[1] = (uint8_t)(v >> 16);
	if (pad < 1)
		out[2] = (uint8_t)(v >> 8);
	return 3 - (ssize_t)pad;
}

ssize_t
base64_plain(uint8_t *out, struct span in)
{
	uint32_t v, seen = 0;
	size_t n = 0;
	ssize_t tail;

	if (in.len % 4 != 0)
		return -1;
	if (in.len == 0)
		return 0;
	/* Each store is a byte too long; the next group overwrites that. */
	for (size_t i = 0; i + 4 < in.len; i += 4, n += 3) {
		v = b64_group(in.p + i);
		seen |= v;
		v = htobe32(v);
		memcpy(out + n, &v, 4);
	}
	if (seen & BAD)
		return -1;
	tail = b64_tail(out + n, in.p + in.len - 4);
	return tail < 0 ? -1 : (ssize_t)n + tail;
}

ssize_t
text_unbase64(uint8_t *out, struct span in)
{
	size_t done = base64_native(out, in), n = done / 4 * 3;
	ssize_t rest = base64_plain(out + n, span_from(in, done));

	return rest < 0 ? -1 : (ssize_t)n + rest;
}

bool
text_unbase64_exact(uint8_t *out, size_t len, struct span in)
{
	uint8_t tmp[4096];

	if (len > sizeof(tmp) - 2 || in.len != (len + 2) / 3 * 4)
		return false;
	if (text_unbase64(tmp, in) != (ssize_t)len)
		return false;
	memcpy(out, tmp, len);
	return true;
}

void
text_base64url(struct buf *out, struct span in)
{
	size_t from = out->len;

	text_base64(out, in);
	out->len = from + (in.len * 4 + 2) / 3;
	for (size_t i = from; i < out->len; i++) {
		uint8_t c = out->p[i];

		out->p[i] = c == '+' ? '-' : c == '/' ? '_' : c;
	}
}

bool
text_unbase64url_exact(uint8_t *out, size_t len, struct span in)
{
	uint8_t tmp[(1024 + 2) / 3 * 4];

	if (len > 1024 || in.len != (len * 4 + 2) / 3)
		return false;
	for (size_t i = 0; i < in.len; i++) {
		uint8_t c = in.p[i];

		if (c == '+' || c == '/')
			return false;
		tmp[i] = c == '-' ? '+' : c == '_' ? '/' : c;
	}
	memset(tmp + in.len, '=', (4 - in.len % 4) % 4);
	return text_unbase64_exact(out, len, span_of(tmp, (len + 2) / 3 * 4));
}
