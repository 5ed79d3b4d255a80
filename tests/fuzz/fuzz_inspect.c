/* fuzz_inspect: any file taken apart: at least one item, an end, and every
 * item inside the file or inside what PEM was decoded to. */
#include <stdlib.h>

#include "monitor/inspect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct inspect_items it = {.left = span_of(data, size)};
	struct inspect_item item;
	size_t num = 0;

	while (inspect_next(&it, &item)) {
		volatile uint8_t sum = 0;

		for (size_t i = 0; i < item.bytes.len; i++)
			sum = (uint8_t)(sum + item.bytes.p[i]);
		ASSERT(++num <= size + 1);
	}
	ASSERT(num > 0);
	buf_fini(&it.scratch);
	return 0;
}
