/*
 * selftest_known: algorithms on which all proof rests, asked what is known:
 * SHA-256 (FIPS 180-4), the keyed hash (RFC 2104), base64 (RFC 4648), signatures
 * (ECDSA on P-256), sealing. A library that answers otherwise is not used.
 */
#include <string.h>

#include "ctlog/base/text.h"
#include "ctlog/wire/logkey.h"
#include "monitor/pii/match.h"
#include "monitor/selftest.h"
#include "monitor/store/seal.h"

static bool
is_hex(struct span got, const char *want)
{
	struct buf b = {0};
	bool same;

	text_hex(&b, got);
	same = b.len == strlen(want) && memcmp(b.p, want, b.len) == 0;
	buf_fini(&b);
	return same;
}

/* Alone, and side by side with others. */
static bool
know_sha256(void)
{
	static const char abc[] = "ba7816bf8f01cfea414140de5dae2223"
				  "b00361a396177a9cb410ff61f20015ad";
	struct hasher *h = hasher_new();
	struct hash out, many[3];
	struct sha256_text t[3];
	bool right;

	for (unsigned i = 0; i < 3; i++)
		t[i] = (struct sha256_text){
		    span_str("a"), span_str("bc"), many[i].b};
	hasher_sha256(h, &out, t[0].head, t[0].body);
	hasher_many(h, t, 3);
	hasher_free(h);
	right = is_hex(hash_span(&out), abc);
	for (unsigned i = 0; i < 3; i++)
		right &= is_hex(hash_span(&many[i]), abc);
	return right;
}

static bool
know_keyed(void)
{
	uint8_t key[INDEX_KEY_LEN], out[32];
	struct keyer *k;

	for (unsigned i = 0; i < INDEX_KEY_LEN; i++)
		key[i] = (uint8_t)i;
	k = keyer_new(key);
	keyer_run(k, out, "email", span_str("jane@example.com"));
	keyer_free(k);
	return is_hex(span_of(out, sizeof(out)),
	    "82ddaac7535824dd05d2113901269cea"
	    "8233f9d0301ad5b258badc0675c65fef");
}

static bool
know_base64(void)
{
	uint8_t out[16];
	ssize_t n = text_unbase64(out, span_str("Zm9vYg=="));

	return n == 4 && memcmp(out, "foob", 4) == 0 &&
	       text_unbase64(out, span_str("Zm9vYg=")) < 0 &&
	       text_unbase64(out, span_str("Zm9v*g==")) < 0;
}

/* A right signature is right, and one over something else is not. */
static bool
know_signature(void)
{
	static const char spki[] =
	    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE2lSPORFVrx+s/OCZ8XE78RZNyPOB"
	    "7jMYO4K1ZQS6maYVu2Sdw6YsAtJsGaJd6d1KKRYNRUnw1jGdUe9I61RWzg==";
	static const char sig[] =
	    "MEYCIQChDHGpRTHa33j8zD5n6Bv6JzgNWSnF+L2qqOQAZTOWgQIhANEEUTquLe5b"
	    "q/+jCYxj+8HnvvnYb7OUueA1gKrIX3C2";
	uint8_t key[128], raw[128];
	ssize_t key_len = text_unbase64(key, span_str(spki));
	ssize_t len = text_unbase64(raw, span_str(sig));
	struct logkey *k = NULL;
	struct span s;
	bool right;

	if (key_len < 0 || len < 0 ||
	    logkey_parse(&k, span_of(key, (size_t)key_len), NULL) != ST_OK)
		return false;
	s = span_of(raw, (size_t)len);
	right = logkey_verify(k, span_str("indelible"), s) &&
		!logkey_verify(k, span_str("indelibel"), s);
	logkey_free(k);
	return right;
}

/* What is sealed opens again, and not when a bit of it has changed. */
static bool
know_seal(void)
{
	struct keys keys;
	uint8_t wrapped[WRAPPED_LEN];
	struct seal s = {&keys, wrapped, span_str("selftest"), span_str("")};
	struct buf closed = {0}, open = {0};
	bool right;

	keys_random(&keys);
	seal_new_key(wrapped, &keys, s.context);
	right = seal_put(&closed, &s, span_str("jane"), NULL) == ST_OK &&
		seal_get(&open, &s, buf_span(&closed), NULL) == ST_OK &&
		open.len == 4 && memcmp(open.p, "jane", 4) == 0;
	if (right) {
		closed.p[closed.len - 1] ^= 1;
		right =
		    seal_get(&open, &s, buf_span(&closed), NULL) == ST_MISMATCH;
	}
	keys_wipe(&keys);
	buf_fini(&closed);
	buf_fini(&open);
	return right;
}

size_t
selftest_known(struct known list[SELFTEST_KNOWN])
{
	size_t n = 0;

	list[n++] = (struct known){"SHA-256", know_sha256()};
	list[n++] = (struct known){"HMAC-SHA-256", know_keyed()};
	list[n++] = (struct known){"base64", know_base64()};
	list[n++] = (struct known){"ECDSA on P-256", know_signature()};
	list[n++] = (struct known){"AES-256-GCM sealing", know_seal()};
	return n;
}
