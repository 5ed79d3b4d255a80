/* admin_gate: see admin_gate.h. */
#include "monitor/admin_gate.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "config/value.h"
#include "ctlog/base/limits.h"

/* More than any request without a body's worth has. */
#define STRANGERS 4096u

static bool
is_local(const struct door_request *r)
{
	return r->peer.len == 0;
}

static bool
refuse(struct refusal *why, int code, const char *title, const char *detail)
{
	*why = (struct refusal){code, title, detail};
	return false;
}

bool
gate_host(struct refusal *why, const struct door_request *r)
{
	if (is_local(r) || (r->host != NULL && value_host_plain(r->host)))
		return true;
	return refuse(why, 421, "Misdirected request",
	    "The Host header must be localhost or an IP address.");
}

/* --- what is brought ------------------------------------------------------------ */

static bool
is_reading(const struct door_request *r)
{
	return strcmp(r->method, "GET") == 0 || strcmp(r->method, "HEAD") == 0;
}

/* The media type without parameters. */
static bool
is_type(const struct door_request *r, const char *type)
{
	size_t len = strlen(type);
	const char *is = r->content_type;

	return is != NULL && strncasecmp(is, type, len) == 0 &&
	       (is[len] == '\0' || is[len] == ';' || is[len] == ' ');
}

static bool
is_import(const struct door_request *r)
{
	return is_type(r, "application/jsonl") || is_type(r, "text/csv");
}

/* No page of others can make a browser send these unasked. */
static bool
type_ok(const struct door_request *r)
{
	return is_reading(r) || strcmp(r->method, "DELETE") == 0 ||
	       is_type(r, "application/json") ||
	       is_type(r, "application/merge-patch+json") || is_import(r);
}

size_t
gate_body_limit(const struct tokens *t, const struct door_request *head)
{
	struct api_caller who;

	if (t == NULL || !tokens_find(&who, t, head->authorization))
		return STRANGERS;
	if (is_local(head) && is_import(head) && who.tenant == NULL &&
	    (who.scopes & SCOPE_WRITE) != 0)
		return LIMIT_RECORD_FILE;
	return LIMIT_JSON;
}

/* --- who comes ------------------------------------------------------------------- */

/* By the socket it is known who that is. */
static void
name(struct api_caller *who, const struct door_request *r)
{
	char token[sizeof(who->who)];

	if (r->uid < 0)
		return;
	memcpy(token, who->who, sizeof(token));
	snprintf(who->who, sizeof(who->who), "uid %ld, %.46s", r->uid, token);
}

bool
gate_enter(struct api_caller *who, struct refusal *why, const struct tokens *t,
    const struct door_request *r)
{
	if (t == NULL || !tokens_find(who, t, r->authorization))
		return refuse(why, 401, "Unauthorized",
		    "This needs the header `Authorization: Bearer TOKEN`, with "
		    "a token of admin.token_file.");
	if ((who->scopes & (is_reading(r) ? SCOPE_READ : SCOPE_WRITE)) == 0)
		return refuse(why, 403, "Forbidden",
		    "This token may read, and change nothing.");
	if (!type_ok(r))
		return refuse(why, 415, "Unsupported media type",
		    "The header Content-Type must be application/json; for "
		    "imports application/jsonl or text/csv.");
	if (r->too_large)
		return refuse(why, 413, "Content too large",
		    "A body has 2 MiB at most; an import can have more by the "
		    "UNIX socket, by a token that may change all tenants.");
	name(who, r);
	return true;
}
