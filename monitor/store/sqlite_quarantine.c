/*
 * sqlite_quarantine: entries that could not be read, their bytes sealed, each
 * under a key of its own; reading them again, and erasing them. Also how many
 * such there are, with deliveries that were given up.
 */
#include "ctlog/base/mem.h"
#include "monitor/store/sqlite.h"
#include "monitor/store/sqlite_marks.h"

/* Erased in one transaction: so many have 140 MiB at worst, and as much is
 * written to overwrite them. */
#define EXPIRE_MOST 64

/* --- the box --------------------------------------------------------------- */

void
sqlite_quarantine_context(struct buf *out, struct span log_id, uint64_t index)
{
	buf_str(out, "quarantine");
	buf_span_add(out, log_id);
	buf_uint(out, index, 8);
}

static bool
all_zero(struct span s)
{
	uint8_t any = 0;

	for (size_t i = 0; i < s.len; i++)
		any |= s.p[i];
	return any == 0;
}

/* Of a row of COLUMNS. */
static enum status
open_box(struct store *s, struct buf *out, struct span context, sqlite3_stmt *q,
    struct err *e)
{
	struct span box = db_span(q, 4), wrapped = db_span(q, 7);
	struct seal seal = {&s->keys, wrapped.p, context, {NULL, 0}};

	if (wrapped.len != WRAPPED_LEN || all_zero(wrapped))
		return db_unbox(s, out, context, box, e); /* see 0003.sql */
	return seal_get(out, &seal, box, e);
}

/* --- coming in ------------------------------------------------------------- */

static enum status
has(struct store *s, int64_t stretch, uint64_t index, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_QUARANTINE_HAS,
	    "SELECT 1 FROM quarantine WHERE stretch = ?1 AND ix = ?2");
	enum status st;

	db_int(q, 1, stretch);
	db_int(q, 2, (int64_t)index);
	st = db_step(s, q, e);
	if (st == ST_OK)
		sqlite3_reset(q);
	return st;
}

/* A new row number, with the key for it. */
static enum status
key_new(struct store *s, int64_t *row, const uint8_t wrapped[WRAPPED_LEN],
    struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_QUARANTINE_KEY_NEW,
	    "INSERT INTO quarantine_key(wrapped) VALUES(?1)");
	enum status st;

	db_blob(q, 1, span_of(wrapped, WRAPPED_LEN));
	st = db_run(s, q, NULL, e);
	*row = sqlite3_last_insert_rowid(s->db);
	return st;
}

static enum status
put_box(struct store *s, const struct store_commit *c,
    const struct store_quarantine *x, struct span box, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_QUARANTINE_NEW,
	    "INSERT INTO quarantine(id, stretch, ix, time_ms, leaf_hash,"
	    " reason, box) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)");

	db_int(q, 1, x->row);
	db_int(q, 2, c->at->id);
	db_int(q, 3, (int64_t)x->index);
	db_int(q, 4, c->now_ms);
	db_blob(q, 5, hash_span(&x->leaf_hash));
	db_text(q, 6, x->reason);
	db_blob(q, 7, box);
	return db_run(s, q, NULL, e);
}

enum status
sqlite_quarantine_put(
    struct store *s, const struct store_commit *c, size_t i, struct err *e)
{
	struct store_quarantine x = c->quarantined[i];
	uint8_t wrapped[WRAPPED_LEN];
	struct buf context = {0}, box = {0};
	struct seal seal = {&s->keys, wrapped, {NULL, 0}, {NULL, 0}};
	enum status st = has(s, c->at->id, x.index, e);

	if (st != NO_ROW)
		return st;
	sqlite_quarantine_context(&context, hash_span(&c->at->log_id), x.index);
	seal.context = buf_span(&context);
	seal_new_key(wrapped, &s->keys, seal.context);
	st = seal_put(&box, &seal, x.bytes, e);
	if (st == ST_OK)
		st = key_new(s, &x.row, wrapped, e);
	if (st == ST_OK)
		st = put_box(s, c, &x, buf_span(&box), e);
	buf_fini(&context);
	buf_fini(&box);
	return st;
}

