/* mem: see mem.h. */
#include "ctlog/base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *
there(void *p)
{
	if (p != NULL)
		return p;
	fputs("indelible: out of memory\n", stderr);
	abort();
}

void *
mem_new(size_t n, size_t size)
{
	return there(calloc(n ? n : 1, size ? size : 1));
}

void *
mem_grow(void *p, size_t n, size_t size)
{
	return there(reallocarray(p, n ? n : 1, size ? size : 1));
}

void *
mem_copy(const void *p, size_t len)
{
	void *q = there(malloc(len ? len : 1));

	if (len != 0)
		memcpy(q, p, len);
	return q;
}

char *
mem_str(const char *s)
{
	return mem_strn(s, strlen(s));
}

char *
mem_strn(const void *s, size_t len)
{
	char *q;

	if (len == SIZE_MAX)
		abort();
	q = there(malloc(len + 1));
	if (len != 0)
		memcpy(q, s, len);
	q[len] = '\0';
	return q;
}

void
mem_wipe(void *p, size_t len)
{
	if (p != NULL && len != 0)
		explicit_bzero(p, len);
}
