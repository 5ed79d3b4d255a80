/*
 * form: texts for people with fields that are filled in, as letters and mails
 * have them, and those texts as plain text. As pages they are in
 * request_page.c and mail_page.c.
 *
 * A text has blocks, one to a line, that begin with a mark: "# " (heading),
 * "## " (heading of a part), "- " (item), "1. " (step), "+ " (step, counted from the last heading on),
 * "> " (a line of its own, or several of a field), "= NAME | " (fact), "! "
 * (note), "---" (a cut); no mark: paragraph. {name} is a field, [text] what the
 * person fills in. A block behind {?name} is there when the field has
 * something, behind {!name} when it has nothing.
 */
#ifndef ALERTS_FORM_H
#define ALERTS_FORM_H

#include "ctlog/base/buf.h"

/* --- words ----------------------------------------------------------------- */

/* What the lines of `words` have behind "PREFIX.NAME: " (no prefix: NULL);
 * false when there is no such line. */
bool form_word(
    struct span *out, struct span words, const char *prefix, const char *name);

/* --- fields ---------------------------------------------------------------- */

#define FORM_FIELDS 80

struct form_field {
	const char *name;
	struct buf value; /* UTF-8 as it came, to be escaped */
	bool ours;   /* not foreign: may have several lines, or be a link */
	bool strong; /* the eye is to find it, where there are ways for that */
};

struct form_fields {
	size_t num;
	struct form_field list[FORM_FIELDS];
};

/* A new one of this name, to be filled. */
struct buf *form_new(struct form_fields *f, const char *name);
void form_fini(struct form_fields *f);
/* Of what somebody else wrote at most `max` bytes, and "://" so that mail
 * programs see no link. */
void form_foreign(struct buf *out, struct span text, size_t max);
/* The first of this name; texts are our own and name none but those. */
const struct form_field *form_field(
    const struct form_fields *f, struct span name);

/* --- blocks ---------------------------------------------------------------- */

enum block_kind {
	BLOCK_TEXT,
	BLOCK_HEAD,
	BLOCK_PART,
	BLOCK_ITEM,
	BLOCK_STEP,
	BLOCK_LINE,
	BLOCK_FACT,
	BLOCK_NOTE,
	BLOCK_CUT
};
#define BLOCK_KINDS (BLOCK_CUT + 1)

struct block {
	enum block_kind kind;
	bool apart; /* an empty line stands before it */
	/* Of a step its number with a dot, empty when it is to be counted; of
	 * a fact its name. */
	struct span name;
	struct span text; /* with line ends, fields not filled in */
};
/* The next block that these fields let stand; false at the end. *apart, false
 * at first, is kept from call to call. */
bool form_block(struct block *out, struct span *rest,
    const struct form_fields *f, bool *apart);

/* The value of the field at the front of the text, "{name}", which is stepped
 * over. */
const struct form_field *form_hole(
    struct span *text, const struct form_fields *f);
/* A value piece by piece, as it stands on several lines; false at the end. */
bool form_piece(
    struct span *out, struct span *rest, const struct form_field *field);

/* Lines of `width` columns; a word that is longer has a line of its own. */
void form_as_text(struct buf *out, const char *text,
    const struct form_fields *f, unsigned width);

#endif
