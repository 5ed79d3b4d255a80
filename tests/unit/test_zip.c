/*
 * test_zip: archives that are made here by hand, right and wrong in each field
 * that is read. Real archives: tests/e2e/test_local.py.
 */
#include "monitor/zip.h"

#include <sys/mman.h>
#include <unistd.h>

#include "ctlog/base/limits.h"
#include "tests/unit/support.h"

/* An archive in the making; what is not 0 is added to what is right. */
struct making {
	struct buf bytes;
	bool wide; /* zip64 for everything */
	int64_t at, packed, size, count, dir_at, dir_len, disk;
	uint16_t method, flags;
	uint32_t crc;
	bool bad_local, bad_central, bad_end64, short_extra;
};

static void
put(struct buf *b, uint64_t v, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		buf_char(b, i < 8 ? (char)(v >> 8 * i) : 0);
}

static void
put_local(struct making *m, const char *name)
{
	struct buf *b = &m->bytes;

	put(b, m->bad_local ? 1 : 0x04034b50, 4);
	for (unsigned i = 0; i < 22; i++)
		put(b, 0xee, 1); /* nobody looks */
	put(b, strlen(name), 2);
	put(b, 3, 2);
	buf_str(b, name);
	buf_str(b, "xyz");
}

static void
put_central(struct making *m, const char *name, uint64_t at, struct span body)
{
	struct buf *b = &m->bytes;
	uint64_t packed = body.len + m->packed, size = body.len + m->size;

	at += m->at;
	put(b, m->bad_central ? 1 : 0x02014b50, 4);
	put(b, 0, 4);
	put(b, m->flags, 2);
	put(b, m->method, 2);
	put(b, 0, 4);
	put(b, gzip_crc(body) ^ m->crc, 4);
	put(b, m->wide ? UINT32_MAX : packed, 4);
	put(b, m->wide ? UINT32_MAX : size, 4);
	put(b, strlen(name), 2);
	put(b, m->wide ? 5 + 4 + (m->short_extra ? 16 : 24) : 0, 2);
	put(b, 2, 2);
	put(b, 0, 8);
	put(b, m->wide ? UINT32_MAX : at, 4);
	buf_str(b, name);
	if (m->wide) {
		put(b, 0x7777, 2); /* another extra field in front */
		put(b, 1, 2);
		put(b, 0, 1);
		put(b, 1, 2);
		put(b, m->short_extra ? 16 : 24, 2);
		put(b, size, 8);
		put(b, packed, 8);
		if (!m->short_extra)
			put(b, at, 8);
	}
	buf_str(b, "ok");
}

static void
put_end64(struct making *m, uint64_t at, uint64_t count)
{
	struct buf *b = &m->bytes;
	uint64_t len = b->len - at, end = b->len;

	put(b, m->bad_end64 ? 1 : 0x06064b50, 4);
	put(b, 44, 8);
	put(b, 0, 12);
	put(b, count, 8);
	put(b, count, 8);
	put(b, len + m->dir_len, 8);
	put(b, at + m->dir_at, 8);
	put(b, 0x07064b50, 4);
	put(b, 0, 4);
	put(b, end, 8);
	put(b, 1, 4);
}

static void
put_end(struct making *m, uint64_t at, uint64_t count)
{
	struct buf *b = &m->bytes;
	uint64_t len = b->len - at;

	count += m->count;
	if (m->wide)
		put_end64(m, at, count);
	put(b, 0x06054b50, 4);
	put(b, m->disk, 4);
	put(b, m->wide ? 0xffff : count, 2);
	put(b, m->wide ? 0xffff : count, 2);
	put(b, m->wide ? UINT32_MAX : len + m->dir_len, 4);
	put(b, m->wide ? UINT32_MAX : at + m->dir_at, 4);
	put(b, 7, 2);
	buf_str(b, "comment");
}

#define BODY "what stands in it"

/* Three members: a, bb, and one named `name`, which has the errors. */
static int
make(struct making *m, const char *name)
{
	struct span body = span_str(BODY);
	struct making right = {.wide = m->wide};
	uint64_t at[3], dir;
	static const char *const other[] = {"bb", "a"};
	int fd = memfd_create("zip", MFD_CLOEXEC);

	for (unsigned i = 0; i < 3; i++) {
		at[i] = m->bytes.len;
		put_local(m, i < 2 ? other[i] : name);
		buf_span_add(&m->bytes, body);
	}
	dir = m->bytes.len;
	right.bytes = m->bytes;
	for (unsigned i = 0; i < 2; i++)
		put_central(&right, other[i], at[i], body);
	m->bytes = right.bytes;
	put_central(m, name, at[2], body);
	put_end(m, dir, 3);
	assert_int_equal(write(fd, m->bytes.p, m->bytes.len), m->bytes.len);
	buf_fini(&m->bytes);
	return fd;
}

