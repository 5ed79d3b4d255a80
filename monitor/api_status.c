/*
 * api_status: what is not about one record: health, logs, the audit trail, and
 * the description of this interface.
 */
#include "monitor/api_private.h"
#include "monitor/status_view.h"

static const char openapi[] =
#include "monitor/openapi.json.h"
    ;

void
api_openapi(struct api_job *c)
{
	buf_str(api_json(c, 200), openapi);
}

/* As `status --json` has them, in one object. */
void
api_status(struct api_job *c)
{
	struct survey s;
	struct status_view v = {
	    .config = c->env->config, .survey = &s, .now_ms = c->env->now_ms};
	struct buf *out = api_json(c, 200);
	enum status st = survey_of(&s, c->s, c->env->config, &c->e);

	buf_str(out, "{\"logs\":[");
	for (size_t i = 0; i < s.num && st == ST_OK; i++) {
		json_sep(out);
		status_log_json(out, &v, &s.logs[i]);
	}
	buf_str(out, "],\"store\":");
	if (st == ST_OK)
		status_store_json(out, &v);
	buf_char(out, '}');
	survey_fini(&s);
	if (st != ST_OK)
		api_fail(c, st);
}

static void
log_one(void *arg, const struct store_log *l)
{
	struct buf *out = arg;

	json_sep(out);
	buf_char(out, '{');
	json_text(out, "name", l->name);
	json_base64(out, "log_id", hash_span(&l->log_id));
	json_text(out, "operator", l->operator_name);
	json_text(out, "api", l->api);
	json_text(out, "url", l->url);
	json_time(out, "first_seen", l->first_seen_ms);
	json_name(out, "newest");
	survey_head_json(out, &l->newest);
	json_name(out, "proven");
	survey_head_json(out, &l->proven);
	buf_char(out, '}');
}

void
api_logs(struct api_job *c)
{
	struct buf *out = api_json(c, 200);
	enum status st;

	buf_str(out, "{\"logs\":[");
	st = c->api->logs(c->s, log_one, out, &c->e);
	buf_str(out, "]}");
	if (st != ST_OK)
		api_fail(c, st);
}

/* --- the audit trail ------------------------------------------------------ */

struct trail {
	struct buf *out;
	struct api_page page;
	uint64_t last;
};

static void
audit_one(void *arg, const struct ledger_audit *a)
{
	struct trail *t = arg;

	if (!api_page_has_room(&t->page, t->out))
		return;
	json_sep(t->out);
	buf_char(t->out, '{');
	json_uint(t->out, "no", a->no);
	json_time(t->out, "time", a->time_ms);
	json_text(t->out, "who", a->who);
	json_text(t->out, "what", a->what);
	json_text(t->out, "tenant", a->tenant);
	json_text(t->out, "id", a->id);
	json_hex(t->out, "hash", span_of(a->hash, sizeof(a->hash)));
	buf_char(t->out, '}');
	t->last = a->no;
}

static void
audit_run(struct api_job *c, uint64_t after, size_t limit)
{
	struct trail t = {.out = api_json(c, 200), .page = {.limit = limit}};
	enum status st;

	buf_str(t.out, "{\"audit\":[");
	st = c->ledger->audit(c->s, &(struct ledger_page){after, limit + 1},
	    audit_one, &t, &c->e);
	buf_str(t.out, "],\"next\":");
	if (t.page.more)
		buf_fmt(t.out, "\"%llu\"}", (unsigned long long)t.last);
	else
		buf_str(t.out, "null}");
	if (st != ST_OK)
		api_fail(c, st);
}

void
api_audit(struct api_job *c)
{
	const char *text = api_param(c, "after");
	uint64_t after = 0;
	size_t limit;

	if (text != NULL && !text_u64(&after, span_str(text)))
		api_problem(c->out, 400, "The request is not understood",
		    "after: what \"next\" said is wanted");
	else if (api_limit(c, &limit))
		audit_run(c, after, limit);
}
