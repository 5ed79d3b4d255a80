/*
 * api_confirm: proof that somebody controls an address or a domain: the token
 * of a mail, a TXT record. Nothing is looked up here: for a domain the answer
 * says which name, and goes on with what was found there (api_proven).
 */
#include <jansson.h>

#include "ctlog/base/arena.h"
#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "monitor/api_private.h"
#include "monitor/pii/normal.h"

#define DNS_LABEL "_ct-pii-challenge."
#define DNS_VALUE "indelible="

/* --- mail ----------------------------------------------------------------- */

static bool
body_token(const struct api_job *c, uint8_t out[LEDGER_TOKEN])
{
	struct span body = c->r->body;
	json_t *j = body.len > 1024 ? NULL
				    : json_loadb((const char *)body.p, body.len,
					  JSON_REJECT_DUPLICATES, NULL);
	const char *text = json_string_value(json_object_get(j, "token"));
	bool ok = text != NULL &&
		  text_unbase64url_exact(out, LEDGER_TOKEN, span_str(text));

	json_decref(j);
	return ok;
}

/* What it is like now that a proof has been looked at. */
static void
confirmed(struct api_job *c, const char *otherwise)
{
	struct record_row row;
	enum status st = api_record(c, &row, true);

	if (st == ST_OK && row.r.state != RECORD_ACTIVE)
		st = err_set(&c->e, ST_USAGE, "%s", otherwise);
	if (st == ST_OK)
		api_record_answer(c, &row, false);
	else
		api_fail(c, st);
	record_fini(&row.r);
}

static void
confirm_email(struct api_job *c)
{
	uint8_t token[LEDGER_TOKEN];
	struct ledger_use use = {
	    .token = token, .act = TOKEN_CONFIRM, .of = &c->at};
	enum status st;

	if (!body_token(c, token)) {
		api_problem(c->out, 422, "The data are not what they must be",
		    "a token is wanted: the 43 characters behind \"t=\" in the "
		    "link of the mail");
		return;
	}
	st = c->ledger->token_use(c->s, &use, &c->who, &c->e);
	mem_wipe(token, sizeof(token));
	c->out->changed = use.did;
	if (st == ST_OK)
		confirmed(c, "the token is not of this record, or was used, "
			     "or is too old");
	else
		api_fail(c, st);
}

/* --- DNS ------------------------------------------------------------------ */

bool
api_dns_name(char out[256], const struct record *r)
{
	uint8_t room[2048];
	struct arena a = arena_of(room, sizeof(room));
	struct span name;
	int n;

	if (r->kind != RECORD_DOMAIN || r->value == NULL ||
	    strlen(r->value) > 512)
		return false;
	name = normal_domain(&a, span_str(r->value));
	n = snprintf(
	    out, 256, DNS_LABEL "%.*s", (int)name.len, (const char *)name.p);
	return name.len > 0 && n > 0 && n < 254;
}

enum status
api_dns_value(struct api_job *c, char out[64])
{
	char challenge[44];
	enum status st = c->ledger->challenge(c->s, &c->at, challenge, &c->e);

	if (st == ST_OK)
		snprintf(out, 64, DNS_VALUE "%s", challenge);
	return st;
}

static void
confirm_domain(struct api_job *c, const struct record *r)
{
	if (!api_dns_name(c->out->dns_name, r)) {
		c->out->dns_name[0] = '\0';
		err_set(&c->e, ST_USAGE,
		    "record %s: its domain is too long to be proven by DNS",
		    c->at.id);
		api_fail(c, ST_USAGE);
		return;
	}
	api_problem(c->out, 503, "Not at this moment",
	    "nobody has looked the TXT records up");
}

static bool
is_proven(const struct api_proof *p, const char *value)
{
	for (size_t i = 0; i < p->num; i++)
		if (strcmp(p->txt[i], value) == 0)
			return true;
	return false;
}

/* The state is looked at again: time has passed since. */
static enum status
prove(struct api_job *c, const struct record *r, const struct api_proof *p)
{
	char name[256], value[64], evidence[300];
	enum status st;

	if (!api_dns_name(name, r))
		return err_set(&c->e, ST_USAGE, "this record has no domain");
	if (strcmp(name, p->name) != 0)
		return err_set(&c->e, ST_USAGE,
		    "the record's domain was changed while the TXT records of "
		    "the former one were looked up; confirm again");
	if (p->fault != NULL)
		return err_set(&c->e, ST_UNREACHABLE,
		    "no answer about the TXT records of %s: %s", name,
		    QUOTE(span_str(p->fault)));
	st = api_dns_value(c, value);
	if (st != ST_OK)
		return st;
	if (!is_proven(p, value))
		return err_set(&c->e, ST_USAGE,
		    "%s has %zu TXT record%s, and none is %s; publish it, wait "
		    "until it can be seen, and confirm again",
		    name, p->num, p->num == 1 ? "" : "s", value);
	snprintf(evidence, sizeof(evidence), "TXT at %s", name);
	st = c->ledger->confirm(c->s, &c->at,
	    &(struct ledger_proof){"dns", evidence}, &c->who, &c->e);
	c->out->changed = st == ST_OK;
	return st;
}

void
api_record_proven(struct api_job *c, const struct api_proof *p)
{
	struct record_row row;
	enum status st = api_record(c, &row, true);

	if (st == ST_OK && row.r.state == RECORD_PENDING)
		st = prove(c, &row.r, p);
	record_fini(&row.r);
	if (st == ST_OK)
		confirmed(c, "the record cannot be confirmed any more");
	else
		api_fail(c, st);
}

/* --- which ---------------------------------------------------------------- */

static void
confirm(struct api_job *c, const struct record_row *row)
{
	if (row->r.state != RECORD_PENDING)
		confirmed(c, "only pending records are confirmed");
	else if (row->r.kind == RECORD_EMAIL)
		confirm_email(c);
	else if (row->r.kind == RECORD_DOMAIN)
		confirm_domain(c, &row->r);
	else
		confirmed(c, "a name is confirmed by its identity, or by "
			     "importing it with complete consent");
}

void
api_record_confirm(struct api_job *c)
{
	struct record_row row;
	enum status st = api_record(c, &row, true);

	if (st == ST_OK)
		confirm(c, &row);
	else
		api_fail(c, st);
	record_fini(&row.r);
}
