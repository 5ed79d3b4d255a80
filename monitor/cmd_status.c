/*
 * cmd_status: health, lag and coverage of each log, and what waits in the
 * store. What is unhealthy is said in words.
 */
#include <inttypes.h>
#include <stdio.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/cmd.h"
#include "monitor/opts.h"
#include "monitor/sandbox.h"
#include "monitor/status_counters.h"
#include "monitor/status_reasons.h"
#include "monitor/survey.h"

/* A log signs a new head at least this often, or once in its MMD. */
#define HEAD_MS 86400000
/* A delivery may be late by this much. */
#define DUE_MS 3600000

/* With less than this on its disk the store is as good as full. */
#define ROOM (256u << 10)

enum { O_CONFIG, O_JSON, O_COUNTERS };
static const struct opt table[] = {
    [O_CONFIG] = {"config", 'c', "FILE", "the configuration"},
    [O_JSON] = {"json", 0, NULL, "JSON Lines instead of text"},
    [O_COUNTERS] = {"counters", 0, NULL, "what the certificates hold"},
    {0},
};

struct view {
	const struct config *config;
	const struct survey *survey;
	int64_t now_ms;
	bool json, counters, unhealthy;
};

/* --- logs ----------------------------------------------------------------- */

/* Its head has to be fresh. When the configuration does not tell, all are
 * taken for followed. */
static bool
is_followed(const struct view *v, const struct survey_log *l)
{
	return l->want != NULL || !v->survey->wants_known;
}

static int64_t
head_age(const struct view *v, const struct survey_log *l)
{
	int64_t age = v->now_ms - l->log.newest.timestamp_ms;

	return age > 0 ? age : 0;
}

/* Entries that were signed and are not proven yet; false: it has no tail. */
static bool
lag_entries(const struct survey_log *l, uint64_t *out)
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
is_running(const struct view *v)
{
	if (v->survey->running)
		return "; the service is running, so the log does not answer, "
		       "or not as it must: the service's messages say how";
	return "; is `indelible monitor` running?";
}

