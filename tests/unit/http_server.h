/*
 * http_server: a small server for tests, forked from them, that misbehaves on
 * request: the path says how. A process for each connection; what it saw lies
 * in memory shared with the test. Over TLS as well, with a certificate for
 * 127.0.0.1 that is its own root.
 */
#ifndef TESTS_UNIT_HTTP_SERVER_H
#define TESTS_UNIT_HTTP_SERVER_H

#include <arpa/inet.h>
#include <libdeflate.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What the server saw; the test resets it as it likes. */
struct seen {
	_Atomic int active, peak, requests, connections;
	_Atomic int with_h2; /* TLS hellos that offered HTTP/2 */
	_Atomic int resumed; /* TLS sessions from before */
	char head[4096];     /* the last request */
};

struct server {
	pid_t pid;
	int plain, tls; /* ports */
	char ca_file[128];
	struct seen *seen;
};

struct peer {
	int fd;
	SSL *ssl;
	struct seen *seen;
};

static inline void
server_die(const char *what)
{
	perror(what);
	_exit(3);
}

static inline void
peer_put(struct peer *p, const void *data, size_t len)
{
	const char *at = data;
	ssize_t n;

	while (len > 0) {
		n = p->ssl ? SSL_write(p->ssl, at, (int)len)
			   : send(p->fd, at, len, MSG_NOSIGNAL);
		if (n <= 0)
			_exit(0); /* the client has enough of it */
		at += n;
		len -= (size_t)n;
	}
}

static inline void
peer_str(struct peer *p, const char *s)
{
	peer_put(p, s, strlen(s));
}

static inline void
peer_fill(struct peer *p, size_t n)
{
	static char block[65536];

	memset(block, 'x', sizeof(block));
	for (size_t k; n > 0; n -= k) {
		k = n < sizeof(block) ? n : sizeof(block);
		peer_put(p, block, k);
	}
}

__attribute__((format(printf, 2, 3))) static inline void
peer_fmt(struct peer *p, const char *fmt, ...)
{
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	peer_str(p, text);
}

/* Say nothing until the client has gone. */
__attribute__((noreturn)) static inline void
peer_wait(struct peer *p)
{
	struct pollfd f = {.fd = p->fd, .events = POLLIN};

	poll(&f, 1, 30000);
	_exit(0);
}

static inline void
peer_gzip(struct peer *p, const void *data, size_t len, const char *field)
{
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(6);
	size_t cap = libdeflate_gzip_compress_bound(c, len);
	char *out = malloc(cap);

	if (out == NULL)
		server_die("malloc");
	cap = libdeflate_gzip_compress(c, data, len, out, cap);
	peer_fmt(
	    p, "HTTP/1.1 200 OK\r\n%sContent-Length: %zu\r\n\r\n", field, cap);
	peer_put(p, out, cap);
	free(out);
	libdeflate_free_compressor(c);
}

static inline const char *
http_date(char out[64], time_t t)
{
	struct tm tm;

	strftime(out, 64, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&t, &tm));
	return out;
}

/* /retry/CODE/VALUE; the value "date" is three seconds after our Date, which
 * is a day late. */
static inline void
serve_retry(struct peer *p, const char *arg)
{
	time_t now = time(NULL) - 86400;
	char date[64], when[64];
	int code = atoi(arg);
	const char *value = strchr(arg, '/');

	value = value ? value + 1 : "";
	if (strcmp(value, "date") == 0)
		value = http_date(when, now + 3);
	peer_fmt(p,
	    "HTTP/1.1 %d Wait\r\nDate: %s\r\nRetry-After: %s\r\n"
	    "Content-Length: 5\r\n\r\nwait\n",
	    code, http_date(date, now), value);
}

static inline void
serve_flood(struct peer *p)
{
	peer_str(p, "HTTP/1.1 200 OK\r\n");
	for (int i = 0; i < 100000; i++)
		peer_fmt(p, "X-Flood-%d: %064d\r\n", i, i);
	peer_str(p, "Content-Length: 2\r\n\r\nok");
}

