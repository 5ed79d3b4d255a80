/* chars: every string type, and what issuers do to them (pii.md 3.1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctlog/base/text.h"
#include "ctlog/x509/chars.h"
#include "tests/unit/derbuild.h"

static uint8_t memory[1 << 18];
static struct arena arena;

static struct chars
decode(uint32_t tag, struct span bytes)
{
	struct chars c;

	arena = arena_of(memory, sizeof(memory));
	chars_decode_bytes(&c, &arena, bytes, tag);
	for (unsigned i = 0; i < c.num; i++)
		assert_true(text_is_utf8(c.cand[i]));
	return c;
}

/* Bytes with zeros, as a string literal. */
#define B(text) span_of(text, sizeof(text) - 1)

#define WANT(tag, bytes, flags, ...)                                           \
	want(__LINE__, tag, bytes, flags, (const char *[]){__VA_ARGS__, NULL})
static void
want(int line, uint32_t tag, struct span bytes, uint32_t flags,
    const char *const *cand)
{
	struct chars c = decode(tag, bytes);
	unsigned n = 0;

	for (; cand[n] != NULL; n++)
		if (n >= c.num || !span_eq_str(c.cand[n], cand[n]))
			fail_msg("line %d: reading %u is \"%.*s\", not \"%s\"",
			    line, n, n < c.num ? (int)c.cand[n].len : 0,
			    n < c.num ? (const char *)c.cand[n].p : "",
			    cand[n]);
	if (c.num != n || c.flags != flags)
		fail_msg("line %d: %u readings (%u wanted), flags %x (%x)",
		    line, c.num, n, c.flags, flags);
}

static void
test_plain(void **state)
{
	const uint32_t tags[] = {DER_UTF8_STRING, DER_NUMERIC_STRING,
	    DER_PRINTABLE_STRING, DER_TELETEX_STRING, DER_VIDEOTEX_STRING,
	    DER_IA5_STRING, DER_UTC_TIME, DER_GENERALIZED_TIME,
	    DER_GRAPHIC_STRING, DER_VISIBLE_STRING, DER_GENERAL_STRING};
	struct span s = span_str("jane_roe*@example.com");

	(void)state;
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		struct chars c = decode(tags[i], s);

		assert_int_equal(c.num, 1);
		assert_int_equal(c.flags, 0);
		/* No copy is made. */
		assert_ptr_equal(c.cand[0].p, s.p);
		assert_int_equal(arena.used, 0);
	}
	assert_int_equal(decode(DER_UTF8_STRING, B("")).num, 0);
	WANT(DER_UTF8_STRING, B("José"), 0, "José");
}

static void
test_bad_bytes(void **state)
{
	(void)state;
	WANT(DER_UTF8_STRING, B("Jos\xe9"), CHARS_BAD_UTF8, "José");
	WANT(DER_UTF8_STRING, B("\x80uro"), CHARS_BAD_UTF8, "€uro");
	WANT(DER_PRINTABLE_STRING, B("José"), CHARS_BAD_ENCODING, "José");
	WANT(DER_PRINTABLE_STRING, B("Jos\xe9"), CHARS_BAD_ENCODING, "José");
	WANT(DER_IA5_STRING, B("山@b.c"), CHARS_BAD_ENCODING, "山@b.c");
	WANT(DER_VISIBLE_STRING, B("\x93x\x94"), CHARS_BAD_ENCODING, "“x”");
	/* Cut inside a character by a length limit. */
	WANT(DER_UTF8_STRING, B("Müller Zo\xc3"), CHARS_BAD_UTF8, "Müller Zo");
	/* Overlong and surrogate forms are no UTF-8. */
	WANT(DER_UTF8_STRING, B("a\xc0\xafz"), CHARS_BAD_UTF8, "aÀ¯z");
}

