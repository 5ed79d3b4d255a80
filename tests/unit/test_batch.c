/*
 * test_batch: a body becomes a result, and results that are damaged are found
 * out: what a worker returns is read like network input.
 */
#include "monitor/batch.h"
#include "monitor/batch_format.h"
#include "monitor/kept.h"

#include <libdeflate.h>
#include <sys/mman.h>

#include "monitor/pii/normal.h"
#include "tests/unit/naive_tree.h"
#include "tests/unit/support.h"
#include "tests/unit/tilebuild.h"

#define REGION (16u << 20)
#define OUT (4u << 20)

struct world {
	struct bench *bench;
	uint8_t key[INDEX_KEY_LEN];
	void *region;
	struct match_set index;
	uint8_t *out;
};

/* An index over email records; record number i watches emails[i]. */
static void
world_index(struct world *w, const char *const *emails, size_t n)
{
	struct match_size size = {n, n, 64 * n, 0};
	struct keyer *k = keyer_new(w->key);
	struct match_build *b;
	struct err e;

	memset(w->region, 0, REGION);
	b = match_build_start(w->region, REGION, 1, &size);
	for (size_t i = 0; i < n; i++) {
		struct compiled c = {0};
		struct record r = {.id = (char *)"r",
		    .tenant = (char *)"t",
		    .kind = RECORD_EMAIL,
		    .value = (char *)(uintptr_t)emails[i]};

		assert_status(match_compile(&c, &r, k, &e), ST_OK, &e);
		assert_int_equal(match_build_add(b, (uint32_t)i, RECORD_EMAIL,
				     buf_span(&c.keys), buf_span(&c.blob)),
		    ST_OK);
		compiled_fini(&c);
	}
	match_build_finish(b);
	keyer_free(k);
	w->index.main = match_index_of(w->region, REGION);
	assert_non_null(w->index.main);
}

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	memset(w->key, 7, sizeof(w->key));
	w->bench = bench_new(w->key);
	w->region = mmap(NULL, REGION, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	w->out = malloc(OUT);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	bench_free(w->bench);
	munmap(w->region, REGION);
	free(w->out);
	free(w);
	return 0;
}

static struct batch_order
order_of(const struct log_api *api, uint64_t begin, uint64_t end)
{
	return (struct batch_order){.api = api,
	    .want = {begin, end, end, 0},
	    .from = begin,
	    .to = end,
	    .threshold = 50};
}

static struct span
run(struct world *w, const struct batch_order *o, struct span body, size_t cap)
{
	struct batch_out out = {w->out, cap, 0};

	batch_work(w->bench, &out, o, body, &w->index);
	return span_of(out.p, out.len);
}

/* Its entry came along, whole. */
static void
assert_kept(const struct batch_hit *hit)
{
	struct hasher *h = hasher_new();
	struct hash hash;
	struct kept k;

	assert_true(kept_read(&k, hit->kept));
	hasher_leaf(h, &hash, k.leaf);
	assert_hash(&hash, &hit->leaf_hash);
	hasher_free(h);
}

static void
test_tile(void **state)
{
	const char *const emails[] = {
	    "user3@example.com", "user200@example.com", "nobody@example.com"};
	struct world *w = *state;
	struct buf tile = {0};
	struct batch_order o = order_of(&log_api_static, 256, 512);
	struct batch_result r;
	struct batch_hit hit;
	struct err e;

	for (uint64_t i = 256; i < 512; i++)
		leaf_build(&tile, i,
		    i == 259   ? "user3@example.com"
		    : i == 456 ? "USER200@example.com"
			       : NULL);
	world_index(w, emails, 3);
	assert_status(batch_open(&r, run(w, &o, buf_span(&tile), OUT), &o, &e),
	    ST_OK, &e);
	assert_int_equal(r.status, ST_OK);
	assert_int_equal(r.range.begin, 256);
	assert_int_equal(r.range.end, 512);
	assert_int_equal(r.range.num, 1); /* one complete subtree */
	assert_int_equal(r.num_quarantined, 0);
	assert_int_equal(r.num_hits, 2);
	assert_true(batch_next_hit(&r, &hit));
	assert_int_equal(hit.entry, 259);
	assert_int_equal(hit.no, 0);
	assert_int_equal(hit.timestamp_ms, 1767225600000 + 259);
	assert_int_equal(hit.kind, PII_EMAIL);
	assert_true(hit.has_sha256);
	assert_true(span_eq_str(hit.value, "user3@example.com"));
	assert_kept(&hit);
	assert_true(batch_next_hit(&r, &hit));
	assert_kept(&hit);
	assert_int_equal(hit.entry, 456);
	assert_int_equal(hit.no, 1);
	assert_false(batch_next_hit(&r, &hit));
	assert_true(rd_done(&r.records));
	buf_fini(&tile);
}

