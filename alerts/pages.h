/*
 * pages: what a member of the public is shown behind the link of a mail:
 * complete pages of HTML, without script, that load nothing. The texts are in
 * alerts/pages/. They depend on what was asked for, never on what was found.
 */
#ifndef ALERTS_PAGES_H
#define ALERTS_PAGES_H

#include "ctlog/base/buf.h"

enum page {
	PAGE_CONFIRM, /* with buttons */
	PAGE_UNSUBSCRIBE,
	PAGE_CONFIRMED, /* after they were pressed */
	PAGE_UNSUBSCRIBED,
	PAGE_NEVER,
	PAGE_BROKEN,  /* the link has no token, or half of one */
	PAGE_BUSY,    /* too many requests */
	PAGE_MISSING, /* no such page */
};

/* 32 bytes in base64url, without padding (RFC 4648 section 5). */
#define PAGE_TOKEN 43

/* token: exactly so; NULL where there are no buttons. contact: a mail address
 * or URL of whom to ask; NULL: none. */
void page_write(
    struct buf *out, enum page what, const char *token, const char *contact);

/* The Content-Security-Policy that fits all of them. */
void page_policy(struct buf *out);

#endif
