/*
 * sqlite_carry: what a restore must not bring back. All that has ended in the
 * former store since the backup was made is read first, as far as it can be
 * read; then the former one is let go, and the new one is changed by the same
 * verbs as ever.
 */
#include <stdio.h>

#include "ctlog/base/mem.h"
#include "monitor/store/sqlite_acts.h"
#include "monitor/store/sqlite_copies.h"

/* What has come to an end. */
struct end {
	char *tenant, *id;
	int64_t kind, at_ms;
	enum record_state state; /* that it is to have */
	bool known;              /* the new store has it, too */
};

struct carry {
	struct store *s;
	const char *path; /* of the former store */
	const struct actor *who;
	struct ledger_restored *out;
	struct buf ends; /* struct end */
	bool same_line;  /* the new one is a copy of the former one */
	bool acts;       /* what was done there about alerts was read */
};

/* What cannot be read there is passed over; what cannot be written here is
 * not. */
static enum status
pass_over(struct carry *c, enum status st)
{
	if (st == ST_OK || st == ST_FULL)
		return st;
	c->out->whole = false;
	c->s->broken = false;
	return ST_OK;
}

/* --- reading the former store ---------------------------------------------- */

/* Nobody is to be matched who is not active there with the same value: keyed
 * hashes tell under the same master key; what is sealed does in one line of
 * copies, also when the key was rotated. States as in 0001.sql. */
#define ENDED                                                                  \
	"SELECT o.tenant, o.name, o.kind, o.changed_ms, n.id IS NOT NULL,"     \
	" CASE WHEN o.state IN (3, 4, 5) THEN o.state ELSE 2 END"              \
	" FROM former.record o LEFT JOIN main.record n"                        \
	" ON n.tenant = o.tenant AND n.name = o.name WHERE"                    \
	" CASE o.state WHEN 5 THEN ifnull(n.state <> 5, 1)"                    \
	" WHEN 3 THEN ifnull(n.state NOT IN (3, 5), 1)"                        \
	" WHEN 4 THEN n.state IN (0, 1, 2) WHEN 1 THEN n.state = 1 AND CASE"   \
	" WHEN (SELECT key_id FROM former.store)"                              \
	" = (SELECT key_id FROM main.store)"                                   \
	" THEN o.keys IS NOT n.keys OR o.blob IS NOT n.blob"                   \
	" ELSE ?1 AND o.sealed IS NOT n.sealed END"                            \
	" ELSE n.state = 1 END"

static enum status
read_ends(struct carry *c, struct err *e)
{
	sqlite3_stmt *q = NULL;
	enum status st;

	sqlite3_prepare_v2(c->s->db, ENDED, -1, &q, NULL);
	db_int(q, 1, c->same_line);
	while ((st = db_step(c->s, q, e)) == ST_OK) {
		struct end x = {.tenant = db_str(q, 0),
		    .id = db_str(q, 1),
		    .kind = sqlite3_column_int64(q, 2),
		    .at_ms = sqlite3_column_int64(q, 3),
		    .known = sqlite3_column_int(q, 4) != 0,
		    .state = (enum record_state)sqlite3_column_int(q, 5)};

		buf_add(&c->ends, &x, sizeof(x));
	}
	sqlite3_finalize(q);
	return db_done(st);
}

static void
put_text(char out[129], struct span text)
{
	snprintf(out, 129, "%.*s", (int)text.len, (const char *)text.p);
}

static enum status
read_lost(struct carry *c, struct err *e)
{
	struct ledger_restored *out = c->out;
	sqlite3_stmt *q = NULL;
	enum status st;

	sqlite3_prepare_v2(c->s->db,
	    "SELECT tenant, name FROM former.record o"
	    " WHERE state IN (0, 1, 2, 4) AND NOT EXISTS(SELECT 1"
	    " FROM main.record n WHERE n.tenant = o.tenant AND n.name = o.name)"
	    " ORDER BY tenant, name",
	    -1, &q, NULL);
	while ((st = db_step(c->s, q, e)) == ST_OK) {
		if (out->lost++ >= LEDGER_LOST)
			continue;
		put_text(out->lost_ids[out->lost - 1].tenant, db_span(q, 0));
		put_text(out->lost_ids[out->lost - 1].id, db_span(q, 1));
	}
	sqlite3_finalize(q);
	return db_done(st);
}

/* The former store's audit trail goes on from where this one's ends. */
static enum status
find_line(struct carry *c, struct err *e)
{
	int64_t is = 0;
	enum status st = db_ask(c->s,
	    "WITH head AS (SELECT no, hash FROM (SELECT no, hash"
	    " FROM main.audit UNION ALL SELECT audit_no, audit_hash"
	    " FROM main.store) ORDER BY no DESC LIMIT 1)"
	    " SELECT count(*) FROM head JOIN (SELECT no, hash"
	    " FROM former.audit UNION ALL SELECT audit_no, audit_hash"
	    " FROM former.store) USING (no, hash) WHERE no > 0",
	    &is, e);

	c->same_line = st == ST_OK && is > 0;
	return st;
}

