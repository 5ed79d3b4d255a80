/* buf, and the messages and arenas that grow beside it. */
#include "tests/unit/support.h"

#include "ctlog/base/arena.h"
#include "ctlog/base/rd.h"

static void
test_grow(void **state)
{
	struct buf b = {0};
	const uint8_t *p;

	(void)state;
	for (size_t i = 0; i < 100000; i++)
		buf_char(&b, (char)i);
	assert_int_equal(b.len, 100000);
	assert_true(b.cap >= b.len);
	for (size_t i = 0; i < b.len; i++)
		assert_int_equal(b.p[i], (uint8_t)i);
	p = b.p;
	buf_clear(&b);
	assert_int_equal(b.len, 0);
	buf_str(&b, "again");
	assert_ptr_equal(b.p, p);
	assert_true(span_eq_str(buf_span(&b), "again"));
	buf_fini(&b);
	assert_null(b.p);
	assert_int_equal(b.len + b.cap, 0);
	buf_fini(&b);
}

static void
test_add(void **state)
{
	struct buf b = {0};

	(void)state;
	assert_string_equal(buf_cstr(&b), "");
	buf_add(&b, NULL, 0);
	buf_span_add(&b, span_of(NULL, 0));
	buf_fmt(&b, "%s", "");
	assert_int_equal(b.len, 0);
	buf_fmt(&b, "%d-%s", 42, "x");
	buf_char(&b, '\0');
	buf_span_add(&b, span_str("yz"));
	assert_int_equal(b.len, 7);
	assert_memory_equal(b.p, "42-x\0yz", 7);
	assert_memory_equal(buf_cstr(&b), "42-x\0yz\0", 8);
	assert_int_equal(b.len, 7);
	*buf_room(&b, 1000) = 'r';
	assert_int_equal(b.len, 7);
	assert_true(b.cap >= 1007);
	buf_fini(&b);
}

/* A format that is longer than all there is room for. */
static void
test_fmt_long(void **state)
{
	char text[5000];
	struct buf b = {0};

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (unsigned i = 0; i < 10; i++)
		buf_fmt(&b, "%s|", text);
	assert_int_equal(b.len, 50000);
	assert_int_equal(b.p[49999], '|');
	assert_int_equal(b.p[49998], 'x');
	buf_fini(&b);
}

/* What is written is read back. */
static void
test_integers(void **state)
{
	struct buf b = {0};
	struct rd r;

	(void)state;
	for (size_t n = 1; n <= 8; n++) {
		uint64_t max = n == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * n) - 1;

		buf_clear(&b);
		buf_uint(&b, max, n);
		buf_uint(&b, 0, n);
		buf_uint(&b, 1, n);
		buf_vec(&b, span_str("abc"), n);
		buf_vec(&b, span_of(NULL, 0), n);
		r = rd_of(buf_span(&b));
		assert_true(rd_uint(&r, n) == max);
		assert_int_equal(rd_uint(&r, n), 0);
		assert_int_equal(rd_uint(&r, n), 1);
		assert_true(span_eq_str(rd_vec(&r, n), "abc"));
		assert_int_equal(rd_vec(&r, n).len, 0);
		assert_true(rd_done(&r));
	}
	buf_fini(&b);
}

static void
test_err(void **state)
{
	char text[3000];
	struct err e;

	(void)state;
	assert_int_equal(err_set(NULL, ST_BAD, "x"), ST_BAD);
	err_prefix(NULL, "x");
	assert_int_equal(err_set(&e, ST_IO, "entry %d: %s", 7, "bad"), ST_IO);
	assert_string_equal(e.text, "entry 7: bad");
	err_prefix(&e, "log %s", "a");
	assert_string_equal(e.text, "log a: entry 7: bad");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	err_prefix(&e, "%s", "");
	assert_string_equal(e.text, ": log a: entry 7: bad");
	err_prefix(&e, "%s", text);
	assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
	err_set(&e, ST_BAD, "%s", text);
	assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
	err_prefix(&e, "log");
	assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
	assert_memory_equal(e.text, "log: xxx", 8);
	for (int st = 0; st <= ST_DENIED; st++)
		assert_string_not_equal(
		    status_name((enum status)st), "unknown");
	assert_string_equal(status_name((enum status)9999), "unknown");
}

static void
test_arena(void **state)
{
	uint64_t memory[8];
	struct arena a = arena_of(memory, sizeof(memory));
	struct span s;
	uint8_t *p, *q;

	(void)state;
	p = arena_get(&a, 3);
	q = arena_get(&a, 5);
	assert_ptr_equal(p, memory);
	assert_ptr_equal(q, memory + 1);
	s = arena_copy(&a, span_str("hello"));
	assert_true(span_eq_str(s, "hello"));
	assert_ptr_equal(s.p, memory + 2);
	assert_int_equal(arena_copy(&a, span_of(NULL, 0)).len, 0);
	assert_null(arena_get(&a, SIZE_MAX));
	assert_null(arena_get(&a, SIZE_MAX - 7));
	assert_null(arena_get(&a, 41));
	assert_int_equal(arena_copy(&a, span_of(memory, 64)).len, 0);
	assert_non_null(arena_get(&a, 40));
	assert_null(arena_get(&a, 1));
	assert_non_null(arena_get(&a, 0));
	arena_clear(&a);
	assert_non_null(arena_get(&a, 64));
	a = arena_of(memory, 5);
	assert_non_null(arena_get(&a, 5));
	assert_null(arena_get(&a, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_grow),
	    cmocka_unit_test(test_add),
	    cmocka_unit_test(test_fmt_long),
	    cmocka_unit_test(test_integers),
	    cmocka_unit_test(test_err),
	    cmocka_unit_test(test_arena),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
