/* office: see office.h. */
#include "ctlog/base/office.h"

/* Without dots, hyphens and underscores; in byte order. */
static const char *const offices[] = {"abuse", "accounting", "accounts",
    "admin", "administration", "administrator", "billing", "ca", "cert",
    "certificate", "certificates", "certs", "contact", "contacto",
    "customerservice", "datenschutz", "devnull", "devops", "dns", "dnsadmin",
    "domain", "domainadmin", "domains", "donotreply", "dpo", "enquiries",
    "firewall", "ftp", "hello", "help", "helpdesk", "hostmaster", "hr", "info",
    "informatica", "infosec", "ips", "it", "itadmin", "itsupport", "jobs",
    "kontakt", "legal", "letsencrypt", "list", "mail", "mailerdaemon",
    "marketing", "network", "news", "newsletter", "noc", "noreply", "office",
    "operations", "ops", "pki", "post", "postmaster", "press", "privacy",
    "registrar", "root", "sales", "secretary", "security", "server", "service",
    "servicedesk", "shop", "soc", "ssl", "ssladmin", "ssltls", "staff",
    "support", "sysadmin", "system", "team", "tech", "technical", "technik",
    "test", "tls", "usenet", "uucp", "vpn", "web", "webadmin", "webmaster",
    "www"};

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

bool
office_is(struct span local)
{
	uint8_t text[64];
	size_t n = 0;

	if (local.len > sizeof(text))
		return false;
	for (size_t i = 0; i < local.len && local.p[i] != '+'; i++)
		if (memchr(".-_", local.p[i], 3) == NULL)
			text[n++] = lower(local.p[i]);
	for (size_t i = 0; i < sizeof(offices) / sizeof(offices[0]); i++)
		if (span_eq_str(span_of(text, n), offices[i]))
			return true;
	return false;
}
