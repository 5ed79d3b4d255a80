/*
 * fuzz_query: request targets, forms and token files. Byte 0 says which. What
 * is taken apart has no controls in it and is UTF-8.
 */
#include <stdint.h>
#include <string.h>

#include "ctlog/base/text.h"
#include "monitor/query.h"
#include "monitor/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_text(const char *s)
{
	ASSERT(text_is_utf8(span_str(s)));
	for (; *s != '\0'; s++)
		ASSERT((uint8_t)*s >= 0x20 && *s != 0x7f);
}

static void
try_query(bool form, struct span in)
{
	struct query q;
	enum status st =
	    form ? query_form(&q, in, NULL) : query_target(&q, in, NULL);

	if (st == ST_OK) {
		ASSERT(form || q.path[0] == '/');
		check_text(q.path);
	}
	for (size_t i = 0; i < q.num; i++) {
		check_text(q.params[i].name);
		check_text(q.params[i].value);
	}
	query_fini(&q);
}

static void
try_tokens(struct span in)
{
	struct api_caller who;
	struct tokens *t;

	if (tokens_parse(&t, in, "fuzz", NULL) != ST_OK)
		return;
	ASSERT(!tokens_find(&who, t, "Bearer no such token there"));
	tokens_free(t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data + 1, size - 1);

	if (size == 0)
		return 0;
	if (data[0] == 't')
		try_tokens(in);
	else
		try_query(data[0] == 'f', in);
	return 0;
}