/* Very many records that one certificate matches: all are told of; or as many
 * as there is room for, and the entry is kept. */
static void
test_many_records(void **state)
{
	enum { MANY = 20000 };
	const char **emails = calloc(MANY, sizeof(*emails));
	struct world *w = *state;
	struct buf tile = {0};
	struct batch_order o = order_of(&log_api_static, 0, 4);
	struct batch_result r;
	struct batch_quarantine q;
	struct batch_hit hit;
	struct err e;

	for (uint64_t i = 0; i < 4; i++)
		leaf_build(&tile, i, i == 2 ? "many@example.com" : NULL);
	for (size_t i = 0; i < MANY; i++)
		emails[i] = "many@example.com";
	world_index(w, emails, 2000);
	assert_status(batch_open(&r, run(w, &o, buf_span(&tile), OUT), &o, &e),
	    ST_OK, &e);
	assert_int_equal(r.range.end, 4);
	assert_int_equal(r.num_hits, 2000);
	assert_int_equal(r.num_quarantined, 0);
	world_index(w, emails, MANY);
	assert_status(batch_open(&r, run(w, &o, buf_span(&tile), OUT), &o, &e),
	    ST_OK, &e);
	assert_int_equal(r.range.end, 4);
	assert_in_range(r.num_hits, 2000, MANY - 1);
	assert_int_equal(r.num_quarantined, 1);
	assert_true(batch_next_quarantine(&r, &q));
	assert_int_equal(q.entry, 2);
	assert_true(span_starts(
	    q.reason, span_str("the certificate matches more records")));
	while (batch_next_hit(&r, &hit))
		assert_int_equal(hit.entry, 2);
	assert_true(rd_done(&r.records));
	free(emails);
	buf_fini(&tile);
}

/* A large entry with many hits is kept as often as may be, in the result once;
 * and so are many of them. */
static void
test_many_kept(void **state)
{
	enum { MANY = 40, ENTRIES = 8, ISSUERS = 59968 };
	const char *emails[MANY];
	struct world *w = *state;
	struct buf tile = {0}, cert = {0}, issuers = {0};
	struct batch_order o = order_of(&log_api_static, 0, ENTRIES);
	struct batch_result r;
	struct batch_hit hit;
	struct err e;
	struct span got;
	size_t num = 0, kept[ENTRIES] = {0};

	memset(buf_room(&issuers, ISSUERS), 'f', ISSUERS);
	issuers.len = ISSUERS;
	cert_build(&cert, "many@example.com");
	for (uint64_t i = 0; i < ENTRIES; i++) {
		entry_build(&tile, i, buf_span(&cert));
		buf_vec(&tile, buf_span(&issuers), 2);
	}
	for (size_t i = 0; i < MANY; i++)
		emails[i] = "many@example.com";
	world_index(w, emails, MANY);
	got = run(w, &o, buf_span(&tile), OUT);
	assert_true(got.len < ENTRIES * (ISSUERS + MANY * 500));
	assert_status(batch_open(&r, got, &o, &e), ST_OK, &e);
	r.kept_room = 2 << 20; /* of a batch, made small */
	while (batch_next_hit(&r, &hit)) {
		num++;
		if (hit.kept.len > 0) {
			assert_kept(&hit);
			kept[hit.entry]++;
		}
	}
	assert_int_equal(num, ENTRIES * MANY);
	assert_true(rd_done(&r.records));
	assert_in_range(kept[0], 30, 36);
	for (size_t i = 1; i < ENTRIES; i++)
		assert_int_equal(kept[i], 0);
	buf_fini(&tile);
	buf_fini(&cert);
	buf_fini(&issuers);
}

