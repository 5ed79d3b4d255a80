/* kept: see kept.h. */
#include "monitor/kept.h"

#define KEPT_MAGIC 0x494e5131u
/* A certificate of LIMIT_ENTRY bytes in its framing, with 64 KiB extensions. */
#define KEPT_MOST (LIMIT_ENTRY + (65u << 10))

static const uint8_t leaf_head[2] = {0, 0}; /* v1, timestamped_entry */

/* --- writing ---------------------------------------------------------------- */

void
kept_put(struct buf *out, const struct entry *e)
{
	size_t head = e->bare ? sizeof(leaf_head) : 0;
	size_t len = e->leaf.len < KEPT_MOST ? e->leaf.len : KEPT_MOST;
	struct span precert = e->precert;

	if (precert.len > KEPT_MOST)
		precert = span_of(NULL, 0);
	buf_uint(out, KEPT_MAGIC, 4);
	buf_uint(out, head + e->leaf.len, 4);
	buf_uint(out, head + len, 4);
	buf_add(out, leaf_head, head);
	buf_add(out, e->leaf.p, len);
	buf_vec(out, precert, 4);
}

void
kept_order(struct buf *body, struct span kept, int64_t time_ms)
{
	buf_uint(body, (uint64_t)time_ms, 8);
	buf_vec(body, kept, 4);
}

/* --- reading ---------------------------------------------------------------- */

/* false: it is no such form. */
static bool
kept_get(struct entry *out, struct span kept)
{
	struct rd r = rd_of(kept);
	uint32_t magic = rd_u32(&r), len = rd_u32(&r);
	struct span leaf = rd_vec(&r, 4), precert = rd_vec(&r, 4);

	if (magic != KEPT_MAGIC || !rd_done(&r))
		return false;
	entry_parse_leaf(out, leaf);
	if (leaf.len < len) {
		out->problem = "only the first 1 MiB of the entry was kept";
		out->cert = span_of(NULL, 0);
	}
	if (out->type == ENTRY_PRECERT)
		out->precert = precert;
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
