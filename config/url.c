/* url: the checks of value.h on URLs and socket addresses. */
#include <arpa/inet.h>
#include <string.h>

#include "config/config.h"
#include "config/value.h"
#include "ctlog/base/limits.h"
#include "ctlog/base/text.h"

struct url {
	struct span scheme, user, host, port, rest;
	bool has_user;
};

static bool
refuse(struct err *e, const char *url, const char *what)
{
	err_set(e, ST_BAD, "'%s' %s", QUOTE(span_str(url)), what);
	return false;
}

/* A URL without its secrets, for a message: a password must not be repeated. */
static bool
refuse_user(struct err *e, const char *what)
{
	err_set(e, ST_BAD, "a user or password stands in the URL; %s", what);
	return false;
}

/* Printable ASCII that may stand in a URL (RFC 3986 section 2). */
static bool
is_url_text(const char *s)
{
	for (; *s != '\0'; s++)
		if (*s <= 0x20 || *s >= 0x7f || strchr("\"<>\\^`{|}", *s))
			return false;
	return true;
}

static bool
is_port(struct span s)
{
	uint64_t n;

	return text_u64(&n, s) && n <= 65535;
}

/* host[:port], the host in brackets when it is IPv6. */
static bool
split_host(struct url *u, struct span s)
{
	size_t n;

	if (s.len > 0 && s.p[0] == '[') {
		n = span_chr(s, ']');
		if (n == s.len)
			return false;
		u->host = span_cut(s, 1, n - 1);
		s = span_from(s, n + 1);
	} else {
		n = span_chr(s, ':');
		u->host = span_cut(s, 0, n);
		s = span_from(s, n);
	}
	if (u->host.len == 0 || u->host.len > 253)
		return false;
	if (s.len == 0)
		return true;
	u->port = span_from(s, 1);
	return s.p[0] == ':' && is_port(u->port);
}

static bool
is_ip(int family, struct span host)
{
	uint8_t raw[16];
	char text[64];

	if (host.len >= sizeof(text))
		return false;
	memcpy(text, host.p, host.len);
	text[host.len] = '\0';
	return inet_pton(family, text, raw) == 1;
}

static bool
is_host(struct span host, bool brackets)
{
	if (brackets)
		return is_ip(AF_INET6, host);
	for (size_t i = 0; i < host.len; i++) {
		uint8_t c = host.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') || c == '.' || c == '-' ||
			c == '_'))
			return false;
	}
	return true;
}

static bool
is_loopback(struct span host)
{
	if (host.len == 9 &&
	    strncasecmp((const char *)host.p, "localhost", 9) == 0)
		return true;
	if (is_ip(AF_INET, host))
		return span_starts(host, span_str("127."));
	return span_eq_str(host, "::1");
}

static bool
url_split(struct url *u, const char *text)
{
	const char *colon = strstr(text, "://");
	struct span s, auth;
	size_t n;

	*u = (struct url){0};
	if (colon == NULL || strlen(text) > LIMIT_URL || !is_url_text(text))
		return false;
	u->scheme = span_of(text, (size_t)(colon - text));
	s = span_str(colon + 3);
	auth = span_cut(s, 0, strcspn(colon + 3, "/?#"));
	u->rest = span_from(s, auth.len);
	n = span_chr(auth, '@');
	u->has_user = n < auth.len;
	if (u->has_user) {
		u->user = span_cut(auth, 0, n);
		auth = span_from(auth, n + 1);
	}
	return split_host(u, auth) &&
	       is_host(u->host, auth.len > 0 && auth.p[0] == '[');
}

bool
config_url_ok(const char *url, bool allow_http, struct err *e)
{
	struct url u;
	bool ok = url_split(&u, url);

	if (u.has_user)
		return refuse_user(e, "remove it");
	if (!ok)
		return refuse(e, url,
		    "is no URL: write https://host/path, in ASCII (a host "
		    "name with other letters in its xn-- form)");
	if (span_eq_str(u.scheme, "https"))
		return true;
	if (!span_eq_str(u.scheme, "http"))
		return refuse(e, url, "is not https");
	if (is_loopback(u.host) || allow_http)
		return true;
	return refuse(e, url,
	    "is not encrypted: write https://, or allow it with 'allow_http: "
	    "true'");
}

bool
value_url_loopback(const char *url)
{
	struct url u;

	return url_split(&u, url) && is_loopback(u.host);
}

