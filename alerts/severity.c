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

bool
severity_is_grave(const char *kind)
{
	return is(kind, "national-id") || is(kind, "birth-date") ||
	       is(kind, "address") || is(kind, "phone");
}

enum severity
severity_judge(const struct severity_facts *f, unsigned name_threshold)
{
	if (f->issuer || is(f->kind, "pseudonym"))
		return SEV_INFO;
	if (is(f->kind, "name") && f->score < name_threshold)
		return SEV_INFO;
	if (is(f->kind, "title"))
		return SEV_LOW;
	if (f->with_grave || severity_is_grave(f->kind))
		return SEV_HIGH;
	if (is(f->kind, "name") || is(f->kind, "gender") ||
	    is(f->kind, "citizenship") || is(f->kind, "birth-place"))
		return SEV_MEDIUM;
	if (alert_is_role(f->value))
		return SEV_LOW;
	if (is(f->kind, "upn") && f->own_domain)
		return SEV_LOW;
	return f->with_name ? SEV_HIGH : SEV_MEDIUM;
}

enum severity
alert_severity(const struct exposure *x, unsigned name_threshold)
{
	struct severity_facts f = {.kind = x->match.kind,
	    .value = span_str(x->match.value ? x->match.value : ""),
	    .score = x->match.score,
	    .issuer = is(x->match.side, "issuer"),
	    .own_domain = is(x->record_kind, "domain"),
	    .with_name = also(x, "name")};

	for (size_t i = 0; i < x->num_also; i++)
		f.with_grave |= severity_is_grave(x->also[i]);
	return severity_judge(&f, name_threshold);
}
