/*
 * sqlite_acts: what operators do about alerts (ledger.h): the verbs, and what
 * they and the commit share. Private to sqlite*.c.
 */
#ifndef MONITOR_STORE_SQLITE_ACTS_H
#define MONITOR_STORE_SQLITE_ACTS_H

#include "monitor/store/sqlite.h"

/* --- one alert (sqlite_acts.c) ----------------------------------------- */
struct alert_row {
	int64_t no;
	bool acked;
	char id[33];       /* in hex */
	struct subject of; /* its record */
};
/* ST_MISSING with words. alert_row_fini() in any case. */
enum status sqlite_alert_find(struct store *s, struct alert_row *out,
    const struct alert_at *at, struct err *e);
void alert_row_fini(struct alert_row *a);
/* For the audit trail and the record's history, which names the alert if
 * `named`. */
enum status sqlite_alert_note(struct store *s, const struct alert_row *a,
    const struct note *n, bool named, struct err *e);

enum status sqlite_ack(struct store *s, const struct alert_at *at,
    const struct actor *who, struct err *e);

/* --- mutes (sqlite_mute.c) ---------------------------------------------- */
enum sqlite_muted {
	SQLITE_TOLD,
	SQLITE_MUTED, /* kept, and not told */
	SQLITE_NOT_ME /* not kept */
};
/* What is to become of a new exposure of a record. */
enum status sqlite_muted(struct store *s, int64_t record,
    const struct exposure *x, enum sqlite_muted *out, struct err *e);
/* exposure.same where it is missing yet, of one record. */
enum status sqlite_same_fill(struct store *s, int64_t record, struct err *e);
/* What mutes do to what is there already, of one of them (same) or of all of a
 * record: plain ones to what waits, the others to everything. */
enum status sqlite_mute_apply(
    struct store *s, int64_t record, struct span same, struct err *e);
/* All of a record. */
enum status sqlite_mutes_erase(struct store *s, int64_t record, struct err *e);

enum status sqlite_mute(struct store *s, struct ledger_muting *io,
    const struct actor *who, struct err *e);
enum status sqlite_unmute(struct store *s, const struct alert_at *at,
    const struct actor *who, struct err *e);
enum status sqlite_mutes(struct store *s, const struct ledger_exposures *w,
    ledger_mute_fn *fn, void *arg, struct err *e);

/* --- sending again (sqlite_resend.c) ------------------------------------- */
enum status sqlite_resend(struct store *s, struct ledger_resend *io,
    const struct actor *who, struct err *e);
enum status sqlite_dead(struct store *s, const struct ledger_dead_query *q,
    ledger_dead_fn *fn, void *arg, struct err *e);

/* A statement for once, to be finalized; NULL as from db_query(). */
sqlite3_stmt *sqlite_once(struct store *s, const char *sql);
/* Step once and finalize; *changed (unless NULL): rows touched. */
enum status sqlite_once_run(
    struct store *s, sqlite3_stmt *q, size_t *changed, struct err *e);

#endif
