/*
 * sha256: SHA-256 (FIPS 180-4) of many messages at a time. One stream of it is
 * bound by latency: each round waits for the one before. Two messages side by
 * side take hardly longer than one, so who has many hands them over together.
 *
 * Not here: what is hashed, and why (ctlog/merkle/hash.h, monitor/pii/keyer.c).
 */
#ifndef CTLOG_BASE_SHA256_H
#define CTLOG_BASE_SHA256_H

#include "ctlog/base/span.h"

#define SHA256_LEN 32
#define SHA256_BLOCK 64

/* How blocks are hashed on this processor. All give the same results. */
struct sha256_engine {
	const char *name;
	/* So many blocks of 64 bytes, at any address, into the state h. */
	void (*one)(uint32_t h[8], const uint8_t *p, size_t blocks);
	/* The same for two messages; NULL where that gains nothing. */
	void (*two)(uint32_t h1[8], const uint8_t *p1, uint32_t h2[8],
	    const uint8_t *p2, size_t blocks);
};

/* libcrypto's, everywhere. */
extern const struct sha256_engine sha256_plain;
/* By the processor's own instructions: NULL where it has none. */
const struct sha256_engine *sha256_native(void);
/* The best there is. Asking the processor costs microseconds on a virtual
 * machine: once for a process or thread. */
const struct sha256_engine *sha256_engine(void);

/* Where messages begin: at SHA-256's initial state, or behind whole blocks
 * that all of them have in common. */
struct sha256_start {
	uint32_t h[8];
	uint64_t len; /* bytes that h stands for, a multiple of 64 */
};
extern const struct sha256_start sha256_initial;

/* One message, in two parts; 32 bytes of digest go to `out`. */
struct sha256_text {
	struct span head, body;
	uint8_t *out;
};

/*
 * The digests of `num` messages that begin at the same start. A digest may go
 * where its own message lies. Those of others are read at the same time: when
 * all are of one length it may also go where an earlier one lies, as in a tree
 * that is hashed in place; else where no other one does.
 */
void sha256_run(const struct sha256_engine *e, const struct sha256_start *start,
    const struct sha256_text *texts, size_t num);

/* A start behind one block more. */
void sha256_advance(const struct sha256_engine *e, struct sha256_start *start,
    const uint8_t block[SHA256_BLOCK]);

#endif
