/*
 * test_proven: a proof that is kept proves the same when it is read again; one
 * in which anything was changed, or of another place, does not. And what proofs
 * share is what was put there.
 */
#include "monitor/proven.h"

#include "tests/unit/signer.h"
#include "tests/unit/tree.h"

enum { SIZE = 13, AT = 6 };

struct world {
	struct signer s;
	struct hash leaf[SIZE];
	struct forest f;
	struct head head;
	struct buf raw, json;
	struct path path;
	struct proven_at at;
};

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct proven_log log;

	w->s = signer_new("P-256", 0);
	w->f = (struct forest){hasher_new(), w->leaf};
	for (uint8_t i = 0; i < SIZE; i++)
		hasher_leaf(w->f.h, &w->leaf[i], span_of(&i, 1));
	w->head =
	    (struct head){SIZE, 1780000000000, forest_root(&w->f, 0, SIZE)};
	signer_sth(&w->s, &w->raw, &w->head);
	forest_path(&w->f, &w->path, AT, 0, SIZE);
	w->at = (struct proven_at){*logkey_id(w->s.key), AT, w->leaf[AT]};
	log = (struct proven_log){"A log \"1\"", "Operator",
	    "https://ct.example/", "rfc6962", w->s.key};
	proven_put(&w->json, &log, &w->head, buf_span(&w->raw), &w->path);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	signer_fini(&w->s);
	hasher_free(w->f.h);
	buf_fini(&w->raw);
	buf_fini(&w->json);
	free(w);
	return 0;
}

static enum status
read_again(const struct world *w, struct span text, const struct proven_at *at)
{
	json_t *j = json_loadb((const char *)text.p, text.len, 0, NULL);
	struct proven p;
	struct err e = {""};
	enum status st = proven_read(&p, j, at, &e);

	if (st == ST_OK) {
		assert_string_equal(p.log.name, "A log \"1\"");
		assert_string_equal(p.log.api, "rfc6962");
		assert_int_equal(p.head.size, SIZE);
		assert_true(span_eq(buf_span(&p.head_raw), buf_span(&w->raw)));
	} else {
		assert_int_not_equal(e.text[0], '\0');
	}
	proven_fini(&p);
	json_decref(j);
	return st;
}

static void
test_same(void **state)
{
	const struct world *w = *state;

	assert_int_equal(read_again(w, buf_span(&w->json), &w->at), ST_OK);
}

static void
test_other_place(void **state)
{
	const struct world *w = *state;
	struct proven_at at = w->at;

	at.index++;
	assert_int_equal(read_again(w, buf_span(&w->json), &at), ST_MISMATCH);
	at.index = SIZE;
	assert_int_equal(read_again(w, buf_span(&w->json), &at), ST_BAD);
	at = w->at;
	at.leaf_hash = w->leaf[AT + 1];
	assert_int_equal(read_again(w, buf_span(&w->json), &at), ST_MISMATCH);
	at = w->at;
	at.log_id.b[7] ^= 1;
	assert_int_equal(read_again(w, buf_span(&w->json), &at), ST_MISMATCH);
}

/* Where a member's value begins and ends. */
static struct span
value_of(const struct world *w, const char *name)
{
	struct buf mark = {0};
	struct span all = buf_span(&w->json), found;
	const uint8_t *p;

	buf_fmt(&mark, "\"%s\":", name);
	p = memmem(all.p, all.len, mark.p, mark.len);
	assert_non_null(p);
	found = span_from(all, (size_t)(p - all.p) + mark.len + 1);
	buf_fini(&mark);
	return span_cut(
	    found, 0, span_chr(found, found.p[-1] == '[' ? ']' : '"'));
}

/* What it rests on cannot be changed. */
static void
test_changed(void **state)
{
	static const char *const names[] = {"log_key", "head", "audit_path"};
	const struct world *w = *state;
	struct buf text = {0};

	for (size_t i = 0; i < 3; i++) {
		struct span v = value_of(w, names[i]);
		size_t at = (size_t)(v.p - w->json.p);

		for (size_t k = 0; k < v.len; k++) {
			buf_clear(&text);
			buf_span_add(&text, buf_span(&w->json));
			text.p[at + k] = text.p[at + k] == 'A' ? 'B' : 'A';
			assert_int_not_equal(
			    read_again(w, buf_span(&text), &w->at), ST_OK);
		}
	}
	buf_fini(&text);
}

static void
test_nonsense(void **state)
{
	static const char *const texts[] = {"{}", "[]", "null",
	    "{\"log_key\":\"\"}", "{\"log_key\":7,\"audit_path\":[1]}"};
	const struct world *w = *state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(
		    read_again(w, span_str(texts[i]), &w->at), ST_BAD);
}

static void
test_share(void **state)
{
	const struct world *w = *state;
	struct proof_share s = {0};
	char url[32];

	assert_null(share_tile_get(&s, "tile/0/000"));
	share_head_put(&s, &w->head, buf_span(&w->raw));
	assert_int_equal(s.head.size, SIZE);
	assert_int_equal(s.num_heads, 1);
	for (unsigned i = 0; i < SHARE_TILES + 1; i++) {
		snprintf(url, sizeof(url), "tile/0/%03u", i);
		share_tile_put(&s, url, span_str(url));
	}
	assert_null(share_tile_get(&s, "tile/0/000")); /* too many */
	assert_true(span_eq_str(
	    buf_span(share_tile_get(&s, "tile/0/001")), "tile/0/001"));
	share_tile_put(&s, "none", span_of(NULL, 0));
	share_tile_put(&s, "huge", span_of(w->raw.p, SHARE_TILE_MAX + 1));
	assert_null(share_tile_get(&s, "none"));
	assert_null(share_tile_get(&s, "huge"));
	share_forget(&s);
	assert_null(share_tile_get(&s, "tile/0/001"));
	assert_int_equal(s.head.size, 0);
	assert_int_equal(s.num_heads, 1);
	share_fini(&s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {TEST(test_same),
	    TEST(test_other_place), TEST(test_changed), TEST(test_nonsense),
	    TEST(test_share)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
