/*
 * entry: see entry.h. Only the framing of log entries is read here; what a
 * certificate says is the business of ctlog/x509.
 */
#include "ctlog/wire/entry.h"

#include "ctlog/base/limits.h"
#include "ctlog/wire/page.h"

#define EXTENSION_LEAF_INDEX 0
/* Leaves hashed in one go. */
#define TEXTS 128u

static const struct span nothing = {NULL, 0};

/* signed_entry of a TimestampedEntry, for a type that is known. */
static void
read_signed(struct entry *e, struct rd *r)
{
	if (e->type == ENTRY_PRECERT)
		e->issuer_key_hash = rd_bytes(r, HASH_LEN);
	e->cert = rd_vec(r, 3);
}

/* What is wrong with a certificate of this size. */
static const char *
cert_problem(struct span cert)
{
	if (cert.len == 0)
		return "RFC 6962 3.4: the certificate is empty";
	if (cert.len > LIMIT_ENTRY)
		return "RFC 6962 3.4: the certificate is larger than 1 MiB";
	return NULL;
}

/* Behind the framing: the leaf_index and whether the certificate is fit to be
 * examined; if not, it is not offered. */
static void
judge_content(struct entry *e)
{
	e->leaf_index = entry_leaf_index(e->extensions);
	e->problem = cert_problem(e->cert);
	if (e->problem != NULL)
		e->cert = nothing;
}

static void
set_unreadable(struct entry *e, const char *problem)
{
	e->problem = problem;
	e->cert = e->issuer_key_hash = e->extensions = nothing;
	e->leaf_index = -1;
}

void
entry_parse_leaf(struct entry *out, struct span leaf_input)
{
	struct rd r = rd_of(leaf_input);
	uint8_t version = rd_u8(&r), leaf_type = rd_u8(&r);
	bool known;

	*out = (struct entry){.leaf = leaf_input, .leaf_index = -1};
	out->timestamp = rd_u64(&r);
	out->type = rd_u16(&r);
	known = out->type == ENTRY_X509 || out->type == ENTRY_PRECERT;
	if (rd_ok(&r) && version == 0 && leaf_type == 0 && known) {
		read_signed(out, &r);
		out->extensions = rd_vec(&r, 2);
	}
	if (!rd_ok(&r))
		set_unreadable(out, "RFC 6962 3.4: the leaf is truncated");
	else if (version != 0)
		set_unreadable(out, "RFC 6962 3.4: the version is not v1");
	else if (leaf_type != 0)
		set_unreadable(out, "RFC 6962 3.4: unknown leaf type");
	else if (!known)
		set_unreadable(out, "RFC 6962 3.4: unknown entry type");
	else
		judge_content(out);
	if (out->problem == NULL && !rd_done(&r))
		out->problem = "RFC 6962 3.4: trailing bytes behind the leaf";
}

/* Whether a chain is nothing but ASN.1Cert vectors. */
static bool
is_chain(struct span chain)
{
	struct rd r = rd_of(chain);

	while (rd_left(&r) != 0 && rd_ok(&r))
		rd_vec(&r, 3);
	return rd_ok(&r);
}

enum status
entry_parse_extra(struct entry *e, struct span extra_data)
{
	struct rd r = rd_of(extra_data);
	struct span precert = nothing, chain;

	e->precert = e->chain = nothing;
	if (e->type == ENTRY_PRECERT)
		precert = rd_vec(&r, 3);
	chain = rd_vec(&r, 3);
	if (!rd_done(&r) || !is_chain(chain))
		return ST_BAD;
	e->precert = precert;
	e->chain = chain;
	return ST_OK;
}

enum status
entry_load_extra(struct entry *e, struct arena *scratch)
{
	struct span in = e->extra_base64;
	uint8_t *raw;
	ssize_t len;

	if (in.len == 0)
		return ST_OK;
	raw = arena_get(scratch, in.len / 4 * 3);
	if (raw == NULL)
		return ST_LIMIT;
	e->extra_base64 = nothing;
	len = page_unbase64(raw, in);
	if (len < 0)
		return ST_BAD;
	return entry_parse_extra(e, span_of(raw, (size_t)len));
}

/* Behind the leaf in a tile: what the log adds without hashing it. */
static void
read_unhashed(struct entry *e, struct rd *r)
{
	if (e->type == ENTRY_PRECERT)
		e->precert = rd_vec(r, 3);
	e->fingerprints = rd_vec(r, 2);
	if (e->fingerprints.len % HASH_LEN != 0)
		e->fingerprints = nothing;
}

enum status
entry_read_tile(struct entry *out, struct rd *tile, struct err *err)
{
	const uint8_t *start = tile->p;

	*out = (struct entry){.bare = true, .leaf_index = -1};
	out->timestamp = rd_u64(tile);
	out->type = rd_u16(tile);
	if (rd_ok(tile) && out->type > ENTRY_PRECERT)
		return err_set(err, ST_BAD,
		    "static-ct-api \"Log Entries\": unknown entry type %u",
		    out->type);
	read_signed(out, tile);
	out->extensions = rd_vec(tile, 2);
	out->leaf = span_of(start, (size_t)(tile->p - start));
	read_unhashed(out, tile);
	if (!rd_ok(tile))
		return err_set(err, ST_BAD,
		    "static-ct-api \"Log Entries\": the tile is truncated");
	judge_content(out);
	return ST_OK;
}

void
entry_leaf_hashes(
    const struct entry *e, uint32_t num, struct hasher *h, struct hash *out)
{
	/* A leaf's prefix; version v1, leaf_type timestamped_entry. */
	static const uint8_t head[3] = {0, 0, 0};
	struct sha256_text text[TEXTS];
	uint32_t n;

	for (; num > 0; num -= n, e += n, out += n) {
		n = num < TEXTS ? num : TEXTS;
		for (uint32_t i = 0; i < n; i++)
			text[i] = (struct sha256_text){
			    span_of(head, e[i].bare ? sizeof(head) : 1),
			    e[i].leaf, out[i].b};
		hasher_many(h, text, n);
	}
}

int64_t
entry_leaf_index(struct span extensions)
{
	struct rd r = rd_of(extensions), data;
	uint64_t seen[4] = {0};
	int64_t index = -1;
	uint8_t type;

	while (rd_left(&r) != 0 && rd_ok(&r)) {
		type = rd_u8(&r);
		data = rd_of(rd_vec(&r, 2));
		if (seen[type / 64] >> type % 64 & 1)
			return -2;
		seen[type / 64] |= UINT64_C(1) << type % 64;
		if (type != EXTENSION_LEAF_INDEX)
			continue;
		index = (int64_t)rd_u40(&data);
		if (!rd_done(&data))
			return -2;
	}
	return rd_ok(&r) ? index : -2;
}

struct span
entry_issuer(const struct entry *e)
{
	struct rd r = rd_of(e->chain);
	struct span first = rd_vec(&r, 3);

	return rd_ok(&r) ? first : nothing;
}
