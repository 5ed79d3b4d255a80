/*
 * api_alerts: exposures as the sinks get them (interface.md section 5), the
 * matched value masked; beside them what somebody said of them. What is done
 * about one is in api_acts.c.
 */
#include "monitor/api_private.h"

struct listing {
	struct api_job *c;
	struct buf *out;
	struct buf marks; /* of those in it */
	struct api_page page;
	uint8_t last[16]; /* the last one that was told */
	int64_t last_ms;
};

static void
list_one(void *arg, const struct ledger_exposure *x)
{
	struct listing *l = arg;

	if (!api_page_has_room(&l->page, l->out))
		return;
	json_sep(l->out);
	alert_json(x->x, l->c->env->config->instance, false, l->out);
	api_mark_item(&l->marks, x);
	memcpy(l->last, x->x->id, sizeof(l->last));
	l->last_ms = x->x->time_ms;
}

bool
api_after(struct api_job *c, struct ledger_exposures *q, uint8_t id[16])
{
	const char *text = api_param(c, "after");
	struct span s = span_str(text != NULL ? text : "");
	size_t n = span_chr(s, ':');
	uint64_t ms;

	if (text == NULL)
		return true;
	if (!text_u64(&ms, span_cut(s, 0, n)) || ms > INT64_MAX ||
	    !text_unhex(id, 16, span_from(s, n + 1))) {
		api_problem(c->out, 400, "The request is not understood",
		    "after: what \"next\" said is wanted");
		return false;
	}
	q->after_ms = (int64_t)ms;
	q->after = id;
	return true;
}

void
api_next(struct buf *out, bool more, int64_t last_ms, const uint8_t last[16])
{
	json_name(out, "next");
	if (!more) {
		buf_str(out, "null");
		return;
	}
	buf_fmt(out, "\"%lld:", (long long)last_ms);
	text_hex(out, span_of(last, 16));
	buf_char(out, '"');
}

static void
list_run(struct api_job *c, struct ledger_exposures *q)
{
	struct listing l = {
	    .c = c, .out = api_json(c, 200), .page = {.limit = q->limit}};
	enum status st;

	q->limit++;
	buf_str(l.out, "{\"alerts\":[");
	st = c->ledger->exposures(c->s, q, list_one, &l, &c->e);
	buf_char(l.out, ']');
	json_open(l.out, "marks", '[');
	buf_span_add(l.out, buf_span(&l.marks));
	buf_char(l.out, ']');
	api_next(l.out, l.page.more, l.last_ms, l.last);
	buf_char(l.out, '}');
	buf_fini(&l.marks);
	if (st != ST_OK)
		api_fail(c, st);
}

void
api_alerts_list(struct api_job *c)
{
	struct ledger_exposures q = {.tenant = c->tenant,
	    .record = api_param(c, "record"),
	    .open = api_flag(c, "open")};
	uint8_t id[16];

	if (api_after(c, &q, id) && api_limit(c, &q.limit))
		list_run(c, &q);
}

/* --- one ------------------------------------------------------------------ */

static void
show_one(void *arg, const struct ledger_exposure *x)
{
	struct api_job *c = arg;

	alert_json(x->x, c->env->config->instance, false, api_json(c, 200));
}

void
api_alert_show(struct api_job *c)
{
	uint8_t id[16];
	struct ledger_exposures q = {.tenant = c->tenant, .id = id};
	enum status st = ST_OK;

	if (text_unhex(id, sizeof(id), span_str(c->id)))
		st = c->ledger->exposures(c->s, &q, show_one, c, &c->e);
	if (st == ST_OK && c->out->code == 0)
		st = err_set(&c->e, ST_MISSING, "there is no alert %s", c->id);
	if (st != ST_OK)
		api_fail(c, st);
}
