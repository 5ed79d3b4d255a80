/*
 * smtp: see smtp.h. Mails wait in one queue, and begin in its order when one
 * of a few threads is free, for libcurl waits in several places until an SMTP
 * server answers (after the mail, after QUIT), and the loop must not. Not
 * here: how one mail is sent (smtp_easy.c).
 */
#include "monitor/smtp.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/queue.h>

#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/mailbox.h"
#include "monitor/pii/normal.h"
#include "monitor/smtp_easy.h"

/* Under way at a time: a thread each, made when it is needed. */
#define SMTP_AT_ONCE 4u
/* Of an address (RFC 5321 section 4.5.3.1.3). */
#define ADDRESS_MAX 254u

struct post {
	struct letter letter; /* first */
	STAILQ_ENTRY(post) link;
	struct smtp_mail mail; /* its `to` and message are ours */
	char *to;
	struct buf text;
	struct carrier *carrier; /* NULL: nobody had it */
	enum status status;
	int code;
	struct err why;
};

/* A thread, which gets one mail at a time: what comes meanwhile is `stop`. */
struct carrier {
	struct smtp *smtp;
	struct mailbox *in; /* NULL: there is no thread yet */
	struct letter stop; /* the last letter */
	pthread_t thread;
	bool stopped; /* the thread's */
	bool busy;    /* the loop's */
};

struct smtp {
	struct ev_loop *loop;
	char *ca_file;
	ev_timer pump; /* something waits that may begin */
	ev_async on_out;
	struct mailbox *out;
	STAILQ_HEAD(, post) waiting;
	struct carrier carriers[SMTP_AT_ONCE];
	size_t pending;
	bool calling; /* back */
	bool cut;     /* the threads were told to end */
};

/* --- addresses and line ends ----------------------------------------------- */

/* Nothing that ends a line anywhere, or turns text around. */
static bool
is_plain(uint32_t c)
{
	return c > 0x20 && c != '<' && c != '>' && (c < 0x7f || c > 0x9f) &&
	       (c < 0x200e || c > 0x200f) && (c < 0x2028 || c > 0x202e) &&
	       (c < 0x2066 || c > 0x2069);
}

/* The length of a quoted local part (RFC 5321 section 4.1.2) without its '@';
 * 0: it is none. */
static size_t
quoted_len(const char *s)
{
	size_t i = 1;

	for (; s[i] != '"' && s[i] != '\0'; i++)
		if (s[i] == '\\' && s[++i] == '\0')
			return 0;
	return s[i] == '"' && i > 1 ? i + 1 : 0;
}

/* One address and nothing else, so that nothing in it is taken for a part of
 * the command that it stands in. */
static bool
address_ok(const char *s)
{
	size_t len = strlen(s), local;

	if (len > ADDRESS_MAX || !text_is_utf8(span_of(s, len)))
		return false;
	for (size_t i = 0; i < len;)
		if (!is_plain(text_utf8_next(span_of(s, len), &i)))
			return false;
	local = s[0] == '"' ? quoted_len(s) : strcspn(s, "@()[],;:\\\"");
	return local > 0 && s[local] == '@' && s[local + 1] != '\0' &&
	       strpbrk(s + local + 1, "@()[],;:\\\"") == NULL;
}

/* CR, LF and CR LF are line ends, and written CR LF; the last line has one. */
static void
lines_copy(struct buf *out, struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.p[i];

		if (c != '\r' && c != '\n')
			buf_char(out, (char)c);
		else if (c == '\r' || i == 0 || text.p[i - 1] != '\r')
			buf_str(out, "\r\n");
	}
	if (out->len < 2 || out->p[out->len - 1] != '\n')
		buf_str(out, "\r\n");
}

void
smtp_address(struct buf *out, const char *address)
{
	uint8_t memory[16384];
	struct arena a = arena_of(memory, sizeof(memory));
	struct span domain =
	    normal_email_domain(normal_email(&a, span_str(address)));
	const char *at = strrchr(address, '@');

	if (at == NULL || domain.len == 0) {
		buf_str(out, address);
		return;
	}
	buf_add(out, address, (size_t)(at - address) + 1);
	buf_span_add(out, domain);
}

/* --- a thread --------------------------------------------------------------- */

static bool
carrier_stopped(void *arg)
{
	struct carrier *c = arg;

	c->stopped |= mailbox_take(c->in, false) != NULL;
	return c->stopped;
}

static void
carrier_send(struct carrier *c, struct post *p)
{
	struct smtp_easy e = {.stopped = carrier_stopped, .arg = c};

	p->status = smtp_easy_run(&e, &p->mail, c->smtp->ca_file, &p->why);
	if (p->status == ST_UNREACHABLE && c->stopped)
		p->status = ST_STALE;
	p->code = e.code;
	mailbox_put(c->smtp->out, &p->letter);
	ev_async_send(c->smtp->loop, &c->smtp->on_out);
}

static void *
carrier_thread(void *arg)
{
	struct carrier *c = arg;
	struct letter *l;

	while (!c->stopped) {
		l = mailbox_take(c->in, true);
		if (l == &c->stop)
			break;
		c->stopped |= l->next != NULL;
		carrier_send(c, (struct post *)l);
	}
	return NULL;
}

