/*
 * sqlite_commit: the transaction that carries the promise: position, tree,
 * hits, quarantine, outbox and proof together. Its undoing is in
 * sqlite_rewind.c, what becomes of a backfill's parts in sqlite_join.c.
 */
#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/store/rules.h"
#include "monitor/store/sqlite_acts.h"
#include "monitor/store/sqlite_deliver.h"
#include "monitor/store/sqlite_evidence.h"
#include "monitor/store/sqlite_follow_up.h"
#include "monitor/store/sqlite_marks.h"

/* --- position ------------------------------------------------------------ */

static enum status
move(struct store *s, const struct store_commit *c, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_STRETCH_MOVE,
	    "UPDATE stretch SET read_to = ?4, tree = ?5"
	    " WHERE id = ?1 AND epoch = ?2 AND read_to = ?3"
	    " AND log = (SELECT id FROM log WHERE log_id = ?6)");
	struct buf tree = {0};
	size_t changed;
	enum status st;

	range_save(c->tree, &tree);
	db_int(q, 1, c->at->id);
	db_int(q, 2, (int64_t)c->at->epoch);
	db_int(q, 3, (int64_t)c->at->read);
	db_int(q, 4, (int64_t)c->read);
	db_blob(q, 5, buf_span(&tree));
	db_blob(q, 6, hash_span(&c->at->log_id));
	st = db_run(s, q, &changed, e);
	buf_fini(&tree);
	return st == ST_OK && changed == 0 ? rule_stale(c->at, e) : st;
}

/* --- hits ---------------------------------------------------------------- */

/* What a hit needs to know of its record. */
struct holder {
	bool active;
	uint8_t wrapped[WRAPPED_LEN];
	struct buf context;
	char *tenant, *only;
};

static void
holder_fini(struct holder *h)
{
	buf_fini(&h->context);
	free(h->tenant);
	free(h->only);
}

/* If it is active, with the value that it was matched with. */
static enum status
holder_get(struct store *s, struct holder *out, const struct store_hit *hit,
    int64_t now_ms, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_RECORD_OF_HIT,
	    "SELECT tenant, name, wrapped, sinks FROM record"
	    " JOIN record_key ON record = id WHERE id = ?1 AND state = 1"
	    " AND (expires_ms = 0 OR expires_ms > ?2)"
	    " AND (?3 = 0 OR ?3 >= active_gen OR EXISTS(SELECT 1 FROM watched"
	    " WHERE record = id AND ?3 >= from_gen AND ?3 < to_gen))");
	enum status st;

	*out = (struct holder){0};
	db_int(q, 1, hit->record);
	db_int(q, 2, now_ms);
	db_int(q, 3, (int64_t)hit->generation);
	st = db_step(s, q, e);
	if (st != ST_OK)
		return db_done(st);
	out->active = true;
	out->tenant = db_str(q, 0);
	sqlite_record_context(&out->context, db_span(q, 0), db_span(q, 1));
	db_bytes(q, 2, out->wrapped, WRAPPED_LEN);
	out->only = db_str(q, 3);
	sqlite3_reset(q);
	return ST_OK;
}

/* The exposure's row number, or NO_ROW; *seen: it still has a sighting, or was
 * told so long ago that nobody knows to whom. */
static enum status
exposure_find(struct store *s, const struct exposure *x, int64_t *no,
    bool *seen, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_EXPOSURE_FIND,
	    "SELECT no, told OR EXISTS(SELECT 1 FROM sighting"
	    " WHERE exposure = no) FROM exposure WHERE id = ?1");
	enum status st;

	db_blob(q, 1, span_of(x->id, sizeof(x->id)));
	st = db_step(s, q, e);
	if (st != ST_OK)
		return st;
	*no = sqlite3_column_int64(q, 0);
	*seen = sqlite3_column_int(q, 1) != 0;
	sqlite3_reset(q);
	return ST_OK;
}

