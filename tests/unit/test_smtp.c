/*
 * Tests of smtp against a server, forked for each, that answers by a script
 * and writes down what it hears. TLS and logins: tests/e2e/test_enrol.py.
 */
#include "monitor/smtp.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ctlog/base/mem.h"
#include "tests/unit/support.h"

/* What is answered to a command other than with success; NULL: nothing is. */
struct script {
	const char *verb, *reply;
};

struct heard {
	_Atomic int active, peak, connections, len, recipients;
	char text[1 << 16];
	char order[64]; /* the recipients' first letters, as they came */
};

struct server {
	pid_t pid;
	char url[64];
	struct heard *heard;
};

static void
put(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) < 0)
		_exit(0);
}

static const char *
scripted(const struct script *s, const char *line, const char *usual)
{
	for (; s->verb != NULL; s++)
		if (strncasecmp(line, s->verb, strlen(s->verb)) == 0)
			return s->reply;
	return usual;
}

static const char *
usual(const char *line)
{
	if (strncasecmp(line, "EHLO", 4) == 0)
		return "250-there\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
		       "250 SIZE 100000\r\n";
	if (strncasecmp(line, "DATA", 4) == 0)
		return "354 go on\r\n";
	if (strncasecmp(line, "QUIT", 4) == 0)
		return "221 bye\r\n";
	return "250 2.0.0 fine\r\n";
}

static void
answer(int fd, const struct script *s, const char *line)
{
	const char *reply = scripted(s, line, usual(line));

	while (reply == NULL)
		pause();
	if (reply[0] == '\0')
		_exit(0);
	put(fd, reply);
}

static void
serve(int fd, const struct script *s, struct heard *h)
{
	FILE *in = fdopen(fd, "r");
	char line[4096];
	bool data = false;
	int now = ++h->active, peak = h->peak;

	while (
	    now > peak && !atomic_compare_exchange_weak(&h->peak, &peak, now))
		;
	answer(fd, s, "HELLO");
	while (fgets(line, sizeof(line), in) != NULL) {
		size_t n = strlen(line);
		int at = atomic_fetch_add(&h->len, (int)n);

		if ((size_t)at + n < sizeof(h->text))
			memcpy(h->text + at, line, n);
		if (data && strcmp(line, ".\r\n") != 0)
			continue;
		if (data)
			usleep(20000);
		if (strncmp(line, "RCPT TO:<", 9) == 0)
			h->order[h->recipients++ % 64] = line[9];
		h->active -= data; /* it goes on without waiting for QUIT */
		answer(fd, s, data ? "END" : line);
		data = strncasecmp(line, "DATA", 4) == 0;
		if (strncasecmp(line, "QUIT", 4) == 0)
			break;
	}
	_exit(0);
}

static void
listen_on(int fd, const struct script *s, struct heard *h)
{
	signal(SIGCHLD, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		int peer = accept(fd, NULL, NULL);

		if (peer < 0)
			_exit(1);
		h->connections++;
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			serve(peer, s, h);
		}
		close(peer);
	}
}

static struct server
server_new(const char *host, const struct script *s)
{
	static const struct script none[] = {{0}};
	struct sockaddr_in a = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	struct server v;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	v.heard = mmap(NULL, sizeof(*v.heard), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(v.heard != MAP_FAILED);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 64), 0);
	getsockname(fd, (struct sockaddr *)&a, &len);
	snprintf(v.url, sizeof(v.url), "smtp://%s:%d", host, ntohs(a.sin_port));
	v.pid = fork();
	if (v.pid == 0)
		listen_on(fd, s ? s : none, v.heard);
	close(fd);
	return v;
}

static void
server_free(struct server *v)
{
	kill(v->pid, SIGKILL);
	waitpid(v->pid, NULL, 0);
	munmap(v->heard, sizeof(*v->heard));
}

/* --- one mail ---------------------------------------------------------------- */

struct got {
	struct ev_loop *loop;
	int ends, wanted, code;
	enum status status;
	struct err err;
};

static void
on_done(void *arg, enum status st, int code, const struct err *why)
{
	struct got *g = arg;

	g->status = st;
	g->code = code;
	g->err = *why;
	if (++g->ends == g->wanted)
		ev_break(g->loop, EVBREAK_ALL);
}

static char sender[] = "ct@example.com", user[] = "ct";

#define MESSAGE "From: ct@example.com\nSubject: x\n\nHello.\n.\n..two\rend"

