/* mail_page: a mail as HTML that every mail program shows: tables, styles in
 * the elements, no script, and nothing that is loaded; see mail_private.h. */
#include <string.h>

#include "alerts/mail_private.h"
#include "ctlog/base/text.h"

/* Bytes of a value that stays on one line. */
#define NOWRAP_MAX 30u

static const char frame[] =
#include "alerts/mail/page.html.h"
    ;

/* --- text with fields --------------------------------------------------------- */

static void
put_piece(struct buf *out, struct span piece, bool ours)
{
	bool link = ours && (span_starts(piece, span_str("https://")) ||
				span_starts(piece, span_str("http://")));

	if (link) {
		buf_str(out, "<a href=\"");
		text_html(out, piece, SIZE_MAX);
		buf_str(out, "\" style=\"color:#1a56b0\">");
	}
	text_html(out, piece, SIZE_MAX);
	if (link)
		buf_str(out, "</a>");
}

/* Blanks in front of a line, which HTML would drop. */
static void
put_indent(struct buf *out, struct span *line)
{
	while (line->len > 0 && line->p[0] == ' ') {
		buf_str(out, "&nbsp;");
		*line = span_from(*line, 1);
	}
}

static void
put_field(struct buf *out, const struct form_field *field, bool lines)
{
	struct span rest = buf_span(&field->value), piece;
	const char *sep = "";

	if (field->strong)
		buf_str(out, field->value.len <= NOWRAP_MAX
				 ? "<b style=\"white-space:nowrap\">"
				 : "<b>");
	while (form_piece(&piece, &rest, field)) {
		buf_str(out, sep);
		put_indent(out, &piece);
		put_piece(out, piece, field->ours);
		sep = lines ? "<br>\n" : ", ";
	}
	buf_str(out, field->strong ? "</b>" : "");
}

static void
put_text(struct buf *out, const struct block *b, const struct form_fields *f)
{
	struct span rest = b->text;

	while (rest.len > 0) {
		size_t n = span_chr(rest, '{');

		text_html(out, span_cut(rest, 0, n), SIZE_MAX);
		rest = span_from(rest, n);
		if (rest.len > 0)
			put_field(
			    out, form_hole(&rest, f), b->kind == BLOCK_LINE);
	}
}

/* --- blocks -------------------------------------------------------------------- */

struct tags {
	const char *open, *close; /* of several blocks of a kind in a row */
	const char *begin, *end;  /* of each block */
};

#define LINE                                                                   \
	"<p class=\"line\" style=\"margin:0 0 14px;padding:10px 14px;"         \
	"background:#f1f4f7;border-radius:6px;"                                \
	"font-family:Consolas,Menlo,'DejaVu Sans Mono',monospace;"             \
	"font-size:13px;line-height:1.5;word-break:break-all\">"
#define TABLE                                                                  \
	"<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" "       \
	"cellspacing=\"0\" border=\"0\" style=\"margin:0 0 16px\">"

static const struct tags tags[BLOCK_KINDS] = {
    [BLOCK_TEXT] = {"", "", "<p style=\"margin:0 0 14px\">", "</p>\n"},
    [BLOCK_HEAD] = {"", "",
	"<h1 style=\"margin:0 0 16px;font-size:23px;line-height:1.25\">",
	"</h1>\n"},
    [BLOCK_PART] = {"", "",
	"<h2 style=\"margin:28px 0 10px;font-size:18px;line-height:1.3\">",
	"</h2>\n"},
    [BLOCK_ITEM] = {"<ul style=\"margin:0 0 14px;padding-left:22px\">\n",
	"</ul>\n", "<li style=\"margin:0 0 8px\">", "</li>\n"},
    [BLOCK_STEP] = {"<ol style=\"margin:0 0 14px;padding-left:26px\">\n",
	"</ol>\n", "<li style=\"margin:0 0 8px\">", "</li>\n"},
    [BLOCK_LINE] = {LINE, "</p>\n", "", ""},
    [BLOCK_FACT] = {TABLE "\n", "</table>\n", "<tr>", "</td></tr>\n"},
    [BLOCK_NOTE] = {TABLE, "</table>\n",
	"<tr><td class=\"note\" style=\"padding:12px 16px;background:#fff8e1;"
	"border-left:4px solid #d9a400\">",
	"</td></tr>\n"},
    [BLOCK_CUT] = {"", "",
	"<hr class=\"rule\" style=\"border:0;border-top:1px solid #dbe0e6;"
	"margin:24px 0\">\n",
	""},
};

static void
put_fact_name(struct buf *out, struct span name)
{
	buf_str(out,
	    "<td class=\"dim rule\" valign=\"top\" width=\"27%\" "
	    "style=\"padding:7px 12px 7px 0;border-top:1px solid #dbe0e6;"
	    "color:#5a6572;font-size:14px;line-height:24px\">");
	text_html(out, name, SIZE_MAX);
	buf_str(out,
	    "</td><td class=\"rule\" valign=\"top\" style=\"padding:7px 0;"
	    "border-top:1px solid #dbe0e6\">");
}

static void
put_block(struct buf *out, const struct block *b, const struct form_fields *f)
{
	buf_str(out, tags[b->kind].begin);
	if (b->kind == BLOCK_FACT)
		put_fact_name(out, b->name);
	put_text(out, b, f);
	buf_str(out, tags[b->kind].end);
}

void
mail_page_add(struct buf *out, const char *text, const struct form_fields *f)
{
	struct span rest = span_str(text);
	const struct tags *last = NULL;
	bool apart = false;
	struct block b;

	while (form_block(&b, &rest, f, &apart)) {
		const struct tags *t = &tags[b.kind];
		bool begins = last != t || b.apart;

		if (begins && last != NULL)
			buf_str(out, last->close);
		if (begins)
			buf_str(out, t->open);
		else if (b.kind == BLOCK_LINE)
			buf_str(out, "<br>\n");
		put_block(out, &b, f);
		last = t;
	}
	if (last != NULL)
		buf_str(out, last->close);
}

/* --- the page -------------------------------------------------------------------- */

void
mail_page_frame(
    struct buf *out, const char *lang, struct span title, struct span content)
{
	struct buf named = {0}, titled = {0}, safe = {0};

	text_html(&safe, title, SIZE_MAX);
	mail_replace(&named, span_str(frame), "lang", span_str(lang));
	mail_replace(&titled, buf_span(&named), "title", buf_span(&safe));
	mail_replace(out, buf_span(&titled), "content", content);
	buf_fini(&named);
	buf_fini(&titled);
	buf_fini(&safe);
}
