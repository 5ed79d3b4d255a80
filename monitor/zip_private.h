/* zip_private: between zip.c and zip_dir.c. */
#ifndef MONITOR_ZIP_PRIVATE_H
#define MONITOR_ZIP_PRIVATE_H

#include "ctlog/base/rd.h"
#include "monitor/zip.h"

struct zip {
	int fd;
	uint64_t size; /* of the archive */
	/* The central directory: where it is, and, loaded, its bytes and the
	 * places of its records there, sorted by name. */
	uint64_t at, len, num;
	uint8_t *dir;
	uint32_t *record;
};

/* n bytes, little-endian. */
static inline uint64_t
zip_take(struct rd *r, size_t n)
{
	struct span s = rd_bytes(r, n);
	uint64_t v = 0;

	for (size_t i = s.len; i-- > 0;)
		v = v << 8 | s.p[i];
	return v;
}

static inline enum status
zip_damaged(struct err *e, const char *what)
{
	return err_set(e, ST_BAD, "damaged zip archive: %s", what);
}

/* Exactly `len` bytes of the archive from `at` on; ST_BAD when it has not so
 * many. */
enum status zip_read_at(
    const struct zip *z, void *into, size_t len, uint64_t at, struct err *e);

#endif
