/*
 * logkey: see logkey.h. The only file that lets OpenSSL read a structure from
 * outside, and that is a bare public key.
 */
#include "ctlog/wire/logkey.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/rd.h"
#include "ctlog/base/text.h"

/* An RSA key of 16384 bits in PEM has 3 kB. */
#define KEY_MAX 16384u
#define RSA_BITS_MIN 2048

/* RFC 5246 section 7.4.1.4.1. */
#define HASH_SHA256 4u
#define SIG_RSA 1u
#define SIG_ECDSA 3u

struct logkey {
	EVP_PKEY *pkey;
	unsigned sig; /* SIG_RSA or SIG_ECDSA */
	struct hash id;
	uint8_t *spki;
	size_t spki_len;
};

/* What the first PEM block holds; the caller gives *out back to OpenSSL, also
 * on failure. */
static enum status
pem_decode(uint8_t **out, long *len, struct span in, struct err *e)
{
	/* OpenSSL takes no NULL, not even for nothing. */
	const void *p = in.len > 0 ? (const void *)in.p : "";
	BIO *bio = BIO_new_mem_buf(p, (int)in.len);
	char *name = NULL, *header = NULL;
	enum status st = ST_OK;

	ASSERT(bio != NULL);
	*out = NULL;
	if (!PEM_read_bio(bio, &name, &header, out, len))
		st = err_set(e, ST_BAD,
		    "public key: neither PEM nor DER of a "
		    "SubjectPublicKeyInfo");
	else if (strcmp(name, PEM_STRING_PUBLIC) != 0)
		st = err_set(e, ST_BAD,
		    "public key: the PEM block is a \"%s\", \"PUBLIC KEY\" "
		    "is due",
		    QUOTE(span_str(name)));
	OPENSSL_free(name);
	OPENSSL_free(header);
	BIO_free(bio);
	return st;
}

static enum status
rsa_check(const EVP_PKEY *pkey, struct err *e)
{
	int bits = EVP_PKEY_get_bits(pkey);

	if (bits >= RSA_BITS_MIN)
		return ST_OK;
	return err_set(e, ST_BAD,
	    "public key: RSA of %d bits, %d at least (RFC 6962 section 2.1.4)",
	    bits, RSA_BITS_MIN);
}

static enum status
ec_check(const EVP_PKEY *pkey, struct err *e)
{
	char name[64] = "";
	size_t len;

	if (EVP_PKEY_get_group_name(pkey, name, sizeof(name), &len) &&
	    strcmp(name, SN_X9_62_prime256v1) == 0)
		return ST_OK;
	return err_set(e, ST_BAD,
	    "public key: elliptic curve %s, P-256 is due (RFC 6962 section "
	    "2.1.4)",
	    name[0] ? name : "unnamed");
}

static enum status
kind_check(struct logkey *k, struct err *e)
{
	switch (EVP_PKEY_get_base_id(k->pkey)) {
	case EVP_PKEY_RSA:
		k->sig = SIG_RSA;
		return rsa_check(k->pkey, e);
	case EVP_PKEY_EC:
		k->sig = SIG_ECDSA;
		return ec_check(k->pkey, e);
	default:
		return err_set(e, ST_BAD,
		    "public key: neither ECDSA nor RSA (RFC 6962 section "
		    "2.1.4)");
	}
}

static enum status
der_parse(struct logkey **out, struct span der, struct err *e)
{
	struct logkey *k = NEW(struct logkey);
	const unsigned char *p = der.p;
	struct hasher *h;
	enum status st;

	k->pkey = d2i_PUBKEY(NULL, &p, (long)der.len);
	if (k->pkey == NULL || p != der.p + der.len)
		st = err_set(
		    e, ST_BAD, "public key: not a SubjectPublicKeyInfo in DER");
	else
		st = kind_check(k, e);
	if (st != ST_OK) {
		logkey_free(k);
		return st;
	}
	k->spki = mem_copy(der.p, der.len);
	k->spki_len = der.len;
	h = hasher_new();
	hasher_sha256(h, &k->id, der, span_of(NULL, 0));
	hasher_free(h);
	*out = k;
	return ST_OK;
}

enum status
logkey_parse(struct logkey **out, struct span in, struct err *e)
{
	uint8_t *der = NULL;
	enum status st;
	long len;

	*out = NULL;
	if (in.len > KEY_MAX)
		return err_set(e, ST_LIMIT, "public key: %zu bytes, %u at most",
		    in.len, KEY_MAX);
	/* What OpenSSL leaves in its error queue must not surprise the next
	 * TLS call of this thread. */
	ERR_set_mark();
	if (in.len > 0 && in.p[0] == 0x30) {
		st = der_parse(out, in, e);
	} else {
		st = pem_decode(&der, &len, in, e);
		if (st == ST_OK)
			st = der_parse(out, span_of(der, (size_t)len), e);
		OPENSSL_free(der);
	}
	ERR_pop_to_mark();
	return st;
}

void
logkey_free(struct logkey *k)
{
	if (k == NULL)
		return;
	EVP_PKEY_free(k->pkey);
	free(k->spki);
	free(k);
}

const struct hash *
logkey_id(const struct logkey *k)
{
	return &k->id;
}

struct span
logkey_spki(const struct logkey *k)
{
	return span_of(k->spki, k->spki_len);
}

bool
logkey_verify(const struct logkey *k, struct span msg, struct span sig)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok;

	ASSERT(ctx != NULL);
	ERR_set_mark();
	ok =
	    EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, k->pkey) == 1 &&
	    EVP_DigestVerify(ctx, sig.p, sig.len, msg.p, msg.len) == 1;
	ERR_pop_to_mark();
	EVP_MD_CTX_free(ctx);
	return ok;
}

enum status
logkey_verify_signed(const struct logkey *k, struct span msg,
    struct span digitally_signed, struct err *e)
{
	struct rd r = rd_of(digitally_signed);
	unsigned hash = rd_u8(&r), sig = rd_u8(&r);
	struct span bytes = rd_vec(&r, 2);

	if (!rd_done(&r))
		return err_set(e, ST_BAD,
		    "signature: not a DigitallySigned of %zu bytes (RFC 5246 "
		    "section 4.7)",
		    digitally_signed.len);
	if (hash != HASH_SHA256 || sig != k->sig)
		return err_set(e, ST_BAD,
		    "signature: algorithms %u and %u, %u and %u are due (RFC "
		    "6962 section 2.1.4)",
		    hash, sig, HASH_SHA256, k->sig);
	if (!logkey_verify(k, msg, bytes))
		return err_set(
		    e, ST_SIGNATURE, "the signature does not verify");
	return ST_OK;
}
