/*
 * Tests of dns against a real server, dnsmasq, and against one that does
 * nothing or answers with a fault.
 */
#include "monitor/dns.h"

#include <arpa/inet.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctlog/base/mem.h"
#include "tests/unit/support.h"

#define DNSMASQ "/usr/sbin/dnsmasq"

/* A port that is free for both UDP and TCP. */
static int
free_port(void)
{
	struct sockaddr_in a;
	socklen_t len = sizeof(a);
	bool both = false;
	int udp, tcp;

	while (!both) {
		a = (struct sockaddr_in){.sin_family = AF_INET,
		    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
		udp = socket(AF_INET, SOCK_DGRAM, 0);
		tcp = socket(AF_INET, SOCK_STREAM, 0);
		assert_int_equal(bind(udp, (void *)&a, sizeof(a)), 0);
		getsockname(udp, (void *)&a, &len);
		both = bind(tcp, (void *)&a, sizeof(a)) == 0;
		close(udp);
		close(tcp);
	}
	return ntohs(a.sin_port);
}

struct real {
	pid_t pid;
	char servers[32];
};

/* By its standard input: text of 800 bytes does not fit into UDP. */
static const char known[] =
    "txt-record=_ct-pii-challenge.example.com,indelible=abc\n"
    "txt-record=parts.example.com,\"first \",\"second\",,\" third\"\n"
    "txt-record=many.example.com,one\n"
    "txt-record=many.example.com,two\n"
    "host-record=plain.example.com,192.0.2.1\n"
    "local=/example.com/\n"
    "cname=alias.example.com,parts.example.com\n"
    "no-resolv\nno-hosts\nuser=\nbind-interfaces\n"
    "listen-address=127.0.0.1\n";

static void
real_exec(int port)
{
	FILE *conf = tmpfile();

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fprintf(conf, "%sport=%d\ntxt-record=long.example.com", known, port);
	for (int i = 0; i < 4; i++)
		fprintf(conf, ",%0200d", i);
	fprintf(conf, "\n");
	rewind(conf);
	if (dup2(fileno(conf), 0) != 0 ||
	    freopen("/dev/null", "w", stderr) == NULL)
		_exit(2);
	execl(DNSMASQ, DNSMASQ, "--no-daemon", "--conf-file=/dev/stdin", NULL);
	_exit(3);
}

static bool
answers(int port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	bool ok = connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0;

	close(fd);
	return ok;
}

static struct real
real_new(void)
{
	struct real r;
	int port = free_port();

	snprintf(r.servers, sizeof(r.servers), "127.0.0.1:%d", port);
	r.pid = fork();
	if (r.pid == 0)
		real_exec(port);
	for (int i = 0; i < 1000 && !answers(port); i++)
		usleep(20000);
	return r;
}

static void
real_free(struct real *r)
{
	kill(r->pid, SIGKILL);
	waitpid(r->pid, NULL, 0);
}

/* A server that answers every question with this code, or not at all. */
static struct real
false_new(int rcode)
{
	struct real r;
	struct sockaddr_in a = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	uint8_t p[1024];
	ssize_t n;

	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	getsockname(fd, (struct sockaddr *)&a, &len);
	snprintf(
	    r.servers, sizeof(r.servers), "127.0.0.1:%d", ntohs(a.sin_port));
	r.pid = fork();
	if (r.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;) {
			len = sizeof(a);
			n = recvfrom(fd, p, sizeof(p), 0, (void *)&a, &len);
			if (n < 12 || rcode < 0)
				continue;
			p[2] |= 0x80;
			p[3] = (uint8_t)(0x80 | rcode);
			sendto(fd, p, (size_t)n, 0, (void *)&a, len);
		}
	}
	close(fd);
	return r;
}

/* --- one look-up -------------------------------------------------------------- */

struct found {
	struct ev_loop *loop;
	int ends;
	enum status status;
	size_t num;
	char text[4][1024];
	struct err err;
};

static void
on_txt(void *arg, const struct dns_txt *t)
{
	struct found *f = arg;

	f->ends++;
	f->status = t->status;
	f->num = t->num;
	f->err = t->err;
	for (size_t i = 0; i < t->num && i < 4; i++)
		snprintf(f->text[i], sizeof(f->text[i]), "%s", t->txt[i]);
	ev_break(f->loop, EVBREAK_ALL);
}

