/* address: addresses in typed fields and in free text (pii.md 5.3). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "ctlog/base/buf.h"
#include "monitor/pii/address.h"

static uint8_t memory[1 << 16];

/* All addresses of a text, joined by blanks; "!" marks userinfo. */
static const char *
all(const char *text, bool typed)
{
	static struct buf out;
	struct arena arena = arena_of(memory, sizeof(memory));
	struct address_scan scan = address_scan_of(span_str(text), typed);
	struct address a;

	buf_clear(&out);
	while (address_next(&scan, &a)) {
		if (out.len > 0)
			buf_char(&out, ' ');
		if (a.userinfo)
			buf_char(&out, '!');
		buf_span_add(&out, address_text(&arena, &a));
	}
	return buf_cstr(&out);
}

#define TYPED(text, want) assert_string_equal(all(text, true), want)
#define FREE(text, want) assert_string_equal(all(text, false), want)
#define BOTH(text, want)                                                       \
	do {                                                                   \
		TYPED(text, want);                                             \
		FREE(text, want);                                              \
	} while (0)

static void
test_usual(void **state)
{
	(void)state;
	BOTH("jane.roe@example.com", "jane.roe@example.com");
	BOTH("  Jane.Roe@Example.COM. ", "Jane.Roe@Example.COM");
	BOTH("root@localhost", "root@localhost");
	BOTH("<jane@example.com>", "jane@example.com");
	BOTH("Jane Roe <jane@example.com>", "jane@example.com");
	BOTH("jane@example.com (Jane Roe)", "jane@example.com");
	BOTH("jane@example.com(comment)", "jane@example.com");
	BOTH("mailto:jane@example.com", "jane@example.com");
	TYPED("mailto://jane@example.com", "!jane@example.com");
	BOTH("a@b.example c@d.example", "a@b.example c@d.example");
	BOTH("a@b.example,c@d.example;e@f.example",
	    "a@b.example c@d.example e@f.example");
	BOTH("'jane@example.com'", "jane@example.com");
	BOTH("jane@[192.0.2.7]", "jane@[192.0.2.7]");
	BOTH("j.a.n.e+shop@gmail.com", "j.a.n.e+shop@gmail.com");
	BOTH("山田花子@例え.テスト", "山田花子@例え.テスト");
	BOTH("jane＠example．com", "jane@example．com");
	BOTH("a@b.example@c.example", "a@b.example");
	BOTH("邮箱：jane@example.com，谢谢", "jane@example.com");
}

static void
test_none(void **state)
{
	const char *none[] = {"", "@", "@@", "jane", "jane@", "@example.com",
	    "jane @ example.com", "jane@.", "jane@-", "a@ b", "Team @ Work",
	    "@\"@\"@", "(@)", "jane@[192.0.2.7", "\xff@\xff"};

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		BOTH(none[i], "");
}

static void
test_typed(void **state)
{
	(void)state;
	/* RFC 5322 allows more in a local part than free text does. */
	TYPED("a/b=c|d@example.com", "a/b=c|d@example.com");
	FREE("x=a/b|d@example.com", "d@example.com");
	TYPED("!#$%&'*+-/=?^_`{|}~@example.com",
	    "!#$%&'*+-/=?^_`{|}~@example.com");
	TYPED("_@example.com", "_@example.com");
	FREE("--@example.com", "");
	/* What people paste. */
	TYPED("emailAddress=jane@example.com", "jane@example.com");
	TYPED("/CN=Jane/E=jane@example.com", "jane@example.com");
	TYPED("x=jane@example.com", "x=jane@example.com");
	TYPED("test@test,org", "test@test,org");
	TYPED("a@b.example,org", "a@b.example");
	FREE("test@test,org", "test@test");
}

