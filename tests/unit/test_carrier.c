/* carrier: the index finds every line by its octets; names are complete; the
 * file is in order, and mistakes in it are told. */
#include "monitor/pii/carrier.h"

#include "monitor/pii/carrier_row.h"
#include "tests/unit/derbuild.h"
#include "tests/unit/support.h"

static struct carriers *carriers;

static int
setup(void **state)
{
	(void)state;
	carriers = carriers_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	carriers_free(carriers);
	return 0;
}

static struct span
oid(const char *dotted)
{
	static struct buf b;

	buf_clear(&b);
	db_oid_octets(&b, dotted);
	return buf_span(&b);
}

static void
test_attrs(void **state)
{
	const struct carrier *c = carrier_attr(carriers, oid("2.5.4.42"));

	(void)state;
	assert_non_null(c);
	assert_int_equal(c->how, HOW_GIVEN);
	assert_string_equal(c->label[IN_SUBJECT], "subject.givenName");
	assert_string_equal(c->label[IN_SAN], "san.directoryName.givenName");
	assert_string_equal(c->label[IN_SDA], "sda.givenName");
	c = carrier_attr(carriers, oid("0.9.2342.19200300.100.1.3"));
	assert_string_equal(c->label[IN_ISSUER], "issuer.mail");
	assert_int_equal(c->kind, PII_EMAIL);
	/* Patterns: any arcs in between. */
	c = carrier_attr(carriers, oid("2.16.724.1.3.5.7.2.9"));
	assert_string_equal(c->label[IN_SUBJECT], "subject.esEmail");
	assert_ptr_equal(
	    carrier_attr(carriers, oid("2.16.724.1.3.5.3.2.9")), c);
	assert_null(carrier_attr(carriers, oid("2.16.724.1.3.5.7.2.99")));
	/* Its last arc, not the end of a longer one. */
	assert_null(carrier_attr(carriers, oid("2.16.724.1.3.5.7.2.132")));
	assert_null(carrier_attr(carriers, oid("2.16.724.1.3.5")));
	/* Tables are apart, and strangers are strangers. */
	assert_null(carrier_attr(carriers, oid("1.3.6.1.4.1.311.20.2.3")));
	assert_null(carrier_attr(carriers, oid("2.5.4.999")));
	assert_null(carrier_attr(carriers, span_of(NULL, 0)));
}

static void
test_others(void **state)
{
	const struct carrier *c =
	    carrier_other_name(carriers, oid("1.3.6.1.4.1.311.20.2.3"));

	(void)state;
	assert_int_equal(c->how, HOW_UPN);
	assert_string_equal(c->label[IN_SAN], "san.userPrincipalName");
	assert_null(carrier_other_name(carriers, oid("2.5.4.3")));
	assert_string_equal(carrier_general_name(IN_SAN, 1), "san.rfc822Name");
	assert_string_equal(
	    carrier_general_name(IN_IAN, 4), "ian.directoryName");
	assert_string_equal(carrier_unknown(IN_SUBJECT), "subject.unknown");
	assert_string_equal(carrier_unknown(IN_EXT), "ext.unknown");
}

static void
test_exts(void **state)
{
	const struct ext_carrier *c = carrier_ext(carriers, oid("2.5.29.18"));

	(void)state;
	assert_int_equal(c->how, EXT_NAMES);
	assert_int_equal(c->side, SIDE_ISSUER);
	c = carrier_ext(carriers, oid("1.3.6.1.4.1.11129.2.4.2"));
	assert_int_equal(c->how, EXT_SKIP);
	assert_null(carrier_ext(carriers, oid("1.2.3.4")));
}

static void
test_classes(void **state)
{
	(void)state;
	assert_int_equal(
	    carrier_class(carriers, oid("2.23.140.1.2.3")), CLASS_TLS_IV);
	assert_int_equal(carrier_class(carriers, oid("2.23.140.1.5.3.2")),
	    CLASS_SMIME_SPONSOR);
	assert_int_equal(carrier_class(carriers, oid("0.4.0.194112.1.2")),
	    CLASS_QUALIFIED_PERSON);
	assert_int_equal(
	    carrier_class(carriers, oid("1.3.6.1.5.5.7.3.4")), CLASS_SMIME);
	assert_int_equal(carrier_class(carriers, oid("1.2.3")), CLASSES);
	assert_int_equal(carrier_template(carriers, span_str("SmartcardUser")),
	    CLASS_SMARTCARD);
	assert_int_equal(carrier_template(carriers, span_str("Web")), CLASSES);
}

