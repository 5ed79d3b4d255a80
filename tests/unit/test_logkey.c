/* logkey: which keys are taken, and what they verify. */
#include "tests/unit/support.h"

#include "tests/unit/signer.h"

static struct signer ec, rsa;

static int
setup(void **state)
{
	(void)state;
	ec = signer_new("P-256", 0);
	rsa = signer_new(NULL, 2048);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	signer_fini(&ec);
	signer_fini(&rsa);
	return 0;
}

static void
refuse(struct span in, const char *says)
{
	struct logkey *k = (struct logkey *)1;
	struct err e = {""};

	assert_status(logkey_parse(&k, in, &e), ST_BAD, &e);
	assert_null(k);
	assert_says(&e, says);
}

static void
pem_of(struct buf *out, struct span der, const char *name)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *p;
	long len;

	assert_true(PEM_write_bio(bio, name, "", der.p, (long)der.len) > 0);
	len = BIO_get_mem_data(bio, &p);
	buf_add(out, p, (size_t)len);
	BIO_free(bio);
}

/* A log's id is the hash of its key: Argon2027h1. */
static void
test_id(void **state)
{
	static const char key[] =
	    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEKHRm0H/zUaFA6Idz5cGvGO3tCPQyfG"
	    "MgJmVBOPyKAP6mGM1IiNXi4CLomOUyYj0YN74p+eGVApFMsM4h/jzCsA==";
	struct hash want =
	    base64_hash("1tWNqdAXU/NqSqDHV0kCr+vH3CzTjNn3ZMgMiRkenwI=");
	struct buf pem = {0};
	struct logkey *k;
	uint8_t der[91];
	struct err e;

	(void)state;
	assert_true(text_unbase64_exact(der, sizeof(der), span_str(key)));
	assert_status(
	    logkey_parse(&k, span_of(der, sizeof(der)), &e), ST_OK, &e);
	assert_hash(logkey_id(k), &want);
	assert_true(span_eq(logkey_spki(k), span_of(der, sizeof(der))));
	logkey_free(k);
	pem_of(&pem, span_of(der, sizeof(der)), "PUBLIC KEY");
	assert_status(logkey_parse(&k, buf_span(&pem), &e), ST_OK, &e);
	assert_hash(logkey_id(k), &want);
	logkey_free(k);
	logkey_free(NULL);
	buf_fini(&pem);
}

static void
test_verify(void **state)
{
	const struct signer *both[] = {&ec, &rsa};
	struct span msg = span_str("fifty bytes, or any other number of them");

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct buf sig = {0};

		assert_non_null(both[i]->key);
		signer_sign(both[i], &sig, msg);
		assert_true(logkey_verify(both[i]->key, msg, buf_span(&sig)));
		assert_false(
		    logkey_verify(both[1 - i]->key, msg, buf_span(&sig)));
		assert_false(logkey_verify(
		    both[i]->key, span_from(msg, 1), buf_span(&sig)));
		assert_false(logkey_verify(
		    both[i]->key, msg, span_of(sig.p, sig.len - 1)));
		assert_false(
		    logkey_verify(both[i]->key, msg, span_of(NULL, 0)));
		buf_char(&sig, 0);
		assert_false(logkey_verify(both[i]->key, msg, buf_span(&sig)));
		sig.len--;
		sig.p[sig.len - 1] ^= 1;
		assert_false(logkey_verify(both[i]->key, msg, buf_span(&sig)));
		buf_fini(&sig);
	}
}

static enum status
verify_signed(const struct signer *s, struct span msg, const struct buf *ds,
    struct err *e)
{
	return logkey_verify_signed(s->key, msg, buf_span(ds), e);
}

static void
test_digitally_signed(void **state)
{
	const struct signer *both[] = {&ec, &rsa};
	struct span msg = span_str("a message");
	struct err e;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct buf sig = {0}, ds = {0};

		signer_sign(both[i], &sig, msg);
		buf_char(&ds, 4);
		buf_char(&ds, (char)both[i]->kind);
		buf_vec(&ds, buf_span(&sig), 2);
		assert_status(verify_signed(both[i], msg, &ds, &e), ST_OK, &e);
		assert_status(verify_signed(both[i], span_str("b"), &ds, &e),
		    ST_SIGNATURE, &e);

		for (size_t len = ds.len; len-- > 0;)
			assert_status(logkey_verify_signed(both[i]->key, msg,
					  span_of(ds.p, len), &e),
			    ST_BAD, &e);
		buf_char(&ds, 0);
		assert_status(verify_signed(both[i], msg, &ds, &e), ST_BAD, &e);
		ds.len--;
		ds.p[0] = 5;
		assert_status(verify_signed(both[i], msg, &ds, &e), ST_BAD, &e);
		assert_says(&e, "algorithms 5");
		ds.p[0] = 4;
		ds.p[1] = both[1 - i]->kind;
		assert_status(verify_signed(both[i], msg, &ds, &e), ST_BAD, &e);
		assert_says(&e, "algorithms 4");
		buf_fini(&sig);
		buf_fini(&ds);
	}
}

static void
test_refused(void **state)
{
	struct signer p384 = signer_new("P-384", 0);
	struct signer k256 = signer_new("secp256k1", 0);
	struct signer small = signer_new(NULL, 1024);
	EVP_PKEY *ed = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	struct signer eddsa = signer_of(ed);
	struct buf pem = {0}, odd = {0};

	(void)state;
	refuse(buf_span(&p384.spki), "P-256");
	refuse(buf_span(&k256.spki), "P-256");
	refuse(buf_span(&small.spki), "RSA of 1024 bits");
	refuse(buf_span(&eddsa.spki), "neither ECDSA nor RSA");
	refuse(span_of(NULL, 0), "neither PEM nor DER");
	refuse(span_str("hello"), "neither PEM nor DER");
	refuse(span_str("0"), "SubjectPublicKeyInfo");
	refuse(
	    span_of(ec.spki.p, ec.spki.len - 1), "not a SubjectPublicKeyInfo");
	buf_span_add(&odd, buf_span(&ec.spki));
	buf_char(&odd, 0);
	refuse(buf_span(&odd), "not a SubjectPublicKeyInfo");
	odd.len--;
	odd.p[odd.len - 1] ^= 1; /* not a point of the curve */
	refuse(buf_span(&odd), "not a SubjectPublicKeyInfo");
	pem_of(&pem, buf_span(&ec.spki), "CERTIFICATE");
	refuse(buf_span(&pem), "\"CERTIFICATE\"");
	buf_clear(&pem);
	pem_of(&pem, buf_span(&ec.spki), "EC \x1b[31m");
	refuse(buf_span(&pem), "\\u{1b}[31m");
	buf_fini(&pem);
	buf_fini(&odd);
	signer_fini(&p384);
	signer_fini(&k256);
	signer_fini(&small);
	signer_fini(&eddsa);
}

static void
test_too_long(void **state)
{
	struct logkey *k;
	struct err e;
	uint8_t *p = calloc(1, 20000);

	(void)state;
	p[0] = 0x30;
	assert_status(logkey_parse(&k, span_of(p, 20000), &e), ST_LIMIT, &e);
	assert_null(k);
	free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_id),
	    cmocka_unit_test(test_verify),
	    cmocka_unit_test(test_digitally_signed),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
