/*
 * sqlite_ledger: one record as its owner and a data-protection officer look at
 * it (ledger.h): its values, what became of it, what was found and sent, and
 * its consent. Letters, tokens, the audit trail and what is forgotten have
 * files of their own.
 */
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/store/rules.h"
#include "monitor/store/sqlite_acts.h"
#include "monitor/store/sqlite_copies.h"
#include "monitor/store/sqlite_evidence.h"
#include "monitor/store/sqlite_letter.h"
#include "monitor/store/sqlite_marks.h"

/* What an address or a domain is confirmed for when the record does not say:
 * what the mail's text says. */
#define PURPOSE "ct-exposure/1"

/* --- looking ---------------------------------------------------------------- */

/* That somebody saw or got something of a record. */
static enum status
tell(struct store *s, const struct record_at *at, int64_t row,
    const struct note *n, struct err *e)
{
	struct note with = *n;

	with.row = row;
	with.tenant = at != NULL ? at->tenant : NULL;
	with.id = at != NULL ? at->id : NULL;
	return sqlite_note(s, &with, e);
}

static enum status
row_of(struct store *s, struct record_row *out, const struct subject *x,
    bool reveal, struct err *e)
{
	enum status st = ST_OK;

	*out = (struct record_row){.row = x->row,
	    .created_ms = x->created_ms,
	    .active_ms = x->active_ms,
	    .changed_ms = x->changed_ms};
	if (reveal)
		st = sqlite_subject_open(s, &out->r, x, e);
	if (st != ST_OK)
		return st;
	free(out->r.tenant);
	free(out->r.id);
	out->r.tenant = mem_str(x->tenant);
	out->r.id = mem_str(x->id);
	out->r.kind = x->kind;
	out->r.state = x->state;
	out->r.expires_ms = x->expires_ms;
	return ST_OK;
}

static enum status
get(struct store *s, struct record_row *out, const struct record_at *at,
    bool reveal, struct err *e)
{
	struct subject x;
	enum status st = sqlite_subject_find(s, &x, at, e);

	*out = (struct record_row){0};
	if (st == ST_OK)
		st = row_of(s, out, &x, reveal, e);
	subject_fini(&x);
	return st;
}

static enum status
ledger_get(struct store *s, struct record_row *out, const struct record_at *at,
    const struct actor *who, struct err *e)
{
	const struct note n = {.what = "revealed", .who = who};
	enum status st;

	*out = (struct record_row){0};
	if (who == NULL)
		return get(s, out, at, false, e);
	st = db_begin(s, e);
	if (st != ST_OK)
		return st;
	st = get(s, out, at, true, e);
	if (st == ST_OK && out->r.state != RECORD_ERASED)
		st = tell(s, at, out->row, &n, e);
	st = db_end(s, st, e);
	if (st != ST_OK)
		record_fini(&out->r);
	return st;
}

static enum status
note_one(struct store *s, const struct record_at *at, const struct note *n,
    struct err *e)
{
	struct subject x;
	enum status st = sqlite_subject_find(s, &x, at, e);

	if (st == ST_OK)
		st = tell(s, at, x.row, n, e);
	subject_fini(&x);
	return st;
}

static enum status
ledger_note(struct store *s, const struct record_at *at, const char *what,
    const struct actor *who, struct err *e)
{
	const struct note n = {.what = what, .who = who};
	enum status st = db_begin(s, e);

	if (st != ST_OK)
		return st;
	if (at != NULL && at->id != NULL)
		st = note_one(s, at, &n, e);
	else
		st = tell(s, at, 0, &n, e);
	return db_end(s, st, e);
}

/* --- what became of it --------------------------------------------------------- */

static enum status
event_give(sqlite3_stmt *q, const struct seal *seal, ledger_event_fn *fn,
    void *arg, struct err *e)
{
	struct ledger_event ev = {.time_ms = sqlite3_column_int64(q, 0)};
	struct buf detail = {0};
	enum status st = ST_OK;

	if (sqlite3_column_type(q, 3) != SQLITE_NULL)
		st = seal_get(&detail, seal, db_span(q, 3), e);
	if (st == ST_OK) {
		ev.what = (const char *)sqlite3_column_text(q, 1);
		ev.who = (const char *)sqlite3_column_text(q, 2);
		ev.detail = detail.len != 0 ? buf_cstr(&detail) : NULL;
		fn(arg, &ev);
	}
	mem_wipe(detail.p, detail.cap);
	buf_fini(&detail);
	return st;
}

