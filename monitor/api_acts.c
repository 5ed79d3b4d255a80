/*
 * api_acts: what is done about alerts: taken note of, muted, sent again; and
 * the lists of what was muted and of what did not arrive.
 */
#include "ctlog/base/text.h"
#include "monitor/api_private.h"

/* --- which one ------------------------------------------------------------- */

static bool
is_of(const struct conf_sink *k, const char *tenant)
{
	for (size_t i = 0; tenant != NULL && i < k->tenants.num; i++)
		if (strcmp(k->tenants.list[i], tenant) == 0)
			return true;
	return tenant == NULL || k->tenants.num == 0;
}

/* To a caller of one tenant the sinks of others are not there. */
static bool
is_sink(const struct api_job *c, const char *name)
{
	const struct config *f = c->env->config;

	for (size_t i = 0; i < f->alerts.num_sinks; i++)
		if (strcmp(f->alerts.sinks[i].name, name) == 0)
			return is_of(&f->alerts.sinks[i], c->r->caller.tenant);
	return false;
}

/* The alert of the path; false after a problem. */
static bool
alert_at(struct api_job *c, struct alert_at *at, uint8_t id[16])
{
	*at = (struct alert_at){c->tenant, id};
	if (text_unhex(id, 16, span_str(c->id)))
		return true;
	api_fail(c, err_set(&c->e, ST_MISSING, "there is no alert %s", c->id));
	return false;
}

/* --- what became of one ------------------------------------------------------ */

void
api_mark_json(struct buf *out, const struct ledger_exposure *x)
{
	json_time(out, "acked", x->acked_ms > 0 ? x->acked_ms : INT64_MIN);
	json_time(out, "muted", x->muted_ms > 0 ? x->muted_ms : INT64_MIN);
}

void
api_mark_item(void *arg, const struct ledger_exposure *x)
{
	struct buf *out = arg;

	if (x->acked_ms == 0 && x->muted_ms == 0)
		return;
	json_sep(out);
	buf_char(out, '{');
	json_hex(out, "id", span_of(x->x->id, sizeof(x->x->id)));
	api_mark_json(out, x);
	buf_char(out, '}');
}

const char *
api_delivery_name(enum delivery_state s)
{
	return s == DELIVERY_DONE   ? "delivered"
	       : s == DELIVERY_DEAD ? "given up"
				    : "waiting";
}

struct telling {
	struct buf *out;
	const uint8_t *id;
	char tenant[129], record[129];
	bool found;
};

static void
state_one(void *arg, const struct ledger_exposure *x)
{
	struct telling *t = arg;

	json_hex(t->out, "id", span_of(x->x->id, sizeof(x->x->id)));
	json_text(t->out, "tenant", x->x->tenant);
	json_text(t->out, "record", x->x->record_id);
	api_mark_json(t->out, x);
	snprintf(t->tenant, sizeof(t->tenant), "%s", x->x->tenant);
	snprintf(t->record, sizeof(t->record), "%s", x->x->record_id);
	t->found = true;
}

static void
delivery_one(void *arg, const struct ledger_delivery *d)
{
	const struct telling *t = arg;

	if (memcmp(d->exposure, t->id, sizeof(d->exposure)) != 0)
		return;
	json_sep(t->out);
	buf_char(t->out, '{');
	json_text(t->out, "sink", d->sink);
	json_text(t->out, "state", api_delivery_name(d->state));
	json_uint(t->out, "attempts", d->attempts);
	json_time(t->out, "at", d->at_ms > 0 ? d->at_ms : INT64_MIN);
	buf_char(t->out, '}');
}

/* An event that was acked: of it nothing is kept. */
static void
event_state(struct buf *out, const struct alert_at *at, int64_t now_ms)
{
	json_hex(out, "id", span_of(at->id, 16));
	json_text(out, "tenant", NULL);
	json_text(out, "record", NULL);
	json_time(out, "acked", now_ms);
	json_time(out, "muted", INT64_MIN);
	json_open(out, "deliveries", '[');
	buf_str(out, "]}");
}

