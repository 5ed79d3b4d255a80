/*
 * report_plot: the pictures of a report, as SVG within the page; see
 * report_private.h. All words stand beside them in HTML: so they keep their
 * size on a phone, and the same numbers are there for who does not see.
 */
#include "alerts/report_private.h"
#include "ctlog/base/text.h"

/* Bars of one plot; what is beyond is added up. */
#define BARS 10u

/* --- over time -------------------------------------------------------------------- */

static uint64_t
step_sum(const struct step *s)
{
	uint64_t sum = 0;

	for (unsigned k = 0; k < SEVERITIES; k++)
		sum += s->n[k];
	return sum;
}

/* At least n, and easy to read: 1, 2, 5, 10, 20, ... */
static uint64_t
round_up(uint64_t n)
{
	static const unsigned factors[] = {2, 5, 10};
	uint64_t ten = 1;

	if (n <= 1)
		return 1;
	for (;; ten *= 10)
		for (unsigned i = 0; i < 3; i++)
			if (n <= ten * factors[i])
				return ten * factors[i];
}

/* One bar, the gravest at its foot; what it says on pointing at it. */
static void
time_bar(struct buf *out, const struct step *s, size_t at, uint64_t top)
{
	double y = 100, height;

	if (step_sum(s) == 0)
		return;
	buf_fmt(out, "<g><title>%s: ", s->label);
	put_count(out, step_sum(s), "exposure", "exposures");
	buf_str(out, "</title>");
	for (int k = SEV_HIGH; k >= SEV_INFO; k--) {
		if (s->n[k] == 0)
			continue;
		height = 100.0 * (double)s->n[k] / (double)top;
		y -= height;
		buf_fmt(out,
		    "<rect class=%s x=\"%.2f\" y=\"%.3f\" width=\"%.2f\" "
		    "height=\"%.3f\"/>",
		    severity_name((enum severity)k), (double)at + .1, y, .8,
		    height);
	}
	buf_str(out, "</g>\n");
}

static void
time_picture(struct buf *out, const struct step *list, size_t num, uint64_t top)
{
	/* Few bars are no wider than a fifteenth. */
	double width = num < 15 ? 15 : (double)num;

	buf_fmt(out,
	    "<svg role=img aria-labelledby=\"plot-title plot-desc\" "
	    "viewBox=\"0 0 %.0f 100\" preserveAspectRatio=none>"
	    "<title id=plot-title>Exposures over time</title>"
	    "<desc id=plot-desc>From %s to %s; the numbers stand in the table "
	    "below.</desc>\n<path class=grid d=\"M0 0H%.0f M0 50H%.0f\"/>\n",
	    width, list[0].label, list[num - 1].label, width, width);
	for (size_t i = 0; i < num; i++)
		time_bar(out, &list[i], i, top);
	buf_str(out, "</svg>\n");
}

static void
time_scale(struct buf *out, uint64_t top)
{
	buf_str(out, "<div class=scale aria-hidden=true><span>");
	put_num(out, top);
	buf_str(out, "</span><span>");
	if (top % 2 == 0)
		put_num(out, top / 2);
	buf_str(out, "</span><span>0</span></div>\n");
}

/* First, middle, last; when the bars fill the width. */
static void
time_axis(struct buf *out, const struct step *list, size_t num)
{
	buf_str(out, "<div class=axis aria-hidden=true>");
	buf_fmt(out, "<span>%s</span>", list[0].label);
	if (num >= 15)
		buf_fmt(out, "<span>%s</span>", list[num / 2].label);
	if (num > 1 && num < 15)
		buf_fmt(out, "<span>to %s</span>", list[num - 1].label);
	else if (num > 1)
		buf_fmt(out, "<span>%s</span>", list[num - 1].label);
	buf_str(out, "</div>\n</div>\n");
}

