/* sqlite_follow_up: see sqlite_follow_up.h. */
#include "ctlog/base/mem.h"
#include "monitor/store/rules.h"
#include "monitor/store/sqlite_acts.h"
#include "monitor/store/sqlite_follow_up.h"

/* Of an outbox row o: it reached its recipient, or may have. */
#define TOLD "o.topic = 0 AND (o.state = 1 OR o.begun_ms IS NOT NULL)"
/* Of an outbox row o: whose it is still wants to hear of it. */
#define WANTED                                                                 \
	"EXISTS (SELECT 1 FROM exposure x JOIN record r ON r.id = x.record"    \
	" WHERE x.no = o.exposure AND r.state IN (1, 2) AND NOT EXISTS"        \
	" (SELECT 1 FROM mute m WHERE m.record = x.record"                     \
	" AND m.same = x.same))"
/* ?2, later for a record that is paused. */
#define DUE                                                                    \
	"?2 | (SELECT (r.state = 2) * " PAUSED " FROM exposure x"              \
	" JOIN record r ON r.id = x.record WHERE x.no = o.exposure)"

static enum status
run_with(sqlite3_stmt *q, struct store *s, int64_t first, int64_t second,
    struct err *e)
{
	db_int(q, 1, first);
	db_int(q, 2, second);
	return db_run(s, q, NULL, e);
}

enum status
sqlite_follow_up_keep(
    struct store *s, const struct stretch *at, int64_t now_ms, struct err *e)
{
	sqlite3_stmt *q = sqlite_once(s,
	    "INSERT INTO withdrawn(exposure, log, ix, timestamp_ms,"
	    " leaf_hash, since_ms) SELECT i.exposure, t.log, i.ix,"
	    " i.timestamp_ms, i.leaf_hash, ?2"
	    " FROM sighting i JOIN stretch t ON t.id = i.stretch"
	    " WHERE i.verified = 0 AND i.stretch = ?1 AND EXISTS (SELECT 1"
	    " FROM outbox o WHERE o.exposure = i.exposure AND " TOLD ")"
	    " ORDER BY i.ix ON CONFLICT DO NOTHING");

	db_int(q, 1, at->id);
	db_int(q, 2, now_ms);
	return sqlite_once_run(s, q, NULL, e);
}

static enum status
was_told(struct store *s, int64_t exposure, bool *told, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_EXPOSURE_SENT,
	    "SELECT EXISTS(SELECT 1 FROM outbox o WHERE o.exposure = ?1"
	    " AND " TOLD ")"
	    " OR EXISTS(SELECT 1 FROM exposure WHERE no = ?1 AND told)");
	enum status st;

	db_int(q, 1, exposure);
	st = db_step(s, q, e);
	if (st == ST_OK)
		*told = sqlite3_column_int(q, 0) != 0;
	sqlite3_reset(q);
	return st;
}

enum status
sqlite_follow_up_put(struct store *s, int64_t exposure,
    const struct store_rewound *io, bool *told, struct err *e)
{
	int64_t due_ms = rule_later(io->now_ms, io->hold_ms);
	enum status st = was_told(s, exposure, told, e);

	if (st == ST_OK)
		st = run_with(
		    db_query(s, Q_FOLLOW_UP_PUT,
			"INSERT INTO outbox(sink, exposure, address, topic,"
			" held, due_ms) SELECT o.sink, o.exposure, o.address,"
			" 1, 0, " DUE " FROM outbox o WHERE o.exposure = ?1"
			" AND " TOLD " AND " WANTED " ON CONFLICT DO NOTHING"),
		    s, exposure, due_ms, e);
	/* What began to be sent counts as told, but see begun_ms. */
	if (st == ST_OK)
		st = run_with(
		    db_query(s, Q_FOLLOW_UP_CLOSE,
			"UPDATE outbox SET state = 1, held = 0,"
			" settled_ms = ?2 WHERE exposure = ?1 AND topic = 0"
			" AND state = 0 AND begun_ms IS NOT NULL"),
		    s, exposure, io->now_ms, e);
	return st != ST_OK ? st
			   : db_run_with(s, Q_OUTBOX_UNSEND,
				 "DELETE FROM outbox WHERE exposure = ?1"
				 " AND topic = 0 AND state = 0",
				 exposure, e);
}

#define PROVEN_NOW                                                             \
	"(SELECT exposure FROM sighting WHERE verified = 0 AND stretch = ?1"   \
	" AND ix < ?3)"

enum status
sqlite_follow_up_end(
    struct store *s, const struct store_commit *c, struct err *e)
{
	int64_t proven = (int64_t)c->proof->proven;
	sqlite3_stmt *q = db_query(s, Q_FOLLOW_UP_AGAIN,
	    "UPDATE outbox AS o SET state = 0, held = 0, attempts = 0,"
	    " begun_ms = NULL, cadence = 0, digest = NULL, settled_ms = NULL,"
	    " error_box = NULL, due_ms = " DUE
	    " WHERE o.exposure IN " PROVEN_NOW
	    " AND o.topic = 0 AND o.state = 1 AND EXISTS (SELECT 1"
	    " FROM outbox f WHERE f.exposure = o.exposure"
	    " AND f.sink = o.sink AND f.address = o.address AND f.topic = 1"
	    " AND (f.state <> 0 OR f.begun_ms IS NOT NULL"
	    " OR o.begun_ms IS NOT NULL)) AND " WANTED);
	enum status st;

	db_int(q, 3, proven);
	st = run_with(q, s, c->at->id, c->now_ms, e);
	if (st != ST_OK)
		return st;
	q = db_query(s, Q_FOLLOW_UP_DROP,
	    "DELETE FROM outbox WHERE topic = 1 AND exposure IN " PROVEN_NOW
	    " AND ?2 IS NOT NULL");
	db_int(q, 3, proven);
	return run_with(q, s, c->at->id, c->now_ms, e);
}

enum status
sqlite_follow_up_get(struct store *s, struct exposure *x, int64_t exposure,
    int64_t *since_ms, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_FOLLOW_UP_GET,
	    "SELECT l.log_id, l.name, l.operator_name, w.ix, w.timestamp_ms,"
	    " w.leaf_hash, w.since_ms FROM withdrawn w"
	    " JOIN log l ON l.id = w.log WHERE w.exposure = ?1");
	struct sighting *g;
	enum status st;

	db_int(q, 1, exposure);
	st = db_step(s, q, e);
	if (st == ST_OK) {
		x->num_sightings = 1;
		g = x->sightings = NEW(struct sighting);
		db_bytes(q, 0, g->log_id, sizeof(g->log_id));
		g->log_name = db_str(q, 1);
		g->operator_name = db_str(q, 2);
		g->index = (uint64_t)sqlite3_column_int64(q, 3);
		g->timestamp_ms = sqlite3_column_int64(q, 4);
		db_bytes(q, 5, g->leaf_hash, sizeof(g->leaf_hash));
		*since_ms = sqlite3_column_int64(q, 6);
	}
	sqlite3_reset(q);
	return db_done(st);
}
