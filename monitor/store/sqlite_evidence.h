/*
 * sqlite_evidence: what proves an exposure, as the files of the SQLite backend
 * keep it along with the rest. Private to sqlite*.c.
 */
#ifndef MONITOR_STORE_SQLITE_EVIDENCE_H
#define MONITOR_STORE_SQLITE_EVIDENCE_H

#include "monitor/store/sqlite.h"

/* --- within the transaction of a commit ---------------------------------- */
/* An exposure was seen at a place. The first one counts: its entry is kept,
 * sealed as the exposure is. */
struct evidence_new {
	int64_t exposure, stretch;
	const struct store_hit *hit;
	const uint8_t *wrapped; /* the record's key, and what it is bound to */
	struct span context;
};
enum status sqlite_evidence_new(
    struct store *s, const struct evidence_new *n, struct err *e);
/* Before the sightings that c->proof proves are marked so: the logs may be
 * asked. */
enum status sqlite_evidence_release(
    struct store *s, const struct store_commit *c, struct err *e);

/* With its record: due_ms as in the outbox (PAUSED). */
enum status sqlite_evidence_pause(
    struct store *s, int64_t record, bool paused, struct err *e);

/* Of an exposure that has lost sightings: when the place is one of them, the
 * evidence goes with it, and another place has its turn. */
enum status sqlite_evidence_undo(
    struct store *s, int64_t exposure, struct err *e);

/* --- the verbs ------------------------------------------------------------ */
enum status sqlite_evidence_due(struct store *s,
    const struct ledger_evidence_due *w, ledger_evidence_fn *fn, void *arg,
    struct err *e);
enum status sqlite_evidence_put(
    struct store *s, const struct ledger_proven *p, struct err *e);
enum status sqlite_evidence_fail(
    struct store *s, struct ledger_unproven *io, struct err *e);
enum status sqlite_evidence_get(struct store *s,
    const struct ledger_evidence_at *at, ledger_evidence_fn *fn, void *arg,
    struct err *e);

#endif
