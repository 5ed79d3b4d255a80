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
#include "monitor/status_sinks.h"
#include "monitor/status_view.h"

enum { O_CONFIG, O_JSON, O_COUNTERS };
static const struct opt table[] = {
    [O_CONFIG] = {"config", 'c', "FILE", "the configuration"},
    [O_JSON] = {"json", 0, NULL, "JSON Lines instead of text"},
    [O_COUNTERS] = {"counters", 0, NULL, "what the certificates hold"},
    {0},
};

struct view {
	struct status_view of;
	bool json, counters;
};

/* --- logs ----------------------------------------------------------------- */

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
	    status_followed(&v->of, l) ? "" : " (not in the configuration)",
	    "url");
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
	if (!status_lag(l, &behind))
		return;
	buf_fmt(out, "  %-12s %" PRIu64 " entries", "lag", behind);
	if (l->log.newest.raw.len > 0)
		buf_fmt(out, ", newest head %s old",
		    duration(age, status_head_age(&v->of, l)));
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

	if (v->json) {
		status_log_json(&out, &v->of, l);
		buf_char(&out, '\n');
	} else {
		status_log_reasons(&v->of, l, &r);
		log_text(&out, v, l);
		if (v->counters)
			counters_text(&out, l);
		reasons_text(&out, &r);
	}
	say(&out);
}

/* --- the store ------------------------------------------------------------ */

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
	const struct survey *s = v->of.survey;
	char when[TEXT_TIME];

	buf_str(out, "store\n");
	service_text(out, s);
	sandbox_text(out, v->of.config->sandbox);
	buf_fmt(out, "  %-12s %zu waiting, %zu given up", "outbox", s->waiting,
	    s->counts.dead);
	if (s->waiting > 0)
		buf_fmt(out, ", next due %s", text_time(when, s->due_ms));
	buf_char(out, '\n');
	sinks_text(out, s);
	buf_fmt(out, "  %-12s %zu entr%s\n", "quarantine",
	    s->counts.quarantined, s->counts.quarantined == 1 ? "y" : "ies");
	records_text(out, s);
}

static void
store_say(struct view *v)
{
	struct buf out = {0};
	struct reasons r = {0};

	if (v->json) {
		status_store_json(&out, &v->of);
		buf_char(&out, '\n');
	} else {
		status_store_reasons(&v->of, &r);
		store_text(&out, v);
		reasons_text(&out, &r);
		buf_fmt(
		    &out, "%s\n", v->of.unhealthy ? "unhealthy" : "healthy");
	}
	say(&out);
}

static int
status_run(struct view *v)
{
	struct survey s;
	int rc = survey_read(&s, v->of.config, false);

	v->of.survey = &s;
	v->of.now_ms = now_ms();
	for (size_t i = 0; i < s.num && rc == EX_OK; i++)
		log_say(v, &s.logs[i]);
	if (rc == EX_OK)
		store_say(v);
	survey_fini(&s);
	return rc == EX_OK && v->of.unhealthy ? EX_TRUE : rc;
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
	v.of.config = &c;
	rc = status_run(&v);
	config_fini(&c);
	return rc;
}
