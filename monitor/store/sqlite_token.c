/*
 * sqlite_token: what links in mails do: confirm an address, withdraw a record,
 * and never write there again. A token is found by its SHA-256, so the time
 * that takes tells nothing about it; one that does not count does nothing.
 */
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/store/rules.h"
#include "monitor/store/sqlite_letter.h"
#include "monitor/store/sqlite_recipients.h"

enum { USE_CONFIRM, USE_UNSUBSCRIBE };

static void
token_hash(const struct store *s, uint8_t out[32], const uint8_t *token)
{
	struct sha256_text text = {
	    {NULL, 0}, span_of(token, LEDGER_TOKEN), out};

	sha256_run(s->sha, &sha256_initial, &text, 1);
}

enum status
sqlite_token_put(struct store *s, const struct token *t, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_TOKEN_NEW,
	    "INSERT INTO token(hash, record, use, made_ms, expires_ms, address)"
	    " VALUES(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING");

	db_blob(q, 1, span_of(t->hash, 32));
	db_int(q, 2, t->row);
	db_int(q, 3, t->use);
	db_int(q, 4, t->made_ms);
	if (t->expires_ms != 0)
		db_int(q, 5, t->expires_ms);
	if (t->address != NULL)
		db_blob(q, 6, span_of(t->address, 32));
	return db_run(s, q, NULL, e);
}

/* --- the link of alerts ----------------------------------------------------------- */

static enum status
is_kept(struct store *s, bool *out, const uint8_t hash[32], struct err *e)
{
	sqlite3_stmt *q =
	    db_query(s, Q_TOKEN_HAS, "SELECT 1 FROM token WHERE hash = ?1");
	enum status st;

	db_blob(q, 1, span_of(hash, 32));
	st = db_step(s, q, e);
	*out = st == ST_OK;
	if (st == ST_OK)
		sqlite3_reset(q);
	return db_done(st);
}

/* Of a record, or of one recipient of its alerts (address; NULL: not). */
static enum status
unsubscribe_mint(struct store *s, uint8_t token[LEDGER_TOKEN],
    const struct subject *x, const uint8_t *address, struct err *e)
{
	uint8_t hash[32];
	struct token t = {.hash = hash,
	    .row = x->row,
	    .use = USE_UNSUBSCRIBE,
	    .address = address};
	struct buf text = {0};
	bool kept = false;
	enum status st;

	buf_span_add(&text, buf_span(&x->context));
	if (address != NULL)
		buf_char(&text, '\0');
	buf_add(&text, address, address != NULL ? 32 : 0);
	st = sqlite_secret_mac(s, token, "unsubscribe", buf_span(&text), e);
	buf_fini(&text);
	if (st != ST_OK)
		return st;
	token_hash(s, hash, token);
	st = is_kept(s, &kept, hash, e);
	return st != ST_OK || kept ? st : sqlite_token_put(s, &t, e);
}

enum status
sqlite_unsubscribe_mint(struct store *s, uint8_t token[LEDGER_TOKEN],
    const struct recipients *r, const struct recipient *to, struct err *e)
{
	return unsubscribe_mint(
	    s, token, &r->of, to->own ? NULL : to->address, e);
}

static enum status
unsubscribe_put(
    struct store *s, const struct record_at *at, uint8_t *token, struct err *e)
{
	struct subject x;
	enum status st = sqlite_subject_find(s, &x, at, e);

	if (st == ST_OK && x.state == RECORD_ERASED)
		st = rule_no_record(at->tenant, at->id, e);
	if (st == ST_OK)
		st = unsubscribe_mint(s, token, &x, NULL, e);
	subject_fini(&x);
	return st;
}

enum status
sqlite_unsubscribe_token(struct store *s, const struct record_at *at,
    uint8_t token[LEDGER_TOKEN], struct err *e)
{
	enum status st = db_begin(s, e);

	return st != ST_OK ? st
			   : db_end(s, unsubscribe_put(s, at, token, e), e);
}

/* --- using one --------------------------------------------------------------------- */

