/*
 * seal: keys, and sealing at rest (interface.md section 3; reference
 * ecosystem.md 2). The master key, 32 bytes in a file of mode 0600, gives by
 * HKDF-SHA256 the index key, the wrapping key and the suppression key. A value
 * is sealed with AES-256-GCM under a key of its own, which is wrapped by the
 * wrapping key, so destroying the wrapped key destroys the value.
 */
#ifndef MONITOR_STORE_SEAL_H
#define MONITOR_STORE_SEAL_H

#include "ctlog/base/buf.h"
#include "ctlog/base/err.h"

#define KEY_LEN 32

struct keys {
	uint8_t index[KEY_LEN];    /* keyed hashes; the only one workers get */
	uint8_t wrap[KEY_LEN];     /* wraps the per-value keys */
	uint8_t suppress[KEY_LEN]; /* hashes of addresses never to be mailed */
	uint8_t id[8];             /* which master key, to tell a wrong one */
};

/* ST_MISSING when the file is not there, ST_DENIED when others may read it,
 * ST_BAD when it is not 32 bytes. */
enum status keys_load(struct keys *out, const char *file, struct err *e);
/* Make the file (0600, random) unless it is there. */
enum status keys_create(const char *file, struct err *e);
/* A new key is in FILE.new until the store has changed over to it. Whoever has
 * the store for writing makes it (with the owner that FILE has; what a crash
 * left there goes), lets it take FILE's place, whose old key is overwritten, or
 * drops it. Anybody may load it: ST_MISSING, as is common, when there is none.
 * To take what is not there is no error. */
enum status keys_next_make(struct keys *out, const char *file, struct err *e);
enum status keys_next_load(struct keys *out, const char *file, struct err *e);
enum status keys_next_take(const char *file, struct err *e);
void keys_next_drop(const char *file);
/* Random keys that live in memory only. */
void keys_random(struct keys *out);
void keys_wipe(struct keys *k);

/* A new random value key, wrapped: WRAPPED_LEN bytes. `context` is bound. */
#define WRAPPED_LEN (12 + KEY_LEN + 16)
void seal_new_key(
    uint8_t wrapped[WRAPPED_LEN], const struct keys *k, struct span context);
struct seal {
	const struct keys *k;
	const uint8_t *wrapped; /* WRAPPED_LEN */
	struct span context;    /* as given to seal_new_key */
	struct span place;      /* bound too: what the value is; may be empty */
};
/* The value key itself, for keyed hashes; ST_MISMATCH as in seal_get(). */
enum status seal_key(uint8_t key[KEY_LEN], const struct seal *s, struct err *e);
/* The same key, wrapped by other keys. ST_MISMATCH as in seal_get(). */
enum status seal_rewrap(uint8_t wrapped[WRAPPED_LEN], const struct seal *s,
    const struct keys *to, struct err *e);
/* Append nonce, ciphertext and tag to out. */
enum status seal_put(
    struct buf *out, const struct seal *s, struct span plain, struct err *e);
/* ST_MISMATCH when key, context or bytes are not the ones sealed. */
enum status seal_get(
    struct buf *out, const struct seal *s, struct span sealed, struct err *e);

#endif
