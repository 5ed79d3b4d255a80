/*
 * sqlite_letter: mails that ask somebody to confirm an address: which ones are
 * wanted, which may be sent now, and what became of them. Limits hold for a
 * mailbox, over all records and tenants; it is known by a keyed hash only.
 */
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/store/rules.h"
#include "monitor/store/sqlite_letter.h"
#include "monitor/store/sqlite_recipients.h"

#define DAY_MS (24ll * 3600 * 1000)
#define UNANSWERED_MOST 3
/* Looked at in one transaction. */
#define LOOK_MOST 1000

void
ledger_letters_fini(struct ledger_letters *l)
{
	for (size_t i = 0; i < l->num; i++) {
		struct ledger_letter *x = &l->list[i];

		free((char *)(uintptr_t)x->of.tenant);
		free((char *)(uintptr_t)x->of.id);
		mem_wipe(x->to, strlen(x->to));
		free(x->to);
	}
	free(l->list);
	*l = (struct ledger_letters){0};
}

/* --- wanted, and not any more -------------------------------------------------- */

enum status
sqlite_letter_want(struct store *s, int64_t row, int64_t now_ms, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_LETTER_NEW,
	    "INSERT INTO letter(record, due_ms) VALUES(?1, ?2)");

	db_int(q, 1, row);
	db_int(q, 2, now_ms);
	return db_run(s, q, NULL, e);
}

enum status
sqlite_letter_drop(struct store *s, int64_t row, bool all, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_TOKEN_ERASE,
	    "DELETE FROM token WHERE record = ?1 AND (use = 0 OR ?2)");
	enum status st = db_run_with(
	    s, Q_LETTER_ERASE, "DELETE FROM letter WHERE record = ?1", row, e);

	if (st != ST_OK)
		return st;
	db_int(q, 1, row);
	db_int(q, 2, all);
	return db_run(s, q, NULL, e);
}

/* --- may it be sent ------------------------------------------------------------- */

struct letter {
	int64_t id, record, due_ms;
	unsigned attempts;
	uint8_t address[32];
	int64_t newest_ms; /* of the mails to it; 0: none */
	char *to;
};

enum may { MAY_SEND, MAY_LATER, MAY_NOT };

static enum status
is_suppressed(
    struct store *s, const uint8_t address[32], bool *out, struct err *e)
{
	sqlite3_stmt *q = db_query(
	    s, Q_SUPPRESS_GET, "SELECT 1 FROM suppress WHERE address = ?1");
	enum status st;

	db_blob(q, 1, span_of(address, 32));
	st = db_step(s, q, e);
	*out = st == ST_OK;
	if (st == ST_OK)
		sqlite3_reset(q);
	return db_done(st);
}

/* What was sent there. */
static enum status
may_mail(struct store *s, struct letter *l, enum may *out, int64_t now,
    struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_MAILED_GET,
	    "SELECT newest_ms, unanswered FROM mailed WHERE address = ?1");
	int64_t unanswered;
	enum status st;

	db_blob(q, 1, span_of(l->address, sizeof(l->address)));
	st = db_step(s, q, e);
	if (st != ST_OK)
		return db_done(st);
	l->newest_ms = sqlite3_column_int64(q, 0);
	unanswered = sqlite3_column_int64(q, 1);
	sqlite3_reset(q);
	if (unanswered >= UNANSWERED_MOST)
		*out = MAY_NOT;
	else if (rule_later(l->newest_ms, DAY_MS) > now)
		*out = MAY_LATER;
	return ST_OK;
}

/* Its record is opened for that. */
static enum status
letter_judge(struct store *s, struct letter *l, enum may *out, int64_t now,
    struct err *e)
{
	struct subject x;
	struct record r = {0};
	bool never = false;
	enum status st = sqlite_subject_get(s, &x, l->record, e);

	*out = MAY_NOT;
	if (st == ST_OK && x.state == RECORD_PENDING &&
	    x.kind == RECORD_EMAIL && !rule_expired(x.expires_ms, now))
		st = sqlite_subject_open(s, &r, &x, e);
	if (st == ST_OK && r.value != NULL)
		st = sqlite_address(s, l->address, r.value, e);
	if (st == ST_OK && r.value != NULL)
		st = is_suppressed(s, l->address, &never, e);
	if (st == ST_OK && r.value != NULL && !never) {
		*out = MAY_SEND;
		st = may_mail(s, l, out, now, e);
		l->to = mem_str(r.value);
	}
	record_fini(&r);
	subject_fini(&x);
	return st;
}

static void
letter_fini(struct letter *l)
{
	free(l->to);
	l->to = NULL;
}

