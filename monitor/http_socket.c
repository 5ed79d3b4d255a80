/* http_socket: see http_socket.h. */
#include "monitor/http_socket.h"

#include <curl/curl.h>
#include <errno.h>
#include <string.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"

#define ANSWER_MAX (1u << 30)
#define CONNECT_MS 5000l
/* An import of millions of records takes minutes. */
#define TOTAL_MS 3600000l

#define SET(opt, value)                                                        \
	ASSERT(curl_easy_setopt(curl, CURLOPT_##opt, (value)) == CURLE_OK)

static size_t
on_body(char *p, size_t size, size_t n, void *arg)
{
	struct buf *out = arg;

	if (size * n > ANSWER_MAX - out->len)
		return 0;
	buf_add(out, p, size * n);
	return size * n;
}

static struct curl_slist *
header(struct curl_slist *list, const char *name, const char *value)
{
	struct buf line = {0};

	buf_fmt(&line, "%s: %s", name, value);
	list = curl_slist_append(list, buf_cstr(&line));
	ASSERT(list != NULL);
	mem_wipe(line.p, line.cap); /* it may be the token */
	buf_fini(&line);
	return list;
}

static struct curl_slist *
headers(const struct socket_request *r)
{
	struct curl_slist *list = NULL;
	struct buf bearer = {0};

	buf_fmt(&bearer, "Bearer %s", r->token);
	list = header(list, "Authorization", buf_cstr(&bearer));
	mem_wipe(bearer.p, bearer.cap);
	buf_fini(&bearer);
	if (r->content_type != NULL)
		list = header(list, "Content-Type", r->content_type);
	/* The service takes a body or closes; it is not asked before. */
	list = curl_slist_append(list, "Expect:");
	ASSERT(list != NULL);
	return list;
}

static void
set(CURL *curl, const struct socket_request *r, const char *url,
    struct curl_slist *list)
{
	SET(URL, url);
	SET(UNIX_SOCKET_PATH, r->socket);
	SET(CUSTOMREQUEST, r->method);
	SET(HTTPHEADER, list);
	SET(NOSIGNAL, 1l);
	SET(PROXY, "");
	SET(PATH_AS_IS, 1l);
	SET(HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CONNECTTIMEOUT_MS, CONNECT_MS);
	SET(TIMEOUT_MS, TOTAL_MS);
	SET(WRITEFUNCTION, on_body);
	if (r->content_type == NULL)
		return;
	SET(POST, 1l);
	SET(POSTFIELDS, (const char *)r->body.p);
	SET(POSTFIELDSIZE_LARGE, (curl_off_t)r->body.len);
	SET(CUSTOMREQUEST, r->method);
}

static enum status
fault(CURLcode rc, long os, const struct socket_request *r, struct err *e)
{
	if (rc == CURLE_WRITE_ERROR)
		return err_set(e, ST_LIMIT,
		    "the service's answer is larger than 1 GiB; ask for less");
	if (rc == CURLE_COULDNT_CONNECT)
		return err_set(e, os == EACCES ? ST_DENIED : ST_UNREACHABLE,
		    "%s: %s", QUOTE(span_str(r->socket)),
		    os != 0 ? strerror((int)os) : curl_easy_strerror(rc));
	return err_set(e, ST_STALE,
	    "%s: the service gave no answer (%s); look whether it was done "
	    "before you do it again",
	    QUOTE(span_str(r->socket)), curl_easy_strerror(rc));
}

enum status
http_socket(
    int *code, struct buf *out, const struct socket_request *r, struct err *e)
{
	CURL *curl = curl_easy_init();
	struct curl_slist *list = headers(r);
	struct buf url = {0};
	long http = 0, os = 0;
	CURLcode rc;

	ASSERT(curl != NULL);
	buf_fmt(&url, "http://localhost%s", r->target);
	set(curl, r, buf_cstr(&url), list);
	SET(WRITEDATA, out);
	rc = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &http);
	curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &os);
	*code = (int)http;
	curl_slist_free_all(list);
	curl_easy_cleanup(curl);
	buf_fini(&url);
	return rc == CURLE_OK ? ST_OK : fault(rc, os, r, e);
}
