/*
 * alert_text: an exposure as two lines for a terminal. The value is masked
 * always, and everything foreign goes through text_line.
 */
#include "alerts/alert.h"
#include "ctlog/base/text.h"

#define NAME_LEN 120 /* of a foreign name, escaped */

/* "\033[" and so on, when colours are wanted. */
static const char *
colour_of(enum severity s)
{
	switch (s) {
	case SEV_HIGH:
		return "\033[1;31m";
	case SEV_MEDIUM:
		return "\033[33m";
	case SEV_LOW:
		return "\033[36m";
	default:
		return "\033[2m";
	}
}

static void
add_line(struct buf *out, const char *text, const char *none)
{
	if (text == NULL || text[0] == '\0')
		buf_str(out, none);
	else
		text_line(out, span_str(text), NAME_LEN);
}

static void
add_date(struct buf *out, int64_t ms)
{
	char text[TEXT_TIME];

	if (ms == INT64_MIN)
		buf_str(out, "?");
	else
		buf_add(out, text_time(text, ms), strlen("YYYY-MM-DD"));
}

/* "medium  acme/jane: email j…@e….com in san.rfc822Name (email-strict 100)" */
static void
line_match(const struct exposure *x, bool colour, struct buf *out)
{
	const char *value = x->match.value ? x->match.value : "";
	struct buf masked = {0};

	if (colour)
		buf_str(out, colour_of(x->severity));
	buf_fmt(out, "%-6s", severity_name(x->severity));
	if (colour)
		buf_str(out, "\033[0m");
	buf_str(out, "  ");
	add_line(out, x->record_id, "?");
	buf_str(out, ": ");
	add_line(out, x->match.kind, "?");
	buf_char(out, ' ');
	alert_mask(x->match.kind, span_str(value), &masked);
	text_line(out, buf_span(&masked), NAME_LEN);
	buf_str(out, " in ");
	add_line(out, x->match.carrier, "?");
	buf_str(out, " (");
	add_line(out, x->match.rule, "?");
	buf_fmt(out, ", score %u", x->match.score);
	for (size_t i = 0; i < x->num_also; i++) {
		buf_str(out, i == 0 ? "; also " : ", ");
		add_line(out, x->also[i], "?");
	}
	buf_str(out, ")\n");
	buf_fini(&masked);
}

/* "        Example CA, serial 01ab, 2026-01-01..2026-04-01, LOG #12 verified" */
static void
line_cert(const struct exposure *x, struct buf *out)
{
	buf_fmt(out, "%8s", "");
	add_line(out, x->cert.issuer, "unnamed issuer");
	buf_str(out, ", serial ");
	add_line(out, x->cert.serial, "?");
	buf_str(out, ", ");
	add_date(out, x->cert.not_before_ms);
	buf_str(out, "..");
	add_date(out, x->cert.not_after_ms);
	if (x->num_sightings > 0) {
		const struct sighting *s = &x->sightings[0];

		buf_str(out, ", ");
		add_line(out, s->log_name, "unnamed log");
		buf_fmt(out, " #%llu%s", (unsigned long long)s->index,
		    s->verified ? "" : " (not verified yet)");
	}
	if (x->num_sightings > 1)
		buf_fmt(out, " and %zu more", x->num_sightings - 1);
	buf_char(out, '\n');
}

void
alert_text(const struct exposure *x, bool colour, struct buf *out)
{
	line_match(x, colour, out);
	line_cert(x, out);
}