static void
state_say(struct api_job *c, const struct alert_at *at, bool acked)
{
	struct telling t = {.out = api_json(c, 200), .id = at->id};
	struct ledger_exposures q = {.tenant = at->tenant, .id = at->id};
	enum status st;

	buf_char(t.out, '{');
	st = c->ledger->exposures(c->s, &q, state_one, &t, &c->e);
	if (st == ST_OK && !t.found && !acked)
		st = err_set(&c->e, ST_MISSING, "there is no alert %s", c->id);
	if (st == ST_OK && !t.found) {
		event_state(t.out, at, c->who.now_ms);
	} else if (st == ST_OK) {
		const struct record_at of = {t.tenant, t.record};

		json_open(t.out, "deliveries", '[');
		st = c->ledger->deliveries(c->s, &of, delivery_one, &t, &c->e);
		buf_str(t.out, "]}");
	}
	if (st != ST_OK)
		api_fail(c, st);
}

void
api_alert_state(struct api_job *c)
{
	struct alert_at at;
	uint8_t id[16];

	if (alert_at(c, &at, id))
		state_say(c, &at, false);
}

/* --- acts --------------------------------------------------------------------- */

void
api_alert_ack(struct api_job *c)
{
	struct alert_at at;
	uint8_t id[16];
	enum status st;

	if (!alert_at(c, &at, id))
		return;
	st = c->ledger->ack(c->s, &at, &c->who, &c->e);
	if (st == ST_OK)
		state_say(c, &at, true);
	else
		api_fail(c, st);
}

void
api_alert_mute(struct api_job *c)
{
	struct ledger_muting m = {.not_me = api_flag(c, "not_me")};
	struct buf *out;
	uint8_t id[16];
	enum status st;

	if (!alert_at(c, &m.at, id))
		return;
	st = c->ledger->mute(c->s, &m, &c->who, &c->e);
	if (st != ST_OK) {
		api_fail(c, st);
		return;
	}
	out = api_json(c, 200);
	buf_char(out, '{');
	json_hex(out, "id", span_of(m.id, sizeof(m.id)));
	buf_char(out, '}');
}

void
api_alert_unmute(struct api_job *c)
{
	struct alert_at at;
	uint8_t id[16];
	enum status st;

	if (!alert_at(c, &at, id))
		return;
	st = c->ledger->unmute(c->s, &at, &c->who, &c->e);
	if (st == ST_OK)
		buf_str(api_json(c, 200), "{}");
	else
		api_fail(c, st);
}

/* --- sending again -------------------------------------------------------------- */

static void
resend(struct api_job *c, struct ledger_resend *r)
{
	struct buf *out;
	enum status st = ST_OK;

	r->sink = api_param(c, "sink");
	r->hold_ms = c->env->config->alerts.hold_unverified_ms;
	if (r->sink != NULL && !is_sink(c, r->sink))
		st = err_set(&c->e, ST_MISSING, "there is no sink %s",
		    QUOTE(span_str(r->sink)));
	if (st == ST_OK)
		st = c->ledger->resend(c->s, r, &c->who, &c->e);
	if (st != ST_OK) {
		api_fail(c, st);
		return;
	}
	c->out->again = true;
	out = api_json(c, 200);
	buf_char(out, '{');
	json_uint(out, "resent", r->num);
	buf_char(out, '}');
}

void
api_alert_resend(struct api_job *c)
{
	struct ledger_resend r = {.num = 0};
	uint8_t id[16];

	if (alert_at(c, &r.at, id))
		resend(c, &r);
}

void
api_alerts_resend(struct api_job *c)
{
	struct ledger_resend r = {.at = {c->tenant, NULL}};

	resend(c, &r);
}

/* --- what did not arrive ----------------------------------------------------------- */

