/* page: replies by hand, good and bad, and a comparison with jansson on random
 * ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <jansson.h>

#include "ctlog/base/limits.h"
#include "ctlog/wire/page.h"
#include "tests/unit/data.h"

/* A reply with its entries, as one line: "leaf,extra;leaf,extra;" of raw
 * contents, or NULL when the scanner refuses it. The text is scanned in a block
 * of its exact length, so that ASan sees a read behind it. */
static const char *
scan(struct buf *out, struct span json)
{
	uint8_t *text = malloc(json.len);
	struct span leaf, extra;
	struct err e = {""};
	struct page p;
	enum status st;

	if (json.len > 0)
		memcpy(text, json.p, json.len);
	buf_clear(out);
	st = page_open(&p, span_of(text, json.len), &e);
	while (st == ST_OK) {
		st = page_next(&p, &leaf, &extra, &e);
		if (st != ST_OK)
			break;
		buf_span_add(out, leaf);
		buf_char(out, ',');
		buf_span_add(out, extra);
		buf_char(out, ';');
	}
	/* The verdict stays. */
	assert_int_equal(page_next(&p, &leaf, &extra, NULL), st);
	if (st != ST_MISSING)
		assert_int_equal(st, ST_BAD);
	if (st == ST_BAD)
		assert_non_null(strstr(e.text, "RFC 6962"));
	free(text);
	return st == ST_MISSING ? buf_cstr(out) : NULL;
}

static void
test_accepted(void **state)
{
	static const char *const v[][2] = {
	    {"{\"entries\":[]}", ""},
	    {" {\n\"entries\"\t:\r[ ] } \n", ""},
	    {"{\"entries\":[{\"leaf_input\":\"AA==\",\"extra_data\":\"BB\"}]}",
		"AA==,BB;"},
	    {"{\"entries\":[{\"extra_data\":\"\",\"leaf_input\":\"\"}]}", ",;"},
	    {"{\"entries\":[{\"leaf_input\":\"A\"},{\"leaf_input\":\"B\"}]}",
		"A,;B,;"},
	    {"{\"entries\":[{\"leaf_input\":\"A\",\"extra_data\":null}]}",
		"A,;"},
	    {"{\"a\":1,\"entries\":[{\"x\":[],\"leaf_input\":\"A\",\"y\":{}}],"
	     "\"b\":[1,{\"entries\":[]}]}",
		"A,;"},
	    {"{\"entries\":[{\"leaf_input\":\"a\\/b\\\\\",\"extra_data\":"
	     "\"\\\"\\\\\\\"\"}]}",
		"a\\/b\\\\,\\\"\\\\\\\";"},
	    {"{\"\\u0065ntri\\u0065s\":[{\"leaf\\u005Finput\":\"A\"}]}", "A,;"},
	    {"{\"x\":\"\\u0000\\ud800\",\"entries\":[]}", ""},
	    {"{\"x\":[true,false,null,0,-0,1.5,-2e9,3E+1,4e-1,10],\"entries\":"
	     "[]}",
		""},
	    {"{\"entriesx\":0,\"entrie\":0,\"\":0,\"\\u0065\":0,\"entries\":"
	     "[]}",
		""},
	};
	struct buf b = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		const char *got = scan(&b, span_str(v[i][0]));

		assert_non_null(got);
		assert_string_equal(got, v[i][1]);
	}
	buf_fini(&b);
}

