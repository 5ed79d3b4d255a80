/*
 * report_page: a report from its first line to its last (report.h): what it
 * says first, its sections, and what else the page needs. What was scanned and
 * how to verify it is in report_proof.c.
 */
#include <openssl/evp.h>

#include "alerts/advice.h"
#include "alerts/report_private.h"
#include "ctlog/base/text.h"

const char report_magic[] = "<!doctype html>\n<!-- indelible report 1 -->\n";

static const char style[] =
#include "alerts/report/page.css.h"
    ;
static const char script[] =
#include "alerts/report/page.js.h"
    ;

/* --- the frame ----------------------------------------------------------------- */

/* 'sha256-...', by which the page's policy knows its own style and script. */
static void
put_hash(struct buf *out, const char *text)
{
	uint8_t digest[EVP_MAX_MD_SIZE];

	ASSERT(
	    EVP_Digest(text, strlen(text), digest, NULL, EVP_sha256(), NULL));
	buf_str(out, "'sha256-");
	text_base64(out, span_of(digest, 32));
	buf_char(out, '\'');
}

static void
put_head(struct buf *out)
{
	buf_str(out, report_magic);
	buf_str(out, "<html lang=en>\n<head>\n<meta charset=utf-8>\n"
		     "<meta http-equiv=\"Content-Security-Policy\" content=\""
		     "default-src 'none'; style-src ");
	put_hash(out, style);
	buf_str(out, "; script-src ");
	put_hash(out, script);
	buf_str(out, "; base-uri 'none'; form-action 'none'\">\n"
		     "<meta name=referrer content=no-referrer>\n"
		     "<meta name=robots content=noindex>\n"
		     "<meta name=viewport "
		     "content=\"width=device-width, initial-scale=1\">\n"
		     "<title>Exposure report: personal data in public "
		     "certificates</title>\n<style>");
	buf_str(out, style);
	buf_str(out, "</style>\n</head>\n<body>\n");
}

static void
put_foot(struct buf *out, const struct report_scan *scan)
{
	buf_str(out, "</main>\n<footer><p>Made by indelible ");
	put_text(out, scan->version, "?");
	buf_str(out, " (instance ");
	put_text(out, scan->instance, "?");
	buf_str(out, ") on ");
	put_time(out, scan->end_ms);
	buf_str(out, ". All times are UTC. Values are masked, but this page "
		     "says who is concerned: keep it as you keep other "
		     "personal data.</p></footer>\n<script>");
	buf_str(out, script);
	buf_str(out, "</script>\n</body>\n</html>\n");
}

/* --- what it says first ----------------------------------------------------------- */

static void
put_distinct(struct buf *out, const struct distinct *d)
{
	buf_str(out, d->more ? "more than " : "");
	put_num(out, d->num);
}

/* "12 people and 2 domains are" */
static void
put_who(struct buf *out, const struct report *r)
{
	if (r->people.num > 0) {
		put_distinct(out, &r->people);
		buf_str(out, r->people.num == 1 ? " person" : " people");
	}
	if (r->people.num > 0 && r->domains.num > 0)
		buf_str(out, " and ");
	if (r->domains.num > 0) {
		put_distinct(out, &r->domains);
		buf_str(out, r->domains.num == 1 ? " domain" : " domains");
	}
	buf_str(out, r->people.num + r->domains.num == 1 ? " is" : " are");
}

/* "first 2024-03-01, last 2026-09-17" */
static void
put_period(struct buf *out, const struct report *r)
{
	struct buf first = {0}, last = {0};

	put_day(&first, r->first_ms);
	put_day(&last, r->last_ms);
	buf_str(out, strcmp(buf_cstr(&first), buf_cstr(&last)) == 0
			 ? "published on "
			 : "first ");
	buf_fmt(out, "<span class=nowrap>%s</span>", buf_cstr(&first));
	if (strcmp(buf_cstr(&first), buf_cstr(&last)) != 0)
		buf_fmt(out, ", last <span class=nowrap>%s</span>",
		    buf_cstr(&last));
	buf_fini(&first);
	buf_fini(&last);
}

