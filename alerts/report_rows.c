/*
 * report_rows: the table of exposures: which of them are in it, and what a row
 * says; see report_private.h.
 */
#include "alerts/advice.h"
#include "alerts/report_private.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"

/* --- which ones: a heap with the least one in front ----------------------------- */

static bool
row_less(const struct report_row *a, const struct report_row *b)
{
	if (a->severity != b->severity)
		return a->severity < b->severity;
	return a->ms != b->ms ? a->ms < b->ms : a->order < b->order;
}

static void
row_swap(struct report_row *a, struct report_row *b)
{
	struct report_row tmp = *a;

	*a = *b;
	*b = tmp;
}

static void
heap_up(struct report_row *h, size_t at)
{
	for (; at > 0 && row_less(&h[at], &h[(at - 1) / 2]); at = (at - 1) / 2)
		row_swap(&h[at], &h[(at - 1) / 2]);
}

static void
heap_down(struct report_row *h, size_t num)
{
	size_t at = 0, next;

	while ((next = 2 * at + 1) < num) {
		if (next + 1 < num && row_less(&h[next + 1], &h[next]))
			next++;
		if (!row_less(&h[next], &h[at]))
			return;
		row_swap(&h[next], &h[at]);
		at = next;
	}
}

void
row_add(struct report *r, const struct exposure *x, const struct places *p)
{
	struct report_row row = {
	    .severity = x->severity, .ms = p->first_ms, .order = r->num};
	struct buf html = {0};

	if (r->num_rows == REPORT_ROWS && row_less(&row, &r->rows[0]))
		return;
	row_html(&html, x, p);
	row.html = (char *)html.p;
	row.len = html.len;
	if (r->rows == NULL)
		r->rows = mem_new(REPORT_ROWS, sizeof(*r->rows));
	if (r->num_rows < REPORT_ROWS) {
		r->rows[r->num_rows] = row;
		heap_up(r->rows, r->num_rows++);
		return;
	}
	free(r->rows[0].html);
	r->rows[0] = row;
	heap_down(r->rows, r->num_rows);
}

static int
by_weight(const void *a, const void *b)
{
	return row_less(a, b) - row_less(b, a);
}

void
rows_sort(struct report *r)
{
	if (r->num_rows > 0)
		qsort(r->rows, r->num_rows, sizeof(*r->rows), by_weight);
}

/* --- what a row says -------------------------------------------------------------- */

/* A kind of data within a sentence: "E-mail address" as "e-mail address". */
static void
put_kind(struct buf *out, const char *kind)
{
	const char *words = report_kind(kind);
	struct buf lower = {0};

	buf_str(&lower, words);
	if (words != kind && lower.len > 1)
		lower.p[0] |= 0x20;
	text_html(out, buf_span(&lower), REPORT_TEXT);
	buf_fini(&lower);
}

static void
cell_what(struct buf *out, const struct exposure *x)
{
	const char *value = x->match.value ? x->match.value : "";
	struct buf masked = {0};

	buf_str(out, "<td role=cell class=what data-l=\"Exposed\"><strong>");
	put_text(out, report_kind(x->match.kind), "?");
	buf_str(out, "</strong> <code>");
	alert_mask(x->match.kind, span_str(value), &masked);
	put_text(out, buf_cstr(&masked), "?");
	buf_fini(&masked);
	buf_str(out, "</code>");
	for (size_t i = 0; i < x->num_also; i++) {
		buf_str(out, i == 0 ? "<br><small>with: " : ", ");
		put_kind(out, x->also[i]);
	}
	buf_str(out, x->num_also > 0 ? "</small></td>\n" : "</td>\n");
}

static void
cell_issuer(struct buf *out, const struct exposure *x)
{
	const char *org = x->cert.issuer_org;
	bool both = org != NULL && org[0] != '\0' && x->cert.issuer != NULL &&
		    strcmp(org, x->cert.issuer) != 0;

	buf_str(out, "<td role=cell data-l=\"Issued by\">");
	put_text(out, both ? org : x->cert.issuer, both ? "?" : "(no name)");
	if (both) {
		buf_str(out, "<br><small>");
		put_text(out, x->cert.issuer, "?");
		buf_str(out, "</small>");
	}
	buf_str(out, "</td>\n");
}

static void
cell_place(struct buf *out, const struct places *p)
{
	const struct place *at = &p->list[0];

	buf_str(out, "<td role=cell data-l=\"Log entry\">");
	put_text(out, at->log->name, "?");
	buf_fmt(out, " <span class=nowrap>#%llu</span>",
	    (unsigned long long)at->s->index);
	if (!p->proven)
		buf_str(out, "<br><small>not proven</small>");
	buf_str(out, "</td>\n");
}

static void
fact_hex(struct buf *out, const char *name, const uint8_t hash[32])
{
	buf_fmt(out, "<dt>%s</dt><dd class=mono>", name);
	text_hex(out, span_of(hash, 32));
	buf_str(out, "</dd>\n");
}

