/*
 * wants: which logs are to be read: out of the configuration, of log
 * lists, or of the command line (interface.md sections 1 and 2).
 */
#ifndef MONITOR_WANTS_H
#define MONITOR_WANTS_H

#include "monitor/directory.h"
#include "monitor/engine.h"
#include "monitor/listing.h"
#include "monitor/shelf.h"

struct wants {
	size_t num;
	struct want_log *list;
	struct shelf *shelf; /* the log on disk, when there is one */
};
void wants_fini(struct wants *w);

/* The LOGS part of a command line. */
struct logs_opts {
	size_t num_lists, num_patterns;
	const char **lists;    /* --log-list chrome, apple, FILE or URL */
	const char **patterns; /* --log PATTERN */
	const char *list_key;  /* --log-list-key */
	const char *url, *key, *api, *origin;
	const char **dirs; /* --log-dir: folders and archives of one log */
	size_t num_dirs;
	bool allow_http;
	struct listing *listing; /* for lists by URL */
};

/* The lists of a configuration, in its order, as they were read. */
struct lists {
	size_t num;
	struct loglist *list;
};
/* As listing_read; lists_fini in any case. */
enum status lists_read(struct lists *out, const struct config *c,
    struct listing *listing, struct err *e);
void lists_fini(struct lists *l);

/*
 * ST_USAGE: a pattern that matches nothing, a URL or API that is none.
 * ST_MISSING: no such file. ST_BAD: what is in a file. Else as listing_read.
 */
enum status wants_of_opts(
    struct wants *out, const struct logs_opts *o, struct err *e);
/*
 * Of the lists, the logs that logs.include asks for; logs.extra whatever
 * logs.include says, for they were named by hand. From both, those that a
 * pattern of logs.exclude matches (name as a glob, log_id or URL) are taken
 * out again. A pattern that matches nothing is no error here: lists change
 * under a configuration that does not.
 */
enum status wants_of_config(struct wants *out, const struct config *c,
    struct listing *listing, struct err *e);
/* All logs of a list, in whatever state. */
void wants_all(struct wants *out, const struct loglist *list);
/* The logs of this one that logs.include and logs.exclude ask for. */
void wants_of_list(
    struct wants *out, const struct config *c, const struct loglist *list);
/* wants_of_config of lists that were read before. */
enum status wants_of_lists(struct wants *out, const struct config *c,
    const struct lists *lists, struct err *e);
/* Keep those that --log asks for (name as a glob, log_id or URL), and take the
 * built-in log when it is named; all when it is not given. ST_USAGE: a pattern
 * matches none. */
enum status wants_choose(
    struct wants *w, const struct logs_opts *o, struct err *e);

/* Servers take clients without a contact for one crowd: any log that is not
 * on loopback needs one. ST_USAGE when it is missing. */
enum status wants_contact(
    const struct wants *w, const char *contact, struct err *e);

/* A whole file, LIMIT at most; ST_MISSING, ST_DENIED, ST_LIMIT. */
enum status file_read(
    struct buf *out, const char *path, size_t limit, struct err *e);
/* A public key in PEM or DER. */
enum status file_read_key(struct logkey **out, const char *path, struct err *e);

#endif
