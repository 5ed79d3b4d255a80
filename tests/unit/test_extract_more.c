/* extract: the rarer carriers: national ones, structures, and what is told of
 * besides (pii.md 1.1 to 1.5). */
#include "tests/unit/extracting.h"

/* No finding of this kind. */
static void
none(enum pii_kind kind)
{
	for (uint32_t i = 0; i < found.num; i++)
		assert_int_not_equal(list[i].kind, kind);
}

static bool
has_reason(const struct finding *f, const char *reason)
{
	for (int i = 0; f->reason[i] != NULL; i++)
		if (strcmp(f->reason[i], reason) == 0)
			return true;
	return false;
}

static void
test_people(void **state)
{
	static const struct {
		const char *oid, *value;
		enum pii_kind kind;
		const char *canonical, *carrier;
	} cases[] = {
	    {"0.9.2342.19200300.100.1.1", "jroe", PII_USERNAME, "jroe",
		"subject.userId"},
	    {"0.9.2342.19200300.100.1.3", "j@x.example", PII_EMAIL,
		"j@x.example", "subject.mail"},
	    {"0.9.2342.19200300.100.1.20", "+1 555 0100", PII_PHONE,
		"+1 555 0100", "subject.homePhone"},
	    {"0.9.2342.19200300.100.1.22", "j@x.example", PII_EMAIL,
		"j@x.example", "subject.otherMailbox"},
	    {"0.9.2342.19200300.100.1.39", "Main St 1", PII_ADDRESS,
		"main st 1", "subject.homePostalAddress"},
	    {"0.9.2342.19200300.100.1.40", "Dr.", PII_TITLE, "dr.",
		"subject.personalTitle"},
	    {"0.9.2342.19200300.100.1.41", "+1 555 0101", PII_PHONE,
		"+1 555 0101", "subject.mobile"},
	    {"0.9.2342.19200300.100.1.42", "+1 555 0102", PII_PHONE,
		"+1 555 0102", "subject.pager"},
	    {"0.9.2342.19200300.100.1.44", "u-17", PII_ACCOUNT_ID, "u-17",
		"subject.uniqueIdentifier"},
	    {"2.5.4.25", "49 30 0100", PII_PHONE, "49 30 0100",
		"subject.internationalISDNNumber"},
	    {"2.16.840.1.113730.3.1.3", "E4711", PII_ACCOUNT_ID, "e4711",
		"subject.employeeNumber"},
	    {"2.16.840.1.113730.3.1.4", "Intern", PII_TITLE, "intern",
		"subject.employeeType"},
	    {"2.16.840.1.113730.3.1.241", "Jane Roe", PII_NAME, "jane roe",
		"subject.displayName"},
	    {"1.3.36.8.3.14", "Jane Doe", PII_NAME, "jane doe",
		"subject.nameAtBirth"},
	    {"1.2.643.100.3", "12345678901", PII_NATIONAL_ID, "12345678901",
		"subject.SNILS"},
	    {"1.2.643.3.131.1.1", "123456789012", PII_NATIONAL_ID,
		"123456789012", "subject.INN"},
	    {"1.2.643.100.5", "123456789012345", PII_NATIONAL_ID,
		"123456789012345", "subject.OGRNIP"},
	    {"1.2.804.2.1.1.1.11.1.4.1.1", "1234567890", PII_NATIONAL_ID,
		"1234567890", "subject.RNOKPP"},
	    {"2.16.724.1.3.5.7.2.4", "12345678Z", PII_NATIONAL_ID, "12345678z",
		"subject.esNif"},
	    {"2.5.4.97", "VATES-12345678Z", PII_NATIONAL_ID, "vates-12345678z",
		"subject.organizationIdentifier"},
	    {"2.16.724.1.3.5.7.2.5", "A-77", PII_ACCOUNT_ID, "a-77",
		"subject.esEmployeeNumber"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		db_attr(&subject, cases[i].oid, 0x0c, cases[i].value);
		run();
		only(cases[i].kind, cases[i].canonical, cases[i].carrier);
	}
}

/* Of organisations and of systems: nothing personal. */
static void
test_nobody(void **state)
{
	static const char *const cases[][2] = {
	    {"1.2.643.100.1", "1027700132195"}, {"1.2.643.100.4", "7707083893"},
	    {"1.2.643.3.131.1.1", "007707083893"},
	    {"1.2.643.3.131.1.1", "7707083893"},
	    {"1.2.804.2.1.1.1.11.1.4.2.1", "12345678"},
	    {"2.16.724.1.3.5.6.2.5", "Sede"}, {"2.5.4.44", "Jr"},
	    {"2.5.4.97", "VATES-B12345678"}, {"2.16.840.1.113730.3.1.39", "de"},
	    {"1.3.6.1.4.1.311.60.2.1.3", "DE"}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		db_attr(&subject, cases[i][0], 0x0c, cases[i][1]);
		run();
		assert_int_equal(found.num, 0);
	}
}

/* The name of somebody else, as a structure and as text. */
static void
test_manager(void **state)
{
	const char *manager = "0.9.2342.19200300.100.1.10";
	struct buf dn = {0};

	(void)state;
	db_attr(&dn, "2.5.4.42", 0x0c, "Bob");
	db_attr(&dn, "2.5.4.4", 0x0c, "Boss");
	db_attr(&dn, "1.2.840.113549.1.9.1", 0x16, "bob@mail.example");
	db_attr_bytes(&subject, manager, 0x30, buf_span(&dn));
	run();
	assert_int_equal(found.num, 2);
	get(PII_NAME, "bob boss");
	get(PII_EMAIL, "bob@mail.example");
	db_attr(&subject, manager, 0x0c, "uid=1,cn=Bob Boss,o=Example");
	run();
	assert_int_equal(found.num, 1);
	assert_int_equal(get(PII_NAME, "bob boss")->confidence, CONF_POSSIBLE);
	db_attr(&subject, manager, 0x0c, "cn");
	db_attr(&subject, manager, 0x0c, "=");
	run();
	assert_int_equal(found.num, 0);
	/* Names inside names inside names: no deeper. */
	for (int i = 0; i < 40; i++) {
		struct buf outer = {0};

		db_attr_bytes(&outer, manager, 0x30, buf_span(&dn));
		buf_fini(&dn);
		dn = outer;
	}
	db_attr_bytes(&subject, manager, 0x30, buf_span(&dn));
	run();
	assert_true(found.partial);
	get(PII_EMAIL, "bob@mail.example");
	buf_fini(&dn);
}

static void
test_initials(void **state)
{
	(void)state;
	db_attr(&subject, "2.5.4.43", 0x0c, "J. R.");
	run();
	assert_int_equal(found.num, 1);
	assert_int_equal(list[0].kind, PII_NAME);
	assert_int_equal(list[0].confidence, CONF_POSSIBLE);
}

/* A type that nobody knows is searched for a name. */
static void
test_unknown_attr(void **state)
{
	const struct finding *f;

	(void)state;
	db_attr(&subject, "1.2.3.4.5", 0x0c, "Jane Roe");
	run();
	assert_int_equal(found.num, 1);
	f = get(PII_NAME, "jane roe");
	assert_int_equal(f->flags, FLAG_UNKNOWN_ATTR);
	assert_int_equal(f->confidence, CONF_POSSIBLE);
	assert_string_equal(f->carrier, "subject.unknown");
	db_attr(&subject, "1.2.3.4.5", 0x0c, "4711");
	db_attr(&subject, "1.2.3.4.6", 0x0c, "Example Holding GmbH");
	db_attr(&subject, "1.2.3.4.7", 0x0c, "X-CODE");
	db_attr(&subject, "1.2.3.4.8", 0x02, "Jane Roe");
	run();
	none(PII_NAME);
	db_attr(&issuer, "1.2.3.4.5", 0x0c, "Jane Roe");
	run();
	none(PII_NAME);
}

/* What is there and not examined is told of. */
static void
test_notices(void **state)
{
	struct buf b = {0};

	(void)state;
	db_attr_bytes(&subject, "0.9.2342.19200300.100.1.60", 0x04,
	    span_of("\xff\xd8\xff", 3));
	db_attr(
	    &subject, "1.2.840.113549.1.9.7", 0x0c, "secret of j@x.example");
	db_put(&b, 0x01, span_of("\xff", 1));
	db_ext(&exts, "2.16.840.1.101.3.6.9.1", false, buf_span(&b));
	buf_clear(&b);
	db_text(&b, 0x16, "data:image/svg+xml;base64,AAAA");
	db_ext_seq(&exts, "1.3.6.1.5.5.7.1.12", buf_span(&b));
	run();
	assert_true(has_problem("subject[0]", "photo"));
	assert_true(has_problem("subject[1]", "password"));
	assert_true(has_problem("ext[2.16.840.1.101.3.6.9.1]", "past"));
	assert_true(has_problem("ext[1.3.6.1.5.5.7.1.12]", "embedded image"));
	assert_int_equal(found.num, 1);
	get(PII_EMAIL, "j@x.example");
	buf_fini(&b);
}

static void
test_serial(void **state)
{
	const struct finding *f;

	(void)state;
	db_attr(&subject, "2.5.4.5", 0x13, "PNOEE-47101010033");
	run();
	f = only(PII_NATIONAL_ID, "pnoee-47101010033", "subject.serialNumber");
	assert_true(
	    has_reason(f, "national personal number (ETSI EN 319 412-1)"));
	assert_true(has_reason(f, "of Estonia"));
	assert_true(has_reason(f, "this number encodes your birth date"));
	/* Digits alone: a person's with a check digit, unless a company has
	 * them. */
	db_attr(&subject, "2.5.4.6", 0x13, "EE");
	db_attr(&subject, "2.5.4.5", 0x13, "47101010033");
	run();
	get(PII_NATIONAL_ID, "47101010033");
	db_attr(&subject, "2.5.4.5", 0x13, "47101010033");
	db_attr(&subject, "2.5.4.6", 0x13, "EE");
	db_attr(&subject, "2.5.4.10", 0x13, "Example AS");
	run();
	assert_int_equal(found.num, 0);
	/* Beside a name it is the person's, whatever it looks like. */
	db_attr(&subject, "2.5.4.5", 0x13, "10300987654321");
	db_attr(&subject, "2.5.4.42", 0x0c, "Jane");
	db_attr(&subject, "2.5.4.4", 0x0c, "Roe");
	run();
	f = get(PII_ACCOUNT_ID, "10300987654321");
	assert_true(has_reason(f, "number of a natural person"));
	db_attr(&issuer, "2.5.4.5", 0x13, "47101010033");
	db_attr(&issuer, "2.5.4.6", 0x13, "EE");
	run();
	assert_int_equal(found.num, 0);
}

static void
test_brazil(void **state)
{
	const int tags[] = {0x04, 0x0c, 0x13};

	(void)state;
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		db_other(&names, "2.16.76.1.3.1", tags[i],
		    span_str("010119801234567890900000000000"
			     "000000012345678SSPSP"));
		run();
		assert_int_equal(found.num, 3);
		get(PII_BIRTH_DATE, "1980-01-01");
		assert_true(has_reason(get(PII_NATIONAL_ID, "12345678909"),
		    "CPF: personal tax number of Brazil"));
		get(PII_NATIONAL_ID, "000000012345678");
		assert_string_equal(list[0].carrier, "san.brPerson");
	}
	db_other(&names, "2.16.76.1.3.4", 0x04, span_str("0101"));
	db_other(&names, "2.16.76.1.3.2", 0x0c, span_str("Maria da Silva"));
	db_other(&names, "2.16.76.1.3.3", 0x04, span_str("12345678000195"));
	run();
	assert_int_equal(found.num, 2);
	get(PII_NATIONAL_ID, "0101");
	get(PII_NAME, "maria da silva");
}

