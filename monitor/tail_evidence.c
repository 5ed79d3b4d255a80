/*
 * tail_evidence: what a misbehaviour event says, as JSON that an outsider can
 * check offline: the signed bytes of every head concerned, and the log's own
 * proofs. Hashes and numbers only; an entry is somebody's certificate and is
 * never part of it.
 */
#include <inttypes.h>
#include <string.h>

#include "ctlog/base/text.h"
#include "monitor/tail_private.h"

/* A head is a few hundred bytes; who signs more shall not fill our disk. */
#define SIGNED_MAX 65536u
/* A hash tile has 8 KiB, a proof of any tree less. What is larger holds other
 * things than hashes, and is not shown. */
#define REPLY_MAX 8192u

static void
json_hash(struct buf *out, const char *name, const struct hash *h)
{
	buf_fmt(out, "\"%s\":\"", name);
	text_base64(out, hash_span(h));
	buf_char(out, '"');
}

static void
json_text(struct buf *out, const char *name, const char *text)
{
	buf_fmt(out, ",\"%s\":", name);
	text_json(out, span_str(text));
}

static void
json_head(
    struct buf *out, const char *name, const struct head *h, struct span raw)
{
	char when[TEXT_TIME];

	if (h->size == 0 && raw.len == 0)
		return;
	buf_fmt(out, ",\"%s\":{", name);
	if (h->size > 0) {
		buf_fmt(out, "\"size\":%" PRIu64 ",\"timestamp\":", h->size);
		if (h->timestamp <= INT64_MAX)
			buf_fmt(out, "\"%s\",",
			    text_time(when, (int64_t)h->timestamp));
		else
			buf_str(out, "null,");
		json_hash(out, "root", &h->root);
		buf_char(out, ',');
	}
	if (raw.len > SIGNED_MAX) {
		buf_fmt(out, "\"signed_bytes\":%zu}", raw.len);
		return;
	}
	buf_str(out, "\"signed\":\"");
	text_base64(out, raw);
	buf_str(out, "\"}");
}

static void
json_signed(struct buf *out, const char *name, const struct signed_head *s)
{
	json_head(out, name, &s->head, buf_span(&s->raw));
}

static void
json_stored(struct buf *out, const char *name, const struct store_head *s)
{
	struct head h = {s->size, (uint64_t)s->timestamp_ms, s->root};

	if (s->size > 0)
		json_head(out, name, &h, s->raw);
}

/* The tree that was computed from the entries, as far as they were read. */
static void
json_computed(struct buf *out, struct tail *t)
{
	struct hash root;

	if (t->tree.begin != 0 || t->tree.end == 0)
		return;
	range_root(&t->tree, t->hasher, &root);
	buf_fmt(out, ",\"computed\":{\"size\":%" PRIu64 ",", t->tree.end);
	json_hash(out, "root", &root);
	buf_char(out, '}');
}

static void
json_nodes(struct buf *out, const char *name, const struct range *r)
{
	buf_fmt(out, ",\"%s\":[", name);
	for (uint32_t i = 0; i < r->num; i++) {
		buf_str(out, i > 0 ? ",\"" : "\"");
		text_base64(out, hash_span(&r->node[i]));
		buf_char(out, '"');
	}
	buf_char(out, ']');
}

static void
json_gap(struct buf *out, struct gap *g)
{
	buf_fmt(out, ",\"gap\":{\"from\":%" PRIu64 ",\"to\":%" PRIu64, g->from,
	    g->to);
	if (g->num > 0) {
		json_nodes(out, "tree", &g->before);
		json_nodes(out, "entries", &g->entries);
	}
	if (g->good_replies.len + g->bad_replies.len > 0)
		buf_fmt(out, ",\"replies\":[%s%s%s]",
		    buf_cstr(&g->good_replies),
		    g->good_replies.len && g->bad_replies.len ? "," : "",
		    buf_cstr(&g->bad_replies));
	buf_char(out, '}');
}

static void
json_replies(struct buf *out, struct buf *replies)
{
	if (replies->len > 0)
		buf_fmt(out, ",\"replies\":[%s]", buf_cstr(replies));
}

