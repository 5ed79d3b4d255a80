/*
 * sqlite: the inside of the SQLite backend: the open store and the little
 * layer over statements that its files share. Private to sqlite*.c.
 *
 * There is one connection that writes, and only it checkpoints (SQLite before
 * 3.51.3 may corrupt a WAL that two connections write and checkpoint at once);
 * a store opened for reading writes nothing.
 */
#ifndef MONITOR_STORE_SQLITE_H
#define MONITOR_STORE_SQLITE_H

#include <sqlite3.h>

#include "ctlog/base/sha256.h"
#include "monitor/store/ledger.h"

/* Every statement has a slot: prepared at its first use, then kept. */
enum query {
	Q_BEGIN,
	Q_COMMIT,
	Q_ROLLBACK,
	Q_LOG_PUT,
	Q_LOG_GET,
	Q_LOG_LIST,
	Q_LOG_ROW,
	Q_LOG_MARK,
	Q_LOG_BRIDGE,
	Q_HEAD_NEWEST,
	Q_HEAD_PROVEN,
	Q_STRETCH_GET,
	Q_STRETCH_NEW,
	Q_STRETCH_CLAIM,
	Q_STRETCH_LIST,
	Q_STRETCH_MOVE,
	Q_STRETCH_PROVE,
	Q_STRETCH_BACK,
	Q_STRETCH_END,
	Q_STRETCH_LOWEST,
	Q_STRETCH_STARTED,
	Q_STRETCH_NEXT,
	Q_STRETCH_DROP,
	Q_STRETCH_JOIN,
	Q_RECORD_OF_HIT,
	Q_EXPOSURE_FIND,
	Q_EXPOSURE_NEW,
	Q_EXPOSURE_DROP,
	Q_EXPOSURE_SEEN,
	Q_EXPOSURE_SENT,
	Q_EXPOSURE_LIST,
	Q_SIGHTING_NEW,
	Q_SIGHTING_PROVE,
	Q_SIGHTING_UNDO,
	Q_SIGHTING_UNPROVEN,
	Q_SIGHTING_LIST,
	Q_SIGHTING_JOIN,
	Q_QUARANTINE_HAS,
	Q_QUARANTINE_KEY_NEW,
	Q_QUARANTINE_NEW,
	Q_QUARANTINE_UNDO,
	Q_QUARANTINE_READ,
	Q_QUARANTINE_PLACES,
	Q_QUARANTINE_GET,
	Q_QUARANTINE_REASON,
	Q_QUARANTINE_DROP,
	Q_QUARANTINE_EXPIRE,
	Q_COUNTS,
	Q_EVENT_NEW,
	Q_DELIVER_TOLD,
	Q_DELIVER_FULL,
	Q_OUTBOX_EXPOSURE,
	Q_OUTBOX_EVENT,
	Q_OUTBOX_RELEASE,
	Q_OUTBOX_UNSEND,
	Q_OUTBOX_DUE,
	Q_OUTBOX_DUE_SINK,
	Q_OUTBOX_STRAYS,
	Q_OUTBOX_DIGEST,
	Q_DIGEST_NEXT,
	Q_DIGEST_NEW,
	Q_DIGEST_FILL,
	Q_DIGEST_EXPIRE,
	Q_SINK_DELIVERED,
	Q_SINK_FAILED,
	Q_SINK_CLOSED,
	Q_SINK_OPENED,
	Q_SINK_GET,
	Q_SINK_COUNT,
	Q_OUTBOX_NEXT,
	Q_OUTBOX_NEXT_SINK,
	Q_OUTBOX_DEPTH,
	Q_OUTBOX_DEPTH_SINK,
	Q_OUTBOX_BEGIN,
	Q_OUTBOX_SETTLE,
	Q_FOLLOW_UP_PUT,
	Q_FOLLOW_UP_CLOSE,
	Q_FOLLOW_UP_AGAIN,
	Q_FOLLOW_UP_DROP,
	Q_FOLLOW_UP_GET,
	Q_OUTBOX_WITHDRAW,
	Q_OUTBOX_PAUSE,
	Q_OUTBOX_GO,
	Q_RECORD_FIND,
	Q_RECORD_GET,
	Q_RECORD_NEW,
	Q_RECORD_KEY_NEW,
	Q_RECORD_KEY_ERASE,
	Q_RECORD_UPDATE,
	Q_RECORD_STATE,
	Q_RECORD_ERASE,
	Q_RECORD_SEAL,
	Q_RECORD_EXPIRED,
	Q_RECORD_NAMES,
	Q_RECORD_NAMED,
	Q_RECORD_SINKS,
	Q_RECORD_STALE,
	Q_RECORD_LIST,
	Q_RECORD_LIST_TENANT,
	Q_RECORD_LIST_ONE,
	Q_RECORD_NAME,
	Q_RECORD_COUNT,
	Q_EXPOSURES_ERASE,
	Q_INDEX_SIZE,
	Q_INDEX_LOAD,
	Q_GENERATION,
	Q_GENERATION_BUMP,
	Q_CHANGE_NOTE,
	Q_CHANGE_TRIM,
	Q_CHANGE_FORGET,
	Q_CHANGE_FROM,
	Q_CHANGE_LIST,
	Q_TALLY_PUT,
	Q_TALLY_FOLD,
	Q_TALLY_FOLDED,
	Q_TALLY_UNDO,
	Q_TALLY_LIST,
	Q_TALLY_JOIN,
	Q_TALLY_JOINED,
	Q_QUARANTINE_JOIN,
	Q_SECRET_GET,
	Q_SECRET_SET,
	Q_AUDIT_NEWEST,
	Q_AUDIT_NEW,
	Q_AUDIT_LIST,
	Q_AUDIT_CHECK,
	Q_AUDIT_OLD,
	Q_AUDIT_BASE,
	Q_AUDIT_DROP,
	Q_HISTORY_NEW,
	Q_HISTORY_LIST,
	Q_HISTORY_ERASE,
	Q_DELIVERY_LIST,
	Q_EXPOSURE_LIST_SOME,
	Q_EXPOSURE_LIST_RECORD,
	Q_EXPOSURE_ONE,
	Q_EXPOSURE_EXPIRE,
	Q_EXPOSURE_TOLD,
	Q_OUTBOX_EXPIRE,
	Q_EVENT_EXPIRE,
	Q_EVENT_OUTBOX,
	Q_EVIDENCE_HAS,
	Q_EVIDENCE_NEW,
	Q_EVIDENCE_RELEASE,
	Q_EVIDENCE_PAUSE,
	Q_EVIDENCE_UNDO,
	Q_EVIDENCE_OTHER,
	Q_EVIDENCE_DUE,
	Q_EVIDENCE_FIND,
	Q_EVIDENCE_PUT,
	Q_EVIDENCE_FAIL,
	Q_EVIDENCE_OF,
	Q_EVIDENCE_ONE,
	Q_EVIDENCE_RECORD,
	Q_TOKEN_NEW,
	Q_TOKEN_FIND,
	Q_TOKEN_HAS,
	Q_TOKEN_ERASE,
	Q_TOKEN_EXPIRE,
	Q_LETTER_NEW,
	Q_LETTER_ERASE,
	Q_LETTER_NEXT,
	Q_LETTER_GET,
	Q_LETTER_DROP,
	Q_LETTER_DUE,
	Q_LETTER_BEGIN,
	Q_LETTER_UNDO,
	Q_MAILED_GET,
	Q_MAILED_PUT,
	Q_MAILED_UNDO,
	Q_MAILED_ANSWER,
	Q_MAILED_EXPIRE,
	Q_SUPPRESS_GET,
	Q_SUPPRESS_PUT,
	Q_MUTE_ANY,
	Q_MUTE_FIND,
	Q_MUTE_ERASE,
	Q_DECLINED_GET,
	Q_DECLINED_PUT,
	Q_DECLINED_ERASE,
	Q_MARK_AT,
	Q_MARK_PUT,
	Q_MARK_DROP,
	Q_MARK_UNDO,
	Q_MARK_JOIN,
	Q_MARK_MANY,
	Q_MARK_LIST,
	Q_COVERAGE,
	Q_ROTATE_RECORD,
	Q_ROTATE_RECORD_KEY,
	Q_ROTATE_HASHES,
	Q_ROTATE_ENTRY,
	Q_ROTATE_ENTRY_KEY,
	Q_ROTATE_ENTRY_BOX,
	Q_ROTATE_ERROR,
	Q_ROTATE_ERROR_BOX,
	Q_ROTATE_STORE,
	Q_NUM
};

