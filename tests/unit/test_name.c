/* name: attributes and general names in regular and in odd nesting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctlog/x509/name.h"
#include "tests/unit/derbuild.h"

static void
want_attr(struct name_attrs *it, const char *value, unsigned index)
{
	struct name_attr a;

	assert_true(name_attr_next(it, &a));
	assert_true(span_eq_str(a.value.value, value));
	assert_int_equal(a.index, index);
	assert_true(a.oid.len > 0);
}

static void
test_attrs(void **state)
{
	struct buf b = {0}, name = {0};
	struct name_attrs it;
	struct name_attr a;
	size_t set, seq;

	(void)state;
	db_attr(&b, "2.5.4.6", 0x13, "XX");
	set = db_open(&b, 0x31); /* two in one RDN */
	for (int i = 0; i < 2; i++) {
		seq = db_open(&b, 0x30);
		db_oid(&b, i ? "2.5.4.5" : "2.5.4.3");
		db_text(&b, 0x0c, i ? "number" : "name");
		db_close(&b, seq);
	}
	db_close(&b, set);
	db_put(&b, 0x31, span_of(NULL, 0)); /* an empty one */
	db_attr(&b, "2.5.4.10", 0x0c, "last");
	db_put(&name, 0x30, buf_span(&b));
	for (int i = 0; i < 2; i++) {
		/* With and without its header. */
		it = name_attrs_of(buf_span(i ? &b : &name));
		want_attr(&it, "XX", 0);
		want_attr(&it, "name", 1);
		want_attr(&it, "number", 2);
		want_attr(&it, "last", 3);
		assert_false(name_attr_next(&it, &a));
		assert_false(it.cut);
	}
	it = name_attrs_of(span_of(NULL, 0));
	assert_false(name_attr_next(&it, &a));
	assert_false(it.cut);
	buf_fini(&b);
	buf_fini(&name);
}

/* An attribute outside a SET, one without value, one that is no SEQUENCE, and
 * half of one: what can be read is. */
static void
test_odd_attrs(void **state)
{
	struct buf b = {0}, name = {0};
	struct name_attrs it;
	struct name_attr a;
	size_t seq, set;

	(void)state;
	seq = db_open(&b, 0x30);
	db_oid(&b, "2.5.4.3");
	db_text(&b, 0x0c, "bare");
	db_close(&b, seq);
	set = db_open(&b, 0x31);
	seq = db_open(&b, 0x30);
	db_oid(&b, "2.5.4.4");
	db_close(&b, seq);
	db_text(&b, 0x0c, "stray");
	db_close(&b, set);
	db_attr(&b, "2.5.4.10", 0x0c, "good");
	db_attr(&b, "2.5.4.11", 0x0c, "cut off");
	db_put(&name, 0x30, buf_span(&b));
	it = name_attrs_of(span_cut(buf_span(&name), 0, name.len - 3));
	want_attr(&it, "bare", 0);
	want_attr(&it, "good", 3);
	want_attr(&it, "cut ", 4);
	assert_false(name_attr_next(&it, &a));
	assert_true(it.cut);
	buf_fini(&b);
	buf_fini(&name);
}

static void
test_general(void **state)
{
	struct buf b = {0}, names = {0};
	struct general_names it;
	struct general_name n;

	(void)state;
	db_text(&b, 0x81, "a@b.c");
	db_text(&b, 0x82, "host");
	db_other(&b, "1.3.6.1.4.1.311.20.2.3", 0x0c, span_str("upn"));
	db_put(&b, 0xa4, span_of("\x30\x00", 2));
	db_text(&b, 0x16, "untagged");
	db_text(&b, 0x8f, "unknown");
	db_put(&names, 0x30, buf_span(&b));
	it = general_names_of(buf_span(&names));
	assert_true(general_name_next(&it, &n));
	assert_int_equal(n.form, GENERAL_RFC822);
	assert_true(span_eq_str(n.tlv.value, "a@b.c"));
	assert_true(general_name_next(&it, &n));
	assert_int_equal(n.form, GENERAL_DNS);
	assert_int_equal(n.index, 1);
	assert_true(general_name_next(&it, &n));
	assert_int_equal(n.form, GENERAL_OTHER);
	assert_int_equal(n.oid.len, 10);
	assert_int_equal(n.other.id, 0x0c);
	assert_true(span_eq_str(n.other.value, "upn"));
	assert_true(general_name_next(&it, &n));
	assert_int_equal(n.form, GENERAL_DIRECTORY);
	assert_true(general_name_next(&it, &n));
	assert_int_equal(n.form, GENERAL_UNKNOWN);
	assert_true(general_name_next(&it, &n));
	assert_int_equal(n.form, GENERAL_UNKNOWN);
	assert_false(general_name_next(&it, &n));
	assert_false(it.cut);
	buf_fini(&b);
	buf_fini(&names);
}

/* otherNames of other shapes. */
static void
test_odd_other(void **state)
{
	struct buf b = {0};
	struct general_names it;
	struct general_name n;
	size_t at;

	(void)state;
	at = db_open(&b, 0xa0); /* the value without [0] */
	db_oid(&b, "1.2.3");
	db_text(&b, 0x0c, "plain");
	db_close(&b, at);
	at = db_open(&b, 0xa0); /* no value */
	db_oid(&b, "1.2.3");
	db_close(&b, at);
	db_text(&b, 0x80, "no structure");
	it = general_names_of(buf_span(&b));
	assert_true(general_name_next(&it, &n));
	assert_true(span_eq_str(n.other.value, "plain"));
	assert_true(general_name_next(&it, &n));
	assert_int_equal(n.oid.len, 2);
	assert_int_equal(n.other.id, DER_NULL);
	assert_true(general_name_next(&it, &n));
	assert_int_equal(n.oid.len, 0);
	assert_true(span_eq_str(n.other.value, "no structure"));
	it = general_names_of(span_of("\x82\x09"
				      "host",
	    6));
	assert_true(general_name_next(&it, &n));
	assert_true(it.cut);
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_attrs),
	    cmocka_unit_test(test_odd_attrs),
	    cmocka_unit_test(test_general),
	    cmocka_unit_test(test_odd_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
