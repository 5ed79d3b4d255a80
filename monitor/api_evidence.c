/*
 * api_evidence: what proves an exposure, as far as it is kept: the entry and
 * that the log has signed it. It holds the value that was matched, so whoever
 * asks leaves a row in the audit trail.
 */
#include "ctlog/base/mem.h"
#include "ctlog/base/rd.h"
#include "ctlog/merkle/hash.h"
#include "monitor/api_private.h"
#include "monitor/kept.h"

/* --- the entry -------------------------------------------------------------- */

/* A certificate in each vector (RFC 6962 section 4.6). */
static void
chain_json(struct buf *out, struct span chain)
{
	struct rd r = rd_of(chain);
	struct span cert;

	json_open(out, "chain", '[');
	while (rd_left(&r) > 0) {
		cert = rd_vec(&r, 3);
		if (!rd_ok(&r))
			break;
		json_sep(out);
		buf_char(out, '"');
		text_base64(out, cert);
		buf_char(out, '"');
	}
	buf_char(out, ']');
}

static void
issuers_json(struct buf *out, struct span fingerprints)
{
	json_open(out, "issuers", '[');
	for (; fingerprints.len >= HASH_LEN;
	     fingerprints = span_from(fingerprints, HASH_LEN)) {
		json_sep(out);
		buf_char(out, '"');
		text_hex(out, span_cut(fingerprints, 0, HASH_LEN));
		buf_char(out, '"');
	}
	buf_char(out, ']');
}

static void
entry_json(struct buf *out, struct span form)
{
	struct kept k;

	json_name(out, "entry");
	if (!kept_read(&k, form)) {
		buf_str(out, "null");
		return;
	}
	buf_char(out, '{');
	json_base64(out, "leaf", k.leaf);
	if (k.precert.len > 0)
		json_base64(out, "precertificate", k.precert);
	chain_json(out, k.chain);
	issuers_json(out, k.fingerprints);
	buf_char(out, '}');
}

/* --- all of it -------------------------------------------------------------- */

/* So much of an export: what it names besides can be asked for by itself. */
#define EXPORT_MOST (32u << 20)

static void
place_json(struct buf *out, const struct ledger_evidence *v)
{
	json_hex(out, "alert", span_of(v->id, sizeof(v->id)));
	json_base64(out, "log_id", hash_span(&v->log_id));
	json_uint(out, "index", v->index);
	json_base64(out, "leaf_hash", hash_span(&v->leaf_hash));
	json_bool(out, "verified", v->verified);
}

static void
content_json(struct buf *out, const struct ledger_evidence *v)
{
	entry_json(out, v->entry);
	json_name(out, "proof"); /* which is JSON */
	if (v->proof.len > 0)
		buf_span_add(out, v->proof);
	else
		buf_str(out, "null");
	json_uint(out, "tries", v->tries);
	json_time(out, "next_try", v->due_ms);
}

static void
evidence_json(void *arg, const struct ledger_evidence *v)
{
	struct buf *out = arg;

	json_sep(out);
	buf_char(out, '{');
	place_json(out, v);
	content_json(out, v);
	buf_char(out, '}');
}

struct exporting {
	struct buf *out;
	size_t begin;
};

static void
export_json(void *arg, const struct ledger_evidence *v)
{
	const struct exporting *x = arg;

	if (x->out->len - x->begin < EXPORT_MOST) {
		evidence_json(x->out, v);
		return;
	}
	json_sep(x->out);
	buf_char(x->out, '{');
	place_json(x->out, v);
	json_bool(x->out, "left_out", true);
	buf_char(x->out, '}');
}

/* Of an exposure that was undone, and told before, there is nothing. */
static void
answer(struct api_job *c, struct buf *found)
{
	struct buf *out = api_json(c, 200);

	if (found->len > 0)
		buf_span_add(out, buf_span(found));
	else
		buf_fmt(out, "{\"alert\":\"%s\",\"entry\":null,\"proof\":null}",
		    c->id);
}

void
api_alert_evidence(struct api_job *c)
{
	uint8_t id[16];
	const struct ledger_evidence_at at = {
	    .tenant = c->tenant, .id = id, .who = &c->who};
	struct buf found = {0};
	enum status st;

	if (text_unhex(id, sizeof(id), span_str(c->id)))
		st = c->ledger->evidence_get(
		    c->s, &at, evidence_json, &found, &c->e);
	else
		st = err_set(&c->e, ST_MISSING, "there is no alert %s", c->id);
	if (st == ST_OK)
		answer(c, &found);
	else
		api_fail(c, st);
	mem_wipe(found.p, found.cap);
	buf_fini(&found);
}

enum status
api_evidence_json(struct api_job *c, struct buf *out)
{
	const struct ledger_evidence_at at = {
	    .tenant = c->at.tenant, .record = c->at.id};
	struct exporting x = {out, out->len};
	enum status st;

	json_open(out, "evidence", '[');
	st = c->ledger->evidence_get(c->s, &at, export_json, &x, &c->e);
	buf_char(out, ']');
	return st;
}