static enum status
letter_remove(struct store *s, int64_t id, struct err *e)
{
	return db_run_with(
	    s, Q_LETTER_DROP, "DELETE FROM letter WHERE id = ?1", id, e);
}

static enum status
letter_due(struct store *s, int64_t id, int64_t due_ms, struct err *e)
{
	sqlite3_stmt *q = db_query(
	    s, Q_LETTER_DUE, "UPDATE letter SET due_ms = ?2 WHERE id = ?1");

	db_int(q, 1, id);
	db_int(q, 2, due_ms);
	return db_run(s, q, NULL, e);
}

/* --- which ones ------------------------------------------------------------------ */

/* The next one behind l; NO_ROW: there is none. */
static enum status
letter_next(struct store *s, struct letter *l, int64_t now_ms, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_LETTER_NEXT,
	    "SELECT id, record, due_ms, attempts FROM letter"
	    " WHERE due_ms <= ?1 AND (due_ms, id) > (?2, ?3)"
	    " ORDER BY due_ms, id LIMIT 1");
	enum status st;

	db_int(q, 1, now_ms);
	db_int(q, 2, l->due_ms);
	db_int(q, 3, l->id);
	st = db_step(s, q, e);
	if (st != ST_OK)
		return st;
	*l = (struct letter){.id = sqlite3_column_int64(q, 0),
	    .record = sqlite3_column_int64(q, 1),
	    .due_ms = sqlite3_column_int64(q, 2),
	    .attempts = (unsigned)sqlite3_column_int64(q, 3)};
	sqlite3_reset(q);
	return ST_OK;
}

/* The hashes of those that are listed: one mailbox gets one of them. */
static bool
is_listed(const struct buf *hashes, const uint8_t address[32])
{
	for (size_t i = 0; i < hashes->len; i += 32)
		if (memcmp(hashes->p + i, address, 32) == 0)
			return true;
	return false;
}

static enum status
letter_list(struct store *s, struct ledger_letters *out, const struct letter *l,
    struct err *e)
{
	struct subject x;
	struct ledger_letter *to;
	enum status st = sqlite_subject_get(s, &x, l->record, e);

	if (st == ST_OK) {
		out->list =
		    mem_grow(out->list, out->num + 1, sizeof(*out->list));
		to = &out->list[out->num++];
		*to = (struct ledger_letter){.id = l->id,
		    .of = {mem_str(x.tenant), mem_str(x.id)},
		    .to = mem_str(l->to),
		    .attempts = l->attempts};
	}
	subject_fini(&x);
	return st;
}

struct sorter {
	struct store *s;
	struct ledger_letters *out;
	struct buf hashes;
	int64_t now_ms;
};

/* One of them is listed, put off or dropped. */
static enum status
letter_sort(struct sorter *x, struct letter *l, struct err *e)
{
	enum may may;
	enum status st = letter_judge(x->s, l, &may, x->now_ms, e);

	if (st != ST_OK)
		return st;
	if (may == MAY_NOT)
		return letter_remove(x->s, l->id, e);
	if (may == MAY_LATER)
		return letter_due(
		    x->s, l->id, rule_later(l->newest_ms, DAY_MS), e);
	if (is_listed(&x->hashes, l->address))
		return letter_due(
		    x->s, l->id, rule_later(x->now_ms, DAY_MS), e);
	buf_add(&x->hashes, l->address, sizeof(l->address));
	return letter_list(x->s, x->out, l, e);
}

static enum status
letters_sort(struct sorter *x, size_t limit, struct err *e)
{
	struct letter l = {.due_ms = INT64_MIN};
	enum status st = ST_OK;
	int i;

	for (i = 0; i < LOOK_MOST && st == ST_OK && x->out->num < limit; i++) {
		st = letter_next(x->s, &l, x->now_ms, e);
		if (st == ST_OK)
			st = letter_sort(x, &l, e);
		letter_fini(&l);
	}
	x->out->more = st == ST_OK && i == LOOK_MOST;
	return db_done(st);
}

enum status
sqlite_letters(struct store *s, int64_t now_ms, size_t limit,
    struct ledger_letters *out, struct err *e)
{
	struct sorter x = {s, out, {0}, now_ms};
	enum status st = db_begin(s, e);

	*out = (struct ledger_letters){0};
	if (st != ST_OK)
		return st;
	st = db_end(s, letters_sort(&x, limit, e), e);
	if (st != ST_OK)
		ledger_letters_fini(out);
	buf_fini(&x.hashes);
	return st;
}

/* --- sending one ------------------------------------------------------------------- */

