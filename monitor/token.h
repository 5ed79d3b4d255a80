/*
 * token: the admin door's bearer tokens, out of admin.token_file. A line has
 *
 *	TOKEN [read|write [TENANT|* [NAME]]]	# comment
 *
 * TOKEN is 16 to 256 characters of A-Z a-z 0-9 . _ ~ + / = -, or sha256: and
 * the hex digits of its SHA-256. `write` includes `read`; `*` is all tenants;
 * NAME stands in the audit trail instead of the line's number. A token alone on
 * the first line may do everything; on others it has to be said.
 */
#ifndef MONITOR_TOKEN_H
#define MONITOR_TOKEN_H

#include "ctlog/base/err.h"
#include "ctlog/base/span.h"
#include "monitor/api.h"

struct tokens;

/* ST_MISSING: no such file. It must be of the kind that a master key's is. */
enum status tokens_read(struct tokens **out, const char *file, struct err *e);
/* The same of a text; `file` is for messages. */
enum status tokens_parse(
    struct tokens **out, struct span text, const char *file, struct err *e);
void tokens_free(struct tokens *t);

/* What "Bearer TOKEN" may do; false: it is not known, or something else. The
 * tenant is of *t. All are compared, in the same time. */
bool tokens_find(
    struct api_caller *out, const struct tokens *t, const char *authorization);

/* The first token that stands in the file itself, for commands that ask a
 * running monitor; ST_BAD when there are only hashes. *out is malloc'd, to be
 * wiped and freed. */
enum status tokens_own(char **out, const char *file, struct err *e);

/* Make the file with a random token that may do everything, unless there is
 * one. */
enum status tokens_create(const char *file, struct err *e);

#endif
