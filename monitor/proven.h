/*
 * proven: a proof as it is kept and told: JSON with all that is needed to check
 * it when the log is gone, its key and name too. Written when it was verified,
 * verified once more when it is read.
 *
 *   {"version": 1, "log_name", "operator", "url", "api", "log_key": base64,
 *    "tree_size", "signed": time, "head": base64 of what the log sent,
 *    "audit_path": [base64, bottom up]}
 */
#ifndef MONITOR_PROVEN_H
#define MONITOR_PROVEN_H

#include <jansson.h>

#include "monitor/proof.h"

/* The log, for people and for its key. */
struct proven_log {
	const char *name, *operator_name, *url, *api;
	const struct logkey *key;
};
void proven_put(struct buf *out, const struct proven_log *log,
    const struct head *head, struct span head_raw, const struct path *path);

/* What it is to prove. */
struct proven_at {
	struct hash log_id;
	uint64_t index;
	struct hash leaf_hash;
};

struct proven {
	struct proven_log log; /* texts are the JSON's */
	struct logkey *key;
	struct head head;
	struct buf head_raw;
	struct path path;
};
/* ST_BAD: it is none; ST_MISMATCH, ST_SIGNATURE: it does not prove that.
 * proven_fini() in any case. */
enum status proven_read(struct proven *out, const json_t *proof,
    const struct proven_at *at, struct err *e);
void proven_fini(struct proven *p);

#endif
