/* Tests of door: a server in a child process, and raw sockets before it. */
#include "monitor/door.h"

#include <arpa/inet.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctlog/base/mem.h"

#define LIMIT 100000u

/* --- the server ---------------------------------------------------------------- */

static struct {
	struct ev_loop *loop;
	struct door *door;
	pid_t pid;
	int port;
	char dir[64], path[80];
} server;

struct later {
	ev_timer timer;
	struct door_call *call;
};

static size_t
body_limit(void *arg, const struct door_request *head)
{
	(void)arg;
	return strcmp(head->path, "/none") == 0 ? 0 : LIMIT;
}

static void
on_later(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct later *l = (struct later *)w;
	struct door_answer a = {.code = 202, .content_type = "text/plain"};

	(void)loop;
	(void)revents;
	a.body = span_str("later");
	door_answer(l->call, &a);
	free(l);
}

static void
answer_later(struct door_call *call)
{
	struct later *l = NEW(struct later);

	l->call = call;
	ev_timer_init(&l->timer, on_later, 0.1, 0.0);
	ev_timer_start(server.loop, &l->timer);
}

static void
answer_big(struct door_call *call)
{
	struct door_answer a = {.code = 200, .content_type = "text/plain"};
	char *big = mem_new(1, 8 << 20);

	a.body = span_of(big, 8 << 20);
	door_answer(call, &a);
	free(big);
}

static void
on_request(void *arg, struct door_call *call, const struct door_request *r)
{
	static const char *const more[] = {"X-More: yes", NULL};
	struct door_answer a = {
	    .code = 200, .content_type = "text/plain", .headers = more};
	struct buf b = {0};

	(void)arg;
	if (strcmp(r->path, "/later") == 0) {
		answer_later(call);
		return;
	}
	if (strcmp(r->path, "/big") == 0) {
		answer_big(call);
		return;
	}
	buf_fmt(&b, "%s %s body=%zu%s peer=%zu uid=%ld host=%s", r->method,
	    r->path, r->body.len, r->too_large ? "+" : "", r->peer.len, r->uid,
	    r->host ? r->host : "-");
	for (size_t i = 0; i < r->num_params; i++)
		buf_fmt(&b, " %s=%s", r->params[i].name, r->params[i].value);
	a.body = buf_span(&b);
	door_answer(call, &a);
	buf_fini(&b);
}

static void
on_term(struct ev_loop *loop, ev_signal *w, int revents)
{
	(void)w;
	(void)revents;
	door_shut(server.door);
	ev_break(loop, EVBREAK_ALL);
}

static void
serve(int to)
{
	struct door_conf c = {.listen = "127.0.0.1:0",
	    .socket = server.path,
	    .body_limit = body_limit,
	    .connections = 20,
	    .request = on_request};
	ev_signal term;
	struct err e;
	int port;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	c.loop = server.loop = ev_loop_new(0);
	ASSERT(door_open(&server.door, &c, &e) == ST_OK);
	ev_signal_init(&term, on_term, SIGTERM);
	ev_signal_start(c.loop, &term);
	port = door_port(server.door);
	ASSERT(write(to, &port, sizeof(port)) == sizeof(port));
	ev_run(c.loop, 0);
	door_free(server.door);
	ev_signal_stop(c.loop, &term);
	ev_loop_destroy(c.loop);
}

static int
server_start(void **state)
{
	int ends[2];

	(void)state;
	snprintf(server.dir, sizeof(server.dir), "/tmp/indelible-door-XXXXXX");
	assert_non_null(mkdtemp(server.dir));
	snprintf(server.path, sizeof(server.path), "%s/d.sock", server.dir);
	assert_int_equal(pipe(ends), 0);
	server.pid = fork();
	if (server.pid == 0) {
		serve(ends[1]);
		exit(0);
	}
	assert_int_equal(read(ends[0], &server.port, sizeof(int)), sizeof(int));
	close(ends[0]);
	close(ends[1]);
	return 0;
}

/* It ends by itself, and takes its socket along. */
static int
server_stop(void **state)
{
	int status;

	(void)state;
	kill(server.pid, SIGTERM);
	assert_int_equal(waitpid(server.pid, &status, 0), server.pid);
	assert_int_equal(status, 0);
	assert_int_not_equal(access(server.path, F_OK), 0);
	assert_int_equal(rmdir(server.dir), 0);
	return 0;
}

/* --- the other side --------------------------------------------------------------- */

static int
dial(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)server.port),
	    .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

static int
dial_unix(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

static void
say(int fd, const char *p, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n < 0)
			return; /* it has hung up; the answer may be there */
		p += n;
		len -= (size_t)n;
	}
}

