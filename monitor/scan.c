/* scan: the printing sink and the summaries; see scan.h. */
#include "monitor/scan.h"

#include <inttypes.h>
#include <unistd.h>

#include "alerts/follow_up.h"
#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/courier.h"

const struct conf_sink scan_stdout = {
    .name = (char *)"stdout", .type = CONF_JSONL, .path = (char *)"-"};

/* --- the sink ------------------------------------------------------------------ */

static enum status
print_open(struct sink **out, const struct conf_sink *conf, struct span secret,
    struct err *e)
{
	(void)conf;
	(void)secret;
	(void)e;
	*out = NULL;
	return ST_OK;
}

static void
print_close(struct sink *s)
{
	(void)s;
}

static void
print_json(struct sink *s, struct parcel *out, const struct message *m)
{
	(void)s;
	out->path = "-";
	message_json(m, false, &out->body);
	buf_char(&out->body, '\n');
}

static void
print_text(struct sink *s, struct parcel *out, const struct message *m)
{
	bool colour = isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL;

	(void)s;
	out->path = "-";
	if (m->kind == MESSAGE_FOLLOW_UP)
		buf_fmt(
		    &out->body, "%s: %s\n", m->x->record_id, follow_up_meaning);
	else if (m->x != NULL)
		alert_text(m->x, colour, &out->body);
}

/* What could not be printed stays in the outbox: a scan with a state prints it
 * the next time. In this run nothing more is printed: a reader that went does
 * not come back, and a disk that was full for one line may not be for the
 * next, which would leave a hole in the output. */
static enum verdict
print_judge(struct sink *s, int64_t *retry_ms, const struct outcome *o,
    unsigned attempt)
{
	(void)s;
	(void)attempt;
	(void)retry_ms;
	return o->status == ST_OK ? SINK_DELIVERED : SINK_CLOSED;
}

static const struct sink_api sink_json = {
    "stdout", PARCEL_APPEND, print_open, print_close, print_json, print_judge};
static const struct sink_api sink_text = {
    "stdout", PARCEL_APPEND, print_open, print_close, print_text, print_judge};

const struct sink_api *
scan_sink_json(const struct conf_sink *c, struct err *e)
{
	(void)c;
	(void)e;
	return &sink_json;
}

const struct sink_api *
scan_sink_text(const struct conf_sink *c, struct err *e)
{
	(void)c;
	(void)e;
	return &sink_text;
}

/* --- summaries --------------------------------------------------------------------- */

static const char *
summary_name(const struct scan_summary *s)
{
	return s->state.name ? s->state.name : s->log->want.name;
}

static bool
summary_verified(const struct scan_summary *s)
{
	return s->state.ended && s->state.status == ST_OK;
}

static void
summary_head(const struct scan_summary *s, struct buf *b)
{
	const struct head *h = &s->state.head;
	char when[TEXT_TIME];

	buf_fmt(b, ",\"head\":{\"size\":%" PRIu64 ",\"root\":\"", h->size);
	text_base64(b, hash_span(&h->root));
	buf_fmt(b, "\",\"timestamp\":\"%s\"}",
	    text_time(when, (int64_t)h->timestamp));
}

/* How much lies between; 0 while the end is not known or not reached. */
static uint64_t
extent(uint64_t from, uint64_t to)
{
	return to == UINT64_MAX || to < from ? 0 : to - from;
}

/* Where the range ends; where it begins while the end is not known. */
static uint64_t
summary_to(const struct scan_summary *s)
{
	return s->state.from + extent(s->state.from, s->state.to);
}

static bool
summary_by_date(const struct scan_summary *s)
{
	return s->log->range.from_date || s->log->range.to_date;
}

/* A limit as it was asked for: a date, an index, or none. */
static void
limit_json(struct buf *b, bool is_date, uint64_t at)
{
	char when[TEXT_TIME];

	if (is_date)
		buf_fmt(b, "\"%s\"",
		    text_time(when, at < INT64_MAX ? (int64_t)at : INT64_MAX));
	else if (at == UINT64_MAX)
		buf_str(b, "null");
	else
		buf_fmt(b, "%" PRIu64, at);
}

