/*
 * sqlite_log: logs, their signed heads, and the stretches read of them. How
 * a stretch moves is in sqlite_commit.c.
 */
#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/store/rules.h"
#include "monitor/store/sqlite.h"

#define LOG_COLUMNS                                                            \
	"l.log_id, l.name, l.operator_name, l.url, l.api, "                    \
	"l.first_seen_ms, l.newest_size, l.newest_ms, l.newest_root, "         \
	"l.newest_raw, l.proven_size, l.proven_ms, l.proven_root, "            \
	"l.proven_raw, l.trouble_level, l.trouble, l.trouble_ms, "             \
	"l.gap_from, l.gap_to, l.resume_at"
#define STRETCH_COLUMNS                                                        \
	"s.id, s.job, s.begin_at, s.limit_at, s.read_to, s.proven_to, "        \
	"s.tree, s.tree_proven, s.scan"
enum { LOG_AT_STRETCH = 9 };

/* --- logs ---------------------------------------------------------------- */

static void
head_fill(struct store_head *h, struct buf *raw, sqlite3_stmt *q, int at)
{
	h->size = (uint64_t)sqlite3_column_int64(q, at);
	h->timestamp_ms = sqlite3_column_int64(q, at + 1);
	db_bytes(q, at + 2, h->root.b, HASH_LEN);
	buf_clear(raw);
	buf_span_add(raw, db_span(q, at + 3));
	h->raw = buf_span(raw);
}

static void
trouble_fill(struct trouble *t, sqlite3_stmt *q, int at)
{
	char *kind = db_str(q, at + 1);

	t->level = (enum trouble_level)sqlite3_column_int(q, at);
	snprintf(t->kind, sizeof(t->kind), "%s", kind);
	t->since_ms = sqlite3_column_int64(q, at + 2);
	t->gap_from = (uint64_t)sqlite3_column_int64(q, at + 3);
	t->gap_to = (uint64_t)sqlite3_column_int64(q, at + 4);
	free(kind);
}

/* LOG_COLUMNS from `at` on; strings that are there already stay. */
static void
log_fill(struct store_log *l, sqlite3_stmt *q, int at)
{
	char **text[] = {&l->name, &l->operator_name, &l->url, &l->api};

	db_bytes(q, at, l->log_id.b, HASH_LEN);
	for (int i = 0; i < 4; i++)
		if (*text[i] == NULL)
			*text[i] = db_str(q, at + 1 + i);
	l->first_seen_ms = sqlite3_column_int64(q, at + 5);
	head_fill(&l->newest, &l->newest_raw, q, at + 6);
	head_fill(&l->proven, &l->proven_raw, q, at + 10);
	trouble_fill(&l->trouble, q, at + 14);
	l->resume_at = (uint64_t)sqlite3_column_int64(q, at + 19);
}

static enum status
unknown_log(const struct hash *log_id, struct err *e)
{
	struct buf b = {0};

	text_base64(&b, hash_span(log_id));
	err_set(e, ST_MISSING, "the store knows no log %s", buf_cstr(&b));
	buf_fini(&b);
	return ST_MISSING;
}

static enum status
log_put(
    struct store *s, const struct store_log *l, int64_t now_ms, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_LOG_PUT,
	    "INSERT INTO log(log_id, name, operator_name, url, api,"
	    " first_seen_ms) VALUES(?1, ifnull(?2, ''), ifnull(?3, ''),"
	    " ifnull(?4, ''), ifnull(?5, ''), ?6)"
	    " ON CONFLICT(log_id) DO UPDATE SET name = ifnull(?2, name),"
	    " operator_name = ifnull(?3, operator_name),"
	    " url = ifnull(?4, url), api = ifnull(?5, api)");

	db_blob(q, 1, hash_span(&l->log_id));
	db_text(q, 2, l->name);
	db_text(q, 3, l->operator_name);
	db_text(q, 4, l->url);
	db_text(q, 5, l->api);
	db_int(q, 6, now_ms);
	return db_run(s, q, NULL, e);
}

static enum status
log_get(struct store *s, struct store_log *l, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_LOG_GET,
	    "SELECT " LOG_COLUMNS " FROM log l WHERE l.log_id = ?1");
	enum status st;

	db_blob(q, 1, hash_span(&l->log_id));
	st = db_step(s, q, e);
	if (st != ST_OK)
		return st == NO_ROW ? unknown_log(&l->log_id, e) : st;
	log_fill(l, q, 0);
	sqlite3_reset(q);
	return ST_OK;
}