static void
put_title(struct buf *out, const struct report *r)
{
	buf_str(out, "<p class=over>Personal data in public certificates"
		     "</p>\n<h1>");
	if (r->num == 0) {
		buf_str(out, "Nothing of the watched records was found");
	} else {
		put_who(out, r);
		buf_str(out, " exposed in ");
		put_distinct(out, &r->certs);
		buf_str(out,
		    r->certs.num == 1 ? " certificate, " : " certificates, ");
		put_period(out, r);
	}
	buf_str(out, "</h1>\n");
}

enum state { PROVEN, STOPPED, FAILED };

static enum state
state_of(const struct report *r)
{
	enum state worst = PROVEN;

	for (size_t i = 0; i < r->num_logs; i++) {
		const struct report_log *l = &r->logs[i].l;
		enum state s = l->reason == NULL ? PROVEN
			       : l->stopped      ? STOPPED
						 : FAILED;

		worst = s > worst ? s : worst;
	}
	return worst;
}

static void
put_state(struct buf *out, const struct report *r)
{
	static const char *const text[] = {
	    "<div class=\"banner good\"><p><strong>Complete and proven."
	    "</strong> Every entry of the range was read, and proven to be the "
	    "one that the log signed: nothing was left out.</p>",
	    "<div class=\"banner warn\"><p><strong>Partial: the scan was "
	    "stopped before its end.</strong> What follows is true of what was "
	    "read until then; of the rest this report knows nothing.</p>",
	    "<div class=\"banner bad\"><p><strong>Not proven.</strong> At "
	    "least one log could not be read to the end, or its entries are "
	    "not those that it signed. What follows may be incomplete or "
	    "wrong: see <a href=\"#logs\">what was scanned</a>.</p>"};

	buf_str(out, text[state_of(r)]);
	if (r->unproven > 0) {
		buf_str(out, "<p>Of the exposures, ");
		put_num(out, r->unproven);
		buf_str(out, r->unproven == 1
				 ? " is not proven (yet) to be in the log.</p>"
				 : " are not proven (yet) to be in the log."
				   "</p>");
	}
	if (r->num_quarantined > 0) {
		buf_str(out, "<p>");
		put_count(out, r->num_quarantined, "entry", "entries");
		buf_str(out, " could not be searched: see <a "
			     "href=\"#quarantine\">what could not be read</a>."
			     "</p>");
	}
	buf_str(out, "</div>\n");
}

static void
figure(struct buf *out, uint64_t n, bool more, const char *what)
{
	buf_fmt(out, "<div><dt>%s</dt><dd>%s", what, more ? "&gt;" : "");
	put_num(out, n);
	buf_str(out, "</dd></div>\n");
}

static void
figure_day(struct buf *out, int64_t ms, const char *what)
{
	buf_fmt(out, "<div><dt>%s</dt><dd class=day>", what);
	put_day(out, ms);
	buf_str(out, "</dd></div>\n");
}

static void
put_figures(
    struct buf *out, const struct report *r, const struct report_scan *scan)
{
	uint64_t read = 0;

	for (size_t i = 0; i < r->num_logs; i++)
		read += r->logs[i].l.read;
	buf_str(out, "<dl class=figures>\n");
	figure(out, r->num, false, "exposures: one record in one certificate");
	if (r->num > 0) {
		figure(out, r->severity[SEV_HIGH], false,
		    "of them of high severity");
		figure(out, r->certs.num, r->certs.more, "certificates");
		figure_day(out, r->first_ms, "first published");
		figure_day(out, r->last_ms, "last published");
	}
	figure(out, scan->num_records, false, "records watched for");
	figure(out, read, false, "log entries read");
	buf_str(out, "</dl>\n");
}

