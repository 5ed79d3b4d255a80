/* gzip: several members, the exact limit, and every kind of damage. */
#include "tests/unit/support.h"

#include <libdeflate.h>

#include "ctlog/base/gzip.h"

static uint8_t memory[1 << 20];

/* One gzip member that decodes to `in`, behind what is in out. */
static void
member(struct buf *out, struct span in)
{
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(6);
	size_t cap = libdeflate_gzip_compress_bound(c, in.len);
	uint8_t *p = buf_room(out, cap);

	out->len += libdeflate_gzip_compress(c, in.p, in.len, p, cap);
	libdeflate_free_compressor(c);
}

static enum status
run(struct span *out, struct span in, size_t room, struct err *e)
{
	struct gunzip *g = gunzip_new();
	struct arena a = arena_of(memory, room);
	enum status st = gunzip_run(g, &a, out, in, e);

	assert_true(a.used <= room);
	if (st == ST_OK) {
		assert_ptr_equal(out->p, memory);
		assert_int_equal(a.used, out->len);
	} else {
		assert_int_equal(a.used, 0);
	}
	gunzip_free(g);
	return st;
}

static void
test_one(void **state)
{
	static const size_t sizes[] = {0, 1, 100, 8192, 300000};
	static uint8_t text[300000];
	uint64_t seed = 1;
	struct span got;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)random_below(&seed, 7);
	for (size_t i = 0; i < 5; i++) {
		struct buf gz = {0};

		member(&gz, span_of(text, sizes[i]));
		assert_true(gzip_is(buf_span(&gz)));
		assert_status(
		    run(&got, buf_span(&gz), sizes[i], &e), ST_OK, &e);
		assert_true(span_eq(got, span_of(text, sizes[i])));
		if (sizes[i] > 0)
			assert_status(
			    run(&got, buf_span(&gz), sizes[i] - 1, &e),
			    ST_LIMIT, &e);
		buf_fini(&gz);
	}
}

static void
test_members(void **state)
{
	struct buf gz = {0};
	struct span got;
	struct err e;

	(void)state;
	member(&gz, span_str("one "));
	member(&gz, span_str(""));
	member(&gz, span_str("two "));
	member(&gz, span_str("three"));
	assert_status(run(&got, buf_span(&gz), 100, &e), ST_OK, &e);
	assert_true(span_eq_str(got, "one two three"));
	assert_status(run(&got, buf_span(&gz), 13, &e), ST_OK, &e);
	assert_status(run(&got, buf_span(&gz), 12, &e), ST_LIMIT, &e);
	assert_status(run(&got, buf_span(&gz), 3, &e), ST_LIMIT, &e);
	assert_status(
	    run(&got, span_of(gz.p, gz.len - 1), 100, &e), ST_BAD, &e);
	buf_char(&gz, 0);
	assert_status(run(&got, buf_span(&gz), 100, &e), ST_BAD, &e);
	buf_fini(&gz);
}