/* A leaf_index that is not the entry's place is told; the entry counts where it
 * stands. */
static void
test_odd_index(void **state)
{
	const char *const emails[] = {"user7@example.com"};
	struct world *w = *state;
	struct buf tile = {0};
	struct batch_order o = order_of(&log_api_static, 0, 256);
	struct batch_result r;
	struct batch_hit hit;
	struct err e;

	for (uint64_t i = 0; i < 256; i++)
		leaf_build(&tile, i < 7 ? i : i + 1, i == 7 ? emails[0] : NULL);
	world_index(w, emails, 1);
	assert_status(batch_open(&r, run(w, &o, buf_span(&tile), OUT), &o, &e),
	    ST_OK, &e);
	assert_int_equal(r.num_odd_index, 249);
	assert_int_equal(r.odd_index.entry, 7);
	assert_int_equal(r.odd_index.says, 8);
	assert_int_equal(r.num_quarantined, 0);
	assert_int_equal(r.num_hits, 1);
	assert_true(batch_next_hit(&r, &hit));
	assert_int_equal(hit.entry, 7);
	assert_true(hash_eq(&hit.leaf_hash, &r.odd_index.leaf_hash));
	buf_fini(&tile);
}

/* The same tile gzipped, and a window that begins in its middle. */
static void
test_gzip_and_window(void **state)
{
	const char *const emails[] = {"user20@example.com"};
	struct world *w = *state;
	struct libdeflate_compressor *z = libdeflate_alloc_compressor(6);
	struct buf tile = {0}, packed = {0};
	struct batch_order o = order_of(&log_api_static, 10, 256);
	struct batch_result a, b;
	struct hash ra, rb;
	struct hasher *h = hasher_new();
	struct err e;

	for (uint64_t i = 0; i < 256; i++)
		leaf_build(&tile, i, NULL);
	buf_room(&packed, tile.len + 100);
	packed.len = libdeflate_gzip_compress(
	    z, tile.p, tile.len, packed.p, tile.len + 100);
	world_index(w, emails, 1);
	assert_status(
	    batch_open(&a, run(w, &o, buf_span(&packed), OUT), &o, &e), ST_OK,
	    &e);
	assert_int_equal(a.range.begin, 10);
	assert_int_equal(a.range.end, 256);
	assert_int_equal(a.num_hits, 1);
	assert_status(batch_open(&b, run(w, &o, buf_span(&tile), OUT), &o, &e),
	    ST_OK, &e);
	assert_int_equal(a.range.num, b.range.num);
	hasher_sha256(h, &ra, span_of(a.range.node, sizeof(struct hash)),
	    span_of(NULL, 0));
	hasher_sha256(h, &rb, span_of(b.range.node, sizeof(struct hash)),
	    span_of(NULL, 0));
	assert_true(hash_eq(&ra, &rb));
	hasher_free(h);
	libdeflate_free_compressor(z);
	buf_fini(&tile);
	buf_fini(&packed);
}