static void
json_reply(struct buf *out, const struct odd_reply *r)
{
	buf_str(out, ",\"reply\":{\"path\":");
	text_json(out, span_str(r->path));
	buf_fmt(out, ",\"bytes\":%zu,\"sha256\":\"", r->bytes);
	text_hex(out, hash_span(&r->sha256));
	buf_str(out, "\"}");
}

static void
json_entry(struct buf *out, const struct batch_odd_index *o)
{
	buf_fmt(out, ",\"entry\":{\"index\":%" PRIu64 ",\"says\":", o->entry);
	if (o->says == BATCH_NO_INDEX)
		buf_str(out, "null,");
	else
		buf_fmt(out, "%" PRIu64 ",", o->says);
	json_hash(out, "leaf_hash", &o->leaf_hash);
	buf_char(out, '}');
}

/* What only this kind has. */
static void
json_of_kind(struct tail *t, struct buf *out, enum misdeed kind)
{
	switch (kind) {
	case MISDEED_ROOT_MISMATCH:
		json_gap(out, &t->gap);
		break;
	case MISDEED_ROLLBACK:
		json_replies(out, &t->older.replies);
		break;
	case MISDEED_BAD_PROOF:
		json_replies(out, &t->replies);
		break;
	case MISDEED_ZERO_ENTRIES:
	case MISDEED_TOO_MANY_ENTRIES:
	case MISDEED_UNREADABLE:
		json_reply(out, &t->odd_reply);
		break;
	case MISDEED_BAD_LEAF_INDEX:
		json_entry(out, &t->odd_index);
		break;
	default:
		break;
	}
}

void
tail_evidence(
    struct tail *t, struct buf *out, enum misdeed kind, const char *detail)
{
	buf_str(out, "{\"kind\":");
	text_json(out, span_str(misdeed_name(kind)));
	buf_char(out, ',');
	json_hash(out, "log_id", logkey_id(t->log.key));
	json_text(out, "log_name", t->log.name);
	buf_str(out, ",\"log_key\":\"");
	text_base64(out, logkey_spki(t->log.key));
	buf_char(out, '"');
	json_text(out, "api", t->log.api->name);
	json_text(out, "url", t->log.url);
	json_text(out, "origin", t->log.origin);
	json_text(out, "detail", detail);
	buf_fmt(out, ",\"proven\":%" PRIu64 ",\"read\":%" PRIu64,
	    t->stretch.proven, t->accepted);
	json_signed(out, "head", &t->target);
	json_signed(out, "newest", &t->newest);
	json_signed(out, "received", &t->received);
	json_stored(out, "newest_before", &t->stored.newest);
	if (t->proven_head.head.size > 0)
		json_signed(out, "proven_before", &t->proven_head);
	else
		json_stored(out, "proven_before", &t->stored.proven);
	json_computed(out, t);
	json_of_kind(t, out, kind);
	buf_char(out, '}');
}

/* Of an entry with its audit path only the root of the tree up to there, and
 * that only where no consistency proof has it: of a complete tree, and of the
 * head's. */
static bool
json_anchor(struct buf *out, struct tail *t, const struct proof_job *j)
{
	bool complete = (j->at & (j->at - 1)) == 0;
	struct hash root;

	if (j->kind != PROOF_ANCHOR || j->range.end != j->at ||
	    !(complete || j->at == j->head.size))
		return false;
	range_root(&j->range, t->hasher, &root);
	json_hash(out, "root", &root);
	return true;
}

void
evidence_reply(struct buf *out, struct tail *t, const struct request *req,
    const struct proof_job *j, struct span body)
{
	struct buf what = {0};

	bool show = req->only_hashes && body.len <= REPLY_MAX;

	if (show) {
		buf_str(&what, "\"body\":\"");
		text_base64(&what, body);
		buf_char(&what, '"');
	}
	if (show || (!req->only_hashes && json_anchor(&what, t, j))) {
		buf_fmt(out,
		    "%s{\"at\":%" PRIu64 ",\"path\":", out->len ? "," : "",
		    j->at + j->num_units * UNIT);
		text_json(out, span_str(req->url + strlen(t->log.url)));
		buf_fmt(out, ",%s}", buf_cstr(&what));
	}
	buf_fini(&what);
}
