/* normal: canonical text, addresses, domains and names (pii.md 3.3, 5). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/text.h"
#include "monitor/pii/normal.h"
#include "monitor/pii/script.h"

static uint8_t memory[1 << 20];

#define WANT(got, want) want_at((got), (want), __LINE__)
static void
want_at(struct span got, const char *want, int line)
{
	if (!span_eq_str(got, want))
		fail_msg("line %d: got \"%.*s\", want \"%s\"", line,
		    (int)got.len, (const char *)got.p, want);
}

static struct arena
fresh(void)
{
	return arena_of(memory, sizeof(memory));
}

static struct span
fold(const char *s)
{
	struct arena a = fresh();

	return normal_fold(&a, span_str(s));
}

static struct span
email(const char *s)
{
	struct arena a = fresh();

	return normal_email(&a, span_str(s));
}

static struct span
domain(const char *s)
{
	struct arena a = fresh();

	return normal_domain(&a, span_str(s));
}

static struct span
name(const char *s)
{
	struct arena a = fresh();

	return normal_name(&a, span_str(s));
}

/* In one notation, and otherwise as it was written. */
static void
test_text(void **state)
{
	static const char *const v[][2] = {{"Jane Roe", "Jane Roe"},
	    {"  Jane \t Roe ", "Jane Roe"}, {"Jane\u00a0Roe", "Jane Roe"},
	    {"Ｊａｎｅ　ＲＯＥ", "Jane ROE"}, {"Jo\u0308rg", "Jörg"},
	    {"O’Neill – 1", "O'Neill - 1"}, {"O`Neill", "O'Neill"},
	    {"ジョン・スミス", "ジョン スミス"}, {"Ja\u200bne", "Jane"},
	    {"\u200b", ""}, {"", ""}};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct arena a = fresh();
		struct span s = normal_text(&a, span_str(v[i][0]));

		if (!span_eq_str(s, v[i][1]))
			fail_msg("%s: \"%.*s\"", v[i][0], (int)s.len,
			    (const char *)s.p);
	}
}

/* The tokens of a name, joined by '+'. */
static struct span
tokens(const char *s, int form)
{
	static struct buf out;
	struct arena a = fresh();
	struct span list[NAME_TOKENS];
	unsigned n = normal_name_tokens(
	    &a, list, NAME_TOKENS, normal_name(&a, span_str(s)), form);

	buf_clear(&out);
	for (unsigned i = 0; i < n; i++) {
		if (i > 0)
			buf_char(&out, '+');
		buf_span_add(&out, list[i]);
	}
	return buf_span(&out);
}

static void
test_fold(void **state)
{
	(void)state;
	WANT(fold(""), "");
	WANT(fold("Jane ROE"), "jane roe");
	WANT(fold("STRAẞE Straße"), "strasse strasse");
	WANT(fold("ＪＡＮＥ"), "jane");
	WANT(fold("ﬁ №"), "fi no");
	WANT(fold("ja\u200bne\u202e\u00ad"), "jane");
	WANT(fold("Jose\u0301"), "jos\u00e9");
	/* Marks in the wrong order come into the canonical one. */
	WANT(fold("a\u0301\u0323"), "\u1ea1\u0301");
	/* Not touched: other alphabets keep what looks like accents. */
	WANT(fold("が हिन्दी ก้อง"), "が हिन्दी ก้อง");
	WANT(fold("Й"), "й");
	WANT(fold("ΣΑΣ"), "σασ");
	/* A byte that is no UTF-8 is a replacement character. */
	WANT(fold("a\xff"
		  "b"),
	    "a\ufffd"
	    "b");
}

static void
test_fold_limits(void **state)
{
	static char big[3 * LIMIT_VALUE + 1];
	struct span got;

	(void)state;
	/* U+FDFA grows eleven times. */
	for (size_t i = 0; i + 3 <= sizeof(big) - 1; i += 3)
		memcpy(big + i, "\ufdfa", 3);
	got = fold(big);
	assert_true(got.len > 0 && got.len <= LIMIT_VALUE);
	assert_true(text_is_utf8(got));
	/* A pile of marks is cut, not sorted for ever. */
	big[0] = 'a';
	for (size_t i = 1; i + 2 <= LIMIT_VALUE; i += 2)
		memcpy(big + i, i % 4 == 1 ? "\u0301" : "\u0323", 2);
	big[LIMIT_VALUE - 1] = '\0';
	got = fold(big);
	assert_true(got.len > 30 && got.len < 80);
	/* A cut never leaves half a character. */
	memset(big, 'x', LIMIT_VALUE - 1);
	memcpy(big + LIMIT_VALUE - 1, "é", 3);
	got = fold(big);
	assert_int_equal(got.len, LIMIT_VALUE - 1);
}