static enum status
ledger_history(struct store *s, const struct record_at *at, ledger_event_fn *fn,
    void *arg, struct err *e)
{
	struct subject x;
	struct seal seal;
	sqlite3_stmt *q;
	enum status st = sqlite_subject_find(s, &x, at, e);

	if (st == ST_OK) {
		seal = subject_seal(s, &x, SEALED_HISTORY);
		q = db_query(s, Q_HISTORY_LIST,
		    "SELECT time_ms, what, who, sealed FROM history"
		    " WHERE record = ?1 ORDER BY no");
		db_int(q, 1, x.row);
		while ((st = db_step(s, q, e)) == ST_OK) {
			st = event_give(q, &seal, fn, arg, e);
			if (st != ST_OK)
				break;
		}
		sqlite3_reset(q);
		st = db_done(st);
	}
	subject_fini(&x);
	return st;
}

static enum status
row_find(
    struct store *s, int64_t *row, const struct record_at *at, struct err *e)
{
	struct subject x;
	enum status st = sqlite_subject_find(s, &x, at, e);

	*row = x.row;
	subject_fini(&x);
	return st;
}

static enum status
ledger_deliveries(struct store *s, const struct record_at *at,
    ledger_delivery_fn *fn, void *arg, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_DELIVERY_LIST,
	    "SELECT x.id, o.sink, o.state, o.attempts, o.settled_ms"
	    " FROM exposure x JOIN outbox o ON o.exposure = x.no"
	    " WHERE x.record = ?1 ORDER BY x.time_ms, x.no, o.id");
	int64_t row;
	enum status st = row_find(s, &row, at, e);

	if (st != ST_OK)
		return st;
	db_int(q, 1, row);
	while ((st = db_step(s, q, e)) == ST_OK) {
		struct ledger_delivery d = {
		    .sink = (const char *)sqlite3_column_text(q, 1),
		    .state = (enum delivery_state)sqlite3_column_int(q, 2),
		    .attempts = (unsigned)sqlite3_column_int(q, 3),
		    .at_ms = sqlite3_column_int64(q, 4)};

		db_bytes(q, 0, d.exposure, sizeof(d.exposure));
		fn(arg, &d);
	}
	return db_done(st);
}

/* --- consent --------------------------------------------------------------------- */

/* The record as it is, sealed anew. */
static enum status
record_seal(struct store *s, const struct subject *x, const struct record *r,
    struct err *e)
{
	struct seal seal = subject_seal(s, x, SEALED_RECORD);
	struct buf plain = {0}, sealed = {0};
	sqlite3_stmt *q;
	enum status st;

	record_json(r, &plain);
	st = seal_put(&sealed, &seal, buf_span(&plain), e);
	if (st == ST_OK) {
		q = db_query(s, Q_RECORD_SEAL,
		    "UPDATE record SET sealed = ?2 WHERE id = ?1");
		db_int(q, 1, x->row);
		db_blob(q, 2, buf_span(&sealed));
		st = db_run(s, q, NULL, e);
	}
	mem_wipe(plain.p, plain.cap);
	buf_fini(&plain);
	buf_fini(&sealed);
	return st;
}

static void
set_text(char **to, const char *text)
{
	free(*to);
	*to = mem_str(text);
}

enum status
sqlite_consent(struct store *s, const struct subject *x,
    const struct ledger_proof *proof, const struct actor *who, struct err *e)
{
	struct move m = {.to = RECORD_ACTIVE, .what = "confirmed", .who = who};
	struct buf detail = {0};
	struct record r;
	enum status st = sqlite_subject_open(s, &r, x, e);

	if (st == ST_OK) {
		if (r.purpose == NULL)
			set_text(&r.purpose, PURPOSE);
		set_text(&r.method, proof->method);
		set_text(&r.evidence, proof->evidence);
		r.consent_ms = who->now_ms;
		st = record_seal(s, x, &r, e);
		rule_consent_text(&detail, &r);
		m.detail = buf_span(&detail);
	}
	if (st == ST_OK)
		st = sqlite_move(s, x, &m, e);
	if (st == ST_OK)
		st = sqlite_generation_bump(s, e);
	record_fini(&r);
	mem_wipe(detail.p, detail.cap);
	buf_fini(&detail);
	return st;
}

static enum status
confirm_check(const struct subject *x, int64_t now_ms, struct err *e)
{
	struct record_change c = {
	    x->tenant, x->id, RECORD_ACTIVE, now_ms, NULL};

	if (x->state != RECORD_PENDING)
		return err_set(e, ST_USAGE,
		    "record %s of tenant %s is %s: only a pending one is "
		    "confirmed",
		    QUOTE(span_str(x->id)), QUOTE(span_str(x->tenant)),
		    record_state_name(x->state));
	if (x->identity != 0)
		return err_set(e, ST_USAGE,
		    "record %s of tenant %s is confirmed with the address "
		    "that it belongs to",
		    QUOTE(span_str(x->id)), QUOTE(span_str(x->tenant)));
	return rule_change(&c, x->state, x->expires_ms, e);
}

