/*
 * head: signed tree heads in both forms: the STH of RFC 6962 section 3.5 and
 * the checkpoint of static-ct-api (a C2SP signed note whose signature is an
 * RFC6962NoteSignature). Both sign the same 50 bytes. Also the proofs that a
 * log answers with, as RFC 6962 writes them in JSON.
 */
#ifndef CTLOG_WIRE_HEAD_H
#define CTLOG_WIRE_HEAD_H

#include "ctlog/base/err.h"
#include "ctlog/merkle/hash.h"
#include "ctlog/wire/logkey.h"

struct head {
	uint64_t size;
	uint64_t timestamp; /* ms since 1970 */
	struct hash root;
};

/*
 * Parse and verify. ST_BAD: not such a structure. ST_SIGNATURE: the signature
 * does not verify, or no line is by this key. ST_MISMATCH: the checkpoint's
 * origin is another one (the message names it). ST_RANGE: the log did sign it,
 * but a tree of that size or a time like that cannot be. *out is set only with
 * ST_OK and ST_RANGE.
 */
enum status head_parse_sth(
    struct head *out, const struct logkey *k, struct span json, struct err *e);
enum status head_parse_checkpoint(struct head *out, const struct logkey *k,
    const char *origin, struct span note, struct err *e);

/* A head that was accepted before, under whatever protocol and origin it then
 * came: told by its bytes, and the origin is the one it names. */
enum status head_parse_stored(
    struct head *out, const struct logkey *k, struct span raw, struct err *e);

/* The signature itself over head_tbs, ECDSA in DER or RSA: what other programs
 * check it by. Out of a head that was accepted before. */
struct buf;
enum status head_signature(
    struct buf *out, const struct logkey *k, struct span raw, struct err *e);

/* The origin line of a note, for a person; empty when there is none. */
struct span head_note_origin(struct span note);

/* The 50 bytes that are signed (RFC 6962 section 3.5). */
#define HEAD_TBS_LEN 50
void head_tbs(uint8_t out[HEAD_TBS_LEN], const struct head *h);

/* JSON replies of RFC 6962: get-sth-consistency; get-entry-and-proof. */
struct path;
enum status head_parse_consistency(
    struct path *out, struct span json, struct err *e);
/* leaf_input is decoded into *leaf. */
enum status head_parse_entry_proof(
    struct path *out, struct buf *leaf, struct span json, struct err *e);
/* get-proof-by-hash: leaf_index and audit_path. */
enum status head_parse_hash_proof(
    uint64_t *index, struct path *out, struct span json, struct err *e);

#endif
