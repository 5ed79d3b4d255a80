/* data: files and hex for the unit tests. Sample data outside of the repository
 * is used when it is there. */
#ifndef TESTS_UNIT_DATA_H
#define TESTS_UNIT_DATA_H

#include "ctlog/base/buf.h"
#include "ctlog/base/text.h"

/* The file's bytes appended; false when there is no such file. */
static inline bool
data_read(struct buf *out, const char *path)
{
	FILE *f = fopen(path, "rb");
	size_t n;

	if (f == NULL)
		return false;
	do {
		n = fread(buf_room(out, 65536), 1, 65536, f);
		out->len += n;
	} while (n > 0);
	fclose(f);
	return true;
}

/* Hex digits, with blanks between them, appended as bytes. */
static inline void
data_hex(struct buf *out, const char *hex)
{
	for (; *hex != '\0'; hex++) {
		if (*hex == ' ')
			continue;
		ASSERT(text_unhex(buf_room(out, 1), 1, span_of(hex, 2)));
		out->len++;
		hex++;
	}
}

/* n bytes of one value. */
static inline void
data_fill(struct buf *out, uint8_t byte, size_t n)
{
	memset(buf_room(out, n), byte, n);
	out->len += n;
}

#endif
