/*
 * test_kept: what is kept of an entry is read again as if it came from the log;
 * so is what was kept before; damage costs only the entry.
 */
#include "monitor/kept.h"

#include "monitor/batch.h"
#include "tests/unit/support.h"
#include "tests/unit/tilebuild.h"

#define WHEN 1767225600000u /* as entry_build has it, + index */

struct world {
	struct buf body, kept, scratch;
	struct entry entry[4];
	struct entries es;
	struct hasher *h;
};

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	buf_room(&w->scratch, 4u << 20);
	w->h = hasher_new();
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	hasher_free(w->h);
	buf_fini(&w->body);
	buf_fini(&w->kept);
	buf_fini(&w->scratch);
	free(w);
	return 0;
}

static enum status
parse(struct world *w, uint64_t num)
{
	struct arena scratch = arena_of(w->scratch.p, w->scratch.cap);
	struct want want = {0, num, num, 0};
	struct err e;

	w->es.entry = w->entry;
	return kept_api.batch_parse(
	    &w->es, buf_span(&w->body), &scratch, &want, &e);
}

/* Keep an entry and read it again. */
static const struct entry *
again(struct world *w, const struct entry *e)
{
	buf_clear(&w->kept);
	buf_clear(&w->body);
	kept_put(&w->kept, e);
	kept_order(&w->body, buf_span(&w->kept), 5);
	assert_int_equal(parse(w, 1), ST_OK);
	assert_int_equal(w->es.num, 1);
	return &w->entry[0];
}

/* Read bytes that are kept as they were before, seen first at 5. */
static const struct entry *
old(struct world *w, struct span kept)
{
	buf_clear(&w->body);
	kept_order(&w->body, kept, 5);
	assert_int_equal(parse(w, 1), ST_OK);
	return &w->entry[0];
}

static void
assert_same(struct world *w, const struct entry *a, const struct entry *b)
{
	struct hash x, y;

	entry_leaf_hash(a, w->h, &x);
	entry_leaf_hash(b, w->h, &y);
	assert_hash(&x, &y);
	assert_int_equal(a->timestamp, b->timestamp);
	assert_int_equal(a->type, b->type);
	assert_true(span_eq(a->cert, b->cert));
	assert_true(span_eq(a->issuer_key_hash, b->issuer_key_hash));
	assert_true(span_eq(a->precert, b->precert));
	assert_true(span_eq(a->chain, b->chain));
	assert_true(span_eq(a->fingerprints, b->fingerprints));
	assert_true((a->problem == NULL) == (b->problem == NULL));
}

static struct entry
tile_entry(struct buf *tile, bool precert)
{
	struct buf cert = {0};
	struct entry e;
	struct rd r;
	struct err err;

	cert_build(&cert, "jane.roe@example.com");
	if (precert) {
		buf_uint(tile, WHEN, 8);
		buf_uint(tile, ENTRY_PRECERT, 2);
		for (int i = 0; i < HASH_LEN; i++)
			buf_char(tile, 'k');
		buf_vec(tile, buf_span(&cert), 3);
		buf_uint(tile, 0, 2);
		buf_vec(tile, span_str("the precertificate"), 3);
		buf_uint(tile, 0, 2);
	} else {
		leaf_build(tile, 0, NULL);
	}
	r = rd_of(buf_span(tile));
	assert_status(entry_read_tile(&e, &r, &err), ST_OK, &err);
	buf_fini(&cert);
	return e;
}

static void
test_round(void **state)
{
	struct world *w = *state;

	for (int precert = 0; precert < 2; precert++) {
		struct buf tile = {0}, leaf = {0};
		struct entry e = tile_entry(&tile, precert), f;

		assert_same(w, again(w, &e), &e);
		/* The same from an RFC 6962 log. */
		buf_uint(&leaf, 0, 2);
		buf_span_add(&leaf, e.leaf);
		entry_parse_leaf(&f, buf_span(&leaf));
		f.precert = e.precert;
		assert_same(w, again(w, &f), &e);
		e.chain = span_str("issuers");
		e.fingerprints = span_str("their fingerprints");
		assert_same(w, again(w, &e), &e);
		buf_fini(&tile);
		buf_fini(&leaf);
	}
}