enum status
sqlite_log_open(
    struct store *s, struct store_log *l, int64_t now_ms, struct err *e)
{
	enum status st = db_begin(s, e);

	if (st != ST_OK)
		return st;
	st = log_put(s, l, now_ms, e);
	if (st == ST_OK)
		st = log_get(s, l, e);
	return db_end(s, st, e);
}

enum status
sqlite_logs(struct store *s, store_log_fn *fn, void *arg, struct err *e)
{
	sqlite3_stmt *q = db_query(
	    s, Q_LOG_LIST, "SELECT " LOG_COLUMNS " FROM log l ORDER BY l.id");
	struct store_log log = {0};
	enum status st;

	while ((st = db_step(s, q, e)) == ST_OK) {
		log_fill(&log, q, 0);
		fn(arg, &log);
		store_log_fini(&log);
	}
	return db_done(st);
}

enum status
sqlite_log_row(
    struct store *s, int64_t *row, const struct hash *log_id, struct err *e)
{
	sqlite3_stmt *q =
	    db_query(s, Q_LOG_ROW, "SELECT id FROM log WHERE log_id = ?1");
	enum status st;

	db_blob(q, 1, hash_span(log_id));
	st = db_step(s, q, e);
	if (st != ST_OK)
		return st == NO_ROW ? unknown_log(log_id, e) : st;
	*row = sqlite3_column_int64(q, 0);
	sqlite3_reset(q);
	return ST_OK;
}

/* --- trouble ------------------------------------------------------------- */

static enum status
trouble_put(struct store *s, const struct hash *log_id, const struct trouble *t,
    struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_LOG_MARK,
	    "UPDATE log SET trouble_level = ?2, trouble = ?3, trouble_ms = ?4,"
	    " gap_from = ?5, gap_to = ?6 WHERE log_id = ?1");

	db_blob(q, 1, hash_span(log_id));
	db_int(q, 2, t->level);
	db_text(q, 3, t->kind);
	db_int(q, 4, t->since_ms);
	db_int(q, 5, (int64_t)t->gap_from);
	db_int(q, 6, (int64_t)t->gap_to);
	return db_run(s, q, NULL, e);
}

enum status
sqlite_log_mark(struct store *s, const struct hash *log_id,
    const struct trouble *t, const struct event *ev, struct err *e)
{
	struct store_log l = {.log_id = *log_id};
	enum status st = db_begin(s, e);

	if (st != ST_OK)
		return st;
	st = log_get(s, &l, e);
	if (st == ST_OK && rule_trouble(&l.trouble, t))
		st = trouble_put(s, log_id, t, e);
	if (st == ST_OK && ev != NULL)
		st = sqlite_event_put(s, ev, e);
	store_log_fini(&l);
	return db_end(s, st, e);
}

/* --- heads --------------------------------------------------------------- */

static enum status
head_run(struct store *s, sqlite3_stmt *q, int64_t log,
    const struct store_head *h, struct err *e)
{
	db_int(q, 1, log);
	db_int(q, 2, (int64_t)h->size);
	db_int(q, 3, h->timestamp_ms);
	db_blob(q, 4, hash_span(&h->root));
	db_blob(q, 5, h->raw);
	return db_run(s, q, NULL, e);
}

enum status
sqlite_head_put(struct store *s, int64_t log, const struct store_head *h,
    bool proven, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_HEAD_NEWEST,
	    "UPDATE log SET newest_size = ?2, newest_ms = ?3,"
	    " newest_root = ?4, newest_raw = ?5"
	    " WHERE id = ?1 AND (newest_size < ?2 OR (newest_size = ?2"
	    " AND newest_root = ?4 AND newest_ms < ?3))");
	enum status st = head_run(s, q, log, h, e);

	if (st != ST_OK || !proven)
		return st;
	q = db_query(s, Q_HEAD_PROVEN,
	    "UPDATE log SET proven_size = ?2, proven_ms = ?3,"
	    " proven_root = ?4, proven_raw = ?5"
	    " WHERE id = ?1 AND proven_size < ?2");
	return head_run(s, q, log, h, e);
}

enum status
sqlite_head_seen(struct store *s, const struct hash *log_id,
    const struct store_head *h, struct err *e)
{
	int64_t log;
	enum status st = rule_head(h, e);

	if (st == ST_OK)
		st = db_begin(s, e);
	if (st != ST_OK)
		return st;
	st = sqlite_log_row(s, &log, log_id, e);
	if (st == ST_OK)
		st = sqlite_head_put(s, log, h, false, e);
	return db_end(s, st, e);
}