static void
test_national(void **state)
{
	static const struct {
		const char *oid, *value;
		enum pii_kind kind;
		const char *canonical, *country;
	} cases[] = {
	    {"1.2.392.200149.8.5.5.1", "山田　花子", PII_NAME, "山田 花子"},
	    {"1.2.392.200149.8.5.5.3", "2", PII_GENDER, "2"},
	    {"1.2.392.200149.8.5.5.4", "319800101", PII_BIRTH_DATE,
		"1980-01-01"},
	    {"1.2.392.200149.8.5.5.5", "東京都 1", PII_ADDRESS, "東京都 1"},
	    {"1.3.6.1.4.1.8321.1", "12345678-5", PII_NATIONAL_ID, "12345678-5",
		"of Chile"},
	    {"2.16.862.2.2", "V-12345678", PII_NATIONAL_ID, "v-12345678",
		"of Venezuela"},
	    {"1.3.6.1.4.1.11801.2.1", "1234567890", PII_NATIONAL_ID,
		"1234567890", "of the Czech Republic"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		db_other(&names, cases[i].oid, 0x0c, span_str(cases[i].value));
		run();
		assert_int_equal(found.num, 1);
		get(cases[i].kind, cases[i].canonical);
		assert_int_equal(list[0].side, SIDE_SUBJECT);
		if (cases[i].country != NULL)
			assert_true(has_reason(list, cases[i].country));
	}
	/* That of the issuer; substitutions and codes are nobody's. */
	db_other(&names, "1.3.6.1.4.1.8321.2", 0x16, span_str("9999999-9"));
	db_other(&names, "1.2.392.200149.8.5.5.2", 0x0c, span_str("0000"));
	db_other(&names, "2.16.862.2.1", 0x0c, span_str("PSC-1"));
	run();
	assert_int_equal(found.num, 1);
	assert_int_equal(list[0].side, SIDE_ISSUER);
}

/* Ecuador: a name in parts, each an extension. */
static void
test_ecuador(void **state)
{
	const char *value[] = {"1712345678", "Maria Jose", "Garcia", "Lopez",
	    "Analista", "Ejemplo", "Av. 1", "022222222"};
	const struct finding *f;

	(void)state;
	for (int i = 0; i < 8; i++) {
		char oid[40];
		struct buf b = {0};

		snprintf(oid, sizeof(oid), "1.3.6.1.4.1.37947.3.%d", i + 1);
		db_text(&b, 0x13, value[i]);
		db_ext(&exts, oid, false,
		    i == 1 ? span_str(value[i]) : buf_span(&b));
		buf_fini(&b);
	}
	run();
	f = get(PII_NAME, "maria jose garcia lopez");
	assert_string_equal(f->carrier, "ext.ecGivenNames");
	get(PII_NATIONAL_ID, "1712345678");
	get(PII_TITLE, "analista");
	get(PII_ADDRESS, "av. 1");
	get(PII_PHONE, "022222222");
	assert_int_equal(found.num, 5);
}

/* otherNames that are structures. */
static void
test_structures(void **state)
{
	struct buf b = {0}, in = {0};

	(void)state;
	db_text(&b, 0x0c, "id-1234");
	db_oid(&b, "1.2.3.4");
	db_other(&names, "1.3.6.1.5.5.7.8.3", 0x30, buf_span(&b));
	run();
	only(PII_ACCOUNT_ID, "id-1234", "san.permanentIdentifier");
	buf_clear(&b);
	db_oid(&b, "1.2.3.4");
	db_text(&b, 0x04, "SN-0815");
	db_other(&names, "1.3.6.1.5.5.7.8.4", 0x30, buf_span(&b));
	run();
	only(PII_ACCOUNT_ID, "SN-0815", "san.hardwareModuleName");
	buf_clear(&b);
	db_put(&b, 0x04, span_of("\x01\x02", 2));
	db_put(&b, 0x04, span_of("\xab\xcd", 2));
	db_other(&names, "1.3.6.1.5.5.7.8.6", 0x30, buf_span(&b));
	run();
	only(PII_ACCOUNT_ID, "abcd", "san.subjectIdentificationMethod");
	/* personalData: attributes wherever they stand. */
	buf_clear(&b);
	db_oid(&in, "2.5.4.42");
	db_text(&in, 0x0c, "Jane");
	db_put(&b, 0x30, buf_span(&in));
	buf_clear(&in);
	db_oid(&in, "2.5.4.4");
	db_put(&in, 0x31, span_str("\x0c\x03Roe"));
	db_put(&b, 0x30, buf_span(&in));
	db_other(&names, "1.3.6.1.5.5.7.8.1", 0x30, buf_span(&b));
	run();
	assert_int_equal(found.num, 1);
	get(PII_NAME, "jane roe");
	/* The type of an attribute, and strings in odd forms. */
	db_other(&names, "2.5.4.65", 0x0c, span_str("Mondfisch"));
	db_other(&names, "1.3.6.1.5.5.7.8.2", 0x0c, span_str("g@x.example"));
	buf_clear(&b);
	db_text(&b, 0x13, "x4@x.example");
	db_put(&names, 0xa3, buf_span(&b));
	buf_clear(&b);
	db_text(&b, 0x0c, "edi@x.example");
	db_put(&in, 0xa1, buf_span(&b));
	db_put(&names, 0xa5, buf_span(&b));
	db_put(&names, 0x88, span_of("\x2a\x03", 2));
	run();
	assert_int_equal(found.num, 4);
	get(PII_PSEUDONYM, "mondfisch");
	assert_string_equal(
	    get(PII_EMAIL, "x4@x.example")->carrier, "san.x400Address");
	assert_string_equal(
	    get(PII_EMAIL, "edi@x.example")->carrier, "san.ediPartyName");
	buf_fini(&b);
	buf_fini(&in);
}

/* One AccessDescription with an rfc822Name. */
static void
access_to(struct buf *b, const char *address)
{
	size_t at = db_open(b, 0x30);

	db_oid(b, "1.3.6.1.5.5.7.48.5");
	db_text(b, 0x81, address);
	db_close(b, at);
}

static void
test_access(void **state)
{
	struct buf b = {0};
	const struct finding *f;

	(void)state;
	access_to(&b, "jane@x.example");
	db_ext_seq(&exts, "1.3.6.1.5.5.7.1.11", buf_span(&b));
	buf_clear(&b);
	access_to(&b, "ca@x.example");
	db_ext_seq(&exts, "1.3.6.1.5.5.7.1.1", buf_span(&b));
	run();
	assert_int_equal(found.num, 2);
	f = get(PII_EMAIL, "jane@x.example");
	assert_int_equal(f->side, SIDE_SUBJECT);
	assert_int_equal(f->confidence, CONF_STRUCTURED);
	assert_string_equal(f->carrier, "ext.subjectInfoAccess");
	assert_int_equal(get(PII_EMAIL, "ca@x.example")->side, SIDE_ISSUER);
	buf_fini(&b);
}

static void
subtree(struct buf *b, int id, const char *base)
{
	size_t at = db_open(b, 0x30);

	db_text(b, id, base);
	db_close(b, at);
}

static void
test_constraints(void **state)
{
	struct buf b = {0}, all = {0};

	(void)state;
	subtree(&b, 0x81, "Example.com");
	subtree(&b, 0x81, ".example.org");
	subtree(&b, 0x81, "jane@example.net");
	subtree(&b, 0x82, "example.info");
	db_put(&all, 0xa0, buf_span(&b));
	buf_clear(&b);
	subtree(&b, 0x81, "excluded.example");
	db_put(&all, 0xa1, buf_span(&b));
	db_ext_seq(&exts, "2.5.29.30", buf_span(&all));
	run();
	assert_int_equal(found.num, 3);
	for (uint32_t i = 0; i < found.num; i++)
		assert_int_equal(list[i].side, SIDE_ISSUER);
	assert_true(
	    span_eq_str(get(PII_EMAIL, "@example.com")->value, "Example.com"));
	get(PII_EMAIL, "@example.org");
	get(PII_EMAIL, "jane@example.net");
	buf_fini(&b);
	buf_fini(&all);
}

static void
test_qualified(void **state)
{
	struct buf b = {0};
	size_t at, in;

	(void)state;
	/* SemanticsInformation: who registers names is the issuer's side. */
	at = db_open(&b, 0x30);
	db_oid(&b, "1.3.6.1.5.5.7.11.2");
	in = db_open(&b, 0x30);
	db_oid(&b, "0.4.0.194121.1.1");
	db_put(&b, 0x30, span_str("\x81\x0dreg@x.example"));
	db_close(&b, in);
	db_close(&b, at);
	at = db_open(&b, 0x30);
	db_oid(&b, "0.4.0.1862.1.2");
	db_put(&b, 0x30,
	    span_str("\x13\x03"
		     "EUR\x02\x01\x05"));
	db_close(&b, at);
	db_ext_seq(&exts, "1.3.6.1.5.5.7.1.3", buf_span(&b));
	db_attr(&subject, "2.5.4.5", 0x13, "4711");
	run();
	assert_int_equal(get(PII_EMAIL, "reg@x.example")->side, SIDE_ISSUER);
	assert_true(has_problem("ext[1.3.6.1.5.5.7.1.3][1]", "sum"));
	/* By the semantics the serialNumber is that of a person. */
	get(PII_ACCOUNT_ID, "4711");
	buf_fini(&b);
}

static void
test_biometric(void **state)
{
	struct buf b = {0};
	size_t at;

	(void)state;
	at = db_open(&b, 0x30);
	db_put(&b, 0x02, span_of("\x00", 1));
	db_put(&b, 0x30, span_of("\x06\x01\x2a", 3));
	db_put(&b, 0x04, span_of("\xde\xad", 2));
	db_text(&b, 0x16, "http://jane:pw@x.example/photo.jpg");
	db_close(&b, at);
	db_ext_seq(&exts, "1.3.6.1.5.5.7.1.2", buf_span(&b));
	run();
	assert_int_equal(found.num, 2);
	assert_int_equal(get(PII_ACCOUNT_ID, "dead")->flags, FLAG_BIOMETRIC);
	assert_string_equal(get(PII_ACCOUNT_ID, "dead")->reason[0],
	    "hash of a photo of the person");
	get(PII_URI_USERINFO, "jane:pw");
	buf_fini(&b);
}

/* ISIS-MTT. */
static void
test_german(void **state)
{
	struct buf b = {0}, dn = {0}, in = {0};
	size_t a, s, i, p;

	(void)state;
	s = db_open(&b, 0x30); /* contentsOfAdmissions */
	a = db_open(&b, 0x30);
	i = db_open(&b, 0x30); /* professionInfos */
	p = db_open(&b, 0x30);
	db_put(&b, 0x30, span_str("\x0c\x09Notarin X"));
	db_put(&b, 0x30, span_of("\x06\x01\x2a", 3));
	db_text(&b, 0x13, "R-123");
	db_close(&b, p);
	db_close(&b, i);
	db_close(&b, a);
	db_close(&b, s);
	db_ext_seq(&exts, "1.3.36.8.3.3", buf_span(&b));
	db_attr(&dn, "2.5.4.42", 0x0c, "Bob");
	db_attr(&dn, "2.5.4.4", 0x0c, "Boss");
	db_put(&in, 0x30, buf_span(&dn));
	buf_clear(&dn);
	db_put(&dn, 0xa4, buf_span(&in));
	buf_clear(&b);
	db_put(&b, 0xa3, buf_span(&dn));
	db_ext_seq(&exts, "1.3.36.8.3.2", buf_span(&b));
	buf_clear(&b);
	db_text(&b, 0x82, "19800101120000Z");
	db_ext(&exts, "1.3.36.8.3.5", false, buf_span(&b));
	buf_clear(&b);
	db_put(&b, 0x04, span_of("\x12\x34", 2));
	db_ext(&exts, "1.3.36.8.3.6", false, buf_span(&b));
	buf_clear(&b);
	db_text(&b, 0x0c, "Jane Doe");
	db_ext(&exts, "1.3.36.8.3.14", false, buf_span(&b));
	run();
	get(PII_TITLE, "notarin x");
	get(PII_ACCOUNT_ID, "r-123");
	get(PII_NAME, "bob boss");
	get(PII_BIRTH_DATE, "1980-01-01");
	get(PII_ACCOUNT_ID, "1234");
	get(PII_NAME, "jane doe");
	assert_int_equal(found.num, 6);
	buf_fini(&b);
	buf_fini(&dn);
	buf_fini(&in);
}

/* Microsoft: who asked for the certificate. */
static void
test_client_info(void **state)
{
	struct buf b = {0};

	(void)state;
	db_put(&b, 0x02, span_of("\x05", 1));
	db_text(&b, 0x0c, "pc1.x.example");
	db_text(&b, 0x0c, "CORP\\jroe");
	db_text(&b, 0x0c, "certreq");
	db_attr_bytes(&subject, "1.3.6.1.4.1.311.21.20", 0x30, buf_span(&b));
	run();
	only(PII_USERNAME, "corp\\jroe", "subject.requestClientInfo");
	buf_fini(&b);
}

/* Sigstore: bare strings up to .6, DER above. */
static void
test_fulcio(void **state)
{
	struct buf b = {0};

	(void)state;
	db_ext(&exts, "1.3.6.1.4.1.57264.1.5", false, span_str("jane/x"));
	db_ext(&exts, "1.3.6.1.4.1.57264.1.1", false,
	    span_str("https://accounts.example"));
	db_text(&b, 0x0c, "https://gitlab.com/janeroe/x//ci.yml@refs/heads/m");
	db_ext(&exts, "1.3.6.1.4.1.57264.1.9", false, buf_span(&b));
	buf_clear(&b);
	db_text(&b, 0x0c, "12345");
	db_ext(&exts, "1.3.6.1.4.1.57264.1.17", false, buf_span(&b));
	run();
	assert_int_equal(found.num, 3);
	get(PII_USERNAME, "jane");
	get(PII_USERNAME, "janeroe");
	get(PII_ACCOUNT_ID, "12345");
	buf_fini(&b);
}

/* What holds random bytes is never searched. */
static void
test_never(void **state)
{
	static const char *const oids[] = {"2.5.29.14",
	    "1.3.6.1.4.1.11129.2.4.2", "1.3.6.1.4.1.11129.2.4.3",
	    "1.3.6.1.4.1.311.21.2", "1.3.6.1.4.1.57264.1.3"};

	(void)state;
	for (size_t i = 0; i < sizeof(oids) / sizeof(oids[0]); i++)
		db_ext(&exts, oids[i], false, span_str("no@address.example"));
	run();
	assert_int_equal(found.num, 0);
}

/* A CA certificate gives no names. */
static void
test_ca(void **state)
{
	(void)state;
	db_attr(&subject, "2.5.4.42", 0x0c, "Jane");
	db_attr(&subject, "2.5.4.4", 0x0c, "Roe");
	db_attr(&subject, "2.5.4.3", 0x0c, "Jane Roe");
	db_attr(&subject, "1.2.3.4", 0x0c, "Jane Roe");
	db_attr(&subject, "1.2.840.113549.1.9.1", 0x16, "ca@x.example");
	db_ext_seq(&exts, "2.5.29.19", span_of("\x01\x01\xff", 3));
	run();
	assert_true(cert.ca);
	none(PII_NAME);
	get(PII_EMAIL, "ca@x.example");
}

static void
test_dates(void **state)
{
	(void)state;
	db_attr(&subject, "1.3.6.1.5.5.7.9.1", 0x17, "800101120000Z");
	run();
	only(PII_BIRTH_DATE, "1980-01-01", "subject.dateOfBirth");
	db_attr(&subject, "1.3.6.1.5.5.7.9.1", 0x17, "100101120000Z");
	run();
	get(PII_BIRTH_DATE, "2010-01-01");
	db_attr(&subject, "1.3.6.1.5.5.7.9.1", 0x17, "400101120000Z");
	run();
	get(PII_BIRTH_DATE, "1940-01-01");
	db_attr(&subject, "1.3.6.1.5.5.7.9.1", 0x0c, "1 January 1980");
	run();
	get(PII_BIRTH_DATE, "1 january 1980");
}

/* A BMPString (width 2) or UniversalString of ASCII; "1" and "2" become U+FF20
 * and U+FE6B. */
static void
put_wide(struct buf *b, const char *text, unsigned width, bool little)
{
	size_t at = db_open(b, width == 2 ? 0x1e : 0x1c);

	for (; *text != '\0'; text++) {
		uint32_t c = *text == '1'   ? 0xff20
			     : *text == '2' ? 0xfe6b
					    : (uint8_t)*text;

		for (unsigned i = 0; i < width; i++)
			buf_uint(
			    b, c >> 8 * (little ? i : width - 1 - i) & 0xff, 1);
	}
	db_close(b, at);
}

/* At signs of all widths, plain and escaped, in an extension that nobody knows:
 * the quick look for them passes over none that the slow one finds. */
static void
test_quick_look(void **state)
{
	static const char *const utf8[] = {"jane@x.example",
	    "jane\uff20x.example", "jane\ufe6bx.example", "jane&#64;x.example",
	    "jane&#x40;x.example", "jane&commat;x.example",
	    "mailto:jane%40x.example"};
	/* The same in ASCII; 1 and 2 stand for the wide signs. */
	static const char *const wide[] = {"jane@x.example", "jane1x.example",
	    "jane2x.example", "jane&#64;x.example", "jane&commat;x.example",
	    "mailto:jane%40x.example"};
	struct buf b = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(utf8) / sizeof(utf8[0]); i++)
		for (size_t shift = 0; shift < 9; shift++) {
			buf_clear(&b);
			db_text(&b, 0x04, "ABCDEFGHI" + shift);
			db_text(&b, 0x0c, utf8[i]);
			db_ext_seq(&exts, "1.2.3.4.5.6", buf_span(&b));
			run();
			get(PII_EMAIL, "jane@x.example");
		}
	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
		for (unsigned how = 0; how < 4; how++) {
			unsigned width = how & 1 ? 4 : 2;

			/* With wide signs it is not known to be swapped. */
			if (how & 2 && (i == 1 || i == 2))
				continue;
			buf_clear(&b);
			put_wide(&b, wide[i], width, how & 2);
			db_ext_seq(&exts, "1.2.3.4.5.6", buf_span(&b));
			run();
			get(PII_EMAIL, "jane@x.example");
		}
	buf_fini(&b);
}

