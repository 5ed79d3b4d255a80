/* base64: vectors of RFC 4648 section 10, every byte at every place, and a
 * plain decoder to compare with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "ctlog/base/base64.h"
#include "ctlog/base/text.h"

static const char digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Bit by bit, as section 4 has it: nothing in common with the real one. */
static ssize_t
plain_decode(uint8_t *out, struct span in)
{
	size_t pad = 0, n = 0;
	uint32_t acc = 0, bits = 0;

	if (in.len % 4 != 0)
		return -1;
	while (pad < 2 && pad < in.len && in.p[in.len - 1 - pad] == '=')
		pad++;
	for (size_t i = 0; i < in.len - pad; i++) {
		const char *d = memchr(digits, in.p[i], 64);

		if (d == NULL)
			return -1;
		acc = acc << 6 | (uint32_t)(d - digits);
		bits += 6;
		if (bits < 8)
			continue;
		bits -= 8;
		out[n++] = (uint8_t)(acc >> bits);
		acc &= (1u << bits) - 1;
	}
	return acc == 0 ? (ssize_t)n : -1;
}

/* Decoding from and into blocks of the documented size, so that ASan sees
 * more, in both ways. */
static ssize_t
decode(uint8_t *out, const char *text, size_t len)
{
	uint8_t *block = malloc(len / 4 * 3), *tables = malloc(len / 4 * 3);
	uint8_t *in = malloc(len);
	ssize_t n;

	if (len > 0)
		memcpy(in, text, len);
	n = text_unbase64(block, span_of(in, len));
	assert_int_equal(base64_plain(tables, span_of(in, len)), n);
	if (n > 0) {
		assert_memory_equal(tables, block, (size_t)n);
		memcpy(out, block, (size_t)n);
	}
	free(in);
	free(tables);
	free(block);
	return n;
}

