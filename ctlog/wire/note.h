/*
 * note: the C2SP signed note, the envelope of checkpoints: a text, a blank
 * line, and signature lines by anybody. Splitting only; whose signature counts
 * and what it signs is for the reader of the text to know (head.c).
 */
#ifndef CTLOG_WIRE_NOTE_H
#define CTLOG_WIRE_NOTE_H

#include "ctlog/base/buf.h"
#include "ctlog/base/err.h"

struct note {
	struct span text; /* with its last line feed */
	struct span sigs; /* the lines not yet read by note_next */
};

/* One signature line. */
struct note_sig {
	struct span name;
	uint8_t key_id[4];
	struct span body; /* what follows the key id; never empty */
};

/* Take a note of at most LIMIT_HEAD bytes apart. */
enum status note_open(struct note *out, struct span in, struct err *e);

/* The next signature line, decoded into scratch. ST_MISSING after the last,
 * ST_BAD when it is no such line, whoever it claims to be by. */
enum status note_next(
    struct note *n, struct note_sig *out, struct buf *scratch, struct err *e);

/* The key id of a key that is `type` followed by `key` (signed-note,
 * "Signatures"). */
void note_key_id(
    uint8_t out[4], struct span name, uint8_t type, struct span key);

#endif
