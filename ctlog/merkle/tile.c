/* tile: see tile.h. Names and numbers only; nobody is asked for anything. */
#include "ctlog/merkle/tile.h"

#include "ctlog/base/limits.h"

/* Tree levels in one tile: 256 = 1 << 8 hashes. */
#define TILE_HEIGHT 8u

/* 1234067 becomes "x001/x234/067" (tlog-tiles, "Parameters"). */
static void
path_index(struct buf *out, uint64_t index)
{
	uint64_t unit = 1;

	while (index / unit >= 1000)
		unit *= 1000;
	for (; unit > 1; unit /= 1000)
		buf_fmt(out, "x%03u/", (unsigned)(index / unit % 1000));
	buf_fmt(out, "%03u", (unsigned)(index % 1000));
}

void
tile_path(const struct tile *t, struct buf *out)
{
	ASSERT(t->level == TILE_DATA || t->level < TILE_LEVELS);
	ASSERT(t->width >= 1 && t->width <= LIMIT_TILE);
	if (t->level == TILE_DATA)
		buf_str(out, "tile/data/");
	else
		buf_fmt(out, "tile/%u/", t->level);
	path_index(out, t->index);
	if (t->width != LIMIT_TILE)
		buf_fmt(out, ".p/%u", t->width);
}

/* "x001/x234/067" and what follows it. */
static bool
index_of_path(uint64_t *out, struct span *path)
{
	bool more = true;

	for (*out = 0; more; *path = span_from(*path, more ? 5 : 3)) {
		struct span s = *path;

		more = s.len > 0 && s.p[0] == 'x';
		s = span_from(s, more);
		if (s.len < 3 || *out > LIMIT_TREE_SIZE ||
		    (more && (s.len < 4 || s.p[3] != '/')))
			return false;
		for (unsigned i = 0; i < 3; i++) {
			if (s.p[i] < '0' || s.p[i] > '9')
				return false;
			*out = *out * 10 + (s.p[i] - '0');
		}
	}
	return *out < LIMIT_TREE_SIZE;
}

/* ".p/7", or nothing. */
static bool
width_of_path(unsigned *out, struct span s)
{
	*out = s.len == 0 ? LIMIT_TILE : 0;
	if (s.len == 0)
		return true;
	if (s.len < 4 || s.len > 6 || memcmp(s.p, ".p/", 3) != 0 ||
	    s.p[3] == '0')
		return false;
	for (size_t i = 3; i < s.len; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		*out = *out * 10 + (s.p[i] - '0');
	}
	return *out < LIMIT_TILE;
}

bool
tile_of_path(struct tile *out, struct span path)
{
	struct span data = span_str("tile/data/"), hash = span_str("tile/");
	struct tile t = {TILE_DATA, 0, 0};

	if (span_starts(path, data)) {
		path = span_from(path, data.len);
	} else if (span_starts(path, hash) && path.len > hash.len + 1 &&
		   path.p[hash.len + 1] == '/') {
		t.level = (unsigned)path.p[hash.len] - '0';
		path = span_from(path, hash.len + 2);
		if (t.level >= TILE_LEVELS)
			return false;
	} else {
		return false;
	}
	/* A first group of zeros is not how an index is written. */
	if (span_starts(path, span_str("x000")) ||
	    !index_of_path(&t.index, &path) || !width_of_path(&t.width, path))
		return false;
	*out = t;
	return true;
}

struct tile
tile_of(unsigned level, uint64_t index, uint64_t size)
{
	unsigned tree_level = level / TILE_HEIGHT * TILE_HEIGHT;
	struct tile t = {.level = level / TILE_HEIGHT, .width = LIMIT_TILE};
	uint64_t hashes;

	ASSERT(size <= LIMIT_TREE_SIZE && t.level < TILE_LEVELS);
	ASSERT(index < size >> level);
	hashes = size >> tree_level;
	t.index = index << (level - tree_level) >> TILE_HEIGHT;
	if (t.index == hashes >> TILE_HEIGHT)
		t.width = (unsigned)(hashes % LIMIT_TILE);
	return t;
}

enum status
tile_node(struct hash *out, const struct tile *t, struct span body,
    struct hasher *h, struct subtree want)
{
	unsigned height = want.level - t->level * TILE_HEIGHT, num, at;
	struct hash node[LIMIT_TILE];

	ASSERT(t->level < TILE_LEVELS);
	ASSERT(t->width >= 1 && t->width <= LIMIT_TILE);
	if (body.len != (size_t)t->width * HASH_LEN || height > TILE_HEIGHT ||
	    want.index >> (TILE_HEIGHT - height) != t->index)
		return ST_BAD;
	num = 1u << height;
	at = (unsigned)(want.index % (LIMIT_TILE / num)) * num;
	if (at + num > t->width)
		return ST_BAD;
	memcpy(node, body.p + (size_t)at * HASH_LEN, (size_t)num * HASH_LEN);
	for (; num > 1; num /= 2)
		for (unsigned i = 0; i < num / 2; i++)
			hasher_node(
			    h, &node[i], &node[2 * i], &node[2 * i + 1]);
	*out = node[0];
	return ST_OK;
}
