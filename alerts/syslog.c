/*
 * syslog: a line for the system log (RFC 5424), sent to its socket as a
 * datagram. Logs are read by many and kept for long, so it says that there is
 * an alert, how severe and under which id, and nothing about whom: no record,
 * no value, no certificate.
 */
#include "alerts/sink.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"

#define FACILITY 3u /* daemon */
/* What a receiver should take at least is 2,048 bytes of a message. */
#define SUBJECT_LEN 200
/* A socket's queue has room for ten datagrams, as Linux comes. */
#define FULL_MS 1000

struct sink {
	char *path;
};

static enum status
syslog_open(struct sink **out, const struct conf_sink *conf, struct span secret,
    struct err *e)
{
	struct sink *s;

	(void)secret;
	if (conf->socket == NULL)
		return err_set(
		    e, ST_BAD, "sink %s: syslog needs a socket", conf->name);
	s = NEW(struct sink);
	s->path = mem_str(conf->socket);
	*out = s;
	return ST_OK;
}

static void
syslog_close(struct sink *s)
{
	if (s == NULL)
		return;
	free(s->path);
	free(s);
}

/* RFC 5424 table 2. */
static unsigned
level_of(const struct message *m)
{
	static const unsigned levels[] = {
	    [SEV_INFO] = 6, [SEV_LOW] = 5, [SEV_MEDIUM] = 4, [SEV_HIGH] = 3};

	if (m->kind == MESSAGE_DIGEST) /* the gravest comes first */
		return levels[m->list[0]->severity];
	if (m->kind == MESSAGE_FOLLOW_UP)
		return levels[SEV_MEDIUM];
	if (m->x != NULL)
		return levels[m->x->severity];
	return strcmp(m->ev->type, "canary") == 0 ? 6 : 4;
}

static const char *
name_of(const struct message *m)
{
	if (m->kind == MESSAGE_DIGEST)
		return "digest";
	if (m->kind == MESSAGE_FOLLOW_UP)
		return "log.misbehaviour";
	return m->x != NULL ? "exposure" : m->ev->type;
}

/* Host, process and structured data are left to the receiver: "-". */
static void
syslog_render(struct sink *s, struct parcel *out, const struct message *m)
{
	char when[TEXT_TIME];

	out->path = s->path;
	buf_fmt(&out->body,
	    "<%u>1 %s - indelible - %s - id=", FACILITY * 8 + level_of(m),
	    text_time(when, m->now_ms), name_of(m));
	text_hex(&out->body, span_of(m->id, sizeof(m->id)));
	buf_fmt(&out->body, " instance=%s", m->instance);
	if (m->kind == MESSAGE_DIGEST) {
		buf_fmt(&out->body, " severity=%s count=%zu",
		    severity_name(m->list[0]->severity), m->num_list);
		return;
	}
	if (m->kind == MESSAGE_FOLLOW_UP) {
		buf_str(&out->body, " alert=");
		text_hex(&out->body, span_of(m->x->id, sizeof(m->x->id)));
		buf_str(&out->body, " what we told may not be in the log: it"
				    " could not be proven; keep it as a hint");
		return;
	}
	if (m->x != NULL) {
		buf_fmt(&out->body, " severity=%s verified=%s sightings=%zu",
		    severity_name(m->x->severity),
		    exposure_is_proven(m->x) ? "yes" : "no",
		    m->x->num_sightings);
		return;
	}
	buf_str(&out->body, " subject=");
	text_line(&out->body, span_str(m->ev->subject), SUBJECT_LEN);
}

static enum verdict
syslog_judge(struct sink *s, int64_t *retry_ms, const struct outcome *o,
    unsigned attempt)
{
	(void)s;
	if (o->status == ST_OK)
		return SINK_DELIVERED;
	/* Somebody reads it, but not that fast: nothing has failed. */
	if (o->status == ST_AGAIN) {
		*retry_ms = FULL_MS;
		return SINK_RETRY;
	}
	return sink_again(retry_ms, o, attempt);
}

const struct sink_api sink_syslog = {
    .name = "syslog",
    .kind = PARCEL_DATAGRAM,
    .open = syslog_open,
    .close = syslog_close,
    .render = syslog_render,
    .judge = syslog_judge,
};