static void
test_t61(void **state)
{
	(void)state;
	WANT(DER_TELETEX_STRING, B("Bj\xf8rn M\xfcller"), CHARS_T61_LATIN1,
	    "Bjørn Müller");
	WANT(DER_TELETEX_STRING, B("J\xc8urgen M\xc8uller"), CHARS_T61_ISO6937,
	    "Jürgen Müller", "JÈurgen MÈuller");
	WANT(DER_TELETEX_STRING, B("Jürgen"), CHARS_T61_UTF8, "Jürgen");
	/* Capital letters where they belong: Latin-1. */
	WANT(DER_TELETEX_STRING, B("M\xc4RTEN"), CHARS_T61_LATIN1, "MÄRTEN");
	WANT(DER_TELETEX_STRING, B("\xc1ngel"), CHARS_T61_LATIN1, "Ángel");
	WANT(DER_TELETEX_STRING, B("\xc9mile"), CHARS_T61_LATIN1, "Émile");
	WANT(DER_TELETEX_STRING, B("\xc5sa \xc5kesson"), CHARS_T61_LATIN1,
	    "Åsa Åkesson");
	/* In front of a capital. */
	WANT(DER_TELETEX_STRING, B("\xc8Osterreich"), CHARS_T61_ISO6937,
	    "Österreich", "ÈOsterreich");
	/* Other letters of ISO 6937 go with the accents. */
	WANT(DER_TELETEX_STRING,
	    B("Gro\xfb"
	      "g\xc8une"),
	    CHARS_T61_ISO6937, "Großgüne", "GroûgÈune");
	WANT(DER_TELETEX_STRING, B("\xe8\xc2odz Ko\xc2scian"),
	    CHARS_T61_ISO6937, "Łódz Kościan", "èÂodz KoÂscian");
	/* A pair that no alphabet has. */
	WANT(DER_TELETEX_STRING, B("x\xc7qy"), CHARS_T61_LATIN1, "xÇqy");
	WANT(DER_GENERAL_STRING, B("Z\xfcrich"), CHARS_T61_LATIN1, "Zürich");
	WANT(DER_VIDEOTEX_STRING,
	    B("\x80"
	      "5"),
	    CHARS_T61_LATIN1, "€5");
}

static void
test_bmp(void **state)
{
	(void)state;
	WANT(DER_BMP_STRING, B("\0J\0a\0n\0e"), 0, "Jane");
	WANT(DER_BMP_STRING, B("\x01\x41\0u\0k\0a\0s\0z"), 0, "Łukasz");
	WANT(DER_BMP_STRING, B("\x5c\x71\x75\x30"), 0, "山田");
	WANT(DER_BMP_STRING, B("\x4e\x00"), 0, "一");
	WANT(DER_BMP_STRING, B("\0J\0a\0n\0e\0"), CHARS_ODD_LENGTH, "Jane");
	WANT(DER_BMP_STRING, B("J\0a\0n\0e\0"), CHARS_SWAPPED, "Jane");
	/* Surrogates, in a pair and alone. */
	WANT(DER_BMP_STRING, B("\0x\xd8\x3d\xde\x00"), 0, "x😀");
	WANT(DER_BMP_STRING, B("\0x\xd8\x3d\0y"), 0, "x\ufffdy");
	WANT(DER_BMP_STRING, B("\0x\xde\x00"), 0, "x\ufffd");
	/* Another type than the tag says. */
	WANT(DER_BMP_STRING, B("Jane Roe"), CHARS_MIS_TAGGED, "Jane Roe");
	WANT(DER_BMP_STRING, B("jane@example.com"), CHARS_MIS_TAGGED,
	    "jane@example.com");
	WANT(DER_BMP_STRING, B("José Núñez"), CHARS_MIS_TAGGED, "José Núñez");
	/* Little-endian beyond Latin-1, and with a mark. */
	WANT(DER_BMP_STRING, B("\x18\4\x32\4\x30\4\x3d\4"), CHARS_SWAPPED,
	    "Иван");
	WANT(DER_BMP_STRING, B("\x18\4\x32\4"), 0, "\u1804\u3204");
	WANT(DER_BMP_STRING, B("\xff\xfeJ\0o\0"),
	    CHARS_SWAPPED | CHARS_IGNORABLE, "\ufeffJo");
	/* UTF-32, in either order. */
	WANT(DER_BMP_STRING, B("\0\0\0J\0\0\0o"), CHARS_MIS_TAGGED, "Jo");
	WANT(DER_BMP_STRING, B("J\0\0\0o\0\0\0"),
	    CHARS_MIS_TAGGED | CHARS_SWAPPED, "Jo");
	assert_int_equal(decode(DER_BMP_STRING, B("\0")).num, 0);
}

