/* form: see form.h. Not here: the texts. */
#include "alerts/form.h"

#include <string.h>

#include "ctlog/base/err.h"
#include "ctlog/base/text.h"

/* Facts' names have so many columns. */
#define NAME_WIDTH 17u

/* --- words and fields ---------------------------------------------------------- */

bool
form_word(
    struct span *out, struct span words, const char *prefix, const char *name)
{
	struct buf key = {0};
	struct span line;
	bool found = false;

	buf_fmt(
	    &key, "%s%s%s: ", prefix ? prefix : "", prefix ? "." : "", name);
	while (!found && words.len > 0) {
		line = span_cut(words, 0, span_chr(words, '\n'));
		words = span_from(words, line.len + 1);
		found = span_starts(line, buf_span(&key));
		if (found)
			*out = span_from(line, key.len);
	}
	buf_fini(&key);
	return found;
}

struct buf *
form_new(struct form_fields *f, const char *name)
{
	ASSERT(f->num < FORM_FIELDS);
	f->list[f->num].name = name;
	return &f->list[f->num++].value;
}

void
form_fini(struct form_fields *f)
{
	for (size_t i = 0; i < f->num; i++)
		buf_fini(&f->list[i].value);
	f->num = 0;
}

void
form_foreign(struct buf *out, struct span text, size_t max)
{
	struct span front = span_cut(text, 0, max);

	if (front.len < text.len)
		front.len = text_utf8_len(front);
	for (size_t i = 0; i < front.len; i++)
		if (span_starts(span_from(front, i), span_str("://")))
			buf_str(out, "[:]");
		else
			buf_char(out, (char)front.p[i]);
	if (front.len < text.len)
		buf_str(out, "\xe2\x80\xa6");
}

const struct form_field *
form_field(const struct form_fields *f, struct span name)
{
	size_t i = 0;

	while (i < f->num && !span_eq_str(name, f->list[i].name))
		i++;
	ASSERT(i < f->num); /* the texts are ours */
	return &f->list[i];
}

/* --- blocks ------------------------------------------------------------------ */

static bool
step_over(struct span *s, const char *mark)
{
	if (!span_starts(*s, span_str(mark)))
		return false;
	*s = span_from(*s, strlen(mark));
	return true;
}

/* "12. " at the front: its length, or 0. */
static size_t
number_len(struct span s)
{
	size_t n = 0;

	while (n < s.len && s.p[n] >= '0' && s.p[n] <= '9')
		n++;
	return n > 0 && span_starts(span_from(s, n), span_str(". ")) ? n + 2
								     : 0;
}

/* The conditions at the front are stepped over; whether they all hold. */
static bool
conditions(struct span *s, const struct form_fields *f)
{
	bool stands = true, wanted;

	while (span_starts(*s, span_str("{?")) ||
	       span_starts(*s, span_str("{!"))) {
		size_t end = span_chr(*s, '}');
		struct span name = span_cut(*s, 2, end - 2);

		wanted = s->p[1] == '?';
		if ((form_field(f, name)->value.len > 0) != wanted)
			stands = false;
		*s = span_from(*s, end + 1);
	}
	return stands;
}

static void
block_kind(struct block *b)
{
	size_t n = number_len(b->text);

	b->name = span_cut(b->text, 0, n > 0 ? n - 1 : 0);
	if (n > 0) {
		b->kind = BLOCK_STEP;
		b->text = span_from(b->text, n);
	} else if (step_over(&b->text, "= ")) {
		b->kind = BLOCK_FACT;
		b->name = span_cut(b->text, 0, span_chr(b->text, '|') - 1);
		b->text = span_from(b->text, b->name.len + 3);
	} else if (step_over(&b->text, "# ")) {
		b->kind = BLOCK_HEAD;
	} else if (step_over(&b->text, "## ")) {
		b->kind = BLOCK_PART;
	} else if (step_over(&b->text, "- ")) {
		b->kind = BLOCK_ITEM;
	} else if (step_over(&b->text, "+ ")) {
		b->kind = BLOCK_STEP;
	} else if (step_over(&b->text, "> ")) {
		b->kind = BLOCK_LINE;
	} else if (step_over(&b->text, "! ")) {
		b->kind = BLOCK_NOTE;
	} else if (step_over(&b->text, "---")) {
		b->kind = BLOCK_CUT;
	} else {
		b->kind = BLOCK_TEXT;
	}
}

bool
form_block(struct block *out, struct span *rest, const struct form_fields *f,
    bool *apart)
{
	size_t n;
	bool stands = false;

	while (!stands && rest->len > 0) {
		n = span_chr(*rest, '\n');
		out->text = span_cut(*rest, 0, n);
		*rest = span_from(*rest, n + 1);
		if (n == 0)
			*apart = true;
		else
			stands = conditions(&out->text, f);
	}
	if (!stands)
		return false;
	block_kind(out);
	out->apart = *apart;
	*apart = false;
	return true;
}

/* --- filling in --------------------------------------------------------------- */

const struct form_field *
form_hole(struct span *text, const struct form_fields *f)
{
	size_t end = span_chr(*text, '}');
	struct span name = span_cut(*text, 1, end - 1);

	*text = span_from(*text, end + 1);
	return form_field(f, name);
}

