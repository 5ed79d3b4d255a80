/* Tests of http against a server that misbehaves on request. */
#include "monitor/http.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "tests/unit/http_server.h"

static struct server server;

/* One http object with a loop of its own. */
struct rig {
	struct ev_loop *loop;
	struct http *http;
};

/* What a call brought; `ends` counts how often. */
struct got {
	int ends;
	struct http_reply reply;
	char *body;
	struct rig *rig; /* stop its loop at the end */
};

static struct http_conf
conf_of_test(void)
{
	return (struct http_conf){
	    .user_agent = "indelible/0 (+https://ct.example; mailto:jane)",
	    .ca_file = server.ca_file,
	    .max_connections = 100,
	    .per_host = 4,
	    .connect_timeout_ms = 5000,
	    .timeout_ms = 20000,
	    .low_speed_ms = 20000,
	};
}

static struct rig
rig_new(const struct http_conf *conf)
{
	struct rig r;

	r.loop = ev_loop_new(0);
	r.http = http_new(r.loop, conf);
	return r;
}

static void
rig_free(struct rig *r)
{
	http_free(r->http);
	ev_loop_destroy(r->loop);
}

static void
on_done(void *arg, const struct http_reply *reply)
{
	struct got *g = arg;

	g->ends++;
	g->reply = *reply;
	free(g->body);
	g->body = mem_strn(reply->body.p, reply->body.len);
	if (g->rig != NULL)
		ev_break(g->rig->loop, EVBREAK_ALL);
}

static const char *
url_of(char out[256], const char *path)
{
	snprintf(out, 256, "http://127.0.0.1:%d%s", server.plain, path);
	return out;
}

static struct http_call *
ask(struct rig *r, struct got *g, const char *path)
{
	char url[256];
	struct http_get get = {.url = url_of(url, path),
	    .limit = 1 << 20,
	    .done = on_done,
	    .arg = g};

	return http_get(r->http, &get);
}

/* Ask and wait, with an object that is new. */
static struct got
fetch_with(const struct http_conf *conf, const struct http_get *want)
{
	struct rig r = rig_new(conf);
	struct got g = {0};
	struct http_get get = *want;

	get.done = on_done;
	get.arg = &g;
	http_get(r.http, &get);
	ev_run(r.loop, 0);
	assert_int_equal(g.ends, 1);
	rig_free(&r);
	return g;
}

static struct got
fetch(const char *path, size_t limit, uint8_t *into)
{
	struct http_conf conf = conf_of_test();
	char url[256];
	struct http_get get = {
	    .url = url_of(url, path), .limit = limit, .into = into};

	return fetch_with(&conf, &get);
}

static void
expect_body(const char *path, const char *body)
{
	struct got g = fetch(path, 1000, NULL);

	assert_string_equal(g.reply.err.text, "");
	assert_int_equal(g.reply.status, ST_OK);
	assert_int_equal(g.reply.code, 200);
	assert_string_equal(g.body, body);
	free(g.body);
}

static void
expect_fault(const char *path, enum status st, const char *words)
{
	struct got g = fetch(path, 1000, NULL);

	assert_int_equal(g.reply.status, st);
	assert_int_equal(g.reply.body.len, 0);
	if (strstr(g.reply.err.text, words) == NULL)
		fail_msg("%s: no \"%s\"", g.reply.err.text, words);
	assert_non_null(strstr(g.reply.err.text, path));
	free(g.body);
}

static void
test_bodies(void **state)
{
	(void)state;
	expect_body("/ok", "hello");
	expect_body("/empty", "");
	expect_body("/nolength", "until the end");
	expect_body("/chunked", "hello world");
	expect_body("/hints", "ok");
}

static void
test_gzip(void **state)
{
	const char *text = "hello world, hello world, hello world";

	(void)state;
	expect_body("/gzip", text);
	expect_body("/bare", text);
	expect_body("/lie", "plain");
	expect_fault("/br", ST_BAD, "Content-Encoding");
	expect_fault("/damaged", ST_BAD, "gzip");
	expect_fault("/bomb", ST_LIMIT, "1000");
}

/* The caller's memory gets the bytes of the wire. */
static void
test_gzip_into(void **state)
{
	uint8_t mem[4096];
	struct got g = fetch("/gzip", sizeof(mem), mem);

	(void)state;
	assert_int_equal(g.reply.status, ST_OK);
	assert_ptr_equal(g.reply.body.p, mem);
	assert_true(g.reply.body.len > 3 && mem[0] == 0x1f && mem[1] == 0x8b);
	free(g.body);
	g = fetch("/br", sizeof(mem), mem);
	assert_int_equal(g.reply.status, ST_BAD);
	free(g.body);
}

