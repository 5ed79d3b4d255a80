/*
 * sqlite_recipients: see sqlite_recipients.h. Addresses stand in the sealed
 * record alone; a delivery has the keyed hash of one, and is addressed anew
 * each time that it is due, to those that the record names then.
 */
#include "monitor/store/sqlite_recipients.h"

#include "ctlog/base/mem.h"
#include "monitor/store/rules.h"

#define MAILTO "mailto:"

void
recipients_fini(struct recipients *r)
{
	for (size_t i = 0; i < r->num; i++) {
		mem_wipe(r->list[i].to, strlen(r->list[i].to));
		free(r->list[i].to);
	}
	free(r->list);
	free(r->only);
	free(r->mails);
	subject_fini(&r->of);
	*r = (struct recipients){0};
}

/* Two that are one mailbox get one mail. */
static enum status
add(struct store *s, struct recipients *out, const char *to, bool own,
    struct err *e)
{
	struct recipient r = {.own = own};
	enum status st = sqlite_address(s, r.address, to, e);

	if (st != ST_OK)
		return st;
	for (size_t i = 0; i < out->num; i++)
		if (memcmp(out->list[i].address, r.address, 32) == 0)
			return ST_OK;
	out->list = mem_grow(out->list, out->num + 1, sizeof(*out->list));
	r.to = mem_str(to);
	out->list[out->num++] = r;
	return ST_OK;
}

/* The address of whom the record is about; NULL: none is known. */
struct self {
	const char *to;
	uint8_t address[32];
};

static enum status
add_mailto(struct store *s, struct recipients *out, const struct record *r,
    const struct self *self, struct err *e)
{
	struct span mailto = span_str(MAILTO);
	uint8_t address[32];
	enum status st = ST_OK;

	for (size_t i = 0; st == ST_OK && i < r->notify.num; i++) {
		const char *to = r->notify.list[i];

		if (!span_starts(span_str(to), mailto))
			continue;
		to += mailto.len;
		st = sqlite_address(s, address, to, e);
		if (st == ST_OK)
			st = add(s, out, to,
			    self->to != NULL &&
				memcmp(address, self->address, 32) == 0,
			    e);
	}
	return st;
}

/* r: the record; of: the one whose value is its own address, r itself or its
 * identity; NULL: there is none. */
static enum status
collect(struct store *s, struct recipients *out, const struct record *r,
    const struct record *of, struct err *e)
{
	const struct record *who =
	    r->notify.num == 0 && of != NULL && of != r ? of : r;
	struct self self = {of != NULL ? of->value : NULL, {0}};
	enum status st = ST_OK;

	out->only = rule_only(r);
	out->mails = rule_only(who);
	if (self.to != NULL)
		st = sqlite_address(s, self.address, self.to, e);
	if (st == ST_OK)
		st = add_mailto(s, out, who, &self, e);
	if (st == ST_OK && out->num == 0 && who != of && of != NULL)
		st = add_mailto(s, out, of, &self, e);
	if (st == ST_OK && out->num == 0 && self.to != NULL)
		st = add(s, out, self.to, true, e);
	return st;
}

static enum status
identity_open(struct store *s, struct record *out, int64_t row, struct err *e)
{
	struct subject x;
	enum status st = sqlite_subject_get(s, &x, row, e);

	if (st == ST_OK)
		st = sqlite_subject_open(s, out, &x, e);
	subject_fini(&x);
	return st;
}

enum status
sqlite_recipients(
    struct store *s, struct recipients *out, int64_t record, struct err *e)
{
	struct record r = {0}, of = {0};
	enum status st;

	*out = (struct recipients){0};
	st = sqlite_subject_get(s, &out->of, record, e);
	if (st == ST_OK)
		st = sqlite_subject_open(s, &r, &out->of, e);
	if (st == ST_OK && out->of.identity != 0)
		st = identity_open(s, &of, out->of.identity, e);
	if (st == ST_OK && out->of.kind == RECORD_EMAIL && r.value != NULL)
		st = collect(s, out, &r, &r, e);
	else if (st == ST_OK)
		st = collect(s, out, &r, of.value != NULL ? &of : NULL, e);
	record_fini(&r);
	record_fini(&of);
	return st;
}

enum status
sqlite_wants_none(struct store *s, bool *out, const struct recipients *r,
    const struct recipient *to, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_DECLINED_GET,
	    "SELECT 1 FROM suppress WHERE address = ?2 UNION ALL"
	    " SELECT 1 FROM declined WHERE record = ?1 AND address = ?2");
	enum status st;

	db_int(q, 1, r->of.row);
	db_blob(q, 2, span_of(to->address, sizeof(to->address)));
	st = db_step(s, q, e);
	*out = st == ST_OK;
	if (st == ST_OK)
		sqlite3_reset(q);
	return db_done(st);
}

/* --- a delivery that is due ------------------------------------------------ */

static const struct recipient *
find(const struct recipients *r, const uint8_t address[32])
{
	for (size_t i = 0; i < r->num; i++)
		if (memcmp(r->list[i].address, address, 32) == 0)
			return &r->list[i];
	return NULL;
}

static enum status
address_row(struct store *s, struct outbox_row *r, const struct recipients *all,
    const struct recipient *to, struct err *e)
{
	enum status st = sqlite_unsubscribe_mint(s, r->unsubscribe, all, to, e);

	r->has_unsubscribe = st == ST_OK;
	r->to = mem_str(to->to);
	return st;
}

enum status
sqlite_recipient_fill(struct store *s, struct outbox_row *r,
    const struct due_mail *due, struct err *e)
{
	const struct recipient *to = NULL;
	struct recipients all;
	bool none = false;
	enum status st = sqlite_recipients(s, &all, due->record, e);

	if (st == ST_OK)
		to = find(&all, due->address);
	if (st == ST_OK && to != NULL)
		st = sqlite_wants_none(s, &none, &all, to, e);
	if (st == ST_OK && to != NULL)
		st = none ? NO_ROW : address_row(s, r, &all, to, e);
	recipients_fini(&all);
	/* Damaged: nobody can tell. */
	r->unnamed = to == NULL && (st == ST_OK || st == ST_BAD);
	return r->unnamed ? ST_OK : st;
}