struct dead_page {
	struct buf *out;
	struct api_page page;
	int64_t last;
};

static void
dead_one(void *arg, const struct ledger_dead *d)
{
	struct dead_page *p = arg;

	if (!api_page_has_room(&p->page, p->out))
		return;
	json_sep(p->out);
	buf_char(p->out, '{');
	json_hex(p->out, "id", span_of(d->id, sizeof(d->id)));
	json_text(p->out, "what", d->what);
	json_text(p->out, "sink", d->sink);
	json_text(p->out, "tenant", d->tenant);
	json_text(p->out, "record", d->record);
	json_uint(p->out, "attempts", d->attempts);
	json_time(p->out, "at", d->at_ms > 0 ? d->at_ms : INT64_MIN);
	json_text(p->out, "error", d->error);
	buf_char(p->out, '}');
	p->last = d->row;
}

static void
dead_run(struct api_job *c, struct ledger_dead_query *q)
{
	struct dead_page p = {
	    .out = api_json(c, 200), .page = {.limit = q->limit}};
	char next[24];
	enum status st;

	q->limit++;
	buf_str(p.out, "{\"dead\":[");
	st = c->ledger->dead(c->s, q, dead_one, &p, &c->e);
	buf_char(p.out, ']');
	snprintf(next, sizeof(next), "%lld", (long long)p.last);
	json_text(p.out, "next", p.page.more ? next : NULL);
	buf_char(p.out, '}');
	if (st != ST_OK)
		api_fail(c, st);
}

void
api_alerts_dead(struct api_job *c)
{
	const char *text = api_param(c, "after");
	struct ledger_dead_query q = {
	    .tenant = c->tenant, .sink = api_param(c, "sink")};
	uint64_t after = 0;

	if (text != NULL &&
	    (!text_u64(&after, span_str(text)) || after > INT64_MAX)) {
		api_problem(c->out, 400, "The request is not understood",
		    "after: what \"next\" said is wanted");
		return;
	}
	q.after = (int64_t)after;
	if (api_limit(c, &q.limit))
		dead_run(c, &q);
}

/* --- what was muted ----------------------------------------------------------------- */

void
api_mute_json(void *arg, const struct ledger_mute *m)
{
	struct buf *out = arg;

	json_sep(out);
	buf_char(out, '{');
	json_hex(out, "id", span_of(m->id, sizeof(m->id)));
	json_text(out, "tenant", m->tenant);
	json_text(out, "record", m->record);
	json_time(out, "since", m->since_ms);
	json_bool(out, "not_me", m->not_me);
	buf_char(out, '}');
}

struct mutes_page {
	struct buf *out;
	struct api_page page;
	uint8_t last[16];
	int64_t last_ms;
};

static void
mutes_one(void *arg, const struct ledger_mute *m)
{
	struct mutes_page *p = arg;

	if (!api_page_has_room(&p->page, p->out))
		return;
	api_mute_json(p->out, m);
	memcpy(p->last, m->id, sizeof(p->last));
	p->last_ms = m->since_ms;
}

static void
mutes_run(struct api_job *c, struct ledger_exposures *q)
{
	struct mutes_page p = {
	    .out = api_json(c, 200), .page = {.limit = q->limit}};
	enum status st;

	q->limit++;
	buf_str(p.out, "{\"mutes\":[");
	st = c->ledger->mutes(c->s, q, mutes_one, &p, &c->e);
	buf_char(p.out, ']');
	api_next(p.out, p.page.more, p.last_ms, p.last);
	buf_char(p.out, '}');
	if (st != ST_OK)
		api_fail(c, st);
}

void
api_alerts_mutes(struct api_job *c)
{
	struct ledger_exposures q = {
	    .tenant = c->tenant, .record = api_param(c, "record")};
	uint8_t id[16];

	if (api_after(c, &q, id) && api_limit(c, &q.limit))
		mutes_run(c, &q);
}
