/*
 * mime: the bytes of mails: headers, and bodies that pass everywhere (RFC 5322,
 * 2045, 2047). Lines end in '\n'; what carries the mail makes CR LF of
 * it. All is seven-bit, but for an address that is not (RFC 6532).
 */
#ifndef ALERTS_MIME_H
#define ALERTS_MIME_H

#include "ctlog/base/buf.h"

/* "NAME: TEXT", encoded where it must be. */
void mime_text(struct buf *out, const char *name, const char *text);
/* "NAME: ADDRESS"; control characters are left out. */
void mime_address(struct buf *out, const char *name, const char *address);
/* "Date: ". */
void mime_date(struct buf *out, int64_t ms);

/* Quoted-printable, in lines of at most 76. What begins with "--=_" is not in
 * it, so that boundaries may. */
void mime_quoted(struct buf *out, struct span text);

#endif
