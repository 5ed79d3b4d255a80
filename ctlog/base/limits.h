/*
 * limits: every limit on what comes from outside, in one list, each with its
 * reason. Sizes are in bytes unless the name says otherwise. Interface
 * contract section 7 is this table in words.
 */
#ifndef CTLOG_BASE_LIMITS_H
#define CTLOG_BASE_LIMITS_H

/* One HTTP body after decoding: the largest legal data tile is 33 MiB. */
#define LIMIT_BODY (64u << 20)
/* A signed head or checkpoint: 64 witness lines of ML-DSA fit ten times. */
#define LIMIT_HEAD (1u << 20)
/* A log list; also any other JSON read as a tree from a trusted place. */
#define LIMIT_LOGLIST (8u << 20)
/* Logs in one list; the largest list known has 256. */
#define LIMIT_LOGS 4096u
/* Percent of the known logs that a new edition of a list may lack. */
#define LIMIT_LIST_LOSS 20u
/* A JSON tree from anywhere else: jansson needs up to 77 times the input. */
#define LIMIT_JSON (2u << 20)
/* A JSON tree has no more values than one for so many bytes of its limit: the
 * longest lists known have one for 60, a flood of {} one for 3. */
#define LIMIT_JSON_SPARSE 32u
/* Members that no standard knows, of all entries of a get-entries reply. */
#define LIMIT_UNKNOWN (1u << 20)
/* A configuration file, and one of admin tokens. */
#define LIMIT_CONFIG (1u << 20)
#define LIMIT_TOKENS (64u << 10)
/* One record line of an import, and the whole file. */
#define LIMIT_RECORD_LINE (64u << 10)
#define LIMIT_RECORD_FILE (4ull << 30)
/* One entry, certificate and chain references together. */
#define LIMIT_ENTRY (1u << 20)
/* An entry with hits is kept once for each record that it has hit, sealed under
 * the key of each: so much of one entry, and of all in a batch. What is more is
 * told of, and not kept. */
#define LIMIT_KEPT_ENTRY (16u << 20)
#define LIMIT_KEPT_BATCH (64u << 20)
/* One certificate value kept for matching; longer ones are cut and flagged. */
#define LIMIT_VALUE 4096u
/* Values examined in one certificate. */
#define LIMIT_VALUES 4096u
/* TLV nesting, and TLVs visited in one certificate. */
#define LIMIT_DEPTH 32
#define LIMIT_TLVS 65536u
/* A proof of a tree of 2^64 leaves has no more nodes (RFC 9162 2.1.3). */
#define LIMIT_PROOF 65
/* Entries in one batch; the largest page that a log is known to serve is 1024. */
#define LIMIT_BATCH 4096u
/* The table of contents of a zip archive: ct-archive's have 10 MB. */
#define LIMIT_ZIP_DIR (128u << 20)
/* Archives of one log: ct-archive's have three digits. */
#define LIMIT_VOLUMES 1000u
/* Seconds of a processor for one batch, after which its worker is taken for
 * hung: the worst that is known, 64 MiB of hostile certificates, takes 2. And
 * seconds that may pass meanwhile, on a machine that is busy with other things. */
#define LIMIT_BATCH_CPU_S 20
#define LIMIT_BATCH_WALL_S 120
/* Memory of a worker's own: twice what its arenas and buffers can come to. */
#define LIMIT_WORKER_DATA (768u << 20)
/* Addresses that it may take besides these and what it shares with main: the
 * program, its libraries, and what main had when it was started. Each 2 MiB of
 * them can cost a page of the kernel's. */
#define LIMIT_WORKER_SPACE (2ul << 30)
/* Leaves of one tile (static-ct-api). */
#define LIMIT_TILE 256u
/* A tree is at most this high: indices are u40 in static-ct-api leaves. */
#define LIMIT_TREE_SIZE (1ull << 40)
/* Retry-After, in seconds. */
#define LIMIT_RETRY_MIN_S 1
#define LIMIT_RETRY_MAX_S 3600
/* A URL of ours. */
#define LIMIT_URL 2048u
/* Foreign text quoted in a message of ours, after escaping. */
#define LIMIT_QUOTE 200u
/* A keyed hash in the match index, and in the store. */
#define LIMIT_KEY 16u
#define LIMIT_STORE_KEY 32u
/* What one file given to inspect may hold. */
#define LIMIT_INPUT (1u << 30)
/* Problems reported for one certificate. */
#define LIMIT_PROBLEMS 64u

#endif