static void
test_quoted(void **state)
{
	(void)state;
	BOTH("\"jane@home\"@example.com", "\"jane@home\"@example.com");
	BOTH("x \"a b\"@example.com y", "\"a b\"@example.com");
	BOTH("\"a\\\"@b\"@example.com", "\"a\\\"@b\"@example.com");
	BOTH("\"Jane Roe\" <jane@example.com>", "jane@example.com");
	BOTH("\"bob@x.example\" <jane@y.example>",
	    "bob@x.example jane@y.example");
	BOTH("\"Bob\" <b@x.example>, \"Jane\" <j@x.example>",
	    "b@x.example j@x.example");
	BOTH("\"open@example.com", "open@example.com");
}

static void
test_comment(void **state)
{
	(void)state;
	BOTH("jane(work)@example.com", "jane@example.com");
	BOTH("jane@(at (work))example.com", "jane@example.com");
	BOTH("jane@(example.com", "");
	BOTH("jane(a(b)c)@example.com", "jane@example.com");
	BOTH("x)@example.com", "");
	BOTH("(only)@example.com", "");
}

static void
test_userinfo(void **state)
{
	(void)state;
	FREE("ftp://jane:secret@example.com/x", "!secret@example.com");
	FREE("see https://jane@example.com:80/", "!jane@example.com");
	FREE("https://example.com/?u=jane@example.com", "jane@example.com");
	FREE("https://example.com/jane@example.com", "jane@example.com");
}

static void
test_impossible(void **state)
{
	char text[40];

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_true(address_impossible(span_of(text, sizeof(text))));
	assert_true(address_impossible(span_of(NULL, 0)));
	/* Each sign at each place is seen. */
	for (size_t n = 1; n <= sizeof(text); n++)
		for (const char *c = "@%&\x01\x1f\x80\xff"; *c; c++) {
			text[n - 1] = *c;
			assert_false(address_impossible(span_of(text, n)));
			text[n - 1] = 'x';
		}
	for (int c = 0x20; c < 0x80; c++) {
		memset(text, c, sizeof(text));
		assert_int_equal(
		    address_impossible(span_of(text, sizeof(text))),
		    c != '@' && c != '%' && c != '&');
	}
}

static void
test_unescape(void **state)
{
	struct arena a = arena_of(memory, sizeof(memory));
	struct span plain = span_str("plain");

	(void)state;
	assert_ptr_equal(address_unescape(&a, plain).p, plain.p);
	assert_true(span_eq_str(
	    address_unescape(&a, span_str("j%40x%2eorg%")), "j@x.org%"));
	assert_true(
	    span_eq_str(address_unescape(&a, span_str("%zz%4")), "%zz%4"));
	a = arena_of(memory, 0);
	assert_true(span_eq_str(address_unescape(&a, span_str("%40")), "%40"));
}

/* A mebibyte of the worst that there is takes no time to speak of. */
static void
test_hostile(void **state)
{
	static const char *const units[] = {"@", "a@", "\"@", "a@-", ")@",
	    "\\\"@", "(a)@b", "\"a@b.c", "a@b.c/", "//a@b.c", "\xef\xbc\xa0"};
	static char text[1 << 20];
	struct timespec from, to;

	(void)state;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t n = strlen(units[i]);
		struct address_scan scan;
		struct address a;

		for (size_t at = 0; at + n <= sizeof(text); at += n)
			memcpy(text + at, units[i], n);
		scan = address_scan_of(span_of(text, sizeof(text)), i % 2 == 0);
		while (address_next(&scan, &a))
			assert_true(a.local.len > 0 && a.domain.len > 0);
	}
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
	assert_true(to.tv_sec - from.tv_sec < 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_usual),
	    cmocka_unit_test(test_none),
	    cmocka_unit_test(test_typed),
	    cmocka_unit_test(test_quoted),
	    cmocka_unit_test(test_comment),
	    cmocka_unit_test(test_userinfo),
	    cmocka_unit_test(test_impossible),
	    cmocka_unit_test(test_unescape),
	    cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
