/* fuzz_normal: canonical forms are UTF-8, bounded, and do not change when
 * they are made canonical again. */
#include <stdlib.h>

#include "ctlog/base/err.h"
#include "ctlog/base/limits.h"
#include "ctlog/base/text.h"
#include "monitor/pii/normal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct span normal_fn(struct arena *a, struct span s);

static void
check(struct arena *a, struct span in, normal_fn *fn)
{
	struct span once = fn(a, in), twice;

	ASSERT(once.len <= LIMIT_VALUE && text_is_utf8(once));
	twice = fn(a, once);
	ASSERT(span_eq(once, twice));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t memory[1 << 20];
	struct arena a = arena_of(memory, sizeof(memory));
	struct span in = span_of(data, size), list[NAME_TOKENS], name;

	check(&a, in, normal_fold);
	check(&a, in, normal_domain);
	check(&a, in, normal_email);
	check(&a, in, normal_name);
	name = normal_name(&a, in);
	for (int form = 0; form < 4; form++) {
		unsigned n =
		    normal_name_tokens(&a, list, NAME_TOKENS, name, form);

		for (unsigned i = 0; i < n; i++)
			ASSERT(list[i].len > 0 && text_is_utf8(list[i]));
	}
	name = normal_email(&a, in);
	if (name.len > 0)
		ASSERT(normal_email_relaxed(
			   &a, name, EMAIL_PLUS | EMAIL_GMAIL_DOTS)
			   .len > 0);
	return 0;
}
