/*
 * sqlite_letter: mails that ask for a confirmation (sqlite_letter.c), and what
 * links in mails do (sqlite_token.c). Private to sqlite*.c.
 */
#ifndef MONITOR_STORE_SQLITE_LETTER_H
#define MONITOR_STORE_SQLITE_LETTER_H

#include "monitor/store/sqlite.h"

/* A mail that asks is wanted; what was sent before counts no more. */
enum status sqlite_letter_want(
    struct store *s, int64_t row, int64_t now_ms, struct err *e);
/* Letters and tokens that ask are gone; `all`: those of alerts, too. */
enum status sqlite_letter_drop(
    struct store *s, int64_t row, bool all, struct err *e);
enum status sqlite_letters(struct store *s, int64_t now_ms, size_t limit,
    struct ledger_letters *out, struct err *e);
enum status sqlite_letter_begin(struct store *s, int64_t id,
    const uint8_t hash[32], int64_t now_ms, struct err *e);
enum status sqlite_letter_settle(
    struct store *s, const struct store_settle *how, struct err *e);

struct token {
	const uint8_t *hash;
	int64_t row;
	int use;                     /* 0 confirm, 1 unsubscribe */
	int64_t made_ms, expires_ms; /* 0: never */
	const uint8_t *address;      /* of one recipient; NULL: the record */
};
enum status sqlite_token_put(
    struct store *s, const struct token *t, struct err *e);
enum status sqlite_unsubscribe_token(struct store *s,
    const struct record_at *at, uint8_t token[LEDGER_TOKEN], struct err *e);
enum status sqlite_token_use(struct store *s, struct ledger_use *io,
    const struct actor *who, struct err *e);

#endif