bool
form_piece(struct span *out, struct span *rest, const struct form_field *field)
{
	size_t n = field->ours ? span_chr(*rest, '\n') : rest->len;

	*out = span_cut(*rest, 0, n);
	if (rest->len == 0)
		return false;
	*rest = span_from(*rest, n + 1);
	return true;
}

static void
fill_value(struct buf *out, const struct form_field *field, bool lines)
{
	struct span rest = buf_span(&field->value), piece;
	const char *sep = "";

	while (form_piece(&piece, &rest, field)) {
		buf_str(out, sep);
		text_line(out, piece, SIZE_MAX);
		sep = lines ? "\n" : ", ";
	}
}

static void
fill(struct buf *out, const struct block *b, const struct form_fields *f)
{
	struct span rest = b->text;

	while (rest.len > 0) {
		if (rest.p[0] == '{') {
			fill_value(
			    out, form_hole(&rest, f), b->kind == BLOCK_LINE);
			continue;
		}
		buf_char(out, (char)rest.p[0]);
		rest = span_from(rest, 1);
	}
}

/* --- plain text ---------------------------------------------------------------- */

struct page {
	struct buf *out;
	unsigned width, step; /* the number of the last step */
	struct buf filled;
};

static size_t
columns(struct span s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += (s.p[i] & 0xc0) != 0x80;
	return n;
}

static void
blanks(struct buf *out, size_t num)
{
	while (num-- > 0)
		buf_char(out, ' ');
}

/* Lines of the page's width, all but the first `indent` to the right; a word
 * that is longer has a line of its own. */
static void
wrap(struct page *p, struct span text, size_t indent)
{
	size_t column = indent, n, wide;
	bool begun = false;

	for (; text.len > 0; text = span_from(text, n + 1)) {
		struct span word;

		for (n = 0; n < text.len; n++)
			if (text.p[n] == ' ' || text.p[n] == '\n')
				break;
		word = span_cut(text, 0, n);
		wide = columns(word);
		if (begun && column + 1 + wide > p->width) {
			buf_char(p->out, '\n');
			blanks(p->out, indent);
			column = indent;
			begun = false;
		}
		if (begun)
			buf_char(p->out, ' ');
		buf_span_add(p->out, word);
		column += wide + begun;
		begun = true;
		if (n < text.len && text.p[n] == '\n') {
			buf_char(p->out, '\n');
			blanks(p->out, n + 1 < text.len ? indent : 0);
			begun = false;
			column = indent;
		}
	}
	buf_char(p->out, '\n');
}

/* Underlined with this character; '\0': not. */
static void
put_head(struct page *p, struct span text, char line)
{
	size_t wide = columns(text);

	wrap(p, text, 0);
	p->step = 0;
	if (line == '\0')
		return;
	for (size_t n = 0; n < wide && n < p->width; n++)
		buf_char(p->out, line);
	buf_char(p->out, '\n');
}

static void
put_step(struct page *p, const struct block *b, struct span text)
{
	size_t start = p->out->len;

	if (b->name.len > 0)
		buf_span_add(p->out, b->name);
	else
		buf_fmt(p->out, "%u.", ++p->step);
	buf_char(p->out, ' ');
	wrap(p, text, p->out->len - start);
}

static void
put_fact(struct page *p, const struct block *b, struct span text)
{
	size_t wide = columns(b->name) + 1;

	buf_span_add(p->out, b->name);
	buf_char(p->out, ':');
	blanks(p->out, wide < NAME_WIDTH ? NAME_WIDTH - wide : 1);
	wrap(p, text, NAME_WIDTH);
}

static void
put_block(struct page *p, const struct block *b, struct span text)
{
	switch (b->kind) {
	case BLOCK_CUT:
		for (size_t i = 0; i < p->width / 2; i++)
			buf_str(p->out, "- ");
		p->out->len--;
		buf_char(p->out, '\n');
		return;
	case BLOCK_HEAD:
		put_head(p, text, p->out->len == 0 ? '=' : '\0');
		return;
	case BLOCK_PART:
		put_head(p, text, '-');
		return;
	case BLOCK_ITEM:
		buf_str(p->out, "- ");
		wrap(p, text, 2);
		return;
	case BLOCK_STEP:
		put_step(p, b, text);
		return;
	case BLOCK_FACT:
		put_fact(p, b, text);
		return;
	case BLOCK_TEXT:
	case BLOCK_NOTE:
	case BLOCK_LINE:
		wrap(p, text, 0);
		return;
	}
}

void
form_as_text(struct buf *out, const char *text, const struct form_fields *f,
    unsigned width)
{
	struct page p = {.out = out, .width = width};
	struct span rest = span_str(text);
	bool apart = false;
	struct block b;

	while (form_block(&b, &rest, f, &apart)) {
		if (b.apart && out->len > 0)
			buf_char(out, '\n');
		buf_clear(&p.filled);
		fill(&p.filled, &b, f);
		put_block(&p, &b, buf_span(&p.filled));
	}
	buf_fini(&p.filled);
}
