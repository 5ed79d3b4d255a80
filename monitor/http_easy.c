/* http_easy: see http_easy.h. Not here: the multi object and the loop. */
#include "monitor/http_easy.h"

#include <curl/curl.h>

#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/multi.h"

/* Fewer and larger reads: a third less CPU for a tile over plain HTTP. */
#define READ_SIZE (512l << 10)
#define LOW_SPEED_BYTES 1000l

_Static_assert(
    sizeof(((struct easy *)0)->why) >= CURL_ERROR_SIZE, "room for a reason");

void
easy_conf_init(struct easy_conf *conf, const struct http_conf *http)
{
	const char *proxy = getenv("https_proxy");

	if (proxy == NULL)
		proxy = getenv("HTTPS_PROXY");
	conf->http = *http;
	conf->http.user_agent = mem_str(http->user_agent);
	conf->http.ca_file =
	    mem_str(http->ca_file ? http->ca_file : MULTI_CA_FILE);
	conf->proxy = proxy != NULL && *proxy != '\0' ? mem_str(proxy) : NULL;
	conf->headers = curl_slist_append(NULL, HTTP_ACCEPT);
	ASSERT(conf->headers != NULL);
	conf->sessions = sessions_new();
	LIST_INIT(&conf->idle);
}

static void
easy_free(struct easy *e)
{
	curl_slist_free_all(e->headers);
	curl_easy_cleanup(e->curl);
	free(e);
}

void
easy_conf_fini(struct easy_conf *conf)
{
	struct easy *e;

	while ((e = LIST_FIRST(&conf->idle)) != NULL) {
		LIST_REMOVE(e, link);
		easy_free(e);
	}
	sessions_free(conf->sessions);
	free((void *)(uintptr_t)conf->http.user_agent);
	free((void *)(uintptr_t)conf->http.ca_file);
	free(conf->proxy);
	curl_slist_free_all(conf->headers);
}

struct easy *
easy_take(struct easy_conf *conf, const char *origin)
{
	struct easy *e = LIST_FIRST(&conf->idle);

	if (e != NULL) {
		LIST_REMOVE(e, link);
	} else {
		e = NEW(struct easy);
		e->curl = curl_easy_init();
		ASSERT(e->curl != NULL);
	}
	e->session = session_take(conf->sessions, origin);
	return e;
}

void
easy_give(struct easy_conf *conf, struct easy *e)
{
	curl_easy_setopt(e->curl, CURLOPT_SHARE, NULL);
	session_give(conf->sessions, e->session);
	e->session = NULL;
	LIST_INSERT_HEAD(&conf->idle, e, link);
}

static size_t
curl_on_header(char *p, size_t size, size_t n, void *arg)
{
	return answer_line(arg, span_of(p, size * n)) ? size * n : 0;
}

static size_t
curl_on_body(char *p, size_t size, size_t n, void *arg)
{
	return answer_body(arg, span_of(p, size * n)) ? size * n : 0;
}

