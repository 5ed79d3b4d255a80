/* Tests of http_url: who is asked, and which hosts are this machine. */
#include "monitor/http_url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "monitor/http.h"

static void
test_loopback(void **state)
{
	static const char *const yes[] = {"http://127.0.0.1/",
	    "http://127.0.0.1", "https://127.0.0.1:8443/x?y=z",
	    "http://127.255.1.2:80/", "http://localhost/",
	    "HTTP://LocalHost:1/", "http://[::1]:8080/",
	    "http://[0:0:0:0:0:0:0:1]/"};

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		if (!http_is_loopback(yes[i]))
			fail_msg("%s", yes[i]);
}

static void
test_not_loopback(void **state)
{
	static const char *const no[] = {"", "/", "127.0.0.1", "localhost",
	    "http:", "http://", "http:///127.0.0.1/", "http:/127.0.0.1/",
	    "http:127.0.0.1", "//127.0.0.1/", "ftp://127.0.0.1/",
	    "file://localhost/etc/passwd", "gopher://127.0.0.1/",
	    "http://127.0.0.1@evil.example/",
	    "http://127.0.0.1:80@evil.example/",
	    "http://localhost@evil.example/", "http://evil.example@127.0.0.1/",
	    "http://@127.0.0.1/", "http://127.0.0.1\\@evil.example/",
	    "http://evil.example#@127.0.0.1/",
	    "http://evil.example?@127.0.0.1/", "http://evil.example/127.0.0.1",
	    "http://127.0.0.1.evil.example/",
	    "http://127.0.0.1%2eevil.example/",
	    "http://127.0.0.1%00.evil.example/",
	    "http://localhost.evil.example/", "http://evil.localhost.example/",
	    "http://localhost./", "http://xlocalhost/", "http://128.0.0.1/",
	    "http://126.255.255.255/", "http://1.127.0.0/", "http://0.0.0.0/",
	    "http://[::]/", "http://[::2]/", "http://[::ffff:127.0.0.1]/",
	    "http://[::1%25eth0]/", "http://[::1]evil.example/", "http://[::1/",
	    "http://127.0.0.1 evil.example/", "http://127.0.0.1\nx/",
	    "http://127.0.0.1:99999/", " http://127.0.0.1/"};

	(void)state;
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (http_is_loopback(no[i]))
			fail_msg("%s", no[i]);
}

/* Whose server it is: the registrable domain, also below suffixes that are not
 * the registries'; on this machine each port is another one's. */
static void
test_site(void **state)
{
	static const char *const table[][2] = {
	    {"https://wyvern.ct.digicert.com/2026h1/", "digicert.com"},
	    {"https://NESSIE2026.ct.DigiCert.com:8443/", "digicert.com"},
	    {"https://digicert.com/", "digicert.com"},
	    {"https://digicert.com./", "digicert.com"},
	    {"https://log.example.co.uk/", "example.co.uk"},
	    {"https://one.github.io/", "one.github.io"},
	    {"https://two.github.io/", "two.github.io"},
	    {"https://co.uk/", "co.uk"},
	    {"https://log/", "log"},
	    {"https://192.0.2.7:8443/", "192.0.2.7"},
	    {"https://[2001:DB8::1]/", "[2001:db8::1]"},
	    {"http://127.0.0.1:8080/a", "http://127.0.0.1:8080"},
	    {"http://localhost:81/a", "http://localhost:81"},
	};
	struct http_url u;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(http_url_read(&u, table[i][0], NULL), ST_OK);
		assert_string_equal(u.site, table[i][1]);
	}
}

static void
test_parts(void **state)
{
	static const struct {
		const char *url, *origin, *label;
	} table[] = {
	    {"https://ct.example/2026/checkpoint", "https://ct.example:443",
		"ct.example:443/2026/checkpoint"},
	    {"HTTPS://CT.Example:443/", "https://ct.example:443",
		"CT.Example:443/"},
	    {"http://ct.example", "http://ct.example:80", "ct.example:80/"},
	    {"https://ct.example:8443/ct/v1/get-entries?start=0&end=9",
		"https://ct.example:8443", "ct.example:8443/ct/v1/get-entries"},
	    {"https://[2001:DB8::1]/x#frag", "https://[2001:db8::1]:443",
		"[2001:DB8::1]:443/x"},
	};
	struct http_url u;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(http_url_read(&u, table[i].url, NULL), ST_OK);
		assert_string_equal(u.origin, table[i].origin);
		assert_string_equal(u.label, table[i].label);
		assert_int_equal(u.https, table[i].origin[4] == 's');
		assert_false(u.loopback);
	}
}

static void
test_refused(void **state)
{
	char url[LIMIT_URL + 100];
	struct http_url u;
	struct err e;

	(void)state;
	assert_int_equal(
	    http_url_read(&u, "ftp://ct.example/?q=secret", &e), ST_USAGE);
	assert_non_null(strstr(e.text, "ftp://ct.example/"));
	assert_null(strstr(e.text, "secret"));
	assert_int_equal(
	    http_url_read(&u, "https://jane:secret@ct.example/", &e), ST_USAGE);
	assert_null(strstr(e.text, "secret"));
	memset(url, 'x', sizeof(url));
	memcpy(url, "https://ct.example/", 19);
	url[LIMIT_URL] = '\0';
	assert_int_equal(http_url_read(&u, url, &e), ST_USAGE);
	url[LIMIT_URL - 1] = '\0';
	assert_int_equal(http_url_read(&u, url, &e), ST_OK);
	assert_true(strlen(u.label) < sizeof(u.label));
	/* A host name of 254 characters. */
	snprintf(url, sizeof(url), "https://%0254d.example/", 0);
	assert_int_equal(http_url_read(&u, url, &e), ST_USAGE);
}

/* What a person reads cannot speak to their terminal. */
static void
test_safe_label(void **state)
{
	struct http_url u;

	(void)state;
	assert_int_equal(
	    http_url_read(&u, "https://ct.example/\xe2\x80\xae\xff", NULL),
	    ST_OK);
	assert_null(strstr(u.label, "\xe2\x80\xae"));
	assert_null(strchr(u.label, '\xff'));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_loopback),
	    cmocka_unit_test(test_not_loopback),
	    cmocka_unit_test(test_site),
	    cmocka_unit_test(test_parts),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_safe_label),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
