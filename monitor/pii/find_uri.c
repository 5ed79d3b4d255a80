/* find_uri: what a URI says of a person (RFC 3986; reference pii.md 1.2). */
#include "monitor/pii/finder.h"
#include "monitor/pii/normal.h"

static bool
is_scheme(struct span scheme, const char *const *list)
{
	for (; *list != NULL; list++)
		if (scheme.len == strlen(*list) &&
		    strncasecmp((const char *)scheme.p, *list, scheme.len) == 0)
			return true;
	return false;
}

/* Where the first of these characters stands, or the end. */
static size_t
find_any(struct span s, const char *any)
{
	size_t n = 0;

	while (n < s.len && (s.p[n] == '\0' || strchr(any, s.p[n]) == NULL))
		n++;
	return n;
}

static void
put(struct finder *f, const struct place *p, enum pii_kind kind,
    struct span value)
{
	find_add(f, p, kind, value, normal_fold(f->arena, value));
}

/* "mailto:a@b,c@d?cc=e@f" (RFC 6068). */
static void
read_mailto(struct finder *f, struct place *p, struct span rest)
{
	size_t query = span_chr(rest, '?');
	struct span to = find_unescape(f, p, span_cut(rest, 0, query));

	p->reason = "mailto";
	find_addresses(f, p, to, HOW_EMAIL, PII_EMAIL);
	find_addresses(f, p, find_unescape(f, p, span_from(rest, query)),
	    HOW_TEXT, PII_EMAIL);
}

/* The owner in "https://github.com/owner/name/...". */
static bool
read_owner(struct finder *f, const struct place *at, struct span host,
    struct span path)
{
	static const char *const forges[] = {
	    "github.com", "gitlab.com", "bitbucket.org", "codeberg.org", NULL};
	struct place p = *at;
	struct span owner;

	if (!is_scheme(host, forges) || path.len < 2)
		return false;
	owner = span_from(path, 1);
	owner = span_cut(owner, 0, find_any(owner, "/?#@"));
	p.reason = "owner of a source repository";
	put(f, &p, PII_USERNAME, owner);
	return true;
}

/* "scheme://user:password@host:port/path?query". */
static void
read_hierarchy(struct finder *f, struct place *p, struct span rest)
{
	size_t end = find_any(rest, "/?#");
	struct span authority = span_cut(rest, 0, end), host = authority;
	size_t at = authority.len;

	rest = span_from(rest, end);
	while (at > 0 && authority.p[at - 1] != '@')
		at--;
	if (at > 1) {
		host = span_from(authority, at);
		put(f, p, PII_URI_USERINFO,
		    find_unescape(f, p, span_cut(authority, 0, at - 1)));
	}
	read_owner(f, p, host, rest);
	find_addresses(f, p, find_unescape(f, p, rest), HOW_TEXT, PII_EMAIL);
}

/* "tag:microsoft.com,2022-09-14:sid:S-1-5-21-...". */
static bool
read_sid(struct finder *f, const struct place *p, struct span text)
{
	for (size_t at = 0; at < text.len; at++) {
		struct span sid = span_from(text, at + 5);

		if (!span_starts(span_from(text, at), span_str(":sid:")))
			continue;
		put(f, p, PII_ACCOUNT_ID, sid);
		return true;
	}
	return false;
}

/* "ldap:///CN=Jane%20Roe,OU=People?mail": whose entry it is. */
static void
read_entry(struct finder *f, struct place *p, struct span rest)
{
	static const struct carrier dn = {.how = HOW_LDAP_DN, .kind = PII_NAME};
	struct der text = {.id = DER_UTF8_STRING, .tag = DER_UTF8_STRING};

	rest = span_from(rest, span_chr(rest, '/') + 1);
	text.value =
	    find_unescape(f, p, span_cut(rest, 0, find_any(rest, "?")));
	if (p->side == SIDE_SUBJECT)
		find_value(f, p, &dn, &text);
}

void
find_uri(struct finder *f, const struct place *at, struct span text)
{
	static const char *const mail[] = {
	    "mailto", "smtp", "email", "rfc822", NULL};
	static const char *const messaging[] = {
	    "sip", "sips", "xmpp", "im", "pres", "acct", "h323", NULL};
	static const char *const phone[] = {
	    "tel", "callto", "sms", "fax", NULL};
	static const char *const ldap[] = {"ldap", "ldaps", NULL};
	size_t colon = span_chr(text, ':');
	struct span scheme = span_cut(text, 0, colon);
	struct span rest = span_from(text, colon + 1);
	struct place p = *at;

	if (is_scheme(scheme, ldap) && span_starts(rest, span_str("//")))
		read_entry(f, &p, span_from(rest, 2));
	if (is_scheme(scheme, mail))
		read_mailto(f, &p, rest);
	else if (is_scheme(scheme, messaging))
		find_addresses(
		    f, &p, find_unescape(f, &p, rest), HOW_EMAIL, PII_JID);
	else if (is_scheme(scheme, phone))
		put(f, &p, PII_PHONE, span_cut(rest, 0, find_any(rest, ";?")));
	else if (span_starts(rest, span_str("//")))
		read_hierarchy(f, &p, span_from(rest, 2));
	else if (!read_sid(f, &p, text))
		find_addresses(
		    f, &p, find_unescape(f, &p, text), HOW_TEXT, PII_EMAIL);
}

void
find_repo(struct finder *f, const struct place *at, struct span text)
{
	size_t colon = span_chr(text, ':'), slash;
	struct place p = *at;

	if (colon < text.len) {
		find_uri(f, at, text);
		return;
	}
	slash = span_chr(text, '/');
	p.reason = "owner of a source repository";
	if (slash > 0 && slash < text.len)
		put(f, &p, PII_USERNAME, span_cut(text, 0, slash));
}
