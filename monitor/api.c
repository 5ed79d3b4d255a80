/*
 * api: see api.h: which request is which verb, who may do it, and how it is
 * refused. The verbs are in api_*.c.
 */
#include "monitor/api.h"

#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/api_private.h"

#define READ SCOPE_READ
#define WRITE SCOPE_WRITE
#define BOTH (SCOPE_READ | SCOPE_WRITE)
#define OF_ALL API_OF_ALL
#define LEDGER API_LEDGER
#define RECORDS API "/records"
#define RECORD RECORDS "/{id}"
#define ALERT API "/alerts/{id}"

/* An id has no colon, so of two paths that begin alike one fits. */
static const struct api_route routes[] = {
    {"GET", API "/openapi.json", READ, api_openapi, 0},
    {"GET", API "/status", READ, api_status, OF_ALL},
    {"GET", API "/logs", READ, api_logs, 0},
    {"GET", API "/audit", READ, api_audit, OF_ALL | LEDGER},
    {"GET", RECORDS, READ, api_records_list, 0},
    {"POST", RECORDS, WRITE, api_records_import, 0},
    {"GET", RECORD, READ, api_record_show, LEDGER},
    {"PATCH", RECORD, WRITE, api_record_patch, 0},
    {"DELETE", RECORD, WRITE, api_record_erase, 0},
    {"POST", RECORD ":pause", WRITE, api_record_pause, 0},
    {"POST", RECORD ":resume", WRITE, api_record_resume, 0},
    {"POST", RECORD ":withdraw", WRITE, api_record_withdraw, 0},
    {"POST", RECORD ":confirm", WRITE, api_record_confirm, LEDGER},
    {"GET", RECORD ":export", BOTH, api_record_export, LEDGER},
    {"GET", RECORD ":history", READ, api_record_history, LEDGER},
    {"GET", API "/alerts", READ, api_alerts_list, LEDGER},
    {"GET", API "/alerts:dead", READ, api_alerts_dead, LEDGER},
    {"GET", API "/alerts:mutes", READ, api_alerts_mutes, LEDGER},
    {"POST", API "/alerts:resend", WRITE, api_alerts_resend, LEDGER},
    {"GET", ALERT, READ, api_alert_show, LEDGER},
    {"GET", ALERT ":state", READ, api_alert_state, LEDGER},
    {"GET", ALERT ":evidence", BOTH, api_alert_evidence, LEDGER},
    {"POST", ALERT ":ack", WRITE, api_alert_ack, LEDGER},
    {"POST", ALERT ":mute", WRITE, api_alert_mute, LEDGER},
    {"POST", ALERT ":unmute", WRITE, api_alert_unmute, LEDGER},
    {"POST", ALERT ":resend", WRITE, api_alert_resend, LEDGER},
};
#define ROUTES (sizeof(routes) / sizeof(routes[0]))

const struct api_route *
api_routes(size_t *num)
{
	*num = ROUTES;
	return routes;
}

void
api_answer_fini(struct api_answer *a)
{
	mem_wipe(a->body.p, a->body.cap);
	buf_fini(&a->body);
	*a = (struct api_answer){0};
}

/* --- answers -------------------------------------------------------------- */

struct buf *
api_json(struct api_job *c, int code)
{
	c->out->code = code;
	c->out->content_type = "application/json";
	buf_clear(&c->out->body);
	return &c->out->body;
}

void
api_problem(
    struct api_answer *out, int code, const char *title, const char *detail)
{
	out->code = code;
	out->content_type = "application/problem+json";
	buf_clear(&out->body);
	buf_char(&out->body, '{');
	json_text(&out->body, "type", "about:blank");
	json_text(&out->body, "title", title);
	json_uint(&out->body, "status", (uint64_t)code);
	json_text(&out->body, "detail", detail);
	buf_char(&out->body, '}');
}

