/* fuzz_cert: any bytes as a certificate: parsed, hashed, searched. Findings
 * are UTF-8, inside the input or the arena, and the same for a certificate as
 * for its signed part. */
#include <stdlib.h>

#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "ctlog/merkle/hash.h"
#include "monitor/pii/extract.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FINDINGS 512
static uint8_t memory[2][1 << 20];
static struct finding list[2][FINDINGS];

static bool
is_inside(struct span s, struct span whole)
{
	return s.p >= whole.p && s.p + s.len <= whole.p + whole.len;
}

static void
check(struct span s, struct span input, struct span arena)
{
	ASSERT(text_is_utf8(s));
	ASSERT(s.len == 0 || is_inside(s, input) || is_inside(s, arena));
}

static void
run(struct extractor *x, struct findings *out, struct cert *c,
    struct span input, int no)
{
	struct problem kept[LIMIT_PROBLEMS];
	struct problems problems = {.list = kept};
	struct arena arena = arena_of(memory[no], sizeof(memory[no]));
	struct span used = span_of(memory[no], sizeof(memory[no]));

	*out = (struct findings){.cap = FINDINGS, .list = list[no]};
	cert_parse(c, input, &problems);
	ASSERT(c->status == CERT_PARSED || problems.num > 0);
	extract_run(x, out, c, &arena, &problems);
	for (uint32_t i = 0; i < out->num; i++) {
		check(out->list[i].value, input, used);
		check(out->list[i].canonical, input, used);
		check(out->list[i].alt, input, used);
		ASSERT(out->list[i].canonical.len > 0);
		ASSERT(text_is_utf8(span_str(out->list[i].path)));
	}
	extract_facts(x, &out->facts, c, &arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct extractor *x;
	static struct hasher *h;
	struct findings whole, part;
	struct cert c, tbs;
	struct hash a, b;

	if (x == NULL) {
		x = extractor_new();
		h = hasher_new();
	}
	run(x, &whole, &c, span_of(data, size), 0);
	cert_family(&a, &c, h);
	if (c.status != CERT_PARSED || c.format == CERT_TBS || whole.partial)
		return 0;
	run(x, &part, &tbs, c.tbs, 1);
	cert_family(&b, &tbs, h);
	ASSERT(tbs.status == CERT_PARSED && part.num == whole.num);
	for (uint32_t i = 0; i < part.num; i++)
		ASSERT(
		    span_eq(part.list[i].canonical, whole.list[i].canonical));
	return 0;
}