/* Broken leaves stay broken, with their reason. */
static void
test_broken(void **state)
{
	static const char *const leaves[] = {
	    "", "\7", "abcdefghijklmnop", "\0\0\0\0\1\2\3\4\5\6\0\7"};
	struct world *w = *state;
	struct entry e;

	for (size_t i = 0; i < 4; i++) {
		entry_parse_leaf(&e, span_of(leaves[i], i == 3 ? 12 : i * i));
		assert_non_null(e.problem);
		assert_same(w, again(w, &e), &e);
		assert_string_equal(w->entry[0].problem, e.problem);
	}
}

static struct entry
sized(struct buf *leaf, size_t len)
{
	struct buf cert = {0};
	struct entry e;

	memset(buf_room(&cert, len), 0x30, len);
	cert.len = len;
	buf_clear(leaf);
	buf_uint(leaf, 0, 2);
	entry_build(leaf, 0, buf_span(&cert));
	entry_parse_leaf(&e, buf_span(leaf));
	buf_fini(&cert);
	return e;
}

/* The largest certificate that may be read is kept whole; larger ones are
 * cut, and never taken for anything else. */
static void
test_large(void **state)
{
	struct world *w = *state;
	struct buf leaf = {0};
	struct entry e = sized(&leaf, LIMIT_ENTRY);
	struct span all;

	assert_null(e.problem);
	assert_same(w, again(w, &e), &e);
	e = sized(&leaf, 2 * LIMIT_ENTRY);
	assert_non_null(e.problem);
	assert_non_null(again(w, &e)->problem);
	assert_non_null(strstr(w->entry[0].problem, "1 MiB"));
	assert_int_equal(w->entry[0].cert.len, 0);
	assert_true(w->kept.len < LIMIT_ENTRY + (100u << 10));
	/* A precertificate beyond any limit is left out. */
	all = buf_span(&leaf);
	e = sized(&leaf, 10);
	e.type = ENTRY_PRECERT;
	e.precert = all;
	again(w, &e);
	assert_int_equal(w->entry[0].precert.len, 0);
	buf_fini(&leaf);
}

/* Of an entry with a hit all or nothing is kept, but for its issuers. */
static void
test_hit(void **state)
{
	struct world *w = *state;
	struct buf leaf = {0}, tile = {0};
	struct entry e = tile_entry(&tile, true);
	struct kept k;
	struct hash a, b;

	e.chain = span_str("issuers");
	kept_put_hit(&w->kept, &e);
	assert_true(kept_read(&k, buf_span(&w->kept)));
	entry_leaf_hash(&e, w->h, &a);
	hasher_leaf(w->h, &b, k.leaf);
	assert_hash(&a, &b);
	assert_true(span_eq(k.precert, e.precert));
	assert_true(span_eq(k.chain, e.chain));
	e = sized(&leaf, LIMIT_ENTRY - 128);
	e.chain = buf_span(&tile);
	buf_clear(&w->kept);
	kept_put_hit(&w->kept, &e);
	assert_true(kept_read(&k, buf_span(&w->kept)));
	assert_true(span_eq(k.leaf, e.leaf) && k.chain.len == 0);
	assert_in_range(w->kept.len, LIMIT_ENTRY - 128, LIMIT_ENTRY);
	e = sized(&leaf, LIMIT_ENTRY);
	buf_clear(&w->kept);
	kept_put_hit(&w->kept, &e);
	assert_int_equal(w->kept.len, 0);
	/* What was cut is not the entry. */
	e = sized(&leaf, 2 * LIMIT_ENTRY);
	kept_put(&w->kept, &e);
	assert_false(kept_read(&k, buf_span(&w->kept)));
	assert_false(kept_read(&k, span_of(NULL, 0)));
	buf_fini(&leaf);
	buf_fini(&tile);
}

