/* fuzz_page: bytes as a get-entries reply; jansson must see the same entries
 * wherever it, too, takes the text. */
#include <jansson.h>
#include <stdint.h>

#include "ctlog/base/text.h"
#include "ctlog/wire/page.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Both decode to the same bytes, or both do not. */
static void
same(struct span raw, const json_t *s)
{
	struct span text = span_of(json_string_value(s), json_string_length(s));
	uint8_t *a = malloc(raw.len / 4 * 3), *b = malloc(text.len / 4 * 3);
	ssize_t n = page_unbase64(a, raw), m = text_unbase64(b, text);

	ASSERT(n == m);
	ASSERT(n <= 0 || memcmp(a, b, (size_t)n) == 0);
	free(a);
	free(b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *root =
	    json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
	const json_t *entries = json_object_get(root, "entries"), *one;
	struct span leaf, extra;
	struct err e;
	struct page p;
	size_t num = 0;
	enum status st;

	st = page_open(&p, span_of(data, size), &e);
	while (st == ST_OK) {
		st = page_next(&p, &leaf, &extra, &e);
		if (st != ST_OK)
			break;
		ASSERT(leaf.len + extra.len <= size);
		one = json_array_get(entries, num++);
		if (root != NULL)
			same(leaf, json_object_get(one, "leaf_input"));
	}
	ASSERT(st == ST_BAD || st == ST_MISSING);
	if (root != NULL && st == ST_MISSING)
		ASSERT(num == json_array_size(entries));
	json_decref(root);
	return 0;
}