static enum status
exposure_new(struct store *s, const struct store_hit *hit,
    const struct holder *h, int64_t *no, struct err *e)
{
	struct seal seal = {&s->keys, h->wrapped, buf_span(&h->context),
	    span_of(hit->x.id, sizeof(hit->x.id))};
	struct buf plain = {0}, sealed = {0};
	uint8_t same[32];
	sqlite3_stmt *q;
	enum status st = sqlite_same(s, &hit->x, same, e);

	exposure_pack(&hit->x, &plain);
	if (st == ST_OK)
		st = seal_put(&sealed, &seal, buf_span(&plain), e);
	if (st == ST_OK) {
		q = db_query(s, Q_EXPOSURE_NEW,
		    "INSERT INTO exposure(id, record, time_ms, sealed, same)"
		    " VALUES(?1, ?2, ?3, ?4, ?5)");
		db_blob(q, 1, span_of(hit->x.id, sizeof(hit->x.id)));
		db_int(q, 2, hit->record);
		db_int(q, 3, hit->x.time_ms);
		db_blob(q, 4, buf_span(&sealed));
		db_blob(q, 5, span_of(same, sizeof(same)));
		st = db_run(s, q, NULL, e);
		*no = sqlite3_last_insert_rowid(s->db);
	}
	buf_fini(&plain);
	buf_fini(&sealed);
	return st;
}

static enum status
sighting_new(struct store *s, const struct store_commit *c,
    const struct store_hit *hit, int64_t no, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_SIGHTING_NEW,
	    "INSERT INTO sighting(exposure, stretch, ix, timestamp_ms,"
	    " leaf_hash) VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING");

	db_int(q, 1, no);
	db_int(q, 2, c->at->id);
	db_int(q, 3, (int64_t)hit->index);
	db_int(q, 4, hit->timestamp_ms);
	db_blob(q, 5, hash_span(&hit->leaf_hash));
	return db_run(s, q, NULL, e);
}

/* A commit on its way. */
struct work {
	struct store *s;
	const struct store_commit *c;
	struct store_committed done;
};

/* It is new, or was rewound after some sink had it: then it goes to the
 * others. */
static enum status
hit_tell(struct work *w, const struct store_hit *hit, const struct holder *h,
    int64_t no, struct err *e)
{
	int64_t due = rule_later(w->c->now_ms, w->c->hold_ms);

	return sqlite_deliver(w->s,
	    &(struct delivery){no, hit->record, h->tenant, h->only, &hit->x,
		due, w->c->now_ms},
	    e);
}

static enum status
evidence_new(struct work *w, const struct store_hit *hit,
    const struct holder *h, int64_t no, struct err *e)
{
	const struct evidence_new n = {
	    no, w->c->at->id, hit, h->wrapped, buf_span(&h->context)};

	return sqlite_evidence_new(w->s, &n, e);
}

static enum status
hit_of_holder(struct work *w, const struct store_hit *hit,
    const struct holder *h, struct err *e)
{
	enum sqlite_muted muted = SQLITE_TOLD;
	int64_t no = 0;
	bool seen = false;
	enum status st = exposure_find(w->s, &hit->x, &no, &seen, e);
	bool is_new = st == NO_ROW;

	if (is_new || (st == ST_OK && !seen))
		st = sqlite_muted(w->s, hit->record, &hit->x, &muted, e);
	if (st == ST_OK && muted == SQLITE_NOT_ME) {
		w->done.dropped++;
		return ST_OK;
	}
	if (st == ST_OK && is_new) {
		st = exposure_new(w->s, hit, h, &no, e);
		w->done.new_exposures++;
	}
	if (st == ST_OK && !seen && muted == SQLITE_TOLD)
		st = hit_tell(w, hit, h, no, e);
	if (st == ST_OK)
		st = sighting_new(w->s, w->c, hit, no, e);
	return st != ST_OK ? st : evidence_new(w, hit, h, no, e);
}

static enum status
hit_put(struct work *w, const struct store_hit *hit, struct err *e)
{
	struct holder h;
	enum status st = holder_get(w->s, &h, hit, w->c->now_ms, e);

	if (st == ST_OK && h.active)
		st = hit_of_holder(w, hit, &h, e);
	else if (st == ST_OK)
		w->done.dropped++;
	holder_fini(&h);
	return st;
}

enum status
sqlite_hits_put(struct store *s, const struct store_commit *c,
    struct store_committed *done, struct err *e)
{
	struct work w = {s, c, *done};
	enum status st = ST_OK;

	for (size_t i = 0; st == ST_OK && i < c->num_hits; i++)
		st = hit_put(&w, &c->hits[i], e);
	*done = w.done;
	return st;
}

/* --- proof --------------------------------------------------------------- */

