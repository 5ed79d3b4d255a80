/* status_view: see status_view.h. */
#include "monitor/status_view.h"

#include <inttypes.h>
#include <string.h>

#include "ctlog/base/text.h"
#include "monitor/sandbox.h"
#include "monitor/status_counters.h"
#include "monitor/status_sinks.h"

/* A log signs a new head at least this often, or once in its MMD. */
#define HEAD_MS 86400000
/* A delivery may be late by this much. */
#define DUE_MS 3600000

/* With less than this on its disk the store is as good as full. */
#define ROOM (256u << 10)

/* --- logs ----------------------------------------------------------------- */

/* Its head has to be fresh. When the configuration does not tell, all are
 * taken for followed. */
bool
status_followed(const struct status_view *v, const struct survey_log *l)
{
	return l->want != NULL || !v->survey->wants_known;
}

int64_t
status_head_age(const struct status_view *v, const struct survey_log *l)
{
	int64_t age = v->now_ms - l->log.newest.timestamp_ms;

	return age > 0 ? age : 0;
}

/* Entries that were signed and are not proven yet; false: it has no tail. */
bool
status_lag(const struct survey_log *l, uint64_t *out)
{
	const struct stretch *s = survey_tail(l);
	uint64_t size = l->log.newest.size;

	if (s == NULL)
		return false;
	*out = size > s->proven ? size - s->proven : 0;
	return true;
}

/* How long its newest head may be old. */
static int64_t
mmd_ms(const struct survey_log *l)
{
	int64_t mmd = l->want != NULL ? (int64_t)l->want->mmd_s * 1000 : 0;

	return mmd > HEAD_MS ? mmd : HEAD_MS;
}

/* The question that comes to mind when nothing goes on. */
static const char *
is_running(const struct status_view *v)
{
	if (v->survey->running)
		return "; the service is running, so the log does not answer, "
		       "or not as it must: the service's messages say how";
	return "; is `indelible monitor` running?";
}

static void
head_reasons(
    const struct status_view *v, const struct survey_log *l, struct reasons *r)
{
	int64_t poll = strcmp(l->log.api, "static") == 0
			   ? v->config->fetch.poll_static_ms
			   : v->config->fetch.poll_rfc6962_ms;
	char age[32];

	if (!status_followed(v, l) || (l->want && want_is_over(l->want)))
		return;
	if (l->log.newest.raw.len == 0)
		reason(r,
		    "no signed head of it has been proven or stored yet%s",
		    is_running(v));
	else if (l->log.newest.timestamp_ms > v->now_ms + HEAD_MS)
		reason(r, "its newest head is dated in a time to come, so it "
			  "is not known how old it is");
	else if (status_head_age(v, l) > mmd_ms(l) + poll)
		reason(r, "its newest head was signed %s ago%s",
		    duration(age, status_head_age(v, l)), is_running(v));
}

void
status_log_reasons(
    struct status_view *v, const struct survey_log *l, struct reasons *r)
{
	trouble_reason(r, &l->log);
	head_reasons(v, l, r);
	v->unhealthy |= r->num > 0;
}

static void
stretches_json(struct buf *out, const struct survey_log *l)
{
	buf_str(out, ",\"stretches\":[");
	for (size_t i = 0; i < l->num; i++) {
		const struct stretch *s = &l->stretches[i];

		buf_fmt(out,
		    "%s{\"job\":%" PRId64 ",\"job_id\":\"%" PRId64
		    "\",\"begin\":%" PRIu64 ",\"read\":%" PRIu64
		    ",\"proven\":%" PRIu64 ",\"limit\":",
		    i > 0 ? "," : "", s->job, s->job, s->begin, s->read,
		    s->proven);
		if (s->limit == UINT64_MAX)
			buf_str(out, "null");
		else
			buf_fmt(out, "%" PRIu64, s->limit);
		if (s->scan != 0)
			buf_fmt(out, ",\"part_of\":\"%" PRId64 "\"", s->scan);
		buf_char(out, '}');
	}
	buf_char(out, ']');
}

static void
parts_json(struct buf *out, const struct survey_log *l)
{
	struct survey_part *p;
	size_t num = survey_covered(l, &p);

	survey_parts_json(out, "covered", p, num);
	free(p);
	survey_unproven_json(out, l);
}

static void
log_members(
    struct buf *out, const struct status_view *v, const struct survey_log *l)
{
	uint64_t behind;

