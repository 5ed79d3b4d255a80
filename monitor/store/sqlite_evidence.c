/*
 * sqlite_evidence: see sqlite_evidence.h and 0009.sql. Entry and proof are
 * sealed under the record's key, so they are gone when that is; rows go with
 * their exposures.
 */
#include "monitor/store/sqlite_evidence.h"

#include "ctlog/base/mem.h"

/* What is sealed, bound with the exposure's id. */
#define PLACE_ENTRY "entry"
#define PLACE_PROOF "proof"

static void
place_of(struct buf *out, const char *what, const uint8_t id[16])
{
	buf_clear(out);
	buf_str(out, what);
	buf_add(out, id, 16);
}

/* Nothing of nothing. */
static enum status
put_sealed(struct buf *out, struct seal *seal, const char *what,
    const uint8_t id[16], struct span plain)
{
	struct buf place = {0};
	enum status st;

	if (plain.len == 0)
		return ST_OK;
	place_of(&place, what, id);
	seal->place = buf_span(&place);
	st = seal_put(out, seal, plain, NULL);
	buf_fini(&place);
	return st;
}

/* --- coming in ------------------------------------------------------------- */

static enum status
has(struct store *s, int64_t exposure, struct err *e)
{
	sqlite3_stmt *q = db_query(
	    s, Q_EVIDENCE_HAS, "SELECT 1 FROM evidence WHERE exposure = ?1");
	enum status st;

	db_int(q, 1, exposure);
	st = db_step(s, q, e);
	if (st == ST_OK)
		sqlite3_reset(q);
	return st;
}

static void
bind_or_null(sqlite3_stmt *q, int at, const struct buf *b)
{
	if (b->len > 0)
		db_blob(q, at, buf_span(b));
}

enum status
sqlite_evidence_new(
    struct store *s, const struct evidence_new *n, struct err *e)
{
	struct seal seal = {&s->keys, n->wrapped, n->context, {NULL, 0}};
	struct buf sealed = {0};
	sqlite3_stmt *q;
	enum status st = has(s, n->exposure, e);

	if (st != NO_ROW)
		return st;
	st = put_sealed(
	    &sealed, &seal, PLACE_ENTRY, n->hit->x.id, n->hit->entry);
	if (st == ST_OK) {
		q = db_query(s, Q_EVIDENCE_NEW,
		    "INSERT INTO evidence(exposure, log, ix, leaf_hash, entry)"
		    " SELECT ?1, log, ?3, ?4, ?5 FROM stretch WHERE id = ?2");
		db_int(q, 1, n->exposure);
		db_int(q, 2, n->stretch);
		db_int(q, 3, (int64_t)n->hit->index);
		db_blob(q, 4, hash_span(&n->hit->leaf_hash));
		bind_or_null(q, 5, &sealed);
		st = db_run(s, q, NULL, e);
	}
	buf_fini(&sealed);
	return st;
}

enum status
sqlite_evidence_release(
    struct store *s, const struct store_commit *c, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_EVIDENCE_RELEASE,
	    "UPDATE evidence SET due_ms = ?3 | (SELECT (r.state <> 1) * " PAUSED
	    " FROM exposure y JOIN record r ON r.id = y.record"
	    " WHERE y.no = exposure) FROM (SELECT exposure AS x,"
	    " ix AS i FROM sighting WHERE verified = 0 AND stretch = ?1"
	    " AND ix < ?2) WHERE exposure = x AND ix = i AND proof IS NULL"
	    " AND due_ms IS NULL AND tries = 0"
	    " AND log = (SELECT log FROM stretch WHERE id = ?1)");

	db_int(q, 1, c->at->id);
	db_int(q, 2, (int64_t)c->proof->proven);
	db_int(q, 3, c->now_ms);
	return db_run(s, q, NULL, e);
}

/* No log is asked about somebody who is not watched; and nobody looks again and
 * again at what is not asked for. */
enum status
sqlite_evidence_pause(
    struct store *s, int64_t record, bool paused, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_EVIDENCE_PAUSE,
	    "UPDATE evidence SET due_ms = (due_ms & ~" PAUSED ") | ?2 * " PAUSED
	    " WHERE due_ms IS NOT NULL AND exposure IN"
	    " (SELECT no FROM exposure WHERE record = ?1)");

	db_int(q, 1, record);
	db_int(q, 2, paused);
	return db_run(s, q, NULL, e);
}