static void
test_refused(void **state)
{
	static const char *const v[] = {
	    "",
	    " ",
	    "null",
	    "[]",
	    "\"entries\"",
	    "<html><body>error</body></html>",
	    "{}",
	    "{,}",
	    "{\"entries\"}",
	    "{\"entries\":}",
	    "{\"entries\":null}",
	    "{\"entries\":{}}",
	    "{\"entries\":\"\"}",
	    "{\"x\":[]}",
	    "{\"entries\":[}",
	    "{\"entries\":[]",
	    "{\"entries\":[]]",
	    "{\"entries\":[],}",
	    "{\"entries\":[]}x",
	    "{\"entries\":[]}{}",
	    "{\"entries\":[],\"entries\":[]}",
	    "{\"entries\":[],\"\\u0065ntries\":[]}",
	    "{\"entries\":[,]}",
	    "{\"entries\":[1]}",
	    "{\"entries\":[null]}",
	    "{\"entries\":[\"\"]}",
	    "{\"entries\":[[]]}",
	    "{\"entries\":[{}]}",
	    "{\"entries\":[{\"extra_data\":\"\"}]}",
	    "{\"entries\":[{\"leaf_input\":null}]}",
	    "{\"entries\":[{\"leaf_input\":1}]}",
	    "{\"entries\":[{\"leaf_input\":[\"\"]}]}",
	    "{\"entries\":[{\"leaf_input\":\"\",\"leaf_input\":\"\"}]}",
	    "{\"entries\":[{\"leaf_input\":\"\",\"leaf_inpu\\u0074\":\"\"}]}",
	    "{\"entries\":[{\"leaf_input\":\"\",\"extra_data\":1}]}",
	    "{\"entries\":[{\"leaf_input\":\"\",\"extra_data\":nul}]}",
	    "{\"entries\":[{\"extra_data\":null,\"leaf_input\":\"\","
	    "\"extra_data\":null}]}",
	    "{\"entries\":[{\"leaf_input\":\"\"},]}",
	    "{\"entries\":[{\"leaf_input\":\"\",}]}",
	    "{\"entries\":[{\"leaf_input\" \"\"}]}",
	    "{\"entries\":[{\"leaf_input\":\"\"}{\"leaf_input\":\"\"}]}",
	    "{\"entries\":[{leaf_input:\"\"}]}",
	    "{\"entries\":[{\"leaf_input\":\"\\\"}]}",
	    "{\"entries\":[{\"leaf_input\":\"\"",
	    "{\"x\":01,\"entries\":[]}",
	    "{\"x\":+1,\"entries\":[]}",
	    "{\"x\":1.,\"entries\":[]}",
	    "{\"x\":.1,\"entries\":[]}",
	    "{\"x\":1e,\"entries\":[]}",
	    "{\"x\":-,\"entries\":[]}",
	    "{\"x\":tru,\"entries\":[]}",
	    "{\"x\":truex,\"entries\":[]}",
	    "{\"x\":[1,],\"entries\":[]}",
	    "{\"x\":[,1],\"entries\":[]}",
	    "{\"x\":{\"a\"},\"entries\":[]}",
	    "{\"x\":{\"a\":1,},\"entries\":[]}",
	    "{\"x\":{1:1},\"entries\":[]}",
	    "{\"x\":[},\"entries\":[]}",
	    "{\"x\":[1}],\"entries\":[]}",
	    "\xef\xbb\xbf{\"entries\":[]}",
	};
	struct buf b = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		if (scan(&b, span_str(v[i])) != NULL)
			fail_msg("accepted: %s", v[i]);
	assert_null(scan(&b, span_of("{\"entries\":[]}\0", 15)));
	buf_fini(&b);
}

static void
test_truncated(void **state)
{
	static const char text[] =
	    "{\"a\":[1.5e3,{\"b\":null}],\"entries\":[{\"leaf_input\":"
	    "\"AA==\",\"extra_data\":\"BB\\/B\",\"c\":true}],\"d\":\"\"}";
	struct buf b = {0};

	(void)state;
	assert_non_null(scan(&b, span_str(text)));
	for (size_t n = 0; n < sizeof(text) - 1; n++)
		assert_null(scan(&b, span_of(text, n)));
	buf_fini(&b);
}

