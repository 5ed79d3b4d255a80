/*
 * inspect_page: text in lines of a certain width, with inks. Widths are those
 * of characters on a terminal: some take no column, some two.
 */
#ifndef MONITOR_INSPECT_PAGE_H
#define MONITOR_INSPECT_PAGE_H

#include "monitor/inspect.h"

enum ink { INK_PLAIN, INK_BOLD, INK_DIM, INK_RED, INK_YELLOW, INK_CYAN };

struct page {
	struct buf *out;
	const struct inspect_style *style;
	unsigned hang;     /* where lines begin that wrapping makes */
	unsigned at;       /* columns filled of the line */
	bool gap;          /* a blank before the next word */
	size_t blank;      /* where in `out` the line can be broken, or 0 */
	unsigned blank_at; /* its column */
	enum ink ink;
};

/* Begin a line `indent` columns in; what wraps stands at `hang`. */
void page_line(struct page *p, unsigned indent, unsigned hang);
/* Words of our own or already safe (text_line); blanks are where it wraps. */
void page_words(struct page *p, struct span words);
void page_str(struct page *p, const char *words);
void page_fmt(struct page *p, const char *fmt, ...) PRINTF(2, 3);
/* Foreign text. */
void page_foreign(struct page *p, struct span text);
/* On to this column, on the next line when that is behind us. */
void page_column(struct page *p, unsigned column);
/* The ink of what follows. */
void page_ink(struct page *p, enum ink ink);
void page_end(struct page *p);

/* Columns that a text takes. */
unsigned page_columns(struct span text);

#endif