/* No truncation and no flipped bit decodes to another text. */
static void
test_damage(void **state)
{
	struct span text = span_str("a text that repeats, a text that repeats, "
				    "a text that repeats, and then ends");
	struct buf gz = {0};
	struct span got;
	struct err e;

	(void)state;
	member(&gz, text);
	for (size_t n = 0; n < gz.len; n++)
		assert_status(
		    run(&got, span_of(gz.p, n), 1000, &e), ST_BAD, &e);
	for (size_t i = 0; i < gz.len * 8; i++) {
		enum status st;

		gz.p[i / 8] ^= (uint8_t)(1u << i % 8);
		st = run(&got, buf_span(&gz), 1000, &e);
		if (st == ST_OK)
			assert_true(span_eq(got, text));
		else
			assert_true(st == ST_BAD || st == ST_LIMIT);
		gz.p[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	buf_fini(&gz);
}

static void
test_bomb(void **state)
{
	static uint8_t zeros[1 << 20];
	struct buf gz = {0};
	struct span got;
	struct err e;

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		member(&gz, span_of(zeros, sizeof(zeros)));
	assert_true(gz.len < 200000);
	assert_status(
	    run(&got, buf_span(&gz), sizeof(memory), &e), ST_LIMIT, &e);
	assert_says(&e, "more than 1048576 bytes");
	buf_fini(&gz);
}

/* Behind what lies in the arena already. */
static void
test_arena(void **state)
{
	struct arena a = arena_of(memory, 64);
	struct gunzip *g = gunzip_new();
	struct buf gz = {0};
	struct span got;
	struct err e;

	(void)state;
	member(&gz, span_str("0123456789"));
	arena_copy(&a, span_str("abc"));
	assert_status(gunzip_run(g, &a, &got, buf_span(&gz), &e), ST_OK, &e);
	assert_ptr_equal(got.p, memory + 8);
	assert_true(span_eq_str(got, "0123456789"));
	assert_status(gunzip_run(g, &a, &got, buf_span(&gz), &e), ST_OK, &e);
	assert_ptr_equal(got.p, memory + 24);
	assert_memory_equal(memory, "abc", 3);
	a = arena_of(memory, 3);
	assert_non_null(arena_get(&a, 3));
	assert_status(gunzip_run(g, &a, &got, buf_span(&gz), &e), ST_LIMIT, &e);
	gunzip_free(g);
	gunzip_free(NULL);
	buf_fini(&gz);
}

static void
test_is(void **state)
{
	(void)state;
	assert_true(gzip_is(span_of("\x1f\x8b\x08", 3)));
	assert_false(gzip_is(span_of("\x1f\x8b", 2)));
	assert_false(gzip_is(span_of("\x1f\x8b\x00", 3)));
	assert_false(gzip_is(span_of(NULL, 0)));
	/* the timestamp at the front of a data tile */
	assert_false(gzip_is(span_of("\0\0\x01\x9b", 4)));
}

/* "hello hello hello" by zlib, without header and trailer. */
static const uint8_t bare[] = {
    0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x57, 0xc8, 0x40, 0x90, 0x00};

static void
test_bare(void **state)
{
	static const char text[] = "hello hello hello";
	struct gunzip_told told = {
	    sizeof(text) - 1, gzip_crc(span_of(text, sizeof(text) - 1))};
	struct span in = span_of(bare, sizeof(bare));
	struct gunzip *g = gunzip_new();
	uint8_t out[64];
	struct err e;

	(void)state;
	assert_int_equal(gzip_crc(span_of("123456789", 9)), 0xcbf43926);
	assert_status(gunzip_bare(g, out, in, &told, &e), ST_OK, &e);
	assert_memory_equal(out, text, told.len);
	told.len--;
	assert_status(gunzip_bare(g, out, in, &told, &e), ST_BAD, &e);
	told.len += 2;
	assert_status(gunzip_bare(g, out, in, &told, &e), ST_BAD, &e);
	told.len--;
	told.crc ^= 1;
	assert_status(gunzip_bare(g, out, in, &told, &e), ST_BAD, &e);
	assert_says(&e, "CRC");
	told.crc ^= 1;
	in.len--;
	assert_status(gunzip_bare(g, out, in, &told, &e), ST_BAD, &e);
	gunzip_free(g);
}

/* With head and foot it is a gzip body. */
static void
test_frame(void **state)
{
	static const char text[] = "hello hello hello";
	struct gunzip_told told = {
	    sizeof(text) - 1, gzip_crc(span_of(text, sizeof(text) - 1))};
	uint8_t all[GZIP_HEAD + sizeof(bare) + GZIP_FOOT], room[64];
	struct arena a = arena_of(room, sizeof(room));
	struct gunzip *g = gunzip_new();
	struct span out;
	struct err e;

	(void)state;
	gzip_head(all);
	memcpy(all + GZIP_HEAD, bare, sizeof(bare));
	gzip_foot(all + GZIP_HEAD + sizeof(bare), &told);
	assert_true(gzip_is(span_of(all, sizeof(all))));
	assert_status(
	    gunzip_run(g, &a, &out, span_of(all, sizeof(all)), &e), ST_OK, &e);
	assert_true(span_eq_str(out, text));
	told.crc++;
	gzip_foot(all + GZIP_HEAD + sizeof(bare), &told);
	assert_status(
	    gunzip_run(g, &a, &out, span_of(all, sizeof(all)), &e), ST_BAD, &e);
	gunzip_free(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_one),
	    cmocka_unit_test(test_members),
	    cmocka_unit_test(test_damage),
	    cmocka_unit_test(test_bomb),
	    cmocka_unit_test(test_arena),
	    cmocka_unit_test(test_is),
	    cmocka_unit_test(test_bare),
	    cmocka_unit_test(test_frame),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