/* A token that counts; the record that it is for. */
struct used {
	const uint8_t *hash;
	const struct record_at *of; /* NULL: whose it is */
	const struct actor *who;
	int use;
	int64_t row, made_ms;
	bool of_recipient; /* not the record: its mails to this address */
	uint8_t address[32];
	struct subject x;
};

static enum status
token_find(struct store *s, struct used *u, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_TOKEN_FIND,
	    "SELECT record, use, made_ms, address FROM token WHERE hash = ?1"
	    " AND (expires_ms IS NULL OR expires_ms > ?2)");
	enum status st;

	db_blob(q, 1, span_of(u->hash, 32));
	db_int(q, 2, u->who->now_ms);
	st = db_step(s, q, e);
	if (st != ST_OK)
		return st;
	u->row = sqlite3_column_int64(q, 0);
	u->use = sqlite3_column_int(q, 1);
	u->made_ms = sqlite3_column_int64(q, 2);
	u->of_recipient = sqlite3_column_type(q, 3) != SQLITE_NULL;
	db_bytes(q, 3, u->address, sizeof(u->address));
	sqlite3_reset(q);
	return sqlite_subject_get(s, &u->x, u->row, e);
}

/* The address that the record's mails go to: its own, or that of the one it
 * belongs to. NO_ROW: it has none. */
static enum status
mailbox_of(
    struct store *s, const struct subject *x, uint8_t out[32], struct err *e)
{
	struct subject of = {0};
	const struct subject *from = x->kind == RECORD_EMAIL ? x : NULL;
	struct record r = {0};
	enum status st = ST_OK;

	if (from == NULL && x->identity != 0) {
		st = sqlite_subject_get(s, &of, x->identity, e);
		from = &of;
	}
	if (st == ST_OK && from != NULL)
		st = sqlite_subject_open(s, &r, from, e);
	if (st == ST_OK)
		st = r.value == NULL ? NO_ROW
				     : sqlite_address(s, out, r.value, e);
	record_fini(&r);
	subject_fini(&of);
	return st;
}

/* Who answered may be asked again some day. */
static enum status
answered(struct store *s, const struct subject *x, struct err *e)
{
	uint8_t box[32];
	sqlite3_stmt *q = db_query(s, Q_MAILED_ANSWER,
	    "UPDATE mailed SET unanswered = 0 WHERE address = ?1");
	enum status st = mailbox_of(s, x, box, e);

	if (st != ST_OK)
		return db_done(st);
	db_blob(q, 1, span_of(box, sizeof(box)));
	return db_run(s, q, NULL, e);
}

static enum status
use_confirm(struct store *s, struct used *u, bool *did, struct err *e)
{
	char when[TEXT_TIME];
	struct buf evidence = {0};
	struct ledger_proof proof = {.method = "mail"};
	enum status st = answered(s, &u->x, e);

	buf_fmt(
	    &evidence, "link in the mail of %s", text_time(when, u->made_ms));
	proof.evidence = buf_cstr(&evidence);
	if (st == ST_OK)
		st = sqlite_consent(s, &u->x, &proof, u->who, e);
	*did = st == ST_OK;
	buf_fini(&evidence);
	return st;
}

static enum status
use_withdraw(struct store *s, struct used *u, bool *did, struct err *e)
{
	struct move m = {.to = RECORD_WITHDRAWN, .who = u->who};
	enum status st;

	if (u->x.state >= RECORD_WITHDRAWN && u->x.state != RECORD_EXPIRED)
		return ST_OK;
	st = sqlite_move(s, &u->x, &m, e);
	if (st == ST_OK)
		st = sqlite_generation_bump(s, e);
	*did = st == ST_OK;
	return st;
}

static struct note
note_of(const struct used *u, const char *what)
{
	return (struct note){.what = what,
	    .row = u->x.row,
	    .tenant = u->x.tenant,
	    .id = u->x.id,
	    .who = u->who};
}

/* Somebody is told of the record besides whom it is about: that ends, and
 * nothing else. */
