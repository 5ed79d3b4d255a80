/*
 * sqlite_digest: deliveries that were collected become digests when they are
 * due: what is in one stands before it is first handed out, so that a retry is
 * the same message under the same id.
 */
#include <openssl/rand.h>

#include "ctlog/base/mem.h"
#include "monitor/store/sqlite.h"

/* In one message. */
#define DIGEST_MOST 1000

/* Whose digest: one sink, record and address. */
struct group {
	int64_t record;
	struct buf address;
};

/* The one that has waited longest; NO_ROW: nobody. */
static enum status
group_next(struct store *s, const char *sink, int64_t now_ms, struct group *out,
    struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_DIGEST_NEXT,
	    "SELECT record, address FROM outbox WHERE state = 0"
	    " AND cadence > 0 AND digest IS NULL AND sink = ?1"
	    " AND due_ms <= ?2 AND record IS NOT NULL"
	    " ORDER BY due_ms, id LIMIT 1");
	enum status st;

	db_text(q, 1, sink);
	db_int(q, 2, now_ms);
	st = db_step(s, q, e);
	if (st != ST_OK)
		return st;
	out->record = sqlite3_column_int64(q, 0);
	buf_clear(&out->address);
	buf_span_add(&out->address, db_span(q, 1));
	sqlite3_reset(q);
	return ST_OK;
}

static enum status
digest_new(struct store *s, int64_t now_ms, struct err *e)
{
	sqlite3_stmt *q = db_query(
	    s, Q_DIGEST_NEW, "INSERT INTO digest(uid, made_ms) VALUES(?1, ?2)");
	uint8_t uid[16];

	ASSERT(RAND_bytes(uid, sizeof(uid)) == 1);
	db_blob(q, 1, span_of(uid, sizeof(uid)));
	db_int(q, 2, now_ms);
	return db_run(s, q, NULL, e);
}

/* They are due together from now on, whatever the clock does: the first of them
 * stands for all. */
static enum status
digest_fill(struct store *s, const char *sink, int64_t now_ms,
    const struct group *g, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_DIGEST_FILL,
	    "UPDATE outbox SET digest = ?6, due_ms = ?4 WHERE id IN (SELECT id "
	    "FROM outbox"
	    " INDEXED BY outbox_people WHERE record = ?1 AND sink = ?2 AND "
	    "address = ?3"
	    " AND cadence IN (1, 2) AND digest IS NULL AND state = 0"
	    " AND due_ms <= ?4 ORDER BY id LIMIT ?5)");

	db_int(q, 1, g->record);
	db_text(q, 2, sink);
	db_blob(q, 3, buf_span(&g->address));
	db_int(q, 4, now_ms);
	db_int(q, 5, DIGEST_MOST);
	db_int(q, 6, sqlite3_last_insert_rowid(s->db));
	return db_run(s, q, NULL, e);
}

static enum status
make(struct store *s, const char *sink, const struct outbox_query *which,
    struct err *e)
{
	struct group g = {0};
	enum status st = ST_OK;

	for (size_t n = 0; st == ST_OK && n < which->limit; n++) {
		st = group_next(s, sink, which->now_ms, &g, e);
		if (st == ST_OK)
			st = digest_new(s, which->now_ms, e);
		if (st == ST_OK)
			st = digest_fill(s, sink, which->now_ms, &g, e);
	}
	buf_fini(&g.address);
	return db_done(st);
}

/* Mostly there are none. */
static enum status
make_some(struct store *s, const char *sink, const struct outbox_query *which,
    struct err *e)
{
	struct group g = {0};
	enum status st = group_next(s, sink, which->now_ms, &g, e);

	buf_fini(&g.address);
	if (st != ST_OK)
		return db_done(st);
	st = db_begin(s, e);
	return st != ST_OK ? st : db_end(s, make(s, sink, which, e), e);
}

enum status
sqlite_digests_make(
    struct store *s, const struct outbox_query *which, struct err *e)
{
	enum status st = ST_OK;

	if (s->read_only || which->strays)
		return ST_OK;
	if (which->sink != NULL)
		return make_some(s, which->sink, which, e);
	for (size_t i = 0; st == ST_OK && i < s->num_sinks; i++)
		st = make_some(s, s->sinks[i].name, which, e);
	return st;
}