struct store {
	struct store_base base;
	sqlite3 *db;
	sqlite3_stmt *stmt[Q_NUM];
	char *path;
	int lock; /* flock on PATH.lock; -1 when reading */
	struct keys keys;
	size_t num_sinks;
	const struct store_sink *sinks;
	bool read_only;
	bool immutable; /* read without SQLite's files beside it */
	bool broken;    /* an I/O error: nothing is trusted any more */
	bool scrub;     /* what was erased must leave the WAL too */
	int wal_pages;  /* as of the last commit */
	const struct sha256_engine *sha;
	struct keyer *secret; /* NULL: it was not needed yet */
	/* The newest row of the audit trail, unless it is to be looked up. */
	struct {
		bool known;
		uint64_t no;
		uint8_t hash[SHA256_LEN];
	} audit;
};

/* db_step() found no further row. */
#define NO_ROW ST_MISSING

/* The status for SQLite's last error on this store, and words for it. */
enum status db_error(struct store *s, struct err *e);

/* The statement of a slot, with nothing bound; NULL when it cannot be
 * prepared, which db_step() reports (binding to NULL does nothing). */
sqlite3_stmt *db_query(struct store *s, enum query slot, const char *sql);
void db_int(sqlite3_stmt *q, int at, int64_t v);
/* The bytes must stay until the statement is done. */
void db_blob(sqlite3_stmt *q, int at, struct span v);
void db_text(sqlite3_stmt *q, int at, const char *v);