/* Its number is known; NO_ROW: it is gone. */
static enum status
letter_get(struct store *s, struct letter *l, struct err *e)
{
	sqlite3_stmt *q = db_query(
	    s, Q_LETTER_GET, "SELECT record FROM letter WHERE id = ?1");
	enum status st;

	db_int(q, 1, l->id);
	st = db_step(s, q, e);
	if (st != ST_OK)
		return st;
	l->record = sqlite3_column_int64(q, 0);
	sqlite3_reset(q);
	return ST_OK;
}

/* From now on it counts against the mailbox. */
static enum status
letter_count(
    struct store *s, const struct letter *l, int64_t now_ms, struct err *e)
{
	sqlite3_stmt *put = db_query(s, Q_MAILED_PUT,
	    "INSERT INTO mailed(address, newest_ms, unanswered)"
	    " VALUES(?1, ?2, 1) ON CONFLICT DO UPDATE SET newest_ms = ?2,"
	    " unanswered = unanswered + 1");
	sqlite3_stmt *q = db_query(s, Q_LETTER_BEGIN,
	    "UPDATE letter SET attempts = attempts + 1, address = ?2,"
	    " begun_ms = ?3, before_ms = ?4 WHERE id = ?1");
	enum status st;

	db_blob(put, 1, span_of(l->address, sizeof(l->address)));
	db_int(put, 2, now_ms);
	st = db_run(s, put, NULL, e);
	if (st != ST_OK)
		return st;
	db_int(q, 1, l->id);
	db_blob(q, 2, span_of(l->address, sizeof(l->address)));
	db_int(q, 3, now_ms);
	db_int(q, 4, l->newest_ms);
	return db_run(s, q, NULL, e);
}

static enum status
asked_note(struct store *s, int64_t row, int64_t now_ms, struct err *e)
{
	const struct actor who = {rule_who(NULL), now_ms};
	struct subject x;
	enum status st = sqlite_subject_get(s, &x, row, e);
	const struct note n = {.what = "asked",
	    .row = row,
	    .tenant = x.tenant,
	    .id = x.id,
	    .who = &who};

	if (st == ST_OK)
		st = sqlite_note(s, &n, e);
	subject_fini(&x);
	return st;
}

static enum status
letter_begin(
    struct store *s, struct letter *l, const struct token *t, struct err *e)
{
	struct token mine = *t;
	enum may may = MAY_NOT;
	enum status st = letter_get(s, l, e);

	if (st == ST_OK)
		st = letter_judge(s, l, &may, t->made_ms, e);
	if (st == NO_ROW || (st == ST_OK && may != MAY_SEND))
		return err_set(e, ST_STALE, "the mail may not be sent now");
	if (st == ST_OK)
		st = letter_count(s, l, t->made_ms, e);
	mine.row = l->record;
	if (st == ST_OK)
		st = sqlite_token_put(s, &mine, e);
	return st != ST_OK ? st : asked_note(s, l->record, t->made_ms, e);
}

enum status
sqlite_letter_begin(struct store *s, int64_t id, const uint8_t hash[32],
    int64_t now_ms, struct err *e)
{
	struct letter l = {.id = id};
	struct token t = {.hash = hash,
	    .made_ms = now_ms,
	    .expires_ms = rule_later(now_ms, LEDGER_TOKEN_MS)};
	enum status st = db_begin(s, e);

	if (st == ST_OK)
		st = db_end(s, letter_begin(s, &l, &t, e), e);
	letter_fini(&l);
	return st;
}

/* It did not arrive: as if it had not been sent. */
static enum status
letter_undo(struct store *s, const struct store_settle *how, struct err *e)
{
	sqlite3_stmt *undo = db_query(s, Q_MAILED_UNDO,
	    "UPDATE mailed SET newest_ms = l.before_ms,"
	    " unanswered = max(unanswered - 1, 0) FROM letter l"
	    " WHERE l.id = ?1 AND mailed.address = l.address"
	    " AND mailed.newest_ms = l.begun_ms");
	sqlite3_stmt *q = db_query(s, Q_LETTER_UNDO,
	    "UPDATE letter SET due_ms = ?2, address = NULL WHERE id = ?1");
	enum status st;

	db_int(undo, 1, how->row);
	st = db_run(s, undo, NULL, e);
	if (st != ST_OK)
		return st;
	db_int(q, 1, how->row);
	db_int(q, 2, how->due_ms);
	return db_run(s, q, NULL, e);
}

enum status
sqlite_letter_settle(
    struct store *s, const struct store_settle *how, struct err *e)
{
	enum status st = db_begin(s, e);

	if (st != ST_OK)
		return st;
	if (how->how == SETTLE_RETRY)
		st = letter_undo(s, how, e);
	else
		st = letter_remove(s, how->row, e);
	return db_end(s, st, e);
}
