/* mime: see mime.h. Not here: what a mail says. */
#include "alerts/mime.h"

#include <string.h>
#include <time.h>

#include "ctlog/base/err.h"
#include "ctlog/base/text.h"

#define WIDTH 76u
/* Bytes in one encoded word, and what it has beside them: a line with one has
 * WIDTH characters at most (RFC 2047 section 2). */
#define WORD_BYTES 45u
#define WORD_FRAME                                                             \
	(sizeof("=?utf-8?B?"                                                   \
		"?=") -                                                        \
	    1)

/* --- headers --------------------------------------------------------------- */

/* The longest front of the text that is whole characters, up to so many. */
static struct span
chunk(struct span text, size_t max)
{
	size_t n = text.len;

	if (n > max)
		for (n = max; n > 0 && (text.p[n] & 0xc0) == 0x80; n--)
			continue;
	return span_cut(text, 0, n > 0 ? n : text.len);
}

void
mime_text(struct buf *out, const char *name, const char *text)
{
	struct span rest = span_str(text), piece;
	const char *sep = " ";
	size_t max = (WIDTH - strlen(name) - 2 - WORD_FRAME) / 4 * 3;

	ASSERT(max > 4 && max <= WORD_BYTES);
	buf_fmt(out, "%s:", name);
	if (text_is_ascii(rest) && strlen(name) + rest.len + 2 <= WIDTH) {
		buf_fmt(out, " %s\n", text);
		return;
	}
	for (; rest.len > 0; rest = span_from(rest, piece.len)) {
		piece = chunk(rest, max);
		max = WORD_BYTES;
		buf_fmt(out, "%s=?utf-8?B?", sep);
		text_base64(out, piece);
		buf_str(out, "?=");
		sep = "\n ";
	}
	buf_char(out, '\n');
}

void
mime_address(struct buf *out, const char *name, const char *address)
{
	buf_fmt(out, "%s: ", name);
	for (const char *p = address; *p != '\0'; p++)
		if ((unsigned char)*p >= ' ' && *p != 0x7f)
			buf_char(out, *p);
	buf_char(out, '\n');
}

void
mime_date(struct buf *out, int64_t ms)
{
	time_t t = (time_t)(ms / 1000);
	char date[64];
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S +0000", &tm);
	buf_fmt(out, "Date: %s\n", date);
}

/* --- bodies ---------------------------------------------------------------- */

static bool
is_plain(uint8_t c)
{
	return c >= ' ' && c <= '~' && c != '=';
}

void
mime_quoted(struct buf *out, struct span text)
{
	size_t column = 0, width;

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.p[i];
		bool last = i + 1 == text.len || text.p[i + 1] == '\n';
		bool plain = is_plain(c) && !(c == ' ' && last);

		if (c == '\n') {
			buf_char(out, '\n');
			column = 0;
			continue;
		}
		width = plain ? 1 : 3;
		if (column + width > WIDTH - !last) {
			buf_str(out, "=\n");
			column = 0;
		}
		if (plain)
			buf_char(out, (char)c);
		else
			buf_fmt(out, "=%02X", c);
		column += width;
	}
}