static void
test_universal(void **state)
{
	(void)state;
	WANT(DER_UNIVERSAL_STRING, B("\0\0\x01\x7b\0\0\0a\0\0\0k"), 0, "Żak");
	WANT(DER_UNIVERSAL_STRING, B("\0\0\0a\0\0\0b\0"), CHARS_ODD_LENGTH,
	    "ab");
	WANT(DER_UNIVERSAL_STRING, B("\0\x01\xf6\x00"), 0, "😀");
	WANT(DER_UNIVERSAL_STRING, B("\0\0\0x\0\x11\0\0"), 0, "x\ufffd");
	WANT(DER_UNIVERSAL_STRING, B("a\0\0\0b\0\0\0"), CHARS_SWAPPED, "ab");
	WANT(DER_UNIVERSAL_STRING, B("plain text"), CHARS_MIS_TAGGED,
	    "plain text");
	/* UTF-16. */
	WANT(DER_UNIVERSAL_STRING, B("\0J\0a\0n\0e"), CHARS_MIS_TAGGED, "Jane");
}

/* UTF-16 under the name of a string of bytes. */
static void
test_disguised(void **state)
{
	(void)state;
	WANT(DER_UTF8_STRING, B("\0J\0a\0n\0e"), CHARS_MIS_TAGGED, "Jane");
	WANT(DER_IA5_STRING, B("J\0a\0n\0e\0"),
	    CHARS_MIS_TAGGED | CHARS_SWAPPED, "Jane");
	WANT(DER_IA5_STRING, B("\x01\x41\0u\0k\0a"), CHARS_MIS_TAGGED, "Łuka");
	WANT(DER_OCTET_STRING, B("\0J\0a\0n\0e"), CHARS_MIS_TAGGED, "Jane");
	WANT(DER_OCTET_STRING, B("Zo\xeb Roe"), CHARS_BAD_ENCODING, "Zoë Roe");
	/* Not: a few zeros between bytes, a GUID. */
	assert_int_equal(decode(DER_OCTET_STRING, B("\0\1\0\2\0\3")).num, 0);
	assert_int_equal(
	    decode(DER_OCTET_STRING, B("\xfe\xfd\xfc\xfb")).num, 0);
}

static void
test_nul(void **state)
{
	struct chars c;

	(void)state;
	c = decode(DER_IA5_STRING, B("jane@example.com\0.evil\0x@y.z"));
	assert_int_equal(c.flags, CHARS_NUL);
	assert_int_equal(c.num, 2);
	assert_int_equal(c.behind, 1);
	assert_true(span_eq_str(c.cand[0], "jane@example.com"));
	assert_true(span_eq_str(c.cand[1], ".evil x@y.z"));
	WANT(DER_UTF8_STRING, B("\0\0x"), CHARS_NUL, "x");
	WANT(DER_UTF8_STRING, B("x\0"), CHARS_NUL, "x");
	c = decode(DER_UTF8_STRING, B("\0\0\0"));
	assert_int_equal(c.num, 0);
	c = decode(DER_UTF8_STRING, B("plain"));
	assert_int_equal(c.behind, 1);
}

static void
test_mojibake(void **state)
{
	(void)state;
	WANT(DER_UTF8_STRING, B("JoÃ£o"), CHARS_MOJIBAKE, "João", "JoÃ£o");
	WANT(DER_UTF8_STRING, B("Å½ofia"), CHARS_MOJIBAKE, "Žofia", "Å½ofia");
	/* Through Latin-1, with controls, and through Windows-1252. */
	WANT(DER_UTF8_STRING, B("\xc3\x90\xc2\x98"),
	    CHARS_MOJIBAKE | CHARS_CONTROL, "И", "Ð");
	WANT(DER_UTF8_STRING, B("â€œxâ€\xc2\x9d"),
	    CHARS_MOJIBAKE | CHARS_CONTROL, "“x”", "â€œxâ€");
	/* Twice over. */
	WANT(DER_UTF8_STRING, B("JoÃƒÂ£o"), CHARS_MOJIBAKE, "João", "JoÃƒÂ£o");
	/* Not touched. */
	WANT(DER_UTF8_STRING, B("Müller"), 0, "Müller");
	WANT(DER_UTF8_STRING, B("Ángel"), 0, "Ángel");
	WANT(DER_UTF8_STRING, B("Ã"), 0, "Ã");
	WANT(DER_UTF8_STRING, B("Łódź"), 0, "Łódź");
}

