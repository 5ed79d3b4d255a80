/*
 * zip: reading zip archives of gigabytes, of which nobody knows who made them:
 * the table of contents, and single members in one read each. Zip64; stored
 * and deflated members; nothing encrypted, split or written. A member's name
 * is a key to look up and nothing else: no file is ever opened by it.
 *
 * Why not a library: a member that is deflated is handed on as it is, as a
 * gzip body, so that the sandboxed workers inflate it, and a table of 130,000
 * members costs 70 bytes each. Sizes and places are the central directory's
 * (APPNOTE 4.3.12); those of local headers are not looked at.
 *
 * One thread at a time.
 */
#ifndef MONITOR_ZIP_H
#define MONITOR_ZIP_H

#include "ctlog/base/buf.h"
#include "ctlog/base/gzip.h"

struct zip;

/* Find the table of contents; `fd` is the archive's in any case. ST_BAD: it is
 * no zip archive, was cut off, or is of a kind that is not read. ST_LIMIT,
 * ST_IO. */
enum status zip_open(struct zip **out, int fd, struct err *e);
void zip_close(struct zip *z);

/* Read the table into memory when it is not there; forget it. */
enum status zip_load(struct zip *z, struct err *e);
void zip_unload(struct zip *z);
bool zip_is_loaded(const struct zip *z);

struct zip_member {
	uint64_t at;           /* of its local header */
	uint64_t packed, size; /* bytes in the archive, and inflated */
	uint32_t crc;
	uint16_t method;
	bool encrypted;
};

/* In a loaded archive. false: there is no member of exactly this name. */
bool zip_find(const struct zip *z, struct zip_member *out, struct span name);
/* The i-th of the members by name; false: there are no more. */
bool zip_name(const struct zip *z, size_t i, struct span *out);

/*
 * A member's bytes into `into`, which has room for `cap`; *len is how many
 * there are. `framed`: a deflated member may come as a gzip body instead, with
 * its length and checksum for whoever inflates it. ST_LIMIT: there is no room
 * for it. ST_BAD: it is damaged.
 */
struct zip_into {
	uint8_t *into;
	size_t cap, len;
	bool framed;
};
enum status zip_read(struct zip *z, const struct zip_member *m,
    struct gunzip *g, struct zip_into *out, struct err *e);

#endif