static void
test_depth(void **state)
{
	static const size_t depth[] = {1, LIMIT_DEPTH, LIMIT_DEPTH + 1, 100000};
	struct buf json = {0}, b = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(depth) / sizeof(depth[0]); i++) {
		buf_clear(&json);
		buf_str(&json, "{\"x\":");
		data_fill(&json, '[', depth[i]);
		data_fill(&json, ']', depth[i]);
		buf_str(&json, ",\"entries\":[]}");
		assert_int_equal(
		    scan(&b, buf_span(&json)) != NULL, depth[i] <= LIMIT_DEPTH);
	}
	buf_fini(&json);
	buf_fini(&b);
}

/* What nobody asked for is skipped, but not without end. */
static void
test_unknown(void **state)
{
	static const char *const forms[][2] = {
	    {"{\"x\":[0", "],\"entries\":[]}"},
	    {"{\"entries\":[{\"leaf_input\":\"\",\"x\":[0", "]}]}"},
	    {"{\"entries\":[],\"x\":[0", "]}"}};
	struct buf json = {0}, b = {0};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(forms) / sizeof(forms[0]); i++) {
		bool much = i % 2;

		buf_clear(&json);
		buf_str(&json, forms[i / 2][0]);
		for (size_t n = 0; n < LIMIT_UNKNOWN / 2 - 10 + 10 * much; n++)
			buf_str(&json, ",0");
		buf_str(&json, forms[i / 2][1]);
		assert_int_equal(scan(&b, buf_span(&json)) == NULL, much);
	}
	buf_fini(&json);
	buf_fini(&b);
}

static void
test_messages(void **state)
{
	struct span leaf, extra;
	struct page p;
	struct err e;

	(void)state;
	/* What may be an entry's is not told. */
	page_open(&p, span_str(" \nJane Roe"), &e);
	assert_string_equal(e.text, "RFC 6962 4.6: get-entries reply is no "
				    "JSON object: 10 bytes, text");
	page_open(&p, span_str("<html>Jane Roe"), &e);
	assert_non_null(strstr(e.text, "14 bytes, HTML"));
	page_open(&p, span_str("{\"entries\": 7}"), &e);
	assert_non_null(strstr(e.text, "byte 12"));
	page_open(&p, span_str("{\"entries\": [7]}"), &e);
	page_next(&p, &leaf, &extra, &e);
	assert_non_null(strstr(e.text, "byte 13"));
}

