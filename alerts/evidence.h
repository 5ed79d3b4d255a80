/*
 * evidence: that a certificate stands in a log, as files that anybody can check
 * without the log and without this program: a README says how. Composed here;
 * fetched by monitor/proof.h, written by whoever asked.
 */
#ifndef ALERTS_EVIDENCE_H
#define ALERTS_EVIDENCE_H

#include "ctlog/base/buf.h"

struct evidence {
	const char *alert;                                /* id of the alert */
	const char *log_name, *operator_name, *url, *api; /* of the log */
	struct span log_id;                               /* 32 bytes */
	struct span log_spki; /* its key: SubjectPublicKeyInfo in DER */
	/* Verified: the head's signature is over head_tbs, and the entry is in
	 * the tree. */
	struct span head_raw, head_tbs, head_sig;
	uint64_t size, index;
	int64_t signed_ms, logged_ms;
	struct span leaf;      /* the whole MerkleTreeLeaf */
	struct span leaf_hash; /* 32 bytes */
	size_t num_path;
	const struct span *path; /* 32 bytes each, bottom up */
	/* The certificate in DER, or the precertificate. */
	struct span cert;
	bool precert;
};

/* One file after the other; `content` is borrowed. False: stop. */
typedef bool evidence_fn(void *arg, const char *name, struct span content);
bool evidence_files(const struct evidence *ev, evidence_fn *fn, void *arg);

#endif