/* ST_OK: there is a row. NO_ROW: there is none, and the statement is done.
 * A loop that leaves early calls sqlite3_reset(). */
enum status db_step(struct store *s, sqlite3_stmt *q, struct err *e);
/* Step once and be done, row or not. *changed (unless NULL): rows touched. */
enum status db_run(
    struct store *s, sqlite3_stmt *q, size_t *changed, struct err *e);
/* The same for a statement whose only parameter is a number. */
enum status db_run_with(struct store *s, enum query slot, const char *sql,
    int64_t arg, struct err *e);
/* The end of a loop over db_step(): NO_ROW is success. */
enum status db_done(enum status st);

/* Columns; spans last until the next step. */
struct span db_span(sqlite3_stmt *q, int at);
/* As they should have been stored; zeros when of another length. */
void db_bytes(sqlite3_stmt *q, int at, uint8_t *out, size_t len);
char *db_str(sqlite3_stmt *q, int at); /* NULL for NULL */

/* Statements without parameters or results. */
enum status db_exec(struct store *s, const char *sql, struct err *e);
/* One number, or the text "ok" as 0. */
enum status db_ask(
    struct store *s, const char *sql, int64_t *out, struct err *e);
/* A transaction for writing; db_end() commits when st is ST_OK, else rolls
 * back, and gives what became of it. */
enum status db_begin(struct store *s, struct err *e);
enum status db_end(struct store *s, enum status st, struct err *e);

/* A value with a key of its own in front. `context` says what it is. */
enum status db_box(
    struct store *s, struct buf *out, struct span context, struct span plain);
enum status db_unbox(struct store *s, struct buf *out, struct span context,
    struct span box, struct err *e);

/* --- logs and stretches (sqlite_log.c) -------------------------------- */
enum status sqlite_log_open(
    struct store *s, struct store_log *l, int64_t now_ms, struct err *e);
enum status sqlite_log_mark(struct store *s, const struct hash *log_id,
    const struct trouble *t, const struct event *ev, struct err *e);
enum status sqlite_log_bridge(
    struct store *s, struct store_bridge *io, struct err *e);
enum status sqlite_head_seen(struct store *s, const struct hash *log_id,
    const struct store_head *h, struct err *e);
enum status sqlite_claim(struct store *s, struct stretch *io, struct err *e);
enum status sqlite_stretch_find(struct store *s, struct stretch *out,
    const struct hash *log_id, int64_t job, struct err *e);
enum status sqlite_logs(
    struct store *s, store_log_fn *fn, void *arg, struct err *e);
enum status sqlite_stretches(
    struct store *s, store_stretch_fn *fn, void *arg, struct err *e);
/* Row of a log; ST_MISSING with words when it has none. */
enum status sqlite_log_row(
    struct store *s, int64_t *row, const struct hash *log_id, struct err *e);
/* A larger head replaces the newest, or both. */
enum status sqlite_head_put(struct store *s, int64_t log,
    const struct store_head *h, bool proven, struct err *e);

/* --- commits (sqlite_commit.c, _quarantine.c) -------------- */
enum status sqlite_commit(struct store *s, const struct store_commit *c,
    struct store_committed *out, struct err *e);