/* All until the other side closes, within 20 s. */
static const char *
hear(int fd, struct buf *out)
{
	struct pollfd p = {fd, POLLIN, 0};
	ssize_t n;

	buf_clear(out);
	for (;;) {
		assert_int_equal(poll(&p, 1, 20000), 1);
		n = read(fd, buf_room(out, 65536), 65536);
		if (n <= 0)
			break;
		out->len += (size_t)n;
	}
	close(fd);
	return buf_cstr(out);
}

static size_t
count(const char *in, const char *what)
{
	size_t n = 0;

	for (; (in = strstr(in, what)) != NULL; in++)
		n++;
	return n;
}

/* One request, one answer, and the connection is closed. */
static void
expect(const char *request, const char *code, const char *body)
{
	struct buf b = {0};
	int fd = dial();
	const char *got;

	say(fd, request, strlen(request));
	got = hear(fd, &b);
	if (strncmp(got, "HTTP/1.1 ", 9) != 0 ||
	    strncmp(got + 9, code, 3) != 0 || strstr(got, body) == NULL ||
	    count(got, "HTTP/1.") != 1 ||
	    strcasestr(got, "\r\nConnection: close\r\n") == NULL)
		fail_msg("%s\n--- brought\n%s", request, got);
	buf_fini(&b);
}

/* What libmicrohttpd refuses by itself (0.9.75 repeats the head then), or just
 * hangs up on: nothing of it is run. */
static void
expect_refused(const char *request)
{
	struct buf b = {0};
	int fd = dial();
	const char *got;

	say(fd, request, strlen(request));
	got = hear(fd, &b);
	if ((b.len > 0 && strncmp(got, "HTTP/1.1 4", 10) != 0) ||
	    strstr(got, "body=") != NULL)
		fail_msg("%.400s\n--- brought\n%.400s", request, got);
	buf_fini(&b);
}

#define HOST "Host: localhost\r\n"
#define GET "GET /x HTTP/1.1\r\n" HOST
#define POST "POST /x HTTP/1.1\r\n" HOST

static void
test_plain(void **state)
{
	(void)state;
	expect(GET "\r\n", "200", "GET /x body=0 peer=4 uid=-1 host=localhost");
	expect(GET "\r\n", "200", "\r\nX-More: yes\r\n");
	expect(GET "\r\n", "200", "\r\nCache-Control: no-store\r\n");
	expect(GET "\r\n", "200", "\r\nX-Content-Type-Options: nosniff\r\n");
	expect("GET /a%20b?c=%26&d HTTP/1.1\r\n" HOST "\r\n", "200",
	    "GET /a b body=0 peer=4 uid=-1 host=localhost c=& d=");
	expect("GET /x HTTP/1.0\r\n\r\n", "200", "host=-");
	expect(POST "Content-Length: 3\r\n\r\nabc", "200", "body=3");
	expect(POST "Content-Length: 0\r\n\r\n", "200", "body=0");
	expect(POST "\r\n", "200", "body=0");
	expect(POST "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n"
		    "0\r\n\r\n",
	    "200", "body=5");
	expect("DELETE /x HTTP/1.1\r\n" HOST "\r\n", "200", "DELETE /x");
	expect("GET /later HTTP/1.1\r\n" HOST "\r\n", "202", "later");
}

#define NEXT "GET /second HTTP/1.1\r\n" HOST "\r\n"

static void
test_ambiguous(void **state)
{
	(void)state;
	expect(POST "Content-Length: 3\r\nContent-Length: 5\r\n\r\nabc" NEXT,
	    "400", "twice");
	expect(POST "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc" NEXT,
	    "400", "twice");
	expect(POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
		    "0\r\n\r\n" NEXT,
	    "400", "beside");
	expect(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: "
		    "identity\r\n\r\n0\r\n\r\n" NEXT,
	    "400", "twice");
	expect(POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" NEXT, "400",
	    "encoding");
	expect(GET "Content-Length: 3\r\n\r\nabc" NEXT, "400", "no body");
	expect(GET "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" NEXT, "400",
	    "no body");
	expect(GET "Host: other\r\n\r\n" NEXT, "400", "twice");
	expect(GET "Authorization: a\r\nAuthorization: b\r\n\r\n" NEXT, "400",
	    "twice");
	expect("GET /x HTTP/1.1\r\n\r\n" NEXT, "400", "no host");
	expect(GET "\r\n" NEXT, "200", "GET /x");
	expect(POST "Content-Length: 3\r\n\r\nabc" NEXT, "200", "body=3");
}

