/*
 * signer: the other side of ctlog/wire: fresh keys, signed heads in JSON and
 * checkpoints. Everything it makes is valid; tests spoil it themselves.
 */
#ifndef TESTS_UNIT_SIGNER_H
#define TESTS_UNIT_SIGNER_H

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "ctlog/wire/head.h"
#include "tests/unit/support.h"

struct signer {
	EVP_PKEY *pkey;
	struct logkey *key; /* NULL when logkey_parse refuses it */
	struct buf spki;    /* DER */
	uint8_t kind;       /* RFC 5246: 1 = RSA, 3 = ECDSA */
};

static inline struct signer
signer_of(EVP_PKEY *pkey)
{
	struct signer s = {.pkey = pkey};
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(pkey, &der);

	assert_true(len > 0);
	buf_add(&s.spki, der, (size_t)len);
	OPENSSL_free(der);
	s.kind = EVP_PKEY_get_base_id(pkey) == EVP_PKEY_RSA ? 1 : 3;
	logkey_parse(&s.key, buf_span(&s.spki), NULL);
	return s;
}

/* A curve by name ("P-256"), or an RSA key when `bits` is not 0. */
static inline struct signer
signer_new(const char *curve, size_t bits)
{
	EVP_PKEY *pkey = bits != 0 ? EVP_RSA_gen(bits) : EVP_EC_gen(curve);

	assert_non_null(pkey);
	return signer_of(pkey);
}

static inline void
signer_fini(struct signer *s)
{
	EVP_PKEY_free(s->pkey);
	logkey_free(s->key);
	buf_fini(&s->spki);
}

/* The bare signature over msg. */
static inline void
signer_sign(const struct signer *s, struct buf *out, struct span msg)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len = 1024;
	uint8_t sig[1024];

	assert_int_equal(
	    EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, s->pkey), 1);
	assert_int_equal(EVP_DigestSign(ctx, sig, &len, msg.p, msg.len), 1);
	buf_add(out, sig, len);
	EVP_MD_CTX_free(ctx);
}

/* The DigitallySigned of a head. */
static inline void
signer_head(const struct signer *s, struct buf *out, const struct head *head)
{
	uint8_t tbs[HEAD_TBS_LEN];
	struct buf sig = {0};

	head_tbs(tbs, head);
	signer_sign(s, &sig, span_of(tbs, sizeof(tbs)));
	buf_char(out, 4);
	buf_char(out, (char)s->kind);
	buf_vec(out, buf_span(&sig), 2);
	buf_fini(&sig);
}

/* A get-sth reply. */
static inline void
signer_sth(const struct signer *s, struct buf *out, const struct head *head)
{
	struct buf ds = {0};

	signer_head(s, &ds, head);
	buf_fmt(out, "{\"tree_size\":%llu,\"timestamp\":%llu,",
	    (unsigned long long)head->size,
	    (unsigned long long)head->timestamp);
	buf_str(out, "\"sha256_root_hash\":\"");
	text_base64(out, hash_span(&head->root));
	buf_str(out, "\",\"tree_head_signature\":\"");
	text_base64(out, buf_span(&ds));
	buf_str(out, "\"}");
	buf_fini(&ds);
}

/* The text of a checkpoint, without the blank line. */
static inline void
signer_text(struct buf *out, const char *origin, const struct head *head)
{
	buf_fmt(out, "%s\n%llu\n", origin, (unsigned long long)head->size);
	text_base64(out, hash_span(&head->root));
	buf_str(out, "\n");
}

/* A signature line: name, and base64 of key id and body. */
static inline void
note_line(struct buf *out, const char *name, const uint8_t key_id[4],
    struct span body)
{
	struct buf raw = {0};

	buf_add(&raw, key_id, 4);
	buf_span_add(&raw, body);
	buf_fmt(out, "\xe2\x80\x94 %s ", name);
	text_base64(out, buf_span(&raw));
	buf_str(out, "\n");
	buf_fini(&raw);
}

/* The key id that static-ct-api gives this log. */
static inline void
signer_key_id(const struct signer *s, uint8_t out[4], const char *name)
{
	struct hasher *h = hasher_new();
	struct hash id;

	hasher_start(h);
	hasher_add(h, span_str(name));
	hasher_add(h, span_of("\n\x05", 2));
	hasher_add(h, hash_span(logkey_id(s->key)));
	hasher_finish(h, &id);
	hasher_free(h);
	memcpy(out, id.b, 4);
}

/* The line that counts. */
static inline void
signer_line(const struct signer *s, struct buf *out, const char *name,
    const struct head *head)
{
	struct buf body = {0};
	uint8_t key_id[4];

	buf_uint(&body, head->timestamp, 8);
	signer_head(s, &body, head);
	signer_key_id(s, key_id, name);
	note_line(out, name, key_id, buf_span(&body));
	buf_fini(&body);
}

#endif
