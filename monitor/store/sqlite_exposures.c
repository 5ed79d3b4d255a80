/*
 * sqlite_exposures: exposures and where they were seen, read and opened.
 * Written by sqlite_commit.c.
 */
#include "ctlog/base/mem.h"
#include "monitor/store/rules.h"
#include "monitor/store/sqlite.h"
#include "monitor/store/sqlite_exposures.h"

static void
sighting_fill(struct sighting *s, sqlite3_stmt *q)
{
	db_bytes(q, 0, s->log_id, sizeof(s->log_id));
	s->log_name = db_str(q, 1);
	s->operator_name = db_str(q, 2);
	s->index = (uint64_t)sqlite3_column_int64(q, 3);
	s->timestamp_ms = sqlite3_column_int64(q, 4);
	db_bytes(q, 5, s->leaf_hash, sizeof(s->leaf_hash));
	s->verified = sqlite3_column_int(q, 6) != 0;
}

/* Two stretches may have seen the same entry. */
enum status
sqlite_sightings_get(struct store *s, struct exposure *x, int64_t no,
    const struct hash *log_id, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_SIGHTING_LIST,
	    "SELECT l.log_id, l.name, l.operator_name, i.ix, i.timestamp_ms,"
	    " i.leaf_hash, max(i.verified)"
	    " FROM sighting i JOIN stretch t ON t.id = i.stretch"
	    " JOIN log l ON l.id = t.log"
	    " WHERE i.exposure = ?1 AND (?2 IS NULL OR l.log_id = ?2)"
	    " GROUP BY l.id, i.ix ORDER BY i.timestamp_ms, l.id, i.ix"
	    " LIMIT ?3");
	size_t cap = 0;
	enum status st;

	db_int(q, 1, no);
	if (log_id != NULL)
		db_blob(q, 2, hash_span(log_id));
	db_int(q, 3, RULE_SIGHTINGS);
	while ((st = db_step(s, q, e)) == ST_OK) {
		if (x->num_sightings == cap) {
			cap = cap ? cap * 2 : 4;
			x->sightings =
			    mem_grow(x->sightings, cap, sizeof(*x->sightings));
		}
		sighting_fill(&x->sightings[x->num_sightings++], q);
	}
	return db_done(st);
}

static enum status
unseal(struct store *s, struct buf *out, sqlite3_stmt *q, int at, struct err *e)
{
	uint8_t wrapped[WRAPPED_LEN];
	struct buf context = {0};
	struct seal seal = {&s->keys, wrapped, {NULL, 0}, db_span(q, at + 1)};
	enum status st;

	sqlite_record_context(&context, db_span(q, at + 4), db_span(q, at + 5));
	seal.context = buf_span(&context);
	db_bytes(q, at + 6, wrapped, sizeof(wrapped));
	st = seal_get(out, &seal, db_span(q, at + 3), e);
	buf_fini(&context);
	return st;
}

enum status
sqlite_exposure_fill(
    struct store *s, struct exposure *x, sqlite3_stmt *q, int at, struct err *e)
{
	struct buf plain = {0};
	enum status st = unseal(s, &plain, q, at, e);

	if (st == ST_OK)
		st = exposure_unpack(x, buf_span(&plain), e);
	buf_fini(&plain);
	if (st != ST_OK) {
		err_prefix(
		    e, "exposure %lld", (long long)sqlite3_column_int64(q, at));
		return st;
	}
	db_bytes(q, at + 1, x->id, sizeof(x->id));
	x->time_ms = sqlite3_column_int64(q, at + 2);
	return ST_OK;
}

static enum status
exposure_get(struct store *s, struct exposure *x, sqlite3_stmt *q,
    const struct hash *log_id, struct err *e)
{
	struct exposure seen = {0};
	enum status st = sqlite_sightings_get(
	    s, &seen, sqlite3_column_int64(q, 0), log_id, e);

	if (st != ST_OK || (log_id != NULL && seen.num_sightings == 0)) {
		exposure_fini(&seen);
		return st != ST_OK ? st : NO_ROW;
	}
	st = sqlite_exposure_fill(s, x, q, 0, e);
	if (st != ST_OK) {
		exposure_fini(&seen);
		return st;
	}
	x->num_sightings = seen.num_sightings;
	x->sightings = seen.sightings;
	return ST_OK;
}

