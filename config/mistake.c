/* mistake: see mistake.h. */
#include "config/mistake.h"

#include <stdarg.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"

/* How much of a long source line is shown before and behind the place. */
#define SHOWN_BEFORE 60
#define SHOWN_BEHIND 60

void
mistakes_fini(struct mistakes *m)
{
	for (size_t i = 0; i < mistakes_kept(m); i++)
		free(m->list[i].text);
	buf_fini(&m->source);
	*m = (struct mistakes){0};
}

void
mistake_add(struct mistakes *m, struct place at, const char *fmt, ...)
{
	struct err e;
	va_list ap;

	if (m->num++ >= MISTAKES_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(e.text, sizeof(e.text), fmt, ap);
	va_end(ap);
	m->list[m->num - 1] =
	    (struct mistake){.place = at, .text = mem_str(e.text)};
}

static size_t
line_start(struct span s, size_t at)
{
	while (at > 0 && s.p[at - 1] != '\n')
		at--;
	return at;
}

/* Characters of UTF-8; stray bytes count as one each. */
static unsigned
characters(struct span s)
{
	unsigned n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += (s.p[i] & 0xc0) != 0x80;
	return n;
}

unsigned
mistakes_line(const struct mistakes *m, size_t at)
{
	struct span s = span_cut(buf_span(&m->source), 0, at);
	unsigned n = 1;

	for (size_t i = 0; i < s.len; i++)
		n += s.p[i] == '\n';
	return n;
}

size_t
mistakes_offset(const struct mistakes *m, unsigned line, unsigned col)
{
	struct span s = buf_span(&m->source);
	size_t at = 0, n;

	for (; line > 1 && at < s.len; line--) {
		n = span_chr(span_from(s, at), '\n');
		at = at + n < s.len ? at + n + 1 : s.len;
	}
	for (; col > 1 && at < s.len && s.p[at] != '\n'; col--)
		for (at++; at < s.len && (s.p[at] & 0xc0) == 0x80; at++)
			continue;
	return at;
}

static int
by_place(const void *a, const void *b)
{
	const struct mistake *x = a, *y = b;

	return (x->place.at > y->place.at) - (x->place.at < y->place.at);
}

void
mistakes_sort(struct mistakes *m)
{
	struct span s = buf_span(&m->source);
	size_t start;

	qsort(m->list, mistakes_kept(m), sizeof(m->list[0]), by_place);
	for (size_t i = 0; i < mistakes_kept(m); i++) {
		struct mistake *x = &m->list[i];

		if (x->place.at > s.len)
			x->place.at = s.len;
		start = line_start(s, x->place.at);
		x->line = mistakes_line(m, x->place.at);
		x->column =
		    characters(span_cut(s, start, x->place.at - start)) + 1;
	}
}

/* A piece of source, safe to show and on one line. */
static unsigned
shown(struct buf *out, struct span s)
{
	size_t start = out->len, tab;

	while ((tab = span_chr(s, '\t')) < s.len) {
		text_line(out, span_cut(s, 0, tab), SIZE_MAX);
		buf_char(out, ' ');
		s = span_from(s, tab + 1);
	}
	text_line(out, s, SIZE_MAX);
	return characters(span_from(buf_span(out), start));
}

/* Step back (or on) to where a character begins. */
static size_t
boundary(struct span s, size_t at)
{
	while (at > 0 && at < s.len && (s.p[at] & 0xc0) == 0x80)
		at--;
	return at;
}

/* The source line around a place, and the caret line below it. */
static void
show_source(const struct mistakes *m, struct place p, FILE *out)
{
	struct span s = buf_span(&m->source);
	size_t from = line_start(s, p.at), to, end;
	struct buf b = {0};
	unsigned before, width;

	to = p.at + span_chr(span_from(s, p.at), '\n');
	if (p.at - from > SHOWN_BEFORE) {
		from = boundary(s, p.at - SHOWN_BEFORE);
		buf_str(&b, "…");
	}
	if (to - p.at > SHOWN_BEHIND)
		to = boundary(s, p.at + SHOWN_BEHIND);
	end = p.len < to - p.at ? p.at + p.len : to;
	before = (b.len != 0) + shown(&b, span_cut(s, from, p.at - from));
	width = shown(&b, span_cut(s, p.at, end - p.at));
	shown(&b, span_cut(s, end, to - end));
	if (to < s.len && s.p[to] != '\n')
		buf_str(&b, "…");
	fprintf(out, "%s\n%*s^", buf_cstr(&b), (int)before, "");
	while (width-- > 1)
		fputc('~', out);
	fputc('\n', out);
	buf_fini(&b);
}

void
mistakes_print(const struct mistakes *m, FILE *out)
{
	for (size_t i = 0; i < mistakes_kept(m); i++) {
		const struct mistake *x = &m->list[i];

		fprintf(out, "%s:%u:%u: %s: %s\n", QUOTE(span_str(m->file)),
		    x->line, x->column, m->warnings ? "warning" : "error",
		    x->text);
		if (x->place.len > 0)
			show_source(m, x->place, out);
	}
	if (m->num > MISTAKES_MAX)
		fprintf(out, "%s: and %zu more mistakes\n",
		    QUOTE(span_str(m->file)), m->num - MISTAKES_MAX);
}

void
mistakes_print_json(const struct mistakes *m, FILE *out)
{
	struct buf b = {0};

	for (size_t i = 0; i < mistakes_kept(m); i++) {
		const struct mistake *x = &m->list[i];

		buf_clear(&b);
		buf_str(&b, "{\"file\":");
		text_json(&b, span_str(m->file));
		buf_fmt(&b, ",\"line\":%u,\"column\":%u,\"%s\":", x->line,
		    x->column, m->warnings ? "warning" : "message");
		text_json(&b, span_str(x->text));
		fprintf(out, "%s}\n", buf_cstr(&b));
	}
	buf_fini(&b);
}
