/*
 * http_easy: one transfer of libcurl's: its options before, the words for its
 * failure after. Handles are used again; connections belong to the multi
 * object of http.c, not to them, TLS sessions to hosts. For http.c only.
 */
#ifndef MONITOR_HTTP_EASY_H
#define MONITOR_HTTP_EASY_H

#include <sys/queue.h>

#include "monitor/http_answer.h"
#include "monitor/http_session.h"
#include "monitor/http_url.h"

#define HTTP_ACCEPT "Accept-Encoding: gzip, identity"

struct easy {
	LIST_ENTRY(easy) link;
	void *curl; /* a CURL */
	struct session *session;
	/* of this transfer; NULL: those of all */
	struct curl_slist *headers;
	char why[256]; /* CURL_ERROR_SIZE */
};

/* What all transfers have in common. */
struct easy_conf {
	struct http_conf http; /* its strings are ours */
	char *proxy;           /* for https beyond loopback; NULL = none */
	struct curl_slist *headers;
	struct sessions *sessions;
	LIST_HEAD(, easy) idle;
};

/* Strings are copied; the proxy is $https_proxy or $HTTPS_PROXY. */
void easy_conf_init(struct easy_conf *conf, const struct http_conf *http);
/* Of all handles, each given back. */
void easy_conf_fini(struct easy_conf *conf);

/* A handle for a transfer with this origin; given back when it is out of the
 * multi object. */
struct easy *easy_take(struct easy_conf *conf, const char *origin);
void easy_give(struct easy_conf *conf, struct easy *e);

/* Forget the transfer before; describe the next one. What arrives is fed to
 * the answer. `get`, `url` and `answer` outlive the transfer. */
void easy_set(struct easy *e, const struct easy_conf *conf,
    const struct http_get *get, const struct http_url *url,
    struct answer *answer);

/* Why the transfer failed: `code` is its CURLcode. ST_AGAIN: no answer.
 * ST_BAD: an answer that breaks HTTP. */
enum status easy_fault(
    const struct easy *e, int code, size_t received, struct err *err);

#endif
