/* note: see note.h. Sections named are those of C2SP signed-note 1.0.0. */
#include "ctlog/wire/note.h"

#include "ctlog/base/limits.h"
#include "ctlog/base/text.h"
#include "ctlog/merkle/hash.h"

/* Before every signature line: an em dash and a space. */
#define SIG_PREFIX "\xe2\x80\x94 "

#define KEY_ID_LEN 4

static bool
has_controls(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < 0x20 && s.p[i] != '\n')
			return true;
	return false;
}

/* Offset of the last blank line's own line feed, or 0 (a text is not empty)
 * when there is none. */
static size_t
last_blank(struct span s)
{
	for (size_t i = s.len; i-- > 1;)
		if (s.p[i] == '\n' && s.p[i - 1] == '\n')
			return i;
	return 0;
}

enum status
note_open(struct note *out, struct span in, struct err *e)
{
	size_t at;

	if (in.len > LIMIT_HEAD)
		return err_set(e, ST_LIMIT,
		    "signed note of %zu bytes, %u at most", in.len, LIMIT_HEAD);
	if (!text_is_utf8(in) || has_controls(in))
		return err_set(e, ST_BAD,
		    "not a signed note: bytes that are no UTF-8 text; it "
		    "begins \"%s\"",
		    QUOTE(span_cut(in, 0, 64)));
	at = last_blank(in);
	if (at == 0 || at + 1 == in.len || in.p[in.len - 1] != '\n')
		return err_set(e, ST_BAD,
		    "not a signed note: text, a blank line and signature "
		    "lines are due; it begins \"%s\"",
		    QUOTE(span_cut(in, 0, 64)));
	out->text = span_cut(in, 0, at);
	out->sigs = span_from(in, at + 1);
	return ST_OK;
}

/* Key names hold no space and no plus sign ("Format"). */
static bool
is_name(struct span s)
{
	return s.len > 0 && span_chr(s, '+') == s.len;
}

enum status
note_next(
    struct note *n, struct note_sig *out, struct buf *scratch, struct err *e)
{
	struct span line = span_cut(n->sigs, 0, span_chr(n->sigs, '\n'));
	struct span rest = span_from(line, sizeof(SIG_PREFIX) - 1);
	size_t space = span_chr(rest, ' ');
	struct span base64 = span_from(rest, space + 1);
	ssize_t len;

	if (n->sigs.len == 0)
		return ST_MISSING;
	n->sigs = span_from(n->sigs, line.len + 1);
	out->name = span_cut(rest, 0, space);
	buf_clear(scratch);
	len = text_unbase64(buf_room(scratch, base64.len / 4 * 3), base64);
	if (!span_starts(line, span_str(SIG_PREFIX)) || !is_name(out->name) ||
	    len <= KEY_ID_LEN)
		return err_set(e, ST_BAD,
		    "signed note: not a signature line: \"%s\"", QUOTE(line));
	scratch->len = (size_t)len;
	memcpy(out->key_id, scratch->p, KEY_ID_LEN);
	out->body = span_from(buf_span(scratch), KEY_ID_LEN);
	return ST_OK;
}

void
note_key_id(uint8_t out[4], struct span name, uint8_t type, struct span key)
{
	struct hasher *h = hasher_new();
	struct hash id;

	hasher_start(h);
	hasher_add(h, name);
	hasher_add(h, span_of("\n", 1));
	hasher_add(h, span_of(&type, 1));
	hasher_add(h, key);
	hasher_finish(h, &id);
	hasher_free(h);
	memcpy(out, id.b, KEY_ID_LEN);
}
