/* logurl: see logurl.h. */
#include "ctlog/wire/logurl.h"

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"

/* What a request adds to a log's URL fits behind it. */
#define URL_MAX (LIMIT_URL - 512u)

static bool
is_one_of(uint8_t c, const char *these)
{
	return c != 0 && strchr(these, c) != NULL;
}

/* Letters, digits, dots and hyphens, or an IPv6 address in brackets. */
static size_t
host_len(struct span s)
{
	size_t n = 0;

	if (span_starts(s, span_str("["))) {
		for (n = 1; n < s.len && s.p[n] != ']'; n++)
			if (!is_one_of(s.p[n], "0123456789abcdefABCDEF:."))
				return 0;
		return n < s.len ? n + 1 : 0;
	}
	while (n < s.len && (is_one_of(s.p[n], ".-0123456789") ||
				((s.p[n] | 32) >= 'a' && (s.p[n] | 32) <= 'z')))
		n++;
	return n;
}

static size_t
port_len(struct span s)
{
	size_t n = 1;

	if (!span_starts(s, span_str(":")))
		return 0;
	while (n < s.len && s.p[n] >= '0' && s.p[n] <= '9')
		n++;
	return n;
}

/* A path to which another can be appended: no query, no fragment. */
static bool
is_path(struct span s)
{
	if (s.len > 0 && s.p[0] != '/')
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] <= 0x20 || s.p[i] >= 0x7f ||
		    is_one_of(s.p[i], "\"#<>?[\\]^`{|}"))
			return false;
	return true;
}

static bool
is_loopback(struct span host)
{
	return span_eq_str(host, "127.0.0.1") || span_eq_str(host, "[::1]") ||
	       span_eq_str(host, "localhost");
}

bool
logurl_split(struct span url, struct span *host, struct span *bare)
{
	struct span https = span_str("https://"), http = span_str("http://");
	bool tls = span_starts(url, https);
	size_t n;

	if (url.len > URL_MAX || (!tls && !span_starts(url, http)))
		return false;
	*bare = span_from(url, tls ? https.len : http.len);
	n = host_len(*bare);
	*host = span_cut(*bare, 0, n);
	n += port_len(span_from(*bare, n));
	return host->len > 0 && (tls || is_loopback(*host)) &&
	       is_path(span_from(*bare, n));
}

char *
logurl_copy(struct span url)
{
	bool slash = url.len > 0 && url.p[url.len - 1] == '/';
	char *s = mem_new(url.len + 2, 1);

	memcpy(s, url.p, url.len);
	if (!slash)
		s[url.len] = '/';
	return s;
}
