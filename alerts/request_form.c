/* request_form: the blocks of a letter's text, and the letter as plain text;
 * see request_private.h. As a page it is in request_page.c. */
#include <string.h>

#include "alerts/request_private.h"
#include "ctlog/base/err.h"
#include "ctlog/base/text.h"

#define WIDTH 76u

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
conditions(struct span *s, const struct request_fields *f)
{
	bool stands = true, wanted;

	while (span_starts(*s, span_str("{?")) ||
	       span_starts(*s, span_str("{!"))) {
		size_t end = span_chr(*s, '}');
		struct span name = span_cut(*s, 2, end - 2);

		wanted = s->p[1] == '?';
		if ((request_field(f, name)->value.len > 0) != wanted)
			stands = false;
		*s = span_from(*s, end + 1);
	}
	return stands;
}

static void
block_kind(struct block *b)
{
	size_t n = number_len(b->text);

	b->number = span_cut(b->text, 0, n > 0 ? n - 1 : 0);
	if (n > 0) {
		b->kind = BLOCK_STEP;
		b->text = span_from(b->text, n);
	} else if (step_over(&b->text, "# ")) {
		b->kind = BLOCK_HEAD;
	} else if (step_over(&b->text, "- ")) {
		b->kind = BLOCK_ITEM;
	} else if (step_over(&b->text, "> ")) {
		b->kind = BLOCK_LINE;
	} else if (step_over(&b->text, "---")) {
		b->kind = BLOCK_CUT;
	} else {
		b->kind = BLOCK_TEXT;
	}
}

bool
request_block(struct block *out, struct span *rest,
    const struct request_fields *f, bool *apart)
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

const struct request_field *
request_hole(struct span *text, const struct request_fields *f)
{
	size_t end = span_chr(*text, '}');
	struct span name = span_cut(*text, 1, end - 1);

	*text = span_from(*text, end + 1);
	return request_field(f, name);
}

bool
request_piece(
    struct span *out, struct span *rest, const struct request_field *field)
{
	size_t n = field->ours ? span_chr(*rest, '\n') : rest->len;

	*out = span_cut(*rest, 0, n);
	if (rest->len == 0)
		return false;
	*rest = span_from(*rest, n + 1);
	return true;
}

static void
fill_value(struct buf *out, const struct request_field *field, bool lines)
{
	struct span rest = buf_span(&field->value), piece;
	const char *sep = "";

	while (request_piece(&piece, &rest, field)) {
		buf_str(out, sep);
		text_line(out, piece, SIZE_MAX);
		sep = lines ? "\n" : ", ";
	}
}

static void
fill(struct buf *out, const struct block *b, const struct request_fields *f)
{
	struct span rest = b->text;

	while (rest.len > 0) {
		if (rest.p[0] == '{') {
			fill_value(
			    out, request_hole(&rest, f), b->kind == BLOCK_LINE);
			continue;
		}
		buf_char(out, (char)rest.p[0]);
		rest = span_from(rest, 1);
	}
}

/* --- plain text ---------------------------------------------------------------- */

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

/* Lines of WIDTH, all but the first `indent` to the right; a word that is
 * longer has a line of its own. */
static void
wrap(struct buf *out, struct span text, size_t indent)
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
		if (begun && column + 1 + wide > WIDTH) {
			buf_char(out, '\n');
			blanks(out, indent);
			column = indent;
			begun = false;
		}
		if (begun)
			buf_char(out, ' ');
		buf_span_add(out, word);
		column += wide + begun;
		begun = true;
		if (n < text.len && text.p[n] == '\n') {
			buf_char(out, '\n');
			begun = false;
			column = indent;
		}
	}
	buf_char(out, '\n');
}

static void
put_head(struct buf *out, struct span text, bool first)
{
	size_t at = out->len;

	wrap(out, text, 0);
	if (!first)
		return;
	for (size_t n = columns(span_cut(buf_span(out), at, text.len)); n > 0;
	     n--)
		buf_char(out, '=');
	buf_char(out, '\n');
}

static void
put_block(struct buf *out, const struct block *b, struct span text)
{
	switch (b->kind) {
	case BLOCK_CUT:
		for (size_t i = 0; i < WIDTH / 2; i++)
			buf_str(out, "- ");
		out->len--;
		buf_char(out, '\n');
		return;
	case BLOCK_HEAD:
		put_head(out, text, out->len == 0);
		return;
	case BLOCK_ITEM:
		buf_str(out, "- ");
		wrap(out, text, 2);
		return;
	case BLOCK_STEP:
		buf_span_add(out, b->number);
		buf_char(out, ' ');
		wrap(out, text, b->number.len + 1);
		return;
	case BLOCK_TEXT:
	case BLOCK_LINE:
		wrap(out, text, 0);
		return;
	}
}

void
request_as_text(
    struct buf *out, const char *text, const struct request_fields *f)
{
	struct span rest = span_str(text);
	struct buf filled = {0};
	bool apart = false;
	struct block b;

	while (request_block(&b, &rest, f, &apart)) {
		if (b.apart && out->len > 0)
			buf_char(out, '\n');
		buf_clear(&filled);
		fill(&filled, &b, f);
		put_block(out, &b, buf_span(&filled));
	}
	buf_fini(&filled);
}