static struct found
find(const char *servers, const char *name)
{
	struct found f = {.loop = ev_loop_new(0)};
	struct dns *d;
	struct err e;

	assert_status(dns_new(&d, f.loop, servers, &e), ST_OK, &e);
	dns_find_txt(d, name, on_txt, &f);
	assert_int_equal(f.ends, 0); /* later, from the loop */
	ev_run(f.loop, 0);
	assert_int_equal(f.ends, 1);
	dns_free(d);
	ev_loop_destroy(f.loop);
	return f;
}

static void
test_real(void **state)
{
	struct real r;
	struct found f;

	(void)state;
	if (access(DNSMASQ, X_OK) != 0) {
		print_message("there is no " DNSMASQ "\n");
		skip();
	}
	r = real_new();
	f = find(r.servers, "_ct-pii-challenge.example.com");
	assert_status(f.status, ST_OK, &f.err);
	assert_int_equal(f.num, 1);
	assert_string_equal(f.text[0], "indelible=abc");
	f = find(r.servers, "parts.example.com");
	assert_string_equal(f.text[0], "first second third");
	f = find(r.servers, "alias.example.com");
	assert_status(f.status, ST_OK, &f.err);
	assert_string_equal(f.text[0], "first second third");
	f = find(r.servers, "many.example.com");
	assert_int_equal(f.num, 2);
	assert_int_equal(f.text[0][0] + f.text[1][0], 'o' + 't');
	f = find(r.servers, "plain.example.com");
	assert_status(f.status, ST_MISSING, &f.err);
	f = find(r.servers, "nowhere.example.com");
	assert_status(f.status, ST_MISSING, &f.err);
	assert_says(&f.err, "nowhere.example.com");
	f = find(r.servers, "bad..name");
	assert_status(f.status, ST_MISSING, &f.err);
	real_free(&r);
}

/* 800 bytes do not fit into UDP, and are cut for whoever asks. */
static void
test_long(void **state)
{
	struct real r;
	struct found f;

	(void)state;
	if (access(DNSMASQ, X_OK) != 0)
		skip();
	r = real_new();
	f = find(r.servers, "long.example.com");
	assert_status(f.status, ST_OK, &f.err);
	assert_int_equal(f.num, 1);
	assert_int_equal(strlen(f.text[0]), 512);
	real_free(&r);
}

static void
test_faults(void **state)
{
	struct real silent = false_new(-1), servfail = false_new(2),
		    refused = false_new(5), format = false_new(1);
	struct found f;

	(void)state;
	f = find(servfail.servers, "example.com");
	assert_status(f.status, ST_AGAIN, &f.err);
	f = find(refused.servers, "example.com");
	assert_status(f.status, ST_AGAIN, &f.err);
	f = find(format.servers, "example.com");
	assert_status(f.status, ST_AGAIN, &f.err);
	f = find("127.0.0.1:1", "example.com"); /* nobody */
	assert_status(f.status, ST_AGAIN, &f.err);
	f = find(silent.servers, "example.com"); /* after 6 s */
	assert_status(f.status, ST_AGAIN, &f.err);
	assert_says(&f.err, "imeout");
	real_free(&silent);
	real_free(&servfail);
	real_free(&refused);
	real_free(&format);
}

/* Several at once, ended under way; a server that is none. */
static void
test_end(void **state)
{
	struct real silent = false_new(-1);
	struct ev_loop *loop = ev_loop_new(0);
	struct found f = {.loop = loop};
	struct dns *d;
	struct err e;

	(void)state;
	assert_status(dns_new(&d, loop, silent.servers, &e), ST_OK, &e);
	for (int i = 0; i < 5; i++)
		dns_find_txt(d, "example.com", on_txt, &f);
	ev_run(loop, EVRUN_NOWAIT);
	dns_free(d);
	ev_run(loop, 0); /* nothing is left in it */
	assert_int_equal(f.ends, 0);
	assert_status(dns_new(&d, loop, "no address", &e), ST_USAGE, &e);
	assert_says(&e, "no address");
	assert_status(dns_new(&d, loop, NULL, &e), ST_OK, &e);
	dns_free(d);
	ev_loop_destroy(loop);
	real_free(&silent);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_real),
	    cmocka_unit_test(test_long),
	    cmocka_unit_test(test_faults),
	    cmocka_unit_test(test_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