static void
test_limit(void **state)
{
	static const char *const paths[] = {
	    "/bytes/2000", "/stream/2000", "/bytes/2001", "/stream/2001"};

	(void)state;
	for (int i = 0; i < 8; i++) {
		uint8_t *mem = mem_new(1, 2000); /* exact, for ASan */
		struct got g = fetch(paths[i % 4], 2000, i < 4 ? NULL : mem);

		if (i % 4 < 2) {
			assert_int_equal(g.reply.status, ST_OK);
			assert_int_equal(g.reply.body.len, 2000);
			assert_int_equal(g.body[1999], 'x');
		} else {
			assert_int_equal(g.reply.status, ST_LIMIT);
			assert_int_equal(g.reply.body.len, 0);
			assert_int_equal(g.reply.code, 200);
		}
		free(g.body);
		free(mem);
	}
}

/* 100 MB are not read to learn that they are too many. */
static void
test_limit_early(void **state)
{
	struct http_conf conf = conf_of_test();
	struct rig r = rig_new(&conf);
	struct http_counts n;
	struct got g = {0};

	(void)state;
	ask(&r, &g, "/bytes/100000000");
	ev_run(r.loop, 0);
	assert_int_equal(g.reply.status, ST_LIMIT);
	http_counts(r.http, &n);
	assert_int_equal(n.bytes, 0);
	ask(&r, &g, "/stream/100000000");
	ev_run(r.loop, 0);
	assert_int_equal(g.reply.status, ST_LIMIT);
	http_counts(r.http, &n);
	assert_true(n.bytes < (2 << 20) + 4096);
	free(g.body);
	rig_free(&r);
}

static void
test_codes(void **state)
{
	static const int codes[] = {400, 404, 408, 410, 500, 501};
	char path[32];

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		struct got g;

		snprintf(path, sizeof(path), "/code/%d", codes[i]);
		g = fetch(path, 1000, NULL);
		assert_int_equal(g.reply.status, ST_OK);
		assert_int_equal(g.reply.code, codes[i]);
		assert_string_equal(g.body, "xxx");
		assert_non_null(strstr(g.reply.err.text, path));
		free(g.body);
	}
}

/* A 404 is a 404, however long or odd its page is. */
static void
test_error_pages(void **state)
{
	static const char *const paths[] = {
	    "/page/10", "/page/5000", "/page/50000000", "/br404"};
	static const size_t len[] = {10, 100, 100, 0};
	uint8_t mem[100];

	(void)state;
	for (int i = 0; i < 8; i++) {
		struct got g = fetch(paths[i % 4], 100, i < 4 ? NULL : mem);

		assert_int_equal(g.reply.status, ST_OK);
		assert_int_equal(g.reply.code, 404);
		assert_int_equal(g.reply.body.len, len[i % 4]);
		free(g.body);
	}
}

static void
test_redirect(void **state)
{
	struct got g;

	(void)state;
	server.seen->requests = 0;
	g = fetch("/moved", 1000, NULL);
	assert_int_equal(g.reply.status, ST_OK);
	assert_int_equal(g.reply.code, 301);
	assert_int_equal(server.seen->requests, 1);
	free(g.body);
}

static void
test_date(void **state)
{
	struct got g = fetch("/ok", 1000, NULL);

	(void)state;
	assert_int_equal(g.reply.date_ms, 784111777000); /* RFC 9110 5.6.7 */
	assert_int_equal(g.reply.retry_after_ms, 0);
	free(g.body);
	g = fetch("/empty", 1000, NULL);
	assert_int_equal(g.reply.date_ms, 0);
	free(g.body);
}

static void
test_retry_after(void **state)
{
	static const struct {
		const char *path;
		int64_t ms;
	} table[] = {
	    {"/retry/429/5", 5000},
	    {"/retry/429/0", 1000},
	    {"/retry/503/99999999999", LIMIT_RETRY_MAX_S * 1000},
	    {"/retry/429/date", 3000},
	    {"/retry/429/soon", 0},
	    {"/retry/503/-7", 0},
	    {"/retry/200/7", 7000},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct got g = fetch(table[i].path, 1000, NULL);

		assert_int_equal(g.reply.status, ST_OK);
		assert_int_equal(g.reply.retry_after_ms, table[i].ms);
		assert_string_equal(g.body, "wait\n");
		free(g.body);
	}
}

