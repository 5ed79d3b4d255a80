/* fuzz_text: what is decoded and encoded again is the same; what is escaped
 * is one clean line. */
#include <stdlib.h>

#include "ctlog/base/base64.h"
#include "ctlog/base/limits.h"
#include "ctlog/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Only one text decodes to given bytes. */
static void
check_base64(struct span in)
{
	uint8_t *out = malloc(in.len / 4 * 3 + 1);
	struct buf text = {0};
	ssize_t n;

	ASSERT(out != NULL);
	n = base64_plain(out, in);
	ASSERT(text_unbase64(out, in) == n);
	if (n >= 0) {
		text_base64(&text, span_of(out, (size_t)n));
		ASSERT(span_eq(buf_span(&text), in));
		if (n <= 4000)
			ASSERT(text_unbase64_exact(out, (size_t)n, in));
	}
	buf_clear(&text);
	text_base64(&text, in);
	out = realloc(out, text.len / 4 * 3 + 1);
	ASSERT(out != NULL);
	n = text_unbase64(out, buf_span(&text));
	ASSERT(n >= 0 && span_eq(span_of(out, (size_t)n), in));
	buf_fini(&text);
	free(out);
}

static void
check_hex(struct span in)
{
	uint8_t *out = malloc(in.len + 1);
	struct buf text = {0};

	ASSERT(out != NULL);
	text_hex(&text, in);
	ASSERT(text_unhex(out, in.len, buf_span(&text)));
	ASSERT(span_eq(span_of(out, in.len), in));
	text_unhex(out, in.len / 2, in);
	buf_fini(&text);
	free(out);
}

/* The well-formed prefix, taken apart and put together again. */
static void
check_utf8(struct span in)
{
	size_t len = text_utf8_len(in), at = 0;
	struct buf text = {0};

	while (at < len)
		text_utf8_add(&text, text_utf8_next(in, &at));
	ASSERT(at == len && span_eq(buf_span(&text), span_cut(in, 0, len)));
	ASSERT(!text_is_ascii(in) || text_is_utf8(in));
	buf_fini(&text);
}

static void
check_time(struct span in)
{
	const int64_t first = INT64_C(-62167219200000);
	const int64_t last = INT64_C(253402300799999);
	char out[TEXT_TIME];
	int64_t ms, back;

	if (!text_untime(&ms, in) || ms < first || ms > last)
		return;
	ASSERT(text_untime(&back, span_str(text_time(out, ms))));
	ASSERT(back == ms);
}

static void
check_u64(struct span in)
{
	char text[TEXT_U64];
	uint64_t v;

	if (!text_u64(&v, in))
		return;
	ASSERT(span_eq(span_of(text, text_u64_put(text, v)), in));
	ASSERT(text[in.len] == '\0');
}

static void
check_clean(struct span text)
{
	ASSERT(text_is_utf8(text));
	for (size_t i = 0; i < text.len; i++)
		ASSERT(text.p[i] >= 0x20 && text.p[i] != 0x7f);
}

static void
check_escapes(struct span in)
{
	struct buf text = {0};

	text_line(&text, in, LIMIT_QUOTE);
	ASSERT(text.len <= LIMIT_QUOTE + 3);
	check_clean(buf_span(&text));
	ASSERT(strcmp(QUOTE(in), buf_cstr(&text)) == 0);
	buf_clear(&text);
	text_json(&text, in);
	check_clean(buf_span(&text));
	ASSERT(text.len >= 2 && text.p[text.len - 1] == '"');
	buf_fini(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size);

	check_base64(in);
	check_hex(in);
	check_utf8(in);
	check_time(in);
	check_u64(in);
	check_escapes(in);
	return 0;
}
