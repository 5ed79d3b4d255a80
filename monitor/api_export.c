/*
 * api_export: everything that is held of one person's record, for that person
 * (GDPR articles 15 and 20), and the record's history.
 */
#include "monitor/api_private.h"

/* --- history -------------------------------------------------------------- */

struct telling {
	struct buf *out;
	bool detail;
};

static void
event_one(void *arg, const struct ledger_event *ev)
{
	const struct telling *t = arg;

	json_sep(t->out);
	buf_char(t->out, '{');
	json_time(t->out, "time", ev->time_ms);
	json_text(t->out, "what", ev->what);
	json_text(t->out, "who", ev->who);
	if (t->detail)
		json_text(t->out, "detail", ev->detail);
	buf_char(t->out, '}');
}

static enum status
history_json(struct api_job *c, struct buf *out, bool detail)
{
	struct telling t = {out, detail};
	enum status st;

	json_open(out, "history", '[');
	st = c->ledger->history(c->s, &c->at, event_one, &t, &c->e);
	buf_char(out, ']');
	return st;
}

void
api_record_history(struct api_job *c)
{
	struct buf *out;
	bool ok, reveal = api_reveal(c, &ok);
	struct record_row row = {0};
	enum status st;

	if (!ok)
		return;
	st = api_record(c, &row, false);
	if (st == ST_OK && reveal)
		st = c->ledger->note(c->s, &c->at, "revealed", &c->who, &c->e);
	if (st == ST_OK) {
		out = api_json(c, 200);
		buf_char(out, '{');
		api_record_json(out, &row);
		st = history_json(c, out, reveal);
		buf_char(out, '}');
	}
	record_fini(&row.r);
	if (st != ST_OK)
		api_fail(c, st);
}

/* --- export --------------------------------------------------------------- */

struct telling_alerts {
	struct buf *out;
	struct buf marks;
	const char *instance;
};

static void
alert_one(void *arg, const struct ledger_exposure *x)
{
	struct telling_alerts *t = arg;

	json_sep(t->out);
	alert_json(x->x, t->instance, true, t->out);
	api_mark_item(&t->marks, x);
}

static enum status
alerts_json(struct api_job *c, struct buf *out)
{
	struct telling_alerts t = {
	    .out = out, .instance = c->env->config->instance};
	struct ledger_exposures q = {
	    .tenant = c->at.tenant, .record = c->at.id};
	enum status st;

	json_open(out, "alerts", '[');
	st = c->ledger->exposures(c->s, &q, alert_one, &t, &c->e);
	buf_char(out, ']');
	json_open(out, "marks", '[');
	buf_span_add(out, buf_span(&t.marks));
	buf_char(out, ']');
	buf_fini(&t.marks);
	return st;
}

static void
delivery_one(void *arg, const struct ledger_delivery *d)
{
	struct buf *out = arg;

	json_sep(out);
	buf_char(out, '{');
	json_hex(out, "alert", span_of(d->exposure, sizeof(d->exposure)));
	json_text(out, "sink", d->sink);
	json_text(out, "state", api_delivery_name(d->state));
	json_uint(out, "attempts", d->attempts);
	json_time(out, "at", d->at_ms > 0 ? d->at_ms : INT64_MIN);
	buf_char(out, '}');
}

static enum status
deliveries_json(struct api_job *c, struct buf *out)
{
	enum status st;

	json_open(out, "deliveries", '[');
	st = c->ledger->deliveries(c->s, &c->at, delivery_one, out, &c->e);
	buf_char(out, ']');
	return st;
}

static enum status
mutes_json(struct api_job *c, struct buf *out)
{
	struct ledger_exposures q = {
	    .tenant = c->at.tenant, .record = c->at.id};
	enum status st;

	json_open(out, "mutes", '[');
	st = c->ledger->mutes(c->s, &q, api_mute_json, out, &c->e);
	buf_char(out, ']');
	return st;
}

/* Noted first, so that it is part of what is told. */
static enum status
export_run(struct api_job *c, const struct record_row *row)
{
	struct buf *out = api_json(c, 200);
	enum status st =
	    c->ledger->note(c->s, &c->at, "exported", &c->who, &c->e);

	buf_char(out, '{');
	json_time(out, "exported", c->who.now_ms);
	api_record_json(out, row);
	if (row->r.state != RECORD_ERASED) {
		json_name(out, "record");
		record_json(&row->r, out);
	}
	if (st == ST_OK)
		st = history_json(c, out, true);
	if (st == ST_OK)
		st = api_coverage_json(c, out);
	if (st == ST_OK)
		st = alerts_json(c, out);
	if (st == ST_OK)
		st = deliveries_json(c, out);
	if (st == ST_OK)
		st = api_evidence_json(c, out);
	if (st == ST_OK)
		st = mutes_json(c, out);
	buf_char(out, '}');
	return st;
}

void
api_record_export(struct api_job *c)
{
	struct record_row row;
	enum status st = api_record(c, &row, true);

	if (st == ST_OK)
		st = export_run(c, &row);
	record_fini(&row.r);
	if (st != ST_OK)
		api_fail(c, st);
}