static void
test_entities(void **state)
{
	(void)state;
	WANT(DER_UTF8_STRING, B("La Roque-d&#x27;Anth&#xE9;ron"),
	    CHARS_HTML_ENTITY, "La Roque-d'Anthéron");
	WANT(DER_UTF8_STRING, B("Zo&eacute; &Auml;rger &amp; Co"),
	    CHARS_HTML_ENTITY, "Zoé Ärger & Co");
	WANT(DER_PRINTABLE_STRING, B("jane&#64;example.com"), CHARS_HTML_ENTITY,
	    "jane@example.com");
	/* Once only; and what is no entity stays. */
	WANT(DER_UTF8_STRING, B("a &amp;amp; b"), CHARS_HTML_ENTITY,
	    "a &amp; b");
	WANT(DER_UTF8_STRING, B("AT&T; &; &#; &#x; &nosuch; &#xD800; &"), 0,
	    "AT&T; &; &#; &#x; &nosuch; &#xD800; &");
	WANT(DER_UTF8_STRING, B("&#1114112;&#0;x"), 0, "&#1114112;&#0;x");
}

static void
test_controls(void **state)
{
	(void)state;
	WANT(DER_IA5_STRING, B("Ja\x01ne\x7f"), CHARS_CONTROL, "Jane");
	WANT(
	    DER_UTF8_STRING, B("\x1b[31;1mJane\x1b[0m"), CHARS_CONTROL, "Jane");
	WANT(DER_UTF8_STRING,
	    B("\xc2\x9b"
	      "31mJane"),
	    CHARS_CONTROL, "Jane");
	WANT(DER_UTF8_STRING, B("Ja\x1bne\x1b"), CHARS_CONTROL, "Jane");
	WANT(DER_UTF8_STRING, B("Ja\x1b["), CHARS_CONTROL, "Ja");
	/* White space still separates. */
	WANT(DER_UTF8_STRING, B("a@b.c\r\n\td@e.f"), CHARS_CONTROL,
	    "a@b.c   d@e.f");
	WANT(DER_UTF8_STRING, B("a\xe2\x80\xa8z"), CHARS_CONTROL, "a z");
	assert_int_equal(decode(DER_IA5_STRING, B("\x01\x02")).num, 0);
}

static void
test_ignorable(void **state)
{
	(void)state;
	WANT(DER_UTF8_STRING, B("ja\u200bne\u202e"), CHARS_IGNORABLE,
	    "ja\u200bne\u202e");
	WANT(DER_UTF8_STRING, B("\ufeffJane"), CHARS_IGNORABLE, "\ufeffJane");
}

static void
test_other_types(void **state)
{
	struct der t = {.id = DER_INTEGER, .tag = DER_INTEGER};
	const int none[] = {DER_BOOLEAN, DER_INTEGER, DER_NULL, DER_OID,
	    DER_SEQUENCE, DER_SET, 0x0a};
	struct chars c;

	(void)state;
	WANT(DER_BIT_STRING, B("\0text"), 0, "text");
	WANT(DER_OCTET_STRING, B("01011980123"), 0, "01011980123");
	WANT(DER_GENERALIZED_TIME, B("19800101120000Z"), 0, "19800101120000Z");
	assert_int_equal(decode(DER_OCTET_STRING, B("\x01\x02\xff")).num, 0);
	assert_int_equal(decode(DER_BIT_STRING, B("")).num, 0);
	t.value = span_str("text");
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		t.id = (uint8_t)none[i];
		t.tag = t.id & 0x1f;
		chars_decode(&c, &arena, &t);
		assert_int_equal(c.num, 0);
	}
	/* A context tag is taken for an IA5String. */
	t.id = 0x81;
	chars_decode(&c, &arena, &t);
	assert_int_equal(c.num, 1);
}

