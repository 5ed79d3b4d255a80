/*
 * span: borrowed bytes. A span never owns and never outlives what it borrows
 * from; hostile text travels as spans, never as NUL-terminated strings.
 * Here: making, comparing and cutting spans. Not here: reading integers (rd.h),
 * growing bytes (buf.h).
 */
#ifndef CTLOG_BASE_SPAN_H
#define CTLOG_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
	const uint8_t *p;
	size_t len;
};

static inline struct span
span_of(const void *p, size_t len)
{
	return (struct span){(const uint8_t *)p, len};
}

/* A NUL-terminated string of our own, without its NUL. */
static inline struct span
span_str(const char *s)
{
	return span_of(s, strlen(s));
}

static inline bool
span_eq(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

static inline bool
span_eq_str(struct span a, const char *s)
{
	return span_eq(a, span_str(s));
}

static inline bool
span_starts(struct span a, struct span prefix)
{
	return a.len >= prefix.len &&
	       (prefix.len == 0 || memcmp(a.p, prefix.p, prefix.len) == 0);
}

/* The part from `at` on, `len` bytes at most; clamped to what is there. */
static inline struct span
span_cut(struct span a, size_t at, size_t len)
{
	if (at > a.len)
		at = a.len;
	if (len > a.len - at)
		len = a.len - at;
	return span_of(at ? a.p + at : a.p, len); /* NULL + 0 is undefined */
}

static inline struct span
span_from(struct span a, size_t at)
{
	return span_cut(a, at, SIZE_MAX);
}

/* Offset of the first `c`, or a.len when there is none. */
static inline size_t
span_chr(struct span a, uint8_t c)
{
	const uint8_t *q = a.len ? memchr(a.p, c, a.len) : NULL;

	return q ? (size_t)(q - a.p) : a.len;
}

#endif
