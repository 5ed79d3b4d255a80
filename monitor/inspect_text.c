/*
 * inspect_text: the report for people; see inspect.h. Words are in
 * inspect_say.c, lines in inspect_page.c, groups in inspect_group.c.
 */
#include "ctlog/base/text.h"
#include "monitor/inspect_group.h"
#include "monitor/inspect_page.h"
#include "monitor/inspect_say.h"

/* --- the head -------------------------------------------------------------- */

static void
put_field(struct page *p, const char *name)
{
	page_ink(p, INK_PLAIN);
	page_line(p, 2, 11);
	page_ink(p, INK_DIM);
	page_str(p, name);
	page_ink(p, INK_PLAIN);
	while (p->at < 11) {
		buf_char(p->out, ' ');
		p->at++;
	}
	p->gap = false;
}

static void
put_classes(struct page *p, const struct inspection *i)
{
	struct buf words = {0};

	say_classes(&words, i->facts.classes);
	if (words.len > 0) {
		put_field(p, "class");
		page_words(p, buf_span(&words));
		page_end(p);
	}
	buf_fini(&words);
}

static void
put_issuer(struct page *p, const struct facts *facts)
{
	if (facts->issuer_cn.len + facts->issuer_org.len == 0)
		return;
	put_field(p, "issuer");
	page_foreign(p, facts->issuer_cn);
	if (facts->issuer_cn.len > 0 && facts->issuer_org.len > 0)
		page_str(p, ", ");
	page_foreign(p, facts->issuer_org);
	page_end(p);
}

static void
put_dates(struct page *p, const struct cert *c)
{
	char from[TEXT_TIME], to[TEXT_TIME];

	if (c->not_before_ms == INT64_MIN || c->not_after_ms == INT64_MIN)
		return;
	put_field(p, "valid");
	page_fmt(p, "%.10s to %.10s", text_time(from, c->not_before_ms),
	    text_time(to, c->not_after_ms));
	page_end(p);
}

/* In the title, so that it is found together with the file. */
static void
put_refusal(struct page *p, uint32_t kinds)
{
	const char *lead = " ";

	if (kinds == 0)
		return;
	page_str(p, ", ");
	page_ink(p, INK_RED);
	page_str(p, "refused by --fail-on:");
	for (unsigned k = 0; k < PII_KINDS; k++) {
		if (!(kinds >> k & 1))
			continue;
		page_fmt(p, "%s%s", lead, kind_name((enum pii_kind)k));
		lead = ", ";
	}
	page_ink(p, INK_PLAIN);
}

/* "jane.pem, no. 2: certificate" */
static void
put_title(struct page *p, const struct inspection *i)
{
	bool standard = strcmp(i->file, "-") == 0;

	page_line(p, 0, 4);
	page_ink(p, INK_BOLD);
	page_foreign(p, span_str(standard ? "standard input" : i->file));
	page_ink(p, INK_PLAIN);
	if (i->index > 0)
		page_fmt(p, ", no. %u", i->index + 1);
	page_fmt(p, ": %s", say_format(i));
	if (i->cert.status == CERT_UNPARSED && i->findings.num > 0)
		page_str(p, "; only searched for addresses");
	else if (strcmp(inspect_status(i), "partial") == 0)
		page_str(p, ", damaged, read as far as it goes");
	put_refusal(p, i->matched);
}

/* --- the sentence ---------------------------------------------------------- */

/* Whether it is public already is known of certificates with timestamps of
 * logs in them. */
static const char *
lead_of(const struct cert *c)
{
	if (c->format == CERT_NONE)
		return "In its bytes there is: ";
	if (c->format != CERT_CERTIFICATE)
		return "This would publish for ever: ";
	return c->sct_list ? "Logged already, this is public for ever: "
			   : "This publishes for ever, once logged: ";
}

static void
put_sentence(
    struct page *p, const struct cert *c, const struct group *g, unsigned num)
{
	struct buf words = {0};

	for (unsigned k = 0; k < num; k++) {
		if (k > 0)
			buf_str(&words, k + 1 < num ? ", " : " and ");
		if (g[k].confidence == CONF_POSSIBLE)
			buf_str(&words, "possibly ");
		say_count(&words, g[k].kind, g[k].values);
	}
	page_line(p, 2, 2);
	page_ink(p, INK_BOLD);
	page_str(p, num > 0 ? lead_of(c) : "No personal data of the subject");
	page_words(p, buf_span(&words));
	page_str(p, ".");
	page_end(p);
	buf_fini(&words);
}

/* --- what was found -------------------------------------------------------- */

