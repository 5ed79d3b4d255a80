/* gzip: see gzip.h. */
#include "ctlog/base/gzip.h"

#include <libdeflate.h>

#include "ctlog/base/mem.h"

struct gunzip {
	struct libdeflate_decompressor *d;
};

struct gunzip *
gunzip_new(void)
{
	struct gunzip *g = NEW(struct gunzip);

	g->d = libdeflate_alloc_decompressor();
	ASSERT(g->d != NULL);
	return g;
}

void
gunzip_free(struct gunzip *g)
{
	if (g == NULL)
		return;
	libdeflate_free_decompressor(g->d);
	free(g);
}

enum status
gunzip_run(struct gunzip *g, struct arena *a, struct span *out, struct span in,
    struct err *e)
{
	enum libdeflate_result r;
	size_t cap, used, made, len = 0;
	uint8_t *p;

	p = arena_get(a, 0);
	if (p == NULL)
		return err_set(e, ST_LIMIT, "no room to decode a gzip body");
	cap = a->cap - a->used;
	do {
		r = libdeflate_gzip_decompress_ex(
		    g->d, in.p, in.len, p + len, cap - len, &used, &made);
		if (r == LIBDEFLATE_INSUFFICIENT_SPACE)
			return err_set(e, ST_LIMIT,
			    "gzip body decodes to more than %zu bytes", cap);
		if (r != LIBDEFLATE_SUCCESS)
			return err_set(e, ST_BAD, "damaged gzip body");
		len += made;
		in = span_from(in, used);
	} while (in.len > 0);
	a->used += len;
	*out = span_of(p, len);
	return ST_OK;
}