/* RFC 6962 gives the same hashes for the same leaves. */
static void
test_page(void **state)
{
	const char *const emails[] = {"user5@example.com"};
	struct world *w = *state;
	struct buf tile = {0}, page = {0}, leaf = {0}, cert = {0};
	struct batch_order s = order_of(&log_api_static, 0, 20);
	struct batch_order p = order_of(&log_api_rfc6962, 0, 20);
	struct batch_result rs, rp;
	struct range from_tile;
	struct err e;

	buf_str(&page, "{\"entries\":[");
	for (uint64_t i = 0; i < 20; i++) {
		char email[64];

		snprintf(
		    email, sizeof(email), "user%u@example.com", (unsigned)i);
		leaf_build(&tile, i, NULL);
		buf_clear(&cert);
		buf_clear(&leaf);
		cert_build(&cert, email);
		buf_uint(&leaf, 0, 2);
		entry_build(&leaf, i, buf_span(&cert));
		buf_str(
		    &page, i ? ",{\"leaf_input\":\"" : "{\"leaf_input\":\"");
		text_base64(&page, buf_span(&leaf));
		buf_str(&page, "\",\"extra_data\":\"AAAA\"}");
	}
	buf_str(&page, "]}");
	world_index(w, emails, 1);
	assert_status(batch_open(&rs, run(w, &s, buf_span(&tile), OUT), &s, &e),
	    ST_OK, &e);
	from_tile = rs.range;
	assert_status(batch_open(&rp, run(w, &p, buf_span(&page), OUT), &p, &e),
	    ST_OK, &e);
	assert_int_equal(rp.num_hits, 1);
	assert_int_equal(rp.range.num, from_tile.num);
	for (uint32_t i = 0; i < from_tile.num; i++)
		assert_true(hash_eq(&rp.range.node[i], &from_tile.node[i]));
	buf_fini(&tile);
	buf_fini(&page);
	buf_fini(&leaf);
	buf_fini(&cert);
}

static bool
has(struct span in, const char *what)
{
	return memmem(in.p, in.len, what, strlen(what)) != NULL;
}

/* What can't be read is quarantined with its bytes, and hashed. */
static void
test_quarantine(void **state)
{
	struct world *w = *state;
	struct buf tile = {0};
	struct batch_order o = order_of(&log_api_static, 0, 3);
	struct batch_result r;
	struct batch_quarantine q;
	struct err e;

	leaf_build(&tile, 0, NULL);
	entry_build(&tile, 1, span_str("this is no certificate at all"));
	buf_uint(&tile, 0, 2);
	leaf_build(&tile, 2, NULL);
	w->index.main = NULL;
	batch_skip(&o, 2);
	assert_status(batch_open(&r, run(w, &o, buf_span(&tile), OUT), &o, &e),
	    ST_OK, &e);
	assert_int_equal(r.range.end, 3);
	assert_int_equal(r.num_quarantined, 2);
	assert_true(batch_next_quarantine(&r, &q));
	assert_int_equal(q.entry, 1);
	assert_true(has(q.bytes, "this is no certificate at all"));
	assert_true(span_eq_str(q.reason, "the certificate is unreadable"));
	assert_true(batch_next_quarantine(&r, &q));
	assert_int_equal(q.entry, 2);
	assert_true(has(q.bytes, "user2@example.com"));
	assert_true(span_eq_str(q.reason, "reading the entry killed a worker"));
	assert_false(batch_next_quarantine(&r, &q));
	buf_fini(&tile);
}

/* More than one thing is wrong with an entry: it is quarantined once. The
 * entry in hand is told. */
static void
test_once(void **state)
{
	struct world *w = *state;
	struct buf leaf = {0}, page = {0};
	struct batch_order o = order_of(&log_api_rfc6962, 0, 1);
	volatile uint64_t reading = UINT64_MAX;
	struct batch_out out = {w->out, OUT, 0, &reading};
	struct batch_result r;
	struct err e;

	buf_uint(&leaf, 0, 2);
	entry_build(&leaf, 0, span_str("no certificate, and more behind it"));
	buf_str(&leaf, "more");
	buf_str(&page, "{\"entries\":[{\"leaf_input\":\"");
	text_base64(&page, buf_span(&leaf));
	buf_str(&page, "\",\"extra_data\":\"AAAA\"}]}");
	w->index.main = NULL;
	batch_work(w->bench, &out, &o, buf_span(&page), &(struct match_set){0});
	assert_status(
	    batch_open(&r, span_of(out.p, out.len), &o, &e), ST_OK, &e);
	assert_int_equal(r.num_quarantined, 1);
	assert_int_equal(reading, 0);
	buf_fini(&leaf);
	buf_fini(&page);
}

