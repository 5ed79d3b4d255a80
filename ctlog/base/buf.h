/*
 * buf: bytes that grow. {0} is an empty buf; buf_fini leaves {0}. Also the
 * writing side of the wire formats (big-endian integers and vectors).
 */
#ifndef CTLOG_BASE_BUF_H
#define CTLOG_BASE_BUF_H

#include "ctlog/base/err.h"
#include "ctlog/base/span.h"

struct buf {
	uint8_t *p;
	size_t len, cap;
};

void buf_fini(struct buf *b);
static inline void
buf_clear(struct buf *b)
{
	b->len = 0;
}
static inline struct span
buf_span(const struct buf *b)
{
	return span_of(b->p, b->len);
}

/* Room for n more bytes behind len; returns where they go. */
uint8_t *buf_room(struct buf *b, size_t n);
void buf_add(struct buf *b, const void *p, size_t len);
void buf_span_add(struct buf *b, struct span s);
void buf_str(struct buf *b, const char *s);
void buf_char(struct buf *b, char c);
void buf_fmt(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
/* v in n <= 8 bytes, big-endian. */
void buf_uint(struct buf *b, uint64_t v, size_t n);
/* The length of s in n bytes, then s. Asserts that the length fits. */
void buf_vec(struct buf *b, struct span s, size_t n);
/* The text with a NUL behind it, which does not count in len. */
const char *buf_cstr(struct buf *b);

#endif