static void
log_reasons(const struct view *v, const struct survey_log *l, struct reasons *r)
{
	int64_t poll = strcmp(l->log.api, "static") == 0
			   ? v->config->fetch.poll_static_ms
			   : v->config->fetch.poll_rfc6962_ms;
	char age[32];

	trouble_reason(r, &l->log);
	if (!is_followed(v, l) || (l->want && want_is_over(l->want)))
		return;
	if (l->log.newest.raw.len == 0)
		reason(r,
		    "no signed head of it has been proven or stored yet%s",
		    is_running(v));
	else if (l->log.newest.timestamp_ms > v->now_ms + HEAD_MS)
		reason(r, "its newest head is dated in a time to come, so it "
			  "is not known how old it is");
	else if (head_age(v, l) > mmd_ms(l) + poll)
		reason(r, "its newest head was signed %s ago%s",
		    duration(age, head_age(v, l)), is_running(v));
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

/* Frees p. */
static void
parts_text(struct buf *out, const char *what, struct survey_part *p, size_t num)
{
	if (num > 0)
		buf_fmt(out, "  %-12s ", what);
	survey_parts_text(out, p, num);
	if (num > 0)
		buf_char(out, '\n');
	free(p);
}

static void
covered_text(struct buf *out, const struct survey_log *l)
{
	struct survey_part *p;
	size_t num = survey_covered(l, &p);

	parts_text(out, "covered", p, num);
	num = survey_unproven(l, &p);
	parts_text(out, "unproven", p, num);
}

static void
log_json(struct buf *out, const struct view *v, const struct survey_log *l)
{
	uint64_t behind;

	buf_str(out, "{\"type\":\"log\",");
	survey_json(out, l);
	buf_fmt(out, ",\"followed\":%s", is_followed(v, l) ? "true" : "false");
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
	if (lag_entries(l, &behind))
		buf_fmt(out, "%" PRIu64, behind);
	else
		buf_str(out, "null");
	buf_str(out, ",\"lag_seconds\":");
	if (l->log.newest.raw.len > 0)
		buf_fmt(out, "%" PRId64, head_age(v, l) / 1000);
	else
		buf_str(out, "null");
}

static void
head_text(struct buf *out, const char *what, const struct store_head *h)
{
	char when[TEXT_TIME];

	if (h->raw.len == 0)
		buf_fmt(out, "  %-12s none\n", what);
	else
		buf_fmt(out, "  %-12s %" PRIu64 " entries, signed %s\n", what,
		    h->size, text_time(when, h->timestamp_ms));
}

static void
stretch_text(struct buf *out, const struct stretch *s)
{
	buf_fmt(out, "  %-12s [%" PRIu64 ", %" PRIu64 ")",
	    s->job == 0                  ? "followed"
	    : s->job > 0 || s->scan != 0 ? "scanned"
					 : "bridged",
	    s->begin, s->read);
	if (s->limit != UINT64_MAX && s->limit != s->read)
		buf_fmt(
		    out, " of [%" PRIu64 ", %" PRIu64 ")", s->begin, s->limit);
	if (s->read == s->begin)
		buf_str(out, ", nothing read yet");
	else if (s->proven == s->read)
		buf_str(out, ", proven");
	else if (s->proven == s->begin)
		buf_str(out, ", not proven");
	else
		buf_fmt(out, ", proven [%" PRIu64 ", %" PRIu64 ")", s->begin,
		    s->proven);
	if (s->job > 0)
		buf_fmt(out, " (job %" PRId64 ")", s->job);
	else if (s->scan != 0)
		buf_fmt(out, " (part of job %" PRId64 ")", s->scan);
	buf_char(out, '\n');
}

static void
log_text(struct buf *out, const struct view *v, const struct survey_log *l)
{
	uint64_t behind;
	char age[32];

	text_line(out, span_str(l->log.name), LIMIT_QUOTE);
	buf_fmt(out, "%s\n  %-12s ",
	    is_followed(v, l) ? "" : " (not in the configuration)", "url");
	text_line(out, span_str(l->log.url), LIMIT_QUOTE);
	if (l->log.api[0] != '\0')
		buf_fmt(out, " (%s)", l->log.api);
	buf_fmt(out, "\n  %-12s ", "log id");
	text_base64(out, hash_span(&l->log.log_id));
	if (l->want != NULL && l->want->listed)
		buf_fmt(out, "\n  %-12s %s in the lists", "state",
		    loglist_state_name(l->want->state));
	buf_char(out, '\n');
	for (size_t i = 0; i < l->num; i++)
		stretch_text(out, &l->stretches[i]);
	covered_text(out, l);
	head_text(out, "newest head", &l->log.newest);
	head_text(out, "proven head", &l->log.proven);
	if (!lag_entries(l, &behind))
		return;
	buf_fmt(out, "  %-12s %" PRIu64 " entries", "lag", behind);
	if (l->log.newest.raw.len > 0)
		buf_fmt(
		    out, ", newest head %s old", duration(age, head_age(v, l)));
	buf_char(out, '\n');
}

static void
say(struct buf *out)
{
	fwrite(out->p, 1, out->len, stdout);
	buf_fini(out);
}

static void
log_say(struct view *v, const struct survey_log *l)
{
	struct buf out = {0};
	struct reasons r = {0};

	log_reasons(v, l, &r);
	v->unhealthy |= r.num > 0;
	(v->json ? log_json : log_text)(&out, v, l);
	if (v->json)
		counters_json(&out, l);
	else if (v->counters)
		counters_text(&out, l);
	(v->json ? reasons_json : reasons_text)(&out, &r);
	if (v->json)
		buf_str(&out, "}\n");
	say(&out);
}

/* --- the store ------------------------------------------------------------ */

static void
store_reasons(const struct view *v, struct reasons *r)
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
		reason(r, "%zu deliver%s given up", s->counts.dead,
		    s->counts.dead == 1 ? "y was" : "ies were");
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

/* Nothing, when all is well. */
static void
sandbox_text(struct buf *out, enum conf_sandbox mode)
{
	const char *why = sandbox_missing(mode);

	if (why != NULL)
		buf_fmt(out, "  %-12s warning: parsers are not locked in: %s\n",
		    "sandbox", why);
}

static void
store_json(struct buf *out, const struct view *v)
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
	buf_str(out, "},\"sandbox\":");
	sandbox_json(out, v->config->sandbox);
	buf_fmt(
	    out, ",\"quarantined\":%zu,\"records\":{", s->counts.quarantined);
	for (int i = 0; i <= RECORD_ERASED; i++)
		buf_fmt(out, "%s\"%s\":%zu", i > 0 ? "," : "",
		    record_state_name((enum record_state)i), s->records[i]);
	buf_char(out, '}');
}

