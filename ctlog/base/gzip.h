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

#endif