/* Of a backfill, after the proof of a commit and within its transaction: parts
 * begun in what is proven go, and those that meet become one. */
enum status sqlite_join(struct store *s, const struct store_commit *c,
    struct store_committed *done, struct err *e);
/* A stretch by its job, within a transaction. */
enum status sqlite_stretch_get(struct store *s, struct stretch *out,
    const struct hash *log_id, int64_t job, struct err *e);
/* The hits of a commit, within a transaction; adds to *done. */
enum status sqlite_hits_put(struct store *s, const struct store_commit *c,
    struct store_committed *done, struct err *e);
/* What c->proof makes of the sightings of c->at, and of what waits for it. */
enum status sqlite_hits_prove(
    struct store *s, const struct store_commit *c, struct err *e);
/* c->quarantined[i], within the commit's transaction. */
enum status sqlite_quarantine_put(
    struct store *s, const struct store_commit *c, size_t i, struct err *e);
/* What an entry's key is bound to. */
void sqlite_quarantine_context(
    struct buf *out, struct span log_id, uint64_t index);
/* What a delivery's error is bound to. */
#define CONTEXT_ERROR "error"
enum status sqlite_quarantine_read(struct store *s, int64_t after,
    store_quarantine_fn *fn, void *arg, struct err *e);
enum status sqlite_quarantine_places(
    struct store *s, store_quarantine_place_fn *fn, void *arg, struct err *e);
enum status sqlite_quarantine_settle(struct store *s,
    const struct store_rereads *r, struct store_committed *out, struct err *e);
enum status sqlite_quarantine_expire(
    struct store *s, int64_t before_ms, bool *more, struct err *e);
enum status sqlite_counts(
    struct store *s, struct store_counts *out, struct err *e);

/* --- exposures, events, outbox (sqlite_outbox.c) ---------------------- */
/* In outbox.due_ms, beside the time: its record is paused, so it waits. 2^60. */
#define PAUSED "1152921504606846976"
/* Within a transaction. */
enum status sqlite_event_put(
    struct store *s, const struct event *ev, struct err *e);
enum status sqlite_event_add(
    struct store *s, const struct event *ev, struct err *e);
enum status sqlite_outbox_due(struct store *s, const struct outbox_query *q,
    struct outbox *out, struct err *e);
/* Of what is due, before it is handed out (sqlite_digest.c). */
enum status sqlite_digests_make(
    struct store *s, const struct outbox_query *which, struct err *e);
enum status sqlite_outbox_next(struct store *s, const char *sink,
    int64_t *due_ms, size_t *depth, struct err *e);
enum status sqlite_outbox_settle(
    struct store *s, const struct store_settle *how, size_t num, struct err *e);
enum status sqlite_exposures(struct store *s, const struct hash *log_id,
    store_exposure_fn *fn, void *arg, struct err *e);

/* --- records (sqlite_records.c, _import.c, _state.c, _index.c) -------- */
/* All that the store has of one record. */
struct subject {
	int64_t row;
	char *tenant, *id;
	enum record_kind kind;
	enum record_state state;
	int64_t created_ms, active_ms, changed_ms, expires_ms;
	int64_t identity; /* row of the record that it follows; 0: none */
	struct buf keys, blob, sealed;
	uint8_t wrapped[WRAPPED_LEN];
	struct buf context;
};
/* ST_MISSING with words. *out is to be released in any case. */
enum status sqlite_subject_find(struct store *s, struct subject *out,
    const struct record_at *at, struct err *e);
/* By its row, which is there. */
enum status sqlite_subject_get(
    struct store *s, struct subject *out, int64_t row, struct err *e);
void subject_fini(struct subject *x);
/* What seals its values; `place` says which. */
struct seal subject_seal(
    const struct store *s, const struct subject *x, const char *place);
#define SEALED_RECORD "record"
#define SEALED_HISTORY "history"
/* Its values as JSON; nothing of an erased one. */
enum status sqlite_subject_plain(
    struct store *s, struct buf *out, const struct subject *x, struct err *e);
enum status sqlite_subject_open(struct store *s, struct record *out,
    const struct subject *x, struct err *e);
/* Something happens to a record: for its history and the audit trail, within
 * a transaction. */
struct move {
	enum record_state to;
	const char *what; /* NULL: as the state says */
	struct span detail;
	const struct actor *who;
};
/* With the names that belong to it. sqlite_generation_bump() is to follow. */
enum status sqlite_move(struct store *s, const struct subject *x,
    const struct move *m, struct err *e);
