/*
 * batch_format: what the two ends of a batch result share. Integers are
 * big-endian, vectors carry their length before them (ctlog/base/buf.h):
 *
 *   u32 magic, u8 status
 *   status not OK:  vec16 message
 *   else:           vec16 range, u32 dropped, u32 partial,
 *                   u32 odd indices; the first: u64 entry, u64 says, leaf hash
 *                   vec32 timestamps (of all entries, u64 each; only of a
 *                   probe), vec32 counters (tally.h), u32 quarantined, u32
 *                   hits, the quarantined, the hits
 *
 * A hit ends with vec32 its entry (kept.h), which is empty but in the first one
 * of an entry: so a result holds each entry once at most.
 */
#ifndef MONITOR_BATCH_FORMAT_H
#define MONITOR_BATCH_FORMAT_H

#include "ctlog/merkle/range.h"

#define RESULT_MAGIC 0x69424154u
#define RESULT_HEAD_MAX (4 + 1 + 2 + 16 + 32 * RANGE_MAX + 4 * 7 + 16 + 32)

#endif
