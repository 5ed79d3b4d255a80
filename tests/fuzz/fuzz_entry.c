/* fuzz_entry: bytes as a MerkleTreeLeaf, as extra_data, as a data tile and as
 * CtExtensions. */
#include <stdint.h>

#include "ctlog/base/limits.h"
#include "ctlog/wire/entry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
inside(struct span part, struct span whole)
{
	ASSERT(part.len == 0 || (part.p >= whole.p && part.len <= whole.len &&
				    part.p + part.len <= whole.p + whole.len));
}

static void
check(const struct entry *e, struct span whole)
{
	inside(e->leaf, whole);
	inside(e->cert, whole);
	inside(e->extensions, whole);
	inside(e->issuer_key_hash, whole);
	inside(e->precert, whole);
	inside(e->chain, whole);
	inside(e->fingerprints, whole);
	inside(entry_issuer(e), whole);
	ASSERT(e->cert.len <= LIMIT_ENTRY);
	ASSERT(e->cert.len > 0 || e->problem != NULL);
	ASSERT(e->fingerprints.len % HASH_LEN == 0);
	ASSERT(e->leaf_index >= -2 && e->leaf_index < 1ll << 40);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct hasher *h;
	struct span in = span_of(data, size);
	struct rd tile = rd_of(in);
	struct entry e;
	struct err err;
	struct hash hash;

	if (h == NULL)
		h = hasher_new();
	entry_parse_leaf(&e, in);
	check(&e, in);
	ASSERT(span_eq(e.leaf, in));
	entry_leaf_hash(&e, h, &hash);
	for (e.type = 0; e.type < 2; e.type++) {
		if (entry_parse_extra(&e, in) != ST_OK)
			ASSERT(e.chain.len == 0 && e.precert.len == 0);
		check(&e, in);
	}
	while (rd_left(&tile) > 0 && entry_read_tile(&e, &tile, &err) == ST_OK)
		check(&e, in);
	return 0;
}
