/*
 * seal: keys derived from a master key (HKDF-SHA256, RFC 5869) and values
 * sealed with AES-256-GCM (NIST SP 800-38D), each under a key of its own. The
 * file that holds the master key is in keyfile.c.
 */
#include "monitor/store/seal.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "ctlog/base/mem.h"
#include "monitor/store/keyfile.h"

#define NONCE_LEN 12
#define TAG_LEN 16

static void
derive(uint8_t *out, size_t len, const uint8_t *master, const char *label)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	char digest[] = "SHA256", info[64];
	uint8_t key[KEY_LEN];
	int n = snprintf(info, sizeof(info), "indelible/1 %s", label);
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
	    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key, KEY_LEN),
	    OSSL_PARAM_construct_octet_string(
		OSSL_KDF_PARAM_INFO, info, (size_t)n),
	    OSSL_PARAM_construct_end(),
	};

	memcpy(key, master, KEY_LEN);
	ASSERT(ctx != NULL && EVP_KDF_derive(ctx, out, len, params) == 1);
	mem_wipe(key, sizeof(key));
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
}

void
keys_derive(struct keys *out, const uint8_t master[KEY_LEN])
{
	derive(out->index, KEY_LEN, master, "index");
	derive(out->wrap, KEY_LEN, master, "wrap");
	derive(out->suppress, KEY_LEN, master, "suppress");
	derive(out->id, sizeof(out->id), master, "id");
}

void
keys_random(struct keys *out)
{
	uint8_t master[KEY_LEN];

	ASSERT(RAND_priv_bytes(master, sizeof(master)) == 1);
	keys_derive(out, master);
	mem_wipe(master, sizeof(master));
}

void
keys_wipe(struct keys *k)
{
	mem_wipe(k, sizeof(*k));
}

/* A key, and what is bound to the bytes without being among them. */
struct lock {
	const uint8_t *key;
	struct span context, place;
};

/* The context goes in with its length, so that context and place cannot be
 * divided in another way. */
static EVP_CIPHER_CTX *
gcm_start(const struct lock *l, const uint8_t *nonce, int encrypt)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	uint32_t n = (uint32_t)l->context.len;
	uint8_t len[4] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16),
	    (uint8_t)(n >> 8), (uint8_t)n};
	struct span aad[] = {span_of(len, 4), l->context, l->place};
	int done;

	ASSERT(c != NULL && l->context.len < INT_MAX && l->place.len < INT_MAX);
	ASSERT(EVP_CipherInit_ex(
		   c, EVP_aes_256_gcm(), NULL, l->key, nonce, encrypt) == 1);
	for (size_t i = 0; i < 3; i++)
		ASSERT(aad[i].len == 0 || EVP_CipherUpdate(c, NULL, &done,
					      aad[i].p, (int)aad[i].len) == 1);
	return c;
}

/* Nonce, ciphertext and tag into out: plain.len + 28 bytes. */
static void
gcm_put(uint8_t *out, const struct lock *l, struct span plain)
{
	EVP_CIPHER_CTX *c;
	uint8_t *body = out + NONCE_LEN;
	int done;

	ASSERT(plain.len < INT_MAX && RAND_bytes(out, NONCE_LEN) == 1);
	c = gcm_start(l, out, 1);
	ASSERT(plain.len == 0 ||
	       EVP_CipherUpdate(c, body, &done, plain.p, (int)plain.len) == 1);
	ASSERT(EVP_CipherFinal_ex(c, body + plain.len, &done) == 1);
	ASSERT(EVP_CIPHER_CTX_ctrl(
		   c, EVP_CTRL_GCM_GET_TAG, TAG_LEN, body + plain.len) == 1);
	EVP_CIPHER_CTX_free(c);
}

/* The plain bytes into out: sealed.len - 28 of them. Nothing of them stays
 * when the tag is not theirs. */
static bool
gcm_get(uint8_t *out, const struct lock *l, struct span sealed)
{
	struct span body = span_from(sealed, NONCE_LEN);
	uint8_t tag[TAG_LEN];
	EVP_CIPHER_CTX *c;
	int done;
	bool ok;

	if (body.len < TAG_LEN || body.len >= INT_MAX)
		return false;
	body.len -= TAG_LEN;
	memcpy(tag, body.p + body.len, TAG_LEN);
	c = gcm_start(l, sealed.p, 0);
	ASSERT(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG_LEN, tag) == 1);
	ok = (body.len == 0 ||
		 EVP_CipherUpdate(c, out, &done, body.p, (int)body.len) == 1) &&
	     EVP_CipherFinal_ex(c, out + body.len, &done) == 1;
	EVP_CIPHER_CTX_free(c);
	if (!ok)
		mem_wipe(out, body.len);
	return ok;
}

void
seal_new_key(
    uint8_t wrapped[WRAPPED_LEN], const struct keys *k, struct span context)
{
	struct lock l = {k->wrap, context, {NULL, 0}};
	uint8_t key[KEY_LEN];

	ASSERT(RAND_priv_bytes(key, sizeof(key)) == 1);
	gcm_put(wrapped, &l, span_of(key, sizeof(key)));
	mem_wipe(key, sizeof(key));
}

enum status
seal_key(uint8_t key[KEY_LEN], const struct seal *s, struct err *e)
{
	struct lock l = {s->k->wrap, s->context, {NULL, 0}};

	if (gcm_get(key, &l, span_of(s->wrapped, WRAPPED_LEN)))
		return ST_OK;
	return err_set(e, ST_MISMATCH,
	    "a value's key does not open: it was made under another master "
	    "key or was changed");
}

enum status
seal_rewrap(uint8_t wrapped[WRAPPED_LEN], const struct seal *s,
    const struct keys *to, struct err *e)
{
	uint8_t key[KEY_LEN];
	struct lock l = {to->wrap, s->context, {NULL, 0}};
	enum status st = seal_key(key, s, e);

	if (st == ST_OK)
		gcm_put(wrapped, &l, span_of(key, sizeof(key)));
	mem_wipe(key, sizeof(key));
	return st;
}

enum status
seal_put(
    struct buf *out, const struct seal *s, struct span plain, struct err *e)
{
	uint8_t key[KEY_LEN];
	struct lock l = {key, s->context, s->place};
	enum status st = seal_key(key, s, e);

	if (st != ST_OK)
		return st;
	gcm_put(buf_room(out, plain.len + NONCE_LEN + TAG_LEN), &l, plain);
	out->len += plain.len + NONCE_LEN + TAG_LEN;
	mem_wipe(key, sizeof(key));
	return ST_OK;
}

enum status
seal_get(
    struct buf *out, const struct seal *s, struct span sealed, struct err *e)
{
	uint8_t key[KEY_LEN];
	struct lock l = {key, s->context, s->place};
	enum status st = seal_key(key, s, e);
	bool ok;

	if (st != ST_OK)
		return st;
	ok = gcm_get(buf_room(out, sealed.len), &l, sealed);
	mem_wipe(key, sizeof(key));
	if (!ok)
		return err_set(e, ST_MISMATCH,
		    "a sealed value does not open: it was changed or belongs "
		    "elsewhere");
	out->len += sealed.len - NONCE_LEN - TAG_LEN;
	return ST_OK;
}
