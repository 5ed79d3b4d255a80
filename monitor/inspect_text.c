/* inspect_text: the report for people; see inspect.h. */
#include "monitor/inspect.h"

#include "ctlog/base/text.h"

#define VALUE_MAX 400

struct page {
	struct buf *out;
	const struct inspection *i;
	bool reveal, colour;
};

static void
heading(const struct page *p, const char *text)
{
	buf_fmt(p->out, "  %s%s%s\n", p->colour ? "\033[1m" : "", text,
	    p->colour ? "\033[0m" : "");
}

static const char *
what_it_is(const struct inspection *i)
{
	switch (i->cert.format) {
	case CERT_CERTIFICATE:
		return i->cert.ca ? "certificate of a CA" : "certificate";
	case CERT_PRECERTIFICATE:
		return "precertificate";
	case CERT_TBS:
		return "bare TBSCertificate";
	case CERT_CSR:
		return "certificate signing request";
	case CERT_NONE:
		break;
	}
	return "no certificate";
}

/* Plural headings, in the order of enum pii_kind. */
static const char *const titles[PII_KINDS] = {"E-mail addresses",
    "Login names (user principal names)", "Messaging addresses", "User names",
    "Names", "Pseudonyms", "National identity numbers", "Dates of birth",
    "Places of birth", "Gender", "Citizenship or residence", "Phone numbers",
    "Postal addresses", "Titles, roles and professions", "Account identifiers",
    "Credentials in a URI"};

struct word {
	const char *front, *words;
};
static const struct word places[] = {{"subject", "the subject"},
    {"issuer", "the issuer"}, {"san", "the subject's alternative names"},
    {"ian", "the issuer's alternative names"},
    {"aki", "the authority key identifier"},
    {"sda", "the subject directory attributes"},
    {"request", "the attributes of the request"}, {"ext", "an extension"},
    {"bytes", "the bytes"}, {NULL, NULL}};

/* "san.rfc822Name" as "rfc822Name in the subject's alternative names". */
static void
put_place(const struct page *p, const struct finding *f)
{
	size_t front = strcspn(f->carrier, ".");
	const char *last = strrchr(f->carrier, '.');
	const struct word *w = places;

	while (w->front != NULL && (strlen(w->front) != front ||
				       memcmp(w->front, f->carrier, front)))
		w++;
	if (last != NULL)
		buf_fmt(p->out, "%s in ", last + 1);
	buf_fmt(
	    p->out, "%s, %s", w->words ? w->words : "the certificate", f->path);
}

static void
put_value(const struct page *p, const struct finding *f)
{
	struct buf shown = {0};
	size_t width = 4, at;

	buf_str(p->out, "    ");
	inspect_value(&shown, f, f->value, p->reveal);
	at = p->out->len;
	text_line(p->out, buf_span(&shown), VALUE_MAX);
	buf_fini(&shown);
	for (; at < p->out->len; at++) /* characters, not bytes */
		width += (p->out->p[at] & 0xc0) != 0x80;
	for (; width < 38; width++)
		buf_char(p->out, ' ');
	buf_str(p->out, "  ");
}

static void
put_finding(const struct page *p, const struct finding *f)
{
	put_value(p, f);
	put_place(p, f);
	if (f->confidence != CONF_STRUCTURED)
		buf_fmt(p->out, " (%s)", confidence_name(f->confidence));
	for (unsigned i = 0; flag_name(i) != NULL; i++)
		if (f->flags >> i & 1)
			buf_fmt(p->out, " [%s]", flag_name(i));
	buf_char(p->out, '\n');
}

/* All findings of a kind and side under their heading. */
static void
put_kind(const struct page *p, unsigned kind, enum pii_side side)
{
	const struct findings *all = &p->i->findings;
	bool any = false;

	for (uint32_t i = 0; i < all->num; i++) {
		const struct finding *f = &all->list[i];

		if (f->kind != kind || f->side != side)
			continue;
		if (!any)
			heading(p, titles[kind]);
		any = true;
		put_finding(p, f);
	}
}

static bool
has_side(const struct findings *all, enum pii_side side)
{
	for (uint32_t i = 0; i < all->num; i++)
		if (all->list[i].side == side)
			return true;
	return false;
}

static void
put_side(const struct page *p, enum pii_side side, const char *lead)
{
	if (!has_side(&p->i->findings, side))
		return;
	buf_fmt(p->out, "%s\n", lead);
	for (unsigned k = 0; k < PII_KINDS; k++)
		put_kind(p, k, side);
}

static void
put_problems(const struct page *p)
{
	const struct problems *all = &p->i->problems;
	uint32_t kept = all->num < LIMIT_PROBLEMS ? all->num : LIMIT_PROBLEMS;

	if (all->num == 0)
		return;
	buf_str(p->out, "What is wrong with it:\n");
	for (uint32_t i = 0; i < kept; i++)
		buf_fmt(p->out, "    %s: %s\n", all->list[i].path,
		    all->list[i].what);
	if (all->num > kept)
		buf_fmt(p->out, "    and %u more\n", all->num - kept);
}

static void
put_head(const struct page *p)
{
	const struct inspection *i = p->i;
	char from[TEXT_TIME], to[TEXT_TIME];

	buf_str(p->out, p->colour ? "\033[1m" : "");
	text_line(p->out, span_str(i->file), VALUE_MAX);
	buf_str(p->out, p->colour ? "\033[0m" : "");
	if (i->index > 0)
		buf_fmt(p->out, ", number %u", i->index + 1);
	buf_fmt(p->out, ": %s", what_it_is(i));
	if (i->cert.status != CERT_UNPARSED &&
	    strcmp(inspect_status(i), "partial") == 0)
		buf_str(p->out, ", damaged; what could be read was");
	if (i->cert.status == CERT_UNPARSED)
		buf_str(p->out, "; only searched for addresses");
	buf_char(p->out, '\n');
	if (i->facts.classes != 0)
		buf_str(p->out, "  class:");
	for (unsigned k = 0; class_name(k) != NULL; k++)
		if (i->facts.classes >> k & 1)
			buf_fmt(p->out, " %s", class_name(k));
	if (i->facts.classes != 0)
		buf_char(p->out, '\n');
	if (i->cert.not_before_ms != INT64_MIN &&
	    i->cert.not_after_ms != INT64_MIN)
		buf_fmt(p->out, "  valid: %.10s to %.10s\n",
		    text_time(from, i->cert.not_before_ms),
		    text_time(to, i->cert.not_after_ms));
}

void
inspect_text(
    struct buf *out, const struct inspection *i, bool reveal, bool colour)
{
	struct page p = {out, i, reveal, colour};
	bool request = i->cert.format == CERT_CSR;

	put_head(&p);
	put_side(&p, SIDE_SUBJECT,
	    request ? "A certificate issued for it would publish, for ever:"
		    : "Once logged, this is public for ever:");
	put_side(&p, SIDE_ISSUER, "Of the issuer:");
	if (i->findings.num == 0)
		buf_str(out, "No personal data found.\n");
	if (i->findings.dropped > 0)
		buf_fmt(out, "%u more, beyond the limits of one certificate.\n",
		    i->findings.dropped);
	put_problems(&p);
	buf_char(out, '\n');
}
