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

uint32_t
gzip_crc(struct span s)
{
	return libdeflate_crc32(0, s.p, s.len);
}

enum status
gunzip_bare(struct gunzip *g, uint8_t *out, struct span in,
    const struct gunzip_told *told, struct err *e)
{
	size_t used, made;

	if (libdeflate_deflate_decompress_ex(g->d, in.p, in.len, out, told->len,
		&used, &made) != LIBDEFLATE_SUCCESS ||
	    used != in.len || made != told->len)
		return err_set(e, ST_BAD, "the compressed data are damaged");
	if (gzip_crc(span_of(out, made)) != told->crc)
		return err_set(e, ST_BAD, "the checksum (CRC-32) is wrong");
	return ST_OK;
}

void
gzip_head(uint8_t out[GZIP_HEAD])
{
	static const uint8_t head[GZIP_HEAD] = {
	    0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff};

	memcpy(out, head, GZIP_HEAD);
}

void
gzip_foot(uint8_t out[GZIP_FOOT], const struct gunzip_told *told)
{
	for (unsigned i = 0; i < 4; i++) {
		out[i] = (uint8_t)(told->crc >> 8 * i);
		out[4 + i] = (uint8_t)(told->len >> 8 * i);
	}
}
