/*
 * words: what kinds of words a token is one of, out of the files in words/:
 * one entry a line, "#" for comments, in lower case. Blanks, full stops and
 * hyphens do not count, on either side.
 */
#ifndef MONITOR_PII_WORDS_H
#define MONITOR_PII_WORDS_H

#include <stdbool.h>

#include "ctlog/base/span.h"

enum word_kind {
	WORD_ORG = 1 << 0,         /* legal form: GmbH */
	WORD_SOLE = 1 << 1,        /* of a sole trader: e.K. */
	WORD_INSTITUTION = 1 << 2, /* university, bank */
	WORD_ROLE = 1 << 3,        /* server, test, CA */
	WORD_TITLE = 1 << 4,
	WORD_GENERATION = 1 << 5, /* junior, III */
	WORD_PURPOSE = 1 << 6,    /* of a key: (Signature) */
	WORD_PLACE = 1 << 7       /* country: France */
};

struct words;
struct words *words_new(void);
void words_free(struct words *w);

/* enum word_kind, a bit each, of folded text (normal_fold); 0: none. */
unsigned words_kind(const struct words *w, struct span folded);

/* The kinds of the words of organisations, offices and machines in Han, kana or
 * Hangul that the text holds somewhere: 株式会社. */
unsigned words_within(const struct words *w, struct span text);

#endif
