/*
 * gzip: whole bodies, decoded once. Logs send gzip asked and unasked, with and
 * without a Content-Encoding header, so it is recognised by its first bytes
 * (static-ct-api 1.1.0; a data tile cannot begin so).
 */
#ifndef CTLOG_BASE_GZIP_H
#define CTLOG_BASE_GZIP_H

#include "ctlog/base/arena.h"
#include "ctlog/base/err.h"
#include "ctlog/base/span.h"

static inline bool
gzip_is(struct span s)
{
	return s.len >= 3 && s.p[0] == 0x1f && s.p[1] == 0x8b && s.p[2] == 8;
}

struct gunzip; /* a decompressor; one per worker */

struct gunzip *gunzip_new(void);
void gunzip_free(struct gunzip *g);

/*
 * Decode all members of `in` into the room that is left in `a`, where *out
 * then lies. ST_LIMIT when the room is too small, ST_BAD when `in` is damaged.
 */
enum status gunzip_run(struct gunzip *g, struct arena *a, struct span *out,
    struct span in, struct err *e);

/*
 * The same for a bare DEFLATE stream whose length and checksum are told
 * elsewhere, as in a zip archive: exactly `len` bytes into out. ST_BAD when
 * they are not those.
 */
struct gunzip_told {
	size_t len;
	uint32_t crc;
};
enum status gunzip_bare(struct gunzip *g, uint8_t *out, struct span in,
    const struct gunzip_told *told, struct err *e);

/* The CRC-32 of RFC 1952. */
uint32_t gzip_crc(struct span s);

/*
 * A bare DEFLATE stream is a gzip member without these two: what stands
 * before it, and behind it.
 */
#define GZIP_HEAD 10u
#define GZIP_FOOT 8u
void gzip_head(uint8_t out[GZIP_HEAD]);
void gzip_foot(uint8_t out[GZIP_FOOT], const struct gunzip_told *told);

#endif
