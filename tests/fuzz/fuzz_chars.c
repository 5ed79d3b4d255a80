/* fuzz_chars: the first byte is the tag, the rest the string. Readings are
 * UTF-8 without controls, and plain when they are read again. */
#include <stdlib.h>

#include "ctlog/base/text.h"
#include "ctlog/x509/chars.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t memory[1 << 18];

static void
check(struct span s)
{
	size_t at = 0;

	ASSERT(s.len > 0 && text_is_utf8(s));
	while (at < s.len) {
		uint32_t c = text_utf8_next(s, &at);

		ASSERT(c >= 0x20 && (c < 0x7f || c >= 0xa0));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = arena_of(memory, sizeof(memory));
	struct span input = span_of(data, size);
	struct chars c;
	struct der t;

	if (size == 0)
		return 0;
	chars_decode_bytes(&c, &a, span_from(input, 1), data[0] & 31);
	ASSERT(c.num <= CHARS_CANDIDATES && c.behind <= c.num);
	for (unsigned i = 0; i < c.num; i++)
		check(c.cand[i]);
	if (der_next(&t, &input)) {
		chars_decode(&c, &a, &t);
		for (unsigned i = 0; i < c.num; i++)
			check(c.cand[i]);
	}
	return 0;
}
