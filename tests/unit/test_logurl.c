/* logurl: which URLs of a list may be asked. */
#include "tests/unit/support.h"

#include "ctlog/base/limits.h"
#include "ctlog/wire/logurl.h"

static void
test_good(void **state)
{
	static const struct {
		const char *url, *host, *bare;
	} v[] = {
	    {"https://ct.example.com/log/", "ct.example.com",
		"ct.example.com/log/"},
	    {"https://ct.example.com", "ct.example.com", "ct.example.com"},
	    {"https://CT-1.Example.com:8443/a/b%20c;d=e,f@g:h!$&'()*+~._-",
		"CT-1.Example.com",
		"CT-1.Example.com:8443/a/b%20c;d=e,f@g:h!$&'()*+~._-"},
	    {"https://[2001:db8::1]:1/", "[2001:db8::1]", "[2001:db8::1]:1/"},
	    {"http://127.0.0.1:8080/x/", "127.0.0.1", "127.0.0.1:8080/x/"},
	    {"http://localhost", "localhost", "localhost"},
	    {"http://[::1]:9/", "[::1]", "[::1]:9/"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct span host, bare;

		assert_true(logurl_split(span_str(v[i].url), &host, &bare));
		assert_true(span_eq_str(host, v[i].host));
		assert_true(span_eq_str(bare, v[i].bare));
	}
}

static void
test_bad(void **state)
{
	static const char *const bad[] = {
	    "",
	    "https://",
	    "https:///log/",
	    "ftp://ct.example.com/",
	    "HTTPS://ct.example.com/",
	    "//ct.example.com/",
	    "ct.example.com",
	    "http://ct.example.com/",
	    "http://127.0.0.2/",
	    "http://localhost.example.com/",
	    "http://127.0.0.1@ct.example.com/",
	    "http://127.0.0.1.example.com/",
	    "https://user@ct.example.com/",
	    "https://user:pw@ct.example.com/",
	    "https://ct.example.com/?q",
	    "https://ct.example.com/#f",
	    "https://ct.example.com?q",
	    "https://ct.example.com/a b",
	    "https://ct.example.com/a\nb",
	    "https://ct.example.com/\x7f",
	    "https://ct.example.com/\xc3\xa9",
	    "https://ct.ex\xc3\xa4mple.com/",
	    "https://ct.example.com\\@evil.example/",
	    "https://ct.example.com/<x>",
	    "https://ct.example.com:80a/",
	    "https://[::1/",
	    "https://[::1]x/",
	    "https://[::1\r\nHost: x]/",
	    "https://[]\"/",
	    " https://ct.example.com/",
	};
	struct span host, bare;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (logurl_split(span_str(bad[i]), &host, &bare))
			fail_msg("taken: %s", bad[i]);
	assert_false(logurl_split(
	    span_of("https://ct.example.com/a\0b", 26), &host, &bare));
	assert_false(logurl_split(
	    span_of("https://ct\0.example.com/", 24), &host, &bare));
}

static void
test_length(void **state)
{
	struct span host, bare;
	struct buf url = {0};

	(void)state;
	buf_str(&url, "https://ct.example.com/");
	while (url.len < LIMIT_URL - 512)
		buf_char(&url, 'a');
	assert_true(logurl_split(buf_span(&url), &host, &bare));
	buf_char(&url, 'a');
	assert_false(logurl_split(buf_span(&url), &host, &bare));
	buf_fini(&url);
}

static void
test_copy(void **state)
{
	char *s;

	(void)state;
	s = logurl_copy(span_str("https://ct.example.com"));
	assert_string_equal(s, "https://ct.example.com/");
	free(s);
	s = logurl_copy(span_str("https://ct.example.com/"));
	assert_string_equal(s, "https://ct.example.com/");
	free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good),
	    cmocka_unit_test(test_bad),
	    cmocka_unit_test(test_length),
	    cmocka_unit_test(test_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
