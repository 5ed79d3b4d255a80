/*
 * index: the table under match.h: keys to records. Looking things up is here,
 * building and its sizes are in match.h; what a hit means is in match.c.
 */
#ifndef MONITOR_PII_INDEX_H
#define MONITOR_PII_INDEX_H

#include "monitor/pii/match.h"

/* What the index holds at all, so that lookups in vain are not made. An email
 * record's policy p (enum email_policy) has the bit INDEX_EMAIL << p. */
enum index_holds {
	INDEX_EMAIL = 1 << 0,
	INDEX_DOMAIN = 1 << 4,
	INDEX_NAME = 1 << 5,
};
unsigned index_holds(const struct match_index *ix);
unsigned index_set_holds(const struct match_set *set);

/* A record found. */
struct index_record {
	uint32_t no;
	enum record_kind kind;
	struct span blob; /* in the index */
};

/* Ask for the memory that index_lookup will read. */
void index_prefetch(const struct match_set *set, const uint8_t *key);

/* The records of a set under a key (LIMIT_KEY bytes, which stay the caller's):
 * those of the delta, then those of the large index that still count. The
 * first is found by index_found() like all others. */
struct index_cursor {
	const struct match_set *set;
	const uint8_t *key;
	uint32_t at;
	bool in_main;
};
struct index_cursor index_lookup(
    const struct match_set *set, const uint8_t *key);
bool index_found(struct index_cursor *c, struct index_record *out);

/* In one index: where the records under a key begin; 0 = there is none. */
uint32_t index_find(const struct match_index *ix, const uint8_t *key);

/* The record at *at, and step on; false at the end (or where the index is
 * damaged). Ends always, whatever the index holds. */
bool index_next(
    const struct match_index *ix, uint32_t *at, struct index_record *out);

#endif