/* The form before this one, without issuers. */
static void
test_form_1(void **state)
{
	struct world *w = *state;
	struct buf tile = {0}, form = {0};
	struct entry e = tile_entry(&tile, true);
	struct kept k;

	buf_uint(&form, 0x494e5131, 4);
	buf_uint(&form, e.leaf.len + 2, 4);
	buf_uint(&form, e.leaf.len + 2, 4);
	buf_uint(&form, 0, 2);
	buf_span_add(&form, e.leaf);
	buf_vec(&form, e.precert, 4);
	assert_same(w, old(w, buf_span(&form)), &e);
	assert_true(kept_read(&k, buf_span(&form)));
	assert_int_equal(k.chain.len + k.fingerprints.len, 0);
	buf_fini(&tile);
	buf_fini(&form);
}

static void
test_old(void **state)
{
	struct world *w = *state;
	struct buf tile = {0}, leaf = {0}, cert = {0};
	struct entry e = tile_entry(&tile, false);
	const struct entry *got;

	/* A leaf, with and without its head. */
	assert_same(w, old(w, e.leaf), &e);
	buf_uint(&leaf, 0, 2);
	buf_span_add(&leaf, e.leaf);
	assert_same(w, old(w, buf_span(&leaf)), &e);
	/* A certificate; a TBSCertificate; nothing of the kind. */
	got = old(w, e.cert);
	assert_true(span_eq(got->cert, e.cert));
	assert_int_equal(got->type, ENTRY_X509);
	assert_int_equal(got->timestamp, 5);
	buf_add(&cert, "\x30\x05\xa0\x03\x02\x01\x02", 7);
	got = old(w, buf_span(&cert));
	assert_int_equal(got->type, ENTRY_PRECERT);
	assert_true(span_eq(got->cert, buf_span(&cert)));
	got = old(w, span_str("garbage"));
	assert_true(span_eq_str(got->cert, "garbage"));
	assert_non_null(old(w, span_of("\0\0\0", 3))->problem);
	assert_non_null(old(w, span_of(NULL, 0))->problem);
	buf_fini(&tile);
	buf_fini(&leaf);
	buf_fini(&cert);
}

/* Several in one body; a body that ends too early. */
static void
test_bodies(void **state)
{
	struct world *w = *state;
	struct buf tile = {0};
	struct entry e = tile_entry(&tile, true);

	again(w, &e);
	kept_order(&w->body, buf_span(&w->kept), 6);
	kept_order(&w->body, span_str("garbage"), 7);
	assert_int_equal(parse(w, 3), ST_OK);
	assert_int_equal(w->es.num, 3);
	assert_same(w, &w->entry[1], &e);
	assert_int_equal(w->entry[2].timestamp, 7);
	assert_int_equal(parse(w, 4), ST_BAD);
	while (w->body.len-- > 1)
		assert_int_equal(parse(w, 3), ST_BAD);
	w->body.len = 0;
	buf_fini(&tile);
}

/* Any damage to what was kept: no crash, and one entry comes out. */
static void
test_damage(void **state)
{
	struct world *w = *state;
	struct buf tile = {0};
	struct entry e = tile_entry(&tile, true);
	uint64_t seed = 1;

	for (int i = 0; i < 20000; i++) {
		again(w, &e);
		for (uint64_t k = 0; k <= seed % 3; k++)
			w->kept.p[random_below(&seed, w->kept.len)] ^=
			    (uint8_t)random_below(&seed, 256);
		old(w, span_cut(buf_span(&w->kept), 0,
			   random_below(&seed, 2 * w->kept.len)));
		assert_int_equal(w->es.num, 1);
	}
	buf_fini(&tile);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {TEST(test_round), TEST(test_broken),
	    TEST(test_large), TEST(test_hit), TEST(test_form_1), TEST(test_old),
	    TEST(test_bodies), TEST(test_damage)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
