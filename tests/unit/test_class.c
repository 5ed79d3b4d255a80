/* class: every row of pii.md 2.1, stated and guessed. */
#include "monitor/pii/class.h"

#include "tests/unit/extracting.h"

#define BIT(class) (1u << CLASS_##class)

static struct carriers *carriers;

static int
class_setup(void **state)
{
	carriers = carriers_new();
	return setup(state);
}

static int
class_teardown(void **state)
{
	carriers_free(carriers);
	return teardown(state);
}

/* The classes of the certificate built last. */
static uint32_t
classes(void)
{
	struct arena arena = arena_of(memory, sizeof(memory));
	struct facts facts;

	run();
	extract_facts(extractor, &facts, &cert, &arena);
	return facts.classes;
}

static void
policy(const char *oid)
{
	struct buf b = {0};
	size_t at = db_open(&b, 0x30);

	db_oid(&b, oid);
	db_close(&b, at);
	db_ext_seq(&exts, "2.5.29.32", buf_span(&b));
	buf_fini(&b);
}

static void
purpose(const char *oid)
{
	struct buf b = {0};

	db_oid(&b, oid);
	db_ext_seq(&exts, "2.5.29.37", buf_span(&b));
	buf_fini(&b);
}

/* QcType ::= SEQUENCE OF OID, and other statements without info. */
static void
statement(const char *oid, const char *type)
{
	struct buf b = {0}, in = {0};
	size_t at = db_open(&b, 0x30);

	db_oid(&b, oid);
	if (type != NULL) {
		db_oid(&in, type);
		db_put(&b, 0x30, buf_span(&in));
	}
	db_close(&b, at);
	db_ext_seq(&exts, "1.3.6.1.5.5.7.1.3", buf_span(&b));
	buf_fini(&b);
	buf_fini(&in);
}

