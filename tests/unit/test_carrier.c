/* carrier: the index finds every row by its octets; names are complete. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "monitor/pii/carrier.h"
#include "tests/unit/derbuild.h"

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
	assert_null(class_name(CLASSES));
	assert_string_equal(flag_name(20), "multiple");
	assert_int_equal(FLAG_MULTIPLE, 1 << 20);
	assert_null(flag_name(21));
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
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