static const struct refusal {
	enum status st;
	int code;
	const char *title;
} refusals[] = {
    {ST_BAD, 422, "The data are not what they must be"},
    {ST_LIMIT, 413, "That is too much"},
    {ST_USAGE, 409, "That cannot be done now"},
    {ST_STALE, 409, "That cannot be done now"},
    {ST_MISSING, 404, "There is no such thing"},
    {ST_DENIED, 403, "That is not permitted"},
    {ST_BUSY, 503, "The store is in use"},
    {ST_AGAIN, 503, "Not at this moment"},
    {ST_UNREACHABLE, 502, "Somebody else does not answer"},
    {ST_FULL, 507, "The store has no space left"},
};

void
api_fail(struct api_job *c, enum status st)
{
	size_t num = sizeof(refusals) / sizeof(refusals[0]);

	c->out->status = st;
	for (size_t i = 0; i < num; i++)
		if (refusals[i].st == st) {
			api_problem(c->out, refusals[i].code, refusals[i].title,
			    c->e.text);
			return;
		}
	api_problem(c->out, 500, "The store has failed", c->e.text);
}

/* --- what is asked for ---------------------------------------------------- */

const char *
api_param(const struct api_job *c, const char *name)
{
	for (size_t i = 0; i < c->r->num_params; i++)
		if (strcmp(c->r->params[i].name, name) == 0)
			return c->r->params[i].value;
	return NULL;
}

/* What is not understood changes nothing: a tenant that is misspelt is not the
 * default one. */
static bool
params_ok(struct api_job *c)
{
	static const char *const known[] = {"tenant", "record", "after",
	    "limit", "reveal", "open", "sink", "not_me"};
	size_t times[sizeof(known) / sizeof(known[0])] = {0};

	for (size_t i = 0; i < c->r->num_params; i++) {
		const char *name = c->r->params[i].name;
		size_t k = 0;

		while (k < sizeof(known) / sizeof(known[0]) &&
		       strcmp(name, known[k]) != 0)
			k++;
		if (k == sizeof(known) / sizeof(known[0]) || times[k]++ > 0) {
			err_set(&c->e, ST_BAD,
			    "parameter %s: it is not known, or stands twice",
			    QUOTE(span_str(name)));
			api_problem(c->out, 400,
			    "The request is not understood", c->e.text);
			return false;
		}
	}
	return true;
}

bool
api_flag(const struct api_job *c, const char *name)
{
	const char *text = api_param(c, name);

	return text != NULL && strcmp(text, "0") != 0;
}

bool
api_reveal(struct api_job *c, bool *ok)
{
	bool yes = api_flag(c, "reveal");

	*ok = !yes || (c->r->caller.scopes & SCOPE_WRITE) != 0;
	if (!*ok)
		api_problem(c->out, 403, "That is not permitted",
		    "values are shown to callers with the scope \"write\" "
		    "alone");
	return yes && *ok;
}

bool
api_limit(struct api_job *c, size_t *out)
{
	const char *text = api_param(c, "limit");
	uint64_t n = API_LIMIT;

	if (text != NULL && (!text_u64(&n, span_str(text)) || n == 0)) {
		api_problem(c->out, 400, "The request is not understood",
		    "limit: a number from 1 to 10000 is wanted");
		return false;
	}
	*out = n < API_LIMIT_MAX ? (size_t)n : API_LIMIT_MAX;
	return true;
}

bool
api_page_has_room(struct api_page *p, const struct buf *out)
{
	p->more |= p->num == p->limit || out->len > API_PAGE;
	p->num += !p->more;
	return !p->more;
}

/* --- routes --------------------------------------------------------------- */

/* Whether the path is this one; its id. */
static bool
route_fits(const struct api_route *t, struct span path, struct span *id)
{
	const char *mark = strstr(t->path, "{id}");
	struct span front, back;

	*id = span_of(NULL, 0);
	if (mark == NULL)
		return span_eq_str(path, t->path);
	front = span_of(t->path, (size_t)(mark - t->path));
	back = span_str(mark + strlen("{id}"));
	if (!span_starts(path, front) || path.len <= front.len + back.len ||
	    !span_eq(span_from(path, path.len - back.len), back))
		return false;
	*id = span_cut(path, front.len, path.len - front.len - back.len);
	return record_id_ok(*id);
}

