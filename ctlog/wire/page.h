/*
 * page: a scanner for get-entries replies (RFC 6962 section 4.6). It walks
 * the JSON text once and builds no tree: a tree would cost 20 to 77 times the
 * input. The strings come out as they stand in the text; page_unbase64 undoes
 * the rare JSON escapes (`\/`, `\u003d`) on the way.
 */
#ifndef CTLOG_WIRE_PAGE_H
#define CTLOG_WIRE_PAGE_H

#include "ctlog/base/err.h"
#include "ctlog/base/span.h"

struct page {
	struct span text;
	size_t at;
	/* private */
	int state;
	size_t unknown; /* bytes that were skipped */
};

/* Find {"entries": [ . ST_BAD when the text is not such an object. */
enum status page_open(struct page *p, struct span json, struct err *e);

/*
 * The next entry: ST_OK with the two strings' raw contents (between the
 * quotation marks; extra_data may be missing or null, then empty), ST_MISSING
 * after the last one (the rest of the object has been checked then), ST_BAD on
 * anything that is not the documented form. Members in any order; unknown
 * members are skipped up to LIMIT_DEPTH, and LIMIT_UNKNOWN bytes in all; a
 * second leaf_input is ST_BAD.
 */
enum status page_next(struct page *p, struct span *leaf_input,
    struct span *extra_data, struct err *e);

/* Decode one such string into out (in.len / 4 * 3 bytes of room); -1 when it
 * is not padded standard base64. */
ssize_t page_unbase64(uint8_t *out, struct span in);

#endif
