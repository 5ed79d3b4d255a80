/*
 * sqlite_resend: deliveries that are made again because somebody says so, and
 * the list of those that were given up. What may not be sent by now is not sent
 * by this either.
 */
#include "ctlog/base/mem.h"
#include "monitor/store/rules.h"
#include "monitor/store/sqlite_acts.h"
#include "monitor/store/sqlite_deliver.h"
#include "monitor/store/sqlite_exposures.h"

/* --- one alert --------------------------------------------------------------- */

/* What decides about it. */
struct again {
	struct store *s;
	struct alert_row a;
	struct exposure x;
	char *only; /* record.sinks */
	bool muted, seen, proven;
	bool corrects;    /* that it is to be believed no more did not arrive */
	const char *sink; /* NULL: all */
	int64_t now_ms, hold_ms;
	size_t num;
};

static enum status
again_read(struct again *g, sqlite3_stmt *q, struct err *e)
{
	int at = EXPOSURE_NUM_COLUMNS;
	enum status st = sqlite_exposure_fill(g->s, &g->x, q, 0, e);

	g->only = db_str(q, at);
	g->muted = sqlite3_column_int(q, at + 1) != 0;
	g->seen = sqlite3_column_int(q, at + 2) != 0;
	g->proven = sqlite3_column_int(q, at + 3) != 0;
	g->corrects = sqlite3_column_int(q, at + 4) != 0;
	return st;
}

static enum status
again_get(struct again *g, struct err *e)
{
	sqlite3_stmt *q = sqlite_once(g->s,
	    "SELECT " EXPOSURE_COLUMNS ", r.sinks, EXISTS(SELECT 1 FROM mute m"
	    " WHERE m.record = x.record AND m.same = x.same),"
	    " EXISTS(SELECT 1 FROM sighting i WHERE i.exposure = x.no),"
	    " EXISTS(SELECT 1 FROM sighting i WHERE i.exposure = x.no"
	    " AND i.verified), EXISTS(SELECT 1 FROM outbox o WHERE"
	    " o.exposure = x.no AND o.topic = 1 AND o.state = 2)"
	    " FROM exposure x JOIN record r ON r.id = x.record"
	    " JOIN record_key k ON k.record = x.record WHERE x.no = ?1");
	enum status st;

	db_int(q, 1, g->a.no);
	st = db_step(g->s, q, e);
	if (st == ST_OK)
		st = again_read(g, q, e);
	sqlite3_finalize(q);
	return st;
}

static bool
goes_to(const struct again *g, const struct store_sink *k)
{
	return (g->sink == NULL || strcmp(g->sink, k->name) == 0) &&
	       rule_serves(k, g->a.of.tenant, g->only);
}

static bool
goes_anywhere(const struct again *g)
{
	for (size_t i = 0; i < g->s->num_sinks; i++)
		if (goes_to(g, &g->s->sinks[i]))
			return true;
	return false;
}

static enum status
again_check(const struct again *g, struct err *e)
{
	enum record_state state = g->a.of.state;

	if (state != RECORD_ACTIVE && state != RECORD_PAUSED)
		return err_set(e, ST_USAGE,
		    "nothing is sent of alert %s: its record is %s", g->a.id,
		    record_state_name(state));
	if (g->muted)
		return err_set(e, ST_USAGE,
		    "nothing is sent of alert %s: it is muted; unmute it first",
		    g->a.id);
	if (!g->seen && !g->corrects)
		return err_set(e, ST_USAGE,
		    "nothing is sent of alert %s: it stands in no log's tree "
		    "any more",
		    g->a.id);
	if (!goes_anywhere(g))
		return err_set(e, ST_MISSING,
		    "there is no %ssink that alert %s goes to",
		    g->sink != NULL ? "such " : "", g->a.id);
	return ST_OK;
}

/* What waits until it is proven still does. What corrects an alert goes out
 * again only when it did not arrive, and instead of the alert. Alone: not in a
 * digest. It was told before, which a rewind is to know. */
static enum status
again_sink(struct again *g, const struct store_sink *k, struct err *e)
{
	sqlite3_stmt *q = sqlite_once(g->s,
	    "UPDATE outbox SET state = 0, attempts = 0, held = 0, cadence = 0,"
	    " digest = NULL, due_ms = ?3, begun_ms = CASE state WHEN 1"
	    " THEN ifnull(begun_ms, ?3) ELSE begun_ms END WHERE exposure = ?1 "
	    "AND sink = ?2"
	    " AND (length(address) > 0) = ?5"
	    " AND topic = ?6 AND (topic = 0 OR state <> 1)"
	    " AND (?4 OR state <> 0)"
	    " AND address NOT IN (SELECT address FROM suppress)");
	size_t num = 0;
	enum status st;

	db_int(q, 1, g->a.no);
	db_text(q, 2, k->name);
	db_int(q, 3, g->now_ms);
	db_int(q, 4, g->proven);
	db_int(q, 5, k->to_record);
	db_int(q, 6, !g->seen);
	st = sqlite_once_run(g->s, q, &num, e);
	g->num += num;
	return st;
}