static void
test_faults(void **state)
{
	(void)state;
	expect_fault("/reset", ST_AGAIN, "");
	expect_fault("/silence", ST_AGAIN, "");
	expect_fault("/truncated", ST_AGAIN, "");
	expect_fault("/cutchunk", ST_AGAIN, "");
	expect_fault("/badchunk", ST_AGAIN, "");
	expect_fault("/http09", ST_BAD, "");
	expect_fault("/flood", ST_BAD, "headers");
	expect_fault("/longline", ST_BAD, "a header line of more than");
}

static void
test_refused(void **state)
{
	struct http_conf conf = conf_of_test();
	struct http_get get = {.url = "http://127.0.0.1:1/x?q=1", .limit = 10};
	struct got g = fetch_with(&conf, &get);

	(void)state;
	assert_int_equal(g.reply.status, ST_AGAIN);
	assert_int_equal(g.reply.code, 0);
	assert_true(strncmp(g.reply.err.text, "127.0.0.1:1/x: ", 15) == 0);
	free(g.body);
	get.url = "https://nosuch.invalid/x";
	g = fetch_with(&conf, &get);
	assert_int_equal(g.reply.status, ST_AGAIN);
	free(g.body);
}

static void
test_bad_urls(void **state)
{
	static const char *const urls[] = {"", "x", "ftp://127.0.0.1/",
	    "file:///etc/passwd", "http://jane:secret@127.0.0.1/", "http://",
	    "https:/127.0.0.1/"};
	struct http_conf conf = conf_of_test();

	(void)state;
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		struct http_get get = {.url = urls[i], .limit = 10};
		struct got g = fetch_with(&conf, &get);

		assert_int_equal(g.reply.status, ST_USAGE);
		assert_null(strstr(g.reply.err.text, "secret"));
		free(g.body);
	}
}

static void
test_timeouts(void **state)
{
	static const struct {
		const char *path, *words;
	} table[] = {
	    {"/stall", "timed out after 0.3 s (1 B received)"},
	    {"/mute", "timed out after 0.3 s (0 B received)"},
	    {"/drip", "timed out after 0.3 s ("},
	};
	struct http_conf conf = conf_of_test();
	char url[256];

	(void)state;
	conf.timeout_ms = 300;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct http_get get = {
		    .url = url_of(url, table[i].path), .limit = 1000};
		struct got g = fetch_with(&conf, &get);

		assert_int_equal(g.reply.status, ST_AGAIN);
		if (strstr(g.reply.err.text, table[i].words) == NULL)
			fail_msg("%s", g.reply.err.text);
		free(g.body);
	}
}

static void
test_low_speed(void **state)
{
	struct http_conf conf = conf_of_test();
	char url[256];
	struct http_get get = {.url = url_of(url, "/drip"), .limit = 1000};
	struct got g;

	(void)state;
	conf.low_speed_ms = 1000;
	g = fetch_with(&conf, &get);
	assert_int_equal(g.reply.status, ST_AGAIN);
	assert_non_null(strstr(g.reply.err.text, "slower than 1000 bytes/s"));
	free(g.body);
}

/* TLS over a connection that never says hello: the connect limit. */
static void
test_connect_timeout(void **state)
{
	struct http_conf conf = conf_of_test();
	char url[256];
	struct http_get get = {.limit = 1000};
	struct got g;
	int port, fd = server_listen(&port); /* accepts, says nothing */

	(void)state;
	snprintf(url, sizeof(url), "https://127.0.0.1:%d/", port);
	get.url = url;
	conf.connect_timeout_ms = 200;
	g = fetch_with(&conf, &get);
	assert_int_equal(g.reply.status, ST_AGAIN);
	assert_non_null(strstr(g.reply.err.text, "no connection after 0.2"));
	free(g.body);
	conf.ca_file = "/nonexistent.pem"; /* seen before anybody answers */
	conf.connect_timeout_ms = 10000;
	g = fetch_with(&conf, &get);
	assert_int_equal(g.reply.status, ST_AGAIN);
	assert_non_null(strstr(g.reply.err.text, "/nonexistent.pem"));
	free(g.body);
	close(fd);
}

