/*
 * multi: see multi.h. Not here: the options of a transfer (http_easy.c,
 * smtp_easy.c), queues, what an end means.
 *
 * Two rules keep libcurl healthy: none of its functions is called from inside
 * a callback of its own (but curl_multi_assign, which is made for that), and
 * its finished transfers are collected after every action. Their owner hears
 * of them only then.
 */
#include "monitor/multi.h"

#include <curl/curl.h>
#include <signal.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "ctlog/base/err.h"
#include "ctlog/base/mem.h"

/* A socket of libcurl's that is watched. */
struct watch {
	ev_io io;
	LIST_ENTRY(watch) link;
};

struct multi {
	struct multi_conf conf;
	CURLM *curl;
	ev_timer timer;
	LIST_HEAD(, watch) watches;
};

void
multi_timer(struct ev_loop *loop, ev_timer *t, int64_t ms)
{
	ev_timer_stop(loop, t);
	if (ms < 0)
		return;
	/* Timers count from the loop's idea of now, which may be old. */
	ev_now_update(loop);
	ev_timer_set(t, (double)ms / 1000.0, 0.0);
	ev_timer_start(loop, t);
}

static void
multi_collect(struct multi *m)
{
	CURLMsg *msg;
	CURLcode rc;
	void *transfer;
	int left;

	while ((msg = curl_multi_info_read(m->curl, &left)) != NULL) {
		ASSERT(msg->msg == CURLMSG_DONE);
		rc = msg->data.result; /* goes with the handle's removal */
		curl_easy_getinfo(
		    msg->easy_handle, CURLINFO_PRIVATE, &transfer);
		m->conf.done(m->conf.arg, transfer, (int)rc);
	}
	m->conf.collected(m->conf.arg);
}

static void
multi_act(struct multi *m, curl_socket_t fd, int mask)
{
	int running;
	CURLMcode rc = curl_multi_socket_action(m->curl, fd, mask, &running);

	ASSERT(rc == CURLM_OK);
	multi_collect(m);
}

static void
multi_on_socket(struct ev_loop *loop, ev_io *w, int events)
{
	struct multi *m = w->data;
	int mask = 0;

	(void)loop;
	if (events & EV_READ)
		mask |= CURL_CSELECT_IN;
	if (events & EV_WRITE)
		mask |= CURL_CSELECT_OUT;
	multi_act(m, w->fd, mask); /* w may be gone after this */
}

static void
multi_on_timer(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	multi_act(w->data, CURL_SOCKET_TIMEOUT, 0);
}

static void
watch_free(struct multi *m, struct watch *w)
{
	ev_io_stop(m->conf.loop, &w->io);
	LIST_REMOVE(w, link);
	free(w);
}

static struct watch *
watch_new(struct multi *m, curl_socket_t fd)
{
	struct watch *w = NEW(struct watch);

	ev_io_init(&w->io, multi_on_socket, fd, 0);
	w->io.data = m;
	LIST_INSERT_HEAD(&m->watches, w, link);
	curl_multi_assign(m->curl, fd, w);
	return w;
}

static int
curl_on_socket(
    CURL *easy, curl_socket_t fd, int what, void *arg, void *assigned)
{
	struct multi *m = arg;
	struct watch *w = assigned;
	int events = 0;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (w != NULL)
			watch_free(m, w);
		return 0;
	}
	if (w == NULL)
		w = watch_new(m, fd);
	if (what & CURL_POLL_IN)
		events |= EV_READ;
	if (what & CURL_POLL_OUT)
		events |= EV_WRITE;
	ev_io_stop(m->conf.loop, &w->io);
	ev_io_set(&w->io, fd, events);
	ev_io_start(m->conf.loop, &w->io);
	return 0;
}

static int
curl_on_timer(CURLM *curl, long ms, void *arg)
{
	struct multi *m = arg;

	(void)curl;
	multi_timer(m->conf.loop, &m->timer, ms);
	return 0;
}

/* libcurl 7.88 forgets close-on-exec. */
static curl_socket_t
curl_on_open(void *arg, curlsocktype type, struct curl_sockaddr *to)
{
	(void)arg;
	(void)type;
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

#define SET(opt, value)                                                        \
	ASSERT(curl_easy_setopt(easy, CURLOPT_##opt, (value)) == CURLE_OK)

/* Without a CApath libcurl parses the roots once for all connections (1 ms
 * instead of 21 ms for each, measured). */
void
multi_set(void *easy, const char *ca_file)
{
	SET(NOSIGNAL, 1l);
	/* Not to wait for the system's resolver when a transfer is given up. */
	SET(QUICK_EXIT, 1l);
	SET(TCP_KEEPALIVE, 1l);
	SET(OPENSOCKETFUNCTION, curl_on_open);
	SET(SSL_VERIFYPEER, 1l);
	SET(SSL_VERIFYHOST, 2l);
	SET(SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CAPATH, NULL);
	SET(CAINFO, ca_file ? ca_file : MULTI_CA_FILE);
}

void
multi_add(struct multi *m, void *easy, void *transfer)
{
	CURLMcode rc;

	SET(PRIVATE, transfer);
	rc = curl_multi_add_handle(m->curl, easy);
	ASSERT(rc == CURLM_OK);
}

void
multi_remove(struct multi *m, void *easy)
{
	CURLMcode rc = curl_multi_remove_handle(m->curl, easy);

	ASSERT(rc == CURLM_OK);
}

struct multi *
multi_new(const struct multi_conf *conf)
{
	struct multi *m = NEW(struct multi);

	ASSERT(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
	/* OpenSSL writes with write(2), and NOSIGNAL leaves this to us. */
	signal(SIGPIPE, SIG_IGN);
	m->conf = *conf;
	LIST_INIT(&m->watches);
	ev_timer_init(&m->timer, multi_on_timer, 0.0, 0.0);
	m->timer.data = m;
	m->curl = curl_multi_init();
	ASSERT(m->curl != NULL);
	curl_multi_setopt(m->curl, CURLMOPT_SOCKETFUNCTION, curl_on_socket);
	curl_multi_setopt(m->curl, CURLMOPT_SOCKETDATA, m);
	curl_multi_setopt(m->curl, CURLMOPT_TIMERFUNCTION, curl_on_timer);
	curl_multi_setopt(m->curl, CURLMOPT_TIMERDATA, m);
	curl_multi_setopt(m->curl, CURLMOPT_MAXCONNECTS, conf->cached);
	curl_multi_setopt(m->curl, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
	return m;
}

void
multi_free(struct multi *m)
{
	if (m == NULL)
		return;
	curl_multi_cleanup(m->curl);
	while (!LIST_EMPTY(&m->watches))
		watch_free(m, LIST_FIRST(&m->watches));
	ev_timer_stop(m->conf.loop, &m->timer);
	curl_global_cleanup();
	free(m);
}