static void
put_lead(
    struct buf *out, const struct report *r, const struct report_scan *scan)
{
	buf_str(out, "<header>\n");
	put_title(out, r);
	put_state(out, r);
	put_figures(out, r, scan);
	buf_str(out, "<nav aria-label=\"Sections\">");
	if (r->num > 0)
		buf_str(out, "<a href=\"#when\">When</a> "
			     "<a href=\"#what\">What, and by whom</a> "
			     "<a href=\"#all\">All exposures</a> "
			     "<a href=\"#todo\">What can be done</a> ");
	else
		buf_str(out, "<a href=\"#nothing\">What this means</a> ");
	buf_str(out, "<a href=\"#logs\">What was scanned</a> "
		     "<a href=\"#quarantine\">What could not be read</a> "
		     "<a href=\"#verify\">How to verify</a></nav>\n"
		     "</header>\n<main>\n");
}

/* --- sections ----------------------------------------------------------------------- */

static void
put_nothing(struct buf *out, const struct report_scan *scan)
{
	buf_str(out, "<section id=nothing><h2>What this means, and what not"
		     "</h2>\n");
	if (scan->num_records == 0)
		buf_str(out,
		    "<p><strong>No record was active, so nothing could be "
		    "found.</strong> A record counts only when its consent is "
		    "complete.</p>\n");
	buf_str(out,
	    "<p>In the entries named below, none of the watched e-mail "
	    "addresses, domains and names stands in any certificate that "
	    "could be read.</p>\n"
	    "<p>It does not mean that these people are in no public "
	    "certificate at all:</p>\n<ul>\n"
	    "<li>Other logs, and entries outside of these ranges, were not "
	    "looked at.</li>\n"
	    "<li>An address or a spelling that is not among the records "
	    "cannot be found.</li>\n"
	    "<li>Entries that could not be read were not searched; what is "
	    "not proven is not certain.</li>\n"
	    "<li>What is logged tomorrow needs another scan, or <code>"
	    "indelible monitor</code>.</li>\n</ul></section>\n");
}

static void
put_when(struct buf *out, const struct report *r)
{
	buf_str(out, "<section id=when><h2>When it became public</h2>\n");
	plot_time(out, r);
	buf_str(out, "</section>\n");
}

/* Four pictures of the same shape. */
static void
put_what(struct buf *out, struct report *r)
{
	const struct {
		const char *title;
		struct bars bars;
	} all[] = {
	    {"What is exposed", {"The data that was watched for, by kind.",
				    "Kind", "", report_kind, &r->kinds}},
	    {"What stands beside it",
		{"Other personal data in the subject of the same certificates; "
		 "only its kind is kept, nothing of the data.",
		    "Kind", "Nothing else of that sort.", report_kind,
		    &r->also}},
	    {"Who issued the certificates",
		{"By the CA's organisation. These are whom to write to.",
		    "Issuing CA", "", NULL, &r->issuers}},
	    {"What the certificates are for",
		{"By class, as the certificate itself states it; one can be of "
		 "several.",
		    "Class", "", report_class, &r->classes}},
	    {"Who is concerned",
		{"By record; a person with several records is in several.",
		    "Record", "", NULL, &r->records}},
	};

	buf_str(out, "<div class=pair id=what>\n");
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		buf_fmt(out, "<section><h2>%s</h2>\n", all[i].title);
		plot_bars(out, &all[i].bars);
		buf_str(out, "</section>\n");
	}
	buf_str(out, "<section><h2>How grave it is</h2>\n<p><strong>High"
		     "</strong>: a national number, a date of birth, a postal "
		     "address or a phone number, or something beside one; a "
		     "person's address together with a name.</p>\n"
		     "<p><strong>Medium</strong>: a person's address, or a "
		     "name.</p>\n<p><strong>Low</strong>: the mailbox of a "
		     "role, a login name in the own domain, a title.</p>\n"
		     "<p><strong>Info</strong>: in the part of the CA; a "
		     "pseudonym; a name that is less certain.</p></section>\n"
		     "</div>\n");
}

