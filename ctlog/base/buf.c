/* buf: see buf.h. */
#include "ctlog/base/buf.h"

#include <stdarg.h>

#include "ctlog/base/mem.h"

void
buf_fini(struct buf *b)
{
	free(b->p);
	*b = (struct buf){0};
}

uint8_t *
buf_room(struct buf *b, size_t n)
{
	size_t cap = b->cap ? b->cap : 64;

	ASSERT(n <= SIZE_MAX / 4 - b->len);
	while (cap < b->len + n)
		cap *= 2;
	if (cap != b->cap) {
		b->p = mem_grow(b->p, cap, 1);
		b->cap = cap;
	}
	return b->p + b->len;
}

void
buf_add(struct buf *b, const void *p, size_t len)
{
	if (len == 0)
		return;
	memcpy(buf_room(b, len), p, len);
	b->len += len;
}

void
buf_span_add(struct buf *b, struct span s)
{
	buf_add(b, s.p, s.len);
}

void
buf_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void
buf_fmt(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	ASSERT(n >= 0);
	buf_room(b, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf((char *)b->p + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

void
buf_uint(struct buf *b, uint64_t v, size_t n)
{
	uint8_t *q = buf_room(b, n);

	ASSERT(n == 8 || (n < 8 && v >> (8 * n) == 0));
	for (size_t i = 0; i < n; i++)
		q[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
	b->len += n;
}

void
buf_vec(struct buf *b, struct span s, size_t n)
{
	buf_uint(b, s.len, n);
	buf_span_add(b, s);
}

const char *
buf_cstr(struct buf *b)
{
	*buf_room(b, 1) = '\0';
	return (const char *)b->p;
}