/* The sightings of evidence e's place, and of all places. */
#define SIGHTINGS "FROM sighting i JOIN stretch t ON t.id = i.stretch WHERE"
#define THERE "i.exposure = e.exposure AND t.log = e.log AND i.ix = e.ix"

enum status
sqlite_evidence_undo(struct store *s, int64_t exposure, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_EVIDENCE_UNDO,
	    "DELETE FROM evidence AS e WHERE exposure = ?1"
	    " AND NOT EXISTS(SELECT 1 " SIGHTINGS " " THERE ")");
	size_t gone;
	enum status st;

	db_int(q, 1, exposure);
	st = db_run(s, q, &gone, e);
	if (st != ST_OK || gone == 0)
		return st;
	return db_run_with(s, Q_EVIDENCE_OTHER,
	    "INSERT INTO evidence(exposure, log, ix, leaf_hash, due_ms)"
	    " SELECT ?1, t.log, i.ix, i.leaf_hash, iif(i.verified,"
	    " (SELECT (r.state <> 1) * " PAUSED " FROM exposure x"
	    " JOIN record r ON r.id = x.record WHERE x.no = ?1), "
	    "NULL) " SIGHTINGS " i.exposure = ?1"
	    " ORDER BY i.verified DESC, i.timestamp_ms, t.log, i.ix LIMIT 1",
	    exposure, e);
}

/* --- looking --------------------------------------------------------------- */

enum {
	AT_ID,
	AT_LOG,
	AT_IX,
	AT_LEAF,
	AT_ENTRY,
	AT_PROOF,
	AT_TRIES,
	AT_DUE,
	AT_VERIFIED,
	AT_TENANT,
	AT_NAME,
	AT_WRAPPED
};
#define EVIDENCE                                                               \
	"SELECT x.id, l.log_id, e.ix, e.leaf_hash, e.entry, e.proof,"          \
	" e.tries, e.due_ms & ~" PAUSED ", EXISTS(SELECT 1 " SIGHTINGS         \
	" " THERE                                                              \
	" AND i.verified), r.tenant, r.name, k.wrapped FROM evidence e"        \
	" JOIN exposure x ON x.no = e.exposure"                                \
	" JOIN record r ON r.id = x.record"                                    \
	" JOIN record_key k ON k.record = x.record"                            \
	" JOIN log l ON l.id = e.log"
/* The plus: who is active is not where to begin, for it is nearly everybody. */
#define ACTIVE " +r.state = 1 AND (r.expires_ms = 0 OR r.expires_ms > ?1)"

/* What does not open is not there: the log may have it once more. */
static void
get_sealed(struct buf *out, struct seal *seal, const char *what,
    const uint8_t id[16], struct span sealed)
{
	struct buf place = {0};

	if (sealed.len == 0)
		return;
	place_of(&place, what, id);
	seal->place = buf_span(&place);
	if (seal_get(out, seal, sealed, NULL) != ST_OK)
		buf_clear(out);
	buf_fini(&place);
}

static void
wipe(struct buf *b)
{
	mem_wipe(b->p, b->cap);
	buf_fini(b);
}

static void
give(struct store *s, sqlite3_stmt *q, ledger_evidence_fn *fn, void *arg)
{
	struct ledger_evidence v = {
	    .index = (uint64_t)sqlite3_column_int64(q, AT_IX),
	    .verified = sqlite3_column_int(q, AT_VERIFIED) != 0,
	    .tries = (unsigned)sqlite3_column_int(q, AT_TRIES),
	    .due_ms = sqlite3_column_type(q, AT_DUE) == SQLITE_NULL
			  ? INT64_MIN
			  : sqlite3_column_int64(q, AT_DUE)};
	struct buf context = {0}, entry = {0}, proof = {0};
	uint8_t wrapped[WRAPPED_LEN];
	struct seal seal = {&s->keys, wrapped, {NULL, 0}, {NULL, 0}};

	db_bytes(q, AT_ID, v.id, sizeof(v.id));
	db_bytes(q, AT_LOG, v.log_id.b, HASH_LEN);
	db_bytes(q, AT_LEAF, v.leaf_hash.b, HASH_LEN);
	db_bytes(q, AT_WRAPPED, wrapped, sizeof(wrapped));
	sqlite_record_context(
	    &context, db_span(q, AT_TENANT), db_span(q, AT_NAME));
	seal.context = buf_span(&context);
	get_sealed(&entry, &seal, PLACE_ENTRY, v.id, db_span(q, AT_ENTRY));
	get_sealed(&proof, &seal, PLACE_PROOF, v.id, db_span(q, AT_PROOF));
	v.entry = buf_span(&entry);
	v.proof = buf_span(&proof);
	fn(arg, &v);
	wipe(&entry);
	wipe(&proof);
	buf_fini(&context);
}