bool
value_web_url(const char *value, bool allow_http, struct err *e)
{
	if (!config_url_ok(value, allow_http, e))
		return false;
	if (strchr(value, '#') != NULL)
		return refuse(e, value, "has a '#' part; remove it");
	return true;
}

/* A log's URL is a prefix: paths are put behind it. */
bool
value_log_url(const char *value, bool allow_http, struct err *e)
{
	if (!config_url_ok(value, allow_http, e))
		return false;
	if (strpbrk(value, "?#") != NULL)
		return refuse(e, value,
		    "is the front part of URLs and cannot have '?' or '#'");
	return true;
}

bool
value_public_url(const char *value, bool allow_http, struct err *e)
{
	return value_log_url(value, allow_http, e);
}

bool
value_smtp_url(const char *value, bool allow_http, struct err *e)
{
	struct url u;
	bool ok = url_split(&u, value);

	(void)allow_http;
	if (u.has_user)
		return refuse_user(e, "use 'user' and 'password_file'");
	if (!ok || (u.rest.len > 0 && !span_eq_str(u.rest, "/")) ||
	    (!span_eq_str(u.scheme, "smtp") && !span_eq_str(u.scheme, "smtps")))
		return refuse(e, value,
		    "is no mail server: write smtp://host:587 (STARTTLS) or "
		    "smtps://host:465");
	return true;
}

/* --- listening --------------------------------------------------------------
 */

static bool
listen_split(struct url *u, const char *value)
{
	*u = (struct url){0};
	if (strlen(value) > 64 || !split_host(u, span_str(value)) ||
	    u->port.len == 0)
		return false;
	if (value[0] == '[')
		return is_ip(AF_INET6, u->host);
	return is_ip(AF_INET, u->host) || is_loopback(u->host);
}

bool
value_listen(const char *value, bool allow_http, struct err *e)
{
	struct url u;

	(void)allow_http;
	if (!listen_split(&u, value))
		return refuse(e, value,
		    "is no address to listen on: write one such as "
		    "127.0.0.1:9469 or [::1]:9469");
	return true;
}

bool
value_listen_loopback(const char *listen)
{
	struct url u;

	return listen_split(&u, listen) && is_loopback(u.host);
}

bool
value_host_plain(const char *host)
{
	struct url u = {0};

	if (strlen(host) > 64 || !split_host(&u, span_str(host)))
		return false;
	if (host[0] == '[')
		return is_ip(AF_INET6, u.host);
	return is_ip(AF_INET, u.host) ||
	       (u.host.len == 9 &&
		   strncasecmp((const char *)u.host.p, "localhost", 9) == 0);
}

/* An address, never a name: that would have to be looked up first. */
bool
value_resolver(const char *value, bool allow_http, struct err *e)
{
	bool brackets = value[0] == '[';
	struct url u = {0};

	(void)allow_http;
	if (strlen(value) > 64 || !split_host(&u, span_str(value)) ||
	    !is_ip(brackets ? AF_INET6 : AF_INET, u.host))
		return refuse(e, value,
		    "is no resolver's address: write one such as 192.0.2.53, "
		    "127.0.0.1:5353 or [::1]:53");
	return true;
}

/* --- the store --------------------------------------------------------------
 */

static bool
postgres_ok(const char *url, struct err *e)
{
	const char *auth = url + strlen("postgresql://");
	size_t len = strcspn(auth, "/?#"), user = strcspn(auth, "@");

	if (strlen(url) > LIMIT_URL || !is_url_text(url))
		return refuse(e, url,
		    "is no URL: write postgresql://user@host/"
		    "database");
	if ((user < len && memchr(auth, ':', user) != NULL) ||
	    strstr(url, "password=") != NULL)
		return refuse_user(e, "put it into ~/.pgpass instead");
	return true;
}

bool
value_store(const char *url, const char **path, struct err *e)
{
	*path = NULL;
	if (strcmp(url, "memory:") == 0)
		return true;
	if (strncmp(url, "postgresql://", 13) == 0)
		return postgres_ok(url, e);
	if (strncmp(url, "sqlite:", 7) != 0)
		return refuse(e, url,
		    "is no store: write sqlite:///absolute/path, "
		    "sqlite:relative/path or postgresql://user@host/database");
	*path = url + 7;
	if (strncmp(*path, "//", 2) == 0)
		*path += 2;
	if (**path == '\0' || strpbrk(*path, "?#%") != NULL ||
	    (*path != url + 7 && **path != '/'))
		return refuse(e, url,
		    "names no file: write sqlite:///absolute/path (three "
		    "slashes) or sqlite:relative/path");
	return true;
}
