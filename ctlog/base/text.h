/*
 * text: base64 and hex, UTF-8, and the escapers through which foreign text
 * must pass before a person or a terminal sees it.
 */
#ifndef CTLOG_BASE_TEXT_H
#define CTLOG_BASE_TEXT_H

#include "ctlog/base/buf.h"

/* Standard alphabet, padded (RFC 4648 section 4). */
void text_base64(struct buf *out, struct span in);

/*
 * Decode standard, padded base64 without white space; trailing bits must be
 * zero. `out` has room for in.len / 4 * 3 bytes and may be where `in` is.
 * Returns the number of bytes, or -1 when `in` is not such base64.
 */
ssize_t text_unbase64(uint8_t *out, struct span in);

/* The same with a limit: true when `in` decodes to exactly len bytes. */
bool text_unbase64_exact(uint8_t *out, size_t len, struct span in);

/* The URL-safe alphabet without padding (RFC 4648 section 5). */
void text_base64url(struct buf *out, struct span in);
/* The way back, for up to 1024 bytes. */
bool text_unbase64url_exact(uint8_t *out, size_t len, struct span in);

void text_hex(struct buf *out, struct span in);
/* true when `in` is 2 * len hex digits, either case. */
bool text_unhex(uint8_t *out, size_t len, struct span in);

/* A decimal number without sign, leading zero or blank; false otherwise. */
bool text_u64(uint64_t *out, struct span in);
/* The number as text, what snprintf("%llu") writes at nine times the cost.
 * Returns its length. */
#define TEXT_U64 21
size_t text_u64_put(char out[TEXT_U64], uint64_t v);

/* Length of the well-formed UTF-8 prefix of s (RFC 3629). */
size_t text_utf8_len(struct span s);
static inline bool
text_is_utf8(struct span s)
{
	return text_utf8_len(s) == s.len;
}
static inline bool
text_is_ascii8(const uint8_t p[8])
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return (v & UINT64_C(0x8080808080808080)) == 0;
}
static inline bool
text_is_ascii(struct span s)
{
	for (; s.len >= 8; s = span_of(s.p + 8, s.len - 8))
		if (!text_is_ascii8(s.p))
			return false;
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] >= 0x80)
			return false;
	return true;
}

/* Decode one character at *at of well-formed UTF-8 and step over it. */
uint32_t text_utf8_next(struct span s, size_t *at);
void text_utf8_add(struct buf *out, uint32_t ch);
/* Encode into out[4]; returns the number of bytes. */
size_t text_utf8_put(uint8_t *out, uint32_t ch);

/*
 * One safe line: UTF-8 stays, but controls (C0, DEL, C1), U+2028/9, bidi and
 * other invisible controls become \u{XX} and bytes that are not UTF-8 \xXX;
 * backslash is doubled. At most `max` bytes of output, then "…".
 */
void text_line(struct buf *out, struct span in, size_t max);

/* The same line as text of a page of HTML, also between quotation marks: < > & " '
 * become character references. `max` counts before that. */
void text_html(struct buf *out, struct span in, size_t max);

/* A line in a small buffer of the caller's, for messages. Returns out. */
const char *text_quote(char *out, size_t cap, struct span in);
/* text_quote into a compound literal of the right size. */
#define QUOTE(s) text_quote((char[LIMIT_QUOTE + 8]){0}, LIMIT_QUOTE + 8, (s))

/* What bytes that must not be quoted seem to be, by the first that is no white
 * space: "empty", "JSON", "HTML", "text" or "binary". */
const char *text_class(struct span in);

/* A JSON string with its quotation marks; bad UTF-8 becomes U+FFFD. */
void text_json(struct buf *out, struct span in);
/* JSON of somebody else's making, which is UTF-8, with the characters escaped
 * that text_json() escapes: controls of terminals, changes of direction. */
void text_json_plain(struct buf *out, struct span json);

/* RFC 3339 UTC with milliseconds, from milliseconds since 1970. */
#define TEXT_TIME 32
/* Letters to add, drop, change or swap to make b of a; TEXT_NEAR when one of
 * them has more than that. */
#define TEXT_NEAR 64
unsigned text_distance(const char *a, const char *b);
const char *text_time(char out[TEXT_TIME], int64_t ms);
/* RFC 3339 (any offset, optional fraction) or YYYY-MM-DD; false otherwise. */
bool text_untime(int64_t *ms, struct span in);

#endif