static void
records_text(struct buf *out, const struct survey *s)
{
	bool any = false;

	buf_fmt(out, "  %-12s", "records");
	for (int i = 0; i <= RECORD_ERASED; i++) {
		if (s->records[i] == 0)
			continue;
		buf_fmt(out, "%s %zu %s", any ? "," : "", s->records[i],
		    record_state_name((enum record_state)i));
		any = true;
	}
	buf_str(out, any ? "\n" : " none\n");
}

static void
service_text(struct buf *out, const struct survey *s)
{
	buf_fmt(out, "  %-12s %s", "service",
	    s->running ? "running, " : "not running");
	if (s->in_use && !s->running)
		buf_str(out, "; the store is in use by ");
	if (s->in_use)
		text_line(out, span_str(s->owner), LIMIT_QUOTE);
	buf_char(out, '\n');
}

static void
store_text(struct buf *out, const struct view *v)
{
	const struct survey *s = v->survey;
	char when[TEXT_TIME];

	buf_str(out, "store\n");
	service_text(out, s);
	sandbox_text(out, v->config->sandbox);
	buf_fmt(out, "  %-12s %zu waiting, %zu given up", "outbox", s->waiting,
	    s->counts.dead);
	if (s->waiting > 0)
		buf_fmt(out, ", next due %s", text_time(when, s->due_ms));
	buf_fmt(out, "\n  %-12s %zu entr%s\n", "quarantine",
	    s->counts.quarantined, s->counts.quarantined == 1 ? "y" : "ies");
	records_text(out, s);
}

static void
store_say(struct view *v)
{
	struct buf out = {0};
	struct reasons r = {0};

	store_reasons(v, &r);
	v->unhealthy |= r.num > 0;
	(v->json ? store_json : store_text)(&out, v);
	(v->json ? reasons_json : reasons_text)(&out, &r);
	if (v->json)
		buf_str(&out, "}\n");
	else
		buf_fmt(&out, "%s\n", v->unhealthy ? "unhealthy" : "healthy");
	say(&out);
}

static int
status_run(struct view *v)
{
	struct survey s;
	int rc = survey_read(&s, v->config, false);

	v->survey = &s;
	v->now_ms = now_ms();
	for (size_t i = 0; i < s.num && rc == EX_OK; i++)
		log_say(v, &s.logs[i]);
	if (rc == EX_OK)
		store_say(v);
	survey_fini(&s);
	return rc == EX_OK && v->unhealthy ? EX_TRUE : rc;
}

int
cmd_status(int argc, char **argv)
{
	struct opts o = {
	    .usage = "indelible status [-c FILE] [--json] [--counters]",
	    .about = "Shows what was read and proven of each log, how far "
		     "behind that is, and what\nwaits to be delivered; also "
		     "beside a running service. The exit status is 1 when\n"
		     "something is unhealthy.",
	    .table = table,
	    .argc = argc,
	    .argv = argv};
	struct view v = {0};
	const char *file = NULL;
	struct config c;
	int n, rc;

	while ((n = opts_next(&o)) >= 0) {
		if (n == O_CONFIG)
			file = o.value;
		v.json |= n == O_JSON;
		v.counters |= n == O_COUNTERS;
	}
	if (n != OPTS_END || !opts_at_most(&o, 0))
		return n == OPTS_HELP ? EX_OK : EX_USAGE;
	rc = cmd_config_read(&c, file);
	if (rc != EX_OK)
		return rc;
	v.config = &c;
	rc = status_run(&v);
	config_fini(&c);
	return rc;
}
