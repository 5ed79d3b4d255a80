/*
 * sqlite_recipients: the people to whom a record's alerts go by mail: who they
 * are (sqlite_recipients.c), and the links that end it (sqlite_token.c).
 * Private to sqlite*.c.
 */
#ifndef MONITOR_STORE_SQLITE_RECIPIENTS_H
#define MONITOR_STORE_SQLITE_RECIPIENTS_H

#include "monitor/store/sqlite.h"

/* Keyed hash of a mailbox: an address without what its owner may add to it
 * (sqlite_secret.c). */
enum status sqlite_address(
    struct store *s, uint8_t out[32], const char *address, struct err *e);

struct recipient {
	char *to;            /* as it was given */
	uint8_t address[32]; /* of the mailbox: sqlite_address() */
	bool own;            /* it is whom the record is about */
};
struct recipients {
	struct subject of; /* the record */
	/* As rule_only(): the sinks that the record goes to; those of to_record
	 * among them, which may be the identity's. Malloc'd. */
	char *only, *mails;
	size_t num;
	struct recipient *list; /* each mailbox once */
};

/* Its `mailto:` addresses, else its own: the value of an e-mail record; of a
 * name that belongs to one, whoever is told for that one. Nobody for a domain.
 * *out is to be released in any case. */
enum status sqlite_recipients(
    struct store *s, struct recipients *out, int64_t record, struct err *e);
void recipients_fini(struct recipients *r);

/* Whether somebody wants no mail: "never again", or none of this record's. */
enum status sqlite_wants_none(struct store *s, bool *out,
    const struct recipients *r, const struct recipient *to, struct err *e);

/* What the link in a mail to a recipient carries (ledger.h): of one that is
 * not `own` it ends the mails to that recipient, not the record. The same each
 * time; from then on it works. Writes the first time. */
enum status sqlite_unsubscribe_mint(struct store *s,
    uint8_t token[LEDGER_TOKEN], const struct recipients *r,
    const struct recipient *to, struct err *e);

struct due_mail {
	int64_t record;
	uint8_t address[32];
};
/* What a delivery to an address is now: r->to and r->unsubscribe, or
 * r->unnamed. NO_ROW: whoever it is for has said that they want none. Within a
 * transaction. */
enum status sqlite_recipient_fill(struct store *s, struct outbox_row *r,
    const struct due_mail *due, struct err *e);

#endif