static void
test_policies(void **state)
{
	static const struct {
		const char *oid;
		uint32_t classes;
	} cases[] = {
	    {"2.23.140.1.5.1.1", BIT(SMIME_MAILBOX)},
	    {"2.23.140.1.5.1.2", BIT(SMIME_MAILBOX)},
	    {"2.23.140.1.5.1.3", BIT(SMIME_MAILBOX)},
	    {"2.23.140.1.5.2.1", BIT(SMIME_ORGANIZATION)},
	    {"2.23.140.1.5.2.2", BIT(SMIME_ORGANIZATION)},
	    {"2.23.140.1.5.2.3", BIT(SMIME_ORGANIZATION)},
	    {"2.23.140.1.5.3.1", BIT(SMIME_SPONSOR)},
	    {"2.23.140.1.5.3.2", BIT(SMIME_SPONSOR)},
	    {"2.23.140.1.5.3.3", BIT(SMIME_SPONSOR)},
	    {"2.23.140.1.5.4.1", BIT(SMIME_INDIVIDUAL)},
	    {"2.23.140.1.5.4.2", BIT(SMIME_INDIVIDUAL)},
	    {"2.23.140.1.5.4.3", BIT(SMIME_INDIVIDUAL)},
	    {"2.23.140.1.2.1", BIT(TLS_DV)},
	    {"2.23.140.1.2.2", BIT(TLS_OV)},
	    {"2.23.140.1.2.3", BIT(TLS_IV)},
	    {"2.23.140.1.1", BIT(TLS_EV)},
	    {"2.23.140.1.4.1", BIT(CODE_SIGNING)},
	    {"2.23.140.1.3", BIT(CODE_SIGNING)},
	    {"0.4.0.194112.1.0", BIT(QUALIFIED_PERSON)},
	    {"0.4.0.194112.1.1", BIT(QUALIFIED_SEAL)},
	    {"0.4.0.194112.1.2", BIT(QUALIFIED_PERSON)},
	    {"0.4.0.194112.1.3", BIT(QUALIFIED_SEAL)},
	    {"0.4.0.194112.1.4", BIT(QUALIFIED_WEB)},
	    {"0.4.0.194112.1.5", BIT(QUALIFIED_WEB)},
	    {"0.4.0.194112.1.6", BIT(QUALIFIED_WEB)},
	    {"0.4.0.2042.1.1", BIT(ETSI)},
	    {"0.4.0.2042.1.2", BIT(ETSI)},
	    {"0.4.0.2042.1.3", BIT(ETSI)},
	    {"0.4.0.2042.1.4", BIT(ETSI)},
	    {"0.4.0.2042.1.6", BIT(ETSI)},
	    {"0.4.0.2042.1.7", BIT(ETSI)},
	    {"0.4.0.2042.1.8", BIT(ETSI_PERSON)},
	    {"0.4.0.194118.1.1", BIT(WALLET_ACCESS)},
	    {"0.4.0.194118.1.2", BIT(WALLET_ACCESS)},
	    {"1.2.3.4", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		policy(cases[i].oid);
		assert_int_equal(classes(), cases[i].classes);
	}
}

static void
test_purposes(void **state)
{
	static const struct {
		const char *oid;
		uint32_t classes;
	} cases[] = {
	    {"1.3.6.1.5.5.7.3.1", BIT(TLS)},
	    {"1.3.6.1.5.5.7.3.2", BIT(CLIENT)},
	    {"1.3.6.1.5.5.7.3.3", BIT(CODE_SIGNING)},
	    {"1.3.6.1.5.5.7.3.36", BIT(DOCUMENT_SIGNING)},
	    {"1.3.6.1.4.1.311.10.3.12", BIT(DOCUMENT_SIGNING)},
	    {"1.2.840.113583.1.1.5", BIT(DOCUMENT_SIGNING)},
	    {"1.3.6.1.4.1.311.20.2.2", BIT(SMARTCARD)},
	    {"1.3.6.1.5.2.3.4", BIT(SMARTCARD)},
	    {"1.3.6.1.5.5.7.3.31", BIT(MARK)},
	    {"1.3.6.1.5.5.7.3.8", BIT(TIME_STAMPING)},
	    {"1.3.6.1.5.5.7.3.9", BIT(OCSP)},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		purpose(cases[i].oid);
		assert_int_equal(classes(), cases[i].classes);
	}
	/* A policy says more than the purpose. */
	purpose("1.3.6.1.5.5.7.3.1");
	policy("2.23.140.1.2.3");
	assert_int_equal(classes(), BIT(TLS_IV));
	purpose("1.3.6.1.5.5.7.3.4");
	policy("2.23.140.1.5.4.2");
	assert_int_equal(classes(), BIT(SMIME_INDIVIDUAL));
}

static void
test_statements(void **state)
{
	const char *type = "0.4.0.1862.1.6";

	(void)state;
	statement("0.4.0.1862.1.1", NULL);
	assert_int_equal(classes(), BIT(QUALIFIED));
	statement("0.4.0.1862.1.7", NULL);
	assert_int_equal(classes(), BIT(QUALIFIED));
	statement(type, "0.4.0.1862.1.6.1");
	assert_int_equal(classes(), BIT(QUALIFIED_PERSON));
	statement(type, "0.4.0.1862.1.6.2");
	assert_int_equal(classes(), BIT(QUALIFIED_SEAL));
	statement(type, "0.4.0.1862.1.6.3");
	assert_int_equal(classes(), BIT(QUALIFIED_WEB));
	statement("1.3.6.1.5.5.7.11.2", "0.4.0.194121.1.1");
	assert_int_equal(classes(), BIT(ETSI_PERSON));
}

static void
test_kinds(void **state)
{
	struct buf b = {0};

	(void)state;
	db_ext(&exts, DB_POISON, true, span_of("\x05\x00", 2));
	assert_int_equal(classes(), BIT(PRECERT));
	db_ext_seq(&exts, "2.5.29.19", span_of("\x01\x01\xff", 3));
	assert_int_equal(classes(), BIT(CA));
	db_ext(&exts, "1.3.6.1.4.1.57264.1.8", false, span_str("\x0c\x01x"));
	assert_int_equal(classes(), BIT(FULCIO));
	/* Microsoft's templates, in UTF-16. */
	db_put(&b, 0x1e, span_of("\0U\0s\0e\0r", 8));
	db_ext(&exts, "1.3.6.1.4.1.311.20.2", false, buf_span(&b));
	assert_int_equal(classes(), BIT(CLIENT));
	buf_clear(&b);
	db_put(&b, 0x1e, span_of("\0U\0s\0e\0d", 8));
	db_ext(&exts, "1.3.6.1.4.1.311.20.2", false, buf_span(&b));
	assert_int_equal(classes(), 0);
	buf_fini(&b);
}

/* S/MIME under no policy: as pkilint guesses. */
static void
test_guesses(void **state)
{
	const char *mail = "1.3.6.1.5.5.7.3.4";

	(void)state;
	purpose(mail);
	assert_int_equal(classes(), BIT(SMIME) | BIT(SMIME_MAILBOX));
	purpose(mail);
	db_attr(&subject, "2.5.4.3", 0x0c, "jane@example.com");
	assert_int_equal(classes(), BIT(SMIME) | BIT(SMIME_MAILBOX));
	purpose(mail);
	db_attr(&subject, "2.5.4.4", 0x0c, "Roe");
	assert_int_equal(classes(), BIT(SMIME) | BIT(SMIME_INDIVIDUAL));
	purpose(mail);
	db_attr(&subject, "2.5.4.10", 0x0c, "Example");
	db_attr(&subject, "2.5.4.3", 0x0c, "Example");
	assert_int_equal(classes(), BIT(SMIME) | BIT(SMIME_ORGANIZATION));
	purpose(mail);
	db_attr(&subject, "2.5.4.10", 0x0c, "Example");
	db_attr(&subject, "2.5.4.3", 0x0c, "jane@example.com");
	assert_int_equal(classes(), BIT(SMIME) | BIT(SMIME_ORGANIZATION));
	purpose(mail);
	db_attr(&subject, "2.5.4.10", 0x0c, "Example");
	db_attr(&subject, "2.5.4.3", 0x0c, "Jane Roe");
	assert_int_equal(classes(), BIT(SMIME) | BIT(SMIME_SPONSOR));
	purpose(mail);
	db_attr(&subject, "2.5.4.10", 0x0c, "Example");
	db_attr(&subject, "2.5.4.42", 0x0c, "Jane");
	assert_int_equal(classes(), BIT(SMIME) | BIT(SMIME_SPONSOR));
	/* No purpose, or all of them, and a mailbox. */
	db_text(&names, 0x81, "jane@example.com");
	assert_int_equal(classes(), BIT(SMIME) | BIT(SMIME_MAILBOX));
	purpose("2.5.29.37.0");
	db_other(&names, "1.3.6.1.5.5.7.8.9", 0x0c, span_str("j@x.example"));
	assert_int_equal(classes(), BIT(SMIME) | BIT(SMIME_MAILBOX));
	purpose("1.3.6.1.5.5.7.3.2");
	db_text(&names, 0x81, "jane@example.com");
	assert_int_equal(classes(), BIT(CLIENT));
	db_text(&names, 0x82, "example.com");
	assert_int_equal(classes(), 0);
	db_text(&names, 0x81, "jane@example.com");
	db_ext_seq(&exts, "2.5.29.19", span_of("\x01\x01\xff", 3));
	assert_int_equal(classes(), BIT(CA));
}

/* A guess is for people to read: a name is not judged by it. */
static void
test_stated(void **state)
{
	(void)state;
	purpose("1.3.6.1.5.5.7.3.4");
	db_attr(&subject, "2.5.4.10", 0x0c, "Example");
	db_attr(&subject, "2.5.4.3", 0x0c, "Jane Roe");
	run();
	assert_int_equal(class_stated(carriers, &cert), BIT(SMIME));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_policies),
	    cmocka_unit_test(test_purposes),
	    cmocka_unit_test(test_statements),
	    cmocka_unit_test(test_kinds),
	    cmocka_unit_test(test_guesses),
	    cmocka_unit_test(test_stated),
	};

	return cmocka_run_group_tests(tests, class_setup, class_teardown);
}
