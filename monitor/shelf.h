/*
 * shelf: one log on disk: folders of tiles as a static-ct-api log serves them,
 * or archive zips that hold them (geomys/ct-archive: 000.zip, 001.zip, ...), or
 * both. A file is looked for by its name under the log's URL; beside a missing
 * one, the same with .gz counts. Reads, blocks, and knows nothing of what is
 * in the files. What cannot be read in one place is read in another one that
 * has it, which is told. On one thread at a time.
 *
 * Nobody vouches for what is in a folder or archive: symbolic links in it are
 * not followed, only plain files are read, and what an archive says is bounded
 * (zip.h).
 */
#ifndef MONITOR_SHELF_H
#define MONITOR_SHELF_H

#include "ctlog/base/buf.h"
#include "ctlog/base/gzip.h"

struct shelf;

/* All must be there and be folders or zip archives: ST_MISSING, ST_DENIED,
 * ST_BAD, ST_IO. The names are copied. */
enum status shelf_open(
    struct shelf **out, const char *const *paths, size_t num, struct err *e);
void shelf_close(struct shelf *s);

/* Where a file goes. */
struct shelf_body {
	size_t limit;
	/* NULL: into `own`, inflated. Else `limit` bytes, and the file may be
	 * gzip: http.h says the same of its replies. */
	uint8_t *into;
	/* 0: from where it is found first. n: from the n-th of the places that
	 * have it and can be read, in the order of shelf_open, for who found
	 * something wrong in it. */
	unsigned nth;
	struct buf own;
	struct span body;
	struct err place; /* the file's name for people, when there is one */
};
/* ST_MISSING: none of them has it, or not so many. ST_LIMIT: it is longer than
 * the limit. ST_BAD, ST_IO, ST_DENIED: it cannot be read in any of those that
 * have it. Messages name the place. */
enum status shelf_get(
    struct shelf *s, const char *name, struct shelf_body *b, struct err *e);

#endif