/* --- stretches ----------------------------------------------------------- */

static enum status
tree_fill(struct range *out, uint64_t end, struct span saved, struct err *e)
{
	enum status st = range_load(out, saved, e);

	if (st == ST_OK && out->end != end)
		st = err_set(e, ST_BAD, "it does not end where it should");
	if (st != ST_OK)
		err_prefix(e, "a tree in the store is damaged");
	return st;
}

/* STRETCH_COLUMNS from 0 on. */
static enum status
stretch_fill(struct stretch *out, sqlite3_stmt *q, struct err *e)
{
	enum status st;

	out->id = sqlite3_column_int64(q, 0);
	out->job = sqlite3_column_int64(q, 1);
	out->begin = (uint64_t)sqlite3_column_int64(q, 2);
	out->limit = sqlite3_column_type(q, 3) == SQLITE_NULL
			 ? UINT64_MAX
			 : (uint64_t)sqlite3_column_int64(q, 3);
	out->read = (uint64_t)sqlite3_column_int64(q, 4);
	out->proven = (uint64_t)sqlite3_column_int64(q, 5);
	out->scan = sqlite3_column_int64(q, 8);
	st = tree_fill(&out->tree, out->read, db_span(q, 6), e);
	if (st != ST_OK)
		return st;
	return tree_fill(&out->tree_proven, out->proven, db_span(q, 7), e);
}

static enum status
stretch_get(struct store *s, struct stretch *out, int64_t log, int64_t job,
    struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_STRETCH_GET,
	    "SELECT " STRETCH_COLUMNS ", s.epoch FROM stretch s"
	    " WHERE s.log = ?1 AND s.job = ?2");
	enum status st;

	db_int(q, 1, log);
	db_int(q, 2, job);
	st = db_step(s, q, e);
	if (st != ST_OK)
		return st;
	st = stretch_fill(out, q, e);
	out->epoch = (uint64_t)sqlite3_column_int64(q, LOG_AT_STRETCH);
	sqlite3_reset(q);
	return st;
}

static enum status
stretch_new(struct store *s, struct stretch *io, int64_t log, struct err *e)
{
	sqlite3_stmt *q;
	struct buf tree = {0};
	enum status st = rule_claim(io, e);

	if (st != ST_OK)
		return st;
	range_save(&io->tree, &tree);
	q = db_query(s, Q_STRETCH_NEW,
	    "INSERT INTO stretch(log, job, begin_at, limit_at, read_to,"
	    " proven_to, tree, tree_proven, epoch, scan)"
	    " VALUES(?1, ?2, ?3, ?4, ?3, ?3, ?5, ?5, 1, ?6)");
	db_int(q, 1, log);
	db_int(q, 2, io->job);
	db_int(q, 3, (int64_t)io->begin);
	if (io->limit <= INT64_MAX)
		db_int(q, 4, (int64_t)io->limit);
	db_blob(q, 5, buf_span(&tree));
	db_int(q, 6, io->scan);
	st = db_run(s, q, NULL, e);
	buf_fini(&tree);
	return st;
}

/* A part's job: the lowest one of the log. */
static enum status
part_job(struct store *s, struct stretch *io, int64_t log, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_STRETCH_LOWEST,
	    "SELECT min(0, ifnull(min(job), 0)) - 1 FROM stretch"
	    " WHERE log = ?1");
	enum status st;

	db_int(q, 1, log);
	st = db_step(s, q, e);
	if (st != ST_OK)
		return db_done(st);
	io->job = sqlite3_column_int64(q, 0);
	sqlite3_reset(q);
	return ST_OK;
}

static enum status
claim(struct store *s, struct stretch *io, struct err *e)
{
	struct hash log_id = io->log_id;
	sqlite3_stmt *q;
	int64_t log;
	enum status st = sqlite_log_row(s, &log, &log_id, e);

	if (st == ST_OK && io->job == STORE_PART)
		st = part_job(s, io, log, e);
	if (st != ST_OK)
		return st;
	st = stretch_get(s, io, log, io->job, e);
	if (st == NO_ROW) {
		st = stretch_new(s, io, log, e);
		return st != ST_OK ? st : stretch_get(s, io, log, io->job, e);
	}
	if (st != ST_OK)
		return st;
	q = db_query(s, Q_STRETCH_CLAIM,
	    "UPDATE stretch SET epoch = epoch + 1 WHERE id = ?1");
	db_int(q, 1, io->id);
	io->epoch++;
	return db_run(s, q, NULL, e);
}