static void
summary_period(const struct scan_summary *s, struct buf *b)
{
	const struct want_log *w = &s->log->want;
	const struct tail_range *r = &s->log->range;

	if (!summary_by_date(s))
		return;
	buf_str(b, ",\"period\":{\"from\":");
	limit_json(b, r->from_date, r->from);
	buf_str(b, ",\"to\":");
	limit_json(b, r->to_date, r->to);
	buf_fmt(b, "},\"widened_s\":%" PRIu32, tail_mmd_s(w->api, w->mmd_s));
}

/* How many entries were read, by all runs. */
static uint64_t
summary_entries(const struct scan_summary *s)
{
	return extent(s->state.from, s->state.committed);
}

/* ... by this one, which alone the time was for. */
static uint64_t
summary_now(const struct scan_summary *s)
{
	return extent(s->state.resumed, summary_entries(s));
}

static double
summary_rate(const struct scan_summary *s)
{
	return s->elapsed_s > 0 ? (double)summary_now(s) / s->elapsed_s : 0;
}

static void
summary_data(const struct scan_summary *s, struct buf *b)
{
	const struct tail_state *t = &s->state;

	buf_str(b, "{\"log_id\":");
	if (t->log_id != NULL) {
		buf_char(b, '"');
		text_base64(b, hash_span(t->log_id));
		buf_char(b, '"');
	} else {
		buf_str(b, "null");
	}
	buf_str(b, ",\"log_name\":");
	text_json(b, span_str(summary_name(s)));
	buf_fmt(b,
	    ",\"from\":%" PRIu64 ",\"to\":%" PRIu64 ",\"entries\":%" PRIu64
	    ",\"quarantined\":%" PRIu64 ",\"hits\":%" PRIu64 ",\"verified\":%s",
	    t->from, summary_to(s), summary_entries(s), s->quarantined, s->hits,
	    summary_verified(s) ? "true" : "false");
	summary_period(s, b);
	summary_head(s, b);
	buf_fmt(b,
	    ",\"elapsed_s\":%.3f,\"entries_per_s\":%.0f,\"bytes\":%" PRIu64,
	    s->elapsed_s, summary_rate(s), t->num_bytes);
	if (!summary_verified(s)) {
		buf_str(b, ",\"reason\":");
		text_json(b,
		    span_str(s->log->tail ? t->err->text : s->log->err.text));
	}
	buf_char(b, '}');
}

void
scan_summary_json(const struct scan_summary *s, FILE *out)
{
	struct buf data = {0}, line = {0};
	struct event ev = {.type = "scan.summary",
	    .subject = summary_name(s),
	    .time_ms = now_ms()};
	struct hasher *h = hasher_new();
	struct hash id;

	summary_data(s, &data);
	hasher_start(h);
	hasher_add(h, buf_span(&data));
	hasher_add(h, span_of(&ev.time_ms, sizeof(ev.time_ms)));
	hasher_finish(h, &id);
	hasher_free(h);
	memcpy(ev.id, id.b, sizeof(ev.id));
	ev.data = buf_span(&data);
	event_json(&ev, s->instance, &line);
	buf_char(&line, '\n');
	fwrite(line.p, 1, line.len, out);
	buf_fini(&data);
	buf_fini(&line);
}

static void
summary_read(const struct scan_summary *s, FILE *out)
{
	const struct tail_state *t = &s->state;
	uint64_t n = summary_entries(s), now = summary_now(s);

	fprintf(out, "entries %" PRIu64 " to %" PRIu64 ": %" PRIu64 " read",
	    t->from, summary_to(s), n);
	if (n > 0 && now == 0)
		fprintf(out, " before");
	else if (now < n)
		fprintf(out, ", %" PRIu64 " of them now,", now);
	if (n == 0 || now > 0)
		fprintf(
		    out, " in %.1f s (%.0f/s)", s->elapsed_s, summary_rate(s));
}

