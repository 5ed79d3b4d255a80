/* kept: see kept.h. */
#include "monitor/kept.h"

/* Of the present form, and of the one before, which had no issuers. */
#define KEPT_MAGIC 0x494e5132u
#define KEPT_MAGIC_1 0x494e5131u
/* A certificate of LIMIT_ENTRY bytes in its framing, with 64 KiB extensions. */
#define KEPT_MOST (LIMIT_ENTRY + (65u << 10))
#define KEPT_ISSUERS (64u << 10)
/* What is not an entry's own: magic and lengths. */
#define KEPT_FRAME 24u

static const uint8_t leaf_head[2] = {0, 0}; /* v1, timestamped_entry */

/* --- writing ---------------------------------------------------------------- */

static struct span
at_most(struct span s, size_t most)
{
	return s.len <= most ? s : span_of(NULL, 0);
}

static size_t
head_len(const struct entry *e)
{
	return e->bare ? sizeof(leaf_head) : 0;
}

static void
put(struct buf *out, const struct entry *e, size_t issuers)
{
	size_t len = e->leaf.len < KEPT_MOST ? e->leaf.len : KEPT_MOST;

	buf_uint(out, KEPT_MAGIC, 4);
	buf_uint(out, head_len(e) + e->leaf.len, 4);
	buf_uint(out, head_len(e) + len, 4);
	buf_add(out, leaf_head, head_len(e));
	buf_add(out, e->leaf.p, len);
	buf_vec(out, at_most(e->precert, KEPT_MOST), 4);
	buf_vec(out, at_most(e->chain, issuers), 4);
	buf_vec(out, at_most(e->fingerprints, issuers), 4);
}

void
kept_put(struct buf *out, const struct entry *e)
{
	put(out, e, KEPT_ISSUERS);
}

void
kept_put_hit(struct buf *out, const struct entry *e)
{
	size_t own = KEPT_FRAME + head_len(e) + e->leaf.len + e->precert.len;
	size_t issuers = e->chain.len + e->fingerprints.len;

	if (own > LIMIT_ENTRY)
		return;
	put(out, e, issuers <= LIMIT_ENTRY - own ? KEPT_ISSUERS : 0);
}

void
kept_order(struct buf *body, struct span kept, int64_t time_ms)
{
	buf_uint(body, (uint64_t)time_ms, 8);
	buf_vec(body, kept, 4);
}

/* --- reading ---------------------------------------------------------------- */

/* *len: of the leaf before it was cut. */
static bool
unframe(struct kept *out, uint32_t *len, struct span form)
{
	struct rd r = rd_of(form);
	uint32_t magic = rd_u32(&r);

	*len = rd_u32(&r);
	*out = (struct kept){0};
	out->leaf = rd_vec(&r, 4);
	out->precert = rd_vec(&r, 4);
	if (magic == KEPT_MAGIC) {
		out->chain = rd_vec(&r, 4);
		out->fingerprints = rd_vec(&r, 4);
	}
	return (magic == KEPT_MAGIC || magic == KEPT_MAGIC_1) && rd_done(&r);
}

bool
kept_read(struct kept *out, struct span form)
{
	uint32_t len;

	return unframe(out, &len, form) && out->leaf.len == len;
}

/* false: it is no such form. */
static bool
kept_get(struct entry *out, struct span form)
{
	struct kept k;
	uint32_t len;

	if (!unframe(&k, &len, form))
		return false;
	entry_parse_leaf(out, k.leaf);
	if (k.leaf.len < len) {
		out->problem = "only the first 1 MiB of the entry was kept";
		out->cert = span_of(NULL, 0);
	}
	if (out->type == ENTRY_PRECERT)
		out->precert = k.precert;
	out->chain = k.chain;
	out->fingerprints = k.fingerprints;
	return true;
}

/* A certificate alone: a precertificate's when it is a bare TBSCertificate,
 * which begins with its version or serial where a Certificate has a SEQUENCE. */
static void
old_cert(struct entry *out, struct span cert, uint64_t time_ms)
{
	struct rd r = rd_of(cert);
	uint8_t len;

	*out = (struct entry){
	    .leaf = cert, .cert = cert, .timestamp = time_ms, .leaf_index = -1};
	rd_u8(&r);
	len = rd_u8(&r);
	if (len & 0x80)
		rd_bytes(&r, len & 0x7f);
	out->type = rd_u8(&r) == 0x30 ? ENTRY_X509 : ENTRY_PRECERT;
}

/* What was kept before: the certificate when there was one, else the leaf,
 * out of a tile without its first two bytes. */
static void
old_get(struct entry *out, struct span kept, uint64_t time_ms,
    struct arena *scratch)
{
	uint8_t *whole;

	if (kept.len > 0 && kept.p[0] != 0) {
		old_cert(out, kept, time_ms);
		return;
	}
	entry_parse_leaf(out, kept);
	if (out->problem == NULL)
		return;
	whole = arena_get(scratch, sizeof(leaf_head) + kept.len);
	if (whole == NULL || kept.len == 0)
		return;
	memcpy(whole, leaf_head, sizeof(leaf_head));
	memcpy(whole + sizeof(leaf_head), kept.p, kept.len);
	entry_parse_leaf(out, span_of(whole, sizeof(leaf_head) + kept.len));
}

static enum status
kept_parse(struct entries *out, struct span body, struct arena *scratch,
    const struct want *w, struct err *e)
{
	struct rd r = rd_of(body);

	out->begin = w->begin;
	out->num = out->dropped = 0;
	while (out->num < w->end - w->begin) {
		uint64_t time_ms = rd_u64(&r);
		struct span kept = rd_vec(&r, 4);
		struct entry *to = &out->entry[out->num++];

		if (!rd_ok(&r))
			return err_set(e, ST_BAD, "kept entries are cut short");
		if (!kept_get(to, kept))
			old_get(to, kept, time_ms, scratch);
	}
	return ST_OK;
}

const struct log_api kept_api = {.name = "kept", .batch_parse = kept_parse};
