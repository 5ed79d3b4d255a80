/* text: hex, numbers, UTF-8, times, and the escapers that stand between
 * hostile text and a person. base64 is in test_base64. */
#include "tests/unit/support.h"

#include "ctlog/base/limits.h"

/* --- hex and numbers ------------------------------------------------------ */

static void
test_hex(void **state)
{
	uint8_t all[256], back[256];
	struct buf hex = {0};

	(void)state;
	for (size_t i = 0; i < 256; i++)
		all[i] = (uint8_t)i;
	text_hex(&hex, span_of(all, 256));
	assert_int_equal(hex.len, 512);
	assert_memory_equal(hex.p, "000102", 6);
	assert_memory_equal(hex.p + 506, "fdfeff", 6);
	assert_true(text_unhex(back, 256, buf_span(&hex)));
	assert_memory_equal(back, all, 256);
	assert_true(text_unhex(back, 2, span_str("AbCd")));
	assert_memory_equal(back, "\xab\xcd", 2);
	assert_false(text_unhex(back, 2, span_str("abc")));
	assert_false(text_unhex(back, 2, span_str("abcde")));
	assert_false(text_unhex(back, 2, span_str("abcg")));
	assert_false(text_unhex(back, 2, span_str("0xab")));
	assert_false(text_unhex(back, 2, span_str("ab d")));
	assert_true(text_unhex(back, 0, span_str("")));
	buf_fini(&hex);
}

static void
test_u64(void **state)
{
	static const char *const bad[] = {"", "00", "01", "-1", "+1", " 1",
	    "1 ", "1.0", "0x1", "a", "18446744073709551616",
	    "99999999999999999999", "1\n"};
	uint64_t v = 1;

	(void)state;
	assert_true(text_u64(&v, span_str("0")));
	assert_int_equal(v, 0);
	assert_true(text_u64(&v, span_str("18446744073709551615")));
	assert_true(v == UINT64_MAX);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(text_u64(&v, span_str(bad[i])));
	assert_true(v == UINT64_MAX);
}

/* As printf has it, around every power of ten. */
static void
test_u64_put(void **state)
{
	char got[TEXT_U64], want[TEXT_U64];

	(void)state;
	for (uint64_t ten = 1, more = 0; more < 20; more++, ten *= 10)
		for (uint64_t v = ten - 2; v != ten + 2; v++) {
			snprintf(
			    want, sizeof(want), "%llu", (unsigned long long)v);
			assert_int_equal(text_u64_put(got, v), strlen(want));
			assert_string_equal(got, want);
		}
}

/* --- UTF-8 ---------------------------------------------------------------- */

/* A byte above 127 at every place of a long text is seen. */
static void
test_ascii(void **state)
{
	uint8_t text[40];

	(void)state;
	memset(text, 'a', sizeof(text));
	for (size_t len = 0; len <= sizeof(text); len++) {
		assert_true(text_is_ascii(span_of(text, len)));
		assert_int_equal(text_utf8_len(span_of(text, len)), len);
		for (size_t at = 0; at < len; at++) {
			text[at] = 0x80;
			assert_false(text_is_ascii(span_of(text, len)));
			assert_int_equal(text_utf8_len(span_of(text, len)), at);
			text[at] = 'a';
		}
	}
}

/* Every character there is goes there and back; surrogates do not exist. */
static void
test_utf8_all(void **state)
{
	uint8_t b[4];

	(void)state;
	for (uint32_t ch = 0; ch <= 0x110000; ch++) {
		size_t n = text_utf8_put(b, ch), at = 0;
		bool real = ch <= 0x10ffff && (ch < 0xd800 || ch > 0xdfff);

		if (text_utf8_len(span_of(b, n)) != n ||
		    text_utf8_next(span_of(b, n), &at) !=
			(real ? ch : 0xfffd) ||
		    at != n)
			fail_msg("character %x", ch);
		if (n > 1 && text_utf8_len(span_of(b, n - 1)) != 0)
			fail_msg("half of character %x", ch);
	}
}

