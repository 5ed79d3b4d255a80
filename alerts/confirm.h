/*
 * confirm: the letter that asks somebody to confirm an address (double
 * opt-in). Its text is fixed, alerts/letter/confirm.txt and .html: nothing in
 * it, but the address it goes to, is of whoever registered that address. No
 * pictures, no tracking.
 */
#ifndef ALERTS_CONFIRM_H
#define ALERTS_CONFIRM_H

#include "ctlog/base/buf.h"

struct confirm {
	const char *from, *to; /* addresses, as smtp.h takes them */
	const char *contact;   /* who answers questions; NULL: `from` */
	const char *url;       /* public.url */
	const char *token;     /* for the link: base64url */
	const char *id;        /* for Message-ID: letters and digits */
	int64_t now_ms;
	/* For how long a record is kept that nobody confirms, and what is
	 * found for one that somebody does; said in days. */
	int64_t pending_ms, hits_ms;
};

/* The whole mail (RFC 5322, MIME), line ends LF, no line above 78 characters
 * but that of a longer address. */
void confirm_write(struct buf *out, const struct confirm *c);

#endif