static void
test_arena_full(void **state)
{
	struct arena a = arena_of(memory, 4);

	(void)state;
	assert_int_equal(normal_fold(&a, span_str("jane roe")).len, 0);
	assert_int_equal(normal_fold(&a, span_str("jäne röe")).len, 0);
	assert_int_equal(normal_email(&a, span_str("jane@example.com")).len, 0);
	assert_int_equal(normal_name(&a, span_str("jane roe")).len, 0);
}

static void
test_domain(void **state)
{
	(void)state;
	WANT(domain("Example.COM"), "example.com");
	WANT(domain("example.com."), "example.com");
	WANT(domain(" example.com.. "), "example.com");
	WANT(domain(""), "");
	WANT(domain("."), "");
	WANT(domain("bücher.example"), "xn--bcher-kva.example");
	WANT(domain("BÜCHER.Example."), "xn--bcher-kva.example");
	WANT(domain("XN--BCHER-KVA.example"), "xn--bcher-kva.example");
	WANT(domain("ｅｘａｍｐｌｅ。com"), "example.com");
	WANT(domain("ex\u00adam\u200bple.com"), "example.com");
	WANT(domain("例え.テスト"), "xn--r8jz45g.xn--zckzah");
	WANT(domain("例え。テスト。"), "xn--r8jz45g.xn--zckzah");
	/* Non-transitional; the transitional alias is the folded name. */
	WANT(domain("faß.de"), "xn--fa-hia.de");
	WANT(domain("fass.de"), "fass.de");
	/* What IDNA does not take stays, in lower case. */
	WANT(domain("a_B.example.com"), "a_b.example.com");
	WANT(domain("Exam ple.com"), "exam ple.com");
	WANT(domain("a..B"), "a..b");
	WANT(domain("[192.0.2.1]"), "[192.0.2.1]");
	WANT(domain("xn--\x7f.Example"), "xn--\x7f.example");
	WANT(domain("xn--a-ecp.ru"), "xn--a-ecp.ru");
	WANT(domain("-Bü.example"), "-bü.example");
	/* Right-to-left override inside. */
	WANT(domain("exam\u202eple.com"), "example.com");
}

static void
test_domain_long(void **state)
{
	char text[2000];

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text, "É", 2);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(domain(text).len, sizeof(text) - 1);
	assert_int_equal(domain(text).p[1], 0xa9);
}

static void
test_email(void **state)
{
	(void)state;
	WANT(email("Jane.Roe@Example.com"), "jane.roe@example.com");
	WANT(email(" jane.roe@EXAMPLE.COM. "), "jane.roe@example.com");
	WANT(email("info@bücher.example"), "info@xn--bcher-kva.example");
	WANT(email("jane@xn--BCHER-kva.example"), "jane@xn--bcher-kva.example");
	WANT(email("花子@例え.テスト"), "花子@xn--r8jz45g.xn--zckzah");
	WANT(email("jane＠example．com"), "jane@example.com");
	WANT(email("\"Jane@Home\"@example.com"), "\"jane@home\"@example.com");
	WANT(email("jane@[192.0.2.7]"), "jane@[192.0.2.7]");
	WANT(email("root@localhost"), "root@localhost");
	WANT(email("ja\u200bne@exam\u202eple.com"), "jane@example.com");
	WANT(email("j\u0430ne@example.com"), "j\u0430ne@example.com");
	WANT(email("a@faß.de"), "a@xn--fa-hia.de");
	WANT(email("Straße@example.com"), "strasse@example.com");
	WANT(email("jane"), "");
	WANT(email("@example.com"), "");
	WANT(email("jane@"), "");
	WANT(email("jane@."), "");
	WANT(email(" @ "), "");
	WANT(email(""), "");
	WANT(email("\u200b@example.com"), "");
}

static void
test_email_domain(void **state)
{
	(void)state;
	WANT(normal_email_domain(span_str("a@b.c")), "b.c");
	WANT(normal_email_domain(span_str("\"x@y\"@b.c")), "b.c");
	WANT(normal_email_domain(span_str("b.c")), "");
}

static struct span
relaxed(const char *s, unsigned policy)
{
	struct arena a = fresh();

	return normal_email_relaxed(&a, span_str(s), policy);
}

