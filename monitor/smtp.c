/*
 * smtp: see smtp.h. Mails wait in one queue and begin in its order, a few at a
 * time. Not here: the options of a transfer and its replies (smtp_easy.c).
 */
#include "monitor/smtp.h"

#include <string.h>
#include <sys/queue.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/multi.h"
#include "monitor/smtp_easy.h"

/* Under way at a time. */
#define SMTP_AT_ONCE 4u
/* Of an address (RFC 5321 section 4.5.3.1.3). */
#define ADDRESS_MAX 254u

struct post {
	STAILQ_ENTRY(post) link;
	struct smtp_mail mail; /* its `to` is ours, its message is `text` */
	char *to;
	struct buf text;
	struct smtp_easy easy;
};
STAILQ_HEAD(posts, post);

struct smtp {
	struct ev_loop *loop;
	struct multi *multi;
	char *ca_file;
	ev_timer pump; /* something waits that may begin */
	struct posts waiting, active;
	size_t num_waiting, num_active;
	bool calling; /* back */
};

/* --- addresses and line ends ----------------------------------------------- */

static bool
is_plain(uint8_t c)
{
	return c > 0x20 && c != 0x7f && c != '<' && c != '>';
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
	for (size_t i = 0; i < len; i++)
		if (!is_plain((uint8_t)s[i]))
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

/* --- the life of a mail ---------------------------------------------------- */

static void
post_free(struct post *p)
{
	buf_fini(&p->text);
	free(p->to);
	free(p);
}

/* Neither waiting nor active any more. */
static void
post_done(struct smtp *m, struct post *p, enum status st, const struct err *why)
{
	int code = p->easy.code;

	smtp_easy_fini(&p->easy);
	m->calling = true;
	p->mail.done(p->mail.arg, st, code, why);
	m->calling = false;
	post_free(p);
}

static void
smtp_on_done(void *arg, void *transfer, int code)
{
	struct smtp *m = arg;
	struct post *p = transfer;
	struct err e = {""};
	enum status st = smtp_easy_end(&p->easy, p->mail.server, code, &e);

	multi_remove(m->multi, p->easy.curl);
	STAILQ_REMOVE(&m->active, p, post, link);
	m->num_active--;
	post_done(m, p, st, &e);
}

/* ST_OK: it is under way. */
static enum status
post_begin(struct smtp *m, struct post *p, struct err *e)
{
	enum status st;

	if (!address_ok(p->to))
		return err_set(e, ST_BAD, "this is no mail address");
	st = smtp_easy_init(
	    &p->easy, &p->mail, m->ca_file, buf_span(&p->text), e);
	if (st != ST_OK)
		return st;
	STAILQ_INSERT_TAIL(&m->active, p, link);
	m->num_active++;
	multi_add(m->multi, p->easy.curl, p);
	return ST_OK;
}

static void
smtp_start_some(void *arg)
{
	struct smtp *m = arg;
	struct err e = {""};
	struct post *p;
	enum status st;

	while (m->num_active < SMTP_AT_ONCE &&
	       (p = STAILQ_FIRST(&m->waiting)) != NULL) {
		STAILQ_REMOVE_HEAD(&m->waiting, link);
		m->num_waiting--;
		st = post_begin(m, p, &e);
		if (st == ST_OK)
			continue;
		post_done(m, p, st, &e);
		multi_timer(m->loop, &m->pump, 0);
		return; /* one at a time: its callback may send again */
	}
}

static void
smtp_on_pump(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	smtp_start_some(w->data);
}

void
smtp_send(struct smtp *m, const struct smtp_mail *mail)
{
	struct post *p = NEW(struct post);

	p->mail = *mail;
	p->to = mem_str(mail->to);
	p->mail.to = p->to;
	lines_copy(&p->text, mail->message);
	p->mail.message = buf_span(&p->text);
	STAILQ_INSERT_TAIL(&m->waiting, p, link);
	m->num_waiting++;
	multi_timer(m->loop, &m->pump, 0);
}

size_t
smtp_pending(const struct smtp *m)
{
	return m->num_waiting + m->num_active;
}

/* --- the object ------------------------------------------------------------ */

struct smtp *
smtp_new(struct ev_loop *loop, const char *ca_file)
{
	struct smtp *m = NEW(struct smtp);
	struct multi_conf conf = {.loop = loop,
	    .cached = SMTP_AT_ONCE,
	    .done = smtp_on_done,
	    .collected = smtp_start_some,
	    .arg = m};

	m->loop = loop;
	m->multi = multi_new(&conf);
	m->ca_file = ca_file ? mem_str(ca_file) : NULL;
	STAILQ_INIT(&m->waiting);
	STAILQ_INIT(&m->active);
	ev_timer_init(&m->pump, smtp_on_pump, 0.0, 0.0);
	m->pump.data = m;
	return m;
}

void
smtp_free(struct smtp *m)
{
	struct post *p;

	if (m == NULL)
		return;
	ASSERT(!m->calling); /* not from a mail's callback */
	while ((p = STAILQ_FIRST(&m->active)) != NULL) {
		STAILQ_REMOVE_HEAD(&m->active, link);
		multi_remove(m->multi, p->easy.curl);
		smtp_easy_fini(&p->easy);
		post_free(p);
	}
	while ((p = STAILQ_FIRST(&m->waiting)) != NULL) {
		STAILQ_REMOVE_HEAD(&m->waiting, link);
		post_free(p);
	}
	ev_timer_stop(m->loop, &m->pump);
	multi_free(m->multi);
	free(m->ca_file);
	free(m);
}