static void
test_malformed(void **state)
{
	(void)state;
	expect_refused("GET x HTTP/1.1\r\n" HOST "\r\n");
	expect_refused("GET http://localhost/x HTTP/1.1\r\n" HOST "\r\n");
	expect("GET /%00x HTTP/1.1\r\n" HOST "\r\n", "400", "target");
	expect("GET /%zz HTTP/1.1\r\n" HOST "\r\n", "400", "target");
	expect("GET /?a=%0a HTTP/1.1\r\n" HOST "\r\n", "400", "target");
	expect_refused(POST "Content-Length: -1\r\n\r\n");
	expect_refused(POST "Content-Length: 1x\r\n\r\na");
	expect_refused(POST "Content-Length: +1\r\n\r\na");
	expect_refused(POST "Content-Length : 3\r\n\r\nabc");
	expect_refused(POST "Content-Length: 99999999999999999999\r\n\r\na");
	expect_refused(GET "X\x01: y\r\n\r\n");
	expect_refused(GET "X: a\x01\r\n\r\n");
}

static void
test_too_large(void **state)
{
	struct buf b = {0};

	(void)state;
	expect("POST /none HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\na",
	    "200", "body=0+");
	for (unsigned len = LIMIT - 1; len <= LIMIT + 1; len++) {
		buf_clear(&b);
		buf_fmt(&b, POST "Content-Length: %u\r\n\r\n", len);
		memset(buf_room(&b, len + 1), 'x', len);
		b.len += len;
		expect(buf_cstr(&b), "200",
		    len == LIMIT - 1 ? "body=99999 "
		    : len == LIMIT   ? "body=100000 "
				     : "body=0+");
	}
	buf_clear(&b);
	buf_str(&b, POST "Transfer-Encoding: chunked\r\n\r\n");
	for (int i = 0; i < 20000; i++)
		buf_str(&b, "8\r\nabcdefgh\r\n");
	buf_str(&b, "0\r\n\r\n");
	expect(buf_cstr(&b), "200", "body=0+");
	buf_fini(&b);
}

static void
test_many_headers(void **state)
{
	struct buf b = {0};

	(void)state;
	buf_str(&b, GET);
	for (int i = 0; i < 10000; i++)
		buf_fmt(&b, "X-%d: %d\r\n", i, i);
	buf_str(&b, "\r\n");
	expect_refused(buf_cstr(&b));
	buf_clear(&b);
	buf_str(&b, "GET /");
	memset(buf_room(&b, 100000), 'a', 100000);
	b.len += 100000;
	buf_str(&b, " HTTP/1.1\r\n" HOST "\r\n");
	expect_refused(buf_cstr(&b));
	buf_fini(&b);
}

/* A client that says it has no more to say is answered. */
static void
test_half_closed(void **state)
{
	static const char *const paths[] = {"/x", "/later"};
	struct buf b = {0};

	(void)state;
	for (int i = 0; i < 2; i++) {
		int fd = dial();

		buf_clear(&b);
		buf_fmt(&b, "GET %s HTTP/1.1\r\n" HOST "\r\n", paths[i]);
		say(fd, buf_cstr(&b), b.len);
		shutdown(fd, SHUT_WR);
		assert_int_equal(strncmp(hear(fd, &b), "HTTP/1.1 20", 11), 0);
	}
	buf_fini(&b);
}

/* One that is gone before its answer harms nobody. */
static void
test_gone(void **state)
{
	static const char later[] = "GET /later HTTP/1.1\r\n" HOST "\r\n";
	static const char big[] = "GET /big HTTP/1.1\r\n" HOST "\r\n";
	struct linger now = {1, 0};

	(void)state;
	for (int i = 0; i < 10; i++) {
		int fd = dial();

		if (i % 2 == 0)
			say(fd, later, strlen(later));
		else
			say(fd, big, strlen(big));
		if (i % 3 == 0)
			setsockopt(
			    fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
		close(fd);
	}
	usleep(200000);
	expect(GET "\r\n", "200", "GET /x");
}

static void
test_big_answer(void **state)
{
	struct buf b = {0};
	int fd = dial();
	static const char big[] = "GET /big HTTP/1.1\r\n" HOST "\r\n";

	(void)state;
	say(fd, big, strlen(big));
	hear(fd, &b);
	assert_true(b.len > (8u << 20));
	buf_fini(&b);
}

/* Beyond the limit connections wait until others end. */
static void
test_connections(void **state)
{
	int fd[60];

	(void)state;
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 60; i++)
			fd[i] = dial();
		for (int i = 0; i < 60; i++)
			close(fd[i]);
		usleep(50000); /* so that nothing else wakes it */
		expect(GET "\r\n", "200", "GET /x");
	}
}