/* What was found, to be compared. */
static void
note_found(struct buf *out)
{
	buf_clear(out);
	for (uint32_t i = 0; i < found.num; i++) {
		buf_span_add(out, span_str(list[i].path));
		buf_span_add(out, span_str(list[i].carrier));
		buf_vec(out, list[i].canonical, 4);
		buf_uint(out, list[i].side, 1);
	}
	buf_uint(out, found.dropped, 4);
	buf_uint(out, found.partial, 1);
	buf_uint(out, problems.num, 4);
}

/* Issuers of one length and one last byte, so that they are in each other's
 * way; some with an address, some that cannot be read as they should. */
static void
put_issuer(unsigned which)
{
	static const char *const cn[] = {"Example Trust 7", "jane@x.example7",
	    "Example Trus\xff 7", "Example  Trust7"};
	static const char *const types[] = {"2.5.4.3", "2.5.4.10", "2.5.4.11"};

	db_attr(&issuer, types[which / 4 % 3], which & 16 ? 0x16 : 0x0c,
	    cn[which % 4]);
	for (unsigned i = 0; which >= 32 && i < 9; i++)
		db_attr(&issuer, "2.5.4.3", 0x0c, "CA");
}

/* An extractor that has read many issuers finds what a new one finds. */
static void
test_issuers(void **state)
{
	struct extractor *old = extractor;
	struct buf first = {0}, again = {0};

	(void)state;
	srandom(5280);
	for (unsigned i = 0; i < 400; i++) {
		unsigned which = (unsigned)random() % 36;
		bool ca = random() & 1;

		for (unsigned k = 0; k < 2; k++) {
			extractor = k ? old : extractor_new();
			put_issuer(which);
			db_attr(&subject, "2.5.4.3", 0x0c, "Jane Roe");
			if (ca)
				db_ext_seq(&exts, "2.5.29.19",
				    span_of("\x01\x01\xff", 3));
			run();
			note_found(k ? &again : &first);
			if (!k)
				extractor_free(extractor);
		}
		assert_true(span_eq(buf_span(&first), buf_span(&again)));
	}
	buf_fini(&first);
	buf_fini(&again);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_people),
	    cmocka_unit_test(test_nobody),
	    cmocka_unit_test(test_manager),
	    cmocka_unit_test(test_initials),
	    cmocka_unit_test(test_unknown_attr),
	    cmocka_unit_test(test_notices),
	    cmocka_unit_test(test_serial),
	    cmocka_unit_test(test_brazil),
	    cmocka_unit_test(test_national),
	    cmocka_unit_test(test_ecuador),
	    cmocka_unit_test(test_structures),
	    cmocka_unit_test(test_access),
	    cmocka_unit_test(test_constraints),
	    cmocka_unit_test(test_qualified),
	    cmocka_unit_test(test_biometric),
	    cmocka_unit_test(test_german),
	    cmocka_unit_test(test_client_info),
	    cmocka_unit_test(test_fulcio),
	    cmocka_unit_test(test_never),
	    cmocka_unit_test(test_ca),
	    cmocka_unit_test(test_dates),
	    cmocka_unit_test(test_quick_look),
	    cmocka_unit_test(test_issuers),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
