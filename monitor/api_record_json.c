/*
 * api_record_json: one record as the admin interface shows it: its state,
 * values masked unless they are to be seen, consent, what was looked at for
 * it, and what is to be done next.
 */
#include <inttypes.h>

#include "monitor/api_private.h"

static void
time_or_null(struct buf *out, const char *name, int64_t ms)
{
	json_time(out, name, ms > 0 ? ms : INT64_MIN);
}

void
api_record_json(struct buf *out, const struct record_row *row)
{
	json_text(out, "id", row->r.id);
	json_text(out, "tenant", row->r.tenant);
	json_text(out, "kind", record_kind_name(row->r.kind));
	json_text(out, "state", record_state_name(row->r.state));
	time_or_null(out, "created", row->created_ms);
	time_or_null(out, "changed", row->changed_ms);
	time_or_null(out, "watched_since",
	    row->r.state == RECORD_ACTIVE ? row->active_ms : 0);
	time_or_null(out, "expires", row->r.expires_ms);
}

/* --- values, masked ------------------------------------------------------- */

static void
masked(struct buf *out, const char *kind, const char *value)
{
	struct buf b = {0};

	alert_mask(kind, span_str(value), &b);
	text_json(out, buf_span(&b));
	buf_fini(&b);
}

static void
masked_list(struct buf *out, const char *name, const struct strings *s)
{
	json_open(out, name, '[');
	for (size_t i = 0; i < s->num; i++) {
		json_sep(out);
		masked(out, "name", s->list[i]);
	}
	buf_char(out, ']');
}

static void
value_json(struct buf *out, const struct record *r)
{
	json_name(out, "value");
	if (r->kind == RECORD_NAME && r->given.num + r->surname.num > 0) {
		buf_char(out, '{');
		masked_list(out, "given", &r->given);
		masked_list(out, "surname", &r->surname);
		masked_list(out, "aliases", &r->aliases);
		buf_char(out, '}');
	} else if (r->value != NULL) {
		masked(out, record_kind_name(r->kind), r->value);
	} else {
		buf_str(out, "null");
	}
}

/* How it was given, and not what shows it. */
static void
consent_json(struct buf *out, const struct record *r)
{
	if (r->kind == RECORD_NAME)
		json_text(out, "identity", r->identity);
	json_open(out, "consent", '{');
	json_text(out, "purpose", r->purpose);
	json_text(out, "method", r->method);
	time_or_null(out, "at", r->consent_ms);
	json_bool(out, "complete", record_consented(r));
	buf_char(out, '}');
}

/* --- what was looked at --------------------------------------------------- */

static void
coverage_one(void *arg, const struct ledger_coverage *v)
{
	struct buf *out = arg;

	json_sep(out);
	buf_char(out, '{');
	json_text(out, "log_name", v->log_name);
	json_base64(out, "log_id", hash_span(&v->log_id));
	json_uint(out, "from", v->from);
	json_uint(out, "to", v->to);
	json_uint(out, "proven", v->proven);
	buf_char(out, '}');
}

enum status
api_coverage_json(struct api_job *c, struct buf *out)
{
	enum status st;

	json_open(out, "coverage", '[');
	st = c->ledger->coverage(c->s, &c->at, coverage_one, out, &c->e);
	buf_char(out, ']');
	return st;
}

/* --- what to do next ------------------------------------------------------ */

struct asked {
	int64_t since_ms, ms; /* ms: the newest letter; 0: none */
};

static void
asked_at(void *arg, const struct ledger_event *ev)
{
	struct asked *a = arg;

	if (strcmp(ev->what, "asked") == 0 && ev->time_ms >= a->since_ms)
		a->ms = ev->time_ms;
}

/* Letters of before it was pending with this address went to another one, or
 * are void. */
