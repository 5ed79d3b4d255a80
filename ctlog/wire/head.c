/*
 * head: see head.h. The replies of a log that say how large its tree is and
 * prove it; keys are in logkey.c, the envelope of checkpoints in note.c.
 */
#include "ctlog/wire/head.h"

#include "ctlog/base/limits.h"
#include "ctlog/base/rd.h"
#include "ctlog/base/text.h"
#include "ctlog/wire/field.h"
#include "ctlog/wire/note.h"

/* The type of an RFC6962NoteSignature (static-ct-api, "Checkpoints"). */
#define NOTE_RFC6962 5
/* Signature lines by the log's own key that are looked at; one is usual, and
 * each costs a verification. */
#define OWN_LINES_MAX 8u

void
head_tbs(uint8_t out[HEAD_TBS_LEN], const struct head *h)
{
	out[0] = 0; /* version v1 */
	out[1] = 1; /* signature_type tree_hash */
	for (unsigned i = 0; i < 8; i++) {
		out[2 + i] = (uint8_t)(h->timestamp >> (56 - 8 * i));
		out[10 + i] = (uint8_t)(h->size >> (56 - 8 * i));
	}
	memcpy(out + 18, h->root.b, HASH_LEN);
}

/* The signature, then numbers that we can go on with. */
static enum status
head_verify(const struct head *h, const struct logkey *k,
    struct span digitally_signed, struct err *e)
{
	uint8_t tbs[HEAD_TBS_LEN];
	enum status st;

	head_tbs(tbs, h);
	st = logkey_verify_signed(
	    k, span_of(tbs, sizeof(tbs)), digitally_signed, e);
	if (st != ST_OK)
		return st;
	if (h->size > LIMIT_TREE_SIZE || h->timestamp > INT64_MAX)
		return err_set(e, ST_RANGE,
		    "the log signed a tree size of %llu and a timestamp of "
		    "%llu, and no log has that",
		    (unsigned long long)h->size,
		    (unsigned long long)h->timestamp);
	if (h->size == 0 && !hash_eq(&h->root, &hash_empty_tree))
		return err_set(e, ST_BAD,
		    "tree of size 0 whose root is not SHA-256 of nothing (RFC "
		    "6962 section 2.1)");
	return ST_OK;
}

static enum status
sth_fields(struct head *h, struct buf *sig, const json_t *o, struct err *e)
{
	enum status st;

	if ((st = field_u64(&h->size, o, "tree_size", e)) != ST_OK)
		return st;
	if ((st = field_u64(&h->timestamp, o, "timestamp", e)) != ST_OK)
		return st;
	if ((st = field_hash(&h->root, o, "sha256_root_hash", e)) != ST_OK)
		return st;
	return field_bytes(sig, o, "tree_head_signature", e);
}

enum status
head_parse_sth(
    struct head *out, const struct logkey *k, struct span json, struct err *e)
{
	struct buf sig = {0};
	struct head h = {0};
	enum status st;
	json_t *o;

	st = field_load(&o, json, LIMIT_HEAD, e);
	if (st == ST_OK)
		st = sth_fields(&h, &sig, o, e);
	if (st == ST_OK)
		st = head_verify(&h, k, buf_span(&sig), e);
	if (st == ST_OK || st == ST_RANGE)
		*out = h;
	if (st != ST_OK)
		err_prefix(e, "get-sth reply (RFC 6962 section 4.3)");
	json_decref(o);
	buf_fini(&sig);
	return st;
}

struct span
head_note_origin(struct span note)
{
	size_t len = span_chr(note, '\n');

	return len < note.len ? span_cut(note, 0, len) : span_of(NULL, 0);
}

/* Cut the first line off s, without its line feed. */
static struct span
line_take(struct span *s)
{
	struct span line = span_cut(*s, 0, span_chr(*s, '\n'));

	*s = span_from(*s, line.len + 1);
	return line;
}

/* Origin, size, root and nothing else: extension lines would not be signed
 * (static-ct-api, "Checkpoints"). */
static enum status
checkpoint_text(
    struct head *h, struct span text, struct span origin, struct err *e)
{
	struct span name = line_take(&text), size = line_take(&text);
	struct span root = line_take(&text);

	if (!span_eq(name, origin))
		return err_set(e, ST_MISMATCH,
		    "the origin is \"%s\", not \"%s\"", QUOTE(name),
		    QUOTE(origin));
	if (!text_u64(&h->size, size))
		return err_set(e, ST_BAD,
		    "the second line is no tree size: \"%s\"", QUOTE(size));
	if (!text_unbase64_exact(h->root.b, HASH_LEN, root))
		return err_set(e, ST_BAD,
		    "the third line is no root hash: \"%s\"", QUOTE(root));
	if (text.len != 0)
		return err_set(e, ST_BAD,
		    "extension lines, which an RFC 6962 signature does not "
		    "cover");
	return ST_OK;
}

/* The body of an RFC6962NoteSignature: a timestamp and a DigitallySigned. */
static enum status
checkpoint_line(
    struct head *h, const struct logkey *k, struct span body, struct err *e)
{
	struct rd r = rd_of(body);

	h->timestamp = rd_u64(&r);
	return head_verify(h, k, rd_bytes(&r, rd_left(&r)), e);
}

/* Every line must be a signature line, and those by our key must verify; h
 * gets the timestamp of the first of them. */
static enum status
checkpoint_lines(
    struct head *h, const struct logkey *k, struct note *n, struct err *e)
{
	struct span name = head_note_origin(n->text);
	struct buf scratch = {0};
	struct head other = *h;
	struct note_sig sig;
	uint8_t key_id[4];
	enum status st;
	unsigned own = 0;

