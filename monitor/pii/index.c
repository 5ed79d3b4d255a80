/*
 * index: an immutable table of keyed hashes in one region of memory, without
 * a pointer in it. Reading and building; see index.h and match.h.
 *
 *	header | buckets | entries | dropped | records
 *
 * A bucket is a cache line: 12 slots, each a mark (a byte of the key) and the
 * number of an entry. A key's home is given by its first 32 bits; when the
 * home is full the next bucket with room takes the key, and those passed over
 * say so, so that a miss mostly reads one line. An entry has the whole key,
 * the place of its record and the entry before it with the same key. Entries
 * are numbered from 1 in the order of arrival, so a chain only goes down. A
 * delta has the numbers of the records that it drops from the large index,
 * sorted.
 *
 * The region may hold anything at all: every number is checked on use, and
 * each loop has an end that does not depend on the contents.
 */
#include "monitor/pii/index.h"

#include <stdlib.h>

#include "ctlog/base/mem.h"
#include "monitor/pii/blob.h"

#define MAGIC 0x786469786c65646eull
#define VERSION 2
#define SLOTS 12
/* Keys to a bucket, on average: at 0.75 of the slots one miss in eight reads
 * a second line. */
#define FILL 9
/* Buckets looked through for a key: even 64 in a row never happen to keyed
 * hashes. Building fails rather than going beyond. */
#define WALK 64
/* Records lie at multiples of this. */
#define UNIT 4
#define RECORD_HEAD 7

struct match_index {
	uint64_t magic;
	uint32_t version, holds;
	uint64_t generation;
	uint32_t buckets, entries;
	uint64_t units; /* length of the records */
	uint64_t dropped;
	uint64_t unused[10];
};

struct bucket {
	uint8_t mark[SLOTS];
	uint8_t passed; /* a key went to a later bucket */
	uint8_t unused[3];
	uint32_t entry[SLOTS]; /* 0 = free */
};

struct entry {
	uint8_t key[LIMIT_KEY];
	uint32_t before; /* with the same key; 0 = none */
	uint32_t record; /* in units */
};

_Static_assert(sizeof(struct match_index) == 128, "buckets begin at a line");
_Static_assert(sizeof(struct bucket) == 64, "a bucket is a cache line");
_Static_assert(sizeof(struct entry) == 24, "entries are packed");

/* Where things lie, from the start of the region. */
static inline size_t
bucket_off(uint32_t n)
{
	return sizeof(struct match_index) + (size_t)n * sizeof(struct bucket);
}

static inline size_t
entry_off(const struct match_index *ix, uint32_t number)
{
	return bucket_off(ix->buckets) +
	       (size_t)(number - 1) * sizeof(struct entry);
}

static inline size_t
dropped_off(const struct match_index *ix)
{
	return bucket_off(ix->buckets) +
	       (size_t)ix->entries * sizeof(struct entry);
}

static inline size_t
record_off(const struct match_index *ix, uint64_t unit)
{
	return dropped_off(ix) + ix->dropped * sizeof(uint32_t) + unit * UNIT;
}

static inline const void *
in(const struct match_index *ix, size_t off)
{
	return (const uint8_t *)ix + off;
}

static inline uint32_t
home(const struct match_index *ix, const uint8_t *key)
{
	uint32_t top;

	memcpy(&top, key, sizeof(top));
	return (uint32_t)((uint64_t)top * ix->buckets >> 32);
}

static inline uint32_t
next_bucket(const struct match_index *ix, uint32_t n)
{
	return n + 1 < ix->buckets ? n + 1 : 0;
}

/* The slots whose mark is that of the key, a bit each. */
static inline unsigned
alike(const struct bucket *b, const uint8_t *key)
{
	unsigned set = 0;

	for (unsigned i = 0; i < SLOTS; i++)
		set |= (unsigned)(b->mark[i] == key[4]) << i;
	return set;
}

/* The slot of the key in this bucket, or SLOTS. */
static inline unsigned
slot_find(
    const struct match_index *ix, const struct bucket *b, const uint8_t *key)
{
	for (unsigned set = alike(b, key); set != 0; set &= set - 1) {
		unsigned slot = (unsigned)__builtin_ctz(set);
		uint32_t n = b->entry[slot];
		const struct entry *en;

		if (n == 0 || n > ix->entries)
			continue;
		en = in(ix, entry_off(ix, n));
		if (memcmp(en->key, key, LIMIT_KEY) == 0)
			return slot;
	}
	return SLOTS;
}

/* Where the number of the key's newest entry lies; 0 = nowhere. */
static size_t
find(const struct match_index *ix, const uint8_t *key)
{
	uint32_t n = home(ix, key);

	for (unsigned i = 0; i < WALK; i++) {
		const struct bucket *b = in(ix, bucket_off(n));
		unsigned slot = slot_find(ix, b, key);

		if (slot < SLOTS)
			return bucket_off(n) + offsetof(struct bucket, entry) +
			       slot * sizeof(b->entry[0]);
		if (!b->passed)
			return 0;
		n = next_bucket(ix, n);
	}
	return 0;
}

