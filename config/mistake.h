/*
 * mistake: what is wrong in a configuration file, collected so that all of it
 * is named at once, and shown as compilers do: file:line:column, the source
 * line, a caret. Places are byte offsets into the source; lines and columns
 * (characters, from 1) are counted when a mistake is shown.
 */
#ifndef CONFIG_MISTAKE_H
#define CONFIG_MISTAKE_H

#include <stdbool.h>

#include "ctlog/base/buf.h"

/* A length of 0 is no place in particular: no source line is shown. */
struct place {
	size_t at, len;
};

struct mistake {
	struct place place;
	unsigned line, column; /* set by mistakes_sort */
	char *text;
};

/* More than this are counted, not kept: a file that is not ours at all would
 * give one for every line. */
#define MISTAKES_MAX 50

struct mistakes {
	const char *file;  /* name for messages, borrowed */
	bool warnings;     /* shown as such, not as errors */
	struct buf source; /* the text, without BOM and carriage returns */
	size_t num;        /* may exceed MISTAKES_MAX */
	struct mistake list[MISTAKES_MAX];
};

void mistakes_fini(struct mistakes *m);

void mistake_add(struct mistakes *m, struct place at, const char *fmt, ...)
    PRINTF(3, 4);

/* Into the order of the file, with lines and columns. */
void mistakes_sort(struct mistakes *m);
static inline size_t
mistakes_kept(const struct mistakes *m)
{
	return m->num < MISTAKES_MAX ? m->num : MISTAKES_MAX;
}

/* All of them after mistakes_sort, for people and for programs (a JSON object
 * a line: file, line, column, message, or warning instead of message). */
void mistakes_print(const struct mistakes *m, FILE *out);
void mistakes_print_json(const struct mistakes *m, FILE *out);

/* The line (from 1) on which an offset lies. */
unsigned mistakes_line(const struct mistakes *m, size_t at);
/* The offset of a line and column (from 1), clamped to what is there. */
size_t mistakes_offset(const struct mistakes *m, unsigned line, unsigned col);

#endif
