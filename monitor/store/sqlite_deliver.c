/*
 * sqlite_deliver: see sqlite_deliver.h. What becomes of the rows afterwards is
 * in sqlite_outbox.c, how digests are made of them in sqlite_digest.c.
 */
#include "monitor/store/rules.h"
#include "monitor/store/sqlite_deliver.h"
#include "monitor/store/sqlite_recipients.h"

/* What is collected is not held until it is proven: it goes at its time, and
 * that is not before its proof is waited for. */
static enum status
row_put(struct store *s, const struct delivery *d, const struct delivery_row *r,
    struct err *e)
{
	bool single = r->cadence == CADENCE_SINGLE;
	sqlite3_stmt *q = db_query(s, Q_OUTBOX_EXPOSURE,
	    "INSERT INTO outbox(sink, exposure, address, held, due_ms, cadence,"
	    " record) VALUES(?1, ?2, ?7, ?3, ?4, ?5, ?6)"
	    " ON CONFLICT DO NOTHING");

	db_text(q, 1, r->sink->name);
	db_int(q, 2, d->exposure);
	db_int(q, 3, single);
	db_int(q, 4,
	    single ? d->due_ms
		   : rule_digest_at(r->sink, r->cadence, d->due_ms));
	db_int(q, 5, (int64_t)r->cadence);
	if (r->sink->digests)
		db_int(q, 6, d->record);
	db_blob(q, 7, r->address);
	return db_run(s, q, NULL, e);
}

/* address: of a recipient; nothing: the sink knows. */
static enum status
row_new(struct store *s, const struct delivery *d, const struct store_sink *k,
    struct span address, struct err *e)
{
	struct delivery_row r = {.sink = k, .address = address};
	enum status st = sqlite_cadence(s, d, &r, e);

	return st == ST_OK ? row_put(s, d, &r, e) : st;
}

/* One for each recipient who wants it. */
static enum status
rows_mail(struct store *s, const struct delivery *d, const struct store_sink *k,
    const struct recipients *mails, struct err *e)
{
	enum status st = ST_OK;

	for (size_t i = 0; st == ST_OK && i < mails->num; i++) {
		const struct recipient *to = &mails->list[i];
		bool none = false;

		st = sqlite_wants_none(s, &none, mails, to, e);
		if (st == ST_OK && !none)
			st = row_new(s, d, k,
			    span_of(to->address, sizeof(to->address)), e);
	}
	return st;
}

/* The record is opened only where somebody may write to it. */
static bool
has_mail(const struct store *s, const struct delivery *d)
{
	for (size_t i = 0; i < s->num_sinks; i++)
		if (s->sinks[i].to_record &&
		    rule_serves(&s->sinks[i], d->tenant, NULL))
			return true;
	return false;
}

static enum status
rows(struct store *s, const struct delivery *d, const struct recipients *mails,
    struct err *e)
{
	/* Older versions left mailto: out of the column. */
	const char *only = mails->only != NULL ? mails->only : d->only;
	enum status st = ST_OK;

	for (size_t i = 0; st == ST_OK && i < s->num_sinks; i++) {
		const struct store_sink *k = &s->sinks[i];

		if (d->sink != NULL && strcmp(d->sink, k->name) != 0)
			continue;
		if (k->to_record && rule_serves(k, d->tenant, mails->mails))
			st = rows_mail(s, d, k, mails, e);
		else if (!k->to_record && rule_serves(k, d->tenant, only))
			st = row_new(s, d, k, span_of("", 0), e);
	}
	return st;
}

enum status
sqlite_deliver(struct store *s, const struct delivery *d, struct err *e)
{
	struct recipients mails = {0};
	enum status st = ST_OK;

	if (has_mail(s, d))
		st = sqlite_recipients(s, &mails, d->record, e);
	/* A damaged record stops nobody's reading. */
	if (st == ST_OK || st == ST_BAD)
		st = rows(s, d, &mails, e);
	recipients_fini(&mails);
	return st;
}
