/* admin: see admin.h; what is let in is in admin_gate.c. */
#include "monitor/admin.h"

#include <string.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/admin_gate.h"
#include "monitor/diag.h"
#include "monitor/dns.h"
#include "monitor/health.h"
#include "monitor/tail.h"

#define CONNECTIONS 64u
#define TENANT 129 /* a tenant's name */

struct admin {
	struct admin_conf conf;
	struct tokens *tokens; /* NULL: nobody is let in */
	struct door *tcp, *local;
	struct dns *dns;
	struct err dns_err; /* why there is none */
	struct health *health;
	struct admin_call *asking; /* those that wait for a name server */
	bool stopped;
};

/* A request on its way. */
struct admin_call {
	struct task task; /* first */
	struct admin *admin;
	struct door_call *call;
	struct api_request request;
	struct api_param params[QUERY_PARAMS];
	char tenant[TENANT]; /* the tokens may be read anew meanwhile */
	struct api_answer answer;
	bool proving; /* the second half, with: */
	char name[256];
	struct api_proof proof;
	char *txt[DNS_TXTS];
	struct err fault;
	struct admin_call *prev, *next; /* of admin.asking */
};

/* --- answers -------------------------------------------------------------------- */

static void
answer_send(struct door_call *call, const struct api_answer *a)
{
	char allow[sizeof(a->allow) + 8];
	const char *more[] = {NULL, NULL};
	struct door_answer out = {.code = a->code,
	    .content_type = a->content_type,
	    .body = buf_span(&a->body),
	    .headers = more};

	snprintf(allow, sizeof(allow), "Allow: %s", a->allow);
	if (a->allow[0] != '\0')
		more[0] = allow;
	else if (a->code == 401)
		more[0] = "WWW-Authenticate: Bearer";
	door_answer(call, &out);
}

static void
refuse(struct door_call *call, const struct refusal *why)
{
	struct api_answer a = {0};

	api_problem(&a, why->code, why->title, why->detail);
	answer_send(call, &a);
	api_answer_fini(&a);
}

static void
call_end(struct admin_call *c)
{
	answer_send(c->call, &c->answer);
	api_answer_fini(&c->answer);
	for (size_t i = 0; i < c->proof.num; i++)
		free(c->txt[i]);
	free(c);
}

/* --- the way to the store ---------------------------------------------------------- */

static void
call_run(struct task *task, struct store *s)
{
	struct admin_call *c = (struct admin_call *)task;
	struct api_env env = {
	    .config = c->admin->conf.config, .now_ms = now_ms()};

	memcpy(env.index_key, c->admin->conf.index_key, KEY_LEN);
	if (c->proving)
		api_proven(&c->answer, &c->request, &c->proof, s, &env);
	else
		api_call(&c->answer, &c->request, s, &env);
	mem_wipe(&env, sizeof(env));
	if (c->answer.status == ST_IO)
		task->status = err_set(&task->err, ST_IO,
		    "the store has failed while the API used it");
}

/* --- proofs by DNS -------------------------------------------------------------------- */

static void
asking_add(struct admin_call *c)
{
	c->next = c->admin->asking;
	if (c->next != NULL)
		c->next->prev = c;
	c->admin->asking = c;
}

static void
asking_remove(struct admin_call *c)
{
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		c->admin->asking = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
}

static void
prove(struct admin_call *c)
{
	memcpy(c->name, c->answer.dns_name, sizeof(c->name));
	api_answer_fini(&c->answer);
	c->proof.name = c->name;
	c->proof.txt = (const char *const *)c->txt;
	c->proving = true;
	writer_submit(c->admin->conf.writer, &c->task);
}

static void
on_txt(void *arg, const struct dns_txt *t)
{
	struct admin_call *c = arg;

	asking_remove(c);
	for (size_t i = 0; i < t->num; i++)
		c->txt[c->proof.num++] = mem_str(t->txt[i]);
	if (t->status != ST_OK && t->status != ST_MISSING) {
		c->fault = t->err;
		c->proof.fault = c->fault.text;
	}
	prove(c);
}

static void
look_up(struct admin_call *c)
{
	struct admin *a = c->admin;

	if (a->dns == NULL || a->stopped) {
		c->fault = a->dns_err;
		c->proof.fault =
		    a->stopped ? "the service is being stopped" : c->fault.text;
		prove(c);
		return;
	}
	asking_add(c);
	dns_find_txt(a->dns, c->answer.dns_name, on_txt, c);
}

static void
call_done(struct task *task)
{
	struct admin_call *c = (struct admin_call *)task;
	struct admin *a = c->admin;

	if (c->answer.changed)
		indexer_check(a->conf.indexer);
	if (c->answer.letters && a->conf.letters != NULL)
		a->conf.letters(a->conf.arg);
	if (c->answer.again && a->conf.again != NULL)
		a->conf.again(a->conf.arg);
	if (c->answer.dns_name[0] != '\0' && !c->proving)
		look_up(c);
	else
		call_end(c);
}

/* --- requests ------------------------------------------------------------------------- */

