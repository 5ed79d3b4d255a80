/*
 * sqlite_secret: a random secret of the store's own, wrapped under the master
 * key's label "suppress": what is hashed with it (addresses, challenges, links
 * of alerts) stays as it is when the master key is replaced.
 */
#include <stdlib.h>

#include "ctlog/base/arena.h"
#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "monitor/pii/keys.h"
#include "monitor/pii/normal.h"
#include "monitor/store/sqlite_recipients.h"

#define CONTEXT "store secret"

/* Keys whose wrapping key is the one for this. */
static struct keys
outer_keys(const struct keys *of)
{
	struct keys k = *of;

	memcpy(k.wrap, k.suppress, KEY_LEN);
	return k;
}

static enum status
secret_read(
    struct store *s, uint8_t wrapped[WRAPPED_LEN], bool *made, struct err *e)
{
	sqlite3_stmt *q = db_query(s, Q_SECRET_GET, "SELECT secret FROM store");
	enum status st = db_step(s, q, e);

	*made = false;
	if (st != ST_OK)
		return db_done(st);
	*made = sqlite3_column_type(q, 0) != SQLITE_NULL;
	db_bytes(q, 0, wrapped, WRAPPED_LEN);
	sqlite3_reset(q);
	return ST_OK;
}

static enum status
secret_put(struct store *s, const uint8_t wrapped[WRAPPED_LEN], struct err *e)
{
	sqlite3_stmt *q =
	    db_query(s, Q_SECRET_SET, "UPDATE store SET secret = ?1");

	db_blob(q, 1, span_of(wrapped, WRAPPED_LEN));
	return db_run(s, q, NULL, e);
}

enum status
sqlite_secret_make(struct store *s, struct err *e)
{
	struct keys k = outer_keys(&s->keys);
	uint8_t wrapped[WRAPPED_LEN];
	bool made;
	enum status st = secret_read(s, wrapped, &made, e);

	if (st == ST_OK && !made) {
		seal_new_key(wrapped, &k, span_str(CONTEXT));
		st = secret_put(s, wrapped, e);
	}
	keys_wipe(&k);
	return st;
}

enum status
sqlite_secret_rewrap(struct store *s, const struct keys *to, struct err *e)
{
	struct keys old = outer_keys(&s->keys), new = outer_keys(to);
	uint8_t wrapped[WRAPPED_LEN];
	struct seal seal = {&old, wrapped, span_str(CONTEXT), {NULL, 0}};
	bool made;
	enum status st = secret_read(s, wrapped, &made, e);

	if (st == ST_OK && made)
		st = seal_rewrap(wrapped, &seal, &new, e);
	if (st == ST_OK && made)
		st = secret_put(s, wrapped, e);
	keys_wipe(&old);
	keys_wipe(&new);
	return st;
}

static enum status
secret_open(struct store *s, uint8_t out[KEY_LEN], struct err *e)
{
	struct keys k = outer_keys(&s->keys);
	uint8_t wrapped[WRAPPED_LEN];
	struct seal seal = {&k, wrapped, span_str(CONTEXT), {NULL, 0}};
	bool made;
	enum status st = secret_read(s, wrapped, &made, e);

	if (st == ST_OK && !made)
		st = err_set(e, ST_BAD, "the store has lost its secret");
	if (st == ST_OK)
		st = seal_key(out, &seal, e);
	keys_wipe(&k);
	return st;
}

enum status
sqlite_secret_mac(struct store *s, uint8_t out[32], const char *label,
    struct span value, struct err *e)
{
	uint8_t key[KEY_LEN];
	enum status st = ST_OK;

	if (s->secret == NULL) {
		st = secret_open(s, key, e);
		if (st == ST_OK)
			s->secret = keyer_new(key);
		mem_wipe(key, sizeof(key));
	}
	if (st == ST_OK)
		keyer_run(s->secret, out, label, value);
	return st;
}

/* "jane\.roe"@ is jane.roe@ (RFC 5321 section 4.1.2). */
static struct span
unquoted(struct arena *a, struct span address)
{
	size_t local = address.len - normal_email_domain(address).len, n = 0;
	uint8_t *q = arena_get(a, address.len);

	if (q == NULL || local < 3 || address.p[0] != '"' ||
	    address.p[local - 2] != '"')
		return address;
	for (size_t i = 1; i + 2 < local; i++) {
		i += address.p[i] == '\\' && i + 3 < local;
		q[n++] = address.p[i];
	}
	memcpy(q + n, address.p + local - 1, address.len - local + 1);
	return span_of(q, n + address.len - local + 1);
}

/* jane+1@ and "jane+2"@ are one mailbox, which is not to be asked twice. */
enum status
sqlite_address(
    struct store *s, uint8_t out[32], const char *address, struct err *e)
{
	uint8_t *room = mem_new(8, LIMIT_VALUE);
	struct arena a = arena_of(room, 8 * LIMIT_VALUE);
	struct span strict = unquoted(&a, normal_email(&a, span_str(address)));
	unsigned policy = key_policy(strict, EMAIL_PLUS | EMAIL_GMAIL_DOTS);
	struct span box = normal_email_relaxed(&a, strict, policy);
	enum status st;

	if (strict.len == 0)
		st = err_set(e, ST_BAD, "a stored address is none");
	else
		st = sqlite_secret_mac(
		    s, out, "mailbox", box.len != 0 ? box : strict, e);
	mem_wipe(room, 8 * LIMIT_VALUE);
	free(room);
	return st;
}