/* --- looking --------------------------------------------------------------- */

#define COLUMNS                                                                \
	"SELECT l.log_id, x.ix, x.leaf_hash, x.reason, x.box, x.id,"           \
	" x.time_ms, k.wrapped FROM quarantine x"                              \
	" JOIN quarantine_key k ON k.quarantine = x.id"                        \
	" JOIN stretch t ON t.id = x.stretch JOIN log l ON l.id = t.log "

static enum status
quarantine_give(struct store *s, sqlite3_stmt *q, store_quarantine_fn *fn,
    void *arg, struct err *e)
{
	struct store_quarantine x = {
	    .index = (uint64_t)sqlite3_column_int64(q, 1),
	    .row = sqlite3_column_int64(q, 5),
	    .time_ms = sqlite3_column_int64(q, 6)};
	struct buf context = {0}, bytes = {0};
	char *reason = db_str(q, 3);
	struct hash log_id;
	enum status st;

	db_bytes(q, 0, log_id.b, HASH_LEN);
	db_bytes(q, 2, x.leaf_hash.b, HASH_LEN);
	sqlite_quarantine_context(&context, hash_span(&log_id), x.index);
	st = open_box(s, &bytes, buf_span(&context), q, e);
	if (st == ST_OK) {
		x.reason = reason;
		x.bytes = buf_span(&bytes);
		fn(arg, &log_id, &x);
	}
	buf_fini(&context);
	buf_fini(&bytes);
	free(reason);
	return st;
}

static enum status
give_all(struct store *s, sqlite3_stmt *q, store_quarantine_fn *fn, void *arg,
    struct err *e)
{
	enum status st;

	while ((st = db_step(s, q, e)) == ST_OK) {
		st = quarantine_give(s, q, fn, arg, e);
		if (st != ST_OK)
			break;
	}
	sqlite3_reset(q);
	return db_done(st);
}

enum status
sqlite_quarantine_read(struct store *s, int64_t after, store_quarantine_fn *fn,
    void *arg, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_QUARANTINE_READ,
	    COLUMNS "WHERE x.id > ?1 ORDER BY x.id LIMIT ?2");

	db_int(q, 1, after);
	db_int(q, 2, STORE_QUARANTINE_PAGE);
	return give_all(s, q, fn, arg, e);
}

enum status
sqlite_quarantine_places(
    struct store *s, store_quarantine_place_fn *fn, void *arg, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_QUARANTINE_PLACES,
	    "SELECT l.log_id, x.reason, x.ix FROM quarantine x"
	    " JOIN stretch t ON t.id = x.stretch JOIN log l ON l.id = t.log"
	    " ORDER BY l.id, x.reason, x.ix");
	struct hash log_id;
	enum status st;
	char *reason;

	while ((st = db_step(s, q, e)) == ST_OK) {
		db_bytes(q, 0, log_id.b, HASH_LEN);
		reason = db_str(q, 1);
		fn(arg, &log_id, reason, (uint64_t)sqlite3_column_int64(q, 2));
		free(reason);
	}
	return db_done(st);
}

enum status
sqlite_counts(struct store *s, struct store_counts *out, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_COUNTS,
	    "SELECT (SELECT count(*) FROM outbox o LEFT JOIN exposure x"
	    " ON x.no = o.exposure WHERE o.state = 2 AND x.acked_ms IS NULL),"
	    " (SELECT count(*) FROM quarantine)");
	enum status st = db_step(s, q, e);

	if (st != ST_OK)
		return st;
	out->dead = (size_t)sqlite3_column_int64(q, 0);
	out->quarantined = (size_t)sqlite3_column_int64(q, 1);
	sqlite3_reset(q);
	return ST_OK;
}

/* --- going out ------------------------------------------------------------- */