static enum status
give_all(struct store *s, sqlite3_stmt *q, ledger_evidence_fn *fn, void *arg,
    struct err *e)
{
	enum status st;

	while ((st = db_step(s, q, e)) == ST_OK)
		give(s, q, fn, arg);
	return db_done(st);
}

/* In the order of the index, so that no more is looked at than is given. */
enum status
sqlite_evidence_due(struct store *s, const struct ledger_evidence_due *w,
    ledger_evidence_fn *fn, void *arg, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_EVIDENCE_DUE,
	    EVIDENCE " WHERE e.due_ms <= ?1 AND" ACTIVE
		     " AND e.log = (SELECT e.log FROM evidence e"
		     " JOIN exposure x ON x.no = e.exposure"
		     " JOIN record r ON r.id = x.record"
		     " WHERE e.due_ms <= ?1 AND" ACTIVE " AND (?3 IS NULL OR"
		     " e.log = (SELECT id FROM log WHERE log_id = ?3))"
		     " ORDER BY e.due_ms, e.exposure LIMIT 1)"
		     " ORDER BY e.due_ms, e.exposure LIMIT ?2");

	db_int(q, 1, w->now_ms);
	db_int(q, 2, (int64_t)w->limit);
	if (w->log_id != NULL)
		db_blob(q, 3, hash_span(w->log_id));
	return give_all(s, q, fn, arg, e);
}

/* --- what became of it ------------------------------------------------------ */

static enum status
proof_put(struct store *s, int64_t exposure, struct seal *seal,
    const struct ledger_proven *p, struct err *e)
{
	struct buf entry = {0}, proof = {0};
	sqlite3_stmt *q;
	enum status st;

	st = put_sealed(&entry, seal, PLACE_ENTRY, p->id, p->entry);
	if (st == ST_OK)
		st = put_sealed(&proof, seal, PLACE_PROOF, p->id, p->proof);
	if (st == ST_OK) {
		q = db_query(s, Q_EVIDENCE_PUT,
		    "UPDATE evidence SET entry = ifnull(?2, entry),"
		    " proof = ?3, due_ms = NULL WHERE exposure = ?1");
		db_int(q, 1, exposure);
		bind_or_null(q, 2, &entry);
		bind_or_null(q, 3, &proof);
		st = db_run(s, q, NULL, e);
	}
	buf_fini(&entry);
	buf_fini(&proof);
	return st;
}

static enum status
put(struct store *s, const struct ledger_proven *p, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_EVIDENCE_FIND,
	    "SELECT e.exposure, r.tenant, r.name, k.wrapped FROM exposure x"
	    " JOIN evidence e ON e.exposure = x.no"
	    " JOIN record r ON r.id = x.record"
	    " JOIN record_key k ON k.record = x.record"
	    " JOIN log l ON l.id = e.log"
	    " WHERE x.id = ?1 AND l.log_id = ?2 AND e.ix = ?3 AND r.state = 1");
	struct buf context = {0};
	uint8_t wrapped[WRAPPED_LEN];
	struct seal seal = {&s->keys, wrapped, {NULL, 0}, {NULL, 0}};
	int64_t exposure;
	enum status st;

	db_blob(q, 1, span_of(p->id, sizeof(p->id)));
	db_blob(q, 2, hash_span(&p->log_id));
	db_int(q, 3, (int64_t)p->index);
	st = db_step(s, q, e);
	if (st != ST_OK)
		return db_done(st);
	exposure = sqlite3_column_int64(q, 0);
	sqlite_record_context(&context, db_span(q, 1), db_span(q, 2));
	db_bytes(q, 3, wrapped, sizeof(wrapped));
	sqlite3_reset(q);
	seal.context = buf_span(&context);
	st = proof_put(s, exposure, &seal, p, e);
	buf_fini(&context);
	return st;
}