static void
test_concurrency(void **state)
{
	struct http_conf conf = conf_of_test();
	struct rig r = rig_new(&conf);
	static struct got g[100];
	struct http_counts n;

	(void)state;
	server.seen->peak = server.seen->active = server.seen->requests = 0;
	server.seen->connections = 0;
	for (int i = 0; i < 100; i++)
		ask(&r, &g[i], "/slow/10");
	ev_run(r.loop, 0);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(g[i].ends, 1);
		assert_int_equal(g[i].reply.code, 200);
		free(g[i].body);
	}
	assert_int_equal(server.seen->requests, 100);
	assert_int_equal(server.seen->peak, 4);
	assert_int_equal(server.seen->connections, 4); /* kept alive */
	http_counts(r.http, &n);
	assert_int_equal(n.requests, 100);
	assert_int_equal(n.failures + n.throttled, 0);
	assert_int_equal(n.bytes, 200);
	rig_free(&r);
}

static void
test_no_keepalive(void **state)
{
	struct http_conf conf = conf_of_test();
	struct rig r = rig_new(&conf);
	char url[256];
	struct got g = {0};
	struct http_get get = {.url = url_of(url, "/ok"),
	    .limit = 100,
	    .no_keepalive = true,
	    .done = on_done,
	    .arg = &g};

	(void)state;
	server.seen->connections = 0;
	for (int i = 0; i < 3; i++) { /* one after the other */
		http_get(r.http, &get);
		ev_run(r.loop, 0);
	}
	assert_int_equal(g.ends, 3);
	assert_int_equal(server.seen->connections, 3);
	get.no_keepalive = false;
	for (int i = 0; i < 3; i++) {
		http_get(r.http, &get);
		ev_run(r.loop, 0);
	}
	assert_int_equal(server.seen->connections, 4);
	free(g.body);
	rig_free(&r);
}

static struct got *order[20];
static int num_order;

static void
on_ordered(void *arg, const struct http_reply *reply)
{
	order[num_order++] = arg;
	on_done(arg, reply);
}

static void
test_first_come_first_served(void **state)
{
	struct http_conf conf = conf_of_test();
	static struct got g[20];
	struct rig r;
	char url[256];

	(void)state;
	conf.per_host = 1;
	r = rig_new(&conf);
	for (int i = 0; i < 20; i++)
		http_get(r.http, &(struct http_get){.url = url_of(url, "/ok"),
				     .limit = 100,
				     .done = on_ordered,
				     .arg = &g[i]});
	ev_run(r.loop, 0);
	assert_int_equal(num_order, 20);
	for (int i = 0; i < 20; i++) {
		assert_ptr_equal(order[i], &g[i]);
		free(g[i].body);
	}
	rig_free(&r);
}

static int64_t
wait_ms(const struct http *h, const char *url)
{
	struct http_host_state s;

	http_host(h, url, &s);
	assert_true(s.in_fault || s.wait_ms == 0);
	return s.wait_ms;
}

struct seen_hosts {
	unsigned num, limited;
	struct http_host_state last;
	char origin[64];
};

static void
see_host(void *arg, const struct http_host_state *s)
{
	struct seen_hosts *l = arg;

	l->num++;
	l->limited += s->rate > 0.0;
	l->last = *s;
	snprintf(l->origin, sizeof(l->origin), "%s", s->origin);
	assert_string_equal(s->operator_name, "");
}

/* The one host there is, throttled or not, with so many calls that wait. */
static void
only_host(const struct http *h, bool limited, unsigned waiting)
{
	struct seen_hosts l = {0};
	char url[256];

	http_hosts(h, see_host, &l);
	assert_int_equal(l.num, 1);
	assert_int_equal(l.limited, limited);
	assert_int_equal(l.last.num_waiting, waiting);
	assert_int_equal(l.last.num_running, 0);
	assert_true(limited == (l.last.wait_ms > 0));
	url_of(url, "");
	assert_memory_equal(l.origin, url, strlen(url));
}