/* What is not proven was counted, but not printed as an alert that is. */
static void
summary_found(const struct scan_summary *s, FILE *out)
{
	fprintf(
	    out, ", %" PRIu64 " exposure%s", s->hits, s->hits == 1 ? "" : "s");
	if (s->unproven > 0)
		fprintf(out, " (%" PRIu64 " not proven)", s->unproven);
	fprintf(out, ", %" PRIu64 " quarantined; ", s->quarantined);
}

void
scan_summary_text(const struct scan_summary *s, FILE *out)
{
	const struct tail_state *t = &s->state;

	fprintf(out, "%s: ", QUOTE(span_str(summary_name(s))));
	/* Without a signed head there is nothing to count. */
	if (summary_verified(s) || t->head.size > 0) {
		summary_read(s, out);
		summary_found(s, out);
	}
	if (summary_verified(s) && t->from == t->to)
		fprintf(out, "no entry in this %s\n",
		    summary_by_date(s) ? "period" : "range");
	else if (summary_verified(s))
		fprintf(out,
		    "verified: they are the tree that the log signed (%" PRIu64
		    " entries)\n",
		    t->head.size);
	else
		fprintf(out, "NOT VERIFIED: %s\n",
		    s->log->tail ? t->err->text : s->log->err.text);
}

/* --- progress ---------------------------------------------------------------------- */

void
scan_sum_add(struct scan_sum *sum, const struct tail_state *t)
{
	uint64_t all = extent(t->from, t->to);
	uint64_t done = extent(t->from, t->accepted);
	uint64_t proven = extent(t->from, t->proven);
	uint64_t now = extent(t->resumed, done);

	if (t->head.size == 0 || t->to == UINT64_MAX)
		return;
	sum->done += done < all ? done : all;
	sum->now += now < all ? now : all;
	sum->proven += proven < all ? proven : all;
	sum->all += all;
	sum->running += !t->ended;
}

static struct scan_sum
progress_sum(const struct engine *g)
{
	struct scan_sum sum = {0};
	struct tail_state t;

	for (size_t i = 0; i < g->num_logs; i++) {
		if (g->logs[i]->tail == NULL)
			continue;
		tail_state(g->logs[i]->tail, &t);
		scan_sum_add(&sum, &t);
	}
	return sum;
}

static void
progress_bar(const struct scan_sum *s, uint64_t rate)
{
	char bar[31];
	uint64_t full = s->all ? s->done * 30 / s->all : 0;
	uint64_t left = rate ? (s->all - s->done) / rate : 0;
	char time[48] = "";

	for (unsigned i = 0; i < 30; i++)
		bar[i] = i < full ? '#' : '.';
	bar[30] = '\0';
	if (rate > 0)
		snprintf(time, sizeof(time), "  %" PRIu64 ":%02" PRIu64 " left",
		    left / 60, left % 60);
	fprintf(stderr,
	    "\r[%s] %3.0f %%  %" PRIu64 "/%" PRIu64 "  %" PRIu64
	    "/s  verified %" PRIu64 "%s \033[K\r",
	    bar, s->all ? 100.0 * (double)s->done / (double)s->all : 0, s->done,
	    s->all, rate, s->proven, time);
}

void
scan_progress_tick(struct scan_progress *p, const struct engine *g)
{
	struct scan_sum s = progress_sum(g);
	uint64_t rate;

	if (p->quiet || s.all == 0)
		return;
	p->ticks++;
	if (!p->tty && p->ticks % 10 != 0)
		return;
	/* Less than before: a rewind. */
	rate = extent(p->last, s.now) / (p->tty ? 1 : 10);
	p->last = s.now;
	if (p->tty)
		progress_bar(&s, rate);
	else
		fprintf(stderr,
		    "indelible: %" PRIu64 " of %" PRIu64
		    " entries read (%" PRIu64 "/s), %" PRIu64
		    " verified, %u %s running\n",
		    s.done, s.all, rate, s.proven, s.running,
		    s.running == 1 ? "log" : "logs");
}

void
scan_progress_end(struct scan_progress *p)
{
	if (p->tty && !p->quiet && p->ticks > 0)
		fprintf(stderr, "\r\033[K");
}
