/*
 * sink: the table of sinks, and what they have in common; see sink.h. Each
 * sink is a file of its own.
 */
#include "alerts/sink.h"

#include "alerts/digest.h"
#include "alerts/follow_up.h"

static const struct sink_api *const sinks[] = {
    [CONF_JSONL] = &sink_jsonl,
    [CONF_WEBHOOK] = &sink_webhook,
    [CONF_EXEC] = &sink_exec,
    [CONF_SYSLOG] = &sink_syslog,
    [CONF_CHAT] = &sink_chat,
    [CONF_MAIL] = &sink_mail,
};

static const char *const type_names[] = {
    [CONF_JSONL] = "jsonl",
    [CONF_WEBHOOK] = "webhook",
    [CONF_MAIL] = "mail",
    [CONF_EXEC] = "exec",
    [CONF_SYSLOG] = "syslog",
    [CONF_CHAT] = "chat",
};
#define NUM_TYPES (sizeof(type_names) / sizeof(type_names[0]))

bool
sink_mails_records(const struct conf_sink *conf)
{
	return conf->type == CONF_MAIL && conf->to != NULL &&
	       strcmp(conf->to, "record") == 0;
}

const char *
sink_type(const struct conf_sink *conf)
{
	unsigned type = (unsigned)conf->type;

	return type < NUM_TYPES ? type_names[type] : "such";
}

const struct sink_api *
sink_find(const struct conf_sink *conf, struct err *e)
{
	unsigned type = (unsigned)conf->type;

	if (type < sizeof(sinks) / sizeof(sinks[0]) && sinks[type] != NULL)
		return sinks[type];
	err_set(e, ST_MISSING,
	    "sink %s: this build has no %s sinks; it has: jsonl, webhook, "
	    "exec, syslog, chat, mail",
	    conf->name ? conf->name : "without a name", sink_type(conf));
	return NULL;
}

void
parcel_fini(struct parcel *p)
{
	buf_fini(&p->to);
	buf_fini(&p->headers);
	buf_fini(&p->body);
	*p = (struct parcel){0};
}

/* Of a mail server's replies only "service not available" is about all. */
bool
sink_is_down(enum parcel_kind kind, const struct outcome *o)
{
	if (o->status != ST_OK)
		return o->status != ST_LIMIT;
	if (kind == PARCEL_MAIL)
		return o->code == 421;
	return kind == PARCEL_HTTP &&
	       (o->code == 408 || o->code == 429 || o->code >= 500);
}

void
message_json(const struct message *m, bool reveal, struct buf *out)
{
	if (m->kind == MESSAGE_DIGEST)
		digest_json(m, reveal, out);
	else if (m->kind == MESSAGE_FOLLOW_UP)
		follow_up_json(m, out);
	else if (m->x != NULL)
		alert_json(m->x, m->instance, reveal, out);
	else
		buf_span_add(out, m->event);
}

bool
sink_backoff(int64_t *ms, unsigned attempt)
{
	const int64_t s = 1000, m = 60 * s, h = 60 * m;
	const int64_t wait[] = {
	    5 * s, 5 * m, 30 * m, 2 * h, 5 * h, 10 * h, 14 * h, 20 * h, 24 * h};

	if (attempt >= sizeof(wait) / sizeof(wait[0]))
		return false;
	*ms = wait[attempt];
	return true;
}

enum verdict
sink_again(int64_t *retry_ms, const struct outcome *o, unsigned attempt)
{
	if (!sink_backoff(retry_ms, attempt))
		return SINK_DEAD;
	if (*retry_ms < o->retry_after_ms)
		*retry_ms = o->retry_after_ms;
	return SINK_RETRY;
}

enum verdict
sink_judge_http(struct sink *s, int64_t *retry_ms, const struct outcome *o,
    unsigned attempt)
{
	(void)s;
	if (o->status == ST_OK && o->code >= 200 && o->code < 300)
		return SINK_DELIVERED;
	if (o->status == ST_OK && o->code == 410)
		return SINK_CLOSED;
	return sink_again(retry_ms, o, attempt);
}