struct listener {
	ledger_exposure_fn *fn;
	void *arg;
};

/* Exposures, and behind their columns what somebody said of them. */
#define MARKED EXPOSURE_COLUMNS ", x.acked_ms, m.since_ms"
#define KEYS " JOIN record_key k ON k.record = x.record"
#define MUTES " LEFT JOIN mute m ON m.record = x.record AND m.same = x.same"
#define EXPOSURE                                                               \
	"SELECT " MARKED " FROM exposure x"                                    \
	" JOIN record r ON r.id = x.record" KEYS MUTES

static enum status
exposures_list(struct store *s, sqlite3_stmt *q, const struct hash *log_id,
    const struct listener *to, struct err *e)
{
	enum status st;

	while ((st = db_step(s, q, e)) == ST_OK) {
		struct exposure x = {0};
		struct ledger_exposure marked = {&x,
		    sqlite3_column_int64(q, EXPOSURE_NUM_COLUMNS),
		    sqlite3_column_int64(q, EXPOSURE_NUM_COLUMNS + 1)};

		st = exposure_get(s, &x, q, log_id, e);
		if (st == ST_OK)
			to->fn(to->arg, &marked);
		exposure_fini(&x);
		if (st != ST_OK && st != NO_ROW)
			break;
	}
	sqlite3_reset(q);
	return db_done(st);
}

/* Somebody to whom the marks say nothing. */
struct plain {
	store_exposure_fn *fn;
	void *arg;
};

static void
plain_one(void *arg, const struct ledger_exposure *x)
{
	const struct plain *p = arg;

	p->fn(p->arg, x->x);
}

enum status
sqlite_exposures(struct store *s, const struct hash *log_id,
    store_exposure_fn *fn, void *arg, struct err *e)
{
	struct plain p = {fn, arg};
	const struct listener to = {plain_one, &p};
	sqlite3_stmt *q =
	    db_query(s, Q_EXPOSURE_LIST, EXPOSURE " ORDER BY x.time_ms, x.no");

	return exposures_list(s, q, log_id, &to, e);
}

#define WANTED                                                                 \
	" AND (x.time_ms, x.id) > (?1, ?2)"                                    \
	" AND (NOT ?6 OR x.acked_ms IS NULL AND m.record IS NULL)"             \
	" ORDER BY x.time_ms, x.id LIMIT ?5"
#define EXPOSURE_SOME                                                          \
	EXPOSURE " WHERE (?3 IS NULL OR r.tenant = ?3)"                        \
		 " AND (?4 IS NULL OR r.name = ?4)" WANTED
/* The one way in, whatever the planner thinks of it. */
#define EXPOSURE_RECORD                                                        \
	"SELECT " MARKED " FROM record r"                                      \
	" CROSS JOIN exposure x ON x.record = r.id" KEYS MUTES                 \
	" WHERE r.tenant = ?3 AND r.name = ?4" WANTED

static sqlite3_stmt *
some_query(struct store *s, const struct ledger_exposures *w)
{
	sqlite3_stmt *q;

	if (w->id != NULL) {
		q = db_query(s, Q_EXPOSURE_ONE,
		    EXPOSURE " WHERE x.id = ?1 AND"
			     " (?3 IS NULL OR r.tenant = ?3)");
		db_blob(q, 1, span_of(w->id, 16));
		db_text(q, 3, w->tenant);
		return q;
	}
	q = w->tenant != NULL && w->record != NULL
		? db_query(s, Q_EXPOSURE_LIST_RECORD, EXPOSURE_RECORD)
		: db_query(s, Q_EXPOSURE_LIST_SOME, EXPOSURE_SOME);
	db_int(q, 1, w->after != NULL ? w->after_ms : INT64_MIN);
	db_blob(q, 2, span_of(w->after, w->after != NULL ? 16 : 0));
	db_text(q, 3, w->tenant);
	db_text(q, 4, w->record);
	db_int(q, 5, w->limit > 0 ? (int64_t)w->limit : -1);
	db_int(q, 6, w->open);
	return q;
}

enum status
sqlite_exposures_some(struct store *s, const struct ledger_exposures *which,
    ledger_exposure_fn *fn, void *arg, struct err *e)
{
	const struct listener to = {fn, arg};

	return exposures_list(s, some_query(s, which), NULL, &to, e);
}