	note_key_id(key_id, name, NOTE_RFC6962, hash_span(logkey_id(k)));
	while ((st = note_next(n, &sig, &scratch, e)) == ST_OK) {
		if (!span_eq(sig.name, name) ||
		    memcmp(sig.key_id, key_id, sizeof(key_id)) != 0)
			continue;
		if (++own > OWN_LINES_MAX)
			break;
		st = checkpoint_line(own == 1 ? h : &other, k, sig.body, e);
		if (st != ST_OK)
			break;
	}
	buf_fini(&scratch);
	if (own > OWN_LINES_MAX)
		return err_set(e, ST_BAD, "more than %u signatures by one key",
		    OWN_LINES_MAX);
	if (st != ST_MISSING)
		return st;
	return own > 0 ? ST_OK
		       : err_set(e, ST_SIGNATURE, "no signature by this key");
}

static enum status
checkpoint_parse(struct head *out, const struct logkey *k, struct span origin,
    struct span note, struct err *e)
{
	struct head h = {0};
	struct note n;
	enum status st;

	st = note_open(&n, note, e);
	if (st == ST_OK)
		st = checkpoint_text(&h, n.text, origin, e);
	if (st == ST_OK)
		st = checkpoint_lines(&h, k, &n, e);
	if (st == ST_OK || st == ST_RANGE)
		*out = h;
	if (st != ST_OK)
		err_prefix(e, "checkpoint (static-ct-api)");
	return st;
}

enum status
head_parse_checkpoint(struct head *out, const struct logkey *k,
    const char *origin, struct span note, struct err *e)
{
	return checkpoint_parse(out, k, span_str(origin), note, e);
}

/* No origin begins so, nor with what may stand before it in JSON. */
static bool
is_object(struct span s)
{
	size_t i = 0;

	while (i < s.len && (s.p[i] == ' ' || s.p[i] == '\t' ||
				s.p[i] == '\r' || s.p[i] == '\n'))
		i++;
	return i < s.len && s.p[i] == '{';
}

enum status
head_parse_stored(
    struct head *out, const struct logkey *k, struct span raw, struct err *e)
{
	if (is_object(raw))
		return head_parse_sth(out, k, raw, e);
	return checkpoint_parse(out, k, head_note_origin(raw), raw, e);
}

/* The first line of a checkpoint that is by this key: what follows the
 * timestamp. */
static enum status
checkpoint_signed(
    struct buf *out, const struct logkey *k, struct span note, struct err *e)
{
	struct span name = head_note_origin(note);
	struct buf scratch = {0};
	struct note_sig sig;
	uint8_t key_id[4];
	struct note n;
	enum status st = note_open(&n, note, e);

	note_key_id(key_id, name, NOTE_RFC6962, hash_span(logkey_id(k)));
	while (st == ST_OK && out->len == 0) {
		st = note_next(&n, &sig, &scratch, e);
		if (st == ST_OK && span_eq(sig.name, name) &&
		    memcmp(sig.key_id, key_id, sizeof(key_id)) == 0)
			buf_span_add(out, span_from(sig.body, 8));
	}
	buf_fini(&scratch);
	return st;
}

static enum status
sth_signed(struct buf *out, struct span raw, struct err *e)
{
	struct head h;
	enum status st;
	json_t *o;

	st = field_load(&o, raw, LIMIT_HEAD, e);
	if (st == ST_OK)
		st = sth_fields(&h, out, o, e);
	json_decref(o);
	return st;
}

enum status
head_signature(
    struct buf *out, const struct logkey *k, struct span raw, struct err *e)
{
	struct buf whole = {0};
	enum status st = is_object(raw) ? sth_signed(&whole, raw, e)
					: checkpoint_signed(&whole, k, raw, e);

	/* DigitallySigned: two bytes of algorithms, two of length. */
	if (st == ST_OK)
		buf_span_add(out, span_from(buf_span(&whole), 4));
	buf_fini(&whole);
	return st;
}

enum status
head_parse_consistency(struct path *out, struct span json, struct err *e)
{
	enum status st;
	json_t *o;

	st = field_load(&o, json, LIMIT_HEAD, e);
	if (st == ST_OK)
		st = field_path(out, o, "consistency", e);
	if (st != ST_OK)
		err_prefix(e, "get-sth-consistency reply (RFC 6962 section "
			      "4.4)");
	json_decref(o);
	return st;
}

enum status
head_parse_entry_proof(
    struct path *out, struct buf *leaf, struct span json, struct err *e)
{
	enum status st;
	json_t *o;

	st = field_load_entries(&o, json, LIMIT_JSON, e);
	if (st == ST_OK)
		st = field_path(out, o, "audit_path", e);
	if (st == ST_OK)
		st = field_bytes(leaf, o, "leaf_input", e);
	if (st == ST_OK && leaf->len > LIMIT_ENTRY)
		st = err_set(e, ST_LIMIT, "leaf_input of %zu bytes, %u at most",
		    leaf->len, LIMIT_ENTRY);
	if (st != ST_OK)
		err_prefix(e, "get-entry-and-proof reply (RFC 6962 section "
			      "4.8)");
	json_decref(o);
	return st;
}

enum status
head_parse_hash_proof(
    uint64_t *index, struct path *out, struct span json, struct err *e)
{
	enum status st;
	json_t *o;

	st = field_load(&o, json, LIMIT_HEAD, e);
	if (st == ST_OK)
		st = field_u64(index, o, "leaf_index", e);
	if (st == ST_OK)
		st = field_path(out, o, "audit_path", e);
	if (st != ST_OK)
		err_prefix(e, "get-proof-by-hash reply (RFC 6962 section "
			      "4.5)");
	json_decref(o);
	return st;
}