uint32_t
index_find(const struct match_index *ix, const uint8_t *key)
{
	size_t off = find(ix, key);

	return off == 0 ? 0 : *(const uint32_t *)in(ix, off);
}

bool
index_next(const struct match_index *ix, uint32_t *at, struct index_record *out)
{
	const struct entry *en;
	const uint8_t *p;
	uint64_t left;
	uint16_t len;

	if (*at == 0 || *at > ix->entries)
		return false;
	en = in(ix, entry_off(ix, *at));
	if (en->record >= ix->units)
		return false;
	*at = en->before < *at ? en->before : 0;
	p = in(ix, record_off(ix, en->record));
	left = (ix->units - en->record) * UNIT;
	if (left < RECORD_HEAD)
		return false;
	memcpy(&out->no, p, sizeof(out->no));
	memcpy(&len, p + 4, sizeof(len));
	if (len > left - RECORD_HEAD || p[6] > RECORD_NAME)
		return false;
	out->kind = (enum record_kind)p[6];
	out->blob = span_of(p + RECORD_HEAD, len);
	return true;
}

/* --- the set -------------------------------------------------------------- */

void
index_prefetch(const struct match_set *set, const uint8_t *key)
{
	const struct match_index *ix = set->main;

	if (ix != NULL)
		__builtin_prefetch(in(ix, bucket_off(home(ix, key))));
}

struct index_cursor
index_lookup(const struct match_set *set, const uint8_t *key)
{
	struct index_cursor c = {set, key, 0, false};

	if (set->delta != NULL)
		c.at = index_find(set->delta, key);
	return c;
}

static bool
is_dropped(const struct match_index *delta, uint32_t no)
{
	const uint32_t *list;
	uint64_t low = 0, high;

	if (delta == NULL)
		return false;
	list = in(delta, dropped_off(delta));
	high = delta->dropped;
	while (low < high) {
		uint64_t mid = low + (high - low) / 2;

		if (list[mid] < no)
			low = mid + 1;
		else
			high = mid;
	}
	return low < delta->dropped && list[low] == no;
}

bool
index_found(struct index_cursor *c, struct index_record *out)
{
	const struct match_set *set = c->set;

	if (!c->in_main) {
		if (set->delta != NULL && index_next(set->delta, &c->at, out))
			return true;
		c->in_main = true;
		c->at = set->main != NULL ? index_find(set->main, c->key) : 0;
	}
	while (set->main != NULL && index_next(set->main, &c->at, out))
		if (!is_dropped(set->delta, out->no))
			return true;
	return false;
}

unsigned
index_set_holds(const struct match_set *set)
{
	return (set->main != NULL ? index_holds(set->main) : 0) |
	       (set->delta != NULL ? index_holds(set->delta) : 0);
}

unsigned
index_holds(const struct match_index *ix)
{
	return ix->holds;
}

uint64_t
match_index_generation(const struct match_index *ix)
{
	return ix->generation;
}

/* Bytes in front of the records. */
static uint64_t
front_len(uint64_t buckets, uint64_t entries, uint64_t dropped)
{
	return sizeof(struct match_index) + buckets * sizeof(struct bucket) +
	       entries * sizeof(struct entry) + dropped * sizeof(uint32_t);
}

const struct match_index *
match_index_of(const void *region, size_t cap)
{
	const struct match_index *ix = region;

	if (region == NULL || cap < sizeof(*ix) ||
	    (uintptr_t)region % _Alignof(struct match_index) != 0)
		return NULL;
	if (ix->magic != MAGIC || ix->version != VERSION || ix->buckets == 0 ||
	    ix->units > UINT32_MAX || ix->dropped > UINT32_MAX)
		return NULL;
	if (front_len(ix->buckets, ix->entries, ix->dropped) +
		ix->units * UNIT >
	    cap)
		return NULL;
	return ix;
}

/* --- building ------------------------------------------------------------ */

struct match_build {
	struct match_index *ix; /* its magic is missing until the end */
	uint32_t num;           /* entries made */
	uint64_t units;         /* room for so much of records */
	uint64_t dropped;       /* so many are written */
};

static uint64_t
num_buckets(const struct match_size *size)
{
	return size->keys / FILL + 1;
}

size_t
match_region_len(const struct match_size *size)
{
	return front_len(num_buckets(size), size->keys, size->dropped) +
	       size->blob_bytes + size->records * (RECORD_HEAD + UNIT - 1);
}

