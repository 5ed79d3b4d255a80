/*
 * api_alerts: exposures as the sinks get them (interface.md section 5), the
 * matched value masked.
 */
#include "monitor/api_private.h"

struct listing {
	struct api_job *c;
	struct buf *out;
	struct api_page page;
	uint8_t last[16]; /* the last one that was told */
	int64_t last_ms;
};

static void
list_one(void *arg, const struct exposure *x)
{
	struct listing *l = arg;

	if (!api_page_has_room(&l->page, l->out))
		return;
	json_sep(l->out);
	alert_json(x, l->c->env->config->instance, false, l->out);
	memcpy(l->last, x->id, sizeof(l->last));
	l->last_ms = x->time_ms;
}

/* "TIME:ID" of the last one that was told. */
static bool
after_read(struct ledger_exposures *q, uint8_t id[16], const char *text)
{
	struct span s = span_str(text);
	size_t n = span_chr(s, ':');
	uint64_t ms;

	if (!text_u64(&ms, span_cut(s, 0, n)) || ms > INT64_MAX ||
	    !text_unhex(id, 16, span_from(s, n + 1)))
		return false;
	q->after_ms = (int64_t)ms;
	q->after = id;
	return true;
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
	buf_str(l.out, "],\"next\":");
	if (l.page.more) {
		buf_fmt(l.out, "\"%lld:", (long long)l.last_ms);
		text_hex(l.out, span_of(l.last, sizeof(l.last)));
		buf_str(l.out, "\"}");
	} else {
		buf_str(l.out, "null}");
	}
	if (st != ST_OK)
		api_fail(c, st);
}

void
api_alerts_list(struct api_job *c)
{
	const char *after = api_param(c, "after");
	struct ledger_exposures q = {
	    .tenant = c->tenant, .record = api_param(c, "record")};
	uint8_t id[16];

	if (after != NULL && !after_read(&q, id, after))
		api_problem(c->out, 400, "The request is not understood",
		    "after: what \"next\" said is wanted");
	else if (api_limit(c, &q.limit))
		list_run(c, &q);
}

/* --- one ------------------------------------------------------------------ */

static void
show_one(void *arg, const struct exposure *x)
{
	struct api_job *c = arg;

	alert_json(x, c->env->config->instance, false, api_json(c, 200));
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
