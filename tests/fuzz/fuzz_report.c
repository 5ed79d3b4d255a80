/* fuzz_report: an exposure of the store as a row of a report. Whatever its
 * strings are, the row is well-formed markup of our own elements, in UTF-8,
 * without controls. */
#include <stdlib.h>

#include "alerts/report_private.h"
#include "ctlog/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const elements[] = {"tbody", "tr", "td", "span", "bdi",
    "strong", "code", "small", "details", "summary", "dl", "dt", "dd", "time",
    "a"};
#define ELEMENTS (sizeof(elements) / sizeof(elements[0]))
#define DEPTH 16

/* The element that begins here; its end is a blank or the bracket. */
static unsigned
element(const char *at)
{
	size_t len = strcspn(at, " >");

	for (unsigned i = 0; i < ELEMENTS; i++)
		if (strlen(elements[i]) == len && !memcmp(at, elements[i], len))
			return i;
	abort();
}

static void
check_markup(const char *page)
{
	unsigned open[DEPTH], depth = 0, rows = 0;

	for (const char *at = page; (at = strchr(at, '<')) != NULL; at++) {
		if (strncmp(at, "<br>", 4) == 0)
			continue;
		if (at[1] == '/') {
			if (depth == 0 || open[--depth] != element(at + 2))
				abort();
			continue;
		}
		if (depth == DEPTH)
			abort();
		open[depth++] = element(at + 1);
		rows += strncmp(at, "<tr ", 4) == 0;
		at += strcspn(at, ">");
		if (*at == '\0')
			abort();
	}
	if (depth != 0 || rows != 2)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct report_log log = {.name = "Log"};
	struct sighting s = {.verified = true};
	struct places p = {.num = 1, .proven = true, .list = {{&log, &s}}};
	struct buf out = {0};
	struct exposure x;

	if (exposure_unpack(&x, span_of(data, size), NULL) != ST_OK)
		return 0;
	row_html(&out, &x, &p);
	check_markup(buf_cstr(&out));
	if (strlen(buf_cstr(&out)) != out.len || !text_is_utf8(buf_span(&out)))
		abort();
	for (size_t i = 0; i < out.len; i++)
		if (out.p[i] < ' ' && out.p[i] != '\n')
			abort();
	exposure_fini(&x);
	buf_fini(&out);
	return 0;
}
