/* rate: see rate.h. */
#include "monitor/rate.h"

#include <stdlib.h>

#include "ctlog/base/mem.h"

#define PLACES 1024u
#define KEY 8u /* of an IPv6 address, what a subscriber is given */

struct bucket {
	double level, at;
};

struct rate {
	struct rate_limit each, all;
	struct bucket total;
	struct place {
		uint8_t key[KEY];
		size_t len; /* 0: free */
		struct bucket bucket;
	} places[PLACES];
};

static bool
bucket_take(struct bucket *b, const struct rate_limit *l, double now)
{
	double since = now > b->at ? now - b->at : 0;

	b->level += since * l->per_s;
	if (b->level > l->burst)
		b->level = l->burst;
	b->at = now;
	if (b->level < 1)
		return false;
	b->level -= 1;
	return true;
}

struct rate *
rate_new(struct rate_limit each, struct rate_limit all)
{
	struct rate *r = NEW(struct rate);

	r->each = each;
	r->all = all;
	r->total.level = all.burst;
	return r;
}

void
rate_free(struct rate *r)
{
	free(r);
}

/* FNV-1a. */
static size_t
place_of(struct span key)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < key.len; i++)
		h = (h ^ key.p[i]) * UINT64_C(0x100000001b3);
	return (size_t)(h ^ h >> 32) % PLACES;
}

bool
rate_take(struct rate *r, struct span peer, double now)
{
	struct span key = span_cut(peer, 0, KEY);
	struct place *p = &r->places[place_of(key)];

	if (key.len > 0 && !span_eq(key, span_of(p->key, p->len))) {
		memcpy(p->key, key.p, key.len);
		p->len = key.len;
		p->bucket = (struct bucket){r->each.burst, now};
	}
	/* What one address may not does not count for all. */
	return (key.len == 0 || bucket_take(&p->bucket, &r->each, now)) &&
	       bucket_take(&r->total, &r->all, now);
}