static enum status
confirm(struct store *s, const struct record_at *at,
    const struct ledger_proof *p, const struct actor *who, struct err *e)
{
	struct subject x = {0};
	enum status st = sqlite_expire(s, who->now_ms, e);

	if (st == ST_OK)
		st = sqlite_subject_find(s, &x, at, e);
	if (st == ST_OK)
		st = confirm_check(&x, who->now_ms, e);
	if (st == ST_OK)
		st = sqlite_consent(s, &x, p, who, e);
	subject_fini(&x);
	return st;
}

static enum status
ledger_confirm(struct store *s, const struct record_at *at,
    const struct ledger_proof *p, const struct actor *who, struct err *e)
{
	enum status st = db_begin(s, e);

	return st != ST_OK ? st : db_end(s, confirm(s, at, p, who, e), e);
}

static enum status
ledger_challenge(
    struct store *s, const struct record_at *at, char out[44], struct err *e)
{
	struct buf text = {0};
	struct subject x;
	uint8_t mac[32];
	enum status st = sqlite_subject_find(s, &x, at, e);

	if (st == ST_OK)
		st = sqlite_secret_mac(
		    s, mac, "challenge", buf_span(&x.context), e);
	subject_fini(&x);
	if (st != ST_OK)
		return st;
	text_base64url(&text, span_of(mac, sizeof(mac)));
	memcpy(out, buf_cstr(&text), 44);
	buf_fini(&text);
	return ST_OK;
}

/* --- sinks that are gone ----------------------------------------------------- */

static bool
is_served(const struct store *s, const char *tenant, const char *sink)
{
	for (size_t i = 0; i < s->num_sinks; i++)
		if (rule_serves(&s->sinks[i], tenant, sink))
			return true;
	return false;
}

/* All of them; `lines` are names, one a line. */
static bool
are_served(const struct store *s, const char *tenant, struct span lines)
{
	bool all = true;

	while (lines.len != 0 && all) {
		size_t n = span_chr(lines, '\n');
		char *name = mem_strn(lines.p, n);

		all = is_served(s, tenant, name);
		free(name);
		lines = span_from(lines, n + 1);
	}
	return all;
}

static enum status
ledger_unserved(struct store *s, uint64_t *num, struct buf *one, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_RECORD_SINKS,
	    "SELECT tenant, sinks, count(*), min(name) FROM record NOT INDEXED"
	    " WHERE sinks IS NOT NULL AND state IN (0, 1, 2)"
	    " GROUP BY tenant, sinks ORDER BY tenant, min(name)");
	enum status st;

	*num = 0;
	while ((st = db_step(s, q, e)) == ST_OK) {
		char *tenant = db_str(q, 0);

		if (!are_served(s, tenant, db_span(q, 1))) {
			if (*num == 0) {
				buf_span_add(one, db_span(q, 3));
				buf_fmt(one, " of tenant %s", tenant);
			}
			*num += (uint64_t)sqlite3_column_int64(q, 2);
		}
		free(tenant);
	}
	return db_done(st);
}

const struct ledger_api ledger_sqlite = {
    .get = ledger_get,
    .note = ledger_note,
    .history = ledger_history,
    .coverage = sqlite_coverage,
    .exposures = sqlite_exposures_some,
    .deliveries = ledger_deliveries,
    .evidence_due = sqlite_evidence_due,
    .evidence_put = sqlite_evidence_put,
    .evidence_fail = sqlite_evidence_fail,
    .evidence_get = sqlite_evidence_get,
    .ack = sqlite_ack,
    .mute = sqlite_mute,
    .unmute = sqlite_unmute,
    .resend = sqlite_resend,
    .mutes = sqlite_mutes,
    .dead = sqlite_dead,
    .unserved = ledger_unserved,
    .confirm = ledger_confirm,
    .challenge = ledger_challenge,
    .letters = sqlite_letters,
    .letter_begin = sqlite_letter_begin,
    .letter_settle = sqlite_letter_settle,
    .unsubscribe_token = sqlite_unsubscribe_token,
    .token_use = sqlite_token_use,
    .retain = sqlite_retain,
    .audit = sqlite_audit,
    .audit_check = sqlite_audit_check,
    .rotate = sqlite_rotate,
    .backup = sqlite_backup,
    .restore = sqlite_restore,
};
