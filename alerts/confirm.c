/*
 * confirm: see confirm.h. Not here: the text (alerts/letter), tokens, sending.
 */
#include "alerts/confirm.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "alerts/mime.h"
#include "ctlog/base/limits.h"
#include "ctlog/base/text.h"

#define SUBJECT "Please confirm your address for alerts about certificates"
#define WIDTH 76u
#define DAY_MS 86400000ll

static const char letter_text[] =
#include "alerts/letter/confirm.txt.h"
    ;
static const char letter_html[] =
#include "alerts/letter/confirm.html.h"
    ;

/* --- filling in ------------------------------------------------------------ */

struct field {
	const char *name;
	struct span value;
};

enum { F_SUBJECT, F_HOST, F_LINK, F_CONTACT, F_PENDING, F_HITS, NUM_FIELDS };

/* At least as long as it is. */
static struct span
days_text(char out[32], int64_t ms)
{
	int64_t days = ms / DAY_MS + (ms % DAY_MS > 0);

	snprintf(out, 32, "%" PRId64 " day%s", days, days == 1 ? "" : "s");
	return span_str(out);
}

static void
field_put(struct buf *out, struct span value, bool html)
{
	if (html)
		text_html(out, value, 2 * LIMIT_URL);
	else
		text_line(out, value, 2 * LIMIT_URL);
}

/* "{name}" at the front of the text: the field, and its length. */
static const struct field *
field_at(const char *text, const struct field *fields, size_t *len)
{
	const struct field *f = fields;

	*len = strcspn(text, "}") + 1;
	while (strlen(f->name) != *len - 2 ||
	       strncmp(text + 1, f->name, *len - 2) != 0)
		ASSERT(++f < fields + NUM_FIELDS); /* our own text */
	return f;
}

static void
fill(struct buf *out, const char *text, const struct field *fields, bool html)
{
	const struct field *f;
	size_t len;

	for (; *text != '\0'; text += len) {
		len = 1;
		if (*text != '{') {
			buf_char(out, *text);
			continue;
		}
		f = field_at(text, fields, &len);
		field_put(out, f->value, html);
	}
}

/* Paragraphs, which empty lines separate, in lines of their own width. */
static void
wrap(struct buf *out, struct span text)
{
	size_t column = 0, n;

	for (; text.len > 0; text = span_from(text, n)) {
		if (text.p[0] == '\n' && text.len > 1 && text.p[1] == '\n') {
			buf_str(out, "\n\n");
			column = 0;
			n = 2;
			continue;
		}
		n = 1;
		if (text.p[0] == '\n' || text.p[0] == ' ')
			continue;
		while (n < text.len && text.p[n] != ' ' && text.p[n] != '\n')
			n++;
		if (column > 0 && column + 1 + n > WIDTH) {
			buf_char(out, '\n');
			column = 0;
		}
		if (column > 0)
			buf_char(out, ' ');
		buf_span_add(out, span_cut(text, 0, n));
		column += n + (column > 0);
	}
	buf_char(out, '\n');
}

/* --- MIME ------------------------------------------------------------------ */

static void
part(struct buf *out, const struct confirm *c, const char *type,
    struct span text)
{
	buf_fmt(out,
	    "--=_%s\n"
	    "Content-Type: text/%s; charset=utf-8\n"
	    "Content-Transfer-Encoding: quoted-printable\n\n",
	    c->id, type);
	mime_quoted(out, text);
}

static void
header(struct buf *out, const struct confirm *c)
{
	buf_fmt(
	    out, "From: %s\nTo: %s\nSubject: " SUBJECT "\n", c->from, c->to);
	mime_date(out, c->now_ms);
	buf_fmt(out, "Message-ID: <%s@%s>\n", c->id, strrchr(c->from, '@') + 1);
	buf_fmt(out,
	    "Auto-Submitted: auto-generated\n"
	    "MIME-Version: 1.0\n"
	    "Content-Type: multipart/alternative;\n boundary=\"=_%s\"\n\n",
	    c->id);
}

/* --- the letter ------------------------------------------------------------ */

static void
body(struct buf *out, const struct confirm *c, const struct field *fields)
{
	struct buf filled = {0}, text = {0};

	fill(&filled, letter_text, fields, false);
	wrap(&text, buf_span(&filled));
	part(out, c, "plain", buf_span(&text));
	buf_clear(&filled);
	fill(&filled, letter_html, fields, true);
	part(out, c, "html", buf_span(&filled));
	buf_fmt(out, "--=_%s--\n", c->id);
	buf_fini(&filled);
	buf_fini(&text);
}

void
confirm_write(struct buf *out, const struct confirm *c)
{
	const char *host = strstr(c->url, "://") + 3;
	struct buf link = {0};
	char pending[32], hits[32];
	struct field fields[NUM_FIELDS] = {
	    [F_SUBJECT] = {"subject", span_str(SUBJECT)},
	    [F_HOST] = {"host", span_of(host, strcspn(host, ":/"))},
	    [F_CONTACT] = {"contact",
		span_str(c->contact ? c->contact : c->from)},
	    [F_PENDING] = {"pending", days_text(pending, c->pending_ms)},
	    [F_HITS] = {"hits", days_text(hits, c->hits_ms)}};
	size_t len = strlen(c->url);

	buf_fmt(&link, "%s%sconfirm?t=%s", c->url,
	    c->url[len - 1] == '/' ? "" : "/", c->token);
	fields[F_LINK] = (struct field){"link", buf_span(&link)};
	header(out, c);
	body(out, c, fields);
	buf_fini(&link);
}
