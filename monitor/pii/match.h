/*
 * match: opt-in records compiled to keyed hashes, the index over them, and
 * the matching of findings against it (reference pii.md section 5). An index
 * is an immutable snapshot of offsets in one region of memory, so processes
 * share it wherever it is mapped; it holds no value of anybody, only
 * HMAC-SHA-256 under the index key, cut to LIMIT_KEY bytes. A second, small one
 * (the delta) says what changed since: records of its own, and which records of
 * the large one no longer count.
 */
#ifndef MONITOR_PII_MATCH_H
#define MONITOR_PII_MATCH_H

#include "monitor/pii/extract.h"
#include "monitor/pii/record.h"

#define INDEX_KEY_LEN 32

/* Keyed hashing with the key schedule done once; one per thread/process. */
struct keyer;
struct keyer *keyer_new(const uint8_t key[INDEX_KEY_LEN]);
void keyer_free(struct keyer *k);
/* HMAC-SHA-256(key, label 00 value); label "email", "domain", "name", ... */
void keyer_run(
    struct keyer *k, uint8_t out[32], const char *label, struct span value);

/* A record as the store keeps it for matching: keys to find it by, and a blob
 * (policy bits, hashed tokens and qualifiers) to judge a find by. */
struct compiled {
	struct buf keys; /* LIMIT_STORE_KEY bytes each */
	struct buf blob;
};
/* *out is overwritten. ST_BAD when the value is not an address / domain / name
 * at all, or a domain that nobody may opt in for (pii.md 5.4); ST_LIMIT when a
 * name has too many aliases or qualifiers. */
enum status match_compile(struct compiled *out, const struct record *r,
    struct keyer *k, struct err *e);
void compiled_fini(struct compiled *c);

/* Building an index in `region` (zeroed, or fresh from mmap). */
struct match_build;
struct match_size {
	uint64_t records, keys, blob_bytes;
	uint64_t dropped; /* a delta's: see match_build_drop() */
};
/* Bytes that an index of this size takes at most. A region begins at a
 * multiple of 8 (of 64, for speed). */
size_t match_region_len(const struct match_size *size);
/* NULL when the region cannot hold even the keys of that size. */
struct match_build *match_build_start(void *region, size_t cap,
    uint64_t generation, const struct match_size *size);
/* `no` is the caller's number for the record, given back with its hits.
 * ST_LIMIT when the region or the size told is too small for what comes,
 * ST_BAD when keys are no keys. Finish in any case. */
enum status match_build_add(struct match_build *b, uint32_t no,
    enum record_kind kind, struct span keys, struct span blob);
/* In a delta: record `no` of the large index no longer counts. The delta's own
 * records have numbers that the large index has not. */
enum status match_build_drop(struct match_build *b, uint32_t no);
void match_build_finish(struct match_build *b);

/* An index in a region somebody else wrote: NULL when its header is no such
 * thing or its sizes leave the region. */
struct match_index;
const struct match_index *match_index_of(const void *region, size_t cap);
uint64_t match_index_generation(const struct match_index *ix);

/* What is looked up as one; either may be NULL. */
struct match_set {
	const struct match_index *main, *delta;
};

#define MATCH_REASONS 12

struct match_hit {
	uint32_t no;      /* record */
	uint32_t finding; /* best finding's place in the list */
	uint32_t count;   /* findings that match this record */
	uint8_t score;    /* 0..100 */
	const char *rule; /* constant: "email-strict", ... */
	const char *reason[MATCH_REASONS]; /* constants, NULL-ended */
};

/*
 * All records that the findings match, the best finding for each, name hits
 * below `threshold` dropped. Hits are written to *out (an array in a buf that
 * the caller keeps and clears: they are appended); at most one per record.
 */
struct matcher;
struct matcher *matcher_new(const uint8_t key[INDEX_KEY_LEN]);
void matcher_free(struct matcher *m);
size_t match_run(struct matcher *m, const struct match_set *set,
    const struct findings *f, unsigned threshold, struct buf *out);
/* The last certificate was made to cost time: not all its names were judged.
 * It is to be treated as one that was not read to its end. */
bool match_overrun(const struct matcher *m);

#endif