/* 429 holds up the whole host; calls wait and do not fail. */
static void
test_throttled(void **state)
{
	struct http_conf conf = conf_of_test();
	struct rig r = rig_new(&conf);
	struct got a = {0}, b = {0}, before = {0};
	struct http_counts n;
	double begin;
	char url[256];

	(void)state;
	url_of(url, "/other");
	assert_int_equal(wait_ms(r.http, url), 0);
	ask(&r, &before, "/ok");
	ev_run(r.loop, 0);
	ask(&r, &a, "/retry/429/1");
	ev_run(r.loop, 0);
	assert_true(wait_ms(r.http, url) > 900);
	assert_int_equal(wait_ms(r.http, "http://127.0.0.2/"), 0);
	only_host(r.http, true, 0);
	begin = ev_time();
	ask(&r, &b, "/ok");
	only_host(r.http, true, 1);
	ev_run(r.loop, 0);
	assert_true(ev_time() - begin > 0.9);
	assert_int_equal(b.reply.code, 200);
	assert_int_equal(wait_ms(r.http, url), 0);
	http_counts(r.http, &n);
	assert_int_equal(n.throttled, 1);
	assert_int_equal(n.failures, 0);
	assert_true(
	    ev_iteration(r.loop) < 100); /* it waits, it does not spin */
	free(before.body);
	free(a.body);
	free(b.body);
	rig_free(&r);
}

/* Nothing new is as good as an answer. */
static void
test_not_modified(void **state)
{
	struct http_conf conf = conf_of_test();
	struct rig r = rig_new(&conf);
	struct got a = {0};
	char url[256];

	(void)state;
	ask(&r, &a, "/code/304");
	ev_run(r.loop, 0);
	assert_int_equal(a.reply.code, 304);
	assert_int_equal(wait_ms(r.http, url_of(url, "/")), 0);
	free(a.body);
	rig_free(&r);
}

static void
test_backoff(void **state)
{
	static const char *const paths[] = {"/code/500", "/reset",
	    "/retry/503/x", "/http09", "/bomb", "/moved"};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct http_conf conf = conf_of_test();
		struct rig r = rig_new(&conf);
		struct got a = {0}, b = {0};
		char url[256];
		int64_t ms;

		ask(&r, &a, paths[i]);
		ev_run(r.loop, 0);
		ms = wait_ms(r.http, url_of(url, "/"));
		assert_true(ms >= 5 && ms <= 100); /* loopback */
		ask(&r, &b, "/ok");
		ev_run(r.loop, 0);
		assert_int_equal(b.reply.code, 200);
		assert_int_equal(wait_ms(r.http, url), 0);
		free(a.body);
		free(b.body);
		rig_free(&r);
	}
}

static void
test_what_the_server_sees(void **state)
{
	struct got g = fetch("/ok", 100, NULL);
	const char *head = server.seen->head;

	(void)state;
	free(g.body);
	assert_non_null(
	    strstr(head, "\r\nUser-Agent: indelible/0 (+https://ct.example; "
			 "mailto:jane)\r\n"));
	assert_non_null(
	    strstr(head, "\r\nAccept-Encoding: gzip, identity\r\n"));
	assert_null(strstr(head, "Cookie"));
	assert_null(strstr(head, "Authorization"));
	assert_null(strstr(head, "Upgrade"));
}

