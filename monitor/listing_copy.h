/*
 * listing_copy: a list with its signature as bytes, and the copy of the last
 * good one on disk. Private to listing*.c.
 */
#ifndef MONITOR_LISTING_COPY_H
#define MONITOR_LISTING_COPY_H

#include "monitor/http.h"
#include "monitor/listing.h"

/* One list under way. */
struct edition {
	struct buf json, sig;
	struct loglist list;
	struct http_since since; /* as it was fetched */
};
void edition_fini(struct edition *ed);
void edition_swap(struct edition *a, struct edition *b);
/* From a file, and its .sig when there is one to be. */
enum status edition_read(
    struct edition *ed, const char *file, bool is_signed, struct err *e);
/* Verify (key NULL: not), then parse. */
enum status edition_check(
    struct edition *ed, const struct logkey *key, struct err *e);
/* Where the signature of a list lies: ".sig" for ".json" at the end of the
 * path. malloc'd. */
char *sig_place(const char *place, bool is_url);

/*
 * A copy is one file, for list and signature must not part: a line with the
 * signature in base64, when there is one, then the list. The new one takes the
 * old one's place, or the old one stays.
 *
 * DIR/chrome.list; for others a name made of the URL. malloc'd; NULL, when dir
 * is: none is kept.
 */
char *copy_path(const char *dir, const struct list_source *src);
/* A warning when that fails: without a copy the program works as well, as long
 * as there is a network. */
void copy_keep(const char *dir, const char *path, const struct edition *ed);
/* false, and *ed is empty: there is none, or none that is good. In place of a
 * DIR/x.list that is not there, DIR/x.json and x.sig are read: so it was kept
 * once. */
bool copy_read(struct edition *ed, const char *path, const struct logkey *key);

/* The key that signs the list; *out is NULL for a list without one. */
enum status source_key(
    struct logkey **out, const struct list_source *src, struct err *e);

#endif
