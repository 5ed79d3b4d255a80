/*
 * report_words: the words of a report for what has short names elsewhere
 * (kinds, classes, places), and the small pieces of its text; see report.h.
 */
#include "alerts/report_private.h"
#include "ctlog/base/text.h"

struct word {
	const char *name, *words;
};

static const struct word kinds[] = {{"email", "E-mail address"},
    {"upn", "Login name (UPN)"}, {"jid", "Messaging address"},
    {"username", "User name"}, {"name", "Name"}, {"pseudonym", "Pseudonym"},
    {"national-id", "National identity number"},
    {"birth-date", "Date of birth"}, {"birth-place", "Place of birth"},
    {"gender", "Gender"}, {"citizenship", "Citizenship or residence"},
    {"phone", "Phone number"}, {"address", "Postal address"},
    {"title", "Title or role"}, {"account-id", "Account identifier"},
    {"uri-userinfo", "Login in a URI"}, {NULL, NULL}};

static const struct word classes[] = {{"ca", "CA certificate"},
    {"precert", "Precertificate"}, {"smime-mailbox", "E-mail, of a mailbox"},
    {"smime-organization", "E-mail, of an organisation"},
    {"smime-sponsor", "E-mail, of a person in an organisation"},
    {"smime-individual", "E-mail, of a person"}, {"smime", "E-mail"},
    {"tls-dv", "Web server, domain validated"},
    {"tls-ov", "Web server, of an organisation"},
    {"tls-iv", "Web server, of a person"},
    {"tls-ev", "Web server, extended validation"}, {"tls", "Web server"},
    {"code-signing", "Code signing"}, {"document-signing", "Document signing"},
    {"client", "Client login"}, {"smartcard", "Smart card"},
    {"qualified", "Qualified (eIDAS)"},
    {"qualified-person", "Qualified, of a person"},
    {"qualified-seal", "Qualified seal of an organisation"},
    {"qualified-web", "Qualified web site"},
    {"etsi-person", "Person, under a policy of ETSI"},
    {"fulcio", "Sigstore signature"}, {"mark", "Verified mark"},
    {"time-stamping", "Time stamping"}, {"ocsp", "OCSP responder"},
    {"etsi", "Under a policy of ETSI"},
    {"wallet-access", "Relying party of EUDI wallets"}, {NULL, NULL}};

static const char *
lookup(const struct word *w, const char *name)
{
	for (; w->name != NULL; w++)
		if (strcmp(w->name, name) == 0)
			return w->words;
	return name;
}

const char *
report_kind(const char *kind)
{
	return lookup(kinds, kind);
}

const char *
report_class(const char *class)
{
	return lookup(classes, class);
}

const char *
report_severity(enum severity s)
{
	static const char *const words[] = {"Info", "Low", "Medium", "High"};

	return words[s];
}

const char *
report_place(const char *carrier)
{
	static const struct word fronts[] = {{"subject.", "the subject"},
	    {"issuer.", "the issuer's name"}, {"san.", "the alternative names"},
	    {"ian.", "the issuer's alternative names"},
	    {"sda.", "the subject's directory attributes"},
	    {"aki.", "the issuer's key identifier"}, {NULL, NULL}};

	for (const struct word *w = fronts; w->name != NULL; w++)
		if (span_starts(span_str(carrier), span_str(w->name)))
			return w->words;
	return "an extension";
}

/* --- pieces ------------------------------------------------------------------ */

void
put_text(struct buf *out, const char *text, const char *none)
{
	if (text == NULL || text[0] == '\0') {
		buf_str(out, none);
		return;
	}
	buf_str(out, "<bdi>");
	text_html(out, span_str(text), REPORT_TEXT);
	buf_str(out, "</bdi>");
}

void
put_num(struct buf *out, uint64_t n)
{
	char digits[24];
	int len =
	    snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);

	for (int i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			buf_char(out, ',');
		buf_char(out, digits[i]);
	}
}

void
put_count(struct buf *out, uint64_t n, const char *one, const char *several)
{
	put_num(out, n);
	buf_fmt(out, " %s", n == 1 ? one : several);
}

void
put_day(struct buf *out, int64_t ms)
{
	char text[TEXT_TIME];

	if (ms == INT64_MIN)
		buf_char(out, '?');
	else
		buf_add(out, text_time(text, ms), strlen("YYYY-MM-DD"));
}

void
put_time(struct buf *out, int64_t ms)
{
	char text[TEXT_TIME];

	text_time(text, ms);
	buf_fmt(out, "<time datetime=\"%s\">%.10s %.8s UTC</time>", text, text,
	    text + strlen("YYYY-MM-DDT"));
}
