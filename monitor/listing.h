/*
 * listing: a log list from where it lies: a file, or a URL that is asked when
 * the program starts. Of a list by URL the last good copy is kept beside the
 * store, for when there is no network, and to know a list that is worse than
 * the one before: such a list is refused.
 */
#ifndef MONITOR_LISTING_H
#define MONITOR_LISTING_H

#include "config/config.h"
#include "ctlog/wire/loglist.h"
#include "monitor/store/store.h"

/* Either `file` or `url`. */
struct list_source {
	const char *name; /* built-in: chrome, apple; else NULL */
	const char *url, *file;
	const char *key_file; /* the signer's; NULL: unsigned, or: */
	const char *key_pem;  /* built-in */
};
/* NULL: there is none of this name. */
const struct list_source *listing_builtin(const char *name);
/* An item of logs.lists. */
struct list_source listing_source(const struct conf_list *l);

struct listing_conf {
	const struct config *config; /* contact, fetch */
	const char *dir;             /* for the copies; NULL: none are kept */
	bool allow_http;
	bool offline; /* copies only */
};

/* *conf stays the caller's and must live as long. Processes that must not
 * have sockets are forked before the first listing_read. */
struct listing *listing_new(const struct listing_conf *conf);
void listing_free(struct listing *l);

/*
 * Read one list; for a file l may be NULL. A list by URL is fetched with its
 * signature, at most 60 s for all lists together; when that comes to nothing,
 * or the list is refused, the copy is taken and a warning says so. Without a
 * copy: ST_UNREACHABLE, ST_SIGNATURE or ST_BAD. ST_AGAIN: a signal that is
 * held (engine_hold_signals) asks to stop. *out is empty unless ST_OK.
 */
enum status listing_read(struct listing *l, const struct list_source *src,
    struct loglist *out, struct err *e);

/* Whether a list may follow another: ST_BAD when it is older, or has lost more
 * than LIMIT_LIST_LOSS percent of the logs. */
enum status listing_compare(
    const struct loglist *old, const struct loglist *list, struct err *e);

/* An event loglist.refused for each list that was refused, for the operator. */
enum status listing_tell(
    const struct listing *l, struct store *s, struct err *e);

#endif