/* When the hits don't fit, the result ends before; nothing is lost. */
static void
test_full(void **state)
{
	const char *const emails[] = {"a@example.com"};
	struct world *w = *state;
	struct buf tile = {0};
	struct batch_order o = order_of(&log_api_static, 0, 256);
	struct batch_result r;
	struct batch_hit hit;
	uint64_t next = 0;
	struct err e;

	for (uint64_t i = 0; i < 256; i++)
		leaf_build(&tile, i, "a@example.com");
	world_index(w, emails, 1);
	while (next < 256) {
		o.want.begin = o.from = next;
		assert_status(
		    batch_open(&r, run(w, &o, buf_span(&tile), 12000), &o, &e),
		    ST_OK, &e);
		assert_int_equal(r.status, ST_OK);
		assert_int_equal(r.range.begin, next);
		while (batch_next_hit(&r, &hit))
			assert_int_equal(hit.entry, next++);
		assert_int_equal(r.range.end, next);
	}
	buf_fini(&tile);
}

/* A probe tells when its leaves are from, and nothing of what is in them. */
static void
test_probe(void **state)
{
	const char *const emails[] = {"user300@example.com"};
	struct world *w = *state;
	struct buf tile = {0};
	struct batch_order o = order_of(&log_api_static, 256, 512);
	struct batch_result r;
	struct span good;
	struct err e;

	for (uint64_t i = 256; i < 512; i++)
		leaf_build(&tile, i, NULL);
	world_index(w, emails, 1);
	good = run(w, &o, buf_span(&tile), OUT);
	o.stamps = true; /* it was not asked for */
	assert_status(batch_open(&r, good, &o, &e), ST_BAD, &e);
	good = run(w, &o, buf_span(&tile), OUT);
	assert_status(batch_open(&r, good, &o, &e), ST_OK, &e);
	assert_int_equal(r.range.end, 512);
	assert_int_equal(r.num_hits, 0);
	for (uint64_t i = 0; i < 256; i++)
		assert_int_equal(batch_stamp(&r, i), 1767225600000 + 256 + i);
	o.stamps = false;
	assert_status(batch_open(&r, good, &o, &e), ST_BAD, &e);
	assert_says(&e, "timestamps");
	/* Fewer, when the result has no room for more. */
	o.stamps = true;
	good = run(w, &o, buf_span(&tile), RESULT_HEAD_MAX + 80);
	assert_status(batch_open(&r, good, &o, &e), ST_OK, &e);
	assert_int_equal(r.range.end, 266);
	buf_fini(&tile);
}

/* A leaf that is of no known form has no timestamp, whatever stands there. */
static void
test_probe_without_timestamp(void **state)
{
	struct world *w = *state;
	const char *const leaves[] = {"AAAAAAGbdrgAAAAA",
	    "AAAAAAGbdrg=", "AQAAAAGbdrgAAAAA", "AAEAAAGbdrgAAAAA", ""};
	struct batch_order o = order_of(&log_api_rfc6962, 0, 5);
	struct buf page = {0};
	struct batch_result r;
	struct err e;

	o.stamps = true;
	buf_str(&page, "{\"entries\":[");
	for (int i = 0; i < 5; i++)
		buf_fmt(&page, "%s{\"leaf_input\":\"%s\",\"extra_data\":\"\"}",
		    i > 0 ? "," : "", leaves[i]);
	buf_str(&page, "]}");
	assert_status(batch_open(&r, run(w, &o, buf_span(&page), OUT), &o, &e),
	    ST_OK, &e);
	assert_int_equal(r.status, ST_OK);
	assert_int_equal(r.range.end, 5);
	assert_int_equal(batch_stamp(&r, 0), 0x019b76b80000);
	for (uint64_t i = 1; i < 5; i++)
		assert_true(batch_stamp(&r, i) == UINT64_MAX);
	buf_fini(&page);
}