/* The names of a record that was `was` and has been changed already. */
enum status sqlite_names_move(struct store *s, const struct subject *was,
    const struct move *m, struct err *e);
/* What waits of a record that has moved. */
enum status sqlite_waiting_move(
    struct store *s, int64_t record, enum record_state to, struct err *e);
enum status sqlite_records_import(
    struct store *s, struct store_import *io, struct err *e);
enum status sqlite_records_list(struct store *s, const struct store_query *q,
    store_record_fn *fn, void *arg, struct err *e);
enum status sqlite_records_count(
    struct store *s, size_t out[RECORD_ERASED + 1], struct err *e);
enum status sqlite_record_state(
    struct store *s, const struct record_change *c, struct err *e);
enum status sqlite_index_generation(
    struct store *s, uint64_t *out, struct err *e);
enum status sqlite_index_size(
    struct store *s, int64_t now_ms, struct match_size *out, struct err *e);
enum status sqlite_index_load(struct store *s, int64_t now_ms,
    store_index_fn *fn, void *arg, struct err *e);
enum status sqlite_record_name(
    struct store *s, int64_t row, struct record_ref *out, struct err *e);
/* Records past their expiry become expired, many of them at a time
 * (sqlite_state.c). */
enum status sqlite_expire(struct store *s, int64_t now_ms, struct err *e);
/* The tallies of a commit; those that it proves; those of a rewind. */
enum status sqlite_tallies_put(
    struct store *s, const struct store_commit *c, struct err *e);
enum status sqlite_tallies_prove(
    struct store *s, const struct store_commit *c, struct err *e);
enum status sqlite_tallies_undo(
    struct store *s, const struct stretch *at, struct err *e);
enum status sqlite_tallies(
    struct store *s, store_count_fn *fn, void *arg, struct err *e);

/* The set of active records changed: these, or so many that nobody is to ask
 * which. Then the generation is bumped, which ends the change. */
enum status sqlite_change_note(struct store *s, int64_t row, struct err *e);
enum status sqlite_changes_forget(struct store *s, struct err *e);
enum status sqlite_generation_bump(struct store *s, struct err *e);
enum status sqlite_index_changes(
    struct store *s, const struct store_changes *q, struct err *e);
/* --- the ledger ------------------------------------------------------- */
/* A row of the audit trail and, of a record (row), one of its history. The
 * detail is sealed (seal: unless there is none). */
struct note {
	const char *what;
	int64_t row;
	const char *tenant, *id;
	const struct actor *who;
	const struct seal *seal;
	struct span detail;
};
enum status sqlite_note(struct store *s, const struct note *n, struct err *e);
enum status sqlite_audit(struct store *s, const struct ledger_page *p,
    ledger_audit_fn *fn, void *arg, struct err *e);
enum status sqlite_audit_check(
    struct store *s, uint64_t *num, uint8_t head[32], struct err *e);
/* Forget at most `most` rows, the oldest ones, that are older. */
enum status sqlite_audit_expire(struct store *s, int64_t before_ms, size_t most,
    size_t *gone, struct err *e);

/* The secret that addresses are hashed with (sqlite_secret.c). It is made when
 * the store is opened for writing. */
enum status sqlite_secret_make(struct store *s, struct err *e);
/* The same secret under other keys, for good. */
enum status sqlite_secret_rewrap(
    struct store *s, const struct keys *to, struct err *e);
/* HMAC under it, over a label and a value. */
enum status sqlite_secret_mac(struct store *s, uint8_t out[32],
    const char *label, struct span value, struct err *e);
/* Of an exposure: renewals with the same data have it in common
 * (sqlite_same.c). */
enum status sqlite_same(
    struct store *s, const struct exposure *x, uint8_t out[32], struct err *e);

/* A pending record becomes active, within a transaction; the consent is
 * sealed with it. */
enum status sqlite_consent(struct store *s, const struct subject *x,
    const struct ledger_proof *proof, const struct actor *who, struct err *e);
enum status sqlite_retain(struct store *s, const struct ledger_retention *r,
    int64_t now_ms, bool *more, struct err *e);
enum status sqlite_exposures_some(struct store *s,
    const struct ledger_exposures *which, ledger_exposure_fn *fn, void *arg,
    struct err *e);

/* What a record's key is bound to. */
void sqlite_record_context(struct buf *out, struct span tenant, struct span id);

#endif