static void
test_email_relaxed(void **state)
{
	const unsigned both = EMAIL_PLUS | EMAIL_GMAIL_DOTS;

	(void)state;
	WANT(relaxed("j.a.n.e+shop@gmail.com", 0), "j.a.n.e+shop@gmail.com");
	WANT(relaxed("j.a.n.e+shop@gmail.com", both), "jane@gmail.com");
	WANT(relaxed("j.a.n.e+shop@googlemail.com", both), "jane@gmail.com");
	WANT(relaxed("j.e+x@gmail.com", EMAIL_PLUS), "j.e@gmail.com");
	WANT(relaxed("j.e+x@gmail.com", EMAIL_GMAIL_DOTS), "je+x@gmail.com");
	WANT(relaxed("j.e+x@example.com", both), "j.e@example.com");
	WANT(relaxed("+x@example.com", both), "+x@example.com");
	WANT(relaxed("j-x@example.com", both), "j-x@example.com");
	WANT(relaxed("j-x@yahoo.com", EMAIL_GMAIL_DOTS), "j-x@yahoo.com");
	WANT(relaxed("j-x@yahoo.com", EMAIL_PLUS), "j@yahoo.com");
	WANT(relaxed("j-x@yahoo.co.uk", EMAIL_PLUS), "j@yahoo.co.uk");
	WANT(relaxed("j-x@yahoo.com.br", EMAIL_PLUS), "j@yahoo.com.br");
	WANT(relaxed("j-x@ymail.com", EMAIL_PLUS), "j@ymail.com");
	WANT(relaxed("j-x@yahoo.example.com", both), "j-x@yahoo.example.com");
	WANT(relaxed("...@gmail.com", both), "...@gmail.com");
	WANT(relaxed("\"a+b\"@example.com", both), "\"a+b\"@example.com");
	WANT(relaxed("no address", both), "no address");
}

static void
test_name(void **state)
{
	(void)state;
	WANT(name("  Jane   ROE "), "jane roe");
	WANT(name("GARCÍA LÓPEZ, MARÍA"), "garcía lópez maría");
	WANT(name("山田　花子"), "山田 花子");
	WANT(name("O’BRIEN"), "o'brien");
	WANT(name("O´Brien"), "o'brien");
	WANT(name("O`Brien"), "o'brien");
	WANT(name("Anna‐Lena – Roe"), "anna-lena - roe");
	WANT(name("A.L. de Vries"), "a l de vries");
	WANT(name("ジョン・スミス"), "ジョン スミス");
	WANT(name("Gal·la"), "galla");
	WANT(name("GAĿLA"), "galla");
	WANT(name("Roe; Jane/Ann"), "roe jane ann");
	WANT(name("İpek"), "i\u0307pek");
	WANT(name("a\xff"
		  "b"),
	    "a b");
	WANT(name(" ,. "), "");
	WANT(name(""), "");
}

/* pii.md 5.1 N4, and the names of 5.2's cases. */
static void
test_tokens(void **state)
{
	(void)state;
	WANT(tokens("Jörg Müller", 0), "jorg+muller");
	WANT(tokens("Jörg Müller", 1), "joerg+mueller");
	WANT(tokens("MUELLER Joerg", 0), "joerg+mueller");
	WANT(tokens("Bjørn Åsen", 0), "asen+bjorn");
	WANT(tokens("Bjørn Åsen", 1), "aasen+bjoern");
	WANT(tokens("Łukasz Żak", 0), "lukasz+zak");
	WANT(tokens("Ærø Œuvre", 0), "aero+oeuvre");
	WANT(tokens("Þór Guðrún", 0), "gudrun+thor");
	WANT(tokens("Đặng Đình", 1), "djang+djinh");
	WANT(tokens("Đặng Đình", 0), "dang+dinh");
	WANT(tokens("IĞDIR Ayşe", 0), "ayse+igdir");
	WANT(tokens("Iğdır Ayse", 0), "ayse+igdir");
	WANT(tokens("İĞDİR ayse", 0), "ayse+igdir");
	WANT(tokens("Weiß Weiss", 0), "weiss");
	WANT(tokens("Ǿystein", 0), "oystein");
	WANT(tokens("Ǿystein", 1), "oeystein");
	WANT(tokens("Γιώργος", 0), "γιωργοσ");
	WANT(tokens("Анна Семёнова Майя", 0), "анна+майя+семенова");
	WANT(tokens("が ก้อง", 0), "ก้อง+が");
	WANT(tokens("山田　花子", 0), "山田+花子");
	WANT(tokens("花子 山田", 0), "山田+花子");
	WANT(tokens("مُحَمَّد", 0), "محمد");
	WANT(tokens("דָּוִד", 0), "דוד");
}

