/*
 * static: logs of C2SP static-ct-api: checkpoints, data tiles, hash tiles. A
 * tile is asked for by the width that it has in the tree of a verified head.
 * Partial tiles may be gone once the full one exists, so that is asked for
 * next (tlog-tiles, "Partial tiles").
 */
#include "ctlog/api/api.h"

#include <inttypes.h>

#include "ctlog/api/job.h"
#include "ctlog/base/text.h"

/* [0, at) and the way up from `at` share one tile a level; the way down to the
 * head's size takes one a level more. */
_Static_assert(PROOF_TILES >= 2 * TILE_LEVELS, "a proof's tiles fit");

#define TILE_BYTES ((size_t)LIMIT_TILE * HASH_LEN)

/* --- heads and issuers ----------------------------------------------------- */

static void
static_head_request(const struct log *l, struct request *out)
{
	request_url(out, l, LIMIT_HEAD, "checkpoint");
}

static enum status
static_head_parse(
    const struct log *l, struct head *out, struct span body, struct err *e)
{
	return head_parse_checkpoint(out, l->key, l->origin, body, e);
}

static bool
static_issuer_request(
    const struct log *l, struct request *out, const struct hash *fingerprint)
{
	struct buf hex = {0};

	text_hex(&hex, hash_span(fingerprint));
	request_url(out, l, LIMIT_ENTRY, "issuer/%s", buf_cstr(&hex));
	out->may_miss = true;
	buf_fini(&hex);
	return true;
}

/* --- batches: data tiles --------------------------------------------------- */

static uint64_t
static_batch_end(const struct log *l, uint64_t begin, uint64_t limit)
{
	uint64_t step = LIMIT_TILE - begin % LIMIT_TILE;

	(void)l;
	ASSERT(begin < limit);
	return limit - begin > step ? begin + step : limit;
}

static uint64_t
static_plan_limit(const struct log *l, uint64_t size, bool partial)
{
	(void)l;
	return partial ? size : size - size % LIMIT_TILE;
}

static void
static_learn(struct log *l, uint64_t begin, uint64_t end, uint32_t got)
{
	(void)l;
	(void)begin;
	(void)end;
	(void)got;
}

static void
request_tile(struct request *out, const struct log *l, const struct tile *t)
{
	struct buf path = {0};

	tile_path(t, &path);
	request_url(out, l, t->level == TILE_DATA ? LIMIT_BODY : TILE_BYTES,
	    "%s", buf_cstr(&path));
	buf_fini(&path);
}

/* The data tile that holds the wanted entries. */
static struct tile
want_tile(const struct want *w)
{
	struct tile t = {TILE_DATA, w->begin / LIMIT_TILE, LIMIT_TILE};

	ASSERT(w->begin < w->end && w->end <= w->size);
	ASSERT((w->end - 1) / LIMIT_TILE == t.index);
	if (w->size / LIMIT_TILE == t.index)
		t.width = (unsigned)(w->size % LIMIT_TILE);
	return t;
}

static bool
static_batch_request(
    const struct log *l, struct request *out, const struct want *w)
{
	struct tile t = want_tile(w);
	bool partial = t.width != LIMIT_TILE;

	if (w->attempt > (partial ? 1 : 0))
		return false;
	if (w->attempt == 1)
		t.width = LIMIT_TILE;
	request_tile(out, l, &t);
	out->may_miss = partial;
	return true;
}

/* The body was received by another processor, and where an entry ends stands in
 * its middle: without this each would be waited for by itself. */
#define AHEAD 8192
#define LINE 64

static void
fetch_ahead(const uint8_t *begin, const struct rd *r)
{
	for (; begin < r->p && (size_t)(r->end - begin) > AHEAD; begin += LINE)
		__builtin_prefetch(begin + AHEAD);
}

/* The leaf at `index`, read into *out if it is wanted, stepped over if not. */
static enum status
take_leaf(struct entries *out, struct rd *r, uint64_t index,
    const struct want *w, struct err *e)
{
	struct entry other, *to = &other;
	const uint8_t *begin;
	enum status st;

	if (index >= w->begin && index < w->end)
		to = &out->entry[out->num++];
	begin = r->p;
	st = entry_read_tile(to, r, e);
	fetch_ahead(begin, r);
	if (st != ST_OK)
		err_prefix(e, "entry %" PRIu64, index);
	else if (to->problem == NULL && to->leaf_index == -2)
		to->problem = "static-ct-api: the extensions are malformed";
	return st;
}

