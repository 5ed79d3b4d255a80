/*
 * dns: see dns.h. A look-up has a channel of c-ares to itself, so that it goes
 * by the system's configuration of its moment, and its sockets and timer on
 * the loop. c-ares may answer from within the call that asks: what it says is
 * kept, and told later, from the timer.
 */
#include "monitor/dns.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <stdbool.h>
#include <string.h>
#include <sys/queue.h>

#include "ctlog/base/buf.h"
#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/multi.h"

/* The first of two tries at a server; the second takes twice as long. */
#define TIMEOUT_MS 2000
#define TRIES 2
#define TXT_MAX 512u

struct find_io {
	ev_io io;
	LIST_ENTRY(find_io) link;
};

struct find {
	LIST_ENTRY(find) link;
	struct dns *dns;
	ares_channel channel;
	LIST_HEAD(, find_io) sockets;
	ev_timer timer;
	char *name;
	dns_txt_fn *fn;
	void *arg;
	bool over;
	struct dns_txt answer;
	char *txt[DNS_TXTS];
};

struct dns {
	struct ev_loop *loop;
	char *servers;
	LIST_HEAD(, find) finds;
	bool calling; /* back */
};

/* --- sockets and timer of c-ares on libev ---------------------------------- */

/* When c-ares, or whoever waits for the answer, is to hear of us again. */
static void
find_wait(struct find *f)
{
	struct timeval tv, *t = NULL;

	if (!f->over)
		t = ares_timeout(f->channel, NULL, &tv);
	if (f->over)
		multi_timer(f->dns->loop, &f->timer, 0);
	else if (t != NULL)
		multi_timer(f->dns->loop, &f->timer,
		    t->tv_sec * 1000 + t->tv_usec / 1000 + 1);
}

static void
find_on_socket(struct ev_loop *loop, ev_io *w, int events)
{
	struct find *f = w->data;
	int fd = w->fd;

	(void)loop;
	ares_process_fd(f->channel, events & EV_READ ? fd : ARES_SOCKET_BAD,
	    events & EV_WRITE ? fd : ARES_SOCKET_BAD); /* w may be gone */
	find_wait(f);
}

static struct find_io *
find_io_of(struct find *f, ares_socket_t fd)
{
	struct find_io *s;

	LIST_FOREACH(s, &f->sockets, link)
	if (s->io.fd == fd)
		return s;
	s = NEW(struct find_io);
	ev_io_init(&s->io, find_on_socket, fd, 0);
	s->io.data = f;
	LIST_INSERT_HEAD(&f->sockets, s, link);
	return s;
}

static void
ares_on_socket(void *arg, ares_socket_t fd, int readable, int writable)
{
	struct find *f = arg;
	struct find_io *s = find_io_of(f, fd);

	ev_io_stop(f->dns->loop, &s->io);
	if (!readable && !writable) {
		LIST_REMOVE(s, link);
		free(s);
		return;
	}
	ev_io_set(
	    &s->io, fd, (readable ? EV_READ : 0) | (writable ? EV_WRITE : 0));
	ev_io_start(f->dns->loop, &s->io);
}

/* --- the answer ------------------------------------------------------------ */

static void
find_add(struct find *f, struct buf *txt)
{
	if (f->answer.num == DNS_TXTS)
		return;
	f->txt[f->answer.num++] = mem_str(buf_cstr(txt));
	buf_clear(txt);
}

static void
text_add(struct buf *txt, struct span s)
{
	for (size_t i = 0; i < s.len && txt->len < TXT_MAX; i++)
		if (s.p[i] != '\0')
			buf_char(txt, (char)s.p[i]);
}

/* The strings of a record are one text. */
static void
find_join(struct find *f, const struct ares_txt_ext *list)
{
	struct buf txt = {0};

	for (const struct ares_txt_ext *t = list; t != NULL; t = t->next) {
		text_add(&txt, span_of(t->txt, t->length));
		if (t->next == NULL || t->next->record_start)
			find_add(f, &txt);
	}
	buf_fini(&txt);
}

static enum status
ares_status(int code)
{
	switch (code) {
	case ARES_SUCCESS:
		return ST_OK;
	case ARES_ENOTFOUND:
	case ARES_ENODATA:
	case ARES_EBADNAME:
		return ST_MISSING;
	default:
		return ST_AGAIN;
	}
}

