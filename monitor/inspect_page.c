/* inspect_page: see inspect_page.h. */
#include "monitor/inspect_page.h"

#include <stdarg.h>
#include <utf8proc.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/text.h"

#define FOREIGN_MAX 400 /* bytes of one foreign text, escaped */

/* Columns of the character at *at, which is stepped over. */
static unsigned
step(struct span s, size_t *at)
{
	int width = utf8proc_charwidth((utf8proc_int32_t)text_utf8_next(s, at));

	return width > 0 ? (unsigned)width : 0;
}

unsigned
page_columns(struct span s)
{
	unsigned width = 0;

	s = span_cut(s, 0, text_utf8_len(s));
	for (size_t at = 0; at < s.len;)
		width += step(s, &at);
	return width;
}

static void
fill(struct page *p, unsigned column)
{
	for (; p->at < column; p->at++)
		buf_char(p->out, ' ');
}

void
page_line(struct page *p, unsigned indent, unsigned hang)
{
	p->at = 0;
	p->blank = 0;
	p->gap = false;
	p->hang = hang;
	fill(p, indent);
}

static void
wrap(struct page *p)
{
	buf_char(p->out, '\n');
	page_line(p, p->hang, p->hang);
}

/* Overfull: the line goes on at its last blank, if it has one. */
static void
wrap_behind(struct page *p)
{
	size_t behind = p->blank + 1, tail = p->out->len - behind;
	uint8_t *q;

	if (p->at <= p->style->width || p->blank == 0)
		return;
	buf_room(p->out, p->hang);
	q = p->out->p + behind;
	memmove(q + p->hang, q, tail);
	memset(q, ' ', p->hang);
	q[-1] = '\n';
	p->out->len += p->hang;
	p->at = p->hang + p->at - p->blank_at - 1;
	p->blank = 0;
}

/* A word that no line has room for, in pieces. */
static void
put_broken(struct page *p, struct span word)
{
	size_t at = 0, from;
	unsigned width;

	word = span_cut(word, 0, text_utf8_len(word));
	while (at < word.len) {
		from = at;
		width = step(word, &at);
		if (p->at + width > p->style->width)
			wrap(p);
		buf_span_add(p->out, span_cut(word, from, at - from));
		p->at += width;
	}
}

/* A blank, at which the line can be broken. */
static void
put_gap(struct page *p)
{
	if (!p->gap)
		return;
	p->gap = false;
	p->blank = p->out->len;
	p->blank_at = p->at;
	fill(p, p->at + 1);
}

/* On a terminal, and neither this line nor one of its own has room for it. */
static bool
is_too_long(const struct page *p, unsigned width)
{
	unsigned room = p->style->width;

	if (!p->style->terminal || p->at + p->gap + width <= room)
		return false;
	return p->hang + width > room || (!p->gap && p->blank == 0);
}

static void
put_word(struct page *p, struct span word)
{
	unsigned width = page_columns(word);

	if (is_too_long(p, width)) {
		if (p->gap && p->at + 1 >= p->style->width)
			wrap(p);
		put_gap(p);
		put_broken(p, word);
		return;
	}
	put_gap(p);
	buf_span_add(p->out, word);
	p->at += width;
	wrap_behind(p);
}

void
page_words(struct page *p, struct span words)
{
	while (words.len > 0) {
		size_t end = span_chr(words, ' ');

		if (end > 0)
			put_word(p, span_cut(words, 0, end));
		p->gap |= end < words.len;
		words = span_from(words, end + 1);
	}
}

void
page_str(struct page *p, const char *words)
{
	page_words(p, span_str(words));
}

void
page_fmt(struct page *p, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	page_str(p, text);
}

void
page_foreign(struct page *p, struct span text)
{
	struct buf safe = {0};

	text_line(&safe, text, FOREIGN_MAX);
	page_words(p, buf_span(&safe));
	buf_fini(&safe);
}

void
page_column(struct page *p, unsigned column)
{
	p->hang = column;
	if (p->at + 2 > column)
		wrap(p);
	p->gap = false;
	p->blank = 0;
	fill(p, column);
}

void
page_ink(struct page *p, enum ink ink)
{
	static const char *const codes[] = {"\033[0m", "\033[1m", "\033[2m",
	    "\033[1;31m", "\033[33m", "\033[36m"};

	if (!p->style->colour || p->ink == ink)
		return;
	/* A gap belongs to what stands before it. */
	if (p->ink != INK_PLAIN && ink != INK_PLAIN)
		buf_str(p->out, codes[INK_PLAIN]);
	buf_str(p->out, codes[ink]);
	p->ink = ink;
}

void
page_end(struct page *p)
{
	page_ink(p, INK_PLAIN);
	buf_char(p->out, '\n');
	p->at = 0;
	p->gap = false;
}
