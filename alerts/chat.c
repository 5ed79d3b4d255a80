/*
 * chat: a message for people in a chat room, posted to its incoming webhook:
 * Slack's JSON, which others take, too (Mattermost, Rocket.Chat), or an
 * Adaptive Card as Microsoft Teams' workflows want it. What comes from a
 * certificate is in blocks of plain text, in which nothing is a link, a
 * mention or a format; it has passed text_line, and Slack's escapes besides.
 */
#include "alerts/digest.h"
#include "alerts/follow_up.h"
#include "alerts/json.h"
#include "alerts/sink.h"
#include "config/value.h"
#include "ctlog/base/mem.h"

#define NAME_LEN 160 /* of a foreign name, escaped */
/* Slack takes 3,000 characters in a block, with its escapes. */
#define BLOCK_LEN 2900u
/* Lines of a digest. */
#define GROUPS 5

enum format { FORMAT_SLACK, FORMAT_TEAMS };

struct sink {
	char *url;
	enum format format;
	bool reveal;
};

/* What is said: a title of our own words, and lines. */
struct words {
	struct buf title, lines; /* an end behind each line */
};

/* --- open ------------------------------------------------------------------ */

static bool
host_ends(struct span host, const char *with)
{
	struct span end = span_str(with);

	return host.len > end.len &&
	       strncasecmp((const char *)host.p + host.len - end.len, with,
		   end.len) == 0;
}

static enum format
format_of(const struct conf_sink *conf, const char *url)
{
	const char *host = strstr(url, "://") + 3;
	struct span s = span_of(host, strcspn(host, ":/?#"));

	if (conf->format != NULL)
		return strcmp(conf->format, "teams") == 0 ? FORMAT_TEAMS
							  : FORMAT_SLACK;
	return host_ends(s, ".logic.azure.com") ||
		       host_ends(s, ".powerplatform.com") ||
		       host_ends(s, ".webhook.office.com")
		   ? FORMAT_TEAMS
		   : FORMAT_SLACK;
}

static enum status
chat_open(struct sink **out, const struct conf_sink *conf, struct span secret,
    struct err *e)
{
	struct sink *s = NEW(struct sink);
	size_t n = span_chr(secret, '\n');

	while (n > 0 && secret.p[n - 1] <= ' ')
		n--;
	s->reveal = conf->reveal;
	s->url =
	    conf->url_file != NULL ? mem_strn(secret.p, n) : mem_str(conf->url);
	/* Who knows the URL may write there: it is not repeated. */
	if (!value_web_url(s->url, true, NULL)) {
		mem_wipe(s->url, strlen(s->url));
		free(s->url);
		free(s);
		return err_set(e, ST_BAD,
		    "sink %s: the first line of url_file is no URL",
		    conf->name);
	}
	s->format = format_of(conf, s->url);
	*out = s;
	return ST_OK;
}

static void
chat_close(struct sink *s)
{
	if (s == NULL)
		return;
	mem_wipe(s->url, strlen(s->url));
	free(s->url);
	free(s);
}

/* --- words ----------------------------------------------------------------- */

static void
add(struct buf *out, const char *text, const char *none)
{
	if (text == NULL || text[0] == '\0')
		buf_str(out, none);
	else
		text_line(out, span_str(text), NAME_LEN);
}

static void
line(struct buf *out, const char *name, const char *text, const char *none)
{
	buf_fmt(out, "%s: ", name);
	add(out, text, none);
	buf_char(out, '\n');
}

static void
line_found(const struct exposure *x, bool reveal, struct buf *out)
{
	const char *value = x->match.value ? x->match.value : "";
	struct buf shown = {0};

	if (reveal)
		buf_str(&shown, value);
	else
		alert_mask(x->match.kind, span_str(value), &shown);
	buf_str(out, "Found: ");
	add(out, x->match.kind, "?");
	buf_char(out, ' ');
	text_line(out, buf_span(&shown), NAME_LEN);
	buf_str(out, " in ");
	add(out, x->match.carrier, "?");
	for (size_t i = 0; i < x->num_also; i++) {
		buf_str(out, i == 0 ? "; beside it: " : ", ");
		add(out, x->also[i], "?");
	}
	buf_char(out, '\n');
	buf_fini(&shown);
}

static void
date(struct buf *out, int64_t ms)
{
	char text[TEXT_TIME];

	if (ms == INT64_MIN)
		buf_char(out, '?');
	else
		buf_add(out, text_time(text, ms), strlen("YYYY-MM-DD"));
}