static void
test_utf8_bad(void **state)
{
	static const char *const bad[] = {"\x80", "\xbf", "\xc0\x80",
	    "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xed\xa0\x80",
	    "\xed\xbf\xbf", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf",
	    "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xc3", "\xc3(",
	    "\xe2\x82", "\xe2(\xa1", "\xf0\x9f\x98", "\xf0\x9f(\x80",
	    "\xf8\x88\x80\x80\x80"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct buf b = {0};

		assert_int_equal(text_utf8_len(span_str(bad[i])), 0);
		buf_str(&b, "ab\xc3\xa9");
		buf_str(&b, bad[i]);
		buf_str(&b, "cd");
		assert_int_equal(text_utf8_len(buf_span(&b)), 4);
		assert_false(text_is_utf8(buf_span(&b)));
		buf_fini(&b);
	}
	assert_true(text_is_utf8(span_of(NULL, 0)));
	assert_true(text_is_utf8(span_of("\0", 1)));
	assert_true(text_is_ascii(span_str("abc\x7f")));
	assert_false(text_is_ascii(span_str("abc\x80")));
}

/* --- one safe line -------------------------------------------------------- */

static void
line_is(struct span in, const char *want)
{
	struct buf out = {0};
	char quote[512];

	text_line(&out, in, 400);
	assert_string_equal(buf_cstr(&out), want);
	assert_string_equal(text_quote(quote, sizeof(quote), in), want);
	buf_fini(&out);
}

static void
test_line(void **state)
{
	(void)state;
	line_is(span_str("plain ASCII, 'quoted' \"twice\""),
	    "plain ASCII, 'quoted' \"twice\"");
	line_is(span_str("Jos\u00e9 \u5f20 \U0001f600"),
	    "Jos\u00e9 \u5f20 \U0001f600");
	line_is(span_of("a\0b", 3), "a\\u{0}b");
	line_is(span_str("a\r\nb\tc"), "a\\u{d}\\u{a}b\\u{9}c");
	line_is(span_str("\x1b[31mred\x7f"), "\\u{1b}[31mred\\u{7f}");
	line_is(span_str("c1 \xc2\x9b[0m \xc2\x85"), "c1 \\u{9b}[0m \\u{85}");
	line_is(span_str("back\\slash \\u{41}"), "back\\\\slash \\\\u{41}");
	line_is(span_str("\u202egnp.exe"), "\\u{202e}gnp.exe");
	line_is(span_str("\u2066\u2067\u2068\u2069\u200e\u200f\u061c"),
	    "\\u{2066}\\u{2067}\\u{2068}\\u{2069}\\u{200e}\\u{200f}\\u{61c}");
	line_is(span_str("\u200b\u200d\u2060\ufeff\u00ad"),
	    "\\u{200b}\\u{200d}\\u{2060}\\u{feff}\\u{ad}");
	line_is(span_str("\u2028\u2029"), "\\u{2028}\\u{2029}");
	line_is(span_str("\U000e0041"), "\\u{e0041}");
	line_is(
	    span_str("\xff\xc3(\xed\xa0\x80"), "\\xff\\xc3(\\xed\\xa0\\x80");
	line_is(span_str(""), "");
}

/* No character comes through that moves a cursor or turns text around. */
static void
test_line_all(void **state)
{
	struct buf out = {0};
	uint8_t b[4];

	(void)state;
	for (uint32_t ch = 0; ch <= 0x10ffff; ch++) {
		size_t n = text_utf8_put(b, ch);
		bool control = ch < 0x20 || (ch >= 0x7f && ch <= 0x9f) ||
			       (ch >= 0x202a && ch <= 0x202e) ||
			       (ch >= 0x2066 && ch <= 0x2069) || ch == 0x2028 ||
			       ch == 0x2029 || ch == 0x200e || ch == 0x200f ||
			       ch == 0x61c;

		buf_clear(&out);
		text_line(&out, span_of(b, n), 100);
		if (control && out.p[0] != '\\')
			fail_msg("character %x comes through", ch);
		if (!text_is_utf8(buf_span(&out)))
			fail_msg("character %x is spoiled", ch);
	}
	buf_fini(&out);
}

