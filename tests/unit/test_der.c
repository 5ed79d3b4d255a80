/* der: TLVs of every kind of encoding, good and bad; times, identifiers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctlog/x509/der.h"
#include "tests/unit/derbuild.h"

#define BYTES(...)                                                             \
	span_of((const uint8_t[]){__VA_ARGS__},                                \
	    sizeof((const uint8_t[]){__VA_ARGS__}))

static void
want(struct span s, int id, size_t len, size_t left, unsigned marks)
{
	struct der t = {0};

	assert_true(der_next(&t, &s));
	assert_int_equal(t.id, id);
	assert_int_equal(t.value.len, len);
	assert_int_equal(s.len, left);
	assert_int_equal(t.marks, marks);
}

static void
test_lengths(void **state)
{
	uint8_t big[0x10000 + 8] = {0x04, 0x82, 0x01, 0x00};

	(void)state;
	want(BYTES(0x05, 0x00), 0x05, 0, 0, 0);
	want(BYTES(0x02, 0x01, 0x07, 0xaa), 0x02, 1, 1, 0);
	want(span_of(big, 0x104), 0x04, 0x100, 0, 0);
	memcpy(big, "\x04\x81\x80", 3);
	want(span_of(big, 0x83), 0x04, 0x80, 0, 0);
	memcpy(big, "\x04\x83\x01\x00\x00", 5);
	want(span_of(big, 0x10005), 0x04, 0x10000, 0, 0);
	/* Longer than needed. */
	want(BYTES(0x04, 0x81, 0x01, 0xff), 0x04, 1, 0, DER_NON_MINIMAL);
	want(BYTES(0x04, 0x82, 0x00, 0x01, 0xff), 0x04, 1, 0, DER_NON_MINIMAL);
	want(BYTES(0x04, 0x84, 0, 0, 0, 1, 0xff), 0x04, 1, 0, DER_NON_MINIMAL);
	/* Beyond the end. */
	want(BYTES(0x04, 0x05, 1, 2), 0x04, 2, 0, DER_TRUNCATED);
	want(BYTES(0x04, 0x84, 0xff, 0xff, 0xff, 0xff, 1), 0x04, 1, 0,
	    DER_TRUNCATED);
	want(BYTES(0x04, 0x89, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2), 0x04, 2, 0,
	    DER_TRUNCATED);
	want(BYTES(0x30, 0x7f), 0x30, 0, 0, DER_TRUNCATED);
}

/* SEQUENCE and SET are constructed, whatever their bit says. */
static void
test_unmarked(void **state)
{
	const uint8_t in[] = {0x10, 0x05, 0x11, 0x03, 0x0c, 1, 'a'};
	struct span s = span_of(in, sizeof(in));
	struct der_walk w;
	struct der t;

	(void)state;
	want(s, DER_SEQUENCE, 5, 0, DER_UNMARKED);
	want(BYTES(0x11, 0x81, 0x01, 0xff), DER_SET, 1, 0,
	    DER_UNMARKED | DER_NON_MINIMAL);
	want(BYTES(0x10, 0x80, 0, 0), DER_SEQUENCE, 0, 0,
	    DER_UNMARKED | DER_INDEFINITE);
	want(BYTES(0x90, 0x00), 0x90, 0, 0, 0);
	assert_true(der_first(&t, s, DER_SEQUENCE));
	assert_true(der_is_structure(&t));
	assert_true(der_first(&t, t.value, DER_SET));
	der_walk_start(&w, s);
	assert_true(der_walk_leaf(&w, &t));
	assert_int_equal(t.id, DER_UTF8_STRING);
	assert_false(der_is_structure(&t));
}

static void
test_no_tlv(void **state)
{
	struct span bad[] = {span_of(NULL, 0), BYTES(0x30), BYTES(0x30, 0x82),
	    BYTES(0x30, 0x82, 0x01), BYTES(0x1f), BYTES(0x1f, 0x81),
	    BYTES(0x1f, 0x81, 0x01), BYTES(0x30, 0xff, 0x01)};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct span left = bad[i];
		struct der t;

		assert_false(der_next(&t, &left));
		assert_int_equal(left.len, bad[i].len);
	}
}

static void
test_tags(void **state)
{
	struct span s = BYTES(0xbf, 0x81, 0x01, 0x01, 0xff, 0x5f, 0x1f, 0x00);
	struct der t = {0};

	(void)state;
	assert_true(der_next(&t, &s));
	assert_int_equal(t.id, 0xbf);
	assert_int_equal(t.tag, 129);
	assert_true(der_is_constructed(&t));
	assert_false(der_is_universal(&t));
	assert_true(der_next(&t, &s));
	assert_int_equal(t.tag, 31);
	assert_int_equal(t.value.len, 0);
}

