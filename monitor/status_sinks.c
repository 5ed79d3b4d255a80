/* status_sinks: see status_sinks.h. */
#include "monitor/status_sinks.h"

#include "alerts/json.h"
#include "alerts/sink.h"

/* A sink may take nothing for this long. */
#define FAILING_MS 3600000
/* Reasons that name a sink; the rest of them is in the list. */
#define NAMED 3

static const char *
state_of(const struct store_sink_state *s)
{
	if (s->closed_ms != 0)
		return "closed";
	return s->failing_ms != 0 ? "failing" : "ok";
}

static void
time_or_null(struct buf *out, const char *name, int64_t ms)
{
	json_time(out, name, ms != 0 ? ms : INT64_MIN);
}

void
sinks_json(struct buf *out, const struct survey *v)
{
	json_open(out, "sinks", '[');
	for (size_t i = 0; i < v->num_sinks; i++) {
		const struct store_sink_state *s = &v->sinks[i].state;

		json_sep(out);
		buf_char(out, '{');
		json_text(out, "name", v->sinks[i].conf->name);
		json_text(out, "type", sink_type(v->sinks[i].conf));
		json_text(out, "state", state_of(s));
		json_uint(out, "waiting", s->waiting);
		json_uint(out, "dead", s->dead);
		time_or_null(out, "last_delivered", s->delivered_ms);
		time_or_null(out, "failing_since", s->failing_ms);
		json_text(out, "last_error", s->kind[0] ? s->kind : NULL);
		buf_char(out, '}');
	}
	buf_char(out, ']');
}

void
sinks_text(struct buf *out, const struct survey *v)
{
	char when[TEXT_TIME];

	for (size_t i = 0; i < v->num_sinks; i++) {
		const struct store_sink_state *s = &v->sinks[i].state;

		buf_fmt(out, "  %-12s %s (%s) %s", i == 0 ? "sinks" : "",
		    v->sinks[i].conf->name, sink_type(v->sinks[i].conf),
		    state_of(s));
		if (s->closed_ms != 0 || s->failing_ms != 0)
			buf_fmt(out, " since %s: %s",
			    text_time(when,
				s->closed_ms ? s->closed_ms : s->failing_ms),
			    s->kind);
		buf_fmt(
		    out, "; %zu waiting, %zu given up", s->waiting, s->dead);
		if (s->delivered_ms != 0)
			buf_fmt(out, ", last delivered %s",
			    text_time(when, s->delivered_ms));
		buf_char(out, '\n');
	}
}

static void
sink_reason(struct reasons *r, const struct survey_sink *k, int64_t now_ms)
{
	const struct store_sink_state *s = &k->state;
	char when[TEXT_TIME], late[32];

	if (s->closed_ms != 0)
		reason(r,
		    "sink %s takes nothing more since %s (%s); what is for it "
		    "waits until the service gets SIGHUP, or is restarted",
		    k->conf->name, text_time(when, s->closed_ms), s->kind);
	else if (s->failing_ms != 0 && now_ms - s->failing_ms > FAILING_MS)
		reason(r, "nothing has arrived at sink %s for %s (%s)",
		    k->conf->name, duration(late, now_ms - s->failing_ms),
		    s->kind);
}

void
sinks_reasons(struct reasons *r, const struct survey *v, int64_t now_ms)
{
	size_t before = r->num;

	for (size_t i = 0; i < v->num_sinks && r->num < before + NAMED; i++)
		sink_reason(r, &v->sinks[i], now_ms);
}