	buf_str(out, "{\"type\":\"log\",");
	survey_json(out, l);
	buf_fmt(
	    out, ",\"followed\":%s", status_followed(v, l) ? "true" : "false");
	if (l->want != NULL && l->want->listed)
		buf_fmt(out, ",\"state\":\"%s\"",
		    loglist_state_name(l->want->state));
	trouble_json(out, &l->log.trouble);
	stretches_json(out, l);
	parts_json(out, l);
	buf_str(out, ",\"newest\":");
	survey_head_json(out, &l->log.newest);
	buf_str(out, ",\"proven\":");
	survey_head_json(out, &l->log.proven);
	buf_str(out, ",\"lag_entries\":");
	if (status_lag(l, &behind))
		buf_fmt(out, "%" PRIu64, behind);
	else
		buf_str(out, "null");
	buf_str(out, ",\"lag_seconds\":");
	if (l->log.newest.raw.len > 0)
		buf_fmt(out, "%" PRId64, status_head_age(v, l) / 1000);
	else
		buf_str(out, "null");
}

void
status_log_json(
    struct buf *out, struct status_view *v, const struct survey_log *l)
{
	struct reasons r = {0};

	status_log_reasons(v, l, &r);
	log_members(out, v, l);
	counters_json(out, l);
	reasons_json(out, &r);
	buf_char(out, '}');
}

/* --- the store ------------------------------------------------------------ */

void
status_store_reasons(struct status_view *v, struct reasons *r)
{
	const struct survey *s = v->survey;
	char late[32];

	if (s->room < ROOM)
		reason(r, "the store's disk has no space left: reading waits "
			  "until there is some, and goes on by itself then");
	if (!s->wants_known)
		reason(r,
		    "not all configured logs are known, so it is not known "
		    "whether they are watched: %s",
		    s->wants_why.text);
	else if (s->num == 0)
		reason(r, "no log is known: nothing is watched; configure "
			  "`logs:`");
	if (s->waiting > 0 && s->due_ms < v->now_ms - DUE_MS)
		reason(r, "alerts wait for %s longer than they should; %s",
		    duration(late, v->now_ms - s->due_ms),
		    s->running ? "do the sinks take them?"
			       : "is `indelible monitor` running?");
	if (s->counts.dead > 0)
		reason(r,
		    "%zu deliver%s given up; see `indelible alerts list "
		    "--dead`",
		    s->counts.dead, s->counts.dead == 1 ? "y was" : "ies were");
	sinks_reasons(r, s, v->now_ms);
	v->unhealthy |= r->num > 0;
}

static void
sandbox_json(struct buf *out, enum conf_sandbox mode)
{
	const char *why = sandbox_missing(mode);

	buf_fmt(
	    out, "{\"filter\":%s,\"missing\":", why == NULL ? "true" : "false");
	if (why == NULL)
		buf_str(out, "null}");
	else {
		text_json(out, span_str(why));
		buf_char(out, '}');
	}
}

static void
store_members(struct buf *out, const struct status_view *v)
{
	const struct survey *s = v->survey;
	char when[TEXT_TIME];

	buf_fmt(out,
	    "{\"type\":\"store\",\"healthy\":%s,\"service\":{\"running\":%s,"
	    "\"writer\":",
	    v->unhealthy ? "false" : "true", s->running ? "true" : "false");
	if (s->in_use)
		text_json(out, span_str(s->owner));
	else
		buf_str(out, "null");
	buf_fmt(out, "},\"outbox\":{\"waiting\":%zu,\"dead\":%zu,\"next_due\":",
	    s->waiting, s->counts.dead);
	if (s->waiting > 0)
		buf_fmt(out, "\"%s\"", text_time(when, s->due_ms));
	else
		buf_str(out, "null");
	buf_char(out, '}');
	sinks_json(out, s);
	buf_str(out, ",\"sandbox\":");
	sandbox_json(out, v->config->sandbox);
	buf_fmt(
	    out, ",\"quarantined\":%zu,\"records\":{", s->counts.quarantined);
	for (int i = 0; i <= RECORD_ERASED; i++)
		buf_fmt(out, "%s\"%s\":%zu", i > 0 ? "," : "",
		    record_state_name((enum record_state)i), s->records[i]);
	buf_char(out, '}');
}

void
status_store_json(struct buf *out, struct status_view *v)
{
	struct reasons r = {0};

	status_store_reasons(v, &r);
	store_members(out, v);
	reasons_json(out, &r);
	buf_char(out, '}');
}
