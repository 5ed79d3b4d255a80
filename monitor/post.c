/* post: see post.h. Not here: what an answer means (alerts/), when to try
 * again (courier.c). */
#include "monitor/post.h"

#include <curl/curl.h>
#include <sys/queue.h>
#include <unistd.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/guard.h"
#include "monitor/multi.h"

#define CONNECT_MS 5000l
#define TOTAL_MS 30000l
#define BODY_MAX 4096u
#define CACHED 8l

struct sending {
	LIST_ENTRY(sending) link;
	struct post *post;
	CURL *curl;
	struct curl_slist *headers;
	struct post_request request;
	size_t got;   /* bytes of the reply's body */
	bool refused; /* an address that is not public */
	char why[CURL_ERROR_SIZE];
};

struct post {
	struct multi *multi;
	char *ca_file, *proxy;
	LIST_HEAD(, sending) list;
};

/* --- libcurl's callbacks --------------------------------------------------- */

/* A long answer is broken off: its status is all that counts. */
static size_t
curl_on_body(char *p, size_t size, size_t n, void *arg)
{
	struct sending *s = arg;

	(void)p;
	s->got += size * n;
	return s->got > BODY_MAX ? 0 : size * n;
}

/* The address that the name has now, which no later answer can change. */
static curl_socket_t
curl_on_open(void *arg, curlsocktype type, struct curl_sockaddr *to)
{
	struct sending *s = arg;

	(void)type;
	if (!guard_is_public(&to->addr)) {
		s->refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* --- before ---------------------------------------------------------------- */

#define SET(opt, value)                                                        \
	ASSERT(curl_easy_setopt(curl, CURLOPT_##opt, (value)) == CURLE_OK)

static struct curl_slist *
headers_of(struct span lines)
{
	/* The body is short: nobody is asked before. */
	struct curl_slist *list = curl_slist_append(NULL, "Expect:"), *longer;
	struct buf line = {0};

	ASSERT(list != NULL);
	while (lines.len > 0) {
		size_t n = span_chr(lines, '\n');

		buf_clear(&line);
		buf_span_add(&line, span_cut(lines, 0, n));
		longer = curl_slist_append(list, buf_cstr(&line));
		ASSERT(longer != NULL);
		list = longer;
		lines = span_from(lines, n + 1);
	}
	buf_fini(&line);
	return list;
}

static void
set_connection(struct sending *s)
{
	CURL *curl = s->curl;
	const struct post *p = s->post;
	bool direct = s->request.public_only || p->proxy == NULL ||
		      strncmp(s->request.url, "https:", 6) != 0;

	multi_set(curl, p->ca_file);
	SET(URL, s->request.url);
	SET(PROTOCOLS_STR, "http,https");
	SET(FOLLOWLOCATION, 0l);
	SET(HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(PROXY, direct ? "" : p->proxy);
	SET(SUPPRESS_CONNECT_HEADERS, 1l);
	SET(CONNECTTIMEOUT_MS, CONNECT_MS);
	SET(TIMEOUT_MS, TOTAL_MS);
	SET(ERRORBUFFER, s->why);
	if (!s->request.public_only)
		return;
	/* A connection that was made for somebody else was not looked at. */
	SET(FRESH_CONNECT, 1l);
	SET(FORBID_REUSE, 1l);
	SET(OPENSOCKETFUNCTION, curl_on_open);
	SET(OPENSOCKETDATA, s);
}

static void
set_request(struct sending *s)
{
	CURL *curl = s->curl;

	s->headers = headers_of(s->request.headers);
	SET(USERAGENT, "indelible/" INDELIBLE_VERSION);
	SET(HTTPHEADER, s->headers);
	SET(POST, 1l);
	SET(POSTFIELDS, (const char *)s->request.body.p);
	SET(POSTFIELDSIZE_LARGE, (curl_off_t)s->request.body.len);
	SET(WRITEFUNCTION, curl_on_body);
	SET(WRITEDATA, s);
}

void
post_send(struct post *p, const struct post_request *r)
{
	struct sending *s = NEW(struct sending);

	s->post = p;
	s->request = *r;
	s->curl = curl_easy_init();
	ASSERT(s->curl != NULL);
	set_connection(s);
	set_request(s);
	LIST_INSERT_HEAD(&p->list, s, link);
	multi_add(p->multi, s->curl, s);
}

/* --- after ----------------------------------------------------------------- */

static void
sending_free(struct sending *s)
{
	multi_remove(s->post->multi, s->curl);
	LIST_REMOVE(s, link);
	curl_easy_cleanup(s->curl);
	curl_slist_free_all(s->headers);
	free(s);
}

/* libcurl's own words tell of names, addresses and certificates before there
 * is an answer; later they may repeat what the receiver said. */
static const char *
fault_text(const struct sending *s, CURLcode code)
{
	if (s->refused)
		return "its address is none of the Internet, and public_only "
		       "is set";
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CONNECT_ERROR:
		if (s->why[0] != '\0')
			return s->why;
		break;
	case CURLE_OPERATION_TIMEDOUT:
		return "no answer in time";
	default:
		break;
	}
	return curl_easy_strerror(code);
}

static int64_t
retry_after_ms(CURL *curl)
{
	curl_off_t s = 0;

	if (curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &s) != CURLE_OK ||
	    s <= 0)
		return 0;
	if (s < LIMIT_RETRY_MIN_S)
		s = LIMIT_RETRY_MIN_S;
	return (int64_t)(s > LIMIT_RETRY_MAX_S ? LIMIT_RETRY_MAX_S : s) * 1000;
}

/* Once there is a status, what happens to the body does not matter. */
static void
multi_on_done(void *arg, void *transfer, int code)
{
	struct sending *s = transfer;
	struct post_request r = s->request;
	struct outcome o = {.status = ST_UNREACHABLE};
	struct err why = {""};
	long http = 0;

	(void)arg;
	curl_easy_getinfo(s->curl, CURLINFO_RESPONSE_CODE, &http);
	if (http >= 200) {
		o.status = ST_OK;
		o.code = (int)http;
		o.retry_after_ms = retry_after_ms(s->curl);
		if (http >= 300)
			err_set(&why, ST_OK, "it answers with HTTP %ld", http);
	} else {
		err_set(&why, ST_OK, "%s",
		    QUOTE(span_str(fault_text(s, (CURLcode)code))));
	}
	sending_free(s);
	r.done(r.arg, &o, &why);
}

static void
multi_on_collected(void *arg)
{
	(void)arg;
}

void
post_cut(struct post *p)
{
	const struct outcome o = {.status = ST_AGAIN, .cut = true};
	const struct err why = {"stopped"};
	struct sending *s;

	while ((s = LIST_FIRST(&p->list)) != NULL) {
		struct post_request r = s->request;

		sending_free(s);
		r.done(r.arg, &o, &why);
	}
}

/* --- the object ------------------------------------------------------------ */

struct post *
post_new(struct ev_loop *loop, const char *ca_file)
{
	struct post *p = NEW(struct post);
	const struct multi_conf conf = {.loop = loop,
	    .cached = CACHED,
	    .done = multi_on_done,
	    .collected = multi_on_collected,
	    .arg = p};
	const char *proxy = getenv("https_proxy");

	if (proxy == NULL)
		proxy = getenv("HTTPS_PROXY");
	p->proxy = proxy != NULL && *proxy != '\0' ? mem_str(proxy) : NULL;
	p->ca_file = ca_file ? mem_str(ca_file) : NULL;
	LIST_INIT(&p->list);
	p->multi = multi_new(&conf);
	return p;
}

void
post_free(struct post *p)
{
	if (p == NULL)
		return;
	while (!LIST_EMPTY(&p->list))
		sending_free(LIST_FIRST(&p->list));
	multi_free(p->multi);
	free(p->ca_file);
	free(p->proxy);
	free(p);
}