/* Who said "never again" or declined, when whom was written to, which links that ask were
 * not used yet, which letters wait, and the end of the audit trail. */
static enum status
read_ledger(struct carry *c, struct err *e)
{
	return db_exec(c->s,
	    "CREATE TEMP TABLE declining(tenant, name, address, since_ms);"
	    "CREATE TEMP TABLE never AS SELECT * FROM former.suppress;"
	    "CREATE TEMP TABLE asked AS SELECT * FROM former.mailed;"
	    "CREATE TEMP TABLE unused AS"
	    " SELECT hash FROM former.token WHERE use = 0;"
	    "CREATE TEMP TABLE waiting AS SELECT tenant, name"
	    " FROM former.letter JOIN former.record r ON r.id = record;"
	    "CREATE TEMP TABLE trail AS SELECT * FROM former.audit WHERE no >"
	    " (SELECT max(audit_no, (SELECT ifnull(max(no), 0)"
	    " FROM main.audit)) FROM main.store)",
	    e);
}

/* What was taken note of. What was muted, by hashes that are the same in one
 * line of copies only; and whose mutes these are, for some may have ended. */
static enum status
read_acts(struct carry *c, struct err *e)
{
	enum status st = db_exec(c->s,
	    "CREATE TEMP TABLE acked AS SELECT id, acked_ms"
	    " FROM former.exposure WHERE acked_ms IS NOT NULL;"
	    "CREATE TEMP TABLE muted AS SELECT tenant, name, same, not_me,"
	    " since_ms FROM former.mute JOIN former.record r ON r.id = record;"
	    "CREATE TEMP TABLE known AS SELECT tenant, name FROM former.record",
	    e);

	c->acts = st == ST_OK;
	return st;
}

static enum status
attach(struct carry *c, struct err *e)
{
	sqlite3_stmt *q = NULL;
	enum status st;

	sqlite3_prepare_v2(c->s->db, "ATTACH ?1 AS former", -1, &q, NULL);
	db_text(q, 1, c->path);
	st = db_run(c->s, q, NULL, e);
	sqlite3_finalize(q);
	return st;
}

/* Who ended the mails to them about somebody. */
static enum status
read_declined(struct carry *c, int64_t version, struct err *e)
{
	if (version < 9)
		return ST_OK;
	return db_exec(c->s,
	    "INSERT INTO declining SELECT tenant, name, address, since_ms"
	    " FROM former.declined JOIN former.record r ON r.id = record",
	    e);
}

/* *ledger: it is of a version that has one. */
static enum status
read_former(struct carry *c, bool *ledger, struct err *e)
{
	int64_t version = 0;
	enum status st = attach(c, e);

	if (st == ST_OK)
		st = pass_over(
		    c, db_ask(c->s, "PRAGMA former.user_version", &version, e));
	if (st == ST_OK && version >= 6) {
		st = find_line(c, e);
		if (st == ST_OK)
			st = read_ledger(c, e);
		if (st == ST_OK)
			st = read_declined(c, version, e);
		*ledger = st == ST_OK;
		st = pass_over(c, st);
	}
	if (st == ST_OK && version >= 9 && c->same_line)
		st = pass_over(c, read_acts(c, e));
	if (st == ST_OK)
		st = pass_over(c, read_ends(c, e));
	if (st == ST_OK)
		st = pass_over(c, read_lost(c, e));
	if (st == ST_OK)
		st = pass_over(c, db_exec(c->s, "DETACH former", e));
	return st;
}

/* --- changing the new one -------------------------------------------------- */

/* Nobody may bring the id back by accident. */
static enum status
end_unknown(struct carry *c, const struct end *x, struct err *e)
{
	sqlite3_stmt *q = NULL;
	enum status st;

	sqlite3_prepare_v2(c->s->db,
	    "INSERT INTO record(tenant, name, kind, state, created_ms,"
	    " active_ms, changed_ms, expires_ms)"
	    " VALUES(?1, ?2, ?3, 5, 0, 0, ?4, 0)",
	    -1, &q, NULL);
	db_text(q, 1, x->tenant);
	db_text(q, 2, x->id);
	db_int(q, 3, x->kind);
	db_int(q, 4, x->at_ms);
	st = db_run(c->s, q, NULL, e);
	sqlite3_finalize(q);
	return st != ST_OK ? st
			   : db_exec(c->s,
				 "INSERT INTO record_key(record, wrapped)"
				 " VALUES(last_insert_rowid(), zeroblob(60))",
				 e);
}

static enum status
end_one(struct carry *c, const struct end *x, struct err *e)
{
	struct record_change change = {
	    x->tenant, x->id, x->state, c->who->now_ms, c->who->who};
	enum status st = x->known ? sqlite_record_state(c->s, &change, e)
				  : end_unknown(c, x, e);

	c->out->ended += st == ST_OK;
	/* A name has followed its address to an even earlier end. */
	return st == ST_USAGE ? ST_OK : st;
}

