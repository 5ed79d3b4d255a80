/* pages: see pages.h. */
#include "alerts/pages.h"

#include <openssl/evp.h>
#include <string.h>

#include "ctlog/base/text.h"

static const char style[] =
#include "alerts/pages/page.css.h"
    ;
static const char frame[] =
#include "alerts/pages/frame.html.h"
    ;

static const struct {
	const char *title, *text;
} pages[] = {
    [PAGE_CONFIRM] =
	{
	    "Shall we watch for your address?",
#include "alerts/pages/confirm.html.h"
	},
    [PAGE_UNSUBSCRIBE] =
	{
	    "Shall we stop watching?",
#include "alerts/pages/unsubscribe.html.h"
	},
    [PAGE_CONFIRMED] =
	{
	    "Thank you",
#include "alerts/pages/confirmed.html.h"
	},
    [PAGE_UNSUBSCRIBED] =
	{
	    "We have stopped",
#include "alerts/pages/unsubscribed.html.h"
	},
    [PAGE_NEVER] =
	{
	    "We will not write again",
#include "alerts/pages/never.html.h"
	},
    [PAGE_BROKEN] =
	{
	    "This link is not complete",
#include "alerts/pages/broken.html.h"
	},
    [PAGE_BUSY] =
	{
	    "Too many requests at this moment",
#include "alerts/pages/busy.html.h"
	},
    [PAGE_MISSING] =
	{
	    "There is no such page",
#include "alerts/pages/missing.html.h"
	},
};

/* What stands in braces in the texts. */
struct holes {
	const char *title, *main, *token, *contact;
};

static void
put_contact(struct buf *out, const char *contact)
{
	const char *scheme = strstr(contact, "://") ? "" : "mailto:";

	buf_fmt(out, "Ask <a href=\"%s", scheme);
	text_html(out, span_str(contact), SIZE_MAX);
	buf_str(out, "\">");
	text_html(out, span_str(contact), SIZE_MAX);
	buf_str(out, "</a>.");
}

/* Texts within texts: the main part has a token. */
static void fill(struct buf *out, const char *text, const struct holes *h);

static void
put_hole(struct buf *out, struct span name, const struct holes *h)
{
	static const char nobody[] = "Ask whoever sent you the message.";

	if (span_eq_str(name, "title"))
		buf_str(out, h->title);
	else if (span_eq_str(name, "style"))
		buf_str(out, style);
	else if (span_eq_str(name, "main"))
		fill(out, h->main, h);
	else if (span_eq_str(name, "token"))
		buf_str(out, h->token);
	else if (h->contact != NULL)
		put_contact(out, h->contact);
	else
		buf_str(out, nobody);
}

static void
fill(struct buf *out, const char *text, const struct holes *h)
{
	struct span s = span_str(text);

	for (;;) {
		size_t open = span_chr(s, '{');

		buf_span_add(out, span_cut(s, 0, open));
		s = span_from(s, open + 1);
		if (s.len == 0)
			return;
		put_hole(out, span_cut(s, 0, span_chr(s, '}')), h);
		s = span_from(s, span_chr(s, '}') + 1);
	}
}

void
page_write(
    struct buf *out, enum page what, const char *token, const char *contact)
{
	struct holes h = {.title = pages[what].title,
	    .main = pages[what].text,
	    .token = token,
	    .contact = contact};

	ASSERT((what <= PAGE_UNSUBSCRIBE) == (token != NULL));
	ASSERT(token == NULL || strlen(token) == PAGE_TOKEN);
	fill(out, frame, &h);
}

void
page_policy(struct buf *out)
{
	uint8_t digest[EVP_MAX_MD_SIZE];

	ASSERT(
	    EVP_Digest(style, strlen(style), digest, NULL, EVP_sha256(), NULL));
	buf_str(out, "default-src 'none'; style-src 'sha256-");
	text_base64(out, span_of(digest, 32));
	buf_str(out, "'; form-action 'self'; base-uri 'none'; "
		     "frame-ancestors 'none'");
}
