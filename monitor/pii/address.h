/*
 * address: finding e-mail addresses in text (reference pii.md 5.3), from an
 * rfc822Name that holds just one to a sentence that mentions two. Pure; works
 * on UTF-8; canonical forms are for normal.h.
 */
#ifndef MONITOR_PII_ADDRESS_H
#define MONITOR_PII_ADDRESS_H

#include "ctlog/base/arena.h"

/* A field whose type says that it holds addresses may hold any local part
 * that RFC 5322 allows; in other text "/", "=" and "|" separate. */
struct address_scan {
	struct span text;
	bool typed;
	size_t at, floor; /* next byte to look at; end of the last address */
	unsigned pairs;   /* quotes and comments that may still be looked for,
			   * so that a hostile text cannot ask for millions */
};
struct address_scan address_scan_of(struct span text, bool typed);

struct address {
	struct span local;  /* quotation marks included */
	struct span domain; /* "[...]" included */
	struct span whole;  /* from the first byte to the last */
	bool userinfo;      /* of a URI ("ftp://jane@host"): no address */
};

/* Addresses from left to right. A comment may stand before the at sign. */
bool address_next(struct address_scan *s, struct address *out);

/* Cheap: no address can be in these bytes, whatever 8-bit type they are; nor in
 * any string among them, 8-bit or wide. */
bool address_impossible(struct span text);
bool address_absent(struct span bytes);

/* local@domain in one piece: `whole`, or put together in the arena. */
struct span address_text(struct arena *a, const struct address *address);

/* "%40" and the like decoded, but for "%00"; the text itself when there is
 * none. What comes out may be no UTF-8. */
struct span address_unescape(struct arena *a, struct span text);

#endif
