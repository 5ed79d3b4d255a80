/* Tests of http_answer: replies piece by piece, without a socket. */
#include "monitor/http_answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctlog/base/limits.h"

#define NOW 1000000000000ll

/* "hello" by gzip(1), and nothing by gzip(1). */
static const uint8_t hello_gz[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xcb,
    0x48, 0xcd, 0xc9, 0xc9, 0x07, 0, 0x86, 0xa6, 0x10, 0x36, 5, 0, 0, 0};

static struct gunzip *gunzip;

/* Feed lines up to a NULL; false as soon as one is refused. */
static bool
feed(struct answer *a, const char *const *lines)
{
	for (; *lines != NULL; lines++)
		if (!answer_line(a, span_str(*lines)))
			return false;
	return true;
}

#define FEED(a, ...) feed((a), (const char *const[]){__VA_ARGS__, NULL})

static struct http_reply
end(struct answer *a)
{
	struct http_reply r = {0};

	answer_end(a, gunzip, NOW, &r);
	return r;
}

static void
test_plain(void **state)
{
	struct http_reply r;
	struct answer a;

	(void)state;
	answer_init(&a, 10, NULL);
	assert_true(FEED(&a, "HTTP/2 200 \r\n",
	    "date: Sunday, 06-Nov-94 08:49:37 GMT\r\n", "\r\n"));
	assert_true(answer_body(&a, span_str("hel")));
	assert_true(answer_body(&a, span_str("")));
	assert_true(answer_body(&a, span_str("lo")));
	r = end(&a);
	assert_int_equal(r.status, ST_OK);
	assert_int_equal(r.code, 200);
	assert_int_equal(r.date_ms, 784111777000);
	assert_true(span_eq_str(r.body, "hello"));
	answer_fini(&a);
}

/* Gzip in pieces of one byte, with and without the header that says so. */
static void
test_gzip(void **state)
{
	struct http_reply r;
	struct answer a;

	(void)state;
	for (int i = 0; i < 4; i++) {
		answer_init(&a, i < 2 ? 5 : 4, NULL);
		FEED(&a, "HTTP/1.1 200 OK\r\n",
		    i % 2 ? "Content-Encoding: x-GZIP\r\n" : "A: b\r\n",
		    "\r\n");
		for (size_t k = 0; k < sizeof(hello_gz); k++)
			assert_true(answer_body(&a, span_of(&hello_gz[k], 1)));
		r = end(&a);
		assert_int_equal(r.status, i < 2 ? ST_OK : ST_LIMIT);
		if (i < 2)
			assert_true(span_eq_str(r.body, "hello"));
		else
			assert_int_equal(r.body.len, 0);
		answer_fini(&a);
	}
}

/* The slack that gzip needs is not for others, nor without end. */
static void
test_slack(void **state)
{
	static uint8_t big[4096] = {0x1f, 0x8b, 8};
	struct answer a;

	(void)state;
	answer_init(&a, 100, NULL);
	FEED(&a, "HTTP/1.1 200 OK\r\n", "\r\n");
	assert_true(answer_body(&a, span_of(big + 3, 100)));
	assert_false(answer_body(&a, span_of(big + 3, 1)));
	assert_int_equal(end(&a).status, ST_LIMIT);
	answer_fini(&a);
	answer_init(&a, 100, NULL);
	FEED(&a, "HTTP/1.1 200 OK\r\n", "\r\n");
	assert_true(answer_body(&a, span_of(big, 1000)));
	assert_false(answer_body(&a, span_of(big + 3, 1000)));
	assert_int_equal(end(&a).status, ST_LIMIT);
	answer_fini(&a);
}