/* Waiting rows of what is proven now are due, before it is marked so. */
static enum status
release(struct store *s, const struct store_commit *c, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_OUTBOX_RELEASE,
	    "UPDATE outbox SET held = 0, due_ms ="
	    " min(due_ms & ~" PAUSED ", ?3) | (due_ms & " PAUSED ")"
	    " WHERE held = 1 AND state = 0 AND exposure IN (SELECT exposure"
	    " FROM sighting WHERE verified = 0 AND stretch = ?1 AND ix < ?2)");

	db_int(q, 1, c->at->id);
	db_int(q, 2, (int64_t)c->proof->proven);
	db_int(q, 3, c->now_ms);
	return db_run(s, q, NULL, e);
}

static enum status
mark_verified(struct store *s, const struct store_commit *c, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_SIGHTING_PROVE,
	    "UPDATE sighting SET verified = 1"
	    " WHERE verified = 0 AND stretch = ?1 AND ix < ?2");

	db_int(q, 1, c->at->id);
	db_int(q, 2, (int64_t)c->proof->proven);
	return db_run(s, q, NULL, e);
}

static enum status
move_proven(struct store *s, const struct store_commit *c, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_STRETCH_PROVE,
	    "UPDATE stretch SET proven_to = ?2, tree_proven = ?3"
	    " WHERE id = ?1 AND proven_to <= ?2");
	struct buf tree = {0};
	size_t changed;
	enum status st;

	range_save(c->proof->tree, &tree);
	db_int(q, 1, c->at->id);
	db_int(q, 2, (int64_t)c->proof->proven);
	db_blob(q, 3, buf_span(&tree));
	st = db_run(s, q, &changed, e);
	buf_fini(&tree);
	if (st != ST_OK || changed == 1)
		return st;
	return err_set(e, ST_USAGE, "more than %llu was proven before",
	    (unsigned long long)c->proof->proven);
}

enum status
sqlite_hits_prove(struct store *s, const struct store_commit *c, struct err *e)
{
	enum status st = release(s, c, e);

	if (st == ST_OK)
		st = sqlite_evidence_release(s, c, e);
	if (st == ST_OK)
		st = sqlite_follow_up_end(s, c, e);
	return st == ST_OK ? mark_verified(s, c, e) : st;
}

static enum status
prove(struct store *s, const struct store_commit *c, struct err *e)
{
	int64_t log;
	enum status st = move_proven(s, c, e);

	if (st == ST_OK)
		st = sqlite_hits_prove(s, c, e);
	if (st == ST_OK)
		st = sqlite_tallies_prove(s, c, e);
	if (st == ST_OK)
		st = sqlite_log_row(s, &log, &c->at->log_id, e);
	if (st == ST_OK)
		st = sqlite_head_put(s, log, &c->proof->head, true, e);
	return st;
}

/* --- the verbs ----------------------------------------------------------- */

static enum status
commit(struct store *s, const struct store_commit *c,
    struct store_committed *done, struct err *e)
{
	enum status st = move(s, c, e);

	if (st == ST_OK)
		st = sqlite_expire(s, c->now_ms, e);
	if (st == ST_OK)
		st = sqlite_hits_put(s, c, done, e);
	for (size_t i = 0; st == ST_OK && i < c->num_quarantined; i++)
		st = sqlite_quarantine_put(s, c, i, e);
	if (st == ST_OK)
		st = sqlite_marks_put(s, c, e);
	if (st == ST_OK)
		st = sqlite_tallies_put(s, c, e);
	if (st == ST_OK && c->event != NULL)
		st = sqlite_event_put(s, c->event, e);
	if (st == ST_OK && c->proof != NULL)
		st = prove(s, c, e);
	if (st == ST_OK && c->proof != NULL && rule_scan(c->at) != 0)
		st = sqlite_join(s, c, done, e);
	return st;
}

enum status
sqlite_commit(struct store *s, const struct store_commit *c,
    struct store_committed *out, struct err *e)
{
	struct store_committed done = {0};
	enum status st = rule_commit(c, e);

	*out = (struct store_committed){0};
	if (st == ST_OK)
		st = db_begin(s, e);
	if (st != ST_OK)
		return st;
	st = db_end(s, commit(s, c, &done, e), e);
	if (st == ST_OK)
		*out = done;
	return st;
}
