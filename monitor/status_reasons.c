/* status_reasons: see status_reasons.h. */
#include "monitor/status_reasons.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "ctlog/base/text.h"

void
reason(struct reasons *r, const char *fmt, ...)
{
	va_list ap;

	ASSERT(r->num < 3);
	va_start(ap, fmt);
	vsnprintf(r->text[r->num++], sizeof(r->text[0]), fmt, ap);
	va_end(ap);
}

void
reasons_json(struct buf *out, const struct reasons *r)
{
	buf_str(out, ",\"reasons\":[");
	for (size_t i = 0; i < r->num; i++) {
		if (i > 0)
			buf_char(out, ',');
		text_json(out, span_str(r->text[i]));
	}
	buf_char(out, ']');
}

void
reasons_text(struct buf *out, const struct reasons *r)
{
	for (size_t i = 0; i < r->num; i++)
		buf_fmt(out, "  %-10s %s\n", "unhealthy", r->text[i]);
}

const char *
duration(char out[32], int64_t ms)
{
	long long s = ms / 1000;

	if (s >= 86400)
		snprintf(out, 32, "%lld d %lld h", s / 86400, s / 3600 % 24);
	else if (s >= 3600)
		snprintf(out, 32, "%lld h %lld min", s / 3600, s / 60 % 60);
	else if (s >= 60)
		snprintf(out, 32, "%lld min", s / 60);
	else
		snprintf(out, 32, "%lld s", s);
	return out;
}

void
trouble_reason(struct reasons *r, const struct trouble *t)
{
	static const char *const ends[] = {
	    [TROUBLE_PASSING] = "until it behaves again",
	    [TROUBLE_LASTING] = "until you have looked at it: `indelible logs "
				"bridge`",
	    [TROUBLE_BROKEN] = "its entries are not what it signed, and are "
			       "read without proofs until `indelible logs "
			       "bridge`",
	};
	char when[TEXT_TIME];

	if (t->level != TROUBLE_NONE)
		reason(r,
		    "the log misbehaved (%s, %s; a log.misbehaviour event has "
		    "the evidence); %s",
		    t->kind, text_time(when, t->since_ms), ends[t->level]);
}

void
trouble_json(struct buf *out, const struct trouble *t)
{
	char when[TEXT_TIME];

	buf_fmt(out, ",\"unhealthy\":%s,\"trouble\":",
	    t->level != TROUBLE_NONE ? "true" : "false");
	if (t->level == TROUBLE_NONE) {
		buf_str(out, "null");
		return;
	}
	buf_str(out, "{\"kind\":");
	text_json(out, span_str(t->kind));
	buf_fmt(out, ",\"since\":\"%s\",\"passing\":%s,\"gap\":",
	    text_time(when, t->since_ms),
	    t->level == TROUBLE_PASSING ? "true" : "false");
	if (t->gap_to > 0)
		buf_fmt(
		    out, "[%" PRIu64 ",%" PRIu64 "]}", t->gap_from, t->gap_to);
	else
		buf_str(out, "null}");
}
