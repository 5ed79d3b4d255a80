/*
 * smtp_easy: see smtp_easy.h. Not here: the threads, the queue.
 *
 * libcurl says QUIT when it closes a connection, and waits for the answer, up
 * to two minutes when the server is silent. So each mail has a connection of
 * its own, and once the last reply is there nothing more is read from it: QUIT
 * goes out, and the mail is done.
 */
#include "monitor/smtp_easy.h"

#include <curl/curl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/value.h"
#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/multi.h"
#include "monitor/secret.h"

#define CONNECT_MS 15000l
/* For all of it: servers may look at a mail for minutes before they take it,
 * and one that is given up then comes twice. */
#define TOTAL_MS 300000l

_Static_assert(sizeof(((struct smtp_easy *)0)->why) >= CURL_ERROR_SIZE,
    "room for a reason");

/* --- libcurl's callbacks --------------------------------------------------- */

static curl_socket_t
curl_on_open(void *arg, curlsocktype type, struct curl_sockaddr *to)
{
	struct smtp_easy *e = arg;
	int fd = socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);

	(void)type;
	for (size_t i = 0; i < SMTP_SOCKETS; i++) {
		if (e->sockets[i] >= 0)
			continue;
		e->sockets[i] = fd;
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return CURL_SOCKET_BAD;
}

static int
curl_on_close(void *arg, curl_socket_t fd)
{
	struct smtp_easy *e = arg;

	for (size_t i = 0; i < SMTP_SOCKETS; i++)
		if (e->sockets[i] == fd)
			e->sockets[i] = -1;
	return close(fd);
}

static bool
is_ascii(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s >= 0x80)
			return false;
	return true;
}

/* Greeting, TLS and login are behind it. libcurl would send any address to any
 * server. */
