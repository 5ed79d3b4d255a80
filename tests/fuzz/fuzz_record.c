/* fuzz_record: each record that is taken is written as a line that reads back
 * the same; each refusal is safe to print and on a line that exists. */
#include <stdlib.h>

#include "ctlog/base/text.h"
#include "monitor/pii/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
	size_t lines, last_bad, bad;
	struct buf line;
};

/* The way back leads to the same line. */
static void
take_again(const struct run *x)
{
	struct record r;
	struct buf b = {0};

	ASSERT(record_unjson(&r, buf_span(&x->line)));
	record_json(&r, &b);
	ASSERT(span_eq(buf_span(&b), buf_span(&x->line)));
	buf_fini(&b);
	record_fini(&r);
}

static void
take(void *arg, struct record *r, size_t at)
{
	struct run *x = arg;

	ASSERT(at >= 1 && at <= x->lines);
	ASSERT(r->id != NULL && r->tenant != NULL);
	ASSERT((r->state == RECORD_ACTIVE) == record_consented(r));
	buf_clear(&x->line);
	record_json(r, &x->line);
	ASSERT(text_is_utf8(buf_span(&x->line)));
	ASSERT(span_chr(buf_span(&x->line), '\n') == x->line.len);
	take_again(x);
}

static void
bad(void *arg, size_t at, const char *what)
{
	struct run *x = arg;

	ASSERT(at >= 1 && at <= x->lines);
	ASSERT(text_is_utf8(span_str(what)) && what[0] != '\0');
	ASSERT(strpbrk(what, "\n\r\t\x1b") == NULL);
	x->bad += at != x->last_bad;
	x->last_bad = at;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run x = {.lines = 1};

	for (size_t i = 0; i < size; i++)
		x.lines += data[i] == '\n';
	ASSERT(record_read(span_of(data, size), take, bad, &x) == x.bad);
	buf_fini(&x.line);
	return 0;
}