static void
ares_on_answer(
    void *arg, int code, int timeouts, unsigned char *packet, int len)
{
	struct find *f = arg;
	struct ares_txt_ext *list = NULL;

	(void)timeouts;
	if (code == ARES_EDESTRUCTION)
		return;
	if (code == ARES_SUCCESS)
		code = ares_parse_txt_reply_ext(packet, len, &list);
	f->answer.status = ares_status(code);
	if (code == ARES_SUCCESS)
		find_join(f, list);
	else
		err_set(&f->answer.err, f->answer.status, "TXT of %s: %s",
		    QUOTE(span_str(f->name)), ares_strerror(code));
	ares_free_data(list);
	f->answer.txt = (const char *const *)f->txt;
	f->over = true;
}

/* --- a look-up ------------------------------------------------------------- */

static void
find_free(struct find *f)
{
	LIST_REMOVE(f, link);
	if (f->channel != NULL)
		ares_destroy(f->channel); /* closes its sockets */
	ev_timer_stop(f->dns->loop, &f->timer);
	for (size_t i = 0; i < f->answer.num; i++)
		free(f->txt[i]);
	free(f->name);
	free(f);
}

static void
find_on_timer(struct ev_loop *loop, ev_timer *w, int events)
{
	struct find *f = w->data;

	(void)loop;
	(void)events;
	if (!f->over) {
		ares_process_fd(f->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
		find_wait(f);
		return;
	}
	f->dns->calling = true;
	f->fn(f->arg, &f->answer);
	f->dns->calling = false;
	find_free(f);
}

static enum status
channel_open(
    ares_channel *out, const char *servers, struct find *f, struct err *e)
{
	struct ares_options o = {.timeout = TIMEOUT_MS,
	    .tries = TRIES,
	    .sock_state_cb = ares_on_socket,
	    .sock_state_cb_data = f};
	int rc = ares_init_options(out, &o,
	    ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);

	if (rc == ARES_SUCCESS && servers != NULL) {
		rc = ares_set_servers_ports_csv(*out, servers);
		if (rc != ARES_SUCCESS)
			ares_destroy(*out);
	}
	if (rc == ARES_SUCCESS)
		return ST_OK;
	*out = NULL;
	return err_set(e, servers ? ST_USAGE : ST_UNREACHABLE,
	    "resolver %s: %s",
	    servers ? QUOTE(span_str(servers)) : "of the system",
	    ares_strerror(rc));
}

void
dns_find_txt(struct dns *d, const char *name, dns_txt_fn *fn, void *arg)
{
	struct find *f = NEW(struct find);

	f->dns = d;
	f->name = mem_str(name);
	f->fn = fn;
	f->arg = arg;
	LIST_INIT(&f->sockets);
	LIST_INSERT_HEAD(&d->finds, f, link);
	ev_timer_init(&f->timer, find_on_timer, 0.0, 0.0);
	f->timer.data = f;
	if (channel_open(&f->channel, d->servers, f, &f->answer.err) == ST_OK) {
		ares_query(f->channel, name, C_IN, T_TXT, ares_on_answer, f);
	} else {
		f->answer.status = ST_AGAIN;
		f->over = true;
	}
	find_wait(f);
}

/* --- the object ------------------------------------------------------------ */

enum status
dns_new(
    struct dns **out, struct ev_loop *loop, const char *servers, struct err *e)
{
	struct dns *d;
	ares_channel probe;

	ASSERT(ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS);
	/* A system without a resolver may get one. */
	if (servers != NULL && channel_open(&probe, servers, NULL, e) != ST_OK)
		return ares_library_cleanup(), ST_USAGE;
	if (servers != NULL)
		ares_destroy(probe);
	d = NEW(struct dns);
	d->loop = loop;
	d->servers = servers ? mem_str(servers) : NULL;
	LIST_INIT(&d->finds);
	*out = d;
	return ST_OK;
}

void
dns_free(struct dns *d)
{
	if (d == NULL)
		return;
	ASSERT(!d->calling);
	while (!LIST_EMPTY(&d->finds))
		find_free(LIST_FIRST(&d->finds));
	ares_library_cleanup();
	free(d->servers);
	free(d);
}

const char *
dns_version(void)
{
	return ares_version(NULL);
}