static void
test_constructed(void **state)
{
	struct buf b = {0};
	struct span s;
	struct der t;
	struct chars c;
	size_t at;

	(void)state;
	at = db_open(&b, 0x3e); /* BMPString in two, cut inside a character */
	db_put(&b, 0x04, B("\0J\0a\0"));
	db_put(&b, 0x04, B("n\0e"));
	db_close(&b, at);
	s = buf_span(&b);
	assert_true(der_next(&t, &s));
	arena = arena_of(memory, sizeof(memory));
	chars_decode(&c, &arena, &t);
	assert_int_equal(c.flags, CHARS_BER);
	assert_true(span_eq_str(c.cand[0], "Jane"));
	s = span_cut(buf_span(&b), 0, b.len - 2);
	assert_true(der_next(&t, &s));
	chars_decode(&c, &arena, &t);
	assert_int_equal(c.flags, CHARS_BER | CHARS_TRUNCATED);
	/* Each segment of a BIT STRING has its unused bits. */
	buf_clear(&b);
	at = db_open(&b, 0x23);
	db_put(&b, 0x03, B("\0Jane "));
	db_put(&b, 0x03, B("\0Roe"));
	db_close(&b, at);
	s = buf_span(&b);
	assert_true(der_next(&t, &s));
	chars_decode(&c, &arena, &t);
	assert_int_equal(c.flags, CHARS_BER);
	assert_true(span_eq_str(c.cand[0], "Jane Roe"));
	buf_fini(&b);
}

static void
test_oversize(void **state)
{
	static char big[2 * LIMIT_VALUE + 1];
	struct chars c;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	c = decode(DER_UTF8_STRING, span_str(big));
	assert_int_equal(c.flags, CHARS_OVERSIZE);
	assert_int_equal(c.cand[0].len, sizeof(big) - 1);
	big[0] = '\x01';
	c = decode(DER_UTF8_STRING, span_str(big));
	assert_int_equal(c.flags, CHARS_OVERSIZE | CHARS_CONTROL);
	assert_true(c.cand[0].len <= LIMIT_VALUE);
	memset(big, '\xe9', sizeof(big) - 1);
	c = decode(DER_TELETEX_STRING, span_str(big));
	assert_true(c.flags & CHARS_OVERSIZE);
	assert_true(c.cand[0].len <= LIMIT_VALUE);
}

/* A full arena costs the readings, nothing else. */
static void
test_arena_full(void **state)
{
	struct arena none = arena_of(memory, 0);
	struct chars c;

	(void)state;
	chars_decode_bytes(&c, &none, B("Jos\xe9"), DER_UTF8_STRING);
	assert_int_equal(c.num, 0);
}

static void
test_is_text(void **state)
{
	(void)state;
	assert_true(chars_is_text(B("a b\tc\n")));
	assert_true(chars_is_text(B("山田")));
	assert_false(chars_is_text(B("")));
	assert_false(chars_is_text(B("a\x01")));
	assert_false(chars_is_text(B("a\x7f")));
	assert_false(chars_is_text(B("\xff\xfe")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_plain),
	    cmocka_unit_test(test_bad_bytes),
	    cmocka_unit_test(test_t61),
	    cmocka_unit_test(test_bmp),
	    cmocka_unit_test(test_universal),
	    cmocka_unit_test(test_disguised),
	    cmocka_unit_test(test_nul),
	    cmocka_unit_test(test_mojibake),
	    cmocka_unit_test(test_entities),
	    cmocka_unit_test(test_controls),
	    cmocka_unit_test(test_ignorable),
	    cmocka_unit_test(test_other_types),
	    cmocka_unit_test(test_constructed),
	    cmocka_unit_test(test_oversize),
	    cmocka_unit_test(test_arena_full),
	    cmocka_unit_test(test_is_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