static enum status
end_all(struct carry *c, struct err *e)
{
	const struct end *list = (const struct end *)(void *)c->ends.p;
	enum status st = ST_OK;

	for (size_t i = 0; st == ST_OK && i < c->ends.len / sizeof(*list); i++)
		st = end_one(c, &list[i], e);
	return st;
}

/* The keyed hashes of addresses are the same in one line of copies only. */
static enum status
end_letters(struct carry *c, struct err *e)
{
	int64_t never = 0;
	enum status st = db_exec(c->s,
	    "DELETE FROM token WHERE use = 0"
	    " AND hash NOT IN (SELECT hash FROM unused);"
	    "DELETE FROM letter WHERE record NOT IN (SELECT id FROM record"
	    " JOIN waiting w ON w.tenant = record.tenant"
	    " AND w.name = record.name)",
	    e);

	if (st == ST_OK && c->same_line)
		return db_exec(c->s,
		    "INSERT OR IGNORE INTO suppress SELECT * FROM never;"
		    "INSERT OR IGNORE INTO declined SELECT id, address,"
		    " since_ms FROM declining d JOIN record r"
		    " ON r.tenant = d.tenant AND r.name = d.name"
		    " WHERE r.state <> 5;"
		    "INSERT INTO mailed SELECT * FROM asked WHERE true"
		    " ON CONFLICT DO UPDATE SET"
		    " newest_ms = max(newest_ms, excluded.newest_ms),"
		    " unanswered = max(unanswered, excluded.unanswered);"
		    "INSERT INTO audit SELECT * FROM trail",
		    e);
	if (st == ST_OK)
		st = db_ask(c->s, "SELECT count(*) FROM never", &never, e);
	c->out->never = never == 0;
	return st;
}

static enum status
muted_list(struct carry *c, struct buf *out, struct err *e)
{
	sqlite3_stmt *q = sqlite_once(c->s, "SELECT DISTINCT record FROM mute");
	enum status st;

	while ((st = db_step(c->s, q, e)) == ST_OK) {
		int64_t row = sqlite3_column_int64(q, 0);

		buf_add(out, &row, sizeof(row));
	}
	sqlite3_finalize(q);
	return db_done(st);
}

/* States as in 0001.sql. */
static enum status
end_acts(struct carry *c, struct err *e)
{
	struct buf list = {0};
	enum status st = db_exec(c->s,
	    "UPDATE exposure SET told = 1, acked_ms ="
	    " (SELECT a.acked_ms FROM acked a WHERE a.id = exposure.id)"
	    " WHERE id IN (SELECT id FROM acked);"
	    "DELETE FROM outbox WHERE state = 0 AND topic = 0 AND exposure IN"
	    " (SELECT no FROM exposure WHERE acked_ms IS NOT NULL);"
	    "DELETE FROM mute WHERE record IN (SELECT r.id FROM record r"
	    " JOIN known k ON k.tenant = r.tenant AND k.name = r.name);"
	    "INSERT INTO mute(record, same, not_me, since_ms)"
	    " SELECT r.id, m.same, m.not_me, m.since_ms FROM muted m"
	    " JOIN record r ON r.tenant = m.tenant AND r.name = m.name"
	    " WHERE r.state NOT IN (3, 5)",
	    e);

	if (st == ST_OK)
		st = muted_list(c, &list, e);
	for (size_t i = 0; st == ST_OK && i < list.len / 8; i++) {
		int64_t row;

		memcpy(&row, list.p + i * 8, 8);
		st = sqlite_same_fill(c->s, row, e);
		if (st == ST_OK)
			st = sqlite_mute_apply(c->s, row, span_of(NULL, 0), e);
	}
	buf_fini(&list);
	return st;
}

static enum status
carry_former(struct carry *c, struct err *e)
{
	bool ledger = false;
	enum status st = pass_over(c, read_former(c, &ledger, e));

	if (st == ST_OK && ledger)
		st = end_letters(c, e);
	if (st == ST_OK && !ledger)
		c->out->never = c->out->whole;
	if (st == ST_OK)
		st = end_all(c, e);
	return st == ST_OK && c->acts ? end_acts(c, e) : st;
}

static enum status
restored(struct carry *c, struct err *e)
{
	struct note note = {.what = "restored", .who = c->who};
	enum status st = db_begin(c->s, e);

	return st != ST_OK ? st : db_end(c->s, sqlite_note(c->s, &note, e), e);
}

enum status
sqlite_carry(struct store *s, const char *path, const struct actor *who,
    struct ledger_restored *out, struct err *e)
{
	struct carry c = {.s = s, .path = path, .who = who, .out = out};
	struct end *list;
	enum status st = ST_OK;

	if (path != NULL)
		st = carry_former(&c, e);
	s->audit.known = false;
	if (st == ST_OK)
		st = restored(&c, e);
	list = (struct end *)(void *)c.ends.p;
	for (size_t i = 0; i < c.ends.len / sizeof(*list); i++) {
		free(list[i].tenant);
		free(list[i].id);
	}
	buf_fini(&c.ends);
	return st;
}