static void
table_open(struct buf *out, const struct report *r)
{
	static const char *const heads[] = {"Severity", "Published", "Record",
	    "Exposed", "Issued by", "Log entry"};

	buf_str(out,
	    "<section id=all><h2>All exposures</h2>\n"
	    "<div class=tools id=tools hidden><label for=filter>Find</label>"
	    "<input type=search id=filter autocomplete=off>"
	    "<button type=button id=open aria-pressed=false>Open all proofs"
	    "</button><span id=shown role=status class=soft></span></div>\n"
	    "<table id=exposures class=\"rows cards\" role=table>"
	    "<caption>");
	if (r->num > r->num_rows) {
		buf_str(out, "The gravest and newest ");
		put_num(out, r->num_rows);
		buf_str(out, " of ");
		put_num(out, r->num);
		buf_str(out, "; ");
		put_num(out, r->num - r->num_rows);
		buf_str(out, " more are left out here and count everywhere "
			     "else. With --json the scan prints all.");
	} else {
		put_count(out, r->num, "exposure", "exposures");
		buf_str(out, ", the gravest and newest first.");
	}
	buf_str(out, " Values are masked.</caption>\n"
		     "<thead role=rowgroup><tr role=row>");
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		buf_fmt(out, "<th scope=col role=columnheader%s>%s</th>",
		    i == 0 ? " aria-sort=descending" : "", heads[i]);
	buf_str(out, "</tr></thead>\n");
}

static void
put_todo(struct buf *out, struct report *r)
{
	buf_str(out, "<section id=todo><h2>What can be done</h2>\n<p><strong>");
	text_html(out, span_str(alert_permanence), SIZE_MAX);
	buf_str(out, "</strong></p>\n<ul>\n");
	names_sort(&r->advice);
	for (size_t i = 0; i < r->advice.num; i++) {
		buf_str(out, "<li>");
		text_html(out, span_str(r->advice.list[i].name), SIZE_MAX);
		buf_str(out, " <small>(for ");
		put_count(out, r->advice.list[i].n, "exposure", "exposures");
		buf_str(out, ")</small></li>\n");
	}
	buf_str(out, "</ul>\n<h3>Whom to write to</h3>\n<p>");
	text_html(out, span_str(alert_ca_unknown), SIZE_MAX);
	buf_str(out, "</p>\n<p>An exposure is no proof that a CA did wrong: "
		     "whoever has a certificate may have put it into a log."
		     "</p></section>\n");
}

/* --- the whole ------------------------------------------------------------------------ */

/* What was written so far goes out. */
static void
pass(struct buf *b, report_put_fn *put, void *arg)
{
	put(arg, buf_span(b));
	buf_clear(b);
}

static void
write_table(struct report *r, struct buf *b, report_put_fn *put, void *arg)
{
	table_open(b, r);
	pass(b, put, arg);
	rows_sort(r);
	for (size_t i = 0; i < r->num_rows; i++)
		put(arg, span_of(r->rows[i].html, r->rows[i].len));
	buf_str(b, "</table></section>\n");
}

void
report_write(struct report *r, const struct report_scan *scan,
    report_put_fn *put, void *arg)
{
	struct buf b = {0};

	put_head(&b);
	put_lead(&b, r, scan);
	pass(&b, put, arg);
	if (r->num == 0) {
		put_nothing(&b, scan);
	} else {
		put_when(&b, r);
		put_what(&b, r);
		write_table(r, &b, put, arg);
		put_todo(&b, r);
	}
	pass(&b, put, arg);
	page_logs(&b, r);
	page_quarantine(&b, r);
	page_verify(&b, r, scan);
	put_foot(&b, scan);
	pass(&b, put, arg);
	buf_fini(&b);
}