/* Read the member `name` of such an archive. */
static enum status
read_it(struct making *m, const char *name, size_t cap, struct err *e)
{
	struct gunzip *g = gunzip_new();
	uint8_t room[64];
	struct zip_into to = {room, cap, 0, true};
	struct zip_member one;
	struct zip *z;
	enum status st = zip_open(&z, make(m, name), e);

	if (st == ST_OK)
		st = zip_load(z, e);
	if (st == ST_OK) {
		assert_false(zip_find(z, &one, span_str("b")));
		assert_false(zip_find(z, &one, span_str("")));
		assert_false(zip_find(z, &one, span_str("zzzz")));
		assert_true(zip_find(z, &one, span_str("a")));
		assert_true(zip_find(z, &one, span_str(name)));
		st = zip_read(z, &one, g, &to, e);
	}
	if (st == ST_OK)
		assert_true(span_eq_str(span_of(room, to.len), BODY));
	zip_close(z);
	gunzip_free(g);
	return st;
}

static void
test_right(void **state)
{
	struct making plain = {0}, wide = {.wide = true};
	struct err e;

	(void)state;
	assert_status(read_it(&plain, "tile/data/000", 64, &e), ST_OK, &e);
	assert_status(read_it(&wide, "tile/data/000", 64, &e), ST_OK, &e);
	plain = (struct making){0};
	assert_status(read_it(&plain, "c", sizeof(BODY) - 1, &e), ST_OK, &e);
	plain = (struct making){0};
	assert_status(read_it(&plain, "c", sizeof(BODY) - 2, &e), ST_LIMIT, &e);
}

static void
test_wrong(void **state)
{
	static const struct {
		struct making m;
		const char *says;
	} bad[] = {
	    {{.at = 1}, "no member"},
	    {{.at = 1 << 20}, "behind its end"},
	    {{.at = -1000}, "behind its end"},
	    {{.packed = 1}, "two sizes"},
	    {{.size = 1}, "two sizes"},
	    {{.size = 1 << 20, .packed = 1 << 20}, ""},
	    {{.size = -1, .packed = -1}, "CRC"},
	    {{.crc = 1}, "CRC"},
	    {{.method = 8}, "damaged"},
	    {{.method = 12}, "method 12"},
	    {{.flags = 1}, "encrypted"},
	    {{.flags = 0x2000}, "encrypted"},
	    {{.bad_local = true}, "no member"},
	    {{.bad_central = true}, "garbled"},
	    {{.count = 1}, "incomplete"},
	    {{.count = -1}, "incomplete"},
	    {{.dir_at = 1}, ""},
	    {{.dir_at = 1 << 20}, "not in it"},
	    {{.dir_len = 1}, ""},
	    {{.dir_len = -1}, ""},
	    {{.disk = 1}, "split"},
	};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(bad) / sizeof(bad[0]); i++) {
		struct making m = bad[i / 2].m;
		struct err e = {""};
		enum status st;

		m.wide = i % 2;
		st = read_it(&m, "c", 64, &e);
		if (st == ST_OK)
			fail_msg("case %zu is read", i);
		assert_true(e.text[0] != '\0');
		assert_says(&e, bad[i / 2].says);
	}
}

static void
test_wide_wrong(void **state)
{
	struct making m = {.wide = true, .bad_end64 = true};
	struct err e;

	(void)state;
	assert_status(read_it(&m, "c", 64, &e), ST_BAD, &e);
	assert_says(&e, "zip64");
	/* A place that is not told is 4 GiB on, where there is nothing. */
	m = (struct making){.wide = true, .short_extra = true};
	assert_status(read_it(&m, "c", 64, &e), ST_BAD, &e);
	m = (struct making){.wide = true, .size = INT64_MAX};
	assert_status(read_it(&m, "c", 64, &e), ST_BAD, &e);
	m = (struct making){.wide = true, .dir_len = 1ll << 40};
	assert_status(read_it(&m, "c", 64, &e), ST_BAD, &e);
}

/* Each beginning of an archive is refused, with a reason. */
static void
test_cut(void **state)
{
	struct making m = {.wide = true};
	int fd = make(&m, "c");
	off_t len = lseek(fd, 0, SEEK_END);
	struct zip *z;
	struct err e;

	(void)state;
	for (off_t n = len - 1; n >= 0; n--) {
		assert_int_equal(ftruncate(fd, n), 0);
		e.text[0] = '\0';
		assert_status(zip_open(&z, dup(fd), &e), ST_BAD, &e);
		assert_null(z);
		assert_says(&e, n >= 4 ? "cut off" : "not a zip archive");
	}
	close(fd);
}

static void
test_names(void **state)
{
	struct making m = {0};
	struct zip *z;
	struct span name;
	struct err e;

	(void)state;
	assert_status(zip_open(&z, make(&m, "aa"), &e), ST_OK, &e);
	assert_false(zip_is_loaded(z));
	assert_status(zip_load(z, &e), ST_OK, &e);
	assert_status(zip_load(z, &e), ST_OK, &e);
	assert_true(zip_name(z, 0, &name) && span_eq_str(name, "a"));
	assert_true(zip_name(z, 1, &name) && span_eq_str(name, "aa"));
	assert_true(zip_name(z, 2, &name) && span_eq_str(name, "bb"));
	assert_false(zip_name(z, 3, &name));
	zip_unload(z);
	assert_false(zip_is_loaded(z));
	zip_close(z);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_right),
	    cmocka_unit_test(test_wrong),
	    cmocka_unit_test(test_wide_wrong),
	    cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
