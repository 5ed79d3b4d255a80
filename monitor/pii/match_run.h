/*
 * match_run: what the parts of the matcher share: the certificate in hand and
 * its hits (match.c), names (match_name.c), qualifiers (match_facts.c).
 * Nothing else includes this.
 */
#ifndef MONITOR_PII_MATCH_RUN_H
#define MONITOR_PII_MATCH_RUN_H

#include "monitor/pii/blob.h"
#include "monitor/pii/index.h"
#include "monitor/pii/keys.h"

/* Names vary most: a set of eight tokens has 37 subsets to look up. An address
 * has at most 126 domains above it and four forms. */
#define PROBES 132

struct probe {
	uint8_t key[LIMIT_STORE_KEY];
	unsigned what; /* the caller's note */
};

/* Records compared for one certificate, which takes half a second at most.
 * Thousands of people share a name or a domain, and a certificate has a thousand
 * addresses at times, but none that is honest has both; one made to would cost
 * minutes. */
#define JUDGED_MAX 4000000u

/* Tags of what a certificate says besides a name, made when the first name
 * is found in the index. */
struct cert_tags {
	bool made;
	struct buf domains, countries, emails; /* uint64_t[], sorted */
	bool has_country; /* the subject's, or its number's */
	uint64_t org, org_id, locality;
};

struct seen; /* which records have a hit already */

struct matcher {
	struct keyer *keyer;
	struct arena arena; /* for one finding */
	unsigned num_probes;
	struct probe probe[PROBES];
	struct cert_tags tags;

	/* The certificate in hand. */
	const struct match_set *set;
	unsigned holds; /* enum index_holds */
	const struct findings *f;
	unsigned threshold;
	struct buf *out;
	size_t hits_at, num_hits; /* its own hits in out */
	uint32_t judged;          /* records compared */
	/* The last address and name under whose keys there is nothing:
	 * certificates repeat themselves. */
	struct span missed, missed_name;
	enum pii_side missed_side;

	struct seen *seen;
	uint32_t seen_size, epoch;
};

/* One more key to look up for this finding; its bytes are the caller's to
 * write, then probe_ready() sets the memory in motion. NULL: enough. */
struct probe *probe_new(struct matcher *m, unsigned what);
void probe_ready(struct matcher *m, const struct probe *p);

/* h->finding matches h->no: keep it, or count it when the record has a hit. */
void hit_add(struct matcher *m, const struct match_hit *h);

/* One more reason; the last place stays NULL. */
void hit_reason(struct match_hit *h, const char *reason);

/* A finding that is a name or a pseudonym. */
void match_name(struct matcher *m, uint32_t finding);

/* The finding whose address has this tag. */
uint32_t match_email_of(struct matcher *m, uint64_t tag);

/* The tags of the certificate in hand. */
const struct cert_tags *match_tags(struct matcher *m);

/* A domain that can be below another: no address literal, no nonsense. */
bool domain_walkable(struct span domain);
/* The domain above: "b.c" of "a.b.c"; empty when one label is left. */
struct span domain_above(struct span domain);

#endif
