/*
 * sqlite_copies: a store under new keys (sqlite_rotate.c), copies of one
 * (sqlite_backup.c), and the way back (sqlite_restore.c, sqlite_carry.c).
 * Private to sqlite*.c.
 */
#ifndef MONITOR_STORE_SQLITE_COPIES_H
#define MONITOR_STORE_SQLITE_COPIES_H

#include "monitor/store/sqlite.h"

/* --- one connection (sqlite.c) ---------------------------------------- */
/* Of "sqlite://PATH". */
const char *sqlite_path_of(const char *url);
/* A store that is not open yet; sqlite_close() in any case. */
struct store *sqlite_at(const char *path, const struct keys *k);
enum status sqlite_connect(struct store *s, struct err *e);
enum status sqlite_prepare_writing(struct store *s, struct err *e);
void sqlite_close(struct store *s);
/* An empty file of mode 0600; what is there under this name goes. */
enum status sqlite_make_file(const char *path, struct err *e);

/* --- the verbs, and what they share ------------------------------------ */
enum status sqlite_rotate(struct store *s, const struct keys *to,
    const struct actor *who, struct err *e);
enum status sqlite_backup(struct store *s, const char *file, struct err *e);
/* All of one database into another, which is empty; e of either. */
enum status sqlite_copy(struct store *to, struct store *from, struct err *e);
/* Remove a database with SQLite's files beside it. */
void sqlite_remove(const char *path);
enum status sqlite_restore(const struct store_conf *c, const char *file,
    const struct actor *who, struct ledger_restored *out, struct err *e);
/* What has ended in the store at `path` ends in this one, too, which has no
 * other user yet and was copied from a backup. What cannot be read there is
 * passed over: out->whole is false then. */
enum status sqlite_carry(struct store *s, const char *path,
    const struct actor *who, struct ledger_restored *out, struct err *e);

#endif