static void
test_vectors(void **state)
{
	static const char *const v[][2] = {{"", ""}, {"f", "Zg=="},
	    {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="},
	    {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
	struct buf b = {0};
	uint8_t out[16];

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		size_t len = strlen(v[i][0]);

		buf_clear(&b);
		text_base64(&b, span_str(v[i][0]));
		assert_string_equal(buf_cstr(&b), v[i][1]);
		assert_int_equal(decode(out, v[i][1], strlen(v[i][1])), len);
		assert_memory_equal(out, v[i][0], len);
		assert_true(text_unbase64_exact(out, len, span_str(v[i][1])));
		assert_false(
		    text_unbase64_exact(out, len + 1, span_str(v[i][1])));
	}
	buf_fini(&b);
}

static void
test_refused(void **state)
{
	static const char *const bad[] = {"Z", "Zg", "Zg=", "Zm9vY",
	    "====", "A===", "Z===", "=AAA", "Zg==Zg==", "Zm8=Zm8=", "Zm=v",
	    "Zm9v ", " Zm9", "Zm9v\n\n\n\n", "Zm9\n", "Zm9-", "Zm9_",
	    "Zh==", "Zm9=", "Zm9vYh==", "Zm9vYmF=", "Zm9vAAA=AAAA",
	    "\xff\xff\xff\xff"};
	uint8_t out[16];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(decode(out, bad[i], strlen(bad[i])), -1);
	assert_int_equal(decode(out, "AA\0A", 4), -1);
}

/* Every byte at every place of three groups, padding included. */
static void
test_every_byte(void **state)
{
	static const char *const base[] = {
	    "ABCDefgh0+/9", "ABCDefgh0+8=", "ABCDefgh0Q=="};
	uint8_t got[16], want[16];
	char text[13];
	ssize_t n;

	(void)state;
	for (size_t b = 0; b < 3; b++)
		for (size_t i = 0; i < 12 * 256; i++) {
			memcpy(text, base[b], 13);
			text[i / 256] = (char)(i % 256);
			n = plain_decode(want, span_of(text, 12));
			assert_int_equal(decode(got, text, 12), n);
			if (n > 0)
				assert_memory_equal(got, want, (size_t)n);
		}
}

static void
test_lengths(void **state)
{
	static uint8_t raw[1000], out[1004], place[1400];
	struct buf b = {0};

	(void)state;
	srandom(6962);
	for (size_t i = 0; i < sizeof(raw); i++)
		raw[i] = (uint8_t)random();
	for (size_t len = 0; len < sizeof(raw); len++) {
		buf_clear(&b);
		text_base64(&b, span_of(raw, len));
		assert_int_equal(
		    decode(out, (const char *)b.p, b.len), (ssize_t)len);
		assert_memory_equal(out, raw, len);
		memcpy(place, b.p, b.len);
		assert_int_equal(
		    text_unbase64(place, span_of(place, b.len)), len);
		assert_memory_equal(place, raw, len);
		if (len == 0)
			continue;
		b.p[(size_t)random() % b.len] = '*';
		assert_int_equal(decode(out, (const char *)b.p, b.len), -1);
	}
	buf_fini(&b);
}

/* Every byte at every place of four vectors and what is left over. */
static void
test_every_byte_long(void **state)
{
	static const char ends[][5] = {"abcd", "ab8=", "ag=="};
	uint8_t got[120], want[120];
	char text[157], was;
	ssize_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = digits[i * 37 % 64];
	for (size_t e = 0; e < 3; e++) {
		memcpy(text + 152, ends[e], 5);
		for (size_t i = 0; i < 156; i++) {
			was = text[i];
			for (int c = 0; c < 256; c++) {
				text[i] = (char)c;
				n = plain_decode(want, span_of(text, 156));
				assert_int_equal(decode(got, text, 156), n);
				if (n > 0)
					assert_memory_equal(
					    got, want, (size_t)n);
			}
			text[i] = was;
		}
	}
}

/* Several bytes changed at random, and cut anywhere. */
static void
test_mutated(void **state)
{
	char text[2000];
	uint8_t got[1500], want[1500];
	ssize_t n;

	(void)state;
	srandom(4648);
	for (unsigned round = 0; round < 20000; round++) {
		size_t len = (size_t)random() % sizeof(text);

		for (size_t i = 0; i < len; i++)
			text[i] = digits[random() % 64];
		for (long k = random() % 3; k > 0 && len > 0; k--)
			text[(size_t)random() % len] = (char)random();
		n = plain_decode(want, span_of(text, len));
		assert_int_equal(decode(got, text, len), n);
		if (n > 0)
			assert_memory_equal(got, want, (size_t)n);
	}
}

/* The vectors are really used where the processor has them. */
static void
test_native(void **state)
{
	char text[76];
	uint8_t out[57];
	size_t all = base64_native(out, span_of(text, 0));

	(void)state;
	assert_int_equal(all, 0);
	memset(text, 'A', sizeof(text));
	all = base64_native(out, span_of(text, sizeof(text)));
#if defined(__x86_64__)
	assert_int_equal(all, __builtin_cpu_supports("avx2") ? 64 : 0);
#else
	assert_int_equal(all, 0);
#endif
	text[40] = '-';
	assert_int_equal(
	    base64_native(out, span_of(text, sizeof(text))), all > 0 ? 32 : 0);
}

/* The URL-safe alphabet, without padding, and nothing but it. */
static void
test_url(void **state)
{
	static const char *const bad[] = {
	    "-_+_", "-_/_", "-_", "-_-", "-_-_=", "-_-=", "-_ _", "-_-_-"};
	static const uint8_t want[] = {0xfb, 0xff, 0xbf, 0xff};
	uint8_t out[4];
	struct buf text = {0};

	(void)state;
	buf_str(&text, "t=");
	text_base64url(&text, span_of(want, 4));
	assert_string_equal(buf_cstr(&text), "t=-_-__w");
	text_base64url(&text, span_of(want, 3));
	text_base64url(&text, span_of(want, 2));
	text_base64url(&text, span_of(NULL, 0));
	assert_string_equal(buf_cstr(&text), "t=-_-__w-_-_-_8");
	buf_fini(&text);
	assert_true(text_unbase64url_exact(out, 3, span_str("-_-_")));
	assert_memory_equal(out, want, 3);
	assert_true(text_unbase64url_exact(out, 4, span_str("-_-__w")));
	assert_memory_equal(out, want, 4);
	assert_true(text_unbase64url_exact(out, 2, span_str("-_8")));
	assert_false(text_unbase64url_exact(out, 2, span_str("-_9")));
	assert_true(text_unbase64url_exact(out, 0, span_str("")));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(text_unbase64url_exact(out, 3, span_str(bad[i])));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_vectors),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_every_byte),
	    cmocka_unit_test(test_lengths),
	    cmocka_unit_test(test_every_byte_long),
	    cmocka_unit_test(test_mutated),
	    cmocka_unit_test(test_native),
	    cmocka_unit_test(test_url),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
