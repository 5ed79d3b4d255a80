/* index: the table of keys against a naive one, and damaged on purpose. */
#include "monitor/pii/index.h"

#include "ctlog/base/mem.h"
#include "monitor/pii/blob.h"
#include "monitor/pii/normal.h"
#include "tests/unit/support.h"

struct region {
	void *p;
	size_t cap;
};

static struct region
region_new(const struct match_size *size)
{
	struct region r = {NULL, match_region_len(size)};

	assert_int_equal(posix_memalign(&r.p, 64, r.cap ? r.cap : 1), 0);
	memset(r.p, 0xa5, r.cap); /* whatever was there before */
	return r;
}

/* Key number n of 32 bytes, evenly spread. */
static void
key_of(uint8_t key[LIMIT_STORE_KEY], uint64_t n)
{
	uint64_t seed = n * 1000003 + 1;

	for (size_t i = 0; i < LIMIT_STORE_KEY; i += 8) {
		uint64_t v = random_next(&seed);

		memcpy(key + i, &v, 8);
	}
}

static unsigned
count(const struct match_index *ix, uint64_t key_number, uint32_t no)
{
	uint8_t key[LIMIT_STORE_KEY];
	struct index_record r;
	uint32_t at;
	unsigned n = 0;

	key_of(key, key_number);
	at = index_find(ix, key);
	while (index_next(ix, &at, &r))
		n += no == UINT32_MAX || r.no == no;
	return n;
}

static void
test_empty(void **state)
{
	struct match_size size = {0};
	struct region r = region_new(&size);
	struct match_build *b = match_build_start(r.p, r.cap, 9, &size);
	const struct match_index *ix;

	(void)state;
	assert_non_null(b);
	assert_null(match_index_of(r.p, r.cap));
	match_build_finish(b);
	ix = match_index_of(r.p, r.cap);
	assert_non_null(ix);
	assert_int_equal(match_index_generation(ix), 9);
	assert_int_equal(index_holds(ix), 0);
	assert_int_equal(count(ix, 1, UINT32_MAX), 0);
	free(r.p);
}

#define RECORDS 200000u
/* Record n has the keys 3n, 3n+1 (mod a third of all, so shared) and a blob
 * that tells its number. */
static void
record_of(uint32_t n, uint8_t keys[2 * LIMIT_STORE_KEY], uint8_t blob[9])
{
	key_of(keys, 3ull * n);
	key_of(keys + LIMIT_STORE_KEY, 1 + 3ull * (n % (RECORDS / 3)));
	blob[0] = blob_head(0);
	memcpy(blob + 1, &n, sizeof(n));
}

static void
test_many(void **state)
{
	struct match_size size = {RECORDS, 2 * RECORDS, 5ull * RECORDS, 0};
	struct region r = region_new(&size);
	struct match_build *b = match_build_start(r.p, r.cap, 1, &size);
	const struct match_index *ix;
	uint8_t keys[2 * LIMIT_STORE_KEY], blob[9];
	void *moved = NULL;

	(void)state;
	for (uint32_t n = 0; n < RECORDS; n++) {
		record_of(n, keys, blob);
		assert_int_equal(
		    match_build_add(b, n, RECORD_NAME,
			span_of(keys, sizeof(keys)), span_of(blob, 5)),
		    ST_OK);
	}
	match_build_finish(b);
	/* It may lie anywhere: another address, the first one gone. */
	assert_int_equal(posix_memalign(&moved, 64, r.cap), 0);
	memcpy(moved, r.p, r.cap);
	free(r.p);
	ix = match_index_of(moved, r.cap);
	assert_non_null(ix);
	assert_int_equal(index_holds(ix), INDEX_NAME);
	for (uint32_t n = 0; n < RECORDS; n++) {
		uint32_t group = n % (RECORDS / 3);
		unsigned shared = 3 + (group < RECORDS % 3);
		struct index_record found;
		uint32_t at;

		key_of(keys, 3ull * n);
		at = index_find(ix, keys);
		assert_true(index_next(ix, &at, &found));
		assert_int_equal(found.no, n);
		assert_int_equal(found.kind, RECORD_NAME);
		assert_int_equal(found.blob.len, 5);
		assert_memory_equal(found.blob.p + 1, &n, sizeof(n));
		assert_false(index_next(ix, &at, &found));
		assert_int_equal(count(ix, 1 + 3ull * group, n), 1);
		assert_int_equal(count(ix, 1 + 3ull * group, UINT32_MAX),
		    RECORDS % 3 == 0 ? 3 : shared);
		assert_int_equal(count(ix, 2 + 3ull * n, UINT32_MAX), 0);
	}
	free(moved);
}

