/*
 * kept: the form in which an entry is kept: one that could not be read, so that
 * a later program reads it as if it came from the log; and one with a hit, so
 * that the log is not needed to show what was in it. MerkleTreeLeaf (timestamp,
 * type, certificate or TBSCertificate, issuer key hash, extensions); the
 * precertificate, which an alert's fingerprint needs; and what the log says of
 * the issuers: their certificates (RFC 6962) or the SHA-256 of each (static).
 *
 *   u32 magic, u32 length of the leaf, vec32 leaf, vec32 precertificate,
 *   vec32 chain, vec32 fingerprints
 *
 * Leaf and precertificate are kept as long as a certificate that may be read
 * can make them: a longer leaf is cut, and stays unreadable; a longer
 * precertificate is left out, and so are issuers of more than 64 KiB.
 *
 * Entries are taken apart in a worker; main reads no more than this frame.
 */
#ifndef MONITOR_KEPT_H
#define MONITOR_KEPT_H

#include "ctlog/api/api.h"

/* Append the form of an entry whose extra data are loaded. */
void kept_put(struct buf *out, const struct entry *e);
/* The same for an entry with a hit: LIMIT_ENTRY at most, the issuers left out
 * when it is more with them, and nothing at all when it is more without. */
void kept_put_hit(struct buf *out, const struct entry *e);

/* The parts, as spans into it; false: it is no such form, or the leaf was cut.
 * What stands in them was looked at by nobody. */
struct kept {
	struct span leaf, precert, chain, fingerprints;
};
bool kept_read(struct kept *out, struct span form);

/* Append what a worker is to read again, to a body for kept_api; `time_ms` is
 * the timestamp when the bytes tell none. */
void kept_order(struct buf *body, struct span kept, int64_t time_ms);

/* Reads such a body: only batch_parse is there. Entries are numbered from
 * want.begin on. Bytes that are no such form are what was kept before there was
 * one: a certificate or a leaf alone. */
extern const struct log_api kept_api;

#endif
