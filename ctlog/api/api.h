/*
 * api: the two log protocols behind one interface, without I/O. A request is
 * described here and carried by somebody else; a reply's bytes are digested
 * here. What the interface hides: JSON against binary, page size against
 * 256-wide tiles, STH against checkpoint, consistency proofs against hash
 * tiles, partial-tile fallback.
 */
#ifndef CTLOG_API_API_H
#define CTLOG_API_API_H

#include "ctlog/base/arena.h"
#include "ctlog/base/limits.h"
#include "ctlog/merkle/proof.h"
#include "ctlog/merkle/tile.h"
#include "ctlog/wire/entry.h"
#include "ctlog/wire/head.h"

struct log_api;

/* A log's URL has at most this many characters, so that every request fits.
 * Whoever fills a struct log checks it. */
#define LOG_URL_MAX (LIMIT_URL - 256)

/* One log: what the protocols need to know. Owned by the caller. */
struct log {
	const struct log_api *api;
	char *name;   /* for people */
	char *url;    /* base, always with a final slash */
	char *origin; /* static: the checkpoint's first line */
	struct logkey *key;
	uint32_t page; /* RFC 6962: learned entries per reply, 0 = unknown */
	struct {
		uint64_t stop; /* where the last short reply ended */
		uint32_t cut;  /* how long the last page came out, if cut */
		uint32_t idle; /* replies that told nothing about the page */
	} clue;                /* private */
};

/* A GET to be made. */
struct request {
	char url[LIMIT_URL];
	size_t limit;     /* the decoded body may have this many bytes */
	bool may_miss;    /* a 404 is an answer: try the next attempt */
	bool only_hashes; /* the reply tells nothing of any certificate */
};

/* The entries [begin, end) of a tree of `size` leaves; attempt 0 is the usual
 * request for them, each further one is made after a 404 to the one before. */
struct want {
	uint64_t begin, end, size;
	unsigned attempt;
};

/* Up to LIMIT_BATCH entries of one reply. */
struct entries {
	uint64_t begin; /* index of entry[0] */
	uint32_t num;
	uint32_t dropped;    /* entries beyond those asked for */
	struct entry *entry; /* room for LIMIT_BATCH, the caller's */
};

/*
 * A proof in steps. Wanted is either
 *   PROOF_ANCHOR  the compact range [0, at) of the head's tree, or
 *   PROOF_PREFIX  that `have`, a range [0, at) of ours, is a prefix of it, or
 *   PROOF_INCLUSION  the audit path of `leaf`, which is entry `at` of it.
 * With an anchor also the hashes of the units that follow it may be wanted, of
 * protocols that have_units: proof_job_units.
 * Ask with proof_request until it says false; feed each reply to proof_reply.
 * Then proof_result: ST_OK, ST_MISMATCH (the log contradicts its own head, or
 * have is no prefix) or ST_BAD. Only with ST_OK `range` is to be believed, or
 * `path` for an inclusion.
 *
 * A reply that is not ST_OK changes nothing: proof_request asks for the same
 * again. ST_AGAIN: it may come right (for a tile that is neither there as a
 * partial nor as a full one only with a newer head). ST_MISSING: the log does
 * not offer this proof.
 */
enum proof_kind { PROOF_ANCHOR, PROOF_PREFIX, PROOF_INCLUSION };

#define PROOF_TILES 24

/* A unit of a log: the leaves under one hash of a tile of level 2. */
#define UNIT_LEVEL 16u
#define UNIT (UINT64_C(1) << UNIT_LEVEL)

struct proof_job {
	enum proof_kind kind;
	struct head head; /* verified; at <= head.size, < of a leaf */
	uint64_t at;
	struct range range; /* in: have (PREFIX); out: anchor (ANCHOR) */
	unsigned num_units;
	struct hash *unit; /* out: those from `at` on */
	struct hash leaf;  /* INCLUSION */
	struct path path;  /* out: INCLUSION; else private */
	/* private */
	unsigned step, num_tiles;
	struct tile tile[PROOF_TILES];
	unsigned attempt;
	struct range cover; /* [0 or at, head.size) out of hash tiles */
	struct buf bodies;  /* static: the tiles' hashes, back to back */
	size_t body_at[PROOF_TILES];
	enum status status;
	struct err err;
};

struct log_api {
	const char *name; /* "static", "rfc6962" */
	bool have_units;  /* the log tells the hashes of units */

	void (*head_request)(const struct log *l, struct request *out);
	/* As head_parse_sth / head_parse_checkpoint. */
	enum status (*head_parse)(const struct log *l, struct head *out,
	    struct span body, struct err *e);

	/* Where the batch that begins at `begin` ends: > begin, <= limit,
	 * where limit is the size of a verified head. Aligned to tiles or to
	 * the learned page size. */
	uint64_t (*batch_end)(
	    const struct log *l, uint64_t begin, uint64_t limit);
	/* false: there is no such attempt, ask for a newer head. */
	bool (*batch_request)(
	    const struct log *l, struct request *out, const struct want *w);
	/*
	 * Digest a body (not gzip any more) that answers w: fills
	 * out->entry[] from `begin` on with at least one and at most
	 * w.end - w.begin entries. Spans point into body and scratch (room for
	 * decoded base64: body.len bytes suffice, those that entry_load_extra
	 * takes later included). A pure function.
	 * ST_MISSING: there is no entry in it. ST_BAD: unusable as a whole;
	 * the message says at which entry.
	 */
	enum status (*batch_parse)(struct entries *out, struct span body,
	    struct arena *scratch, const struct want *w, struct err *e);

	/* As described at struct proof_job. */
	bool (*proof_request)(
	    const struct log *l, struct proof_job *j, struct request *out);
	enum status (*proof_reply)(struct proof_job *j, struct hasher *h,
	    int http_status, struct span body, struct err *e);
	enum status (*proof_result)(
	    struct proof_job *j, struct hasher *h, struct err *e);

	/* The certificate with this SHA-256; false when the protocol has no
	 * such thing. */
	bool (*issuer_request)(const struct log *l, struct request *out,
	    const struct hash *fingerprint);

	/* A batch may be planned only up to here for now: static logs wait
	 * for full tiles unless `partial`. */
	uint64_t (*plan_limit)(
	    const struct log *l, uint64_t size, bool partial);

	/* Learn the page size from a reply: [begin, end) was asked for and
	 * `got` entries came. No-op for static logs. */
	void (*learn)(
	    struct log *l, uint64_t begin, uint64_t end, uint32_t got);
};

extern const struct log_api log_api_static;
extern const struct log_api log_api_rfc6962;

/* By name; NULL when there is no such protocol. */
const struct log_api *log_api_find(const char *name);

void proof_job_init(struct proof_job *j, enum proof_kind kind,
    const struct head *head, uint64_t at, const struct range *have);
/* That entry `index` of the head's tree has this leaf hash. */
void proof_job_inclusion(struct proof_job *j, const struct head *head,
    uint64_t index, const struct hash *leaf);
/* The hashes of `num` units from the anchor on are wanted, too; `at` is a
 * multiple of LIMIT_TILE units, and all of them are within the tree. */
void proof_job_units(struct proof_job *j, unsigned num);
void proof_job_fini(struct proof_job *j);

#endif
