/*
 * tile: coordinates and paths of 256-wide tiles (C2SP tlog-tiles,
 * static-ct-api). Level L here is the level of the tile; its entries are
 * subtree hashes of tree level 8 * L.
 */
#ifndef CTLOG_MERKLE_TILE_H
#define CTLOG_MERKLE_TILE_H

#include "ctlog/base/buf.h"
#include "ctlog/merkle/range.h"

struct tile {
	unsigned level; /* TILE_DATA for a data tile */
	uint64_t index; /* N */
	unsigned width; /* 1..256; 256 = full */
};

#define TILE_DATA 255u
#define TILE_LEVELS 6u

/* "tile/0/x001/234.p/7", "tile/data/000": appended, without a first slash. */
void tile_path(const struct tile *t, struct buf *out);

/* Read what tile_path writes; false when it is not exactly such a path. */
bool tile_of_path(struct tile *out, struct span path);

/* The tile that holds the hash of subtree (level, index) of a tree of `size`
 * leaves, with the width it has there. */
struct tile tile_of(unsigned level, uint64_t index, uint64_t size);

/* A complete subtree of 2^level leaves, the index-th of its level. */
struct subtree {
	unsigned level;
	uint64_t index;
};

/* The hash of a subtree out of the hashes of tile t (t.width of them). ST_BAD
 * when `body` is not 32 * t.width bytes or the subtree is not complete within
 * it. */
enum status tile_node(struct hash *out, const struct tile *t, struct span body,
    struct hasher *h, struct subtree want);

#endif