static enum status
static_batch_parse(struct entries *out, struct span body, struct arena *scratch,
    const struct want *w, struct err *e)
{
	uint64_t first = want_tile(w).index * LIMIT_TILE, index = first;
	struct rd r = rd_of(body);
	enum status st;

	(void)scratch;
	out->begin = w->begin;
	out->num = out->dropped = 0;
	for (; rd_left(&r) != 0; index++) {
		if (index - first == LIMIT_TILE)
			return err_set(e, ST_BAD,
			    "static-ct-api: more than %u entries in a tile",
			    LIMIT_TILE);
		st = take_leaf(out, &r, index, w, e);
		if (st != ST_OK)
			return st;
	}
	if (index == first)
		return err_set(
		    e, ST_MISSING, "static-ct-api: a tile without entries");
	if (index < w->end)
		return err_set(e, ST_BAD,
		    "static-ct-api: the tile ends at entry %" PRIu64
		    ", before entry %" PRIu64,
		    index, w->end - 1);
	return ST_OK;
}

/* --- proofs: hash tiles ---------------------------------------------------- */

static unsigned
find_tile(const struct proof_job *j, const struct tile *t)
{
	unsigned i = 0;

	while (i < j->num_tiles &&
	       (j->tile[i].level != t->level || j->tile[i].index != t->index))
		i++;
	return i;
}

static void
plan_part(void *arg, unsigned level, uint64_t index)
{
	struct proof_job *j = arg;
	struct tile t = tile_of(level, index, j->head.size);
	unsigned i = find_tile(j, &t);

	ASSERT(i < PROOF_TILES);
	j->tile[i] = t;
	if (i == j->num_tiles)
		j->num_tiles++;
}

/* Where the part begins that nobody wants, and that the root needs. */
static uint64_t
wanted_end(const struct proof_job *j)
{
	return j->at + j->num_units * UNIT;
}

/* What stands beside the way up from a leaf, bottom up: complete subtrees, but
 * for one that ends where the tree does (RFC 6962 section 2.1.1). */
typedef void beside_fn(
    struct proof_job *j, struct hasher *h, uint64_t begin, uint64_t end);

static void
beside(struct proof_job *j, struct hasher *h, beside_fn *fn)
{
	uint64_t begin, width;

	for (unsigned level = 0; (UINT64_C(1) << level) < j->head.size;
	     level++) {
		width = UINT64_C(1) << level;
		begin = (j->at >> level ^ 1) << level;
		if (begin < j->head.size)
			fn(j, h, begin,
			    width < j->head.size - begin ? begin + width
							 : j->head.size);
	}
}

static void
plan_beside(struct proof_job *j, struct hasher *h, uint64_t begin, uint64_t end)
{
	(void)h;
	range_parts(begin, end, plan_part, j);
}

static void
plan_tiles(struct proof_job *j)
{
	if (j->kind == PROOF_INCLUSION) {
		beside(j, NULL, plan_beside);
		return;
	}
	if (j->kind == PROOF_ANCHOR)
		range_parts(0, j->at, plan_part, j);
	for (unsigned i = 0; i < j->num_units; i++)
		plan_part(j, UNIT_LEVEL, j->at / UNIT + i);
	range_parts(wanted_end(j), j->head.size, plan_part, j);
}

static bool
static_proof_request(
    const struct log *l, struct proof_job *j, struct request *out)
{
	struct tile t;

	if (job_is_trivial(j))
		return false;
	if (j->num_tiles == 0)
		plan_tiles(j);
	if (j->step == j->num_tiles)
		return false;
	t = j->tile[j->step];
	if (j->attempt > 0)
		t.width = LIMIT_TILE;
	request_tile(out, l, &t);
	out->may_miss = out->only_hashes = true;
	return true;
}

static enum status
proof_missing(struct proof_job *j, const struct tile *t, struct err *e)
{
	if (t->width == LIMIT_TILE)
		return err_set(e, ST_MISSING,
		    "hash tile %" PRIu64 " of level %u is not there", t->index,
		    t->level);
	j->attempt = !j->attempt;
	if (j->attempt > 0)
		return ST_OK;
	return err_set(e, ST_AGAIN,
	    "hash tile %" PRIu64 " of level %u is neither there as a partial "
	    "tile nor as a full one; a newer head is needed",
	    t->index, t->level);
}