static enum status
decline(struct store *s, const struct used *u, bool *did, struct err *e)
{
	struct note n = note_of(u, "unsubscribed");
	size_t added = 0;
	sqlite3_stmt *q = db_query(s, Q_DECLINED_PUT,
	    "INSERT INTO declined(record, address, since_ms)"
	    " VALUES(?1, ?2, ?3) ON CONFLICT DO NOTHING");
	enum status st;

	db_int(q, 1, u->x.row);
	db_blob(q, 2, span_of(u->address, sizeof(u->address)));
	db_int(q, 3, u->who->now_ms);
	st = db_run(s, q, &added, e);
	if (st != ST_OK || added == 0)
		return st;
	*did = true;
	return sqlite_note(s, &n, e);
}

static enum status
use_unsubscribe(struct store *s, struct used *u, bool *did, struct err *e)
{
	return u->of_recipient ? decline(s, u, did, e)
			       : use_withdraw(s, u, did, e);
}

static enum status
suppress(struct store *s, const struct used *u, bool *did, struct err *e)
{
	struct note n = note_of(u, "never again");
	uint8_t box[32];
	size_t added = 0;
	sqlite3_stmt *q = db_query(s, Q_SUPPRESS_PUT,
	    "INSERT INTO suppress(address, since_ms) VALUES(?1, ?2)"
	    " ON CONFLICT DO NOTHING");
	enum status st = u->of_recipient ? ST_OK : mailbox_of(s, &u->x, box, e);

	if (st != ST_OK)
		return db_done(st);
	db_blob(q, 1, span_of(u->of_recipient ? u->address : box, 32));
	db_int(q, 2, u->who->now_ms);
	st = db_run(s, q, &added, e);
	if (st != ST_OK || added == 0)
		return st;
	*did = true;
	return sqlite_note(s, &n, e);
}

/* A record that nobody confirmed goes at once, any other is withdrawn. */
static enum status
use_never(struct store *s, struct used *u, bool *did, struct err *e)
{
	struct move m = {.to = RECORD_ERASED, .who = u->who};
	enum status st = suppress(s, u, did, e);

	if (st != ST_OK)
		return st;
	if (u->of_recipient || u->x.state != RECORD_PENDING)
		return use_unsubscribe(s, u, did, e);
	st = sqlite_move(s, &u->x, &m, e);
	if (st == ST_OK)
		st = sqlite_generation_bump(s, e);
	*did = st == ST_OK;
	return st;
}

static bool
is_of(const struct subject *x, const struct record_at *at)
{
	return at == NULL || (strcmp(x->tenant, at->tenant) == 0 &&
				 strcmp(x->id, at->id) == 0);
}

static enum status
token_act(struct store *s, struct used *u, enum token_act act, bool *did,
    struct err *e)
{
	enum record_state state = u->x.state;
	/* A letter's counts as long as its record waits for it. */
	bool counts = u->use == USE_UNSUBSCRIBE
			  ? state != RECORD_ERASED
			  : state == RECORD_PENDING &&
				!rule_expired(u->x.expires_ms, u->who->now_ms);

	if (!counts || !is_of(&u->x, u->of))
		return ST_OK;
	if (act == TOKEN_NEVER)
		return use_never(s, u, did, e);
	if (act == TOKEN_CONFIRM && u->use == USE_CONFIRM)
		return use_confirm(s, u, did, e);
	if (act == TOKEN_UNSUBSCRIBE && u->use == USE_UNSUBSCRIBE)
		return use_unsubscribe(s, u, did, e);
	return ST_OK;
}

enum status
sqlite_token_use(struct store *s, struct ledger_use *io,
    const struct actor *who, struct err *e)
{
	uint8_t hash[32];
	struct used u = {.hash = hash, .of = io->of, .who = who};
	enum status st = db_begin(s, e);

	io->did = false;
	if (st != ST_OK)
		return st;
	token_hash(s, hash, io->token);
	st = sqlite_expire(s, who->now_ms, e);
	if (st == ST_OK)
		st = token_find(s, &u, e);
	if (st == ST_OK)
		st = token_act(s, &u, io->act, &io->did, e);
	subject_fini(&u.x);
	st = db_end(s, db_done(st), e);
	io->did = io->did && st == ST_OK;
	return st;
}