static void
test_tokens_joints(void **state)
{
	(void)state;
	WANT(tokens("Anna-Lena de Vries", 0), "anna+lena+vries");
	WANT(tokens("VRIES, Anna Lena de", 0), "anna+lena+vries");
	WANT(tokens("de Vries", 0), "vries");
	WANT(tokens("Le", 0), "le");
	WANT(tokens("Hoa Le", 0), "hoa+le");
	WANT(tokens("Van Den", 0), "den+van");
	WANT(tokens("D. Roe", 0), "d+roe");
	WANT(tokens("Ortega y Gasset", 0), "gasset+ortega");
	WANT(tokens("O’BRIEN SEAN", 0), "obrien+sean");
	WANT(tokens("O´Brien Seán", 0), "obrien+sean");
	WANT(tokens("OBrien Sean", 0), "obrien+sean");
	WANT(tokens("O´Brien Seán", NAME_ELISION), "brien+sean");
	WANT(tokens("Zoé d'Anthéron", NAME_ELISION), "antheron+zoe");
	WANT(tokens("Jane Jane JANE", 0), "jane");
	WANT(tokens("- ' -", 0), "");
	WANT(tokens("", 0), "");
	WANT(tokens("a1 b2 c3 d4 e5 f6 g7 h8 i9 j0 k1 l2 m3 n4 o5 p6 q7", 0),
	    "a1+b2+c3+d4+e5+f6+g7+h8+i9+j0+k1+l2+m3+n4+o5+p6");
}

static void
test_script(void **state)
{
	(void)state;
	assert_int_equal(script_of('a'), SCRIPT_LATIN);
	assert_int_equal(script_of('1'), SCRIPT_COMMON);
	assert_int_equal(script_of(0x430), SCRIPT_CYRILLIC);
	assert_int_equal(script_of(0x4e00), SCRIPT_HAN);
	assert_int_equal(script_of(0xd7), SCRIPT_COMMON);
	assert_int_equal(script_of(0x10d0), SCRIPT_OTHER);
	assert_true(script_confusable(span_str("j\u0430ne@example.com")));
	assert_true(script_confusable(span_str("e\u0301\u0430")));
	assert_false(script_confusable(span_str("анна@example.com")));
	assert_false(script_confusable(span_str("jane äß")));
	assert_false(script_confusable(span_str("jane анна")));
}

/* normalise(normalise(x)) = normalise(x) (pii.md 6.4), and it is UTF-8. */
static void
check_idempotent(struct span in)
{
	typedef struct span normal_fn(struct arena * a, struct span s);
	static normal_fn *const all[] = {
	    normal_fold, normal_email, normal_domain, normal_name, normal_text};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct arena a = fresh();
		struct span once = all[i](&a, in), twice = all[i](&a, once);

		if (!text_is_utf8(once) || !span_eq(once, twice))
			fail_msg("%zu: \"%.*s\": \"%.*s\", then \"%.*s\"", i,
			    (int)in.len, (const char *)in.p, (int)once.len,
			    (const char *)once.p, (int)twice.len,
			    (const char *)twice.p);
	}
}

/* Every code point of the planes that have letters, between two of them, in
 * a local part and in a domain. */
static void
test_idempotent(void **state)
{
	struct buf b = {0};

	(void)state;
	for (uint32_t c = 1; c < 0x20000; c++) {
		if (c >= 0xd800 && c < 0xe000)
			continue;
		buf_clear(&b);
		buf_str(&b, "x");
		text_utf8_add(&b, c);
		buf_str(&b, "y@a");
		text_utf8_add(&b, c);
		buf_str(&b, "b.example");
		check_idempotent(buf_span(&b));
	}
	buf_fini(&b);
}

/* Several marks, letters and joiners side by side. */
static void
test_idempotent_random(void **state)
{
	static const uint32_t ranges[] = {0x20, 0xa0, 0x300, 0x370, 0x590,
	    0x600, 0x900, 0xe00, 0x1100, 0x1e00, 0x2000, 0x3040, 0xac00, 0xff00,
	    0x1d400, 0xe0100};
	uint64_t dice = 6400;
	struct buf b = {0};

	(void)state;
	for (unsigned n = 0; n < 20000; n++) {
		buf_clear(&b);
		for (unsigned i = 0; i < 8; i++) {
			dice = dice * 6364136223846793005u + 1442695040888963u;
			text_utf8_add(&b,
			    ranges[dice >> 60] + (uint32_t)(dice >> 40 & 0x5f));
			if (i == 4)
				buf_char(&b, '@');
		}
		check_idempotent(buf_span(&b));
	}
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_text),
	    cmocka_unit_test(test_fold),
	    cmocka_unit_test(test_fold_limits),
	    cmocka_unit_test(test_arena_full),
	    cmocka_unit_test(test_domain),
	    cmocka_unit_test(test_domain_long),
	    cmocka_unit_test(test_email),
	    cmocka_unit_test(test_email_domain),
	    cmocka_unit_test(test_email_relaxed),
	    cmocka_unit_test(test_name),
	    cmocka_unit_test(test_tokens),
	    cmocka_unit_test(test_tokens_joints),
	    cmocka_unit_test(test_script),
	    cmocka_unit_test(test_idempotent),
	    cmocka_unit_test(test_idempotent_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
