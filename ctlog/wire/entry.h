/*
 * entry: one log entry as spans into the bytes it came in: MerkleTreeLeaf and
 * extra_data (RFC 6962 sections 3.4 and 4.6), TileLeaf (static-ct-api
 * "Log Entries"), CtExtensions. Parsing allocates nothing.
 */
#ifndef CTLOG_WIRE_ENTRY_H
#define CTLOG_WIRE_ENTRY_H

#include "ctlog/base/arena.h"
#include "ctlog/base/err.h"
#include "ctlog/base/rd.h"
#include "ctlog/merkle/hash.h"

enum entry_type { ENTRY_X509 = 0, ENTRY_PRECERT = 1 };

struct entry {
	/* What the leaf hash covers. `leaf` is the MerkleTreeLeaf; when
	 * `bare`, without its first two bytes (version, leaf_type), as it lies
	 * in a tile. */
	struct span leaf;
	bool bare;

	uint64_t timestamp; /* ms since 1970 */
	uint16_t type;      /* enum entry_type, or what the log sent */
	struct span cert;   /* Certificate, or TBSCertificate of a precert */
	struct span issuer_key_hash; /* precert only, 32 bytes */
	struct span extensions;      /* CtExtensions */
	int64_t leaf_index;          /* as entry_leaf_index has it */

	/* Outside the hash, so unproven. From an RFC 6962 log precert and
	 * chain are there only after entry_load_extra. */
	struct span precert;      /* the precertificate as submitted */
	struct span chain;        /* RFC 6962: ASN.1Cert vectors */
	struct span fingerprints; /* static: SHA-256 each */
	struct span extra_base64; /* RFC 6962: extra_data, not yet decoded */

	/* What is wrong with the content (the leaf hash can be used all the
	 * same), or NULL: a constant sentence with the spec section. Where
	 * `cert` is not empty, it was framed and may be read nevertheless. */
	const char *problem;
};

/* Parse a MerkleTreeLeaf. Never fails: what is wrong stands in problem. */
void entry_parse_leaf(struct entry *out, struct span leaf_input);

/* Parse extra_data into precert and chain, by type. ST_BAD costs only them. */
enum status entry_parse_extra(struct entry *e, struct span extra_data);

/* Decode extra_base64 into the arena and parse it: for the few entries that
 * matter, since it is most of a reply. Nothing to do for an entry of a tile.
 * ST_BAD as above; ST_LIMIT when the arena is full. */
enum status entry_load_extra(struct entry *e, struct arena *scratch);

/*
 * Read one TileLeaf off the cursor. ST_BAD when its framing is broken, which
 * makes the rest of the tile unreadable. A wrong or missing leaf_index is no
 * framing error: `leaf_index` tells. Fingerprints that are not a multiple of 32
 * bytes long cost only themselves.
 */
enum status entry_read_tile(
    struct entry *out, struct rd *tile, struct err *err);

/* The leaf hashes of `num` entries. */
void entry_leaf_hashes(
    const struct entry *e, uint32_t num, struct hasher *h, struct hash *out);
static inline void
entry_leaf_hash(const struct entry *e, struct hasher *h, struct hash *out)
{
	entry_leaf_hashes(e, 1, h, out);
}

/* leaf_index out of CtExtensions: -1 none, -2 malformed or a type twice. */
int64_t entry_leaf_index(struct span extensions);

/* The first certificate of an RFC 6962 chain, empty when there is none. */
struct span entry_issuer(const struct entry *e);

#endif