static void
test_class(void **state)
{
	static const char *const want[][2] = {
	    {"", "empty"},
	    {" \r\n\t", "text"},
	    {"\n {\"a\":1}", "JSON"},
	    {"[", "JSON"},
	    {"<html>", "HTML"},
	    {"Jane Roe", "text"},
	    {"~", "text"},
	    {"\x1f\x8b", "binary"},
	    {"\x7f", "binary"},
	    {"\xc3\xa9", "binary"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		assert_string_equal(
		    text_class(span_str(want[i][0])), want[i][1]);
	assert_string_equal(text_class(span_of("\0{", 2)), "binary");
}

/* What a line keeps, a page shows; nothing of it is markup. */
static void
test_html(void **state)
{
	struct buf out = {0};

	(void)state;
	text_html(&out, span_str("<a href=\"x\" o='y'>&amp;\\"), 100);
	assert_string_equal(buf_cstr(&out),
	    "&#60;a href=&#34;x&#34; o=&#39;y&#39;&#62;&#38;amp;\\\\");
	buf_clear(&out);
	text_html(&out, span_of("a\0b\u202e\xff\u05d0", 9), 100);
	assert_string_equal(buf_cstr(&out), "a\\u{0}b\\u{202e}\\xff\u05d0");
	buf_clear(&out);
	text_html(&out, span_str("<<<<<<<<"), 3);
	assert_string_equal(buf_cstr(&out), "&#60;&#60;&#60;…");
	buf_clear(&out);
	for (int c = 0; c < 256; c++) {
		uint8_t one = (uint8_t)c;

		text_html(&out, span_of(&one, 1), 100);
	}
	for (size_t i = 0; i < out.len; i++)
		assert_null(strchr("<>\"'", out.p[i]));
	buf_fini(&out);
}

static void
test_line_max(void **state)
{
	struct span in = span_str("ab\u00e9\x01");
	char quote[16];

	(void)state;
	for (size_t max = 0; max <= 12; max++) {
		struct buf out = {0};

		text_line(&out, in, max);
		assert_true(out.len <= max + strlen("…"));
		assert_true(text_is_utf8(buf_span(&out)));
		if (max >= 9)
			assert_string_equal(buf_cstr(&out), "ab\u00e9\\u{1}");
		else if (max >= 4)
			assert_string_equal(buf_cstr(&out), "ab\u00e9…");
		else if (max >= 2)
			assert_string_equal(buf_cstr(&out), "ab…");
		buf_fini(&out);
	}
	assert_string_equal(
	    text_quote(quote, sizeof(quote), span_str("123456789")),
	    "12345678…");
	assert_string_equal(
	    text_quote(quote, sizeof(quote), span_str("12345678")), "12345678");
	assert_string_equal(
	    text_quote(quote, sizeof(quote), span_str("1234\xff\xff")),
	    "1234\\xff…");
	assert_string_equal(QUOTE(span_str("a\nb")), "a\\u{a}b");
}

static void
json_is(struct span in, const char *want)
{
	struct buf out = {0};

	text_json(&out, in);
	assert_string_equal(buf_cstr(&out), want);
	buf_fini(&out);
}

/* What another printer of JSON left as it was. */
static void
test_json_plain(void **state)
{
	struct buf out = {0};

	(void)state;
	text_json_plain(&out,
	    span_str("{\"a\":\"\\n\xc3\xbc \xc2\x9b \x7f \xe2\x80\xae\"}"));
	assert_string_equal(
	    buf_cstr(&out), "{\"a\":\"\\n\xc3\xbc \\u009b \\u007f \\u202e\"}");
	buf_fini(&out);
}

static void
test_json(void **state)
{
	(void)state;
	json_is(span_str(""), "\"\"");
	json_is(span_str("a \"b\" \\ /"), "\"a \\\"b\\\" \\\\ /\"");
	json_is(
	    span_str("a\n\t\r\x1f\x7f"), "\"a\\n\\t\\u000d\\u001f\\u007f\"");
	json_is(span_of("\0", 1), "\"\\u0000\"");
	json_is(span_str("Jos\u00e9 \U0001f600"), "\"Jos\u00e9 \U0001f600\"");
	json_is(span_str("\u2028\u202e\xc2\x85"), "\"\\u2028\\u202e\\u0085\"");
	json_is(
	    span_str("\U000e0041\U0001f600"), "\"\\udb40\\udc41\U0001f600\"");
	json_is(span_str("a\xff\xc3"), "\"a\ufffd\ufffd\"");
}

/* --- times ---------------------------------------------------------------- */

static void
time_is(const char *in, const char *want)
{
	char out[TEXT_TIME];
	int64_t ms;

	if (!text_untime(&ms, span_str(in)))
		fail_msg("no time: %s", in);
	assert_string_equal(text_time(out, ms), want);
}

static void
test_untime(void **state)
{
	int64_t ms;

	(void)state;
	assert_true(text_untime(&ms, span_str("1970-01-01T00:00:00Z")));
	assert_int_equal(ms, 0);
	assert_true(text_untime(&ms, span_str("2026-11-20T08:15:36.789Z")));
	assert_int_equal(ms, INT64_C(1795162536789));
	time_is("2026-11-20", "2026-11-20T00:00:00.000Z");
	time_is("2026-11-20t08:15:36z", "2026-11-20T08:15:36.000Z");
	time_is("2026-11-20 08:15:36Z", "2026-11-20T08:15:36.000Z");
	time_is("2016-11-30T13:24:18.33Z", "2016-11-30T13:24:18.330Z");
	time_is("2016-11-30T13:24:18.3339999999999999999Z",
	    "2016-11-30T13:24:18.333Z");
	time_is("2026-01-01T00:30:00+01:00", "2025-12-31T23:30:00.000Z");
	time_is("2025-12-31T23:30:00-01:00", "2026-01-01T00:30:00.000Z");
	time_is("2026-01-01T00:00:00-00:00", "2026-01-01T00:00:00.000Z");
	time_is("2024-02-29", "2024-02-29T00:00:00.000Z");
	time_is("2000-02-29", "2000-02-29T00:00:00.000Z");
	time_is("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z");
	time_is("0000-01-01", "0000-01-01T00:00:00.000Z");
	time_is("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z");
	/* a leap second is the first of the next minute */
	time_is("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z");
}

static void
test_untime_bad(void **state)
{
	static const char *const bad[] = {"", "2026", "2026-11", "2026-11-",
	    "2026-1-1", "26-11-20", "2026-00-01", "2026-13-01", "2026-01-00",
	    "2026-01-32", "2026-04-31", "2026-02-29", "1900-02-29",
	    "2100-02-29", "2026-02-30", "2026-11-20T", "2026-11-20Z",
	    "2026-11-20T08", "2026-11-20T08:15", "2026-11-20T08:15:36",
	    "2026-11-20T24:00:00Z", "2026-11-20T08:60:00Z",
	    "2026-11-20T08:15:61Z", "2026-11-20T08:15:36.Z",
	    "2026-11-20T08:15:36,5Z", "2026-11-20T08:15:36.5",
	    "2026-11-20T08:15:36ZZ", "2026-11-20T08:15:36+0100",
	    "2026-11-20T08:15:36+24:00", "2026-11-20T08:15:36+01:60",
	    "2026-11-20T08:15:36+01", "2026-11-20T08:15:36 01:00",
	    " 2026-11-20", "2026-11-20 ", "-026-11-20", "+2026-11-20",
	    "2026/11/20", "2026-11-20T08:15:36Z\n", "now"};
	int64_t ms = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (text_untime(&ms, span_str(bad[i])))
			fail_msg("taken: %s", bad[i]);
	assert_false(text_untime(&ms, span_of("2026-11-20\0", 11)));
	assert_int_equal(ms, 7);
}

static void
test_time_round_trip(void **state)
{
	const int64_t first = INT64_C(-62167219200000);
	const int64_t last = INT64_C(253402300799999);
	char out[TEXT_TIME];
	uint64_t seed = 1;
	int64_t ms, back;

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		ms = first +
		     (int64_t)random_below(&seed, (uint64_t)(last - first + 1));
		assert_true(text_untime(&back, span_str(text_time(out, ms))));
		assert_int_equal(back, ms);
	}
	assert_string_equal(
	    text_time(out, last + 1), "9999-12-31T23:59:59.999Z");
	text_time(out, INT64_MAX);
	text_time(out, INT64_MIN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_hex),
	    cmocka_unit_test(test_u64),
	    cmocka_unit_test(test_u64_put),
	    cmocka_unit_test(test_ascii),
	    cmocka_unit_test(test_utf8_all),
	    cmocka_unit_test(test_utf8_bad),
	    cmocka_unit_test(test_line),
	    cmocka_unit_test(test_line_all),
	    cmocka_unit_test(test_class),
	    cmocka_unit_test(test_html),
	    cmocka_unit_test(test_line_max),
	    cmocka_unit_test(test_json),
	    cmocka_unit_test(test_json_plain),
	    cmocka_unit_test(test_untime),
	    cmocka_unit_test(test_untime_bad),
	    cmocka_unit_test(test_time_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
