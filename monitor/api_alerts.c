/*
 * api_alerts: exposures as the sinks get them (interface.md section 5), the
 * matched value masked.
 */
#include "monitor/api_private.h"

struct listing {
	struct buf *out;
	const char *instance, *tenant, *record; /* NULL: all */
	/* Those behind this one: its time and id. */
	int64_t after_ms;
	uint8_t after[16], last[16];
	bool begun; /* that one was met */
	size_t num, limit;
	int64_t last_ms;
};

static bool
is_asked(struct listing *l, const struct exposure *x)
{
	if ((l->tenant != NULL && strcmp(l->tenant, x->tenant) != 0) ||
	    (l->record != NULL && strcmp(l->record, x->record_id) != 0))
		return false;
	if (l->begun || x->time_ms > l->after_ms)
		return true;
	l->begun = x->time_ms == l->after_ms &&
		   memcmp(x->id, l->after, sizeof(l->after)) == 0;
	return false;
}

static void
list_one(void *arg, const struct exposure *x)
{
	struct listing *l = arg;

	if (l->num > l->limit || !is_asked(l, x) || l->num++ == l->limit)
		return;
	json_sep(l->out);
	alert_json(x, l->instance, false, l->out);
	memcpy(l->last, x->id, sizeof(l->last));
	l->last_ms = x->time_ms;
}

static enum status
exposures(struct api_job *c, store_exposure_fn *fn, void *arg)
{
	const char *record = api_param(c, "record");
	struct record_at at = {c->tenant, record};
	enum status st;

	if (record == NULL || c->ledger == NULL || c->tenant == NULL)
		return c->api->exposures(c->s, NULL, fn, arg, &c->e);
	st = c->ledger->exposures(c->s, &at, fn, arg, &c->e);
	return st == ST_MISSING ? ST_OK : st; /* it has no alerts */
}

/* "TIME:ID" of the last one that was told. */
static bool
after_read(struct listing *l, const char *text)
{
	struct span s = span_str(text);
	size_t n = span_chr(s, ':');
	uint64_t ms;

	if (!text_u64(&ms, span_cut(s, 0, n)) || ms > INT64_MAX)
		return false;
	l->begun = false;
	l->after_ms = (int64_t)ms;
	return text_unhex(l->after, sizeof(l->after), span_from(s, n + 1));
}

static void
list_run(struct api_job *c, struct listing *l)
{
	enum status st;

	l->out = api_json(c, 200);
	buf_str(l->out, "{\"alerts\":[");
	st = exposures(c, list_one, l);
	buf_str(l->out, "],\"next\":");
	if (l->num > l->limit) {
		buf_fmt(l->out, "\"%lld:", (long long)l->last_ms);
		text_hex(l->out, span_of(l->last, sizeof(l->last)));
		buf_str(l->out, "\"}");
	} else {
		buf_str(l->out, "null}");
	}
	if (st != ST_OK)
		api_fail(c, st);
}

void
api_alerts_list(struct api_job *c)
{
	const char *after = api_param(c, "after");
	struct listing l = {.instance = c->env->config->instance,
	    .tenant = c->tenant,
	    .record = api_param(c, "record"),
	    .begun = true};

	if (after != NULL && !after_read(&l, after))
		api_problem(c->out, 400, "The request is not understood",
		    "after: what \"next\" said is wanted");
	else if (api_limit(c, &l.limit))
		list_run(c, &l);
}

/* --- one ------------------------------------------------------------------ */

struct wanted {
	struct api_job *c;
	uint8_t id[16];
	bool found;
};

static void
find_one(void *arg, const struct exposure *x)
{
	struct wanted *w = arg;
	const char *tenant = w->c->tenant;

	if (w->found || memcmp(x->id, w->id, sizeof(w->id)) != 0 ||
	    (tenant != NULL && strcmp(tenant, x->tenant) != 0))
		return;
	w->found = true;
	alert_json(x, w->c->env->config->instance, false, api_json(w->c, 200));
}

void
api_alert_show(struct api_job *c)
{
	struct wanted w = {.c = c};
	enum status st = ST_OK;

	if (text_unhex(w.id, sizeof(w.id), span_str(c->id)))
		st = c->api->exposures(c->s, NULL, find_one, &w, &c->e);
	if (st == ST_OK && !w.found)
		st = err_set(&c->e, ST_MISSING, "there is no alert %s", c->id);
	if (st != ST_OK)
		api_fail(c, st);
}