enum status
sqlite_claim(struct store *s, struct stretch *io, struct err *e)
{
	enum status st = db_begin(s, e);

	return st != ST_OK ? st : db_end(s, claim(s, io, e), e);
}

enum status
sqlite_stretch_find(struct store *s, struct stretch *out,
    const struct hash *log_id, int64_t job, struct err *e)
{
	int64_t log;
	enum status st = sqlite_log_row(s, &log, log_id, e);

	if (st == ST_OK)
		st = stretch_get(s, out, log, job, e);
	if (st == NO_ROW)
		return err_set(
		    e, ST_MISSING, "nothing of this log was read so far");
	out->log_id = *log_id;
	out->epoch = 0;
	return st;
}

enum status
sqlite_stretch_get(struct store *s, struct stretch *out,
    const struct hash *log_id, int64_t job, struct err *e)
{
	int64_t log;
	enum status st = sqlite_log_row(s, &log, log_id, e);

	out->log_id = *log_id;
	return st != ST_OK ? st : stretch_get(s, out, log, job, e);
}

/* The tail is one no more: its job becomes the lowest one of the log. */
static enum status
tail_end(struct store *s, const struct stretch *tail, struct err *e)
{
	return db_run_with(s, Q_STRETCH_END,
	    "UPDATE stretch SET limit_at = read_to, epoch = epoch + 1,"
	    " job = (SELECT min(job) - 1 FROM stretch o"
	    " WHERE o.log = stretch.log) WHERE id = ?1",
	    tail->id, e);
}

/* No trouble, no head beyond what is proven, and where reading begins. */
static enum status
log_begin_anew(struct store *s, const struct store_bridge *b, struct err *e)
{
	static const struct trouble none;
	sqlite3_stmt *q;
	enum status st = trouble_put(s, &b->log_id, &none, e);

	if (st != ST_OK)
		return st;
	q = db_query(s, Q_LOG_BRIDGE,
	    "UPDATE log SET resume_at = ?2, newest_size = proven_size,"
	    " newest_ms = proven_ms, newest_root = proven_root,"
	    " newest_raw = proven_raw WHERE log_id = ?1");
	db_blob(q, 1, hash_span(&b->log_id));
	db_int(q, 2, (int64_t)b->resume_at);
	return db_run(s, q, NULL, e);
}

static enum status
bridge(struct store *s, struct store_bridge *io, struct err *e)
{
	struct store_log l = {.log_id = io->log_id};
	struct stretch tail = {0};
	enum status found, st = log_get(s, &l, e);

	if (st == ST_OK) {
		found = sqlite_stretch_find(s, &tail, &io->log_id, 0, e);
		st = found == ST_OK || found == ST_MISSING
			 ? rule_bridge(&io->resume_at, &l.trouble,
			       found == ST_OK ? &tail : NULL, e)
			 : found;
	}
	store_log_fini(&l);
	if (st == ST_OK && io->resume_at > 0)
		st = tail_end(s, &tail, e);
	if (st == ST_OK)
		st = log_begin_anew(s, io, e);
	if (st == ST_OK && io->tell != NULL)
		st = sqlite_event_put(s, io->tell(io->arg, io->resume_at), e);
	return st;
}

enum status
sqlite_log_bridge(struct store *s, struct store_bridge *io, struct err *e)
{
	enum status st = db_begin(s, e);

	return st != ST_OK ? st : db_end(s, bridge(s, io, e), e);
}

enum status
sqlite_stretches(
    struct store *s, store_stretch_fn *fn, void *arg, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_STRETCH_LIST,
	    "SELECT " STRETCH_COLUMNS ", " LOG_COLUMNS
	    " FROM stretch s JOIN log l ON l.id = s.log"
	    " ORDER BY s.log, s.job");
	struct store_log log = {0};
	struct stretch x;
	enum status st;

	while ((st = db_step(s, q, e)) == ST_OK) {
		x = (struct stretch){0};
		st = stretch_fill(&x, q, e);
		log_fill(&log, q, LOG_AT_STRETCH);
		if (st != ST_OK) {
			err_prefix(e, "%s", QUOTE(span_str(log.name)));
			store_log_fini(&log);
			break;
		}
		x.log_id = log.log_id;
		fn(arg, &log, &x);
		store_log_fini(&log);
	}
	sqlite3_reset(q);
	return db_done(st);
}