static void
test_unbase64(void **state)
{
	static const struct {
		const char *in;
		ssize_t len;
		const char *out;
	} v[] = {
	    {"", 0, ""},
	    {"Zm9v", 3, "foo"},
	    {"Zm8=", 2, "fo"},
	    {"\\u005am9v", 3, "foo"},
	    {"Zm8\\u003d", 2, "fo"},
	    {"Zg\\u003D\\u003d", 1, "f"},
	    {"+\\/\\u002b\\u002f", 3, "\xfb\xff\xbf"},
	    {"Zm9v\\/\\/\\/\\/Zm8=", 8,
		"foo\xff\xff\xff"
		"fo"},
	    {"Zm8=\\/\\/\\/\\/", -1, ""},
	    {"Zg==Zm9\\u0076", -1, ""},
	    {"\\u005am9", -1, ""},
	    {"Zm9v\\", -1, ""},
	    {"Zm9\\u00", -1, ""},
	    {"Zm9\\u0176", -1, ""},
	    {"Zm9\\u0080", -1, ""},
	    {"Zm9\\x76", -1, ""},
	    {"Zm9v\\n", -1, ""},
	    {"\\/\\n\\/\\/", -1, ""},
	    {"\\/\xc3\\/\\/", -1, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		size_t len = strlen(v[i].in);
		uint8_t *out = malloc(len / 4 * 3);
		ssize_t n = page_unbase64(out, span_of(v[i].in, len));

		assert_int_equal(n, v[i].len);
		if (n > 0)
			assert_memory_equal(out, v[i].out, (size_t)n);
		free(out);
	}
}

/* --- random replies, against jansson -------------------------------------- */

static size_t
pick(size_t n)
{
	return (size_t)random() % n;
}

static void
gen_blank(struct buf *b)
{
	while (pick(4) == 0)
		buf_char(b, " \t\n\r"[pick(4)]);
}

/* A string that means `s`, with escapes now and then. */
static void
gen_string(struct buf *b, const char *s)
{
	buf_char(b, '"');
	for (; *s != '\0'; s++)
		if (pick(20) == 0)
			buf_fmt(b, "\\u%04x", (unsigned)*s);
		else if (*s == '/' && pick(4) == 0)
			buf_str(b, "\\/");
		else
			buf_char(b, *s);
	buf_char(b, '"');
}

static void
gen_base64(struct buf *b)
{
	uint8_t raw[40] = {0};
	struct buf text = {0};
	size_t len = pick(sizeof(raw));

	for (size_t i = 0; i < len; i++)
		raw[i] = (uint8_t)random();
	text_base64(&text, span_of(raw, len));
	gen_string(b, buf_cstr(&text));
	buf_fini(&text);
}

static void
gen_value(struct buf *b, unsigned depth)
{
	static const char *const scalar[] = {"0", "-12", "1.25", "3e2", "true",
	    "false", "null", "\"\"", "\"x\\\\\"", "\"\\\"\"",
	    "\"\\ud83d\\ude00\"", "\"\\b\\f\\n\\r\\t\\/\"", "\"Grüße\""};
	size_t kind = depth < 6 ? pick(4) : 0;

	gen_blank(b);
	if (kind < 2) {
		buf_str(b, scalar[pick(sizeof(scalar) / sizeof(scalar[0]))]);
	} else {
		size_t n = pick(4);

		buf_char(b, kind == 2 ? '[' : '{');
		for (size_t i = 0; i < n; i++) {
			buf_str(b, i ? "," : "");
			if (kind == 3)
				buf_fmt(b, "\"k%zu\" :", i);
			gen_value(b, depth + 1);
		}
		gen_blank(b);
		buf_char(b, kind == 2 ? ']' : '}');
	}
	gen_blank(b);
}

static void
gen_member(struct buf *b, const char *name)
{
	buf_str(b, b->p[b->len - 1] == '{' ? "" : ",");
	gen_blank(b);
	gen_string(b, name);
	gen_blank(b);
	buf_char(b, ':');
	gen_blank(b);
}

static void
gen_other(struct buf *b, char *name)
{
	while (pick(4) == 0) {
		gen_member(b, name);
		gen_value(b, 0);
		name[0]++;
	}
}

static void
gen_extra(struct buf *b)
{
	if (pick(6) == 0)
		return;
	gen_member(b, "extra_data");
	if (pick(8) == 0)
		buf_str(b, "null");
	else
		gen_base64(b);
}

static void
gen_entry(struct buf *b)
{
	char name[] = "a";
	bool extra_first = pick(3) == 0;

	buf_char(b, '{');
	gen_other(b, name);
	if (extra_first)
		gen_extra(b);
	gen_member(b, "leaf_input");
	gen_base64(b);
	if (!extra_first)
		gen_extra(b);
	gen_other(b, name);
	buf_char(b, '}');
}

static void
gen_reply(struct buf *b)
{
	char name[] = "a";
	size_t n = pick(4);

	buf_clear(b);
	gen_blank(b);
	buf_char(b, '{');
	gen_other(b, name);
	gen_member(b, "entries");
	buf_char(b, '[');
	for (size_t i = 0; i < n; i++) {
		gen_blank(b);
		gen_entry(b);
		gen_blank(b);
		buf_str(b, i + 1 < n ? "," : "");
	}
	buf_char(b, ']');
	gen_other(b, name);
	buf_char(b, '}');
	gen_blank(b);
}

static void
mutate(struct buf *b)
{
	static const char useful[] = "{}[]\",:\\/ntu0eE.+-= \n\x01";
	size_t at, n;

	if (b->len == 0)
		return;
	at = pick(b->len);
	switch (pick(4)) {
	case 0:
		b->p[at] = (uint8_t)useful[pick(sizeof(useful))];
		break;
	case 1:
		b->p[at] = (uint8_t)random();
		break;
	case 2: /* cut a piece out */
		n = pick(b->len - at < 20 ? b->len - at : 20) + 1;
		memmove(b->p + at, b->p + at + n, b->len - at - n);
		b->len -= n;
		break;
	default: /* double a piece */
		n = pick(b->len - at < 40 ? b->len - at : 40) + 1;
		buf_room(b, n);
		memmove(b->p + at + n, b->p + at, b->len - at);
		b->len += n;
	}
}

/* The documented form, as a tree. */
static bool
is_reply(const json_t *root)
{
	const json_t *entries = json_object_get(root, "entries"), *one, *extra;
	size_t i;

	if (!json_is_object(root) || !json_is_array(entries))
		return false;
	json_array_foreach(entries, i, one)
	{
		extra = json_object_get(one, "extra_data");
		if (!json_is_string(json_object_get(one, "leaf_input")))
			return false;
		if (extra != NULL && !json_is_string(extra) &&
		    !json_is_null(extra))
			return false;
	}
	return true;
}

/* A raw string and what jansson made of it decode to the same, or both not. */
static void
assert_same(struct span raw, const json_t *s)
{
	uint8_t a[4096], b[4096];
	struct span text = json_is_string(s) ? span_of(json_string_value(s),
						   json_string_length(s))
					     : span_of("", 0);
	ssize_t n, m;

	assert_true(raw.len <= sizeof(a) && text.len <= sizeof(b));
	n = page_unbase64(a, raw);
	m = text_unbase64(b, text);
	assert_int_equal(n, m);
	if (n > 0)
		assert_memory_equal(a, b, (size_t)n);
}

/* Whether the scanner takes the text; if so, and when there is a tree, both
 * give the same entries. */
static bool
compare(struct span json, const json_t *root)
{
	const json_t *entries = json_object_get(root, "entries"), *one;
	struct span leaf, extra;
	size_t num = 0;
	struct page p;
	enum status st;

	st = page_open(&p, json, NULL);
	while (st == ST_OK) {
		st = page_next(&p, &leaf, &extra, NULL);
		if (st != ST_OK)
			break;
		one = json_array_get(entries, num++);
		if (root == NULL)
			continue;
		assert_same(leaf, json_object_get(one, "leaf_input"));
		assert_same(extra, json_object_get(one, "extra_data"));
	}
	if (st == ST_MISSING && root != NULL) {
		assert_true(is_reply(root));
		assert_int_equal(num, json_array_size(entries));
	}
	return st == ST_MISSING;
}

/* Fail, and show the text on one line. */
static void
fail_text(const char *what, const struct buf *text)
{
	struct buf line = {0};

	text_line(&line, buf_span(text), text->len * 10);
	fail_msg("%s: %s", what, buf_cstr(&line));
}

static void
test_against_jansson(void **state)
{
	size_t good = 0, bad = 0;
	struct buf b = {0};
	json_t *root;
	bool took;

	(void)state;
	srandom(4);
	for (int i = 0; i < 40000; i++) {
		gen_reply(&b);
		for (size_t n = pick(4); n > 1; n--)
			mutate(&b);
		root = json_loadb(
		    (const char *)b.p, b.len, JSON_REJECT_DUPLICATES, NULL);
		took = compare(buf_span(&b), root);
		/* jansson overlooks a NUL behind a real number. */
		if (root != NULL && is_reply(root) && !took &&
		    span_chr(buf_span(&b), '\0') == b.len)
			fail_text("refused", &b);
		good += root != NULL && took;
		bad += root == NULL && !took;
		json_decref(root);
	}
	/* Both ways were tried. */
	assert_true(good > 10000 && bad > 5000);
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_accepted),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_truncated),
	    cmocka_unit_test(test_depth),
	    cmocka_unit_test(test_unknown),
	    cmocka_unit_test(test_messages),
	    cmocka_unit_test(test_unbase64),
	    cmocka_unit_test(test_against_jansson),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