static struct got
send_as(struct conf_sink *sink, const char *to, const char *message)
{
	struct got g = {.loop = ev_loop_new(0), .wanted = 1};
	struct smtp *m = smtp_new(g.loop, NULL);
	struct smtp_mail mail = {.server = sink,
	    .to = to,
	    .message = span_str(message),
	    .done = on_done,
	    .arg = &g};

	smtp_send(m, &mail);
	assert_int_equal(g.ends, 0); /* later, from the loop */
	ev_run(g.loop, 0);
	assert_int_equal(smtp_pending(m), 0);
	smtp_free(m);
	ev_loop_destroy(g.loop);
	return g;
}

static struct got
send_to(struct server *v, const char *to)
{
	struct conf_sink sink = {.server = v->url, .from = sender};

	return send_as(&sink, to, MESSAGE);
}

static void
test_accepted(void **state)
{
	struct server v = server_new("127.0.0.1", NULL);
	struct got g = send_to(&v, "jane.roe@example.com");

	(void)state;
	assert_status(g.status, ST_OK, &g.err);
	assert_int_equal(g.code, 250);
	usleep(100000); /* QUIT */
	assert_non_null(strstr(v.heard->text, "MAIL FROM:<ct@example.com>"));
	assert_non_null(
	    strstr(v.heard->text, "RCPT TO:<jane.roe@example.com>\r\n"));
	/* Line ends made whole, dots doubled. */
	assert_non_null(strstr(v.heard->text,
	    "DATA\r\nFrom: ct@example.com\r\nSubject: x\r\n\r\nHello.\r\n"
	    "..\r\n...two\r\nend\r\n.\r\nQUIT\r\n"));
	server_free(&v);
}

/* Addresses that would become a second command, or two recipients. */
static void
test_addresses(void **state)
{
	static const char *const bad[] = {"", "jane", "jane@", "@example.com",
	    "jane@example.com\r\nRCPT TO:<eve@example.com>",
	    "jane\n@example.com", "ja ne@example.com", "<jane@example.com>",
	    "jane@example.com>", "jane@example.com,eve@example.com", "jane@a@b",
	    "jane@[127.0.0.1]", "(x)jane@example.com", "jane\x7f@example.com",
	    "jane\xff@example.com", "a:b@example.com", "\"jane@example.com",
	    "\"\"@example.com", "\"a\\\"@example.com", "\"a b\"@example.com",
	    "\"a\r\"@example.com", "j\xc2\x85@example.com",
	    "j\xe2\x80\xa8@example.com", "\xe2\x80\xaej@example.com",
	    "j@\xe2\x81\xa6"
	    "example.com"};
	static const char *const good[] = {"jane@example.com",
	    "jane.roe+x@example.com", "\"jane,@roe\"@example.com",
	    "\"a\\\"b\"@example.com", "j\xc3\xa4ne@example.com",
	    "jane@m\xc3\xbcnchen.example"};
	struct server v = server_new("127.0.0.1", NULL);
	struct got g;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		g = send_to(&v, bad[i]);
		assert_status(g.status, ST_BAD, &g.err);
		assert_string_equal(g.err.text, "this is no mail address");
	}
	assert_int_equal(v.heard->connections, 0);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		g = send_to(&v, good[i]);
		assert_status(g.status, ST_OK, &g.err);
	}
	assert_non_null(strstr(v.heard->text, " SMTPUTF8"));
	server_free(&v);
}

