/*
 * sqlite_rewind: back to what is proven, and what goes with the rest.
 */
#include "monitor/store/rules.h"
#include "monitor/store/sqlite.h"
#include "monitor/store/sqlite_evidence.h"
#include "monitor/store/sqlite_marks.h"

static enum status
move_back(struct store *s, const struct stretch *at, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_STRETCH_BACK,
	    "UPDATE stretch SET read_to = proven_to, tree = tree_proven"
	    " WHERE id = ?1 AND epoch = ?2");
	size_t changed;
	enum status st;

	db_int(q, 1, at->id);
	db_int(q, 2, (int64_t)at->epoch);
	st = db_run(s, q, &changed, e);
	return st == ST_OK && changed == 0 ? rule_stale(at, e) : st;
}

/* The exposures that have unproven sightings in this stretch. */
static enum status
unproven(
    struct store *s, struct buf *out, const struct stretch *at, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_SIGHTING_UNPROVEN,
	    "SELECT DISTINCT exposure FROM sighting"
	    " WHERE verified = 0 AND stretch = ?1");
	enum status st;

	db_int(q, 1, at->id);
	while ((st = db_step(s, q, e)) == ST_OK) {
		int64_t no = sqlite3_column_int64(q, 0);

		buf_add(out, &no, sizeof(no));
	}
	return db_done(st);
}

/* What becomes of an exposure that lost sightings: nothing when it has
 * others; it stays when somebody was told; else it goes. */
static enum status
retract(struct store *s, int64_t no, size_t *retracted, size_t *delivered,
    struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_EXPOSURE_SENT,
	    "SELECT EXISTS(SELECT 1 FROM sighting WHERE exposure = ?1),"
	    " EXISTS(SELECT 1 FROM outbox WHERE exposure = ?1 AND state = 1)"
	    " OR EXISTS(SELECT 1 FROM exposure WHERE no = ?1 AND told)");
	enum status st;
	bool seen, sent;

	db_int(q, 1, no);
	st = db_step(s, q, e);
	if (st != ST_OK)
		return st;
	seen = sqlite3_column_int(q, 0) != 0;
	sent = sqlite3_column_int(q, 1) != 0;
	sqlite3_reset(q);
	if (seen)
		return ST_OK;
	if (!sent) {
		++*retracted;
		return db_run_with(s, Q_EXPOSURE_DROP,
		    "DELETE FROM exposure WHERE no = ?1", no, e);
	}
	++*delivered;
	return db_run_with(s, Q_OUTBOX_UNSEND,
	    "DELETE FROM outbox WHERE exposure = ?1 AND state = 0", no, e);
}

enum status
sqlite_undo(struct store *s, const struct stretch *at, size_t *retracted,
    size_t *delivered, struct err *e)
{
	struct buf list = {0};
	enum status st = unproven(s, &list, at, e);

	if (st == ST_OK)
		st = db_run_with(s, Q_SIGHTING_UNDO,
		    "DELETE FROM sighting WHERE verified = 0 AND stretch = ?1",
		    at->id, e);
	if (st == ST_OK)
		st = db_run_with(s, Q_QUARANTINE_UNDO,
		    "DELETE FROM quarantine WHERE stretch = ?1 AND ix >="
		    " (SELECT proven_to FROM stretch WHERE id = ?1)",
		    at->id, e);
	if (st == ST_OK)
		st = sqlite_marks_undo(s, at, e);
	if (st == ST_OK)
		st = sqlite_tallies_undo(s, at, e);
	s->scrub = true; /* the quarantined are gone for good */
	for (size_t i = 0; st == ST_OK && i < list.len / 8; i++) {
		int64_t no;

		memcpy(&no, list.p + i * 8, 8);
		st = retract(s, no, retracted, delivered, e);
		if (st == ST_OK)
			st = sqlite_evidence_undo(s, no, e);
	}
	buf_fini(&list);
	return st;
}

static enum status
undo(struct store *s, const struct stretch *at, size_t *retracted,
    size_t *delivered, struct err *e)
{
	enum status st = move_back(s, at, e);

	return st != ST_OK ? st : sqlite_undo(s, at, retracted, delivered, e);
}

enum status
sqlite_rewind(struct store *s, const struct stretch *at, size_t *retracted,
    size_t *delivered, struct err *e)
{
	enum status st = db_begin(s, e);

	*retracted = *delivered = 0;
	if (st != ST_OK)
		return st;
	st = db_end(s, undo(s, at, retracted, delivered, e), e);
	if (st != ST_OK)
		*retracted = *delivered = 0;
	return st;
}