static void
test_indefinite(void **state)
{
	struct span s = BYTES(0x30, 0x80, 0x02, 0x01, 0x05, 0, 0, 0x05, 0);
	struct span deep =
	    BYTES(0x30, 0x80, 0x30, 0x80, 0x04, 0x00, 0, 0, 0, 0, 0xaa);

	(void)state;
	want(s, 0x30, 3, 2, DER_INDEFINITE);
	want(deep, 0x30, 6, 1, DER_INDEFINITE);
	/* Without its end it reaches to the end. */
	want(span_cut(s, 0, 6), 0x30, 4, 0, DER_INDEFINITE | DER_TRUNCATED);
	want(span_cut(deep, 0, 9), 0x30, 7, 0, DER_INDEFINITE | DER_TRUNCATED);
}

/* Nested deeper, or with more TLVs, than is looked at: no end, no harm. */
static void
test_indefinite_hostile(void **state)
{
	static uint8_t deep[4096], many[400000];
	struct span s;
	struct der t = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(deep); i += 2)
		memcpy(deep + i, "\x30\x80", 2);
	s = span_of(deep, sizeof(deep));
	assert_true(der_next(&t, &s));
	assert_true(t.marks & DER_TRUNCATED);
	memcpy(many, "\x30\x80", 2);
	for (size_t i = 2; i + 2 <= sizeof(many); i += 2)
		memcpy(many + i, "\x05\x00", 2);
	s = span_of(many, sizeof(many));
	assert_true(der_next(&t, &s));
	assert_true(t.marks & DER_TRUNCATED);
}

static void
test_walk(void **state)
{
	/* SEQUENCE { SEQUENCE { INTEGER 1 }, NULL }, BOOLEAN */
	struct span s = BYTES(0x30, 7, 0x30, 3, 2, 1, 1, 5, 0, 1, 1, 0xff);
	const int ids[] = {0x30, 0x30, 0x02, 0x05, 0x01};
	struct der_walk w;
	struct der t;

	(void)state;
	der_walk_start(&w, s);
	for (size_t i = 0; i < 5; i++) {
		assert_true(der_walk_next(&w, &t));
		assert_int_equal(t.id, ids[i]);
	}
	assert_false(der_walk_next(&w, &t));
	assert_false(w.cut);
	assert_true(der_is_well_formed(s));
	assert_false(der_is_well_formed(span_cut(s, 0, s.len - 1)));
	assert_false(der_is_well_formed(span_of(NULL, 0)));
	assert_false(der_is_well_formed(span_str("not DER at all")));
}

/* A string in segments is one leaf; an empty one, and what is behind, too. */
static void
test_walk_leaf(void **state)
{
	static const uint8_t in[] = {0x34, 0x12, 0x2c, 0x06, 0x0c, 1, 'a', 0x0c,
	    1, 'b', 0x2c, 0x00, 0x24, 0x03, 0x04, 1, 'c', 0x0c, 1, 'd'};
	static const struct {
		uint8_t id;
		const char *value;
	} want[] = {{0x2c, "\x0c\x01"
			   "a\x0c\x01"
			   "b"},
	    {0x2c, ""}, {0x04, "c"}, {0x0c, "d"}};
	struct der_walk w;
	struct der t;

	(void)state;
	der_walk_start(&w, span_of(in, sizeof(in)));
	for (size_t i = 0; i < 4; i++) {
		assert_true(der_walk_leaf(&w, &t));
		assert_int_equal(t.id, want[i].id);
		assert_true(span_eq_str(t.value, want[i].value));
	}
	assert_false(der_walk_leaf(&w, &t));
	assert_false(w.cut);
}

static void
test_walk_limits(void **state)
{
	struct buf b = {0};
	struct der_walk w;
	struct der t;
	unsigned n = 0;

	(void)state;
	/* One level too deep: the innermost is not visited. */
	db_put(&b, 0x05, span_of(NULL, 0));
	for (int i = 0; i < LIMIT_DEPTH; i++) {
		struct buf outer = {0};

		db_put(&outer, 0x30, buf_span(&b));
		buf_fini(&b);
		b = outer;
	}
	der_walk_start(&w, buf_span(&b));
	while (der_walk_next(&w, &t))
		assert_int_not_equal(t.id, 0x05);
	assert_true(w.cut);
	/* Too many. */
	buf_clear(&b);
	for (unsigned i = 0; i < LIMIT_TLVS + 5; i++)
		buf_add(&b, "\x05", 2);
	der_walk_start(&w, buf_span(&b));
	while (der_walk_next(&w, &t))
		n++;
	assert_int_equal(n, LIMIT_TLVS);
	assert_true(w.cut);
	buf_fini(&b);
}