#define SET(opt, value)                                                        \
	ASSERT(curl_easy_setopt(curl, CURLOPT_##opt, (value)) == CURLE_OK)

static void
set_limits(CURL *curl, const struct http_conf *conf)
{
	SET(CONNECTTIMEOUT_MS, (long)conf->connect_timeout_ms);
	SET(TIMEOUT_MS, (long)conf->timeout_ms);
	SET(LOW_SPEED_LIMIT, LOW_SPEED_BYTES);
	/* libcurl counts this one in seconds; 0 = never. */
	SET(LOW_SPEED_TIME, (long)((conf->low_speed_ms + 999) / 1000));
}

/*
 * The scheme is the caller's choice and no redirect leads to another one.
 * Cookies, netrc, HSTS and alt-svc are off as long as nobody turns them on.
 *
 * HTTP/1.1 and nothing else: libcurl 7.88 puts requests on a busy HTTP/1.1
 * connection once it knows an HTTP/2 one of the same host, and hands their
 * replies to the wrong calls (measured: 300 of 6,000 bodies swapped when both
 * versions were mixed). It is the cheaper one too: a tile costs 245 us of CPU
 * and 320 us as a stream of HTTP/2, a small reply 19 and 22 (TLS, loopback).
 */
static void
set_http(CURL *curl, const struct easy_conf *conf, const struct http_get *get,
    const struct http_url *url)
{
	const char *proxy = url->https && !url->loopback ? conf->proxy : NULL;

	SET(URL, get->url);
	SET(PROTOCOLS_STR, url->https ? "https" : "http");
	SET(FOLLOWLOCATION, 0l);
	SET(HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(FORBID_REUSE, get->no_keepalive ? 1l : 0l);
	/* "": none, whatever other variables of the environment say. */
	SET(PROXY, proxy ? proxy : "");
	SET(SUPPRESS_CONNECT_HEADERS, 1l);
	SET(PROXY_CAPATH, NULL);
	SET(PROXY_CAINFO, conf->http.ca_file);
	SET(USERAGENT, conf->http.user_agent);
	SET(HTTPHEADER, conf->headers);
}

static void
add_header(struct easy *e, const char *name, const char *value)
{
	struct curl_slist *longer;
	struct buf line = {0};

	if (value[0] == '\0')
		return;
	buf_fmt(&line, "%s: %s", name, value);
	longer = curl_slist_append(e->headers, buf_cstr(&line));
	ASSERT(longer != NULL);
	e->headers = longer;
	buf_fini(&line);
}

/* Only what is newer (RFC 9110 section 13.1). */
static void
set_since(struct easy *e, const struct http_since *since)
{
	CURL *curl = e->curl;

	curl_slist_free_all(e->headers);
	e->headers = NULL;
	if (since == NULL)
		return;
	add_header(e, "If-None-Match", since->etag);
	add_header(e, "If-Modified-Since", since->modified);
	if (e->headers == NULL)
		return;
	e->headers = curl_slist_append(e->headers, HTTP_ACCEPT);
	ASSERT(e->headers != NULL);
	SET(HTTPHEADER, e->headers);
}

/*
 * As good as new. libcurl 7.88 takes no buffer size for a handle that has a
 * buffer from before, and some ends of a transfer leave it one: such a handle
 * is replaced.
 */
static void
easy_renew(struct easy *e)
{
	CURL *curl = e->curl;

	curl_easy_reset(curl);
	if (curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, READ_SIZE) == CURLE_OK)
		return;
	curl_easy_cleanup(curl);
	e->curl = curl = curl_easy_init();
	ASSERT(curl != NULL);
	SET(BUFFERSIZE, READ_SIZE);
}

void
easy_set(struct easy *e, const struct easy_conf *conf,
    const struct http_get *get, const struct http_url *url,
    struct answer *answer)
{
	CURL *curl;

	easy_renew(e);
	curl = e->curl;
	e->why[0] = '\0';
	/* Also for http: a handle that made a cache of its own leaks it. */
	SET(SHARE, (CURLSH *)session_share(e->session));
	multi_set(curl, conf->http.ca_file);
	set_limits(curl, &conf->http);
	set_http(curl, conf, get, url);
	set_since(e, get->since);
	SET(ERRORBUFFER, e->why);
	SET(HEADERFUNCTION, curl_on_header);
	SET(HEADERDATA, answer);
	SET(WRITEFUNCTION, curl_on_body);
	SET(WRITEDATA, answer);
}

/* --- after a failure ------------------------------------------------------ */

static void
bytes_text(char *out, size_t cap, size_t n)
{
	if (n < 1000)
		snprintf(out, cap, "%zu B", n);
	else if (n < 1000000)
		snprintf(out, cap, "%zu kB", n / 1000);
	else
		snprintf(out, cap, "%.1f MB", (double)n / 1e6);
}

/* Which of the three limits on time it was, and how far it came. */
static void
timeout_text(const struct easy *e, size_t received, struct err *err)
{
	curl_off_t connected = 0, total = 0;
	char size[32];
	int digits;
	double s;

	curl_easy_getinfo(e->curl, CURLINFO_PRETRANSFER_TIME_T, &connected);
	curl_easy_getinfo(e->curl, CURLINFO_TOTAL_TIME_T, &total);
	s = (double)total / 1e6;
	bytes_text(size, sizeof(size), received);
	digits = s < 10.0 ? 1 : 0;
	if (connected == 0)
		err_set(err, ST_AGAIN, "no connection after %.*f s", digits, s);
	else if (strncmp(e->why, "Operation too slow", 18) == 0)
		err_set(err, ST_AGAIN,
		    "slower than %ld bytes/s, stopped after %.*f s "
		    "(%s received)",
		    LOW_SPEED_BYTES, digits, s, size);
	else
		err_set(err, ST_AGAIN, "timed out after %.*f s (%s received)",
		    digits, s, size);
}

static enum status
fault_status(int code)
{
	switch (code) {
	case CURLE_UNSUPPORTED_PROTOCOL: /* no status line: HTTP/0.9 */
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_BAD_CONTENT_ENCODING:
		return ST_BAD;
	default:
		return ST_AGAIN;
	}
}

enum status
easy_fault(const struct easy *e, int code, size_t received, struct err *err)
{
	const char *why = e->why;

	if (code == CURLE_OPERATION_TIMEDOUT) {
		timeout_text(e, received, err);
		return ST_AGAIN;
	}
	if (code == CURLE_OUT_OF_MEMORY)
		return err_set(err, ST_BAD, /* is what it means by this */
		    "a header line of more than 100 kB");
	if (why[0] == '\0')
		why = curl_easy_strerror((CURLcode)code);
	/* libcurl's words can quote a certificate or a header. */
	return err_set(err, fault_status(code), "%s", QUOTE(span_str(why)));
}

const char *
http_version(void)
{
	return curl_version_info(CURLVERSION_NOW)->version;
}
