/*
 * sqlite_rewind: back to what is proven, and what goes with the rest.
 */
#include "monitor/store/rules.h"
#include "monitor/store/sqlite.h"
#include "monitor/store/sqlite_evidence.h"
#include "monitor/store/sqlite_follow_up.h"
#include "monitor/store/sqlite_marks.h"
#include "monitor/store/sqlite_rewind.h"

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

static enum status
is_seen(struct store *s, int64_t no, bool *seen, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_EXPOSURE_SEEN,
	    "SELECT EXISTS(SELECT 1 FROM sighting WHERE exposure = ?1)");
	enum status st;

	db_int(q, 1, no);
	st = db_step(s, q, e);
	if (st == ST_OK)
		*seen = sqlite3_column_int(q, 0) != 0;
	sqlite3_reset(q);
	return st;
}

/* What becomes of an exposure that lost sightings: nothing when it has
 * others; it stays when somebody was told; else it goes. */
static enum status
retract(struct store *s, int64_t no, struct store_rewound *io, struct err *e)
{
	bool seen = false, told = false;
	enum status st = is_seen(s, no, &seen, e);

	if (st != ST_OK || seen)
		return st;
	st = sqlite_follow_up_put(s, no, io, &told, e);
	if (st != ST_OK)
		return st;
	if (told) {
		io->delivered++;
		return ST_OK;
	}
	io->retracted++;
	return db_run_with(
	    s, Q_EXPOSURE_DROP, "DELETE FROM exposure WHERE no = ?1", no, e);
}

enum status
sqlite_undo(struct store *s, const struct stretch *at, struct store_rewound *io,
    struct err *e)
{
	struct buf list = {0};
	enum status st = unproven(s, &list, at, e);

	if (st == ST_OK)
		st = sqlite_follow_up_keep(s, at, io->now_ms, e);
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
		st = retract(s, no, io, e);
		if (st == ST_OK)
			st = sqlite_evidence_undo(s, no, e);
	}
	buf_fini(&list);
	return st;
}

static enum status
undo(struct store *s, const struct stretch *at, struct store_rewound *io,
    struct err *e)
{
	enum status st = move_back(s, at, e);

	return st != ST_OK ? st : sqlite_undo(s, at, io, e);
}

enum status
sqlite_rewind(struct store *s, const struct stretch *at,
    struct store_rewound *io, struct err *e)
{
	enum status st = db_begin(s, e);

	io->retracted = io->delivered = 0;
	if (st != ST_OK)
		return st;
	st = db_end(s, undo(s, at, io, e), e);
	if (st != ST_OK)
		io->retracted = io->delivered = 0;
	return st;
}