static void
test_join(void **state)
{
	/* A constructed OCTET STRING of segments, one of them constructed. */
	struct span s = BYTES(
	    0x24, 0x80, 4, 2, 'J', 'a', 0x24, 4, 4, 2, 'n', 'e', 4, 0, 0, 0);
	uint8_t memory[32];
	struct arena a = arena_of(memory, sizeof(memory));
	struct der t;

	(void)state;
	assert_true(der_next(&t, &s));
	assert_true(span_eq_str(der_join(&a, &t), "Jane"));
	a = arena_of(memory, 2);
	assert_int_equal(der_join(&a, &t).len, 0);
	t = (struct der){.id = 4, .value = span_str("as it is")};
	assert_ptr_equal(der_join(&a, &t).p, t.value.p);
}

static void
want_oid(const char *dotted)
{
	struct buf b = {0};
	char text[DER_OID_TEXT];

	db_oid_octets(&b, dotted);
	assert_string_equal(der_oid_text(text, buf_span(&b)), dotted);
	buf_fini(&b);
}

static void
test_oid(void **state)
{
	uint8_t many[100];
	char text[DER_OID_TEXT];

	(void)state;
	want_oid("2.5.29.17");
	want_oid("1.2.840.113549.1.9.1");
	want_oid("0.9.2342.19200300.100.1.3");
	want_oid("2.16.724.1.3.5.7.2.9");
	want_oid("2.999");
	assert_string_equal(der_oid_text(text, span_of(NULL, 0)), "?");
	assert_string_equal(der_oid_text(text, BYTES(0x55, 0x84)), "?");
	want_oid("2.0");
	want_oid("1.39.4611686018427387903");
	memset(many, 0x7f, sizeof(many));
	assert_string_equal(der_oid_text(text, span_of(many, 100)),
	    "2.47.127.127.127.127.127.127.127.127.127.127.127.127.127.127.12");
}

static int64_t
at(int id, const char *text)
{
	struct der t = {.id = (uint8_t)id, .value = span_str(text)};

	return der_time(&t);
}

static void
test_time(void **state)
{
	const int64_t y2026 = 1767225600000;

	(void)state;
	assert_int_equal(at(DER_UTC_TIME, "700101000000Z"), 0);
	assert_int_equal(at(DER_UTC_TIME, "260101000000Z"), y2026);
	assert_int_equal(at(DER_UTC_TIME, "2601010000Z"), y2026);
	assert_int_equal(at(DER_UTC_TIME, "260101010000+0100"), y2026);
	assert_int_equal(at(DER_UTC_TIME, "251231190000-0500"), y2026);
	assert_int_equal(at(DER_UTC_TIME, "500101000000Z"), -631152000000);
	assert_int_equal(at(DER_UTC_TIME, "491231235959Z"), 2524607999000);
	assert_int_equal(at(DER_GENERALIZED_TIME, "20260101000000Z"), y2026);
	assert_int_equal(
	    at(DER_GENERALIZED_TIME, "20260101000000.5Z"), y2026 + 500);
	assert_int_equal(
	    at(DER_GENERALIZED_TIME, "20240229000000Z"), 1709164800000);
	assert_int_equal(
	    at(DER_GENERALIZED_TIME, "99991231235959Z"), 253402300799000);
	assert_true(at(DER_GENERALIZED_TIME, "00010101000000Z") < 0);
}

static void
test_no_time(void **state)
{
	const char *bad[] = {"", "26", "2601", "261301000000Z", "260132000000Z",
	    "260101250000Z", "260101006100Z", "260101000000X", "260101000000Z1",
	    "2601010000-", "2601a1000000Z"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_true(at(DER_UTC_TIME, bad[i]) == INT64_MIN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lengths),
	    cmocka_unit_test(test_unmarked),
	    cmocka_unit_test(test_no_tlv),
	    cmocka_unit_test(test_tags),
	    cmocka_unit_test(test_indefinite),
	    cmocka_unit_test(test_indefinite_hostile),
	    cmocka_unit_test(test_walk),
	    cmocka_unit_test(test_walk_leaf),
	    cmocka_unit_test(test_walk_limits),
	    cmocka_unit_test(test_join),
	    cmocka_unit_test(test_oid),
	    cmocka_unit_test(test_time),
	    cmocka_unit_test(test_no_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
