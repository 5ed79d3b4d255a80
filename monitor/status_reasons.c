/* status_reasons: see status_reasons.h. */
#include "monitor/status_reasons.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/text.h"

void
reason(struct reasons *r, const char *fmt, ...)
{
	va_list ap;

	ASSERT(r->num < sizeof(r->text) / sizeof(r->text[0]));
	va_start(ap, fmt);
	vsnprintf(r->text[r->num++], sizeof(r->text[0]), fmt, ap);
	va_end(ap);
}

void
reasons_json(struct buf *out, const struct reasons *r)
{
	buf_fmt(out, ",\"unhealthy\":%s,\"reasons\":[",
	    r->num > 0 ? "true" : "false");
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
		buf_fmt(out, "  %-12s %s\n", "unhealthy", r->text[i]);
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

/* What `logs bridge` takes, as one would type it: the name, or the log id where
 * a shell would make something else of the name. */
static void
bridge_word(struct buf *out, const struct store_log *l)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789 '._-/:()@+=,";
	size_t len = strlen(l->name);

	if (len > 0 && len <= LIMIT_QUOTE && l->name[0] != '-' &&
	    strspn(l->name, plain) == len)
		buf_fmt(out, "\"%s\"", l->name);
	else
		text_base64(out, hash_span(&l->log_id));
}

void
trouble_reason(struct reasons *r, const struct store_log *l)
{
	static const char *const ends[] = {
	    [TROUBLE_PASSING] = "until it behaves again",
	    [TROUBLE_LASTING] = "until you have looked at it",
	    [TROUBLE_BROKEN] = "its entries are not what it signed, and are "
			       "read without proofs until you have looked at "
			       "it",
	};
	const struct trouble *t = &l->trouble;
	struct buf how = {0};
	char when[TEXT_TIME];

	if (t->level == TROUBLE_NONE)
		return;
	if (t->level != TROUBLE_PASSING) {
		buf_str(&how, ": stop the service, then `indelible logs "
			      "bridge ");
		bridge_word(&how, l);
		buf_char(&how, '`');
	}
	reason(r,
	    "the log misbehaved (%s; the evidence is in the sinks' "
	    "log.misbehaviour event of %s about this log); %s%s",
	    t->kind, text_time(when, t->since_ms), ends[t->level],
	    how.len > 0 ? buf_cstr(&how) : "");
	buf_fini(&how);
}

void
trouble_json(struct buf *out, const struct trouble *t)
{
	char when[TEXT_TIME];

	buf_str(out, ",\"trouble\":");
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