static int
curl_on_ready(void *arg, char *there, char *here, int port, int our_port)
{
	struct smtp_easy *e = arg;

	(void)there, (void)here, (void)port, (void)our_port;
	e->asked = true;
	e->code = 0;
	e->replies = 0;
	e->unfit = !e->utf8 && !is_ascii(e->address);
	if (e->unfit)
		e->code = 553; /* as RFC 6531 section 3.5 has it */
	return e->unfit ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

/* "5.1.1" at the front of a reply's text (RFC 2034). */
static void
enhanced_read(char out[12], struct span text, char class)
{
	size_t n = 0;

	out[0] = '\0';
	while (n < text.len && n < 11 && strchr("0123456789.", text.p[n]))
		n++;
	if (n < 5 || text.p[0] != class || text.p[1] != '.')
		return;
	memcpy(out, text.p, n);
	out[n] = '\0';
}

/* The mail was taken, or refused. */
static void
mail_over(struct smtp_easy *e)
{
	e->over = true;
	for (size_t i = 0; i < SMTP_SOCKETS; i++)
		if (e->sockets[i] >= 0)
			shutdown(e->sockets[i], SHUT_RD);
}

/* What it offers, before TLS or behind it: the newest list counts. */
static void
offer_read(struct smtp_easy *e, struct span line)
{
	static const char name[] = "SMTPUTF8";
	struct span word = span_from(line, 4);

	if (e->asked || line.p[0] != '2')
		return;
	if (span_starts(line, span_str("220")))
		e->utf8 = false; /* the greeting, or TLS begins */
	while (word.len > 0 && word.p[word.len - 1] <= ' ')
		word.len--;
	if (word.len == strlen(name) &&
	    strncasecmp((const char *)word.p, name, word.len) == 0)
		e->utf8 = true;
}

/* A line of the server's: a reply has several, a '-' behind the code in all
 * but the last. Its text is dropped: it likes to repeat the address. */
static size_t
curl_on_line(char *p, size_t size, size_t n, void *arg)
{
	struct smtp_easy *e = arg;
	struct span line = span_of(p, size * n);
	uint64_t code;

	if (!e->over && line.len >= 4)
		offer_read(e, line);
	if (e->over || line.len < 4 || line.p[3] == '-' ||
	    !text_u64(&code, span_cut(line, 0, 3)) || code < 200)
		return size * n;
	e->code = (int)code;
	e->replies++;
	enhanced_read(e->enhanced, span_from(line, 4), p[0]);
	if (e->asked && (code >= 400 || e->read == e->message.len))
		mail_over(e);
	return size * n;
}

static size_t
curl_on_read(char *p, size_t size, size_t n, void *arg)
{
	struct smtp_easy *e = arg;
	struct span rest = span_from(e->message, e->read);

	n *= size;
	if (n > rest.len)
		n = rest.len;
	memcpy(p, rest.p, n);
	e->read += n;
	return n;
}

static int
curl_on_progress(
    void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	struct smtp_easy *e = arg;

	(void)a, (void)b, (void)c, (void)d;
	return e->stopped(e->arg);
}

/* --- before ---------------------------------------------------------------- */

#define SET(opt, value)                                                        \
	ASSERT(curl_easy_setopt(curl, CURLOPT_##opt, (value)) == CURLE_OK)

/* 127.0.0.1 and kin, [::1]; not a name, which is what a resolver says. */
static bool
is_loopback(const char *server)
{
	const char *host = strstr(server, "://") + 3;

	return value_url_loopback(server) &&
	       strncasecmp(host, "localhost", 9) != 0;
}

static void
set_server(CURL *curl, const struct conf_sink *server)
{
	bool tls = strncmp(server->server, "smtps:", 6) == 0;

	SET(URL, server->server);
	SET(PROTOCOLS_STR, tls ? "smtps" : "smtp");
	SET(USE_SSL, (long)(is_loopback(server->server) ? CURLUSESSL_TRY
							: CURLUSESSL_ALL));
	/* "": none, whatever the environment says. */
	SET(PROXY, "");
	SET(FRESH_CONNECT, 1l);
	SET(FORBID_REUSE, 1l);
	SET(CONNECTTIMEOUT_MS, CONNECT_MS);
	SET(TIMEOUT_MS, TOTAL_MS);
}

static enum status
set_login(CURL *curl, const struct conf_sink *server, struct err *err)
{
	struct buf password = {0};

	if (server->user == NULL)
		return ST_OK;
	if (secret_read(&password, "password file", server->password_file,
		err) != ST_OK)
		return ST_UNREACHABLE;
	SET(USERNAME, server->user);
	SET(PASSWORD, buf_cstr(&password));
	secret_fini(&password);
	return ST_OK;
}

static void
set_text(struct smtp_easy *e, const struct smtp_mail *mail)
{
	CURL *curl = e->curl;

	e->address = mail->to;
	e->to = curl_slist_append(NULL, mail->to);
	ASSERT(e->to != NULL);
	SET(MAIL_FROM, mail->server->from);
	SET(MAIL_RCPT, e->to);
	SET(UPLOAD, 1l);
	SET(INFILESIZE_LARGE, (curl_off_t)e->message.len);
	SET(READFUNCTION, curl_on_read);
	SET(READDATA, e);
}

/* Greeting, TLS and login, and a command that does nothing. */
static void
set_question(struct smtp_easy *e)
{
	CURL *curl = e->curl;

	e->address = "";
	SET(CUSTOMREQUEST, "NOOP");
	SET(NOBODY, 1l);
}

static void
set_mail(struct smtp_easy *e, const struct smtp_mail *mail)
{
	CURL *curl = e->curl;

	if (mail->to != NULL)
		set_text(e, mail);
	else
		set_question(e);
	SET(HEADERFUNCTION, curl_on_line);
	SET(HEADERDATA, e);
	SET(PREREQFUNCTION, curl_on_ready);
	SET(PREREQDATA, e);
	SET(OPENSOCKETFUNCTION, curl_on_open);
	SET(OPENSOCKETDATA, e);
	SET(CLOSESOCKETFUNCTION, curl_on_close);
	SET(CLOSESOCKETDATA, e);
	SET(XFERINFOFUNCTION, curl_on_progress);
	SET(XFERINFODATA, e);
	SET(NOPROGRESS, 0l);
	SET(ERRORBUFFER, e->why);
}

/* --- after ----------------------------------------------------------------- */

/* What came instead of a reply. */
static const char *
fault_text(const struct smtp_easy *e, int code)
{
	switch (code) {
	case CURLE_OPERATION_TIMEDOUT:
		return e->asked ? "no answer in time" : "no connection in time";
	case CURLE_USE_SSL_FAILED:
		return "it offers no STARTTLS, without which nothing is sent";
	case CURLE_LOGIN_DENIED:
		return "it took no login";
	}
	/* After that libcurl's words may tell of the mail. */
	if (e->asked || e->why[0] == '\0')
		return curl_easy_strerror((CURLcode)code);
	return e->why;
}

/* A server that goes away, or wants a login, or another one (RFC 4954 section
 * 6), or refuses the sender, before it knows to whom: it has nothing against
 * the mail, but for its size (RFC 1870 section 6). */
static bool
is_about_us(const struct smtp_easy *e)
{
	bool size = e->code == 452 || e->code == 552;

	return (e->replies == 1 && !size) || e->code == 421 || e->code == 530 ||
	       e->code == 534 || e->code == 535 || e->code == 538;
}

static enum status
mail_end(const struct smtp_easy *e, const struct conf_sink *server, int code,
    struct err *err)
{
	enum status st = ST_UNREACHABLE;

	if (code == 0)
		return ST_OK;
	if (e->unfit)
		return err_set(err, ST_BAD,
		    "%s: it takes no addresses with other than ASCII letters "
		    "before the @ (SMTPUTF8)",
		    QUOTE(span_str(server->server)));
	if (e->code < 400)
		return err_set(err, st, "%s: %s",
		    QUOTE(span_str(server->server)),
		    QUOTE(span_str(fault_text(e, code))));
	if (e->asked && !is_about_us(e))
		st = e->code >= 500 ? ST_BAD : ST_AGAIN;
	return err_set(err, st, "%s: %s with %d%s%s",
	    QUOTE(span_str(server->server)),
	    e->asked ? "the mail was refused" : "we were refused", e->code,
	    e->enhanced[0] ? " " : "", e->enhanced);
}

/* --- all of it ------------------------------------------------------------- */

enum status
smtp_easy_run(struct smtp_easy *e, const struct smtp_mail *mail,
    const char *ca_file, struct err *err)
{
	enum status st;

	e->message = mail->message;
	for (size_t i = 0; i < SMTP_SOCKETS; i++)
		e->sockets[i] = -1;
	e->curl = curl_easy_init();
	ASSERT(e->curl != NULL);
	multi_set(e->curl, ca_file);
	set_server(e->curl, mail->server);
	set_mail(e, mail);
	st = set_login(e->curl, mail->server, err);
	if (st == ST_OK)
		st = mail_end(
		    e, mail->server, (int)curl_easy_perform(e->curl), err);
	curl_easy_cleanup(e->curl);
	curl_slist_free_all(e->to);
	return st;
}

void
smtp_easy_open(void)
{
	ASSERT(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
}

void
smtp_easy_close(void)
{
	curl_global_cleanup();
}