static enum status
static_proof_reply(struct proof_job *j, struct hasher *h, int http_status,
    struct span body, struct err *e)
{
	const struct tile *t = &j->tile[j->step];
	size_t len = (size_t)t->width * HASH_LEN;

	(void)h;
	ASSERT(j->step < j->num_tiles);
	if (http_status == 404)
		return proof_missing(j, t, e);
	if (http_status != 200)
		return err_set(e, ST_AGAIN, "HTTP status %d", http_status);
	if (body.len != TILE_BYTES && (body.len != len || j->attempt > 0))
		return err_set(e, ST_BAD,
		    "tlog-tiles: a hash tile of width %u has %zu bytes",
		    j->attempt > 0 ? LIMIT_TILE : t->width, body.len);
	j->body_at[j->step++] = j->bodies.len;
	buf_add(&j->bodies, body.p, len);
	j->attempt = 0;
	return ST_OK;
}

/* Filling a range out of the tiles. */
struct fill {
	struct proof_job *j;
	struct hasher *hasher;
	struct range *to;
};

static void
fill_node(struct hash *out, const struct proof_job *j, struct hasher *h,
    struct subtree part)
{
	struct tile t = tile_of(part.level, part.index, j->head.size);
	unsigned i = find_tile(j, &t);
	struct span body;

	ASSERT(i < j->num_tiles);
	body = span_cut(
	    buf_span(&j->bodies), j->body_at[i], (size_t)t.width * HASH_LEN);
	ASSERT(tile_node(out, &t, body, h, part) == ST_OK);
}

static void
fill_part(void *arg, unsigned level, uint64_t index)
{
	struct fill *f = arg;
	struct hash node;

	fill_node(&node, f->j, f->hasher, (struct subtree){level, index});
	range_add(f->to, f->hasher, level, &node);
}

/* The units, into their list and behind the anchor. */
static void
fill_units(struct proof_job *j, struct hasher *h, struct range *whole)
{
	for (unsigned i = 0; i < j->num_units; i++) {
		fill_node(&j->unit[i], j, h,
		    (struct subtree){UNIT_LEVEL, j->at / UNIT + i});
		range_add(whole, h, UNIT_LEVEL, &j->unit[i]);
	}
}

/* One hash of the audit path: of the subtree's parts, the last ones first. */
static void
fill_beside(struct proof_job *j, struct hasher *h, uint64_t begin, uint64_t end)
{
	struct range parts;
	struct fill f = {j, h, &parts};
	struct hash node;

	range_init(&parts, begin);
	range_parts(begin, end, fill_part, &f);
	node = parts.node[parts.num - 1];
	for (uint32_t i = parts.num - 1; i-- > 0;)
		hasher_node(h, &node, &parts.node[i], &node);
	j->path.node[j->path.num++] = node;
}

static enum status
static_proof_result(struct proof_job *j, struct hasher *h, struct err *e)
{
	struct fill anchor = {j, h, &j->range}, cover = {j, h, &j->cover};
	struct range whole;

	if (job_is_trivial(j))
		return job_trivial(j, h, e);
	ASSERT(j->num_tiles > 0 && j->step == j->num_tiles);
	if (j->kind == PROOF_INCLUSION) {
		j->path.num = 0;
		beside(j, h, fill_beside);
		return job_included(j, h, e);
	}
	if (j->kind == PROOF_ANCHOR) {
		range_init(&j->range, 0);
		range_parts(0, j->at, fill_part, &anchor);
	}
	range_init(&j->cover, wanted_end(j));
	range_parts(wanted_end(j), j->head.size, fill_part, &cover);
	whole = j->range;
	fill_units(j, h, &whole);
	ASSERT(range_join(&whole, h, &j->cover));
	return job_compare(j, &whole, h, e);
}

const struct log_api log_api_static = {
    .name = "static",
    .have_units = true,
    .head_request = static_head_request,
    .head_parse = static_head_parse,
    .batch_end = static_batch_end,
    .batch_request = static_batch_request,
    .batch_parse = static_batch_parse,
    .proof_request = static_proof_request,
    .proof_reply = static_proof_reply,
    .proof_result = static_proof_result,
    .issuer_request = static_issuer_request,
    .plan_limit = static_plan_limit,
    .learn = static_learn,
};
