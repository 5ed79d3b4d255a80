/*
 * api_records: records listed, and their life: paused, resumed, withdrawn,
 * erased. One record's JSON is in api_record_json.c, what changes
 * its contents in api_change.c.
 */
#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "monitor/api_private.h"

/* --- listing -------------------------------------------------------------- */

struct listing {
	struct buf *out;
	bool reveal;
	struct api_page page;
	char last[2 * 128 + 2]; /* "tenant:id", which is where it goes on */
};

static void
list_one(void *arg, const struct record_row *row)
{
	struct listing *l = arg;

	if (!api_page_has_room(&l->page, l->out))
		return;
	json_sep(l->out);
	buf_char(l->out, '{');
	api_record_json(l->out, row);
	if (l->reveal && row->r.state != RECORD_ERASED) {
		json_name(l->out, "record");
		record_json(&row->r, l->out);
	}
	buf_char(l->out, '}');
	snprintf(l->last, sizeof(l->last), "%s:%s", row->r.tenant, row->r.id);
}

/* Where the page begins; false after a problem. `tenant` is the caller's to
 * free. */
static bool
after_read(struct api_job *c, struct store_query *q, char **tenant)
{
	const char *after = api_param(c, "after"), *colon;

	if (after == NULL)
		return true;
	colon = strchr(after, ':');
	if (colon == NULL) {
		api_problem(c->out, 400, "The request is not understood",
		    "after: what \"next\" said is wanted");
		return false;
	}
	*tenant = mem_strn(after, (size_t)(colon - after));
	q->after_tenant = *tenant;
	q->after_id = colon + 1;
	return true;
}

/* Values were listed openly. */
static enum status
list_note(struct api_job *c)
{
	struct record_at at = {c->tenant, NULL};

	if (c->tenant != NULL && c->tenant[0] == '\0')
		return ST_OK; /* nobody's: nothing is shown */
	if (c->ledger == NULL)
		return err_set(&c->e, ST_USAGE,
		    "this store has no audit trail, so it shows no values");
	return c->ledger->note(c->s, &at, "revealed", &c->who, &c->e);
}

static void
list_run(struct api_job *c, struct store_query *q)
{
	struct listing l = {.reveal = q->reveal, .page = {.limit = q->limit}};
	enum status st = q->reveal ? list_note(c) : ST_OK;

	l.out = api_json(c, 200);
	buf_str(l.out, "{\"records\":[");
	q->limit++;
	if (st == ST_OK)
		st = c->api->records_list(c->s, q, list_one, &l, &c->e);
	if (st != ST_OK) {
		api_fail(c, st);
		return;
	}
	buf_char(l.out, ']');
	json_text(l.out, "next", l.page.more ? l.last : NULL);
	buf_char(l.out, '}');
}

void
api_records_list(struct api_job *c)
{
	struct store_query q = {.tenant = c->tenant};
	char *tenant = NULL;
	bool ok;

	q.reveal = api_reveal(c, &ok);
	if (ok && api_limit(c, &q.limit) && after_read(c, &q, &tenant))
		list_run(c, &q);
	free(tenant);
}

/* --- one record ----------------------------------------------------------- */

/* A copy: the row goes with the call. */
static void
found(void *arg, const struct record_row *row)
{
	struct record_row *out = arg;
	struct buf line = {0};

	*out = *row;
	out->r = (struct record){0};
	record_json(&row->r, &line);
	if (!record_unjson(&out->r, buf_span(&line))) { /* it has no values */
		out->r.id = mem_str(row->r.id);
		out->r.tenant = mem_str(row->r.tenant);
	}
	mem_wipe(line.p, line.cap);
	buf_fini(&line);
	out->r.kind = row->r.kind;
	out->r.state = row->r.state;
	out->r.expires_ms = row->r.expires_ms;
}

enum status
api_record(struct api_job *c, struct record_row *out, bool values)
{
	const char *asked = api_param(c, "tenant");
	struct store_query q = {.tenant = c->at.tenant,
	    .id = c->at.id,
	    .reveal = values,
	    .limit = 1};
	enum status st;

	*out = (struct record_row){0};
	st = c->api->records_list(c->s, &q, found, out, &c->e);
	if (st != ST_OK || out->r.id != NULL)
		return st;
	return err_set(&c->e, ST_MISSING, "there is no record %s of tenant %s",
	    c->at.id, asked != NULL ? asked : c->at.tenant);
}

void
api_record_say(struct api_job *c)
{
	struct record_row row;
	enum status st = api_record(c, &row, true);

	if (st == ST_OK)
		api_record_answer(c, &row, false);
	else
		api_fail(c, st);
	record_fini(&row.r);
}

/* To another state, from `from` only unless it is RECORD_ERASED. */
static void
change(struct api_job *c, enum record_state from, enum record_state to)
{
	struct record_change change = {.tenant = c->at.tenant,
	    .id = c->at.id,
	    .state = to,
	    .now_ms = c->who.now_ms,
	    .who = c->who.who};
	struct record_row row;
	enum status st = api_record(c, &row, false);

	if (st == ST_OK && from != RECORD_ERASED && row.r.state != from &&
	    row.r.state != to)
		st = err_set(&c->e, ST_USAGE,
		    "record %s of tenant %s is %s, not %s", c->at.id,
		    c->at.tenant, record_state_name(row.r.state),
		    record_state_name(from));
	record_fini(&row.r);
	if (st == ST_OK)
		st = c->api->record_state(c->s, &change, &c->e);
	if (st != ST_OK) {
		api_fail(c, st);
		return;
	}
	c->out->changed = true;
	/* What has waited for that is due. */
	c->out->again = to == RECORD_ACTIVE;
	api_record_say(c);
}

void
api_record_pause(struct api_job *c)
{
	change(c, RECORD_ACTIVE, RECORD_PAUSED);
}

void
api_record_resume(struct api_job *c)
{
	change(c, RECORD_PAUSED, RECORD_ACTIVE);
}

void
api_record_withdraw(struct api_job *c)
{
	change(c, RECORD_ERASED, RECORD_WITHDRAWN);
}

void
api_record_erase(struct api_job *c)
{
	change(c, RECORD_ERASED, RECORD_ERASED);
}

void
api_record_show(struct api_job *c)
{
	struct record_row row = {0};
	bool ok, reveal = api_reveal(c, &ok);
	enum status st;

	if (!ok)
		return;
	st = api_record(c, &row, true);
	if (st == ST_OK && reveal)
		st = c->ledger->note(c->s, &c->at, "revealed", &c->who, &c->e);
	if (st == ST_OK)
		api_record_answer(c, &row, reveal);
	else
		api_fail(c, st);
	record_fini(&row.r);
}