static enum ink
ink_of(enum severity s)
{
	static const enum ink inks[] = {INK_DIM, INK_CYAN, INK_YELLOW, INK_RED};

	return inks[s];
}

/* One thing to say of a finding behind others. */
static void
put_remark(struct page *p, const char **lead, const char *words)
{
	page_fmt(p, "%s %s", *lead, words);
	*lead = ";";
}

/* How sure it is, reasons beyond the carrier's own name, which the place
 * says, and what is odd. */
static void
put_remarks(struct page *p, const struct finding *f)
{
	const char *dot = strrchr(f->carrier, '.'), *lead = ":";
	const char *sure = say_confidence(f->confidence);

	if (sure != NULL)
		put_remark(p, &lead, sure);
	for (int i = 0; i < FINDING_REASONS && f->reason[i] != NULL; i++)
		if (strcmp(f->reason[i], dot ? dot + 1 : f->carrier) != 0 &&
		    !say_is_place(f->reason[i]))
			put_remark(p, &lead, say_reason(f->reason[i]));
	for (unsigned i = 0; say_flag(i) != NULL; i++)
		if (f->flags >> i & 1)
			put_remark(p, &lead, say_flag(i));
}

/* "the subject's e-mail field (subject[3])" */
static void
put_where(struct page *p, const struct finding *f, unsigned column)
{
	struct buf words = {0};

	page_column(p, column);
	say_place(&words, f);
	page_words(p, buf_span(&words));
	page_ink(p, INK_DIM);
	page_fmt(p, " (%s)", f->path);
	page_ink(p, INK_PLAIN);
	put_remarks(p, f);
	page_end(p);
	buf_fini(&words);
}

static void
put_value(struct page *p, const struct inspection *i, const struct finding *f)
{
	struct buf shown = {0};

	inspect_value(&shown, i, f, f->value, p->style->reveal);
	page_line(p, 4, 6);
	page_foreign(p, buf_span(&shown));
	buf_fini(&shown);
}

/* A value and everywhere that it stands. */
static void
put_finding(
    struct page *p, const struct inspection *i, uint32_t at, unsigned column)
{
	const struct findings *all = &i->findings;
	const struct finding *f = &all->list[at];

	put_value(p, i, f);
	put_where(p, f, column);
	for (at++; at < all->num; at++) {
		if (!group_is_same(&all->list[at], f))
			continue;
		page_line(p, 0, 0);
		put_where(p, &all->list[at], column);
	}
}

static void
put_heading(struct page *p, const struct group *g)
{
	const char *words = say_kind(g->kind, g->values > 1);

	page_line(p, 2, 4);
	page_ink(p, g->side == SIDE_ISSUER ? INK_DIM : INK_BOLD);
	page_fmt(p, "%c%s", words[0] & ~0x20, words + 1);
	page_ink(p, INK_PLAIN);
	if (g->side == SIDE_SUBJECT) {
		page_str(p, " (");
		page_ink(p, ink_of(g->severity));
		page_str(p, severity_name(g->severity));
		page_ink(p, INK_PLAIN);
		page_str(p, ")");
	}
	page_end(p);
}

/* Where the second column begins: behind the values, if they are short. */
static unsigned
column_of(const struct page *p, const struct inspection *i)
{
	unsigned most = p->style->width * 2 / 5, widest = 0, width;
	struct buf shown = {0}, safe = {0};

	for (uint32_t k = 0; k < i->findings.num; k++) {
		const struct finding *f = &i->findings.list[k];

		buf_clear(&shown);
		buf_clear(&safe);
		inspect_value(&shown, i, f, f->value, p->style->reveal);
		text_line(&safe, buf_span(&shown), most * 4);
		width = page_columns(buf_span(&safe)) + 6;
		if (width > widest && width <= most)
			widest = width;
	}
	buf_fini(&shown);
	buf_fini(&safe);
	return widest > 12 ? widest : 12;
}

static void
put_groups(struct page *p, const struct inspection *i, const struct group *g,
    unsigned num)
{
	const struct findings *all = &i->findings;
	unsigned column = column_of(p, i);

	for (unsigned k = 0; k < num; k++) {
		put_heading(p, &g[k]);
		for (uint32_t at = 0; at < all->num; at++)
			if (all->list[at].kind == g[k].kind &&
			    all->list[at].side == g[k].side &&
			    group_is_first(all, at))
				put_finding(p, i, at, column);
	}
}

/* --- and the rest ---------------------------------------------------------- */

static void
put_note(struct page *p, enum ink ink, const char *text)
{
	page_line(p, 2, 4);
	page_ink(p, ink);
	page_str(p, text);
	page_end(p);
}