static inline void
serve_drip(struct peer *p)
{
	peer_str(p, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
	for (int i = 0; i < 1000; i++) {
		peer_str(p, "x");
		usleep(50000);
	}
}

static inline void
serve_slow(struct peer *p, int ms)
{
	struct seen *s = p->seen;
	int now = ++s->active, peak = s->peak;

	while (
	    now > peak && !atomic_compare_exchange_weak(&s->peak, &peak, now))
		;
	usleep((unsigned)ms * 1000);
	s->active--;
	peer_str(p, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
}

static inline void
peer_reset(struct peer *p)
{
	struct linger l = {.l_onoff = 1, .l_linger = 0};

	setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	_exit(0);
}

/* Whole replies that need no more than text. */
static const struct fixed {
	const char *path, *reply;
} fixed[] = {
    {"/ok", "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
	    "Content-Length: 5\r\n\r\nhello"},
    {"/empty", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
    {"/chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		 "5\r\nhello\r\n6\r\n world\r\n0\r\n"
		 "Retry-After: 9\r\nContent-Encoding: br\r\n\r\n"},
    {"/hints", "HTTP/1.1 103 Early Hints\r\nContent-Encoding: br\r\n"
	       "Retry-After: 9\r\n\r\n"
	       "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"},
    {"/lie", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
	     "Content-Length: 5\r\n\r\nplain"},
    {"/br", "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n"
	    "Content-Length: 5\r\n\r\n\x0b\x01\x80\x61\x03"},
    {"/br404", "HTTP/1.1 404 No\r\nContent-Encoding: br\r\n"
	       "Content-Length: 5\r\n\r\n\x0b\x01\x80\x61\x03"},
    {"/damaged", "HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n"
		 "\x1f\x8b\x08nonsense..."},
    {"/moved", "HTTP/1.1 301 Moved\r\nLocation: /ok\r\n"
	       "Content-Length: 0\r\n\r\n"},
};

/* Replies after which the connection is closed. */
static const struct fixed last[] = {
    {"/nolength", "HTTP/1.1 200 OK\r\n\r\nuntil the end"},
    {"/truncated", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"},
    {"/cutchunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		  "5\r\nhello\r\n"},
    {"/badchunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		  "zz\r\nhello\r\n"},
    {"/http09", "what is this\n"},
    {"/silence", ""},
};

static inline bool
serve_fixed(struct peer *p, const char *path)
{
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		if (strcmp(path, fixed[i].path) != 0)
			continue;
		peer_str(p, fixed[i].reply);
		return true;
	}
	for (size_t i = 0; i < sizeof(last) / sizeof(last[0]); i++) {
		if (strcmp(path, last[i].path) != 0)
			continue;
		peer_str(p, last[i].reply);
		if (p->ssl == NULL)
			shutdown(p->fd, SHUT_WR);
		_exit(0);
	}
	return false;
}

static inline void
serve_bytes(struct peer *p, int code, size_t n, bool length)
{
	peer_fmt(p, "HTTP/1.1 %d X\r\n", code);
	if (length)
		peer_fmt(p, "Content-Length: %zu\r\n\r\n", n);
	else
		peer_str(p, "Connection: close\r\n\r\n");
	peer_fill(p, n);
	if (!length)
		_exit(0);
}

static inline const char *
after(const char *path, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(path, prefix, len) == 0 ? path + len : NULL;
}

static inline void
serve(struct peer *p, const char *path)
{
	static const char text[] = "hello world, hello world, hello world";
	const char *arg;

	if (serve_fixed(p, path))
		return;
	if ((arg = after(path, "/bytes/")) != NULL)
		serve_bytes(p, 200, strtoul(arg, NULL, 10), true);
	else if ((arg = after(path, "/stream/")) != NULL)
		serve_bytes(p, 200, strtoul(arg, NULL, 10), false);
	else if ((arg = after(path, "/page/")) != NULL)
		serve_bytes(p, 404, strtoul(arg, NULL, 10), true);
	else if ((arg = after(path, "/code/")) != NULL)
		serve_bytes(p, atoi(arg), 3, true);
	else if ((arg = after(path, "/retry/")) != NULL)
		serve_retry(p, arg);
	else if ((arg = after(path, "/slow/")) != NULL)
		serve_slow(p, atoi(arg));
	else if (after(path, "/gzip") != NULL)
		peer_gzip(
		    p, text, sizeof(text) - 1, "Content-Encoding: gzip\r\n");
	else if (after(path, "/bare") != NULL)
		peer_gzip(p, text, sizeof(text) - 1, "");
	else if (after(path, "/bomb") != NULL)
		peer_gzip(p, calloc(1, 32 << 20), 32 << 20, "");
	else if (after(path, "/flood") != NULL)
		serve_flood(p);
	else if (after(path, "/longline") != NULL)
		peer_fmt(p, "HTTP/1.1 200 OK\r\nX: "), peer_fill(p, 1 << 20);
	else if (after(path, "/drip") != NULL)
		serve_drip(p);
	else if (after(path, "/reset") != NULL)
		peer_reset(p);
	else if (after(path, "/stall") != NULL)
		peer_str(p, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"),
		    peer_wait(p);
	else if (after(path, "/mute") != NULL)
		peer_wait(p);
	else
		peer_str(p, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
}

/* One request; false when the client has gone. */
static inline bool
peer_request(struct peer *p)
{
	char head[4096], path[2048];
	size_t len = 0;
	ssize_t n;

	do {
		if (len == sizeof(head) - 1)
			return false;
		n = p->ssl ? SSL_read(p->ssl, head + len, 1)
			   : recv(p->fd, head + len, 1, 0);
		if (n <= 0)
			return false;
		len += (size_t)n;
		head[len] = '\0';
	} while (strstr(head, "\r\n\r\n") == NULL);
	memcpy(p->seen->head, head, len + 1);
	p->seen->requests++;
	if (sscanf(head, "GET %2047s", path) != 1) {
		peer_str(p, "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n");
		return true;
	}
	path[strcspn(path, "?")] = '\0';
	serve(p, path);
	return true;
}

static inline int
server_on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len,
    const unsigned char *in, unsigned in_len, void *arg)
{
	struct seen *seen = arg;

	(void)ssl;
	(void)out;
	(void)out_len;
	if (memmem(in, in_len, "\002h2", 3) != NULL)
		seen->with_h2++;
	return SSL_TLSEXT_ERR_NOACK;
}

__attribute__((noreturn)) static inline void
server_peer(struct server *s, int fd, SSL_CTX *tls)
{
	struct peer p = {.fd = fd, .seen = s->seen};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	s->seen->connections++;
	if (tls != NULL) {
		p.ssl = SSL_new(tls);
		SSL_set_fd(p.ssl, fd);
		if (SSL_accept(p.ssl) != 1)
			_exit(0);
		s->seen->resumed += SSL_session_reused(p.ssl);
	}
	while (peer_request(&p))
		;
	_exit(0);
}

__attribute__((noreturn)) static inline void
server_run(struct server *s, int plain, int tls_fd, SSL_CTX *tls)
{
	struct pollfd f[2] = {
	    {.fd = plain, .events = POLLIN}, {.fd = tls_fd, .events = POLLIN}};
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		if (poll(f, 2, -1) < 0)
			server_die("poll");
		for (int i = 0; i < 2; i++) {
			if (f[i].revents == 0)
				continue;
			fd = accept(f[i].fd, NULL, NULL);
			if (fd < 0)
				server_die("accept");
			if (fork() == 0)
				server_peer(s, fd, i ? tls : NULL);
			close(fd);
		}
	}
}

static inline int
server_listen(int *port)
{
	struct sockaddr_in a = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, len) != 0 ||
	    listen(fd, 200) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) != 0)
		server_die("listen");
	*port = ntohs(a.sin_port);
	return fd;
}

static inline void
cert_extension(X509 *x, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	if (ext == NULL || X509_add_ext(x, ext, -1) != 1)
		server_die("extension");
	X509_EXTENSION_free(ext);
}

/* A new key with a certificate of its own for 127.0.0.1, also in ca_file. */
static inline SSL_CTX *
server_tls(struct server *s)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	X509_NAME *name = X509_get_subject_name(x);
	FILE *f;

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 86400);
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)"test server", -1, -1, 0);
	X509_set_issuer_name(x, name);
	cert_extension(x, NID_basic_constraints, "critical,CA:TRUE");
	cert_extension(x, NID_subject_key_identifier, "hash");
	cert_extension(x, NID_subject_alt_name, "IP:127.0.0.1");
	X509_sign(x, key, EVP_sha256());
	SSL_CTX_use_certificate(ctx, x);
	SSL_CTX_use_PrivateKey(ctx, key);
	SSL_CTX_set_alpn_select_cb(ctx, server_on_alpn, s->seen);
	f = fopen(s->ca_file, "w");
	if (f == NULL || PEM_write_X509(f, x) != 1 || fclose(f) != 0)
		server_die(s->ca_file);
	X509_free(x);
	EVP_PKEY_free(key);
	return ctx;
}

/* Before any thread is started. */
static inline void
server_start(struct server *s)
{
	const char *dir = getenv("TMPDIR");
	int plain, tls_fd, fd;
	SSL_CTX *tls;

	snprintf(s->ca_file, sizeof(s->ca_file), "%s/indelible-ca-XXXXXX",
	    dir ? dir : P_tmpdir);
	fd = mkstemp(s->ca_file);
	if (fd < 0)
		server_die("mkstemp");
	close(fd);
	s->seen = mmap(NULL, sizeof(*s->seen), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	tls = server_tls(s);
	plain = server_listen(&s->plain);
	tls_fd = server_listen(&s->tls);
	s->pid = fork();
	if (s->pid == 0)
		server_run(s, plain, tls_fd, tls);
	close(plain);
	close(tls_fd);
	SSL_CTX_free(tls);
}

static inline void
server_stop(struct server *s)
{
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	unlink(s->ca_file);
	munmap(s->seen, sizeof(*s->seen));
}

#endif