/* Keys that agree in all that the table looks at first. */
static void
test_alike(void **state)
{
	struct match_size size = {100, 100, 100, 0};
	struct region r = region_new(&size);
	struct match_build *b = match_build_start(r.p, r.cap, 1, &size);
	uint8_t key[LIMIT_STORE_KEY] = {0xff, 0xff, 0xff, 0xff, 7};
	uint8_t head = blob_head(0);
	const struct match_index *ix;

	(void)state;
	for (uint32_t n = 0; n < 100; n++) {
		key[LIMIT_KEY - 1] = (uint8_t)n;
		assert_int_equal(
		    match_build_add(b, n, RECORD_EMAIL,
			span_of(key, sizeof(key)), span_of(&head, 1)),
		    ST_OK);
	}
	match_build_finish(b);
	ix = match_index_of(r.p, r.cap);
	assert_non_null(ix);
	for (uint32_t n = 0; n < 256; n++) {
		struct index_record found;
		uint32_t at;

		key[LIMIT_KEY - 1] = (uint8_t)n;
		at = index_find(ix, key);
		assert_int_equal(index_next(ix, &at, &found), n < 100);
		if (n < 100)
			assert_int_equal(found.no, n);
	}
	free(r.p);
}

/* A key that very many have costs nobody else anything. */
static void
test_popular(void **state)
{
	struct match_size size = {50001, 50001, 50001, 0};
	struct region r = region_new(&size);
	struct match_build *b = match_build_start(r.p, r.cap, 1, &size);
	uint8_t key[LIMIT_STORE_KEY], head = blob_head(BLOB_SUBDOMAINS);
	const struct match_index *ix;

	(void)state;
	for (uint32_t n = 0; n < 50001; n++) {
		key_of(key, n < 50000);
		assert_int_equal(
		    match_build_add(b, n, RECORD_DOMAIN,
			span_of(key, sizeof(key)), span_of(&head, 1)),
		    ST_OK);
	}
	match_build_finish(b);
	ix = match_index_of(r.p, r.cap);
	assert_int_equal(count(ix, 1, UINT32_MAX), 50000);
	assert_int_equal(count(ix, 0, UINT32_MAX), 1);
	assert_int_equal(count(ix, 0, 50000), 1);
	assert_int_equal(index_holds(ix), INDEX_DOMAIN);
	free(r.p);
}

static void
test_limits(void **state)
{
	struct match_size size = {2, 3, 20, 0};
	struct region r = region_new(&size);
	struct match_build *b;
	static uint8_t big[70000];
	uint8_t keys[3 * LIMIT_STORE_KEY];
	struct span one = span_of(keys, LIMIT_STORE_KEY);
	const struct match_index *ix;

	(void)state;
	assert_null(match_build_start(r.p, 200, 1, &size));
	b = match_build_start(r.p, r.cap, 1, &size);
	for (unsigned i = 0; i < 3; i++)
		key_of(keys + i * LIMIT_STORE_KEY, i);
	assert_int_equal(
	    match_build_add(b, 1, RECORD_EMAIL, span_of(keys, 33), one),
	    ST_BAD);
	assert_int_equal(
	    match_build_add(b, 1, RECORD_NAME, one, span_of(big, sizeof(big))),
	    ST_LIMIT);
	assert_int_equal(
	    match_build_add(b, 1, RECORD_NAME, one, span_of(big, 1000)),
	    ST_LIMIT);
	assert_int_equal(
	    match_build_add(b, 1, RECORD_NAME, span_of(keys, 64), one), ST_OK);
	assert_int_equal(
	    match_build_add(b, 2, RECORD_NAME, span_of(keys, 64), one),
	    ST_LIMIT);
	match_build_finish(b);
	ix = match_index_of(r.p, r.cap);
	assert_non_null(ix);
	assert_int_equal(count(ix, 0, 1), 1);
	assert_int_equal(count(ix, 1, 1), 1);
	assert_int_equal(count(ix, 2, UINT32_MAX), 0);
	free(r.p);
}

