/* natid: numbers of natural persons, and what only looks like one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "monitor/pii/natid.h"

static struct natid id;

static bool
read_in(const char *text, const char *country)
{
	return natid_read(&id, span_str(text), span_str(country));
}

static void
test_numbers(void **state)
{
	const char *yes[] = {"PNOEE-47101010033", "IDCES-12345678Z",
	    "PASUS-123456789", "TINPL-12345678901", "TAXIT-RSSMRA80A01H501U",
	    "EIDLT-1234567890", "EI:SE-199001012384", "pnoes-12345678z",
	    "IDCCZ 104744634", "PNOSK 9999999999", "ES/AT/02635542Y",
	    "12345678Z", "X1234567L", "12345678z", "PID:9208-2002-2-123456789",
	    "CVR:12345678-RID:1234", "UN:NO-9578-123", "PESEL: 44051401359",
	    "IIN123456789012", "CUIL 20123456789", "SEPNR-199001012384",
	    "PPNOL-44051401359", "-dni 99999989Z", "CPF-99-9999-9999",
	    "BI12345678", "V-12345678", "E-87654321", "RSSMRA80A01H501U",
	    "ROEJ800101ABC", " / ROEJ800101MDFXXN01",
	    "EXA800101AB1 / ROEJ800101ABC"};

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		if (!read_in(yes[i], ""))
			fail_msg("%s is one", yes[i]);
		assert_false(id.bare);
		assert_non_null(id.reason[0]);
		assert_null(id.reason[NATID_REASONS]);
	}
}

static void
test_others(void **state)
{
	const char *no[] = {"", "1", "12345678", "12345678A", "1234567Z",
	    "NTRDE-HRB12345", "VATES-B12345678", "LEIXG-529900T8BM49AURSDO55",
	    "PSDFI-FINFSA-1234567-8", "HRB 12345", "CHE-123.456.789",
	    "201234567890", "PNO", "PNOEE", "CVR:12345678-UID:1234", "ES/AT",
	    "Server 5", "INNOVATION", "CPF", "X1234567A", "J-12345678-9",
	    "RUT 96.571.890-7", "CUIT 30-12345678-1", "INN:7707083893",
	    "EXA800101AB1", "ABCD129901XYZ", "12345678-5", "BIG 7 SERVERS",
	    "RSSMRA80A01H501V", "12345678901", "529900T8BM49AURSDO55",
	    "01:23:45:67:89"};

	(void)state;
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (read_in(no[i], ""))
			fail_msg("%s is none: %s", no[i], id.reason[0]);
}

/* The scheme, whose it is, and what it gives away. */
static void
test_reasons(void **state)
{
	static const struct {
		const char *text, *scheme, *country;
		bool birth;
	} cases[] = {
	    {"PNOEE-47101010033",
		"national personal number (ETSI EN 319 412-1)", "of Estonia",
		true},
	    {"PNOEE-47199010033",
		"national personal number (ETSI EN 319 412-1)", "of Estonia",
		false},
	    {"PNOLT-38001085718",
		"national personal number (ETSI EN 319 412-1)", "of Lithuania",
		true},
	    {"PNOLV-010180-12345",
		"national personal number (ETSI EN 319 412-1)", "of Latvia",
		true},
	    {"PNOLV-329999-99901",
		"national personal number (ETSI EN 319 412-1)", "of Latvia",
		false},
	    {"PNOBE-80010112345",
		"national personal number (ETSI EN 319 412-1)", "of Belgium",
		true},
	    {"PNOSK-8051011234", "national personal number (ETSI EN 319 412-1)",
		"of Slovakia", true},
	    {"PNOCZ-800101/1234",
		"national personal number (ETSI EN 319 412-1)",
		"of the Czech Republic", true},
	    {"PNOCN-110101199003074514",
		"national personal number (ETSI EN 319 412-1)", "of China",
		true},
	    {"TINIT-RSSMRA80A01H501U",
		"personal tax number (ETSI EN 319 412-1)", "of Italy", true},
	    {"IIN800101300123", "number named as a personal one",
		"of Kazakhstan", true},
	    {"JMBG 0101980710009", "number named as a personal one",
		"of Serbia", true},
	    {"PNOFI-010180-123J",
		"national personal number (ETSI EN 319 412-1)", "of Finland",
		false},
	    {"PNONO-41018012345",
		"national personal number (ETSI EN 319 412-1)", "of Norway",
		true},
	    {"PASUS-123456789", "passport number (ETSI EN 319 412-1)",
		"of the United States", false},
	    {"IDCES-12345678Z", "identity card number (ETSI EN 319 412-1)",
		"of Spain", false},
	    {"12345678Z", "identity number with its check letter", "of Spain",
		false},
	    {"EI:SE-199001012384",
		"number of a national scheme (ETSI EN 319 412-1)", "of Sweden",
		true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(read_in(cases[i].text, ""));
		assert_string_equal(id.reason[0], cases[i].scheme);
		assert_string_equal(id.reason[1], cases[i].country);
		if ((id.reason[2] != NULL) != cases[i].birth)
			fail_msg("%s: a birth date or none", cases[i].text);
	}
	/* A country without a name for it. */
	assert_true(read_in("PASZZ-1234567", ""));
	assert_null(id.reason[1]);
}

/* Numbers that prove themselves, and the same with a wrong check digit. */
static void
test_bare(void **state)
{
	static const struct {
		const char *text, *country;
	} cases[] = {{"47101010033", "EE"}, {"38001085718", "LT"},
	    {"12345678909", "BR"}, {"20123456786", "AR"}, {"44051401359", "PL"},
	    {"7523169263", "BG"}, {"110101199003074514", "CN"},
	    {"0101980710018", "RS"}, {"10000000146", "TR"},
	    {"8112189876", "SE"}, {"198112189876", "SE"},
	    {"1800101221144", "RO"}, {"8501010001", "CZ"},
	    {"85073003328", "BE"}, {"8001015009087", "ZA"},
	    {"12345678-5", "CL"}, {"2000000015", "UA"}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char wrong[24];
		size_t last = strlen(cases[i].text) - 1;

		if (!read_in(cases[i].text, cases[i].country))
			fail_msg(
			    "%s is of %s", cases[i].text, cases[i].country);
		assert_true(id.bare == (strcmp(cases[i].country, "CL") != 0));
		assert_non_null(id.reason[1]);
		memcpy(wrong, cases[i].text, last + 2);
		wrong[last] = wrong[last] == '9' ? '0' : wrong[last] + 1;
		if (read_in(wrong, cases[i].country))
			fail_msg("%s is of nobody", wrong);
		assert_false(read_in(cases[i].text, "JP"));
	}
	/* Without a country, only with a date inside. */
	assert_true(read_in("47101010033", ""));
	assert_false(read_in("12345678909", ""));
	assert_false(read_in("11111111111", "BR"));
}

static void
want_upn(const char *upn, const char *number)
{
	assert_true(span_eq_str(natid_of_upn(span_str(upn)), number));
}

static void
test_upn(void **state)
{
	(void)state;
	want_upn("1234567890@mil", "1234567890");
	want_upn("1234567890117002@MIL", "1234567890");
	want_upn("12345678-0000@2.16.528.1.1003.1.3.5.5.2", "12345678-0000");
	want_upn("123456789@mil", "");
	want_upn("john.q.doe.mil@mail.example.mil", "");
	want_upn("1234567890@example.com", "");
	want_upn("1@192.0.2.1", "");
	want_upn("@mil", "");
	want_upn("1234567890", "");
	want_upn("", "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_others),
	    cmocka_unit_test(test_reasons),
	    cmocka_unit_test(test_bare),
	    cmocka_unit_test(test_upn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