/* -1, 0, 1 by the arcs of two object identifiers; a star is the least. */
static int
compare_oids(struct span a, struct span b)
{
	while (a.len > 0 && b.len > 0) {
		struct span x = span_cut(a, 0, span_chr(a, '.'));
		struct span y = span_cut(b, 0, span_chr(b, '.'));
		int d = x.len != y.len ? (x.len < y.len ? -1 : 1)
				       : memcmp(x.p, y.p, x.len);

		if (d != 0)
			return d;
		a = span_from(a, x.len + 1);
		b = span_from(b, y.len + 1);
	}
	return a.len > 0 ? 1 : b.len > 0 ? -1 : 0;
}

/* The second column. */
static struct span
key_of(struct span line)
{
	line = span_from(line, span_chr(line, '\t') + 1);
	return span_cut(line, 0, span_chr(line, '\t'));
}

/* Everything in the file can be read, has the columns that it needs, and
 * stands in its order. */
static void
test_file(void **state)
{
	struct carrier_row row, last = {.table = TABLE_ATTR};
	struct buf file = {0};
	struct span rest, line, before = span_of(NULL, 0);
	unsigned num[TABLES] = {0};
	struct err e;

	(void)state;
	assert_true(file_read(&file, "monitor/pii/carriers.tsv"));
	for (rest = buf_span(&file); rest.len > 0;
	     rest = span_from(rest, line.len + 1)) {
		line = span_cut(rest, 0, span_chr(rest, '\n'));
		if (line.len == 0 || line.p[0] == '#')
			continue;
		assert_status(carrier_row_read(&row, line, &e), ST_OK, &e);
		assert_true(row.table >= last.table);
		if (row.table == last.table && row.table != TABLE_TEMPLATE &&
		    compare_oids(before, key_of(line)) >= 0)
			fail_msg("out of order: %.*s", (int)line.len,
			    (const char *)line.p);
		num[row.table]++;
		before = key_of(line);
		last = row;
	}
	for (int i = 0; i < TABLES; i++)
		assert_true(num[i] > 3);
	buf_fini(&file);
}

static void
test_mistakes(void **state)
{
	static const char *const cases[][2] = {
	    {"attr\t2.5.4.3\tcommon\tname\tx\n\nbad\t1.2\n",
		"carriers.tsv:3: no table: bad"},
	    {"# x\nattr\t2.5.4.3\tcomon\tname\tx\n",
		"carriers.tsv:2: no way to read it: comon"},
	    {"attr\t2.5.4.3\tname\tnom\tx", "no kind: nom"},
	    {"attr\t2.5.4.3\tname\t-\tx", "a kind where none is, or none"},
	    {"attr\t2.5.4.3\ttext\tname\tx", "a kind where none is, or none"},
	    {"attr\t2.5.4.x\ttext\t-\tx", "no object identifier"},
	    {"attr\t2.5.4.\ttext\t-\tx", "no object identifier"},
	    {"attr\t2.5.04\ttext\t-\tx", "no object identifier"},
	    {"attr\t2\ttext\t-\tx", "no object identifier"},
	    {"attr\t3.5\ttext\t-\tx", "no object identifier"},
	    {"attr\t2.5.4.4294967296\ttext\t-\tx", "no object identifier"},
	    {"attr\t1.2.*\ttext\t-\tx", "no object identifier"},
	    {"attr\t1.2.3.*\ttext\t-\tx", "no object identifier"},
	    {"attr\t1.2.3.*.4.*.5\ttext\t-\tx", "no object identifier"},
	    {"attr\t1.2.3.*.200\ttext\t-\tx", "no object identifier"},
	    {"attr\t2.5.4.3\ttext\t-", "no label"},
	    {"attr\t2.5.4.3\ttext\t-\tx\tnorth", "no side: north"},
	    {"attr\t2.5.4.3\ttext\t-\tx\tsubject", "a side where none is"},
	    {"ext\t2.5.4.3\tscan\t-\tx", "a side where none is, or none"},
	    {"attr\t2.5.4.3\tnotice\t-\tx", "a note where none is, or none"},
	    {"attr\t2.5.4.3\ttext\t-\tx\t-\thello", "a note where none is"},
	    {"attr\t2.5.4.3\ttext\t-\tx\t-\t-\tmore", "columns that"},
	    {"attr\t2.5.4.3\t\t-\tx", "columns that are empty"},
	    {"attr\t2.5.4.3\ttext\t-\tx\t", "columns that are empty"},
	    {"other\t2.5.4.3\tgiven\tname\tx", "no way to read it"},
	    {"class\t2.5.4.3\tfirst-class", "no way to read it"},
	    {"class\t2.5.4.3\ttls\t-\tx", "a label: x"},
	    {"attr\t2.5.4.3\ttext\t-\tx\nattr\t2.5.4.3\ttext\t-\ty",
		"carriers.tsv:2: there twice"},
	    {"attr\t1.2.3.*.4\ttext\t-\tx\nattr\t1.2.3.*.4\ttext\t-\ty",
		"carriers.tsv:2: there twice"},
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (carriers_read(span_str(cases[i][0]), &e) != NULL)
			fail_msg("taken: %s", cases[i][0]);
		assert_says(&e, cases[i][1]);
	}
}