static void
put_problem(struct page *p, const struct problem *one)
{
	struct buf words = {0};

	page_line(p, 4, 6);
	say_path(&words, one->path);
	page_words(p, buf_span(&words));
	if (words.len == 0 || strpbrk(one->path, "[0123456789") != NULL) {
		page_ink(p, INK_DIM);
		page_fmt(p, words.len > 0 ? " (%s)" : "%s", one->path);
		page_ink(p, INK_PLAIN);
	}
	page_fmt(p, ": %s", one->what);
	page_end(p);
	buf_fini(&words);
}

static void
put_problems(struct page *p, const struct problems *all)
{
	uint32_t kept = all->num < LIMIT_PROBLEMS ? all->num : LIMIT_PROBLEMS;

	if (all->num == 0)
		return;
	put_note(p, INK_BOLD, "What is wrong with it, or was not examined");
	for (uint32_t i = 0; i < kept; i++)
		put_problem(p, &all->list[i]);
	if (all->num > kept) {
		page_line(p, 4, 6);
		page_fmt(p, "and %u more", all->num - kept);
		page_end(p);
	}
}

/* What can be done, where it is worth it. */
static void
put_advice(
    struct page *p, const struct inspection *i, struct inspect_advice *said)
{
	struct buf lead = {0}, words = {0};

	say_advice(&lead, &words, i, said);
	if (lead.len > 0) {
		page_line(p, 2, 2);
		page_ink(p, INK_BOLD);
		page_words(p, buf_span(&lead));
		page_ink(p, INK_PLAIN);
		page_words(p, buf_span(&words));
		page_end(p);
	}
	buf_fini(&lead);
	buf_fini(&words);
}

/* That something is not shown. */
static void
put_notes(struct page *p, const struct inspection *i)
{
	bool masked = false;

	for (uint32_t k = 0; k < i->findings.num; k++)
		masked |= inspect_is_masked(i->findings.list[k].kind);
	if (i->findings.dropped > 0) {
		page_line(p, 2, 4);
		page_fmt(p, "%u more, beyond the limits of one certificate.",
		    i->findings.dropped);
		page_end(p);
	}
	if (masked && !p->style->reveal)
		put_note(p, INK_DIM,
		    "Numbers, dates of birth, addresses and phones are masked; "
		    "--reveal shows them.");
}

static void
put_block(
    struct page *p, const struct inspection *i, struct inspect_advice *said)
{
	struct group subject[PII_KINDS], issuer[PII_KINDS];
	unsigned num = group_all(subject, &i->findings, SIDE_SUBJECT);
	unsigned behind = group_all(issuer, &i->findings, SIDE_ISSUER);

	page_end(p);
	put_classes(p, i);
	put_issuer(p, &i->facts);
	put_dates(p, &i->cert);
	put_sentence(p, &i->cert, subject, num);
	put_groups(p, i, subject, num);
	if (num > 0 && subject[0].severity >= SEV_MEDIUM &&
	    i->cert.format != CERT_NONE)
		put_advice(p, i, said);
	if (behind > 0)
		put_note(p, INK_DIM, "Of the issuer itself:");
	put_groups(p, i, issuer, behind);
	put_problems(p, &i->problems);
	put_notes(p, i);
}

static void
put_line(struct page *p, const struct inspection *i)
{
	struct buf words = {0};

	if (i->cert.format == CERT_NONE) {
		page_fmt(p, ": %s", i->problems.list[0].what);
		page_end(p);
		return;
	}
	say_classes(&words, i->facts.classes);
	if (words.len > 0)
		page_str(p, ", ");
	page_words(p, buf_span(&words));
	page_str(p, ": no personal data found");
	page_end(p);
	buf_fini(&words);
}

/* Nothing to tell but one thing. */
static bool
is_line(const struct inspection *i)
{
	if (i->findings.num > 0 || i->findings.dropped > 0)
		return false;
	return i->cert.format == CERT_NONE ? i->problems.num == 1
					   : i->problems.num == 0;
}

void
inspect_text(
    struct buf *out, const struct inspection *i, struct inspect_style *style)
{
	bool line = is_line(i);
	struct inspect_style wide = *style;
	struct page p = {.out = out, .style = &wide};

	/* A line of a file begins with a name and is searched for: it stays
	 * whole. */
	if (!style->terminal)
		wide.width = UINT16_MAX;
	if (style->last == INSPECT_BLOCK ||
	    (style->last == INSPECT_LINE && !line))
		buf_char(out, '\n');
	style->last = line ? INSPECT_LINE : INSPECT_BLOCK;
	put_title(&p, i);
	if (line)
		put_line(&p, i);
	p.style = style;
	if (!line)
		put_block(&p, i, &style->advice);
}
