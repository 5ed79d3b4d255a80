/*
 * kept: the form in which an entry that could not be read is kept, so that a
 * later program reads it as if it came from the log: MerkleTreeLeaf (timestamp,
 * type, certificate or TBSCertificate, issuer key hash, extensions) and the
 * precertificate, which an alert's fingerprint needs.
 *
 *   u32 magic, u32 length of the leaf, vec32 leaf, vec32 precertificate
 *
 * Leaf and precertificate are kept as long as a certificate that may be read
 * can make them: a longer leaf is cut, and stays unreadable; a longer
 * precertificate is left out.
 *
 * Everything here runs in a worker; main only carries the bytes.
 */
#ifndef MONITOR_KEPT_H
#define MONITOR_KEPT_H

#include "ctlog/api/api.h"

/* Append the form of an entry whose extra data are loaded. */
void kept_put(struct buf *out, const struct entry *e);

/* Append what a worker is to read again, to a body for kept_api; `time_ms` is
 * the timestamp when the bytes tell none. */
void kept_order(struct buf *body, struct span kept, int64_t time_ms);

/* Reads such a body: only batch_parse is there. Entries are numbered from
 * want.begin on. Bytes that are no such form are what was kept before there was
 * one: a certificate or a leaf alone. */
extern const struct log_api kept_api;

#endif
