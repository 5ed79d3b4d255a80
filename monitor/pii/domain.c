/*
 * domain: which domains a record may name (reference pii.md 5.4). A domain
 * record speaks for everybody with an address there, so the domain must be
 * somebody's own: no public suffix, no provider of mail to the public.
 */
#include <libpsl.h>

#include "ctlog/base/err.h"
#include "monitor/pii/compile.h"

#define HOST_MAX 253
#define LABEL_MAX 63

bool
domain_is_host(struct span s)
{
	size_t label = 0;

	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.p[i];
		bool ldh = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
			   c == '-' || c == '_';

		if (c == '.' ? label == 0 : !ldh)
			return false;
		label = c == '.' ? 0 : label + 1;
		if (label > LABEL_MAX)
			return false;
	}
	return label > 0 && s.len <= HOST_MAX;
}

/* A name that others register names under. */
static bool
is_suffix(struct span domain)
{
	const psl_ctx_t *psl = psl_builtin();
	char name[HOST_MAX + 1];

	ASSERT(domain.len <= HOST_MAX);
	if (domain.len == 0)
		return false;
	memcpy(name, domain.p, domain.len);
	name[domain.len] = '\0';
	return psl != NULL && psl_is_public_suffix(psl, name);
}

/* Providers that give addresses to anybody: whole domains, and names that
 * stand under many suffixes (yahoo.co.uk). */
static bool
is_free_mail(struct span domain)
{
	static const char *const whole[] = {"163.com", "126.com", "abv.bg",
	    "aim.com", "aol.com", "bk.ru", "btinternet.com", "centrum.cz",
	    "comcast.net", "duck.com", "fastmail.com", "fastmail.fm",
	    "foxmail.com", "free.fr", "freenet.de", "gmail.com",
	    "googlemail.com", "hey.com", "hushmail.com", "icloud.com",
	    "inbox.lv", "inbox.ru", "interia.pl", "laposte.net", "libero.it",
	    "list.ru", "mac.com", "mail.com", "mail.de", "mail.ru",
	    "mailbox.org", "mailfence.com", "me.com", "msn.com", "naver.com",
	    "o2.pl", "onet.pl", "op.pl", "orange.fr", "pm.me", "posteo.de",
	    "proton.me", "protonmail.ch", "protonmail.com", "qq.com",
	    "rambler.ru", "rediffmail.com", "riseup.net", "rocketmail.com",
	    "runbox.com", "seznam.cz", "sina.com", "sina.cn", "t-online.de",
	    "tiscali.it", "tuta.com", "tuta.io", "tutanota.com", "tutanota.de",
	    "ukr.net", "virgilio.it", "wanadoo.fr", "web.de", "wp.pl", "ya.ru",
	    "yeah.net", "zohomail.com"};
	static const char *const brand[] = {
	    "gmx", "hotmail", "live", "outlook", "yahoo", "yandex", "ymail"};
	struct span first = span_cut(domain, 0, span_chr(domain, '.'));
	struct span rest = span_from(domain, first.len + 1);

	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		if (span_eq_str(domain, whole[i]))
			return true;
	for (size_t i = 0; i < sizeof(brand) / sizeof(brand[0]); i++)
		if (span_eq_str(first, brand[i]))
			return is_suffix(rest);
	return false;
}

const char *
domain_refusal(struct span alabel)
{
	if (span_chr(alabel, '.') == alabel.len)
		return "a name of one label: it belongs to nobody alone";
	if (is_free_mail(alabel))
		return "a mail provider's domain: its addresses are other "
		       "people's; name addresses one by one";
	if (is_suffix(alabel))
		return "a public suffix: the domains under it are other "
		       "people's";
	return NULL;
}