/* "2026-03-01 to 2026-11-20", or the one day. */
static void
dates(struct buf *out, int64_t first_ms, int64_t last_ms)
{
	struct buf first = {0}, last = {0};

	date(&first, first_ms);
	date(&last, last_ms);
	buf_span_add(out, buf_span(&first));
	if (!span_eq(buf_span(&first), buf_span(&last))) {
		buf_str(out, " to ");
		buf_span_add(out, buf_span(&last));
	}
	buf_fini(&first);
	buf_fini(&last);
}

static void
line_log(const struct exposure *x, struct buf *out)
{
	const struct sighting *s = x->sightings;

	if (x->num_sightings == 0)
		return;
	buf_str(out, "Log: ");
	add(out, s->log_name, "without a name");
	buf_fmt(out, ", entry %llu, %s", (unsigned long long)s->index,
	    s->verified ? "proven" : "not proven yet");
	if (x->num_sightings > 1)
		buf_fmt(out, "; %zu more", x->num_sightings - 1);
	buf_char(out, '\n');
}

static void
words_exposure(struct words *w, const struct exposure *x, bool reveal)
{
	struct buf *out = &w->lines;

	buf_fmt(&w->title, "Personal data in a public certificate: %s%s",
	    severity_name(x->severity),
	    exposure_is_proven(x) ? "" : " (not proven yet)");
	line(out, "Record", x->record_id, "?");
	line(out, "Tenant", x->tenant, "?");
	line_found(x, reveal, out);
	line(out, "Issuer", x->cert.issuer, "without a name");
	line(out, "Serial number", x->cert.serial, "?");
	buf_str(out, "Valid: ");
	date(out, x->cert.not_before_ms);
	buf_str(out, " to ");
	date(out, x->cert.not_after_ms);
	buf_char(out, '\n');
	line_log(x, out);
}

/* "3 x high: email j...@e....com by Example Trust, 2026-05-01 to 2026-05-03" */
static void
line_group(const struct digest_group *g, bool reveal, struct buf *out)
{
	const struct exposure *x = g->list[0];
	const char *value = x->match.value != NULL ? x->match.value : "";
	struct buf shown = {0};

	if (reveal)
		buf_str(&shown, value);
	else
		alert_mask(x->match.kind, span_str(value), &shown);
	buf_fmt(out, "%zu x %s: ", g->num, severity_name(x->severity));
	add(out, x->match.kind, "?");
	buf_char(out, ' ');
	text_line(out, buf_span(&shown), NAME_LEN);
	buf_str(out, " by ");
	add(out,
	    x->cert.issuer_org != NULL && x->cert.issuer_org[0] != '\0'
		? x->cert.issuer_org
		: x->cert.issuer,
	    "an issuer without a name");
	buf_str(out, ", ");
	dates(out, x->time_ms, g->list[g->num - 1]->time_ms);
	buf_char(out, '\n');
	buf_fini(&shown);
}

static void
words_digest(struct words *w, const struct message *m, bool reveal)
{
	const struct exposure *x = m->list[0];
	size_t groups = digest_num_groups(m), at = 0;

	buf_fmt(&w->title, "Personal data in public certificates: %zu alert%s",
	    m->num_list, m->num_list == 1 ? "" : "s");
	line(&w->lines, "Record", x->record_id, "?");
	line(&w->lines, "Tenant", x->tenant, "?");
	for (size_t i = 0; i < GROUPS && at < m->num_list; i++) {
		struct digest_group g =
		    digest_group(m->list + at, m->num_list - at);

		line_group(&g, reveal, &w->lines);
		at += g.num;
	}
	if (at < m->num_list)
		buf_fmt(&w->lines,
		    "and %zu more, of %zu other kinds: see `indelible alerts "
		    "list`\n",
		    m->num_list - at, groups - GROUPS);
}

/* What was told may not be so. */
static void
words_follow_up(struct words *w, const struct exposure *x)
{
	struct buf *out = &w->lines;

	buf_str(&w->title, "About an alert: it could not be proven");
	buf_fmt(out, "%s\n%s\n", follow_up_what, follow_up_meaning);
	line(out, "Record", x->record_id, "?");
	line(out, "Tenant", x->tenant, "?");
	line(out, "Issuer", x->cert.issuer, "without a name");
	line(out, "Serial number", x->cert.serial, "?");
	if (x->num_sightings > 0) {
		buf_str(out, "Log: ");
		add(out, x->sightings->log_name, "without a name");
		buf_fmt(out, ", entry %llu\n",
		    (unsigned long long)x->sightings->index);
	}
	buf_str(out, "Alert: ");
	text_hex(out, span_of(x->id, sizeof(x->id)));
	buf_char(out, '\n');
}

