/*
 * listing: a log list from where it lies: a file, or a URL. Of a list by URL
 * the last good copy is kept beside the store, for when there is no network,
 * and to know a list that is worse than the one before: such a list is refused.
 * Here lists are read when the program starts; roster.h renews them while it
 * runs, by the same rules.
 */
#ifndef MONITOR_LISTING_H
#define MONITOR_LISTING_H

#include "config/config.h"
#include "ctlog/wire/loglist.h"
#include "monitor/notice.h"

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
/* A word of the command line: a built-in name (which has a key of its own, or
 * none), a URL, or a file. Borrows both. */
struct list_source listing_named(const char *word, const char *key_file);
/* What people call it. */
const char *listing_label(const struct list_source *src);

/* The log that is built in, because it stands in no list: Sigstore's Fulcio
 * log. It is taken only when it is named. As a list of one, whose log has the
 * description: */
#define LISTING_FULCIO "fulcio"
void listing_special(struct loglist *out);

struct listing_conf {
	const struct config *config; /* contact, fetch */
	const char *dir;             /* for the copies; NULL: none are kept */
	bool allow_http;
	bool offline; /* copies only */
	bool copies;  /* a copy will do: it is renewed later */
	bool accept;  /* also a list that has lost logs, on somebody's word */
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

/* Some list was read from its copy. */
bool listing_is_copied(const struct listing *l);
/* How fetching the last one went, also when there was a copy to take. */
enum status listing_fetched(const struct listing *l);
/* No list will be read any more: connections are closed. */
void listing_done(struct listing *l);

/* Whether a list may follow another: ST_BAD when it is older, or has lost more
 * than LIMIT_LIST_LOSS percent of the logs in use (neither retired, rejected
 * nor for tests). */
enum status listing_compare(
    const struct loglist *old, const struct loglist *list, struct err *e);

/* Whether its URL may be asked: ST_USAGE when not. */
enum status listing_may_fetch(const struct listing_conf *lc,
    const struct list_source *src, struct err *e);

/* A list that came and is not used: to diag and as a loglist.refused. */
bool listing_is_refusal(enum status st);
void listing_refused(
    struct notices *told, const struct list_source *src, const struct err *why);
/* One that is used and is not as it should be: old, or frozen. */
void listing_warn(struct notices *told, const struct list_source *src,
    const struct loglist *list);

/* What the operator is to be told by events goes into the store. */
enum status listing_tell(struct listing *l, struct store *s, struct err *e);

#endif