static void
carrier_start(struct carrier *c, struct smtp *m)
{
	sigset_t all, old;

	c->smtp = m;
	c->in = mailbox_new();
	sigfillset(&all); /* signals are the loop's business */
	pthread_sigmask(SIG_BLOCK, &all, &old);
	ASSERT(pthread_create(&c->thread, NULL, carrier_thread, c) == 0);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/* --- the life of a mail ----------------------------------------------------- */

static void
post_free(struct post *p)
{
	mem_wipe(p->text.p, p->text.cap);
	mem_wipe(p->to, strlen(p->to));
	buf_fini(&p->text);
	free(p->to);
	free(p);
}

static void
post_done(struct smtp *m, struct post *p)
{
	m->pending--;
	m->calling = true;
	p->mail.done(p->mail.arg, p->status, p->code, &p->why);
	m->calling = false;
	post_free(p);
}

static struct carrier *
carrier_free_one(struct smtp *m)
{
	for (size_t i = 0; i < SMTP_AT_ONCE; i++)
		if (!m->carriers[i].busy)
			return &m->carriers[i];
	return NULL;
}

static void
post_begin(struct smtp *m, struct post *p, struct carrier *c)
{
	if (m->cut) {
		p->status = ST_STALE;
		post_done(m, p);
		return;
	}
	if (p->mail.to != NULL && !address_ok(p->to)) {
		p->code = 553;
		p->status = err_set(&p->why, ST_BAD, "this is no mail address");
		post_done(m, p);
		return;
	}
	if (c->in == NULL)
		carrier_start(c, m);
	c->busy = true;
	p->carrier = c;
	mailbox_put(c->in, &p->letter);
}

static void
smtp_on_pump(struct ev_loop *loop, ev_timer *w, int events)
{
	struct smtp *m = w->data;
	struct carrier *c = carrier_free_one(m);
	struct post *p = STAILQ_FIRST(&m->waiting);

	(void)loop;
	(void)events;
	if (p == NULL || (c == NULL && !m->cut))
		return;
	STAILQ_REMOVE_HEAD(&m->waiting, link);
	post_begin(m, p, c);
	ev_feed_event(m->loop, w, 0); /* the next one */
}

static void
smtp_on_out(struct ev_loop *loop, ev_async *w, int events)
{
	struct smtp *m = w->data;
	struct letter *l, *next;

	(void)loop;
	(void)events;
	for (l = mailbox_take(m->out, false); l != NULL; l = next) {
		struct post *p = (struct post *)l;

		next = l->next;
		p->carrier->busy = false;
		post_done(m, p);
	}
	ev_feed_event(m->loop, &m->pump, 0);
}

void
smtp_send(struct smtp *m, const struct smtp_mail *mail)
{
	struct post *p = NEW(struct post);

	p->mail = *mail;
	p->to = mem_str(mail->to != NULL ? mail->to : "");
	p->mail.to = mail->to != NULL ? p->to : NULL;
	lines_copy(&p->text, mail->message);
	p->mail.message = buf_span(&p->text);
	STAILQ_INSERT_TAIL(&m->waiting, p, link);
	m->pending++;
	ev_feed_event(m->loop, &m->pump, 0);
}

size_t
smtp_pending(const struct smtp *m)
{
	return m->pending;
}

/* --- the object ------------------------------------------------------------- */

struct smtp *
smtp_new(struct ev_loop *loop, const char *ca_file)
{
	struct smtp *m = NEW(struct smtp);

	smtp_easy_open();
	m->loop = loop;
	m->ca_file = ca_file ? mem_str(ca_file) : NULL;
	m->out = mailbox_new();
	STAILQ_INIT(&m->waiting);
	ev_timer_init(&m->pump, smtp_on_pump, 0.0, 0.0);
	ev_async_init(&m->on_out, smtp_on_out);
	m->pump.data = m->on_out.data = m;
	ev_async_start(loop, &m->on_out);
	return m;
}

void
smtp_cut(struct smtp *m)
{
	for (size_t i = 0; i < SMTP_AT_ONCE && !m->cut; i++)
		if (m->carriers[i].in != NULL)
			mailbox_put(m->carriers[i].in, &m->carriers[i].stop);
	m->cut = true;
	ev_feed_event(m->loop, &m->pump, 0);
}

static void
carriers_join(struct smtp *m)
{
	for (size_t i = 0; i < SMTP_AT_ONCE; i++) {
		struct carrier *c = &m->carriers[i];

		if (c->in == NULL)
			continue;
		ASSERT(pthread_join(c->thread, NULL) == 0);
		mailbox_free(c->in);
	}
}

void
smtp_free(struct smtp *m)
{
	struct letter *l, *next;
	struct post *p;

	if (m == NULL)
		return;
	ASSERT(!m->calling); /* not from a mail's callback */
	smtp_cut(m);
	carriers_join(m);
	for (l = mailbox_take(m->out, false); l != NULL; l = next) {
		next = l->next;
		post_free((struct post *)l);
	}
	while ((p = STAILQ_FIRST(&m->waiting)) != NULL) {
		STAILQ_REMOVE_HEAD(&m->waiting, link);
		post_free(p);
	}
	ev_clear_pending(m->loop, &m->pump);
	ev_async_stop(m->loop, &m->on_out);
	mailbox_free(m->out);
	smtp_easy_close();
	free(m->ca_file);
	free(m);
}