static void
test_failures(void **state)
{
	struct world *w = *state;
	struct batch_order o = order_of(&log_api_rfc6962, 0, 10);
	struct batch_result r;
	struct err e;
	const char *bodies[] = {"", "<html>", "{\"entries\":[]}",
	    "{\"entries\":[{\"leaf_input\":\"A\"}]}", "\x1f\x8b\x08garbage"};

	w->index.main = NULL;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		assert_status(batch_open(&r,
				  run(w, &o, span_str(bodies[i]), OUT), &o, &e),
		    ST_OK, &e);
		assert_int_not_equal(r.status, ST_OK);
		assert_true(r.error.len > 0);
	}
}

/* More hits and quarantined entries than the bytes can hold are not believed:
 * the reader takes memory by these counts. */
static void
test_counts(void **state)
{
	const char *const emails[] = {"user1@example.com"};
	struct world *w = *state;
	struct buf tile = {0};
	struct batch_order o = order_of(&log_api_static, 0, 4);
	struct batch_result r;
	struct span good;
	uint8_t *counts; /* quarantined, hits */
	struct err e;

	for (uint64_t i = 0; i < 4; i++)
		leaf_build(&tile, i, i == 2 ? "user1@example.com" : NULL);
	world_index(w, emails, 1);
	good = run(w, &o, buf_span(&tile), OUT);
	assert_status(batch_open(&r, good, &o, &e), ST_OK, &e);
	assert_true(r.num_hits > 0 && r.num_quarantined == 0);
	counts = w->out + (r.records.p - good.p) - 8;
	for (int i = 0; i < 8; i++) {
		uint8_t was = counts[i];

		counts[i] = i % 4 == 3 ? 200 : 0xff;
		assert_int_equal(batch_open(&r, good, &o, &e), ST_BAD);
		counts[i] = was;
	}
	assert_status(batch_open(&r, good, &o, &e), ST_OK, &e);
	buf_fini(&tile);
}

/* Bytes of a result changed at random: an error or a shorter reading, never
 * a read outside, never an entry that was not asked for. */
static void
test_damage(void **state)
{
	const char *const emails[] = {"user1@example.com"};
	struct world *w = *state;
	struct buf tile = {0};
	struct batch_order o = order_of(&log_api_static, 0, 4);
	struct span good;
	struct err e;

	for (uint64_t i = 0; i < 4; i++)
		leaf_build(&tile, i, i == 2 ? "user1@example.com" : NULL);
	world_index(w, emails, 1);
	good = run(w, &o, buf_span(&tile), OUT);
	srand(1);
	for (int n = 0; n < 20000; n++) {
		size_t len = n % 3 ? good.len : (size_t)rand() % good.len;
		uint8_t *copy = malloc(len + 1);
		struct batch_result r;
		struct batch_quarantine q;
		struct batch_hit h;

		memcpy(copy, good.p, len);
		if (len > 0)
			copy[(size_t)rand() % len] = (uint8_t)rand();
		if (batch_open(&r, span_of(copy, len), &o, &e) == ST_OK &&
		    r.status == ST_OK) {
			while (batch_next_quarantine(&r, &q))
				assert_true(q.entry < 4);
			while (rd_ok(&r.records) && r.num_quarantined == 0 &&
			       batch_next_hit(&r, &h))
				assert_true(h.entry < 4);
		}
		free(copy);
	}
	buf_fini(&tile);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_tile),
	    cmocka_unit_test(test_many_records),
	    cmocka_unit_test(test_many_kept),
	    cmocka_unit_test(test_odd_index),
	    cmocka_unit_test(test_gzip_and_window),
	    cmocka_unit_test(test_page),
	    cmocka_unit_test(test_quarantine),
	    cmocka_unit_test(test_once),
	    cmocka_unit_test(test_full),
	    cmocka_unit_test(test_probe),
	    cmocka_unit_test(test_probe_without_timestamp),
	    cmocka_unit_test(test_failures),
	    cmocka_unit_test(test_counts),
	    cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