static enum status
next_email(struct api_job *c, struct buf *out, const struct record_row *row)
{
	struct asked a = {.since_ms = row->changed_ms};
	char when[TEXT_TIME];
	enum status st = c->ledger->history(c->s, &c->at, asked_at, &a, &c->e);

	json_text(out, "what", "confirm-mail");
	time_or_null(out, "mailed", a.ms);
	if (a.ms > 0) {
		struct err say;

		err_set(&say, ST_OK,
		    "a mail was sent at %s; the link in it confirms the "
		    "address",
		    text_time(when, a.ms));
		json_text(out, "say", say.text);
	} else if (c->env->config->public.url != NULL &&
		   config_mail(c->env->config) != NULL) {
		json_text(out, "say",
		    "the service sends a mail with a link, which confirms the "
		    "address; not within a day of another mail to it, after "
		    "three without an answer, or when it wants none");
	} else {
		json_text(out, "say",
		    "no mail can be sent: configure public.url and a sink of "
		    "type mail, or import the record with complete consent");
	}
	return st;
}

static enum status
next_domain(struct api_job *c, struct buf *out, const struct record *r)
{
	char name[256], value[64];
	enum status st = api_dns_value(c, value);

	if (st != ST_OK || !api_dns_name(name, r))
		return st;
	json_text(out, "what", "publish-txt");
	json_text(out, "name", name);
	json_text(out, "value", value);
	json_text(
	    out, "say", "publish this TXT record, then confirm the record");
	return st;
}

static void
next_name(struct buf *out, const struct record *r)
{
	struct err say;

	json_text(out, "what", "confirm-identity");
	if (r->identity == NULL)
		err_set(&say, ST_OK,
		    "a name becomes active when it is imported with complete "
		    "consent, or with the `identity` of somebody who is");
	else
		err_set(&say, ST_OK, "it becomes active with record %s",
		    QUOTE(span_str(r->identity)));
	json_text(out, "say", say.text);
}

static enum status
next_pending(struct api_job *c, struct buf *out, const struct record_row *row)
{
	const struct record *r = &row->r;

	if (r->expires_ms != 0 && r->expires_ms <= c->env->now_ms) {
		json_text(out, "what", "renew");
		json_text(out, "say",
		    "it has expired before it was active: import it again "
		    "with a later `expires`");
		return ST_OK;
	}
	if (r->kind == RECORD_EMAIL)
		return next_email(c, out, row);
	if (r->kind == RECORD_DOMAIN)
		return next_domain(c, out, r);
	next_name(out, r);
	return ST_OK;
}

/* In these states nothing is matched. */
static const struct {
	const char *what, *say;
} nexts[] = {
    [RECORD_PAUSED] = {"resume",
	"nothing is matched until `indelible records resume`"},
    [RECORD_WITHDRAWN] = {"erase",
	"nothing is matched any more; `indelible records erase` forgets what "
	"is held of it"},
    [RECORD_EXPIRED] = {"renew",
	"nothing is matched until it is imported again with a later `expires`"},
};

static enum status
next_json(struct api_job *c, struct buf *out, const struct record_row *row)
{
	const struct record *r = &row->r;
	enum status st = ST_OK;

	json_name(out, "next");
	if (r->state == RECORD_ACTIVE) {
		buf_str(out, "null");
		return st;
	}
	buf_char(out, '{');
	if (r->state == RECORD_PENDING) {
		st = next_pending(c, out, row);
	} else {
		json_text(out, "what", nexts[r->state].what);
		json_text(out, "say", nexts[r->state].say);
	}
	buf_char(out, '}');
	return st;
}

/* --- the whole ------------------------------------------------------------ */

static enum status
answer_ledger(struct api_job *c, struct buf *out, const struct record_row *row)
{
	enum status st = ST_OK;

	if (c->ledger == NULL || row->r.state == RECORD_ERASED)
		return st;
	st = api_coverage_json(c, out);
	return st != ST_OK ? st : next_json(c, out, row);
}

void
api_record_answer(struct api_job *c, const struct record_row *row, bool reveal)
{
	struct buf *out = api_json(c, 200);
	enum status st;

	buf_char(out, '{');
	api_record_json(out, row);
	if (row->r.state != RECORD_ERASED) {
		value_json(out, &row->r);
		consent_json(out, &row->r);
	}
	if (reveal && row->r.state != RECORD_ERASED) {
		json_name(out, "record");
		record_json(&row->r, out);
	}
	st = answer_ledger(c, out, row);
	json_text(out, "backfill",
	    row->r.state == RECORD_ACTIVE ? API_BACKFILL : NULL);
	buf_char(out, '}');
	if (st != ST_OK)
		api_fail(c, st);
}