static void
test_into(void **state)
{
	uint8_t mem[sizeof(hello_gz) + 1] = {0};
	struct http_reply r;
	struct answer a;

	(void)state;
	mem[sizeof(hello_gz)] = 0x77;
	for (size_t short_by = 0; short_by < 2; short_by++) {
		answer_init(&a, sizeof(hello_gz) - short_by, mem);
		FEED(&a, "HTTP/1.1 200 OK\r\n", "\r\n");
		assert_int_equal(answer_body(&a, span_of(hello_gz, 3)), true);
		assert_int_equal(answer_body(&a, span_of(hello_gz + 3,
						     sizeof(hello_gz) - 3)),
		    short_by == 0);
		r = end(&a);
		assert_int_equal(r.status, short_by ? ST_LIMIT : ST_OK);
		assert_int_equal(r.body.len, short_by ? 0 : sizeof(hello_gz));
		assert_int_equal(mem[sizeof(hello_gz)], 0x77);
		answer_fini(&a);
	}
	assert_memory_equal(mem, hello_gz, sizeof(hello_gz));
}

static void
test_announced_length(void **state)
{
	struct answer a;

	(void)state;
	answer_init(&a, 100, (uint8_t[100]){0});
	assert_true(FEED(&a, "HTTP/1.1 200 OK\r\n", "Content-Length: 100\r\n"));
	assert_false(FEED(&a, "CONTENT-LENGTH:101\r\n"));
	assert_int_equal(end(&a).status, ST_LIMIT);
	assert_int_equal(end(&a).announced, 101);
	answer_fini(&a);
	/* What is no number is for libcurl to judge. */
	answer_init(&a, 100, NULL);
	assert_true(
	    FEED(&a, "HTTP/1.1 404 No\r\n", "Content-Length: 9999999\r\n",
		"Content-Length: -1\r\n", "Content-Length:\r\n", "\r\n"));
	answer_fini(&a);
}

static void
test_codings(void **state)
{
	static const struct {
		const char *line;
		enum status st;
	} table[] = {
	    {"Content-Encoding: identity\r\n", ST_OK},
	    {"content-encoding:GZIP\r\n", ST_OK},
	    {"Content-Encoding: \r\n", ST_OK},
	    {"Content-Encoding: deflate\r\n", ST_BAD},
	    {"Content-Encoding: gzip, gzip\r\n", ST_BAD},
	    {"Content-Encoding: gzipp\r\n", ST_BAD},
	    {"X-Content-Encoding: br\r\n", ST_OK},
	    {"Content-Encodings: br\r\n", ST_OK},
	};
	struct answer a;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		answer_init(&a, 100, NULL);
		assert_true(FEED(&a, "HTTP/1.1 200 OK\r\n", table[i].line,
		    "Content-Encoding: gzip\r\n", "\r\n"));
		assert_int_equal(
		    answer_body(&a, span_str("abc")), table[i].st == ST_OK);
		assert_int_equal(end(&a).status, table[i].st);
		answer_fini(&a);
		/* The same without a body. */
		answer_init(&a, 100, NULL);
		FEED(&a, "HTTP/1.1 200 OK\r\n", table[i].line, "\r\n");
		assert_int_equal(end(&a).status, table[i].st);
		answer_fini(&a);
	}
}

/* Interim replies and trailers say nothing about the reply. */
static void
test_only_the_final_head(void **state)
{
	struct http_reply r;
	struct answer a;

	(void)state;
	answer_init(&a, 100, NULL);
	assert_true(FEED(&a, "HTTP/1.1 103 Early Hints\r\n",
	    "Retry-After: 7\r\n", "Content-Encoding: br\r\n",
	    "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n", "\r\n",
	    "HTTP/1.1 200 OK\r\n", "\r\n"));
	assert_true(answer_body(&a, span_str("x")));
	assert_true(FEED(&a, "HTTP/1.1 429 Wait\r\n", "Retry-After: 7\r\n",
	    "Content-Encoding: br\r\n", "\r\n"));
	r = end(&a);
	assert_int_equal(r.status, ST_OK);
	assert_int_equal(r.code, 200);
	assert_int_equal(r.retry_after_ms, 0);
	assert_int_equal(r.date_ms, 0);
	assert_true(span_eq_str(r.body, "x"));
	answer_fini(&a);
}

