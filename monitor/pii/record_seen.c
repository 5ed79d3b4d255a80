/* record_seen: see record_seen.h. */
#include "monitor/pii/record_seen.h"

#include <openssl/rand.h>

#include "ctlog/base/buf.h"
#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "monitor/pii/match.h"

struct slot {
	uint8_t key[LIMIT_KEY];
	size_t line; /* 0: empty */
};

struct seen {
	struct keyer *keyer;
	struct slot *slots;
	size_t num, cap; /* cap is a power of two */
	struct buf pair, first;
	size_t first_line; /* 0: none yet */
};

struct seen *
seen_new(void)
{
	return NEW(struct seen);
}

void
seen_free(struct seen *s)
{
	if (s == NULL)
		return;
	keyer_free(s->keyer);
	free(s->slots);
	buf_fini(&s->pair);
	buf_fini(&s->first);
	free(s);
}

/* The slot of a key, or the empty one where it belongs. */
static struct slot *
find(struct slot *slots, size_t cap, const uint8_t key[LIMIT_KEY])
{
	size_t i;

	memcpy(&i, key, sizeof(i));
	for (;; i++) {
		struct slot *s = &slots[i & (cap - 1)];

		if (s->line == 0 || memcmp(s->key, key, LIMIT_KEY) == 0)
			return s;
	}
}

static void
grow(struct seen *s)
{
	struct slot *bigger = mem_new(2 * s->cap, sizeof(*bigger));

	for (size_t i = 0; i < s->cap; i++)
		if (s->slots[i].line != 0)
			*find(bigger, 2 * s->cap, s->slots[i].key) =
			    s->slots[i];
	free(s->slots);
	s->slots = bigger;
	s->cap *= 2;
}

static size_t
put(struct seen *s, struct span pair, size_t line)
{
	uint8_t key[32];
	struct slot *slot;

	keyer_run(s->keyer, key, "seen", pair);
	slot = find(s->slots, s->cap, key);
	if (slot->line != 0)
		return slot->line;
	memcpy(slot->key, key, sizeof(slot->key));
	slot->line = line;
	if (++s->num > s->cap / 2)
		grow(s);
	return 0;
}

static void
start(struct seen *s)
{
	uint8_t key[INDEX_KEY_LEN];

	ASSERT(RAND_bytes(key, sizeof(key)) == 1);
	s->keyer = keyer_new(key);
	mem_wipe(key, sizeof(key));
	s->cap = 64;
	s->slots = mem_new(s->cap, sizeof(*s->slots));
	put(s, buf_span(&s->first), s->first_line);
}

/* A file with one record in it, as the store seals them, costs nothing. */
size_t
seen_before(struct seen *s, const char *tenant, const char *id, size_t line)
{
	struct buf *pair = s->first_line == 0 ? &s->first : &s->pair;

	buf_clear(pair);
	buf_add(pair, tenant, strlen(tenant) + 1);
	buf_str(pair, id);
	if (s->first_line == 0) {
		s->first_line = line;
		return 0;
	}
	if (s->keyer == NULL)
		start(s);
	return put(s, buf_span(pair), line);
}
