/*
 * request_private: what the files of a letter share: its texts, the fields that
 * are filled in, and its form. For request*.c.
 *
 * A text has blocks: a line that begins with "# " (heading), "- " (item), "1. "
 * (step), "> " (a line of its own, or several of a field), "---" (the letter
 * begins), or anything else (paragraph, up to the next block or empty line).
 * {name} is a field, [text] what the person fills in. A block behind {?name} is
 * there when the field has something, behind {!name} when it has nothing.
 */
#ifndef ALERTS_REQUEST_PRIVATE_H
#define ALERTS_REQUEST_PRIVATE_H

#include "alerts/request.h"

/* --- texts ----------------------------------------------------------------- */

/* The text of this name in this language; NULL: there is none. */
const char *request_text(const char *lang, const char *name);
/* What words.txt has behind "PREFIX.NAME: " (no prefix: NULL); the name itself
 * when it has nothing. */
struct span request_word(
    const char *lang, const char *prefix, const char *name);

/* --- fields ---------------------------------------------------------------- */

#define REQUEST_FIELDS 32

struct request_field {
	const char *name;
	struct buf value; /* UTF-8 as it came, to be escaped */
	bool ours; /* of the directory: may have several lines, or be a link */
};

struct request_fields {
	size_t num;
	struct request_field list[REQUEST_FIELDS];
};

/* Every field that a text may name is there, with or without a value. */
void request_fill(
    struct request_fields *out, const struct request *r, const json_t *alert);
void request_fields_fini(struct request_fields *f);
const struct request_field *request_field(
    const struct request_fields *f, struct span name);

/* --- form ------------------------------------------------------------------ */

enum block_kind {
	BLOCK_TEXT,
	BLOCK_HEAD,
	BLOCK_ITEM,
	BLOCK_STEP,
	BLOCK_LINE,
	BLOCK_CUT
};

struct block {
	enum block_kind kind;
	bool apart;         /* an empty line stands before it */
	struct span number; /* of a step, with its dot */
	struct span text;   /* with line ends, fields not filled in */
};
/* The next block that these fields let stand; false at the end. *apart, false
 * at first, is kept from call to call. */
bool request_block(struct block *out, struct span *rest,
    const struct request_fields *f, bool *apart);

/* The value of the field at the front of the text, "{name}", which is stepped
 * over. */
const struct request_field *request_hole(
    struct span *text, const struct request_fields *f);
/* A value piece by piece, as it stands on several lines; false at the end. */
bool request_piece(
    struct span *out, struct span *rest, const struct request_field *field);

void request_as_text(
    struct buf *out, const char *text, const struct request_fields *f);
void request_as_page(struct buf *out, const char *text,
    const struct request_fields *f, const char *lang);

#endif