enum status
sqlite_evidence_put(
    struct store *s, const struct ledger_proven *p, struct err *e)
{
	enum status st = db_begin(s, e);

	return st != ST_OK ? st : db_end(s, put(s, p, e), e);
}

/* Minutes until the next try, after so many; none after the last. */
#define BACKOFF                                                                \
	"due_ms = iif(tries < 19, ?1 + 60000 * CASE tries WHEN 0 THEN 1"       \
	" WHEN 1 THEN 5 WHEN 2 THEN 30 WHEN 3 THEN 120 WHEN 4 THEN 360"        \
	" WHEN 5 THEN 720 ELSE 1440 END, NULL), tries = tries + 1"

static enum status
fail(struct store *s, struct ledger_unproven *io, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_EVIDENCE_FAIL,
	    "UPDATE evidence SET " BACKOFF " WHERE due_ms <= ?1"
	    " AND log = (SELECT id FROM log WHERE log_id = ?2)"
	    " AND (?3 IS NULL OR"
	    " exposure = (SELECT no FROM exposure WHERE id = ?3))"
	    " RETURNING due_ms IS NULL");
	enum status st;

	db_int(q, 1, io->now_ms);
	db_blob(q, 2, hash_span(&io->log_id));
	if (io->id != NULL)
		db_blob(q, 3, span_of(io->id, 16));
	while ((st = db_step(s, q, e)) == ST_OK)
		io->given_up += sqlite3_column_int(q, 0) != 0;
	return db_done(st);
}

enum status
sqlite_evidence_fail(struct store *s, struct ledger_unproven *io, struct err *e)
{
	enum status st = db_begin(s, e);

	io->given_up = 0;
	return st != ST_OK ? st : db_end(s, fail(s, io, e), e);
}

/* --- showing ---------------------------------------------------------------- */

/* Whose exposure it is; the audit row of its being shown. */
static enum status
show_note(struct store *s, const struct ledger_evidence_at *at, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_EVIDENCE_OF,
	    "SELECT r.id, r.tenant, r.name FROM exposure x"
	    " JOIN record r ON r.id = x.record"
	    " WHERE x.id = ?1 AND (?2 IS NULL OR r.tenant = ?2)");
	struct note n = {.what = "evidence", .who = at->who};
	char *tenant, *name;
	enum status st;

	db_blob(q, 1, span_of(at->id, 16));
	db_text(q, 2, at->tenant);
	st = db_step(s, q, e);
	if (st != ST_OK)
		return st == NO_ROW
			   ? err_set(e, ST_MISSING, "there is no such alert")
			   : st;
	n.row = sqlite3_column_int64(q, 0);
	n.tenant = tenant = db_str(q, 1);
	n.id = name = db_str(q, 2);
	sqlite3_reset(q);
	if (at->who != NULL)
		st = sqlite_note(s, &n, e);
	free(tenant);
	free(name);
	return st;
}

static enum status
get(struct store *s, const struct ledger_evidence_at *at,
    ledger_evidence_fn *fn, void *arg, struct err *e)
{
	sqlite3_stmt *q;

	if (at->id != NULL) {
		q = db_query(s, Q_EVIDENCE_ONE,
		    EVIDENCE " WHERE x.id = ?1"
			     " AND (?2 IS NULL OR r.tenant = ?2)");
		db_blob(q, 1, span_of(at->id, 16));
	} else {
		q = db_query(s, Q_EVIDENCE_RECORD,
		    EVIDENCE " WHERE r.name = ?1 AND r.tenant = ?2"
			     " ORDER BY x.time_ms, x.no");
		db_text(q, 1, at->record);
	}
	db_text(q, 2, at->tenant);
	return give_all(s, q, fn, arg, e);
}

/* Shown only when it stands in the audit trail. */
enum status
sqlite_evidence_get(struct store *s, const struct ledger_evidence_at *at,
    ledger_evidence_fn *fn, void *arg, struct err *e)
{
	enum status st = ST_OK;

	if (at->who != NULL) {
		st = db_begin(s, e);
		if (st == ST_OK)
			st = db_end(s, show_note(s, at, e), e);
	} else if (at->id != NULL) {
		st = show_note(s, at, e);
	}
	return st == ST_OK ? get(s, at, fn, arg, e) : st;
}