/* Silent ones, one that sends a byte now and then, one that does not read:
 * all are gone after 10 seconds and some, and the others go on. */
static void
test_slow(void **state)
{
	static const char big[] = "GET /big HTTP/1.1\r\n" HOST "\r\n";
	static const char part[] = POST "Content-Length: 10\r\n\r\nabc";
	int fd[4];
	struct buf rest = {0};
	struct pollfd p;

	(void)state;
	for (int i = 0; i < 4; i++)
		fd[i] = dial();
	say(fd[1], GET, strlen(GET));
	say(fd[2], part, strlen(part));
	say(fd[3], big, strlen(big));
	for (int i = 0; i < 26; i++) {
		usleep(500000);
		say(fd[1], "X: y\r\n" + i % 6, 1);
		expect(GET "\r\n", "200", "GET /x");
	}
	for (int i = 0; i < 3; i++) {
		p = (struct pollfd){fd[i], POLLIN | POLLHUP, 0};
		if (poll(&p, 1, 0) != 1)
			fail_msg("connection %d is still open", i);
		close(fd[i]);
	}
	hear(fd[3], &rest);
	assert_true(rest.len < 8u << 20);
	buf_fini(&rest);
}

/* --- opening ----------------------------------------------------------------------- */

static void
test_unix(void **state)
{
	struct buf b = {0};
	int fd = dial_unix(server.path);
	struct stat sb;
	char want[64];

	(void)state;
	assert_int_equal(stat(server.path, &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0660);
	say(fd, GET "\r\n", strlen(GET "\r\n"));
	snprintf(want, sizeof(want), "peer=0 uid=%ld", (long)getuid());
	assert_non_null(strstr(hear(fd, &b), want));
	buf_fini(&b);
}

static enum status
try_open(const char *listen_at, const char *path, char text[1024])
{
	struct door_conf c = {.loop = ev_loop_new(0),
	    .listen = listen_at,
	    .socket = path,
	    .body_limit = body_limit,
	    .connections = 1,
	    .request = on_request};
	struct door *d;
	struct err e = {""};
	enum status st = door_open(&d, &c, &e);

	if (st == ST_OK)
		door_free(d);
	ev_loop_destroy(c.loop);
	snprintf(text, 1024, "%s", e.text);
	return st;
}

static void
test_open_tcp(void **state)
{
	char at[64], text[1024];

	(void)state;
	snprintf(at, sizeof(at), "127.0.0.1:%d", server.port);
	assert_int_equal(try_open(at, NULL, text), ST_BUSY);
	assert_non_null(strstr(text, at));
	assert_int_equal(try_open("127.0.0.1:0", NULL, text), ST_OK);
	assert_int_equal(try_open("localhost:0", NULL, text), ST_OK);
	assert_int_equal(try_open("host:0", NULL, text), ST_USAGE);
	assert_int_equal(try_open("192.0.2.1:0", NULL, text), ST_USAGE);
}

static void
test_open_unix(void **state)
{
	char path[100], text[1024], name[200];
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	FILE *f;

	(void)state;
	assert_int_equal(try_open(NULL, server.path, text), ST_BUSY);
	snprintf(path, sizeof(path), "%s/stale", server.dir);
	memcpy(a.sun_path, path, strlen(path));
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	close(fd); /* what a crash leaves */
	assert_int_equal(try_open(NULL, path, text), ST_OK);
	assert_int_not_equal(access(path, F_OK), 0);
	f = fopen(path, "w"); /* somebody's file stays */
	fputs("mine", f);
	fclose(f);
	assert_int_equal(try_open(NULL, path, text), ST_BUSY);
	assert_int_equal(access(path, F_OK), 0);
	unlink(path);
	snprintf(path, sizeof(path), "%s/no/s", server.dir);
	assert_int_equal(try_open(NULL, path, text), ST_MISSING);
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(try_open(NULL, name, text), ST_USAGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_plain),
	    cmocka_unit_test(test_ambiguous),
	    cmocka_unit_test(test_malformed),
	    cmocka_unit_test(test_too_large),
	    cmocka_unit_test(test_many_headers),
	    cmocka_unit_test(test_half_closed),
	    cmocka_unit_test(test_gone),
	    cmocka_unit_test(test_big_answer),
	    cmocka_unit_test(test_connections),
	    cmocka_unit_test(test_unix),
	    cmocka_unit_test(test_open_tcp),
	    cmocka_unit_test(test_open_unix),
	    cmocka_unit_test(test_slow),
	};

	return cmocka_run_group_tests(tests, server_start, server_stop);
}