/* A sink that is newer than the alert has no row yet. */
static enum status
again_send(struct again *g, struct err *e)
{
	const struct delivery d = {g->a.no, g->a.of.row, g->a.of.tenant,
	    g->only, &g->x, rule_later(g->now_ms, g->hold_ms), g->now_ms,
	    g->sink};
	enum status st = g->seen ? sqlite_deliver(g->s, &d, e) : ST_OK;

	for (size_t i = 0; st == ST_OK && i < g->s->num_sinks; i++)
		if (goes_to(g, &g->s->sinks[i]))
			st = again_sink(g, &g->s->sinks[i], e);
	if (st == ST_OK && g->a.of.state == RECORD_PAUSED)
		st = sqlite_waiting_move(g->s, g->a.of.row, RECORD_PAUSED, e);
	return st;
}

static enum status
resend_one(struct store *s, struct ledger_resend *io, const struct actor *who,
    struct err *e)
{
	const struct note n = {.what = "resent", .who = who};
	struct again g = {.s = s,
	    .sink = io->sink,
	    .now_ms = who->now_ms,
	    .hold_ms = io->hold_ms};
	enum status st = sqlite_alert_find(s, &g.a, &io->at, e);

	if (st == ST_OK)
		st = again_get(&g, e);
	if (st == ST_OK)
		st = again_check(&g, e);
	if (st == ST_OK)
		st = again_send(&g, e);
	if (st == ST_OK && g.num > 0)
		st = sqlite_alert_note(s, &g.a, &n, true, e);
	io->num = g.num;
	exposure_fini(&g.x);
	free(g.only);
	alert_row_fini(&g.a);
	return st;
}

/* --- all that were given up ---------------------------------------------------- */

/* One of them: an event's has no record. */
struct dead_row {
	int64_t id, record;
};

/* Somebody who has taken note of the alert has done so of this. */
#define DEAD                                                                   \
	" FROM outbox o LEFT JOIN exposure x ON x.no = o.exposure"             \
	" LEFT JOIN record r ON r.id = x.record"                               \
	" LEFT JOIN event v ON v.no = o.event"                                 \
	" WHERE o.state = 2 AND x.acked_ms IS NULL"                            \
	" AND (?1 IS NULL OR r.tenant = ?1) AND (?2 IS NULL OR o.sink = ?2)"
/* Of it something may be sent. States as in 0001.sql. */
#define MAY_GO                                                                 \
	" AND (o.event IS NOT NULL OR r.state IN (1, 2)"                       \
	" AND NOT EXISTS(SELECT 1 FROM mute m"                                 \
	" WHERE m.record = x.record AND m.same = x.same) AND (o.topic <> 0"    \
	" OR EXISTS(SELECT 1 FROM sighting i WHERE i.exposure = x.no)))"       \
	" AND o.address NOT IN (SELECT address FROM suppress)"

/* The sink is there, and still for this. */
static bool
is_taken(const struct store *s, const char *sink, const struct rule_for *f,
    const char *only)
{
	const struct store_sink *k = rule_sink(s->sinks, s->num_sinks, sink);

	if (k == NULL || !rule_still_for(k, f))
		return false;
	return f->tenant == NULL || rule_serves(k, f->tenant, only);
}

static void
dead_add(struct store *s, struct buf *out, sqlite3_stmt *q)
{
	struct dead_row d = {
	    sqlite3_column_int64(q, 0), sqlite3_column_int64(q, 1)};
	char *sink = db_str(q, 2), *tenant = db_str(q, 3), *only = db_str(q, 4);
	char *type = db_str(q, 5);
	const struct rule_for f = {tenant, type, sqlite3_column_int(q, 6) != 0};

	if (is_taken(s, sink, &f, only))
		buf_add(out, &d, sizeof(d));
	free(sink);
	free(tenant);
	free(only);
	free(type);
}

static enum status
dead_find(struct store *s, struct buf *out, const struct ledger_resend *io,
    struct err *e)
{
	sqlite3_stmt *q = sqlite_once(s,
	    "SELECT o.id, x.record, o.sink, r.tenant, r.sinks, v.type,"
	    " length(o.address) > 0" DEAD MAY_GO " ORDER BY x.record, o.id");
	enum status st;

	db_text(q, 1, io->at.tenant);
	db_text(q, 2, io->sink);
	while ((st = db_step(s, q, e)) == ST_OK)
		dead_add(s, out, q);
	sqlite3_finalize(q);
	return db_done(st);
}

