/* status_counters: see status_counters.h. */
#include "monitor/status_counters.h"

#include <inttypes.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/text.h"

/* A store of a newer program may know kinds that this one does not. */
static const char *
kind_text(unsigned kind)
{
	return kind < PII_KINDS ? kind_name((enum pii_kind)kind) : "other";
}

static const char *
side_text(unsigned side)
{
	return side_name(side == SIDE_ISSUER ? SIDE_ISSUER : SIDE_SUBJECT);
}

static uint64_t
certificates(const struct survey_log *l)
{
	bool any = l->num_counts > 0 && l->counts[0].what == COUNT_CERTIFICATES;

	return any ? l->counts[0].n : 0;
}

static void
finding_json(struct buf *out, const struct store_count *c)
{
	buf_str(out, "{\"carrier\":");
	text_json(out, span_str(c->label));
	buf_fmt(out, ",\"kind\":\"%s\",\"side\":\"%s\",\"count\":%" PRIu64 "}",
	    kind_text(c->kind), side_text(c->side), c->n);
}

static void
list_json(struct buf *out, const struct survey_log *l, enum store_what what)
{
	bool any = false;

	for (size_t i = 0; i < l->num_counts; i++) {
		const struct store_count *c = &l->counts[i];

		if (c->what != what)
			continue;
		if (any)
			buf_char(out, ',');
		any = true;
		if (what == COUNT_FINDING) {
			finding_json(out, c);
			continue;
		}
		text_json(out, span_str(c->label));
		buf_fmt(out, ":%" PRIu64, c->n);
	}
}

void
counters_json(struct buf *out, const struct survey_log *l)
{
	buf_fmt(out,
	    ",\"counters\":{\"certificates\":%" PRIu64 ",\"classes\":{",
	    certificates(l));
	list_json(out, l, COUNT_CLASS);
	buf_str(out, "},\"findings\":[");
	list_json(out, l, COUNT_FINDING);
	buf_str(out, "]}");
}

void
counters_text(struct buf *out, const struct survey_log *l)
{
	uint64_t all = certificates(l);

	if (all == 0)
		return;
	buf_fmt(out, "  %-10s %" PRIu64 " certificates\n", "counted", all);
	for (size_t i = 0; i < l->num_counts; i++) {
		const struct store_count *c = &l->counts[i];

		if (c->what == COUNT_CERTIFICATES)
			continue;
		buf_fmt(out, "  %12" PRIu64 "  ", c->n);
		text_line(out, span_str(c->label), LIMIT_QUOTE);
		if (c->what == COUNT_FINDING)
			buf_fmt(out, "  %s%s", kind_text(c->kind),
			    c->side == SIDE_ISSUER ? ", issuer side" : "");
		buf_char(out, '\n');
	}
}
