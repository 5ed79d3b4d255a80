/* request_page: a letter as a page of HTML that prints as a letter: what to
 * know before it is sent is on the screen alone. No script, and it loads
 * nothing. See request_private.h. */
#include <openssl/evp.h>
#include <string.h>

#include "alerts/request_private.h"
#include "ctlog/base/err.h"
#include "ctlog/base/text.h"

static const char style[] =
#include "alerts/requests/page.css.h"
    ;

/* --- a block -------------------------------------------------------------------- */

static void
put_piece(struct buf *out, struct span piece, bool ours)
{
	bool link = ours && span_starts(piece, span_str("https://"));

	if (link) {
		buf_str(out, "<a href=\"");
		text_html(out, piece, SIZE_MAX);
		buf_str(out, "\">");
	}
	text_html(out, piece, SIZE_MAX);
	if (link)
		buf_str(out, "</a>");
}

static void
put_field(struct buf *out, const struct form_field *field, bool lines)
{
	struct span rest = buf_span(&field->value), piece;
	const char *sep = "";

	while (form_piece(&piece, &rest, field)) {
		buf_str(out, sep);
		put_piece(out, piece, field->ours);
		sep = lines ? "<br>\n" : ", ";
	}
}

/* Our own text: it has no control characters and no references. */
static void
put_char(struct buf *out, char c)
{
	switch (c) {
	case '<':
		buf_str(out, "&lt;");
		return;
	case '>':
		buf_str(out, "&gt;");
		return;
	case '&':
		buf_str(out, "&amp;");
		return;
	case '[':
		buf_str(out, "<b>[");
		return;
	case ']':
		buf_str(out, "]</b>");
		return;
	default:
		buf_char(out, c);
	}
}

static void
put_text(struct buf *out, const struct block *b, const struct form_fields *f)
{
	struct span rest = b->text;

	while (rest.len > 0) {
		if (rest.p[0] == '{') {
			put_field(
			    out, form_hole(&rest, f), b->kind == BLOCK_LINE);
			continue;
		}
		put_char(out, (char)rest.p[0]);
		rest = span_from(rest, 1);
	}
}

/* --- from block to block ---------------------------------------------------------- */

struct tags {
	const char *open, *close; /* of several blocks of a kind in a row */
	const char *begin, *end;  /* of each block */
};

static const struct tags tags[BLOCK_KINDS] = {
    [BLOCK_TEXT] = {"", "", "<p>", "</p>\n"},
    [BLOCK_HEAD] = {"", "", "<h1>", "</h1>\n"},
    [BLOCK_PART] = {"", "", "<h1>", "</h1>\n"},
    [BLOCK_ITEM] = {"<ul>\n", "</ul>\n", "<li>", "</li>\n"},
    [BLOCK_STEP] = {"<ol>\n", "</ol>\n", "", "</li>\n"},
    [BLOCK_LINE] = {"<p class=lines>", "</p>\n", "", ""},
    [BLOCK_FACT] = {"", "", "<p>", "</p>\n"},
    [BLOCK_NOTE] = {"", "", "<p>", "</p>\n"},
    [BLOCK_CUT] = {"", "", "</aside>\n<main>\n", ""},
};

static void
put_blocks(struct buf *out, const char *text, const struct form_fields *f)
{
	struct span rest = span_str(text);
	const struct tags *last = NULL;
	bool apart = false;
	struct block b;

	buf_str(out, "<aside>\n");
	while (form_block(&b, &rest, f, &apart)) {
		const struct tags *t = &tags[b.kind];
		bool begins = last != t || b.apart;

		if (begins && last != NULL)
			buf_str(out, last->close);
		if (begins)
			buf_str(out, t->open);
		else if (b.kind == BLOCK_LINE)
			buf_str(out, "<br>\n");
		buf_str(out, t->begin);
		if (b.kind == BLOCK_STEP)
			buf_fmt(out, "<li value=%.*s>", (int)b.name.len - 1,
			    (const char *)b.name.p);
		if (b.kind != BLOCK_CUT)
			put_text(out, &b, f);
		buf_str(out, t->end);
		last = t;
	}
	ASSERT(last != NULL);
	buf_fmt(out, "%s</main>\n", last->close);
}

/* --- the page ------------------------------------------------------------------------ */

static void
put_policy(struct buf *out)
{
	uint8_t digest[EVP_MAX_MD_SIZE];

	ASSERT(
	    EVP_Digest(style, strlen(style), digest, NULL, EVP_sha256(), NULL));
	buf_str(out, "<meta http-equiv=Content-Security-Policy content=\""
		     "default-src 'none'; style-src 'sha256-");
	text_base64(out, span_of(digest, 32));
	buf_str(out, "'; base-uri 'none'; form-action 'none'\">\n");
}

void
request_as_page(struct buf *out, const char *text, const struct form_fields *f,
    const char *lang)
{
	buf_fmt(out,
	    "<!doctype html>\n<html lang=%s>\n<head>\n<meta charset=utf-8>\n",
	    lang);
	put_policy(out);
	buf_str(out, "<meta name=viewport content=\"width=device-width, "
		     "initial-scale=1\">\n"
		     "<meta name=referrer content=no-referrer>\n<title>");
	text_html(out, request_word(lang, NULL, "title"), SIZE_MAX);
	buf_fmt(out, "</title>\n<style>%s</style>\n</head>\n<body>\n", style);
	put_blocks(out, text, f);
	buf_str(out, "</body>\n</html>\n");
}
