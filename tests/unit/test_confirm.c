/* Tests of confirm: the letter as bytes; as a mail, and in a browser, it is
 * looked at in tests/e2e/test_enrol.py. */
#include "alerts/confirm.h"

#include "tests/unit/support.h"

#define TOKEN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"

static char *
letter(const char *url, const char *contact)
{
	struct confirm c = {.from = "ct@example.com",
	    .to = "jane.roe@example.com",
	    .contact = contact,
	    .url = url,
	    .token = TOKEN,
	    .id = "0123456789abcdef",
	    .now_ms = 784111777123,
	    .pending_ms = 86400000,
	    .hits_ms = 3 * 86400000 + 1};
	struct buf b = {0};

	confirm_write(&b, &c);
	buf_cstr(&b);
	return (char *)b.p;
}

/* Quoted-printable undone; what is none (boundaries) stays. */
static void
unquote(char *s)
{
	char *to = s;
	uint8_t byte;

	for (; *s != '\0'; s++) {
		if (*s == '=' && s[1] == '\n') {
			s++;
		} else if (*s == '=' &&
			   text_unhex(&byte, 1, span_of(s + 1, 2))) {
			*to++ = (char)byte;
			s += 2;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

static void
test_headers(void **state)
{
	char *text = letter("https://p.example/", NULL);

	(void)state;
	assert_non_null(strstr(text, "From: ct@example.com\n"
				     "To: jane.roe@example.com\nSubject: "));
	assert_non_null(
	    strstr(text, "\nDate: Sun, 06 Nov 1994 08:49:37 +0000\n"
			 "Message-ID: <0123456789abcdef@example.com>\n"
			 "Auto-Submitted: auto-generated\n"));
	assert_non_null(strstr(text, "\n--=_0123456789abcdef--\n"));
	free(text);
}

static void
widths(const char *text, size_t most)
{
	for (size_t n; *text != '\0'; text += n + (text[n] != '\0')) {
		n = strcspn(text, "\n");
		assert_true(n <= most);
		assert_true(n == 0 || text[n - 1] != ' ');
	}
}

/* However long what is filled in is; with a path or without. */
static void
test_long(void **state)
{
	char url[1024];
	char *text;

	(void)state;
	snprintf(url, sizeof(url), "https://%0100d.example:8443/%0600d", 1, 2);
	text = letter(url, "https://example.com/somewhere/far/away/to/ask/");
	widths(text, 76);
	unquote(text);
	snprintf(url + strlen(url), 64, "/confirm?t=" TOKEN "\n");
	assert_non_null(strstr(text, url));
	assert_non_null(strstr(text, "01.example\n"));
	assert_null(strstr(text, ":8443 "));
	assert_null(strchr(text, '{'));
	free(text);
	text = letter("https://p.example/x/", "ask@example.com");
	unquote(text);
	assert_non_null(
	    strstr(text, "\n\nhttps://p.example/x/confirm?t=" TOKEN "\n\n"));
	assert_non_null(strstr(text, "ask@example.com"));
	free(text);
}

/* What is filled in is text of the page, never markup. */
static void
test_markup(void **state)
{
	char *text = letter("https://p.example/a&b'c", "https://a/?x=<b>\n&y");
	const char *page;

	(void)state;
	unquote(text);
	page = strstr(text, "<!DOCTYPE html>");
	assert_non_null(page);
	assert_non_null(strstr(page, "href=\"https://p.example/a&#38;b&#39;c/"
				     "confirm?t=" TOKEN "\""));
	assert_non_null(strstr(page, "x=&#60;b&#62;"));
	assert_null(strstr(page, "<b>\n"));
	free(text);
}

/* How long things are kept, which the configuration says. */
static void
test_times(void **state)
{
	char *text = letter("https://p.example/", NULL);

	(void)state;
	assert_non_null(strstr(text, "deleted after 1 day,"));
	assert_non_null(strstr(text, "that for 4 days each"));
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_headers),
	    cmocka_unit_test(test_long),
	    cmocka_unit_test(test_markup),
	    cmocka_unit_test(test_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
