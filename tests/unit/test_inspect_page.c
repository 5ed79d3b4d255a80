/* Lines of `inspect`: where they break, and how wide they are. */
#include "monitor/inspect_page.h"
#include "tests/unit/support.h"

static struct buf out;

static struct page
page_of(const struct inspect_style *style)
{
	buf_clear(&out);
	return (struct page){.out = &out, .style = style};
}

static void
want(const char *text)
{
	assert_string_equal(buf_cstr(&out), text);
}

static void
test_columns(void **state)
{
	(void)state;
	assert_int_equal(page_columns(span_str("Jane")), 4);
	assert_int_equal(page_columns(span_str("花子")), 4);
	/* A combining accent stands above its letter. */
	assert_int_equal(page_columns(span_str("e\u0301")), 1);
	assert_int_equal(page_columns(span_str("ab\xff")), 2);
}

static void
test_wrap(void **state)
{
	const struct inspect_style style = {.width = 12};
	struct page p = page_of(&style);

	(void)state;
	page_line(&p, 2, 4);
	page_str(&p, "one two  three four");
	page_end(&p);
	want("  one two\n    three\n    four\n");
	/* What is put behind a word stays with it. */
	p = page_of(&style);
	page_line(&p, 0, 2);
	page_str(&p, "one two three");
	page_str(&p, "; f");
	page_str(&p, "o");
	page_end(&p);
	want("one two\n  three; fo\n");
	/* Into a file, words that are too long stay whole. */
	p = page_of(&style);
	page_str(&p, "a sixteen-letters b");
	page_end(&p);
	want("a\nsixteen-letters\nb\n");
}

static void
test_column(void **state)
{
	const struct inspect_style style = {.width = 20};
	struct page p = page_of(&style);

	(void)state;
	page_line(&p, 2, 4);
	page_str(&p, "short");
	page_column(&p, 10);
	page_str(&p, "one two three");
	page_end(&p);
	want("  short   one two\n          three\n");
	p = page_of(&style);
	page_line(&p, 2, 4);
	page_str(&p, "too-long-for-it");
	page_column(&p, 10);
	page_str(&p, "one");
	page_end(&p);
	want("  too-long-for-it\n          one\n");
}

static void
test_terminal(void **state)
{
	const struct inspect_style style = {
	    .width = 8, .terminal = true, .colour = true};
	struct page p = page_of(&style);

	(void)state;
	page_line(&p, 0, 2);
	page_str(&p, "a 12345678901234");
	page_str(&p, "56");
	page_end(&p);
	want("a 123456\n  789012\n  3456\n");
	/* Inks take no room, and end with the line. */
	p = page_of(&style);
	page_line(&p, 0, 2);
	page_str(&p, "one ");
	page_ink(&p, INK_RED);
	page_str(&p, "fourth");
	page_end(&p);
	want("one\033[1;31m\n  fourth\033[0m\n");
	p = page_of(&style);
	page_foreign(&p, span_str("\033[1m"));
	page_end(&p);
	assert_null(memchr(out.p, 033, out.len));
}

static int
fini(void **state)
{
	(void)state;
	buf_fini(&out);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_columns),
	    cmocka_unit_test(test_wrap),
	    cmocka_unit_test(test_column),
	    cmocka_unit_test(test_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, fini);
}