struct match_build *
match_build_start(void *region, size_t cap, uint64_t generation,
    const struct match_size *size)
{
	uint64_t front =
	    front_len(num_buckets(size), size->keys, size->dropped);
	struct match_index *ix = region;
	struct match_build *b;

	ASSERT((uintptr_t)region % _Alignof(struct match_index) == 0);
	if (size->keys >= UINT32_MAX || size->dropped >= UINT32_MAX ||
	    front > cap)
		return NULL;
	*ix = (struct match_index){.version = VERSION,
	    .generation = generation,
	    .buckets = (uint32_t)num_buckets(size),
	    .entries = (uint32_t)size->keys,
	    .dropped = size->dropped};
	memset(ix + 1, 0, ix->buckets * sizeof(struct bucket));
	b = NEW(struct match_build);
	b->ix = ix;
	b->units = (cap - front) / UNIT;
	if (b->units > UINT32_MAX)
		b->units = UINT32_MAX;
	return b;
}

static inline void *
at(const struct match_build *b, size_t off)
{
	return (uint8_t *)b->ix + off;
}

/* A free slot for a new key, in its home or behind it; buckets that have none
 * are marked as passed. NULL when the table is unreasonably full there. */
static uint32_t *
slot_take(const struct match_build *b, const uint8_t *key)
{
	uint32_t n = home(b->ix, key);

	for (unsigned i = 0; i < WALK; i++) {
		struct bucket *bucket = at(b, bucket_off(n));

		for (unsigned slot = 0; slot < SLOTS; slot++) {
			if (bucket->entry[slot] != 0)
				continue;
			bucket->mark[slot] = key[4];
			return &bucket->entry[slot];
		}
		bucket->passed = 1;
		n = next_bucket(b->ix, n);
	}
	return NULL;
}

/* An entry for the key, in front of those that have the key already. */
static bool
key_add(struct match_build *b, const uint8_t *key, uint32_t record)
{
	size_t off = find(b->ix, key);
	uint32_t *slot = off != 0 ? at(b, off) : slot_take(b, key);
	struct entry *en;

	if (slot == NULL)
		return false;
	en = at(b, entry_off(b->ix, ++b->num));
	memcpy(en->key, key, LIMIT_KEY);
	en->before = *slot;
	en->record = record;
	*slot = b->num;
	return true;
}

/* Append a record; its place. */
static uint32_t
record_add(
    struct match_build *b, uint32_t no, enum record_kind kind, struct span blob)
{
	uint32_t place = (uint32_t)b->ix->units;
	uint8_t *p = at(b, record_off(b->ix, place));
	uint16_t len = (uint16_t)blob.len;

	memcpy(p, &no, sizeof(no));
	memcpy(p + 4, &len, sizeof(len));
	p[6] = (uint8_t)kind;
	if (len > 0)
		memcpy(p + RECORD_HEAD, blob.p, len);
	b->ix->units += (RECORD_HEAD + blob.len + UNIT - 1) / UNIT;
	return place;
}

static unsigned
holds(enum record_kind kind, struct span blob)
{
	if (kind == RECORD_DOMAIN)
		return INDEX_DOMAIN;
	if (kind == RECORD_NAME)
		return INDEX_NAME;
	return INDEX_EMAIL | INDEX_EMAIL << (blob_flags(blob) & BLOB_POLICY);
}

enum status
match_build_add(struct match_build *b, uint32_t no, enum record_kind kind,
    struct span keys, struct span blob)
{
	uint64_t units = (RECORD_HEAD + blob.len + UNIT - 1) / UNIT;
	size_t num = keys.len / LIMIT_STORE_KEY;
	uint32_t place;

	if (keys.len % LIMIT_STORE_KEY != 0 || kind > RECORD_NAME)
		return ST_BAD;
	if (blob.len > UINT16_MAX || num > b->ix->entries - b->num ||
	    units > b->units - b->ix->units)
		return ST_LIMIT;
	place = record_add(b, no, kind, blob);
	b->ix->holds |= holds(kind, blob);
	for (size_t i = 0; i < num; i++)
		if (!key_add(b, keys.p + i * LIMIT_STORE_KEY, place))
			return ST_LIMIT;
	return ST_OK;
}

enum status
match_build_drop(struct match_build *b, uint32_t no)
{
	uint32_t *list = at(b, dropped_off(b->ix));

	if (b->dropped == b->ix->dropped)
		return ST_LIMIT;
	list[b->dropped++] = no;
	return ST_OK;
}

static int
number_order(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Places left over get a number that no record has. */
void
match_build_finish(struct match_build *b)
{
	uint32_t *list = at(b, dropped_off(b->ix));

	while (b->dropped < b->ix->dropped)
		list[b->dropped++] = UINT32_MAX;
	qsort(list, b->dropped, sizeof(*list), number_order);
	b->ix->magic = MAGIC;
	free(b);
}