static void
time_legend(struct buf *out, const struct report *r)
{
	buf_str(out, "<ul class=legend>\n");
	for (int k = SEV_HIGH; k >= SEV_INFO; k--) {
		if (r->severity[k] == 0)
			continue;
		buf_fmt(out,
		    "<li><svg viewBox=\"0 0 1 1\" aria-hidden=true><rect "
		    "class=%s width=1 height=1 /></svg>%s: ",
		    severity_name((enum severity)k),
		    report_severity((enum severity)k));
		put_num(out, r->severity[k]);
		buf_str(out, "</li>\n");
	}
	buf_str(out, "</ul>\n");
}

static void
time_table(
    struct buf *out, const struct step *list, size_t num, const char *unit)
{
	buf_fmt(out,
	    "<details><summary>The numbers by %s</summary><table class=plain>"
	    "<thead><tr><th scope=col>%c%s</th>",
	    unit, unit[0] & ~0x20, unit + 1);
	for (int k = SEV_HIGH; k >= SEV_INFO; k--)
		buf_fmt(out, "<th scope=col class=num>%s</th>",
		    report_severity((enum severity)k));
	buf_str(out, "</tr></thead><tbody>\n");
	for (size_t i = 0; i < num; i++) {
		if (step_sum(&list[i]) == 0)
			continue;
		buf_fmt(out, "<tr><th scope=row>%s</th>", list[i].label);
		for (int k = SEV_HIGH; k >= SEV_INFO; k--) {
			buf_str(out, "<td class=num>");
			put_num(out, list[i].n[k]);
			buf_str(out, "</td>");
		}
		buf_str(out, "</tr>\n");
	}
	buf_str(out, "</tbody></table></details>\n");
}

void
plot_time(struct buf *out, const struct report *r)
{
	const char *unit;
	size_t num;
	struct step *list = days_steps(&r->days, &num, &unit);
	uint64_t most = 0;

	if (num == 0) {
		buf_str(out, "<p>The logs give these entries no date that can "
			     "be shown.</p>\n");
		return;
	}
	for (size_t i = 0; i < num; i++)
		most = step_sum(&list[i]) > most ? step_sum(&list[i]) : most;
	buf_fmt(out,
	    "<p class=soft>By the %s in which the log published them "
	    "first (UTC).</p>\n<div class=time>\n",
	    unit);
	time_scale(out, round_up(most));
	time_picture(out, list, num, round_up(most));
	time_axis(out, list, num);
	time_legend(out, r);
	time_table(out, list, num, unit);
	free(list);
}

/* --- bars beside names ---------------------------------------------------------------- */

static void
bar(struct buf *out, const char *name, uint64_t n, uint64_t top)
{
	buf_str(out, "<tr><th scope=row>");
	put_text(out, name, "?");
	buf_fmt(out,
	    "</th><td><svg aria-hidden=true viewBox=\"0 0 100 1\" "
	    "preserveAspectRatio=none><rect width=\"%.2f\" height=1 /></svg>"
	    "</td><td class=num>",
	    100.0 * (double)n / (double)top);
	put_num(out, n);
	buf_str(out, "</td></tr>\n");
}

void
plot_bars(struct buf *out, const struct bars *b)
{
	const struct names *of = b->of;
	uint64_t rest = of->others, top;
	size_t num;

	names_sort(b->of);
	if (of->num == 0) {
		buf_fmt(out, "<p>%s</p>\n", b->none);
		return;
	}
	/* One more than that is shown rather than called "others". */
	num = of->num <= BARS + 1 ? of->num : BARS;
	for (size_t i = num; i < of->num; i++)
		rest += of->list[i].n;
	top = rest > of->list[0].n ? rest : of->list[0].n;
	buf_fmt(out,
	    "<table class=bars><caption>%s</caption><thead><tr>"
	    "<th scope=col>%s</th><td></td><th scope=col "
	    "class=num>Exposures</th></tr>"
	    "</thead><tbody>\n",
	    b->caption, b->column);
	for (size_t i = 0; i < num; i++)
		bar(out,
		    b->words ? b->words(of->list[i].name) : of->list[i].name,
		    of->list[i].n, top);
	if (rest > 0)
		bar(out, "Others", rest, top);
	buf_str(out, "</tbody></table>\n");
}