/* The route; NULL after the problem that there is none. */
static const struct api_route *
route_find(struct api_job *c, struct span *id)
{
	struct buf allow = {0};

	for (size_t i = 0; i < ROUTES; i++) {
		if (!route_fits(&routes[i], span_str(c->r->path), id))
			continue;
		if (strcmp(c->r->method, routes[i].method) == 0) {
			buf_fini(&allow);
			return &routes[i];
		}
		buf_fmt(&allow, "%s%s", allow.len > 0 ? ", " : "",
		    routes[i].method);
	}
	if (allow.len == 0) {
		api_problem(c->out, 404, "There is no such thing",
		    "no such path; " API "/openapi.json lists them");
	} else {
		snprintf(c->out->allow, sizeof(c->out->allow), "%s",
		    buf_cstr(&allow));
		api_problem(c->out, 405, "Not with this method",
		    "this path has other methods");
	}
	buf_fini(&allow);
	return NULL;
}

static bool
may(struct api_job *c, const struct api_route *t)
{
	const struct api_caller *who = &c->r->caller;

	if ((who->scopes & t->scopes) != t->scopes) {
		api_problem(c->out, 403, "That is not permitted",
		    t->scopes == SCOPE_READ ? "it takes the scope \"read\""
		    : t->scopes == SCOPE_WRITE
			? "it takes the scope \"write\""
			: "it takes the scopes \"read\" and \"write\"");
		return false;
	}
	if (who->tenant == NULL || (t->flags & OF_ALL) == 0)
		return true;
	api_problem(c->out, 403, "That is not permitted",
	    "it is of all tenants, and this caller is one tenant's");
	return false;
}

/* Whom it is about. To a caller of one tenant the others are as if they were
 * not there: what is asked of them is looked for under a name that nobody
 * can have. */
static bool
tenant_read(struct api_job *c)
{
	const char *own = c->r->caller.tenant, *asked = api_param(c, "tenant");

	if (asked != NULL && !record_id_ok(span_str(asked))) {
		api_problem(c->out, 400, "The request is not understood",
		    "tenant: 1 to 128 of A-Z, a-z, 0-9, '.', '_', '/', '-' "
		    "are wanted");
		return false;
	}
	c->tenant = asked != NULL ? asked : own;
	if (own != NULL && strcmp(own, c->tenant) != 0)
		c->tenant = "";
	return true;
}

/* Whose record it is, unless that is said: the caller's, or as in an import
 * that does not say so. */
static void
record_read_at(struct api_job *c, struct span id)
{
	memcpy(c->id, id.p, id.len);
	c->id[id.len] = '\0';
	c->at.id = c->id;
	c->at.tenant = c->tenant != NULL ? c->tenant : RECORD_TENANT;
}

static struct api_job
call_of(struct api_answer *out, const struct api_request *r, struct store *s,
    const struct api_env *env)
{
	const struct store_api *api = ((struct store_base *)s)->api;

	*out = (struct api_answer){0};
	return (struct api_job){.out = out,
	    .r = r,
	    .env = env,
	    .s = s,
	    .api = api,
	    .ledger = api->ledger,
	    .who = {r->caller.who, env->now_ms}};
}

/* The route of the call, which is filled; NULL after a problem. */
static const struct api_route *
call_read(struct api_job *c)
{
	struct span id;
	const struct api_route *t = route_find(c, &id);

	if (t == NULL || !may(c, t) || !params_ok(c) || !tenant_read(c))
		return NULL;
	if (id.len > 0)
		record_read_at(c, id);
	if (c->ledger != NULL || (t->flags & LEDGER) == 0)
		return t;
	api_problem(c->out, 501, "Not with this store",
	    "this store keeps nothing of people for long; use sqlite");
	return NULL;
}

void
api_call(struct api_answer *out, const struct api_request *r, struct store *s,
    const struct api_env *env)
{
	struct api_job c = call_of(out, r, s, env);
	const struct api_route *t = call_read(&c);

	if (t != NULL)
		t->fn(&c);
}

void
api_proven(struct api_answer *out, const struct api_request *r,
    const struct api_proof *p, struct store *s, const struct api_env *env)
{
	struct api_job c = call_of(out, r, s, env);
	const struct api_route *t = call_read(&c);

	if (t != NULL)
		api_record_proven(&c, p);
}