/* What names an edition is kept as it came, when it can be sent back so. */
static void
test_since(void **state)
{
	char line[300] = "ETag: \"";
	struct http_reply r;
	struct answer a;

	(void)state;
	answer_init(&a, 100, NULL);
	assert_true(
	    FEED(&a, "HTTP/1.1 304 Not Modified\r\n", "etag:  W/\"a b\"\r\n",
		"Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n", "\r\n"));
	r = end(&a);
	assert_int_equal(r.code, 304);
	assert_string_equal(r.since.etag, "W/\"a b\"");
	assert_string_equal(r.since.modified, "Sun, 06 Nov 1994 08:49:37 GMT");
	answer_fini(&a);
	memset(line + 7, 'x', HTTP_SINCE_MAX);
	answer_init(&a, 100, NULL);
	assert_true(FEED(&a, "HTTP/1.1 200 OK\r\n", line, "\r\n",
	    "Last-Modified: a\tb\r\n", "\r\n"));
	r = end(&a);
	assert_string_equal(r.since.etag, "");
	assert_string_equal(r.since.modified, "");
	answer_fini(&a);
}

static void
test_head_flood(void **state)
{
	struct answer a;
	char line[1000];
	int n = 0;

	(void)state;
	memset(line, 'x', sizeof(line));
	answer_init(&a, 100, NULL);
	FEED(&a, "HTTP/1.1 200 OK\r\n");
	while (answer_line(&a, span_of(line, sizeof(line))))
		n++;
	assert_int_equal(n, (HTTP_HEAD_MAX - 17) / 1000);
	assert_int_equal(end(&a).status, ST_BAD);
	answer_fini(&a);
	/* Interim replies without end count together. */
	answer_init(&a, 100, NULL);
	for (n = 0; FEED(&a, "HTTP/1.1 100 C\r\n", "\r\n"); n++)
		assert_true(n < (int)HTTP_HEAD_MAX);
	assert_int_equal(end(&a).status, ST_BAD);
	answer_fini(&a);
	/* So do trailers. */
	answer_init(&a, 100, NULL);
	FEED(&a, "HTTP/1.1 200 OK\r\n", "\r\n");
	for (n = 0; FEED(&a, "Trailer: x\r\n"); n++)
		assert_true(n < (int)HTTP_HEAD_MAX);
	assert_int_equal(end(&a).status, ST_BAD);
	answer_fini(&a);
}

static int64_t
retry_of(const char *date, const char *retry)
{
	struct http_reply r;
	struct answer a;

	answer_init(&a, 100, NULL);
	assert_true(FEED(&a, "HTTP/1.1 429 Wait\r\n", date, retry, "\r\n"));
	r = end(&a);
	answer_fini(&a);
	return r.retry_after_ms;
}

static void
test_retry_after(void **state)
{
	const char *none = "X: y\r\n";
	const char *date = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";

	(void)state;
	assert_int_equal(retry_of(none, "Retry-After:  12 \r\n"), 12000);
	assert_int_equal(
	    retry_of(date, "Retry-After: Sun, 06 Nov 1994 08:50:07 GMT\r\n"),
	    30000);
	assert_int_equal(
	    retry_of(date, "Retry-After: Sunday, 06-Nov-94 08:50:07 GMT\r\n"),
	    30000);
	assert_int_equal(
	    retry_of(date, "Retry-After: Sun Nov  6 08:50:07 1994\r\n"), 30000);
	/* Without a Date our clock counts: NOW is 2001-09-09 01:46:40. */
	assert_int_equal(
	    retry_of(none, "Retry-After: Sun, 09 Sep 2001 01:47:00 GMT\r\n"),
	    20000);
	assert_int_equal(
	    retry_of(none, "Retry-After: Sun, 06 Nov 1994 08:50:07 GMT\r\n"),
	    LIMIT_RETRY_MIN_S * 1000);
	assert_int_equal(
	    retry_of(none, "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n"),
	    LIMIT_RETRY_MAX_S * 1000);
	assert_int_equal(retry_of(none, "Retry-After: 1994-11-06\r\n"), 0);
	assert_int_equal(retry_of(none, "Retry-After: never\r\n"), 0);
	assert_int_equal(retry_of(none, "Retry-After:\r\n"), 0);
	assert_int_equal(
	    retry_of(none, "Retry-After: 00000000000000000000000000000000000"
			   "00000000000000000000000000000000000001\r\n"),
	    0);
}