/* A digest goes out again as it was, with all that was in it. */
static enum status
revive(struct store *s, sqlite3_stmt *q, const struct dead_row *d,
    int64_t now_ms, struct err *e)
{
	db_int(q, 1, d->id);
	db_int(q, 2, now_ms);
	return db_run(s, q, NULL, e);
}

/* Once for each record, and once for all events. */
static enum status
revive_note(struct store *s, const struct dead_row *d, const struct actor *who,
    struct err *e)
{
	struct note n = {.what = "resent", .who = who};
	struct alert_row a = {0};
	enum status st;

	if (d->record == 0)
		return sqlite_note(s, &n, e);
	st = sqlite_subject_get(s, &a.of, d->record, e);
	if (st == ST_OK)
		st = sqlite_alert_note(s, &a, &n, false, e);
	alert_row_fini(&a);
	return st;
}

static enum status
revive_all(struct store *s, const struct buf *list, const struct actor *who,
    struct err *e)
{
	sqlite3_stmt *q = sqlite_once(s,
	    "UPDATE outbox AS o SET state = 0, attempts = 0, held = 0,"
	    " due_ms = ?2 |"
	    " ifnull((SELECT (r.state = 2) * " PAUSED " FROM exposure x"
	    " JOIN record r ON r.id = x.record WHERE x.no = o.exposure), 0)"
	    " WHERE id = ?1");
	int64_t record = -1;
	enum status st = ST_OK;

	for (size_t i = 0; i < list->len / sizeof(struct dead_row); i++) {
		struct dead_row d;

		memcpy(&d, list->p + i * sizeof(d), sizeof(d));
		st = revive(s, q, &d, who->now_ms, e);
		if (st == ST_OK && d.record != record)
			st = revive_note(s, &d, who, e);
		if (st != ST_OK)
			break;
		record = d.record;
	}
	sqlite3_finalize(q);
	return st;
}

static enum status
resend_dead(struct store *s, struct ledger_resend *io, const struct actor *who,
    struct err *e)
{
	struct buf list = {0};
	enum status st = dead_find(s, &list, io, e);

	if (st == ST_OK)
		st = revive_all(s, &list, who, e);
	io->num = list.len / sizeof(struct dead_row);
	buf_fini(&list);
	return st;
}

enum status
sqlite_resend(struct store *s, struct ledger_resend *io,
    const struct actor *who, struct err *e)
{
	enum status st = db_begin(s, e);

	io->num = 0;
	if (st != ST_OK)
		return st;
	st = io->at.id != NULL ? resend_one(s, io, who, e)
			       : resend_dead(s, io, who, e);
	st = db_end(s, st, e);
	if (st != ST_OK)
		io->num = 0;
	return st;
}

/* --- the list ------------------------------------------------------------------- */

static const char *
text_of(sqlite3_stmt *q, int at)
{
	return (const char *)sqlite3_column_text(q, at);
}

static void
dead_give(struct store *s, sqlite3_stmt *q, ledger_dead_fn *fn, void *arg)
{
	struct ledger_dead d = {.row = sqlite3_column_int64(q, 0),
	    .sink = text_of(q, 1),
	    .attempts = (unsigned)sqlite3_column_int(q, 2),
	    .at_ms = sqlite3_column_int64(q, 3),
	    .what = text_of(q, 6),
	    .tenant = text_of(q, 7),
	    .record = text_of(q, 8)};
	struct buf plain = {0};

	db_bytes(q, 5, d.id, sizeof(d.id));
	if (sqlite3_column_type(q, 4) != SQLITE_NULL &&
	    db_unbox(s, &plain, span_str(CONTEXT_ERROR), db_span(q, 4), NULL) ==
		ST_OK)
		d.error = buf_cstr(&plain);
	fn(arg, &d);
	buf_fini(&plain);
}

enum status
sqlite_dead(struct store *s, const struct ledger_dead_query *w,
    ledger_dead_fn *fn, void *arg, struct err *e)
{
	sqlite3_stmt *q = sqlite_once(s,
	    "SELECT o.id, o.sink, o.attempts, o.settled_ms, o.error_box,"
	    " ifnull(x.id, v.id), CASE WHEN v.no IS NOT NULL THEN v.type"
	    " WHEN o.topic = 0 THEN 'exposure' ELSE 'follow-up' END,"
	    " r.tenant, r.name" DEAD " AND o.id > ?3 ORDER BY o.id LIMIT ?4");
	enum status st;

	db_text(q, 1, w->tenant);
	db_text(q, 2, w->sink);
	db_int(q, 3, w->after);
	db_int(q, 4, w->limit > 0 ? (int64_t)w->limit : -1);
	while ((st = db_step(s, q, e)) == ST_OK)
		dead_give(s, q, fn, arg);
	sqlite3_finalize(q);
	return db_done(st);
}