static void
test_holds(void **state)
{
	struct match_size size = {2, 2, 2, 0};
	struct region r = region_new(&size);
	struct match_build *b = match_build_start(r.p, r.cap, 1, &size);
	uint8_t key[LIMIT_STORE_KEY] = {1}, head = blob_head(EMAIL_PLUS);

	(void)state;
	assert_int_equal(match_build_add(b, 1, RECORD_EMAIL,
			     span_of(key, sizeof(key)), span_of(&head, 1)),
	    ST_OK);
	match_build_finish(b);
	assert_int_equal(index_holds(match_index_of(r.p, r.cap)),
	    INDEX_EMAIL | INDEX_EMAIL << EMAIL_PLUS);
	free(r.p);
}

static void
test_header(void **state)
{
	struct match_size size = {1, 1, 1, 0};
	struct region r = region_new(&size);
	uint8_t key[LIMIT_STORE_KEY] = {1};

	(void)state;
	memset(r.p, 0, r.cap);
	assert_null(match_index_of(NULL, 0));
	assert_null(match_index_of(r.p, r.cap));
	assert_null(match_index_of(r.p, 0));
	match_build_finish(match_build_start(r.p, r.cap, 1, &size));
	assert_non_null(match_index_of(r.p, r.cap));
	assert_null(match_index_of(r.p, 127));
	assert_null(match_index_of(r.p, 128 + 63));
	assert_null(match_index_of((uint8_t *)r.p + 4, r.cap - 4));
	assert_int_equal(index_find(match_index_of(r.p, r.cap), key), 0);
	free(r.p);
}

/* Bytes changed at random: answers may be wrong, but they come. */
static void
test_damage(void **state)
{
	struct match_size size = {64, 128, 64 * 9, 0};
	struct region good = region_new(&size), bad = region_new(&size);
	struct match_build *b;
	uint8_t keys[2 * LIMIT_STORE_KEY], blob[9] = {0};
	uint64_t seed = 3;
	unsigned opened = 0, found = 0;

	(void)state;
	b = match_build_start(good.p, good.cap, 1, &size);
	for (uint32_t n = 0; n < 64; n++) {
		key_of(keys, n);
		key_of(keys + LIMIT_STORE_KEY, 1000 + n % 5);
		assert_int_equal(
		    match_build_add(b, n, RECORD_NAME,
			span_of(keys, sizeof(keys)), span_of(blob, 9)),
		    ST_OK);
	}
	match_build_finish(b);
	for (unsigned round = 0; round < 3000; round++) {
		const struct match_index *ix;

		memcpy(bad.p, good.p, good.cap);
		for (unsigned i = 0; i < 1 + round % 40; i++)
			((uint8_t *)bad.p)[random_below(&seed, bad.cap)] =
			    (uint8_t)random_next(&seed);
		ix = match_index_of(bad.p, bad.cap);
		if (ix == NULL)
			continue;
		opened++;
		for (uint64_t n = 0; n < 64; n++)
			found += count(ix, n, UINT32_MAX);
		for (uint64_t n = 0; n < 5; n++)
			found += count(ix, 1000 + n, UINT32_MAX);
	}
	assert_in_range(opened, 500, 3000);
	assert_true(found > 0);
	free(good.p);
	free(bad.p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_alike),
	    cmocka_unit_test(test_popular),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_holds),
	    cmocka_unit_test(test_header),
	    cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