static void
words_of(struct words *w, const struct message *m, bool reveal)
{
	if (m->kind == MESSAGE_DIGEST) {
		words_digest(w, m, reveal);
	} else if (m->kind == MESSAGE_FOLLOW_UP) {
		words_follow_up(w, m->x);
	} else if (m->x != NULL) {
		words_exposure(w, m->x, reveal);
	} else {
		buf_str(&w->title, "Event: ");
		add(&w->title, m->ev->type, "?");
		line(&w->lines, "Subject", m->ev->subject, "none");
	}
	line(&w->lines, "Instance", m->instance, "?");
	buf_str(&w->lines, "Id: ");
	text_hex(&w->lines, span_of(m->id, sizeof(m->id)));
	buf_char(&w->lines, '\n');
}

/* --- Slack ----------------------------------------------------------------- */

/* & < > begin entities, links and mentions. What is longer than a block may be
 * would not be taken at all. */
static void
slack_text(struct buf *out, const char *name, struct span text)
{
	struct buf safe = {0};

	for (size_t i = 0; i < text.len; i++) {
		if (safe.len >= BLOCK_LEN && (text.p[i] & 0xc0) != 0x80) {
			buf_str(&safe, "\xe2\x80\xa6");
			break;
		}
		if (text.p[i] == '&')
			buf_str(&safe, "&amp;");
		else if (text.p[i] == '<')
			buf_str(&safe, "&lt;");
		else if (text.p[i] == '>')
			buf_str(&safe, "&gt;");
		else
			buf_char(&safe, (char)text.p[i]);
	}
	json_name(out, name);
	text_json(out, buf_span(&safe));
	buf_fini(&safe);
}

static void
slack_block(struct buf *out, const char *type, struct span text)
{
	json_sep(out);
	buf_char(out, '{');
	json_text(out, "type", type);
	json_open(out, "text", '{');
	json_text(out, "type", "plain_text");
	json_bool(out, "emoji", false);
	slack_text(out, "text", text);
	buf_str(out, "}}");
}

static void
slack(struct buf *out, const struct words *w)
{
	buf_char(out, '{');
	slack_text(out, "text", buf_span(&w->title)); /* for notifications */
	json_bool(out, "mrkdwn", false);
	json_bool(out, "unfurl_links", false);
	json_bool(out, "unfurl_media", false);
	json_open(out, "blocks", '[');
	slack_block(out, "header", buf_span(&w->title));
	slack_block(out, "section", buf_span(&w->lines));
	buf_str(out, "]}");
}

/* --- Teams ----------------------------------------------------------------- */

/* A TextBlock would take Markdown; a TextRun is text. */
static void
teams_line(struct buf *out, struct span text, bool title)
{
	struct buf copy = {0};

	buf_span_add(&copy, text);
	json_sep(out);
	buf_char(out, '{');
	json_text(out, "type", "RichTextBlock");
	json_open(out, "inlines", '[');
	buf_char(out, '{');
	json_text(out, "type", "TextRun");
	json_text(out, "text", buf_cstr(&copy));
	if (title)
		json_text(out, "weight", "bolder");
	buf_str(out, "}]}");
	buf_fini(&copy);
}

static void
teams(struct buf *out, const struct words *w)
{
	struct span rest = buf_span(&w->lines);

	buf_char(out, '{');
	json_text(out, "type", "message");
	json_open(out, "attachments", '[');
	buf_char(out, '{');
	json_text(
	    out, "contentType", "application/vnd.microsoft.card.adaptive");
	json_open(out, "content", '{');
	json_text(out, "type", "AdaptiveCard");
	json_text(out, "version", "1.4");
	json_open(out, "body", '[');
	teams_line(out, buf_span(&w->title), true);
	while (rest.len > 0) {
		size_t n = span_chr(rest, '\n');

		teams_line(out, span_cut(rest, 0, n), false);
		rest = span_from(rest, n + 1);
	}
	buf_str(out, "]}}]}");
}

static void
chat_render(struct sink *s, struct parcel *out, const struct message *m)
{
	struct words w = {{0}, {0}};

	out->url = s->url;
	buf_str(&out->headers, "Content-Type: application/json\n");
	words_of(&w, m, s->reveal);
	if (s->format == FORMAT_SLACK)
		slack(&out->body, &w);
	else
		teams(&out->body, &w);
	buf_fini(&w.title);
	buf_fini(&w.lines);
}

const struct sink_api sink_chat = {
    .name = "chat",
    .kind = PARCEL_HTTP,
    .open = chat_open,
    .close = chat_close,
    .render = chat_render,
    .judge = sink_judge_http,
};
