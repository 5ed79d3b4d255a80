/*
 * field: the members of small JSON documents, read strictly: duplicate names
 * are refused, numbers are whole, not negative and of 64 bits, and every
 * mistake is a sentence that names the member. Pages of entries do not come
 * this way (page.h): a tree of theirs would be too large.
 */
#ifndef CTLOG_WIRE_FIELD_H
#define CTLOG_WIRE_FIELD_H

#include <jansson.h>

#include "ctlog/base/buf.h"
#include "ctlog/base/err.h"
#include "ctlog/merkle/hash.h"
#include "ctlog/merkle/proof.h"

/* The JSON object in `text`, of at most `limit` bytes and as many values as are
 * reasonable in those (LIMIT_JSON_SPARSE); the caller gives it back with
 * json_decref. */
enum status field_load(
    json_t **out, struct span text, size_t limit, struct err *e);

/* The same for a reply that may hold entries: the message tells length and
 * kind of the text, and nothing out of it. */
enum status field_load_entries(
    json_t **out, struct span text, size_t limit, struct err *e);

/* Whether the member is there and not null. */
bool field_has(const json_t *o, const char *name);

/* Each is ST_BAD, with its own sentence, when the member is missing, of
 * another type or not such a value. Spans and arrays belong to `o`. */
enum status field_u64(
    uint64_t *out, const json_t *o, const char *name, struct err *e);
enum status field_str(
    struct span *out, const json_t *o, const char *name, struct err *e);
enum status field_bool(
    bool *out, const json_t *o, const char *name, struct err *e);
enum status field_array(
    json_t **out, const json_t *o, const char *name, struct err *e);
enum status field_object(
    json_t **out, const json_t *o, const char *name, struct err *e);
/* Base64 of exactly 32 bytes. */
enum status field_hash(
    struct hash *out, const json_t *o, const char *name, struct err *e);
/* Base64 of any bytes, which replace what is in `out`. */
enum status field_bytes(
    struct buf *out, const json_t *o, const char *name, struct err *e);
/* RFC 3339, in milliseconds since 1970. */
enum status field_time(
    int64_t *out, const json_t *o, const char *name, struct err *e);
/* An array of hashes, LIMIT_PROOF at most. */
enum status field_path(
    struct path *out, const json_t *o, const char *name, struct err *e);

#endif