/* An error page is cut, not refused, and not read without end. */
static void
test_error_page(void **state)
{
	static uint8_t block[1000];
	struct http_reply r;
	struct answer a;
	int n = 0;

	(void)state;
	answer_init(&a, 1500, NULL);
	FEED(&a, "HTTP/1.1 404 No\r\n", "\r\n");
	while (answer_body(&a, span_of(block, sizeof(block))))
		n++;
	assert_int_equal(n, HTTP_ERROR_BODY_MAX / 1000);
	assert_true(a.cut);
	r = end(&a);
	assert_int_equal(r.status, ST_OK);
	assert_int_equal(r.body.len, 1500);
	answer_fini(&a);
	/* Gzip that was cut is no page at all. */
	answer_init(&a, 10, NULL);
	FEED(&a, "HTTP/1.1 503 No\r\n", "\r\n");
	assert_true(answer_body(&a, span_of(hello_gz, sizeof(hello_gz))));
	r = end(&a);
	assert_int_equal(r.status, ST_OK);
	assert_int_equal(r.code, 503);
	assert_int_equal(r.body.len, 0);
	answer_fini(&a);
}

/* 503 is a request for patience when it says for how long, else a fault. */
static void
test_verdict(void **state)
{
	static const struct {
		int code;
		int64_t retry_ms;
		enum host_end how;
	} table[] = {{200, 0, HOST_FINE}, {304, 0, HOST_FINE},
	    {404, 0, HOST_FINE}, {200, 5000, HOST_FINE},
	    {429, 0, HOST_THROTTLED}, {429, 1000, HOST_THROTTLED},
	    {503, 1000, HOST_THROTTLED}, {503, 0, HOST_FAULT},
	    {500, 1000, HOST_FAULT}, {301, 0, HOST_FAULT}};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct http_reply r = {
		    .code = table[i].code, .retry_after_ms = table[i].retry_ms};

		assert_int_equal(answer_verdict(&r), table[i].how);
	}
}

static void
test_odd_lines(void **state)
{
	struct answer a;

	(void)state;
	answer_init(&a, 10, NULL);
	assert_true(FEED(&a, ":\r\n", "Date\r\n", "Date:", "HTTP/1.1",
	    "HTTP/1.1 \r\n", "HTTP/1.1 2", "HTTP/1.1 x", "Retry-After"));
	assert_int_equal(end(&a).code, 0);
	assert_true(FEED(&a, "HTTP/1.1 20099 OK\r\n"));
	assert_int_equal(end(&a).code, 200);
	answer_fini(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_plain),
	    cmocka_unit_test(test_gzip),
	    cmocka_unit_test(test_slack),
	    cmocka_unit_test(test_into),
	    cmocka_unit_test(test_announced_length),
	    cmocka_unit_test(test_codings),
	    cmocka_unit_test(test_only_the_final_head),
	    cmocka_unit_test(test_since),
	    cmocka_unit_test(test_head_flood),
	    cmocka_unit_test(test_verdict),
	    cmocka_unit_test(test_retry_after),
	    cmocka_unit_test(test_error_page),
	    cmocka_unit_test(test_odd_lines),
	};
	int failed;

	gunzip = gunzip_new();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	gunzip_free(gunzip);
	return failed;
}
