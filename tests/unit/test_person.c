/* Is a commonName a person's? Synthetic people only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "monitor/pii/person.h"
#include "monitor/pii/shape.h"

static struct words *words;
static struct tlds *tlds;
static uint8_t memory[1 << 20];
static struct arena arena;

static struct person
judge_in(const char *text, struct person_in in)
{
	struct person p;

	arena = arena_of(memory, sizeof(memory));
	in.text = span_str(text);
	in.tlds = tlds;
	person_judge(&p, words, &arena, &in);
	return p;
}

static struct person
judge(const char *text)
{
	return judge_in(text, (struct person_in){.num_local = 0});
}

static void
assert_person(const struct person *p, const char *text, enum verdict v,
    const char *name, const char *number)
{
	if (p->verdict != v)
		print_message("%s: %s, %d points\n", text,
		    verdict_name(p->verdict), p->score);
	assert_int_equal(p->verdict, v);
	if (name != NULL && !span_eq_str(p->name, name))
		print_message("%s: %.*s\n", text, (int)p->name.len,
		    (const char *)p->name.p);
	if (name != NULL)
		assert_true(span_eq_str(p->name, name));
	if (number != NULL)
		assert_true(span_eq_str(p->number, number));
	assert_non_null(p->reason[0]);
}

/* National shapes: pii.md 4.4. */
static void
test_shapes(void **state)
{
	static const struct {
		const char *text;
		enum verdict verdict;
		const char *name, *number;
	} v[] = {
	    {"DOE.JOHN.QUINCY.1234567890", PERSON_NAME, "JOHN QUINCY DOE",
		"1234567890"},
	    {"DOE.JOHN.QUINCY.JR.1234567890.ID", PERSON_NAME, "JOHN QUINCY DOE",
		"1234567890"},
	    {"ROE.JANE.1234567890", PERSON_NAME, "JANE ROE", "1234567890"},
	    {"MÄNNIK,MARI-LIIS,47101010033", PERSON_NAME, "MARI-LIIS MÄNNIK",
		"47101010033"},
	    {"MÄNNIK,MARI-LIIS,PNOEE-47101010033", PERSON_NAME,
		"MARI-LIIS MÄNNIK", "PNOEE-47101010033"},
	    {"GARCIA LOPEZ MARIA - 12345678Z", PERSON_NAME,
		"GARCIA LOPEZ MARIA", "12345678Z"},
	    {"NOMBRE GARCIA LOPEZ MARIA - NIF 12345678Z", PERSON_NAME,
		"GARCIA LOPEZ MARIA", "12345678Z"},
	    {"GARCIA LOPEZ, MARIA - NIE X1234567L", PERSON_NAME,
		"MARIA GARCIA LOPEZ", "X1234567L"},
	    {"MARIA DA SILVA SANTOS:12345678909", PERSON_NAME,
		"MARIA DA SILVA SANTOS", "12345678909"},
	    {"EXEMPLO COMERCIO LTDA:12345678000195", PERSON_ORG, NULL, ""},
	    {"RSSMRA80A01H501U/7430000000000001.abcd", PERSON_NUMBER, NULL,
		"RSSMRA80A01H501U"},
	    {"051@张三@110101199003074514@1", PERSON_NAME, "张三",
		"110101199003074514"},
	    {"홍길동()0011041202012281110003", PERSON_NAME, "홍길동", ""},
	    {"홍길동(Hong Gil Dong)0011041202012281110003", PERSON_NAME,
		"홍길동", ""},
	    {"PRIKLAD JAN 10123456A", PERSON_NAME, "PRIKLAD JAN", "10123456A"},
	    {"Petar Petrovic 0101980710001", PERSON_NAME, "Petar Petrovic",
		"0101980710001"},
	    {"ROE.JANE..1234567890", PERSON_NAME, "JANE ROE", "1234567890"},
	    {"BĒRZIŅA,ANNA,PNOLV-010180-10006", PERSON_NAME, "ANNA BĒRZIŅA",
		"PNOLV-010180-10006"},
	    {"JUAN ESPAÑOL – DNI 00000000T", PERSON_NAME, "JUAN ESPAÑOL",
		"00000000T"},
	    {"00000000T JUAN ESPAÑOL (R: B12345678)", PERSON_NAME,
		"JUAN ESPAÑOL", "00000000T"},
	    {"JUAN ESPAÑOL (R: B12345678)", PERSON_NAME, "JUAN ESPAÑOL", ""},
	    {"ROSSI/MARIO/RSSMRA80A01H501U/74300001", PERSON_NAME,
		"MARIO ROSSI", "RSSMRA80A01H501U"},
	    {"041@0110101199003074514@张三@00000001", PERSON_NAME, "张三",
		"110101199003074514"},
	    {"张三110101199003074514", PERSON_NAME, "张三",
		"110101199003074514"},
	    {"Jan Kowalski PESEL: 44051401359", PERSON_NAME, "Jan Kowalski",
		"PESEL: 44051401359"},
	    {"Mario Rossi (RSSMRA80A01H501U)", PERSON_NAME, "Mario Rossi",
		"RSSMRA80A01H501U"},
	    {"ROE SOTO Jane FIR 12345678 hard", PERSON_NAME, "ROE SOTO Jane",
		"12345678"},
	    {"ROE SOTO Jane FAU 20123456789 soft", PERSON_NAME, "ROE SOTO Jane",
		""},
	    {"Mondfisch:PN", PERSON_PSEUDONYM, "Mondfisch", ""},
	    {"PN: Mondfisch", PERSON_PSEUDONYM, "Mondfisch", ""},
	    {"GRP - Einkauf", PERSON_GROUP, "Einkauf", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct person p = judge(v[i].text);

		assert_person(
		    &p, v[i].text, v[i].verdict, v[i].name, v[i].number);
	}
}

static void
test_also(void **state)
{
	struct person p = judge("홍길동(Hong Gil Dong)0011041202012281110003");

	(void)state;
	assert_true(span_eq_str(p.also, "Hong Gil Dong"));
}

static void
test_not_persons(void **state)
{
	static const struct {
		const char *text;
		enum verdict verdict;
	} v[] = {
	    {"www.example.com", PERSON_HOST},
	    {"*.Example.COM", PERSON_HOST},
	    {"jane.roe@example.com", PERSON_EMAIL},
	    {"192.0.2.7", PERSON_IP},
	    {"2001:db8::1", PERSON_IP},
	    {"https://example.com/jane", PERSON_URI},
	    {"urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6", PERSON_URI},
	    {"f81d4fae-7dec-11d0-a765-00a0c91e6bf6", PERSON_OPAQUE},
	    {"0123456789abcdef0123", PERSON_OPAQUE},
	    {"Beispiel Handels AG", PERSON_ORG},
	    {"Example GmbH", PERSON_ORG},
	    {"Przykład Sp. z o.o.", PERSON_ORG},
	    {"ООО Пример", PERSON_ORG},
	    {"株式会社サンプル", PERSON_ORG},
	    {"University of Example", PERSON_ORG},
	    {"Ford Motor Company", PERSON_ORG},
	    {"Test Certificate", PERSON_OTHER},
	    {"Web Server", PERSON_OTHER},
	    {"jane", PERSON_OTHER},
	    {"Printer 4711", PERSON_OTHER},
	    {"", PERSON_OTHER},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct person p = judge(v[i].text);

		if (p.verdict != v[i].verdict)
			print_message("%s: %s, %d points\n", v[i].text,
			    verdict_name(p.verdict), p.score);
		assert_int_equal(p.verdict, v[i].verdict);
	}
}

/* "john.smith" is no host: there is no such top-level domain. */
static void
test_hosts(void **state)
{
	(void)state;
	assert_true(person_is_host(tlds, span_str("example.com")));
	assert_true(person_is_host(tlds, span_str("a.b.EXAMPLE.De.")));
	assert_true(person_is_host(tlds, span_str("_dmarc.example.co.uk")));
	assert_false(person_is_host(tlds, span_str("john.smith")));
	assert_false(person_is_host(tlds, span_str("com")));
	assert_false(person_is_host(tlds, span_str("DOE.JOHN.Q.1234567890")));
	assert_false(person_is_host(tlds, span_str("Jane Roe.com")));
	assert_false(person_is_host(tlds, span_str("")));
	assert_false(person_is_host(tlds, span_str(".")));
}

/* Points: pii.md 4.5 and its example. */
static void
test_points(void **state)
{
	const struct span local[] = {span_str("jane.roe")};
	const struct span initial[] = {span_str("j")};
	const struct span office[] = {span_str("webmaster")};
	struct person_in in = {.num_local = 0};
	struct person p = judge("Jane Roe");

	(void)state;
	assert_int_equal(p.score, 25);
	assert_person(&p, "alone", PERSON_POSSIBLE, "Jane Roe", "");
	in.classes = 1u << CLASS_SMIME;
	in.local = local;
	in.num_local = 1;
	p = judge_in("Jane Roe", in);
	assert_int_equal(p.score, 60);
	assert_person(&p, "with an address", PERSON_NAME, "Jane Roe", "");
	in.local = initial;
	p = judge_in("Jane Roe", in);
	assert_int_equal(p.score, 50);
	in.local = office;
	p = judge_in("Jane Roe", in);
	assert_int_equal(p.score, 40);
	in.classes = 1u << CLASS_TLS_OV;
	in.num_local = 0;
	p = judge_in("Jane Roe", in);
	assert_int_equal(p.score, -20);
	in.classes = 1u << CLASS_TLS_IV;
	p = judge_in("Jane Roe", in);
	assert_int_equal(p.score, 40);
	in.classes = 0;
	in.numbered = true;
	p = judge_in("Jane Roe", in);
	assert_int_equal(p.score, 55);
}

static void
test_words_around(void **state)
{
	struct person p = judge("Prof. Dr. Jane Roe");

	(void)state;
	assert_person(&p, "titles", PERSON_POSSIBLE, "Jane Roe", "");
	assert_int_equal(p.score, 35);
	p = judge("John Smith Jr.");
	assert_person(&p, "generation", PERSON_POSSIBLE, "John Smith", "");
	p = judge("Roe, Jane");
	assert_person(&p, "reversed", PERSON_NAME, "Jane Roe", "");
	p = judge("Example, Inc.");
	assert_person(&p, "company", PERSON_ORG, NULL, NULL);
	p = judge("GARCÍA LÓPEZ, MARÍA (FIRMA)");
	assert_person(&p, "purpose", PERSON_NAME, "MARÍA GARCÍA LÓPEZ", "");
	p = judge("Jane Roe (Signature)");
	assert_person(&p, "purpose", PERSON_NAME, "Jane Roe", "");
	p = judge("Beispiel e.K. Jan Kowalski");
	assert_true(p.verdict == PERSON_ORG || p.sole_trader);
	p = judge("ИП Иванов Иван");
	assert_true(p.sole_trader);
	assert_person(&p, "sole trader", PERSON_POSSIBLE, "Иванов Иван", "");
	p = judge("山田花子");
	assert_person(&p, "Han", PERSON_POSSIBLE, "山田花子", "");
	p = judge("Ludwig van Beethoven");
	assert_person(&p, "particle", PERSON_POSSIBLE, NULL, "");
	assert_int_equal(p.score, 25);
}

/* What the text is, less what stands around a name in it. */
static void
test_bare(void **state)
{
	static const struct {
		const char *text, *name, *number;
	} v[] = {
	    {"Prof. Dr. med. Jane Roe", "Jane Roe", ""},
	    {"Dr. rer. nat. Jane Roe, M.Sc.", "Jane Roe", ""},
	    {"Univ.-Prof. Jane Roe", "Jane Roe", ""},
	    {"Jane Roe, BA MA", "Jane Roe", ""},
	    {"John Smith, Jr.", "John Smith", ""},
	    {"Ma Li Hua", "Ma Li Hua", ""},
	    {"MA LI HUA", "MA LI HUA", ""},
	    {"Junior Pereira dos Santos", "Junior Pereira dos Santos", ""},
	    {"RAJU A/L MUTHU", "RAJU MUTHU", ""},
	    {"[Assinatura Qualificada] Jane Roe", "Jane Roe", ""},
	    {"Jane Roe (Firma y autenticación)", "Jane Roe", ""},
	    {"Jane Roe - Signature", "Jane Roe", ""},
	    {"Jane Roe 200012345 Sign", "Jane Roe", "200012345"},
	    {"Jane RoeTEST-ONLY", "Jane Roe", ""},
	    {"DS JANE ROE 2", "JANE ROE", ""},
	    {"DOE.JOHN.1234567890", "JOHN DOE", "1234567890"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct person p;

		arena = arena_of(memory, sizeof(memory));
		person_bare(&p, words, &arena, span_str(v[i].text));
		if (!span_eq_str(p.name, v[i].name))
			print_message("%s: %.*s\n", v[i].text, (int)p.name.len,
			    (const char *)p.name.p);
		assert_true(span_eq_str(p.name, v[i].name));
		assert_true(span_eq_str(p.number, v[i].number));
	}
}

/* A name for a host, whose last label is one: read before it is dropped. */
static void
test_defense(void **state)
{
	(void)state;
	assert_true(shape_is_defense(span_str("ROE.JANE.1234567890.EMAIL")));
	assert_true(shape_is_defense(span_str("ROE.JANE.1234567890")));
	assert_false(shape_is_defense(span_str("a.b.1234567890.email")));
	assert_false(shape_is_defense(span_str("WWW.EXAMPLE.COM")));
	assert_false(shape_is_defense(span_str("ROE.JANE.123456789.EMAIL")));
	assert_false(shape_is_defense(span_str("")));
}

static void
test_beside_organisation(void **state)
{
	struct person_in in = {.org = span_str("jan kowalski"),
	    .classes = 1u << CLASS_CODE_SIGNING};
	struct person p = judge_in("Jan Kowalski", in);

	(void)state;
	assert_true(p.is_org);
	assert_person(&p, "sole", PERSON_POSSIBLE, "Jan Kowalski", "");
	in.classes = 0;
	p = judge_in("Jan Kowalski", in);
	assert_int_equal(p.score, -15);
	in.ca = true;
	p = judge_in("Jane Roe", in);
	assert_person(&p, "CA", PERSON_OTHER, NULL, NULL);
}

/* Whatever the bytes are: a verdict, and nothing read beyond them. */
static void
test_noise(void **state)
{
	uint32_t seed = 1;
	char text[80];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		static const char alphabet[] =
		    "aB9.-,:@()/ '\xc3\xa4\xe5\xb1\xb1\xff#";
		size_t len = 0;

		seed = seed * 1103515245 + 12345;
		len = seed >> 16 & 63;
		for (size_t k = 0; k < len; k++) {
			seed = seed * 1103515245 + 12345;
			text[k] =
			    alphabet[(seed >> 16) % (sizeof(alphabet) - 1)];
		}
		text[len] = '\0';
		judge(text);
	}
}

/* A word that folds to nothing (soft hyphens) is none. */
static void
test_empty_words(void **state)
{
	struct person p;

	(void)state;
	p = judge("\u00ad\u00ad GmbH Jane Roe");
	assert_person(&p, "soft hyphens, GmbH", PERSON_ORG, NULL, NULL);
	p = judge("Jane \u00ad Roe");
	assert_person(
	    &p, "Jane, soft hyphen, Roe", PERSON_POSSIBLE, "Jane Roe", "");
	p = judge("\u00ad");
	assert_int_equal(p.name.len, 0);
	p = judge("\u00ad, \u00ad");
	assert_int_equal(p.name.len, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_shapes),
	    cmocka_unit_test(test_also),
	    cmocka_unit_test(test_not_persons),
	    cmocka_unit_test(test_hosts),
	    cmocka_unit_test(test_points),
	    cmocka_unit_test(test_words_around),
	    cmocka_unit_test(test_bare),
	    cmocka_unit_test(test_defense),
	    cmocka_unit_test(test_beside_organisation),
	    cmocka_unit_test(test_noise),
	    cmocka_unit_test(test_empty_words),
	};
	int rc;

	words = words_new();
	tlds = tlds_new();
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	words_free(words);
	tlds_free(tlds);
	return rc;
}
