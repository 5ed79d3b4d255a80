/* client: see client.h; what the answers mean for a command is in
 * client_say.c. */
#include "monitor/client.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/client_private.h"
#include "monitor/cmd.h"
#include "monitor/http_socket.h"
#include "monitor/tail.h"
#include "monitor/token.h"

/* --- the store to itself -------------------------------------------------- */

static struct api_request
request_of(const struct client_call *q)
{
	struct api_request r = {.method = q->method,
	    .path = q->path,
	    .num_params = q->num_params,
	    .params = q->params,
	    .content_type = q->content_type,
	    .body = q->body,
	    .caller = {.scopes = SCOPE_READ | SCOPE_WRITE}};

	snprintf(r.caller.who, sizeof(r.caller.who), "uid %ld", (long)getuid());
	return r;
}

static void
ask_store(struct api_answer *out, struct store *s, const struct client_call *q,
    const struct api_env *env)
{
	struct api_request r = request_of(q);

	api_call(out, &r, s, env);
	if (out->dns_name[0] != '\0')
		client_prove(out, &r, s, env);
}

/* ST_BUSY and what else opening a store says. */
static enum status
by_store(struct api_answer *out, const struct client_call *q,
    const struct config *c, const struct store_conf *sc, struct err *e)
{
	const struct store_api *api = store_find(sc->url, e);
	struct api_env env = {.config = c, .now_ms = now_ms()};
	struct store *s;
	enum status st = api->open(&s, sc, e);

	if (st != ST_OK)
		return st;
	memcpy(env.index_key, sc->keys.index, sizeof(env.index_key));
	ask_store(out, s, q, &env);
	mem_wipe(env.index_key, sizeof(env.index_key));
	api->close(s);
	return ST_OK;
}

/* --- a service has it ----------------------------------------------------- */

static bool
is_plain(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
	       c == '~' || c == '/' || c == ':';
}

static void
percent(struct buf *out, const char *text)
{
	for (const char *p = text; *p != '\0'; p++) {
		if (is_plain((uint8_t)*p))
			buf_char(out, *p);
		else
			buf_fmt(out, "%%%02X", (unsigned)(uint8_t)*p);
	}
}

static void
target_of(struct buf *out, const struct client_call *q)
{
	percent(out, q->path);
	for (size_t i = 0; i < q->num_params; i++) {
		buf_char(out, i == 0 ? '?' : '&');
		percent(out, q->params[i].name);
		buf_char(out, '=');
		percent(out, q->params[i].value);
	}
}

static enum status
by_socket(struct api_answer *out, const struct client_call *q,
    const struct config *c, struct err *e)
{
	struct socket_request r = {.socket = c->admin.socket,
	    .method = q->method,
	    .content_type = q->content_type,
	    .body = q->body};
	struct buf target = {0};
	char *token;
	enum status st = tokens_own(&token, c->admin.token_file, e);

	if (st == ST_OK) {
		target_of(&target, q);
		r.target = buf_cstr(&target);
		r.token = token;
		st = http_socket(&out->code, &out->body, &r, e);
		mem_wipe(token, strlen(token));
		free(token);
	}
	buf_fini(&target);
	return st;
}

/* Neither the store nor somebody who has it. */
static int
no_way(enum status st, const struct err *busy, const struct err *e)
{
	if (st != ST_UNREACHABLE && st != ST_MISSING)
		return cmd_fail(st, e);
	fprintf(stderr,
	    "indelible: %s\nindelible: nor can it be asked to do this: %s; "
	    "configure admin.socket and admin.token_file\n",
	    busy->text, e->text);
	return EX_UNAVAILABLE;
}

static int
through_service(struct api_answer *out, const struct client_call *q,
    const struct config *c, const struct err *busy)
{
	struct err e;
	enum status st;

	if (c->admin.socket == NULL || c->admin.token_file == NULL)
		st = err_set(&e, ST_UNREACHABLE, "there is no admin socket");
	else
		st = by_socket(out, q, c, &e);
	return st == ST_OK ? client_judge(out, q) : no_way(st, busy, &e);
}

int
client_call(
    struct api_answer *out, const struct config *c, const struct client_call *q)
{
	struct store_conf sc = {.read_only = !q->write};
	const struct store_api *api;
	struct store_sink *sinks;
	char owner[64];
	struct err e;
	enum status st;
	int rc = cmd_store_conf(&sc, &api, c);

	*out = (struct api_answer){0};
	if (rc != EX_OK)
		return rc;
	sinks = mem_new(c->alerts.num_sinks, sizeof(*sinks));
	sc.num_sinks = cmd_sinks(sinks, c);
	sc.sinks = sinks;
	sc.owner = cmd_owner(owner);
	st = by_store(out, q, c, &sc, &e);
	keys_wipe(&sc.keys);
	free(sinks);
	if (st == ST_BUSY)
		return through_service(out, q, c, &e);
	return st == ST_OK ? client_judge(out, q) : cmd_store_fail(st, &e);
}
