/*
 * batch_result: the loop's side of a batch, reading what a worker left. A
 * worker parses hostile bytes, so its word is read like network input.
 */
#include "monitor/batch.h"
#include "monitor/batch_format.h"
#include "monitor/kept.h"
#include "monitor/tally.h"

static enum status
bad(struct err *e, const char *what)
{
	return err_set(e, ST_BAD, "a worker's result is damaged: %s", what);
}

/* The fewest bytes of a quarantined entry and of a hit: their fixed fields
 * and the lengths of their vectors, as they are read below. */
enum { QUARANTINE_MIN = 46, HIT_MIN = 163 };
/* Of a timestamp. */
enum { STAMP_LEN = 8 };

static enum status
open_range(struct batch_result *out, struct rd *r, const struct batch_order *o,
    struct err *e)
{
	if (range_load(&out->range, rd_vec(r, 2), e) != ST_OK)
		return bad(e, "range");
	if (out->range.begin != o->want.begin ||
	    out->range.end <= o->want.begin || out->range.end > o->want.end)
		return bad(e, "not the entries asked for");
	return ST_OK;
}

static struct hash
read_hash(struct rd *r)
{
	struct span s = rd_bytes(r, HASH_LEN);
	struct hash h = {0};

	if (s.len == HASH_LEN)
		memcpy(h.b, s.p, HASH_LEN);
	return h;
}

static void
read_odd_index(struct batch_result *out, struct rd *r)
{
	out->num_odd_index = rd_u32(r);
	out->odd_index.entry = rd_u64(r);
	out->odd_index.says = rd_u64(r);
	out->odd_index.leaf_hash = read_hash(r);
	if (out->num_odd_index > 0 &&
	    (out->odd_index.entry < out->range.begin ||
		out->odd_index.entry >= out->range.end))
		r->bad = true;
}

enum status
batch_open(struct batch_result *out, struct span bytes,
    const struct batch_order *o, struct err *e)
{
	struct rd r = rd_of(bytes);
	enum status st;

	*out = (struct batch_result){.kept_room = LIMIT_KEPT_BATCH};
	if (rd_u32(&r) != RESULT_MAGIC)
		return bad(e, "magic");
	out->status = rd_u8(&r);
	if (out->status != ST_OK) {
		out->error = rd_vec(&r, 2);
		return rd_done(&r) && out->status <= ST_DENIED
			   ? ST_OK
			   : bad(e, "message");
	}
	st = open_range(out, &r, o, e);
	if (st != ST_OK)
		return st;
	out->dropped = rd_u32(&r);
	out->partial = rd_u32(&r);
	read_odd_index(out, &r);
	out->stamps = rd_vec(&r, 4);
	out->tally = rd_vec(&r, 4);
	out->num_quarantined = rd_u32(&r);
	out->num_hits = rd_u32(&r);
	out->records = r;
	if (!rd_ok(&r) || (uint64_t)out->num_quarantined * QUARANTINE_MIN +
				  (uint64_t)out->num_hits * HIT_MIN >
			      rd_left(&r))
		return bad(e, "counts");
	if (out->stamps.len !=
	    (o->stamps ? (out->range.end - out->range.begin) * STAMP_LEN : 0))
		return bad(e, "timestamps");
	if (!tally_ok(out->tally, out->range.end - out->range.begin))
		return bad(e, "counters");
	return ST_OK;
}

uint64_t
batch_stamp(const struct batch_result *r, uint64_t i)
{
	struct rd rd =
	    rd_of(span_cut(r->stamps, (size_t)i * STAMP_LEN, STAMP_LEN));

	ASSERT(i < r->range.end - r->range.begin);
	return rd_u64(&rd);
}

/* An entry of this batch, or the result is not to be believed. */
static uint64_t
read_entry(struct batch_result *r)
{
	uint64_t at = rd_u64(&r->records);

	if (at < r->range.begin || at >= r->range.end)
		r->records.bad = true;
	return at;
}

bool
batch_next_quarantine(struct batch_result *r, struct batch_quarantine *q)
{
	if (r->num_quarantined == 0)
		return false;
	r->num_quarantined--;
	q->entry = read_entry(r);
	q->leaf_hash = read_hash(&r->records);
	q->reason = rd_vec(&r->records, 2);
	q->bytes = rd_vec(&r->records, 4);
	return rd_ok(&r->records);
}

static void
read_match(struct rd *r, struct batch_hit *h)
{
	h->no = rd_u32(r);
	h->count = rd_u32(r);
	h->score = rd_u8(r);
	h->kind = rd_u8(r);
	h->side = rd_u8(r);
	if (h->kind >= PII_KINDS || h->side > SIDE_ISSUER || h->score > 100)
		r->bad = true;
	h->rule = rd_vec(r, 1);
	h->carrier = rd_vec(r, 1);
	h->value = rd_vec(r, 2);
	h->num_reasons = rd_u8(r);
	if (h->num_reasons > MATCH_REASONS)
		r->bad = true;
	for (uint32_t i = 0; rd_ok(r) && i < h->num_reasons; i++)
		h->reason[i] = rd_vec(r, 1);
	h->also = rd_u32(r);
}

static void
read_cert(struct rd *r, struct batch_hit *h)
{
	h->classes = rd_u32(r);
	h->has_sha256 = rd_u8(r) != 0;
	h->precert = rd_u8(r) != 0;
	h->sha256 = read_hash(r);
	h->family = read_hash(r);
	h->serial = rd_vec(r, 1);
	h->issuer = rd_vec(r, 2);
	h->issuer_org = rd_vec(r, 2);
	h->not_before_ms = (int64_t)rd_u64(r);
	h->not_after_ms = (int64_t)rd_u64(r);
}

/* Of the first hit of an entry; the others have nothing there. */
static bool
is_kept(struct span form)
{
	struct kept parts;

	return form.len <= LIMIT_ENTRY && kept_read(&parts, form);
}

/* The entry, for this hit to be kept with, while there is room for it. */
static void
read_kept(struct batch_result *r, struct batch_hit *h)
{
	struct span form = rd_vec(&r->records, 4);

	if (form.len > 0 && !is_kept(form))
		r->records.bad = true;
	if (form.len > 0 || h->entry != r->kept_entry) {
		r->kept = form;
		r->kept_entry = h->entry;
		r->kept_left = LIMIT_KEPT_ENTRY;
	}
	if (r->kept.len > r->kept_left || r->kept.len > r->kept_room)
		return;
	h->kept = r->kept;
	r->kept_left -= r->kept.len;
	r->kept_room -= r->kept.len;
}

bool
batch_next_hit(struct batch_result *r, struct batch_hit *h)
{
	ASSERT(r->num_quarantined == 0);
	if (r->num_hits == 0)
		return false;
	r->num_hits--;
	*h = (struct batch_hit){0};
	h->entry = read_entry(r);
	h->timestamp_ms = (int64_t)rd_u64(&r->records);
	h->leaf_hash = read_hash(&r->records);
	read_match(&r->records, h);
	read_cert(&r->records, h);
	read_kept(r, h);
	return rd_ok(&r->records);
}

bool
batch_is_whole(const struct batch_result *r)
{
	struct batch_result walk = *r;
	struct batch_quarantine q;
	struct batch_hit h;

	if (r->status != ST_OK)
		return true;
	while (batch_next_quarantine(&walk, &q))
		;
	while (rd_ok(&walk.records) && batch_next_hit(&walk, &h))
		;
	return rd_done(&walk.records);
}
