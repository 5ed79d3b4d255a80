/* natid: numbers of natural persons, and what only looks like one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "monitor/pii/natid.h"

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
	    "-dni 99999989Z"};

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		if (natid_reason(span_str(yes[i])) == NULL)
			fail_msg("%s is one", yes[i]);
}

static void
test_others(void **state)
{
	const char *no[] = {"", "1", "12345678", "12345678A", "1234567Z",
	    "NTRDE-HRB12345", "VATES-B12345678", "LEIXG-529900T8BM49AURSDO55",
	    "PSDFI-FINFSA-1234567-8", "HRB 12345", "CHE-123.456.789",
	    "201234567890", "PNO", "PNOEE", "CVR:12345678-UID:1234", "ES/AT",
	    "Server 5", "INNOVATION", "CPF", "X1234567A"};

	(void)state;
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (natid_reason(span_str(no[i])) != NULL)
			fail_msg("%s is none", no[i]);
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
	    cmocka_unit_test(test_upn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
