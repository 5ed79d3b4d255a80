/*
 * proof: that an entry is in a log, fetched from it and verified: a signed head
 * that covers it, its audit path, and the entry itself unless that is there. On
 * the loop; one object for one entry. Keeping it, and making files of it, is for
 * others.
 */
#ifndef MONITOR_PROOF_H
#define MONITOR_PROOF_H

#include "ctlog/api/api.h"
#include "monitor/http.h"
#include "monitor/proof_share.h"

struct proof;

struct proof_got {
	struct head head;
	struct span head_raw; /* as it came */
	struct path path;
	/* Its leaf has the hash that was asked for, and there is a certificate
	 * in it; NULL: it was not wanted. */
	const struct entry *entry;
};

struct proof_want {
	struct http *http;
	struct log *log; /* both live as long */
	const char *operator_name;
	uint64_t index;
	struct hash leaf_hash; /* the entry must have it */
	bool has_entry;        /* somebody has the entry already */
	/* With those before; NULL: this one is alone. Lives as long. */
	struct proof_share *share;
};

/* Called once, from the loop, unless it is ended before. With ST_OK *got is
 * valid until the call returns. ST_MISSING: the log has no such entry, or does
 * not say so; ST_MISMATCH, ST_SIGNATURE, ST_BAD: what it says does not hold;
 * ST_UNREACHABLE. */
typedef void proof_fn(void *arg, enum status st, const struct proof_got *got,
    const struct err *e);

struct proof *proof_new(const struct proof_want *w, proof_fn *fn, void *arg);
/* Also from within the callback. */
void proof_end(struct proof *p);

#endif