static void
fact_why(struct buf *out, const struct exposure *x)
{
	buf_str(out, "<dt>Found in</dt><dd>");
	buf_str(out, report_place(x->match.carrier));
	buf_str(out, " (<span class=mono>");
	put_text(out, x->match.carrier, "?");
	buf_str(out, "</span>): ");
	put_text(out, x->match.rule, "?");
	buf_fmt(out, ", score %u", x->match.score);
	for (size_t i = 0; i < x->match.num_reasons; i++) {
		buf_str(out, i == 0 ? "; " : ", ");
		put_text(out, x->match.reason[i], "?");
	}
	if (x->match.count > 1)
		buf_fmt(
		    out, "; %u matches in this certificate", x->match.count);
	buf_str(out, "</dd>\n<dt>Record</dt><dd>");
	put_text(out, x->record_id, "?");
	buf_str(out, " of ");
	put_text(out, x->tenant, "no tenant");
	buf_fmt(out, ", watched as ");
	put_text(out, x->record_kind, "?");
	buf_str(out, "</dd>\n");
}

static void
fact_cert(struct buf *out, const struct exposure *x)
{
	buf_str(out, x->cert.precert ? "<dt>Precertificate</dt><dd>"
				     : "<dt>Certificate</dt><dd>");
	for (size_t i = 0, n = 0; i < x->cert.num_classes; i++) {
		if (strcmp(x->cert.classes[i], "precert") == 0)
			continue;
		buf_str(out, n++ > 0 ? "; " : "");
		put_text(out, report_class(x->cert.classes[i]), "?");
	}
	buf_str(out, " <span class=nowrap>(valid ");
	put_day(out, x->cert.not_before_ms);
	buf_str(out, " to ");
	put_day(out, x->cert.not_after_ms);
	buf_str(out, ")</span></dd>\n<dt>Serial number</dt><dd class=mono>");
	put_text(out, x->cert.serial, "?");
	buf_str(out, "</dd>\n");
	if (x->cert.has_sha256)
		fact_hex(out, "SHA-256 as logged", x->cert.sha256);
	fact_hex(out, "SHA-256 of the family", x->cert.family);
}

static void
fact_places(struct buf *out, const struct places *p)
{
	for (size_t i = 0; i < p->num; i++) {
		const struct place *at = &p->list[i];

		buf_str(out,
		    i == 0 ? "<dt>Logged in</dt><dd>" : "<dt>And in</dt><dd>");
		put_text(out, at->log->name, "?");
		buf_fmt(
		    out, ", entry %llu, ", (unsigned long long)at->s->index);
		put_time(out, at->s->timestamp_ms);
		buf_str(out, at->s->verified ? ", proven" : ", not proven");
		buf_str(out, "<br>leaf hash <span class=mono>");
		text_base64(out, span_of(at->s->leaf_hash, 32));
		buf_str(out, "</span></dd>\n");
	}
	if (p->more > 0)
		buf_fmt(
		    out, "<dt>And in</dt><dd>%zu more places</dd>\n", p->more);
}

/* Opened by a click, without script too. */
static void
row_more(struct buf *out, const struct exposure *x, const struct places *p)
{
	buf_str(out, "<tr role=row class=more><td role=cell colspan=6><details>"
		     "<summary>Certificate and proof</summary><dl class=facts>"
		     "\n");
	fact_why(out, x);
	fact_cert(out, x);
	fact_places(out, p);
	if (x->cert.has_sha256) {
		buf_str(out, "<dt>See it in public</dt><dd><a rel=\"noreferrer "
			     "noopener\" href=\"https://crt.sh/?q=");
		text_hex(out, span_of(x->cert.sha256, 32));
		buf_str(out, "\">crt.sh</a> (opens another site)</dd>\n");
	}
	buf_str(out, "<dt>Alert</dt><dd class=mono>");
	text_hex(out, span_of(x->id, sizeof(x->id)));
	buf_str(out, "</dd>\n</dl></details></td></tr>\n");
}

void
row_html(struct buf *out, const struct exposure *x, const struct places *p)
{
	const char *name = severity_name(x->severity);

	buf_fmt(out,
	    "<tbody role=rowgroup><tr role=row><td role=cell data-k=%d "
	    "data-l=\"Severity\"><span class=\"badge %s\">%s</span></td>\n"
	    "<td role=cell class=nowrap data-k=%lld data-l=\"Published\">",
	    x->severity, name, report_severity(x->severity),
	    (long long)p->first_ms);
	put_day(out, p->first_ms);
	buf_str(out, "</td>\n<td role=cell data-l=\"Record\">");
	put_text(out, x->record_id, "?");
	buf_str(out, "</td>\n");
	cell_what(out, x);
	cell_issuer(out, x);
	cell_place(out, p);
	buf_str(out, "</tr>\n");
	row_more(out, x, p);
	buf_str(out, "</tbody>\n");
}