static void
test_refusals(void **state)
{
	static const struct {
		struct script script[2];
		enum status status;
		int code;
		const char *says;
	} cases[] = {
	    {{{"MAIL", "451 4.7.1 later\r\n"}}, ST_UNREACHABLE, 451,
		"the mail was refused with 451 4.7.1"},
	    {{{"RCPT", "550 5.1.1 <jane@example.com> who?\r\n"}}, ST_BAD, 550,
		"refused with 550 5.1.1"},
	    {{{"RCPT", "450-4.2.0 <jane@example.com>\r\n450 4.2.0 grey\r\n"}},
		ST_AGAIN, 450, "450 4.2.0"},
	    {{{"RCPT", "452 jane@example.com\r\n"}}, ST_AGAIN, 452, "with 452"},
	    {{{"DATA", "554 no\r\n"}}, ST_BAD, 554, "554"},
	    {{{"END", "554 5.7.1 spam, jane@example.com!\r\n"}}, ST_BAD, 554,
		"554 5.7.1"},
	    {{{"END", "421 4.3.2 going down\r\n"}}, ST_UNREACHABLE, 421,
		"421 4.3.2"},
	    {{{"MAIL", "552 5.3.4 too large\r\n"}}, ST_BAD, 552, "552"},
	    {{{"MAIL", "530 5.7.0 log in first\r\n"}}, ST_UNREACHABLE, 530,
		"530"},
	    {{{"MAIL", "550 5.7.1 not from there\r\n"}}, ST_UNREACHABLE, 550,
		"550"},
	    {{{"HELLO", "554 5.7.1 not you\r\n"}}, ST_UNREACHABLE, 554,
		"we were refused with 554 5.7.1"},
	    {{{"END", ""}}, ST_UNREACHABLE, 354, "smtp://127.0.0.1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct server v = server_new("127.0.0.1", cases[i].script);
		struct got g;

		g = send_to(&v, "jane@example.com");
		assert_status(g.status, cases[i].status, &g.err);
		assert_int_equal(g.code, cases[i].code);
		assert_says(&g.err, cases[i].says);
		assert_null(strstr(g.err.text, "jane"));
		server_free(&v);
	}
}

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* What is no SMTP takes no mail, and nothing of it is told on. */
static void
test_garbage(void **state)
{
	static const struct script cases[][2] = {{{"HELLO", ""}},
	    {{"RCPT", "250-jane\r\n550\r\n"}}, {{"RCPT", "999 jane\r\n"}},
	    {{"DATA", ""}}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct server v = server_new("127.0.0.1", cases[i]);
		struct got g = send_to(&v, "jane@example.com");

		assert_int_not_equal(g.status, ST_OK);
		assert_null(strstr(g.err.text, "jane"));
		server_free(&v);
	}
}

/* libcurl would send such an address to any server. */
static void
test_no_smtputf8(void **state)
{
	static const struct script old[] = {
	    {"EHLO", "250-there\r\n250 SIZE 100000\r\n"}, {0}};
	static const struct script lower[] = {
	    {"EHLO", "250-there\r\n250 smtputf8\r\n"}, {0}};
	struct server v = server_new("127.0.0.1", old);
	struct got g = send_to(&v, "j\xc3\xbcrgen@example.com");

	(void)state;
	assert_status(g.status, ST_BAD, &g.err);
	assert_int_equal(g.code, 553);
	assert_says(&g.err, "(SMTPUTF8)");
	assert_null(strstr(v.heard->text, "MAIL"));
	g = send_to(&v, "jane@example.com");
	assert_status(g.status, ST_OK, &g.err);
	server_free(&v);
	v = server_new("127.0.0.1", lower);
	g = send_to(&v, "j\xc3\xbcrgen@example.com");
	assert_status(g.status, ST_OK, &g.err);
	server_free(&v);
}

/* A server that does not answer QUIT holds up nothing. */
static void
test_silent_quit(void **state)
{
	static const struct script mute[] = {{"QUIT", NULL}, {0}};
	static const struct script refuse[] = {
	    {"QUIT", NULL}, {"RCPT", "550 5.1.1 no\r\n"}, {0}};
	struct server v = server_new("127.0.0.1", mute);
	double begin = seconds();
	struct got g = send_to(&v, "jane@example.com");

	(void)state;
	assert_status(g.status, ST_OK, &g.err);
	usleep(100000);
	assert_non_null(strstr(v.heard->text, ".\r\nQUIT\r\n"));
	server_free(&v);
	v = server_new("127.0.0.1", refuse);
	g = send_to(&v, "jane@example.com");
	assert_status(g.status, ST_BAD, &g.err);
	server_free(&v);
	assert_true(seconds() - begin < 0.8);
}

/* All come to an end soon, those under way and those that wait; nothing is
 * known of them. */
static void
test_cut(void **state)
{
	static const struct script mute[] = {{"RCPT", NULL}, {0}};
	struct server v = server_new("127.0.0.1", mute);
	struct conf_sink sink = {.server = v.url, .from = sender};
	struct got g = {.loop = ev_loop_new(0), .wanted = 6};
	struct smtp *m = smtp_new(g.loop, NULL);
	struct smtp_mail mail = {.server = &sink,
	    .to = "jane@example.com",
	    .message = span_str(MESSAGE),
	    .done = on_done,
	    .arg = &g};
	double begin;

	(void)state;
	for (int i = 0; i < 6; i++)
		smtp_send(m, &mail);
	while (v.heard->recipients < 4)
		ev_run(g.loop, EVRUN_NOWAIT);
	begin = seconds();
	smtp_cut(m);
	ev_run(g.loop, 0);
	assert_true(seconds() - begin < 3);
	assert_int_equal(g.ends, 6);
	assert_int_equal(g.status, ST_STALE);
	smtp_free(m);
	ev_loop_destroy(g.loop);
	server_free(&v);
}

/* Nobody there; a name that is not a loopback address, and no STARTTLS. */
static void
test_nothing_sent(void **state)
{
	struct server v = server_new("127.0.0.1", NULL);
	struct got g;

	(void)state;
	kill(v.pid, SIGKILL);
	waitpid(v.pid, NULL, 0);
	g = send_to(&v, "jane@example.com");
	assert_status(g.status, ST_UNREACHABLE, &g.err);
	assert_int_equal(g.code, 0);
	v = server_new("localhost", NULL);
	g = send_to(&v, "jane@example.com");
	assert_status(g.status, ST_UNREACHABLE, &g.err);
	assert_says(&g.err, "no STARTTLS");
	assert_null(strstr(v.heard->text, "MAIL"));
	server_free(&v);
}

/* A password that others may read, or that is not there, is not used. */
static void
test_password_file(void **state)
{
	struct server v = server_new("127.0.0.1", NULL);
	char file[] = "/tmp/indelible-password-XXXXXX";
	struct conf_sink sink = {.server = v.url,
	    .from = sender,
	    .user = user,
	    .password_file = file};
	int fd = mkstemp(file);
	struct got g;

	(void)state;
	assert_int_equal(write(fd, "secret\n", 7), 7);
	assert_int_equal(fchmod(fd, 0644), 0);
	g = send_as(&sink, "jane@example.com", MESSAGE);
	assert_status(g.status, ST_UNREACHABLE, &g.err);
	assert_says(&g.err, "mode 0644");
	assert_int_equal(v.heard->connections, 0);
	/* It is for servers that ask for a login only. */
	fchmod(fd, 0600);
	g = send_as(&sink, "jane@example.com", MESSAGE);
	assert_status(g.status, ST_OK, &g.err);
	assert_null(strstr(v.heard->text, "AUTH"));
	unlink(file);
	g = send_as(&sink, "jane@example.com", MESSAGE);
	assert_says(&g.err, "No such file");
	close(fd);
	server_free(&v);
}

/* Many mails: four at a time, in order; and the end of some under way. */
static void
test_many(void **state)
{
	static const struct script hang[] = {
	    {"RCPT TO:<y", NULL}, {"RCPT TO:<z", NULL}, {0}};
	struct server v = server_new("127.0.0.1", hang);
	struct conf_sink sink = {.server = v.url, .from = sender};
	struct got g = {.loop = ev_loop_new(0), .wanted = 24};
	struct smtp *m = smtp_new(g.loop, NULL);
	char to[] = "a@example.com";
	struct smtp_mail mail = {.server = &sink,
	    .to = to,
	    .message = span_str(MESSAGE),
	    .done = on_done,
	    .arg = &g};

	(void)state;
	for (int i = 0; i < 26; i++) {
		to[0] = (char)('a' + i);
		smtp_send(m, &mail);
	}
	assert_int_equal(smtp_pending(m), 26);
	ev_run(g.loop, 0);
	assert_int_equal(g.ends, 24);
	smtp_free(m);
	assert_int_equal(g.ends, 24);
	ev_loop_destroy(g.loop);
	assert_int_equal(v.heard->peak, 4);
	for (int i = 0; i < 24; i++) /* four at a time may overtake */
		assert_true(abs(v.heard->order[i] - ('a' + i)) < 4);
	server_free(&v);
}

/* The system's resolver, for libcurl: it takes longer than anybody waits. */
int
getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
    struct addrinfo **out)
{
	(void)name, (void)service, (void)hints, (void)out;
	sleep(4);
	return EAI_FAIL;
}

/* Nor does the end wait for it. */
static void
test_slow_resolver(void **state)
{
	char url[] = "smtp://mail.example.com:25";
	struct conf_sink sink = {.server = url, .from = sender};
	struct ev_loop *loop = ev_loop_new(0);
	struct smtp *m = smtp_new(loop, NULL);
	struct smtp_mail mail = {.server = &sink,
	    .to = "jane@example.com",
	    .message = span_str(MESSAGE),
	    .done = on_done};
	double begin;

	(void)state;
	smtp_send(m, &mail);
	ev_run(loop, EVRUN_NOWAIT);
	usleep(300000);
	begin = seconds();
	smtp_free(m);
	assert_true(seconds() - begin < 1.5);
	ev_loop_destroy(loop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_accepted),
	    cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_refusals),
	    cmocka_unit_test(test_garbage),
	    cmocka_unit_test(test_no_smtputf8),
	    cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_silent_quit),
	    cmocka_unit_test(test_nothing_sent),
	    cmocka_unit_test(test_password_file),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_slow_resolver),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
