/*
 * fuzz_http_answer: a reply as a hostile server sends it. Byte 0: bit 0 a body
 * into memory of the caller's; bytes 1-2 the limit; then lines until a blank
 * one after a final status line, then the body in pieces.
 */
#include <stdint.h>
#include <stdlib.h>

#include "ctlog/base/limits.h"
#include "monitor/http_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
feed_head(struct answer *a, struct span *in)
{
	size_t n;

	while (in->len > 0 && !a->head_done) {
		n = span_chr(*in, '\n');
		n += n < in->len;
		if (!answer_line(a, span_cut(*in, 0, n)))
			return false;
		*in = span_from(*in, n);
	}
	return true;
}

static void
feed_body(struct answer *a, struct span in)
{
	size_t n;

	while (in.len > 0) {
		n = in.p[0] % 64u + 1;
		if (!answer_body(a, span_cut(in, 0, n)))
			return;
		in = span_from(in, n);
	}
}

static void
check(const struct http_reply *r, const struct answer *a)
{
	ASSERT(r->body.len <= a->limit);
	ASSERT(r->status == ST_OK || r->body.len == 0);
	ASSERT(r->status == ST_OK || r->err.text[0] != '\0');
	ASSERT(r->retry_after_ms == 0 ||
	       (r->retry_after_ms >= LIMIT_RETRY_MIN_S * 1000 &&
		   r->retry_after_ms <= LIMIT_RETRY_MAX_S * 1000));
	ASSERT(r->date_ms >= 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gunzip *g = gunzip_new();
	struct http_reply r = {0};
	struct answer a;
	struct span in;
	uint8_t *mem = NULL;
	size_t limit;

	if (size < 3)
		goto out;
	limit = (size_t)data[1] << 8 | data[2];
	if (data[0] & 1) {
		mem = malloc(limit ? limit : 1);
		ASSERT(mem != NULL);
	}
	in = span_of(data + 3, size - 3);
	answer_init(&a, limit, mem);
	if (feed_head(&a, &in))
		feed_body(&a, in);
	answer_end(&a, g, 1000000000000, &r);
	check(&r, &a);
	answer_fini(&a);
	free(mem);
out:
	gunzip_free(g);
	return 0;
}
