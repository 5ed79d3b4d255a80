/* test_http_socket: who answers a command, and who does not. */
#include "monitor/http_socket.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

struct server {
	struct sockaddr_un at;
	int fd;
	const char *answer;
	pthread_t thread;
};

/* One request, and what there is to say. */
static void *
serve(void *arg)
{
	struct server *s = arg;
	int fd = accept(s->fd, NULL, NULL);
	char head[4096];

	if (read(fd, head, sizeof(head)) <= 0 ||
	    write(fd, s->answer, strlen(s->answer)) < 0)
		head[0] = '\0';
	close(fd);
	return NULL;
}

static void
server_start(struct server *s, const char *answer)
{
	char dir[] = "/tmp/indelible-socket-XXXXXX";

	assert_non_null(mkdtemp(dir));
	*s = (struct server){.at = {.sun_family = AF_UNIX}, .answer = answer};
	snprintf(s->at.sun_path, sizeof(s->at.sun_path), "%s/s", dir);
	s->fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(
	    bind(s->fd, (struct sockaddr *)&s->at, sizeof(s->at)), 0);
	assert_int_equal(listen(s->fd, 1), 0);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void
server_end(struct server *s)
{
	pthread_join(s->thread, NULL);
	close(s->fd);
	unlink(s->at.sun_path);
	*strrchr(s->at.sun_path, '/') = '\0';
	rmdir(s->at.sun_path);
}

static enum status
get(const char *socket, int *code, struct buf *out, struct err *e)
{
	struct socket_request r = {
	    .socket = socket, .token = "t", .method = "GET", .target = "/"};

	return http_socket(code, out, &r, e);
}

/* Nobody is there; somebody is, and leaves without a word; an answer. */
static void
test_answers(void **state)
{
	struct server s;
	struct buf out = {0};
	struct err e;
	int code;

	(void)state;
	assert_int_equal(get("/nowhere/s", &code, &out, &e), ST_UNREACHABLE);
	assert_string_equal(e.text, "/nowhere/s: No such file or directory");
	server_start(&s, "");
	assert_int_equal(get(s.at.sun_path, &code, &out, &e), ST_STALE);
	assert_non_null(strstr(e.text, "whether it was done"));
	server_end(&s);
	server_start(&s, "HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\n{}");
	assert_int_equal(get(s.at.sun_path, &code, &out, &e), ST_OK);
	assert_int_equal(code, 404);
	assert_string_equal(buf_cstr(&out), "{}");
	server_end(&s);
	buf_fini(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_answers)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
