/* http_url: see http_url.h; also http_is_loopback of http.h. */
#include "monitor/http_url.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <libpsl.h>
#include <strings.h>

#include "ctlog/base/text.h"
#include "monitor/http.h"

/* The parts that are of interest, in libcurl's memory. */
struct parts {
	char *scheme, *host, *port, *path, *zone;
};

static char *
part(CURLU *u, CURLUPart what, unsigned flags)
{
	char *s = NULL;

	return curl_url_get(u, what, &s, flags) == CURLUE_OK ? s : NULL;
}

static struct parts
parts_of(CURLU *u)
{
	return (struct parts){
	    .scheme = part(u, CURLUPART_SCHEME, 0),
	    .host = part(u, CURLUPART_HOST, 0),
	    .port = part(u, CURLUPART_PORT, CURLU_DEFAULT_PORT),
	    .path = part(u, CURLUPART_PATH, 0),
	    .zone = part(u, CURLUPART_ZONEID, 0),
	};
}

static void
parts_fini(struct parts *p)
{
	curl_free(p->scheme);
	curl_free(p->host);
	curl_free(p->port);
	curl_free(p->path);
	curl_free(p->zone);
}

/* 127.0.0.0/8, ::1 or localhost; numbers are in their usual spelling here. */
static bool
is_loopback(const struct parts *p)
{
	size_t len = strlen(p->host);
	struct in6_addr six;
	struct in_addr four;
	char bare[INET6_ADDRSTRLEN];

	if (p->zone != NULL)
		return false;
	if (strcasecmp(p->host, "localhost") == 0)
		return true;
	if (inet_pton(AF_INET, p->host, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	if (p->host[0] != '[' || len < 3 || len - 2 >= sizeof(bare))
		return false;
	memcpy(bare, p->host + 1, len - 2);
	bare[len - 2] = '\0';
	return inet_pton(AF_INET6, bare, &six) == 1 &&
	       IN6_IS_ADDR_LOOPBACK(&six);
}

static void
lower(char *s)
{
	for (; *s != '\0'; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s - 'A' + 'a');
}

static bool
is_address(const char *host)
{
	struct in_addr four;

	return host[0] == '[' || inet_pton(AF_INET, host, &four) == 1;
}

/* Whose server it is, as far as a name tells. */
static void
site_fill(struct http_url *out, const char *host)
{
	size_t len = strlen(host);
	const char *domain = NULL;

	if (out->loopback) {
		memcpy(out->site, out->origin, sizeof(out->site));
		return;
	}
	if (len > 1 && host[len - 1] == '.')
		len--;
	snprintf(out->site, sizeof(out->site), "%.*s", (int)len, host);
	lower(out->site);
	if (psl_builtin() != NULL && !is_address(host))
		domain = psl_registrable_domain(psl_builtin(), out->site);
	if (domain != NULL)
		memmove(out->site, domain, strlen(domain) + 1);
}

static enum status
url_fill(struct http_url *out, const struct parts *p)
{
	char full[LIMIT_URL + HTTP_HOST_MAX + 16];

	if (p->scheme == NULL || p->host == NULL || p->port == NULL ||
	    p->path == NULL || strlen(p->host) > HTTP_HOST_MAX)
		return ST_USAGE;
	out->https = strcmp(p->scheme, "https") == 0;
	if (!out->https && strcmp(p->scheme, "http") != 0)
		return ST_USAGE;
	out->loopback = is_loopback(p);
	snprintf(out->origin, sizeof(out->origin), "%s://%s:%s", p->scheme,
	    p->host, p->port);
	lower(out->origin);
	site_fill(out, p->host);
	snprintf(full, sizeof(full), "%s:%s%s", p->host, p->port, p->path);
	text_quote(out->label, sizeof(out->label), span_str(full));
	return ST_OK;
}

/* libcurl forgives "http:/host", "http:///host" and the like; we do not. */
static bool
is_absolute(const char *url)
{
	if (strncasecmp(url, "https://", 8) == 0)
		return url[8] != '/';
	return strncasecmp(url, "http://", 7) == 0 && url[7] != '/';
}

/* A user part may hold a password, a query may hold anything. */
static enum status
url_refuse(const char *url, struct err *e)
{
	struct span s = span_str(url);

	if (span_chr(s, '@') != s.len)
		return err_set(e, ST_USAGE,
		    "a URL with a user name or '@' in it is not fetched");
	s = span_cut(s, 0, span_chr(s, '?'));
	return err_set(
	    e, ST_USAGE, "%s: no usable http or https URL", QUOTE(s));
}

enum status
http_url_read(struct http_url *out, const char *url, struct err *e)
{
	enum status st = ST_USAGE;
	struct parts p;
	CURLU *u;
	bool ok;

	*out = (struct http_url){0};
	if (strlen(url) >= LIMIT_URL)
		return err_set(
		    e, st, "URL of more than %u characters", LIMIT_URL - 1);
	u = curl_url();
	ASSERT(u != NULL);
	ok = is_absolute(url) && curl_url_set(u, CURLUPART_URL, url,
				     CURLU_DISALLOW_USER) == CURLUE_OK;
	if (ok) {
		p = parts_of(u);
		st = url_fill(out, &p);
		parts_fini(&p);
	}
	curl_url_cleanup(u);
	return st == ST_OK ? ST_OK : url_refuse(url, e);
}

bool
http_is_loopback(const char *url)
{
	struct http_url u;

	return http_url_read(&u, url, NULL) == ST_OK && u.loopback;
}