/* A table of a reader's own. */
static void
test_extended(void **state)
{
	struct carriers *c = carriers_read(
	    span_str("attr\t1.2.3.*.4\tvalue\tphone\tpager\n"
		     "ext\t1.2.9\tnotice\t-\tchip\tissuer\ta chip\n"
		     "other\t1.2.9\tvalue\ttitle\tpost\tissuer"),
	    NULL);

	(void)state;
	assert_non_null(c);
	assert_string_equal(
	    carrier_attr(c, oid("1.2.3.77.88.4"))->label[IN_SAN],
	    "san.directoryName.pager");
	assert_string_equal(carrier_ext(c, oid("1.2.9"))->note, "a chip");
	assert_string_equal(carrier_ext(c, oid("1.2.9"))->label, "ext.chip");
	assert_true(carrier_other_name(c, oid("1.2.9"))->issuer);
	assert_string_equal(
	    carrier_other_name(c, oid("1.2.9"))->label[IN_SAN], "san.post");
	assert_null(carrier_attr(c, oid("2.5.4.3")));
	carriers_free(c);
	carriers_free(NULL);
}

static void
test_names(void **state)
{
	enum pii_kind k;

	(void)state;
	for (unsigned i = 0; i < PII_KINDS; i++) {
		assert_true(kind_of(&k, span_str(kind_name((enum pii_kind)i))));
		assert_int_equal(k, i);
	}
	assert_false(kind_of(&k, span_str("shoe-size")));
	assert_string_equal(class_name(CLASS_SMIME_SPONSOR), "smime-sponsor");
	assert_string_equal(class_name(CLASS_OCSP), "ocsp");
	assert_string_equal(class_name(CLASS_WALLET_ACCESS), "wallet-access");
	assert_null(class_name(CLASSES));
	assert_string_equal(flag_name(20), "multiple");
	assert_int_equal(FLAG_MULTIPLE, 1 << 20);
	assert_string_equal(flag_name(21), "biometric");
	assert_int_equal(FLAG_BIOMETRIC, 1 << 21);
	assert_null(flag_name(22));
	assert_string_equal(string_type_name(22), "IA5String");
	assert_string_equal(string_type_name(30), "BMPString");
	assert_string_equal(string_type_name(99), "unknown");
	assert_string_equal(side_name(SIDE_ISSUER), "issuer");
	assert_string_equal(confidence_name(CONF_FREE_TEXT), "free-text");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_attrs),
	    cmocka_unit_test(test_others),
	    cmocka_unit_test(test_exts),
	    cmocka_unit_test(test_classes),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_file),
	    cmocka_unit_test(test_mistakes),
	    cmocka_unit_test(test_extended),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
