/* http_private: calls as http.c and http_local.c see them. */
#ifndef MONITOR_HTTP_PRIVATE_H
#define MONITOR_HTTP_PRIVATE_H

#include "monitor/host.h"
#include "monitor/http_easy.h"
#include "monitor/multi.h"
#include "monitor/reader.h"

struct http_call {
	struct turn turn; /* first: the host's queue hands it back */
	LIST_ENTRY(http_call) link;
	STAILQ_ENTRY(http_call) refused;
	struct http *http;
	struct easy *easy; /* NULL: not under way */
	char *url;
	struct http_url at;
	struct http_get want; /* its url is `url`, its since ours */
	struct http_since since;
	struct answer answer;
	struct err why;        /* refused: the reason */
	struct errand *errand; /* NULL: not one for a file */
	bool is_refused, ended;
};

struct http {
	struct ev_loop *loop;
	struct multi *multi;
	ev_timer pump; /* a waiting call may start, a refused one end */
	struct hosts *hosts;
	struct gunzip *gunzip;
	struct easy_conf conf;
	LIST_HEAD(, http_call) calls;
	STAILQ_HEAD(, http_call) refused;
	struct http_counts counts;
	bool collecting;
	struct reader *reader; /* NULL: there is no log on disk */
};

/* http.c: the callback, then the call's end. */
void http_call_done(struct http_call *c, const struct http_reply *r);

/* http_local.c: the call is the reader's until its callback, or until it is
 * dropped. */
void http_local_start(struct http_call *c);
void http_local_drop(struct http_call *c);

#endif