static void
submit(struct admin *a, struct door_call *call, const struct door_request *r,
    const struct api_caller *who)
{
	struct admin_call *c = NEW(struct admin_call);
	bool head = strcmp(r->method, "HEAD") == 0;

	c->admin = a;
	c->call = call;
	for (size_t i = 0; i < r->num_params; i++)
		c->params[i] =
		    (struct api_param){r->params[i].name, r->params[i].value};
	c->request = (struct api_request){.method = head ? "GET" : r->method,
	    .path = r->path,
	    .num_params = r->num_params,
	    .params = c->params,
	    .content_type = r->content_type,
	    .body = r->body,
	    .caller = *who};
	if (who->tenant != NULL) {
		snprintf(c->tenant, sizeof(c->tenant), "%s", who->tenant);
		c->request.caller.tenant = c->tenant;
	}
	c->task.run = call_run;
	c->task.done = call_done;
	writer_submit(a->conf.writer, &c->task);
}

static void
on_request(void *arg, struct door_call *call, const struct door_request *r)
{
	struct admin *a = arg;
	struct api_caller who;
	struct refusal why;

	if (!gate_host(&why, r))
		refuse(call, &why);
	else if (strcmp(r->path, "/healthz") == 0)
		health_answer(a->health, call, r);
	else if (gate_enter(&who, &why, a->tokens, r))
		submit(a, call, r, &who);
	else
		refuse(call, &why);
}

static size_t
on_body(void *arg, const struct door_request *head)
{
	const struct admin *a = arg;

	return gate_body_limit(a->tokens, head);
}

/* --- opening ------------------------------------------------------------------------------ */

static struct door_conf
conf_of(struct admin *a)
{
	return (struct door_conf){.loop = a->conf.loop,
	    .connections = CONNECTIONS,
	    .body_limit = on_body,
	    .request = on_request,
	    .arg = a};
}

/* Nobody has asked for a default place, so it is no failure when it cannot be
 * had. */
static enum status
opened(const char *key, bool is_default, enum status st, struct err *e)
{
	if (st == ST_OK)
		return ST_OK;
	err_prefix(e, "%s", key);
	if (!is_default)
		return st;
	diag_warn("%s (to have it quiet: `%s: null`)", e->text, key);
	return ST_OK;
}

static enum status
open_tcp(struct admin *a, const struct config *def, struct err *e)
{
	struct door_conf c = conf_of(a);

	c.listen = a->conf.config->admin.listen;
	if (c.listen == NULL)
		return ST_OK;
	return opened("admin.listen", strcmp(c.listen, def->admin.listen) == 0,
	    door_open(&a->tcp, &c, e), e);
}

static enum status
open_local(struct admin *a, const struct config *def, struct err *e)
{
	struct door_conf c = conf_of(a);

	c.socket = a->conf.config->admin.socket;
	if (c.socket == NULL)
		return ST_OK;
	return opened("admin.socket", strcmp(c.socket, def->admin.socket) == 0,
	    door_open(&a->local, &c, e), e);
}

static enum status
open_tokens(struct admin *a, struct err *e)
{
	const char *file = a->conf.config->admin.token_file;
	enum status st;

	if (file == NULL)
		return ST_OK;
	st = tokens_read(&a->tokens, file, e);
	if (st != ST_MISSING)
		return st;
	diag_warn("admin.token_file: %s: there is no such file, so nobody can "
		  "use the API; `indelible store init` makes one",
	    QUOTE(span_str(file)));
	return ST_OK;
}

static enum status
open_doors(struct admin *a, struct err *e)
{
	struct config def;
	enum status st;

	config_defaults(&def);
	st = open_tokens(a, e);
	if (st == ST_OK)
		st = open_tcp(a, &def, e);
	if (st == ST_OK)
		st = open_local(a, &def, e);
	config_fini(&def);
	return st;
}

enum status
admin_open(struct admin **out, const struct admin_conf *c, struct err *e)
{
	struct admin *a;
	enum status st;

	*out = NULL;
	if (c->config->admin.listen == NULL && c->config->admin.socket == NULL)
		return ST_OK;
	a = NEW(struct admin);
	a->conf = *c;
	a->health = health_new(c->config, c->writer);
	st = open_doors(a, e);
	if (st != ST_OK) {
		admin_free(a);
		return st;
	}
	if (dns_new(&a->dns, c->loop, c->config->public.resolver,
		&a->dns_err) != ST_OK)
		diag_warn("domains cannot be confirmed: %s", a->dns_err.text);
	*out = a;
	return ST_OK;
}

void
admin_reload(struct admin *a)
{
	struct tokens *fresh;
	struct err e;

	if (a == NULL || a->conf.config->admin.token_file == NULL)
		return;
	if (tokens_read(&fresh, a->conf.config->admin.token_file, &e) !=
	    ST_OK) {
		diag_warn("admin.token_file: %s; the tokens of before stay "
			  "good",
		    e.text);
		return;
	}
	tokens_free(a->tokens);
	a->tokens = fresh;
}

void
admin_tick(struct admin *a)
{
	if (a != NULL)
		health_tick(a->health);
}

void
admin_stop(struct admin *a)
{
	if (a == NULL)
		return;
	a->stopped = true;
	if (a->tcp != NULL)
		door_shut(a->tcp);
	if (a->local != NULL)
		door_shut(a->local);
	dns_free(a->dns); /* which calls nobody back */
	a->dns = NULL;
	while (a->asking != NULL) {
		struct admin_call *c = a->asking;

		asking_remove(c);
		look_up(c);
	}
}

void
admin_free(struct admin *a)
{
	if (a == NULL)
		return;
	door_free(a->tcp);
	door_free(a->local);
	dns_free(a->dns);
	health_free(a->health);
	tokens_free(a->tokens);
	free(a);
}