/* Where the entry is, as the place of a commit; NO_ROW: it went. */
static enum status
settle_place(struct store *s, struct stretch *at, struct store_hit *place,
    int64_t row, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_QUARANTINE_GET,
	    "SELECT x.stretch, x.ix, x.leaf_hash, t.proven_to FROM quarantine x"
	    " JOIN stretch t ON t.id = x.stretch WHERE x.id = ?1");
	enum status st;

	db_int(q, 1, row);
	st = db_step(s, q, e);
	if (st != ST_OK)
		return st;
	at->id = sqlite3_column_int64(q, 0);
	place->index = (uint64_t)sqlite3_column_int64(q, 1);
	db_bytes(q, 2, place->leaf_hash.b, HASH_LEN);
	at->proven = (uint64_t)sqlite3_column_int64(q, 3);
	sqlite3_reset(q);
	return ST_OK;
}

/* What a commit would have made of the entry's hits. */
static enum status
settle_hits(struct store *s, struct store_commit *c,
    const struct store_reread *x, struct store_committed *done, struct err *e)
{
	struct store_hit *hits = mem_new(x->num_hits, sizeof(*hits));
	struct stretch at = {0};
	struct store_hit place;
	struct store_proof proof;
	enum status st = settle_place(s, &at, &place, x->row, e);

	for (size_t i = 0; i < x->num_hits; i++) {
		hits[i] = x->hits[i];
		hits[i].index = place.index;
		hits[i].generation = c->generation;
		hits[i].leaf_hash = place.leaf_hash;
	}
	proof = (struct store_proof){.proven = at.proven};
	c->at = &at;
	c->proof = &proof;
	c->hits = hits;
	c->num_hits = x->num_hits;
	if (st == ST_OK)
		st = sqlite_hits_put(s, c, done, e);
	if (st == ST_OK)
		st = sqlite_hits_prove(s, c, e);
	if (st == ST_OK && x->reason == NULL)
		st = sqlite_marks_reread(s, c, place.index, e);
	free(hits);
	return st;
}

static enum status
settle_one(struct store *s, struct store_commit *c,
    const struct store_reread *x, struct store_committed *done, struct err *e)
{
	enum status st = settle_hits(s, c, x, done, e);
	sqlite3_stmt *q;

	if (st != ST_OK)
		return db_done(st);
	if (x->reason == NULL)
		return db_run_with(s, Q_QUARANTINE_DROP,
		    "DELETE FROM quarantine WHERE id = ?1", x->row, e);
	q = db_query(s, Q_QUARANTINE_REASON,
	    "UPDATE quarantine SET reason = ?2 WHERE id = ?1 AND reason <> ?2");
	db_int(q, 1, x->row);
	db_text(q, 2, x->reason);
	return db_run(s, q, NULL, e);
}

enum status
sqlite_quarantine_settle(struct store *s, const struct store_rereads *r,
    struct store_committed *out, struct err *e)
{
	struct store_commit c = {.now_ms = r->now_ms,
	    .hold_ms = r->hold_ms,
	    .generation = r->generation};
	struct store_committed done = {0};
	enum status st = db_begin(s, e);

	*out = done;
	if (st != ST_OK)
		return st;
	st = sqlite_expire(s, r->now_ms, e);
	for (size_t i = 0; st == ST_OK && i < r->num; i++)
		st = settle_one(s, &c, &r->list[i], &done, e);
	s->scrub |= st == ST_OK;
	st = db_end(s, st, e);
	if (st == ST_OK)
		*out = done;
	return st;
}

enum status
sqlite_quarantine_expire(
    struct store *s, int64_t before_ms, bool *more, struct err *e)
{
	sqlite3_stmt *q;
	size_t gone = 0;
	enum status st = db_begin(s, e);

	*more = false;
	if (st != ST_OK)
		return st;
	q = db_query(s, Q_QUARANTINE_EXPIRE,
	    "DELETE FROM quarantine WHERE id IN (SELECT id FROM quarantine"
	    " WHERE time_ms < ?1 LIMIT ?2)");
	db_int(q, 1, before_ms);
	db_int(q, 2, EXPIRE_MOST);
	st = db_run(s, q, &gone, e);
	s->scrub |= gone > 0;
	st = db_end(s, st, e);
	*more = st == ST_OK && gone == EXPIRE_MOST;
	return st;
}
