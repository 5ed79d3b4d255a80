/* severity: see severity.h. */
#include "alerts/severity.h"

static bool
is(const char *a, const char *b)
{
	return a != NULL && strcmp(a, b) == 0;
}

static bool
also(const struct exposure *x, const char *kind)
{
	for (size_t i = 0; i < x->num_also; i++)
		if (is(x->also[i], kind))
			return true;
	return false;
}

/* Local parts without their dots, hyphens and underscores. RFC 2142, and what
 * certificates show besides. */
static const char *const roles[] = {"abuse", "accounting", "accounts", "admin",
    "administration", "administrator", "billing", "ca", "cert", "certificate",
    "certificates", "certs", "contact", "customerservice", "devnull", "devops",
    "dns", "dnsadmin", "domain", "domainadmin", "domains", "donotreply", "dpo",
    "ftp", "help", "helpdesk", "hostmaster", "hr", "info", "infosec", "it",
    "itadmin", "itsupport", "jobs", "legal", "letsencrypt", "list", "mail",
    "mailerdaemon", "marketing", "network", "news", "newsletter", "noc",
    "noreply", "office", "operations", "ops", "pki", "postmaster", "press",
    "privacy", "registrar", "root", "sales", "secretary", "security", "service",
    "servicedesk", "shop", "soc", "ssl", "ssladmin", "ssltls", "staff",
    "support", "sysadmin", "system", "team", "tech", "technical", "test", "tls",
    "usenet", "uucp", "web", "webadmin", "webmaster", "www"};

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

bool
alert_is_role(struct span address)
{
	size_t at = span_chr(address, '@');
	struct buf local = {0};
	bool found = false;

	if (at > 64)
		return false;
	for (size_t i = 0; i < at && address.p[i] != '+'; i++)
		if (strchr(".-_", address.p[i]) == NULL)
			buf_char(&local, (char)lower(address.p[i]));
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		found |= span_eq_str(buf_span(&local), roles[i]);
	buf_fini(&local);
	return found;
}

enum severity
alert_severity(const struct exposure *x, unsigned name_threshold)
{
	const char *kind = x->match.kind;
	const char *value = x->match.value ? x->match.value : "";

	if (is(x->match.side, "issuer") || is(kind, "pseudonym"))
		return SEV_INFO;
	if (is(kind, "name") && x->match.score < name_threshold)
		return SEV_INFO;
	if (also(x, "national-id") || also(x, "birth-date") ||
	    also(x, "address") || also(x, "phone"))
		return SEV_HIGH;
	if (is(kind, "name"))
		return SEV_MEDIUM;
	if (alert_is_role(span_str(value)))
		return SEV_LOW;
	if (is(kind, "upn") && is(x->record_kind, "domain"))
		return SEV_LOW;
	return also(x, "name") ? SEV_HIGH : SEV_MEDIUM;
}