/* Only what is newer; a later call of the same handle asks for all again. */
static void
test_since(void **state)
{
	struct http_conf conf = conf_of_test();
	struct rig r = rig_new(&conf);
	const char *head = server.seen->head;
	struct http_since since = {"\"e1\"", "Sun, 06 Nov 1994 08:49:37 GMT"};
	struct got g = {.rig = &r};
	char url[256];
	struct http_get get = {.url = url_of(url, "/ok"),
	    .limit = 100,
	    .since = &since,
	    .done = on_done,
	    .arg = &g};

	(void)state;
	http_get(r.http, &get);
	memset(&since, 'x', sizeof(since)); /* borrowed for the call only */
	ev_run(r.loop, 0);
	assert_non_null(strstr(head, "\r\nIf-None-Match: \"e1\"\r\n"));
	assert_non_null(strstr(
	    head, "\r\nIf-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
	assert_non_null(
	    strstr(head, "\r\nAccept-Encoding: gzip, identity\r\n"));
	ask(&r, &g, "/ok");
	ev_run(r.loop, 0);
	assert_null(strstr(head, "If-None-Match"));
	assert_null(strstr(head, "If-Modified-Since"));
	free(g.body);
	rig_free(&r);
}

/* --- cancelling ----------------------------------------------------------- */

static void
on_time(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)w;
	(void)events;
	ev_break(loop, EVBREAK_ALL);
}

static void
run_for(struct rig *r, double seconds)
{
	ev_timer t;

	ev_timer_init(&t, on_time, seconds, 0.0);
	ev_now_update(r->loop);
	ev_timer_start(r->loop, &t);
	ev_run(r->loop, 0);
	ev_timer_stop(r->loop, &t);
}

static void
test_cancel(void **state)
{
	struct http_conf conf = conf_of_test();
	struct rig r = rig_new(&conf);
	static uint8_t mem[1 << 16], same[1 << 16];
	struct got a = {0}, b = {0}, c = {0};
	struct http_call *call[3];
	char url[256];

	(void)state;
	memset(mem, 0x55, sizeof(mem));
	memset(same, 0x55, sizeof(same));
	call[0] = ask(&r, &a, "/ok");
	http_cancel(r.http, call[0]); /* before anything happened */
	call[1] =
	    http_get(r.http, &(struct http_get){.url = url_of(url, "/drip"),
				 .limit = sizeof(mem),
				 .into = mem,
				 .done = on_done,
				 .arg = &b});
	run_for(&r, 0.2);
	assert_int_equal(mem[0], 'x');
	http_cancel(r.http, call[1]); /* in the middle */
	memset(mem, 0x55, sizeof(mem));
	http_cancel(r.http, NULL);
	run_for(&r, 0.2);
	assert_memory_equal(mem, same, sizeof(mem));
	call[2] = ask(&r, &c, "/ok");
	ev_run(r.loop, 0);
	assert_int_equal(a.ends + b.ends, 0);
	assert_int_equal(c.ends, 1);
	assert_non_null(call[2]);
	free(c.body);
	rig_free(&r);
}

static void
test_cancel_makes_room(void **state)
{
	struct http_conf conf = conf_of_test();
	struct got a = {0}, b = {0};
	struct http_call *call;
	struct rig r;

	(void)state;
	conf.per_host = 1;
	r = rig_new(&conf);
	call = ask(&r, &a, "/mute");
	ask(&r, &b, "/ok");
	run_for(&r, 0.1);
	assert_int_equal(b.ends, 0);
	http_cancel(r.http, call);
	ev_run(r.loop, 0);
	assert_int_equal(a.ends, 0);
	assert_int_equal(b.ends, 1);
	free(b.body);
	rig_free(&r);
}

/* A web of calls that ask and cancel each other from their callbacks. */
enum { WEB = 150 };
static struct node {
	struct rig *rig;
	struct http_call *call; /* NULL: not asked, over or cancelled */
	int asked, ended, cancelled;
	size_t bytes; /* that its present call must bring */
} node[WEB];
static uint64_t chance = 99;
static int budget;

static unsigned
roll(unsigned n)
{
	chance = chance * 6364136223846793005 + 1442695040888963407;
	return (unsigned)(chance >> 33) % n;
}

static void on_web(void *arg, const struct http_reply *reply);

static void
web_ask(struct node *n)
{
	static const char *const odd[] = {"/gzip", "/chunked", "/reset",
	    "/code/404", "/truncated", "/slow/3", "/moved", "/empty"};
	char url[256], path[64];
	struct http_get g = {
	    .url = url, .limit = 1 << 20, .done = on_web, .arg = n};

	if (n->call != NULL || budget-- <= 0)
		return;
	n->bytes = roll(200000);
	snprintf(path, sizeof(path), "/bytes/%zu", n->bytes);
	url_of(url, path);
	if (roll(3) == 0)
		snprintf(url, sizeof(url), "https://127.0.0.1:%d%s", server.tls,
		    path);
	if (roll(5) == 0) {
		n->bytes = SIZE_MAX;
		url_of(url, odd[roll(8)]);
	}
	if (roll(20) == 0)
		g.url = "bad";
	n->asked++;
	n->call = http_get(n->rig->http, &g);
}

static void
on_web(void *arg, const struct http_reply *reply)
{
	struct node *n = arg, *other = &node[roll(WEB)];

	assert_non_null(n->call);
	/* Each call gets the reply to its own request. */
	if (n->bytes != SIZE_MAX && reply->status != ST_USAGE) {
		assert_int_equal(reply->status, ST_OK);
		assert_int_equal(reply->body.len, n->bytes);
	}
	http_cancel(n->rig->http, n->call); /* too late: does nothing */
	n->call = NULL;
	n->ended++;
	if (other->call != NULL && roll(3) == 0) {
		http_cancel(n->rig->http, other->call);
		other->call = NULL;
		other->cancelled++;
	}
	web_ask(&node[roll(WEB)]);
	web_ask(n);
}

static void
test_web(void **state)
{
	struct http_conf conf = conf_of_test();
	struct rig r;

	(void)state;
	conf.per_host = 16;
	r = rig_new(&conf);
	budget = 600;
	for (int i = 0; i < WEB; i++) {
		node[i].rig = &r;
		web_ask(&node[i]);
	}
	ev_run(r.loop, 0);
	for (int i = 0; i < WEB; i++) {
		assert_null(node[i].call);
		assert_int_equal(
		    node[i].asked, node[i].ended + node[i].cancelled);
	}
	rig_free(&r);
}

static void
test_free_ends_quietly(void **state)
{
	struct http_conf conf = conf_of_test();
	struct rig r = rig_new(&conf);
	struct got g = {0};

	(void)state;
	for (int i = 0; i < 10; i++)
		ask(&r, &g, "/drip");
	http_get(r.http,
	    &(struct http_get){.url = "bad", .done = on_done, .arg = &g});
	rig_free(&r);
	r = rig_new(&conf);
	for (int i = 0; i < 10; i++)
		ask(&r, &g, "/drip");
	run_for(&r, 0.1);
	rig_free(&r);
	assert_int_equal(g.ends, 0);
}

/* --- descriptors, TLS, proxies -------------------------------------------- */

/* Internet sockets of this process; *leaky: those that exec would inherit. */
static int
count_sockets(int *leaky)
{
	DIR *d = opendir("/proc/self/fd");
	struct sockaddr_storage a;
	struct dirent *e;
	int fd, n = 0;

	assert_non_null(d);
	*leaky = 0;
	while ((e = readdir(d)) != NULL) {
		socklen_t len = sizeof(a);

		fd = atoi(e->d_name);
		if (getsockname(fd, (struct sockaddr *)&a, &len) != 0 ||
		    (a.ss_family != AF_INET && a.ss_family != AF_INET6))
			continue;
		n++;
		*leaky += (fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0;
	}
	closedir(d);
	return n;
}

static void
test_close_on_exec(void **state)
{
	struct http_conf conf = conf_of_test();
	struct rig r = rig_new(&conf);
	struct got g = {0};
	int leaky, before = count_sockets(&leaky);

	(void)state;
	for (int i = 0; i < 4; i++)
		ask(&r, &g, "/drip");
	run_for(&r, 0.1);
	assert_int_equal(count_sockets(&leaky), before + 4);
	assert_int_equal(leaky, 0);
	rig_free(&r);
	assert_int_equal(count_sockets(&leaky), before);
}

static struct got
fetch_tls(const char *host, const char *ca_file, uint8_t *into, bool http1)
{
	struct http_conf conf = conf_of_test();
	char url[256];
	struct http_get get = {
	    .url = url, .limit = 100, .into = into, .http1 = http1};

	conf.ca_file = ca_file;
	snprintf(url, sizeof(url), "https://%s:%d/ok", host, server.tls);
	return fetch_with(&conf, &get);
}

static void
test_tls(void **state)
{
	struct got g = fetch_tls("127.0.0.1", server.ca_file, NULL, false);

	(void)state;
	assert_int_equal(g.reply.status, ST_OK);
	assert_string_equal(g.body, "hello");
	free(g.body);
	server.seen->requests = 0;
	g = fetch_tls("127.0.0.1", NULL, NULL, false); /* not a public root */
	assert_int_equal(g.reply.status, ST_AGAIN);
	assert_int_equal(g.reply.code, 0);
	assert_non_null(strstr(g.reply.err.text, "certificate"));
	free(g.body);
	g = fetch_tls("localhost", server.ca_file, NULL, false);
	assert_int_equal(g.reply.status, ST_AGAIN); /* another name */
	assert_non_null(strstr(g.reply.err.text, "localhost"));
	free(g.body);
	assert_int_equal(server.seen->requests, 0);
}

/* A connection after the first resumes its session, whatever handle it gets;
 * another host name begins anew. One after the other: TLS 1.3 has a session
 * used once, and of several at the same time some have none. */
static void
test_tls_resumed(void **state)
{
	struct http_conf conf = conf_of_test();
	struct rig r = rig_new(&conf);
	char url[256];
	struct got g = {.rig = &r}, busy = {0};
	struct http_get get = {.url = url,
	    .limit = 100,
	    .no_keepalive = true,
	    .done = on_done,
	    .arg = &g};

	(void)state;
	server.seen->connections = server.seen->resumed = 0;
	snprintf(url, sizeof(url), "https://127.0.0.1:%d/ok", server.tls);
	http_get(r.http, &get);
	ev_run(r.loop, 0);
	assert_int_equal(server.seen->resumed, 0);
	ask(&r, &busy, "/drip"); /* takes the handle that is free */
	for (int i = 1; i <= 3; i++) {
		http_get(r.http, &get);
		ev_run(r.loop, 0);
		assert_int_equal(server.seen->resumed, i);
		ask(&r, &busy, "/drip");
	}
	assert_string_equal(g.body, "hello");
	snprintf(url, sizeof(url), "https://localhost:%d/ok", server.tls);
	http_get(r.http, &get);
	ev_run(r.loop, 0);
	assert_int_equal(g.reply.status, ST_AGAIN); /* another name */
	assert_int_equal(server.seen->resumed, 3);
	assert_int_equal(busy.ends, 0);
	free(g.body);
	rig_free(&r);
}

/* HTTP/2 is not even offered: http_easy.c says why. */
static void
test_http_version(void **state)
{
	uint8_t mem[100];

	(void)state;
	server.seen->with_h2 = 0;
	for (int i = 0; i < 4; i++) {
		struct got g = fetch_tls(
		    "127.0.0.1", server.ca_file, i & 1 ? mem : NULL, i & 2);

		assert_int_equal(g.reply.status, ST_OK);
		free(g.body);
	}
	assert_int_equal(server.seen->with_h2, 0);
}

static void
test_proxy(void **state)
{
	struct http_conf conf = conf_of_test();
	struct http_get get = {.url = "https://ct.example/x", .limit = 100};
	char proxy[64];
	struct got g;

	(void)state;
	snprintf(proxy, sizeof(proxy), "http://127.0.0.1:%d", server.plain);
	setenv("HTTPS_PROXY", proxy, 1);
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("all_proxy", "http://127.0.0.1:1", 1);
	g = fetch_with(&conf, &get);
	assert_int_equal(g.reply.status, ST_AGAIN);
	assert_int_equal(g.reply.code, 0); /* 403 is the proxy's word */
	free(g.body);
	assert_true(
	    strncmp(server.seen->head, "CONNECT ct.example:443 ", 23) == 0);
	expect_body("/ok", "hello"); /* loopback: no proxy at all */
	g = fetch_tls("127.0.0.1", server.ca_file, NULL, false);
	assert_int_equal(g.reply.status, ST_OK);
	free(g.body);
	unsetenv("HTTPS_PROXY");
	unsetenv("http_proxy");
	unsetenv("all_proxy");
}

static int
setup(void **state)
{
	(void)state;
	for (char **e = environ; *e != NULL; e++)
		if (strcasestr(*e, "proxy=") != NULL) {
			char *name = mem_strn(*e, strcspn(*e, "="));

			unsetenv(name);
			free(name);
			e = environ - 1;
		}
	server_start(&server);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	server_stop(&server);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bodies),
	    cmocka_unit_test(test_gzip),
	    cmocka_unit_test(test_gzip_into),
	    cmocka_unit_test(test_limit),
	    cmocka_unit_test(test_limit_early),
	    cmocka_unit_test(test_codes),
	    cmocka_unit_test(test_error_pages),
	    cmocka_unit_test(test_redirect),
	    cmocka_unit_test(test_date),
	    cmocka_unit_test(test_retry_after),
	    cmocka_unit_test(test_faults),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_bad_urls),
	    cmocka_unit_test(test_timeouts),
	    cmocka_unit_test(test_low_speed),
	    cmocka_unit_test(test_connect_timeout),
	    cmocka_unit_test(test_concurrency),
	    cmocka_unit_test(test_no_keepalive),
	    cmocka_unit_test(test_first_come_first_served),
	    cmocka_unit_test(test_throttled),
	    cmocka_unit_test(test_not_modified),
	    cmocka_unit_test(test_backoff),
	    cmocka_unit_test(test_what_the_server_sees),
	    cmocka_unit_test(test_since),
	    cmocka_unit_test(test_cancel),
	    cmocka_unit_test(test_cancel_makes_room),
	    cmocka_unit_test(test_web),
	    cmocka_unit_test(test_free_ends_quietly),
	    cmocka_unit_test(test_close_on_exec),
	    cmocka_unit_test(test_tls),
	    cmocka_unit_test(test_tls_resumed),
	    cmocka_unit_test(test_http_version),
	    cmocka_unit_test(test_proxy),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
